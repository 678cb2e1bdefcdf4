/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_bench.h"

#include "support/http_server.h"

#include <redisrestore/s3/s3_head.h>

#define RAW_KEY "0123456789abcdef0123456789ABCDEF"
/* base64 of it, and of its MD5 */
#define KEY_BASE64 "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlBQkNERUY="

#define HEAD_OK                                                                                                        \
    "HTTP/1.1 200 OK\r\nContent-Length: 5368709120\r\nLast-Modified: Sat, 31 Jan 2026 12:00:00 GMT\r\n"                \
    "ETag: \"abc-2\"\r\nx-amz-meta-replication-offset: 1234\r\nX-Amz-Meta-Timestamp: 1769860800\r\n\r\n"

static bool head_of(struct bench *bench, struct rr_slice key, bool *out_found, struct rr_s3_head *out_head)
{
    bench->err = (struct rr_error){ 0 };
    return rr_s3_head(&bench->client, key, bench->deadline_ms, NULL, out_found, out_head, &bench->err);
}

static void s24_head_gives_metadata_and_sends_owner_and_payer(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .raw = HEAD_OK, .raw_len = sizeof HEAD_OK - 1 } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    bench.client.expected_bucket_owner = RR_LIT("012345678901");
    bench.client.requester_pays = true;
    rr_auto(s3_head) head = { 0 };
    struct rr_slice value;
    bool found = false;

    assert_ok(head_of(&bench, RR_LIT("p/a b/../c"), &found, &head), bench.err);

    assert_true(found);
    assert_true(rr_s3_head_metadata(&head, "replication-offset", &value));
    assert_slice(value, "1234");
    assert_true(rr_s3_head_metadata(&head, "timestamp", &value));
    assert_slice(value, "1769860800");
    assert_false(rr_s3_head_metadata(&head, "backup-type", &value));
    const char *sent = fake_store_head(&bench.store, 0);
    assert_memory_equal(sent, "HEAD /bkt/p/a%20b/../c HTTP/1.1\r\n", 33);
    assert_non_null(strcasestr(sent, "\r\nx-amz-expected-bucket-owner: 012345678901\r\n"));
    assert_non_null(strcasestr(sent, "\r\nx-amz-request-payer: requester\r\n"));
    bench_stop(&bench);
}

static void s24_owner_and_payer_are_sent_and_signed(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = WHOLE } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    bench.client.expected_bucket_owner = RR_LIT("012345678901");
    bench.client.requester_pays = true;

    assert_ok(bench_list(&bench), bench.err);

    const char *sent = fake_store_head(&bench.store, 0);
    assert_non_null(strcasestr(sent, "\r\nx-amz-expected-bucket-owner: 012345678901\r\n"));
    assert_non_null(strcasestr(sent, "\r\nx-amz-request-payer: requester\r\n"));
    assert_non_null(strstr(sent, "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-expected-bucket-owner;"
                                 "x-amz-request-payer,"));
    bench_stop(&bench);
}

static void f47_owner_that_is_no_account_is_never_sent(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = WHOLE } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    bench.client.expected_bucket_owner = RR_LIT("0123456789\r\nX");

    assert_false(bench_list(&bench));

    assert_int_equal(bench.err.code, RR_E_BAD_INPUT);
    assert_int_equal(fake_store_requests(&bench.store), 0);
    bench_stop(&bench);
}

static void missing_object_is_no_error(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 404 } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    rr_auto(s3_head) head = { 0 };
    bool found = true;

    assert_ok(head_of(&bench, RR_LIT("p/a"), &found, &head), bench.err);

    assert_false(found);
    bench_stop(&bench);
}

