/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/discovery/discovery_result.h>
#include <redisrestore/discovery/discovery_share.h>

#include "discovery_bench.h"

enum { ASKERS_MAX = 12, OUTPUT_MAX = 64 * 1024 };

/* Askers that wait in line for one listing, on a fixed clock. */
struct line {
    struct bench bench;
    struct fake_bucket bucket;
    struct rr_discovery_share *share;
    int called[ASKERS_MAX];
    bool open; /* others are in line */
};

static int64_t standing_ms(void *context)
{
    (void)context;
    return 1000;
}

static const struct rr_clock standing = { .monotonic_ms = standing_ms, .unix_ms = standing_ms };

static void on_ready(void *context, struct rr_slice key, bool last)
{
    (void)last;
    struct line *line = context;
    line->called[key.ptr[0] - 'a']++;
}

static bool others_come(void *context, struct rr_slice key)
{
    (void)key;
    return ((struct line *)context)->open;
}

static void line_start(struct line *line, const struct fake_object *objects, size_t count)
{
    *line = (struct line){ .bucket = { .objects = objects, .count = count }, .open = true };
    bench_start(&line->bench, fake_bucket_answer, &line->bucket);
    line->bench.context.on_progress = NULL;
    struct rr_discovery_share_options options = { .clock = &standing,
                                                  .random = &rr_random_system,
                                                  .context = line,
                                                  .on_ready = on_ready,
                                                  .others_come = others_come };
    line->share = rr_discovery_share_new(&options);
}

static void line_end(struct line *line)
{
    rr_discovery_share_free(line->share);
    bench_stop(&line->bench);
    fake_bucket_done(&line->bucket);
}

static struct rr_discovery_shared *ask_as(struct line *line, int number, const struct rr_discovery_request *request,
                                          const char *secret)
{
    char key[2] = { (char)('a' + number), '\0' };
    struct rr_slice identity[] = { RR_LIT("AKID"), rr_slice_from(secret) };
    struct rr_discovery_asker asker = {
        .key = rr_slice_from(key), .question = RR_LIT("q"), .identity = identity, .identity_count = RR_COUNT(identity)
    };
    int64_t asked_ms;
    rr_discovery_share_prepare(line->share, &asker, request);
    return rr_discovery_share_ask(line->share, &asker, &line->bench.context, request, &line->bench.stop, &asked_ms);
}

/* Returns whether two askers with these requests wait for one listing: only the first asker of a listing is called. */
static bool they_share(const struct rr_discovery_request *one, const struct rr_discovery_request *other,
                       const char *other_secret)
{
    struct line line;
    line_start(&line, NULL, 0);
    assert_null(ask_as(&line, 0, one, "secret"));
    assert_int_equal(line.called[0], 1);
    assert_null(ask_as(&line, 1, other, other_secret));
    bool share = line.called[1] == 0;
    line_end(&line);
    return share;
}

static void s30_whatever_a_listing_depends_on_keeps_listings_apart(void **state)
{
    (void)state;
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, NULL);
    rr_auto(secret) key = { 0 }, other_key = { 0 };
    rr_secret_set(&key, RR_LIT("01234567890123456789012345678901"));
    rr_secret_set(&other_key, RR_LIT("01234567890123456789012345678902"));
    const struct rr_http_tls trusts[] = { { .ca_pem = RR_LIT("ca") },
                                          { .client_cert_pem = RR_LIT("certificate") },
                                          { .client_key_pem = RR_LIT("key") },
                                          { .server_name = "other.example" },
                                          { .insecure = true } };
    const struct rr_http_address_policy addresses = { 0 };
    struct rr_credentials_provider provider = bench.provider;
    provider.source = "Other";
    struct rr_discovery_request others[20];
    size_t count = 0;
    for (size_t i = 0; i < RR_COUNT(others); i++)
        others[i] = bench.request;
    others[count++].location.bucket = RR_LIT("other");
    others[count++].location.region = RR_LIT("eu-central-1");
    others[count++].location.endpoint = RR_LIT("http://127.0.0.1:1");
    others[count++].location.addressing = RR_S3_ADDRESSING_VIRTUAL_HOSTED;
    others[count++].location.dualstack = true;
    others[count++].location.fips = true;
    others[count++].prefix = RR_LIT("others");
    others[count++].criteria.replication_id = RR_LIT("a");
    others[count++].expected_bucket_owner = RR_LIT("123456789012");
    others[count++].requester_pays = true;
    others[count++].timeout_ms--;
    others[count++].proxy = "http://127.0.0.1:2";
    others[count++].sse_customer_key = &key;
    others[count++].addresses = &addresses;
    others[count++].credentials = &provider;
    for (size_t i = 0; i < RR_COUNT(trusts); i++)
        others[count++].tls = &trusts[i];
    assert_int_equal(count, RR_COUNT(others));

    assert_true(they_share(&bench.request, &bench.request, "secret"));
    assert_false(they_share(&bench.request, &bench.request, "another"));
    for (size_t i = 0; i < count; i++)
        if (they_share(&bench.request, &others[i], "secret"))
            fail_msg("%zu shares", i);
    struct rr_discovery_request with_key = bench.request, with_other_key = bench.request;
    with_key.sse_customer_key = &key;
    with_other_key.sse_customer_key = &other_key;
    assert_true(they_share(&with_key, &with_key, "secret"));
    assert_false(they_share(&with_key, &with_other_key, "secret"));
    bench_stop(&bench);
}

