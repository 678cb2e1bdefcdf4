/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_bench.h"

#define AT(day)  "2026-01-" day "T12:00:00.000Z"
#define DAY(day) "202601" day "-120000"

/* A bucket whose objects have an archive tier. */
struct store {
    struct fake_bucket bucket;
    const char *tier_of, *tier; /* NULL: HEAD is refused */
    char text[256];
};

static void store_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    struct store *store = context;
    if (strncmp(head, "HEAD ", 5) != 0) {
        fake_bucket_answer(&store->bucket, number, head, reply);
        return;
    }
    bool has_tier = store->tier != NULL && strstr(head, store->tier_of) != NULL;
    (void)snprintf(store->text, sizeof store->text, "Last-Modified: Sat, 31 Jan 2026 12:00:00 GMT\r\n%s%s%s",
                   has_tier ? "x-amz-archive-status: " : "", has_tier ? store->tier : "", has_tier ? "\r\n" : "");
    reply->headers = store->text;
    reply->status = store->tier != NULL ? 200 : 403;
}

static bool says(const struct bench *bench, const char *words)
{
    bool found = strstr(rr_buf_text(&bench->result.message), words) != NULL;
    if (!found)
        print_error("%s\n", rr_buf_text(&bench->result.message));
    return found;
}

static void start(struct bench *bench, struct store *store, const struct fake_object *objects, size_t count)
{
    *store = (struct store){ .bucket = { .objects = objects, .count = count } };
    bench_start(bench, store_answer, store);
}

static void end(struct bench *bench, struct store *store)
{
    bench_stop(bench);
    fake_bucket_done(&store->bucket);
}

static void s31_rdb_that_cannot_be_one_is_never_the_newest_backup(void **state)
{
    (void)state;
    static const unsigned long long sizes[] = { 1, 5, 17 };
    for (size_t i = 0; i < RR_COUNT(sizes); i++) {
        const struct fake_object objects[] = { { RDB("a", DAY("30")), AT("30"), 18 },
                                               { RDB("a", DAY("31")), AT("31"), sizes[i] } };
        struct store store;
        struct bench bench;
        start(&bench, &store, objects, RR_COUNT(objects));

        assert_ok(bench_discover(&bench), bench.err);

        assert_slice(rr_buf_slice(&bench.result.timestamp), DAY("30"));
        assert_int_equal(bench.result.ignored, 1);
        assert_slice(rr_buf_slice(&bench.result.ignored_sample[0].key), RDB("a", DAY("31")));
        assert_string_equal(bench.result.ignored_sample[0].reason, "too small to be an RDB");
        end(&bench, &store);
    }
}

static void s31_bucket_of_impossible_rdbs_alone_names_them_as_the_nearest_miss(void **state)
{
    (void)state;
    const struct fake_object objects[] = { { RDB("a", DAY("31")), AT("31"), 5 } };
    struct store store;
    struct bench bench;
    start(&bench, &store, objects, RR_COUNT(objects));

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(bench.result.reason, RR_REASON_NO_BACKUP_FOUND);
    assert_true(
        says(&bench, "1 key is named like an RDB, but too small to be one, for example \"" RDB("a", DAY("31"))));
    end(&bench, &store);
}

static void s32_rdb_a_hundred_times_smaller_than_those_before_it_is_a_warning(void **state)
{
    (void)state;
    static const struct {
        unsigned long long before[3], newest;
        bool other_id, small;
    } cases[] = {
        { { 100000, 100000, 100000 }, 1000, false, true },
        { { 100000, 100000, 100000 }, 1001, false, false },
        { { 100000, 100000, 1000 }, 1000, false, false },  /* has been small before */
        { { 100000, 100000, 100000 }, 1000, true, false }, /* another data set */
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        const char *newest = cases[i].other_id ? RDB("b", DAY("31")) : RDB("a", DAY("31"));
        const struct fake_object objects[] = { { RDB("a", DAY("28")), AT("28"), cases[i].before[2] },
                                               { RDB("a", DAY("29")), AT("29"), cases[i].before[1] },
                                               { RDB("a", DAY("30")), AT("30"), cases[i].before[0] },
                                               { newest, AT("31"), cases[i].newest } };
        struct store store;
        struct bench bench;
        start(&bench, &store, objects, RR_COUNT(objects));

        assert_ok(bench_discover(&bench), bench.err);

        assert_true(bench.result.has_backup); /* not refused */
        assert_slice(rr_buf_slice(&bench.result.timestamp), DAY("31"));
        assert_int_equal(bench.result.warnings[RR_WARNING_SUDDENLY_SMALL], cases[i].small);
        if (cases[i].small)
            assert_true(says(&bench, "; SuddenlySmall: the RDB has 1000 bytes, those before it have at least 97.7Ki"));
        else
            assert_null(strstr(bench.result.message.ptr, "SuddenlySmall"));
        end(&bench, &store);
    }
}

