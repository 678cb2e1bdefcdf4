/* SPDX-License-Identifier: Apache-2.0 */
#include "support/kube_script.h"

#include "fakes/fake_clock.h"
#include "support/test.h"

static const struct rr_slice path = { "/apis/redisrestore.dev/v1alpha1/redisrestores", 45 };

/* The events of a stream. */
struct seen {
    struct rr_buf frames; /* with a newline behind each */
    int count, opened;
    int refuse_at; /* the frame that is refused, from 1; 0: none */
    struct fake_clock *clock;
    int64_t opening_ms; /* passes between the head and the first byte of the body */
};

static bool on_frame(void *context, struct rr_slice frame, struct rr_error *err)
{
    struct seen *seen = context;
    if (++seen->count == seen->refuse_at)
        return rr_fail(err, RR_E_GONE, "refused");
    rr_buf_add(&seen->frames, frame);
    rr_buf_add_byte(&seen->frames, '\n');
    return true;
}

static void on_open(void *context)
{
    struct seen *seen = context;
    seen->opened++;
    if (seen->clock != NULL)
        fake_clock_advance(seen->clock, seen->opening_ms);
}

/* A server with a script, a client, and one stream after the other. */
struct fixture {
    struct kube_script script;
    struct test_server *server;
    struct kube_fixture kube;
    struct seen seen;
    struct rr_buf envelope;
    struct rr_error err;
};

static void begin(struct fixture *fixture, const struct kube_step *steps, size_t count)
{
    *fixture = (struct fixture){ .seen = { .frames = RR_BUF(65536) }, .envelope = RR_BUF(65536) };
    kube_script_init(&fixture->script, steps, count);
    fixture->server = test_server_start(kube_script_serve, &fixture->script);
    kube_fixture_init(&fixture->kube, fixture->server, NULL);
    kube_fixture_connect(&fixture->kube);
}

static void end(struct fixture *fixture)
{
    kube_fixture_done(&fixture->kube);
    test_server_stop(fixture->server);
    kube_script_done(&fixture->script);
    rr_buf_done(&fixture->seen.frames);
    rr_buf_done(&fixture->envelope);
}

static bool stream(struct fixture *fixture, bool is_watch, int32_t silence_ms)
{
    struct rr_kube_stream stream = { .path = path,
                                     .query = RR_LIT("limit=500"),
                                     .is_watch = is_watch,
                                     .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 20000,
                                     .silence_ms = silence_ms,
                                     .context = &fixture->seen,
                                     .on_open = on_open,
                                     .on_frame = on_frame };
    rr_buf_clear(&fixture->seen.frames);
    rr_buf_clear(&fixture->envelope);
    fixture->seen.count = fixture->seen.opened = 0;
    fixture->err = (struct rr_error){ 0 };
    return rr_kube_stream_run(fixture->kube.client, &stream, &fixture->kube.stop, is_watch ? NULL : &fixture->envelope,
                              &fixture->err);
}

static const char list[] = "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"a\":1},{\"b\":"
                           "\"]}\"}]}";

static void list_gives_items_and_the_rest(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = list } };
    struct fixture fixture;
    begin(&fixture, steps, 1);

    assert_ok(stream(&fixture, false, 0), fixture.err);

    assert_string_equal(rr_buf_text(&fixture.seen.frames), "{\"a\":1}\n{\"b\":\"]}\"}\n");
    assert_string_equal(rr_buf_text(&fixture.envelope),
                        "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]}");
    assert_string_equal(kube_script_request(&fixture.script, 1),
                        "GET /apis/redisrestore.dev/v1alpha1/redisrestores?limit=500");
    assert_int_equal(fixture.seen.opened, 1);
    end(&fixture);
}

