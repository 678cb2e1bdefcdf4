#include <support/test.h>

#include "restore_runs.h"

#define KEY  RR_LIT("shop/cart")
#define UID  RR_LIT("uid-1")
#define UID2 RR_LIT("uid-2")

static void r26_memory_of_another_uid_is_empty(void **state)
{
    (void)state;
    struct rr_restore_runs *runs = rr_restore_runs_new();
    const struct rr_restore_memory memory = { .generation = 7, .due_at_ms = 9 };

    rr_restore_runs_remember(runs, KEY, UID, &memory);

    assert_int_equal(rr_restore_runs_recall(runs, KEY, UID).generation, 7);
    assert_int_equal(rr_restore_runs_recall(runs, KEY, UID2).generation, 0);
    rr_restore_runs_free(runs);
}

static void forgotten_object_leaves_nothing(void **state)
{
    (void)state;
    struct rr_restore_runs *runs = rr_restore_runs_new();
    const struct rr_restore_memory memory = { .generation = 7 };
    rr_restore_runs_remember(runs, KEY, UID, &memory);

    rr_restore_runs_forget(runs, KEY);

    assert_int_equal(rr_restore_runs_recall(runs, KEY, UID).generation, 0);
    rr_restore_runs_free(runs);
}

static void cancel_reaches_what_runs_and_nothing_else(void **state)
{
    (void)state;
    struct rr_restore_runs *runs = rr_restore_runs_new();
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);

    rr_restore_runs_cancel(runs, KEY);
    rr_restore_runs_enter(runs, KEY, &stop);
    rr_restore_runs_cancel(runs, RR_LIT("shop/other"));
    assert_false(rr_stop_is_set(&stop));
    rr_restore_runs_cancel(runs, KEY);
    assert_true(rr_stop_is_set(&stop));
    rr_restore_runs_forget(runs, KEY); /* while it runs */
    rr_restore_runs_leave(runs, KEY);
    rr_restore_runs_cancel(runs, KEY); /* after it left: nothing to reach */

    rr_stop_done(&stop);
    rr_restore_runs_free(runs);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(r26_memory_of_another_uid_is_empty),
    cmocka_unit_test(forgotten_object_leaves_nothing),
    cmocka_unit_test(cancel_reaches_what_runs_and_nothing_else),
};
RR_TEST_MAIN(tests)
