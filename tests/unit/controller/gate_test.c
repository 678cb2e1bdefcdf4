/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes/fake_clock.h"
#include "support/test.h"

#include <redisrestore/controller/gate.h>

#define STORE RR_LIT("https://store")
#define OTHER RR_LIT("https://other")

enum { CALLS_MAX = 8, KEY_SIZE = 32 };

/* A gate of two places, and the keys that were called. */
struct fixture {
    struct fake_clock time;
    struct rr_clock clock;
    struct rr_gate *gate;
    char called[CALLS_MAX][KEY_SIZE];
    size_t calls;
};

static void on_turn(void *context, struct rr_slice key)
{
    struct fixture *fixture = context;
    assert_true(fixture->calls < CALLS_MAX && key.len < KEY_SIZE);
    memcpy(fixture->called[fixture->calls], key.ptr, key.len);
    fixture->called[fixture->calls++][key.len] = '\0';
}

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .calls = 0 };
    fixture.clock = fake_clock(&fixture.time);
    fake_clock_advance(&fixture.time, 1000);
    struct rr_gate_options options = {
        .clock = &fixture.clock, .places = 2, .most_of_a_namespace = 1, .context = &fixture, .on_turn = on_turn
    };
    fixture.gate = rr_gate_new(&options);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    rr_gate_free(((struct fixture *)*state)->gate);
    return 0;
}

static void start_again(void **state)
{
    (void)teardown(state);
    (void)setup(state);
}

static enum rr_gate_entry enter_at(struct fixture *fixture, const char *key, struct rr_slice endpoint)
{
    struct rr_gate_visitor visitor = { .key = rr_slice_from(key), .endpoint = endpoint };
    int64_t since_ms = 0;
    enum rr_code code = RR_E_OK;
    enum rr_gate_entry entry = rr_gate_enter(fixture->gate, &visitor, &since_ms, &code);
    if (entry == RR_GATE_REFUSED)
        assert_int_equal(code, RR_E_TIMEOUT);
    return entry;
}

static enum rr_gate_entry enter(struct fixture *fixture, const char *key)
{
    return enter_at(fixture, key, STORE);
}

static void leave(struct fixture *fixture, const char *key, enum rr_code code)
{
    rr_gate_leave(fixture->gate, rr_slice_from(key), code);
}

/* The endpoint has answered before. */
static void prove(struct fixture *fixture)
{
    assert_int_equal(enter(fixture, "p/first"), RR_GATE_PROBE);
    rr_gate_answered(fixture->gate, RR_LIT("p/first"));
    leave(fixture, "p/first", RR_E_OK);
}

/* A discovery went unanswered. */
static void fall_silent(struct fixture *fixture)
{
    assert_int_equal(enter(fixture, "p/first"), RR_GATE_PROBE);
    leave(fixture, "p/first", RR_E_TIMEOUT);
}

static void assert_called(struct fixture *fixture, size_t number, const char *key)
{
    assert_true(number < fixture->calls);
    assert_string_equal(fixture->called[number], key);
}

static void f59_endpoint_that_never_answered_gets_one_and_others_wait(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(enter(fixture, "a/one"), RR_GATE_PROBE);
    assert_int_equal(enter(fixture, "b/two"), RR_GATE_WAIT);

    assert_int_equal(enter_at(fixture, "c/three", OTHER), RR_GATE_PROBE);
    assert_int_equal(fixture->calls, 0);
}

static void f59_first_reply_opens_the_endpoint_before_the_discovery_ends(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(enter(fixture, "a/one"), RR_GATE_PROBE);
    assert_int_equal(enter(fixture, "b/two"), RR_GATE_WAIT);
    assert_int_equal(enter(fixture, "c/three"), RR_GATE_WAIT);

    rr_gate_answered(fixture->gate, RR_LIT("a/one"));

    assert_int_equal(fixture->calls, 2); /* all look again: they may share the listing that runs */
    assert_int_equal(enter(fixture, "b/two"), RR_GATE_OPEN);
    assert_int_equal(enter(fixture, "c/three"), RR_GATE_WAIT); /* of two places none is left */
    leave(fixture, "a/one", RR_E_OK);
    assert_called(fixture, 2, "c/three");
}

