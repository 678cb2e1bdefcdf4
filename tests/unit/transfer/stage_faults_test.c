/* SPDX-License-Identifier: Apache-2.0 */
/* Every file operation of every layout fails once, and is once the last one before the process is killed. */
#include "stage_bench.h"
#include "stage_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct stage_bench bench;

#define MANIFEST "appendonlydir/appendonly.aof.manifest"

/* A layout, in a directory with an old data set or an empty one. */
struct kind {
    enum rr_stage_layout layout;
    enum rr_stage_append_only append_only;
    bool has_aof, has_old, has_no_links;
    enum rr_stage_existing existing;
};

static const struct kind kinds[] = {
    { RR_STAGE_MULTI_PART_AOF, RR_STAGE_APPEND_ONLY_YES, true, true, false, RR_STAGE_MOVE_ASIDE },
    { RR_STAGE_MULTI_PART_AOF, RR_STAGE_APPEND_ONLY_YES, true, true, true, RR_STAGE_MOVE_ASIDE },
    { RR_STAGE_MULTI_PART_AOF, RR_STAGE_APPEND_ONLY_UNKNOWN, false, true, false, RR_STAGE_REPLACE },
    { RR_STAGE_MULTI_PART_AOF, RR_STAGE_APPEND_ONLY_YES, true, false, false, RR_STAGE_FAIL },
    { RR_STAGE_SINGLE_AOF, RR_STAGE_APPEND_ONLY_YES, true, true, false, RR_STAGE_MOVE_ASIDE },
    { RR_STAGE_SINGLE_AOF, RR_STAGE_APPEND_ONLY_UNKNOWN, false, false, false, RR_STAGE_FAIL },
    { RR_STAGE_RDB, RR_STAGE_APPEND_ONLY_NO, false, true, false, RR_STAGE_MOVE_ASIDE },
    { RR_STAGE_RDB, RR_STAGE_APPEND_ONLY_NO, false, true, true, RR_STAGE_REPLACE },
};

static void begin(const struct kind *kind)
{
    stage_bench_start(&bench);
    bench.options.layout = kind->layout;
    bench.options.append_only = kind->append_only;
    bench.has_aof = kind->has_aof;
    bench.options.existing = kind->existing;
    bench.has_no_links = kind->has_no_links;
    if (!kind->has_old)
        return;
    if (kind->layout == RR_STAGE_SINGLE_AOF) { /* of a server that has no such folder */
        stage_bench_write(&bench, "appendonly.aof", "old single");
        stage_bench_write(&bench, "dump.rdb", "old dump");
        return;
    }
    stage_bench_old(&bench);
    stage_bench_write(&bench, "appendonly.aof", "old single");
}

enum loaded { LOADED_NOTHING, LOADED_OLD, LOADED_NEW, LOADED_MIX };

static bool is_text(const char *path, const char *text)
{
    return rr_slice_equals(stage_bench_read(&bench, path), rr_slice_from(text));
}

static bool is_pair(const char *path, bool with_aof)
{
    struct rr_slice all = stage_bench_read(&bench, path), rdb = rr_buf_slice(&bench.rdb);
    struct rr_slice rest = rr_slice_from_offset(all, rdb.len);
    return rr_slice_starts_with(all, rdb) &&
           (with_aof ? rr_slice_equals(rest, rr_buf_slice(&bench.aof)) : rest.len == 0);
}

/* Which data set a server with that layout's appendonly loads. */
static enum loaded loaded(const struct kind *kind)
{
    if (kind->layout == RR_STAGE_RDB)
        return is_text("dump.rdb", "old dump") ? LOADED_OLD : is_pair("dump.rdb", false) ? LOADED_NEW : LOADED_MIX;
    if (kind->layout == RR_STAGE_SINGLE_AOF) {
        if (!stage_bench_has(&bench, "appendonly.aof"))
            return LOADED_NOTHING;
        return is_text("appendonly.aof", "old single")    ? LOADED_OLD
               : is_pair("appendonly.aof", kind->has_aof) ? LOADED_NEW
                                                          : LOADED_MIX;
    }
    if (!stage_bench_has(&bench, MANIFEST))
        return LOADED_NOTHING;
    if (rr_slice_starts_with(stage_bench_read(&bench, MANIFEST), RR_LIT("file appendonly.aof.4.base.rdb seq 4 ")))
        return is_text("appendonlydir/appendonly.aof.4.base.rdb", "old base") &&
                       is_text("appendonlydir/appendonly.aof.4.incr.aof", "old incr")
                   ? LOADED_OLD
                   : LOADED_MIX;
    bool is_new = is_pair("appendonlydir/appendonly.aof.run1.base.rdb", false);
    struct rr_slice incremental = stage_bench_read(&bench, "appendonlydir/appendonly.aof.run1.incr.aof");
    return is_new && (kind->has_aof ? rr_slice_equals(incremental, rr_buf_slice(&bench.aof)) : incremental.len == 0)
               ? LOADED_NEW
               : LOADED_MIX;
}

