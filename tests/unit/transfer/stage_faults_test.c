/* SPDX-License-Identifier: Apache-2.0 */
/* Every file operation of every layout fails once, and is once the last one before the process is killed. */
#include "stage_bench.h"

#include <errno.h>

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
    static const int failures[] = { -EIO, -ENOSPC, -EACCES };
    int calls = count_calls(kind);
    for (int call = 1; call <= calls; call++)
        fail_at(kind, call, failures[call % (int)RR_COUNT(failures)]);
}

#define KIND(number, name)                                                                                             \
    static void g04_kill_at_each_call_##name(void **state)                                                             \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        kill_at_each(&kinds[number]);                                                                                  \
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(g04_kill_at_each_call_multi_part_moves_aside),
    cmocka_unit_test(g04_kill_at_each_call_multi_part_without_links),
    cmocka_unit_test(g04_kill_at_each_call_multi_part_of_an_rdb_replaces),
    cmocka_unit_test(g04_kill_at_each_call_multi_part_in_an_empty_directory),
    cmocka_unit_test(g04_kill_at_each_call_single_moves_aside),
    cmocka_unit_test(g04_kill_at_each_call_single_in_an_empty_directory),
    cmocka_unit_test(g04_kill_at_each_call_rdb_moves_aside),
    cmocka_unit_test(g04_kill_at_each_call_rdb_replaces_without_links),
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
