/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <redisrestore/base/thread.h>
#include <stdatomic.h>

/* --- reuse --- */

static void connection_is_used_again(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));

    for (int i = 0; i < 10; i++)
        fixture_expect_body(loop, &request, "ok");

    assert_int_equal(test_server_requests(server), 10);
    assert_int_equal(test_server_connections(server), 1);
    test_server_stop(server);
}

static void fresh_connection_is_not_one_used_before(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    request.fresh_connection = true;

    for (int i = 0; i < 3; i++)
        fixture_expect_body(loop, &request, "ok");

    assert_int_equal(test_server_connections(server), 3);
    test_server_stop(server);
}

static void loops_share_no_connection(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) first = fixture_loop(0);
    rr_auto_ptr(http_loop) second = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));

    fixture_expect_body(first, &request, "ok");
    fixture_expect_body(second, &request, "ok");

    assert_int_equal(test_server_connections(server), 2);
    test_server_stop(server);
}

/* Hangs up on the first request that has a body and is not the first of all: read, but not answered. */
static void script_hang_up(struct test_peer *peer, void *context)
{
    _Atomic bool *hung_up = context;
    for (bool first = peer->connection == 1; test_peer_read(peer); first = false) {
        if (!first && test_peer_has(peer, "\r\n\r\nlease") && !atomic_exchange(hung_up, true))
            return;
        test_peer_answer(peer, "ok");
    }
}

/* This is curl's doing and not ours; should it ever stop, fresh_connection is not needed any more. */
static void trap05_write_on_a_dying_connection_is_sent_twice(void **state)
{
    (void)state;
    _Atomic bool hung_up = false;
    struct test_server *server = test_server_start(script_hang_up, &hung_up);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    request.method = "PUT";
    request.body = RR_LIT("lease");
    fixture_expect_body(loop, &request, "ok");

    fixture_expect_body(loop, &request, "ok");

    assert_int_equal(test_server_requests(server), 3);
    assert_int_equal(test_server_connections(server), 2);
    test_server_stop(server);
}

static void trap05_fresh_write_on_a_dying_connection_is_sent_once(void **state)
{
    (void)state;
    _Atomic bool hung_up = false;
    struct test_server *server = test_server_start(script_hang_up, &hung_up);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request get = fixture_get(fixture_url(server, "/")), put = fixture_get(fixture_url(server, "/"));
    put.method = "PUT";
    put.body = RR_LIT("lease");
    put.fresh_connection = true;
    fixture_expect_body(loop, &get, "ok");

    fixture_expect(loop, &put, RR_E_UNREACHABLE);

    assert_int_equal(test_server_requests(server), 2);
    assert_int_equal(test_server_connections(server), 2);
    test_server_stop(server);
}

static void script_until_closed(struct test_peer *peer, void *context)
{
    while (test_peer_read(peer))
        test_peer_answer(peer, "ok");
    test_gate_open(context);
}

static void trap05_connection_that_is_closed_after_its_reply_is_not_kept(void **state)
{
    (void)state;
    struct test_gate closed;
    test_gate_init(&closed);
    struct test_server *server = test_server_start(script_until_closed, &closed);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request put = fixture_get(fixture_url(server, "/"));
    put.fresh_connection = put.closes_connection = true;

    fixture_expect_body(loop, &put, "ok");

    test_gate_wait(&closed, 1); /* while the loop goes on */
    test_server_stop(server);
}

/* --- many at once --- */

struct crowd {
    _Atomic int inside, largest;
    _Atomic int full; /* so many are let in before the first is answered */
    struct test_gate gate;
};

static void script_crowd(struct test_peer *peer, void *context)
{
    struct crowd *crowd = context;
    while (test_peer_read(peer)) {
        int inside = atomic_fetch_add(&crowd->inside, 1) + 1;
        for (int seen = atomic_load(&crowd->largest); inside > seen;)
            if (atomic_compare_exchange_weak(&crowd->largest, &seen, inside))
                break;
        test_gate_open(&crowd->gate);
        test_gate_wait(&crowd->gate, crowd->full);
        atomic_fetch_sub(&crowd->inside, 1);
        test_peer_answer(peer, "ok");
    }
}

static void f59_queue_with_nothing_under_way_needs_no_place(void **state)
{
    (void)state;
    enum { CONNECTIONS = 2, REQUESTS = 6 };
    struct test_server *silent = test_server_start(test_script_silent, NULL);
    struct test_server *good = test_server_start(test_script_ok, NULL);
    struct rr_http_loop_options options = {
        .name = "test", .connections_max = CONNECTIONS, .one_for_each_queue = true, .clock = &rr_clock_system
    };
    rr_http_loop_free(fixture_loop(0)); /* starts libcurl */
    rr_auto_ptr(http_loop) loop = rr_http_loop_new(&options);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request stuck = fixture_get(fixture_url(silent, "/")), get = fixture_get(fixture_url(good, "/"));
    struct rr_http_call *calls[REQUESTS];
    for (int i = 0; i < REQUESTS; i++)
        calls[i] = rr_http_submit(loop, &queue, &stuck, NULL);

    fixture_expect_body(loop, &get, "ok"); /* of another queue, while all of these are unanswered */

    assert_null(rr_http_next(&queue, 0, NULL));
    assert_true(test_server_connections(silent) <= CONNECTIONS);
    for (int i = 0; i < REQUESTS; i++)
        rr_http_cancel(calls[i]);
    for (struct rr_http_call *call; (call = rr_http_next(&queue, fixture_in(20000), NULL)) != NULL;)
        rr_http_call_free(call);
    rr_http_queue_done(&queue);
    test_server_stop(silent);
    test_server_stop(good);
}

