/* SPDX-License-Identifier: Apache-2.0 */
#include "options_stage.h"

#include "support/folder.h"
#include "support/test.h"

enum { ARGUMENTS_MAX = 48 };

/* Parses `stage --dir /data --rdb dump.rdb` with these flags behind it, which end with NULL. */
static bool parse(struct rr_stage_cli *cli, const char *const *flags, struct rr_error *err)
{
    const char *argv[ARGUMENTS_MAX] = { "stage", "--dir", "/data", "--rdb", "dump.rdb" };
    int argc = 5;
    bool help = false;
    *err = (struct rr_error){ 0 };
    for (; *flags != NULL; flags++)
        argv[argc++] = *flags;
    return rr_stage_cli_parse(argc, (char **)(uintptr_t)argv, cli, &help, err);
}

#define FLAGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void g01_flags_reach_the_stage(void **state)
{
    (void)state;
    struct rr_stage_cli cli;
    struct rr_error err;

    assert_ok(
        parse(&cli,
              FLAGS("--server", "redis:7.2", "--appendonly", "no", "--layout", "RDB", "--append-filename", "a.aof",
                    "--append-dirname", "dir", "--db-filename", "d.rdb", "--existing", "MoveAside", "--run", "monday-1",
                    "--owner", "12:34", "--even-if-restored", "--dry-run", "--accept-damaged-aof", "--to-position",
                    "77", "--termination-log", "/log", "--only-ordinal", "3"),
              &err),
        err);

    assert_string_equal(cli.dir, "/data");
    assert_true(cli.stage.has_server && cli.rules.has_server);
    assert_memory_equal(&cli.stage.server, &cli.rules.server, sizeof cli.stage.server);
    assert_int_equal(cli.stage.append_only, RR_STAGE_APPEND_ONLY_NO);
    assert_int_equal(cli.stage.layout, RR_STAGE_RDB);
    assert_string_equal(cli.stage.append_file, "a.aof");
    assert_string_equal(cli.stage.append_dir, "dir");
    assert_string_equal(cli.stage.db_file, "d.rdb");
    assert_int_equal(cli.stage.existing, RR_STAGE_MOVE_ASIDE);
    assert_string_equal(cli.stage.run, "monday-1");
    assert_true(cli.has_owner && cli.stage.uid == 12 && cli.stage.gid == 34);
    assert_true(cli.stage.even_if_restored && cli.stage.is_dry_run && cli.rules.accepts_damaged_aof);
    assert_int_equal(cli.rules.target.to, RR_RECOVERY_TO_POSITION);
    assert_int_equal(cli.rules.target.position, 77);
    assert_string_equal(cli.termination_log, "/log");
    assert_true(cli.has_ordinal && cli.ordinal == 3);
}

static void g01_without_flags_the_settings_are_those_of_a_server(void **state)
{
    (void)state;
    struct rr_stage_cli cli, other;
    struct rr_error err;

    assert_ok(parse(&cli, FLAGS("--output", "json"), &err), err);
    assert_ok(parse(&other, FLAGS("--output", "json"), &err), err);

    assert_string_equal(cli.stage.append_file, "appendonly.aof");
    assert_string_equal(cli.stage.append_dir, "appendonlydir");
    assert_string_equal(cli.stage.db_file, "dump.rdb");
    assert_int_equal(cli.stage.append_only, RR_STAGE_APPEND_ONLY_UNKNOWN);
    assert_int_equal(cli.stage.existing, RR_STAGE_FAIL);
    assert_false(cli.may_start_empty || cli.has_owner || cli.has_ordinal || cli.stage.drops_aof);
    assert_true(rr_stage_is_run_name(rr_slice_from(cli.stage.run)));
    assert_string_not_equal(cli.stage.run, other.stage.run);
}

#define CONF                                                                                                           \
    "appendonly yes\nappendfilename conf.aof\nappenddirname confdir\ndbfilename conf.rdb\n"                            \
    "databases 4\ncluster-enabled no\n"

