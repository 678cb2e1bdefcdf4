/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/restore/restore_view.h>

#include "support/test.h"

static struct rr_json json;

static struct rr_restore_view view_of(const char *text)
{
    struct rr_error err;
    struct rr_restore_view view;
    rr_json_done(&json);
    json = (struct rr_json){ 0 };
    assert_ok(rr_json_parse(rr_slice_from(text), &json, &err), err);
    rr_restore_view_read(json.root, &view);
    return view;
}

static int teardown(void **state)
{
    (void)state;
    rr_json_done(&json);
    json = (struct rr_json){ 0 };
    return 0;
}

#define OBJECT(generation, observed, ready, more)                                                                      \
    "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"cart\",\"generation\":" generation                               \
    "},\"spec\":{\"suspend\":true,"                                                                                    \
    "\"source\":{\"s3\":{\"bucket\":\"b\",\"endpoint\":\"http://"                                                      \
    "x\",\"credentials\":{\"secretRef\":{\"name\":\"s3\"}}}}},"                                                        \
    "\"status\":{\"observedGeneration\":" observed                                                                     \
    ",\"lastHandledTrigger\":\"t\",\"conditions\":[{\"type\":\"Ready\","                                               \
    "\"status\":\"" ready "\",\"reason\":\"NoBackupFound\",\"message\":\"m\"}" more "]}}"

static void fields_are_read(void **state)
{
    (void)state;
    struct rr_restore_view view = view_of(OBJECT("3", "3", "False", ",{\"type\":\"Stalled\",\"status\":\"True\"}"));

    assert_slice(view.namespace_name, "shop");
    assert_slice(view.name, "cart");
    assert_slice(view.bucket, "b");
    assert_slice(view.endpoint, "http://x");
    assert_slice(view.secret_name, "s3");
    assert_slice(view.handled_trigger, "t");
    assert_slice(view.ready, "False");
    assert_slice(view.message, "m");
    assert_true(view.is_suspended);
    assert_true(view.is_stalled);
    assert_false(view.is_reconciling);
    enum rr_reason reason;
    assert_true(rr_restore_view_reason(&view, &reason));
    assert_int_equal(reason, RR_REASON_NO_BACKUP_FOUND);
}

static void answer_to_an_older_spec_is_not_ready(void **state)
{
    (void)state;
    struct rr_restore_view old = view_of(OBJECT("4", "3", "True", ""));
    assert_false(rr_restore_view_is_current(&old));
    assert_false(rr_restore_view_is_ready(&old));

    struct rr_restore_view current = view_of(OBJECT("3", "3", "True", ""));
    assert_true(rr_restore_view_is_ready(&current));
    struct rr_restore_view failed = view_of(OBJECT("3", "3", "False", ""));
    assert_true(rr_restore_view_is_current(&failed));
    assert_false(rr_restore_view_is_ready(&failed));
}

static void only_its_own_answer_answers_a_trigger(void **state)
{
    (void)state;
    struct rr_restore_view view = view_of(OBJECT("3", "3", "False", ""));
    assert_true(rr_restore_view_answers(&view, RR_LIT("t")));
    assert_false(rr_restore_view_answers(&view, RR_LIT("t2")));

    struct rr_restore_view old = view_of(OBJECT("4", "3", "False", ""));
    assert_false(rr_restore_view_answers(&old, RR_LIT("t")));
}

static void empty_and_odd_objects_say_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = { "{}", "[]", "{\"metadata\":7,\"spec\":\"x\",\"status\":[1]}",
                                         "{\"status\":{\"conditions\":[7,{\"type\":7,\"status\":true}]}}" };
    for (size_t i = 0; i < RR_COUNT(texts); i++) {
        struct rr_restore_view view = view_of(texts[i]);
        enum rr_reason reason;
        int64_t date;
        assert_false(rr_restore_view_is_current(&view));
        assert_false(rr_restore_view_is_ready(&view));
        assert_false(rr_restore_view_reason(&view, &reason));
        assert_false(rr_restore_view_date(view.status, "lastDiscoveryTime", &date));
        assert_int_equal(view.name.len, 0);
    }
}

#define WITH_INTERVAL(reason, spec)                                                                                    \
    "{\"metadata\":{\"generation\":3},\"spec\":{\"interval\":\"1h\"" spec "},\"status\":{\"observedGeneration\":3,"    \
    "\"lastDiscoveryTime\":\"2026-01-31T00:00:00Z\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\","          \
    "\"reason\":\"" reason "\"}]}}"

/* An hour, 10 % of it, and 20 minutes: 86 minutes after 2026-01-31T00:00:00Z. */
enum { LATE_S = 86 * 60 };
#define LAST_MS (INT64_C(1769817600) * 1000)

