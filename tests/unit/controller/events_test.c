/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/controller/events.h>

#include "fakes/fake_clock.h"
#include "support/kube_script.h"
#include "support/test.h"

enum { QUEUE_MAX = 256 };

/* Events to an API server that answers by a list. */
struct fixture {
    struct kube_script script;
    struct test_server *server;
    struct kube_fixture kube;
    struct rr_events *events;
    struct rr_metric_family *dropped;
    const struct rr_kube_guard *guard;
    int64_t retry_ms;       /* 0: of the product */
    struct fake_clock time; /* the events' */
    struct rr_clock clock;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ 0 };
    *state = &fixture;
    return 0;
}

/* To the server that is there, by the clock that is there. */
static void start_events(struct fixture *fixture)
{
    kube_fixture_init(&fixture->kube, fixture->server, NULL);
    kube_fixture_connect(&fixture->kube);
    fake_clock_advance(&fixture->time, 1769903940123);
    fixture->dropped = rr_metrics_counter(fixture->kube.metrics, "dropped", "Dropped.", NULL);
    struct rr_events_options options = { .client = fixture->kube.client,
                                         .clock = &fixture->clock,
                                         .log = &fixture->kube.log,
                                         .controller = "redisrestore.dev/controller",
                                         .instance = RR_LIT("pod-1"),
                                         .dropped = fixture->dropped,
                                         .guard = fixture->guard,
                                         .retry_ms = fixture->retry_ms };
    fixture->events = rr_events_start(&options);
}

static void start(struct fixture *fixture, const struct kube_step *steps, size_t count)
{
    kube_script_init(&fixture->script, steps, count);
    fixture->server = test_server_start(kube_script_serve, &fixture->script);
    fixture->clock = fake_clock(&fixture->time);
    start_events(fixture);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    kube_fixture_done(&fixture->kube);
    test_server_stop(fixture->server);
    kube_script_done(&fixture->script);
    return 0;
}

static void record_of(struct fixture *fixture, int object, const char *reason)
{
    char uid[16];
    (void)snprintf(uid, sizeof(uid), "u%d", object);
    struct rr_event event = { .api_version = "redisrestore.dev/v1alpha1",
                              .kind = "RedisRestore",
                              .namespace_name = RR_LIT("shop"),
                              .name = RR_LIT("cart"),
                              .uid = rr_slice_from(uid),
                              .resource_version = RR_LIT("7"),
                              .reason = reason,
                              .action = "Discover",
                              .note = RR_LIT("said") };
    rr_events_record(fixture->events, &event);
}

static void record(struct fixture *fixture, const char *reason)
{
    record_of(fixture, 1, reason);
}

static void assert_dropped(struct fixture *fixture, int count)
{
    rr_auto(buf) text = RR_BUF(1 << 20);
    char line[64];
    (void)snprintf(line, sizeof(line), "\ndropped %d\n", count);
    rr_metrics_expose(fixture->kube.metrics, &text);
    if (strstr(rr_buf_text(&text), line) == NULL)
        fail_msg("not %d dropped: %s", count, rr_buf_text(&text));
}

static void e06_what_was_recorded_is_written_before_the_end(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = { { 201, NULL, "{}", KUBE_WHOLE, false },
                                              { 201, NULL, "{}", KUBE_WHOLE, false } };
    start(fixture, steps, RR_COUNT(steps));

    record(fixture, "First");
    record(fixture, "Second");
    rr_events_free(fixture->events, 20000);

    assert_string_equal(kube_script_request(&fixture->script, 2), "POST /apis/events.k8s.io/v1/namespaces/shop/events");
    assert_int_equal(test_count(rr_buf_text(&fixture->script.text), "\"reason\":\"First\""), 1);
    assert_int_equal(test_count(rr_buf_text(&fixture->script.text), "\"reason\":\"Second\""), 1);
    assert_dropped(fixture, 0);
}

static void e04_answer_of_the_server_is_final(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = {
        { 403, NULL, "{\"kind\":\"Status\",\"reason\":\"Forbidden\"}", KUBE_WHOLE, false },
        { 500, NULL, "{\"kind\":\"Status\"}", KUBE_WHOLE, false },
        { 201, NULL, "{}", KUBE_WHOLE, false },
    };
    start(fixture, steps, RR_COUNT(steps));

    record(fixture, "Refused");
    record(fixture, "Failed");
    record(fixture, "Written");
    rr_events_free(fixture->events, 20000);

    assert_int_equal(test_server_requests(fixture->server), 3);
    assert_dropped(fixture, 2);
}