static void g14_redis_conf_says_what_no_flag_says(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    const char *path = test_folder_write(&folder, "redis.conf", CONF);
    struct rr_stage_cli cli;
    struct rr_error err;

    assert_ok(parse(&cli, FLAGS("--redis-conf", path), &err), err);
    assert_int_equal(cli.stage.append_only, RR_STAGE_APPEND_ONLY_YES);
    assert_string_equal(cli.stage.append_file, "conf.aof");
    assert_string_equal(cli.stage.append_dir, "confdir");
    assert_string_equal(cli.stage.db_file, "conf.rdb");
    assert_int_equal(cli.stage.databases, 4);
    assert_ok(parse(&cli,
                    FLAGS("--redis-conf", path, "--appendonly", "no", "--append-filename", "flag.aof",
                          "--append-dirname", "flagdir", "--db-filename", "flag.rdb"),
                    &err),
              err);

    assert_int_equal(cli.stage.append_only, RR_STAGE_APPEND_ONLY_NO);
    assert_string_equal(cli.stage.append_file, "flag.aof");
    assert_string_equal(cli.stage.append_dir, "flagdir");
    assert_string_equal(cli.stage.db_file, "flag.rdb");
    test_folder_remove(&folder);
}

static void g14_redis_conf_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "cluster-enabled yes\n", "stage does not restore nodes of Redis Cluster" },
        { "appendfilename dump.rdb\n", "must differ" },
        { "appenddirname appendonly.aof\n", "must differ" },
        { "dbfilename appendonlydir\n", "must differ" },
        { "dbfilename .redisrestore\n", "the folder of stage" },
        { "appenddirname .redisrestore\n", "the folder of stage" },
        { "appendfilename .redisrestore\n", "the folder of stage" },
    };
    struct test_folder folder = test_folder_make();
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        const char *path = test_folder_write(&folder, "redis.conf", cases[i][0]);
        struct rr_stage_cli cli;
        struct rr_error err;

        assert_false(parse(&cli, FLAGS("--redis-conf", path), &err));

        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_has(err.message, cases[i][1]);
    }
    test_folder_remove(&folder);
}

/* Each file includes the next one; the last one has the setting. */
static bool parse_chain(struct test_folder *folder, int includes, struct rr_stage_cli *cli, struct rr_error *err)
{
    char path[512] = "", text[600], name[32];
    for (int i = includes; i >= 0; i--) {
        (void)snprintf(text, sizeof text, i == includes ? "dbfilename deep.rdb\n%s" : "include %s\n", path);
        (void)snprintf(name, sizeof name, "%d.conf", i);
        (void)snprintf(path, sizeof path, "%s", test_folder_write(folder, name, text));
    }
    return parse(cli, FLAGS("--redis-conf", path), err);
}

