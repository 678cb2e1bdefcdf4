/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/server/server.h>

#include "support/client.h"

/* Slow, idle and hostile clients: each is bounded, and none blocks the next one. */
static struct rr_server *server;
static char large[2 * 1024 * 1024];

static void on_get(void *context, const struct rr_server_request *request, struct rr_server_reply *out_reply)
{
    (void)context;
    out_reply->status = 200;
    if (rr_slice_equals(request->path, RR_LIT("/large")))
        rr_buf_add(&out_reply->body, (struct rr_slice){ large, sizeof(large) });
    else
        rr_buf_addf(&out_reply->body, "hello %zu\n", request->argument_count);
}

static void start(int32_t header_ms, int32_t idle_ms, int32_t answer_ms)
{
    struct rr_server_options options = { .address = RR_LIT("127.0.0.1:0"),
                                         .what = "--flag",
                                         .handler = { NULL, on_get, NULL },
                                         .header_ms = header_ms,
                                         .idle_ms = idle_ms,
                                         .answer_ms = answer_ms };
    struct rr_error err;
    assert_ok(rr_server_start(&options, &server, &err), err);
}

static int teardown(void **state)
{
    (void)state;
    rr_server_free(server);
    return 0;
}

static void assert_serves(void)
{
    int fd = client_dial(rr_server_port(server));
    client_send(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_memory_equal(client_receive(fd, "hello 0\n"), "HTTP/1.1 200", 12);
    (void)close(fd);
}

static void w10_connection_that_says_nothing_is_closed(void **state)
{
    (void)state;
    start(50, 0, 0);
    int fd = client_dial(rr_server_port(server));

    assert_string_equal(client_receive(fd, NULL), "");
    (void)close(fd);
}

static void w10_headers_that_do_not_end_are_cut_off(void **state)
{
    (void)state;
    start(50, 0, 0);
    int fd = client_dial(rr_server_port(server));
    client_send(fd, "GET / HTTP/1.1\r\nHost: h\r\nX-Slow: a");

    assert_string_equal(client_receive(fd, NULL), "");
    (void)close(fd);
}

static void w10_idle_connection_is_closed_after_its_answer(void **state)
{
    (void)state;
    start(0, 50, 0);
    int fd = client_dial(rr_server_port(server));
    client_send(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");

    assert_non_null(strstr(client_receive(fd, NULL), "hello 0\n"));
    (void)close(fd);
}

static void w10_reply_that_is_not_read_is_abandoned(void **state)
{
    (void)state;
    start(0, 0, 50);
    int fd = client_dial(rr_server_port(server));
    client_send(fd, "GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
    rr_server_free(server); /* returns: no thread waits for this client */
    server = NULL;
    (void)close(fd);
}

static void w10_body_that_never_comes_is_not_waited_for(void **state)
{
    (void)state;
    start(0, 0, 50);
    int fd = client_dial(rr_server_port(server));
    client_send(fd, "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nabc");

    assert_null(strstr(client_receive(fd, NULL), "200 OK"));
    (void)close(fd);
}

static void w10_wrong_method_is_answered_before_its_body(void **state)
{
    (void)state;
    start(0, 0, 0);
    int fd = client_dial(rr_server_port(server));
    client_send(fd, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n");

    assert_memory_equal(client_receive(fd, "served\n"), "HTTP/1.1 405", 12);
    (void)close(fd);
}

static void w10_headers_over_the_limit_are_431(void **state)
{
    (void)state;
    start(0, 0, 0);
    static char request[128 * 1024] = "GET / HTTP/1.1\r\nHost: h\r\nX-Long: ";
    size_t len = strlen(request);
    memset(request + len, 'a', sizeof(request) - 1 - len);
    int fd = client_dial(rr_server_port(server));

    (void)send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL); /* the server may close it before the end */
    const char *reply = client_receive(fd, NULL);

    if (reply[0] != '\0')
        assert_memory_equal(reply, "HTTP/1.1 431", 12);
    (void)close(fd);
    assert_serves();
}

static void w10_arguments_over_the_limit_are_400(void **state)
{
    (void)state;
    start(0, 0, 0);
    char request[1024] = "GET /?";
    for (int i = 0; i < 64; i++)
        strcat(request, "a&");
    request[strlen(request) - 1] = '\0';
    size_t len = strlen(request);
    int fd = client_dial(rr_server_port(server));

    strcat(request, " HTTP/1.1\r\nHost: h\r\n\r\n");
    client_send(fd, request);
    assert_non_null(strstr(client_receive(fd, "hello 64\n"), "hello 64\n"));
    strcpy(request + len, "&a HTTP/1.1\r\nHost: h\r\n\r\n");
    client_send(fd, request);
    assert_memory_equal(client_receive(fd, "arguments\n"), "HTTP/1.1 400", 12);
    (void)close(fd);
}

static void w10_pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    start(0, 0, 0);
    int fd = client_dial(rr_server_port(server));
    client_send(fd, "GET /?a HTTP/1.1\r\nHost: h\r\n\r\nPOST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");

    const char *reply = client_receive(fd, "served\n");

    assert_memory_equal(reply, "HTTP/1.1 200", 12);
    assert_true(strstr(reply, "hello 1\n") < strstr(reply, "HTTP/1.1 405"));
    (void)close(fd);
}

static void w10_bytes_that_are_no_request_are_not_served(void **state)
{
    (void)state;
    start(0, 0, 0);
    static const char *const garbage[] = { "\r\n\r\n\r\nGET\r\n\r\n",
                                           "\x16\x03\x01\x02\x01\x01\x01\x01\xfc\x03\x03\r\n\r\n" /* TLS */,
                                           "GET / HTTP/9.9\r\n\r\n" };
    for (size_t i = 0; i < RR_COUNT(garbage); i++) {
        int fd = client_dial(rr_server_port(server));
        client_send(fd, garbage[i]);
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        assert_null(strstr(client_receive(fd, NULL), "hello"));
        (void)close(fd);
    }
    assert_serves();
}

static void w10_many_connections_do_not_keep_others_out(void **state)
{
    (void)state;
    start(0, 0, 0);
    int fds[200];
    for (size_t i = 0; i < RR_COUNT(fds); i++) {
        fds[i] = client_dial(rr_server_port(server));
        client_send(fds[i], "GET / HTTP/1.1\r\nX-Slow: ");
    }

    assert_serves();

    assert_string_equal(client_receive(fds[0], NULL), "");
    for (size_t i = 0; i < RR_COUNT(fds); i++)
        (void)close(fds[i]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(w10_connection_that_says_nothing_is_closed, NULL, teardown),
    cmocka_unit_test_setup_teardown(w10_headers_that_do_not_end_are_cut_off, NULL, teardown),
    cmocka_unit_test_setup_teardown(w10_idle_connection_is_closed_after_its_answer, NULL, teardown),
    cmocka_unit_test_setup_teardown(w10_reply_that_is_not_read_is_abandoned, NULL, teardown),
    cmocka_unit_test_setup_teardown(w10_body_that_never_comes_is_not_waited_for, NULL, teardown),
    cmocka_unit_test_setup_teardown(w10_wrong_method_is_answered_before_its_body, NULL, teardown),
    cmocka_unit_test_setup_teardown(w10_headers_over_the_limit_are_431, NULL, teardown),
    cmocka_unit_test_setup_teardown(w10_arguments_over_the_limit_are_400, NULL, teardown),
    cmocka_unit_test_setup_teardown(w10_pipelined_requests_are_answered_in_order, NULL, teardown),
    cmocka_unit_test_setup_teardown(w10_bytes_that_are_no_request_are_not_served, NULL, teardown),
    cmocka_unit_test_setup_teardown(w10_many_connections_do_not_keep_others_out, NULL, teardown),
};
RR_TEST_MAIN(tests)
