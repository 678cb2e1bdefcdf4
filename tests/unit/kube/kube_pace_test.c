/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"

#include "fakes/fake_clock.h"
#include "support/kube_script.h"
#include "support/test.h"

/* A client with a clock that the test moves. */
struct fixture {
    struct kube_script script;
    struct test_server *server;
    struct kube_fixture kube;
    struct fake_clock fake;
    struct rr_error err;
};

static const double bounds[] = { 1 };

static void begin(struct fixture *fixture, int per_second, int burst)
{
    static const struct kube_step steps[] = { { .body = "{}" } };
    static const char *const labels[] = { "verb", "host", NULL };
    *fixture = (struct fixture){ .fake = { .monotonic_ms = rr_clock_monotonic_ms(&rr_clock_system) } };
    kube_script_init(&fixture->script, steps, 1);
    fixture->script.over_and_over = true;
    fixture->server = test_server_start(kube_script_serve, &fixture->script);
    kube_fixture_init(&fixture->kube, fixture->server, NULL);
    fixture->kube.clock = fake_clock(&fixture->fake);
    fixture->kube.requests_per_second = per_second;
    fixture->kube.burst = burst;
    fixture->kube.pace_seconds = rr_metrics_histogram(fixture->kube.metrics, "waits", "Waits.", labels, bounds, 1);
    kube_fixture_connect(&fixture->kube);
}

static void end(struct fixture *fixture)
{
    kube_fixture_done(&fixture->kube);
    test_server_stop(fixture->server);
    kube_script_done(&fixture->script);
}

static bool ask(struct fixture *fixture, const char *method, bool unpaced, int64_t within_ms)
{
    rr_auto(buf) body = RR_BUF(100);
    struct rr_kube_request request = { .method = method,
                                       .path = RR_LIT("/api/v1/namespaces/shop/secrets/s"),
                                       .deadline_ms = fixture->fake.monotonic_ms + within_ms,
                                       .unpaced = unpaced };
    return rr_kube_call(fixture->kube.client, &request, &fixture->kube.stop, &body, &fixture->err);
}

static bool ignore(void *context, struct rr_slice frame, struct rr_error *err)
{
    (void)context;
    (void)frame;
    (void)err;
    return true;
}

static bool stream(struct fixture *fixture, bool is_watch)
{
    struct rr_kube_stream stream = { .path = RR_LIT("/api/v1/secrets"),
                                     .is_watch = is_watch,
                                     .deadline_ms = fixture->fake.monotonic_ms + 900,
                                     .on_frame = ignore };
    return rr_kube_stream_run(fixture->kube.client, &stream, &fixture->kube.stop, NULL, &fixture->err);
}

static void r31_requests_over_the_burst_wait_for_the_pace(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 1, 2);
    assert_ok(ask(&fixture, "GET", false, 20000), fixture.err);
    assert_ok(ask(&fixture, "PATCH", false, 20000), fixture.err);

    assert_false(ask(&fixture, "GET", false, 900)); /* a second is too long */
    assert_int_equal(fixture.err.code, RR_E_TIMEOUT);
    assert_non_null(strstr(fixture.err.message, "--kube-api-qps"));
    assert_false(stream(&fixture, false));
    assert_int_equal(fixture.err.code, RR_E_TIMEOUT);
    fake_clock_advance(&fixture.fake, 1000); /* what was not sent has taken nothing */
    assert_ok(ask(&fixture, "GET", false, 900), fixture.err);

    assert_int_equal(test_server_requests(fixture.server), 3);
    end(&fixture);
}

static void expect_metric(struct fixture *fixture, const char *series, const char *value)
{
    rr_auto(buf) page = RR_BUF(65536);
    char line[128];
    rr_metrics_expose(fixture->kube.metrics, &page);
    (void)snprintf(line, sizeof(line), "%s,host=\"127.0.0.1:%d\"} %s\n", series, test_server_port(fixture->server),
                   value);
    if (strstr(rr_buf_text(&page), line) == NULL)
        fail_msg("no \"%s\" in %s", line, rr_buf_text(&page));
}

static void r31_request_over_the_burst_is_sent_after_its_wait(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 10, 1);
    assert_ok(ask(&fixture, "GET", false, 20000), fixture.err);

    assert_ok(ask(&fixture, "GET", false, 20000), fixture.err);

    assert_true(rr_clock_monotonic_ms(&rr_clock_system) >= fixture.fake.monotonic_ms + 100);
    assert_int_equal(test_server_requests(fixture.server), 2);
    expect_metric(&fixture, "waits_sum{verb=\"GET\"", "0.1"); /* of both: the first one did not wait */
    expect_metric(&fixture, "waits_count{verb=\"GET\"", "2");
    end(&fixture);
}

static void r31_cancelled_wait_returns_its_token(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 1, 1);
    assert_ok(rr_kube_paced(fixture.kube.client, "GET", RR_DEADLINE_NEVER, NULL, &fixture.err), fixture.err);
    rr_stop_set(&fixture.kube.stop);
    assert_false(ask(&fixture, "GET", false, 60000));

    fake_clock_advance(&fixture.fake, 1000);

    assert_ok(rr_kube_paced(fixture.kube.client, "GET", RR_DEADLINE_NEVER, NULL, &fixture.err), fixture.err);
    end(&fixture);
}

static void r31_waiting_ends_with_the_stop(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 1, 1);
    assert_ok(ask(&fixture, "GET", false, 60000), fixture.err);
    rr_stop_set(&fixture.kube.stop);

    assert_false(ask(&fixture, "GET", false, 60000));

    assert_int_equal(fixture.err.code, RR_E_CANCELLED);
    assert_int_equal(test_server_requests(fixture.server), 1);
    end(&fixture);
}

static void r31_lease_and_watch_never_wait(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 1, 1);
    assert_ok(ask(&fixture, "GET", false, 20000), fixture.err);

    for (int i = 0; i < 5; i++)
        assert_ok(ask(&fixture, "PUT", true, 20000), fixture.err);
    assert_ok(stream(&fixture, true), fixture.err);

    assert_false(ask(&fixture, "GET", false, 900));
    end(&fixture);
}

static void r31_no_limit_by_default_and_twice_the_rate_at_once(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 0, 0);
    for (int i = 0; i < 50; i++)
        assert_ok(rr_kube_paced(fixture.kube.client, "GET", 1, NULL, &fixture.err), fixture.err);
    end(&fixture);

    begin(&fixture, 5, 0);
    for (int i = 0; i < 10; i++)
        assert_ok(rr_kube_paced(fixture.kube.client, "GET", RR_DEADLINE_NEVER, NULL, &fixture.err), fixture.err);
    assert_false(rr_kube_paced(fixture.kube.client, "GET", RR_DEADLINE_NEVER, NULL, &fixture.err));

    expect_metric(&fixture, "waits_count{verb=\"GET\"", "10");
    end(&fixture);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(r31_requests_over_the_burst_wait_for_the_pace),
    cmocka_unit_test(r31_request_over_the_burst_is_sent_after_its_wait),
    cmocka_unit_test(r31_cancelled_wait_returns_its_token),
    cmocka_unit_test(r31_waiting_ends_with_the_stop),
    cmocka_unit_test(r31_lease_and_watch_never_wait),
    cmocka_unit_test(r31_no_limit_by_default_and_twice_the_rate_at_once),
};
RR_TEST_MAIN(tests)
