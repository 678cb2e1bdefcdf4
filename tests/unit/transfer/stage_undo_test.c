/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct stage_bench bench;

#define DIR      "appendonlydir"
#define MANIFEST DIR "/appendonly.aof.manifest"
#define STRAY    DIR "/appendonly.aof.9.incr.aof"
#define GUARD    "redisrestore guard: "

/* --- what a server loads --- */

enum server { REDIS_7_YES, REDIS_6_YES, ANY_NO, SERVER_COUNT };
enum { NOTHING, REFUSES, BROKEN, TEXT_BYTES = 64 * 1024 };

static uint64_t sum_of(uint64_t sum, const char *path)
{
    struct rr_slice text = stage_bench_read(&bench, path);
    if (rr_slice_starts_with(text, RR_LIT(GUARD)))
        return REFUSES;
    for (size_t i = 0; i < text.len; i++)
        sum = (sum ^ (uint8_t)text.ptr[i]) * 1099511628211U;
    return sum;
}

static uint64_t load_file(const char *path)
{
    return stage_bench_has(&bench, path) ? sum_of(14695981039346656037U, path) : NOTHING;
}

static uint64_t load_manifest(void)
{
    char text[TEXT_BYTES], path[512], name[256], type;
    unsigned long long sequence;
    struct rr_slice manifest = stage_bench_read(&bench, MANIFEST);
    (void)snprintf(text, sizeof text, "%.*s", RR_ARG(manifest));
    uint64_t sum = 14695981039346656037U;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        assert_int_equal(sscanf(line, "file %255s seq %llu type %c", name, &sequence, &type), 3);
        (void)snprintf(path, sizeof path, DIR "/%s", name);
        if (type == 'h')
            continue;
        if (!stage_bench_has(&bench, path))
            return BROKEN;
        sum = sum_of(sum, path);
        if (sum == REFUSES)
            return REFUSES;
    }
    return sum;
}

/* A number for the data set; equal numbers are equal data. */
static uint64_t load(enum server server)
{
    if (server == ANY_NO)
        return load_file("dump.rdb");
    return server == REDIS_7_YES && stage_bench_has(&bench, MANIFEST) ? load_manifest() : load_file("appendonly.aof");
}

struct view {
    uint64_t of[SERVER_COUNT];
};

static struct view look(void)
{
    struct view view;
    for (int server = 0; server < SERVER_COUNT; server++)
        view.of[server] = load((enum server)server);
    return view;
}

/* --- directories with a previous data set --- */

struct kind {
    bool had_parts, had_single, had_dump; /* the previous set */
    enum rr_stage_layout layout;          /* the current one */
    enum rr_stage_append_only append_only;
    bool has_no_links;
    bool has_strays; /* both sets have a file of one name that no manifest lists */
};

static const struct kind kinds[] = {
    { true, false, true, RR_STAGE_MULTI_PART_AOF, RR_STAGE_APPEND_ONLY_YES, false, false },
    { true, false, false, RR_STAGE_MULTI_PART_AOF, RR_STAGE_APPEND_ONLY_YES, true, false },
    { false, true, true, RR_STAGE_SINGLE_AOF, RR_STAGE_APPEND_ONLY_YES, false, false },
    { false, false, true, RR_STAGE_RDB, RR_STAGE_APPEND_ONLY_NO, false, false },
    { true, true, true, RR_STAGE_RDB, RR_STAGE_APPEND_ONLY_NO, false, false },
    { false, false, true, RR_STAGE_MULTI_PART_AOF, RR_STAGE_APPEND_ONLY_YES, true, false },
    { true, false, true, RR_STAGE_MULTI_PART_AOF, RR_STAGE_APPEND_ONLY_YES, false, true },
};

/* The views of the previous and of the current set. */
static struct view previous, current;
static char set_aside[RR_STAGE_PREVIOUS_MAX_BYTES]; /* the folder of the previous set */

