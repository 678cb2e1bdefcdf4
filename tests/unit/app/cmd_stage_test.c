/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

#include <sys/stat.h>

static char folder[128], pair_rdb[512];

static int setup(void **state)
{
    (void)bench_setup(state);
    (void)snprintf(folder, sizeof folder, "%s/data", bench.folder.path);
    (void)snprintf(pair_rdb, sizeof pair_rdb, "%s/vectors/redis/redis-7.0.15.rdb", RR_TESTS_DIR);
    assert_int_equal(mkdir(folder, 0700), 0);
    return 0;
}

static int teardown(void **state)
{
    static const char *const files[] = { "dump.rdb", "x.rdb", "appendonlydir" };
    for (size_t i = 0; i < RR_COUNT(files); i++) {
        char path[256];
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(folder), 0); /* nothing else was left in it */
    return bench_teardown(state);
}

static void put(const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "data/%s", name);
    (void)test_folder_write(&bench.folder, path, "old data");
}

static void g06_data_that_exists_is_exit_code_8(void **state)
{
    (void)state;
    put("dump.rdb");

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", pair_rdb, NULL), 8);

    assert_has(bench.err, "holds data already: dump.rdb");
    assert_string_equal(bench.out, "");
}

static void g06_keep_is_exit_code_0_and_reads_no_backup(void **state)
{
    (void)state;
    put("x.rdb");

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", "/nonexistent", "--existing", "Keep", NULL),
                     0);

    assert_has(bench.out, "Kept");
}

static void g11_link_is_exit_code_9(void **state)
{
    (void)state;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/appendonlydir", folder);
    assert_int_equal(symlink("/tmp", path), 0);

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", pair_rdb, NULL), 9);

    assert_has(bench.err, "links in a data directory are not followed");
}

static void g04_damaged_backup_is_exit_code_7_and_leaves_nothing(void **state)
{
    (void)state;
    const char *path = test_folder_write(&bench.folder, "cut.rdb", "REDIS0011");

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", path, "-o", "json", NULL), 7);

    assert_has(bench.out, "\"result\": \"Damaged\"");
    assert_has(bench.out, "\"reason\": \"Truncated\"");
}

static void g04_missing_file_and_directory_are_exit_code_2(void **state)
{
    (void)state;
    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", "/nonexistent", NULL), 2);
    assert_has(bench.err, "cannot open /nonexistent");
    assert_int_equal(bench_run(&bench, "stage", "--dir", "/nonexistent", "--rdb", pair_rdb, NULL), 2);
    assert_has(bench.err, "cannot open the directory /nonexistent");
    assert_int_equal(bench_run(&bench, "stage", "--rdb", pair_rdb, NULL), 2);
}

static void g04_dry_run_is_exit_code_0_and_leaves_nothing(void **state)
{
    (void)state;

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", pair_rdb, "--dry-run", NULL), 0);

    assert_has(bench.out, "DryRun: the backup could be restored; nothing was written");
}

static void g17_other_ordinal_is_exit_code_0_before_the_directory_is_opened(void **state)
{
    (void)state;

    assert_int_equal(bench_run(&bench, "stage", "--dir", "/nonexistent", "--rdb", pair_rdb, "--only-ordinal",
                               "18446744073709551615", NULL),
                     0);

    assert_has(bench.out, "NotThisOrdinal");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(g06_data_that_exists_is_exit_code_8, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_keep_is_exit_code_0_and_reads_no_backup, setup, teardown),
    cmocka_unit_test_setup_teardown(g11_link_is_exit_code_9, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_damaged_backup_is_exit_code_7_and_leaves_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_missing_file_and_directory_are_exit_code_2, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_dry_run_is_exit_code_0_and_leaves_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(g17_other_ordinal_is_exit_code_0_before_the_directory_is_opened, setup, teardown),
};

RR_TEST_MAIN(tests)
