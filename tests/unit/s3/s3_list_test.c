#include <redisrestore/s3/s3_list.h>

#include "fakes/fake_bucket.h"
#include "fakes/fake_store.h"
#include "support/test.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/text/xml_push.h>

#define CONTENTS(key)                                                                                                  \
    "<Contents><Key>" key                                                                                              \
    "</Key><LastModified>2026-01-31T23:59:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>7</Size></Contents>"
#define PAGE(inner)    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" inner "</ListBucketResult>"
#define LAST           "<IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>"
#define MORE(token)    "<IsTruncated>true</IsTruncated><NextContinuationToken>" token "</NextContinuationToken>"
#define S3_ERROR(code) "<Error><Code>" code "</Code><Message>CANARY</Message><RequestId>R1</RequestId></Error>"
#define WHOLE          PAGE(LAST CONTENTS("p/a") CONTENTS("p/b"))

enum { PATIENCE_MS = 20000, SEEN_MAX = 3000 };

__attribute__((constructor)) static void start_libraries(void)
{
    rr_crypto_global_init();
    rr_xml_global_init();
    rr_http_global_init();
}

static uint64_t no_delay(void *context)
{
    (void)context;
    return 0;
}

static uint64_t full_delay(void *context)
{
    (void)context;
    return UINT64_MAX;
}

/* Everything that a listing needs, against a scripted store. */
struct bench {
    struct fake_store store;
    struct rr_http_loop *loop;
    struct rr_s3_endpoint endpoint;
    struct rr_credentials *credentials;
    struct rr_credentials_provider provider;
    struct rr_random random;
    struct rr_s3_client client;
    struct rr_s3_list_sink sink;
    int64_t deadline_ms;
    struct rr_stop stop;

    size_t seen_count, pages_told;
    char *seen[SEEN_MAX];
    uint64_t last_size;
    int codes[16];
    size_t code_count;

    struct rr_s3_list_totals totals;
    struct rr_error err;
};

static void bench_on_object(void *context, const struct rr_s3_object *object)
{
    struct bench *bench = context;
    assert_in_range(bench->seen_count, 0, SEEN_MAX - 1);
    bench->seen[bench->seen_count++] = rr_strdup(object->key);
    bench->last_size = object->size;
}

static void bench_on_page(void *context, uint64_t pages, uint64_t objects)
{
    struct bench *bench = context;
    bench->pages_told++;
    assert_int_equal(pages, bench->pages_told);
    assert_int_equal(objects, bench->seen_count);
}

static void bench_on_request(void *context, int code)
{
    struct bench *bench = context;
    if (bench->code_count < RR_COUNT(bench->codes))
        bench->codes[bench->code_count] = code;
    bench->code_count++;
}

static void bench_start(struct bench *bench, fake_answer *answer, void *context)
{
    static const char *const names[3] = { "key", "secret", "token" };
    *bench = (struct bench){ 0 };
    fake_store_start(&bench->store, answer, context);
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", bench->store.port);
    struct rr_s3_location location = { .bucket = RR_LIT("bkt"), .endpoint = rr_slice_from(url) };
    assert_ok(rr_s3_endpoint_resolve(&location, &bench->endpoint, &bench->err), bench->err);
    assert_ok(rr_credentials_new(RR_LIT("AKID"), RR_LIT("secret"), RR_LIT(""), names, &bench->credentials, &bench->err),
              bench->err);
    bench->provider = rr_credentials_static(bench->credentials, "Test");
    bench->random = (struct rr_random){ NULL, no_delay };
    struct rr_http_loop_options options = { .name = "test-storage", .clock = &rr_clock_system };
    bench->loop = rr_http_loop_new(&options);
    bench->client = (struct rr_s3_client){
        .loop = bench->loop,
        .endpoint = &bench->endpoint,
        .credentials = &bench->provider,
        .clock = &rr_clock_system,
        .observer = { bench, bench_on_request },
        .random = &bench->random,
    };
    bench->sink = (struct rr_s3_list_sink){ bench, bench_on_object, bench_on_page };
    bench->deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + PATIENCE_MS;
    rr_stop_init(&bench->stop, NULL);
}