static enum rr_restore_freshness freshness_of(const char *text, int64_t after_s)
{
    struct rr_restore_view view = view_of(text);
    return rr_restore_view_freshness(&view, LAST_MS + 1000 * after_s);
}

static void u02_interval_is_overdue_after_its_spread_and_20_minutes(void **state)
{
    (void)state;

    assert_int_equal(freshness_of(WITH_INTERVAL("BackupDiscovered", ""), LATE_S), RR_RESTORE_FRESH);
    assert_int_equal(freshness_of(WITH_INTERVAL("BackupDiscovered", ""), LATE_S + 1), RR_RESTORE_OVERDUE);
    assert_int_equal(freshness_of(WITH_INTERVAL("NoBackupFound", ""), LATE_S + 1), RR_RESTORE_OVERDUE);
}

/* The schema refuses it, but the object may be older than the schema. */
static void u02_interval_that_no_controller_takes_counts_as_none(void **state)
{
    (void)state;
    static const char *const intervals[] = { "9223372036854775s", "2562047788015h", "168h0m1s" };
    for (size_t i = 0; i < RR_COUNT(intervals); i++) {
        char text[512];
        (void)snprintf(text, sizeof text,
                       "{\"metadata\":{\"generation\":3},\"spec\":{\"interval\":\"%s\"},\"status\":{"
                       "\"observedGeneration\":3,\"lastDiscoveryTime\":\"2026-01-31T00:00:00Z\",\"conditions\":["
                       "{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"NoBackupFound\"}]}}",
                       intervals[i]);

        struct rr_restore_view view = view_of(text);

        assert_int_equal(rr_restore_view_freshness(&view, LAST_MS), RR_RESTORE_FRESH);
        assert_true(rr_restore_view_next_try_max_ms(&view, RR_REASON_NO_BACKUP_FOUND, LAST_MS) == INT64_MAX);
        assert_int_equal(view.interval_ms, 0);
    }
    struct rr_restore_view view = view_of("{\"spec\":{\"interval\":\"168h\"}}");
    assert_int_equal(view.interval_ms, INT64_C(168) * 3600 * 1000);
}

static void u02_status_whose_time_does_not_move_is_not_overdue(void **state)
{
    (void)state;

    assert_int_equal(freshness_of(WITH_INTERVAL("S3Unavailable", ""), 10 * LATE_S), RR_RESTORE_FRESH);
    assert_int_equal(freshness_of(WITH_INTERVAL("AccessDenied", ""), 10 * LATE_S), RR_RESTORE_FRESH);
    assert_int_equal(freshness_of(WITH_INTERVAL("Suspended", ""), 10 * LATE_S), RR_RESTORE_FRESH);
    assert_int_equal(freshness_of(WITH_INTERVAL("Progressing", ""), 10 * LATE_S), RR_RESTORE_FRESH);
    assert_int_equal(freshness_of(WITH_INTERVAL("BackupDiscovered", ",\"suspend\":true"), 10 * LATE_S),
                     RR_RESTORE_FRESH);
}

static void u02_status_of_another_generation_is_outdated_and_none_is_unanswered(void **state)
{
    (void)state;

    assert_int_equal(freshness_of(OBJECT("4", "3", "True", ""), 0), RR_RESTORE_OUTDATED);
    assert_int_equal(freshness_of(OBJECT("3", "4", "True", ""), 0), RR_RESTORE_OUTDATED);
    assert_int_equal(freshness_of(OBJECT("3", "-1", "Unknown", ""), 0), RR_RESTORE_UNANSWERED);
    assert_int_equal(freshness_of("{\"metadata\":{\"generation\":1}}", 0), RR_RESTORE_UNANSWERED);
    assert_int_equal(freshness_of(OBJECT("3", "3", "False", ""), 0), RR_RESTORE_FRESH);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(u02_interval_is_overdue_after_its_spread_and_20_minutes, NULL, teardown),
    cmocka_unit_test_setup_teardown(u02_interval_that_no_controller_takes_counts_as_none, NULL, teardown),
    cmocka_unit_test_setup_teardown(u02_status_whose_time_does_not_move_is_not_overdue, NULL, teardown),
    cmocka_unit_test_setup_teardown(u02_status_of_another_generation_is_outdated_and_none_is_unanswered, NULL,
                                    teardown),
    cmocka_unit_test_setup_teardown(fields_are_read, NULL, teardown),
    cmocka_unit_test_setup_teardown(answer_to_an_older_spec_is_not_ready, NULL, teardown),
    cmocka_unit_test_setup_teardown(only_its_own_answer_answers_a_trigger, NULL, teardown),
    cmocka_unit_test_setup_teardown(empty_and_odd_objects_say_nothing, NULL, teardown),
};

RR_TEST_MAIN(tests)
