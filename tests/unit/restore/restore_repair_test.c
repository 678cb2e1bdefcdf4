/* SPDX-License-Identifier: Apache-2.0 */
/* Repair of a status that was lost or altered by another client (behaviour E-17). */
#include "bench.h"

#include <redisrestore/text/json_canonical.h>

#define READY "\"reason\":\"BackupDiscovered\",\"status\":\"True\",\"type\":\"Ready\""

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

/* Puts the object with this status into the cache as a version that this process did not write, and looks at it. */
static struct rr_reconcile_result look_at(struct bench *bench, const char *status)
{
    struct rr_restore_memory memory =
        rr_restore_records_recall(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"));
    memory.next_write_ms = memory.next_repair_ms = 0;
    rr_restore_records_remember(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"), &memory);
    bench_put(bench, 1, NULL, status);
    return bench_reconcile(bench);
}

static void e17_status_that_is_as_written_costs_no_request(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, NULL);
    (void)bench_reconcile(bench);

    assert_int_equal(look_at(bench, written(bench, 1)).next, RR_RECONCILE_DONE);

    assert_int_equal(bench->patched_times, 1);
    assert_int_equal(fake_store_requests(&bench->store_server), 1);
}

static void e15_status_that_was_stored_without_its_lists_is_not_taken_for_altered(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { { .status = 413 } };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    bench_put(bench, 1, NULL, NULL);
    (void)bench_reconcile(bench);
    assert_int_equal(bench->patched_times, 2);
    assert_has(bench_body(bench, 1), "\"candidates\"");
    assert_lacks(bench_body(bench, 2), "\"candidates\"");

    assert_int_equal(look_at(bench, written(bench, 2)).next, RR_RECONCILE_DONE);

    assert_int_equal(bench->patched_times, 2);
    assert_int_equal(fake_store_requests(&bench->store_server), 1);
    assert_lacks(bench_logged(bench), "altered");
}

/* A copy of `status` with one text replaced; NULL when it is not in there. */
static const char *with(const char *status, const char *old, const char *new)
{
    static char altered[8192];
    const char *at = strstr(status, old);
    if (at == NULL)
        return NULL;
    (void)snprintf(altered, sizeof(altered), "%.*s%s%s", (int)(at - status), status, new, at + strlen(old));
    return altered;
}

static void e17_status_that_was_lost_or_altered_is_written_again(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *old, *new;
    } changes[] = {
        { "\"status\":\"True\",\"type\":\"Ready\"", "\"status\":\"False\",\"type\":\"Ready\"" },
        { "\"reason\":\"BackupDiscovered\",\"status\":\"True\",\"type\":\"Ready\"",
          "\"reason\":\"Forged\",\"status\":\"True\",\"type\":\"Ready\"" },
        { "dump-20260131-235900.rdb", "dump-20990101-000000.rdb" },
        { "\"phase\":\"Discovered\"", "\"phase\":\"Made up\"" },
        { "\"observedGeneration\":1,\"phase\"", "\"observedGeneration\":7,\"phase\"" },
        { "\"type\":\"StorageReachable\"", "\"type\":\"Stalled\"" },
    };
    bench_put(bench, 1, NULL, NULL);
    (void)bench_reconcile(bench);
    static char good[8192];
    (void)snprintf(good, sizeof(good), "%s", written(bench, 1));
    int writes = 1;
    (void)look_at(bench, "{\"observedGeneration\":-1}");
    assert_int_equal(bench->patched_times, ++writes);
    for (size_t i = 0; i < RR_COUNT(changes); i++) {
        const char *altered = with(good, changes[i].old, changes[i].new);
        assert_non_null(altered);

        (void)look_at(bench, altered);

        assert_int_equal(bench->patched_times, ++writes);
        assert_has(bench_body(bench, writes), READY);
        assert_has(bench_body(bench, writes), "\"key\":\"redis-backups/shop/dump-20260131-235900.rdb\"");
        assert_lacks(bench_body(bench, writes), "Stalled");
    }
}

