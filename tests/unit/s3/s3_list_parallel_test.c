/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_bench.h"

#include "fakes/made_bucket.h"

#include "s3_list_xml.h"
#include "s3_memory_use.h"

#include <stdatomic.h>

/* A clock that goes on as often as it is read, slowly, and the requests of a store that refuses one by it. */
enum { REST_REFUSED_REQUEST = 10, REST_MS = 30000, REST_READS_A_MS = 16 };

struct rest {
    _Atomic int64_t reads;
    int64_t refused_ms;
    size_t early, late; /* requests behind the refused one: before REST_MS have passed, and later */
};

static int64_t rest_read(void *context)
{
    struct rest *rest = context;
    return atomic_fetch_add(&rest->reads, 1) / REST_READS_A_MS;
}

/* Whether this request is the one to refuse. */
static bool rest_refuses(struct rest *rest, size_t number)
{
    int64_t now_ms = atomic_load(&rest->reads) / REST_READS_A_MS;
    if (number == REST_REFUSED_REQUEST)
        rest->refused_ms = now_ms;
    else if (number > REST_REFUSED_REQUEST && now_ms < rest->refused_ms + REST_MS)
        rest->early++;
    else if (number > REST_REFUSED_REQUEST)
        rest->late++;
    return number == REST_REFUSED_REQUEST;
}

/* A made bucket as the scripted store serves it. */
struct shop {
    struct made_bucket made;
    struct fake_bucket bucket;
    struct fake_object *objects; /* owns */
    size_t throttled_of_8, fails_from;
    uint64_t throttled;
    const struct fake_reply *unanswered; /* NULL: none; else the reply to two of three requests, behind the first 8 */
    struct rest *rest;                   /* NULL: none */
};

static void shop_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    struct shop *shop = context;
    if (number > 8 && made_below(&shop->made, 8) < shop->throttled_of_8) {
        shop->throttled++;
        *reply = (struct fake_reply){ .status = 503, .body = S3_ERROR("SlowDown") };
    } else if (shop->unanswered != NULL && number >= 8 && number < 80 && number % 3 != 0) {
        *reply = *shop->unanswered;
    } else if (shop->rest != NULL && rest_refuses(shop->rest, number)) {
        *reply = (struct fake_reply){ .status = 503, .headers = "Retry-After: 30\r\n" };
    } else if (shop->fails_from > 0 && number >= shop->fails_from) {
        *reply = (struct fake_reply){ .status = 403, .body = S3_ERROR("AccessDenied") };
    } else {
        fake_bucket_answer(&shop->bucket, number, head, reply);
    }
}

static void shop_open(struct shop *shop, struct bench *bench)
{
    shop->objects = rr_alloc_array(shop->made.count, sizeof *shop->objects);
    for (size_t i = 0; i < shop->made.count; i++)
        shop->objects[i] = (struct fake_object){ shop->made.objects[i].key, "2026-01-31T23:59:00.000Z", i };
    shop->bucket.objects = shop->objects;
    shop->bucket.count = shop->made.count;
    bench_start(bench, shop_answer, shop);
    bench->request = (struct rr_s3_list_request){ .prefix = rr_slice_from(shop->made.prefix),
                                                  .base = strlen(shop->made.prefix),
                                                  .concurrency = 8 };
}

static void shop_close(struct shop *shop, struct bench *bench)
{
    bench_stop(bench);
    fake_bucket_done(&shop->bucket);
    rr_free(shop->objects);
    made_bucket_done(&shop->made);
}

/* Every key below the prefix was seen once. Returns how many they are. */
static size_t check_all_seen(const struct shop *shop, const struct bench *bench)
{
    size_t next = 0;
    for (size_t i = 0; i < shop->made.count; i++) {
        const char *key = shop->made.objects[i].key;
        if (strncmp(key, shop->made.prefix, strlen(shop->made.prefix)) != 0)
            continue;
        assert_in_range(next, 0, bench->seen_count - 1);
        assert_string_equal(bench->seen[next++], key);
    }
    assert_int_equal(next, bench->seen_count);
    assert_int_equal(bench->totals.objects, bench->seen_count);
    return next;
}

