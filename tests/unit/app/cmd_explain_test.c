/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

#include <redisrestore/text/json.h>

#define CART(observed, status, reason)                                                                                 \
    BENCH_CART("5", "", BENCH_STATUS(observed, BENCH_READY(status, reason, "what was found")))
#define OLD_LEASE   BENCH_LEASE("controller.redisrestore.dev", "pod-1_uuid", "2026-01-31T00:00:00.000000Z")
#define FUTURE      "2999-01-01T00:00:00.000000Z"
#define FRESH_LEASE BENCH_LEASE("controller.redisrestore.dev", "pod-1_uuid", FUTURE)

/* `explain cart` for an object and these lists of Leases and Events; NULL: answered 403. Returns the exit code. */
static int explain(const char *object, const char *leases, const char *events)
{
    static struct bench_route routes[3];
    static const char denied[] =
        "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\",\"message\":\"server words\"}";
    routes[0] = (struct bench_route){ BENCH_OBJECTS "/cart", object, 0 };
    routes[1] = (struct bench_route){ BENCH_LEASES, leases != NULL ? leases : denied, leases != NULL ? 0 : 403 };
    routes[2] = (struct bench_route){ BENCH_EVENTS, events != NULL ? events : denied, events != NULL ? 0 : 403 };
    bench_start(&bench, routes, 3);
    return bench_run(&bench, "explain", "cart", NULL);
}

static void u03_ready_object_needs_nothing_and_no_look_at_the_controller(void **state)
{
    (void)state;

    assert_int_equal(explain(CART("5", "True", "BackupDiscovered"), BENCH_LIST(""), BENCH_LIST("")), 0);

    assert_has(bench.out, "shop/cart is Ready\n");
    assert_has(bench.out, "What to do  Nothing");
    assert_lacks(bench.out, "Controller");
    assert_int_equal(bench.asked, 1);
    assert_string_equal(bench.err, "");
}

static void failed_object_has_reason_advice_and_commands(void **state)
{
    (void)state;

    assert_int_equal(explain(CART("5", "False", "AccessDenied"), BENCH_LIST(FRESH_LEASE), BENCH_LIST("")), 5);

    assert_has(bench.out, "shop/cart is not Ready\nReason      AccessDenied\nMessage     what was found\nMeaning     ");
    assert_has(bench.out, "grant `s3:ListBucket`\n");
    assert_has(bench.out, "\nNext try    ");
    assert_has(
        bench.out,
        "\nController  running: Lease redisrestore-system/controller.redisrestore.dev is held by pod-1_uuid, renewed ");
    assert_has(bench.out, "\n  kubectl -n shop describe secret keys\n");
    assert_lacks(bench.out, "Warning");
}

#define FAILED(reason, spec) BENCH_CART("5", spec, BENCH_STATUS("5", BENCH_READY("False", reason, "what was found")))

/* The line "Next try" of an object that failed. */
static void assert_next_try(const char *object, const char *expected)
{
    (void)explain(object, BENCH_LIST(FRESH_LEASE), BENCH_LIST(""));
    assert_has(bench.out, expected);
    bench_stop(&bench);
}

static void u08_next_try_is_said_at_the_latest_and_that_a_trigger_tries_now(void **state)
{
    (void)state;
    static const char now[] = "; at once with: kubectl redisrestore trigger cart -n shop --wait\n";
    char line[256];
#define NEXT(when) ((void)snprintf(line, sizeof(line), "\nNext try    %s%s", when, now), line)

    assert_next_try(FAILED("AccessDenied", ""), NEXT("in 5m at the latest, perhaps sooner"));
    assert_next_try(FAILED("S3Unavailable", ""), NEXT("in 12m at the latest, perhaps sooner"));
    assert_next_try(FAILED("SecretNotFound", ""), NEXT("in 72s at the latest, perhaps sooner"));
    assert_next_try(FAILED("AccessDenied", ",\"interval\":\"1m\""), NEXT("in 66s at the latest, perhaps sooner"));
    assert_next_try(FAILED("AccessDenied", ",\"interval\":\"1h\""), NEXT("in 5m at the latest, perhaps sooner"));
    assert_next_try(FAILED("NoBackupFound", ""), NEXT("when the spec changes"));
    assert_next_try(FAILED("NoBackupFound", ",\"selection\":{\"onNoBackup\":\"Wait\"}"),
                    NEXT("in 6m at the latest, perhaps sooner"));
    assert_next_try(FAILED("APIServerError", ""), NEXT("in 5m at the latest, perhaps sooner"));
    assert_next_try(FAILED("InvalidSpec", ",\"interval\":\"1m\""), "\nNext try    when the spec changes\n");
    assert_next_try(FAILED("Suspended", ",\"suspend\":true,\"interval\":\"1m\""), "\nNext try    when it is resumed\n");
#undef NEXT
}