static const char *previous_path(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, ".redisrestore/%s/%s",
                   bench.outcome.previous[0] != '\0' ? bench.outcome.previous : set_aside, name);
    return path;
}

static void begin(const struct kind *kind)
{
    stage_bench_start(&bench);
    if (kind->had_parts)
        stage_bench_old(&bench);
    if (kind->had_single)
        stage_bench_write(&bench, "appendonly.aof", "old single");
    if (kind->had_dump)
        stage_bench_write(&bench, "dump.rdb", "old dump");
    else if (stage_bench_has(&bench, "dump.rdb"))
        assert_int_equal(unlinkat(bench.folder, "dump.rdb", 0), 0);
    previous = look();
    bench.options.layout = kind->layout;
    bench.options.append_only = kind->append_only;
    bench.options.drops_aof = kind->append_only == RR_STAGE_APPEND_ONLY_NO;
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    assert_ok(stage_bench_run(&bench), bench.err);
    current = look();
    memcpy(set_aside, bench.outcome.previous, sizeof set_aside);
    if (kind->has_strays) {
        stage_bench_write(&bench, previous_path(STRAY), "stray");
        stage_bench_write(&bench, STRAY, "of the current set");
    }
    bench.options.undoes = true;
    bench.options.run = "undo1";
    bench.options.existing = RR_STAGE_FAIL;
    bench.has_no_links = kind->has_no_links;
}

/* The data of before; a server that found nothing then refuses to start now. */
static void assert_put_back(const struct view *wanted)
{
    struct view now = look();
    for (int server = 0; server < SERVER_COUNT; server++)
        if (now.of[server] != wanted->of[server] && !(wanted->of[server] == NOTHING && now.of[server] == REFUSES))
            fail_msg("server %d loads %llx, not %llx", server, (unsigned long long)now.of[server],
                     (unsigned long long)wanted->of[server]);
}

static bool has_leftovers(void)
{
    const char *state = stage_bench_state(&bench);
    return strstr(state, ".redisrestore/undo") != NULL || strstr(state, "unfinished") != NULL ||
           strstr(state, ".redisrestore/plan") != NULL || strstr(state, "/lock") != NULL;
}

static int count_previous(void)
{
    char names[TEXT_BYTES];
    int count = 0;
    const char *last = "";
    (void)snprintf(names, sizeof names, "%s", stage_bench_state(&bench));
    for (const char *line = strtok(names, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        enum { LEN = sizeof ".redisrestore/previous-20261130T120000Z" - 1 };
        if (strncmp(line, ".redisrestore/previous-", 23) != 0)
            continue;
        count += strncmp(line, last, LEN) != 0;
        last = line;
    }
    return count;
}

static void assert_undone(void)
{
    assert_put_back(&previous);
    assert_false(has_leftovers());
    assert_int_equal(count_previous(), 1);
}

/* The undo of the undo gives the other set back. */
static void undo_again(void)
{
    bench.options.run = "undo2";
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_int_equal(bench.outcome.result, RR_STAGE_UNDONE);
    assert_put_back(&current);
    assert_int_equal(count_previous(), 1);
}

static int count_calls(const struct kind *kind)
{
    begin(kind);
    assert_ok(stage_bench_run(&bench), bench.err);
    int calls = bench.calls;
    assert_int_equal(bench.outcome.result, RR_STAGE_UNDONE);
    assert_undone();
    undo_again();
    stage_bench_stop(&bench);
    assert_true(calls > 50);
    return calls;
}

/* Killed there, each server loads what it loaded before or what it loads in the end, or refuses. Any next run ends it.
 */
static void kill_at(const struct kind *kind, int call, const char *next_run)
{
    begin(kind);
    bench.dead_from = call;
    (void)stage_bench_run(&bench);
    bool is_end = bench.calls < call; /* the run was over before */

    struct view now = look();
    for (int server = 0; server < SERVER_COUNT; server++) {
        uint64_t loads = now.of[server];
        bool is_whole = loads == current.of[server] || loads == previous.of[server] || loads == REFUSES;
        bool may_refuse = loads != REFUSES || current.of[server] <= REFUSES || previous.of[server] <= REFUSES;
        if (!is_whole || !may_refuse)
            fail_msg("killed at call %d: server %d loads %llx", call, server, (unsigned long long)loads);
    }
    bench.dead_from = BENCH_NEVER;
    if (!is_end)
        bench.options.run = next_run;
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_undone();
    undo_again();
    stage_bench_stop(&bench);
}

static void kill_at_each(const struct kind *kind, const char *next_run)
{
    int calls = count_calls(kind);
    for (int call = 1; call <= calls + 1; call++)
        kill_at(kind, call, next_run);
}

static void fail_at(const struct kind *kind, int call, int failure)
{
    static char before[TEXT_BYTES];
    begin(kind);
    (void)snprintf(before, sizeof before, "%s", stage_bench_state(&bench));
    bench.fail_at = call;
    bench.fail_with = failure;
    bool is_good = stage_bench_run(&bench);

    if (!is_good) {
        assert_true(bench.err.message[0] != '\0');
        assert_true(bench.outcome.reason[0] != '\0');
        if (!bench.outcome.is_committed && strcmp(stage_bench_state(&bench), before) != 0)
            fail_msg("call %d failed: %s\nis not\n%s", call, stage_bench_state(&bench), before);
    }
    bench.fail_at = BENCH_NEVER;
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_undone();
    undo_again();
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
    static void g13_kill_at_each_call_##name(void **state)                                                             \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        kill_at_each(&kinds[number], "undo1");                                                                         \
    }                                                                                                                  \
    static void g13_failure_of_each_call_##name(void **state)                                                          \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        fail_at_each(&kinds[number]);                                                                                  \
    }

