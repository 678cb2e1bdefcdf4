/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#define FOUND                                                                                                          \
    "\"message\":\"m\",\"observedGeneration\":1,\"phase\":\"Discovered\",\"lastDiscoveryTime\":\"2026-01-01T00:00:00Z" \
    "\",\"backup\":{\"replicationID\":\"kept\"},\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"reason\":"   \
    "\"BackupDiscovered\",\"message\":\"m\",\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}]"

/* As if the API server had failed for so long already. */
static void let_api_server_have_failed(struct bench *bench, int64_t for_ms)
{
    struct rr_restore_memory memory =
        rr_restore_records_recall(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"));
    assert_int_not_equal(memory.api_failed_at_ms, 0);
    memory.api_failed_at_ms = rr_clock_monotonic_ms(&rr_clock_system) - for_ms;
    memory.next_write_ms = 0;
    rr_restore_records_remember(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"), &memory);
}

static void f60_api_server_that_fails_for_a_moment_is_not_reported(void **state)
{
    struct bench *bench = *state;
    bench->secret_status = 500;
    bench_put(bench, 1, NULL, NULL);

    struct rr_reconcile_result result = bench_reconcile(bench);

    assert_int_equal(result.next, RR_RECONCILE_FAILED);
    assert_in_range(result.delay_ms, 1, 10000);
    assert_int_equal(bench->patched_times, 0);
}

static void f60_api_server_that_fails_for_ten_seconds_is_reported(void **state)
{
    struct bench *bench = *state;
    bench->secret_status = 500;
    bench_put(bench, 1, "\"interval\":\"30s\"", "{" FOUND "}");
    (void)bench_reconcile(bench);
    let_api_server_have_failed(bench, RR_RESTORE_API_PATIENCE_MS);

    struct rr_reconcile_result result = bench_reconcile(bench);

    assert_int_equal(result.next, RR_RECONCILE_AFTER);
    assert_in_range(result.delay_ms, 1, 30000);
    assert_has(bench_body(bench, 1), "\"reason\":\"APIServerError\",\"status\":\"False\",\"type\":\"Ready\"");
    assert_has(bench_body(bench, 1),
               "\"reason\":\"APIServerError\",\"status\":\"Unknown\",\"type\":\"StorageReachable\"");
    assert_has(bench_body(bench, 1), "Secret reader: ");
    assert_has(bench_body(bench, 1), "\"backup\":{\"replicationID\":\"kept\"}");
    assert_has(bench_events(bench, 1), "\"type\":\"Warning\",\"reason\":\"APIServerError\"");
    assert_has(bench_logged(bench), "\"fault\":\"cluster\"");
    assert_int_equal(fake_store_requests(&bench->store_server), 0);
}

static void f60_bad_reply_for_the_secret_is_reported_too(void **state)
{
    struct bench *bench = *state;
    bench->secret_body = "{\"kind\":\"Secret\",\"metadata\":{\"annotations\":{\"a\":\"\\u0000\"}},\"data\":{}}";
    bench_put(bench, 1, NULL, NULL);
    (void)bench_reconcile(bench);
    let_api_server_have_failed(bench, RR_RESTORE_API_PATIENCE_MS);

    (void)bench_reconcile(bench);

    assert_has(bench_body(bench, 1), "\"reason\":\"APIServerError\",\"status\":\"False\",\"type\":\"Ready\"");
}

static void f60_api_server_that_works_again_clears_the_failure(void **state)
{
    struct bench *bench = *state;
    bench->secret_status = 500;
    bench_put(bench, 1, NULL, NULL);
    (void)bench_reconcile(bench);
    let_api_server_have_failed(bench, RR_RESTORE_API_PATIENCE_MS);
    static const struct bench_patch patches[] = { { .status = 403 } };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    (void)bench_reconcile(bench);
    assert_int_equal(bench->patched_times, 1);
    bench->secret_status = 0;
    bench_let_be_due(bench);

    (void)bench_reconcile(bench);

    /* The unwritten failure is not reported later: the API server was asked again. */
    assert_has(bench_body(bench, 2), "\"reason\":\"BackupDiscovered\",\"status\":\"True\",\"type\":\"Ready\"");
    struct rr_restore_memory memory =
        rr_restore_records_recall(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"));
    assert_int_equal(memory.api_failed_at_ms, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(f60_api_server_that_fails_for_a_moment_is_not_reported, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(f60_api_server_that_fails_for_ten_seconds_is_reported, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f60_bad_reply_for_the_secret_is_reported_too, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f60_api_server_that_works_again_clears_the_failure, bench_setup, bench_teardown),
};
RR_TEST_MAIN(tests)
