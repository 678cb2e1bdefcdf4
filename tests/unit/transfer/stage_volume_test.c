/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_bench.h"

#include <errno.h>
#include <fcntl.h>
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

static void g11_other_kinds_of_files_are_named(void **state)
{
    (void)state;
    static const struct {
        mode_t type;
        const char *words;
    } kinds[] = {
        { S_IFIFO, "it is a named pipe (FIFO)" },
        { S_IFSOCK, "it is a socket" },
        { S_IFDIR, "it is a directory" },
    };
    static const char *const names[] = { "dump.rdb", "appendonly.aof", "appendonlydir/part" };
    bench.options.existing = RR_STAGE_REPLACE;
    stage_bench_folder(&bench, "appendonlydir");
    for (size_t i = 0; i < RR_COUNT(kinds); i++)
        for (size_t k = 0; k < RR_COUNT(names); k++) {
            bool is_folder = kinds[i].type == S_IFDIR;
            assert_int_equal(is_folder ? mkdirat(bench.folder, names[k], 0700)
                                       : mknodat(bench.folder, names[k], kinds[i].type | 0600, 0),
                             0);
            stage_bench_refused(&bench, RR_E_DENIED, "WrongKind", kinds[i].words);
            assert_has(bench.err.message, names[k]);
            assert_int_equal(unlinkat(bench.folder, names[k], is_folder ? AT_REMOVEDIR : 0), 0);
        }
    assert_int_equal(unlinkat(bench.folder, "appendonlydir", AT_REMOVEDIR), 0);
    stage_bench_write(&bench, "appendonlydir", "no folder");
    stage_bench_refused(&bench, RR_E_DENIED, "WrongKind", "cannot use the folder appendonlydir");
    assert_has(bench.err.message, "it is a file");
}

/* --- a volume that is mounted read-only --- */

static int read_only_folder(void *context, int folder, const char *name, uint32_t mode)
{
    (void)context;
    (void)folder;
    (void)name;
    (void)mode;
    return -EROFS;
}

static int read_only_name(void *context, int folder, const char *name)
{
    return read_only_folder(context, folder, name, 0);
}

static int read_only_names(void *context, int from, const char *from_name, int to, const char *to_name)
{
    (void)from;
    (void)from_name;
    return read_only_folder(context, to, to_name, 0);
}

static void g09_volume_that_is_read_only_is_named(void **state)
{
    (void)state;
    static const enum rr_stage_existing existing[] = { RR_STAGE_FAIL, RR_STAGE_MOVE_ASIDE, RR_STAGE_REPLACE };
    bench.ops.open_write = read_only_name;
    bench.ops.remove = bench.ops.remove_folder = read_only_name;
    bench.ops.create = bench.ops.make_folder = read_only_folder;
    bench.ops.rename = bench.ops.link = read_only_names;
    for (size_t i = 0; i < RR_COUNT(existing); i++) {
        bench.options.existing = existing[i];
        stage_bench_refused(&bench, RR_E_DENIED, "NotWritable", "Read-only file system; mount the volume for writing");
        if (i == 0)
            stage_bench_old(&bench);
    }
    bench.options.existing = RR_STAGE_KEEP_DATA;

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.result, RR_STAGE_KEPT);
}

static int open_denied(void *context, int folder, const char *name)
{
    (void)context;
    (void)folder;
    (void)name;
    return -EACCES;
}

static void g09_file_that_cannot_be_opened_again_names_its_owner_and_mode(void **state)
{
    (void)state;
    struct stat found;
    char owner[128];
    bench.ops.open_write = open_denied;
    assert_int_equal(fstat(bench.folder, &found), 0);
    (void)snprintf(owner, sizeof owner, "cannot be opened for writing (uid %u, gid %u, mode 0660): Permission denied",
                   found.st_uid, found.st_gid);

    stage_bench_refused(&bench, RR_E_DENIED, "NotWritable", owner);
}

static int writes;

static int64_t count_write(void *context, int file, struct rr_slice bytes)
{
    (void)context;
    writes++;
    return rr_file_ops_system.write(NULL, file, bytes);
}

static void v11_server_that_cannot_load_it_is_refused_before_a_byte_is_written(void **state)
{
    (void)state;
    writes = 0;
    bench.ops.write = count_write;
    bench.options.has_server = true;
    bench.options.server = (struct rr_redis_server){ .major = 6, .minor = 2 };

    stage_bench_refused(&bench, RR_E_INVALID, "", "Redis 6.2 cannot load RDB version 10");

    assert_int_equal(bench.verdict.result, RR_VERIFY_UNSUPPORTED);
    assert_string_equal(bench.verdict.reason, "NotLoadable");
    assert_int_equal(writes, 0);
    bench.options.server.major = 7;
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_true(writes > 0);
}