static void f59_silent_endpoint_gets_one_and_refuses_the_others_with_its_error(void **state)
{
    struct fixture *fixture = *state;
    fall_silent(fixture);

    assert_int_equal(enter(fixture, "a/one"), RR_GATE_PROBE);

    assert_int_equal(enter(fixture, "b/two"), RR_GATE_REFUSED);
    leave(fixture, "a/one", RR_E_TIMEOUT);
    assert_int_equal(enter(fixture, "b/two"), RR_GATE_PROBE); /* it has its turn */
}

static void f59_keys_that_wait_for_an_endpoint_that_fails_are_woken(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(enter(fixture, "a/one"), RR_GATE_PROBE);
    assert_int_equal(enter(fixture, "b/two"), RR_GATE_WAIT);
    assert_int_equal(enter(fixture, "b/three"), RR_GATE_WAIT);

    leave(fixture, "a/one", RR_E_TIMEOUT);

    assert_int_equal(fixture->calls, 2);
    assert_int_equal(enter(fixture, "b/two"), RR_GATE_PROBE);
    assert_int_equal(enter(fixture, "b/three"), RR_GATE_REFUSED);
}

static void f59_silent_endpoint_that_answers_again_is_open(void **state)
{
    struct fixture *fixture = *state;
    fall_silent(fixture);
    assert_int_equal(enter(fixture, "a/one"), RR_GATE_PROBE);

    rr_gate_answered(fixture->gate, RR_LIT("a/one"));

    assert_int_equal(enter(fixture, "b/two"), RR_GATE_OPEN);
}

static void f59_failure_beside_a_reply_to_another_discovery_is_no_silence(void **state)
{
    struct fixture *fixture = *state;
    prove(fixture);
    assert_int_equal(enter(fixture, "a/stuck"), RR_GATE_OPEN);
    fake_clock_advance(&fixture->time, 1);
    assert_int_equal(enter(fixture, "b/good"), RR_GATE_OPEN);
    rr_gate_answered(fixture->gate, RR_LIT("b/good"));

    leave(fixture, "a/stuck", RR_E_TIMEOUT);

    assert_int_equal(enter(fixture, "c/three"), RR_GATE_OPEN);
}

static void f59_reply_before_a_discovery_began_does_not_excuse_its_silence(void **state)
{
    struct fixture *fixture = *state;
    prove(fixture);
    fake_clock_advance(&fixture->time, 1);
    assert_int_equal(enter(fixture, "a/stuck"), RR_GATE_OPEN);

    leave(fixture, "a/stuck", RR_E_TIMEOUT);

    assert_int_equal(enter(fixture, "b/two"), RR_GATE_PROBE);
}

static void f59_places_of_an_endpoint_are_shared_among_namespaces(void **state)
{
    struct fixture *fixture = *state;
    prove(fixture);

    assert_int_equal(enter(fixture, "a/one"), RR_GATE_OPEN);
    assert_int_equal(enter(fixture, "a/two"), RR_GATE_WAIT);

    assert_int_equal(enter(fixture, "b/one"), RR_GATE_OPEN);
}

static void f59_key_that_leaves_while_it_waits_or_is_woken_does_not_block_others(void **state)
{
    struct fixture *fixture = *state;
    prove(fixture);
    assert_int_equal(enter(fixture, "a/one"), RR_GATE_OPEN);
    assert_int_equal(enter(fixture, "a/gone"), RR_GATE_WAIT);
    assert_int_equal(enter(fixture, "a/called"), RR_GATE_WAIT);
    assert_int_equal(enter(fixture, "a/last"), RR_GATE_WAIT);
    leave(fixture, "a/gone", RR_E_OK);

    leave(fixture, "a/one", RR_E_OK);
    assert_called(fixture, 0, "a/called");
    leave(fixture, "a/called", RR_E_OK); /* it was called and does not enter */

    assert_called(fixture, 1, "a/last");
    leave(fixture, "a/nobody", RR_E_OK);
}

static void f59_key_that_enters_at_another_endpoint_leaves_the_first(void **state)
{
    struct fixture *fixture = *state;
    prove(fixture);
    assert_int_equal(enter(fixture, "a/one"), RR_GATE_OPEN);
    leave(fixture, "a/one", RR_E_OK);
    assert_int_equal(enter(fixture, "a/two"), RR_GATE_OPEN);
    assert_int_equal(enter(fixture, "a/moves"), RR_GATE_WAIT);

    assert_int_equal(enter_at(fixture, "a/moves", OTHER), RR_GATE_PROBE);

    leave(fixture, "a/two", RR_E_OK);
    assert_int_equal(fixture->calls, 0);
}

