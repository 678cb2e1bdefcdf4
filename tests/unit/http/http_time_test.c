/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <unistd.h>

static void f17_server_that_does_not_answer_is_unreachable(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_silent, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    request.first_byte_timeout_ms = 60;

    struct outcome outcome = fixture_ask(loop, &request);

    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_UNREACHABLE);
    assert_non_null(strstr(outcome.err.detail, "no reply"));
    test_server_stop(server);
}

static void script_stall(struct test_peer *peer, void *context)
{
    if (test_peer_read(peer))
        test_peer_send(peer, context);
    test_peer_wait_closed(peer);
}

static void f17_server_that_falls_silent_is_unreachable(void **state)
{
    (void)state;
    static char beginnings[][64] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel",
        "HTTP/1.1 200 OK\r\nX: y\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    };

    for (size_t i = 0; i < RR_COUNT(beginnings); i++) {
        struct test_server *server = test_server_start(script_stall, beginnings[i]);
        struct rr_http_loop *loop = fixture_loop(0);
        struct rr_http_request request = fixture_get(fixture_url(server, "/"));
        request.idle_timeout_ms = 60;
        struct outcome outcome = fixture_ask(loop, &request);
        assert_false(outcome.ok);
        assert_int_equal(outcome.err.code, RR_E_UNREACHABLE);
        assert_non_null(strstr(outcome.err.detail, "stalled"));
        rr_http_loop_free(loop);
        test_server_stop(server);
    }
}

/* The server takes connections and speaks no TLS. */
static void f17_connect_that_hangs_is_unreachable(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_silent, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_text("https://127.0.0.1:%d/", test_server_port(server)));
    request.connect_timeout_ms = 60;

    fixture_expect(loop, &request, RR_E_UNREACHABLE);

    test_server_stop(server);
}

/* No accept, and the kernel's queue is full: it drops further connections. */
static void f17_connect_without_answer_is_unreachable(void **state)
{
    (void)state;
    enum { FILLERS = 8 };
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0), fillers[FILLERS];
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    for (int i = 0; i < FILLERS; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
    }
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_text("http://127.0.0.1:%d/", ntohs(address.sin_port)));
    request.connect_timeout_ms = 60;

    fixture_expect(loop, &request, RR_E_UNREACHABLE);

    for (int i = 0; i < FILLERS; i++)
        (void)close(fillers[i]);
    (void)close(listener);
}

static void deadline_ends_a_request_that_runs(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_silent, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    request.first_byte_timeout_ms = -1;
    request.deadline_ms = fixture_in(60);

    fixture_expect(loop, &request, RR_E_TIMEOUT);

    test_server_stop(server);
}

static void deadline_ends_a_request_that_waits_for_its_turn(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_silent, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(1);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request first = fixture_get(fixture_url(server, "/1")),
                           second = fixture_get(fixture_url(server, "/2"));
    second.deadline_ms = fixture_in(60);
    struct rr_http_call *running = rr_http_submit(loop, &queue, &first, NULL);
    struct rr_http_call *waiting = rr_http_submit(loop, &queue, &second, NULL);
    struct rr_error err;

    assert_ptr_equal(rr_http_next(&queue, fixture_in(20000), NULL), waiting);

    assert_false(rr_http_call_result(waiting, &err));
    assert_int_equal(err.code, RR_E_TIMEOUT);
    rr_http_cancel(running);
    assert_ptr_equal(rr_http_next(&queue, fixture_in(20000), NULL), running);
    assert_true(test_server_connections(server) <= 1);
    rr_http_call_free(waiting);
    rr_http_call_free(running);
    rr_http_queue_done(&queue);
    test_server_stop(server);
}

