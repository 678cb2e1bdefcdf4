/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "fakes/fake_clock.h"
#include "support/client.h"
#include "support/test.h"

#include <redisrestore/server/server.h>

/* Servers on free ports of loopback, over unused loops and a clock that the test moves. */
struct fixture {
    struct fake_clock time;
    struct rr_clock clock;
    struct rr_http_loop *loops[RR_ENDPOINTS_LOOPS_MAX];
    struct rr_metrics *metrics;
    struct rr_endpoints endpoints;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .time = { 1000, 1000 } };
    fixture.clock = fake_clock(&fixture.time);
    rr_http_global_init();
    for (size_t i = 0; i < RR_ENDPOINTS_LOOPS_MAX; i++) {
        struct rr_http_loop_options options = { .name = "test", .clock = &rr_clock_system };
        fixture.loops[i] = rr_http_loop_new(&options);
    }
    fixture.metrics = rr_metrics_new();
    atomic_store(&fixture.time.monotonic_ms, rr_http_loop_last_tick_ms(fixture.loops[0]));
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < RR_ENDPOINTS_LOOPS_MAX; i++)
        rr_http_loop_free(fixture->loops[i]);
    rr_metrics_free(fixture->metrics);
    rr_http_global_done();
    return 0;
}

static bool start(struct fixture *fixture, const char *metrics, const char *health, struct rr_error *err)
{
    struct rr_controller_options options = { .metrics_address = rr_slice_from(metrics),
                                             .health_address = rr_slice_from(health) };
    struct rr_endpoints_options endpoints = { .flags = &options,
                                              .metrics = fixture->metrics,
                                              .clock = &fixture->clock,
                                              .loops = { fixture->loops[0], fixture->loops[1] } };
    return rr_endpoints_start(&fixture->endpoints, &endpoints, err);
}

