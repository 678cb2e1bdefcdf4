/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that wait for a listing that others share, without a worker. */
#include "bench.h"

static void s30_object_that_is_parked_is_answered_when_it_is_called(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, NULL);
    bench->line = true;

    struct rr_reconcile_result parked = bench_reconcile(bench);
    assert_int_equal(parked.next, RR_RECONCILE_AFTER);
    assert_in_range(parked.delay_ms, 0, 1000);
    assert_int_equal(bench->called, 1);
    assert_int_equal(bench->patched_times, 0);
    assert_int_equal(fake_store_requests(&bench->store_server), 0);
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_DONE);

    assert_int_equal(bench->called, 1); /* once is enough, though others still come */
    assert_int_equal(bench->patched_times, 1);
    assert_non_null(strstr(bench_body(bench, 1), "\"phase\":\"Discovered\""));
    assert_int_equal(bench->secrets_read, 2);
}

/* An endpoint that has not answered yet gets one discovery at a time. An object that only joins the line sends nothing,
 * so it must not wait for its turn there: it would read its Secret a second time. */
static void f59_object_in_line_does_not_wait_for_the_endpoint(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, NULL);
    bench->line = true;
    char endpoint[128];
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", bench->store_server.port);
    struct rr_gate_visitor other = { .key = RR_LIT("shop/other"), .endpoint = rr_slice_from(endpoint) };
    int64_t since_ms;
    enum rr_code code;
    assert_int_equal(rr_gate_enter(bench->reconciler.gate, &other, &since_ms, &code), RR_GATE_PROBE);

    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);

    assert_int_equal(bench->called, 1); /* to list, when the others have joined */
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);
    assert_int_equal(fake_store_requests(&bench->store_server), 0); /* it waits for the endpoint now */
    rr_gate_leave(bench->reconciler.gate, RR_LIT("shop/other"), RR_E_OK);
}

static void s30_parked_object_that_is_gone_asks_no_more(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, NULL);
    bench->line = true;
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);

    rr_cache_remove(bench->reconciler.cache, RR_LIT("shop"), RR_LIT("cart"), RR_LIT("u1"));
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_DONE);
    bench_put(bench, 1, NULL, NULL);

    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);
    assert_int_equal(bench->called, 2); /* it is in the queue again */
    assert_int_equal(fake_store_requests(&bench->store_server), 0);
}

static void s30_parked_object_that_cannot_ask_leaves_the_line(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, NULL);
    bench->line = true;
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);

    bench->secret_status = 500;
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_FAILED);
    bench->secret_status = 0;

    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);
    assert_int_equal(bench->called, 2); /* it is in the queue again */
    assert_int_equal(fake_store_requests(&bench->store_server), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(s30_object_that_is_parked_is_answered_when_it_is_called, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(f59_object_in_line_does_not_wait_for_the_endpoint, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(s30_parked_object_that_is_gone_asks_no_more, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(s30_parked_object_that_cannot_ask_leaves_the_line, bench_setup, bench_teardown),
};
RR_TEST_MAIN(tests)
