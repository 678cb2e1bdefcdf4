/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_bench.h"
#include "s3_memory_use.h"
#include "s3_pace.h"

#include <redisrestore/s3/s3_get.h>

#define ETAG "abc-2"

enum { CONTENT_BYTES = 1000, PART_BYTES = 100, HEADERS_MAX = 512 };

/* Requests that get another reply than the range: by their number, from 0, or by the first byte that they ask for. */
struct odd {
    bool by_number;
    unsigned long long from, to;
    struct fake_reply reply; /* status 0: 206 */
    const char *etag;        /* NULL: the object's */
    unsigned long long total;
    int more;   /* bytes more than the range */
    bool whole; /* the whole object instead of the range */
};

#define OF_OBJECT "ETag: \"" ETAG "\"\r\n"

#define THIRD_PART  .from = 200, .to = 201
#define FROM_THIRD  .from = 200, .to = UINT64_MAX
#define ALWAYS      .to = UINT64_MAX
#define SECOND_ONCE .by_number = true, .from = 1, .to = 2

struct object {
    char content[CONTENT_BYTES + 1];
    unsigned long long total;
    const char *more_headers;
    char headers[HEADERS_MAX];
    struct odd odd;
};

static void answer_range(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    struct object *object = context;
    static const struct odd usual = { 0 };
    unsigned long long begin = 0, last = 0;
    const char *range = strcasestr(head, "\r\nRange: bytes=");
    assert_non_null(range);
    assert_int_equal(sscanf(range + 15, "%llu-%llu", &begin, &last), 2);
    unsigned long long place = object->odd.by_number ? number : begin;
    const struct odd *odd = place >= object->odd.from && place < object->odd.to ? &object->odd : &usual;
    *reply = odd->reply;
    if (reply->status == 0)
        reply->status = 206;
    (void)snprintf(object->headers, sizeof object->headers, "ETag: \"%s\"\r\nContent-Range: bytes %llu-%llu/%llu\r\n%s",
                   odd->etag != NULL ? odd->etag : ETAG, begin, last, odd->total > 0 ? odd->total : object->total,
                   object->more_headers);
    if (reply->headers == NULL)
        reply->headers = reply->status == 206 ? object->headers : "";
    if (reply->body == NULL) {
        reply->body = odd->whole ? object->content : object->content + begin;
        reply->body_len = odd->whole ? object->total : (size_t)((int)(last - begin + 1) + odd->more);
    }
}

struct download {
    struct bench bench;
    struct object object;
    struct rr_s3_get_request request;
    struct rr_buf bytes;
    char version_id[64];
};

static void setup(struct download *download)
{
    *download = (struct download){ .bytes = RR_BUF(CONTENT_BYTES) };
    struct object *object = &download->object;
    *object = (struct object){ .total = CONTENT_BYTES, .more_headers = "" };
    for (size_t i = 0; i < sizeof object->content; i++)
        object->content[i] = (char)(i * 7 + i / 251);
    bench_start(&download->bench, answer_range, object);
    download->request = (struct rr_s3_get_request){
        .key = RR_LIT("p/dump.rdb"),
        .etag = RR_LIT(ETAG),
        .size = CONTENT_BYTES,
        .end = CONTENT_BYTES,
        .part_bytes = PART_BYTES,
        .parts = 4,
        .deadline_ms = download->bench.deadline_ms,
        .stop = &download->bench.stop,
    };
}

static void teardown(struct download *download)
{
    rr_buf_done(&download->bytes);
    bench_stop(&download->bench);
}

static bool get_all(struct download *download)
{
    struct rr_slice bytes;
    rr_auto_ptr(s3_get) get = rr_s3_get_new(&download->bench.client, &download->request);
    download->bench.err = (struct rr_error){ 0 };
    do {
        if (!rr_s3_get_next(get, &bytes, &download->bench.err))
            return false;
        rr_buf_add(&download->bytes, bytes);
    } while (bytes.len > 0);
    (void)snprintf(download->version_id, sizeof download->version_id, "%.*s", RR_ARG(rr_s3_get_version_id(get)));
    return true;
}

