/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "http_internal.h"

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

static void url_that_would_be_changed_is_refused(void **state)
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

/* Every byte that a URL, a header or a name may hold, and the bytes beside them. */
static void f47_bytes_of_a_request_are_judged_one_by_one(void **state)
{
    (void)state;
    static const char alnum[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (int byte = 0; byte < 256; byte++) {
        char one[] = { 'a', (char)byte, 'a' }, target[] = { 'h', 't', 't', 'p', ':', '/', '/', 'h', '/', (char)byte };
        char name[] = { 'a', (char)byte, 'a', '\0' };
        bool is_alnum = byte != 0 && strchr(alnum, byte) != NULL;
        bool is_token = is_alnum || (byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
        struct rr_http_header named = { { one, 3 }, RR_LIT("v") }, valued = { RR_LIT("n"), { one, 3 } };
        struct rr_http_tls tls = { .server_name = name };
        struct rr_http_request plain = { .method = "GET", .url = RR_LIT("http://h/") };
        struct rr_http_request with_name = plain, with_value = plain, with_method = plain, with_server = plain,
                               with_target = plain;
        with_name.headers = &named;
        with_value.headers = &valued;
        with_name.header_count = with_value.header_count = 1;
        with_method.method = name;
        with_server.tls = &tls;
        with_target.url = (struct rr_slice){ target, sizeof target };
        struct rr_error err;
        bool is_end = byte == 0; /* of a C string */

        if (rr_http_request_check(&with_name, &err) != is_token ||
            rr_http_request_check(&with_value, &err) != (byte >= 0x20 && byte <= 0x7e) ||
            rr_http_request_check(&with_method, &err) != (is_alnum || is_end) ||
            rr_http_request_check(&with_server, &err) !=
                (is_alnum || byte == '.' || byte == '-' || byte == '_' || is_end) ||
            rr_http_request_check(&with_target, &err) != (byte >= 0x21 && byte <= 0x7e && byte != '#'))
            fail_msg("byte 0x%02x", byte);
    }
}

static void url_is_split_into_its_parts(void **state)
{
    (void)state;
    static const struct {
        const char *url, *scheme, *authority, *host, *port, *target;
    } rows[] = {
        { "http://h/", "http", "h", "h", "", "/" },
        { "https://h/", "https", "h", "h", "", "/" },
        { "https://h:1/a/b?c=d/e", "https", "h:1", "h", "1", "/a/b?c=d/e" },
        { "http://[::1]/x", "http", "[::1]", "[::1]", "", "/x" },
        { "http://[::1]:9000/x", "http", "[::1]:9000", "[::1]", "9000", "/x" },
        { "http://[fe80::1%25eth0]:1/", "http", "[fe80::1%25eth0]:1", "[fe80::1%25eth0]", "1", "/" },
        { "http://a-b_c.d:0123456789//", "http", "a-b_c.d:0123456789", "a-b_c.d", "0123456789", "//" },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct rr_http_url parts;
        struct rr_error err;
        assert_ok(rr_http_url_split(rr_slice_from(rows[i].url), &parts, &err), err);
        assert_slice(parts.scheme, rows[i].scheme);
        assert_slice(parts.authority, rows[i].authority);
        assert_slice(parts.host, rows[i].host);
        assert_slice(parts.port, rows[i].port);
        assert_slice(parts.target, rows[i].target);
    }
}

static void refused_request_says_what_is_malformed(void **state)
{
    (void)state;
    static const struct rr_http_header bad_name = { { "a b", 3 }, { "v", 1 } },
                                       bad_value = { { "Name", 4 }, { "\n", 1 } };
    static const struct rr_http_tls no_key = { .client_cert_pem = { "x", 1 } }, bad_server = { .server_name = "a/b" };
#define HOST     "the host of the URL is malformed"
#define PATH     "a URL must have a path and no fragment"
#define TOGETHER "a client certificate and its key must be given together"
    static const struct {
        const char *url, *method;
        const struct rr_http_header *header;
        const struct rr_http_tls *tls;
        const char *message;
    } rows[] = {
        { "http://h/ ", "GET", NULL, NULL, "a URL may hold printable ASCII only" },
        { "ftp://h/", "GET", NULL, NULL, "a URL must begin with http:// or https://" },
        { "http:///", "GET", NULL, NULL, HOST },
        { "http://:80/", "GET", NULL, NULL, HOST },
        { "http://h:/", "GET", NULL, NULL, HOST },
        { "http://h:8a/", "GET", NULL, NULL, HOST },
        { "http://h:a8/", "GET", NULL, NULL, HOST },
        { "http://[::1/", "GET", NULL, NULL, HOST },
        { "http://[::1]80/", "GET", NULL, NULL, HOST },
        { "http://[::1]:/", "GET", NULL, NULL, HOST },
        { "http://u@h/", "GET", NULL, NULL, HOST },
        { "http://h", "GET", NULL, NULL, PATH },
        { "http://h/#", "GET", NULL, NULL, PATH },
        { "http://h/", "G T", NULL, NULL, "the method is malformed" },
        { "http://h/", "GET", &bad_name, NULL, "a header's name is malformed" },
        { "http://h/", "GET", &bad_value, NULL, "the value of header Name may hold printable ASCII only" },
        { "https://h/", "GET", NULL, &no_key, TOGETHER },
        { "https://h/", "GET", NULL, &bad_server, "the TLS server name is malformed" },
    };
#undef HOST
#undef PATH
#undef TOGETHER
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct rr_http_request request = { .method = rows[i].method,
                                           .url = rr_slice_from(rows[i].url),
                                           .headers = rows[i].header,
                                           .header_count = rows[i].header != NULL,
                                           .tls = rows[i].tls };
        struct rr_error err = { 0 };
        assert_false(rr_http_request_check(&request, &err));
        assert_string_equal(err.message, rows[i].message);
        assert_int_equal(err.code, RR_E_BAD_INPUT);
    }
}

static void url_has_at_most_32_kib(void **state)
{
    (void)state;
    for (size_t over = 0; over <= 1; over++) {
        rr_auto(buf) url = RR_BUF(1 << 20);
        struct rr_http_url parts;
        struct rr_error err = { 0 };
        rr_buf_add(&url, RR_LIT("http://h/"));
        while (url.len < 32768 + over)
            rr_buf_add_byte(&url, 'a');

        assert_int_equal(rr_http_url_split(rr_buf_slice(&url), &parts, &err), over == 0);

        assert_string_equal(err.message, over == 0 ? "" : "a URL has at most 32768 bytes");
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
    cmocka_unit_test(url_that_would_be_changed_is_refused),
    cmocka_unit_test(f47_bytes_of_a_request_are_judged_one_by_one),
    cmocka_unit_test(url_is_split_into_its_parts),
    cmocka_unit_test(refused_request_says_what_is_malformed),
    cmocka_unit_test(url_has_at_most_32_kib),
    cmocka_unit_test(url_over_its_limit_is_refused),
    cmocka_unit_test(method_that_is_no_word_is_refused),
    cmocka_unit_test(tls_halves_and_odd_server_names_are_refused),
};

RR_TEST_MAIN(tests)