/* A person is at work on it. The condition has just changed: its time lies ahead of any clock. */
static void u08_configuration_that_became_wrong_just_now_is_tried_within_a_minute(void **state)
{
    (void)state;
    const char *object =
        BENCH_CART("5", "",
                   "{\"observedGeneration\":5,\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\","
                   "\"reason\":\"AccessDenied\",\"lastTransitionTime\":\"2999-01-01T00:00:00Z\"}]}");

    assert_next_try(object, "\nNext try    in 60s at the latest, perhaps sooner; at once with: ");
}

static void u02_outdated_status_always_has_something_to_do(void **state)
{
    (void)state;

    assert_int_equal(explain(CART("4", "True", "BackupDiscovered"), BENCH_LIST(FRESH_LEASE), BENCH_LIST("")), 7);

    assert_has(bench.out, "shop/cart is not Ready (Outdated)\n");
    assert_has(bench.out, "Old reason  BackupDiscovered\nOld message what was found\n");
    assert_has(bench.out, "Meaning     The status is about generation 4 of the object, which is at generation 5 now\n");
    assert_has(bench.out, "What to do  Look again in a few seconds.");
    assert_has(bench.out, "\n  kubectl -n redisrestore-system logs deployment/redisrestore-controller --since=15m\n");
    assert_lacks(bench.out, "Nothing");
}

static void u02_status_that_no_controller_wrote_is_pending(void **state)
{
    (void)state;

    assert_int_equal(explain(BENCH_CART("1", "", "{}"), BENCH_LIST(""), BENCH_LIST("")), 7);

    assert_has(bench.out, "shop/cart is not Ready (Pending)\n");
    assert_has(bench.out, "Meaning     No controller has written a status for this object yet\n");
    assert_has(bench.out, "Controller  unknown: namespace redisrestore-system has no Lease of a controller. Either no "
                          "controller runs there, or "
                          "it runs without --leader-elect, which needs no Lease. To tell which: kubectl -n "
                          "redisrestore-system get pods. ");
    assert_has(bench.out,
               "What to do  Look again in a few seconds. If the status stays as it is, check that a controller runs");
    assert_lacks(bench.out, "eason");
}

/* The status that the CRD gives a new object. */
static void u02_default_status_of_the_crd_is_pending(void **state)
{
    (void)state;

    assert_int_equal(explain(CART("-1", "Unknown", "Pending"), BENCH_LIST(FRESH_LEASE), BENCH_LIST("")), 7);

    assert_has(bench.out, "shop/cart is not Ready (Pending)\n");
}

static void u03_controller_that_stopped_renewing_is_reported(void **state)
{
    (void)state;

    assert_int_equal(explain(CART("4", "False", "AccessDenied"), BENCH_LIST(OLD_LEASE), BENCH_LIST("")), 7);

    assert_has(bench.out, "Controller  not running: Lease redisrestore-system/controller.redisrestore.dev is held by "
                          "pod-1_uuid, renewed ");
    assert_has(bench.out, "What to do  Start the controller");
}

static void u03_released_lease_is_no_running_controller(void **state)
{
    (void)state;
    const char *leases = BENCH_LIST(BENCH_LEASE("controller.redisrestore.dev", "", FUTURE));

    (void)explain(CART("4", "False", "AccessDenied"), leases, BENCH_LIST(""));

    assert_has(bench.out, "not running: Lease redisrestore-system/controller.redisrestore.dev is held by no replica");
}

