/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/s3/s3_peek.h>

#include "s3_bench.h"
#include "s3_budget.h"

#define NOON "2026-01-31T12:00:00.000Z"

static const struct fake_object letters[] = {
    { "p/a", NOON, 1 }, { "p/b", NOON, 2 }, { "p/c", NOON, 3 }, { "p/d", NOON, 4 }, { "q/a", NOON, 5 },
};

static const struct rr_s3_peek_sink sink = { bench_page_begin, bench_page_object, bench_page_end };

static struct rr_s3_peek peek_of(struct bench *bench, struct rr_slice prefix, struct rr_slice after, int keys_max)
{
    return (struct rr_s3_peek){
        .prefix = prefix, .start_after = rr_s3_named(after), .keys_max = keys_max, .sink = &sink, .context = bench
    };
}

static bool peek(struct bench *bench, struct rr_s3_peek *peeks, size_t count)
{
    bench->err = (struct rr_error){ 0 };
    bool good = rr_s3_peek(&bench->client, peeks, count, bench->deadline_ms, &bench->stop, &bench->err);
    assert_int_equal(bench->pages_open, 0);
    return good;
}

static void peek_gives_the_first_keys_after_a_place(void **state)
{
    (void)state;
    struct fake_bucket bucket = { .objects = letters, .count = RR_COUNT(letters) };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    struct rr_s3_peek one = peek_of(&bench, RR_LIT("p/"), RR_LIT("p/a"), 2);

    assert_ok(peek(&bench, &one, 1), bench.err);

    assert_int_equal(bench.seen_count, 2);
    assert_string_equal(bench.seen[0], "p/b");
    assert_string_equal(bench.seen[1], "p/c");
    assert_true(one.more);
    assert_int_equal(one.keys, 2);
    assert_int_equal(one.pages, 1);
    assert_int_equal(fake_store_requests(&bench.store), 1);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void peek_requests_pages_until_it_has_enough_keys(void **state)
{
    (void)state;
    struct fake_bucket bucket = { .objects = letters, .count = RR_COUNT(letters), .page_max = 1 };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    struct rr_s3_peek some = peek_of(&bench, RR_LIT("p/"), RR_LIT(""), 3);
    struct rr_s3_peek all = peek_of(&bench, RR_LIT("p/"), RR_LIT("p/b"), 10);

    assert_ok(peek(&bench, &some, 1), bench.err);
    assert_int_equal(some.keys, 3);
    assert_int_equal(some.pages, 3);
    assert_true(some.more);
    assert_ok(peek(&bench, &all, 1), bench.err);

    assert_int_equal(all.keys, 2);
    assert_false(all.more);
    assert_string_equal(bench.seen[4], "p/d");
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void peek_many_concurrently_each_has_its_own_keys(void **state)
{
    (void)state;
    enum { PEEKS = 3 * RR_S3_PEEKS_AT_ONCE };
    struct fake_bucket bucket = { .objects = letters, .count = RR_COUNT(letters) };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    struct rr_http_loop_options options = { .name = "test-few", .clock = &rr_clock_system, .connections_max = 8 };
    rr_http_loop_free(bench.loop);
    bench.client.loop = bench.loop = rr_http_loop_new(&options);
    static struct rr_s3_peek peeks[PEEKS];
    for (size_t i = 0; i < PEEKS; i++)
        peeks[i] = peek_of(&bench, i % 2 == 0 ? RR_LIT("p/") : RR_LIT("q/"), RR_LIT(""), 1 + (int)(i % 5));

    assert_ok(peek(&bench, peeks, PEEKS), bench.err);

    for (size_t i = 0; i < PEEKS; i++) {
        int there = i % 2 == 0 ? 4 : 1, asked = 1 + (int)(i % 5);
        assert_int_equal(peeks[i].keys, asked < there ? asked : there);
        assert_int_equal(peeks[i].more, asked < there);
    }
    assert_int_equal(fake_store_requests(&bench.store), PEEKS);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void s25_peek_follows_empty_pages_as_long_as_tokens_are_new(void **state)
{
    (void)state;
    static const struct fake_reply found[] = { { .body = PAGE(MORE("t1")) },
                                               { .body = PAGE(MORE("t2")) },
                                               { .body = PAGE(LAST CONTENTS("p/z")) } };
    static const struct fake_reply circle[] = { { .body = PAGE(MORE("t1")) }, { .body = PAGE(MORE("t2")) },
                                                { .body = PAGE(MORE("t3")) }, { .body = PAGE(MORE("t2")) },
                                                { .body = PAGE(MORE("t3")) }, { .body = PAGE(MORE("t2")) },
                                                { .body = PAGE(MORE("t3")) }, { .body = PAGE(LAST CONTENTS("p/z")) } };
    struct fake_script scripts[] = { { found, RR_COUNT(found) }, { circle, RR_COUNT(circle) } };
    for (size_t i = 0; i < RR_COUNT(scripts); i++) {
        struct bench bench;
        bench_start(&bench, fake_script_answer, &scripts[i]);
        struct rr_s3_peek one = peek_of(&bench, RR_LIT("p/"), RR_LIT("p/y"), 1);

        bool good = peek(&bench, &one, 1);

        assert_int_equal(good, i == 0);
        if (i == 0) {
            assert_string_equal(bench.seen[0], "p/z");
            assert_non_null(strstr(fake_store_head(&bench.store, 2), "continuation-token=t2"));
        } else {
            assert_int_equal(bench.err.code, RR_E_LISTING_LOOP);
        }
        bench_stop(&bench);
    }
}

static void s23_peek_at_a_store_that_ignores_start_after_fails(void **state)
{
    (void)state;
    struct fake_bucket bucket = { .objects = letters, .count = RR_COUNT(letters), .ignores_start_after = true };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    struct rr_s3_peek one = peek_of(&bench, RR_LIT("p/"), RR_LIT("p/b"), 10);

    assert_false(peek(&bench, &one, 1));

    assert_int_equal(bench.err.code, RR_E_LISTING_LOOP);
    assert_int_equal(bench.seen_count, 0);
    assert_int_equal(fake_store_requests(&bench.store), 1);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

/* The store lists only behind its own keys: "p/bb" is none. */
static void s23_peek_behind_an_invented_text_does_not_believe_an_empty_page(void **state)
{
    (void)state;
    for (int is_odd = 0; is_odd < 2; is_odd++) {
        struct fake_bucket bucket = { .objects = letters, .count = RR_COUNT(letters), .lists_behind_keys = is_odd };
        struct bench bench;
        bench_start(&bench, fake_bucket_answer, &bucket);
        struct rr_s3_peek one = peek_of(&bench, RR_LIT("p/"), RR_LIT("p/bb"), 1);
        one.start_after = rr_s3_invented(RR_LIT("p/bb"));

        assert_ok(peek(&bench, &one, 1), bench.err);

        assert_int_equal(bench.seen_count, 1);
        assert_string_equal(bench.seen[0], "p/c");
        assert_true(one.more);
        assert_int_equal(one.pages, is_odd ? 2 : 1);
        bench_stop(&bench);
        fake_bucket_done(&bucket);
    }
}

static void s26_peek_at_a_store_that_knows_no_v2_goes_by_markers(void **state)
{
    (void)state;
    struct fake_bucket bucket = { .objects = letters, .count = RR_COUNT(letters), .only_v1 = true };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    struct rr_s3_peek one = peek_of(&bench, RR_LIT("p/"), RR_LIT("p/b"), 10);

    assert_ok(peek(&bench, &one, 1), bench.err);

    assert_int_equal(bench.seen_count, 2);
    assert_string_equal(bench.seen[0], "p/c");
    assert_string_equal(bench.seen[1], "p/d");
    assert_non_null(strstr(fake_store_head(&bench.store, 1), "marker=p%2Fb"));
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void peek_retries_transient_errors(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 500, .body = S3_ERROR("InternalError") },
                                                 { .body = WHOLE } };
    struct fake_script script = { replies, RR_COUNT(replies) };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    struct rr_s3_peek one = peek_of(&bench, RR_LIT("p/"), RR_LIT(""), 10);

    assert_ok(peek(&bench, &one, 1), bench.err);

    assert_int_equal(bench.seen_count, 2);
    assert_int_equal(fake_store_requests(&bench.store), 2);
    bench_stop(&bench);
}

static void peek_first_failure_ends_all(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 403, .body = S3_ERROR("AccessDenied") } };
    struct fake_script script = { replies, RR_COUNT(replies) };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    struct rr_s3_peek peeks[5];
    for (size_t i = 0; i < RR_COUNT(peeks); i++)
        peeks[i] = peek_of(&bench, RR_LIT("p/"), RR_LIT(""), 1);

    assert_false(peek(&bench, peeks, RR_COUNT(peeks)));

    assert_int_equal(bench.err.code, RR_E_DENIED);
    assert_int_equal(bench.seen_count, 0);
    bench_stop(&bench);
}

static void peek_that_is_stopped_ends(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .no_reply = true, .end = FAKE_HANG } };
    struct fake_script script = { replies, RR_COUNT(replies) };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    struct rr_s3_peek one = peek_of(&bench, RR_LIT("p/"), RR_LIT(""), 1);
    rr_stop_set(&bench.stop);

    assert_false(peek(&bench, &one, 1));

    assert_int_equal(bench.err.code, RR_E_CANCELLED);
    bench_stop(&bench);
}

