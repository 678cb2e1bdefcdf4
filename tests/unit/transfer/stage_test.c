/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_bench.h"

#include <sys/stat.h>
#include <unistd.h>

static struct stage_bench bench;

static int setup(void **state)
{
    (void)state;
    stage_bench_start(&bench);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stage_bench_stop(&bench);
    return 0;
}

#define MANIFEST "appendonlydir/appendonly.aof.manifest"
#define BASE     "appendonlydir/appendonly.aof.run1.base.rdb"
#define INCR     "appendonlydir/appendonly.aof.run1.incr.aof"
#define MARKER   ".redisrestore/restored.json"

static bool is_guard(const char *path)
{
    return rr_slice_starts_with(stage_bench_read(&bench, path), RR_LIT("redisrestore guard: "));
}

#define ASSERT_SAME(path, buf) assert_true(rr_slice_equals(stage_bench_read(&bench, path), rr_buf_slice(buf)))

static void g03_multi_part_directory_has_manifest_base_and_incremental_file(void **state)
{
    (void)state;

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.result, RR_STAGE_RESTORED);
    assert_slice(stage_bench_read(&bench, MANIFEST), "file appendonly.aof.run1.base.rdb seq 1 type b\n"
                                                     "file appendonly.aof.run1.incr.aof seq 1 type i\n");
    ASSERT_SAME(BASE, &bench.rdb);
    ASSERT_SAME(INCR, &bench.aof);
    assert_true(is_guard("dump.rdb"));
    assert_has(stage_bench_read(&bench, MARKER).ptr, "\"run\": \"run1\"");
    assert_int_equal(test_count(stage_bench_state(&bench), "\n"), 5);
}

static void g03_sequence_is_above_the_manifest_and_all_names(void **state)
{
    (void)state;
    stage_bench_old(&bench);
    stage_bench_write(&bench, "appendonlydir/appendonly.aof.9.incr.aof", "stray");
    bench.options.existing = RR_STAGE_REPLACE;

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_has(stage_bench_read(&bench, MANIFEST).ptr, "seq 10 type b");
    assert_false(stage_bench_has(&bench, "appendonlydir/appendonly.aof.9.incr.aof"));
}

static void g03_torn_command_is_cut(void **state)
{
    (void)state;
    size_t whole = bench.aof.len;
    rr_buf_add(&bench.aof, RR_LIT("*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET"));

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(stage_bench_read(&bench, INCR).len, whole);
}

static void g02_rdb_alone_is_also_dump_rdb(void **state)
{
    (void)state;
    bench.has_aof = false;
    bench.options.append_only = RR_STAGE_APPEND_ONLY_UNKNOWN;

    assert_ok(stage_bench_run(&bench), bench.err);

    ASSERT_SAME(BASE, &bench.rdb);
    ASSERT_SAME("dump.rdb", &bench.rdb);
    assert_int_equal(stage_bench_read(&bench, INCR).len, 0);
    assert_has(stage_bench_read(&bench, MANIFEST).ptr, "type i");
}

static void g02_single_aof_is_the_rdb_followed_by_the_commands(void **state)
{
    (void)state;
    bench.options.layout = RR_STAGE_SINGLE_AOF;
    rr_auto(buf) both = RR_BUF(BENCH_FILE_MAX_BYTES);
    rr_buf_add(&both, rr_buf_slice(&bench.rdb));
    rr_buf_add(&both, rr_buf_slice(&bench.aof));
    rr_buf_add(&bench.aof, RR_LIT("*1\r\n$4\r\nPI"));

    assert_ok(stage_bench_run(&bench), bench.err);

    ASSERT_SAME("appendonly.aof", &both);
    assert_true(is_guard("dump.rdb"));
    assert_false(stage_bench_has(&bench, "appendonlydir"));
}

