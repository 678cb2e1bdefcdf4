/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_run.h"
#include "discovery_shop.h"

/* Every field of the backup and of its candidates, for each way that the store cuts its pages. */
static void s27_backup_and_candidates_have_every_fact_of_their_objects(void **state)
{
    (void)state;
    static const struct fake_object objects[] = {
        { AOF("a", "20260131-110000") ".lz4", AT("12"), 300 }, { AOF("a", "20260131-120000") ".gz", AT("13"), 100 },
        { AOF("a", "20260131-120000") ".zst", AT("14"), 200 }, { RDB("a", "20260131-110000") ".zst", AT("11"), 400 },
        { RDB("a", "20260131-120000") ".gz", AT("12"), 500 },  { RDB("b", "20260131-100000"), AT("10"), 600 },
    };
    static const char *const classes[] = { NULL, "STANDARD_IA", "GLACIER_IR", NULL, "ONEZONE_IA", "X" };
    static const size_t pages[] = { 0, 1, 2, 3, 4, 5 };
    for (size_t i = 0; i < RR_COUNT(pages); i++) {
        struct shop shop = SHOP(objects);
        struct bench bench;
        bench_start(&bench, shop_answer, &shop);
        bench.request.concurrency = 4; /* the store has few connections */
        shop.bucket.storage_classes = classes;
        shop.bucket.page_max = pages[i];

        assert_ok(bench_discover(&bench), bench.err);

        const struct rr_discovery_result *result = &bench.result;
        assert_object(&result->rdb, &shop.bucket, 4, RR_BACKUP_GZIP);
        assert_true(result->has_aof);
        assert_object(&result->aof, &shop.bucket, 1, RR_BACKUP_GZIP);
        assert_int_equal(result->candidate_count, 3);
        static const size_t order[] = { 4, 3, 5 };
        static const char *const ids[] = { "a", "a", "b" };
        static const char *const stamps[] = { "20260131-120000", "20260131-110000", "20260131-100000" };
        static const enum rr_backup_compression packed[] = { RR_BACKUP_GZIP, RR_BACKUP_ZSTD, RR_BACKUP_UNCOMPRESSED };
        static const enum rr_discovery_known known[] = { RR_DISCOVERY_YES, RR_DISCOVERY_YES, RR_DISCOVERY_NO };
        for (size_t c = 0; c < RR_COUNT(order); c++) {
            assert_object(&result->candidates[c].rdb, &shop.bucket, order[c], packed[c]);
            assert_slice(rr_buf_slice(&result->candidates[c].replication_id), ids[c]);
            assert_slice(rr_buf_slice(&result->candidates[c].timestamp), stamps[c]);
            /* With several pages, the AOFs of the others were not looked for: none may be denied. */
            if (pages[i] == 0 || c == 0)
                assert_int_equal(result->candidates[c].has_aof, known[c]);
            else
                assert_int_not_equal(result->candidates[c].has_aof, RR_DISCOVERY_NO);
        }
        assert_int_equal(result->pages, fake_store_requests(&bench.store));
        assert_int_equal(result->id_count, 2);
        assert_false(result->more_ids);
        end(&bench, &shop);
    }
}

/* The name of the AOF begins other names too: of no compression that is known, and of another file. */
static void s27_aof_is_looked_for_among_the_names_that_it_begins(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        int taken; /* -1: none */
    } cases[] = {
        { AOF("a", "20260131-120000") ".xz", AOF("a", "20260131-120000") "f", -1 },
        { AOF("a", "20260131-120000") ".lz4", AOF("a", "20260131-120000") ".zst", 1 },
        { AOF("a", "20260131-120000"), AOF("a", "20260131-120000") ".lz4", 0 },
        { AOF("a", "20260131-120000") ".GZ", AOF("a", "20260131-120000") ".lz4", 1 },
        { AOF("a", "20260131-120000") "/b", AOF("a", "20260131-1200000"), -1 },
        { AOF("A", "20260131-120000"), AOF("B", "20260131-120000"), -1 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        for (size_t page_max = 1; page_max <= 4; page_max++) {
            const struct fake_object objects[] = { { cases[i].first, NOON, 100 },
                                                   { cases[i].second, NOON, 200 },
                                                   { RDB("a", "20260131-120000"), NOON, 1000 } };
            struct shop shop = SHOP(objects);
            struct bench bench;
            bench_start(&bench, shop_answer, &shop);
            bench.request.concurrency = 4;
            shop.bucket.page_max = page_max;

            assert_ok(bench_discover(&bench), bench.err);

            assert_int_equal(bench.result.has_aof, cases[i].taken >= 0);
            assert_int_equal(bench.result.candidates[0].has_aof,
                             cases[i].taken >= 0 ? RR_DISCOVERY_YES : RR_DISCOVERY_NO);
            if (cases[i].taken >= 0)
                assert_slice(rr_buf_slice(&bench.result.aof.key), objects[cases[i].taken].key);
            end(&bench, &shop);
        }
    }
}

