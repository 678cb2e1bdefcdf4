/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

static void expect_header_refused(struct rr_http_loop *loop, struct test_server *server, struct rr_http_header header)
{
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    request.headers = &header;
    request.header_count = 1;
    fixture_expect(loop, &request, RR_E_BAD_INPUT);
}

static void f47_header_values_with_control_or_foreign_bytes_are_refused(void **state)
{
    (void)state;
    const struct rr_slice values[] = {
        RR_LIT("a\r\nInjected: yes"),
        RR_LIT("a\nInjected: yes"),
        RR_LIT("a\rb"),
        RR_LIT("a\0b"),
        RR_LIT("\n"),
        RR_LIT("\xc3\xa4"),
        RR_LIT("a\x7f"),
        RR_LIT("a\x01"),
        RR_LIT("a\tb"),
        RR_LIT("\xff"),
    };
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);

    for (size_t i = 0; i < RR_COUNT(values); i++)
        expect_header_refused(loop, server, (struct rr_http_header){ RR_LIT("X-Test"), values[i] });

    assert_int_equal(test_server_connections(server), 0);
    test_server_stop(server);
}

static void f47_header_names_that_are_no_token_are_refused(void **state)
{
    (void)state;
    const struct rr_slice names[] = {
        { "", 0 },    RR_LIT("X Test"),   RR_LIT("X:"),  RR_LIT("X\r\nY"), RR_LIT("X\0Y"),
        RR_LIT("X;"), RR_LIT("\xc3\xa4"), RR_LIT("X\n"), RR_LIT("(X)"),    RR_LIT("X\t"),
    };
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);

    for (size_t i = 0; i < RR_COUNT(names); i++)
        expect_header_refused(loop, server, (struct rr_http_header){ names[i], RR_LIT("a") });

    assert_int_equal(test_server_connections(server), 0);
    test_server_stop(server);
}

static void f47_value_is_not_repeated_in_the_error(void **state)
{
    (void)state;
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_header header = { RR_LIT("Authorization"), RR_LIT("canary\n") };
    struct rr_http_request request = fixture_get(RR_LIT("http://127.0.0.1:1/"));
    request.headers = &header;
    request.header_count = 1;

    struct outcome outcome = fixture_ask(loop, &request);

    assert_false(outcome.ok);
    assert_null(strstr(outcome.err.message, "canary"));
    assert_null(strstr(outcome.err.detail, "canary"));
    assert_non_null(strstr(outcome.err.message, "Authorization"));
}

static void url_that_would_not_be_sent_as_it_stands_is_refused(void **state)
{
    (void)state;
    const struct rr_slice urls[] = {
        { "", 0 },
        RR_LIT("127.0.0.1/"),
        RR_LIT("ftp://127.0.0.1/"),
        RR_LIT("file:///etc/passwd"),
        RR_LIT("HTTP://127.0.0.1/"),
        RR_LIT("http:///x"),
        RR_LIT("http://127.0.0.1"),
        RR_LIT("http://127.0.0.1?x"),
        RR_LIT("http://127.0.0.1/#x"),
        RR_LIT("http://user:pw@127.0.0.1/"),
        RR_LIT("http://user@127.0.0.1/"),
        RR_LIT("http://127.0.0.1:/"),
        RR_LIT("http://127.0.0.1:x/"),
        RR_LIT("http://127.0.0.1:65536/"),
        RR_LIT("http://127.0.0.1\\@evil/"),
        RR_LIT("http://[::1/"),
        RR_LIT("http://127.0.0.1/a b"),
        RR_LIT("http://127.0.0.1/a\r\nX: y"),
        RR_LIT("http://127.0.0.1/\xc3\xa4"),
        RR_LIT("http://127.0.0.1/a\0b"),
    };
    rr_auto_ptr(http_loop) loop = fixture_loop(0);

    for (size_t i = 0; i < RR_COUNT(urls); i++) {
        struct rr_http_request request = fixture_get(urls[i]);
        request.proxy = "http://127.0.0.1:1";
        fixture_expect(loop, &request, RR_E_BAD_INPUT);
    }
}

static void url_over_its_limit_is_refused(void **state)
{
    (void)state;
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    rr_auto(buf) url = RR_BUF(1 << 20);
    rr_buf_add(&url, RR_LIT("http://127.0.0.1:1/"));
    while (url.len < 100000)
        rr_buf_add_byte(&url, 'a');
    struct rr_http_request request = fixture_get(rr_buf_slice(&url));

    fixture_expect(loop, &request, RR_E_BAD_INPUT);
}

static void method_that_is_no_word_is_refused(void **state)
{
    (void)state;
    static const char *const methods[] = { NULL, "", "GET /x HTTP/1.1\r\n", "G T", "GET\n" };
    rr_auto_ptr(http_loop) loop = fixture_loop(0);

    for (size_t i = 0; i < RR_COUNT(methods); i++) {
        struct rr_http_request request = fixture_get(RR_LIT("http://127.0.0.1:1/"));
        request.method = methods[i];
        fixture_expect(loop, &request, RR_E_BAD_INPUT);
    }
}

static void tls_halves_and_odd_server_names_are_refused(void **state)
{
    (void)state;
    const struct rr_http_tls bad[] = {
        { .client_cert_pem = RR_LIT("x") }, { .client_key_pem = RR_LIT("x") }, { .server_name = "" },
        { .server_name = "a/b" },           { .server_name = "a@b" },          { .server_name = "a:1" },
        { .server_name = "a\r\nb" },
    };
    rr_auto_ptr(http_loop) loop = fixture_loop(0);

    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        struct rr_http_request request = fixture_get(RR_LIT("https://127.0.0.1:1/"));
        request.tls = &bad[i];
        fixture_expect(loop, &request, RR_E_BAD_INPUT);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f47_header_values_with_control_or_foreign_bytes_are_refused),
    cmocka_unit_test(f47_header_names_that_are_no_token_are_refused),
    cmocka_unit_test(f47_value_is_not_repeated_in_the_error),
    cmocka_unit_test(url_that_would_not_be_sent_as_it_stands_is_refused),
    cmocka_unit_test(url_over_its_limit_is_refused),
    cmocka_unit_test(method_that_is_no_word_is_refused),
    cmocka_unit_test(tls_halves_and_odd_server_names_are_refused),
};

RR_TEST_MAIN(tests)