static void assert_is(struct rr_slice file, const struct rr_buf *wanted)
{
    assert_int_equal(file.len, wanted->len);
    assert_memory_equal(file.ptr, wanted->ptr, wanted->len);
}

/* A server loads the RDB at the beginning of an AOF, and not the one of the pair. */
static void v11_rdb_that_the_aof_replaces_does_not_count(void **state)
{
    (void)state;
    static const char other[] = "REDIS0099\xff\0\0\0\0\0\0\0";
    rr_auto(buf) commands = RR_BUF(BENCH_FILE_MAX_BYTES), rdb = RR_BUF(BENCH_FILE_MAX_BYTES);
    rr_buf_add(&commands, rr_buf_slice(&bench.aof));
    rr_buf_add(&rdb, rr_buf_slice(&bench.rdb));
    rr_buf_clear(&bench.rdb);
    rr_buf_add(&bench.rdb, (struct rr_slice){ other, sizeof other });
    rr_buf_clear(&bench.aof);
    rr_buf_add(&bench.aof, rr_buf_slice(&rdb));
    rr_buf_add(&bench.aof, rr_buf_slice(&commands));
    bench.options.has_server = true;
    bench.options.server = (struct rr_redis_server){ .major = 7, .minor = 0 };

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_is(stage_bench_read(&bench, "appendonlydir/appendonly.aof.run1.base.rdb"), &rdb);
    assert_is(stage_bench_read(&bench, "appendonlydir/appendonly.aof.run1.incr.aof"), &commands);
}

static void v11_rdb_at_the_beginning_of_the_aof_counts(void **state)
{
    (void)state;
    static const char old[] = "REDIS0009\xff\0\0\0\0\0\0\0";
    rr_auto(buf) aof = RR_BUF(BENCH_FILE_MAX_BYTES);
    rr_buf_add(&aof, rr_buf_slice(&bench.rdb));
    rr_buf_add(&aof, rr_buf_slice(&bench.aof));
    rr_buf_clear(&bench.aof);
    rr_buf_add(&bench.aof, rr_buf_slice(&aof));
    rr_buf_clear(&bench.rdb);
    rr_buf_add(&bench.rdb, (struct rr_slice){ old, sizeof old });
    bench.options.has_server = true;
    bench.options.server = (struct rr_redis_server){ .major = 6, .minor = 2 };

    stage_bench_refused(&bench, RR_E_INVALID, "", "Redis 6.2 cannot load RDB version 10");

    assert_string_equal(bench.verdict.reason, "NotLoadable");
}

#define OLD_BASE "appendonlydir/appendonly.aof.4.base.rdb"
#define OLD_INCR "appendonlydir/appendonly.aof.4.incr.aof"
#define MARKER   ".redisrestore/restored.json"

/* Killed at any call: a directory with a marker has nothing left to do. */
static void g04_marker_is_written_behind_all_other_changes(void **state)
{
    (void)state;
    int calls = 1, with_marker = 0;
    for (int call = 1; call <= calls; call++) {
        stage_bench_start(&bench);
        stage_bench_old(&bench);
        bench.options.existing = RR_STAGE_MOVE_ASIDE;
        bench.dead_from = call > 1 ? call : BENCH_NEVER; /* first of all: how many calls are there */
        (void)stage_bench_run(&bench);
        calls = call > 1 ? calls : bench.calls;
        if (stage_bench_has(&bench, MARKER)) {
            with_marker++;
            if (stage_bench_has(&bench, OLD_BASE) || stage_bench_has(&bench, OLD_INCR) ||
                !rr_slice_starts_with(stage_bench_read(&bench, "dump.rdb"), RR_LIT("redisrestore guard: ")))
                fail_msg("killed at call %d: %s", call, stage_bench_state(&bench));
        }
        stage_bench_stop(&bench);
    }
    assert_in_range(with_marker, 2, calls / 2);
}

/* The server that loaded the old data set writes right behind the commit. */
static int rename_and_write(void *context, int from, const char *from_name, int to, const char *to_name)
{
    (void)context;
    int result = rr_file_ops_system.rename(NULL, from, from_name, to, to_name);
    if (strcmp(to_name, "appendonly.aof.manifest") == 0 && strcmp(from_name, "manifest") == 0)
        stage_bench_write(&bench, OLD_INCR, "old incr and a new write");
    return result;
}