static void assert_whole(struct download *download)
{
    assert_ok(get_all(download), download->bench.err);
    assert_int_equal(download->bytes.len, download->request.end - download->request.begin);
    assert_memory_equal(download->bytes.ptr, download->object.content + download->request.begin, download->bytes.len);
}

static void assert_fails(struct download *download, enum rr_code code, const char *words)
{
    assert_false(get_all(download));
    assert_has(download->bench.err.message, words);
    assert_int_equal(download->bench.err.code, code);
    assert_lacks(download->bench.err.message, "CANARY");
}

static void d01_parts_are_pinned_signed_and_given_in_order(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.object.more_headers = "x-amz-version-id: v7\r\n";
    download.bench.client.expected_bucket_owner = RR_LIT("012345678901");
    download.bench.client.requester_pays = true;

    assert_whole(&download);

    assert_int_equal(fake_store_requests(&download.bench.store), CONTENT_BYTES / PART_BYTES);
    assert_string_equal(download.version_id, "v7");
    for (size_t i = 0; i < CONTENT_BYTES / PART_BYTES; i++) {
        const char *sent = fake_store_head(&download.bench.store, i);
        assert_memory_equal(sent, "GET /bkt/p/dump.rdb HTTP/1.1\r\n", 30);
        assert_non_null(strcasestr(sent, "\r\nIf-Match: \"" ETAG "\"\r\n"));
        assert_non_null(strcasestr(sent, "\r\nAccept-Encoding: identity\r\n"));
        assert_null(strcasestr(sent, "version")); /* sending the ID needs s3:GetObjectVersion */
        assert_non_null(strcasestr(sent, "\r\nx-amz-expected-bucket-owner: 012345678901\r\n"));
        assert_non_null(strcasestr(sent, "\r\nx-amz-request-payer: requester\r\n"));
        assert_non_null(strstr(sent, "SignedHeaders=host;if-match;range;x-amz-content-sha256;"));
    }
    teardown(&download);
}

static void d01_range_of_an_object_is_given_alone(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.request.begin = 950;
    download.request.end = 999;

    assert_whole(&download);

    assert_int_equal(fake_store_requests(&download.bench.store), 1);
    teardown(&download);
}

static void d02_empty_object_is_never_requested(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.request.size = download.request.end = 0;

    assert_whole(&download);

    assert_int_equal(fake_store_requests(&download.bench.store), 0);
    teardown(&download);
}

