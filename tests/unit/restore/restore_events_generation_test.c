/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "restore_events.h"

struct fixture {
    struct rr_restore_status before, after;
    struct rr_discovery_result result;
    struct rr_restore_answer answer;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .result = { .several_ids = true } };
    rr_restore_status_init(&fixture.before);
    rr_restore_status_init(&fixture.after);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    rr_restore_status_done(&fixture->before);
    rr_restore_status_done(&fixture->after);
    return 0;
}

/* The Events due when the status goes from one generation and reason to another. */
static struct rr_restore_events_due due(struct fixture *fixture, int64_t old_generation, enum rr_reason old_reason,
                                        bool had_backup, int64_t generation, enum rr_reason reason)
{
    fixture->before.observed_generation = old_generation;
    fixture->after.observed_generation = generation;
    rr_restore_status_set_text(&fixture->before.conditions[RR_CONDITION_READY].reason,
                               rr_slice_from(rr_reason_name(old_reason)));
    rr_restore_status_set_text(&fixture->after.conditions[RR_CONDITION_READY].reason,
                               rr_slice_from(rr_reason_name(reason)));
    rr_restore_status_set_text(&fixture->before.backup, had_backup ? RR_LIT("{}") : RR_LIT(""));
    fixture->answer =
        (struct rr_restore_answer){ .reason = reason,
                                    .result = reason == RR_REASON_BACKUP_DISCOVERED ? &fixture->result : NULL };
    return rr_restore_events_of_change(&fixture->before, &fixture->after, &fixture->answer);
}

static void e06_several_ids_are_said_once_in_each_generation(void **state)
{
    struct fixture *fixture = *state;
    enum rr_reason found = RR_REASON_BACKUP_DISCOVERED;

    assert_true(due(fixture, 0, found, false, 1, found).several_ids);
    assert_false(due(fixture, 1, found, true, 1, found).several_ids);
    assert_true(due(fixture, 1, found, true, 2, found).several_ids); /* the same answer for another spec */
    /* A new generation that first said that it is under way, or failed. */
    assert_true(due(fixture, 2, RR_REASON_PROGRESSING, false, 2, found).several_ids);
    assert_true(due(fixture, 2, RR_REASON_S3_UNAVAILABLE, false, 2, found).several_ids);
    /* A failure in between is no new generation: the backup stayed, and so does what was said. */
    assert_false(due(fixture, 2, RR_REASON_S3_UNAVAILABLE, true, 2, found).several_ids);
}

static void e03_change_of_reason_is_an_event_but_progressing_is_none(void **state)
{
    struct fixture *fixture = *state;

    assert_true(due(fixture, 1, RR_REASON_BACKUP_DISCOVERED, true, 1, RR_REASON_S3_UNAVAILABLE).reason);
    assert_false(due(fixture, 1, RR_REASON_S3_UNAVAILABLE, true, 1, RR_REASON_S3_UNAVAILABLE).reason);
    assert_false(due(fixture, 1, RR_REASON_BACKUP_DISCOVERED, true, 2, RR_REASON_PROGRESSING).reason);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(e06_several_ids_are_said_once_in_each_generation, setup, teardown),
    cmocka_unit_test_setup_teardown(e03_change_of_reason_is_an_event_but_progressing_is_none, setup, teardown),
};
RR_TEST_MAIN(tests)
