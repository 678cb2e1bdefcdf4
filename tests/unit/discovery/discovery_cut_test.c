/* SPDX-License-Identifier: Apache-2.0 */
/* Replies behind the listing that are cut right before their end, with every object in them (behaviour F-23). */
#include "discovery_shop.h"

/* The first request whose line has `words`, or every one, shows `before` and is cut. All others show `shop`, in which
 * those objects are gone. The first request of all is the listing, which is never cut. */
struct cutter {
    struct shop shop;
    struct fake_bucket before;
    const char *words; /* NULL: every request */
    size_t cuts;
};

static void cut_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    struct cutter *cutter = context;
    bool cuts = cutter->words == NULL || (cutter->cuts == 0 && strstr(head, cutter->words) != NULL);
    if (number == 0 || !cuts || strstr(head, "list-type=2") == NULL) {
        shop_answer(&cutter->shop, number, head, reply);
        return;
    }
    cutter->cuts++;
    fake_bucket_answer(&cutter->before, number, head, reply);
    reply->has_cut = true;
    reply->cut = reply->body_len - strlen("</ListBucketResult>");
    reply->end = FAKE_CLOSE;
}

static void finish(struct bench *bench, struct cutter *cutter)
{
    end(bench, &cutter->shop);
    fake_bucket_done(&cutter->before);
}

#define NEWEST RDB("a", "20260131-150000")
#define ITS    AOF("a", "20260131-150000")

static const struct fake_object alone[] = {
    { RDB("a", "20260131-110000"), NOON, 0 },
    { RDB("a", "20260131-120000"), NOON, 0 },
    { RDB("a", "20260131-130000"), NOON, 0 },
    { RDB("a", "20260131-140000"), NOON, 0 },
    { NEWEST, ONE, 0 },
};

static void f23_lookup_that_was_cut_finds_no_aof(void **state)
{
    (void)state;
    static const struct fake_object its[] = { { ITS, NOON, 0 } };
    struct cutter cutter = { .shop = SHOP(alone), .before = BUCKET(its), .words = "appendonly-20260131-150000.aof" };
    struct bench bench;
    cutter.shop.bucket.page_max = 3; /* so that the AOF is looked up */
    bench_start(&bench, cut_answer, &cutter);

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(cutter.cuts, 1);
    assert_string_equal(rr_buf_text(&bench.result.rdb.key), NEWEST);
    assert_false(bench.result.has_aof);
    finish(&bench, &cutter);
}

static const struct offset offsets[] = { { RDB("a", "20260131-100000"), "7" }, { AOF("a", "20260131-120000"), "7" } };

static void f23_lookup_that_was_cut_finds_no_aof_of_the_session(void **state)
{
    (void)state;
    static const struct fake_object before[] = { { AOF("a", "20260131-120000"), NOON, 0 } };
    static const struct fake_object after[] = { { RDB("a", "20260131-100000"), NOON, 0 } };
    struct cutter cutter = { .shop = SHOP(after), .before = BUCKET(before), .words = "%2Fappendonly-&" };
    struct bench bench;
    cutter.shop.offsets = offsets;
    cutter.shop.offset_count = RR_COUNT(offsets);
    bench_start(&bench, cut_answer, &cutter);
    bench.request.criteria.pairing = RR_BACKUP_PAIRING_SESSION;

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(cutter.cuts, 1);
    assert_false(bench.result.has_aof);
    assert_true(says(&bench, "none lies between it and the next RDB"));
    finish(&bench, &cutter);
}

static void f23_lookup_that_was_cut_finds_no_next_rdb(void **state)
{
    (void)state;
    static const struct fake_object before[] = { { RDB("a", "20260131-110000"), NOON, 0 } };
    static const struct fake_object after[] = { { AOF("a", "20260131-120000"), NOON, 0 },
                                                { RDB("a", "20260131-100000"), NOON, 0 } };
    struct cutter cutter = { .shop = SHOP(after), .before = BUCKET(before), .words = "%2Fa%2Fdump-&" };
    struct bench bench;
    cutter.shop.offsets = offsets;
    cutter.shop.offset_count = RR_COUNT(offsets);
    bench_start(&bench, cut_answer, &cutter);
    bench.request.criteria.pairing = RR_BACKUP_PAIRING_SESSION;

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(cutter.cuts, 1);
    assert_true(bench.result.has_aof);
    assert_string_equal(rr_buf_text(&bench.result.aof.key), AOF("a", "20260131-120000"));
    finish(&bench, &cutter);
}

/* Two requests look around: below the prefix without the replication ID, and in the whole bucket. */
static void f23_hint_that_was_cut_says_nothing(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { "others/b/dump-20260131-110000.rdb", NOON, 0 },
                                                  { NEWEST, ONE, 0 } };
    struct cutter cutter = { .shop = SHOP(objects), .before = BUCKET(objects) };
    struct bench bench;
    bench_start(&bench, cut_answer, &cutter);
    bench.request.criteria.replication_id = RR_LIT("c");

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(cutter.cuts, 2);
    assert_int_equal(bench.result.pages, 1);
    assert_message(&bench, "no backup of replication ID c in {place}: there is no key at all in that folder; check "
                           "replicationID and prefix");
    finish(&bench, &cutter);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f23_lookup_that_was_cut_finds_no_aof),
    cmocka_unit_test(f23_lookup_that_was_cut_finds_no_aof_of_the_session),
    cmocka_unit_test(f23_lookup_that_was_cut_finds_no_next_rdb),
    cmocka_unit_test(f23_hint_that_was_cut_says_nothing),
};

RR_TEST_MAIN(tests)