/* Appends the answer of one asker, without its duration. */
static void told(const struct rr_discovery_answer *answer, struct rr_buf *out_text)
{
    *out_text = (struct rr_buf)RR_BUF(OUTPUT_MAX);
    if (!answer->found) {
        rr_buf_addf(out_text, "%s", answer->err.message);
        return;
    }
    rr_discovery_print_json(out_text, &answer->result);
    char *took = strstr(rr_buf_text(out_text), "\"durationMilliseconds\": ");
    assert_non_null(took);
    for (char *at = took + strlen("\"durationMilliseconds\": "); *at >= '0' && *at <= '9'; at++)
        *at = '0';
    char *end = took + strlen("\"durationMilliseconds\": ");
    size_t digits = strspn(end, "0");
    memmove(end, end + digits, out_text->len - (size_t)(end + digits - out_text->ptr) + 1);
    out_text->len -= digits;
}

#define AT(hour) "2026-01-31T" hour ":00:00.000Z"

/* 10 has an AOF, 11 and 12 have none; 09 was stored last. */
static const struct fake_object hours[] = {
    { AOF("a", "20260131-100000"), AT("10"), 0 }, { RDB("a", "20260131-090000"), AT("13"), 0 },
    { RDB("a", "20260131-100000"), AT("10"), 0 }, { RDB("a", "20260131-110000"), AT("11"), 0 },
    { RDB("a", "20260131-120000"), AT("12"), 0 },
};

/* Each parked asker gets the answer that it would get alone, not that of the asker that listed. */
static void s30_each_parked_asker_has_the_answer_to_its_own_criteria(void **state)
{
    (void)state;
    const struct rr_backup_criteria criteria[ASKERS_MAX] = {
        { .order = RR_BACKUP_ORDER_LAST_MODIFIED }, /* lists */
        { .order = RR_BACKUP_ORDER_TIMESTAMP },
        { .timestamp = RR_LIT("20260131-110000") },
        { .has_not_after = true, .not_after_ms = 1769857200000 }, /* 11:00:00Z */
        { .has_not_after = true, .not_after_ms = 1769853600000 }, /* 10:00:00Z */
        { .previous = 1 },
        { .max_age_ms = 1 },
        { .order = RR_BACKUP_ORDER_TIMESTAMP,
          .zone_offset_s = 3600,
          .has_not_after = true,
          .not_after_ms = 1769853600000 },
        { .order = RR_BACKUP_ORDER_TIMESTAMP, .has_not_after = true, .not_after_ms = 1769853600000 },
        { .pairing = RR_BACKUP_PAIRING_SESSION, .timestamp = RR_LIT("20260131-120000") },
        { .on_missing_aof = RR_BACKUP_PREVIOUS_COMPLETE },
        { .on_missing_aof = RR_BACKUP_FAIL_WITHOUT_AOF },
    };
    struct line line;
    line_start(&line, hours, RR_COUNT(hours));
    struct rr_discovery_request request = line.bench.request;
    struct rr_buf alone[ASKERS_MAX];
    for (int i = 0; i < ASKERS_MAX; i++) {
        struct rr_discovery_answer answer = { 0 };
        request.criteria = criteria[i];
        rr_discover_together(&line.bench.context, &request, 1, &line.bench.stop, &answer);
        told(&answer, &alone[i]);
        for (int other = 0; other < i; other++)
            assert_string_not_equal(rr_buf_text(&alone[i]),
                                    rr_buf_text(&alone[other])); /* otherwise the test proves nothing */
        rr_discovery_answer_done(&answer);
    }

    for (int i = 0; i < ASKERS_MAX; i++) {
        request.criteria = criteria[i];
        assert_null(ask_as(&line, i, &request, "secret"));
    }
    for (int i = 0; i < ASKERS_MAX; i++) {
        request.criteria = criteria[i];
        struct rr_discovery_shared *shared = ask_as(&line, i, &request, "secret");
        assert_non_null(shared);
        rr_auto(buf) text = { 0 };
        told(rr_discovery_shared_answer(shared), &text);
        assert_string_equal(rr_buf_text(&text), rr_buf_text(&alone[i]));
        rr_discovery_shared_free(shared);
        rr_buf_done(&alone[i]);
    }
    line_end(&line);
}

