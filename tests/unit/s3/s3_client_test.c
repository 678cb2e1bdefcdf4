/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_bench.h"
#include "s3_memory_use.h"

#include <redisrestore/s3/s3_get.h>
#include <redisrestore/s3/s3_head.h>
#include <redisrestore/s3/s3_peek.h>
#include <redisrestore/s3/s3_uploads.h>

#include <strings.h>

/* Each kind of request that a client sends. */

static bool ask_list(struct bench *bench)
{
    return bench_list(bench);
}

static bool ask_list_by_tokens(struct bench *bench)
{
    bench->client.memory = rr_s3_memory_new(&rr_clock_system);
    rr_s3_memory_set_unordered(bench->client.memory, &bench->endpoint);
    bool listed = bench_list(bench);
    rr_s3_memory_free(bench->client.memory);
    bench->client.memory = NULL;
    return listed;
}

static bool ask_peek(struct bench *bench)
{
    static const struct rr_s3_peek_sink sink = { bench_page_begin, bench_page_object, bench_page_end };
    struct rr_s3_peek peek = { .prefix = RR_LIT("p/"), .keys_max = 5, .sink = &sink, .context = bench };
    return rr_s3_peek(&bench->client, &peek, 1, bench->deadline_ms, &bench->stop, &bench->err);
}

static bool ask_head(struct bench *bench)
{
    rr_auto(s3_head) head = { 0 };
    bool found;
    return rr_s3_head(&bench->client, RR_LIT("p/a"), bench->deadline_ms, &bench->stop, &found, &head, &bench->err);
}

static bool ask_head_with_checksums(struct bench *bench)
{
    rr_auto(s3_head) head = { 0 };
    bool found;
    return rr_s3_head_with_checksums(&bench->client, RR_LIT("p/a"), bench->deadline_ms, &bench->stop, &found, &head,
                                     &bench->err);
}

static bool ask_get(struct bench *bench)
{
    struct rr_s3_get_request request = { .key = RR_LIT("p/a"),
                                         .etag = RR_LIT("e"),
                                         .size = 7,
                                         .end = 7,
                                         .deadline_ms = bench->deadline_ms,
                                         .stop = &bench->stop };
    struct rr_slice bytes;
    rr_auto_ptr(s3_get) get = rr_s3_get_new(&bench->client, &request);
    return rr_s3_get_next(get, &bytes, &bench->err);
}

static void ignore_upload(void *context, const struct rr_s3_upload *upload)
{
    (void)context, (void)upload;
}

static bool ask_uploads(struct bench *bench)
{
    struct rr_s3_upload_sink sink = { .on_upload = ignore_upload };
    return rr_s3_uploads(&bench->client, RR_LIT("p/"), &sink, bench->deadline_ms, &bench->stop, &bench->err);
}

#define UPLOADS "<ListMultipartUploadsResult></ListMultipartUploadsResult>"

static const struct kind {
    bool (*ask)(struct bench *bench);
    struct fake_reply reply;
    const char *method, *target, *headers, *signed_headers; /* beyond those of every request; in order */
} kinds[] = {
    { ask_list, { .body = WHOLE }, "GET", "/bkt?encoding-type=url&list-type=2&max-keys=1000&prefix=p%2F", "", "" },
    { ask_list_by_tokens,
      { .body = WHOLE },
      "GET",
      "/bkt?encoding-type=url&list-type=2&max-keys=1000&prefix=p%2F",
      "",
      "" },
    { ask_peek, { .body = WHOLE }, "GET", "/bkt?encoding-type=url&list-type=2&max-keys=5&prefix=p%2F", "", "" },
    { ask_head, { .status = 200 }, "HEAD", "/bkt/p/a", "", "" },
    { ask_head_with_checksums,
      { .status = 200 },
      "HEAD",
      "/bkt/p/a",
      "x-amz-checksum-mode: ENABLED\r\n",
      "x-amz-checksum-mode;" },
    { ask_get,
      { .status = 206, .headers = "ETag: \"e\"\r\nContent-Range: bytes 0-6/7\r\n", .body = "content" },
      "GET",
      "/bkt/p/a",
      "Range: bytes=0-6\r\nIf-Match: \"e\"\r\n",
      "if-match;range;" },
    { ask_uploads, { .body = UPLOADS }, "GET", "/bkt?encoding-type=url&max-uploads=100&prefix=p%2F&uploads=", "", "" },
};

