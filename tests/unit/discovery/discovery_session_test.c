/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_shop.h"

static const struct fake_object session[] = {
    { AOF("a", "20260131-100005"), AT("10"), 100 }, { AOF("a", "20260131-120007"), AT("12"), 200 },
    { AOF("a", "20260131-120009"), AT("12"), 300 }, { AOF("a", "20260131-130000"), AT("13"), 300 },
    { RDB("a", "20260131-100000"), AT("10"), 100 }, { RDB("a", "20260131-120000"), AT("14"), 100 },
    { RDB("a", "20260131-130000"), AT("13"), 100 }, { RDB("b", "20260131-120500"), AT("12"), 100 },
};

#define TEN RDB("a", "20260131-100000")

/* Pairing by metadata: `offsets` are the replies of HEAD. */
static void begin_session(struct bench *bench, struct shop *shop, const struct offset *offsets, size_t count)
{
    shop->offsets = offsets;
    shop->offset_count = count;
    bench_start(bench, shop_answer, shop);
    bench->request.criteria.pairing = RR_BACKUP_PAIRING_SESSION;
}

static void s28_session_pairs_by_offset_between_two_rdbs(void **state)
{
    (void)state;
    static const struct offset offsets[] = {
        { RDB("a", "20260131-120000"), "77" },
        { AOF("a", "20260131-120007"), "70" },
        { AOF("a", "20260131-120009"), "77" },
    };
    struct shop shop = SHOP(session);
    struct bench bench;
    begin_session(&bench, &shop, offsets, RR_COUNT(offsets));

    assert_ok(bench_discover(&bench), bench.err);

    assert_true(bench.result.has_aof);
    assert_int_equal(bench.result.pairing, RR_BACKUP_PAIRING_SESSION);
    assert_string_equal(rr_buf_text(&bench.result.aof.key), AOF("a", "20260131-120009"));
    assert_true(says(&bench, " and the AOF of its session, " AOF("a", "20260131-120009")));
    assert_int_equal(fake_store_requests(&bench.store), 1 + 2 + 3);
    end(&bench, &shop);
}

static void s28_session_never_takes_the_aof_of_the_next_rdb(void **state)
{
    (void)state;
    static const struct offset offsets[] = {
        { RDB("a", "20260131-120000"), "77" },
        { AOF("a", "20260131-100005"), "77" },
        { AOF("a", "20260131-130000"), "77" },
        { AOF("a", "20260131-120007"), "7" },
    };
    struct shop shop = SHOP(session);
    struct bench bench;
    begin_session(&bench, &shop, offsets, RR_COUNT(offsets));

    assert_ok(bench_discover(&bench), bench.err);

    assert_true(bench.result.has_backup);
    assert_false(bench.result.has_aof);
    assert_true(says(&bench, "those between it and the next RDB have another metadata replication-offset, or none"));
    end(&bench, &shop);
}

static void s28_session_says_what_is_missing(void **state)
{
    (void)state;
    static const struct offset refused[] = { { RDB("a", "20260131-120000"), NULL } };
    struct shop shop = SHOP(session);
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);
    bench.request.criteria.pairing = RR_BACKUP_PAIRING_SESSION;

    assert_ok(bench_discover(&bench), bench.err);
    assert_false(bench.result.has_aof);
    assert_true(says(&bench, "it has no metadata replication-offset"));
    bench.request.criteria.replication_id = RR_LIT("b");
    assert_ok(bench_discover(&bench), bench.err);
    assert_true(says(&bench, "it has no AOF of its session: none lies between it and the next RDB"));

    bench.request.criteria.replication_id = RR_LIT("");
    shop.offsets = refused;
    shop.offset_count = 1;
    assert_false(bench_discover(&bench));
    assert_int_equal(bench.err.code, RR_E_DENIED);
    assert_non_null(
        strstr(bench.err.message, "pairing Session reads the metadata of objects, which needs s3:GetObject"));
    end(&bench, &shop);
}