static void s30_question_that_is_refused_leaves_the_others_their_own_answers(void **state)
{
    (void)state;
    struct fake_bucket bucket = BUCKET(hours);
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    struct rr_discovery_request requests[4] = { bench.request, bench.request, bench.request, bench.request };
    struct rr_discovery_answer answers[4] = { 0 };
    requests[0].criteria.previous = -1;
    requests[1].criteria.timestamp = RR_LIT("20260131-110000");
    requests[2].criteria.timestamp = RR_LIT("today");

    rr_discover_together(&bench.context, requests, RR_COUNT(requests), &bench.stop, answers);

    assert_false(answers[0].found);
    assert_int_equal(answers[0].err.code, RR_E_BAD_INPUT);
    assert_ok(answers[1].found, answers[1].err);
    assert_string_equal(rr_buf_text(&answers[1].result.rdb.key), RDB("a", "20260131-110000"));
    assert_false(answers[2].found);
    assert_int_equal(answers[2].err.code, RR_E_BAD_INPUT);
    assert_ok(answers[3].found, answers[3].err);
    assert_string_equal(rr_buf_text(&answers[3].result.rdb.key), RDB("a", "20260131-090000"));
    for (size_t i = 0; i < RR_COUNT(answers); i++)
        rr_discovery_answer_done(&answers[i]);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

enum { A = 60, OLD = 900, MIDDLE = 5, NEW = 1, ALL = A + OLD + MIDDLE + NEW };

/* Asks for the newest backup and for one of 50 before it, which is in the folder that is listed last, in one listing.
 */
static void list_for_two(bool lists_behind_keys, struct rr_discovery_answer answers[2])
{
    static char keys[ALL][64];
    static struct fake_object objects[ALL];
    for (size_t i = 0; i < RR_COUNT(objects); i++) {
        size_t stamp = i < A ? 2000 + i : i < A + OLD ? i - A : i < A + OLD + MIDDLE ? 2020 + i - A - OLD : 2055;
        (void)snprintf(keys[i], sizeof keys[i], "redis-backups/%s/dump-20260131-%06zu.rdb", i < A ? "a" : "b", stamp);
        objects[i] = (struct fake_object){ keys[i], NOON, 1000 };
    }
    struct fake_bucket bucket = BUCKET(objects);
    bucket.page_max = 20;
    bucket.lists_behind_keys = lists_behind_keys;
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    bench.request.concurrency = 1;
    bench.request.criteria.order = RR_BACKUP_ORDER_TIMESTAMP;
    struct rr_discovery_request requests[2] = { bench.request, bench.request };
    requests[1].criteria.previous = 50;

    rr_discover_together(&bench.context, requests, 2, &bench.stop, answers);

    assert_ok(answers[0].found, answers[0].err);
    assert_ok(answers[1].found, answers[1].err);
    assert_string_equal(rr_buf_text(&answers[0].result.rdb.key), RDB("a", "20260131-002059"));
    assert_string_equal(rr_buf_text(&answers[1].result.rdb.key), RDB("a", "20260131-002015"));
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void s30_listing_for_two_passes_over_nothing_that_one_needs(void **state)
{
    (void)state;
    struct rr_discovery_answer answers[2] = { 0 };

    list_for_two(false, answers);

    assert_true(answers[0].result.objects < ALL);
    rr_discovery_answer_done(&answers[0]);
    rr_discovery_answer_done(&answers[1]);
}

/* The store answers a text that is no key with an empty page, so the listing begins again. */
static void s30_listing_that_begins_again_counts_no_key_twice_for_any_asker(void **state)
{
    (void)state;
    struct rr_discovery_answer answers[2] = { 0 };

    list_for_two(true, answers);

    for (size_t i = 0; i < RR_COUNT(answers); i++) {
        assert_int_equal(answers[i].result.objects, ALL);
        assert_int_equal(answers[i].result.rdb_files, ALL);
        rr_discovery_answer_done(&answers[i]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s30_whatever_a_listing_depends_on_keeps_listings_apart),
    cmocka_unit_test(s30_each_parked_asker_has_the_answer_to_its_own_criteria),
    cmocka_unit_test(s30_question_that_is_refused_leaves_the_others_their_own_answers),
    cmocka_unit_test(s30_listing_for_two_passes_over_nothing_that_one_needs),
    cmocka_unit_test(s30_listing_that_begins_again_counts_no_key_twice_for_any_asker),
};

RR_TEST_MAIN(tests)
