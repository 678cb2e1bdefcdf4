/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_shop.h"

static const struct fake_object session[] = {
    { AOF("a", "20260131-100005"), AT("10"), 100 }, { AOF("a", "20260131-120007"), AT("12"), 200 },
    { AOF("a", "20260131-120009"), AT("12"), 300 }, { AOF("a", "20260131-130000"), AT("13"), 300 },
    { RDB("a", "20260131-100000"), AT("10"), 100 }, { RDB("a", "20260131-120000"), AT("14"), 100 },
    { RDB("a", "20260131-130000"), AT("13"), 100 }, { RDB("b", "20260131-120500"), AT("12"), 100 },
};

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
    assert_non_null(strstr(bench.err.message, "the first 50 keys behind an RDB hold no AOF of its session"));
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s28_session_pairs_by_offset_between_two_rdbs),
    cmocka_unit_test(s28_session_never_takes_the_aof_of_the_next_rdb),
    cmocka_unit_test(s28_session_says_what_is_missing),
    cmocka_unit_test(s28_session_says_that_it_looked_no_further),
    cmocka_unit_test(s28_session_steps_back_to_a_complete_one),
    cmocka_unit_test(s28_session_takes_the_uncompressed_of_two_spellings),
    cmocka_unit_test(s28_session_claims_no_aof_of_candidates_that_it_did_not_pair),
};

RR_TEST_MAIN(tests)
