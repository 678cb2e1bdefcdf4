/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/uri.h>

#include "support/test.h"

static void uri_encodes_all_but_unreserved(void **state)
{
    (void)state;
    rr_auto(buf) buf = RR_BUF(1000);

    rr_uri_encode(&buf, RR_LIT("AZaz09-._~ /+%&=?#\t\n\xe1\x88\xb4\x00\xff!'()*:@,;$[]"));

    assert_slice(rr_buf_slice(&buf),
                 "AZaz09-._~%20%2F%2B%25%26%3D%3F%23%09%0A%E1%88%B4%00%FF%21%27%28%29%2A%3A%40%2C%3B%24%5B%5D");
}

static void uri_path_keeps_slashes_and_nothing_else(void **state)
{
    (void)state;
    rr_auto(buf) buf = RR_BUF(1000);

    rr_uri_encode_path(&buf, RR_LIT("/a b//../%2e/+"));

    assert_slice(rr_buf_slice(&buf), "/a%20b//../%252e/%2B");
}

static void s21_every_query_value_is_encoded(void **state)
{
    (void)state;
    rr_auto(buf) query = RR_BUF(1000);

    rr_uri_add_parameter(&query, RR_LIT("list-type"), RR_LIT("2"));
    rr_uri_add_parameter(&query, RR_LIT("prefix"), RR_LIT("a b/c"));
    rr_uri_add_parameter(&query, RR_LIT("x y"), RR_LIT(""));

    assert_slice(rr_buf_slice(&query), "list-type=2&prefix=a%20b%2Fc&x%20y=");
}

static void uri_decodes_what_it_encoded_for_every_byte(void **state)
{
    (void)state;
    char all[512];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)(i < 256 ? i : i * 7);
    struct rr_slice raw = { all, sizeof all };
    rr_auto(buf) encoded = RR_BUF(10000);
    rr_auto(buf) path = RR_BUF(10000);
    rr_auto(buf) decoded = RR_BUF(10000);
    struct rr_error err = { 0 };

    rr_uri_encode(&encoded, raw);
    rr_uri_encode_path(&path, raw);

    for (int plus = 0; plus < 2; plus++) {
        rr_buf_clear(&decoded);
        assert_ok(rr_uri_decode(&decoded, rr_buf_slice(&encoded), plus == 1, &err), err);
        assert_true(rr_slice_equals(rr_buf_slice(&decoded), raw));
        rr_buf_clear(&decoded);
        assert_ok(rr_uri_decode(&decoded, rr_buf_slice(&path), plus == 1, &err), err);
        assert_true(rr_slice_equals(rr_buf_slice(&decoded), raw));
    }
}

static void s22_plus_is_a_space_only_when_asked(void **state)
{
    (void)state;
    rr_auto(buf) spaced = RR_BUF(100);
    rr_auto(buf) kept = RR_BUF(100);
    struct rr_error err = { 0 };

    assert_ok(rr_uri_decode(&spaced, RR_LIT("a+b%2bc%2F"), true, &err), err);
    assert_ok(rr_uri_decode(&kept, RR_LIT("a+b%2bc%2F"), false, &err), err);

    assert_slice(rr_buf_slice(&spaced), "a b+c/");
    assert_slice(rr_buf_slice(&kept), "a+b+c/");
}

static void uri_decode_refuses_bad_escapes(void **state)
{
    (void)state;
    static const char *const texts[] = { "%", "a%", "%4", "%4g", "%g4", "%%41", "%-1", "% 1", "a%2" };

    for (size_t i = 0; i < RR_COUNT(texts); i++) {
        rr_auto(buf) decoded = RR_BUF(100);
        struct rr_error err = { 0 };
        assert_false(rr_uri_decode(&decoded, rr_slice_from(texts[i]), true, &err));
        assert_int_equal(err.code, RR_E_BAD_REPLY);
    }
}

