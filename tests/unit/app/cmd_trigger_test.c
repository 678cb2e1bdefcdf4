/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

#define CART(generation, observed, spec, status, reason, more)                                                         \
    BENCH_CART(generation, spec,                                                                                       \
               "{\"observedGeneration\":" observed more                                                                \
               ",\"conditions\":[" BENCH_READY(status, reason, "what was found") "]}")
#define PATCH "PATCH " BENCH_OBJECTS "/cart?fieldManager=kubectl-redisrestore"
#define GET   "GET " BENCH_OBJECTS "/cart"

static const char *body_of(int number)
{
    const char *body = strstr(bench_request(&bench, number), "\r\n\r\n");
    return body != NULL ? body + 4 : "";
}

static void trigger_changes_one_field(void **state)
{
    (void)state;
    static const struct bench_route routes[] = { { PATCH, CART("2", "1", "", "True", "BackupDiscovered", ""), 0 } };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "trigger", "cart", NULL), 0);

    assert_string_equal(bench.out, "redisrestore.redisrestore.dev/cart triggered\n");
    assert_string_equal(bench.err, "");
    assert_int_equal(bench.asked, 1);
    assert_has(body_of(0), "{\"spec\":{\"trigger\":\"20");
}

static void u04_two_triggers_are_never_the_same(void **state)
{
    (void)state;
    static const struct bench_route routes[] = { { PATCH, CART("2", "1", "", "True", "BackupDiscovered", ""), 0 } };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "trigger", "cart", NULL), 0);
    assert_int_equal(bench_run(&bench, "trigger", "cart", NULL), 0);

    const char *first = strrchr(body_of(0), '-'), *second = strrchr(body_of(1), '-');
    assert_true(first != NULL && second != NULL && strlen(first) == strlen("-00000000\"}}"));
    assert_string_not_equal(first, second); /* the random parts, 32 bits each */
}

#define ANSWERED(status, reason) CART("2", "2", "", status, reason, ",\"lastHandledTrigger\":\"%TRIGGER%\"")

/* `trigger cart --wait` meets an answer to the older spec, one to another trigger, and then this one. */
static int wait_for(const char *answer, const char *flag)
{
    static struct bench_route routes[] = {
        { PATCH, CART("2", "1", "", "True", "BackupDiscovered", ""), 0 },
        { GET, CART("2", "1", "", "True", "BackupDiscovered", ",\"lastHandledTrigger\":\"%TRIGGER%\""), 0 },
        { GET, CART("2", "2", "", "True", "BackupDiscovered", ",\"lastHandledTrigger\":\"other\""), 0 },
        { GET, NULL, 0 },
    };
    routes[3].body = answer;
    bench_start(&bench, routes, RR_COUNT(routes));
    return bench_run(&bench, "trigger", "cart", "--wait", flag, NULL);
}

static void u04_wait_ends_with_the_answer_to_its_own_trigger(void **state)
{
    (void)state;

    assert_int_equal(wait_for(ANSWERED("True", "BackupDiscovered"), NULL), 0);

    assert_int_equal(bench_count(&bench, GET), 3);
    assert_has(bench.out, "\ncart: Ready, BackupDiscovered: what was found\n");
}

static void u07_answer_is_one_line_of_safe_text(void **state)
{
    (void)state;
    const char *answer =
        BENCH_CART("2", "",
                   "{\"observedGeneration\":2,\"lastHandledTrigger\":\"%TRIGGER%\",\"conditions\":[" BENCH_READY(
                       "False", "S\\u001b3", "two\\nlines") "]}");

    assert_int_equal(wait_for(answer, NULL), 7);

    assert_has(bench.out, "\ncart: not Ready, S\\x1b3: two\\x0alines\n");
}

static void u01_wait_has_the_exit_code_of_the_reason(void **state)
{
    (void)state;

    assert_int_equal(wait_for(ANSWERED("False", "NoBackupFound"), NULL), 3);

    assert_has(bench.out, "\ncart: not Ready, NoBackupFound: ");
}

static void any_answer_is_success_if_asked_for(void **state)
{
    (void)state;

    assert_int_equal(wait_for(ANSWERED("False", "NoBackupFound"), "--any-answer"), 0);
}

static void u03_wait_that_gets_no_answer_says_what_the_controller_does(void **state)
{
    (void)state;
    static const struct bench_route routes[] = {
        { PATCH, CART("2", "1", "", "True", "BackupDiscovered", ""), 0 },
        { GET, CART("2", "1", "", "True", "BackupDiscovered", ""), 0 },
        { BENCH_LEASES, BENCH_LIST(BENCH_LEASE("controller.redisrestore.dev", "pod-1", "2026-01-31T00:00:00.000000Z")),
          0 },
        { BENCH_EVENTS,
          BENCH_LIST(
              "{\"reason\":\"StatusRefused\",\"message\":\"old CRD\",\"lastTimestamp\":\"2026-01-31T00:00:00Z\"}"),
          0 },
    };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "trigger", "cart", "--wait", "--timeout", "1s", NULL), 7);

    assert_has(bench.err, "redisrestore: no answer within 1s: the status is about generation 1 of the object, which is "
                          "at generation 2 now\n");
    assert_has(bench.err,
               "\n  Controller: not running: Lease redisrestore-system/controller.redisrestore.dev is held by "
               "pod-1, renewed ");
    assert_has(bench.err, "\n  Warning: StatusRefused, ");
    assert_has(bench.err, "\n  What to do: Start the controller");
    assert_string_equal(bench.out, "redisrestore.redisrestore.dev/cart triggered\n");
}