/* Lists random buckets as `odd` says. Returns how many listings started again. */
static size_t list_random(const struct shop *odd, uint64_t seeds, bool bounded)
{
    size_t restarts = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct shop shop = *odd;
        struct bench bench;
        made_bucket_random(&shop.made, seed, 300);
        shop.bucket.page_max = 1 + seed % 40;
        shop.bucket.encoding_last = seed % 2 == 0;
        shop_open(&shop, &bench);

        assert_ok(bench_list(&bench), bench.err);

        size_t keys = check_all_seen(&shop, &bench), pages = keys / shop.bucket.page_max + 1;
        if (bounded)
            assert_in_range(fake_store_requests(&bench.store), 1, 2 * pages + bench.request.concurrency);
        restarts += bench.restarts;
        shop_close(&shop, &bench);
    }
    return restarts;
}

static void s26_random_buckets_are_listed_whole_through_real_connections(void **state)
{
    (void)state;
    struct shop usual = { 0 };

    assert_int_equal(list_random(&usual, 40, true), 0);
}

static void s23_store_without_start_after_is_listed_by_tokens(void **state)
{
    (void)state;
    struct shop odd = { .bucket = { .ignores_start_after = true } };

    assert_in_range(list_random(&odd, 15, false), 10, 15);
}

static void s23_store_that_lists_only_behind_its_keys_is_listed_by_tokens(void **state)
{
    (void)state;
    struct shop odd = { .bucket = { .lists_behind_keys = true } };

    assert_in_range(list_random(&odd, 25, false), 5, 25);
}

static void s23_store_without_v2_that_lists_only_behind_its_keys_is_listed_by_markers(void **state)
{
    (void)state;
    struct shop odd = { .bucket = { .lists_behind_keys = true, .only_v1 = true } };

    assert_in_range(list_random(&odd, 25, false), 5, 25);
}

/* The text between two keys is refused as an argument that is wrong. */
static void refuses_invented(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    struct shop *shop = context;
    shop->bucket.lists_behind_keys = true;
    fake_bucket_answer(&shop->bucket, number, head, reply);
    if (shop->bucket.page.len == 0)
        *reply = (struct fake_reply){ .status = 400, .body = S3_ERROR("InvalidArgument") };
}

static void s23_store_that_refuses_texts_that_are_no_keys_is_listed_by_tokens(void **state)
{
    (void)state;
    struct shop shop = { 0 };
    struct bench bench;
    made_bucket_plain(&shop.made, "p/", MADE_HEX, 40, 20);
    shop.bucket.page_max = 20;
    shop_open(&shop, &bench);
    bench.store.answer = refuses_invented;

    assert_ok(bench_list(&bench), bench.err);

    (void)check_all_seen(&shop, &bench);
    assert_int_equal(bench.restarts, 1);
    shop_close(&shop, &bench);
}

static void s26_store_that_knows_no_v2_is_listed_by_markers(void **state)
{
    (void)state;
    struct shop odd = { .bucket = { .only_v1 = true } };

    assert_int_equal(list_random(&odd, 25, true), 0);
}

static void f14_throttled_listing_is_whole_in_the_end(void **state)
{
    (void)state;
    struct shop shop = { .throttled_of_8 = 2 };
    struct bench bench;
    made_bucket_plain(&shop.made, "p/", MADE_HEX, 40, 20);
    shop.bucket.page_max = 20;
    shop_open(&shop, &bench);

    assert_ok(bench_list(&bench), bench.err);

    (void)check_all_seen(&shop, &bench);
    assert_in_range(shop.throttled, 10, 1000);
    shop_close(&shop, &bench);
}

/* Most requests fail three times: they are sent again as long as others are answered. */
static void s26_requests_without_an_answer_start_again_while_others_are_answered(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 503 },
                                                 { .status = 503, .body = S3_ERROR("ServiceUnavailable") },
                                                 { .status = 500, .body = S3_ERROR("InternalError") },
                                                 { .status = 429 },
                                                 { .no_reply = true, .end = FAKE_RESET },
                                                 { .no_reply = true, .end = FAKE_HANG } };
    for (size_t i = 0; i < RR_COUNT(replies); i++) {
        struct shop shop = { .unanswered = &replies[i] };
        struct bench bench;
        made_bucket_plain(&shop.made, "p/", MADE_HEX, 40, 20);
        shop.bucket.page_max = 20;
        shop_open(&shop, &bench);
        bench.client.waits = (struct rr_s3_waits){ .first_byte_ms = 200, .idle_ms = 200 };
        bench.client.memory = rr_s3_memory_new(&rr_clock_system);

        assert_ok(bench_list(&bench), bench.err);

        (void)check_all_seen(&shop, &bench);
        assert_in_range(rr_s3_memory_width(bench.client.memory, &bench.endpoint), 1, 8);
        rr_s3_memory_free(bench.client.memory);
        shop_close(&shop, &bench);
    }
}

