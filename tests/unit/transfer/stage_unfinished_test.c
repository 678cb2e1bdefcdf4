/* SPDX-License-Identifier: Apache-2.0 */
/* A run that ended too early, and what the next command says of it. */
#include "stage_bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEW_BASE    "appendonlydir/appendonly.aof.run1.base.rdb"
#define UNDONE_BASE "appendonlydir/appendonly.aof.undo2.base.rdb"

static struct stage_bench bench;

enum { STATE_BYTES = 64 * 1024, FOLDER_LEN = sizeof ".redisrestore/previous-20261130T120000Z" - 1 };

static void begin_restore(void)
{
    stage_bench_start(&bench);
    stage_bench_old(&bench);
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
}

static void begin_undo(void)
{
    begin_restore();
    assert_ok(stage_bench_run(&bench), bench.err);
    bench.options.undoes = true;
    bench.options.run = "undo1";
}

static void begin_replacement(void)
{
    stage_bench_start(&bench);
    stage_bench_old(&bench);
    bench.options.existing = RR_STAGE_REPLACE;
}

static int count_calls(void (*begin)(void))
{
    begin();
    assert_ok(stage_bench_run(&bench), bench.err);
    int calls = bench.calls;
    stage_bench_stop(&bench);
    return calls;
}

/* From one call on everything fails, as on a volume that was lost: the failed restore cannot be rolled back either. */
static void g05_files_that_a_failed_restore_leaves_are_named(void **state)
{
    (void)state;
    int calls = count_calls(begin_restore), said = 0;
    for (int call = 1; call <= calls; call++) {
        begin_restore();
        bench.dead_from = call;
        bool is_good = stage_bench_run(&bench);
        bool is_left = !is_good && !bench.outcome.is_committed && stage_bench_has(&bench, ".redisrestore/plan");
        bool says_left =
            strstr(bench.err.message, "the old data set is in place, but files in .redisrestore were left: "
                                      "run again to remove them: ") != NULL;
        if (is_left && !says_left)
            fail_msg("dead from call %d: %s", call, bench.err.message);
        assert_false(says_left && bench.outcome.is_committed);
        said += is_left;
        stage_bench_stop(&bench);
    }
    assert_in_range(said, 5, calls);
}

static void remove_staging(void)
{
    int own = openat(bench.folder, ".redisrestore/run1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fdopendir(own);
    assert_non_null(list);
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list))
        (void)unlinkat(own, entry->d_name, 0);
    (void)closedir(list);
    assert_int_equal(unlinkat(bench.folder, ".redisrestore/run1", AT_REMOVEDIR), 0);
}

/* Without the staging folder the plan may be one before or behind its commit: either way a next run could lose data. */
static void g05_plan_whose_staging_folder_is_gone_is_not_carried_out(void **state)
{
    (void)state;
    static char before[STATE_BYTES];
    int calls = count_calls(begin_replacement), gone = 0;
    for (int call = 1; call <= calls; call++) {
        begin_replacement();
        bench.dead_from = call;
        (void)stage_bench_run(&bench);
        bench.dead_from = BENCH_NEVER;
        if (stage_bench_has(&bench, ".redisrestore/plan")) {
            remove_staging();
            (void)unlinkat(bench.folder, ".redisrestore/lock", 0); /* of the dead process */
            (void)snprintf(before, sizeof before, "%s", stage_bench_state(&bench));
            stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "Unfinished", "/data/.redisrestore/run1 is gone");
            assert_string_equal(stage_bench_state(&bench), before);
            gone++;
        }
        stage_bench_stop(&bench);
    }
    assert_in_range(gone, 5, calls);
}

/* Killed before it installed its base; then another process writes a file of that name. */
static void g05_roll_back_removes_only_what_was_installed(void **state)
{
    (void)state;
    int calls = count_calls(begin_replacement), tried = 0;
    for (int call = 1; call <= calls; call++) {
        begin_replacement();
        bench.dead_from = call;
        (void)stage_bench_run(&bench);
        bench.dead_from = BENCH_NEVER;
        if (stage_bench_has(&bench, ".redisrestore/plan") && !stage_bench_has(&bench, NEW_BASE)) {
            stage_bench_write(&bench, NEW_BASE, "of another process");
            assert_ok(stage_bench_run(&bench), bench.err);
            assert_true(stage_bench_has(&bench, "appendonlydir/appendonly.aof.run1-2.base.rdb"));
            tried++;
        }
        stage_bench_stop(&bench);
    }
    assert_in_range(tried, 1, calls);
}