static void list_byte_by_byte_is_the_same(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = list, .slowly = true },
                                       { .body = list, .slowly = true, .end = KUBE_CLOSE } };
    struct fixture fixture;
    begin(&fixture, steps, 2);

    for (int i = 0; i < 2; i++) {
        assert_ok(stream(&fixture, false, 0), fixture.err);
        assert_string_equal(rr_buf_text(&fixture.seen.frames), "{\"a\":1}\n{\"b\":\"]}\"}\n");
    }

    end(&fixture);
}

/* Ended cleanly, so that nothing but the JSON shows that something is missing. */
static void list_cut_at_any_byte_is_never_whole(void **state)
{
    (void)state;
    static struct kube_step steps[sizeof(list)];
    static char cuts[sizeof(list)][sizeof(list)];
    struct fixture fixture;
    for (size_t len = 0; len < sizeof(list); len++) {
        memcpy(cuts[len], list, len);
        steps[len] = (struct kube_step){ .body = cuts[len] };
    }
    begin(&fixture, steps, sizeof(list));

    for (size_t len = 0; len < sizeof(list) - 1; len++) {
        assert_false(stream(&fixture, false, 0));
        assert_int_equal(fixture.err.code, RR_E_BAD_REPLY);
    }
    assert_ok(stream(&fixture, false, 0), fixture.err);

    end(&fixture);
}

static void interrupted_list_is_unreachable(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = list, .end = KUBE_CUT } };
    struct fixture fixture;
    begin(&fixture, steps, 1);

    assert_false(stream(&fixture, false, 0));

    assert_int_equal(fixture.err.code, RR_E_UNREACHABLE);
    end(&fixture);
}

#define EVENT_1 "{\"type\":\"ADDED\",\"object\":{\"a\":1}}"
#define EVENT_2 "{\"type\":\"MODIFIED\",\n\"object\":{\"b\":\"}\\\"\"}}"
static const char events[] = EVENT_1 "\n" EVENT_2 EVENT_1;

static void watch_gives_each_event(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = events, .end = KUBE_CLOSE },
                                       { .body = events, .end = KUBE_CLOSE, .slowly = true } };
    struct fixture fixture;
    begin(&fixture, steps, 2);

    for (int i = 0; i < 2; i++) {
        assert_ok(stream(&fixture, true, 0), fixture.err);
        assert_string_equal(rr_buf_text(&fixture.seen.frames), EVENT_1 "\n" EVENT_2 "\n" EVENT_1 "\n");
    }

    end(&fixture);
}

static void r15_watch_cut_at_any_byte_keeps_whole_events_only(void **state)
{
    (void)state;
    const size_t ends[] = { strlen(EVENT_1), strlen(EVENT_1 "\n" EVENT_2), strlen(events) };
    static struct kube_step steps[2 * sizeof(events)];
    static char cuts[sizeof(events)][sizeof(events)];
    struct fixture fixture;
    for (size_t len = 0; len < sizeof(events); len++) {
        memcpy(cuts[len], events, len);
        steps[2 * len] = (struct kube_step){ .body = cuts[len], .end = KUBE_CUT };
        steps[2 * len + 1] = (struct kube_step){ .body = cuts[len], .end = KUBE_CLOSE };
    }
    begin(&fixture, steps, 2 * sizeof(events));

    for (size_t step = 0; step < 2 * sizeof(events); step++) {
        int whole = 0;
        for (size_t i = 0; i < RR_COUNT(ends); i++)
            whole += step / 2 >= ends[i];
        assert_ok(stream(&fixture, true, 0), fixture.err);
        assert_int_equal(fixture.seen.count, whole);
    }

    end(&fixture);
}

static void r19_silent_watch_is_a_timeout(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = EVENT_1, .end = KUBE_HOLD } };
    struct fixture fixture;
    begin(&fixture, steps, 1);

    assert_false(stream(&fixture, true, 200));

    assert_int_equal(fixture.err.code, RR_E_TIMEOUT);
    assert_int_equal(fixture.seen.count, 1);
    end(&fixture);
}