/* Sixty names that are not backups lie between an RDB and its AOF, before or after the next RDB, or there is none. */
static void s28_session_says_that_it_looked_no_further(void **state)
{
    (void)state;
    static const struct offset offsets[] = { { RDB("a", "20260131-100000"), "5" },
                                             { AOF("a", "20260131-100059"), "5" } };
    static char odd[60][64];
    static struct fake_object objects[RR_COUNT(odd) + 3];
    for (size_t i = 0; i < RR_COUNT(odd); i++) {
        (void)snprintf(odd[i], sizeof odd[i], "redis-backups/a/appendonly-20260131-100005.aof.%02zu", i);
        objects[i] = (struct fake_object){ odd[i], AT("10"), 100 };
    }
    objects[RR_COUNT(odd)] = (struct fake_object){ AOF("a", "20260131-100059"), AT("10"), 100 };
    objects[RR_COUNT(odd) + 1] = (struct fake_object){ RDB("a", "20260131-100000"), AT("10"), 100 };
    objects[RR_COUNT(odd) + 2] = (struct fake_object){ RDB("a", "20260131-100001"), AT("09"), 100 };
    struct shop shop = SHOP(objects);
    struct bench bench;
    begin_session(&bench, &shop, offsets, RR_COUNT(offsets));

    assert_ok(bench_discover(&bench), bench.err);
    assert_true(says(&bench, "none lies between it and the next RDB"));
    objects[RR_COUNT(odd) + 2].key = RDB("a", "20260131-110000");
    assert_false(bench_discover(&bench));
    objects[RR_COUNT(odd) + 2].key = "redis-backups/a/other";
    assert_false(bench_discover(&bench));
    assert_int_equal(bench.err.code, RR_E_TOO_BIG);
    assert_non_null(strstr(bench.err.message, "the first 50 keys after an RDB have no AOF of its session"));
    shop.offset_count = 0; /* without a mark on the RDB, no AOF can be of its session */
    objects[0] = (struct fake_object){ AOF("a", "20260131-100002"), AT("10"), 100 };
    assert_ok(bench_discover(&bench), bench.err);
    assert_true(says(&bench, "it has no metadata replication-offset, so its session is unknown"));
    end(&bench, &shop);
}

/* An AOF of another session lies before the sixty names. */
static void s28_session_that_compared_one_aof_says_that_it_looked_no_further(void **state)
{
    (void)state;
    static const struct offset offsets[] = { { TEN, "5" },
                                             { AOF("a", "20260131-100001"), "4" },
                                             { AOF("a", "20260131-100059"), "5" } };
    static char odd[60][64];
    static struct fake_object objects[RR_COUNT(odd) + 3];
    objects[0] = (struct fake_object){ AOF("a", "20260131-100001"), AT("10"), 100 };
    for (size_t i = 0; i < RR_COUNT(odd); i++) {
        (void)snprintf(odd[i], sizeof odd[i], "redis-backups/a/appendonly-20260131-100005.aof.%02zu", i);
        objects[1 + i] = (struct fake_object){ odd[i], AT("10"), 100 };
    }
    objects[1 + RR_COUNT(odd)] = (struct fake_object){ AOF("a", "20260131-100059"), AT("10"), 100 };
    objects[2 + RR_COUNT(odd)] = (struct fake_object){ TEN, AT("10"), 100 };
    struct shop shop = SHOP(objects);
    struct bench bench;
    begin_session(&bench, &shop, offsets, RR_COUNT(offsets));

    assert_false(bench_discover(&bench));

    assert_int_equal(bench.err.code, RR_E_TOO_BIG);
    end(&bench, &shop);
}

static void s28_session_steps_back_to_a_complete_one(void **state)
{
    (void)state;
    static const struct offset offsets[] = {
        { RDB("a", "20260131-100000"), "5" },
        { AOF("a", "20260131-100005"), "5" },
        { RDB("a", "20260131-120000"), "6" },
    };
    struct shop shop = SHOP(session);
    struct bench bench;
    begin_session(&bench, &shop, offsets, RR_COUNT(offsets));
    bench.request.criteria.on_missing_aof = RR_BACKUP_PREVIOUS_COMPLETE;

    assert_ok(bench_discover(&bench), bench.err);

    assert_string_equal(rr_buf_text(&bench.result.rdb.key), RDB("a", "20260131-100000"));
    assert_string_equal(rr_buf_text(&bench.result.aof.key), AOF("a", "20260131-100005"));
    end(&bench, &shop);
}

