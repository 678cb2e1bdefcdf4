/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_bench.h"
#include "s3_memory_use.h"

#include "fakes/fake_clock.h"

/* 2026-01-31T12:00:00Z */
#define NOON_MS INT64_C(1769860800000)

/* A bench with a fixed date and a memory. */
struct cure {
    struct bench bench;
    struct fake_clock fake;
    struct rr_clock clock;
    struct fake_script script;
};

static int64_t real_monotonic_ms(void *context)
{
    (void)context;
    return rr_clock_monotonic_ms(&rr_clock_system);
}

static void cure_start(struct cure *cure, fake_answer *answer, void *context)
{
    bench_start(&cure->bench, answer, context);
    cure->fake = (struct fake_clock){ 0 };
    atomic_store(&cure->fake.unix_ms, NOON_MS);
    cure->clock = (struct rr_clock){ &cure->fake, real_monotonic_ms, fake_clock_unix_ms_ };
    cure->bench.client.clock = &cure->clock;
    cure->bench.client.memory = rr_s3_memory_new(&rr_clock_system);
}

static void cure_start_script(struct cure *cure, const struct fake_reply *replies, size_t count)
{
    cure->script = (struct fake_script){ replies, count };
    cure_start(cure, fake_script_answer, &cure->script);
}

static void cure_stop(struct cure *cure)
{
    rr_s3_memory_free(cure->bench.client.memory);
    bench_stop(&cure->bench);
}

static bool has(struct cure *cure, size_t request, const char *words)
{
    return strcasestr(fake_store_head(&cure->bench.store, request), words) != NULL;
}

#define AT_NOON   "Date: Sat, 31 Jan 2026 12:00:00 GMT\r\n"
#define AT_12_04  "Date: Sat, 31 Jan 2026 12:04:00 GMT\r\n"
#define AT_12_05  "Date: Sat, 31 Jan 2026 12:04:01 GMT\r\n"
#define AT_12_10  "Date: Sat, 31 Jan 2026 12:10:00 GMT\r\n"
#define AT_12_20  "Date: Sat, 31 Jan 2026 12:20:00 GMT\r\n"
#define AT_11_50  "Date: Sat, 31 Jan 2026 11:50:00 GMT\r\n"
#define TOMORROW  "Date: Sun, 01 Feb 2026 13:00:00 GMT\r\n"
#define YESTERDAY "Date: Fri, 30 Jan 2026 11:00:00 GMT\r\n"

static void f19_request_is_signed_once_more_with_the_stores_time(void **state)
{
    (void)state;
    static const char *const codes[] = { S3_ERROR("SignatureDoesNotMatch"), S3_ERROR("RequestTimeTooSkewed") };
    for (size_t i = 0; i < RR_COUNT(codes); i++) {
        struct fake_reply replies[] = { { .status = 403, .headers = AT_12_10, .body = codes[i] }, { .body = WHOLE } };
        struct cure cure;
        cure_start_script(&cure, replies, 2);

        assert_ok(bench_list(&cure.bench), cure.bench.err);

        assert_int_equal(fake_store_requests(&cure.bench.store), 2);
        assert_true(has(&cure, 0, "x-amz-date: 20260131T120000Z"));
        assert_true(has(&cure, 1, "x-amz-date: 20260131T121000Z"));
        assert_int_equal(cure.bench.retries, 1);

        bench_forget(&cure.bench);
        assert_ok(bench_list(&cure.bench), cure.bench.err);
        assert_int_equal(fake_store_requests(&cure.bench.store), 3);
        assert_true(has(&cure, 2, "x-amz-date: 20260131T121000Z"));
        cure_stop(&cure);
    }
}

static void f19_clock_offset_is_dropped_when_the_clock_is_right_again(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = {
        { .status = 403, .headers = AT_NOON, .body = S3_ERROR("RequestTimeTooSkewed") }, { .body = WHOLE }
    };
    struct cure cure;
    cure_start_script(&cure, replies, 2);
    rr_s3_memory_set_clock_ahead(cure.bench.client.memory, &cure.bench.endpoint, 20 * 60 * 1000);

    assert_ok(bench_list(&cure.bench), cure.bench.err);

    assert_true(has(&cure, 0, "x-amz-date: 20260131T122000Z"));
    assert_true(has(&cure, 1, "x-amz-date: 20260131T120000Z"));
    assert_int_equal(rr_s3_memory_clock_ahead_ms(cure.bench.client.memory, &cure.bench.endpoint), 0);
    cure_stop(&cure);
}

