/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#define KEY     RR_LIT("shop/cart")
#define READY   "\"reason\":\"BackupDiscovered\",\"status\":\"True\",\"type\":\"Ready\""
#define REFUSED "\"reason\":\"AccessDenied\",\"status\":\"False\",\"type\":\"Ready\""

/* A run of the same object, which the watch has not brought again. */
static void run_again(struct bench *bench, enum bench_store answer)
{
    bench->answer = answer;
    bench_let_be_due(bench);
    (void)bench_reconcile(bench);
}

static void e15_backup_is_not_erased_while_the_watch_is_behind(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, "\"interval\":\"30s\"", NULL);
    (void)bench_reconcile(bench);

    run_again(bench, BENCH_DENIED);

    assert_int_equal(bench->patched_times, 2);
    assert_has(bench_body(bench, 2), REFUSED);
    assert_has(bench_body(bench, 2), "\"key\":\"redis-backups/shop/dump-20260131-235900.rdb\"");
    assert_has(bench_body(bench, 2), "\"lastDiscoveryTime\":");
    assert_has(bench_body(bench, 2), "\"resourceVersion\":\"201\""); /* what the first write made of it */
    assert_int_equal(bench->objects_read, 0);
}

static void e15_recovery_is_written_while_the_watch_is_behind(void **state)
{
    struct bench *bench = *state;
    static char stored[8192];
    bench_put(bench, 1, "\"interval\":\"30s\"", NULL);
    (void)bench_reconcile(bench);
    (void)snprintf(stored, sizeof(stored), "%s", strstr(bench_body(bench, 1), "\"status\":{") + strlen("\"status\":"));
    stored[strlen(stored) - 1] = '\0';
    bench_put(bench, 1, "\"interval\":\"30s\"", stored);
    run_again(bench, BENCH_DENIED);

    run_again(bench, BENCH_PAIR);

    assert_int_equal(bench->patched_times, 3);
    assert_has(bench_body(bench, 2), REFUSED);
    assert_has(bench_body(bench, 3), READY);
}

static void e15_failure_that_stays_is_no_news_while_the_watch_is_behind(void **state)
{
    struct bench *bench = *state;
    bench->answer = BENCH_DENIED;
    bench_put(bench, 1, "\"interval\":\"30s\"", NULL);
    (void)bench_reconcile(bench);

    run_again(bench, BENCH_DENIED);
    run_again(bench, BENCH_DENIED);

    assert_int_equal(bench->patched_times, 1);
    assert_int_equal(test_count(bench_events(bench, 1), "\"reason\":\"AccessDenied\""), 1);
}

static void e15_what_the_watch_brings_counts(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, "\"interval\":\"30s\"", NULL);
    (void)bench_reconcile(bench);
    bench_put(bench, 1, "\"interval\":\"30s\"",
              "{\"message\":\"m\",\"observedGeneration\":1,\"phase\":\"Discovered\",\"lastDiscoveryTime\":"
              "\"2026-01-01T00:00:00Z\",\"backup\":{\"replicationID\":\"kept\"}}");

    run_again(bench, BENCH_DENIED);

    /* The next write stands on what the watch brought, and carries nothing over that another client wrote (E-17). */
    assert_lacks(bench_body(bench, 2), "\"resourceVersion\":\"201\"");
    assert_lacks(bench_body(bench, 2), "\"replicationID\":\"kept\"");
}

/* An older custom resource prunes: what the watch brings back is never all of it. */
static void e15_answer_that_a_crd_cuts_short_is_written_once(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = {
        { .status = 500,
          .message = "failed to create typed patch object (shop/cart): .status.storage: field not "
                     "declared in schema" },
    };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, "\"interval\":\"30s\"", NULL);
    (void)bench_reconcile(bench);
    assert_int_equal(bench->patched_times, 2);
    bench_put_as(bench, 1, "202", "\"interval\":\"30s\"", "{\"observedGeneration\":1}");

    run_again(bench, BENCH_PAIR);

    assert_int_equal(bench->patched_times, 2);
    bench_put_as(bench, 1, "203", "\"interval\":\"30s\"", "{\"observedGeneration\":1}"); /* edited since */
    run_again(bench, BENCH_PAIR);
    assert_int_equal(bench->patched_times, 3);
}

static void f13_suspension_that_cannot_be_written_is_logged_once(void **state)
{
    struct bench *bench = *state;
    static const char *const specs[] = { "\"suspend\":true", "\"interval\":\"1 fortnight\"" };
    static const struct bench_patch patches[] = { { .status = 422 }, { .status = 422 }, { .status = 422 },
                                                  { .status = 422 }, { .status = 422 }, { .status = 422 } };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    for (int i = 0; i < (int)RR_COUNT(specs); i++) {
        bench_put(bench, i + 1, specs[i], NULL);
        for (int tries = 0; tries < 3; tries++) {
            bench_let_be_due(bench);
            assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_FAILED);
        }
        assert_int_equal(bench->patched_times, 3 * (i + 1));
        assert_int_equal(test_count(bench_logged(bench), "\"level\":\"error\""), i + 1);
    }
}