KIND(0, parts_over_parts)
KIND(1, parts_without_dump_and_links)
KIND(2, single_over_single)
KIND(3, rdb_over_rdb)
KIND(4, all_files_over_rdb)
KIND(5, rdb_over_parts)
KIND(6, strays_over_strays)

/* A user has no name for the run: the next one must not undo the undo that was killed. */
static void g13_next_undo_of_another_name_ends_the_killed_one(void **state)
{
    (void)state;
    int calls = count_calls(&kinds[0]);
    for (int call = 1; call <= calls - 6; call++) /* the last ones only close files and remove the lock */
        kill_at(&kinds[0], call, "other");
}

static void g13_directory_without_a_previous_set_is_refused(void **state)
{
    (void)state;
    stage_bench_start(&bench);
    bench.options.undoes = true;
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "NoPrevious", "/data has no previous data set");
    stage_bench_old(&bench);
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "NoPrevious", "/data has no previous data set");
    bench.options.undoes = false;
    bench.options.existing = RR_STAGE_REPLACE;
    assert_ok(stage_bench_run(&bench), bench.err);
    bench.options.undoes = true;
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "NoPrevious", "/data has no previous data set");
    stage_bench_stop(&bench);
}

static void g13_node_of_redis_cluster_is_refused(void **state)
{
    (void)state;
    begin(&kinds[0]);
    stage_bench_write(&bench, "nodes.conf", "vars");
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "ClusterNode", "nodes.conf");
    bench.options.existing = RR_STAGE_KEEP_DATA; /* not of an undo */
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "ClusterNode", "nodes.conf");
    stage_bench_stop(&bench);
}

static void g13_dry_run_checks_all_and_changes_nothing(void **state)
{
    (void)state;
    static char before[TEXT_BYTES];
    begin(&kinds[0]);
    (void)snprintf(before, sizeof before, "%s", stage_bench_state(&bench));
    bench.options.is_dry_run = true;

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.result, RR_STAGE_DRY_RUN);
    assert_int_equal(bench.outcome.answer.layout, RR_STAGE_MULTI_PART_AOF);
    assert_string_equal(stage_bench_state(&bench), before);
    stage_bench_stop(&bench);
}