static void s28_session_takes_the_uncompressed_of_two_spellings(void **state)
{
    (void)state;
    static const struct fake_object objects[] = {
        { AOF("a", "20260131-120009"), AT("12"), 300 },
        { AOF("a", "20260131-120009") ".gz", AT("13"), 90 },
        { RDB("a", "20260131-120000"), AT("12"), 100 },
    };
    static const struct offset offsets[] = { { RDB("a", "20260131-120000"), "77" },
                                             { AOF("a", "20260131-120009"), "77" },
                                             { AOF("a", "20260131-120009") ".gz", "77" } };
    struct shop shop = SHOP(objects);
    struct bench bench;
    begin_session(&bench, &shop, offsets, RR_COUNT(offsets));

    assert_ok(bench_discover(&bench), bench.err);

    assert_string_equal(rr_buf_text(&bench.result.aof.key), AOF("a", "20260131-120009"));
    end(&bench, &shop);
}

static void s28_session_claims_no_aof_of_candidates_that_it_did_not_pair(void **state)
{
    (void)state;
    static const struct offset offsets[] = { { RDB("a", "20260131-120000"), "77" },
                                             { AOF("a", "20260131-120007"), "77" } };
    struct shop shop = SHOP(session); /* one candidate has an AOF of its own timestamp, perhaps of another session */
    struct bench bench;
    begin_session(&bench, &shop, offsets, RR_COUNT(offsets));

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(bench.result.candidate_count, 4);
    assert_int_equal(bench.result.candidates[0].has_aof, RR_DISCOVERY_YES);
    for (size_t i = 1; i < bench.result.candidate_count; i++)
        assert_int_equal(bench.result.candidates[i].has_aof, RR_DISCOVERY_UNKNOWN);
    end(&bench, &shop);
}

static size_t count_heads(struct bench *bench)
{
    size_t count = 0;
    for (size_t i = 0; i < fake_store_requests(&bench->store); i++)
        count += strncmp(fake_store_head(&bench->store, i), "HEAD ", 5) == 0;
    return count;
}

struct session_case {
    struct fake_object objects[24]; /* up to the first without a key */
    struct offset offsets[16];
    int aof; /* place of the AOF that is taken; -1: none */
    enum rr_backup_compression compression;
    size_t heads;
    const char *words;
};

/* The RDB of ten o'clock, for each size of the store's pages: 0 is the largest. */
static void check_session(const struct session_case *given)
{
    size_t count = 0, offset_count = 0;
    while (given->objects[count].key != NULL)
        count++;
    while (offset_count < RR_COUNT(given->offsets) && given->offsets[offset_count].key != NULL)
        offset_count++;
    for (size_t page_max = 0; page_max < 6; page_max++) {
        struct shop shop = { .bucket = { .objects = given->objects, .count = count, .page_max = page_max },
                             .uploads = "" };
        struct bench bench;
        begin_session(&bench, &shop, given->offsets, offset_count);
        bench.request.criteria.timestamp = RR_LIT("20260131-100000");
        bench.request.concurrency = 4; /* the store has few connections */

        assert_ok(bench_discover(&bench), bench.err);

        bool found = given->aof >= 0;
        assert_int_equal(bench.result.has_aof, found);
        assert_int_equal(bench.result.candidates[0].has_aof, found ? RR_DISCOVERY_YES : RR_DISCOVERY_NO);
        if (found)
            assert_object(&bench.result.aof, &shop.bucket, (size_t)given->aof, given->compression);
        assert_has(rr_buf_text(&bench.result.message), given->words);
        size_t heads = count_heads(&bench);
        assert_int_equal(heads, given->heads);
        assert_int_equal(bench.result.pages, fake_store_requests(&bench.store) - heads - !found); /* uploads: no page */
        end(&bench, &shop);
    }
}

