/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <sched.h>

static void queue_of_nothing_gives_nothing_at_once(void **state)
{
    (void)state;
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);

    assert_null(rr_http_next(&queue, RR_DEADLINE_NEVER, NULL));

    rr_http_queue_done(&queue);
}

static void completions_carry_their_tags_and_results(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request good = fixture_get(fixture_url(server, "/")), bad = fixture_get(RR_LIT("nonsense"));
    int good_tag, bad_tag, seen = 0;

    (void)rr_http_submit(loop, &queue, &good, &good_tag);
    (void)rr_http_submit(loop, &queue, &bad, &bad_tag);

    for (struct rr_http_call *call; (call = rr_http_next(&queue, fixture_in(20000), NULL)) != NULL; seen++) {
        struct rr_error err = { 0 };
        bool ok = rr_http_call_result(call, &err);
        assert_int_equal(ok, rr_http_call_tag(call) == &good_tag);
        assert_int_equal(err.code, ok ? RR_E_OK : RR_E_BAD_INPUT);
        if (ok)
            assert_slice(rr_buf_slice(&rr_http_call_reply(call)->body), "ok");
        rr_http_call_free(call);
    }
    assert_int_equal(seen, 2);
    rr_http_queue_done(&queue);
    test_server_stop(server);
}

static void next_ends_at_its_deadline_and_the_call_goes_on(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_silent, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    struct rr_http_call *call = rr_http_submit(loop, &queue, &request, NULL);

    assert_null(rr_http_next(&queue, fixture_in(30), NULL));
    assert_null(rr_http_next(&queue, 0, NULL));

    rr_http_cancel(call);
    assert_ptr_equal(rr_http_next(&queue, fixture_in(20000), NULL), call);
    rr_http_call_free(call);
    rr_http_queue_done(&queue);
    test_server_stop(server);
}

static void next_gives_nothing_after_a_stop(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_silent, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_queue queue;
    struct rr_stop stop;
    rr_http_queue_init(&queue);
    rr_stop_init(&stop, NULL);
    rr_stop_set(&stop);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    struct rr_http_call *call = rr_http_submit(loop, &queue, &request, NULL);

    assert_null(rr_http_next(&queue, RR_DEADLINE_NEVER, &stop));

    rr_http_cancel(call);
    assert_ptr_equal(rr_http_next(&queue, fixture_in(20000), NULL), call);
    rr_http_call_free(call);
    rr_stop_done(&stop);
    rr_http_queue_done(&queue);
    test_server_stop(server);
}

static void script_stop(struct test_peer *peer, void *context)
{
    if (test_peer_read(peer))
        rr_stop_set(context);
    test_peer_wait_closed(peer);
}

/* The server stops the token, so the request is under way when it comes. */
static void perform_is_cancelled_by_a_stop(void **state)
{
    (void)state;
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);
    struct test_server *server = test_server_start(script_stop, &stop);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    struct rr_http_reply reply = { 0 };
    struct rr_error err;

    assert_false(rr_http_perform(loop, &request, &stop, &reply, &err));

    assert_int_equal(err.code, RR_E_CANCELLED);
    rr_stop_done(&stop);
    test_server_stop(server);
}

/* Arguments may be freed when perform has returned, cancelled or not: a sink's context here. */
struct watched {
    struct test_gate inside;
    struct rr_stop stop;
    _Atomic bool done;
};

static enum rr_http_flow linger(void *context, struct rr_slice chunk, struct rr_error *err)
{
    struct watched *watched = context;
    (void)chunk;
    (void)err;
    rr_stop_set(&watched->stop); /* perform wakes and cancels while we are still in here */
    test_gate_open(&watched->inside);
    for (int i = 0; i < 1000; i++)
        (void)sched_yield();
    watched->done = true;
    return RR_HTTP_MORE;
}

static void perform_returns_when_the_loop_has_released_the_call(void **state)
{
    (void)state;
    static char reply_text[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";
    struct watched watched = { 0 };
    test_gate_init(&watched.inside);
    rr_stop_init(&watched.stop, NULL);
    struct test_server *server = test_server_start(script_text, reply_text);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    request.sink = (struct rr_http_sink){ .context = &watched, .on_data = linger };
    struct rr_http_reply reply = { 0 };
    struct rr_error err;

    assert_false(rr_http_perform(loop, &request, &watched.stop, &reply, &err));

    assert_true(watched.done);
    rr_stop_done(&watched.stop);
    test_server_stop(server);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(queue_of_nothing_gives_nothing_at_once),
    cmocka_unit_test(completions_carry_their_tags_and_results),
    cmocka_unit_test(next_ends_at_its_deadline_and_the_call_goes_on),
    cmocka_unit_test(next_gives_nothing_after_a_stop),
    cmocka_unit_test(perform_is_cancelled_by_a_stop),
    cmocka_unit_test(perform_returns_when_the_loop_has_released_the_call),
};

RR_TEST_MAIN(tests)