/* An interrupted 404 is no reply. */
static void interrupted_head_is_an_error(void **state)
{
    (void)state;
    static const char cut[] = "HTTP/1.1 404 Not Found\r\nContent-Le";
    static const struct fake_reply replies[] = { { .raw = cut, .raw_len = sizeof cut - 1, .end = FAKE_CLOSE } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    rr_auto(s3_head) head = { 0 };
    bool found = true;

    assert_false(head_of(&bench, RR_LIT("p/a"), &found, &head));

    assert_int_equal(bench.err.code, RR_E_UNREACHABLE);
    bench_stop(&bench);
}

static void s28_head_with_a_coding_or_without_size_and_date_gives_its_metadata(void **state)
{
    (void)state;
    static const char *const headers[] = { "", "Last-Modified: yesterday\r\n", "Content-Encoding: gzip\r\n",
                                           "Content-Encoding: aws-chunked,zstd\r\n" };
    for (size_t i = 0; i < RR_COUNT(headers); i++) {
        char text[256];
        int len =
            snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%sx-amz-meta-replication-offset: 9\r\n\r\n", headers[i]);
        struct fake_reply reply = { .raw = text, .raw_len = (size_t)len };
        struct fake_script script = { &reply, 1 };
        struct bench bench;
        bench_start(&bench, fake_script_answer, &script);
        rr_auto(s3_head) head = { 0 };
        struct rr_slice value;
        bool found = false;

        assert_ok(head_of(&bench, RR_LIT("p/a"), &found, &head), bench.err);

        assert_true(found);
        assert_true(rr_s3_head_metadata(&head, "replication-offset", &value));
        assert_slice(value, "9");
        bench_stop(&bench);
    }
}

static void d02_head_with_two_values_of_one_header_is_refused(void **state)
{
    (void)state;
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nx-amz-checksum-crc32c: 4waSgw==\r\n"
                               "x-amz-checksum-crc32c: 4waSgg==\r\n\r\n";
    static const struct fake_reply replies[] = { { .raw = text, .raw_len = sizeof text - 1 } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    rr_auto(s3_head) head = { 0 };
    bool found = false;

    assert_false(head_of(&bench, RR_LIT("p/a"), &found, &head));

    assert_int_equal(bench.err.code, RR_E_BAD_REPLY);
    assert_has(bench.err.message, "the header x-amz-checksum-crc32c twice, with different values");
    bench_stop(&bench);
}

static void v13_head_asks_for_checksums_only_on_request(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .raw = HEAD_OK, .raw_len = sizeof HEAD_OK - 1 } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    rr_auto(s3_head) head = { 0 };
    rr_auto(s3_head) plain = { 0 };
    bool found = false;

    assert_ok(
        rr_s3_head_with_checksums(&bench.client, RR_LIT("p/a"), bench.deadline_ms, NULL, &found, &head, &bench.err),
        bench.err);
    assert_ok(head_of(&bench, RR_LIT("p/a"), &found, &plain), bench.err);

    assert_non_null(strcasestr(fake_store_head(&bench.store, 0), "\r\nx-amz-checksum-mode: ENABLED\r\n"));
    assert_non_null(strstr(fake_store_head(&bench.store, 0), "SignedHeaders=host;x-amz-checksum-mode;"));
    assert_null(strcasestr(fake_store_head(&bench.store, 1), "x-amz-checksum-mode"));
    bench_stop(&bench);
}

static void head_of_an_encrypted_object_explains_itself(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 400 } };
    struct rr_secret key = { 0 };
    rr_secret_set(&key, RR_LIT(RAW_KEY));
    static const char *const words[] = { "give the key as sse-customer-key", "the key is sent over https only" };
    for (size_t i = 0; i < RR_COUNT(words); i++) {
        struct fake_script script = { replies, 1 };
        struct bench bench;
        bench_start(&bench, fake_script_answer, &script);
        bench.client.sse_customer_key = i > 0 ? &key : NULL;
        rr_auto(s3_head) head = { 0 };
        bool found = false;

        assert_false(head_of(&bench, RR_LIT("p/a"), &found, &head));

        assert_int_equal(bench.err.code, RR_E_DENIED);
        assert_int_equal(bench.err.http_status, 400);
        assert_non_null(strstr(bench.err.message, "SSE-C"));
        assert_non_null(strstr(bench.err.message, words[i]));
        assert_int_equal(fake_store_requests(&bench.store), 1);
        assert_null(strcasestr(fake_store_head(&bench.store, 0), "customer"));
        bench_stop(&bench);
    }
    rr_secret_done(&key);
}

/* AWS' 400 may mean the region too, which the bucket's own head then denies. */
static void head_that_aws_refuses_is_explained_after_the_bucket_was_asked(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 400 },
                                                 { .headers = "x-amz-bucket-region: us-east-1\r\n" } };
    struct fake_script script = { replies, 2 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    bench.endpoint.is_aws = true;
    rr_auto(s3_head) head = { 0 };
    bool found = false;

    assert_false(head_of(&bench, RR_LIT("p/a"), &found, &head));

    assert_int_equal(fake_store_requests(&bench.store), 2);
    assert_memory_equal(fake_store_head(&bench.store, 1), "HEAD /bkt HTTP/1.1\r\n", 20);
    assert_int_equal(bench.err.code, RR_E_DENIED);
    assert_non_null(strstr(bench.err.message, "SSE-C"));
    bench_stop(&bench);
}

static void s08_refused_head_with_a_distant_date_is_signed_again(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 403, .headers = "Date: CANARY\r\n" } };
    static char header[64];
    struct fake_reply skewed = replies[0];
    time_t later = (time_t)(rr_clock_unix_ms(&rr_clock_system) / 1000 + 600);
    struct tm parts;
    (void)strftime(header, sizeof header, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&later, &parts));
    skewed.headers = header;
    struct fake_reply script_replies[] = { skewed, { .raw = HEAD_OK, .raw_len = sizeof HEAD_OK - 1 } };
    struct fake_script script = { script_replies, 2 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    rr_auto(s3_head) head = { 0 };
    bool found = false;

    assert_ok(head_of(&bench, RR_LIT("p/a"), &found, &head), bench.err);

    assert_int_equal(fake_store_requests(&bench.store), 2);
    bench_stop(&bench);
}

