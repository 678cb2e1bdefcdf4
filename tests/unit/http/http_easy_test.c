/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

/* Keeps what the last request looked like. */
struct heard {
    struct test_gate gate;
    char text[8192];
};

static void script_record(struct test_peer *peer, void *context)
{
    struct heard *heard = context;
    while (test_peer_read(peer)) {
        (void)snprintf(heard->text, sizeof(heard->text), "%s", rr_buf_text(&peer->text));
        test_peer_answer(peer, "ok");
        test_gate_open(&heard->gate);
    }
}

static void expect_request(const struct heard *heard, const char *words)
{
    if (strstr(heard->text, words) == NULL)
        fail_msg("\"%s\" is not in: %s", words, heard->text);
}

static void expect_not_in_request(const struct heard *heard, const char *words)
{
    if (strcasestr(heard->text, words) != NULL)
        fail_msg("\"%s\" is in: %s", words, heard->text);
}

struct fixture {
    struct heard heard;
    struct test_server *server;
    struct rr_http_loop *loop;
};

static void start(struct fixture *fixture)
{
    test_gate_init(&fixture->heard.gate);
    fixture->server = test_server_start(script_record, &fixture->heard);
    fixture->loop = fixture_loop(0);
}

static void end(struct fixture *fixture)
{
    rr_http_loop_free(fixture->loop);
    test_server_stop(fixture->server);
}

static void ask(struct fixture *fixture, const struct rr_http_request *request)
{
    fixture_expect_body(fixture->loop, request, "ok");
    test_gate_wait(&fixture->heard.gate, 1);
}

static void path_and_query_are_sent_unchanged(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    start(&fixture);
    static const char *const targets[] = {
        "/b/a/../x", "/b/./x", "/../..",        "/%2e%2e/x", "//a//b", "/a?prefix=..%2F&x=%2B+y",
        "/a?x=",     "/a%2fb", "/{a}|^`\"<>\\",
    };

    for (size_t i = 0; i < RR_COUNT(targets); i++) {
        struct rr_http_request request = fixture_get(fixture_url(fixture.server, targets[i]));
        ask(&fixture, &request);
        struct rr_slice line = fixture_text("GET %s HTTP/1.1\r\n", targets[i]);
        expect_request(&fixture.heard, line.ptr);
    }
    end(&fixture);
}

static void headers_are_sent_and_none_is_made_up(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    start(&fixture);
    const struct rr_http_header headers[] = {
        { RR_LIT("X-One"), RR_LIT("a: b; c") },
        { RR_LIT("X-Empty"), RR_LIT("") },
        { RR_LIT("Authorization"), RR_LIT("Bearer x") },
    };
    struct rr_http_request request = fixture_get(fixture_url(fixture.server, "/"));
    request.headers = headers;
    request.header_count = RR_COUNT(headers);

    ask(&fixture, &request);

    expect_request(&fixture.heard, "\r\nX-One: a: b; c\r\n");
    expect_request(&fixture.heard, "\r\nX-Empty:\r\n");
    expect_request(&fixture.heard, "\r\nAuthorization: Bearer x\r\n");
    expect_request(&fixture.heard, "\r\nUser-Agent: redisrestore/");
    expect_not_in_request(&fixture.heard, "Accept-Encoding");
    expect_not_in_request(&fixture.heard, "Cookie");
    expect_not_in_request(&fixture.heard, "Content-");
    expect_not_in_request(&fixture.heard, "Upgrade");
    end(&fixture);
}

static _Atomic int lists_of_headers, lists_with_a_token;

/* The linker finds this function before that of libcurl. */
void curl_slist_free_all(struct curl_slist *list)
{
    void (*real)(struct curl_slist *);
    *(void **)&real = dlsym(RTLD_NEXT, "curl_slist_free_all");
    lists_of_headers += list != NULL;
    for (const struct curl_slist *line = list; line != NULL; line = line->next)
        lists_with_a_token += strstr(line->data, "token-canary") != NULL;
    real(list);
}

static void f49_header_lines_are_wiped_before_they_are_freed(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    start(&fixture);
    const struct rr_http_header header = { RR_LIT("Authorization"), RR_LIT("Bearer token-canary") };
    struct rr_http_request request = fixture_get(fixture_url(fixture.server, "/"));
    request.headers = &header;
    request.header_count = 1;

    ask(&fixture, &request);

    expect_request(&fixture.heard, "\r\nAuthorization: Bearer token-canary\r\n");
    assert_true(lists_of_headers > 0);
    assert_int_equal(lists_with_a_token, 0);
    end(&fixture);
}

static void f49_body_that_is_secret_is_wiped_when_it_is_freed(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    for (int is_secret = 0; is_secret <= 1; is_secret++) {
        request.body_is_secret = is_secret != 0;

        struct outcome outcome = fixture_ask(loop, &request);

        assert_ok(outcome.ok, outcome.err);
        assert_int_equal(outcome.reply.body.secret, is_secret); /* rr_buf wipes what is secret */
        fixture_done(&outcome);
    }
    test_server_stop(server);
}