/* From any stored status one look leads to the right one: members are missing, or only one is left. */
static void e17_property_any_altered_status_is_right_after_one_look(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, NULL);
    (void)bench_reconcile(bench);
    static char good[8192];
    (void)snprintf(good, sizeof(good), "%s", written(bench, 1));
    rr_auto(json) json = { 0 };
    struct rr_error err;
    assert_ok(rr_json_parse(rr_slice_from(good), &json, &err), err);
    /* Each member is left out in turn, or stands alone. */
    for (const struct rr_json_node *left_out = rr_json_first(json.root); left_out != NULL;
         left_out = rr_json_next(left_out)) {
        for (int alone = 0; alone < 2; alone++) {
            rr_auto(buf) text = RR_BUF(65536);
            const char *comma = "";
            rr_buf_add(&text, RR_LIT("{"));
            for (const struct rr_json_node *member = rr_json_first(json.root); member != NULL;
                 member = rr_json_next(member)) {
                if ((member == left_out) != (alone == 1))
                    continue;
                rr_buf_addf(&text, "%s\"%s\":", comma, rr_json_name(member));
                rr_json_canonical(&text, member);
                comma = ",";
            }
            rr_buf_add(&text, RR_LIT("}"));
            int before = bench->patched_times;

            (void)look_at(bench, rr_buf_text(&text));

            assert_int_equal(bench->patched_times, before + 1);
            assert_has(bench_body(bench, before + 1), READY);
            assert_has(bench_body(bench, before + 1), "\"key\":\"redis-backups/shop/dump-20260131-235900.rdb\"");
        }
    }
}

static void e17_altered_backup_is_not_carried_over_by_a_failure(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, NULL);
    (void)bench_reconcile(bench);
    const char *forged = with(written(bench, 1), "dump-20260131-235900.rdb", "dump-20990101-000000.rdb");
    bench->answer = BENCH_DENIED;

    (void)look_at(bench, forged);

    assert_has(bench_body(bench, 2), "\"reason\":\"AccessDenied\",\"status\":\"False\",\"type\":\"Ready\"");
    assert_lacks(bench_body(bench, 2), "dump-20990101-000000.rdb");
}