static void parallel_requests_fill_the_connections_and_no_more(void **state)
{
    (void)state;
    enum { CONNECTIONS = 4, REQUESTS = 60 };
    struct crowd crowd = { .full = CONNECTIONS };
    test_gate_init(&crowd.gate);
    struct test_server *server = test_server_start(script_crowd, &crowd);
    rr_auto_ptr(http_loop) loop = fixture_loop(CONNECTIONS);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));

    for (int i = 0; i < REQUESTS; i++)
        (void)rr_http_submit(loop, &queue, &request, NULL);
    int whole = 0;
    for (struct rr_http_call *call; (call = rr_http_next(&queue, fixture_in(20000), NULL)) != NULL;) {
        struct rr_error err;
        whole += rr_http_call_result(call, &err);
        rr_http_call_free(call);
    }

    assert_int_equal(whole, REQUESTS);
    assert_int_equal(atomic_load(&crowd.largest), CONNECTIONS);
    assert_int_equal(test_server_connections(server), CONNECTIONS);
    rr_http_queue_done(&queue);
    test_server_stop(server);
}

static void connections_of_a_full_round_are_kept_for_the_next(void **state)
{
    (void)state;
    enum { CONNECTIONS = 32 };
    struct crowd crowd = { .full = CONNECTIONS };
    test_gate_init(&crowd.gate);
    struct test_server *server = test_server_start(script_crowd, &crowd);
    rr_auto_ptr(http_loop) loop = fixture_loop(CONNECTIONS);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));

    for (int round = 1; round <= 3; round++) {
        crowd.full = round * CONNECTIONS;
        for (int i = 0; i < CONNECTIONS; i++)
            (void)rr_http_submit(loop, &queue, &request, NULL);
        for (struct rr_http_call *call; (call = rr_http_next(&queue, fixture_in(20000), NULL)) != NULL;)
            rr_http_call_free(call);
    }

    assert_int_equal(test_server_requests(server), 3 * CONNECTIONS);
    assert_int_equal(test_server_connections(server), CONNECTIONS);
    rr_http_queue_done(&queue);
    test_server_stop(server);
}

/* --- names --- */

static void trap01_slow_name_stops_neither_others_nor_its_own_end(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request slow = fixture_get(RR_LIT("http://slow.test/")), timed = slow;
    struct rr_http_request named = fixture_get(fixture_text("http://one.test:%d/", test_server_port(server)));
    timed.connect_timeout_ms = 60;
    struct rr_http_call *cancelled = rr_http_submit(loop, &queue, &slow, NULL);
    struct rr_http_call *late = rr_http_submit(loop, &queue, &timed, NULL);
    struct rr_error err;

    fixture_expect_body(loop, &named, "ok");
    assert_ptr_equal(rr_http_next(&queue, fixture_in(20000), NULL), late);
    assert_false(rr_http_call_result(late, &err));
    assert_int_equal(err.code, RR_E_UNREACHABLE);
    rr_http_cancel(cancelled);
    assert_ptr_equal(rr_http_next(&queue, fixture_in(20000), NULL), cancelled);
    fixture_expect_body(loop, &named, "ok");

    test_gate_open(&fixture_dns_gate); /* only now the resolver answers */
    rr_http_call_free(late);
    rr_http_call_free(cancelled);
    rr_http_queue_done(&queue);
    test_server_stop(server);
}

static void trap01_loop_ends_while_a_name_resolves(void **state)
{
    (void)state;
    struct rr_http_loop *loop = fixture_loop(0);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request slow = fixture_get(RR_LIT("http://slow.test/"));
    struct rr_http_call *call = rr_http_submit(loop, &queue, &slow, NULL);
    assert_null(rr_http_next(&queue, fixture_in(60), NULL));

    rr_http_loop_free(loop);

    assert_ptr_equal(rr_http_next(&queue, RR_DEADLINE_NEVER, NULL), call);
    test_gate_open(&fixture_dns_gate);
    rr_http_call_free(call);
    rr_http_queue_done(&queue);
}

/* --- the end --- */