static void request_that_waits_runs_when_there_is_room(void **state)
{
    (void)state;
    struct test_gate heard;
    test_gate_init(&heard);
    struct test_server *silent = test_server_start(test_script_silent, &heard),
                       *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(1);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request first = fixture_get(fixture_url(silent, "/1")),
                           second = fixture_get(fixture_url(server, "/2"));
    struct rr_http_call *running = rr_http_submit(loop, &queue, &first, NULL);
    struct rr_http_call *waiting = rr_http_submit(loop, &queue, &second, NULL);
    struct rr_error err;
    test_gate_wait(&heard, 1);

    rr_http_cancel(running);

    assert_ptr_equal(rr_http_next(&queue, fixture_in(20000), NULL), running);
    assert_ptr_equal(rr_http_next(&queue, fixture_in(20000), NULL), waiting);
    assert_ok(rr_http_call_result(waiting, &err), err);
    rr_http_call_free(running);
    rr_http_call_free(waiting);
    rr_http_queue_done(&queue);
    test_server_stop(silent);
    test_server_stop(server);
}

/* A clock that jumps when told, as the true one does for a loop that was not given the processor. */
static _Atomic int64_t jump_ms;

static int64_t jumping_ms(void *context)
{
    (void)context;
    return rr_clock_monotonic_ms(&rr_clock_system) + atomic_load(&jump_ms);
}

struct late {
    struct test_gate first_half, second_half, sent;
};