static void f59_place_of_a_key_that_moves_to_another_endpoint_goes_to_the_next(void **state)
{
    struct fixture *fixture = *state;
    prove(fixture);
    assert_int_equal(enter(fixture, "a/moves"), RR_GATE_OPEN);
    assert_int_equal(enter(fixture, "a/waits"), RR_GATE_WAIT);

    assert_int_equal(enter_at(fixture, "a/moves", OTHER), RR_GATE_PROBE);

    assert_called(fixture, 0, "a/waits");
}

static void f59_changes_go_before_periodic_visits(void **state)
{
    struct fixture *fixture = *state;
    prove(fixture);
    assert_int_equal(enter(fixture, "a/one"), RR_GATE_OPEN);
    assert_int_equal(enter(fixture, "a/old"), RR_GATE_WAIT);
    struct rr_gate_visitor news = { .key = RR_LIT("a/new"), .endpoint = STORE, .is_news = true };
    int64_t since_ms = 0;
    enum rr_code code;
    assert_int_equal(rr_gate_enter(fixture->gate, &news, &since_ms, &code), RR_GATE_WAIT);
    assert_int_equal(since_ms, 1000);

    leave(fixture, "a/one", RR_E_OK);

    assert_called(fixture, 0, "a/new");
}

static void f59_unused_endpoints_are_forgotten_beyond_a_limit(void **state)
{
    struct fixture *fixture = *state;
    fall_silent(fixture);
    assert_int_equal(enter_at(fixture, "a/stays", OTHER), RR_GATE_PROBE);

    for (int i = 0; i < RR_GATE_ENDPOINTS_MAX; i++) {
        char name[KEY_SIZE];
        (void)snprintf(name, sizeof(name), "https://%d", i);
        assert_int_equal(enter_at(fixture, "b/many", rr_slice_from(name)), RR_GATE_PROBE);
        leave(fixture, "b/many", RR_E_OK);
    }

    assert_int_equal(enter(fixture, "c/one"), RR_GATE_PROBE);
    assert_int_equal(enter(fixture, "c/two"), RR_GATE_WAIT); /* its silence was forgotten */
    assert_int_equal(enter_at(fixture, "c/three", OTHER), RR_GATE_WAIT);
}

/* How the endpoint is known, by the next two that come. */
enum knowledge { UNKNOWN, ANSWERING, FAILING };

static void assert_known(struct fixture *fixture, enum knowledge knowledge)
{
    assert_int_equal(enter(fixture, "x/next"), knowledge == ANSWERING ? RR_GATE_OPEN : RR_GATE_PROBE);
    assert_int_equal(enter(fixture, "y/next"), knowledge == ANSWERING ? RR_GATE_OPEN
                                               : knowledge == FAILING ? RR_GATE_REFUSED
                                                                      : RR_GATE_WAIT);
    leave(fixture, "y/next", RR_E_OK);
    leave(fixture, "x/next", RR_E_OK);
}

/* Only a discovery that ran, and failed, says that an endpoint is silent. */
static void f59_endpoint_is_silent_only_after_a_discovery_that_ran_and_failed(void **state)
{
    enum { WAITING, CALLED, INSIDE };
    struct fixture *fixture = *state;
    for (int i = 0; i < 12; i++) {
        int where = i % 3;
        enum rr_code code = i / 3 % 2 == 0 ? RR_E_OK : RR_E_TIMEOUT;
        bool proven = i / 6 > 0;
        start_again(state);
        if (proven)
            prove(fixture);
        fake_clock_advance(&fixture->time, 1000);
        if (where != INSIDE)
            assert_int_equal(enter(fixture, "a/one"), proven ? RR_GATE_OPEN : RR_GATE_PROBE);
        assert_int_equal(enter(fixture, "a/two"), where != INSIDE ? RR_GATE_WAIT
                                                  : proven        ? RR_GATE_OPEN
                                                                  : RR_GATE_PROBE);
        if (where == CALLED)
            leave(fixture, "a/one", RR_E_OK);

        leave(fixture, "a/two", code);
        if (where == WAITING)
            leave(fixture, "a/one", RR_E_OK);

        assert_known(fixture, where == INSIDE && code != RR_E_OK ? FAILING : proven ? ANSWERING : UNKNOWN);
    }
}