static void g13_same_run_puts_back_once(void **state)
{
    (void)state;
    begin(&kinds[0]);
    bench.options.run = "run1"; /* that of the restore */
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_int_equal(bench.outcome.result, RR_STAGE_UNDONE);

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.result, RR_STAGE_ALREADY_RESTORED);
    assert_undone();
    bench.options.undoes = false; /* and the restore of that name is done again */
    bench.options.existing = RR_STAGE_REPLACE;
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_int_equal(bench.outcome.result, RR_STAGE_RESTORED);
    stage_bench_stop(&bench);
}

static void g13_directory_in_use_is_refused(void **state)
{
    (void)state;
    begin(&kinds[0]);
    int lock = openat(bench.folder, ".redisrestore/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(rr_file_ops_system.lock(NULL, lock), 0);
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "InUse", "another run is staging");
    (void)close(lock);
    assert_int_equal(unlinkat(bench.folder, ".redisrestore/lock", 0), 0);

    bench.link_with = "dump.rdb"; /* a server writes during the run */
    assert_false(stage_bench_run(&bench));
    assert_string_equal(bench.outcome.reason, "InUse");
    assert_false(bench.outcome.is_committed);
    struct view now = look();
    assert_int_equal(now.of[REDIS_7_YES], current.of[REDIS_7_YES]);
    stage_bench_stop(&bench);
}

static void g13_previous_set_that_is_not_whole_is_refused(void **state)
{
    (void)state;
    begin(&kinds[0]);
    assert_int_equal(unlinkat(bench.folder, previous_path(DIR "/appendonly.aof.4.incr.aof"), 0), 0);
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "PreviousIncomplete",
                        "appendonly.aof.4.incr.aof is missing, but the manifest lists it");
    stage_bench_write(&bench, previous_path(MANIFEST), "no manifest");
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "PreviousIncomplete", MANIFEST);
    stage_bench_stop(&bench);

    begin(&kinds[3]);
    assert_int_equal(unlinkat(bench.folder, previous_path("dump.rdb"), 0), 0);
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "PreviousIncomplete", "holds no data set that a server loads");
    stage_bench_write(&bench, previous_path("dump.rdb"), GUARD "no data");
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "PreviousIncomplete", "holds no data set that a server loads");
    stage_bench_stop(&bench);
}

/* The folder is removed at the end, so a file without a place would be lost. */
static void g13_file_of_another_name_in_the_previous_set_is_refused(void **state)
{
    (void)state;
    begin(&kinds[0]);
    bench.options.db_file = "other.rdb";
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "PreviousIncomplete", "dump.rdb has none of the server's names");
    stage_bench_stop(&bench);
}

static void g13_several_previous_sets_are_refused_unless_the_marker_names_one(void **state)
{
    (void)state;
    begin(&kinds[3]);
    stage_bench_folder(&bench, ".redisrestore/previous-20200101T000000Z");
    stage_bench_write(&bench, ".redisrestore/previous-20200101T000000Z/dump.rdb", "much older");
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_put_back(&previous);
    assert_slice(stage_bench_read(&bench, ".redisrestore/previous-20200101T000000Z/dump.rdb"), "much older");
    stage_bench_stop(&bench);

    begin(&kinds[3]);
    stage_bench_folder(&bench, ".redisrestore/previous-20200101T000000Z");
    assert_int_equal(unlinkat(bench.folder, ".redisrestore/restored.json", 0), 0);
    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "SeveralPrevious", "has 2 previous data sets");
    stage_bench_stop(&bench);
}

