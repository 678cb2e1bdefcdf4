#include <redisrestore/controller/events.h>

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
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ 0 };
    *state = &fixture;
    return 0;
}

static void start(struct fixture *fixture, const struct kube_step *steps, size_t count)
{
    kube_script_init(&fixture->script, steps, count);
    fixture->server = test_server_start(kube_script_serve, &fixture->script);
    kube_fixture_init(&fixture->kube, fixture->server, NULL);
    kube_fixture_connect(&fixture->kube);
    fixture->dropped = rr_metrics_counter(fixture->kube.metrics, "dropped", "Dropped.", NULL);
    struct rr_events_options options = { .client = fixture->kube.client,
                                         .clock = &rr_clock_system,
                                         .log = &fixture->kube.log,
                                         .controller = "redisrestore.dev/controller",
                                         .instance = RR_LIT("pod-1"),
                                         .dropped = fixture->dropped,
                                         .guard = fixture->guard };
    fixture->events = rr_events_start(&options);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    kube_fixture_done(&fixture->kube);
    test_server_stop(fixture->server);
    kube_script_done(&fixture->script);
    return 0;
}

static void record(struct fixture *fixture, const char *reason)
{
    struct rr_event event = { .api_version = "redisrestore.dev/v1alpha1",
                              .kind = "RedisRestore",
                              .namespace_name = RR_LIT("shop"),
                              .name = RR_LIT("cart"),
                              .uid = RR_LIT("u1"),
                              .resource_version = RR_LIT("7"),
                              .reason = reason,
                              .action = "Discover",
                              .note = RR_LIT("said") };
    rr_events_record(fixture->events, &event);
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
    assert_int_equal(kube_count(rr_buf_text(&fixture->script.text), "\"reason\":\"First\""), 1);
    assert_int_equal(kube_count(rr_buf_text(&fixture->script.text), "\"reason\":\"Second\""), 1);
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
        record(fixture, "Queued");

    assert_dropped(fixture, 3);
    rr_events_free(fixture->events, 0);
    assert_dropped(fixture, QUEUE_MAX + 4); /* nothing of it was written */
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(e06_what_was_recorded_is_written_before_the_end, setup, teardown),
    cmocka_unit_test_setup_teardown(e04_answer_of_the_server_is_final, setup, teardown),
    cmocka_unit_test_setup_teardown(e04_event_that_is_there_already_was_written, setup, teardown),
    cmocka_unit_test_setup_teardown(e06_full_queue_drops_and_never_waits, setup, teardown),
    cmocka_unit_test_setup_teardown(l10_event_of_a_former_leader_is_dropped, setup, teardown),
};
RR_TEST_MAIN(tests)