static int64_t fixed_unix_ms(void *context)
{
    (void)context;
    return 1769860740000;
}

static int by_text(const void *a, const void *b)
{
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

static void cut_behind(char *line, const char *words)
{
    char *at = strstr(line, words);
    if (at != NULL)
        at[strlen(words)] = '\0';
}

/* The lines of a head, without version and signature, in the order of their text. */
static void normalise(const char *head, char out_text[4096])
{
    char copy[4096], *lines[32], *rest = copy;
    size_t count = 0, len = 0;
    (void)snprintf(copy, sizeof copy, "%s", head);
    for (char *line; (line = strtok_r(NULL, "\r\n", &rest)) != NULL;) {
        cut_behind(line, "redisrestore/");
        cut_behind(line, "Signature=");
        assert_in_range(count, 0, RR_COUNT(lines) - 1);
        lines[count++] = line;
    }
    qsort(lines, count, sizeof *lines, by_text);
    out_text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(out_text + len, 4096 - len, "%s\n", lines[i]);
}

/* A request through the proxy has exactly these lines. */
static void check_head(const char *got, const struct kind *kind, const char *region)
{
    char head[2048], wanted[4096], sent[4096];
    (void)snprintf(head, sizeof head,
                   "%s http://store.test:9000%s HTTP/1.1\r\nHost: store.test:9000\r\nUser-Agent: redisrestore/\r\n"
                   "Accept: */*\r\nAccept-Encoding: identity\r\nProxy-Connection: Keep-Alive\r\n"
                   "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n"
                   "x-amz-date: 20260131T115900Z\r\nx-amz-expected-bucket-owner: 012345678901\r\n"
                   "x-amz-request-payer: requester\r\n%s"
                   "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20260131/%s/s3/aws4_request, "
                   "SignedHeaders=host;%sx-amz-content-sha256;x-amz-date;x-amz-expected-bucket-owner;"
                   "x-amz-request-payer, Signature=\r\n",
                   kind->method, kind->target, kind->headers, region, kind->signed_headers);
    normalise(head, wanted);
    normalise(got, sent);
    assert_string_equal(sent, wanted);
}

/* At a store behind a proxy, with every setting of a client. */
static void start_behind_proxy(struct bench *bench, struct fake_script *script, struct rr_clock *clock, char *proxy)
{
    bench_start(bench, fake_script_answer, script);
    (void)snprintf(proxy, 64, "http://127.0.0.1:%d", bench->store.port);
    bench_move(bench, "http://store.test:9000");
    *clock = (struct rr_clock){ NULL, rr_clock_system.monotonic_ms, fixed_unix_ms };
    bench->client.clock = clock;
    bench->client.proxy = proxy;
    bench->client.expected_bucket_owner = RR_LIT("012345678901");
    bench->client.requester_pays = true;
}

/* Nothing else is sent, and nothing is left out. */
static void s24_every_request_is_what_the_contract_says_and_goes_to_the_proxy(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(kinds); i++) {
        struct fake_script script = { &kinds[i].reply, 1 };
        struct bench bench;
        struct rr_clock clock;
        char proxy[64];
        start_behind_proxy(&bench, &script, &clock, proxy);

        assert_ok(kinds[i].ask(&bench), bench.err);

        assert_int_equal(fake_store_requests(&bench.store), 1);
        check_head(fake_store_head(&bench.store, 0), &kinds[i], "us-east-1");
        bench_stop(&bench);
    }
}