/* Strays of the previous set go back too, but not in the way of the server's next file. */
static void g13_sequence_is_above_all_names_and_other_files_go_back(void **state)
{
    (void)state;
    begin(&kinds[6]);
    stage_bench_write(&bench, previous_path("appendonly.aof"), "single");

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_slice(stage_bench_read(&bench, MANIFEST), "file appendonly.aof.undo1.base.rdb seq 10 type b\n"
                                                     "file appendonly.aof.undo1.1.incr.aof seq 10 type i\n");
    assert_slice(stage_bench_read(&bench, DIR "/appendonly.aof.9.incr.aof"), "stray");
    assert_slice(stage_bench_read(&bench, "appendonly.aof"), "single");
    assert_slice(stage_bench_read(&bench, previous_path(DIR "/appendonly.aof.9.incr.aof")), "of the current set");
    stage_bench_stop(&bench);
}

/* Here the stray of the previous set has the highest number. A server removes the files of its history first, and then
 * their lines. */
static void g13_rewrite_that_was_running_goes_back_as_it_was(void **state)
{
    (void)state;
    begin(&kinds[0]);
    stage_bench_write(&bench, previous_path(STRAY), "stray");
    stage_bench_write(&bench, previous_path(DIR "/appendonly.aof.3.base.rdb"), "history");
    stage_bench_write(&bench, previous_path(DIR "/appendonly.aof.5.incr.aof"), "second");
    stage_bench_write(&bench, previous_path(MANIFEST),
                      "file appendonly.aof.4.base.rdb seq 4 type b\n"
                      "file appendonly.aof.3.base.rdb seq 3 type h\n"
                      "file appendonly.aof.3.incr.aof seq 3 type h\n"
                      "file appendonly.aof.4.incr.aof seq 4 type i\n"
                      "file appendonly.aof.5.incr.aof seq 5 type i startoffset 12345\n");

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_slice(stage_bench_read(&bench, MANIFEST), "file appendonly.aof.undo1.base.rdb seq 10 type b\n"
                                                     "file appendonly.aof.undo1.1.incr.aof seq 10 type i\n"
                                                     "file appendonly.aof.undo1.2.incr.aof seq 11 type i "
                                                     "startoffset 12345\n");
    assert_slice(stage_bench_read(&bench, DIR "/appendonly.aof.undo1.2.incr.aof"), "second");
    stage_bench_stop(&bench);
}

static void g13_base_without_an_incremental_file_gets_an_empty_one(void **state)
{
    (void)state;
    begin(&kinds[0]);
    stage_bench_write(&bench, previous_path(MANIFEST), "file appendonly.aof.4.base.rdb seq 4 type b\n");

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_slice(stage_bench_read(&bench, MANIFEST), "file appendonly.aof.undo1.base.rdb seq 6 type b\n"
                                                     "file appendonly.aof.undo1.incr.aof seq 6 type i\n");
    assert_true(stage_bench_has(&bench, DIR "/appendonly.aof.undo1.incr.aof"));
    assert_slice(stage_bench_read(&bench, DIR "/appendonly.aof.undo1.incr.aof"), "");
    stage_bench_stop(&bench);
}

/* Redis 7 moves a guard into its folder and lists it before it refuses to start. */
static void g13_guard_that_a_server_moved_is_no_data(void **state)
{
    (void)state;
    begin(&kinds[3]);
    stage_bench_folder(&bench, previous_path(DIR));
    stage_bench_write(&bench, previous_path(DIR "/appendonly.aof"), GUARD "moved");
    stage_bench_write(&bench, previous_path(MANIFEST), "file appendonly.aof seq 1 type b\n");

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.answer.layout, RR_STAGE_RDB);
    assert_slice(stage_bench_read(&bench, "dump.rdb"), "old dump");
    assert_int_equal(load(REDIS_7_YES), REFUSES);
    stage_bench_stop(&bench);
}

/* The data was removed, and only our own folder is left. */
static void g13_previous_set_comes_back_into_a_directory_without_data(void **state)
{
    (void)state;
    begin(&kinds[3]);
    assert_int_equal(unlinkat(bench.folder, "dump.rdb", 0) + unlinkat(bench.folder, "appendonly.aof", 0), 0);

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_put_back(&previous);
    assert_string_equal(bench.outcome.previous, "");
    assert_int_equal(count_previous(), 0);
    stage_bench_stop(&bench);
}