static void bench_forget(struct bench *bench)
{
    for (size_t i = 0; i < bench->seen_count; i++)
        rr_free(bench->seen[i]);
    bench->seen_count = bench->pages_told = bench->code_count = 0;
}

static void bench_stop(struct bench *bench)
{
    bench_forget(bench);
    rr_http_loop_free(bench->loop);
    fake_store_stop(&bench->store);
    rr_credentials_unref(bench->credentials);
    rr_s3_endpoint_done(&bench->endpoint);
    rr_stop_done(&bench->stop);
}

static bool bench_list(struct bench *bench)
{
    bench->err = (struct rr_error){ 0 };
    return rr_s3_list(&bench->client, RR_LIT("p/"), &bench->sink, bench->deadline_ms, &bench->stop, &bench->totals,
                      &bench->err);
}

/* Lists against a script; the first `requests` of it must have been asked for. */
static void check_script(const struct fake_reply *replies, size_t count, enum rr_code code, size_t requests)
{
    struct bench bench;
    struct fake_script script = { replies, count };
    bench_start(&bench, fake_script_answer, &script);

    bool listed = bench_list(&bench);

    if (!listed && bench.err.code != code)
        print_error("%s (%s)\n", bench.err.message, bench.err.detail);
    assert_int_equal(listed, code == RR_E_OK);
    if (!listed)
        assert_int_equal(bench.err.code, code);
    assert_int_equal(fake_store_requests(&bench.store), requests);
    assert_int_equal(bench.code_count, requests);
    assert_null(strstr(bench.err.message, "CANARY"));
    assert_null(strstr(bench.err.message, "127.0.0.1"));
    if (listed) {
        assert_int_equal(bench.seen_count, 2);
        assert_string_equal(bench.seen[0], "p/a");
        assert_string_equal(bench.seen[1], "p/b");
    } else {
        assert_int_equal(bench.seen_count, 0);
    }
    bench_stop(&bench);
}

static void s21_one_page_is_one_request(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { "p/a", "2026-01-31T23:59:00.000Z", 5 },
                                                  { "q/b", "2026-01-31T23:59:00.000Z", 6 } };
    struct fake_bucket bucket = { objects, RR_COUNT(objects), 0, RR_BUF(0) };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);

    assert_ok(bench_list(&bench), bench.err);

    assert_int_equal(fake_store_requests(&bench.store), 1);
    assert_int_equal(bench.totals.pages, 1);
    assert_int_equal(bench.totals.objects, 1);
    assert_string_equal(bench.seen[0], "p/a");
    assert_int_equal(bench.last_size, 5);
    const char *head = fake_store_head(&bench.store, 0);
    static const char line[] = "GET /bkt?encoding-type=url&list-type=2&max-keys=1000&prefix=p%2F HTTP/1.1\r\n";
    assert_memory_equal(head, line, sizeof line - 1);
    assert_non_null(strstr(head, "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"));
    assert_non_null(strcasestr(head, "\r\naccept-encoding: identity\r\n"));
    assert_null(strcasestr(head, "x-amz-security-token"));
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void session_token_is_sent_and_signed(void **state)
{
    (void)state;
    static const char *const names[3] = { "key", "secret", "token" };
    static const struct fake_reply replies[] = { { .body = WHOLE } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    rr_credentials_unref(bench.credentials);
    assert_ok(
        rr_credentials_new(RR_LIT("AKID"), RR_LIT("secret"), RR_LIT("TOKEN/+="), names, &bench.credentials, &bench.err),
        bench.err);
    bench.provider = rr_credentials_static(bench.credentials, "Test");

    assert_ok(bench_list(&bench), bench.err);

    const char *head = fake_store_head(&bench.store, 0);
    assert_non_null(strcasestr(head, "\r\nx-amz-security-token: TOKEN/+=\r\n"));
    assert_non_null(strstr(head, "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"));
    bench_stop(&bench);
}

static void s23_three_pages_give_2500_keys(void **state)
{
    (void)state;
    enum { KEYS = 2500 };
    static struct fake_object objects[KEYS];
    static char keys[KEYS][32];
    for (size_t i = 0; i < KEYS; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "p/%04zu", i);
        objects[i] = (struct fake_object){ keys[i], "2026-01-31T23:59:00.000Z", i };
    }
    struct fake_bucket bucket = { objects, KEYS, 0, RR_BUF(0) };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);

    assert_ok(bench_list(&bench), bench.err);

    assert_int_equal(fake_store_requests(&bench.store), 3);
    assert_int_equal(bench.totals.pages, 3);
    assert_int_equal(bench.seen_count, KEYS);
    assert_int_equal(bench.pages_told, 3);
    for (size_t i = 0; i < KEYS; i++)
        assert_string_equal(bench.seen[i], keys[i]);
    assert_non_null(strstr(fake_store_head(&bench.store, 1), "?continuation-token=%3D1000&encoding-type=url&"));
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void f45_odd_keys_arrive_as_they_are(void **state)
{
    (void)state;
    static char long_key[1025] = "p/";
    memset(long_key + 2, '%', 1022);
    static struct fake_object objects[] = {
        { "p/a b", "2026-01-31T23:59:00Z", 1 },
        { "p/a%20b", "2026-01-31T23:59:00Z", 1 },
        { "p/a\tb\nc\r", "2026-01-31T23:59:00Z", 1 },
        { "p/a+b&c<d>\"'", "2026-01-31T23:59:00Z", 1 },
        { "p/\xf0\x9f\x98\x80\xe2\x80\xae", "2026-01-31T23:59:00Z", 1 },
        { "p/\xff\xfe", "2026-01-31T23:59:00Z", 1 },
        { "p/../../etc/passwd", "2026-01-31T23:59:00Z", 1 },
        { long_key, "2026-01-31T23:59:00Z", 1 },
    };
    struct fake_bucket bucket = { objects, RR_COUNT(objects), 0, RR_BUF(0) };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);

    assert_ok(bench_list(&bench), bench.err);

    assert_int_equal(bench.seen_count, RR_COUNT(objects));
    for (size_t i = 0; i < RR_COUNT(objects); i++)
        assert_string_equal(bench.seen[i], objects[i].key);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