static void g05_old_file_that_is_written_to_behind_the_commit_stays(void **state)
{
    (void)state;
    stage_bench_old(&bench);
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    bench.ops.rename = rename_and_write;

    assert_false(stage_bench_run(&bench));

    assert_int_equal(bench.err.code, RR_E_ALREADY_EXISTS);
    assert_string_equal(bench.outcome.reason, "InUse");
    assert_has(bench.err.message, "the new data set is in place, but " OLD_INCR);
    assert_has(bench.err.message, "was left where it is");
    assert_slice(stage_bench_read(&bench, OLD_INCR), "old incr and a new write");
    assert_false(stage_bench_has(&bench, OLD_BASE));
    bench.ops.rename = rr_file_ops_system.rename;
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_int_equal(bench.outcome.result, RR_STAGE_ALREADY_RESTORED);
    assert_slice(stage_bench_read(&bench, OLD_INCR), "old incr and a new write");
}

#define COMMANDS "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"

static void g07_marker_counts_the_commands_that_were_restored(void **state)
{
    (void)state;
    static const struct {
        bool drops_aof;
        uint64_t position;
        const char *counted;
    } cases[] = {
        { false, UINT32_MAX, "\"commandsInAOF\": 2\n" },
        { false, 30, "\"commandsInAOF\": 1\n" },
        { true, 0, "\"commandsInAOF\": 0\n" },
    };
    bench.options.existing = RR_STAGE_REPLACE;
    bench.options.even_if_restored = true;
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_buf_set_whole(&bench.aof, RR_LIT(COMMANDS));
        bench.rules.drops_aof = bench.options.drops_aof = cases[i].drops_aof;
        bench.rules.target =
            (struct rr_recovery_target){ .to = cases[i].drops_aof ? RR_RECOVERY_TO_END : RR_RECOVERY_TO_POSITION,
                                         .position = cases[i].position };

        assert_ok(stage_bench_run(&bench), bench.err);

        assert_has(stage_bench_read(&bench, MARKER).ptr, cases[i].counted);
    }
}

static bool is_other_device;

/* The folder of the AOF is a volume of its own. */
static int stat_as_volume(void *context, int folder, const char *name, struct rr_file_stat *out_stat)
{
    (void)context;
    int result = rr_file_ops_system.stat(NULL, folder, name, out_stat);
    if (name != NULL && strcmp(name, "appendonlydir") == 0) {
        out_stat->is_mount_point = !is_other_device;
        out_stat->device += is_other_device;
    }
    return result;
}

static void g11_append_folder_that_is_a_volume_is_refused_before_the_backup_is_read(void **state)
{
    (void)state;
    stage_bench_folder(&bench, "appendonlydir");
    bench.ops.stat = stat_as_volume;
    bench.has_rdb = bench.has_aof = false; /* nothing can be read */
    for (int i = 0; i < 2; i++) {
        is_other_device = i == 1;

        stage_bench_refused(&bench, RR_E_DENIED, "OtherFileSystem", "cannot use the folder appendonlydir in /data");
    }
}

/* --- what tells a file that changed from one that did not --- */

static void set_written(const char *path, time_t unix_s)
{
    const struct timespec times[2] = { { .tv_sec = unix_s }, { .tv_sec = unix_s } };
    assert_int_equal(utimensat(bench.folder, path, times, 0), 0);
}

static void g06_age_is_that_of_the_newest_file(void **state)
{
    (void)state;
    static const char *const files[] = { "dump.rdb", "appendonly.aof" };
    for (size_t i = 0; i < RR_COUNT(files); i++)
        stage_bench_write(&bench, files[i], "old data");
    for (size_t newest = 0; newest < RR_COUNT(files); newest++) {
        set_written(files[newest], 1609459200);
        set_written(files[1 - newest], 1577836800);

        stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "DataExists", "last written 2021-01-01T00:00:00Z");
    }
}

static bool is_replaced, is_changed;

/* A server writes during the restore, and the time of the file stays, as on a clock that goes in steps. */
static int rename_behind_a_change(void *context, int from, const char *from_name, int to, const char *to_name)
{
    (void)context;
    if (!is_changed) {
        is_changed = true;
        stage_bench_write(&bench, is_replaced ? "temp" : "dump.rdb", is_replaced ? "new dump" : "old dump and more");
        set_written(is_replaced ? "temp" : "dump.rdb", 1577836800);
        assert_int_equal(is_replaced ? renameat(bench.folder, "temp", bench.folder, "dump.rdb") : 0, 0);
    }
    return rr_file_ops_system.rename(NULL, from, from_name, to, to_name);
}