/* Answers one request after another: of many, the last ones wait for longer than the first byte may take. */
static void one_by_one(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    shop_answer(context, number, head, reply);
    rr_auto(stop) never;
    rr_stop_init(&never, NULL);
    (void)rr_stop_wait(&never, rr_clock_monotonic_ms(&rr_clock_system) + 100);
}

static void s26_store_that_answers_one_request_after_another_is_listed(void **state)
{
    (void)state;
    struct shop shop = { 0 };
    struct bench bench;
    made_bucket_plain(&shop.made, "p/", MADE_HEX, 20, 20);
    shop.bucket.page_max = 30;
    shop_open(&shop, &bench);
    bench.store.answer = one_by_one;
    bench.request.concurrency = 14;
    bench.client.waits = (struct rr_s3_waits){ .first_byte_ms = 800 };

    assert_ok(bench_list(&bench), bench.err);

    (void)check_all_seen(&shop, &bench);
    bool has_waited = false;
    for (size_t i = 0; i < bench.code_count && i < RR_COUNT(bench.codes); i++)
        has_waited = has_waited || bench.codes[i] == 0;
    assert_true(has_waited || bench.retries > 0);
    shop_close(&shop, &bench);
}

static void s23_store_out_of_order_is_listed_by_tokens_from_the_start_the_next_time(void **state)
{
    (void)state;
    struct shop shop = { .bucket = { .lists_behind_keys = true } };
    struct bench bench;
    made_bucket_plain(&shop.made, "p/", MADE_HEX, 40, 20);
    shop.bucket.page_max = 20;
    shop_open(&shop, &bench);
    bench.client.memory = rr_s3_memory_new(&rr_clock_system);
    /* One request at a time: with several, pages may contradict each other first, which is not remembered. */
    rr_s3_memory_set_width(bench.client.memory, &bench.endpoint, 1);

    assert_ok(bench_list(&bench), bench.err);
    assert_int_equal(bench.restarts, 1);
    size_t before = fake_store_requests(&bench.store);
    bench_forget(&bench);
    assert_ok(bench_list(&bench), bench.err);

    size_t keys = check_all_seen(&shop, &bench);
    assert_int_equal(bench.restarts, 1);
    assert_int_equal(fake_store_requests(&bench.store) - before, (keys + 19) / 20);
    rr_s3_memory_free(bench.client.memory);
    shop_close(&shop, &bench);
}

static void s26_retry_after_of_the_store_is_waited_for(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = {
        { .status = 503, .headers = "Retry-After: 1\r\n" },
        { .body = WHOLE },
    };
    struct fake_script script = { replies, RR_COUNT(replies) };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    int64_t before_ms = rr_clock_monotonic_ms(&rr_clock_system);

    assert_ok(bench_list(&bench), bench.err);

    assert_true(rr_clock_monotonic_ms(&rr_clock_system) - before_ms >= 1000);
    bench_stop(&bench);
}

static void s03_retry_after_of_one_request_holds_for_the_whole_listing(void **state)
{
    (void)state;
    /* In the past, so that the listing waits for this clock only. */
    struct rest rest = { .reads = REST_READS_A_MS * (rr_clock_monotonic_ms(&rr_clock_system) - 60000) };
    struct rr_clock clock = { &rest, rest_read, rr_clock_system.unix_ms };
    struct shop shop = { .rest = &rest };
    struct bench bench;
    made_bucket_plain(&shop.made, "p/", MADE_HEX, 40, 20);
    shop.bucket.page_max = 20;
    shop_open(&shop, &bench);
    bench.client.clock = &clock;

    assert_ok(bench_list(&bench), bench.err);

    (void)check_all_seen(&shop, &bench);
    assert_in_range(rest.early, 0, bench.request.concurrency - 1); /* under way when the refusal came */
    assert_in_range(rest.late, 30, 2 * 80 + bench.request.concurrency);
    shop_close(&shop, &bench);
}

