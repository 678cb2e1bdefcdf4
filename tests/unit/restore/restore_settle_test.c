/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include "fakes/fake_clock.h"

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

static void t02_interval_counts_from_the_discovery_though_its_write_was_late(void **state)
{
    enum { MINUTE_MS = 60 * 1000 };
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { { .status = 403 } };
    struct fake_clock fake = { .monotonic_ms = rr_clock_monotonic_ms(&rr_clock_system) + (int64_t)6 * MINUTE_MS };
    struct rr_clock later = fake_clock(&fake);
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, "\"interval\":\"10m\"", NULL);
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_FAILED);

    bench->reconciler.clock = &later;
    struct rr_reconcile_result result = bench_reconcile(bench);

    assert_int_equal(bench->patched_times, 2);
    assert_int_equal(fake_store_requests(&bench->store_server), 1);
    assert_int_equal(result.next, RR_RECONCILE_AFTER);
    assert_in_range(result.delay_ms, 2 * MINUTE_MS, 5 * MINUTE_MS); /* 4 are left, spread by one */
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

/* Tells these Events, and waits until they are written. */
static const char *tell(struct bench *bench, struct rr_restore_events_due due, enum rr_reason reason, int count)
{
    rr_auto_ptr(object) object = rr_cache_get(bench->reconciler.cache, RR_LIT("shop/cart"));
    rr_restore_events_tell(bench->reconciler.events, object, due, reason, RR_LIT("the \"message\""));
    return bench_events(bench, count);
}

static void e03_each_due_event_has_type_reason_and_message(void **state)
{
    struct bench *bench = *state;
    static const char several[] = "\"note\":\"more than one replication ID has backups below the prefix; set "
                                  "spec.selection.replicationID to be sure which one is taken\"";
    static const char note[] = "\"note\":\"the \\\"message\\\"\"";
    bench_put_as(bench, 1, "17", NULL, NULL);

    const char *events = tell(
        bench, (struct rr_restore_events_due){ .reason = true, .several_ids = true, .warnings = { true, true, true } },
        RR_REASON_ACCESS_DENIED, 5);

    static const char *const reasons[] = { "AccessDenied", "AmbiguousReplicationID", "SuddenlySmall", "Archived",
                                           "OrderContradiction" };
    for (size_t i = 0; i < RR_COUNT(reasons); i++) {
        char words[64];
        (void)snprintf(words, sizeof words, "\"type\":\"Warning\",\"reason\":\"%s\"", reasons[i]);
        assert_int_equal(test_count(events, words), 1);
    }
    assert_int_equal(test_count(events, note), 4);
    assert_int_equal(test_count(events, several), 1);
    assert_int_equal(test_count(events, "\"action\":\"Discover\""), 5);
    assert_int_equal(test_count(events, "\"regarding\":{\"apiVersion\":\"redisrestore.dev/v1alpha1\",\"kind\":"
                                        "\"RedisRestore\",\"namespace\":\"shop\",\"name\":\"cart\",\"uid\":\"u1\","
                                        "\"resourceVersion\":\"17\"}"),
                     5);
}

static void e03_event_of_a_suspension_is_normal_and_alone(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, NULL);

    const char *events = tell(bench, (struct rr_restore_events_due){ .reason = true }, RR_REASON_SUSPENDED, 1);

    assert_int_equal(test_count(events, "\"type\":"), 1);
    assert_has(events, "\"type\":\"Normal\",\"reason\":\"Suspended\"");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(t02_interval_counts_from_the_discovery_though_its_write_was_late, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(e11_dropped_answer_is_no_event, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f13_forbidden_status_is_one_event, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e03_each_due_event_has_type_reason_and_message, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e03_event_of_a_suspension_is_normal_and_alone, bench_setup, bench_teardown),
};
RR_TEST_MAIN(tests)