static void e04_event_that_is_there_already_was_written(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = {
        { 409, NULL, "{\"kind\":\"Status\",\"reason\":\"AlreadyExists\"}", KUBE_WHOLE, false },
    };
    start(fixture, steps, RR_COUNT(steps));

    record(fixture, "Twice");
    rr_events_free(fixture->events, 20000);

    assert_int_equal(test_server_requests(fixture->server), 1);
    assert_dropped(fixture, 0);
}

static void e06_full_queue_drops_and_never_waits(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, NULL, 0); /* silence */
    record(fixture, "Under way");
    (void)kube_script_request(&fixture->script, 1);

    for (int i = 0; i < QUEUE_MAX + 3; i++)
        record_of(fixture, i, "Queued");

    assert_dropped(fixture, 3);
    const char *told = strstr(kube_fixture_logged(&fixture->kube), "event queue full, dropping and counting events");
    assert_non_null(told);
    assert_null(strstr(told + 1, "event queue full")); /* once, until the queue has been empty */
    rr_events_free(fixture->events, 0);
    assert_dropped(fixture, QUEUE_MAX + 4); /* nothing of it was written */
}

/* A server that answers the n-th request when n answers are let go. */
struct sluice {
    struct test_gate asked, let_go;
    struct test_gate idle; /* opened when the events' thread asks for the time, which it does when its queue is empty */
    pthread_t test;
    int answers;
};

static void serve_sluice(struct test_peer *peer, void *context)
{
    struct sluice *sluice = context;
    while (test_peer_read(peer)) {
        test_gate_open(&sluice->asked);
        test_gate_wait(&sluice->let_go, test_server_requests(peer->server));
        test_peer_answer(peer, "{}");
    }
}

static int opened(struct test_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    int times = gate->passed;
    pthread_mutex_unlock(&gate->lock);
    return times;
}

static int64_t sluice_ms(void *context)
{
    struct sluice *sluice = context;
    if (!pthread_equal(pthread_self(), sluice->test))
        test_gate_open(&sluice->idle);
    return 1000;
}

/* One Event is under way, as many as the queue holds wait, and `beyond` more find no room. */
static void overfill(struct fixture *fixture, struct sluice *sluice, const char *reason, int beyond)
{
    record_of(fixture, -1, reason);
    test_gate_wait(&sluice->asked, sluice->answers + 1);
    for (int i = 0; i < QUEUE_MAX + beyond; i++)
        record_of(fixture, i, reason);
}

static void let_all_go(struct sluice *sluice)
{
    sluice->answers += QUEUE_MAX + 1;
    for (int i = 0; i < QUEUE_MAX + 1; i++)
        test_gate_open(&sluice->let_go);
}

static void e06_queue_that_is_full_again_is_logged_again(void **state)
{
    struct fixture *fixture = *state;
    struct sluice sluice = { .test = pthread_self() };
    struct test_gate *const gates[] = { &sluice.asked, &sluice.let_go, &sluice.idle };
    for (size_t i = 0; i < RR_COUNT(gates); i++)
        test_gate_init(gates[i]);
    kube_script_init(&fixture->script, NULL, 0);
    fixture->server = test_server_start(serve_sluice, &sluice);
    fixture->clock = (struct rr_clock){ &sluice, sluice_ms, sluice_ms };
    start_events(fixture);
    overfill(fixture, &sluice, "First", 3);
    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "event queue full"), 1);
    int idle_before = opened(&sluice.idle); /* the thread waits for an answer */

    let_all_go(&sluice);
    test_gate_wait(&sluice.idle, idle_before + 1);
    overfill(fixture, &sluice, "Second", 2);

    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "event queue full"), 2);
    assert_dropped(fixture, 3 + 2);
    let_all_go(&sluice);
    rr_events_free(fixture->events, 20000);
    assert_dropped(fixture, 3 + 2);
    assert_int_equal(test_server_requests(fixture->server), 2 * (QUEUE_MAX + 1));
}

static int64_t never_again(void *context)
{
    (void)context;
    return INT64_MIN;
}

static void l10_event_of_a_former_leader_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = { { 201, NULL, "{}", KUBE_WHOLE, false } };
    static const struct rr_kube_guard forbids = { .until_ms = never_again };
    fixture->guard = &forbids;
    start(fixture, steps, RR_COUNT(steps));

    record(fixture, "Late");
    rr_events_free(fixture->events, 20000);

    assert_int_equal(test_server_requests(fixture->server), 0);
    assert_dropped(fixture, 1);
    assert_string_equal(kube_fixture_logged(&fixture->kube), "");
}