static void body_goes_with_its_length_and_without_expect(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    start(&fixture);
    enum { LEN = 2 << 20 }; /* curl would ask 100-continue from 1 MiB on */
    struct rr_buf body = RR_BUF(LEN);
    while (body.len < LEN)
        rr_buf_add_byte(&body, 'b');
    struct rr_http_request request = fixture_get(fixture_url(fixture.server, "/"));
    request.method = "PATCH";
    request.body = rr_buf_slice(&body);

    ask(&fixture, &request);

    expect_request(&fixture.heard, "PATCH / HTTP/1.1\r\n");
    expect_request(&fixture.heard, "\r\nContent-Length: 2097152\r\n");
    expect_not_in_request(&fixture.heard, "Expect");
    expect_not_in_request(&fixture.heard, "Content-Type");
    rr_buf_done(&body);
    end(&fixture);
}

static void body_may_hold_any_byte(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    start(&fixture);
    struct rr_http_request request = fixture_get(fixture_url(fixture.server, "/"));
    request.method = "POST";
    request.body = RR_LIT("@a\n\0b");

    ask(&fixture, &request);

    expect_request(&fixture.heard, "\r\nContent-Length: 5\r\n");
    expect_request(&fixture.heard, "\r\n\r\n@a\n");
    end(&fixture);
}

static void write_without_body_says_length_zero(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    start(&fixture);
    struct rr_http_request request = fixture_get(fixture_url(fixture.server, "/latest/api/token"));
    request.method = "PUT";

    ask(&fixture, &request);

    expect_request(&fixture.heard, "PUT /latest/api/token HTTP/1.1\r\n");
    expect_request(&fixture.heard, "\r\nContent-Length: 0\r\n");
    end(&fixture);
}

static void delete_has_no_body(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    start(&fixture);
    struct rr_http_request request = fixture_get(fixture_url(fixture.server, "/x"));
    request.method = "DELETE";

    ask(&fixture, &request);

    expect_request(&fixture.heard, "DELETE /x HTTP/1.1\r\n");
    expect_not_in_request(&fixture.heard, "Content-Length");
    end(&fixture);
}

static void head_ends_with_the_headers(void **state)
{
    (void)state;
    static char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n";
    struct test_server *server = test_server_start(script_text, reply);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    request.method = "HEAD";

    struct outcome outcome = fixture_ask(loop, &request);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.reply.status, 200);
    assert_int_equal(outcome.reply.body_bytes, 0);
    fixture_done(&outcome);
    test_server_stop(server);
}

/* A proxy sees what curl makes of a host without a server on port 80. */
static void default_port_is_not_in_host(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    start(&fixture);
    static const char *const urls[] = { "http://store.test/x", "http://store.test:80/x" };

    for (size_t i = 0; i < RR_COUNT(urls); i++) {
        struct rr_slice proxy = fixture_text("http://127.0.0.1:%d", test_server_port(fixture.server));
        struct rr_http_request request = fixture_get(rr_slice_from(urls[i]));
        request.proxy = proxy.ptr;
        ask(&fixture, &request);
        expect_request(&fixture.heard, "\r\nHost: store.test\r\n");
    }
    end(&fixture);
}

static void host_header_of_the_caller_is_sent_alone(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    start(&fixture);
    const struct rr_http_header host = { RR_LIT("host"), RR_LIT("bucket.store.test") };
    struct rr_http_request request = fixture_get(fixture_url(fixture.server, "/"));
    request.headers = &host;
    request.header_count = 1;

    ask(&fixture, &request);

    expect_request(&fixture.heard, "ost: bucket.store.test\r\n");
    expect_not_in_request(&fixture.heard, "127.0.0.1");
    end(&fixture);
}

/* The process' environment, replaced before anything reads it. */
static void set_environment(const char *const *lines)
{
    static char *made[16];
    size_t count = 0;
    for (; lines[count] != NULL; count++)
        made[count] = rr_strdup(rr_slice_from(lines[count]));
    made[count] = NULL;
    environ = made;
}

static void environment_free(void)
{
    for (char **line = environ; *line != NULL; line++)
        rr_free(*line);
    static char *none[] = { NULL };
    environ = none;
}

static void proxies_of_the_environment_are_ignored(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    start(&fixture);
    struct test_server *proxy = test_server_start(test_script_ok, NULL);
    int port = test_server_port(proxy);
    set_environment((const char *const[]){ fixture_text("http_proxy=http://127.0.0.1:%d", port).ptr,
                                           fixture_text("https_proxy=http://127.0.0.1:%d", port).ptr,
                                           fixture_text("HTTPS_PROXY=http://127.0.0.1:%d", port).ptr,
                                           fixture_text("ALL_PROXY=http://127.0.0.1:%d", port).ptr,
                                           fixture_text("all_proxy=http://127.0.0.1:%d", port).ptr, NULL });
    struct rr_http_request request = fixture_get(fixture_url(fixture.server, "/"));

    ask(&fixture, &request);

    assert_int_equal(test_server_connections(proxy), 0);
    test_server_stop(proxy);
    end(&fixture);
    environment_free();
}

