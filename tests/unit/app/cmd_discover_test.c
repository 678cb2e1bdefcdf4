/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

static struct bench_store store;

static int setup(void **state)
{
    bench_set_credentials();
    return bench_setup(state);
}

#define RDB "redis-backups/shop/dump-20260131-235900.rdb"
#define AOF "redis-backups/shop/appendonly-20260131-235900.aof"
static const struct fake_object objects[] = {
    { AOF, "2026-01-31T23:59:30.000Z", 512 },
    { "redis-backups/shop/dump-20260130-235900.rdb", "2026-01-30T23:59:30.000Z", 1024 },
    { RDB, "2026-01-31T23:59:30.000Z", 2048 },
    { "redis-backups/shop/dump-yesterday.rdb", "2026-01-30T23:59:30.000Z", 1024 },
};

/* `discover` in a store that has these objects. */
static int discover(const struct fake_object *present, size_t count, const char *flag, const char *value)
{
    bench_store_start(&store, present, count);
    int code = bench_run(&bench, "discover", "--bucket", "backups", "--endpoint", store.url, flag, value, NULL);
    bench_store_stop(&store);
    return code;
}

static void pair_is_named(void **state)
{
    (void)state;

    assert_int_equal(discover(objects, RR_COUNT(objects), NULL, NULL), 0);

    assert_has(bench.out, RDB);
    assert_has(bench.out, AOF);
    assert_string_equal(bench.err, "");
}

static void answer_as_json_and_yaml_has_the_reason(void **state)
{
    (void)state;

    assert_int_equal(discover(objects, RR_COUNT(objects), "--output", "json"), 0);
    assert_has(bench.out, "\"reason\": \"BackupDiscovered\"");
    assert_int_equal(discover(objects, RR_COUNT(objects), "--output", "yaml"), 0);
    assert_has(bench.out, "reason: \"BackupDiscovered\"");
}

static void empty_bucket_is_code_3(void **state)
{
    (void)state;

    assert_int_equal(discover(objects, 0, NULL, NULL), 3);
    assert_has(bench.out, "0 keys in ");
    assert_lacks(bench.out, "RDB  ");
}

static void flags_reach_the_discovery(void **state)
{
    (void)state;

    assert_int_equal(discover(objects, RR_COUNT(objects), "--timestamp", "20260130-235900"), 0);
    assert_has(bench.out, "dump-20260130-235900.rdb");
    assert_int_equal(discover(objects, RR_COUNT(objects), "--previous", "1"), 0);
    assert_has(bench.out, "dump-20260130-235900.rdb");
    assert_int_equal(discover(objects, RR_COUNT(objects), "--replication-id", "blog"), 3);
    assert_int_equal(discover(objects, RR_COUNT(objects), "--prefix", "elsewhere/"), 3);
    assert_int_equal(discover(objects, RR_COUNT(objects), "--max-age", "1h"), 3);
    assert_int_equal(discover(objects, RR_COUNT(objects), "--not-after", "2026-01-31T00:00:00Z"), 0);
    assert_has(bench.out, "dump-20260130-235900.rdb");
    assert_int_equal(discover(objects + 1, 2, "--on-missing-aof", "Fail"), 3);
}

static void refuse(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    (void)context;
    (void)number;
    (void)head;
    reply->status = 403;
    reply->body = "<Error><Code>AccessDenied</Code><Message>server words</Message></Error>";
}

static int discover_refused(const char *format)
{
    struct fake_store refusing;
    char url[64];
    fake_store_start(&refusing, refuse, NULL);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", refusing.port);
    int code = bench_run(&bench, "discover", "--bucket", "backups", "--endpoint", url, "--output", format, NULL);
    fake_store_stop(&refusing);
    return code;
}

static void failure_is_printed_once_and_has_its_exit_code(void **state)
{
    (void)state;

    assert_int_equal(discover_refused("text"), 5);
    assert_string_equal(bench.out, "");
    assert_has(bench.err, "redisrestore: ");
    assert_int_equal(test_count(bench.err, "403 AccessDenied"), 1);
    assert_int_equal(discover_refused("json"), 5);
    assert_has(bench.out, "\"reason\": \"AccessDenied\"");
    assert_lacks(bench.err, "redisrestore: ");
    assert_lacks(bench.out, "server words");
}

static void wrong_files_and_flags_are_code_2(void **state)
{
    (void)state;

    assert_int_equal(discover(objects, 1, "--ca-file", "/nonexistent"), 2);
    assert_has(bench.err, "--ca-file: /nonexistent");
    assert_int_equal(discover(objects, 1, "--sse-customer-key-file", "/dev/null"), 2);
    assert_int_equal(discover(objects, 1, "--previous", "100"), 2);
    assert_int_equal(discover(objects, 1, "operand", NULL), 2);
    assert_int_equal(bench_run(&bench, "discover", NULL), 2);
    assert_has(bench.err, "no bucket");
    assert_string_equal(bench.out, "");
}

/* `init-backup` with that bucket; NULL: no store. */
static int init_backup(const struct fake_object *present, size_t count)
{
    bench_store_start(&store, present, count);
    rr_assert(setenv("AWS_ENDPOINT_URL", store.url, 1) == 0);
    int code = bench_call(&bench, rr_cmd_init_backup, "init-backup", NULL);
    bench_store_stop(&store);
    return code;
}