/* --- over TLS --- */

struct keyed {
    bool is_moved; /* the bucket is in eu-west-1, which only its own HEAD tells */
    int with_key, without_key;
};

static void keyed_script(struct test_peer *peer, void *context)
{
    struct keyed *keyed = context;
    while (test_peer_read(peer)) {
        bool has_key =
            strcasestr(rr_buf_text(&peer->text), "-customer-key: " KEY_BASE64 "\r\n") != NULL &&
            strcasestr(rr_buf_text(&peer->text), "-customer-algorithm: AES256\r\n") != NULL &&
            strcasestr(rr_buf_text(&peer->text), "-customer-key-MD5: V5euSAsQOO0sIBHETfEa4w==\r\n") != NULL &&
            test_peer_has(peer, "x-amz-server-side-encryption-customer-key-md5,");
        *(has_key ? &keyed->with_key : &keyed->without_key) += 1;
        if (test_peer_has(peer, "HEAD /bkt HTTP/1.1\r\n"))
            test_peer_send(peer, "HTTP/1.1 301 Moved\r\nx-amz-bucket-region: eu-west-1\r\nContent-Length: 0\r\n\r\n");
        else if (keyed->is_moved && !test_peer_has(peer, "/eu-west-1/s3/"))
            test_peer_send(peer, "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n");
        else if (test_peer_has(peer, "HEAD "))
            test_peer_send(peer, has_key ? HEAD_OK : "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        else
            test_peer_answer(peer, WHOLE);
    }
}

/* Sends a HEAD of an object, and perhaps a list request, with a key. */
static void ask_over_tls(struct keyed *keyed, bool lists)
{
    struct test_cert ca = test_ca_make("ca"), cert = test_cert_issue(&ca, "IP:127.0.0.1", 1);
    struct test_server *server = test_server_start_tls(&cert, NULL, keyed_script, keyed);
    struct fake_script script = { NULL, 0 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    rr_s3_endpoint_done(&bench.endpoint);
    bench.endpoint = (struct rr_s3_endpoint){ 0 };
    char url[64];
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d", test_server_port(server));
    struct rr_s3_location location = { .bucket = RR_LIT("bkt"), .endpoint = rr_slice_from(url) };
    assert_ok(rr_s3_endpoint_resolve(&location, &bench.endpoint, &bench.err), bench.err);
    struct rr_http_tls tls = { .ca_pem = rr_slice_from(ca.pem) };
    bench.client.tls = &tls;
    rr_auto(secret) key = { 0 };
    rr_secret_set(&key, RR_LIT(RAW_KEY));
    bench.client.sse_customer_key = &key;
    rr_auto(s3_head) head = { 0 };
    bool found = false;

    assert_ok(head_of(&bench, RR_LIT("p/a"), &found, &head), bench.err);
    assert_true(!lists || bench_list(&bench));

    test_server_stop(server);
    assert_true(found);
    bench_stop(&bench);
    test_cert_done(&cert);
    test_cert_done(&ca);
}

static void sse_key_goes_with_a_head_over_tls_and_nothing_else(void **state)
{
    (void)state;
    struct keyed keyed = { 0 };

    ask_over_tls(&keyed, true);

    assert_int_equal(keyed.with_key, 1);
    assert_int_equal(keyed.without_key, 1);
}

static void s24_sse_key_is_not_in_the_head_of_the_bucket(void **state)
{
    (void)state;
    struct keyed keyed = { .is_moved = true };

    ask_over_tls(&keyed, false);

    assert_int_equal(keyed.with_key, 2);
    assert_int_equal(keyed.without_key, 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s24_head_gives_metadata_and_sends_owner_and_payer),
    cmocka_unit_test(s24_owner_and_payer_are_sent_and_signed),
    cmocka_unit_test(f47_owner_that_is_no_account_is_never_sent),
    cmocka_unit_test(missing_object_is_no_error),
    cmocka_unit_test(interrupted_head_is_an_error),
    cmocka_unit_test(s28_head_with_a_coding_or_without_size_and_date_gives_its_metadata),
    cmocka_unit_test(d02_head_with_two_values_of_one_header_is_refused),
    cmocka_unit_test(v13_head_asks_for_checksums_only_on_request),
    cmocka_unit_test(head_of_an_encrypted_object_explains_itself),
    cmocka_unit_test(head_that_aws_refuses_is_explained_after_the_bucket_was_asked),
    cmocka_unit_test(s08_refused_head_with_a_distant_date_is_signed_again),
    cmocka_unit_test(sse_key_goes_with_a_head_over_tls_and_nothing_else),
    cmocka_unit_test(s24_sse_key_is_not_in_the_head_of_the_bucket),
};

RR_TEST_MAIN(tests)