static void loop_that_ends_cancels_what_runs_and_what_waits(void **state)
{
    (void)state;
    enum { RUNNING = 3, CALLS = 8 };
    struct test_gate heard;
    test_gate_init(&heard);
    struct test_server *server = test_server_start(test_script_silent, &heard);
    struct rr_http_loop *loop = fixture_loop(RUNNING);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    for (int i = 0; i < CALLS; i++)
        (void)rr_http_submit(loop, &queue, &request, NULL);
    test_gate_wait(&heard, RUNNING);

    rr_http_loop_free(loop);

    int cancelled = 0;
    for (struct rr_http_call *call; (call = rr_http_next(&queue, RR_DEADLINE_NEVER, NULL)) != NULL; cancelled++) {
        struct rr_error err = { 0 };
        assert_false(rr_http_call_result(call, &err));
        assert_int_equal(err.code, RR_E_CANCELLED);
        rr_http_call_free(call);
    }
    assert_int_equal(cancelled, CALLS);
    rr_http_queue_done(&queue);
    test_server_stop(server);
}

static void cancel_after_the_end_changes_nothing(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    rr_auto_ptr(http_call) call = rr_http_submit(loop, &queue, &request, NULL);
    struct rr_error err;
    assert_ptr_equal(rr_http_next(&queue, fixture_in(20000), NULL), call);

    rr_http_cancel(call);

    assert_null(rr_http_next(&queue, RR_DEADLINE_NEVER, NULL));
    assert_ok(rr_http_call_result(call, &err), err);
    fixture_expect_body(loop, &request, "ok");
    rr_http_queue_done(&queue);
    test_server_stop(server);
}

static void cancel_takes_a_request_that_waits_and_leaves_the_others(void **state)
{
    (void)state;
    struct test_gate heard;
    test_gate_init(&heard);
    struct test_server *server = test_server_start(test_script_silent, &heard);
    rr_auto_ptr(http_loop) loop = fixture_loop(1);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    struct rr_http_call *running = rr_http_submit(loop, &queue, &request, NULL);
    struct rr_http_call *waiting = rr_http_submit(loop, &queue, &request, NULL);
    struct rr_error err;
    test_gate_wait(&heard, 1);

    rr_http_cancel(waiting);

    assert_ptr_equal(rr_http_next(&queue, fixture_in(20000), NULL), waiting);
    assert_false(rr_http_call_result(waiting, &err));
    assert_int_equal(err.code, RR_E_CANCELLED);
    assert_null(rr_http_next(&queue, 0, NULL));
    rr_http_cancel(running);
    assert_ptr_equal(rr_http_next(&queue, fixture_in(20000), NULL), running);
    rr_http_call_free(waiting);
    rr_http_call_free(running);
    rr_http_queue_done(&queue);
    test_server_stop(server);
}

struct asker {
    struct rr_http_loop *loop;
    struct test_server *server;
    int whole;
};

static void ask_often(void *context)
{
    struct asker *asker = context;
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", test_server_port(asker->server));
    for (int i = 0; i < 50; i++) {
        struct rr_http_request request = fixture_get(rr_slice_from(url));
        struct outcome outcome = fixture_ask(asker->loop, &request);
        asker->whole += outcome.ok;
        fixture_done(&outcome);
    }
}

static void many_threads_ask_one_loop(void **state)
{
    (void)state;
    enum { THREADS = 6 };
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(3);
    struct asker askers[THREADS];
    struct rr_thread threads[THREADS] = { 0 };

    for (int i = 0; i < THREADS; i++) {
        askers[i] = (struct asker){ loop, server, 0 };
        rr_thread_start(&threads[i], "asker", ask_often, &askers[i]);
    }
    int whole = 0;
    for (int i = 0; i < THREADS; i++) {
        rr_thread_join(&threads[i]);
        whole += askers[i].whole;
    }

    assert_int_equal(whole, 50 * THREADS);
    assert_in_range(test_server_connections(server), 1, 3);
    test_server_stop(server);
}

static void loop_reports_when_it_last_ran(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    int64_t before = fixture_in(0);

    fixture_expect_body(loop, &request, "ok");

    assert_true(rr_http_loop_last_tick_ms(loop) >= before);
    assert_true(rr_http_loop_last_tick_ms(loop) <= fixture_in(0));
    test_server_stop(server);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(connection_is_used_again),
    cmocka_unit_test(fresh_connection_is_not_one_used_before),
    cmocka_unit_test(loops_share_no_connection),
    cmocka_unit_test(trap05_write_on_a_dying_connection_is_sent_twice),
    cmocka_unit_test(trap05_fresh_write_on_a_dying_connection_is_sent_once),
    cmocka_unit_test(trap05_connection_that_is_closed_after_its_reply_is_not_kept),
    cmocka_unit_test(f59_queue_with_nothing_under_way_needs_no_place),
    cmocka_unit_test(parallel_requests_fill_the_connections_and_no_more),
    cmocka_unit_test(connections_of_a_full_round_are_kept_for_the_next),
    cmocka_unit_test(trap01_slow_name_stops_neither_others_nor_its_own_end),
    cmocka_unit_test(trap01_loop_ends_while_a_name_resolves),
    cmocka_unit_test(loop_that_ends_cancels_what_runs_and_what_waits),
    cmocka_unit_test(cancel_takes_a_request_that_waits_and_leaves_the_others),
    cmocka_unit_test(cancel_after_the_end_changes_nothing),
    cmocka_unit_test(many_threads_ask_one_loop),
    cmocka_unit_test(loop_reports_when_it_last_ran),
};

RR_TEST_MAIN(tests)
