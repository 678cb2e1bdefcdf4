/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <redisrestore/base/thread.h>

#define ALONE(result)                                                                                                  \
    do {                                                                                                               \
        assert_int_equal((result).next, RR_RECONCILE_DONE);                                                            \
    } while (0)

#define FOUND                                                                                                          \
    "\"message\":\"m\",\"observedGeneration\":1,\"phase\":\"Discovered\",\"lastDiscoveryTime\":\"2026-01-01T00:00:00Z" \
    "\",\"backup\":{\"replicationID\":\"kept\"},\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"reason\":"   \
    "\"BackupDiscovered\",\"message\":\"m\",\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}]"

static void e12_pair_is_written_by_one_apply(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, "\"trigger\":\"go\"", NULL);

    ALONE(bench_reconcile(bench));

    assert_int_equal(bench->patched_times, 1);
    const char *body = bench_body(bench, 1);
    assert_has(body, "\"uid\":\"u1\",\"resourceVersion\":\"1");
    assert_has(body, "\"observedGeneration\":1,\"phase\":\"Discovered\"");
    assert_has(body, "\"lastHandledTrigger\":\"go\"");
    assert_has(body, "\"pairing\":\"Exact\"");
    assert_has(body, "\"key\":\"redis-backups/shop/dump-20260131-235900.rdb\"");
    assert_lacks(body, "Reconciling");
    assert_has(rr_buf_text(&bench->targets), "status?fieldManager=redisrestore-controller&force=true HTTP/1.1\r\n");
    assert_has(rr_buf_text(&bench->targets), "application/apply-patch+yaml");
    assert_has(bench_events(bench, 1), "\"type\":\"Normal\",\"reason\":\"BackupDiscovered\"");
}

static void e15_equal_answer_is_not_written_again(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, "\"interval\":\"30s\"", NULL);
    struct rr_reconcile_result first = bench_reconcile(bench);
    struct rr_restore_memory memory =
        rr_restore_records_recall(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"));
    memory.due_at_ms = 1;
    memory.next_write_ms = 0;
    rr_restore_records_remember(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"), &memory);
    const char *status = strstr(bench_body(bench, 1), "\"status\":{");
    char stored[8192];
    (void)snprintf(stored, sizeof(stored), "%s", status + strlen("\"status\":"));
    stored[strlen(stored) - 1] = '\0';
    bench_put(bench, 1, "\"interval\":\"30s\"", stored);

    struct rr_reconcile_result second = bench_reconcile(bench);

    assert_int_equal(first.next, RR_RECONCILE_AFTER);
    assert_in_range(first.delay_ms, 27000, 33000);
    assert_int_equal(second.next, RR_RECONCILE_AFTER);
    assert_int_equal(bench->patched_times, 1);
    assert_int_equal(fake_store_requests(&bench->store_server), 2);
}

static void f18_refused_by_the_store_is_class_c_and_quotes_nothing(void **state)
{
    struct bench *bench = *state;
    bench->answer = BENCH_DENIED;
    bench_put(bench, 1, NULL, NULL);

    struct rr_reconcile_result result = bench_reconcile(bench);

    assert_int_equal(result.next, RR_RECONCILE_AFTER);
    assert_in_range(result.delay_ms, 40000, 60000);
    assert_has(bench_body(bench, 1), "\"reason\":\"AccessDenied\",\"status\":\"False\",\"type\":\"Ready\"");
    assert_has(bench_body(bench, 1), "\"type\":\"Reconciling\"");
    assert_lacks(bench_body(bench, 1), "CANARY");
    assert_has(bench_events(bench, 1), "\"type\":\"Warning\",\"reason\":\"AccessDenied\"");
}

static void t05_failure_within_a_generation_sends_the_backup_again(void **state)
{
    struct bench *bench = *state;
    bench->answer = BENCH_DENIED;
    bench_put(bench, 1, "\"interval\":\"30s\"", "{" FOUND "}");

    (void)bench_reconcile(bench);

    assert_has(bench_body(bench, 1), "\"backup\":{\"replicationID\":\"kept\"}");
    assert_has(bench_body(bench, 1), "\"lastDiscoveryTime\":\"2026-01-01T00:00:00Z\"");
    assert_has(bench_body(bench, 1), "\"reason\":\"AccessDenied\"");
}

static void t05_new_generation_is_written_without_the_backup(void **state)
{
    struct bench *bench = *state;
    bench->answer = BENCH_DENIED;
    bench_put(bench, 2, NULL, "{" FOUND "}");

    (void)bench_reconcile(bench);

    assert_lacks(bench_body(bench, 1), "kept");
    assert_lacks(bench_body(bench, 1), "lastDiscoveryTime");
}

static void t02_ready_object_without_interval_costs_no_request(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, "{" FOUND "}");

    ALONE(bench_reconcile(bench));

    assert_int_equal(test_server_requests(bench->kube), 0);
    assert_int_equal(fake_store_requests(&bench->store_server), 0);
}