static void script_halves(struct test_peer *peer, void *context)
{
    struct late *late = context;
    if (!test_peer_read(peer))
        return;
    test_peer_send(peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
    if (test_peer_has(peer, "/other")) {
        test_gate_wait(&late->second_half, 1);
        test_peer_send(peer, "k");
        test_gate_open(&late->sent);
    } else {
        test_peer_send(peer, "k");
    }
    test_peer_wait_closed(peer);
}

static enum rr_http_flow on_first_half(void *context, struct rr_slice chunk, struct rr_error *err)
{
    struct late *late = context;
    (void)chunk;
    (void)err;
    test_gate_open(&late->first_half);
    return RR_HTTP_MORE;
}

/* Keeps the loop busy until the other server has sent the rest, and well beyond its idle timeout. */
static enum rr_http_flow on_data_block(void *context, struct rr_slice chunk, struct rr_error *err)
{
    struct late *late = context;
    (void)chunk;
    (void)err;
    test_gate_open(&late->second_half);
    test_gate_wait(&late->sent, 1);
    atomic_store(&jump_ms, 3600 * 1000);
    return RR_HTTP_MORE;
}

static void silence_of_the_loop_is_not_the_servers(void **state)
{
    (void)state;
    struct late late = { 0 };
    test_gate_init(&late.first_half);
    test_gate_init(&late.second_half);
    test_gate_init(&late.sent);
    struct test_server *server = test_server_start(script_halves, &late);
    rr_http_loop_free(fixture_loop(0)); /* for curl's global state */
    const struct rr_clock clock = { .monotonic_ms = jumping_ms };
    struct rr_http_loop_options options = { .name = "late", .clock = &clock };
    rr_auto_ptr(http_loop) loop = rr_http_loop_new(&options);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request other = fixture_get(fixture_url(server, "/other")),
                           block = fixture_get(fixture_url(server, "/"));
    other.deadline_ms = block.deadline_ms = RR_DEADLINE_NEVER;
    other.sink = (struct rr_http_sink){ .context = &late, .on_data = on_first_half };
    block.sink = (struct rr_http_sink){ .context = &late, .on_data = on_data_block };
    (void)rr_http_submit(loop, &queue, &other, NULL);
    test_gate_wait(&late.first_half, 1);

    (void)rr_http_submit(loop, &queue, &block, NULL);

    for (struct rr_http_call *call; (call = rr_http_next(&queue, fixture_in(20000), NULL)) != NULL;) {
        struct rr_error err;
        assert_ok(rr_http_call_result(call, &err), err);
        rr_http_call_free(call);
    }
    rr_http_queue_done(&queue);
    test_server_stop(server);
}

struct slow_sink {
    struct test_gate taken, send_rest;
};

static void script_two_parts(struct test_peer *peer, void *context)
{
    struct slow_sink *sink = context;
    while (test_peer_read(peer)) {
        if (test_peer_has(peer, "/plain")) {
            test_peer_answer(peer, "ok");
            continue;
        }
        test_peer_send(peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
        test_gate_wait(&sink->send_rest, 1);
        test_peer_send(peer, "k");
    }
}

static enum rr_http_flow take_an_hour(void *context, struct rr_slice chunk, struct rr_error *err)
{
    struct slow_sink *sink = context;
    (void)chunk;
    (void)err;
    atomic_store(&jump_ms, 3600 * 1000);
    test_gate_open(&sink->taken);
    return RR_HTTP_MORE;
}

static void time_that_a_sink_takes_is_not_the_servers_silence(void **state)
{
    (void)state;
    struct slow_sink sink = { 0 };
    test_gate_init(&sink.taken);
    test_gate_init(&sink.send_rest);
    struct test_server *server = test_server_start(script_two_parts, &sink);
    rr_http_loop_free(fixture_loop(0)); /* for curl's global state */
    const struct rr_clock clock = { .monotonic_ms = jumping_ms };
    struct rr_http_loop_options options = { .name = "late", .clock = &clock };
    rr_auto_ptr(http_loop) loop = rr_http_loop_new(&options);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request slow = fixture_get(fixture_url(server, "/slow")),
                           plain = fixture_get(fixture_url(server, "/plain"));
    slow.deadline_ms = plain.deadline_ms = RR_DEADLINE_NEVER;
    slow.sink = (struct rr_http_sink){ .context = &sink, .on_data = take_an_hour };
    struct rr_http_call *call = rr_http_submit(loop, &queue, &slow, NULL);
    test_gate_wait(&sink.taken, 1);

    fixture_expect_body(loop, &plain, "ok"); /* the loop has come around */
    test_gate_open(&sink.send_rest);

    struct rr_error err;
    assert_ptr_equal(rr_http_next(&queue, fixture_in(20000), NULL), call);
    assert_ok(rr_http_call_result(call, &err), err);
    rr_http_call_free(call);
    rr_http_queue_done(&queue);
    test_server_stop(server);
}

/* A clock that moves on by a millisecond each time it is asked. */
static int64_t count_up(void *context)
{
    return atomic_fetch_add((_Atomic int64_t *)context, 1) + 1;
}

/* The time may be over between two looks at the clock, wherever they stand: the last look is right before the request
 * is sent. */
static void l10_expired_request_is_not_sent(void **state)
{
    (void)state;
    rr_http_loop_free(fixture_loop(0)); /* begins what must begin once */
    struct test_server *server = test_server_start(test_script_ok, NULL);
    int held_back = 0, sent = 0;
    for (int64_t deadline_ms = 1; deadline_ms < 60; deadline_ms++) {
        _Atomic int64_t now_ms = 0;
        struct rr_clock clock = { .context = &now_ms, .monotonic_ms = count_up };
        struct rr_http_loop_options options = { .name = "test", .clock = &clock };
        struct rr_http_loop *loop = rr_http_loop_new(&options);
        struct rr_http_request request = fixture_get(fixture_url(server, "/"));
        request.deadline_ms = deadline_ms;

        struct outcome outcome = fixture_ask(loop, &request);

        rr_http_loop_free(loop);
        sent += outcome.ok;
        if (!outcome.ok && strstr(outcome.err.message, "before the request could be sent") != NULL) {
            assert_int_equal(outcome.err.code, RR_E_TIMEOUT);
            held_back++;
        }
        fixture_done(&outcome);
    }
    int requests = test_server_requests(server);
    test_server_stop(server);
    assert_in_range(held_back, 1, 58);
    assert_in_range(requests, 0, 59 - held_back);
    assert_in_range(sent, 0, requests);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f17_server_that_does_not_answer_is_unreachable),
    cmocka_unit_test(f17_server_that_falls_silent_is_unreachable),
    cmocka_unit_test(f17_connect_that_hangs_is_unreachable),
    cmocka_unit_test(f17_connect_without_answer_is_unreachable),
    cmocka_unit_test(deadline_ends_a_request_that_runs),
    cmocka_unit_test(deadline_ends_a_request_that_waits_for_its_turn),
    cmocka_unit_test(request_that_waits_runs_when_there_is_room),
    cmocka_unit_test(silence_of_the_loop_is_not_the_servers),
    cmocka_unit_test(time_that_a_sink_takes_is_not_the_servers_silence),
    cmocka_unit_test(l10_expired_request_is_not_sent),
};

RR_TEST_MAIN(tests)