static void e17_status_that_is_altered_all_the_time_is_repaired_once_a_minute(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, NULL);
    (void)bench_reconcile(bench);
    (void)look_at(bench, "{\"observedGeneration\":-1}");
    assert_int_equal(bench->patched_times, 2);
    struct rr_restore_memory memory =
        rr_restore_records_recall(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"));
    memory.next_write_ms = 0;
    rr_restore_records_remember(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"), &memory);
    bench_put(bench, 1, NULL, "{\"observedGeneration\":-1}");

    struct rr_reconcile_result result = bench_reconcile(bench);

    assert_int_equal(result.next, RR_RECONCILE_AFTER);
    assert_in_range(result.delay_ms, 30000, 60000);
    assert_int_equal(bench->patched_times, 2);
}

static void e17_edit_of_an_altered_object_does_not_wait_for_the_next_repair(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, NULL);
    (void)bench_reconcile(bench);
    (void)look_at(bench, "{\"observedGeneration\":-1}");
    struct rr_restore_memory memory =
        rr_restore_records_recall(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"));
    assert_true(memory.next_repair_ms > 0);
    memory.next_write_ms = 0;
    rr_restore_records_remember(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"), &memory);
    bench_put(bench, 2, NULL, "{\"observedGeneration\":-1}");

    struct rr_reconcile_result result = bench_reconcile(bench);

    assert_int_equal(result.next, RR_RECONCILE_DONE);
    assert_int_equal(bench->patched_times, 3);
    assert_has(bench_body(bench, 3), "\"observedGeneration\":2,\"phase\"");
}

#define FIRST "2026-01-31T00:00:01Z"
#define LATER "2026-01-31T00:00:02Z"

/* This process writes the status; later it is found altered, and our field manager applied it last at `found_at`. */
static void write_and_find(struct bench *bench, const char *found_at)
{
    bench->applied_at = FIRST;
    bench->live_applied_at = found_at;
    bench_put(bench, 1, NULL, NULL);
    (void)bench_reconcile(bench);
    (void)look_at(bench, "{\"observedGeneration\":-1}");
    assert_int_equal(bench->patched_times, 2);
}

static void e20_later_write_of_our_manager_is_a_second_controller(void **state)
{
    struct bench *bench = *state;

    write_and_find(bench, LATER);

    assert_has(bench_events(bench, 2), "\"type\":\"Warning\",\"reason\":\"SecondController\"");
    assert_has(bench_logged(bench), "another controller writes the statuses of the same objects");
    assert_lacks(bench_logged(bench), "by another client");
}

static void e20_write_of_another_client_is_no_second_controller(void **state)
{
    struct bench *bench = *state;

    write_and_find(bench, FIRST);

    assert_has(bench_logged(bench), "status lost or altered by another client");
    assert_lacks(bench_logged(bench), "another controller");
}

static void e20_failed_write_claims_nothing(void **state)
{
    struct bench *bench = *state;
    static const struct bench_patch patches[] = { { 0 }, { .status = 422, .message = "no" } };
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    write_and_find(bench, FIRST); /* the repair fails */
    bench->live_applied_at = LATER;
    int read = bench->objects_read;

    (void)look_at(bench, "{\"observedGeneration\":-2}");

    assert_int_equal(bench->objects_read, read);
    assert_lacks(bench_logged(bench), "another controller");
}

static void e17_contradictory_status_is_repaired_after_a_restart(void **state)
{
    struct bench *bench = *state;
    /* Ready was set to True by another client; this process has written nothing yet. */
    bench_put(
        bench, 1, NULL,
        "{\"message\":\"m\",\"observedGeneration\":1,\"phase\":\"Failed\",\"conditions\":[{\"type\":\"Ready\","
        "\"status\":"
        "\"True\",\"reason\":\"AccessDenied\",\"message\":\"m\",\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}]}");

    (void)bench_reconcile(bench);

    assert_int_equal(bench->patched_times, 1);
    assert_has(bench_body(bench, 1), READY);
}

#define CONDITION(type, reason)                                                                                        \
    "{\"type\":\"" type "\",\"status\":\"True\",\"reason\":\"" reason                                                  \
    "\",\"message\":\"m\",\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}"
#define REFUSED                                                                                                        \
    "{\"message\":\"m\",\"observedGeneration\":1,\"phase\":\"Failed\",\"conditions\":[{\"type\":\"Ready\",\"status\":" \
    "\"False\",\"reason\":\"InvalidSpec\",\"message\":\"m\",\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}"          \
    "," CONDITION("Stalled", "InvalidSpec")

static void e17_stalled_and_reconciling_at_once_is_repaired_after_a_restart(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, "\"interval\":\"1s\"", REFUSED "]}"); /* as a process before this one left it */
    (void)bench_reconcile(bench);
    assert_int_equal(bench->patched_times, 0);

    bench_put(bench, 1, "\"interval\":\"1s\"", REFUSED "," CONDITION("Reconciling", "InvalidSpec") "]}");
    (void)bench_reconcile(bench);

    assert_int_equal(bench->patched_times, 1);
    assert_has(bench_body(bench, 1), "\"type\":\"Stalled\"");
    assert_lacks(bench_body(bench, 1), "Reconciling");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(e17_status_that_is_as_written_costs_no_request, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e15_status_that_was_stored_without_its_lists_is_not_taken_for_altered, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(e17_status_that_was_lost_or_altered_is_written_again, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e17_property_any_altered_status_is_right_after_one_look, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(e17_altered_backup_is_not_carried_over_by_a_failure, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e17_status_that_is_altered_all_the_time_is_repaired_once_a_minute, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(e17_edit_of_an_altered_object_does_not_wait_for_the_next_repair, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(e20_later_write_of_our_manager_is_a_second_controller, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e20_write_of_another_client_is_no_second_controller, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e20_failed_write_claims_nothing, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e17_contradictory_status_is_repaired_after_a_restart, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(e17_stalled_and_reconciling_at_once_is_repaired_after_a_restart, bench_setup,
                                    bench_teardown),
};
RR_TEST_MAIN(tests)