static enum loaded loaded_before(const struct kind *kind)
{
    return kind->has_old ? LOADED_OLD : LOADED_NOTHING;
}

static bool has_leftovers(void)
{
    const char *state = stage_bench_state(&bench);
    return strstr(state, ".redisrestore/run") != NULL || strstr(state, "unfinished") != NULL ||
           strstr(state, ".redisrestore/plan") != NULL || strstr(state, "/lock") != NULL;
}

static int count_calls(const struct kind *kind)
{
    begin(kind);
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_int_equal(loaded(kind), LOADED_NEW);
    int calls = bench.calls;
    stage_bench_stop(&bench);
    assert_true(calls > 50);
    return calls;
}

static void kill_at(const struct kind *kind, int call)
{
    begin(kind);
    bench.dead_from = call;
    (void)stage_bench_run(&bench);

    enum loaded now = loaded(kind);
    if (now != LOADED_NEW && now != loaded_before(kind))
        fail_msg("killed at call %d: a server loads a part (%d)", call, (int)now);
    bench.dead_from = BENCH_NEVER;
    assert_ok(stage_bench_run(&bench), bench.err);
    enum rr_stage_result expected = now == LOADED_NEW ? RR_STAGE_ALREADY_RESTORED : RR_STAGE_RESTORED;
    if (bench.outcome.result != expected)
        fail_msg("killed at call %d: the next run ends with %s", call, rr_stage_result_name(bench.outcome.result));
    assert_int_equal(loaded(kind), LOADED_NEW);
    if (has_leftovers())
        fail_msg("killed at call %d: %s", call, stage_bench_state(&bench));
    if (kind->has_old && kind->existing == RR_STAGE_MOVE_ASIDE)
        assert_has(stage_bench_state(&bench), "/dump.rdb 8 "); /* "old dump" is kept */
    stage_bench_stop(&bench);
}

/* One test for each kind, so that they run in parallel. */
static void kill_at_each(const struct kind *kind)
{
    int calls = count_calls(kind);
    for (int call = 1; call <= calls + 1; call++)
        kill_at(kind, call);
}