/* One loop and one store for a whole series: what is cut where is decided per request. */
struct cutting {
    enum fake_framing framing;
    size_t cut;
    size_t cut_requests; /* so many of a series are cut */
    size_t from;         /* the request that the series began with */
};

static void cutting_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    (void)head;
    const struct cutting *cutting = context;
    *reply = (struct fake_reply){ .body = WHOLE, .framing = cutting->framing };
    if (number - cutting->from < cutting->cut_requests) {
        reply->has_cut = true;
        reply->cut = cutting->cut;
        reply->end = FAKE_CLOSE;
    }
}

static void check_cut_everywhere(enum fake_framing framing, size_t cut_requests)
{
    struct cutting cutting = { .framing = framing, .cut_requests = cut_requests };
    struct bench bench;
    bench_start(&bench, cutting_answer, &cutting);
    for (size_t cut = 0; cut < sizeof WHOLE - 1; cut++) {
        cutting.cut = cut;
        cutting.from = fake_store_requests(&bench.store);

        bool listed = bench_list(&bench);

        assert_int_equal(listed, cut_requests < 3);
        assert_int_equal(bench.seen_count, listed ? 2 : 0);
        if (!listed)
            assert_true(bench.err.code == RR_E_UNREACHABLE || bench.err.code == RR_E_BAD_REPLY);
        bench_forget(&bench);
    }
    bench_stop(&bench);
}

static void f23_body_shorter_than_its_length_is_never_a_listing(void **state)
{
    (void)state;
    check_cut_everywhere(FAKE_LENGTH, 3);
}

static void f23_chunked_body_cut_short_is_never_a_listing(void **state)
{
    (void)state;
    check_cut_everywhere(FAKE_CHUNKED, 3);
}

static void f23_closed_connection_in_a_page_is_asked_for_again(void **state)
{
    (void)state;
    check_cut_everywhere(FAKE_LENGTH, 1);
}

/* Nothing but the XML itself says here that something is missing; an empty body says nothing at all. */
static void f23_page_cut_where_only_the_xml_tells_is_never_a_listing(void **state)
{
    (void)state;
    check_cut_everywhere(FAKE_UNTIL_CLOSE, 3);
}