static void t04_suspended_object_keeps_its_backup_and_sends_no_request(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 2, "\"suspend\":true,\"trigger\":\"later\"", "{" FOUND "}");

    ALONE(bench_reconcile(bench));

    assert_has(bench_body(bench, 1), "\"reason\":\"Suspended\",\"status\":\"Unknown\"");
    assert_has(bench_body(bench, 1), "\"backup\":{\"replicationID\":\"kept\"}");
    assert_has(bench_body(bench, 1), "\"observedGeneration\":2,\"phase\":\"Suspended\"");
    assert_lacks(bench_body(bench, 1), "lastHandledTrigger");
    assert_int_equal(bench->secrets_read, 0);
    assert_int_equal(fake_store_requests(&bench->store_server), 0);
}

static void f36_invalid_spec_sends_no_request(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, "\"interval\":\"1s\"", NULL);

    ALONE(bench_reconcile(bench));

    assert_has(bench_body(bench, 1), "\"reason\":\"InvalidSpec\"");
    assert_has(bench_body(bench, 1), "\"type\":\"Stalled\"");
    assert_int_equal(bench->secrets_read, 0);
}

static void f32_missing_secret_is_retried_soon(void **state)
{
    struct bench *bench = *state;
    bench->secret_status = 404;
    bench_put(bench, 1, NULL, NULL);

    struct rr_reconcile_result result = bench_reconcile(bench);

    assert_in_range(result.delay_ms, 4000, 6000);
    assert_has(bench_body(bench, 1), "\"reason\":\"SecretNotFound\"");
    assert_int_equal(fake_store_requests(&bench->store_server), 0);
}

static void f44_key_that_no_store_has_is_malformed(void **state)
{
    struct bench *bench = *state;
    bench->answer = BENCH_LONG_KEY;
    bench_put(bench, 1, NULL, NULL);

    (void)bench_reconcile(bench);

    assert_has(bench_body(bench, 1), "\"reason\":\"MalformedResponse\"");
}

static void f13_conflict_with_the_same_generation_is_sent_again(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { { .status = 409 } };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, NULL, NULL);

    ALONE(bench_reconcile(bench));

    assert_int_equal(bench->patched_times, 2);
    assert_has(bench_body(bench, 2), "\"resourceVersion\":\"151\"");
}

static void f13_conflict_with_another_generation_or_uid_drops_the_answer(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { { .status = 409, .live_generation = 2 },
                                                  { .status = 409, .live_generation = 1, .live_uid = "u2" } };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, NULL, NULL);

    for (int i = 0; i < 2; i++) {
        struct rr_reconcile_result result = bench_reconcile(bench);
        assert_int_equal(result.next, RR_RECONCILE_AFTER); /* if the watch does not tell sooner */
        assert_in_range(result.delay_ms, 48 * 1000, 72 * 1000);
        rr_restore_records_forget(bench->reconciler.records,
                                  RR_LIT("shop/cart")); /* and with it the pause of a second */
    }

    assert_int_equal(bench->patched_times, 2);
    assert_int_equal(bench->objects_read, 2);
}

static void f13_refused_write_follows_its_code(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { { .status = 403 },
                                                  { .status = 422 },
                                                  { .status = 413 },
                                                  { .status = 413 } /* without its lists */ };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);

    for (int generation = 1; generation <= 3; generation++) {
        bench_put(bench, generation, NULL, NULL);
        struct rr_reconcile_result result = bench_reconcile(bench);
        assert_int_equal(result.next, RR_RECONCILE_FAILED);
        assert_in_range(result.delay_ms, 40000, 60000);
    }

    assert_has(bench_events(bench, 2), "\"type\":\"Warning\",\"reason\":\"StatusRefused\"");
    assert_has(bench_events(bench, 2), "\"type\":\"Warning\",\"reason\":\"StatusForbidden\"");
    assert_int_equal(bench->patched_times, 4);
}