static void g10_change_that_the_time_does_not_show_stops_it(void **state)
{
    (void)state;
    stage_bench_old(&bench);
    bench.options.existing = RR_STAGE_REPLACE;
    bench.ops.rename = rename_behind_a_change;
    for (int i = 0; i < 2; i++) {
        is_replaced = i == 1;
        is_changed = false;
        stage_bench_write(&bench, "dump.rdb", "old dump");
        set_written("dump.rdb", 1577836800);

        assert_false(stage_bench_run(&bench));

        assert_int_equal(bench.err.code, RR_E_ALREADY_EXISTS);
        assert_string_equal(bench.outcome.reason, "InUse");
        assert_false(bench.outcome.is_committed);
        assert_slice(stage_bench_read(&bench, "dump.rdb"), is_replaced ? "new dump" : "old dump and more");
        assert_slice(stage_bench_read(&bench, OLD_BASE), "old base");
    }
}

/* A server writes between the last rename of a new file and the commit. */
static int rename_before_a_change(void *context, int from, const char *from_name, int to, const char *to_name)
{
    (void)context;
    int result = rr_file_ops_system.rename(NULL, from, from_name, to, to_name);
    if (rr_slice_equals(rr_slice_from(to_name), RR_LIT("appendonly.aof.run1.incr.aof")))
        stage_bench_write(&bench, "dump.rdb", "a server writes");
    return result;
}

static void g10_change_behind_the_last_new_file_stops_it_before_the_commit(void **state)
{
    (void)state;
    stage_bench_old(&bench);
    bench.options.existing = RR_STAGE_REPLACE;
    bench.ops.rename = rename_before_a_change;

    assert_false(stage_bench_run(&bench));

    assert_int_equal(bench.err.code, RR_E_ALREADY_EXISTS);
    assert_string_equal(bench.outcome.reason, "InUse");
    assert_false(bench.outcome.is_committed);
    assert_slice(stage_bench_read(&bench, "dump.rdb"), "a server writes");
    assert_slice(stage_bench_read(&bench, OLD_BASE), "old base");
    assert_false(stage_bench_has(&bench, ".redisrestore"));
}

static void g14_database_of_an_aof_that_is_left_out_does_not_count(void **state)
{
    (void)state;
    rr_buf_set_whole(&bench.aof, RR_LIT("*2\r\n$6\r\nSELECT\r\n$2\r\n12\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"));
    bench.options.databases = 10; /* as many as the RDB needs */
    bench.options.drops_aof = bench.rules.drops_aof = true;

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_slice(stage_bench_read(&bench, "appendonlydir/appendonly.aof.run1.incr.aof"), "");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(g06_age_is_that_of_the_newest_file, setup, teardown),
    cmocka_unit_test_setup_teardown(g10_change_that_the_time_does_not_show_stops_it, setup, teardown),
    cmocka_unit_test_setup_teardown(g10_change_behind_the_last_new_file_stops_it_before_the_commit, setup, teardown),
    cmocka_unit_test_setup_teardown(g11_append_folder_that_is_a_volume_is_refused_before_the_backup_is_read, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(g07_marker_counts_the_commands_that_were_restored, setup, teardown),
    cmocka_unit_test(g04_marker_is_written_behind_all_other_changes),
    cmocka_unit_test_setup_teardown(g05_old_file_that_is_written_to_behind_the_commit_stays, setup, teardown),
    cmocka_unit_test_setup_teardown(g11_other_kinds_of_files_are_named, setup, teardown),
    cmocka_unit_test_setup_teardown(g09_volume_that_is_read_only_is_named, setup, teardown),
    cmocka_unit_test_setup_teardown(g09_file_that_cannot_be_opened_again_names_its_owner_and_mode, setup, teardown),
    cmocka_unit_test_setup_teardown(v11_server_that_cannot_load_it_is_refused_before_a_byte_is_written, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(v11_rdb_that_the_aof_replaces_does_not_count, setup, teardown),
    cmocka_unit_test_setup_teardown(v11_rdb_at_the_beginning_of_the_aof_counts, setup, teardown),
    cmocka_unit_test_setup_teardown(g14_database_of_an_aof_that_is_left_out_does_not_count, setup, teardown),
};

RR_TEST_MAIN(tests)