static void proxy_of_the_request_is_used_whatever_the_environment_says(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    start(&fixture);
    set_environment((const char *const[]){ "no_proxy=*", "NO_PROXY=127.0.0.1,one.test", NULL });
    struct rr_slice proxy = fixture_text("http://127.0.0.1:%d", test_server_port(fixture.server));
    struct rr_http_request request = fixture_get(RR_LIT("http://one.test:1/x"));
    request.proxy = proxy.ptr;

    ask(&fixture, &request);

    expect_request(&fixture.heard, "GET http://one.test:1/x HTTP/1.1\r\n");
    end(&fixture);
    environment_free();
}

static void netrc_is_ignored(void **state)
{
    (void)state;
    char home[] = "/tmp/rr-netrc-XXXXXX", file[sizeof(home) + 8];
    assert_non_null(mkdtemp(home));
    (void)snprintf(file, sizeof(file), "%s/.netrc", home);
    FILE *netrc = fopen(file, "w");
    assert_non_null(netrc);
    (void)fputs("machine 127.0.0.1 login canary password canary\ndefault login canary password canary\n", netrc);
    (void)fclose(netrc);
    struct fixture fixture = { 0 };
    start(&fixture);
    set_environment((const char *const[]){ fixture_text("HOME=%s", home).ptr, NULL });
    struct rr_http_request request = fixture_get(fixture_url(fixture.server, "/"));

    ask(&fixture, &request);

    expect_not_in_request(&fixture.heard, "Authorization");
    end(&fixture);
    environment_free();
    (void)unlink(file);
    (void)rmdir(home);
}

/* A watch is answered in two halves, the second when its socket was made to notice a dead peer. */
static void script_watch(struct test_peer *peer, void *context)
{
    (void)context;
    while (test_peer_read(peer)) {
        bool watch = test_peer_has(peer, "GET /watch");
        test_peer_send(peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
        if (watch)
            test_gate_wait(&fixture_kept_alive, 1);
        test_peer_send(peer, "k");
    }
}

static void expect_kept_alive(struct rr_http_loop *loop, struct rr_slice url, const struct rr_http_tls *tls)
{
    struct rr_http_request watch = fixture_get(url);
    watch.tls = tls;
    watch.tcp_keepalive = true;
    fixture_expect_body(loop, &watch, "ok");
}

static void r19_watch_on_a_reused_connection_notices_a_dead_peer(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(script_watch, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request plain = fixture_get(fixture_url(server, "/plain"));
    fixture_expect_body(loop, &plain, "ok");
    assert_int_equal(fixture_kept_alive.passed, 0);

    expect_kept_alive(loop, fixture_url(server, "/watch"), NULL);

    assert_int_equal(test_server_connections(server), 1);
    test_server_stop(server);
}

static void f08_watch_over_tls_notices_a_dead_peer(void **state)
{
    (void)state;
    struct test_cert ca = test_ca_make("ca"), cert = test_cert_issue(&ca, "IP:127.0.0.1", 30);
    struct test_server *server = test_server_start_tls(&cert, NULL, script_watch, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_tls tls = { .ca_pem = rr_slice_from(ca.pem) };

    expect_kept_alive(loop, fixture_text("https://127.0.0.1:%d/watch", test_server_port(server)), &tls);

    test_server_stop(server);
    test_cert_done(&cert);
    test_cert_done(&ca);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(path_and_query_are_sent_unchanged),
    cmocka_unit_test(headers_are_sent_and_none_is_made_up),
    cmocka_unit_test(f49_header_lines_are_wiped_before_they_are_freed),
    cmocka_unit_test(f49_body_that_is_secret_is_wiped_when_it_is_freed),
    cmocka_unit_test(body_goes_with_its_length_and_without_expect),
    cmocka_unit_test(body_may_hold_any_byte),
    cmocka_unit_test(write_without_body_says_length_zero),
    cmocka_unit_test(delete_has_no_body),
    cmocka_unit_test(head_ends_with_the_headers),
    cmocka_unit_test(default_port_is_not_in_host),
    cmocka_unit_test(host_header_of_the_caller_is_sent_alone),
    cmocka_unit_test(proxies_of_the_environment_are_ignored),
    cmocka_unit_test(proxy_of_the_request_is_used_whatever_the_environment_says),
    cmocka_unit_test(netrc_is_ignored),
    cmocka_unit_test(r19_watch_on_a_reused_connection_notices_a_dead_peer),
    cmocka_unit_test(f08_watch_over_tls_notices_a_dead_peer),
};

RR_TEST_MAIN(tests)