/* A plan of more files could not be read by the run that has to finish it. */
static void g05_more_files_than_a_plan_holds_are_refused(void **state)
{
    (void)state;
    char path[64];
    begin_replacement();
    for (int i = 0; i < 4096; i++) {
        (void)snprintf(path, sizeof path, "appendonlydir/stray.%d.aof", i);
        stage_bench_write(&bench, path, "stray");
    }

    assert_false(stage_bench_run(&bench));

    assert_string_equal(bench.outcome.reason, "TooManyFiles");
    assert_has(bench.err.message, "has more than 4096 files to replace");
    assert_false(stage_bench_has(&bench, NEW_BASE));
    assert_true(stage_bench_has(&bench, path));
    assert_false(stage_bench_has(&bench, ".redisrestore/plan"));
    stage_bench_stop(&bench);
}

static bool has_two_previous(void)
{
    static char text[STATE_BYTES];
    const char *first = NULL;
    (void)snprintf(text, sizeof text, "%s", stage_bench_state(&bench));
    for (const char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (strncmp(line, ".redisrestore/previous-", strlen(".redisrestore/previous-")) != 0)
            continue;
        if (first != NULL && strncmp(line, first, FOLDER_LEN) != 0)
            return true;
        first = line;
    }
    return false;
}

/* --dry-run changes nothing, so it cannot finish the run, and must not promise anything of it. */
static void dry_run_beside(void (*begin)(void), int call, bool next_undoes, int *planned, int *untidy)
{
    static char before[STATE_BYTES];
    begin();
    bench.dead_from = call;
    (void)stage_bench_run(&bench);
    bool has_plan = stage_bench_has(&bench, ".redisrestore/plan"), is_marked = bench.outcome.is_committed && !has_plan;
    (void)snprintf(before, sizeof before, "%s", stage_bench_state(&bench));
    bench.dead_from = BENCH_NEVER;
    bench.options.is_dry_run = true;
    bench.options.undoes = next_undoes;
    bench.options.run = "next";
    if (has_plan)
        stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "Unfinished",
                            "an earlier run in /data is not finished: run again without --dry-run");
    else if (next_undoes && is_marked && has_two_previous())
        stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "Unfinished",
                            "an undo in /data is not finished: run again without --dry-run");
    else
        (void)stage_bench_run(&bench);
    *planned += has_plan;
    *untidy += next_undoes && is_marked && has_two_previous();
    assert_string_equal(stage_bench_state(&bench), before);
    stage_bench_stop(&bench);
}

static void g13_unfinished_undo_is_not_touched_by_a_dry_run(void **state)
{
    (void)state;
    int planned = 0, untidy = 0, calls = count_calls(begin_undo);
    for (int call = 1; call <= calls; call++)
        dry_run_beside(begin_undo, call, true, &planned, &untidy);
    assert_in_range(planned, 10, calls);
    assert_in_range(untidy, 1, calls);
}

static void undo_as(const char *run)
{
    bench.options.run = run;
    assert_ok(stage_bench_run(&bench), bench.err);
    assert_int_equal(bench.outcome.result, RR_STAGE_UNDONE);
}

/* An undo removes the set that it put back and no other, also if a later run ends it. */
static void g13_previous_set_of_a_person_stays_behind_an_undo(void **state)
{
    (void)state;
    static const char *names[] = { "previous-20200101T000000Z", "previous-29991231T000000Z", "previous-mine" };
    for (size_t i = 0; i < RR_COUNT(names); i++) {
        char folder[128], file[160];
        begin_undo();
        undo_as("undo1");
        (void)snprintf(folder, sizeof folder, ".redisrestore/%s", names[i]);
        (void)snprintf(file, sizeof file, "%s/dump.rdb", folder);
        stage_bench_folder(&bench, folder);
        stage_bench_write(&bench, file, "of a person");

        undo_as("undo2"); /* not taken for the end of the first */

        assert_true(rr_slice_equals(stage_bench_read(&bench, UNDONE_BASE), rr_buf_slice(&bench.rdb)));
        assert_slice(stage_bench_read(&bench, file), "of a person");
        stage_bench_stop(&bench);
    }
}