static int64_t until_of(void *context)
{
    return *(int64_t *)context;
}

/* The process was stopped, and its Lease was renewed before it was lost: no other replica answers. */
static void l10_status_that_the_guard_forbade_is_written_once_it_is_allowed(void **state)
{
    struct bench *bench = *state;
    int64_t until_ms = 0;
    struct rr_kube_guard guard = { .until_ms = until_of, .context = &until_ms };
    bench->reconciler.guard = &guard;
    bench_put(bench, 1, "\"interval\":\"30s\"", NULL);
    struct rr_reconcile_result result = bench_reconcile(bench);
    assert_int_equal(result.next, RR_RECONCILE_RETRY);
    assert_int_equal(result.delay_ms, 30000); /* the longest back-off (W-02) */
    assert_int_equal(bench->patched_times, 0);

    until_ms = INT64_MAX;
    struct rr_restore_memory none = { 0 };
    rr_restore_records_remember(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"), &none);
    (void)bench_reconcile(bench);

    assert_int_equal(bench->patched_times, 1);
    assert_int_equal(fake_store_requests(&bench->store_server), 1);
}

#define TYPED  "failed to create typed patch object (shop/cart; redisrestore.dev/v1alpha1, Kind=RedisRestore): "
#define NO_TAG ".status.backup.rdb.etag: field not declared in schema"

static void e15_field_that_the_crd_lacks_is_left_out_and_logged_once(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = {
        { .status = 500, .message = TYPED "errors:\\n  " NO_TAG "\\n  .status.storage: field not declared in schema" },
        { .status = 500, .message = TYPED ".status.storage: field not declared in schema" },
        { 0 },
        { .status = 500, .message = TYPED ".status.storage: field not declared in schema" },
    };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, NULL, NULL);

    ALONE(bench_reconcile(bench));
    bench_put(bench, 2, NULL, NULL);
    struct rr_restore_memory none = { 0 };
    rr_restore_records_remember(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"), &none);
    ALONE(bench_reconcile(bench));

    assert_int_equal(bench->patched_times, 5);
    assert_has(bench_body(bench, 1), "\"rdb\":{\"etag\":\"e\",\"key\"");
    assert_has(bench_body(bench, 2), "\"rdb\":{\"key\":\"redis-backups/shop/dump");
    assert_has(bench_body(bench, 2), "\"aof\":{\"etag\":\"e\"");
    assert_lacks(bench_body(bench, 3), "\"storage\":");
    assert_has(bench_body(bench, 3), "\"type\":\"Ready\"");
    const char *events = bench_events(bench, 3);
    const char *told = strstr(events, "\"reason\":\"CRDOutdated\"");
    assert_non_null(told);
    assert_null(strstr(told + 1, "\"reason\":\"CRDOutdated\""));
}

static void e15_status_that_fits_no_schema_is_not_retried_indefinitely(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = {
        { .status = 500, .message = TYPED ".status.phase: expected numeric, got string" },
    };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, NULL, NULL);

    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_FAILED);

    assert_int_equal(bench->patched_times, 1);
}

#define CONFLICTS_ALWAYS                                                                                               \
    { .status = 409 }, { .status = 409 }, { .status = 409 }, { .status = 409 },                                        \
    {                                                                                                                  \
        .status = 409                                                                                                  \
    }

static void f13_failed_write_is_repeated_without_a_discovery(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { CONFLICTS_ALWAYS, CONFLICTS_ALWAYS };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, NULL, NULL);

    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_RETRY);
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_RETRY);
    ALONE(bench_reconcile(bench));

    assert_int_equal(bench->patched_times, 11);
    assert_has(bench_body(bench, 11), "\"phase\":\"Discovered\"");
    assert_int_equal(fake_store_requests(&bench->store_server), 1);
    assert_int_equal(bench->secrets_read, 1);
    assert_has(bench_events(bench, 1), "\"reason\":\"BackupDiscovered\"");
    assert_int_equal(test_count(bench_logged(bench), "\"level\":\"warn\""), 1); /* one failure */
}