static void d01_object_that_changes_between_two_parts_is_an_error(void **state)
{
    (void)state;
    static const struct {
        struct odd odd;
        enum rr_code code;
        const char *words;
    } cases[] = {
        { { THIRD_PART, .reply = { .status = 412, .body = S3_ERROR("PreconditionFailed") } },
          RR_E_OBJECT_CHANGED,
          "the object was replaced since it was found (HTTP 412)" },
        { { THIRD_PART, .reply = { .status = 416, .body = S3_ERROR("InvalidRange") } },
          RR_E_OBJECT_CHANGED,
          "the object was replaced since it was found (HTTP 416)" },
        { { FROM_THIRD, .etag = "def-2" }, RR_E_OBJECT_CHANGED, "its ETag is another" },
        { { FROM_THIRD, .total = CONTENT_BYTES + 1 }, RR_E_OBJECT_CHANGED, "it has 1001 bytes, not 1000" },
        { { THIRD_PART, .reply = { .status = 404, .body = S3_ERROR("NoSuchKey") } },
          RR_E_OBJECT_GONE,
          "the object was deleted since it was found (HTTP 404 NoSuchKey)" },
        { { THIRD_PART, .reply = { .status = 404, .body = S3_ERROR("NoSuchVersion") } },
          RR_E_OBJECT_GONE,
          "the object was deleted since it was found (HTTP 404 NoSuchVersion)" },
        { { THIRD_PART, .reply = { .headers = "Content-Range: bytes 200-299/1000\r\n" } },
          RR_E_BAD_REPLY,
          "the reply has no ETag" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct download download;
        setup(&download);
        download.object.odd = cases[i].odd;
        assert_fails(&download, cases[i].code, cases[i].words);
        assert_true(download.bytes.len <= 2 * PART_BYTES);
        teardown(&download);
    }
}

static void d01_object_without_a_known_etag_is_pinned_by_the_first_reply(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.request.etag = RR_LIT("");
    download.request.parts = 1;
    assert_whole(&download);
    assert_null(strcasestr(fake_store_head(&download.bench.store, 3), "\r\nIf-Match:"));
    rr_buf_clear(&download.bytes);

    download.object.odd = (struct odd){ FROM_THIRD, .etag = "def-2" };
    assert_fails(&download, RR_E_OBJECT_CHANGED, "its ETag is another");
    teardown(&download);
}

static void d05_archived_object_says_what_to_do(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.object.odd =
        (struct odd){ THIRD_PART, .reply = { .status = 403, .body = S3_ERROR("InvalidObjectState") } };

    assert_fails(&download, RR_E_OBJECT_ARCHIVED,
                 "the object is archived (HTTP 403 InvalidObjectState): restore it in the store first");
    teardown(&download);
}

static void d05_refusals_name_the_permission_or_the_key(void **state)
{
    (void)state;
    static const struct {
        struct odd odd;
        const char *words;
    } cases[] = {
        { { ALWAYS, .reply = { .status = 400, .body = S3_ERROR("KMS.DisabledException") } },
          "the object's KMS key cannot be used (HTTP 400 KMS.DisabledException)" },
        { { ALWAYS, .reply = { .status = 403, .body = S3_ERROR("AccessDenied") } },
          "the credentials need s3:GetObject, and kms:Decrypt" },
        { { ALWAYS, .reply = { .status = 400, .body = S3_ERROR("InvalidRequest") } },
          "it may be encrypted with a customer's key (SSE-C): give the key" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct download download;
        setup(&download);
        download.object.odd = cases[i].odd;
        assert_fails(&download, RR_E_DENIED, cases[i].words);
        teardown(&download);
    }
}

/* --- what a store may do with a range --- */

static void d02_reply_that_is_not_the_range_is_an_error(void **state)
{
    (void)state;
    static const char flood[1 << 20];
    static const struct {
        struct odd odd;
        const char *words;
    } cases[] = {
        { { ALWAYS, .whole = true, .reply = { .status = 200, .headers = OF_OBJECT } },
          "the store does not honour Range (HTTP 200 to a request for bytes " },
        { { THIRD_PART, .reply = { .headers = OF_OBJECT "Content-Range: bytes 300-399/1000\r\n" } },
          "the store sent bytes 300 to 399 instead of 200 to 299" },
        { { THIRD_PART, .reply = { .headers = OF_OBJECT "Content-Range: bytes 200-249/1000\r\n" } },
          "the store sent bytes 200 to 249 instead of 200 to 299" },
        { { THIRD_PART, .reply = { .headers = OF_OBJECT } }, "HTTP 206 without a valid Content-Range" },
        { { THIRD_PART, .reply = { .headers = OF_OBJECT "Content-Range: bytes 200-299/*\r\n" } },
          "HTTP 206 without a valid Content-Range" },
        { { THIRD_PART, .more = 1 }, "the reply has 101 bytes instead of 100" },
        { { THIRD_PART, .reply = { .body = flood, .body_len = sizeof flood } },
          "the store sends more than the 100 bytes that were requested" },
        { { THIRD_PART, .more = -1 }, "the reply has 99 bytes instead of 100" },
        { { THIRD_PART, .reply = { .status = 204 } }, "HTTP 204" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct download download;
        setup(&download);
        download.object.odd = cases[i].odd;
        assert_fails(&download, RR_E_BAD_REPLY, cases[i].words);
        assert_true(download.bytes.len <= 2 * PART_BYTES);
        teardown(&download);
    }
}

static void d02_store_without_ranges_may_give_an_object_of_one_part(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.object.odd = (struct odd){ ALWAYS, .reply = { .status = 200, .headers = OF_OBJECT } };
    download.request.part_bytes = CONTENT_BYTES;

    assert_whole(&download);

    teardown(&download);
}

static void d02_error_document_with_status_200_is_retried(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.object.odd = (struct odd){ SECOND_ONCE, .reply = { .status = 200, .body = S3_ERROR("InternalError") } };

    assert_whole(&download);

    assert_int_equal(fake_store_requests(&download.bench.store), CONTENT_BYTES / PART_BYTES + 1);
    assert_int_equal(download.bench.retries, 1);
    teardown(&download);
}

static void d02_error_document_with_status_200_is_no_content(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.object.odd = (struct odd){ ALWAYS, .reply = { .status = 200, .body = S3_ERROR("AccessDenied") } };
    download.request.size = download.request.end = download.object.total = sizeof S3_ERROR("AccessDenied") - 1;

    assert_fails(&download, RR_E_DENIED, "HTTP 200 AccessDenied");

    teardown(&download);
}

/* It has the object's ETag, which an error document of the store does not have. */
static void d02_object_that_is_an_error_document_is_content(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    memcpy(download.object.content, S3_ERROR("AccessDenied"), sizeof S3_ERROR("AccessDenied"));
    download.object.odd = (struct odd){ ALWAYS, .reply = { .status = 200, .headers = OF_OBJECT } };
    download.request.size = download.request.end = download.object.total = sizeof S3_ERROR("AccessDenied") - 1;

    assert_whole(&download);

    teardown(&download);
}

/* --- retries --- */

static void d03_part_that_failed_is_requested_again_and_leaves_no_trace(void **state)
{
    (void)state;
    static const struct odd cases[] = {
        { SECOND_ONCE, .reply = { .has_cut = true, .cut = PART_BYTES / 2, .end = FAKE_CLOSE } },
        { SECOND_ONCE, .reply = { .has_cut = true, .cut = PART_BYTES / 2, .end = FAKE_HANG } },
        { SECOND_ONCE, .reply = { .no_reply = true, .end = FAKE_RESET } },
        { SECOND_ONCE, .reply = { .status = 503, .body = S3_ERROR("ServiceUnavailable") } },
        { SECOND_ONCE, .more = -1 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct download download;
        setup(&download);
        download.object.odd = cases[i];
        if (cases[i].reply.end == FAKE_HANG)
            download.bench.client.waits.idle_ms = 1000; /* 30 s by default; on a busy machine others pause too */
        if (cases[i].reply.end == FAKE_RESET)
            download.object.more_headers = "Connection: close\r\n"; /* else libcurl itself retries: trap 5 */

        assert_whole(&download);

        assert_int_equal(fake_store_requests(&download.bench.store), CONTENT_BYTES / PART_BYTES + 1);
        assert_int_equal(download.bench.retries, 1);
        teardown(&download);
    }
}

static void d03_throttled_store_gets_fewer_concurrent_requests(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    rr_auto_ptr(s3_memory) memory = rr_s3_memory_new(&rr_clock_system);
    download.bench.client.memory = memory;
    download.object.odd = (struct odd){
        .by_number = true, .from = 2, .to = 10, .reply = { .status = 503, .body = S3_ERROR("SlowDown") }
    };
    download.request.parts = 8;

    assert_whole(&download);

    assert_int_equal(fake_store_requests(&download.bench.store), CONTENT_BYTES / PART_BYTES + 8);
    assert_in_range(rr_s3_memory_width(memory, download.bench.client.endpoint), 1, 7);
    teardown(&download);
}

/* Two parts are refused three times each, and one of them once more when it is alone. Not more: on a slow machine it
 * may be refused three times again before the other is. */
static void d03_part_whose_retries_failed_is_requested_again_with_fewer_in_flight(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.object.odd =
        (struct odd){ .by_number = true, .from = 2, .to = 9, .reply = { .status = 503, .body = S3_ERROR("SlowDown") } };
    download.request.parts = 2;

    assert_whole(&download);

    assert_int_equal(fake_store_requests(&download.bench.store), CONTENT_BYTES / PART_BYTES + 7);
    teardown(&download);
}

/* The error is the store's, not that of the deadline. */
static void d03_part_that_cannot_be_requested_again_in_time_fails(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.object.odd =
        (struct odd){ .by_number = true,
                      .from = 2,
                      .to = UINT64_MAX,
                      .reply = { .status = 503, .headers = "Retry-After: 60\r\n", .body = S3_ERROR("SlowDown") } };
    download.request.parts = 2;

    assert_fails(&download, RR_E_THROTTLED, "the store asks for fewer requests (HTTP 503 SlowDown)");

    teardown(&download);
}

static void d03_store_that_throttles_indefinitely_is_an_error(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.object.odd = (struct odd){ ALWAYS, .reply = { .status = 503, .body = S3_ERROR("SlowDown") } };

    assert_fails(&download, RR_E_THROTTLED, "the store asks for fewer requests (HTTP 503 SlowDown)");

    teardown(&download);
}

/* Each of the four other parts that are in flight meanwhile may allow it two requests more, once. */
static void d03_part_that_is_always_refused_beside_others_is_an_error(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.object.odd = (struct odd){ THIRD_PART, .reply = { .status = 503, .body = S3_ERROR("SlowDown") } };
    download.request.parts = 3;
    download.bench.client.attempts_max = 2;

    assert_fails(&download, RR_E_THROTTLED, "the store asks for fewer requests (HTTP 503 SlowDown)");

    assert_in_range(fake_store_requests(&download.bench.store), 3, 4 + 2 + 2 * 4);
    teardown(&download);
}

static void d03_deadline_ends_a_download(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.object.odd = (struct odd){ ALWAYS, .reply = { .no_reply = true, .end = FAKE_HANG } };
    download.request.deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 50;

    assert_false(get_all(&download));

    assert_int_equal(download.bench.err.code, RR_E_TIMEOUT);
    teardown(&download);
}

static void d03_stop_ends_a_download(void **state)
{
    (void)state;
    struct download download;
    struct rr_slice bytes;
    setup(&download);
    struct rr_s3_get *get = rr_s3_get_new(&download.bench.client, &download.request);
    assert_ok(rr_s3_get_next(get, &bytes, &download.bench.err), download.bench.err);
    (void)rr_stop_wait(NULL, rr_clock_monotonic_ms(&rr_clock_system) + 50); /* the next parts come meanwhile */
    rr_stop_set(&download.bench.stop);
    assert_false(rr_s3_get_next(get, &bytes, &download.bench.err));
    assert_int_equal(download.bench.err.code, RR_E_CANCELLED);
    rr_s3_get_free(get);
    teardown(&download);
}

static void d03_pace_spreads_the_requests(void **state)
{
    (void)state;
    struct rr_s3_pace pace = { .bytes_per_s = 1000 };
    struct rr_s3_pace unlimited = { 0 };
    assert_true(rr_s3_pace_take(&pace, 500, 10000));
    assert_false(rr_s3_pace_take(&pace, 500, 10499));
    assert_int_equal(pace.free_at_ms, 10500);
    assert_true(rr_s3_pace_take(&pace, 1, 10500));
    assert_int_equal(pace.free_at_ms, 10501);
    assert_true(rr_s3_pace_take(&unlimited, 1 << 30, 0));
    assert_true(rr_s3_pace_take(&unlimited, 1 << 30, 0));
}

static void d03_download_with_a_rate_takes_its_time(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.request.bytes_per_s = 10 * CONTENT_BYTES; /* the first part is free: 90 ms */
    download.request.part_bytes = PART_BYTES;
    int64_t began_ms = rr_clock_monotonic_ms(&rr_clock_system);

    assert_whole(&download);

    assert_true(rr_clock_monotonic_ms(&rr_clock_system) - began_ms >= 90);
    teardown(&download);
}

/* --- memory --- */

static void d04_no_part_is_requested_before_there_is_room_for_it(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    struct rr_slice bytes;
    rr_auto_ptr(s3_get) get = rr_s3_get_new(&download.bench.client, &download.request);
    for (size_t given = 0; given < CONTENT_BYTES / PART_BYTES; given++) {
        assert_ok(rr_s3_get_next(get, &bytes, &download.bench.err), download.bench.err);
        assert_in_range(fake_store_requests(&download.bench.store), given + 1, given + download.request.parts);
    }
    rr_s3_get_free(rr_steal(get));
    teardown(&download);
}

static void d04_abandoned_download_releases_its_requests(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    struct rr_slice bytes;
    struct rr_s3_get *get = rr_s3_get_new(&download.bench.client, &download.request);
    assert_ok(rr_s3_get_next(get, &bytes, &download.bench.err), download.bench.err);
    rr_s3_get_free(rr_steal(get));
    teardown(&download);
}

/* --- bytes as stored --- */

static void c04_bytes_of_an_encoded_object_are_given_as_stored(void **state)
{
    (void)state;
    struct download download;
    setup(&download);
    download.object.more_headers = "Content-Encoding: gzip\r\n";
    download.request.accepts_gzip = true;

    assert_whole(&download);

    assert_non_null(strcasestr(fake_store_head(&download.bench.store, 0), "\r\nAccept-Encoding: gzip\r\n"));
    assert_null(strcasestr(fake_store_head(&download.bench.store, 0), "accept-encoding;"));
    teardown(&download);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(d01_parts_are_pinned_signed_and_given_in_order),
    cmocka_unit_test(d01_range_of_an_object_is_given_alone),
    cmocka_unit_test(d01_object_that_changes_between_two_parts_is_an_error),
    cmocka_unit_test(d01_object_without_a_known_etag_is_pinned_by_the_first_reply),
    cmocka_unit_test(d02_empty_object_is_never_requested),
    cmocka_unit_test(d02_reply_that_is_not_the_range_is_an_error),
    cmocka_unit_test(d02_store_without_ranges_may_give_an_object_of_one_part),
    cmocka_unit_test(d02_error_document_with_status_200_is_retried),
    cmocka_unit_test(d02_error_document_with_status_200_is_no_content),
    cmocka_unit_test(d02_object_that_is_an_error_document_is_content),
    cmocka_unit_test(d03_part_that_failed_is_requested_again_and_leaves_no_trace),
    cmocka_unit_test(d03_throttled_store_gets_fewer_concurrent_requests),
    cmocka_unit_test(d03_part_whose_retries_failed_is_requested_again_with_fewer_in_flight),
    cmocka_unit_test(d03_part_that_cannot_be_requested_again_in_time_fails),
    cmocka_unit_test(d03_store_that_throttles_indefinitely_is_an_error),
    cmocka_unit_test(d03_part_that_is_always_refused_beside_others_is_an_error),
    cmocka_unit_test(d03_deadline_ends_a_download),
    cmocka_unit_test(d03_stop_ends_a_download),
    cmocka_unit_test(d03_pace_spreads_the_requests),
    cmocka_unit_test(d03_download_with_a_rate_takes_its_time),
    cmocka_unit_test(d04_no_part_is_requested_before_there_is_room_for_it),
    cmocka_unit_test(d04_abandoned_download_releases_its_requests),
    cmocka_unit_test(d05_archived_object_says_what_to_do),
    cmocka_unit_test(d05_refusals_name_the_permission_or_the_key),
    cmocka_unit_test(c04_bytes_of_an_encoded_object_are_given_as_stored),
};

RR_TEST_MAIN(tests)