static void u03_lease_of_another_program_does_not_count(void **state)
{
    (void)state;
    const char *leases = BENCH_LIST(BENCH_LEASE("cert-manager-controller", "pod-9", FUTURE) "," OLD_LEASE);

    (void)explain(CART("4", "False", "AccessDenied"), leases, BENCH_LIST(""));

    assert_has(bench.out, "Controller  not running: Lease redisrestore-system/controller.redisrestore.dev");
}

static void u03_of_several_leases_the_running_one_counts(void **state)
{
    (void)state;
    const char *leases = BENCH_LIST(BENCH_LEASE("shards.redisrestore.dev", "pod-2", FUTURE) "," OLD_LEASE);

    (void)explain(CART("4", "False", "AccessDenied"), leases, BENCH_LIST(""));

    assert_has(bench.out,
               "Controller  running: Lease redisrestore-system/shards.redisrestore.dev is held by pod-2, renewed ");
}

static void u03_missing_permission_is_reported_and_not_taken_for_absence(void **state)
{
    (void)state;

    assert_int_equal(explain(CART("4", "False", "AccessDenied"), NULL, NULL), 7);

    assert_has(bench.out, "Controller  not known: no permission to list leases in namespace redisrestore-system\n");
    assert_has(bench.out, "Warnings    not known: no permission to list events in namespace shop\n");
    assert_has(bench.out,
               "What to do  Look again in a few seconds. If the status stays as it is, check that a controller runs");
    assert_lacks(bench.out, "server words");
    assert_lacks(bench.out, "not found");
    assert_lacks(bench.out, "not running");
}

static void u03_interrupted_lease_list_is_unknown(void **state)
{
    (void)state;

    (void)explain(CART("4", "False", "AccessDenied"), "{\"items\":[" FRESH_LEASE, BENCH_LIST(""));

    assert_has(bench.out, "Controller  not known: ");
    assert_lacks(bench.out, "running");
}

#define EVENT(reason, note, time)                                                                                      \
    "{\"reason\":\"" reason "\",\"message\":\"" note "\"," time                                                        \
    ",\"metadata\":{\"creationTimestamp\":\"2026-01-01T00:00:00Z\"}}"
#define OLDEST EVENT("Oldest", "zero", "\"eventTime\":null")
#define FIRST  EVENT("First", "one", "\"lastTimestamp\":\"2026-01-02T00:00:00Z\"")
#define SECOND EVENT("Second", "two", "\"eventTime\":\"2026-01-03T00:00:00.000000Z\"")
#define THIRD  EVENT("Third", "th\\u001b[31mree", "\"lastTimestamp\":\"2026-01-04T00:00:00Z\"")
#define FOURTH EVENT("Fourth", "four", "\"series\":{\"lastObservedTime\":\"2026-01-05T00:00:00.000000Z\"}")

static void u03_newest_warnings_are_shown_first_and_safely(void **state)
{
    (void)state;
    const char *events = BENCH_LIST(FIRST "," FOURTH "," SECOND "," THIRD "," OLDEST);

    (void)explain(CART("4", "False", "AccessDenied"), BENCH_LIST(""), events);

    const char *fourth = strstr(bench.out, "\nWarning     Fourth, "),
               *third = strstr(bench.out, "\nWarning     Third, "),
               *second = strstr(bench.out, "\nWarning     Second, ");
    assert_true(fourth != NULL && fourth < third && third < second);
    assert_lacks(bench.out, "First");
    assert_lacks(bench.out, "Oldest");
    assert_has(bench.out, " ago: th\\x1b[31mree\n");
    assert_int_equal(bench_count(&bench, "fieldSelector=involvedObject.uid%3Du-1%2Ctype%3DWarning"), 1);
}

static void u02_overdue_interval_is_reported(void **state)
{
    (void)state;
    const char *object =
        BENCH_CART("5", ",\"interval\":\"15m\"", BENCH_STATUS("5", BENCH_READY("True", "BackupDiscovered", "found")));

    assert_int_equal(explain(object, BENCH_LIST(OLD_LEASE), BENCH_LIST("")), 0);

    assert_has(bench.out, "shop/cart is Ready (Overdue)\nReason      BackupDiscovered\n");
    assert_has(bench.out, "Meaning     The last discovery was recorded ");
    assert_has(bench.out, " ago, although `interval` is 15m\n");
    assert_has(bench.out, "What to do  Start the controller");
    assert_lacks(bench.out, "Nothing");
}