static void f23_page_cut_where_only_the_xml_tells_is_asked_for_again(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = {
        { .body = WHOLE, .framing = FAKE_UNTIL_CLOSE, .has_cut = true, .cut = sizeof WHOLE - 10 }, { .body = WHOLE }
    };
    check_script(replies, 2, RR_E_OK, 2);
}

static void page_arrives_byte_by_byte(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = WHOLE, .framing = FAKE_CHUNKED, .piece = 1 } };
    check_script(replies, 1, RR_E_OK, 1);
}

static void f24_missing_token_is_a_loop(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = PAGE("<IsTruncated>true</IsTruncated>" CONTENTS("p/a")) } };
    check_script(replies, 1, RR_E_LISTING_LOOP, 1);
}

static void f24_empty_token_is_a_loop(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = PAGE(MORE("") CONTENTS("p/a")) } };
    check_script(replies, 1, RR_E_LISTING_LOOP, 1);
}

static void f24_missing_token_on_a_later_page_is_a_loop(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = PAGE(MORE("t")) },
                                                 { .body = PAGE("<IsTruncated>true</IsTruncated>" CONTENTS("p/b")) } };
    check_script(replies, 2, RR_E_LISTING_LOOP, 2);
}

static void s23_same_token_is_a_loop(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = PAGE(MORE("t")) } };
    check_script(replies, 1, RR_E_LISTING_LOOP, 2);
}

static void counting_tokens(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    (void)head;
    static char body[512];
    (void)snprintf(body, sizeof body,
                   "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>%zu</"
                   "NextContinuationToken>%s</ListBucketResult>",
                   number, (const char *)context);
    reply->body = body;
}

static void f24_hundred_empty_truncated_pages_are_a_loop(void **state)
{
    (void)state;
    static char nothing[] = "";
    struct bench bench;
    bench_start(&bench, counting_tokens, nothing);

    assert_false(bench_list(&bench));

    assert_int_equal(bench.err.code, RR_E_LISTING_LOOP);
    assert_int_equal(fake_store_requests(&bench.store), 100);
    bench_stop(&bench);
}

static void f44_endless_listing_ends_at_the_deadline(void **state)
{
    (void)state;
    static char one_key[] = CONTENTS("p/a");
    struct bench bench;
    bench_start(&bench, counting_tokens, one_key);
    bench.deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 100;

    assert_false(bench_list(&bench));

    assert_int_equal(bench.err.code, RR_E_TIMEOUT);
    bench_stop(&bench);
}

static void s23_aws_listing_that_goes_back_is_a_loop(void **state)
{
    (void)state;
    static char one_key[] = CONTENTS("p/a");
    struct bench bench;
    bench_start(&bench, counting_tokens, one_key);
    bench.endpoint.is_aws = true;

    assert_false(bench_list(&bench));

    assert_int_equal(bench.err.code, RR_E_LISTING_LOOP);
    assert_int_equal(fake_store_requests(&bench.store), 2);
    bench_stop(&bench);
}

static void pages_of_other_stores_may_come_in_any_order(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = PAGE(MORE("1") CONTENTS("p/b")) },
                                                 { .body = PAGE(LAST CONTENTS("p/a")) } };
    struct fake_script script = { replies, 2 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);

    assert_ok(bench_list(&bench), bench.err);

    assert_int_equal(bench.seen_count, 2);
    bench_stop(&bench);
}

static void f22_error_with_status_200_is_tried_again(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = S3_ERROR("InternalError") },
                                                 { .body = S3_ERROR("SlowDown") },
                                                 { .body = WHOLE } };
    check_script(replies, 3, RR_E_OK, 3);
}

static void f22_error_with_status_200_for_ever_is_a_failure(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = S3_ERROR("InternalError") } };
    check_script(replies, 1, RR_E_UNREACHABLE, 3);
}

static void s06_other_error_with_status_200_is_final(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = S3_ERROR("NoSuchBucket") } };
    check_script(replies, 1, RR_E_BUCKET_NOT_FOUND, 1);
}