static void g02_single_aof_of_an_rdb_alone_has_a_copy_as_dump_rdb(void **state)
{
    (void)state;
    struct stat dump, aof;
    bench.options.layout = RR_STAGE_SINGLE_AOF;
    bench.options.append_only = RR_STAGE_APPEND_ONLY_UNKNOWN;
    bench.has_aof = false;

    assert_ok(stage_bench_run(&bench), bench.err);

    ASSERT_SAME("appendonly.aof", &bench.rdb);
    ASSERT_SAME("dump.rdb", &bench.rdb);
    assert_int_equal(fstatat(bench.folder, "dump.rdb", &dump, 0), 0);
    assert_int_equal(fstatat(bench.folder, "appendonly.aof", &aof, 0), 0);
    assert_int_not_equal(dump.st_ino, aof.st_ino);
}

static void g02_rdb_layout_has_a_guard_as_append_only_file(void **state)
{
    (void)state;
    bench.options.append_only = RR_STAGE_APPEND_ONLY_NO;
    bench.options.drops_aof = true;

    assert_ok(stage_bench_run(&bench), bench.err);

    ASSERT_SAME("dump.rdb", &bench.rdb);
    assert_true(is_guard("appendonly.aof"));
    assert_false(stage_bench_has(&bench, "appendonlydir"));
}

static void g02_preamble_is_split_and_the_rdb_of_the_pair_is_not_used(void **state)
{
    (void)state;
    rr_auto(buf) commands = RR_BUF(BENCH_FILE_MAX_BYTES);
    rr_auto(buf) rdb = RR_BUF(BENCH_FILE_MAX_BYTES);
    rr_buf_add(&commands, rr_buf_slice(&bench.aof));
    rr_buf_add(&rdb, rr_buf_slice(&bench.rdb));
    rr_buf_clear(&bench.aof);
    rr_buf_add(&bench.aof, rr_buf_slice(&rdb));
    rr_buf_add(&bench.aof, rr_buf_slice(&commands));
    rr_buf_clear(&bench.rdb);
    rr_buf_add(&bench.rdb, RR_LIT("REDIS0009\xff\x00\x00\x00\x00\x00\x00\x00\x00"));

    assert_ok(stage_bench_run(&bench), bench.err);

    ASSERT_SAME(BASE, &rdb);
    ASSERT_SAME(INCR, &commands);
}

/* The names in the folder are found by the folder's name and a slash. */
static void g01_dump_that_is_named_as_the_folder_begins_is_no_file_in_it(void **state)
{
    (void)state;
    bench.options.db_file = "appendonlydir.rdb";
    stage_bench_write(&bench, "appendonlydir.rdb", "old dump");
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    bench.has_aof = false;
    bench.options.append_only = RR_STAGE_APPEND_ONLY_UNKNOWN;

    assert_ok(stage_bench_run(&bench), bench.err);

    ASSERT_SAME("appendonlydir.rdb", &bench.rdb);
    ASSERT_SAME(BASE, &bench.rdb);
}

static void g02_aof_without_an_rdb_is_refused(void **state)
{
    (void)state;
    bench.has_rdb = false;

    stage_bench_refused(&bench, RR_E_INVALID, "NoRDB", "--rdb");
}

static void g04_old_data_set_is_moved_aside_whole(void **state)
{
    (void)state;
    stage_bench_old(&bench);
    stage_bench_write(&bench, "appendonly.aof", "old single");
    bench.options.existing = RR_STAGE_MOVE_ASIDE;

    assert_ok(stage_bench_run(&bench), bench.err);

    char path[256];
    static const char *const files[][2] = {
        { "dump.rdb", "old dump" },
        { "appendonly.aof", "old single" },
        { "appendonlydir/appendonly.aof.4.base.rdb", "old base" },
        { "appendonlydir/appendonly.aof.4.incr.aof", "old incr" },
        { MANIFEST, "file appendonly.aof.4.base.rdb seq 4 type b\nfile appendonly.aof.4.incr.aof seq 4 type i\n" },
    };
    for (size_t i = 0; i < RR_COUNT(files); i++) {
        (void)snprintf(path, sizeof path, ".redisrestore/%s/%s", bench.outcome.previous, files[i][0]);
        assert_slice(stage_bench_read(&bench, path), files[i][1]);
    }
    assert_false(stage_bench_has(&bench, "appendonly.aof"));
    assert_false(stage_bench_has(&bench, "appendonlydir/appendonly.aof.4.base.rdb"));
    assert_int_equal(test_count(stage_bench_state(&bench), "\n"), 10);
}