static void f13_refused_status_is_retried_and_logged_once(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { { .status = 422 }, { .status = 422 } };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, NULL, NULL);

    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_FAILED);
    struct rr_reconcile_result too_soon = bench_reconcile(bench);
    bench_let_be_due(bench);
    struct rr_reconcile_result again = bench_reconcile(bench);
    bench_let_be_due(bench);
    ALONE(bench_reconcile(bench)); /* the CRD has been applied */

    assert_int_equal(too_soon.next, RR_RECONCILE_AFTER);
    assert_int_equal(again.next, RR_RECONCILE_FAILED);
    assert_in_range(again.delay_ms, 40000, 60000);
    assert_int_equal(bench->patched_times, 3);
    assert_int_equal(fake_store_requests(&bench->store_server), 1);
    assert_int_equal(test_count(bench_events(bench, 2), "StatusRefused"), 1);
    assert_int_equal(test_count(bench_logged(bench), "\"level\":\"error\""), 1);
}

static void f13_unwritten_answer_does_not_outlive_its_generation(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { CONFLICTS_ALWAYS };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, NULL, NULL);
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_RETRY);
    bench->answer = BENCH_EMPTY;
    bench_put(bench, 2, NULL, NULL);

    ALONE(bench_reconcile(bench));

    assert_true(fake_store_requests(&bench->store_server) >= 2); /* one each, and what is near is looked for */
    assert_has(bench_body(bench, 6), "\"observedGeneration\":2,\"phase\":\"NoBackupFound\"");
}

static void f13_write_whose_reply_was_lost_is_not_repeated(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { CONFLICTS_ALWAYS };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, NULL, NULL);
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_RETRY);
    char stored[8192];
    (void)snprintf(stored, sizeof(stored), "%s", strstr(bench_body(bench, 5), "\"status\":{") + strlen("\"status\":"));
    stored[strlen(stored) - 1] = '\0';
    bench_put(bench, 1, NULL, stored);

    ALONE(bench_reconcile(bench));

    assert_int_equal(bench->patched_times, 5);
    assert_int_equal(fake_store_requests(&bench->store_server), 1);
    assert_has(bench_events(bench, 1), "\"reason\":\"BackupDiscovered\""); /* said all the same */
}

static void t06_progressing_write_never_delays_the_result(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { { .status = BENCH_NO_REPLY } };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench->answer = BENCH_SLOW;
    bench_put(bench, 1, NULL, NULL);

    ALONE(bench_reconcile(bench));

    assert_int_equal(bench->patched_times, 2);
    assert_has(bench_body(bench, 1), "\"phase\":\"Discovering\"");
    assert_has(bench_body(bench, 2), "\"phase\":\"Discovered\"");
    assert_has(bench_logged(bench), "failed to write \\\"Progressing\\\" status\",\"errorCode\":\"CANCELLED\"");
}

static void f56_second_write_within_a_second_waits(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, NULL);
    ALONE(bench_reconcile(bench));
    bench_put(bench, 2, "\"trigger\":\"again\"", NULL);

    struct rr_reconcile_result paced = bench_reconcile(bench);

    assert_int_equal(paced.next, RR_RECONCILE_AFTER);
    assert_in_range(paced.delay_ms, 0, 1000);
    assert_int_equal(bench->patched_times, 1);
    assert_int_equal(fake_store_requests(&bench->store_server), 1);
}

static void f56_write_that_lost_against_an_edit_paces_the_next(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { { .status = 409, .live_generation = 2 } };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, NULL, NULL);
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);
    bench_put(bench, 2, NULL, NULL);

    struct rr_reconcile_result paced = bench_reconcile(bench);

    assert_int_equal(paced.next, RR_RECONCILE_AFTER);
    assert_in_range(paced.delay_ms, 0, 1000);
    assert_int_equal(bench->patched_times, 1);
}

static void f56_write_that_an_edit_cut_short_paces_the_next(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { { .status = BENCH_NO_REPLY, .edits = true } };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, NULL, NULL);
    ALONE(bench_reconcile(bench));
    bench_put(bench, 2, NULL, NULL);

    struct rr_reconcile_result paced = bench_reconcile(bench);

    assert_int_equal(paced.next, RR_RECONCILE_AFTER);
    assert_in_range(paced.delay_ms, 0, 1000);
    assert_int_equal(bench->patched_times, 1);
}