static void f22_what_is_not_s3_is_a_bad_reply(void **state)
{
    (void)state;
    static const struct fake_reply bodies[] = {
        { .body = "<html><body>CANARY</body></html>" },
        { .body = "<!DOCTYPE html>\n<html><body>CANARY</body></html>" },
        { .body = "{\"message\":\"CANARY\"}" },
        { .body = "" },
        { .status = 204, .headers = "X-Odd: CANARY\r\n", .framing = FAKE_UNTIL_CLOSE },
        { .body = "CANARY" },
        { .body = "\x1f\x8b\x08" },
        { .body = PAGE("<a></b>") },
        { .body = "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" PAGE(LAST CONTENTS("&e;")) },
        { .body = PAGE(LAST) PAGE(LAST) },
        { .status = 404, .body = "<html>CANARY</html>" },
        { .status = 302, .headers = "Location: http://CANARY.example/\r\n" },
        { .status = 301, .headers = "Location: http://127.0.0.1:1/CANARY\r\n" },
        { .status = 307, .headers = "Location: http://127.0.0.1:1/CANARY\r\n" },
    };
    for (size_t i = 0; i < RR_COUNT(bodies); i++)
        check_script(&bodies[i], 1, RR_E_BAD_REPLY, 1);
}

static void f46_compressed_reply_is_a_bad_reply(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .headers = "Content-Encoding: gzip\r\n", .body = WHOLE } };
    check_script(replies, 1, RR_E_BAD_REPLY, 1);
}

static void identity_encoding_is_accepted(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .headers = "content-encoding: identity\r\n", .body = WHOLE } };
    check_script(replies, 1, RR_E_OK, 1);
}

static void s25_page_over_the_cap_is_a_bad_reply(void **state)
{
    (void)state;
    static const char one[] = CONTENTS("p/a");
    rr_auto(buf) body = RR_BUF(2 * RR_S3_PAGE_MAX_BYTES);
    rr_buf_add(&body, RR_LIT("<ListBucketResult><IsTruncated>false</IsTruncated>"));
    while (body.len <= RR_S3_PAGE_MAX_BYTES)
        rr_buf_add(&body, (struct rr_slice){ one, sizeof one - 1 });
    rr_buf_add(&body, RR_LIT("</ListBucketResult>"));
    struct fake_reply reply = { .body = rr_buf_text(&body), .body_len = body.len };
    struct fake_script script = { &reply, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);

    assert_false(bench_list(&bench));

    assert_int_equal(bench.err.code, RR_E_BAD_REPLY);
    assert_non_null(strstr(bench.err.message, "16 MiB"));
    bench_stop(&bench);
}

static void f15_500_twice_then_200_is_a_listing(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 500 },
                                                 { .status = 500, .body = "<html>CANARY" },
                                                 { .body = WHOLE } };
    check_script(replies, 3, RR_E_OK, 3);
}

static void f14_slow_down_then_200_is_a_listing(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 503, .body = S3_ERROR("SlowDown") }, { .body = WHOLE } };
    check_script(replies, 2, RR_E_OK, 2);
}

static void f14_slow_down_for_ever_is_throttled_after_3_attempts(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 503, .body = S3_ERROR("SlowDown") } };
    check_script(replies, 1, RR_E_THROTTLED, 3);
}

static void retry_goes_on_where_the_listing_stood(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = PAGE(MORE("t1") CONTENTS("p/a")) },
                                                 { .status = 503 },
                                                 { .body = PAGE(LAST CONTENTS("p/b")) } };
    struct fake_script script = { replies, 3 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);

    assert_ok(bench_list(&bench), bench.err);

    assert_int_equal(bench.seen_count, 2);
    assert_int_equal(bench.totals.pages, 2);
    assert_null(strstr(fake_store_head(&bench.store, 0), "continuation-token"));
    assert_non_null(strstr(fake_store_head(&bench.store, 1), "continuation-token=t1&"));
    assert_non_null(strstr(fake_store_head(&bench.store, 2), "continuation-token=t1&"));
    bench_stop(&bench);
}