static void f19_second_refusal_is_final(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = {
        { .status = 403, .headers = AT_12_10, .body = S3_ERROR("RequestTimeTooSkewed") },
        { .status = 403, .headers = AT_12_20, .body = S3_ERROR("RequestTimeTooSkewed") },
    };
    struct cure cure;
    cure_start_script(&cure, replies, 2);

    assert_false(bench_list(&cure.bench));

    assert_int_equal(cure.bench.err.code, RR_E_CLOCK_SKEWED);
    assert_int_equal(fake_store_requests(&cure.bench.store), 2);
    cure_stop(&cure);
}

/* More than 4 minutes, at most 24 hours, in both directions. */
static void s08_difference_of_the_clocks_has_borders(void **state)
{
    (void)state;
    static const struct {
        int64_t ahead_ms;
        size_t requests;
    } rows[] = {
        { 240000, 1 },  { 240001, 2 },  { 86400000, 2 },  { 86400001, 1 },
        { -240000, 1 }, { -240001, 2 }, { -86400000, 2 }, { -86400001, 1 },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct fake_reply reply = { .status = 403, .headers = AT_NOON, .body = S3_ERROR("SignatureDoesNotMatch") };
        struct cure cure;
        cure_start_script(&cure, &reply, 1);
        atomic_store(&cure.fake.unix_ms, NOON_MS - rows[i].ahead_ms);

        assert_false(bench_list(&cure.bench));

        if (fake_store_requests(&cure.bench.store) != rows[i].requests)
            fail_msg("%lld ms", (long long)rows[i].ahead_ms);
        assert_int_equal(rr_s3_memory_clock_ahead_ms(cure.bench.client.memory, &cure.bench.endpoint),
                         rows[i].requests == 2 ? rows[i].ahead_ms : 0);
        cure_stop(&cure);
    }
}

static void s08_only_a_clock_that_is_off_is_put_right(void **state)
{
    (void)state;
    static const struct {
        struct fake_reply reply;
        size_t requests;
    } cases[] = {
        { { .status = 403, .headers = AT_12_04, .body = S3_ERROR("SignatureDoesNotMatch") }, 1 },
        { { .status = 403, .headers = AT_12_05, .body = S3_ERROR("SignatureDoesNotMatch") }, 2 },
        { { .status = 403, .headers = AT_11_50, .body = S3_ERROR("SignatureDoesNotMatch") }, 2 },
        { { .status = 403, .headers = TOMORROW, .body = S3_ERROR("SignatureDoesNotMatch") }, 1 },
        { { .status = 403, .headers = YESTERDAY, .body = S3_ERROR("SignatureDoesNotMatch") }, 1 },
        { { .status = 403, .headers = "Date: soon\r\n", .body = S3_ERROR("SignatureDoesNotMatch") }, 1 },
        { { .status = 403, .body = S3_ERROR("SignatureDoesNotMatch") }, 1 },
        { { .status = 403, .headers = AT_12_10, .body = S3_ERROR("AccessDenied") }, 1 },
        { { .status = 403, .headers = AT_12_10, .body = S3_ERROR("RequestExpired") }, 1 },
        { { .status = 403, .headers = AT_12_10, .body = S3_ERROR("RequestInTheFuture") }, 1 },
        { { .status = 403, .headers = AT_12_10 }, 1 },
        { { .status = 403, .headers = AT_12_10, .body = S3_ERROR("AccessDeniedException") }, 2 },
        { { .status = 400, .headers = AT_12_10, .body = S3_ERROR("AuthFailure") }, 2 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct cure cure;
        cure_start_script(&cure, &cases[i].reply, 1);

        assert_false(bench_list(&cure.bench));

        if (fake_store_requests(&cure.bench.store) != cases[i].requests)
            print_error("case %zu\n", i);
        assert_int_equal(fake_store_requests(&cure.bench.store), cases[i].requests);
        cure_stop(&cure);
    }
}

#define REFUSED_FOR(region)                                                                                            \
    "<Error><Code>AuthorizationHeaderMalformed</Code><Region>" region "</Region><Message>CANARY</Message></Error>"

static void f21_request_is_signed_once_more_for_the_region(void **state)
{
    (void)state;
    static const struct fake_reply cases[] = {
        { .status = 400, .body = REFUSED_FOR("eu-west-1") },
        { .status = 301, .headers = "x-amz-bucket-region: eu-west-1\r\n", .body = S3_ERROR("PermanentRedirect") },
        { .status = 301, .headers = "x-amz-bucket-region: eu-west-1\r\nLocation: http://127.0.0.1:1/\r\n" },
        { .status = 400, .headers = "x-amz-bucket-region: eu-west-1\r\n", .body = REFUSED_FOR("us-west-2") },
        { .status = 400,
          .headers = "x-amz-bucket-region: eu-west-1\r\n",
          .body = S3_ERROR("IllegalLocationConstraintException") },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct fake_reply replies[] = { cases[i], { .body = WHOLE } };
        struct cure cure;
        cure_start_script(&cure, replies, 2);

        assert_ok(bench_list(&cure.bench), cure.bench.err);

        assert_int_equal(fake_store_requests(&cure.bench.store), 2);
        assert_true(has(&cure, 0, "/us-east-1/s3/aws4_request"));
        assert_true(has(&cure, 1, "/eu-west-1/s3/aws4_request"));

        bench_forget(&cure.bench);
        assert_ok(bench_list(&cure.bench), cure.bench.err);
        assert_int_equal(fake_store_requests(&cure.bench.store), 3);
        assert_true(has(&cure, 2, "/eu-west-1/s3/aws4_request"));
        rr_auto(s3_endpoint) in_use = { 0 };
        assert_ok(rr_s3_endpoint_in_use(&cure.bench.client, &in_use, &cure.bench.err), cure.bench.err);
        assert_string_equal(rr_buf_text(&in_use.region), "eu-west-1");
        assert_string_equal(rr_buf_text(&in_use.origin), rr_buf_text(&cure.bench.endpoint.origin));
        cure_stop(&cure);
    }
}

static void f21_second_region_is_a_mismatch(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 400, .body = REFUSED_FOR("eu-west-1") },
                                                 { .status = 400, .body = REFUSED_FOR("eu-west-2") } };
    struct cure cure;
    cure_start_script(&cure, replies, 2);

    assert_false(bench_list(&cure.bench));

    assert_int_equal(cure.bench.err.code, RR_E_WRONG_REGION);
    assert_int_equal(fake_store_requests(&cure.bench.store), 2);
    cure_stop(&cure);
}