static void t06_slow_discovery_writes_progressing_and_then_its_result(void **state)
{
    struct bench *bench = *state;
    bench->answer = BENCH_SLOW;
    bench_put(bench, 2, NULL, "{" FOUND "}");

    ALONE(bench_reconcile(bench));

    assert_int_equal(bench->patched_times, 2);
    assert_has(bench_body(bench, 1), "\"reason\":\"Progressing\",\"status\":\"Unknown\",\"type\":\"Ready\"");
    assert_has(bench_body(bench, 1), "\"type\":\"Reconciling\"");
    assert_lacks(bench_body(bench, 1), "kept");
    assert_has(bench_body(bench, 2), "\"resourceVersion\":\"201\"");
    assert_has(bench_body(bench, 2), "\"reason\":\"BackupDiscovered\"");
    assert_lacks(bench_body(bench, 2), "Reconciling");
}

struct stopper {
    struct bench *bench;
    struct rr_stop *stop; /* NULL: the object's run is cancelled */
};

static void stop_when_listing(void *context)
{
    struct stopper *stopper = context;
    test_gate_wait(&stopper->bench->listed, 1);
    if (stopper->stop != NULL)
        rr_stop_set(stopper->stop);
    else
        rr_restore_records_cancel(stopper->bench->reconciler.records, RR_LIT("shop/cart"));
}

static void assert_ends_without_a_claim(struct bench *bench, struct rr_stop *stop)
{
    struct stopper stopper = { bench, stop };
    struct rr_thread thread = { 0 };
    bench->answer = BENCH_SILENT;
    bench_put(bench, 1, NULL, NULL);
    rr_thread_start(&thread, "stopper", stop_when_listing, &stopper);

    ALONE(bench_reconcile(bench));

    rr_thread_join(&thread);
    assert_lacks(bench_body(bench, 1), "\"status\":\"False\"");
    assert_lacks(bench_logged(bench), "discovery failed");
}

static void f27_end_of_the_process_claims_no_failure(void **state)
{
    struct bench *bench = *state;
    assert_ends_without_a_claim(bench, &bench->stop);
}

static void f27_change_of_the_object_ends_its_discovery(void **state)
{
    assert_ends_without_a_claim(*state, NULL);
}

static void object_that_is_gone_is_forgotten(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, "\"interval\":\"30s\"", NULL);
    (void)bench_reconcile(bench);
    assert_int_not_equal(
        rr_restore_records_recall(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1")).due_at_ms, 0);

    rr_cache_remove(bench->reconciler.cache, RR_LIT("shop"), RR_LIT("cart"), RR_LIT("u1"));
    ALONE(bench_reconcile(bench));

    assert_int_equal(rr_restore_records_recall(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1")).due_at_ms,
                     0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(f13_failed_write_is_repeated_without_a_discovery, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f13_refused_status_is_retried_and_logged_once, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f13_unwritten_answer_does_not_outlive_its_generation, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f13_write_whose_reply_was_lost_is_not_repeated, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(t06_progressing_write_never_delays_the_result, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e12_pair_is_written_by_one_apply, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e15_equal_answer_is_not_written_again, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f18_refused_by_the_store_is_class_c_and_quotes_nothing, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(t05_failure_within_a_generation_sends_the_backup_again, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(t05_new_generation_is_written_without_the_backup, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(t02_ready_object_without_interval_costs_no_request, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(t04_suspended_object_keeps_its_backup_and_sends_no_request, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(f36_invalid_spec_sends_no_request, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f32_missing_secret_is_retried_soon, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f44_key_that_no_store_has_is_malformed, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f13_conflict_with_the_same_generation_is_sent_again, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f13_conflict_with_another_generation_or_uid_drops_the_answer, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(f13_refused_write_follows_its_code, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(l10_status_that_the_guard_forbade_is_written_once_it_is_allowed, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(e15_field_that_the_crd_lacks_is_left_out_and_logged_once, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(e15_status_that_fits_no_schema_is_not_retried_indefinitely, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(f56_second_write_within_a_second_waits, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f56_write_that_lost_against_an_edit_paces_the_next, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f56_write_that_an_edit_cut_short_paces_the_next, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(t06_slow_discovery_writes_progressing_and_then_its_result, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(f27_end_of_the_process_claims_no_failure, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f27_change_of_the_object_ends_its_discovery, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(object_that_is_gone_is_forgotten, bench_setup, bench_teardown),
};
RR_TEST_MAIN(tests)