static void u03_wait_for_a_discovery_that_runs_says_so(void **state)
{
    (void)state;
    static const struct bench_route routes[] = {
        { PATCH, CART("2", "1", "", "True", "BackupDiscovered", ""), 0 },
        { GET, CART("2", "2", "", "Unknown", "Progressing", ""), 0 },
        { BENCH_LEASES, "{}", 403 },
        { BENCH_EVENTS, BENCH_LIST(""), 0 },
    };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "trigger", "cart", "--wait", "--timeout=1s", NULL), 7);

    assert_has(
        bench.err,
        "no answer within 1s: the discovery is still running\n  Controller: not known: no permission to list leases");
}

static void u04_suspended_object_is_triggered_and_not_waited_for(void **state)
{
    (void)state;
    static const struct bench_route routes[] = {
        { PATCH, CART("2", "1", ",\"suspend\":true", "Unknown", "Suspended", ""), 0 },
    };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "trigger", "cart", NULL), 0);
    assert_has(bench.out, "cart triggered; it is suspended");
    assert_int_equal(bench_run(&bench, "trigger", "cart", "--wait", NULL), 7);
    assert_has(bench.err, "not waiting: the object is suspended");
    assert_int_equal(bench_count(&bench, "GET "), 0);
}

#define BROKEN      "{\"kind\":\"Status\",\"code\":500,\"reason\":\"InternalError\",\"message\":\"server words\"}"
#define CANNOT_READ "redisrestore: failed to read the object, retrying until --timeout: "

static void u04_wait_goes_on_after_failed_requests_with_one_message(void **state)
{
    (void)state;
    static const struct bench_route routes[] = {
        { PATCH, CART("2", "1", "", "True", "BackupDiscovered", ""), 0 },
        { GET, BROKEN, 500 },
        { GET, BROKEN, 500 },
        { GET, ANSWERED("True", "BackupDiscovered"), 0 },
    };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "trigger", "cart", "--wait", NULL), 0);

    assert_int_equal(bench_count(&bench, GET), 3);
    assert_has(bench.out, "\ncart: Ready, BackupDiscovered: what was found\n");
    const char *complaint = strstr(bench.err, CANNOT_READ);
    assert_non_null(complaint);
    assert_null(strstr(complaint + 1, CANNOT_READ));
}

static void u04_wait_whose_last_request_fails_is_an_error_and_no_missing_answer(void **state)
{
    (void)state;
    static const struct bench_route routes[] = {
        { PATCH, CART("2", "1", "", "True", "BackupDiscovered", ""), 0 },
        { GET, BROKEN, 500 },
    };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "trigger", "cart", "--wait", "--timeout=1s", NULL), 1);

    assert_true(bench_count(&bench, GET) > 1);
    assert_int_equal(bench_count(&bench, BENCH_LEASES), 0);
    assert_has(bench.err, "redisrestore: the object could not be read within 1s: ");
}

static void u04_wait_ends_at_once_without_permission_or_object(void **state)
{
    (void)state;
    static const int statuses[] = { 403, 404 };
    for (size_t i = 0; i < RR_COUNT(statuses); i++) {
        struct bench_route routes[] = {
            { PATCH, CART("2", "1", "", "True", "BackupDiscovered", ""), 0 },
            { GET, "{}", statuses[i] },
        };
        bench_start(&bench, routes, RR_COUNT(routes));

        assert_int_equal(bench_run(&bench, "trigger", "cart", "--wait", "--timeout=1s", NULL), 1);

        assert_int_equal(bench_count(&bench, GET), 1);
        assert_lacks(bench.err, CANNOT_READ);
        if (i == 0)
            bench_stop(&bench);
    }
}

static void u04_suspension_ends_the_wait(void **state)
{
    (void)state;
    static const struct bench_route routes[] = {
        { PATCH, CART("2", "1", "", "True", "BackupDiscovered", ""), 0 },
        { GET, CART("3", "2", ",\"suspend\":true", "Unknown", "Suspended", ""), 0 },
    };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "trigger", "cart", "--wait", NULL), 7);

    assert_has(bench.err, "the object was suspended while waiting");
}

static void u07_missing_right_names_the_verb(void **state)
{
    (void)state;
    static const struct bench_route routes[] = {
        { PATCH, "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\",\"message\":\"server words\"}", 403 },
    };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "trigger", "cart", "--wait", NULL), 1);

    assert_has(bench.err, "grant the verb \"patch\" on \"redisrestores\"");
    assert_string_equal(bench.out, "");
    assert_int_equal(bench.asked, 1);
}