#define GONE "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"code\":404}"
#define CREATED                                                                                                        \
    {                                                                                                                  \
        201, NULL, "{}", KUBE_WHOLE, false                                                                             \
    }
#define PATCHED                                                                                                        \
    {                                                                                                                  \
        200, NULL, "{}", KUBE_WHOLE, false                                                                             \
    }
#define NOT_THERE                                                                                                      \
    {                                                                                                                  \
        404, NULL, GONE, KUBE_WHOLE, false                                                                             \
    }

static void e03_series_is_patched_and_counts_are_written_when_it_falls_silent(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = { CREATED, PATCHED, PATCHED, CREATED };
    start(fixture, steps, RR_COUNT(steps));
    for (int i = 0; i < 7; i++)
        record(fixture, "Often");
    assert_true(rr_slice_starts_with(rr_slice_from(kube_script_request(&fixture->script, 2)),
                                     RR_LIT("PATCH /apis/events.k8s.io/v1/namespaces/shop/events/cart.")));

    fake_clock_advance(&fixture->time, 6 * 60 * 1000);
    record(fixture, "Wakes the thread");
    (void)kube_script_request(&fixture->script, 4);
    rr_events_free(fixture->events, 20000);

    const char *text = rr_buf_text(&fixture->script.text);
    assert_int_equal(test_server_requests(fixture->server), 4);
    assert_int_equal(test_count(text, "{\"series\":{\"count\":2,"), 1);
    assert_int_equal(test_count(text, "{\"series\":{\"count\":7,"), 1);
    assert_dropped(fixture, 0);
}

static void e10_event_is_patched_by_strategic_merge(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = { CREATED, PATCHED };
    start(fixture, steps, RR_COUNT(steps));
    for (int i = 0; i < 2; i++)
        record(fixture, "Often");

    rr_events_free(fixture->events, 20000);

    const char *text = rr_buf_text(&fixture->script.text);
    assert_int_equal(test_server_requests(fixture->server), 2);
    assert_int_equal(test_count(text, "Content-Type: application/strategic-merge-patch+json"), 1);
}

static void e03_counts_are_written_before_the_end(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = { CREATED, PATCHED, PATCHED };
    start(fixture, steps, RR_COUNT(steps));
    for (int i = 0; i < 4; i++)
        record(fixture, "Often");

    rr_events_free(fixture->events, 20000);

    assert_int_equal(test_server_requests(fixture->server), 3);
    assert_int_equal(test_count(rr_buf_text(&fixture->script.text), "{\"series\":{\"count\":4,"), 1);
}

static void e03_series_whose_event_is_gone_is_created(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = { CREATED, NOT_THERE, CREATED };
    start(fixture, steps, RR_COUNT(steps));
    record(fixture, "Twice");
    record(fixture, "Twice");

    rr_events_free(fixture->events, 20000);

    assert_string_equal(kube_script_request(&fixture->script, 3), "POST /apis/events.k8s.io/v1/namespaces/shop/events");
    assert_int_equal(test_count(rr_buf_text(&fixture->script.text), "},\"series\":{\"count\":2,"), 1);
    assert_dropped(fixture, 0);
}

#define IS_THERE                                                                                                       \
    {                                                                                                                  \
        409, NULL, "{\"kind\":\"Status\",\"reason\":\"AlreadyExists\"}", KUBE_WHOLE, false                             \
    }

static void e04_series_that_another_created_after_the_patch_is_patched_again(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = { CREATED, NOT_THERE, IS_THERE, PATCHED };
    fixture->retry_ms = 1;
    start(fixture, steps, RR_COUNT(steps));
    record(fixture, "Twice");
    record(fixture, "Twice");

    rr_events_free(fixture->events, 20000);

    assert_true(rr_slice_starts_with(rr_slice_from(kube_script_request(&fixture->script, 4)),
                                     RR_LIT("PATCH /apis/events.k8s.io/v1/namespaces/shop/events/cart.")));
    assert_int_equal(test_server_requests(fixture->server), 4);
    assert_dropped(fixture, 0);
}

static void e04_server_that_does_not_answer_is_tried_twelve_times(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = { { 0, NULL, NULL, KUBE_RESET, false } };
    fixture->retry_ms = 1;
    start(fixture, steps, RR_COUNT(steps));
    fixture->script.over_and_over = true;
    record(fixture, "Unreachable");

    rr_events_free(fixture->events, 20000);

    assert_int_equal(test_server_requests(fixture->server), 12);
    assert_dropped(fixture, 1);
}

