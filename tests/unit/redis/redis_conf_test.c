/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/redis_conf.h>

#include "support/test.h"

static struct rr_redis_conf conf;
static struct rr_error err;
static char included[64];

static bool include(void *context, struct rr_slice path, struct rr_redis_conf *into, struct rr_error *why)
{
    const struct rr_redis_conf_reader *reader = context;
    (void)snprintf(included, sizeof included, "%.*s", RR_ARG(path));
    return rr_redis_conf_read(RR_LIT("dbfilename inner.rdb\nappendonly no\n"), reader, into, why);
}

static bool read_text(const char *text)
{
    struct rr_redis_conf_reader reader = { .include = include };
    reader.context = &reader;
    conf = (struct rr_redis_conf){ 0 };
    return rr_redis_conf_read(rr_slice_from(text), &reader, &conf, &err);
}

static void g14_settings_are_read_as_servers_do(void **state)
{
    (void)state;

    assert_ok(read_text("# appendonly no\n\n  AppendOnly  YES \r\nappendfilename \"my\\x2eaof\"\nappenddirname 'ad'\n"
                        "dbfilename a.rdb\ndbfilename b.rdb\ndatabases 32\ncluster-enabled no\nrdbchecksum no\n"
                        "save 60 1\nuser default on nopass ~* &* +@all\nloadmodule /x.so \"a b\""),
              err);

    assert_int_equal(conf.append_only, RR_REDIS_CONF_YES);
    assert_string_equal(conf.append_file, "my.aof");
    assert_string_equal(conf.append_dir, "ad");
    assert_string_equal(conf.db_file, "b.rdb");
    assert_int_equal(conf.databases, 32);
    assert_int_equal(conf.cluster_enabled, RR_REDIS_CONF_NO);
    assert_int_equal(conf.rdb_checksum, RR_REDIS_CONF_NO);
}

static void g14_settings_that_are_absent_stay_unset(void **state)
{
    (void)state;

    assert_ok(read_text("port 6379\n"), err);

    assert_int_equal(conf.append_only, RR_REDIS_CONF_UNSET);
    assert_string_equal(conf.append_file, "");
    assert_int_equal(conf.databases, 0);
}

static void g14_include_is_read_where_it_is_and_the_last_line_wins(void **state)
{
    (void)state;

    assert_ok(read_text("dbfilename outer.rdb\ninclude /etc/redis/more.conf\nappendonly yes\n"), err);

    assert_string_equal(included, "/etc/redis/more.conf");
    assert_string_equal(conf.db_file, "inner.rdb");
    assert_int_equal(conf.append_only, RR_REDIS_CONF_YES);
}

static void g14_lines_that_need_a_flag_or_that_servers_refuse_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "include more.conf", "by flags" },
        { "include /etc/redis/*.conf", "pattern" },
        { "include /etc/redis/more?.conf", "pattern" },
        { "include /etc/redis/more[12].conf", "pattern" },
        { "include \"\"", "by flags" },
        { "dbfilename /data/a.rdb", "--db-filename" },
        { "dbfilename ..", "--db-filename" },
        { "appendfilename \"\"", "--append-filename" },
        { "appenddirname a/b", "--append-dirname" },
        { "appenddirname \"a b\"", "--append-dirname" },
        { "appendonly maybe", "yes or no" },
        { "appendonly yes no", "one value" },
        { "appendonly", "one value" },
        { "databases 0", "above 0" },
        { "databases x", "above 0" },
        { "requirepass \"x", "not balanced" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        if (read_text(cases[i].text))
            fail_msg("accepted: %s", cases[i].text);
        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_has(err.message, cases[i].words);
        assert_has(err.message, "line 1");
    }
}

static void g14_message_quotes_no_value(void **state)
{
    (void)state;

    assert_false(read_text("port 1\nrequirepass \"hunter2\n"));

    assert_has(err.message, "line 2");
    assert_lacks(err.message, "hunter2");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(g14_settings_are_read_as_servers_do),
    cmocka_unit_test(g14_settings_that_are_absent_stay_unset),
    cmocka_unit_test(g14_include_is_read_where_it_is_and_the_last_line_wins),
    cmocka_unit_test(g14_lines_that_need_a_flag_or_that_servers_refuse_are_refused),
    cmocka_unit_test(g14_message_quotes_no_value),
};

RR_TEST_MAIN(tests)