/* The silence is counted from the last byte, not from the head of the reply. */
static void r19_watch_interrupted_after_data_does_not_count_as_silent(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = EVENT_1, .end = KUBE_CUT } };
    struct fixture fixture;
    struct fake_clock fake = { .monotonic_ms = rr_clock_monotonic_ms(&rr_clock_system) };
    begin(&fixture, steps, 1);
    fixture.kube.clock = fake_clock(&fake);
    fixture.seen.clock = &fake;
    fixture.seen.opening_ms = 20000;

    assert_ok(stream(&fixture, true, 20000), fixture.err);

    assert_int_equal(fixture.seen.count, 1);
    end(&fixture);
}

static void r19_watch_has_a_connection_of_its_own(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = list }, { .body = events, .end = KUBE_CLOSE } };
    struct fixture fixture;
    begin(&fixture, steps, 2);

    assert_ok(stream(&fixture, false, 0), fixture.err);
    assert_ok(stream(&fixture, true, 0), fixture.err);

    assert_int_equal(test_server_connections(fixture.server), 2);
    end(&fixture);
}

/* When it is opened, not when it ends minutes later; and as what it was, not as how it ended. */
static void watch_is_counted_by_its_status(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = events, .end = KUBE_CUT }, { .end = KUBE_RESET }, { .status = 403 } };
    struct fixture fixture;
    rr_auto(buf) metrics = RR_BUF(65536);
    begin(&fixture, steps, RR_COUNT(steps));

    (void)!stream(&fixture, true, 0);
    (void)!stream(&fixture, true, 0); /* two requests */
    rr_metrics_expose(fixture.kube.metrics, &metrics);

    const char *const codes[] = { "200", "<error>", "403" };
    for (size_t i = 0; i < RR_COUNT(codes); i++) {
        char series[128];
        (void)snprintf(series, sizeof(series), "requests{code=\"%s\",method=\"GET\",host=\"127.0.0.1:%d\"} 1\n",
                       codes[i], test_server_port(fixture.server));
        if (strstr(rr_buf_text(&metrics), series) == NULL)
            fail_msg("no %s in %s", series, rr_buf_text(&metrics));
    }
    end(&fixture);
}

static void r18_refused_event_is_an_error_and_not_an_end(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = events, .end = KUBE_CLOSE } };
    struct fixture fixture;
    begin(&fixture, steps, 1);
    fixture.seen.refuse_at = 2;

    assert_false(stream(&fixture, true, 0));

    assert_int_equal(fixture.err.code, RR_E_GONE);
    assert_int_equal(fixture.err.http_status, 0);
    assert_int_equal(fixture.seen.count, 2);
    end(&fixture);
}

static void r16_garbage_is_an_error(void **state)
{
    (void)state;
    const char *const bodies[] = { EVENT_1 "<html>", "7", "]", "\"text\"", EVENT_1 "}" };
    struct kube_step steps[RR_COUNT(bodies)];
    struct fixture fixture;
    for (size_t i = 0; i < RR_COUNT(bodies); i++)
        steps[i] = (struct kube_step){ .body = bodies[i], .end = KUBE_HOLD };
    begin(&fixture, steps, RR_COUNT(bodies));

    for (size_t i = 0; i < RR_COUNT(bodies); i++) {
        assert_false(stream(&fixture, true, 0));
        assert_int_equal(fixture.err.code, RR_E_BAD_REPLY);
    }

    end(&fixture);
}

static void r25_unknown_resource_is_not_found(void **state)
{
    (void)state;
    const struct kube_step steps[] = {
        { .status = 404, .headers = "Content-Type: text/plain\r\n", .body = "404 page not found\n" },
        { .status = 404, .headers = "Content-Type: text/plain\r\n", .body = "404 page not found\n" }
    };
    struct fixture fixture;
    begin(&fixture, steps, 2);

    for (int i = 0; i < 2; i++) {
        assert_false(stream(&fixture, i == 1, 0));
        assert_int_equal(fixture.err.code, RR_E_NOT_FOUND);
        assert_int_equal(fixture.err.http_status, 404);
        assert_int_equal(fixture.seen.opened, 0);
    }

    end(&fixture);
}