static void s09_store_of_its_own_may_have_any_region(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 400, .body = REFUSED_FOR("Rack_2") }, { .body = WHOLE } };
    struct cure cure;
    cure_start_script(&cure, replies, 2);

    assert_ok(bench_list(&cure.bench), cure.bench.err);

    assert_true(has(&cure, 1, "/Rack_2/s3/aws4_request"));
    cure_stop(&cure);
}

static void s09_head_of_the_bucket_names_the_region(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 301, .body = S3_ERROR("PermanentRedirect") },
                                                 { .status = 301, .headers = "x-amz-bucket-region: eu-west-1\r\n" },
                                                 { .body = WHOLE } };
    struct cure cure;
    cure_start_script(&cure, replies, 3);

    assert_ok(bench_list(&cure.bench), cure.bench.err);

    assert_true(has(&cure, 1, "HEAD /bkt HTTP/1.1\r\n"));
    assert_true(has(&cure, 2, "GET /bkt?"));
    assert_true(has(&cure, 2, "/eu-west-1/s3/aws4_request"));
    cure_stop(&cure);
}

static void s09_busy_store_is_asked_for_the_region_again(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 301, .body = S3_ERROR("PermanentRedirect") },
                                                 { .status = 503 },
                                                 { .status = 301, .headers = "x-amz-bucket-region: eu-west-1\r\n" },
                                                 { .body = WHOLE } };
    struct cure cure;
    cure_start_script(&cure, replies, 4);

    assert_ok(bench_list(&cure.bench), cure.bench.err);

    assert_true(has(&cure, 2, "HEAD /bkt HTTP/1.1\r\n"));
    assert_true(has(&cure, 3, "/eu-west-1/s3/aws4_request"));
    cure_stop(&cure);
}