/* The only set that is left has the name of the one that was put back: it is data, and is not tidied up. */
static void g13_previous_set_that_got_the_name_of_the_other_is_put_back(void **state)
{
    (void)state;
    char from[128], to[128];
    begin_undo();
    (void)snprintf(to, sizeof to, ".redisrestore/%s", bench.outcome.previous);
    undo_as("undo1");
    (void)snprintf(from, sizeof from, ".redisrestore/%s", bench.outcome.previous);
    assert_int_equal(renameat(bench.folder, from, bench.folder, to), 0);

    undo_as("undo2");

    assert_true(rr_slice_equals(stage_bench_read(&bench, UNDONE_BASE), rr_buf_slice(&bench.rdb)));
    stage_bench_stop(&bench);
}

static void g05_unfinished_restore_is_not_touched_by_a_dry_run(void **state)
{
    (void)state;
    int planned = 0, untidy = 0, calls = count_calls(begin_restore);
    for (int call = 1; call <= calls; call++)
        dry_run_beside(begin_restore, call, call % 2 == 0, &planned, &untidy);
    assert_in_range(planned, 10, calls);
    assert_int_equal(untidy, 0);
}

/* In a process of its own, which ends before that call. */
static void run_until_killed(int call)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        bench.exit_at = call;
        (void)stage_bench_run(&bench);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
}

/* Another run worked between this run's look at a directory without .redisrestore and its lock, and was killed before
 * each of its calls: neither may take the other's files for its own. */
static void g10_run_that_was_killed_between_look_and_lock_is_recovered(void **state)
{
    (void)state;
    int calls = count_calls(begin_replacement), refused = 0;
    for (int call = 1; call <= calls; call++) {
        begin_replacement();
        struct rr_stage_options options = bench.options;
        options.ops = &rr_file_ops_system;
        struct rr_stage *late = rr_stage_new(&options);
        assert_ok(rr_stage_open(late, &bench.err) && rr_stage_expect(late, bench.has_aof, &bench.err), bench.err);
        run_until_killed(call);
        bool is_begun = rr_stage_begin(late, 1, &bench.err);
        if (!is_begun)
            assert_string_equal(rr_stage_outcome(late)->reason, "InUse");
        refused += !is_begun;
        rr_stage_free(late);

        assert_ok(stage_bench_run(&bench), bench.err);

        assert_true(rr_slice_equals(stage_bench_read(&bench, NEW_BASE), rr_buf_slice(&bench.rdb)));
        assert_false(stage_bench_has(&bench, ".redisrestore/plan"));
        assert_lacks(stage_bench_state(&bench), "appendonly.aof.4.");
        stage_bench_stop(&bench);
    }
    assert_in_range(refused, 10, calls);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(g10_run_that_was_killed_between_look_and_lock_is_recovered),
    cmocka_unit_test(g05_plan_whose_staging_folder_is_gone_is_not_carried_out),
    cmocka_unit_test(g05_roll_back_removes_only_what_was_installed),
    cmocka_unit_test(g05_more_files_than_a_plan_holds_are_refused),
    cmocka_unit_test(g05_files_that_a_failed_restore_leaves_are_named),
    cmocka_unit_test(g13_unfinished_undo_is_not_touched_by_a_dry_run),
    cmocka_unit_test(g13_previous_set_of_a_person_stays_behind_an_undo),
    cmocka_unit_test(g13_previous_set_that_got_the_name_of_the_other_is_put_back),
    cmocka_unit_test(g05_unfinished_restore_is_not_touched_by_a_dry_run),
};

RR_TEST_MAIN(tests)