static void r24_refused_access_names_the_verb(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .status = 403 }, { .status = 403 } };
    struct fixture fixture;
    begin(&fixture, steps, 2);

    assert_false(stream(&fixture, false, 0));
    assert_non_null(strstr(fixture.err.message, "grant the verb \"list\" on \"redisrestores\""));
    assert_false(stream(&fixture, true, 0));
    assert_non_null(strstr(fixture.err.message, "grant the verb \"watch\" on \"redisrestores\""));

    assert_int_equal(fixture.err.code, RR_E_DENIED);
    end(&fixture);
}

static void r11_busy_server_is_retried_at_the_time_it_names(void **state)
{
    (void)state;
    const struct kube_step busy = { .status = 429, .headers = "Retry-After: 5\r\n" };
    const struct kube_step steps[] = { busy, { .body = list }, busy, busy, busy, busy, { .body = list } };
    struct fixture fixture;
    begin(&fixture, steps, RR_COUNT(steps));

    assert_ok(stream(&fixture, false, 0), fixture.err);
    assert_int_equal(fixture.seen.count, 2);
    assert_false(stream(&fixture, false, 0));
    assert_int_equal(fixture.err.code, RR_E_THROTTLED);
    assert_int_equal(fixture.script.at, 6);

    end(&fixture);
}

static void r09_version_too_large_is_returned_at_once(void **state)
{
    (void)state;
    const struct kube_step steps[] = {
        { .status = 504,
          .headers = "Retry-After: 1\r\n",
          .body = "{\"kind\":\"Status\",\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\"}]}}" },
        { .body = list }
    };
    struct fixture fixture;
    begin(&fixture, steps, 2);

    assert_false(stream(&fixture, false, 0));

    assert_int_equal(fixture.err.code, RR_E_GONE);
    assert_int_equal(fixture.script.at, 1);
    end(&fixture);
}

static void r20_connection_that_the_server_closes_is_not_used_again(void **state)
{
    (void)state;
    const struct kube_step steps[] = {
        { .status = 429, .headers = "Retry-After: 5\r\nConnection: close\r\n" }, /* as a server that drains */
        { .body = list },
        { .body = list },
    };
    struct fixture fixture;
    begin(&fixture, steps, RR_COUNT(steps));

    assert_ok(stream(&fixture, false, 0), fixture.err);
    assert_int_equal(test_server_connections(fixture.server), 2);
    assert_ok(stream(&fixture, false, 0), fixture.err);
    assert_int_equal(test_server_connections(fixture.server), 2);

    assert_int_equal(fixture.script.at, 3);
    end(&fixture);
}

static void r14_watch_that_never_starts_is_retried_and_then_fails(void **state)
{
    (void)state;
    const struct kube_step reset = { .end = KUBE_RESET };
    const struct kube_step steps[] = { reset, reset, reset, reset, { .body = "{\"a\":1}", .end = KUBE_CLOSE } };
    struct fixture fixture;
    begin(&fixture, steps, 5);

    assert_false(stream(&fixture, true, 0));

    assert_int_equal(fixture.err.code, RR_E_UNREACHABLE);
    assert_int_equal(fixture.err.http_status, 0);
    assert_int_equal(fixture.err.cause, RR_CAUSE_BROKEN);
    assert_int_equal(test_server_requests(fixture.server), 4);
    end(&fixture);
}

/* Its earlier content stays; a second reply would be appended. */
static void r14_list_interrupted_in_its_body_is_not_retried(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .end = KUBE_RESET },
                                       { .body = "{\"items\":[{\"a\":1},", .end = KUBE_CUT },
                                       { .body = list } };
    struct fixture fixture;
    begin(&fixture, steps, 3);

    assert_false(stream(&fixture, false, 0));

    assert_int_equal(fixture.err.code, RR_E_UNREACHABLE);
    assert_int_equal(fixture.script.at, 2);
    end(&fixture);
}

