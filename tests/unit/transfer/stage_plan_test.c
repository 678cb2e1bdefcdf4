/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_plan.h"

#include "support/test.h"

#include <redisrestore/base/mem.h>

static struct rr_stage_plan plan, again;
static struct rr_error err;

static int setup(void **state)
{
    (void)state;
    plan.run = rr_strdup(RR_LIT("run-1"));
    plan.previous = rr_strdup(RR_LIT("previous-20261130T020000Z"));
    plan.put_back = rr_strdup(RR_LIT("previous-20261129T020000Z"));
    plan.marker = rr_strdup(RR_LIT("{\"run\": \"run-1\"}\n"));
    rr_stage_olds_add(&plan.olds, "dump.rdb", UINT64_MAX, 12, 1764468000123456789U);
    rr_stage_steps_add(&plan.before, RR_STAGE_MAKE_FOLDER, NULL, "appendonlydir");
    rr_stage_steps_add(&plan.before, RR_STAGE_INSTALL, "base", "appendonlydir/a b.run-1.base.rdb");
    plan.commit = (struct rr_stage_step){ RR_STAGE_INSTALL, rr_strdup(RR_LIT("manifest")),
                                          rr_strdup(RR_LIT("appendonlydir/a.manifest")) };
    rr_stage_steps_add(&plan.after, RR_STAGE_KEEP, NULL, "dump.rdb");
    rr_stage_steps_add(&plan.after, RR_STAGE_DROP, NULL, "x");
    rr_stage_steps_add(&plan.after, RR_STAGE_ASIDE, NULL, "y");
    rr_stage_steps_add(&plan.after, RR_STAGE_REMOVE_FOLDER, NULL, "appendonlydir");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rr_stage_plan_done(&plan);
    rr_stage_plan_done(&again);
    return 0;
}

static void g05_plan_is_read_as_it_was_written(void **state)
{
    (void)state;
    rr_auto(buf) first = RR_BUF(RR_STAGE_PLAN_MAX_BYTES);
    rr_auto(buf) second = RR_BUF(RR_STAGE_PLAN_MAX_BYTES);

    rr_stage_plan_write(&plan, &first);
    assert_ok(rr_stage_plan_read(rr_buf_slice(&first), &again, &err), err);
    rr_stage_plan_write(&again, &second);

    assert_string_equal(rr_buf_text(&first), rr_buf_text(&second));
    assert_int_equal(again.olds.of[0].inode, UINT64_MAX);
    assert_int_equal(again.olds.of[0].modified_ns, 1764468000123456789U);
    assert_string_equal(again.before.of[1].path, "appendonlydir/a b.run-1.base.rdb");
    assert_string_equal(again.marker, plan.marker);
    assert_ptr_equal(rr_stage_olds_find(&again.olds, "dump.rdb"), again.olds.of);
    assert_null(rr_stage_olds_find(&again.olds, "dump"));
}

/* The plan with one text in place of another. */
static bool reads_with(const char *old, const char *new)
{
    rr_auto(buf) text = RR_BUF(RR_STAGE_PLAN_MAX_BYTES);
    rr_auto(buf) changed = RR_BUF(RR_STAGE_PLAN_MAX_BYTES);
    rr_stage_plan_write(&plan, &text);
    const char *at = strstr(rr_buf_text(&text), old);
    assert_non_null(at);
    rr_buf_add(&changed, rr_slice_first(rr_buf_slice(&text), (size_t)(at - rr_buf_text(&text))));
    rr_buf_add(&changed, rr_slice_from(new));
    rr_buf_add(&changed, rr_slice_from(at + strlen(old)));
    rr_stage_plan_done(&again);
    return rr_stage_plan_read(rr_buf_slice(&changed), &again, &err);
}

static void g05_plan_with_paths_outside_or_unknown_steps_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new;
    } cases[] = {
        { "\"appendonlydir/a.manifest\"", "\"../a.manifest\"" },
        { "\"appendonlydir/a.manifest\"", "\"/etc/passwd\"" },
        { "\"appendonlydir/a.manifest\"", "\"a/b/c\"" },
        { "\"appendonlydir/a.manifest\"", "\"appendonlydir/..\"" },
        { "\"appendonlydir/a.manifest\"", "\".redisrestore/plan\"" },
        { "\"appendonlydir/a.manifest\"", "\"\"" },
        { "\"appendonlydir/a.manifest\"", "\"a\\n\"" },
        { "\"manifest\"", "\"../manifest\"" },
        { "\"manifest\"", "\"\"" },
        { "\"previous-20261130T020000Z\"", "\"appendonlydir\"" },
        { "\"previous-20261130T020000Z\"", "\"previous-/..\"" },
        { "\"previous-20261129T020000Z\"", "\"appendonlydir\"" },
        { "\"previous-20261129T020000Z\"", "\"previous-/..\"" },
        { "\"run-1\"", "\"..\"" },
        { "\"run-1\"", "\"previous-1\"" },
        { "\"version\": 1", "\"version\": 2" },
        { "\"Aside\"", "\"Delete\"" },
        { "\"dump.rdb\"", "\"../dump.rdb\"" },
        { "\"appendonlydir/a b.run-1.base.rdb\"", "\"dump.rdb\"" }, /* taken back, it would remove old data */
        { "\"appendonlydir/a b.run-1.base.rdb\"", "\"appendonlydir/a.run-2.base.rdb\"" },
        { "\"appendonlydir/a b.run-1.base.rdb\"", "\"appendonlydir/a.of-run-1.base.rdb\"" },
        { "\"inode\": \"18446744073709551615\"", "\"inode\": \"-1\"" },
        { "\"commit\": {", "\"commit\": {\"op\": \"Drop\", \"path\": \"dump.rdb\"}, \"other\": {" },
    };
    assert_ok(reads_with("\"Aside\"", "\"Keep\""), err);
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        if (reads_with(cases[i].old, cases[i].new))
            fail_msg("accepted %s for %s", cases[i].new, cases[i].old);
        assert_int_equal(err.code, RR_E_INVALID);
    }
}

static void g05_every_cut_of_a_plan_is_refused(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(RR_STAGE_PLAN_MAX_BYTES);
    rr_stage_plan_write(&plan, &text);

    for (size_t len = 0; len < text.len; len++) {
        rr_stage_plan_done(&again);
        assert_false(rr_stage_plan_read(rr_slice_first(rr_buf_slice(&text), len), &again, &err));
    }
}

static void g05_run_is_a_part_of_file_names(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "A",
                                       "a.b",
                                       "a/b",
                                       "previous",
                                       "previous-1",
                                       "a b",
                                       "lock",
                                       "plan",
                                       "unfinished",
                                       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
    assert_true(rr_stage_is_run(RR_LIT("cart-20261130")));
    for (size_t i = 0; i < RR_COUNT(bad); i++)
        assert_false(rr_stage_is_run(rr_slice_from(bad[i])));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(g05_plan_is_read_as_it_was_written, setup, teardown),
    cmocka_unit_test_setup_teardown(g05_plan_with_paths_outside_or_unknown_steps_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(g05_every_cut_of_a_plan_is_refused, setup, teardown),
    cmocka_unit_test(g05_run_is_a_part_of_file_names),
};

RR_TEST_MAIN(tests)