static const struct {
    const char *text, *host, *path;
    int port;
    bool https, is_default, is_ipv4, is_ipv6;
} good[] = {
    { "http://minio", "minio", "", 80, false, true, false, false },
    { "https://minio", "minio", "", 443, true, true, false, false },
    { "HTTPS://MinIO.example:9000", "MinIO.example", "", 9000, true, false, false, false },
    { "hTTp://minio:80/", "minio", "", 80, false, true, false, false },
    { "http://minio:443", "minio", "", 443, false, false, false, false },
    { "http://127.0.0.1:9000", "127.0.0.1", "", 9000, false, false, true, false },
    { "http://[::1]:9000", "::1", "", 9000, false, false, false, true },
    { "https://[fe80::1]", "fe80::1", "", 443, true, true, false, true },
    { "http://h:1", "h", "", 1, false, false, false, false },
    { "http://h:65535", "h", "", 65535, false, false, false, false },
    { "https://h/a/b///", "h", "/a/b", 443, true, true, false, false },
    { "https://h//", "h", "", 443, true, true, false, false },
    { "https://h/a%20b/~c:@!$&'()*+,;=", "h", "/a%20b/~c:@!$&'()*+,;=", 443, true, true, false, false },
    { "https://a_b.c-d.", "a_b.c-d.", "", 443, true, true, false, false },
    { "https://0xminio", "0xminio", "", 443, true, true, false, false },
    { "https://1.2.3.4.example", "1.2.3.4.example", "", 443, true, true, false, false },
};

static void f33_urls_of_an_endpoint_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(good); i++) {
        struct rr_uri uri = { 0 };
        struct rr_error err = { 0 };
        assert_ok(rr_uri_parse(rr_slice_from(good[i].text), &uri, &err), err);
        assert_slice(uri.host, good[i].host);
        assert_slice(uri.path, good[i].path);
        assert_int_equal(uri.port, good[i].port);
        assert_int_equal(uri.https, good[i].https);
        assert_int_equal(uri.port_is_default, good[i].is_default);
        assert_int_equal(uri.host_is_ipv4, good[i].is_ipv4);
        assert_int_equal(uri.host_is_ipv6, good[i].is_ipv6);
    }
}

static const char *const bad[] = {
    "",
    "minio",
    "minio:9000",
    "//minio",
    "/minio",
    "ftp://minio",
    "file:///etc/passwd",
    "gopher://minio",
    "httpss://minio",
    "http:/minio",
    "http:minio",
    "http://",
    "http:///",
    "http://:80",
    "http:///path",
    " http://minio",
    "http://minio ",
    "http://mi nio",
    "http://minio\n",
    "http://minio\t",
    "http://minio/\x01",
    "http://minio/\x7f",
    /* user names, queries, fragments */
    "http://user@minio",
    "http://user:canary@minio",
    "http://@minio",
    "http://minio@",
    "http://minio?x",
    "http://minio/?x=1",
    "http://minio/#f",
    "http://minio#f",
    "http://minio?",
    /* ports */
    "http://minio:",
    "http://minio:0",
    "http://minio:65536",
    "http://minio:99999",
    "http://minio:-1",
    "http://minio:+80",
    "http://minio:80a",
    "http://minio:8 0",
    "http://minio:000080",
    "http://minio:80:80",
    "http://[::1]:",
    "http://[::1]:0",
    /* hosts */
    "http://\xc3\xa9xample",
    "http://minio\xff",
    "http://a..b",
    "http://.a",
    "http://.",
    "http://mi%6eio",
    "http://mi<nio",
    "http://mi\\nio",
    "http://[::1",
    "http://::1",
    "http://[]",
    "http://[::1]x",
    "http://[minio]",
    "http://[127.0.0.1]",
    "http://[fe80::1%25eth0]",
    "http://[::1]]",
    "http://[[::1]]",
    /* addresses that only a resolver takes for such */
    "http://2130706433",
    "http://127.1",
    "http://0x7f.0.0.1",
    "http://0x7f000001",
    "http://127.0.0.0x1",
    "http://1.2.3.4.5",
    "http://256.0.0.1",
    "http://127.0.0.1.",
    "http://a.1",
    "http://0X7F",
    /* paths that a client would have to encode */
    "http://minio/a b",
    "http://minio/%",
    "http://minio/%4",
    "http://minio/%zz",
    "http://minio/a\"b",
    "http://minio/a<b",
    "http://minio/a\\b",
    "http://minio/a|b",
    "http://minio/a^b",
    "http://minio/{a}",
    "http://minio/a`b",
    "http://minio/[a]",
};