static size_t budget_taken_most;

static void on_object_with_budget(void *page, const struct rr_s3_object *object)
{
    budget_taken_most = rr_s3_budget_taken() > budget_taken_most ? rr_s3_budget_taken() : budget_taken_most;
    bench_page_object(page, object);
}

/* Appends a page of 1,000 keys of nearly 1,024 bytes. */
static void add_worst_page(struct rr_buf *body)
{
    char key[1024], line[sizeof key + 256];
    memset(key, 'k', sizeof key);
    rr_buf_add(body, RR_LIT("<ListBucketResult>" LAST));
    for (int i = 0; i < RR_S3_PAGE_KEYS; i++) {
        (void)snprintf(line, sizeof line, CONTENTS("p/%.1000s%06d"), key, i);
        rr_buf_add(body, rr_slice_from(line));
    }
    rr_buf_add(body, RR_LIT("</ListBucketResult>"));
}

static void s25_peek_streams_pages_without_storing_them(void **state)
{
    (void)state;
    rr_auto(buf) body = RR_BUF(RR_S3_PAGE_MAX_BYTES);
    add_worst_page(&body);
    struct fake_reply reply = { .body = body.ptr, .body_len = body.len, .piece = 16 * 1024 };
    struct fake_script script = { &reply, 1 };
    struct rr_s3_peek_sink counting = { bench_page_begin, on_object_with_budget, bench_page_end };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    struct rr_s3_peek one = peek_of(&bench, RR_LIT("p/"), RR_LIT(""), RR_S3_PAGE_KEYS);
    one.sink = &counting;
    budget_taken_most = 0;

    assert_ok(peek(&bench, &one, 1), bench.err);

    assert_int_equal(one.keys, RR_S3_PAGE_KEYS);
    assert_int_equal(budget_taken_most, 0);
    bench_stop(&bench);
}

