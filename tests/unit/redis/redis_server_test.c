/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/redis_server.h>

#include "support/test.h"

static bool loads(const char *server, bool is_valkey, int version, const char *writer)
{
    static struct rr_rdb_facts facts;
    struct rr_redis_server target;
    struct rr_error err = { 0 };
    assert_ok(rr_redis_server_parse(rr_slice_from(server), &target, &err), err);
    memset(&facts, 0, sizeof facts);
    facts.is_valkey = is_valkey;
    facts.version = version;
    struct rr_slice name = rr_slice_from(writer);
    struct rr_rdb_name *said = rr_slice_starts_with(name, RR_LIT("v")) ? &facts.valkey_version : &facts.redis_version;
    name = rr_slice_from_offset(name, 1);
    memcpy(said->text, name.ptr, name.len);
    said->bytes = name.len;
    bool good = rr_redis_server_loads(&target, &facts, &err);
    assert_true(good ||
                (err.code == RR_E_INVALID && strstr(err.message, target.is_valkey ? "Valkey" : "Redis") != NULL));
    return good;
}

/* The matrix that was measured: pair from (row), started by (column). */
static void v11_matrix_is_the_measured_one(void **state)
{
    (void)state;
    static const char *const servers[] = { "redis:6.2.14", "redis:7.0.15", "redis:7.4.1",
                                           "redis:8.0.2",  "valkey:8.1.1", "valkey:9.1.2" };
    static const struct {
        bool is_valkey;
        int version;
        const char *writer, *loaded;
    } pairs[] = {
        { false, 9, "r6.2.14", "yyyyyy" }, { false, 10, "r7.0.15", "nyyyyy" }, { false, 12, "r7.4.1", "nnyynn" },
        { false, 12, "r8.0.2", "nnnynn" }, { false, 11, "v8.1.1", "nnyyyy" },  { true, 80, "v9.1.2", "nnnnny" },
    };
    for (size_t i = 0; i < RR_COUNT(pairs); i++)
        for (size_t k = 0; k < RR_COUNT(servers); k++)
            if (loads(servers[k], pairs[i].is_valkey, pairs[i].version, pairs[i].writer) != (pairs[i].loaded[k] == 'y'))
                fail_msg("a backup of %s on %s", pairs[i].writer, servers[k]);
}

/* From the sources of the servers, also of those that were not measured. */
static void v11_each_server_loads_up_to_its_own_rdb_version(void **state)
{
    (void)state;
    static const struct {
        const char *server;
        int most, most_of_valkey; /* 0: none */
    } cases[] = {
        { "redis:2.6", 6, 0 },    { "redis:3.0", 6, 0 },    { "redis:3.2", 7, 0 },   { "redis:4.0", 8, 0 },
        { "redis:5.0", 9, 0 },    { "redis:6.0", 9, 0 },    { "redis:6.2", 9, 0 },   { "redis:7.0", 10, 0 },
        { "redis:7.2", 11, 0 },   { "redis:7.4", 12, 0 },   { "redis:8.0", 12, 0 },  { "redis:8.4", 12, 0 },
        { "redis:8.6", 13, 0 },   { "valkey:7.2", 11, 0 },  { "valkey:8.0", 11, 0 }, { "valkey:8.1", 11, 0 },
        { "valkey:9.0", 11, 80 }, { "valkey:9.1", 11, 80 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        for (int rdb_version = 1; rdb_version < 80; rdb_version++)
            if (loads(cases[i].server, false, rdb_version, "runreadable") != (rdb_version <= cases[i].most))
                fail_msg("%s and RDB version %d", cases[i].server, rdb_version);
        for (int rdb_version = 80; rdb_version < 83; rdb_version++)
            if (loads(cases[i].server, true, rdb_version, "vunreadable") != (rdb_version <= cases[i].most_of_valkey))
                fail_msg("%s and RDB version %d of Valkey", cases[i].server, rdb_version);
    }
}

static void v11_writer_that_is_newer_is_refused_with_the_same_rdb_version(void **state)
{
    (void)state;

    assert_false(loads("redis:5.0", false, 9, "r6.2.14"));
    assert_true(loads("redis:6.2", false, 9, "r6.2.14"));
    assert_false(loads("valkey:8.0", false, 11, "v8.1.1"));
    assert_true(loads("redis:7.2", false, 11, "v8.1.1"));
    assert_true(loads("redis:5.0", false, 9, "runreadable"));
}

/* Only a damaged or hostile file says one version and has a type of a later one. */
static void v11_type_that_the_server_does_not_know_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *server;
        uint8_t type;
        bool loads;
    } cases[] = {
        { "redis:6.2", 15, true },    { "redis:6.2", 16, false }, { "redis:7.0", 19, true },
        { "redis:7.0", 20, false },   { "redis:7.2", 21, true },  { "redis:7.2", 22, false },
        { "redis:8.0", 25, true },    { "redis:8.0", 26, false }, { "valkey:8.1", 21, true },
        { "valkey:8.1", 110, false }, { "valkey:9.1", 22, true }, { "valkey:9.1", 23, false },
        { "redis:8.6", 110, true }, /* not known */
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_rdb_facts facts = { .version = 9, .largest_type = cases[i].type };
        struct rr_redis_server target;
        struct rr_error err = { 0 };
        assert_ok(rr_redis_server_parse(rr_slice_from(cases[i].server), &target, &err), err);

        assert_int_equal(rr_redis_server_loads(&target, &facts, &err), cases[i].loads);

        if (!cases[i].loads)
            assert_has(err.message, "which it does not know");
    }
}