/* The HEAD that finds the region has nothing of the request for an object; then the request is sent as before. */
static void s09_head_of_the_bucket_has_only_its_own_headers(void **state)
{
    (void)state;
    static const struct kind bucket = { .method = "HEAD", .target = "/bkt", .headers = "", .signed_headers = "" };
    for (size_t i = 0; i < RR_COUNT(kinds); i++) {
        bool is_head = strcmp(kinds[i].method, "HEAD") == 0;
        struct fake_reply replies[] = { { .status = 301, .body = is_head ? NULL : S3_ERROR("PermanentRedirect") },
                                        { .headers = "x-amz-bucket-region: eu-west-1\r\n" },
                                        kinds[i].reply };
        struct fake_script script = { replies, RR_COUNT(replies) };
        struct bench bench;
        struct rr_clock clock;
        char proxy[64];
        start_behind_proxy(&bench, &script, &clock, proxy);

        assert_ok(kinds[i].ask(&bench), bench.err);

        assert_int_equal(fake_store_requests(&bench.store), 3);
        check_head(fake_store_head(&bench.store, 0), &kinds[i], "us-east-1");
        check_head(fake_store_head(&bench.store, 1), &bucket, "us-east-1");
        check_head(fake_store_head(&bench.store, 2), &kinds[i], "eu-west-1");
        bench_stop(&bench);
    }
}

static void f37_every_request_is_held_to_the_address_policy(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(kinds); i++) {
        const struct kind *kind = &kinds[i];
        struct fake_script script = { &kind->reply, 1 };
        struct bench bench;
        struct rr_http_address_policy nothing_local = { 0 };
        bench_start(&bench, fake_script_answer, &script);
        bench.client.addresses = &nothing_local;

        assert_false(kind->ask(&bench));

        assert_string_equal(rr_code_name(bench.err.code), "ADDRESS_FORBIDDEN");
        assert_int_equal(fake_store_requests(&bench.store), 0);
        bench_stop(&bench);
    }
}

static const struct fake_reply silence = { .no_reply = true, .end = FAKE_HANG };

static void s07_every_request_ends_when_the_store_is_silent(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(kinds); i++) {
        struct fake_script script = { &silence, 1 };
        struct bench bench;
        bench_start(&bench, fake_script_answer, &script);
        bench.client.waits.first_byte_ms = 20;
        bench.client.attempts_max = 2;

        assert_false(kinds[i].ask(&bench));

        assert_string_equal(rr_code_name(bench.err.code), "UNREACHABLE");
        assert_int_equal(bench.code_count, 2);
        assert_int_equal(bench.codes[0], 0);
        assert_int_equal(bench.retries, 1);
        assert_int_equal(fake_store_requests(&bench.store), 2);
        bench_stop(&bench);
    }
}

static void s07_every_request_ends_with_its_stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(kinds); i++) {
        struct fake_script script = { &silence, 1 };
        struct bench bench;
        bench_start(&bench, fake_script_answer, &script);
        rr_stop_set(&bench.stop);

        assert_false(kinds[i].ask(&bench));

        assert_string_equal(rr_code_name(bench.err.code), "CANCELLED");
        bench_stop(&bench);
    }
}

static void stop_at_the_retry(void *context)
{
    struct bench *bench = context;
    bench->retries++;
    rr_stop_set(&bench->stop);
}

static void s07_every_request_that_waits_for_its_retry_ends_with_its_stop(void **state)
{
    (void)state;
    static const struct fake_reply busy = { .status = 503, .headers = "Retry-After: 10\r\n" };
    for (size_t i = 0; i < RR_COUNT(kinds); i++) {
        struct fake_script script = { &busy, 1 };
        struct bench bench;
        bench_start(&bench, fake_script_answer, &script);
        bench.client.observer.on_retry = stop_at_the_retry;

        assert_false(kinds[i].ask(&bench));

        assert_string_equal(rr_code_name(bench.err.code), "CANCELLED");
        assert_string_equal(bench.err.message, "cancelled");
        assert_int_equal(fake_store_requests(&bench.store), 1);
        assert_int_equal(bench.retries, 1);
        bench_stop(&bench);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s24_every_request_is_what_the_contract_says_and_goes_to_the_proxy),
    cmocka_unit_test(s09_head_of_the_bucket_has_only_its_own_headers),
    cmocka_unit_test(f37_every_request_is_held_to_the_address_policy),
    cmocka_unit_test(s07_every_request_ends_when_the_store_is_silent),
    cmocka_unit_test(s07_every_request_ends_with_its_stop),
    cmocka_unit_test(s07_every_request_that_waits_for_its_retry_ends_with_its_stop),
};

RR_TEST_MAIN(tests)
