/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_bench.h"

static void s21_one_page_is_one_request(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { "p/a", "2026-01-31T23:59:00.000Z", 5 },
                                                  { "q/b", "2026-01-31T23:59:00.000Z", 6 } };
    struct fake_bucket bucket = { .objects = objects, .count = RR_COUNT(objects) };
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
    struct fake_bucket bucket = { .objects = objects, .count = KEYS };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);

    assert_ok(bench_list(&bench), bench.err);

    size_t requests = fake_store_requests(&bench.store);
    assert_in_range(requests, 3, 2 * 3 + bench.request.concurrency);
    assert_int_equal(bench.totals.pages, requests);
    assert_int_equal(bench.totals.objects, KEYS);
    assert_int_equal(bench.seen_count, KEYS);
    assert_int_equal(bench.pages_told, requests);
    for (size_t i = 0; i < KEYS; i++)
        assert_string_equal(bench.seen[i], keys[i]);
    assert_non_null(strstr(fake_store_head(&bench.store, 1), "prefix=p%2F&start-after=p%2F0999 "));
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void f45_odd_keys_arrive_as_they_are(void **state)
{
    (void)state;
    static char long_key[1025] = "p/";
    memset(long_key + 2, '%', 1022);
    static struct fake_object objects[] = {
        { long_key, "2026-01-31T23:59:00Z", 1 },
        { "p/../../etc/passwd", "2026-01-31T23:59:00Z", 1 },
        { "p/a\tb\nc\r", "2026-01-31T23:59:00Z", 1 },
        { "p/a b", "2026-01-31T23:59:00Z", 1 },
        { "p/a%20b", "2026-01-31T23:59:00Z", 1 },
        { "p/a+b&c<d>\"'", "2026-01-31T23:59:00Z", 1 },
        { "p/\xf0\x9f\x98\x80\xe2\x80\xae", "2026-01-31T23:59:00Z", 1 },
        { "p/\xff\xfe", "2026-01-31T23:59:00Z", 1 },
    };
    /* In one page, which is held, and in several, which stream. */
    for (size_t page_max = 2; page_max < 12; page_max += 3) {
        struct fake_bucket bucket = { .objects = objects, .count = RR_COUNT(objects), .page_max = page_max };
        bucket.encoding_last = page_max % 2 == 0;
        struct bench bench;
        bench_start(&bench, fake_bucket_answer, &bucket);

        assert_ok(bench_list(&bench), bench.err);

        assert_int_equal(bench.seen_count, RR_COUNT(objects));
        for (size_t i = 0; i < RR_COUNT(objects); i++)
            assert_string_equal(bench.seen[i], objects[i].key);
        assert_int_equal(bench.restarts, 0);
        bench_stop(&bench);
        fake_bucket_done(&bucket);
    }
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

static void f23_page_with_a_closed_connection_is_requested_again(void **state)
{
    (void)state;
    check_cut_everywhere(FAKE_LENGTH, 1);
}

/* Nothing but the XML itself says here that something is missing; an empty body says nothing at all. */
static void f23_page_cut_where_only_the_xml_shows_it_is_never_a_listing(void **state)
{
    (void)state;
    check_cut_everywhere(FAKE_UNTIL_CLOSE, 3);
}

static void f23_page_cut_where_only_the_xml_shows_it_is_requested_again(void **state)
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

static void f24_missing_token_twice_is_a_loop(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = PAGE("<IsTruncated>true</IsTruncated>" CONTENTS("p/a")) } };
    check_script(replies, 1, RR_E_LISTING_LOOP, 2);
}

static void f24_empty_token_is_a_loop(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = PAGE(MORE("") CONTENTS("p/a")) } };
    check_script(replies, 1, RR_E_LISTING_LOOP, 2);
}

static void f24_missing_token_on_a_later_page_is_a_loop(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = PAGE(MORE("t")) },
                                                 { .body = PAGE("<IsTruncated>true</IsTruncated>" CONTENTS("p/b")) } };
    check_script(replies, 2, RR_E_LISTING_LOOP, 3);
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

/* The page names what comes next as ListObjects does, and lacks <Marker>, which tells of ListObjects otherwise. */
static void s23_page_with_next_marker_and_without_marker_is_followed(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = {
        { .body = PAGE("<IsTruncated>true</IsTruncated><NextMarker>p/a</NextMarker>" CONTENTS("p/a")) },
        { .body = PAGE(LAST CONTENTS("p/b")) },
    };
    struct fake_script script = { replies, RR_COUNT(replies) };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);

    assert_ok(bench_list(&bench), bench.err);

    assert_int_equal(bench.seen_count, 2);
    assert_non_null(strstr(fake_store_head(&bench.store, 1), "marker=p%2Fa"));
    assert_null(strstr(fake_store_head(&bench.store, 1), "list-type"));
    bench_stop(&bench);
}

static void f24_page_whole_at_the_second_request_is_a_listing(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = PAGE("<IsTruncated>true</IsTruncated>" CONTENTS("p/a")) },
                                                 { .body = WHOLE } };
    check_script(replies, 2, RR_E_OK, 2);
}

/* Empty pages with tokens from a store with many deleted versions. `tokens`: how many different ones; `pages`: how many
 * such pages come before the last. */
struct emptiness {
    size_t tokens, pages;
    char body[256];
};