/* Returns the whole reply of "GET path", or "" if there is none. */
static const char *get(uint16_t port, const char *path)
{
    char request[128];
    (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    int fd = client_dial(port);
    client_send(fd, request);
    const char *reply = client_receive(fd, NULL);
    (void)close(fd);
    return reply;
}

static uint16_t health_port(const struct fixture *fixture)
{
    return rr_server_port(fixture->endpoints.health_server);
}

static void assert_reply(const char *reply, const char *status, const char *words)
{
    if (strncmp(reply + strlen("HTTP/1.1 "), status, 3) != 0 || strstr(reply, words) == NULL) {
        print_error("wanted %s with \"%s\", got:\n%s\n", status, words, reply);
        fail();
    }
}

static void metrics_are_served_without_health(void **state)
{
    struct fixture *fixture = *state;
    struct rr_error err;
    rr_metric_add(rr_metrics_counter(fixture->metrics, "test_total", "Test.", NULL), NULL, 3);
    assert_ok(start(fixture, "127.0.0.1:0", "0", &err), err);

    uint16_t port = rr_scrape_server_port(fixture->endpoints.metrics);
    assert_reply(get(port, "/metrics"), "200", "\ntest_total 3\n");
    assert_reply(get(port, "/healthz"), "404", "");
    assert_null(fixture->endpoints.health_server);
    rr_endpoints_done(&fixture->endpoints);
}

static void w10_loops_that_tick_are_healthy(void **state)
{
    struct fixture *fixture = *state;
    struct rr_error err;
    assert_ok(start(fixture, "0", "127.0.0.1:0", &err), err);

    assert_reply(get(health_port(fixture), "/healthz"), "200", "\r\n\r\nok");
    assert_reply(get(health_port(fixture), "/healthz?verbose"), "200", "[+]loops ok");

    assert_null(fixture->endpoints.metrics);
    rr_endpoints_done(&fixture->endpoints);
}

static void w10_loop_that_is_silent_for_30_s_is_unhealthy(void **state)
{
    struct fixture *fixture = *state;
    struct rr_error err;
    assert_ok(start(fixture, "0", "127.0.0.1:0", &err), err);

    /* The loops tick by the system's clock; a day later by ours they have long been silent. */
    fake_clock_advance(&fixture->time, INT64_C(86400) * 1000);

    assert_reply(get(health_port(fixture), "/healthz"), "500", "[-]loops failed: reason withheld");
    assert_reply(get(health_port(fixture), "/healthz/loops"), "500", "an HTTP loop has been silent for");
    rr_endpoints_done(&fixture->endpoints);
}

static void w10_loop_is_unhealthy_from_30_s_of_silence_on(void **state)
{
    struct fixture *fixture = *state;
    struct rr_error err;
    struct fake_clock stopped_time = { 1, 1 };
    struct rr_clock stopped_clock = fake_clock(&stopped_time);
    struct rr_http_loop_options options = { .name = "stopped", .clock = &stopped_clock };
    for (size_t i = 0; i < 2; i++) {
        rr_http_loop_free(fixture->loops[i]);
        fixture->loops[i] = rr_http_loop_new(&options);
    }
    assert_ok(start(fixture, "0", "127.0.0.1:0", &err), err);

    atomic_store(&fixture->time.monotonic_ms, 1 + 29999);
    assert_reply(get(health_port(fixture), "/healthz"), "200", "\r\n\r\nok");
    fake_clock_advance(&fixture->time, 1);
    assert_reply(get(health_port(fixture), "/healthz"), "500", "[-]loops failed");

    rr_endpoints_done(&fixture->endpoints);
    for (size_t i = 0; i < 2; i++) {
        rr_http_loop_free(fixture->loops[i]);
        fixture->loops[i] = NULL;
    }
}

static void w10_each_loop_is_looked_at(void **state)
{
    struct fixture *fixture = *state;
    struct rr_error err;
    struct fake_clock stopped_time = { 1, 1 };
    struct rr_clock stopped_clock = fake_clock(&stopped_time);
    struct rr_http_loop_options options = { .name = "stopped", .clock = &stopped_clock };
    rr_http_loop_free(fixture->loops[1]);
    fixture->loops[1] = rr_http_loop_new(&options); /* its ticks have the time of its clock */
    assert_ok(start(fixture, "0", "127.0.0.1:0", &err), err);

    assert_reply(get(health_port(fixture), "/healthz/loops"), "500", "an HTTP loop has been silent for");

    rr_endpoints_done(&fixture->endpoints);
    rr_http_loop_free(fixture->loops[1]);
    fixture->loops[1] = NULL;
}

static void w10_without_a_controller_it_is_not_ready(void **state)
{
    struct fixture *fixture = *state;
    struct rr_error err;
    assert_ok(start(fixture, "0", "127.0.0.1:0", &err), err);

    assert_reply(get(health_port(fixture), "/readyz"), "500", "[-]synced failed: reason withheld");
    assert_reply(get(health_port(fixture), "/healthz"), "200", "ok");
    rr_endpoints_done(&fixture->endpoints);
}

static void address_in_use_names_the_flag_and_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct rr_error err;
    assert_ok(start(fixture, "127.0.0.1:0", "0", &err), err);
    char taken[32];
    (void)snprintf(taken, sizeof(taken), "127.0.0.1:%u", (unsigned)rr_scrape_server_port(fixture->endpoints.metrics));
    struct rr_endpoints first = fixture->endpoints;

    bool good = start(fixture, "127.0.0.1:0", taken, &err);

    assert_false(good);
    assert_int_equal(err.code, RR_E_INTERNAL);
    assert_non_null(strstr(err.message, "--health-probe-bind-address"));
    rr_endpoints_done(&first);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(metrics_are_served_without_health, set_up, tear_down),
    cmocka_unit_test_setup_teardown(w10_loops_that_tick_are_healthy, set_up, tear_down),
    cmocka_unit_test_setup_teardown(w10_loop_that_is_silent_for_30_s_is_unhealthy, set_up, tear_down),
    cmocka_unit_test_setup_teardown(w10_loop_is_unhealthy_from_30_s_of_silence_on, set_up, tear_down),
    cmocka_unit_test_setup_teardown(w10_each_loop_is_looked_at, set_up, tear_down),
    cmocka_unit_test_setup_teardown(w10_without_a_controller_it_is_not_ready, set_up, tear_down),
    cmocka_unit_test_setup_teardown(address_in_use_names_the_flag_and_leaves_nothing, set_up, tear_down),
};

RR_TEST_MAIN(tests)