/* A power failure after the rename leaves the name with a part of the bytes otherwise. */
static void g04_each_new_file_is_synced_before_it_gets_its_name(void **state)
{
    (void)state;

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_true(bench.synced_count > 0);
    assert_int_equal(bench.unsynced_renames, 0);
}

static void g04_previous_data_is_kept_once(void **state)
{
    (void)state;
    stage_bench_old(&bench);
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    assert_ok(stage_bench_run(&bench), bench.err);
    bench.options.run = "run2";

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(test_count(stage_bench_state(&bench), "dump.rdb"), 2);
    assert_lacks(stage_bench_state(&bench), "appendonly.aof.4.base");
    assert_has(stage_bench_state(&bench), "/appendonlydir/appendonly.aof.run1.base.rdb");
}

static void g04_file_system_without_hard_links_gets_copies(void **state)
{
    (void)state;
    stage_bench_old(&bench);
    bench.has_no_links = true;
    bench.has_aof = false;
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    char path[256];

    assert_ok(stage_bench_run(&bench), bench.err);

    (void)snprintf(path, sizeof path, ".redisrestore/%s/dump.rdb", bench.outcome.previous);
    assert_slice(stage_bench_read(&bench, path), "old dump");
    ASSERT_SAME("dump.rdb", &bench.rdb);
}

static void g06_existing_data_is_refused_kept_or_replaced(void **state)
{
    (void)state;
    stage_bench_old(&bench);

    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "DataExists", "dump.rdb");
    bench.options.existing = RR_STAGE_KEEP_DATA;
    const char *before = stage_bench_state(&bench);
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_int_equal(bench.outcome.result, RR_STAGE_KEPT);
    assert_string_equal(stage_bench_state(&bench), before);
    bench.options.existing = RR_STAGE_REPLACE;
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_int_equal(bench.outcome.result, RR_STAGE_RESTORED);
    assert_int_equal(test_count(stage_bench_state(&bench), "\n"), 5);
}

static void g06_each_kind_of_file_counts_as_data(void **state)
{
    (void)state;
    static const char *const files[] = { "dump.rdb", "appendonly.aof", "other.rdb", "x.aof",
                                         "appendonlydir/half-written" };
    stage_bench_folder(&bench, "appendonlydir");
    for (size_t i = 0; i < RR_COUNT(files); i++) {
        stage_bench_write(&bench, files[i], "x");
        stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "DataExists", files[i]);
        bool has_other_name = strstr(bench.err.message, "a server with another dbfilename") != NULL;
        assert_int_equal(has_other_name, i == 2 || i == 3);
        assert_int_equal(unlinkat(bench.folder, files[i], 0), 0);
    }
    stage_bench_write(&bench, "dump.rdb", "");
    stage_bench_write(&bench, "other.rdb", "");
    stage_bench_write(&bench, "lost+found.txt", "x");
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_slice(stage_bench_read(&bench, "lost+found.txt"), "x");
}

/* Its data may be on another volume, or may have been removed by mistake: a person must look. */
static void g06_manifest_whose_file_is_gone_counts_as_data(void **state)
{
    (void)state;
    stage_bench_folder(&bench, "appendonlydir");
    stage_bench_write(&bench, MANIFEST, "file appendonly.aof.1.base.rdb seq 1 type b\n");

    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "DataExists", MANIFEST);
}

static void g06_guards_are_no_data(void **state)
{
    (void)state;
    assert_ok(stage_bench_run(&bench), bench.err);
    static const char *const files[] = { BASE, INCR, MANIFEST, MARKER };
    for (size_t i = 0; i < RR_COUNT(files); i++)
        assert_int_equal(unlinkat(bench.folder, files[i], 0), 0);
    /* A server before the restore of another layout moves the guard into its folder. */
    stage_bench_write(&bench, "appendonlydir/appendonly.aof", "redisrestore guard: moved\n");
    stage_bench_write(&bench, MANIFEST, "file appendonly.aof seq 1 type b\n");

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.result, RR_STAGE_RESTORED);
    assert_string_equal(bench.outcome.previous, "");
    assert_false(stage_bench_has(&bench, "appendonlydir/appendonly.aof"));
}