static void r13_refused_connection_is_distinguished_from_other_failures(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, NULL, 0);
    test_server_stop(fixture.server);
    assert_false(stream(&fixture, true, 0));
    assert_int_equal(fixture.err.code, RR_E_UNREACHABLE);
    assert_int_equal(fixture.err.cause, RR_CAUSE_REFUSED);

    rr_buf_clear(&fixture.kube.config.server);
    rr_buf_add(&fixture.kube.config.server,
               RR_LIT("http://a-label-of-more-than-sixty-three-characters-which-no-resolver-ever-sends.invalid"));
    assert_false(stream(&fixture, true, 0));
    assert_int_equal(fixture.err.code, RR_E_UNREACHABLE);
    assert_int_equal(fixture.err.cause, RR_CAUSE_NAME_NOT_FOUND);

    fixture.server = test_server_start(kube_script_serve, &fixture.script);
    end(&fixture);
}

/* endless whitespace-free garbage must end at the cap and not at the deadline. */
static void serve_endless(struct test_peer *peer, void *context)
{
    (void)context;
    static char piece[65536];
    if (!test_peer_read(peer))
        return;
    memset(piece, 'x', sizeof(piece));
    test_peer_send(peer, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"a\":\"");
    for (int i = 0; i < 512 && !test_server_is_stopping(peer->server); i++)
        test_peer_send_bytes(peer, piece, sizeof(piece));
}

static void r17_event_over_16_mib_is_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, NULL, 0);
    struct test_server *endless = test_server_start(serve_endless, NULL);
    rr_kube_client_free(fixture.kube.client);
    rr_buf_clear(&fixture.kube.config.server);
    rr_buf_addf(&fixture.kube.config.server, "http://127.0.0.1:%d", test_server_port(endless));
    struct rr_kube_client_options options = { .loop = fixture.kube.loop,
                                              .config = &fixture.kube.config,
                                              .clock = &rr_clock_system };
    fixture.kube.client = rr_kube_client_new(&options);

    assert_false(stream(&fixture, true, 0));

    assert_int_equal(fixture.err.code, RR_E_TOO_BIG);
    assert_int_equal(fixture.seen.count, 0);
    end(&fixture);
    test_server_stop(endless);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(list_gives_items_and_the_rest),
    cmocka_unit_test(list_byte_by_byte_is_the_same),
    cmocka_unit_test(list_cut_at_any_byte_is_never_whole),
    cmocka_unit_test(interrupted_list_is_unreachable),
    cmocka_unit_test(watch_gives_each_event),
    cmocka_unit_test(r15_watch_cut_at_any_byte_keeps_whole_events_only),
    cmocka_unit_test(r19_silent_watch_is_a_timeout),
    cmocka_unit_test(r19_watch_interrupted_after_data_does_not_count_as_silent),
    cmocka_unit_test(r19_watch_has_a_connection_of_its_own),
    cmocka_unit_test(watch_is_counted_by_its_status),
    cmocka_unit_test(r18_refused_event_is_an_error_and_not_an_end),
    cmocka_unit_test(r16_garbage_is_an_error),
    cmocka_unit_test(r25_unknown_resource_is_not_found),
    cmocka_unit_test(r24_refused_access_names_the_verb),
    cmocka_unit_test(r11_busy_server_is_retried_at_the_time_it_names),
    cmocka_unit_test(r09_version_too_large_is_returned_at_once),
    cmocka_unit_test(r20_connection_that_the_server_closes_is_not_used_again),
    cmocka_unit_test(r14_watch_that_never_starts_is_retried_and_then_fails),
    cmocka_unit_test(r14_list_interrupted_in_its_body_is_not_retried),
    cmocka_unit_test(r13_refused_connection_is_distinguished_from_other_failures),
    cmocka_unit_test(r17_event_over_16_mib_is_refused),
};
RR_TEST_MAIN(tests)
