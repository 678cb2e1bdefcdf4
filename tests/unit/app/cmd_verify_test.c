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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(v04_file_that_cannot_be_read_is_exit_code_1_without_a_report, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(v04_file_that_cannot_be_opened_is_exit_code_2_without_a_report, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(v04_truncated_file_is_exit_code_7_with_a_report, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(v04_aof_behind_a_refused_rdb_is_not_opened, bench_setup, bench_teardown),
};

RR_TEST_MAIN(tests)