static void g14_includes_are_followed_8_deep(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    struct rr_stage_cli cli;
    struct rr_error err;

    assert_ok(parse_chain(&folder, 8, &cli, &err), err);

    assert_string_equal(cli.stage.db_file, "deep.rdb");
    assert_false(parse_chain(&folder, 9, &cli, &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_has(err.message, "files include each other more than 8 deep");
    test_folder_remove(&folder);
}

static void p01_recovery_target_is_one_and_in_the_aof(void **state)
{
    (void)state;
    static const char *const cases[][5] = {
        { "--to-offset", "1", "--to-position", "2", "only one of --to-offset, --to-position and --to-time" },
        { "--to-position", "2", "--to-time", "2026-11-30T02:00:00Z", "only one of" },
        { "--to-time", "2026-11-30T02:00:00Z", "--to-offset", "1", "only one of" },
        { "--to-offset", "1", "--drop-aof", NULL, "--drop-aof leaves out the AOF" },
        { "--drop-aof", "--to-position", "1", NULL, "--drop-aof leaves out the AOF" },
        { "--to-offset", "x", "--dry-run", NULL, "must be a replication offset" },
        { "--to-time", "yesterday", "--dry-run", NULL, "must be a time such as" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_stage_cli cli;
        struct rr_error err;

        assert_false(parse(&cli, FLAGS(cases[i][0], cases[i][1], cases[i][2], cases[i][3]), &err));

        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_has(err.message, cases[i][4]);
    }
}

static void p02_time_chooses_the_backup_alone(void **state)
{
    (void)state;
    struct rr_stage_cli cli;
    struct rr_error err;

    assert_ok(parse(&cli, FLAGS("--to-time", "2026-11-30T02:00:00Z", "--drop-aof"), &err), err);
    assert_true(cli.stage.drops_aof);

    assert_false(parse(&cli, FLAGS("--to-time", "2026-11-30T02:00:00Z", "--previous", "1"), &err));
    assert_has(err.message, "--to-time chooses the backup, so --previous cannot choose it");
    assert_false(parse(&cli, FLAGS("--to-time", "2026-11-30T02:00:00Z", "--on-missing-aof", "PreviousComplete"), &err));
    assert_has(err.message, "so --on-missing-aof PreviousComplete cannot choose another one");
}

static void p02_fraction_of_a_second_ends_with_its_second(void **state)
{
    (void)state;
    struct rr_stage_cli cli;
    struct rr_error err;

    assert_ok(parse(&cli, FLAGS("--to-time", "2026-01-31T12:00:00.999Z"), &err), err);

    assert_int_equal(cli.rules.target.to, RR_RECOVERY_TO_TIME);
    assert_int_equal(cli.rules.target.unix_s, 1769860800);
}

static void g20_object_cannot_prove_that_a_bucket_is_empty(void **state)
{
    (void)state;
    const char *argv[] = { "stage", "--dir", "/data", "--object", "shop/cart", "--on-no-backup", "StartEmpty", NULL };
    struct rr_stage_cli cli;
    struct rr_error err = { 0 };
    bool help = false;

    assert_false(rr_stage_cli_parse(7, (char **)(uintptr_t)argv, &cli, &help, &err));
    assert_has(err.message, "--on-no-backup StartEmpty needs a listing");
    argv[6] = "Fail";
    assert_ok(rr_stage_cli_parse(7, (char **)(uintptr_t)argv, &cli, &help, &err), err);

    assert_true(rr_pair_is_of_object(&cli.pair));
}

/* Parses `stage --dir /data --undo` with these flags behind it. */
static bool parse_undo(struct rr_stage_cli *cli, const char *flag, const char *value, struct rr_error *err)
{
    const char *argv[] = { "stage", "--dir", "/data", "--undo", flag, value, NULL };
    bool help = false;
    *err = (struct rr_error){ 0 };
    return rr_stage_cli_parse(flag == NULL ? 4 : value == NULL ? 5 : 6, (char **)(uintptr_t)argv, cli, &help, err);
}

static void g13_undo_takes_no_backup_and_no_setting_of_one(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        { "--rdb", "a" },
        { "--aof", "a" },
        { "--bucket", "b" },
        { "--replication-id", "x" },
        { "--parts", "2" },
        { "--timeout", "1m" },
        { "--object", "shop/cart" },
        { "--kubeconfig", "f" },
        { "--log-level", "debug" },
        { "--server", "redis:7.2" },
        { "--appendonly", "yes" },
        { "--layout", "RDB" },
        { "--existing", "Fail" },
        { "--even-if-restored", NULL },
        { "--drop-aof", NULL },
        { "--to-offset", "1" },
        { "--to-position", "1" },
        { "--to-time", "2026-11-30T02:00:00Z" },
        { "--accept-damaged-aof", NULL },
        { "--allow-command", "X.Y" },
        { "--on-no-backup", "Fail" },
    };
    static const char *const right[][2] = {
        { NULL, NULL },
        { "--append-filename", "a.aof" },
        { "--append-dirname", "d" },
        { "--db-filename", "d.rdb" },
        { "--run", "monday" },
        { "--owner", "1:2" },
        { "--only-ordinal", "0" },
        { "--dry-run", NULL },
        { "--output", "json" },
        { "--termination-log", "/log" },
    };
    struct rr_stage_cli cli;
    struct rr_error err;
    for (size_t i = 0; i < RR_COUNT(wrong); i++) {
        char words[128];
        (void)snprintf(words, sizeof words, "%s is about a backup, and --undo takes none", wrong[i][0]);

        assert_false(parse_undo(&cli, wrong[i][0], wrong[i][1], &err));

        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_has(err.message, words);
    }
    for (size_t i = 0; i < RR_COUNT(right); i++) {
        assert_ok(parse_undo(&cli, right[i][0], right[i][1], &err), err);
        assert_true(cli.stage.undoes);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(g01_flags_reach_the_stage),
    cmocka_unit_test(g01_without_flags_the_settings_are_those_of_a_server),
    cmocka_unit_test(g14_redis_conf_says_what_no_flag_says),
    cmocka_unit_test(g14_redis_conf_that_does_not_fit_is_refused),
    cmocka_unit_test(g14_includes_are_followed_8_deep),
    cmocka_unit_test(p01_recovery_target_is_one_and_in_the_aof),
    cmocka_unit_test(p02_time_chooses_the_backup_alone),
    cmocka_unit_test(g20_object_cannot_prove_that_a_bucket_is_empty),
    cmocka_unit_test(g13_undo_takes_no_backup_and_no_setting_of_one),
    cmocka_unit_test(p02_fraction_of_a_second_ends_with_its_second),
};

RR_TEST_MAIN(tests)