/* Power is lost before that call: the next run finds what was synced, and no more. */
static void lose_power_at(const struct kind *kind, int call, size_t *out_lost)
{
    static struct power power;
    char side[] = "/dev/shm/rr-power-XXXXXX", slow_side[] = "/tmp/rr-power-XXXXXX";
    begin(kind);
    const char *made = strncmp(bench.path, side, strlen("/dev/shm")) == 0 ? mkdtemp(side) : mkdtemp(slow_side);
    assert_non_null(made);
    power_start(&power, bench.folder, open(made, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    bench.power = &power;
    bench.dead_from = call;
    (void)stage_bench_run(&bench);
    bench.power = NULL;
    *out_lost += power.pending_count;
    power_lost(&power);

    enum loaded now = loaded(kind);
    if (now != LOADED_NEW && now != loaded_before(kind))
        fail_msg("power lost at call %d: a server loads a part (%d): %s", call, (int)now, stage_bench_state(&bench));
    bench.dead_from = BENCH_NEVER;
    assert_ok(stage_bench_run(&bench), bench.err);
    enum rr_stage_result expected = now == LOADED_NEW ? RR_STAGE_ALREADY_RESTORED : RR_STAGE_RESTORED;
    if (bench.outcome.result != expected)
        fail_msg("power lost at call %d: the next run ends with %s", call, rr_stage_result_name(bench.outcome.result));
    assert_int_equal(loaded(kind), LOADED_NEW);
    if (has_leftovers())
        fail_msg("power lost at call %d: %s", call, stage_bench_state(&bench));
    power_done(&power);
    (void)rmdir(made);
    stage_bench_stop(&bench);
}

static void lose_power_at_each(const struct kind *kind)
{
    int calls = count_calls(kind);
    size_t lost = 0;
    for (int call = 1; call <= calls + 1; call++)
        lose_power_at(kind, call, &lost);
    assert_true(lost > 0);
}

static void fail_at(const struct kind *kind, int call, int failure)
{
    char before[16384];
    begin(kind);
    (void)snprintf(before, sizeof before, "%s", stage_bench_state(&bench));
    bench.fail_at = call;
    bench.fail_with = failure;
    bool is_good = stage_bench_run(&bench);

    if (is_good || bench.outcome.is_committed)
        assert_int_equal(loaded(kind), LOADED_NEW);
    else
        assert_int_equal(loaded(kind), loaded_before(kind));
    if (!is_good) {
        assert_true(bench.err.message[0] != '\0');
        assert_true(bench.outcome.reason[0] != '\0');
        bool says_new = strstr(bench.err.message, "the new data set is in place, but not everything was tidied up: run "
                                                  "again to finish") != NULL;
        assert_int_equal(says_new, bench.outcome.is_committed);
        if (!bench.outcome.is_committed && strcmp(stage_bench_state(&bench), before) != 0)
            fail_msg("call %d failed: %s\nis not\n%s", call, stage_bench_state(&bench), before);
    }
    bench.fail_at = BENCH_NEVER;
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_int_equal(loaded(kind), LOADED_NEW);
    assert_false(has_leftovers());
    stage_bench_stop(&bench);
}

static void fail_at_each(const struct kind *kind)
{
    static const int failures[] = { -EIO, -ENOSPC, -EACCES, -EDQUOT, -EROFS, -EXDEV };
    int calls = count_calls(kind);
    for (int call = 1; call <= calls; call++)
        fail_at(kind, call, failures[call % (int)RR_COUNT(failures)]);
}

static void g09_failure_names_file_cause_and_remedy(void **state)
{
    (void)state;
    static const struct {
        int failed;
        const char *reason, *message;
    } cases[] = {
        { -ENOSPC, "NoSpace", "No space left on device; make room, or use a larger volume" },
        { -EDQUOT, "NoSpace", "Disk quota exceeded; make room, or raise the quota" },
        { -ELOOP, "LinkInPath", "Too many levels of symbolic links; links in a data directory are not followed" },
        { -EXDEV, "OtherFileSystem",
          "Invalid cross-device link; a data directory must be one file system, where files can be renamed between "
          "folders" },
        { -EROFS, "NotWritable", "Read-only file system; mount the volume for writing" },
        { -EACCES, "NotWritable",
          "Permission denied; run as the user that the server runs as, or as root with --owner" },
        { -EIO, "NotWritable", "Input/output error" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_stage_dir dir = { .path = "/data" };
        struct rr_error err = { 0 };
        char message[256];
        (void)snprintf(message, sizeof message, "cannot create dump.rdb in /data: %s", cases[i].message);

        assert_false(rr_stage_dir_fail(&dir, cases[i].failed, "create", "dump.rdb", &err));

        assert_string_equal(dir.reason, cases[i].reason);
        assert_string_equal(err.message, message);
        bool is_full = strcmp(cases[i].reason, "NoSpace") == 0;
        assert_int_equal(err.code, is_full ? RR_E_TOO_BIG : RR_E_DENIED);
    }
}

#define KIND(number, name)                                                                                             \
    static void g04_kill_at_each_call_##name(void **state)                                                             \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        kill_at_each(&kinds[number]);                                                                                  \
    }                                                                                                                  \
    static void g04_power_lost_at_each_call_##name(void **state)                                                       \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        lose_power_at_each(&kinds[number]);                                                                            \
    }                                                                                                                  \
    static void g05_failure_of_each_call_##name(void **state)                                                          \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        fail_at_each(&kinds[number]);                                                                                  \
    }

KIND(0, multi_part_moves_aside)
KIND(1, multi_part_without_links)
KIND(2, multi_part_of_an_rdb_replaces)
KIND(3, multi_part_in_an_empty_directory)
KIND(4, single_moves_aside)
KIND(5, single_in_an_empty_directory)
KIND(6, rdb_moves_aside)
KIND(7, rdb_replaces_without_links)