/* Where the AOF of one RDB is, counted from the newest of more RDBs than are looked at. */
static void s27_previous_complete_looks_at_the_hundred_newest(void **state)
{
    (void)state;
    enum { RDBS = RR_DISCOVERY_COMPLETE_MAX + 2 };
    static const size_t places[] = { 0, 1, 4, 5, 20, 21, 84, 85, 99, 100, 101 };
    static char keys[RDBS + 1][64], times[RDBS][32];
    static struct fake_object objects[RDBS + 1];
    for (size_t i = 0; i < RDBS; i++) {
        (void)snprintf(keys[i], sizeof keys[i], RDB("a", "20260131-%06zu"), i);
        (void)snprintf(times[i], sizeof times[i], "2026-01-31T12:%02zu:%02zu.000Z", i / 60, i % 60);
        objects[i + 1] = (struct fake_object){ keys[i], times[i], 1000 };
    }
    for (size_t i = 0; i < 2 * RR_COUNT(places); i++) {
        size_t place = places[i / 2];
        struct shop shop = SHOP(objects);
        struct bench bench;
        (void)snprintf(keys[RDBS], sizeof keys[RDBS], AOF("a", "20260131-%06zu"), RDBS - 1 - place);
        objects[0] = (struct fake_object){ keys[RDBS], NOON, 100 };
        bench_start(&bench, shop_answer, &shop);
        bench.request.concurrency = 4;
        shop.bucket.page_max = i % 2 == 0 || place > 4 ? 0 : 30; /* beyond, more AOFs are looked up at once */
        bench.request.criteria.on_missing_aof = RR_BACKUP_PREVIOUS_COMPLETE;

        assert_ok(bench_discover(&bench), bench.err);

        bool found = place < RR_DISCOVERY_COMPLETE_MAX;
        assert_int_equal(bench.result.reason, found ? RR_REASON_BACKUP_DISCOVERED : RR_REASON_AOF_NOT_FOUND);
        if (found)
            assert_object(&bench.result.rdb, &shop.bucket, RDBS - place, RR_BACKUP_UNCOMPRESSED);
        end(&bench, &shop);
    }
}

static void s27_previous_reaches_the_hundredth_backup(void **state)
{
    (void)state;
    enum { RDBS = RR_DISCOVERY_PREVIOUS_MAX + 1 };
    static const int steps[] = { 9, 10, 11, 98, 99 };
    static char keys[RDBS][64], times[RDBS][32];
    static struct fake_object objects[RDBS];
    for (size_t i = 0; i < RDBS; i++) {
        (void)snprintf(keys[i], sizeof keys[i], RDB("a", "20260131-%06zu"), i);
        (void)snprintf(times[i], sizeof times[i], "2026-01-31T12:%02zu:%02zu.000Z", i / 60, i % 60);
        objects[i] = (struct fake_object){ keys[i], times[i], 1000 };
    }
    struct shop shop = SHOP(objects);
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);
    for (size_t i = 0; i < RR_COUNT(steps); i++) {
        bench.request.criteria.previous = steps[i];

        assert_ok(bench_discover(&bench), bench.err);

        assert_object(&bench.result.rdb, &shop.bucket, RDBS - 1 - (size_t)steps[i], RR_BACKUP_UNCOMPRESSED);
        assert_int_equal(bench.result.candidate_count, RR_DISCOVERY_CANDIDATES_MAX);
    }
    end(&bench, &shop);
}