static void g06_cluster_node_is_kept_or_refused(void **state)
{
    (void)state;
    stage_bench_write(&bench, "nodes.conf", "");
    bench.options.existing = RR_STAGE_REPLACE;
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "ClusterNode", "nodes.conf");
    bench.options.existing = RR_STAGE_KEEP_DATA;

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.result, RR_STAGE_KEPT);
    assert_false(stage_bench_has(&bench, ".redisrestore"));
}

static void g07_same_run_does_nothing_again(void **state)
{
    (void)state;
    assert_ok(stage_bench_run(&bench), bench.err);
    const char *before = stage_bench_state(&bench);
    bench.options.existing = RR_STAGE_REPLACE;

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.result, RR_STAGE_ALREADY_RESTORED);
    assert_string_equal(stage_bench_state(&bench), before);
    bench.options.even_if_restored = true;
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_int_equal(bench.outcome.result, RR_STAGE_RESTORED);
    assert_has(stage_bench_read(&bench, MANIFEST).ptr, "file appendonly.aof.run1-2.base.rdb seq 2 type b");
    ASSERT_SAME("appendonlydir/appendonly.aof.run1-2.base.rdb", &bench.rdb);
    assert_false(stage_bench_has(&bench, BASE));
}

static void g07_marker_without_data_is_refused(void **state)
{
    (void)state;
    assert_ok(stage_bench_run(&bench), bench.err);
    static const char *const files[] = { BASE, INCR, MANIFEST, "dump.rdb" };
    for (size_t i = 0; i < RR_COUNT(files); i++)
        assert_int_equal(unlinkat(bench.folder, files[i], 0), 0);

    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "DataGone", "--even-if-restored");
    bench.options.existing = RR_STAGE_KEEP_DATA;
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "DataGone", "--even-if-restored");
    bench.options.run = "run2";
    bench.options.even_if_restored = true;
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_int_equal(bench.outcome.result, RR_STAGE_RESTORED);
}

static void g08_too_little_space_is_refused_before_a_byte_is_written(void **state)
{
    (void)state;
    bench.free_bytes = bench.rdb.len + bench.aof.len + (16 << 20);
    bench.options.is_dry_run = true;
    assert_ok(stage_bench_run(&bench), bench.err);
    bench.options.is_dry_run = false;
    bench.free_bytes--;

    stage_bench_refused(&bench, RR_E_TOO_BIG, "NoSpace", " free, but the backup needs ");
    assert_false(stage_bench_has(&bench, ".redisrestore"));
}

static void g09_files_have_the_modes_of_a_server(void **state)
{
    (void)state;
    struct stat found;
    mode_t mask = umask(0077);

    assert_ok(stage_bench_run(&bench), bench.err);

    (void)umask(mask);
    static const char *const files[] = { BASE, INCR, MANIFEST, "dump.rdb", MARKER };
    for (size_t i = 0; i < RR_COUNT(files); i++) {
        assert_int_equal(fstatat(bench.folder, files[i], &found, 0), 0);
        assert_int_equal(found.st_mode & 07777, 0660);
    }
    assert_int_equal(fstatat(bench.folder, "appendonlydir", &found, 0), 0);
    assert_int_equal(found.st_mode & 07777, 0770);
}

static void g10_file_that_changes_during_the_restore_stops_it(void **state)
{
    (void)state;
    static const char *const files[] = { "appendonlydir/appendonly.aof.4.incr.aof", "dump.rdb", MANIFEST };
    stage_bench_old(&bench);
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    for (size_t i = 0; i < RR_COUNT(files); i++) {
        bench.link_with = files[i];

        assert_false(stage_bench_run(&bench));

        assert_int_equal(bench.err.code, RR_E_ALREADY_EXISTS);
        assert_string_equal(bench.outcome.reason, "InUse");
        assert_has(bench.err.message, files[i]);
        assert_false(bench.outcome.is_committed);
        assert_false(stage_bench_has(&bench, ".redisrestore"));
        assert_false(stage_bench_has(&bench, BASE));
        assert_slice(stage_bench_read(&bench, files[i]), "a server writes");
    }
}