static void fields_say_the_same(void **state)
{
    (void)state;
    static const struct bench_route routes[] = { { BENCH_OBJECTS "/cart", CART("4", "True", "BackupDiscovered"), 0 },
                                                 { "/namespaces/ops/leases", BENCH_LIST(FRESH_LEASE), 0 },
                                                 { BENCH_EVENTS, "{}", 403 } };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "explain", "cart", "-o", "json", "--controller-namespace=ops", NULL), 7);

    struct rr_error err;
    rr_auto(json) json = { 0 };
    assert_ok(rr_json_parse(rr_slice_from(bench.out), &json, &err), err);
    assert_slice(rr_json_text(rr_json_member(json.root, "state")), "Outdated");
    assert_slice(rr_json_text(rr_json_path(json.root, "controller", "state", NULL)), "Running");
    assert_null(rr_json_first(rr_json_member(json.root, "warnings")));
    assert_non_null(rr_json_member(json.root, "warningsUnknown"));
    assert_has(bench.out, "\"action\": \"Look again in a few seconds.");
    assert_has(bench.out, "kubectl -n ops get pods");
    assert_has(bench.out, "--as=system:serviceaccount:ops:redisrestore-controller");
}

static void u03_lease_that_could_not_be_read_is_unknown_in_fields(void **state)
{
    (void)state;
    static const struct bench_route routes[] = { { BENCH_OBJECTS "/cart", CART("4", "True", "BackupDiscovered"), 0 },
                                                 { BENCH_LEASES, "{}", 500 },
                                                 { BENCH_EVENTS, BENCH_LIST(""), 0 } };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "explain", "cart", "-o", "json", NULL), 7);

    assert_has(bench.out, "\"state\": \"Unknown\"");
    assert_has(bench.out,
               "\"message\": \"not known: list leases.coordination.k8s.io in namespace redisrestore-system: ");
    assert_lacks(bench.out, "warningsUnknown");
}

static void u03_list_of_leases_that_ends_early_is_unknown_in_fields(void **state)
{
    (void)state;
    static const char cut_behind_the_first[] = "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[" BENCH_LEASE(
        "controller.redisrestore.dev", "pod-1", "2100-01-31T00:00:00.000000Z") ",";
    static const struct bench_route routes[] = { { BENCH_OBJECTS "/cart", CART("4", "True", "BackupDiscovered"), 0 },
                                                 { BENCH_LEASES, cut_behind_the_first, 0 },
                                                 { BENCH_EVENTS, BENCH_LIST(""), 0 } };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "explain", "cart", "-o", "json", NULL), 7);

    assert_has(bench.out, "\"state\": \"Unknown\"");
    assert_has(bench.out, "\"message\": \"not known: ");
    assert_lacks(bench.out, "pod-1");
}

static void u03_suspended_object_needs_no_look_at_the_controller(void **state)
{
    (void)state;
    const char *object =
        BENCH_CART("5", ",\"suspend\":true", BENCH_STATUS("5", BENCH_READY("Unknown", "Suspended", "m")));

    assert_int_equal(explain(object, NULL, NULL), 7);

    assert_has(bench.out, "\n  kubectl redisrestore resume cart -n shop\n");
    assert_lacks(bench.out, "Controller");
    assert_int_equal(bench.asked, 1);
}

static void u07_commands_show_no_control_byte_of_a_name(void **state)
{
    (void)state;
    const char *object =
        "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"cart\",\"generation\":5},\"spec\":{\"source\":{"
        "\"s3\":{\"bucket\":\"a\\u001bb\\nc\"}}},\"status\":" BENCH_STATUS(
            "5", BENCH_READY("False", "NoBackupFound", "m")) "}";

    (void)explain(object, BENCH_LIST(FRESH_LEASE), BENCH_LIST(""));

    assert_has(bench.out, "  redisrestore discover --bucket 'a?b?c' ");
    assert_lacks(bench.out, "\033");
}