#define TERMINATING                                                                                                    \
    "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"message\":\"unable to create new content in namespace shop "      \
    "because it is being terminated\"}"

static void r27_event_that_a_terminating_namespace_refuses_is_dropped_and_counted(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = {
        { 403, NULL, TERMINATING, KUBE_WHOLE, false },
        CREATED,
    };
    start(fixture, steps, RR_COUNT(steps));
    record_of(fixture, 1, "Late");
    record_of(fixture, 2, "Written");

    rr_events_free(fixture->events, 20000);

    assert_int_equal(test_server_requests(fixture->server), 2);
    assert_dropped(fixture, 1);
    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "\"warn\""), 0); /* no one must act */
}

static void r27_failure_after_a_terminating_namespace_is_logged(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = {
        { 403, NULL, TERMINATING, KUBE_WHOLE, false },
        { 403, NULL, "{\"kind\":\"Status\",\"reason\":\"Forbidden\"}", KUBE_WHOLE, false },
    };
    start(fixture, steps, RR_COUNT(steps));
    record_of(fixture, 1, "Late");
    record_of(fixture, 2, "Refused");

    rr_events_free(fixture->events, 20000);

    assert_dropped(fixture, 2);
    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "\"warn\""), 1);
}

static void e04_refusal_of_all_events_is_one_record(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = {
        { 403, NULL, "{\"kind\":\"Status\",\"reason\":\"Forbidden\"}", KUBE_WHOLE, false },
    };
    start(fixture, steps, RR_COUNT(steps));
    fixture->script.over_and_over = true;
    for (int i = 0; i < 5; i++)
        record_of(fixture, i, "Refused");

    rr_events_free(fixture->events, 20000);

    assert_dropped(fixture, 5);
    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "\"warn\""), 1);
}

static void e04_refusal_after_a_written_event_is_logged_again(void **state)
{
    struct fixture *fixture = *state;
    static const struct kube_step steps[] = {
        { 403, NULL, "{\"kind\":\"Status\",\"reason\":\"Forbidden\"}", KUBE_WHOLE, false },
        CREATED,
        { 403, NULL, "{\"kind\":\"Status\",\"reason\":\"Forbidden\"}", KUBE_WHOLE, false },
    };
    start(fixture, steps, RR_COUNT(steps));
    for (int i = 0; i < 3; i++)
        record_of(fixture, i, "Recorded");

    rr_events_free(fixture->events, 20000);

    assert_dropped(fixture, 2);
    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "\"warn\""), 2);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(e03_series_is_patched_and_counts_are_written_when_it_falls_silent, setup, teardown),
    cmocka_unit_test_setup_teardown(e03_counts_are_written_before_the_end, setup, teardown),
    cmocka_unit_test_setup_teardown(e03_series_whose_event_is_gone_is_created, setup, teardown),
    cmocka_unit_test_setup_teardown(e04_series_that_another_created_after_the_patch_is_patched_again, setup, teardown),
    cmocka_unit_test_setup_teardown(e04_server_that_does_not_answer_is_tried_twelve_times, setup, teardown),
    cmocka_unit_test_setup_teardown(r27_event_that_a_terminating_namespace_refuses_is_dropped_and_counted, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(r27_failure_after_a_terminating_namespace_is_logged, setup, teardown),
    cmocka_unit_test_setup_teardown(e04_refusal_of_all_events_is_one_record, setup, teardown),
    cmocka_unit_test_setup_teardown(e04_refusal_after_a_written_event_is_logged_again, setup, teardown),
    cmocka_unit_test_setup_teardown(e06_what_was_recorded_is_written_before_the_end, setup, teardown),
    cmocka_unit_test_setup_teardown(e10_event_is_patched_by_strategic_merge, setup, teardown),
    cmocka_unit_test_setup_teardown(e04_answer_of_the_server_is_final, setup, teardown),
    cmocka_unit_test_setup_teardown(e04_event_that_is_there_already_was_written, setup, teardown),
    cmocka_unit_test_setup_teardown(e06_full_queue_drops_and_never_waits, setup, teardown),
    cmocka_unit_test_setup_teardown(e06_queue_that_is_full_again_is_logged_again, setup, teardown),
    cmocka_unit_test_setup_teardown(l10_event_of_a_former_leader_is_dropped, setup, teardown),
};
RR_TEST_MAIN(tests)
