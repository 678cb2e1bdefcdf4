/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_bench.h"

#include <stdio.h>
#include <unistd.h>

static struct stage_bench bench;

static int setup(void **state)
{
    (void)state;
    stage_bench_start(&bench);
    stage_bench_folder(&bench, ".redisrestore");
    stage_bench_folder(&bench, ".redisrestore/saved");
    stage_bench_folder(&bench, ".redisrestore/saved/appendonlydir");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stage_bench_stop(&bench);
    return 0;
}

#define SAVED  ".redisrestore/saved/dump.rdb"
#define DEEPER ".redisrestore/saved/appendonlydir/appendonly.aof.1.base.rdb"

/* For example previous data that users gave another name, so that no later run removes it. */
static void g05_files_of_others_in_our_folder_stay(void **state)
{
    (void)state;
    static const enum rr_stage_existing actions[] = { RR_STAGE_FAIL, RR_STAGE_KEEP_DATA, RR_STAGE_MOVE_ASIDE,
                                                      RR_STAGE_REPLACE };
    stage_bench_write(&bench, SAVED, "old data");
    stage_bench_write(&bench, DEEPER, "old base");
    bench.options.even_if_restored = true;
    for (size_t i = 0; i < RR_COUNT(actions); i++) {
        bench.options.existing = actions[i];

        assert_ok(stage_bench_run(&bench), bench.err);

        assert_slice(stage_bench_read(&bench, SAVED), "old data");
        assert_slice(stage_bench_read(&bench, DEEPER), "old base");
    }
}

static void g05_file_of_others_with_the_name_of_a_run_stays(void **state)
{
    (void)state;
    stage_bench_write(&bench, ".redisrestore/notes", "of a person");

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_slice(stage_bench_read(&bench, ".redisrestore/notes"), "of a person");
}

static void g05_files_of_others_in_the_folder_of_a_run_stay(void **state)
{
    (void)state;
    bench.options.run = "saved";
    stage_bench_write(&bench, SAVED, "old data");
    stage_bench_write(&bench, ".redisrestore/saved/base", "of a run that was killed");
    stage_bench_write(&bench, ".redisrestore/saved/guard", "of a run that was killed");
    stage_bench_write(&bench, ".redisrestore/saved/file-1x", "no name of ours");

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_slice(stage_bench_read(&bench, SAVED), "old data");
    assert_slice(stage_bench_read(&bench, ".redisrestore/saved/file-1x"), "no name of ours");
    assert_false(stage_bench_has(&bench, ".redisrestore/saved/base"));
    assert_false(stage_bench_has(&bench, ".redisrestore/saved/guard"));
}

static void g05_folder_of_a_run_that_was_killed_is_removed(void **state)
{
    (void)state;
    stage_bench_folder(&bench, ".redisrestore/run0");
    stage_bench_write(&bench, ".redisrestore/run0/base", "half");
    stage_bench_write(&bench, ".redisrestore/run0/incremental", "");
    stage_bench_write(&bench, ".redisrestore/run0/probe", "");
    stage_bench_write(&bench, ".redisrestore/run0/file-0", "of an undo");
    stage_bench_write(&bench, ".redisrestore/run0/file-11", "of an undo");

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_false(stage_bench_has(&bench, ".redisrestore/run0"));
}

/* A newer version may have written it: its commit is not known. */
static void g05_plan_that_cannot_be_read_stops_each_run(void **state)
{
    (void)state;
    static const char *const plans[] = { "", "garbage", "{}", "{\"version\":2,\"run\":\"run1\"}" };
    stage_bench_old(&bench);
    bench.options.existing = RR_STAGE_REPLACE;
    for (size_t i = 0; i < RR_COUNT(plans); i++)
        for (int undoes = 0; undoes < 2; undoes++) {
            stage_bench_write(&bench, ".redisrestore/plan", plans[i]);
            bench.options.undoes = undoes == 1;
            stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "Unfinished",
                                "/.redisrestore/plan was not written by this version: finish with the version that "
                                "began, or remove .redisrestore after looking at the directory");
            bench.options.is_dry_run = true;
            stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "Unfinished",
                                " is not finished: run again without --dry-run");
            bench.options.is_dry_run = false;
        }
}

static int64_t fixed_ms(void *context)
{
    (void)context;
    return INT64_C(1790000000) * 1000;
}

/* Two restores within a second must not share the folder. */
static void g06_folder_of_previous_data_gets_the_next_free_second(void **state)
{
    (void)state;
    static const struct rr_clock clock = { NULL, fixed_ms, fixed_ms };
    stage_bench_old(&bench);
    bench.options.clock = &clock;
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    stage_bench_folder(&bench, ".redisrestore/previous-20260921T141320Z");
    stage_bench_folder(&bench, ".redisrestore/previous-20260921T141321Z");

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_string_equal(bench.outcome.previous, "previous-20260921T141322Z");
    assert_slice(stage_bench_read(&bench, ".redisrestore/previous-20260921T141322Z/dump.rdb"), "old dump");
}

static void g06_sixty_folders_of_previous_data_are_refused(void **state)
{
    (void)state;
    static const struct rr_clock clock = { NULL, fixed_ms, fixed_ms };
    stage_bench_old(&bench);
    bench.options.clock = &clock;
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    for (int second = 20; second < 80; second++) {
        char path[64];
        (void)snprintf(path, sizeof path, ".redisrestore/previous-20260921T14%02d%02dZ", 13 + second / 60, second % 60);
        stage_bench_folder(&bench, path);
    }

    stage_bench_refused(&bench, RR_E_ALREADY_EXISTS, "InUse", "/.redisrestore has too many folders of previous data");
}

/* A plan is JSON, one name a step. */
static void g05_old_file_whose_name_a_plan_cannot_hold_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "appendonlydir/a\nb", "appendonlydir/a\x1b[2J", "appendonlydir/\xff" };
    bench.options.existing = RR_STAGE_REPLACE;
    stage_bench_folder(&bench, "appendonlydir");
    for (size_t i = 0; i < RR_COUNT(names); i++) {
        stage_bench_write(&bench, names[i], "old");
        const char *before = stage_bench_state(&bench);

        assert_false(stage_bench_run(&bench));

        assert_int_equal(bench.err.code, RR_E_DENIED);
        assert_has(bench.err.message, "cannot move a file with an unprintable name in appendonlydir in ");
        assert_string_equal(stage_bench_state(&bench), before);
        assert_int_equal(unlinkat(bench.folder, names[i], 0), 0);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(g05_files_of_others_in_our_folder_stay, setup, teardown),
    cmocka_unit_test_setup_teardown(g05_file_of_others_with_the_name_of_a_run_stays, setup, teardown),
    cmocka_unit_test_setup_teardown(g05_files_of_others_in_the_folder_of_a_run_stay, setup, teardown),
    cmocka_unit_test_setup_teardown(g05_folder_of_a_run_that_was_killed_is_removed, setup, teardown),
    cmocka_unit_test_setup_teardown(g05_plan_that_cannot_be_read_stops_each_run, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_folder_of_previous_data_gets_the_next_free_second, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_sixty_folders_of_previous_data_are_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(g05_old_file_whose_name_a_plan_cannot_hold_is_refused, setup, teardown),
};

RR_TEST_MAIN(tests)