/* The IDs of the backups that were kept, in byte order, whatever the pages and the order of their times. */
static void s27_ids_in_scope_are_the_first_five_in_byte_order(void **state)
{
    (void)state;
    static const struct {
        const char *ids; /* newest first; a letter each */
        const char *shown;
        bool more;
    } cases[] = {
        { "a", "a", false },         { "ba", "ab", false },
        { "abab", "ab", false },     { "edcba", "abcde", false },
        { "fedcba", "abcde", true }, { "abcdef", "abcde", true },
        { "bcdefa", "abcde", true }, { "aabbccddee", "abcde", false },
    };
    for (size_t i = 0; i < 4 * RR_COUNT(cases); i++) {
        static char keys[16][64];
        struct fake_object objects[16];
        const char *ids = cases[i / 4].ids;
        size_t count = 0;
        for (char id = 'a'; id <= 'f'; id++) {
            for (size_t at = strlen(ids); at-- > 0;) {
                if (ids[at] != id)
                    continue;
                (void)snprintf(keys[count], sizeof keys[count], "redis-backups/%c/dump-20260131-1200%02zu.rdb", id,
                               60 - at);
                objects[count] = (struct fake_object){ keys[count], NOON, 1000 };
                count++;
            }
        }
        struct shop shop = { .bucket = { .objects = objects, .count = count, .page_max = i % 2 == 0 ? 0 : 2 } };
        struct bench bench;
        bench_start(&bench, shop_answer, &shop);
        bench.request.concurrency = 4;
        bench.request.criteria.order = i % 4 < 2 ? RR_BACKUP_ORDER_TIMESTAMP : RR_BACKUP_ORDER_LAST_MODIFIED;

        assert_ok(bench_discover(&bench), bench.err);

        const char *shown = cases[i / 4].shown;
        assert_int_equal(bench.result.id_count, strlen(shown));
        for (size_t at = 0; at < strlen(shown); at++)
            assert_slice(rr_buf_slice(&bench.result.ids[at]), ((char[]){ shown[at], '\0' }));
        assert_int_equal(bench.result.more_ids, cases[i / 4].more);
        assert_int_equal(bench.result.several_ids, strlen(shown) > 1);
        end(&bench, &shop);
    }
}

/* A clock that a reply moves. */
struct slow {
    struct fake_bucket bucket;
    _Atomic int64_t passed_ms;
};

static void slow_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    struct slow *slow = context;
    slow->passed_ms += 7000;
    fake_bucket_answer(&slow->bucket, number, head, reply);
}

static int64_t slow_ms(void *context)
{
    return rr_clock_monotonic_ms(&rr_clock_system) + ((struct slow *)context)->passed_ms;
}

static void s27_duration_is_the_time_from_the_question_to_the_answer(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { AOF("a", "20260131-120000"), NOON, 100 },
                                                  { RDB("a", "20260131-120000"), NOON, 100 } };
    struct slow slow = { .bucket = BUCKET(objects) };
    struct rr_clock clock = { .context = &slow, .monotonic_ms = slow_ms, .unix_ms = slow_ms };
    struct bench bench;
    bench_start(&bench, slow_answer, &slow);
    bench.context.clock = &clock;

    assert_ok(bench_discover(&bench), bench.err);

    assert_in_range(bench.result.duration_ms, 7000, 7000 + bench.request.timeout_ms);
    bench_stop(&bench);
    fake_bucket_done(&slow.bucket);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s27_backup_and_candidates_have_every_fact_of_their_objects),
    cmocka_unit_test(s27_aof_is_looked_for_among_the_names_that_it_begins),
    cmocka_unit_test(s27_previous_complete_looks_at_the_hundred_newest),
    cmocka_unit_test(s27_previous_reaches_the_hundredth_backup),
    cmocka_unit_test(s27_ids_in_scope_are_the_first_five_in_byte_order),
    cmocka_unit_test(s27_duration_is_the_time_from_the_question_to_the_answer),
};

RR_TEST_MAIN(tests)