static void f21_refusal_without_a_region_is_a_mismatch(void **state)
{
    (void)state;
    static const struct fake_reply cases[] = {
        { .status = 301, .headers = "x-amz-bucket-region: evil.com/\r\n", .body = S3_ERROR("PermanentRedirect") },
        { .status = 400, .body = REFUSED_FOR("a&#13;&#10;b") },
        { .status = 400, .body = REFUSED_FOR("us-east-1.evil.com") },
        { .status = 301, .body = S3_ERROR("PermanentRedirect") },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct fake_reply replies[] = { cases[i], { .headers = "x-amz-bucket-region: evil.com/\r\n" } };
        struct cure cure;
        cure_start_script(&cure, replies, 2);

        assert_false(bench_list(&cure.bench));

        assert_int_equal(cure.bench.err.code, RR_E_WRONG_REGION);
        assert_null(strstr(cure.bench.err.message, "evil"));
        assert_int_equal(fake_store_requests(&cure.bench.store), 2);
        assert_true(has(&cure, 1, "HEAD /bkt HTTP/1.1\r\n"));
        cure_stop(&cure);
    }
}

/* A proxy shows where the second request goes: to a host of ours, whatever the reply names. */
static void f21_host_of_aws_is_built_by_us(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = {
        { .status = 301,
          .headers = "x-amz-bucket-region: eu-west-1\r\nLocation: https://evil.example/\r\n",
          .body = "<Error><Code>PermanentRedirect</Code><Endpoint>evil.example</Endpoint></Error>" },
        { .status = 502, .end = FAKE_CLOSE },
    };
    struct cure cure;
    cure_start_script(&cure, replies, 2);
    char proxy[64];
    (void)snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", cure.bench.store.port);
    cure.bench.client.proxy = proxy;
    cure.bench.client.attempts_max = 1;
    cure.bench.endpoint.is_aws = true;

    assert_false(bench_list(&cure.bench));

    assert_int_equal(fake_store_requests(&cure.bench.store), 2);
    assert_true(has(&cure, 1, "CONNECT s3.eu-west-1.amazonaws.com:443 HTTP/1.1\r\n"));
    cure_stop(&cure);
}

static void f21_unknown_region_of_an_aws_reply_is_not_used(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = {
        { .status = 301, .headers = "x-amz-bucket-region: evil\r\n", .body = S3_ERROR("PermanentRedirect") }
    };
    struct cure cure;
    cure_start_script(&cure, replies, 1);
    cure.bench.endpoint.is_aws = true;

    assert_false(bench_list(&cure.bench));

    assert_int_equal(cure.bench.err.code, RR_E_WRONG_REGION);
    assert_int_equal(fake_store_requests(&cure.bench.store), 1);
    cure_stop(&cure);
}

/* --- credentials --- */

struct renewing {
    struct rr_credentials *now, *later;
    int expired;
};

static bool renewing_get(void *context, int64_t deadline_ms, struct rr_stop *stop,
                         struct rr_credentials **out_credentials, struct rr_error *err)
{
    (void)deadline_ms, (void)stop, (void)err;
    struct renewing *renewing = context;
    *out_credentials = rr_credentials_ref(renewing->expired > 0 ? renewing->later : renewing->now);
    return true;
}

static void renewing_expire(void *context, const struct rr_credentials *credentials)
{
    struct renewing *renewing = context;
    assert_ptr_equal(credentials, renewing->expired == 0 ? renewing->now : renewing->later);
    renewing->expired++;
}

static void renewing_init(struct renewing *renewing, struct cure *cure)
{
    static const char *const names[3] = { "key", "secret", "token" };
    *renewing = (struct renewing){ 0 };
    assert_ok(rr_credentials_new(RR_LIT("OLD"), RR_LIT("s"), RR_LIT("t1"), names, &renewing->now, &cure->bench.err),
              cure->bench.err);
    assert_ok(rr_credentials_new(RR_LIT("NEW"), RR_LIT("s"), RR_LIT("t2"), names, &renewing->later, &cure->bench.err),
              cure->bench.err);
    cure->bench.provider = (struct rr_credentials_provider){ renewing, "Test", renewing_get, renewing_expire };
}

static void renewing_done(struct renewing *renewing)
{
    rr_credentials_unref(renewing->now);
    rr_credentials_unref(renewing->later);
}

static void f25_expired_token_in_a_listing_is_renewed_and_it_goes_on(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = PAGE(MORE("t1") CONTENTS("p/a")) },
                                                 { .status = 400, .body = S3_ERROR("ExpiredToken") },
                                                 { .body = PAGE(LAST CONTENTS("p/b")) } };
    struct cure cure;
    struct renewing renewing;
    cure_start_script(&cure, replies, 3);
    renewing_init(&renewing, &cure);

    assert_ok(bench_list(&cure.bench), cure.bench.err);

    assert_int_equal(cure.bench.seen_count, 2);
    assert_int_equal(renewing.expired, 1);
    assert_true(has(&cure, 1, "Credential=OLD/") && has(&cure, 1, "start-after=p%2Fa "));
    assert_true(has(&cure, 2, "Credential=NEW/") && has(&cure, 2, "start-after=p%2Fa "));
    assert_true(has(&cure, 2, "x-amz-security-token: t2\r\n"));
    renewing_done(&renewing);
    cure_stop(&cure);
}