static void s32_only_the_three_rdbs_before_the_chosen_one_are_compared(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { RDB("a", DAY("26")), AT("26"), 1000 },
                                                  { RDB("a", DAY("27")), AT("27"), 300000 },
                                                  { RDB("a", DAY("28")), AT("28"), 100000 },
                                                  { RDB("a", DAY("29")), AT("29"), 200000 },
                                                  { RDB("a", DAY("30")), AT("30"), 1000 } };
    struct store store;
    struct bench bench;
    start(&bench, &store, objects, RR_COUNT(objects));

    assert_ok(bench_discover(&bench), bench.err);

    assert_slice(rr_buf_slice(&bench.result.timestamp), DAY("30"));
    assert_true(bench.result.warnings[RR_WARNING_SUDDENLY_SMALL]);
    assert_true(says(&bench, "; SuddenlySmall: the RDB has 1000 bytes, those before it have at least 97.7Ki: check"));
    end(&bench, &store);
}

static void s33_archived_objects_are_chosen_and_reported_as_archived(void **state)
{
    (void)state;
    static const struct {
        const char *rdb, *aof, *words, *shown;
    } cases[] = {
        { "GLACIER", "STANDARD", "; Archived: the RDB is in GLACIER, restore", "GLACIER" },
        { "DEEP_ARCHIVE", "GLACIER", "; Archived: the RDB is in DEEP_ARCHIVE, the AOF is in GLACIER,", "DEEP_ARCHIVE" },
        { NULL, "GLACIER", "; Archived: the AOF is in GLACIER,", "" },
        { "GLACIER_IR", "STANDARD_IA", NULL, "GLACIER_IR" },
        { "STANDARD", NULL, NULL, "STANDARD" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        const struct fake_object objects[] = { { AOF("a", DAY("31")), AT("31"), 0 },
                                               { RDB("a", DAY("30")), AT("30"), 0 },
                                               { RDB("a", DAY("31")), AT("31"), 0 } };
        const char *const classes[] = { cases[i].aof, NULL, cases[i].rdb };
        struct store store;
        struct bench bench;
        start(&bench, &store, objects, RR_COUNT(objects));
        store.bucket.storage_classes = classes;

        assert_ok(bench_discover(&bench), bench.err);

        assert_slice(rr_buf_slice(&bench.result.timestamp), DAY("31"));
        assert_slice(rr_buf_slice(&bench.result.rdb.storage_class), cases[i].shown);
        assert_int_equal(bench.result.warnings[RR_WARNING_ARCHIVED], cases[i].words != NULL);
        if (cases[i].words != NULL)
            assert_true(says(&bench, cases[i].words));
        else
            assert_null(strstr(bench.result.message.ptr, "Archived"));
        assert_int_equal(fake_store_requests(&bench.store), 1); /* facts from the listing need no request */
        end(&bench, &store);
    }
}

static void s33_archive_tier_of_intelligent_tiering_is_what_head_says(void **state)
{
    (void)state;
    static const struct {
        const char *tier_of, *tier, *words, *rdb_class, *aof_class;
    } cases[] = {
        { "dump-", "ARCHIVE_ACCESS", "the RDB is in ARCHIVE_ACCESS,", "ARCHIVE_ACCESS", "INTELLIGENT_TIERING" },
        { "appendonly-", "DEEP_ARCHIVE_ACCESS", "the AOF is in DEEP_ARCHIVE_ACCESS,", "INTELLIGENT_TIERING",
          "DEEP_ARCHIVE_ACCESS" },
        { DAY("31"), "ARCHIVE_ACCESS", "the RDB is in ARCHIVE_ACCESS, the AOF is in ARCHIVE_ACCESS,", "ARCHIVE_ACCESS",
          "ARCHIVE_ACCESS" },
        { "dump-", "made-up", NULL, "INTELLIGENT_TIERING", "INTELLIGENT_TIERING" },
        { "dump-", NULL, NULL, "INTELLIGENT_TIERING", "INTELLIGENT_TIERING" }, /* a refusal proves nothing */
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        const struct fake_object objects[] = { { AOF("a", DAY("31")), AT("31"), 0 },
                                               { RDB("a", DAY("31")), AT("31"), 0 } };
        const char *const classes[] = { "INTELLIGENT_TIERING", "INTELLIGENT_TIERING" };
        struct store store;
        struct bench bench;
        start(&bench, &store, objects, RR_COUNT(objects));
        store.bucket.storage_classes = classes;
        store.tier_of = cases[i].tier_of;
        store.tier = cases[i].tier;

        assert_ok(bench_discover(&bench), bench.err);

        assert_true(bench.result.has_backup && bench.result.has_aof);
        assert_slice(rr_buf_slice(&bench.result.rdb.storage_class), cases[i].rdb_class);
        assert_slice(rr_buf_slice(&bench.result.aof.storage_class), cases[i].aof_class);
        assert_int_equal(bench.result.warnings[RR_WARNING_ARCHIVED], cases[i].words != NULL);
        assert_true(cases[i].words == NULL || says(&bench, cases[i].words));
        end(&bench, &store);
    }
}

/* After a copy of the bucket the modification times are those of the copy. */
static void s34_newer_name_that_was_stored_earlier_is_a_warning(void **state)
{
    (void)state;
    static const struct fake_object copied[] = { { RDB("a", DAY("23")), AT("31"), 0 },
                                                 { RDB("a", DAY("29")), AT("29"), 0 },
                                                 { RDB("a", DAY("30")), AT("28"), 0 } };
    static const char words[] = "; OrderContradiction: " RDB("a", DAY("30")) " is newer by the time in its name";
    struct store store;
    struct bench bench;
    start(&bench, &store, copied, RR_COUNT(copied));

    assert_ok(bench_discover(&bench), bench.err);
    assert_slice(rr_buf_slice(&bench.result.timestamp), DAY("23"));
    assert_true(bench.result.warnings[RR_WARNING_ORDER_CONTRADICTION] && says(&bench, words));

    bench.request.criteria.order = RR_BACKUP_ORDER_TIMESTAMP; /* the advice of the message */
    assert_ok(bench_discover(&bench), bench.err);
    assert_slice(rr_buf_slice(&bench.result.timestamp), DAY("30"));
    assert_false(bench.result.warnings[RR_WARNING_ORDER_CONTRADICTION]);
    end(&bench, &store);
}

static void s34_names_of_other_ids_contradict_only_beyond_an_hour(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        bool contradicts;
    } cases[] = {
        { RDB("b", "20260131-130000"), false }, /* uploads of two servers overlap */
        { RDB("b", "20260131-130001"), true },
        { RDB("a", "20260131-120001"), true },  /* of one server they do not */
        { RDB("b", "20269931-130001"), false }, /* no date */
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct fake_object objects[] = { { RDB("a", "20260131-120000"), "2026-01-31T12:30:00Z", 0 },
                                         { cases[i].key, "2026-01-31T12:20:00Z", 0 } };
        struct store store;
        struct bench bench;
        start(&bench, &store, objects, RR_COUNT(objects));

        assert_ok(bench_discover(&bench), bench.err);

        assert_slice(rr_buf_slice(&bench.result.timestamp), "20260131-120000");
        assert_int_equal(bench.result.warnings[RR_WARNING_ORDER_CONTRADICTION], cases[i].contradicts);
        end(&bench, &store);
    }
}

