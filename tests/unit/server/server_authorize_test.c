/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/server/server.h>

#include "support/client.h"

#include <redisrestore/base/clock.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>

/* "known" is decided at once, "new" needs a review, the review of "slow" lasts until the end, that of "held" until the
 * test lets go, and "bad" is always refused. */
static struct rr_server *server;
static atomic_int served, looked_up, slow, unsure;
static atomic_bool let_go;
static _Atomic time_t ahead_s; /* the server's clock is ahead by this */

/* The linker finds this function before that of the C library. */
int clock_gettime(clockid_t id, struct timespec *time)
{
    long failed = syscall(SYS_clock_gettime, id, time);
    if (failed == 0 && id == CLOCK_BOOTTIME)
        time->tv_sec += ahead_s;
    return (int)failed;
}

static void on_get(void *context, const struct rr_server_request *request, struct rr_server_reply *out_reply)
{
    (void)context;
    (void)request;
    atomic_fetch_add(&served, 1);
    out_reply->status = 200;
    rr_buf_add(&out_reply->body, RR_LIT("secret\n"));
}

static enum rr_server_verdict authorize(void *context, const struct rr_server_request *request, struct rr_stop *stop,
                                        struct rr_server_reply *out_reply)
{
    (void)context;
    if (rr_slice_equals(request->authorization, RR_LIT("known")))
        return RR_SERVER_ALLOWED;
    if (stop == NULL && !rr_slice_equals(request->authorization, RR_LIT("bad"))) {
        atomic_fetch_add(&unsure, 1);
        return RR_SERVER_UNSURE;
    }
    atomic_fetch_add(&looked_up, 1);
    if (rr_slice_equals(request->authorization, RR_LIT("held"))) {
        atomic_fetch_add(&slow, 1);
        while (!atomic_load(&let_go))
            (void)sched_yield();
        return RR_SERVER_ALLOWED;
    }
    if (rr_slice_equals(request->authorization, RR_LIT("slow"))) {
        atomic_fetch_add(&slow, 1);
        (void)rr_stop_wait(stop, RR_DEADLINE_NEVER);
        return RR_SERVER_UNSURE;
    }
    if (rr_slice_equals(request->authorization, RR_LIT("new")))
        return RR_SERVER_ALLOWED;
    out_reply->status = 401;
    rr_buf_add(&out_reply->body, RR_LIT("Unauthorized\n"));
    return RR_SERVER_REFUSED;
}

static int setup(void **state)
{
    (void)state;
    struct rr_server_options options = { .address = RR_LIT("127.0.0.1:0"),
                                         .what = "--flag",
                                         .handler = { NULL, on_get, authorize } };
    struct rr_error err;
    assert_ok(rr_server_start(&options, &server, &err), err);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rr_server_free(server);
    return 0;
}

static int ask(const char *authorization)
{
    char request[256];
    (void)snprintf(request, sizeof(request), "GET /metrics HTTP/1.1\r\nHost: h\r\n%s%s\r\n\r\n",
                   authorization != NULL ? "Authorization: " : "X-No: authorization",
                   authorization != NULL ? authorization : "");
    int fd = client_dial(rr_server_port(server));
    client_send(fd, request);
    return fd;
}

static void assert_answer(int fd, const char *status_line, const char *body)
{
    const char *reply = client_receive(fd, body);
    assert_memory_equal(reply, status_line, strlen(status_line));
    assert_string_equal(strstr(reply, "\r\n\r\n") + 4, body);
    (void)close(fd);
}

static void w11_cached_verdict_is_used_without_waiting(void **state)
{
    (void)state;
    assert_answer(ask("known"), "HTTP/1.1 200 OK\r\n", "secret\n");
    assert_int_equal(looked_up, 0);
}

static void w11_client_is_answered_after_a_review_that_allows_it(void **state)
{
    (void)state;
    assert_answer(ask("new"), "HTTP/1.1 200 OK\r\n", "secret\n");
    assert_int_equal(looked_up, 1);
}

static void w11_forbidden_request_never_reaches_the_handler(void **state)
{
    (void)state;
    assert_answer(ask("bad"), "HTTP/1.1 401 Unauthorized\r\n", "Unauthorized\n");
    assert_answer(ask("other"), "HTTP/1.1 401 Unauthorized\r\n", "Unauthorized\n");
    assert_answer(ask(NULL), "HTTP/1.1 401 Unauthorized\r\n", "Unauthorized\n");
    assert_int_equal(served, 0);
}

static void w11_requests_of_one_connection_are_each_decided(void **state)
{
    (void)state;
    int fd = ask("new");
    assert_memory_equal(client_receive(fd, "secret\n"), "HTTP/1.1 200", 12);

    client_send(fd, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");

    assert_memory_equal(client_receive(fd, "Unauthorized\n"), "HTTP/1.1 401", 12);
    (void)close(fd);
}

static void w11_slow_reviews_do_not_delay_clients_with_a_cached_verdict(void **state)
{
    (void)state;
    int fds[8];
    for (size_t i = 0; i < RR_COUNT(fds); i++)
        fds[i] = ask("slow");
    while (atomic_load(&slow) < 4)
        (void)sched_yield();

    for (int i = 0; i < 10; i++)
        assert_answer(ask("known"), "HTTP/1.1 200 OK\r\n", "secret\n");
    assert_int_equal(slow, 4); /* so many threads, and no more */

    for (size_t i = 0; i < RR_COUNT(fds); i++)
        (void)close(fds[i]);
}

static void w11_review_that_was_queued_for_over_10_s_is_answered_503(void **state)
{
    (void)state;
    int fds[4];
    for (size_t i = 0; i < RR_COUNT(fds); i++)
        fds[i] = ask("held");
    while (atomic_load(&slow) < 4)
        (void)sched_yield();
    int late = ask("new");
    while (atomic_load(&unsure) < 5)
        (void)sched_yield();
    assert_answer(ask("known"), "HTTP/1.1 200 OK\r\n", "secret\n"); /* by the same thread: "new" is queued now */

    ahead_s = 11;
    atomic_store(&let_go, true);

    assert_answer(late, "HTTP/1.1 503 Service Unavailable\r\n", "too many requests wait for the API server\n");
    assert_int_equal(looked_up, 4);
    for (size_t i = 0; i < RR_COUNT(fds); i++)
        assert_answer(fds[i], "HTTP/1.1 200 OK\r\n", "secret\n");
}

static void w11_shutdown_stops_reviews_and_sends_no_reply(void **state)
{
    (void)state;
    int fds[8];
    for (size_t i = 0; i < RR_COUNT(fds); i++)
        fds[i] = ask("slow");
    while (atomic_load(&slow) < 4)
        (void)sched_yield();

    rr_server_free(server);
    server = NULL;

    assert_int_equal(served, 0);
    for (size_t i = 0; i < RR_COUNT(fds); i++)
        (void)close(fds[i]);
}

static void w11_client_that_disconnects_during_its_review_does_not_affect_others(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        (void)close(ask("new"));

    assert_answer(ask("new"), "HTTP/1.1 200 OK\r\n", "secret\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(w11_cached_verdict_is_used_without_waiting, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_client_is_answered_after_a_review_that_allows_it, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_forbidden_request_never_reaches_the_handler, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_requests_of_one_connection_are_each_decided, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_slow_reviews_do_not_delay_clients_with_a_cached_verdict, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_review_that_was_queued_for_over_10_s_is_answered_503, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_shutdown_stops_reviews_and_sends_no_reply, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_client_that_disconnects_during_its_review_does_not_affect_others, setup,
                                    teardown),
};
RR_TEST_MAIN(tests)