static void g13_restore_that_was_killed_is_completed_and_then_undone(void **state)
{
    (void)state;
    stage_bench_start(&bench);
    stage_bench_old(&bench);
    previous = look();
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    assert_ok(stage_bench_run(&bench), bench.err);
    int calls = bench.calls;
    stage_bench_stop(&bench);

    stage_bench_start(&bench);
    stage_bench_old(&bench);
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    bench.dead_from = calls - 40;
    (void)stage_bench_run(&bench);
    assert_true(stage_bench_has(&bench, ".redisrestore/plan"));
    assert_int_not_equal(look().of[REDIS_7_YES], previous.of[REDIS_7_YES]);
    bench.dead_from = BENCH_NEVER;
    bench.options.undoes = true;
    bench.options.run = "undo1";

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.result, RR_STAGE_UNDONE);
    assert_undone();
    stage_bench_stop(&bench);
}

static void g08_copy_needs_space(void **state)
{
    (void)state;
    begin(&kinds[1]);
    bench.free_bytes = 1;
    stage_bench_refused(&bench, RR_E_TOO_BIG, "NoSpace", "1 byte free, but the previous data set needs ");
    assert_lacks(bench.err.message, "backup");
    bench.has_no_links = false;

    assert_ok(stage_bench_run(&bench), bench.err);

    stage_bench_stop(&bench);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(g13_kill_at_each_call_parts_over_parts),
    cmocka_unit_test(g13_kill_at_each_call_parts_without_dump_and_links),
    cmocka_unit_test(g13_kill_at_each_call_single_over_single),
    cmocka_unit_test(g13_kill_at_each_call_rdb_over_rdb),
    cmocka_unit_test(g13_kill_at_each_call_all_files_over_rdb),
    cmocka_unit_test(g13_kill_at_each_call_rdb_over_parts),
    cmocka_unit_test(g13_kill_at_each_call_strays_over_strays),
    cmocka_unit_test(g13_failure_of_each_call_strays_over_strays),
    cmocka_unit_test(g13_failure_of_each_call_parts_over_parts),
    cmocka_unit_test(g13_failure_of_each_call_parts_without_dump_and_links),
    cmocka_unit_test(g13_failure_of_each_call_single_over_single),
    cmocka_unit_test(g13_failure_of_each_call_rdb_over_rdb),
    cmocka_unit_test(g13_failure_of_each_call_all_files_over_rdb),
    cmocka_unit_test(g13_failure_of_each_call_rdb_over_parts),
    cmocka_unit_test(g13_next_undo_of_another_name_ends_the_killed_one),
    cmocka_unit_test(g13_directory_without_a_previous_set_is_refused),
    cmocka_unit_test(g13_node_of_redis_cluster_is_refused),
    cmocka_unit_test(g13_dry_run_checks_all_and_changes_nothing),
    cmocka_unit_test(g13_same_run_puts_back_once),
    cmocka_unit_test(g13_directory_in_use_is_refused),
    cmocka_unit_test(g13_previous_set_that_is_not_whole_is_refused),
    cmocka_unit_test(g13_file_of_another_name_in_the_previous_set_is_refused),
    cmocka_unit_test(g13_several_previous_sets_are_refused_unless_the_marker_names_one),
    cmocka_unit_test(g13_sequence_is_above_all_names_and_other_files_go_back),
    cmocka_unit_test(g13_rewrite_that_was_running_goes_back_as_it_was),
    cmocka_unit_test(g13_base_without_an_incremental_file_gets_an_empty_one),
    cmocka_unit_test(g13_guard_that_a_server_moved_is_no_data),
    cmocka_unit_test(g13_previous_set_comes_back_into_a_directory_without_data),
    cmocka_unit_test(g13_restore_that_was_killed_is_completed_and_then_undone),
    cmocka_unit_test(g08_copy_needs_space),
};

RR_TEST_MAIN(tests)
