/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

static void e11_dropped_answer_is_no_event(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { { .status = 409, .live_generation = 2 } };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench->answer = BENCH_DENIED;
    bench_put(bench, 1, NULL, NULL);
    (void)bench_reconcile(bench);
    rr_restore_records_forget(bench->reconciler.records, RR_LIT("shop/cart")); /* and with it the pause of a second */

    bench->answer = BENCH_PAIR;
    bench_put(bench, 2, NULL, NULL);
    (void)bench_reconcile(bench);

    assert_int_equal(bench->patched_times, 2);
    assert_has(bench_events(bench, 1), "\"reason\":\"BackupDiscovered\"");
    assert_lacks(bench_events(bench, 1), "AccessDenied"); /* it would have come first */
}

static void f13_forbidden_status_is_one_event(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { { .status = 403 }, { .status = 403 } };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, NULL, NULL);

    for (size_t i = 0; i < RR_COUNT(patches); i++) {
        assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_FAILED);
        bench_let_be_due(bench);
    }
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_DONE); /* the permission has been granted */

    const char *events = bench_events(bench, 2);
    assert_has(events, "\"reason\":\"BackupDiscovered\"");
    assert_int_equal(test_count(events, "StatusForbidden"), 1);
    assert_lacks(events, "series");
    assert_int_equal(bench->patched_times, 3);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(e11_dropped_answer_is_no_event, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f13_forbidden_status_is_one_event, bench_setup, bench_teardown),
};
RR_TEST_MAIN(tests)
