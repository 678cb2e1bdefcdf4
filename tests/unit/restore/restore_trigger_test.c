/* SPDX-License-Identifier: Apache-2.0 */
/* The last result in the status of a new generation whose discovery fails (behaviour T-05). */
#include "bench.h"

#define RDB    "dump-20260131-235900.rdb"
#define DENIED "\"reason\":\"AccessDenied\",\"status\":\"False\",\"type\":\"Ready\""
#define OTHER  "\"selection\":{\"replicationID\":\"other\"}"

/* The status of the n-th write, as the API server stores it. */
static const char *written(struct bench *bench, int number)
{
    static char stored[8192];
    const char *status = strstr(bench_body(bench, number), "\"status\":{");
    assert_non_null(status);
    (void)snprintf(stored, sizeof(stored), "%s", status + strlen("\"status\":"));
    stored[strlen(stored) - 1] = '\0';
    return stored;
}

/* The object gets this spec as a new generation, and is reconciled. */
static void change(struct bench *bench, int generation, const char *more_spec, const char *status)
{
    struct rr_restore_memory memory =
        rr_restore_records_recall(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"));
    memory.next_write_ms = memory.next_repair_ms = 0;
    rr_restore_records_remember(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"), &memory);
    bench_put(bench, generation, more_spec, status);
    (void)bench_reconcile(bench);
}

/* The backup is found in generation 1; from now on the store refuses. */
static void find_first(struct bench *bench)
{
    bench_put(bench, 1, NULL, NULL);
    (void)bench_reconcile(bench);
    assert_has(bench_body(bench, 1), RDB);
    bench->answer = BENCH_DENIED;
}

static void t05_failure_after_a_trigger_keeps_the_backup(void **state)
{
    struct bench *bench = *state;
    find_first(bench);

    change(bench, 2, "\"trigger\":\"t1\",\"interval\":\"5m\",\"discoveryTimeout\":\"1m\"", written(bench, 1));

    const char *body = bench_body(bench, 2);
    assert_has(body, DENIED);
    assert_has(body, RDB);
    assert_has(body, "\"lastHandledTrigger\":\"t1\"");
    assert_has(body, "\"observedGeneration\":2,\"phase\"");
    assert_has(body, "\"lastDiscoveryTime\"");
}

static void t05_failure_after_a_trigger_and_another_question_drops_the_backup(void **state)
{
    struct bench *bench = *state;
    find_first(bench);

    change(bench, 2, "\"trigger\":\"t1\"," OTHER, written(bench, 1));
    assert_has(bench_body(bench, 2), DENIED);
    assert_lacks(bench_body(bench, 2), RDB);

    change(bench, 3, "\"trigger\":\"t2\"", written(bench, 2)); /* the first question again: its backup is not known */
    assert_lacks(bench_body(bench, 3), RDB);
}

static void t05_trigger_after_a_restart_keeps_the_backup_of_the_answered_generation(void **state)
{
    struct bench *bench = *state;
    find_first(bench);
    char status[8192];
    (void)snprintf(status, sizeof(status), "%s", written(bench, 1));
    rr_restore_records_forget(bench->reconciler.records, RR_LIT("shop/cart"));
    bench_put(bench, 1, NULL, status);
    (void)bench_reconcile(bench); /* the first look of the new process */
    assert_int_equal(bench->patched_times, 1);

    change(bench, 2, "\"trigger\":\"t1\"", status);

    assert_has(bench_body(bench, 2), DENIED);
    assert_has(bench_body(bench, 2), RDB);
}

static void t05_altered_backup_is_not_kept_after_a_trigger(void **state)
{
    struct bench *bench = *state;
    find_first(bench);
    char forged[8192];
    (void)snprintf(forged, sizeof(forged), "%s", written(bench, 1));
    char *at = strstr(forged, RDB);
    assert_non_null(at);
    memcpy(at, "dump-20990101-000000.rdb", strlen(RDB));

    change(bench, 2, "\"trigger\":\"t1\"", forged);

    assert_has(bench_body(bench, 2), DENIED);
    assert_lacks(bench_body(bench, 2), "dump-2");
}

static void t05_failure_after_a_suspension_keeps_the_backup(void **state)
{
    struct bench *bench = *state;
    find_first(bench);
    change(bench, 2, "\"suspend\":true", written(bench, 1));
    assert_has(bench_body(bench, 2), "Suspended");

    change(bench, 3, "\"suspend\":false", written(bench, 2));

    assert_has(bench_body(bench, 3), DENIED);
    assert_has(bench_body(bench, 3), RDB);
}

static void t05_backup_of_a_suspension_is_not_that_of_a_spec_changed_with_it(void **state)
{
    struct bench *bench = *state;
    find_first(bench);
    change(bench, 2, "\"suspend\":true," OTHER, written(bench, 1));
    assert_has(bench_body(bench, 2), RDB);
    char suspended[8192];
    (void)snprintf(suspended, sizeof(suspended), "%s", written(bench, 2));
    change(bench, 2, "\"suspend\":true," OTHER, suspended); /* another look */

    change(bench, 3, "\"suspend\":false," OTHER, suspended);

    assert_has(bench_body(bench, 3), DENIED);
    assert_lacks(bench_body(bench, 3), RDB);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(t05_failure_after_a_trigger_keeps_the_backup, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(t05_failure_after_a_trigger_and_another_question_drops_the_backup, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(t05_trigger_after_a_restart_keeps_the_backup_of_the_answered_generation,
                                    bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(t05_altered_backup_is_not_kept_after_a_trigger, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(t05_failure_after_a_suspension_keeps_the_backup, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(t05_backup_of_a_suspension_is_not_that_of_a_spec_changed_with_it, bench_setup,
                                    bench_teardown),
};
RR_TEST_MAIN(tests)