#define TAKEN  "found " TEN " and the AOF of its session, "
#define OTHERS "those between it and the next RDB have another metadata replication-offset, or none"

static void s28_session_is_the_same_for_pages_of_any_size(void **state)
{
    (void)state;
    static const struct session_case cases[] = {
        /* Its own timestamp is the first that counts, and the next RDB's the first that does not. */
        { .objects = { { AOF("a", "20260131-095959"), AT("10"), 100 },
                       { AOF("a", "20260131-100000"), AT("10"), 200 },
                       { TEN, AT("10"), 1000 } },
          .offsets = { { TEN, "7" }, { AOF("a", "20260131-095959"), "7" }, { AOF("a", "20260131-100000"), "7" } },
          .aof = 1,
          .heads = 2,
          .words = TAKEN AOF("a", "20260131-100000") },
        { .objects = { { AOF("a", "20260131-095959"), AT("10"), 100 },
                       { AOF("a", "20260131-110000"), AT("10"), 200 },
                       { TEN, AT("10"), 1000 },
                       { RDB("a", "20260131-110000") ".zst", AT("11"), 1000 },
                       { RDB("a", "20260131-130000"), AT("12"), 1000 } },
          .offsets = { { TEN, "7" }, { AOF("a", "20260131-095959"), "7" }, { AOF("a", "20260131-110000"), "7" } },
          .aof = -1,
          .words = "it has no AOF of its session: none lies between it and the next RDB" },
        { .objects = { { AOF("a", "20260131-100001"), AT("10"), 100 },
                       { AOF("a", "20260131-115959"), AT("10"), 200 },
                       { TEN, AT("10"), 1000 },
                       { RDB("a", "20260131-110000"), AT("11"), 1000 },
                       { RDB("a", "20260131-120000"), AT("12"), 1000 },
                       { RDB("a", "20260131-130000"), AT("12"), 1000 } },
          .offsets = { { TEN, "7" }, { AOF("a", "20260131-100001"), "8" }, { AOF("a", "20260131-115959"), "7" } },
          .aof = -1,
          .heads = 2,
          .words = OTHERS },
        /* The better spelling comes after the worse one, and before names that are none. */
        { .objects = { { AOF("a", "20260131-100001") ".lz4", AT("10"), 100 },
                       { AOF("a", "20260131-100001") ".zst", AT("11"), 200 },
                       { AOF("a", "20260131-100001") ".zstd", AT("11"), 300 },
                       { AOF("a", "20260131-100002") ".gz", AT("11"), 400 },
                       { TEN, AT("10"), 1000 } },
          .offsets = { { TEN, "7" },
                       { AOF("a", "20260131-100001") ".lz4", "7" },
                       { AOF("a", "20260131-100001") ".zst", "7" },
                       { AOF("a", "20260131-100002") ".gz", "7" } },
          .aof = 1,
          .compression = RR_BACKUP_ZSTD,
          .heads = 2,
          .words = TAKEN AOF("a", "20260131-100001") ".zst" },
        /* Of no backup, and of other replication IDs. */
        { .objects = { { AOF("a", "20260131-100001") ".xz", AT("10"), 100 },
                       { "redis-backups/a/appendonly-20260131-100001/" TEN, AT("10"), 100 },
                       { TEN, AT("10"), 1000 },
                       { AOF("a0", "20260131-100001"), AT("10"), 100 } },
          .offsets = { { TEN, "7" } },
          .aof = -1,
          .words = "it has no AOF of its session: none lies between it and the next RDB" },
        /* No mark on the RDB, none on the AOF. */
        { .objects = { { AOF("a", "20260131-100001"), AT("10"), 100 }, { TEN, AT("10"), 1000 } },
          .offsets = { { AOF("a", "20260131-100001"), "7" } },
          .aof = -1,
          .heads = 1,
          .words = "it has no metadata replication-offset, so its session is unknown" },
        { .objects = { { AOF("a", "20260131-100001"), AT("10"), 100 }, { TEN, AT("10"), 1000 } },
          .offsets = { { TEN, "7" } },
          .aof = -1,
          .heads = 2,
          .words = OTHERS },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++)
        check_session(&cases[i]);
}

