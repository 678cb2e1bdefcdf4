/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

#include <redisrestore/base/file.h>

#include <ftw.h>
#include <sys/stat.h>

static char folder[128], pair_rdb[512];

/* Facts about this process. The linker finds these functions before those of libc. */
static const char *host_name = "redis-0";
static bool is_root;
static uid_t owner_uid;
static gid_t owner_gid;

int gethostname(char *name, size_t len)
{
    (void)snprintf(name, len, "%s", host_name);
    return 0;
}

uid_t geteuid(void)
{
    return is_root ? 0 : 1000;
}

int fchown(int fd, uid_t uid, gid_t gid)
{
    (void)fd;
    owner_uid = uid;
    owner_gid = gid;
    return 0;
}

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

static void g17_ordinal_stands_behind_the_last_dash_of_the_host_name(void **state)
{
    (void)state;
    static const struct {
        const char *host, *ordinal;
        bool is_this;
    } cases[] = {
        { "redis-2", "2", true },    { "redis-cart-2", "2", true },    { "redis-12", "2", false },
        { "redis-2-1", "2", false }, { "redis-cart-two", "2", false }, { "redis2", "2", false },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        host_name = cases[i].host;
        int code = bench_run(&bench, "stage", "--dir", folder, "--rdb", "/nonexistent", "--only-ordinal",
                             cases[i].ordinal, NULL);
        if (code != (cases[i].is_this ? 2 : 0))
            fail_msg("%s: %d", cases[i].host, code);
    }
}

static void g12_start_empty_counts_only_without_any_object_of_a_backup(void **state)
{
    (void)state;
    static const struct {
        struct fake_object object; /* key NULL: none */
        const char *not_after;
        int code;
    } cases[] = {
        { { 0 }, "2026-12-31T00:00:00Z", 0 },
        { { "redis-backups/shop/appendonly-20260131-235900.aof", "2026-01-31T23:59:30.000Z", 0 },
          "2026-12-31T00:00:00Z",
          3 },
        { { "redis-backups/shop/dump-yesterday.rdb", "2026-01-31T23:59:30.000Z", 0 }, "2026-12-31T00:00:00Z", 3 },
        { { "redis-backups/shop/dump-20260131-235900.rdb", "2026-01-31T23:59:30.000Z", 0 }, "2026-01-01T00:00:00Z", 3 },
    };
    bench_set_credentials();
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct bench_store store;
        bench_store_start(&store, &cases[i].object, cases[i].object.key != NULL ? 1 : 0);
        int code = bench_run(&bench, "stage", "--dir", folder, "--bucket", "backups", "--endpoint", store.url,
                             "--not-after", cases[i].not_after, "--on-no-backup", "StartEmpty", NULL);
        bench_store_stop(&store);
        if (code != cases[i].code)
            fail_msg("%s: %d", cases[i].object.key, code);
    }
}

static void drop_aof_leaves_an_aof_that_has_the_rdb(void **state)
{
    (void)state;

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--aof", pair_rdb, "--drop-aof", "--dry-run", NULL),
                     0);

    assert_has(bench.out, "DryRun: the backup could be restored");
}

static int remove_entry(const char *path, const struct stat *found, int type, struct FTW *place)
{
    (void)found;
    (void)type;
    (void)place;
    return remove(path);
}

static void g09_owner_is_that_of_the_flag_else_of_the_directory(void **state)
{
    (void)state;
    struct stat found;
    char path[160];
    (void)snprintf(path, sizeof path, "%s/owned", bench.folder.path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(stat(path, &found), 0);
    is_root = true;

    assert_int_equal(bench_run(&bench, "stage", "--dir", path, "--rdb", pair_rdb, NULL), 0);
    assert_int_equal(owner_uid, found.st_uid);
    assert_int_equal(owner_gid, found.st_gid);
    assert_int_equal(bench_run(&bench, "stage", "--dir", path, "--rdb", pair_rdb, "--existing", "Replace",
                               "--even-if-restored", "--owner", "12:34", NULL),
                     0);

    assert_int_equal(owner_uid, 12);
    assert_int_equal(owner_gid, 34);
    assert_int_equal(nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void g09_owner_is_two_numbers_of_the_system(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "999", "999:", ":999", "redis:redis", "4294967295:1", "1:4294967295", "1:2:3"
    };
    for (size_t i = 0; i < RR_COUNT(wrong); i++) {
        assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", pair_rdb, "--owner", wrong[i], NULL), 2);
        assert_has(bench.err, "--owner: must be two numbers");
    }
}

static void g16_termination_log_has_this_result_alone(void **state)
{
    (void)state;
    char older[2048] = { 0 };
    memset(older, 'x', sizeof older - 1);
    const char *path = test_folder_write(&bench.folder, "log", older);

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", pair_rdb, "--only-ordinal", "99",
                               "--termination-log", path, NULL),
                     0);

    rr_auto(buf) text = RR_BUF(4096);
    struct rr_error err;
    assert_ok(rr_file_read(path, &text, &err), err);
    assert_has(rr_buf_text(&text), "\"result\":\"NotThisOrdinal\"");
    assert_lacks(rr_buf_text(&text), "xx");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(g06_data_that_exists_is_exit_code_8, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_keep_is_exit_code_0_and_reads_no_backup, setup, teardown),
    cmocka_unit_test_setup_teardown(g11_link_is_exit_code_9, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_damaged_backup_is_exit_code_7_and_leaves_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_missing_file_and_directory_are_exit_code_2, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_dry_run_is_exit_code_0_and_leaves_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(g17_other_ordinal_is_exit_code_0_before_the_directory_is_opened, setup, teardown),
    cmocka_unit_test_setup_teardown(g17_ordinal_stands_behind_the_last_dash_of_the_host_name, setup, teardown),
    cmocka_unit_test_setup_teardown(g12_start_empty_counts_only_without_any_object_of_a_backup, setup, teardown),
    cmocka_unit_test_setup_teardown(drop_aof_leaves_an_aof_that_has_the_rdb, setup, teardown),
    cmocka_unit_test_setup_teardown(g09_owner_is_that_of_the_flag_else_of_the_directory, setup, teardown),
    cmocka_unit_test_setup_teardown(g09_owner_is_two_numbers_of_the_system, setup, teardown),
    cmocka_unit_test_setup_teardown(g16_termination_log_has_this_result_alone, setup, teardown),
};

RR_TEST_MAIN(tests)