static void reason_alone_needs_no_cluster(void **state)
{
    (void)state;
    bench_start(&bench, NULL, 0);

    assert_int_equal(bench_run(&bench, "explain", "AccessDenied", NULL), 0);

    assert_has(bench.out, "Reason      AccessDenied\nMeaning     ");
    assert_has(bench.out, "  kubectl -n NAMESPACE describe secret SECRET\n");
    assert_int_equal(bench.asked, 0);
    assert_int_equal(bench_run(&bench, "explain", "AccessDenied", "-o", "yaml", NULL), 0);
    assert_has(bench.out, "reason: \"AccessDenied\"\n");
}

static void reason_of_a_newer_controller_has_its_message(void **state)
{
    (void)state;

    assert_int_equal(explain(CART("5", "False", "NeverHeardOf"), BENCH_LIST(FRESH_LEASE), BENCH_LIST("")), 7);

    assert_has(bench.out, "Reason      NeverHeardOf\nMessage     what was found\n");
    assert_lacks(bench.out, "What to do");
}

static void u07_foreign_text_is_shown_safely(void **state)
{
    (void)state;
    const char *object = BENCH_CART("5", "", BENCH_STATUS("5", BENCH_READY("False", "\\u001bR", "two\\nlines")));

    (void)explain(object, BENCH_LIST(FRESH_LEASE), BENCH_LIST(""));

    assert_has(bench.out, "Reason      \\x1bR\n");
    assert_has(bench.out, "Message     two\\x0alines\n");
}

static void wrong_arguments_are_refused_without_a_request(void **state)
{
    (void)state;
    bench_start(&bench, NULL, 0);

    assert_int_equal(bench_run(&bench, "explain", "NoSuchReason", NULL), 2);
    assert_has(bench.err, "NAME: unknown reason");
    assert_int_equal(bench_run(&bench, "explain", NULL), 2);
    assert_has(bench.err, "NAME is missing; see redisrestore explain --help");
    assert_int_equal(bench_run(&bench, "explain", "cart", "--controller-namespace", "No", NULL), 2);
    assert_has(bench.err, "--controller-namespace: must be the name of a namespace");
    assert_int_equal(bench.asked, 0);
    assert_string_equal(bench.out, "");
}

static void u07_missing_object_is_an_error(void **state)
{
    (void)state;
    bench_start(&bench, NULL, 0);

    assert_int_equal(bench_run(&bench, "explain", "cart", NULL), 1);

    assert_has(bench.err, "redisrestore: get redisrestores.redisrestore.dev cart in namespace shop: the API server "
                          "answered 404 (not found)");
    assert_string_equal(bench.out, "");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(u03_ready_object_needs_nothing_and_no_look_at_the_controller, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(failed_object_has_reason_advice_and_commands, NULL, bench_teardown),
    cmocka_unit_test(u08_configuration_that_became_wrong_just_now_is_tried_within_a_minute),
    cmocka_unit_test(u08_next_try_is_said_at_the_latest_and_that_a_trigger_tries_now),
    cmocka_unit_test_setup_teardown(u02_outdated_status_always_has_something_to_do, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u02_status_that_no_controller_wrote_is_pending, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u02_default_status_of_the_crd_is_pending, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u03_controller_that_stopped_renewing_is_reported, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u03_released_lease_is_no_running_controller, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u03_lease_of_another_program_does_not_count, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u03_of_several_leases_the_running_one_counts, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u03_missing_permission_is_reported_and_not_taken_for_absence, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u03_interrupted_lease_list_is_unknown, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u03_newest_warnings_are_shown_first_and_safely, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u02_overdue_interval_is_reported, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(fields_say_the_same, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u03_lease_that_could_not_be_read_is_unknown_in_fields, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u03_list_of_leases_that_ends_early_is_unknown_in_fields, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u03_suspended_object_needs_no_look_at_the_controller, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u07_commands_show_no_control_byte_of_a_name, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(reason_alone_needs_no_cluster, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(reason_of_a_newer_controller_has_its_message, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u07_foreign_text_is_shown_safely, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(wrong_arguments_are_refused_without_a_request, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u07_missing_object_is_an_error, NULL, bench_teardown),
};

RR_TEST_MAIN(tests)