/* A reply that came while the discovery still waited for its turn does not excuse its silence. */
static void f59_reply_counts_from_the_moment_when_the_discovery_began(void **state)
{
    struct fixture *fixture = *state;
    for (int same_moment = 0; same_moment < 2; same_moment++) {
        start_again(state);
        prove(fixture);
        assert_int_equal(enter(fixture, "a/one"), RR_GATE_OPEN);
        assert_int_equal(enter(fixture, "b/one"), RR_GATE_OPEN);
        assert_int_equal(enter(fixture, "a/two"), RR_GATE_WAIT);
        fake_clock_advance(&fixture->time, 1000);
        rr_gate_answered(fixture->gate, RR_LIT("b/one"));
        leave(fixture, "a/one", RR_E_OK);
        fake_clock_advance(&fixture->time, same_moment ? 0 : 1);
        assert_int_equal(enter(fixture, "a/two"), RR_GATE_OPEN);
        leave(fixture, "b/one", RR_E_OK);

        leave(fixture, "a/two", RR_E_TIMEOUT);

        assert_known(fixture, same_moment ? ANSWERING : FAILING);
    }
}

static void f59_reply_to_a_key_that_has_not_entered_proves_nothing(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(enter(fixture, "a/one"), RR_GATE_PROBE);
    assert_int_equal(enter(fixture, "b/two"), RR_GATE_WAIT);

    rr_gate_answered(fixture->gate, RR_LIT("b/two"));
    rr_gate_answered(fixture->gate, RR_LIT("c/unknown"));
    assert_int_equal(fixture->calls, 0);
    leave(fixture, "a/one", RR_E_OK);
    rr_gate_answered(fixture->gate, RR_LIT("b/two")); /* called, and not here yet */
    leave(fixture, "b/two", RR_E_OK);

    assert_known(fixture, UNKNOWN);
}

static void f59_key_that_enters_again_keeps_its_place_in_line(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(enter(fixture, "a/one"), RR_GATE_PROBE);
    assert_int_equal(enter(fixture, "b/two"), RR_GATE_WAIT);
    assert_int_equal(enter(fixture, "c/three"), RR_GATE_WAIT);

    assert_int_equal(enter(fixture, "b/two"), RR_GATE_WAIT);
    leave(fixture, "a/one", RR_E_OK);

    assert_int_equal(fixture->calls, 1);
    assert_called(fixture, 0, "b/two");
}

static void f59_probe_of_a_silent_endpoint_that_enters_again_is_not_refused(void **state)
{
    struct fixture *fixture = *state;
    fall_silent(fixture);
    assert_int_equal(enter(fixture, "a/one"), RR_GATE_PROBE);

    assert_int_equal(enter(fixture, "a/one"), RR_GATE_PROBE);
}

static void f59_silence_of_one_endpoint_calls_no_key_of_another(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(enter_at(fixture, "a/inside", OTHER), RR_GATE_PROBE);
    assert_int_equal(enter_at(fixture, "b/waits", OTHER), RR_GATE_WAIT);

    fall_silent(fixture);

    assert_int_equal(fixture->calls, 0);
    assert_int_equal(enter_at(fixture, "b/waits", OTHER), RR_GATE_WAIT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(f59_endpoint_that_never_answered_gets_one_and_others_wait, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_first_reply_opens_the_endpoint_before_the_discovery_ends, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_silent_endpoint_gets_one_and_refuses_the_others_with_its_error, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(f59_keys_that_wait_for_an_endpoint_that_fails_are_woken, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_silent_endpoint_that_answers_again_is_open, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_failure_beside_a_reply_to_another_discovery_is_no_silence, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_reply_before_a_discovery_began_does_not_excuse_its_silence, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_places_of_an_endpoint_are_shared_among_namespaces, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_key_that_leaves_while_it_waits_or_is_woken_does_not_block_others, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(f59_key_that_enters_at_another_endpoint_leaves_the_first, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_place_of_a_key_that_moves_to_another_endpoint_goes_to_the_next, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(f59_endpoint_is_silent_only_after_a_discovery_that_ran_and_failed, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_reply_counts_from_the_moment_when_the_discovery_began, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_reply_to_a_key_that_has_not_entered_proves_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_key_that_enters_again_keeps_its_place_in_line, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_probe_of_a_silent_endpoint_that_enters_again_is_not_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_silence_of_one_endpoint_calls_no_key_of_another, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_changes_go_before_periodic_visits, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_unused_endpoints_are_forgotten_beyond_a_limit, setup, teardown),
};

RR_TEST_MAIN(tests)
