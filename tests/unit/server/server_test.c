/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/server/server.h>

#include "support/client.h"

/* The handler's last request; written by the server's thread before it answers. */
static char seen[512];

static void on_get(void *context, const struct rr_server_request *request, struct rr_server_reply *out_reply)
{
    struct rr_slice path = request->path;
    int len = snprintf(seen, sizeof(seen), "%s|%s %.*s", (const char *)context, request->method, RR_ARG(path));
    for (size_t i = 0; i < request->argument_count; i++)
        len += snprintf(seen + len, sizeof(seen) - (size_t)len, "|%.*s:%.*s", RR_ARG(request->arguments[i].name),
                        RR_ARG(request->arguments[i].value));
    if (rr_slice_equals(path, RR_LIT("/text"))) {
        out_reply->status = 200;
        rr_buf_add(&out_reply->body, RR_LIT("hello\n"));
    } else if (rr_slice_equals(path, RR_LIT("/metrics"))) {
        out_reply->status = 200;
        out_reply->content_type = "text/plain; version=0.0.4";
        rr_buf_add(&out_reply->body, RR_LIT("up 1\n"));
    } else if (rr_slice_equals(path, RR_LIT("/broken"))) {
        out_reply->status = 500;
        rr_buf_add(&out_reply->body, RR_LIT("broken\n"));
    } else if (rr_slice_equals(path, RR_LIT("/endless"))) {
        out_reply->status = 200;
        out_reply->body.max = 16;
        rr_buf_add(&out_reply->body, RR_LIT("more than fits into it"));
    } else if (rr_slice_equals(path, RR_LIT("/mine"))) {
        rr_buf_add(&out_reply->body, RR_LIT("my own 404\n"));
    }
}

static struct rr_server *server;

static bool start(struct rr_slice address, const char *what, const char *context, struct rr_server **out_server,
                  struct rr_error *err)
{
    struct rr_server_options options = { .address = address,
                                         .what = what,
                                         .handler = { (void *)(uintptr_t)context, on_get, NULL } };
    return rr_server_start(&options, out_server, err);
}

static int setup(void **state)
{
    (void)state;
    struct rr_error err;
    assert_ok(start(RR_LIT("127.0.0.1:0"), "--flag", "context", &server, &err), err);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rr_server_free(server);
    return 0;
}

/* The whole reply to a request whose connection ends with it. */
static const char *ask(const char *method, const char *target, const char *rest)
{
    static char reply[8192];
    char request[1024];
    int len = snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s", method, target,
                       rest != NULL ? rest : "\r\n");
    int fd = client_dial(rr_server_port(server));
    assert_int_equal(send(fd, request, (size_t)len, MSG_NOSIGNAL), len);
    size_t got = 0;
    ssize_t more;
    while ((more = recv(fd, reply + got, sizeof(reply) - 1 - got, 0)) > 0)
        got += (size_t)more;
    (void)close(fd);
    reply[got] = '\0';
    return reply;
}

static void assert_reply(const char *reply, const char *status_line, const char *body)
{
    assert_memory_equal(reply, status_line, strlen(status_line));
    const char *got = strstr(reply, "\r\n\r\n");
    assert_non_null(got);
    assert_string_equal(got + 4, body);
    assert_non_null(strstr(reply, "\r\nX-Content-Type-Options: nosniff\r\n"));
}

static void server_gives_path_and_query_to_its_handler(void **state)
{
    (void)state;
    assert_reply(ask("GET", "/text?verbose&exclude=a%20b%26c&exclude=d", NULL), "HTTP/1.1 200 OK\r\n", "hello\n");

    assert_string_equal(seen, "context|GET /text|verbose:|exclude:a b&c|exclude:d");
}