static void f23_peek_drops_the_objects_of_a_page_that_was_cut(void **state)
{
    (void)state;
    static const char first[] = PAGE(LAST CONTENTS("p/a") CONTENTS("p/b"));
    static const struct fake_reply replies[] = {
        { .body = first, .has_cut = true, .cut = sizeof first - 60, .end = FAKE_CLOSE },
        { .body = PAGE(LAST CONTENTS("p/c")) },
    };
    struct fake_script script = { replies, RR_COUNT(replies) };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    struct rr_s3_peek one = peek_of(&bench, RR_LIT("p/"), RR_LIT(""), 10);

    assert_ok(peek(&bench, &one, 1), bench.err);

    assert_int_equal(one.keys, 1);
    assert_int_equal(bench.seen_count, 1);
    assert_string_equal(bench.seen[0], "p/c");
    bench_stop(&bench);
}

/* EncodingType may be missing, or follow the keys. */
static void s22_peek_reads_keys_as_the_page_says_that_they_are_encoded(void **state)
{
    (void)state;
    static const struct {
        const char *body, *key;
        size_t requests;
    } cases[] = {
        { PAGE(LAST CONTENTS("p/100%25+x") CONTENTS("p/b")), "p/100% x", 1 },
        { PAGE("<IsTruncated>false</IsTruncated>" CONTENTS("p/100%25+x")
                   CONTENTS("p/b") "<EncodingType>url</EncodingType>"),
          "p/100% x", 1 },
        { PAGE("<IsTruncated>false</IsTruncated>" CONTENTS("p/100%") CONTENTS("p/b+b")), "p/100%", 2 },
        { PAGE("<IsTruncated>false</IsTruncated>" CONTENTS("p/a+a") CONTENTS("p/b")), "p/a+a", 2 },
        { PAGE("<IsTruncated>false</IsTruncated>" CONTENTS("p/a") CONTENTS("p/b")), "p/a", 1 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct fake_reply reply = { .body = cases[i].body };
        struct fake_script script = { &reply, 1 };
        struct bench bench;
        bench_start(&bench, fake_script_answer, &script);
        struct rr_s3_peek one = peek_of(&bench, RR_LIT("p/"), RR_LIT(""), 10);

        assert_ok(peek(&bench, &one, 1), bench.err);

        assert_int_equal(bench.seen_count, 2);
        assert_string_equal(bench.seen[0], cases[i].key);
        assert_int_equal(fake_store_requests(&bench.store), cases[i].requests);
        bench_stop(&bench);
    }
}

static void s22_peek_fails_at_a_store_that_changes_the_encoding(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = {
        { .body = PAGE("<IsTruncated>false</IsTruncated>" CONTENTS("p/100%")) },
        { .body = PAGE(LAST CONTENTS("p/100%25")) },
        { .body = PAGE("<IsTruncated>false</IsTruncated>" CONTENTS("p/100%")) },
    };
    struct fake_script script = { replies, RR_COUNT(replies) };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    struct rr_s3_peek one = peek_of(&bench, RR_LIT("p/"), RR_LIT(""), 10);

    assert_false(peek(&bench, &one, 1));

    assert_int_equal(bench.err.code, RR_E_BAD_REPLY);
    assert_int_equal(fake_store_requests(&bench.store), 2);
    assert_int_equal(bench.seen_count, 0);
    bench_stop(&bench);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s25_peek_streams_pages_without_storing_them),
    cmocka_unit_test(f23_peek_drops_the_objects_of_a_page_that_was_cut),
    cmocka_unit_test(s22_peek_reads_keys_as_the_page_says_that_they_are_encoded),
    cmocka_unit_test(s22_peek_fails_at_a_store_that_changes_the_encoding),
    cmocka_unit_test(peek_gives_the_first_keys_after_a_place),
    cmocka_unit_test(peek_requests_pages_until_it_has_enough_keys),
    cmocka_unit_test(peek_many_concurrently_each_has_its_own_keys),
    cmocka_unit_test(s25_peek_follows_empty_pages_as_long_as_tokens_are_new),
    cmocka_unit_test(s23_peek_behind_an_invented_text_does_not_believe_an_empty_page),
    cmocka_unit_test(s23_peek_at_a_store_that_ignores_start_after_fails),
    cmocka_unit_test(s26_peek_at_a_store_that_knows_no_v2_goes_by_markers),
    cmocka_unit_test(peek_retries_transient_errors),
    cmocka_unit_test(peek_first_failure_ends_all),
    cmocka_unit_test(peek_that_is_stopped_ends),
};

RR_TEST_MAIN(tests)