/* An AOF that is written in place keeps its inode, and perhaps its size. */
static void g10_file_of_the_same_size_that_changes_stops_it(void **state)
{
    (void)state;
    const struct timespec long_ago[] = { { .tv_sec = 1700000000 }, { .tv_sec = 1700000000 } };
    stage_bench_write(&bench, "dump.rdb", "fifteen letters");
    assert_int_equal(utimensat(bench.folder, "dump.rdb", long_ago, 0), 0);
    bench.options.existing = RR_STAGE_REPLACE;
    bench.link_with = "dump.rdb"; /* the server's text has fifteen letters too */

    assert_false(stage_bench_run(&bench));

    assert_string_equal(bench.outcome.reason, "InUse");
    assert_slice(stage_bench_read(&bench, "dump.rdb"), "a server writes");
}

static void g10_server_that_makes_a_manifest_meanwhile_stops_it(void **state)
{
    (void)state;
    stage_bench_folder(&bench, "appendonlydir");
    bench.link_with = MANIFEST;

    assert_false(stage_bench_run(&bench));

    assert_string_equal(bench.outcome.reason, "InUse");
    assert_slice(stage_bench_read(&bench, MANIFEST), "a server writes");
    assert_int_equal(test_count(stage_bench_state(&bench), "\n"), 1);
}

static void g10_second_run_at_the_same_time_is_refused(void **state)
{
    (void)state;
    stage_bench_folder(&bench, ".redisrestore");
    stage_bench_write(&bench, ".redisrestore/lock", "");
    int lock = rr_file_ops_system.open_write(NULL, bench.folder, ".redisrestore/lock");
    assert_int_equal(rr_file_ops_system.lock(NULL, lock), 0);

    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "InUse", "another run");

    (void)close(lock);
    assert_ok(stage_bench_run(&bench), bench.err);
}

static int locks;

/* Before the first lock the run that held it ends, and removes the file. */
static int lock_file_that_is_removed(void *context, int file)
{
    (void)context;
    if (locks++ == 0)
        assert_int_equal(unlinkat(bench.folder, ".redisrestore/lock", 0), 0);
    return rr_file_ops_system.lock(NULL, file);
}

static void g10_lock_on_a_removed_file_is_taken_again(void **state)
{
    (void)state;
    stage_bench_folder(&bench, ".redisrestore");
    stage_bench_write(&bench, ".redisrestore/lock", "");
    bench.ops.lock = lock_file_that_is_removed;
    locks = 0;

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(locks, 2);
}

static void g11_links_are_not_followed(void **state)
{
    (void)state;
    static const char *const names[] = { "appendonlydir", "dump.rdb", "appendonly.aof", ".redisrestore" };
    bench.options.existing = RR_STAGE_REPLACE;
    for (size_t i = 0; i < RR_COUNT(names); i++) {
        assert_int_equal(symlinkat("/tmp", bench.folder, names[i]), 0);
        stage_bench_refused(&bench, RR_E_DENIED, "LinkInPath", names[i]);
        assert_int_equal(unlinkat(bench.folder, names[i], 0), 0);
    }
    stage_bench_folder(&bench, "appendonlydir");
    assert_int_equal(symlinkat("/etc/passwd", bench.folder, "appendonlydir/link"), 0);
    stage_bench_refused(&bench, RR_E_DENIED, "LinkInPath", "appendonlydir/link");
}

static void g14_database_beyond_the_server_is_refused(void **state)
{
    (void)state;
    bench.options.databases = 9;
    stage_bench_refused(&bench, RR_E_INVALID, "TooFewDatabases", "database 9");
    bench.options.databases = 10;

    assert_ok(stage_bench_run(&bench), bench.err);
}

#define SELECT_2  "*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n"
#define SELECT_12 "*2\r\n$6\r\nSELECT\r\n$2\r\n12\r\n"
#define SET_K_V   "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"