static void v11_version_of_another_family_is_refused(void **state)
{
    (void)state;

    assert_false(loads("redis:99.0", true, 80, "v9.0.0"));
    assert_false(loads("valkey:9.0", true, 81, "v9.0.0"));
    assert_false(loads("valkey:9.0", false, 80, "r9.0.0"));
    assert_false(loads("valkey:9.0", true, 11, "v8.0.0"));
}

static void v11_server_newer_than_the_table_loads_what_older_ones_wrote(void **state)
{
    (void)state;
    static const struct {
        const char *server;
        bool is_valkey;
        int version;
        const char *writer;
        bool loads;
    } cases[] = {
        { "redis:99.0", false, 10, "r7.0.15", true },  { "redis:8.8", false, 14, "r8.8.0", true },
        { "redis:8.7", false, 14, "r8.8.0", false },   { "redis:8.8", false, 14, "runreadable", false },
        { "redis:8.6", false, 14, "r8.6.0", false },   { "redis:99.0", true, 80, "v9.0.0", false },
        { "redis:99.0", false, 80, "r99.0.0", false }, { "valkey:9.2", true, 81, "v9.2.0", true },
        { "valkey:9.1", true, 81, "v9.1.0", false },   { "valkey:99.0", false, 12, "r7.4.1", false },
        { "valkey:99.0", false, 11, "v8.1.1", true },  { "valkey:99.0", true, 11, "v8.1.1", false },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++)
        if (loads(cases[i].server, cases[i].is_valkey, cases[i].version, cases[i].writer) != cases[i].loads)
            fail_msg("a backup of %s on %s", cases[i].writer, cases[i].server);
}

static void v11_server_newer_than_the_table_is_not_known(void **state)
{
    (void)state;
    static const struct {
        const char *server, *said;
    } cases[] = {
        { "redis:2.8", NULL },
        { "redis:8.6.9", NULL },
        { "redis:8.7", "Redis 8.7 is newer than the versions that are known here (up to 8.6)" },
        { "valkey:9.1", NULL },
        { "valkey:10.0", "Valkey 10.0 is newer than the versions that are known here (up to 9.1)" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_redis_server server;
        struct rr_error err = { 0 };
        assert_ok(rr_redis_server_parse(rr_slice_from(cases[i].server), &server, &err), err);

        assert_int_equal(rr_redis_server_is_known(&server, &err), cases[i].said == NULL);

        if (cases[i].said != NULL)
            assert_has(err.message, cases[i].said);
    }
}

static void v11_invalid_server_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "",           "redis",      "redis:",     "redis:7",     "Redis:7.2",
                                         "redis:x.y",  "redis:1.0",  "valkey:6.2", "redis:7.2.x", "dragonfly:1.0",
                                         "redis:-7.2", "redis:7.200" };
    for (size_t i = 0; i < RR_COUNT(wrong); i++) {
        struct rr_redis_server server = { false, -1, -1 };
        struct rr_error err = { 0 };
        if (rr_redis_server_parse(rr_slice_from(wrong[i]), &server, &err))
            fail_msg("accepted: %s", wrong[i]);
        assert_int_equal(server.major, -1);
        assert_int_equal(err.code, RR_E_BAD_INPUT);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(v11_matrix_is_the_measured_one),
    cmocka_unit_test(v11_each_server_loads_up_to_its_own_rdb_version),
    cmocka_unit_test(v11_writer_that_is_newer_is_refused_with_the_same_rdb_version),
    cmocka_unit_test(v11_type_that_the_server_does_not_know_is_refused),
    cmocka_unit_test(v11_version_of_another_family_is_refused),
    cmocka_unit_test(v11_server_newer_than_the_table_loads_what_older_ones_wrote),
    cmocka_unit_test(v11_server_newer_than_the_table_is_not_known),
    cmocka_unit_test(v11_invalid_server_is_refused),
};

RR_TEST_MAIN(tests)