static void s34_newer_backups_that_previous_passes_over_contradict_nothing(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { RDB("a", DAY("29")), AT("29"), 0 },
                                                  { RDB("a", DAY("30")), AT("30"), 0 },
                                                  { RDB("a", DAY("31")), AT("31"), 0 } };
    struct store store;
    struct bench bench;
    start(&bench, &store, objects, RR_COUNT(objects));
    bench.request.criteria.previous = 1;

    assert_ok(bench_discover(&bench), bench.err);

    assert_slice(rr_buf_slice(&bench.result.timestamp), DAY("30"));
    assert_false(bench.result.warnings[RR_WARNING_ORDER_CONTRADICTION]);
    end(&bench, &store);
}

/* The newest by name is passed over, and two others behind the chosen one contradict it, in both orders. */
static void s34_newest_name_behind_the_chosen_backup_is_the_contradiction(void **state)
{
    (void)state;
    static const char *const times[][2] = { { AT("27"), AT("28") }, { AT("28"), AT("27") } };
    for (size_t i = 0; i < RR_COUNT(times); i++) {
        struct fake_object objects[] = { { RDB("a", DAY("10")), AT("29"), 0 },
                                         { RDB("a", DAY("20")), times[i][0], 0 },
                                         { RDB("a", DAY("21")), times[i][1], 0 },
                                         { RDB("a", DAY("31")), AT("31"), 0 } };
        struct store store;
        struct bench bench;
        start(&bench, &store, objects, RR_COUNT(objects));
        bench.request.criteria.previous = 1;

        assert_ok(bench_discover(&bench), bench.err);

        assert_slice(rr_buf_slice(&bench.result.timestamp), DAY("10"));
        assert_true(bench.result.warnings[RR_WARNING_ORDER_CONTRADICTION]);
        assert_true(says(&bench, "; OrderContradiction: " RDB("a", DAY("21")) " is newer by the time in its name"));
        end(&bench, &store);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s31_rdb_that_cannot_be_one_is_never_the_newest_backup),
    cmocka_unit_test(s31_bucket_of_impossible_rdbs_alone_names_them_as_the_nearest_miss),
    cmocka_unit_test(s32_rdb_a_hundred_times_smaller_than_those_before_it_is_a_warning),
    cmocka_unit_test(s32_only_the_three_rdbs_before_the_chosen_one_are_compared),
    cmocka_unit_test(s33_archived_objects_are_chosen_and_reported_as_archived),
    cmocka_unit_test(s33_archive_tier_of_intelligent_tiering_is_what_head_says),
    cmocka_unit_test(s34_newer_name_that_was_stored_earlier_is_a_warning),
    cmocka_unit_test(s34_names_of_other_ids_contradict_only_beyond_an_hour),
    cmocka_unit_test(s34_newer_backups_that_previous_passes_over_contradict_nothing),
    cmocka_unit_test(s34_newest_name_behind_the_chosen_backup_is_the_contradiction),
};

RR_TEST_MAIN(tests)