static void f33_urls_that_no_endpoint_has_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        struct rr_uri uri = { .port = 7 };
        struct rr_error err = { 0 };
        if (rr_uri_parse(rr_slice_from(bad[i]), &uri, &err))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_int_equal(uri.port, 7);
    }
}

static void f33_message_does_not_quote_the_url(void **state)
{
    (void)state;
    struct rr_uri uri;
    struct rr_error err = { 0 };

    assert_false(rr_uri_parse(RR_LIT("https://bob:canary@minio"), &uri, &err));

    assert_null(strstr(err.message, "canary"));
    assert_null(strstr(err.message, "bob"));
    assert_non_null(strstr(err.message, "user name"));
}

static void uri_refuses_a_nul_byte(void **state)
{
    (void)state;
    struct rr_uri uri;
    struct rr_error err = { 0 };

    assert_false(rr_uri_parse(RR_LIT("http://minio\0.evil"), &uri, &err));
    assert_false(rr_uri_parse(RR_LIT("http://[::1\0]"), &uri, &err));
}

static bool host_of_length_fits(size_t len)
{
    rr_auto(buf) text = RR_BUF(1000);
    struct rr_uri uri;
    struct rr_error err = { 0 };
    rr_buf_add(&text, RR_LIT("http://"));
    for (size_t i = 0; i < len; i++)
        rr_buf_add_byte(&text, i % 60 == 59 && i + 1 < len ? '.' : 'a');
    return rr_uri_parse(rr_buf_slice(&text), &uri, &err);
}

static void f33_host_has_at_most_253_bytes(void **state)
{
    (void)state;
    assert_true(host_of_length_fits(253));
    assert_false(host_of_length_fits(254));
    assert_false(host_of_length_fits(300));
}

static void uri_label_has_at_most_63_bytes(void **state)
{
    (void)state;
    static const char label[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"; /* 64 */
    rr_auto(buf) text = RR_BUF(1000);
    struct rr_uri uri;
    struct rr_error err = { 0 };

    rr_buf_addf(&text, "http://%s", label + 1);
    assert_ok(rr_uri_parse(rr_buf_slice(&text), &uri, &err), err);
    rr_buf_clear(&text);
    rr_buf_addf(&text, "http://%s", label);
    assert_false(rr_uri_parse(rr_buf_slice(&text), &uri, &err));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(uri_encodes_all_but_unreserved),
    cmocka_unit_test(uri_path_keeps_slashes_and_nothing_else),
    cmocka_unit_test(s21_every_query_value_is_encoded),
    cmocka_unit_test(uri_decodes_what_it_encoded_for_every_byte),
    cmocka_unit_test(s22_plus_is_a_space_only_when_asked),
    cmocka_unit_test(uri_decode_refuses_bad_escapes),
    cmocka_unit_test(f33_urls_of_an_endpoint_are_taken_apart),
    cmocka_unit_test(f33_urls_that_no_endpoint_has_are_refused),
    cmocka_unit_test(f33_message_does_not_quote_the_url),
    cmocka_unit_test(uri_refuses_a_nul_byte),
    cmocka_unit_test(f33_host_has_at_most_253_bytes),
    cmocka_unit_test(uri_label_has_at_most_63_bytes),
};

RR_TEST_MAIN(tests)