static void f13_run_that_was_due_stays_due_when_its_answer_was_not_written(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = {
        { .status = 409 }, { .status = 409 }, { .status = 409 }, { .status = 409 }, { .status = 409 }
    };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, "\"interval\":\"24h\"",
              "{\"observedGeneration\":1,\"backup\":{\"replicationID\":\"r\"},\"lastDiscoveryTime\":\"2026-01-01T00:00:"
              "00Z\",\"conditions\":[{\"type\":"
              "\"Ready\",\"status\":\"True\",\"reason\":\"BackupDiscovered\"}]}");

    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_RETRY);

    struct rr_restore_memory memory = rr_restore_records_recall(bench->reconciler.records, KEY, RR_LIT("u1"));
    assert_int_equal(memory.generation, 1);
    assert_int_not_equal(memory.due_at_ms, 0);
    assert_true(memory.due_at_ms <= rr_clock_monotonic_ms(&rr_clock_system));
}

/* --- the room alone --- */

static void keep(struct bench *bench, const char *key, const char *version, size_t backup_bytes)
{
    rr_auto_ptr(object) object = rr_cache_get(bench->reconciler.cache, KEY);
    static char text[RR_STATUS_SECTION_MAX_BYTES];
    struct rr_restore_status status;
    rr_restore_status_init(&status);
    memset(text, 'b', sizeof(text));
    text[0] = text[backup_bytes - 1] = '"';
    rr_buf_add(&status.backup, (struct rr_slice){ text, backup_bytes });
    rr_restore_records_keep_written(bench->reconciler.records, rr_slice_from(key), object, rr_slice_from(version),
                                    &status, false);
    rr_restore_status_done(&status);
}

static bool recalls(struct bench *bench, const char *key, const char *version)
{
    rr_auto_ptr(object) object = rr_cache_get(bench->reconciler.cache, KEY);
    rr_auto(buf) found = RR_BUF(64);
    struct rr_restore_status status;
    rr_restore_status_init(&status);
    rr_buf_add(&found, RR_LIT("as it was"));
    bool kept =
        rr_restore_records_recall_written(bench->reconciler.records, rr_slice_from(key), object, &found, &status);
    assert_int_equal(status.backup.len > 0, kept);
    assert_slice(rr_buf_slice(&found), kept ? version : "as it was");
    rr_restore_status_done(&status);
    return kept;
}

static void e15_written_status_is_that_of_one_object_as_it_was(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, NULL);
    keep(bench, "a", "7", 9);
    keep(bench, "a", "8", 9);
    assert_true(recalls(bench, "a", "8"));
    assert_true(recalls(bench, "a", "8"));
    assert_false(recalls(bench, "b", "8"));

    rr_restore_records_settle_written(bench->reconciler.records, RR_LIT("a"), NULL);
    assert_false(recalls(bench, "a", "8"));

    keep(bench, "a", "9", 9);
    bench_put(bench, 1, NULL, NULL); /* another resourceVersion */
    assert_false(recalls(bench, "a", "9"));
}

static void e15_memory_for_written_statuses_is_limited_and_released(void **state)
{
    struct bench *bench = *state;
    char key[16];
    int kept = 0;
    bench_put(bench, 1, NULL, NULL);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 400; i++) {
            (void)snprintf(key, sizeof(key), "k%d", i);
            keep(bench, key, "7", RR_STATUS_SECTION_MAX_BYTES);
            kept += recalls(bench, key, "7");
        }
        assert_in_range(kept, 60 * (round + 1), 128 * (round + 1));
        for (int i = 0; i < 400; i++) {
            (void)snprintf(key, sizeof(key), "k%d", i);
            rr_restore_records_settle_written(bench->reconciler.records, rr_slice_from(key), NULL);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(e15_backup_is_not_erased_while_the_watch_is_behind, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e15_recovery_is_written_while_the_watch_is_behind, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e15_failure_that_stays_is_no_news_while_the_watch_is_behind, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(e15_what_the_watch_brings_counts, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e15_answer_that_a_crd_cuts_short_is_written_once, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f13_suspension_that_cannot_be_written_is_logged_once, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f13_run_that_was_due_stays_due_when_its_answer_was_not_written, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(e15_written_status_is_that_of_one_object_as_it_was, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e15_memory_for_written_statuses_is_limited_and_released, bench_setup,
                                    bench_teardown),
};
RR_TEST_MAIN(tests)