static void f18_refusals_are_final(void **state)
{
    (void)state;
    static const struct {
        struct fake_reply reply;
        enum rr_code code;
    } cases[] = {
        { { .status = 403, .body = S3_ERROR("AccessDenied") }, RR_E_DENIED },
        { { .status = 403, .body = S3_ERROR("InvalidAccessKeyId") }, RR_E_DENIED },
        { { .status = 403, .body = S3_ERROR("SignatureDoesNotMatch") }, RR_E_DENIED },
        { { .status = 400, .body = S3_ERROR("ExpiredToken") }, RR_E_DENIED },
        { { .status = 403, .body = S3_ERROR("RequestTimeTooSkewed") }, RR_E_CLOCK_SKEWED },
        { { .status = 404, .body = S3_ERROR("NoSuchBucket") }, RR_E_BUCKET_NOT_FOUND },
        { { .status = 301, .headers = "x-amz-bucket-region: eu-west-1\r\n", .body = S3_ERROR("PermanentRedirect") },
          RR_E_WRONG_REGION },
        { { .status = 307, .body = S3_ERROR("TemporaryRedirect") }, RR_E_WRONG_REGION },
        { { .status = 400, .body = S3_ERROR("AuthorizationHeaderMalformed") }, RR_E_WRONG_REGION },
        { { .status = 501, .body = S3_ERROR("NotImplemented") }, RR_E_UNREACHABLE },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++)
        check_script(&cases[i].reply, 1, cases[i].code, 1);
}

static void f21_region_that_the_store_names_is_in_the_message(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = {
        { .status = 301, .headers = "x-amz-bucket-region: eu-west-1\r\n", .body = S3_ERROR("PermanentRedirect") }
    };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);

    assert_false(bench_list(&bench));

    assert_non_null(strstr(bench.err.message, "set region to eu-west-1"));
    bench_stop(&bench);
}

static void f17_silent_store_is_unreachable(void **state)
{
    (void)state;
    static const struct fake_reply cases[] = { { .no_reply = true, .end = FAKE_HANG },
                                               { .body = WHOLE, .has_cut = true, .cut = 60, .end = FAKE_HANG } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct fake_script script = { &cases[i], 1 };
        struct bench bench;
        bench_start(&bench, fake_script_answer, &script);
        bench.client.waits = (struct rr_s3_waits){ .first_byte_ms = 30, .idle_ms = 30 };

        assert_false(bench_list(&bench));

        assert_int_equal(bench.err.code, RR_E_UNREACHABLE);
        assert_int_equal(fake_store_requests(&bench.store), 3);
        assert_int_equal(bench.seen_count, 0);
        bench_stop(&bench);
    }
}

static void silence_until_the_deadline_is_a_timeout(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .no_reply = true, .end = FAKE_HANG } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    bench.deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 100;

    assert_false(bench_list(&bench));

    assert_int_equal(bench.err.code, RR_E_TIMEOUT);
    bench_stop(&bench);
}

static void connection_closed_or_reset_is_tried_again(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .no_reply = true, .end = FAKE_RESET },
                                                 { .status = 500, .end = FAKE_CLOSE },
                                                 { .body = WHOLE } };
    check_script(replies, 3, RR_E_OK, 3);
}

static void delay_beyond_the_deadline_gives_the_failure_itself(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 503, .body = S3_ERROR("SlowDown") } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    bench.random = (struct rr_random){ NULL, full_delay };
    bench.deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 900;

    assert_false(bench_list(&bench));

    assert_int_equal(bench.err.code, RR_E_THROTTLED);
    assert_int_equal(fake_store_requests(&bench.store), 1);
    bench_stop(&bench);
}

struct stopping {
    struct rr_stop *stop;
};

static void stop_when_asked(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    (void)number, (void)head;
    struct stopping *stopping = context;
    rr_stop_set(stopping->stop);
    *reply = (struct fake_reply){ .no_reply = true, .end = FAKE_HANG };
}

static void f27_stop_ends_a_listing_under_way(void **state)
{
    (void)state;
    struct stopping stopping;
    struct bench bench;
    bench_start(&bench, stop_when_asked, &stopping);
    stopping.stop = &bench.stop;

    assert_false(bench_list(&bench));

    assert_int_equal(bench.err.code, RR_E_CANCELLED);
    bench_stop(&bench);
}