static void s26_first_error_ends_all_and_nothing_is_left(void **state)
{
    (void)state;
    for (size_t from = 1; from < 12; from++) {
        struct shop shop = { .fails_from = from };
        struct bench bench;
        made_bucket_plain(&shop.made, "p/", MADE_HEX, 40, 20);
        shop.bucket.page_max = 20;
        shop_open(&shop, &bench);

        assert_false(bench_list(&bench));

        assert_int_equal(bench.err.code, RR_E_DENIED);
        assert_int_equal(bench.pages_open, 0);
        assert_in_range(fake_store_requests(&bench.store), from + 1, from + 2 * bench.request.concurrency);
        shop_close(&shop, &bench);
    }
}

/* Of a listing of several pages, one page is cut at every offset, in turn: each time, then once. */
struct cutting {
    struct shop shop;
    size_t cut, victim, times, from, done;
};

static void cutting_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    struct cutting *cutting = context;
    fake_bucket_answer(&cutting->shop.bucket, number, head, reply);
    bool is_victim = strstr(head, "start-after=p%2Fc") != NULL;
    if (!is_victim || cutting->done >= cutting->times)
        return;
    cutting->done++;
    reply->framing = cutting->cut % 3 == 0 && cutting->times > 1 ? FAKE_UNTIL_CLOSE
                     : cutting->cut % 3 == 1                     ? FAKE_LENGTH
                                                                 : FAKE_CHUNKED;
    reply->has_cut = true;
    reply->cut = cutting->cut;
    reply->end = FAKE_CLOSE;
}

static void check_cuts(size_t times, bool listed)
{
    static const struct fake_object objects[] = {
        { "p/a", "2026-01-31T23:59:00Z", 1 }, { "p/b", "2026-01-31T23:59:00Z", 1 },
        { "p/c", "2026-01-31T23:59:00Z", 1 }, { "p/d", "2026-01-31T23:59:00Z", 1 },
        { "p/e", "2026-01-31T23:59:00Z", 1 },
    };
    struct cutting cutting = { .times = times };
    cutting.shop.bucket = (struct fake_bucket){ .objects = objects, .count = RR_COUNT(objects), .page_max = 3 };
    struct bench bench;
    bench_start(&bench, cutting_answer, &cutting);
    bench.request.concurrency = 1;
    size_t body = 2 * 120 + 150; /* about the page of two keys: past its end nothing is cut off */
    for (cutting.cut = 0; cutting.cut < body; cutting.cut++) {
        cutting.done = 0;

        bool whole = bench_list(&bench);

        assert_true(cutting.done > 0);
        assert_int_equal(whole, listed);
        assert_int_equal(bench.seen_count, listed ? RR_COUNT(objects) : 0);
        bench_forget(&bench);
    }
    bench_stop(&bench);
    fake_bucket_done(&cutting.shop.bucket);
}

static void f23_later_page_cut_anywhere_is_never_a_listing(void **state)
{
    (void)state;
    check_cuts(SIZE_MAX, false);
}

static void f23_later_page_cut_once_is_requested_again(void **state)
{
    (void)state;
    check_cuts(1, true);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s26_random_buckets_are_listed_whole_through_real_connections),
    cmocka_unit_test(s23_store_without_start_after_is_listed_by_tokens),
    cmocka_unit_test(s23_store_that_lists_only_behind_its_keys_is_listed_by_tokens),
    cmocka_unit_test(s23_store_without_v2_that_lists_only_behind_its_keys_is_listed_by_markers),
    cmocka_unit_test(s23_store_that_refuses_texts_that_are_no_keys_is_listed_by_tokens),
    cmocka_unit_test(s26_store_that_knows_no_v2_is_listed_by_markers),
    cmocka_unit_test(f14_throttled_listing_is_whole_in_the_end),
    cmocka_unit_test(s26_requests_without_an_answer_start_again_while_others_are_answered),
    cmocka_unit_test(s26_store_that_answers_one_request_after_another_is_listed),
    cmocka_unit_test(s23_store_out_of_order_is_listed_by_tokens_from_the_start_the_next_time),
    cmocka_unit_test(s26_retry_after_of_the_store_is_waited_for),
    cmocka_unit_test(s03_retry_after_of_one_request_holds_for_the_whole_listing),
    cmocka_unit_test(s26_first_error_ends_all_and_nothing_is_left),
    cmocka_unit_test(f23_later_page_cut_anywhere_is_never_a_listing),
    cmocka_unit_test(f23_later_page_cut_once_is_requested_again),
};

RR_TEST_MAIN(tests)