static void empty_pages(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    (void)head;
    struct emptiness *emptiness = context;
    size_t token = number < emptiness->tokens ? number : emptiness->tokens - 1 - number % 3;
    (void)snprintf(emptiness->body, sizeof emptiness->body, PAGE(MORE("t%zu")), token);
    *reply = (struct fake_reply){ .body = number < emptiness->pages ? emptiness->body : WHOLE };
}

static void check_emptiness(size_t tokens, size_t pages, int64_t patience_ms, enum rr_code code)
{
    struct emptiness emptiness = { .tokens = tokens, .pages = pages };
    struct bench bench;
    bench_start(&bench, empty_pages, &emptiness);
    bench.deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + patience_ms;

    bool listed = bench_list(&bench);

    assert_int_equal(listed, code == RR_E_OK);
    if (!listed)
        assert_int_equal(bench.err.code, code);
    assert_int_equal(bench.seen_count, listed ? 2 : 0);
    bench_stop(&bench);
}

static void f24_new_tokens_of_empty_pages_are_followed(void **state)
{
    (void)state;
    check_emptiness(1000, 300, PATIENCE_MS, RR_E_OK);
}

static void f24_circle_of_tokens_is_a_loop(void **state)
{
    (void)state;
    check_emptiness(50, SIZE_MAX, PATIENCE_MS, RR_E_LISTING_LOOP);
}

static void f24_new_tokens_without_end_end_at_the_deadline(void **state)
{
    (void)state;
    check_emptiness(SIZE_MAX, SIZE_MAX, 200, RR_E_TIMEOUT);
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

/* Two pages that go backwards, whatever is asked but a token. */
static void backwards(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    (void)context, (void)number;
    bool second = strstr(head, "continuation-token=1") != NULL || strstr(head, "start-after") != NULL;
    reply->body = second ? PAGE(LAST CONTENTS("p/a")) : PAGE(MORE("1") CONTENTS("p/b"));
}

static void s23_pages_of_other_stores_may_come_in_any_order(void **state)
{
    (void)state;
    struct bench bench;
    bench_start(&bench, backwards, NULL);

    assert_ok(bench_list(&bench), bench.err);

    assert_int_equal(bench.seen_count, 2);
    assert_string_equal(bench.seen[0], "p/a");
    assert_string_equal(bench.seen[1], "p/b");
    assert_int_equal(bench.restarts, 1);
    bench_stop(&bench);
}

static void f22_error_with_status_200_is_retried(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = S3_ERROR("InternalError") },
                                                 { .body = S3_ERROR("SlowDown") },
                                                 { .body = WHOLE } };
    check_script(replies, 3, RR_E_OK, 3);
}

static void f22_endless_error_with_status_200_is_a_failure(void **state)
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

static void f22_reply_that_is_not_s3_is_a_bad_reply(void **state)
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
    static const char one[] = "<Other>an element that no listing has</Other>";
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s21_one_page_is_one_request),
    cmocka_unit_test(session_token_is_sent_and_signed),
    cmocka_unit_test(s23_three_pages_give_2500_keys),
    cmocka_unit_test(f45_odd_keys_arrive_as_they_are),
    cmocka_unit_test(f23_body_shorter_than_its_length_is_never_a_listing),
    cmocka_unit_test(f23_chunked_body_cut_short_is_never_a_listing),
    cmocka_unit_test(f23_page_with_a_closed_connection_is_requested_again),
    cmocka_unit_test(f23_page_cut_where_only_the_xml_shows_it_is_never_a_listing),
    cmocka_unit_test(f23_page_cut_where_only_the_xml_shows_it_is_requested_again),
    cmocka_unit_test(page_arrives_byte_by_byte),
    cmocka_unit_test(f24_missing_token_twice_is_a_loop),
    cmocka_unit_test(f24_empty_token_is_a_loop),
    cmocka_unit_test(f24_missing_token_on_a_later_page_is_a_loop),
    cmocka_unit_test(s23_same_token_is_a_loop),
    cmocka_unit_test(f24_page_whole_at_the_second_request_is_a_listing),
    cmocka_unit_test(s23_page_with_next_marker_and_without_marker_is_followed),
    cmocka_unit_test(f24_new_tokens_of_empty_pages_are_followed),
    cmocka_unit_test(f24_circle_of_tokens_is_a_loop),
    cmocka_unit_test(f24_new_tokens_without_end_end_at_the_deadline),
    cmocka_unit_test(f44_endless_listing_ends_at_the_deadline),
    cmocka_unit_test(s23_aws_listing_that_goes_back_is_a_loop),
    cmocka_unit_test(s23_pages_of_other_stores_may_come_in_any_order),
    cmocka_unit_test(f22_error_with_status_200_is_retried),
    cmocka_unit_test(f22_endless_error_with_status_200_is_a_failure),
    cmocka_unit_test(s06_other_error_with_status_200_is_final),
    cmocka_unit_test(f22_reply_that_is_not_s3_is_a_bad_reply),
    cmocka_unit_test(f46_compressed_reply_is_a_bad_reply),
    cmocka_unit_test(identity_encoding_is_accepted),
    cmocka_unit_test(s25_page_over_the_cap_is_a_bad_reply),
};

RR_TEST_MAIN(tests)