static void g14_database_of_the_aof_counts_before_the_cut(void **state)
{
    (void)state;
    rr_buf_set_whole(&bench.aof, RR_LIT(SELECT_2 SET_K_V SELECT_12 SET_K_V));
    bench.options.databases = 12;
    stage_bench_refused(&bench, RR_E_INVALID, "TooFewDatabases", "database 12");
    bench.rules.target =
        (struct rr_recovery_target){ .to = RR_RECOVERY_TO_POSITION, .position = strlen(SELECT_2 SET_K_V) };

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_slice(stage_bench_read(&bench, INCR), SELECT_2 SET_K_V);
}

static void g04_signal_before_the_commit_leaves_nothing(void **state)
{
    (void)state;
    struct rr_stop stop;
    stage_bench_old(&bench);
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    rr_stop_init(&stop, NULL);
    rr_stop_set(&stop);
    bench.options.stop = &stop;

    stage_bench_refused(&bench, RR_E_CANCELLED, "Cancelled", "interrupted");

    rr_stop_done(&stop);
}

static void g04_dry_run_writes_nothing(void **state)
{
    (void)state;
    stage_bench_old(&bench);
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    bench.options.is_dry_run = true;
    const char *before = stage_bench_state(&bench);

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.result, RR_STAGE_DRY_RUN);
    assert_string_equal(stage_bench_state(&bench), before);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(g03_multi_part_directory_has_manifest_base_and_incremental_file, setup, teardown),
    cmocka_unit_test_setup_teardown(g03_sequence_is_above_the_manifest_and_all_names, setup, teardown),
    cmocka_unit_test_setup_teardown(g03_torn_command_is_cut, setup, teardown),
    cmocka_unit_test_setup_teardown(g02_rdb_alone_is_also_dump_rdb, setup, teardown),
    cmocka_unit_test_setup_teardown(g02_single_aof_is_the_rdb_followed_by_the_commands, setup, teardown),
    cmocka_unit_test_setup_teardown(g02_single_aof_of_an_rdb_alone_has_a_copy_as_dump_rdb, setup, teardown),
    cmocka_unit_test_setup_teardown(g02_rdb_layout_has_a_guard_as_append_only_file, setup, teardown),
    cmocka_unit_test_setup_teardown(g02_preamble_is_split_and_the_rdb_of_the_pair_is_not_used, setup, teardown),
    cmocka_unit_test_setup_teardown(g01_dump_that_is_named_as_the_folder_begins_is_no_file_in_it, setup, teardown),
    cmocka_unit_test_setup_teardown(g02_aof_without_an_rdb_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_old_data_set_is_moved_aside_whole, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_each_new_file_is_synced_before_it_gets_its_name, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_previous_data_is_kept_once, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_file_system_without_hard_links_gets_copies, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_existing_data_is_refused_kept_or_replaced, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_each_kind_of_file_counts_as_data, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_manifest_whose_file_is_gone_counts_as_data, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_guards_are_no_data, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_cluster_node_is_kept_or_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(g07_same_run_does_nothing_again, setup, teardown),
    cmocka_unit_test_setup_teardown(g07_marker_without_data_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(g08_too_little_space_is_refused_before_a_byte_is_written, setup, teardown),
    cmocka_unit_test_setup_teardown(g09_files_have_the_modes_of_a_server, setup, teardown),
    cmocka_unit_test_setup_teardown(g10_file_that_changes_during_the_restore_stops_it, setup, teardown),
    cmocka_unit_test_setup_teardown(g10_file_of_the_same_size_that_changes_stops_it, setup, teardown),
    cmocka_unit_test_setup_teardown(g10_server_that_makes_a_manifest_meanwhile_stops_it, setup, teardown),
    cmocka_unit_test_setup_teardown(g10_second_run_at_the_same_time_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(g10_lock_on_a_removed_file_is_taken_again, setup, teardown),
    cmocka_unit_test_setup_teardown(g11_links_are_not_followed, setup, teardown),
    cmocka_unit_test_setup_teardown(g14_database_beyond_the_server_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(g14_database_of_the_aof_counts_before_the_cut, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_signal_before_the_commit_leaves_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_dry_run_writes_nothing, setup, teardown),
};

RR_TEST_MAIN(tests)