static void init_backup_logs_what_it_found(void **state)
{
    (void)state;
    rr_assert(setenv("S3_BUCKET", "backups", 1) == 0);

    assert_int_equal(init_backup(objects, RR_COUNT(objects)), 0);

    assert_has(bench.out, "msg=\"S3 client initialized\" bucket=backups region=us-east-1 custom_endpoint=true");
    assert_has(bench.out, "msg=\"Found backup files\" rdb_count=2 aof_count=1 latest_rdb=" RDB);
    assert_has(bench.out, "msg=\"Latest backup set found\" rdb_key=" RDB " rdb_size=2048 rdb_timestamp=20260131-235900 "
                          "aof_files_count=1");
    assert_has(bench.out, "msg=\"AOF file found\" index=0 key=" AOF " size=512 timestamp=20260131-235900");
    assert_has(bench.out, "msg=\"Failed to parse RDB file\" key=redis-backups/shop/dump-yesterday.rdb "
                          "error=\"invalid RDB filename format: ");
    assert_has(bench.out, "msg=\"RDB file discovery completed successfully\"");
    assert_string_equal(bench.err, "");
}

static void init_backup_counts_no_aof_for_an_rdb_alone(void **state)
{
    (void)state;
    rr_assert(setenv("S3_BUCKET", "backups", 1) == 0);

    assert_int_equal(init_backup(objects + 1, 1), 0);

    assert_has(bench.out, "rdb_count=1 aof_count=0 ");
    assert_has(bench.out, " aof_files_count=0");
    assert_lacks(bench.out, "AOF file found");
}

static void init_backup_that_is_refused_fails_and_says_so_twice(void **state)
{
    (void)state;
    struct fake_store refusing;
    char url[64];
    fake_store_start(&refusing, refuse, NULL);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", refusing.port);
    rr_assert(setenv("S3_BUCKET", "backups", 1) == 0 && setenv("AWS_ENDPOINT_URL", url, 1) == 0);

    int code = bench_call(&bench, rr_cmd_init_backup, "init-backup", NULL);

    fake_store_stop(&refusing);
    assert_int_equal(code, 1);
    assert_has(bench.out, "msg=\"Failed to fetch latest backup set\" error=\"failed to list files from object store: ");
    assert_has(bench.out, "msg=\"Service failed\" error=\"failed to list files from object store: ");
    assert_lacks(bench.out, "server words");
}

static void requester_pays_only_if_asked_for(void **state)
{
    (void)state;
    for (int asked = 0; asked < 2; asked++) {
        bench_store_start(&store, objects, RR_COUNT(objects));
        const char *flag = asked ? "--request-payer=Requester" : NULL;
        int code = bench_run(&bench, "discover", "--bucket", "backups", "--endpoint", store.url, flag, NULL);
        const char *head = fake_store_head(&store.store, 0);
        bool sent = strcasestr(head, "x-amz-request-payer: requester") != NULL;
        bench_store_stop(&store);
        assert_int_equal(code, 0);
        assert_int_equal(sent, asked);
    }
}

static void init_backup_without_a_backup_succeeds(void **state)
{
    (void)state;
    rr_assert(setenv("S3_BUCKET", "backups", 1) == 0);

    assert_int_equal(init_backup(objects, 0), 0);

    assert_has(bench.out, "msg=\"No RDB files found in object store\"");
    assert_has(bench.out, "msg=\"No backup sets found in object store\"");
}

static void init_backup_fails_without_its_data_directory(void **state)
{
    (void)state;
    rr_assert(setenv("S3_BUCKET", "backups", 1) == 0 && setenv("DATA_DIR", "/nonexistent", 1) == 0);

    assert_int_equal(init_backup(objects, RR_COUNT(objects)), 1);

    assert_has(bench.out, "msg=\"Service failed\"");
    assert_has(bench.out, "cannot open the directory /nonexistent");
    assert_lacks(bench.out, "Searching");
}

static void init_backup_needs_a_bucket(void **state)
{
    (void)state;

    assert_int_equal(init_backup(objects, RR_COUNT(objects)), 1);

    assert_has(bench.out, "error=\"S3_BUCKET environment variable is required\"");
}

static void u06_init_backup_help_calls_itself_by_its_name(void **state)
{
    (void)state;

    assert_int_equal(bench_call(&bench, rr_cmd_init_backup, "init-backup", "--help", NULL), 0);

    assert_has(bench.out, "usage: init-backup [flags]\n");
}

static void s19_fips_and_dual_stack_of_the_environment_with_an_endpoint_are_refused(void **state)
{
    (void)state;
    static const char *const variables[] = { "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT" };
    for (size_t i = 0; i < RR_COUNT(variables); i++) {
        rr_assert(setenv(variables[i], "true", 1) == 0);

        int code = discover(objects, RR_COUNT(objects), NULL, NULL);

        rr_assert(unsetenv(variables[i]) == 0);
        assert_int_equal(code, 2);
        assert_has(bench.err, i == 0 ? "cannot be combined with FIPS" : "Cannot set dual-stack");
        assert_string_equal(bench.out, "");
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(s19_fips_and_dual_stack_of_the_environment_with_an_endpoint_are_refused, setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(pair_is_named, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(answer_as_json_and_yaml_has_the_reason, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(empty_bucket_is_code_3, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(flags_reach_the_discovery, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(failure_is_printed_once_and_has_its_exit_code, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(wrong_files_and_flags_are_code_2, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(init_backup_logs_what_it_found, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(init_backup_counts_no_aof_for_an_rdb_alone, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(init_backup_that_is_refused_fails_and_says_so_twice, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(requester_pays_only_if_asked_for, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(init_backup_without_a_backup_succeeds, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(init_backup_fails_without_its_data_directory, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(init_backup_needs_a_bucket, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(u06_init_backup_help_calls_itself_by_its_name, setup, bench_teardown),
};

RR_TEST_MAIN(tests)