/* Twelve AOFs behind one RDB: ten are compared, and nothing is said about the others. */
static void s28_session_compares_the_ten_nearest_aofs(void **state)
{
    (void)state;
    static const struct {
        size_t aofs, taken;
        const char *words;
    } cases[] = {
        { 12, 9, TAKEN AOF("a", "20260131-100009") },
        { 12, 10,
          "it has no known AOF of its session: the first 10 between it and the next RDB have another metadata "
          "replication-offset, or none, and pairing Session compares no more" },
        { 9, 10, OTHERS },
        { 10, 10,
          "it has no known AOF of its session: the first 10 between it and the next RDB have another metadata "
          "replication-offset, or none, and pairing Session compares no more" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        static char keys[12][80];
        struct session_case given = { .aof = -1, .words = cases[i].words, .heads = 1 };
        for (size_t k = 0; k < cases[i].aofs; k++) {
            (void)snprintf(keys[k], sizeof keys[k], AOF("a", "20260131-1000%02zu"), k);
            given.objects[k] = (struct fake_object){ keys[k], AT("10"), 100 };
            given.offsets[k] = (struct offset){ keys[k], k == cases[i].taken ? "7" : "8" };
        }
        given.objects[cases[i].aofs] = (struct fake_object){ TEN, AT("10"), 1000 };
        given.offsets[cases[i].aofs] = (struct offset){ TEN, "7" };
        if (cases[i].taken < 10)
            given.aof = (int)cases[i].taken;
        given.heads += cases[i].aofs < 10 ? cases[i].aofs : 10;

        check_session(&given);
    }
}

/* Three of twelve AOFs lie before the next RDB: these are all that may be of the session, and all are compared. */
static void s28_session_that_ends_among_the_ten_nearest_has_compared_all(void **state)
{
    (void)state;
    static char keys[12][80];
    struct session_case given = { .aof = -1, .words = OTHERS, .heads = 4 };
    for (size_t k = 0; k < RR_COUNT(keys); k++) {
        (void)snprintf(keys[k], sizeof keys[k], AOF("a", "20260131-1000%02zu"), k);
        given.objects[k] = (struct fake_object){ keys[k], AT("10"), 100 };
        given.offsets[k] = (struct offset){ keys[k], k < 3 ? "8" : "7" };
    }
    given.objects[12] = (struct fake_object){ TEN, AT("10"), 1000 };
    given.objects[13] = (struct fake_object){ RDB("a", "20260131-100003"), AT("10"), 1000 };
    given.offsets[12] = (struct offset){ TEN, "7" };

    check_session(&given);
}

/* Sixty AOFs of other sessions are more than the keys that are read: ten were compared, which is said. */
static void s28_session_with_too_many_aofs_is_no_failure(void **state)
{
    (void)state;
    static const struct offset offsets[] = { { TEN, "7" } };
    static char keys[60][80];
    static struct fake_object objects[RR_COUNT(keys) + 1];
    for (size_t i = 0; i < RR_COUNT(keys); i++) {
        (void)snprintf(keys[i], sizeof keys[i], AOF("a", "20260131-1000%02zu"), i);
        objects[i] = (struct fake_object){ keys[i], AT("10"), 100 };
    }
    objects[RR_COUNT(keys)] = (struct fake_object){ TEN, AT("10"), 1000 };
    struct shop shop = SHOP(objects);
    struct bench bench;
    begin_session(&bench, &shop, offsets, RR_COUNT(offsets));

    assert_ok(bench_discover(&bench), bench.err);

    assert_false(bench.result.has_aof);
    assert_true(says(&bench, "it has no known AOF of its session: the first 10 between it and the next RDB"));
    end(&bench, &shop);
}

static void s28_session_asks_for_fifty_keys_behind_the_rdb(void **state)
{
    (void)state;
    struct shop shop = SHOP(session);
    struct bench bench;
    begin_session(&bench, &shop, NULL, 0);
    bench.request.criteria.timestamp = RR_LIT("20260131-100000");
    bench.request.concurrency = 1;

    assert_ok(bench_discover(&bench), bench.err);

    static const char *const lines[] = {
        "&max-keys=50&prefix=redis-backups%2Fa%2Fappendonly-&start-after=redis-backups%2Fa%2Fappendonly-20260131-"
        "100000 ",
        "&max-keys=50&prefix=redis-backups%2Fa%2Fdump-&start-after=redis-backups%2Fa%2Fdump-20260131-100000%2F ",
    };
    for (size_t i = 0; i < RR_COUNT(lines); i++) {
        const char *first = fake_store_head(&bench.store, 1), *second = fake_store_head(&bench.store, 2);
        if (strstr(first, lines[i]) == NULL)
            assert_has(second, lines[i]);
    }
    assert_has(fake_store_head(&bench.store, fake_store_requests(&bench.store) - 1),
               "prefix=redis-backups%2Fa%2Fappendonly-&uploads=");
    end(&bench, &shop);
}

static void fail_head(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    shop_answer(context, number, head, reply);
    if (strncmp(head, "HEAD ", 5) == 0)
        *reply = (struct fake_reply){ .status = 500 };
}

static void s28_head_that_fails_is_not_called_a_missing_permission(void **state)
{
    (void)state;
    struct shop shop = SHOP(session);
    struct bench bench;
    bench_start(&bench, fail_head, &shop);
    bench.request.criteria.pairing = RR_BACKUP_PAIRING_SESSION;
    bench.context.attempts_max = 1;

    assert_false(bench_discover(&bench));

    assert_int_equal(bench.err.code, RR_E_UNREACHABLE);
    assert_lacks(bench.err.message, "s3:GetObject");
    end(&bench, &shop);
}

static void s31_rdb_that_cannot_be_one_ends_no_session(void **state)
{
    (void)state;
    static const struct fake_object objects[] = {
        { AOF("a", "20260131-120009"), AT("12"), 300 },
        { RDB("a", "20260131-120000"), AT("12"), 100 },
        { RDB("a", "20260131-120008"), AT("13"), 5 },
    };
    static const struct offset offsets[] = {
        { RDB("a", "20260131-120000"), "77" },
        { AOF("a", "20260131-120009"), "77" },
    };
    struct shop shop = SHOP(objects);
    struct bench bench;
    begin_session(&bench, &shop, offsets, RR_COUNT(offsets));

    assert_ok(bench_discover(&bench), bench.err);

    assert_slice(rr_buf_slice(&bench.result.timestamp), "20260131-120000");
    assert_string_equal(rr_buf_text(&bench.result.aof.key), AOF("a", "20260131-120009"));
    end(&bench, &shop);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s28_session_pairs_by_offset_between_two_rdbs),
    cmocka_unit_test(s31_rdb_that_cannot_be_one_ends_no_session),
    cmocka_unit_test(s28_session_never_takes_the_aof_of_the_next_rdb),
    cmocka_unit_test(s28_session_says_what_is_missing),
    cmocka_unit_test(s28_session_says_that_it_looked_no_further),
    cmocka_unit_test(s28_session_that_compared_one_aof_says_that_it_looked_no_further),
    cmocka_unit_test(s28_session_steps_back_to_a_complete_one),
    cmocka_unit_test(s28_session_takes_the_uncompressed_of_two_spellings),
    cmocka_unit_test(s28_session_claims_no_aof_of_candidates_that_it_did_not_pair),
    cmocka_unit_test(s28_session_is_the_same_for_pages_of_any_size),
    cmocka_unit_test(s28_session_compares_the_ten_nearest_aofs),
    cmocka_unit_test(s28_session_that_ends_among_the_ten_nearest_has_compared_all),
    cmocka_unit_test(s28_session_with_too_many_aofs_is_no_failure),
    cmocka_unit_test(s28_session_asks_for_fifty_keys_behind_the_rdb),
    cmocka_unit_test(s28_head_that_fails_is_not_called_a_missing_permission),
};

RR_TEST_MAIN(tests)