static void suspend_and_resume_change_one_field(void **state)
{
    (void)state;
    static const struct bench_route routes[] = {
        { GET, CART("2", "2", "", "True", "BackupDiscovered", ""), 0 },
        { GET, CART("2", "2", ",\"suspend\":true", "Unknown", "Suspended", ""), 0 },
        { PATCH, "{}", 0 },
    };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "suspend", "cart", NULL), 0);
    assert_string_equal(bench.out, "redisrestore.redisrestore.dev/cart suspended\n");
    assert_string_equal(body_of(1), "{\"spec\":{\"suspend\":true}}");
    assert_int_equal(bench_run(&bench, "resume", "cart", NULL), 0);
    assert_string_equal(bench.out, "redisrestore.redisrestore.dev/cart resumed\n");
    assert_string_equal(body_of(3), "{\"spec\":{\"suspend\":false}}");
}

static void suspend_of_a_suspended_object_writes_nothing(void **state)
{
    (void)state;
    static const struct bench_route routes[] = {
        { GET, CART("2", "2", ",\"suspend\":true", "Unknown", "Suspended", ""), 0 },
        { GET, CART("2", "2", "", "True", "BackupDiscovered", ""), 0 },
    };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "suspend", "cart", NULL), 0);
    assert_string_equal(bench.out, "redisrestore.redisrestore.dev/cart suspended (unchanged)\n");
    assert_int_equal(bench_run(&bench, "resume", "cart", NULL), 0);
    assert_string_equal(bench.out, "redisrestore.redisrestore.dev/cart resumed (unchanged)\n");
    assert_int_equal(bench_count(&bench, "PATCH "), 0);
}

static void flags_that_would_have_no_effect_are_refused(void **state)
{
    (void)state;
    bench_start(&bench, NULL, 0);

    assert_int_equal(bench_run(&bench, "trigger", "cart", "--timeout", "5s", NULL), 2);
    assert_has(bench.err, "--timeout: needs --wait");
    assert_int_equal(bench_run(&bench, "trigger", "cart", "--any-answer", NULL), 2);
    assert_has(bench.err, "--any-answer: needs --wait");
    assert_int_equal(bench_run(&bench, "trigger", "cart", "--wait", "--timeout", "25h", NULL), 2);
    assert_has(bench.err, "--timeout: must be a duration");
    assert_int_equal(bench_run(&bench, "trigger", "cart", "--wait", "--timeout", "0s", NULL), 2);
    assert_int_equal(bench_run(&bench, "trigger", NULL), 2);
    assert_int_equal(bench_run(&bench, "trigger", "Cart", NULL), 2);
    assert_int_equal(bench_run(&bench, "trigger", "cart", "basket", NULL), 2);
    assert_has(bench.err, "basket: unexpected argument");
    assert_int_equal(bench_run(&bench, "suspend", "cart", "--wait", NULL), 2);
    assert_has(bench.err, "--wait: no such flag");
    assert_int_equal(bench_run(&bench, "resume", "cart", "--controller-namespace", "ops", NULL), 2);
    assert_int_equal(bench.asked, 0);
}

static void help_of_each_names_its_own_flags(void **state)
{
    (void)state;
    bench_start(&bench, NULL, 0);

    assert_int_equal(bench_run(&bench, "trigger", "--help", NULL), 0);
    assert_has(bench.out, "usage: redisrestore trigger NAME [flags]\n");
    assert_has(bench.out, "--controller-namespace NAME");
    assert_int_equal(bench_run(&bench, "suspend", "--help", NULL), 0);
    assert_has(bench.out, "usage: redisrestore suspend NAME [flags]\n");
    assert_lacks(bench.out, "--wait");
    assert_lacks(bench.out, "--controller-namespace");
    assert_int_equal(bench_run(&bench, "resume", "-h", NULL), 0);
    assert_has(bench.out, "usage: redisrestore resume NAME [flags]\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(trigger_changes_one_field, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u04_two_triggers_are_never_the_same, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u04_wait_ends_with_the_answer_to_its_own_trigger, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u07_answer_is_one_line_of_safe_text, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u01_wait_has_the_exit_code_of_the_reason, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(any_answer_is_success_if_asked_for, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u03_wait_that_gets_no_answer_says_what_the_controller_does, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u03_wait_for_a_discovery_that_runs_says_so, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u04_suspended_object_is_triggered_and_not_waited_for, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u04_wait_goes_on_after_failed_requests_with_one_message, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u04_wait_whose_last_request_fails_is_an_error_and_no_missing_answer, NULL,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(u04_wait_ends_at_once_without_permission_or_object, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u04_suspension_ends_the_wait, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u07_missing_right_names_the_verb, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(suspend_and_resume_change_one_field, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(suspend_of_a_suspended_object_writes_nothing, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(flags_that_would_have_no_effect_are_refused, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(help_of_each_names_its_own_flags, NULL, bench_teardown),
};

RR_TEST_MAIN(tests)