static void f25_every_code_for_an_expired_token_fetches_new_credentials(void **state)
{
    (void)state;
    static const char *const bodies[] = { S3_ERROR("ExpiredToken"), S3_ERROR("ExpiredTokenException"),
                                          S3_ERROR("TokenRefreshRequired") };
    for (size_t i = 0; i < RR_COUNT(bodies); i++) {
        const struct fake_reply replies[] = { { .status = 400, .body = bodies[i] },
                                              { .body = PAGE(LAST CONTENTS("p/a")) } };
        struct cure cure;
        struct renewing renewing;
        cure_start_script(&cure, replies, 2);
        renewing_init(&renewing, &cure);

        assert_ok(bench_list(&cure.bench), cure.bench.err);

        assert_int_equal(renewing.expired, 1);
        assert_true(has(&cure, 1, "Credential=NEW/"));
        renewing_done(&renewing);
        cure_stop(&cure);
    }
}

static void f25_second_expired_token_is_access_denied(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 400, .body = S3_ERROR("ExpiredToken") } };
    struct cure cure;
    struct renewing renewing;
    cure_start_script(&cure, replies, 1);
    renewing_init(&renewing, &cure);

    assert_false(bench_list(&cure.bench));

    assert_int_equal(cure.bench.err.code, RR_E_DENIED);
    assert_int_equal(renewing.expired, 1);
    assert_int_equal(fake_store_requests(&cure.bench.store), 2);
    renewing_done(&renewing);
    cure_stop(&cure);
}

static void f25_unchanged_credentials_are_not_retried(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 400, .body = S3_ERROR("ExpiredToken") } };
    check_script(replies, 1, RR_E_DENIED, 1);
}

static void clock_region_and_token_are_each_corrected_once_in_one_request(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = {
        { .status = 403, .headers = AT_12_10, .body = S3_ERROR("RequestTimeTooSkewed") },
        { .status = 400, .body = REFUSED_FOR("eu-west-1") },
        { .status = 400, .body = S3_ERROR("ExpiredToken") },
        { .status = 500 },
        { .body = WHOLE },
    };
    struct cure cure;
    struct renewing renewing;
    cure_start_script(&cure, replies, 5);
    renewing_init(&renewing, &cure);

    assert_ok(bench_list(&cure.bench), cure.bench.err);

    assert_true(has(&cure, 4, "x-amz-date: 20260131T121000Z"));
    assert_true(has(&cure, 4, "/eu-west-1/s3/aws4_request"));
    assert_true(has(&cure, 4, "Credential=NEW/"));
    renewing_done(&renewing);
    cure_stop(&cure);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f19_request_is_signed_once_more_with_the_stores_time),
    cmocka_unit_test(f19_clock_offset_is_dropped_when_the_clock_is_right_again),
    cmocka_unit_test(f19_second_refusal_is_final),
    cmocka_unit_test(s08_difference_of_the_clocks_has_borders),
    cmocka_unit_test(s08_only_a_clock_that_is_off_is_put_right),
    cmocka_unit_test(f21_request_is_signed_once_more_for_the_region),
    cmocka_unit_test(f21_second_region_is_a_mismatch),
    cmocka_unit_test(s09_store_of_its_own_may_have_any_region),
    cmocka_unit_test(s09_head_of_the_bucket_names_the_region),
    cmocka_unit_test(s09_busy_store_is_asked_for_the_region_again),
    cmocka_unit_test(f21_refusal_without_a_region_is_a_mismatch),
    cmocka_unit_test(f21_host_of_aws_is_built_by_us),
    cmocka_unit_test(f21_unknown_region_of_an_aws_reply_is_not_used),
    cmocka_unit_test(f25_expired_token_in_a_listing_is_renewed_and_it_goes_on),
    cmocka_unit_test(f25_every_code_for_an_expired_token_fetches_new_credentials),
    cmocka_unit_test(f25_second_expired_token_is_access_denied),
    cmocka_unit_test(f25_unchanged_credentials_are_not_retried),
    cmocka_unit_test(clock_region_and_token_are_each_corrected_once_in_one_request),
};

RR_TEST_MAIN(tests)