static void find_asks_for_one_key(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { "p/a", "2026-01-31T23:59:00.000Z", 5 },
                                                  { "p/ab", "2026-01-31T23:59:00.000Z", 6 } };
    struct fake_bucket bucket = { objects, RR_COUNT(objects), 0, RR_BUF(0) };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    bool found = false;

    assert_ok(rr_s3_find(&bench.client, RR_LIT("p/a"), &bench.sink, bench.deadline_ms, NULL, &found, &bench.err),
              bench.err);

    assert_true(found);
    assert_int_equal(bench.seen_count, 1);
    assert_string_equal(bench.seen[0], "p/a");
    assert_non_null(strstr(fake_store_head(&bench.store, 0), "max-keys=1&prefix=p%2Fa "));
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void find_does_not_take_a_longer_key(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { "p/ab", "2026-01-31T23:59:00.000Z", 6 } };
    struct fake_bucket bucket = { objects, RR_COUNT(objects), 0, RR_BUF(0) };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    bool found = true;

    assert_ok(rr_s3_find(&bench.client, RR_LIT("p/a"), &bench.sink, bench.deadline_ms, NULL, &found, &bench.err),
              bench.err);

    assert_false(found);
    assert_int_equal(bench.seen_count, 0);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s21_one_page_is_one_request),
    cmocka_unit_test(session_token_is_sent_and_signed),
    cmocka_unit_test(s23_three_pages_give_2500_keys),
    cmocka_unit_test(f45_odd_keys_arrive_as_they_are),
    cmocka_unit_test(f23_body_shorter_than_its_length_is_never_a_listing),
    cmocka_unit_test(f23_chunked_body_cut_short_is_never_a_listing),
    cmocka_unit_test(f23_closed_connection_in_a_page_is_asked_for_again),
    cmocka_unit_test(f23_page_cut_where_only_the_xml_tells_is_never_a_listing),
    cmocka_unit_test(f23_page_cut_where_only_the_xml_tells_is_asked_for_again),
    cmocka_unit_test(page_arrives_byte_by_byte),
    cmocka_unit_test(f24_missing_token_is_a_loop),
    cmocka_unit_test(f24_empty_token_is_a_loop),
    cmocka_unit_test(f24_missing_token_on_a_later_page_is_a_loop),
    cmocka_unit_test(s23_same_token_is_a_loop),
    cmocka_unit_test(f24_hundred_empty_truncated_pages_are_a_loop),
    cmocka_unit_test(f44_endless_listing_ends_at_the_deadline),
    cmocka_unit_test(s23_aws_listing_that_goes_back_is_a_loop),
    cmocka_unit_test(pages_of_other_stores_may_come_in_any_order),
    cmocka_unit_test(f22_error_with_status_200_is_tried_again),
    cmocka_unit_test(f22_error_with_status_200_for_ever_is_a_failure),
    cmocka_unit_test(s06_other_error_with_status_200_is_final),
    cmocka_unit_test(f22_what_is_not_s3_is_a_bad_reply),
    cmocka_unit_test(f46_compressed_reply_is_a_bad_reply),
    cmocka_unit_test(identity_encoding_is_accepted),
    cmocka_unit_test(s25_page_over_the_cap_is_a_bad_reply),
    cmocka_unit_test(f15_500_twice_then_200_is_a_listing),
    cmocka_unit_test(f14_slow_down_then_200_is_a_listing),
    cmocka_unit_test(f14_slow_down_for_ever_is_throttled_after_3_attempts),
    cmocka_unit_test(retry_goes_on_where_the_listing_stood),
    cmocka_unit_test(f18_refusals_are_final),
    cmocka_unit_test(f21_region_that_the_store_names_is_in_the_message),
    cmocka_unit_test(f17_silent_store_is_unreachable),
    cmocka_unit_test(silence_until_the_deadline_is_a_timeout),
    cmocka_unit_test(connection_closed_or_reset_is_tried_again),
    cmocka_unit_test(delay_beyond_the_deadline_gives_the_failure_itself),
    cmocka_unit_test(f27_stop_ends_a_listing_under_way),
    cmocka_unit_test(find_asks_for_one_key),
    cmocka_unit_test(find_does_not_take_a_longer_key),
};

RR_TEST_MAIN(tests)