static struct rr_stop *stopped_at_check;

/* Each new file is opened for writing as a check (behaviour G-09), when all of its bytes are there. */
static int stop_at_check(void *context, int folder, const char *name)
{
    (void)context;
    rr_stop_set(stopped_at_check);
    return rr_file_ops_system.open_write(NULL, folder, name);
}

static void g04_signal_behind_the_last_byte_leaves_nothing(void **state)
{
    (void)state;
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);
    begin(&kinds[0]);
    stopped_at_check = &stop;
    bench.ops.open_write = stop_at_check;
    bench.options.stop = &stop;
    const char *before = stage_bench_state(&bench);

    assert_false(stage_bench_run(&bench));

    assert_int_equal(bench.err.code, RR_E_CANCELLED);
    assert_true(rr_stop_is_set(&stop));
    assert_string_equal(bench.outcome.reason, "Cancelled");
    assert_string_equal(stage_bench_state(&bench), before);
    stage_bench_stop(&bench);
    rr_stop_done(&stop);
}

/* A server may write twice within a second. */
static void g10_time_of_a_file_has_nanoseconds(void **state)
{
    (void)state;
    const struct timespec time = { .tv_sec = 1700000000, .tv_nsec = 123456789 };
    struct rr_file_stat found;
    stage_bench_start(&bench);
    stage_bench_write(&bench, "dump.rdb", "old dump");
    assert_int_equal(utimensat(bench.folder, "dump.rdb", (const struct timespec[]){ time, time }, 0), 0);

    assert_int_equal(rr_file_ops_system.stat(NULL, bench.folder, "dump.rdb", &found), 0);

    assert_int_equal(found.modified_ns, 1700000000123456789);
    stage_bench_stop(&bench);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(g10_time_of_a_file_has_nanoseconds),
    cmocka_unit_test(g09_failure_names_file_cause_and_remedy),
    cmocka_unit_test(g04_signal_behind_the_last_byte_leaves_nothing),
    cmocka_unit_test(g04_kill_at_each_call_multi_part_moves_aside),
    cmocka_unit_test(g04_kill_at_each_call_multi_part_without_links),
    cmocka_unit_test(g04_kill_at_each_call_multi_part_of_an_rdb_replaces),
    cmocka_unit_test(g04_kill_at_each_call_multi_part_in_an_empty_directory),
    cmocka_unit_test(g04_kill_at_each_call_single_moves_aside),
    cmocka_unit_test(g04_kill_at_each_call_single_in_an_empty_directory),
    cmocka_unit_test(g04_kill_at_each_call_rdb_moves_aside),
    cmocka_unit_test(g04_kill_at_each_call_rdb_replaces_without_links),
    cmocka_unit_test(g04_power_lost_at_each_call_multi_part_moves_aside),
    cmocka_unit_test(g04_power_lost_at_each_call_multi_part_without_links),
    cmocka_unit_test(g04_power_lost_at_each_call_multi_part_of_an_rdb_replaces),
    cmocka_unit_test(g04_power_lost_at_each_call_multi_part_in_an_empty_directory),
    cmocka_unit_test(g04_power_lost_at_each_call_single_moves_aside),
    cmocka_unit_test(g04_power_lost_at_each_call_single_in_an_empty_directory),
    cmocka_unit_test(g04_power_lost_at_each_call_rdb_moves_aside),
    cmocka_unit_test(g04_power_lost_at_each_call_rdb_replaces_without_links),
    cmocka_unit_test(g05_failure_of_each_call_multi_part_moves_aside),
    cmocka_unit_test(g05_failure_of_each_call_multi_part_without_links),
    cmocka_unit_test(g05_failure_of_each_call_multi_part_of_an_rdb_replaces),
    cmocka_unit_test(g05_failure_of_each_call_multi_part_in_an_empty_directory),
    cmocka_unit_test(g05_failure_of_each_call_single_moves_aside),
    cmocka_unit_test(g05_failure_of_each_call_single_in_an_empty_directory),
    cmocka_unit_test(g05_failure_of_each_call_rdb_moves_aside),
    cmocka_unit_test(g05_failure_of_each_call_rdb_replaces_without_links),
};

RR_TEST_MAIN(tests)
