/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

/* The first bytes of /proc/self/mem are mapped nowhere: open succeeds and read fails with EIO. */
static void v04_file_that_cannot_be_read_is_exit_code_1_without_a_report(void **state)
{
    (void)state;

    assert_int_equal(bench_run(&bench, "verify", "--rdb", "/proc/self/mem", NULL), 1);

    assert_has(bench.err, "cannot read /proc/self/mem: ");
    assert_string_equal(bench.out, "");
}

static void v04_file_that_cannot_be_opened_is_exit_code_2_without_a_report(void **state)
{
    (void)state;

    assert_int_equal(bench_run(&bench, "verify", "--aof", "/nonexistent", NULL), 2);
    assert_has(bench.err, "cannot open /nonexistent: ");
    assert_int_equal(bench_run(&bench, "verify", "--rdb", "/dev", NULL), 2);
    assert_has(bench.err, "cannot read /dev: it is a directory");
    assert_string_equal(bench.out, "");
}

static void v04_truncated_file_is_exit_code_7_with_a_report(void **state)
{
    (void)state;
    const char *path = test_folder_write(&bench.folder, "dump.rdb", "REDIS0011");

    assert_int_equal(bench_run(&bench, "verify", "--rdb", path, NULL), 7);

    assert_string_equal(bench.err, "");
    assert_has(bench.out, "dump.rdb");
}

static void v04_aof_behind_a_refused_rdb_is_not_opened(void **state)
{
    (void)state;
    const char *path = test_folder_write(&bench.folder, "dump.rdb", "REDIS0011");

    assert_int_equal(bench_run(&bench, "verify", "--rdb", path, "--aof", "/nonexistent", NULL), 7);

    assert_string_equal(bench.err, "");
    assert_has(bench.out, "the AOF was not read");
}

static void v11_server_that_cannot_load_the_backup_is_exit_code_7(void **state)
{
    (void)state;
    static const char rdb[] = RR_TESTS_DIR "/vectors/redis/redis-7.0.15.rdb";

    assert_int_equal(bench_run(&bench, "verify", "--rdb", rdb, "--server", "redis:6.2", NULL), 7);
    assert_has(bench.out, "Unsupported (NotLoadable): Redis 6.2 cannot load RDB version 10");
    assert_lacks(bench.out, "Valid");
    assert_int_equal(bench_run(&bench, "verify", "--rdb", rdb, "--server", "redis:7.0", NULL), 0);
    assert_int_equal(bench_run(&bench, "verify", "--rdb", rdb, NULL), 0);
}

#define PING   "*1\r\n$4\r\nPING\r\n"
#define MODULE "*1\r\n$8\r\nJSON.SET\r\n"

static int verify_aof(const char *name, const char *text, const char *flag, const char *value)
{
    return bench_run(&bench, "verify", "--aof", test_folder_write(&bench.folder, name, text), flag, value, NULL);
}

static void v15_command_of_a_module_needs_the_flag(void **state)
{
    (void)state;

    assert_int_equal(verify_aof("a", PING MODULE, NULL, NULL), 7);
    assert_has(bench.out, "(UnknownCommand): the AOF has the command JSON.SET");
    assert_int_equal(verify_aof("a", PING MODULE, "--allow-command", "json.get"), 7);
    assert_int_equal(verify_aof("a", PING MODULE, "--allow-command", "json.set"), 0);
}

static void c03_limit_of_decoded_bytes_is_that_of_the_flag(void **state)
{
    (void)state;

    assert_int_equal(verify_aof("a", PING PING, "--max-decoded", "27"), 7);
    assert_has(bench.out, "(TooLarge): the AOF has more than 27 bytes when it is decompressed (--max-decoded)");
    assert_int_equal(verify_aof("a", PING PING, "--max-decoded", "28"), 0);
}

static void v12_level_is_that_of_the_flag(void **state)
{
    (void)state;
    enum { HEADER_BYTES = 64 << 10 };
    rr_auto(buf) text = RR_BUF(HEADER_BYTES + sizeof PING);
    while (text.len <= HEADER_BYTES)
        rr_buf_add(&text, RR_LIT(PING));

    assert_int_equal(verify_aof("a", rr_buf_text(&text), "--level", "Header"), 0);
    assert_has(bench.out, "(level Header)");
    assert_int_equal(verify_aof("a", rr_buf_text(&text), "--level", "Full"), 0);
    assert_lacks(bench.out, "(level Header)");
}

/* A store with an RDB of 1 MiB, which refuses to give its bytes. */
static void list_and_refuse(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    static const char described[] = "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n";
    if (strncmp(head, "HEAD ", 5) == 0)
        *reply = (struct fake_reply){ .raw = described, .raw_len = sizeof described - 1 };
    else if (strstr(head, "/dump-") != NULL)
        *reply = (struct fake_reply){ .status = 403, .body = "<Error><Code>AccessDenied</Code></Error>" };
    else
        fake_bucket_answer(context, number, head, reply);
}

static void d04_flags_of_the_download_reach_it(void **state)
{
    (void)state;
    static const struct fake_object object = { "redis-backups/shop/dump-20260131-235900.rdb",
                                               "2026-01-31T23:59:30.000Z", 1048576 };
    static const char *const cases[][3] = { { "--max-rate", "128Ki", "\r\nRange: bytes=0-131071\r\n" },
                                            { "--part-size", "256Ki", "\r\nRange: bytes=0-262143\r\n" },
                                            { "--parts", "1", "\r\nRange: bytes=0-1048575\r\n" } };
    bench_set_credentials();
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct bench_store store;
        bench_store_start(&store, &object, 1);
        store.store.answer = list_and_refuse;

        int code =
            bench_run(&bench, "verify", "--bucket", "backups", "--endpoint", store.url, cases[i][0], cases[i][1], NULL);

        bool asked = false;
        for (size_t number = 0; number < fake_store_requests(&store.store); number++)
            asked = asked || strcasestr(fake_store_head(&store.store, number), cases[i][2]) != NULL;
        bench_store_stop(&store);
        assert_int_equal(code, 5);
        if (!asked)
            fail_msg("%s", cases[i][0]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(v04_file_that_cannot_be_read_is_exit_code_1_without_a_report, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(v04_file_that_cannot_be_opened_is_exit_code_2_without_a_report, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(v04_truncated_file_is_exit_code_7_with_a_report, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(v04_aof_behind_a_refused_rdb_is_not_opened, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(v15_command_of_a_module_needs_the_flag, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(c03_limit_of_decoded_bytes_is_that_of_the_flag, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(v12_level_is_that_of_the_flag, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(d04_flags_of_the_download_reach_it, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(v11_server_that_cannot_load_the_backup_is_exit_code_7, bench_setup, bench_teardown),
};

RR_TEST_MAIN(tests)