static void w10_content_type_is_plain_text_unless_the_handler_says_another(void **state)
{
    (void)state;
    assert_non_null(strstr(ask("GET", "/text", NULL), "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
    assert_non_null(strstr(ask("GET", "/metrics", NULL), "\r\nContent-Type: text/plain; version=0.0.4\r\n"));
    assert_non_null(strstr(ask("GET", "/nothing", NULL), "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
    assert_non_null(strstr(ask("PUT", "/text", NULL), "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
}

static void head_has_the_length_and_no_body(void **state)
{
    (void)state;
    const char *reply = ask("HEAD", "/text", NULL);

    assert_reply(reply, "HTTP/1.1 200 OK\r\n", "");
    assert_non_null(strstr(reply, "\r\nContent-Length: 6\r\n"));
}

static void other_methods_are_refused_with_the_allowed_ones(void **state)
{
    (void)state;
    static const char *const methods[] = { "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "NONSENSE" };
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        seen[0] = '\0';
        const char *reply = ask(methods[i], "/text", NULL);
        assert_reply(reply, "HTTP/1.1 405 Method Not Allowed\r\n", "only GET and HEAD are served\n");
        assert_non_null(strstr(reply, "\r\nAllow: GET, HEAD\r\n"));
        assert_string_equal(seen, "");
    }
    assert_null(strstr(ask("GET", "/text", NULL), "\r\nAllow:"));
}

static void body_of_a_request_is_ignored(void **state)
{
    (void)state;
    assert_reply(ask("POST", "/text", "Content-Length: 5\r\n\r\nabcde"), "HTTP/1.1 405 Method Not Allowed\r\n",
                 "only GET and HEAD are served\n");
    assert_reply(ask("GET", "/text", "Content-Length: 5\r\n\r\nabcde"), "HTTP/1.1 200 OK\r\n", "hello\n");
}

static void path_without_a_handler_is_404_with_a_text(void **state)
{
    (void)state;
    assert_reply(ask("GET", "/nothing", NULL), "HTTP/1.1 404 Not Found\r\n", "404 page not found\n");
    assert_reply(ask("GET", "/mine", NULL), "HTTP/1.1 404 Not Found\r\n", "my own 404\n");
}

static void handler_chooses_status_and_body_of_a_failure(void **state)
{
    (void)state;
    assert_reply(ask("GET", "/broken", NULL), "HTTP/1.1 500 Internal Server Error\r\n", "broken\n");
}

static void answer_over_its_maximum_is_an_error_and_never_a_part(void **state)
{
    (void)state;
    assert_reply(ask("GET", "/endless", NULL), "HTTP/1.1 500 Internal Server Error\r\n", "the answer is too long\n");
}

static void w10_request_line_over_the_limit_is_refused(void **state)
{
    (void)state;
    char request[64 * 1024] = "GET /";
    memset(request + 5, 'a', sizeof(request) - 5);
    seen[0] = '\0';
    int fd = client_dial(rr_server_port(server));
    char reply[64] = "";

    (void)send(fd, request, sizeof(request), MSG_NOSIGNAL);
    (void)recv(fd, reply, sizeof(reply) - 1, 0); /* 414, or a connection that the server closed */
    (void)close(fd);

    assert_null(strstr(reply, "200"));
    assert_string_equal(seen, "");
    assert_reply(ask("GET", "/text", NULL), "HTTP/1.1 200 OK\r\n", "hello\n");
}

static void connection_answers_one_request_after_the_other(void **state)
{
    (void)state;
    int fd = client_dial(rr_server_port(server));
    char reply[1024];
    for (int i = 0; i < 3; i++) {
        static const char request[] = "GET /text HTTP/1.1\r\nHost: h\r\n\r\n";
        assert_int_equal(send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL), sizeof(request) - 1);
        size_t got = 0;
        do {
            ssize_t more = recv(fd, reply + got, sizeof(reply) - 1 - got, 0);
            assert_true(more > 0);
            got += (size_t)more;
            reply[got] = '\0';
        } while (strstr(reply, "hello\n") == NULL);
        assert_memory_equal(reply, "HTTP/1.1 200", 12);
    }
    (void)close(fd);
}

static void bad_addresses_are_refused_and_name_their_flag(void **state)
{
    (void)state;
    static const char *const bad[] = { "",           "8080",       "127.0.0.1",    "127.0.0.1:",   "127.0.0.1:65536",
                                       ":-1",        ":http",      "localhost:80", "256.0.0.1:80", "[::1]",
                                       "[::1]80",    "::1:80",     "[]:80",        "[::g]:80",     "[127.0.0.1]:80",
                                       " 1.2.3.4:5", "1.2.3.4:5 ", "1.2.3:80",     "[::1:80",      ":0x50" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct rr_server *never = NULL;
        struct rr_error err = { 0 };
        if (start(rr_slice_from(bad[i]), "--metrics-bind-address", "", &never, &err))
            fail_msg("\"%s\" was taken", bad[i]);
        assert_null(never);
        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_memory_equal(err.message, "--metrics-bind-address: ", 24);
    }
}

static void address_in_use_says_so(void **state)
{
    (void)state;
    struct rr_server *second = NULL;
    struct rr_error err = { 0 };
    char taken[32];
    (void)snprintf(taken, sizeof(taken), "127.0.0.1:%u", rr_server_port(server));

    assert_false(start(rr_slice_from(taken), "--flag", "", &second, &err));

    assert_int_equal(err.code, RR_E_INTERNAL);
    assert_non_null(strstr(err.message, "--flag"));
    assert_non_null(strstr(err.message, taken));
}

static void address_without_a_host_is_every_address(void **state)
{
    (void)state;
    struct rr_error err;
    rr_server_free(server);

    assert_ok(start(RR_LIT(":0"), "--flag", "every", &server, &err), err);

    assert_int_not_equal(rr_server_port(server), 0);
    assert_reply(ask("GET", "/text", NULL), "HTTP/1.1 200 OK\r\n", "hello\n");
    assert_string_equal(seen, "every|GET /text");
}

static void freed_server_has_released_its_port(void **state)
{
    (void)state;
    struct rr_error err;
    char same[32];
    (void)snprintf(same, sizeof(same), "127.0.0.1:%u", rr_server_port(server));
    int open = client_dial(rr_server_port(server)); /* of a client that sends nothing */

    rr_server_free(server);

    assert_ok(start(rr_slice_from(same), "--flag", "", &server, &err), err);
    (void)close(open);
    rr_server_free(NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(server_gives_path_and_query_to_its_handler, setup, teardown),
    cmocka_unit_test_setup_teardown(w10_content_type_is_plain_text_unless_the_handler_says_another, setup, teardown),
    cmocka_unit_test_setup_teardown(head_has_the_length_and_no_body, setup, teardown),
    cmocka_unit_test_setup_teardown(other_methods_are_refused_with_the_allowed_ones, setup, teardown),
    cmocka_unit_test_setup_teardown(body_of_a_request_is_ignored, setup, teardown),
    cmocka_unit_test_setup_teardown(path_without_a_handler_is_404_with_a_text, setup, teardown),
    cmocka_unit_test_setup_teardown(handler_chooses_status_and_body_of_a_failure, setup, teardown),
    cmocka_unit_test_setup_teardown(answer_over_its_maximum_is_an_error_and_never_a_part, setup, teardown),
    cmocka_unit_test_setup_teardown(w10_request_line_over_the_limit_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(connection_answers_one_request_after_the_other, setup, teardown),
    cmocka_unit_test_setup_teardown(bad_addresses_are_refused_and_name_their_flag, setup, teardown),
    cmocka_unit_test_setup_teardown(address_in_use_says_so, setup, teardown),
    cmocka_unit_test_setup_teardown(address_without_a_host_is_every_address, setup, teardown),
    cmocka_unit_test_setup_teardown(freed_server_has_released_its_port, setup, teardown),
};
RR_TEST_MAIN(tests)
