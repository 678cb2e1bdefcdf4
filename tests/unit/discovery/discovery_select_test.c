/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_run.h"
#include "discovery_shop.h"

/* Sorted by key; the later the name, the later the time. */
static const struct fake_object day[] = {
    { AOF("a", "20260131-100000"), AT("10"), 100 },
    { "redis-backups/a/appendonly-20260131-110000.aof.gz", AT("11"), 200 },
    { RDB("a", "20260131-100000"), AT("10"), 1000 },
    { RDB("a", "20260131-110000"), AT("11"), 1100 },
    { RDB("a", "20260131-120000"), AT("12"), 1200 },
    { RDB("b", "20260131-090000"), AT("09"), 900 },
};

static void s27_previous_steps_back_over_all_ids(void **state)
{
    (void)state;
    static const char *const newest[] = { RDB("a", "20260131-120000"), RDB("a", "20260131-110000"),
                                          RDB("a", "20260131-100000"), RDB("b", "20260131-090000") };
    struct shop shop = SHOP(day);
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);
    for (size_t i = 0; i < RR_COUNT(newest); i++) {
        bench.request.criteria.previous = (int)i;

        assert_ok(bench_discover(&bench), bench.err);

        assert_string_equal(rr_buf_text(&bench.result.rdb.key), newest[i]);
        assert_int_equal(bench.result.candidate_count, RR_COUNT(newest));
    }
    bench.request.criteria.previous = 4;
    assert_ok(bench_discover(&bench), bench.err);
    assert_int_equal(bench.result.reason, RR_REASON_NO_BACKUP_FOUND);
    assert_true(says(&bench, ": there are 4, too few to step back by previous: 4"));
    end(&bench, &shop);
}

static void s27_timestamp_and_not_after_bound_the_choice(void **state)
{
    (void)state;
    struct shop shop = SHOP(day);
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);

    bench.request.criteria.timestamp = RR_LIT("20260131-100000");
    assert_ok(bench_discover(&bench), bench.err);
    assert_string_equal(rr_buf_text(&bench.result.rdb.key), RDB("a", "20260131-100000"));
    assert_int_equal(bench.result.candidate_count, 1);
    bench.request.criteria.timestamp = RR_LIT("20260131-100001");
    assert_ok(bench_discover(&bench), bench.err);
    assert_true(says(&bench, "no backup of timestamp 20260131-100001 in bucket"));
    assert_true(says(&bench, "; 4 keys are of another timestamp, for example"));

    bench.request.criteria.timestamp = RR_LIT("");
    bench.request.criteria.has_not_after = true;
    bench.request.criteria.not_after_ms = 1769857200000; /* 11:00:00Z */
    assert_ok(bench_discover(&bench), bench.err);
    assert_string_equal(rr_buf_text(&bench.result.rdb.key), RDB("a", "20260131-110000"));
    bench.request.criteria.not_after_ms = 1769857199999;
    assert_ok(bench_discover(&bench), bench.err);
    assert_string_equal(rr_buf_text(&bench.result.rdb.key), RDB("a", "20260131-100000"));
    bench.request.criteria.order = RR_BACKUP_ORDER_TIMESTAMP;
    bench.request.criteria.zone_offset_s = 3600;
    bench.request.criteria.not_after_ms = 1769857200000; /* 12:00:00 in the zone of the names */
    assert_ok(bench_discover(&bench), bench.err);
    assert_string_equal(rr_buf_text(&bench.result.rdb.key), RDB("a", "20260131-120000"));
    bench.request.criteria.not_after_ms = 0;
    assert_ok(bench_discover(&bench), bench.err);
    assert_true(says(&bench, "; 4 keys are newer than notAfter, for example"));
    end(&bench, &shop);
}

/* Remembers the RDBs that it may look at, and takes the one of a number. */
struct looker {
    char seen[512];
    size_t later, take;
    bool fails;
};

static bool look(void *context, const struct rr_s3_client *client, const struct rr_backup_object *rdbs, size_t count,
                 size_t later, int64_t deadline_ms, struct rr_stop *stop, size_t *out_chosen, struct rr_error *err)
{
    struct looker *looker = context;
    assert_true(client->endpoint != NULL && deadline_ms > 0 && stop != NULL);
    looker->later = later;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(looker->seen);
        (void)snprintf(looker->seen + len, sizeof looker->seen - len, " %.*s/%.2s", RR_ARG(rdbs[i].replication_id),
                       rdbs[i].timestamp.ptr + strlen("20260131-"));
    }
    *out_chosen = looker->take;
    return !looker->fails || rr_fail(err, RR_E_INVALID, "none fits");
}

static void p02_caller_chooses_near_a_moment_out_of_one_listing(void **state)
{
    (void)state;
    static const char *const chosen[] = { RDB("a", "20260131-110000"), RDB("a", "20260131-120000"),
                                          RDB("a", "20260131-100000"), RDB("b", "20260131-090000") };
    struct shop shop = SHOP(day);
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);
    for (size_t i = 0; i < RR_COUNT(chosen); i++) {
        struct looker looker = { .take = i };
        struct rr_discovery_chooser chooser = { &looker, 1769853600000 /* 10:00:00Z */, look };
        bench.request.chooser = &chooser;

        assert_ok(bench_discover(&bench), bench.err);

        assert_string_equal(looker.seen, " a/11 a/12 a/10 b/09");
        assert_int_equal(looker.later, 2);
        assert_string_equal(rr_buf_text(&bench.result.rdb.key), chosen[i]);
        assert_int_equal(bench.result.has_aof, i == 0 || i == 2);
        assert_int_equal(bench.result.pages, 1);
    }
    struct looker looker = { .fails = true };
    struct rr_discovery_chooser chooser = { &looker, 1769853600000, look };
    bench.request.chooser = &chooser;
    assert_false(bench_discover(&bench));
    assert_int_equal(bench.err.code, RR_E_INVALID);
    assert_has(bench.err.message, "none fits");
    end(&bench, &shop);
}

static void p02_caller_is_given_ten_rdbs_at_most_and_not_asked_about_none(void **state)
{
    (void)state;
    static char keys[20][64], times[20][40];
    static struct fake_object many[20];
    for (int i = 0; i < 20; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "redis-backups/a/dump-20260131-%02d0000.rdb", i);
        (void)snprintf(times[i], sizeof times[i], "2026-01-31T%02d:00:00.000Z", i);
        many[i] = (struct fake_object){ keys[i], times[i], 1000 };
    }
    struct shop shop = SHOP(many);
    struct bench bench;
    struct looker looker = { .take = 9 };
    struct rr_discovery_chooser chooser = { &looker, 1769860800000 /* 12:00:00Z */, look };
    bench_start(&bench, shop_answer, &shop);
    bench.request.chooser = &chooser;

    assert_ok(bench_discover(&bench), bench.err);

    assert_string_equal(looker.seen, " a/13 a/14 a/15 a/12 a/11 a/10 a/09 a/08 a/07 a/06");
    assert_string_equal(rr_buf_text(&bench.result.rdb.key), keys[6]);
    looker = (struct looker){ .fails = true };
    bench.request.criteria.replication_id = RR_LIT("nobody");
    assert_ok(bench_discover(&bench), bench.err);
    assert_int_equal(bench.result.reason, RR_REASON_NO_BACKUP_FOUND);
    assert_string_equal(looker.seen, "");
    end(&bench, &shop);
}

static void contradicting_criteria_are_bad_input(void **state)
{
    (void)state;
    struct shop shop = SHOP(day);
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);
    struct rr_discovery_request good = bench.request;
    struct rr_discovery_request bad[5] = { good, good, good, good, good };
    bad[0].criteria.timestamp = RR_LIT("2026-01-31");
    bad[1].criteria.previous = 100;
    bad[2].criteria.previous = -1;
    bad[3].criteria.previous = 1;
    bad[3].criteria.has_not_after = true;
    bad[4].criteria.timestamp = RR_LIT("20260131-100000");
    bad[4].criteria.has_not_after = true;
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        bench.request = bad[i];

        assert_false(bench_discover(&bench));

        assert_int_equal(bench.err.code, RR_E_BAD_INPUT);
    }
    assert_int_equal(fake_store_requests(&bench.store), 0);
    end(&bench, &shop);
}

static int64_t fixed_ms(void *context)
{
    return *(int64_t *)context;
}

static void s27_max_age_counts_by_what_orders(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { RDB("a", "20260131-100000"), AT("12"), 100 } };
    int64_t now_ms = 1769864400000; /* 13:00:00Z */
    struct shop shop = SHOP(objects);
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);
    struct rr_clock clock = rr_clock_system;
    clock.context = &now_ms;
    clock.unix_ms = fixed_ms;
    bench.context.clock = &clock;

    bench.request.criteria.max_age_ms = 3600 * 1000;
    assert_ok(bench_discover(&bench), bench.err);
    assert_int_equal(bench.result.reason, RR_REASON_BACKUP_DISCOVERED);
    now_ms++;
    assert_ok(bench_discover(&bench), bench.err);
    assert_int_equal(bench.result.reason, RR_REASON_BACKUP_TOO_OLD);
    assert_false(bench.result.has_backup);
    assert_int_equal(bench.result.candidate_count, 1);
    assert_true(says(&bench, "is older by LastModified than maxAge allows"));
    bench.request.criteria.order = RR_BACKUP_ORDER_TIMESTAMP;
    bench.request.criteria.max_age_ms = 2 * 3600 * 1000;
    assert_ok(bench_discover(&bench), bench.err);
    assert_int_equal(bench.result.reason, RR_REASON_BACKUP_TOO_OLD);
    bench.request.criteria.zone_offset_s = -7200;
    assert_ok(bench_discover(&bench), bench.err);
    assert_int_equal(bench.result.reason, RR_REASON_BACKUP_DISCOVERED);
    end(&bench, &shop);
}

/* The newest RDB is fresh, but has no AOF; the one with an AOF is half an hour too old. */
static void s27_max_age_counts_for_the_one_that_previous_complete_takes(void **state)
{
    (void)state;
    int64_t now_ms = 1769864400000; /* 13:00:00Z */
    struct shop shop = SHOP(day);
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);
    struct rr_clock clock = rr_clock_system;
    clock.context = &now_ms;
    clock.unix_ms = fixed_ms;
    bench.context.clock = &clock;
    bench.request.criteria.on_missing_aof = RR_BACKUP_PREVIOUS_COMPLETE;

    bench.request.criteria.max_age_ms = 90 * 60 * 1000;
    assert_ok(bench_discover(&bench), bench.err);
    assert_int_equal(bench.result.reason, RR_REASON_BACKUP_TOO_OLD);
    assert_false(bench.result.has_backup);
    assert_true(says(&bench, RDB("a", "20260131-110000") ", stored at 2026-01-31T11:00:00Z, is older by LastModified"));
    bench.request.criteria.max_age_ms = 120 * 60 * 1000;
    assert_ok(bench_discover(&bench), bench.err);
    assert_int_equal(bench.result.reason, RR_REASON_BACKUP_DISCOVERED);
    assert_string_equal(rr_buf_text(&bench.result.rdb.key), RDB("a", "20260131-110000"));
    end(&bench, &shop);
}

static void s27_timestamp_that_is_no_date_is_too_old(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { RDB("a", "99999999-999999"), AT("12"), 100 } };
    struct shop shop = SHOP(objects);
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);
    bench.request.criteria.order = RR_BACKUP_ORDER_TIMESTAMP;
    bench.request.criteria.max_age_ms = INT64_MAX / 4;

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(bench.result.reason, RR_REASON_BACKUP_TOO_OLD);
    assert_true(says(&bench, "the timestamp in its name is not a date"));
    end(&bench, &shop);
}

static void s27_previous_complete_takes_the_newest_with_an_aof(void **state)
{
    (void)state;
    struct shop shop = SHOP(day);
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);
    bench.request.criteria.on_missing_aof = RR_BACKUP_PREVIOUS_COMPLETE;

    assert_ok(bench_discover(&bench), bench.err);

    assert_string_equal(rr_buf_text(&bench.result.rdb.key), RDB("a", "20260131-110000"));
    assert_string_equal(rr_buf_text(&bench.result.aof.key), "redis-backups/a/appendonly-20260131-110000.aof.gz");
    assert_int_equal(bench.result.aof.compression, RR_BACKUP_GZIP);
    assert_true(says(&bench, "newer ones have no AOF"));
    assert_int_equal(fake_store_requests(&bench.store), 1);
    static const enum rr_discovery_known known[] = { RR_DISCOVERY_NO, RR_DISCOVERY_YES, RR_DISCOVERY_YES,
                                                     RR_DISCOVERY_NO };
    for (size_t i = 0; i < RR_COUNT(known); i++)
        assert_int_equal(bench.result.candidates[i].has_aof, known[i]);
    /* Never newer than the requested one. */
    bench.request.criteria.previous = 3;
    assert_ok(bench_discover(&bench), bench.err);
    assert_int_equal(bench.result.reason, RR_REASON_AOF_NOT_FOUND);
    assert_true(says(&bench, "nor has an older one among the 100 newest"));
    end(&bench, &shop);
}

/* 1,200 RDBs, with an AOF next to every 40th. On more than one page, AOFs need extra requests. */
static void s27_previous_complete_asks_for_aofs_that_no_page_showed(void **state)
{
    (void)state;
    enum { RDBS = 1200, STEP = 40, AOFS = RDBS / STEP };
    static char keys[RDBS + AOFS][64], times[RDBS][32];
    static struct fake_object objects[RDBS + AOFS];
    for (size_t i = 0; i < AOFS; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "redis-backups/a/appendonly-20260131-%06zu.aof.zst", STEP * i);
        objects[i] = (struct fake_object){ keys[i], NOON, i };
    }
    for (size_t i = 0; i < RDBS; i++) {
        (void)snprintf(keys[AOFS + i], sizeof keys[AOFS + i], "redis-backups/a/dump-20260131-%06zu.rdb", i);
        (void)snprintf(times[i], sizeof times[i], "2026-01-31T12:%02zu:%02zu.000Z", i / 60, i % 60);
        objects[AOFS + i] = (struct fake_object){ keys[AOFS + i], times[i], i };
    }
    objects[0].key = "redis-backups/a/appendonly-20250131-000000.aof"; /* belongs to no RDB */
    struct shop shop = SHOP(objects);
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);
    bench.request.criteria.on_missing_aof = RR_BACKUP_PREVIOUS_COMPLETE;

    assert_ok(bench_discover(&bench), bench.err);

    assert_string_equal(rr_buf_text(&bench.result.timestamp), "20260131-001160");
    assert_int_equal(bench.result.aof.compression, RR_BACKUP_ZSTD);
    assert_int_equal(bench.result.candidate_count, RR_DISCOVERY_CANDIDATES_MAX);
    assert_string_equal(rr_buf_text(&bench.result.candidates[8].timestamp), "20260131-001191");
    assert_string_equal(rr_buf_text(&bench.result.candidates[9].timestamp), "20260131-001160");
    assert_int_equal(bench.result.candidates[9].has_aof, RR_DISCOVERY_YES);
    end(&bench, &shop);
}

/* The chosen one comes right behind those that are shown: it takes the last place. */
static void s27_chosen_backup_is_among_the_candidates_at_any_step_back(void **state)
{
    (void)state;
    enum { RDBS = RR_DISCOVERY_CANDIDATES_MAX + 3 };
    static char keys[RDBS][64], times[RDBS][32];
    static struct fake_object objects[RDBS];
    for (size_t i = 0; i < RDBS; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "redis-backups/a/dump-20260131-%06zu.rdb", i);
        (void)snprintf(times[i], sizeof times[i], "2026-01-31T12:00:%02zu.000Z", i);
        objects[i] = (struct fake_object){ keys[i], times[i], 1000 };
    }
    struct shop shop = SHOP(objects);
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);
    for (int previous = 0; previous < RDBS; previous++) {
        bench.request.criteria.previous = previous;

        assert_ok(bench_discover(&bench), bench.err);

        size_t shown = 0;
        for (size_t i = 0; i < bench.result.candidate_count; i++)
            shown +=
                rr_slice_equals(rr_buf_slice(&bench.result.candidates[i].rdb.key), rr_buf_slice(&bench.result.rdb.key));
        assert_int_equal(shown, 1);
    }
    end(&bench, &shop);
}

static void s29_oldest_of_two_unfinished_uploads_is_reported(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { RDB("a", "20260131-120000"), NOON, 100 } };
    struct shop shop = SHOP(objects);
    shop.uploads = "<Upload><Key>redis-backups/a/appendonly-20260131-120000.aof</Key>"
                   "<Initiated>2026-01-31T12:00:01.000Z</Initiated></Upload>"
                   "<Upload><Key>redis-backups/a/appendonly-20260131-130000.aof</Key>"
                   "<Initiated>2026-01-31T13:00:01.000Z</Initiated></Upload>"
                   "<Upload><Key>redis-backups/a/notes</Key><Initiated>2026-01-30T00:00:00.000Z</Initiated></Upload>";
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);

    assert_ok(bench_discover(&bench), bench.err);
    assert_true(says(&bench, "; the upload of " AOF("a", "20260131-120000") " began at 2026-01-31T12:00:01Z and is not "
                                                                            "finished"));
    shop.uploads = NULL;
    assert_ok(bench_discover(&bench), bench.err);
    assert_null(strstr(rr_buf_text(&bench.result.message), "upload"));
    assert_true(bench.result.has_backup);
    end(&bench, &shop);
}

static int64_t standing_ms(void *context)
{
    (void)context;
    return 1000;
}

static void s29_hint_ends_with_the_discovery_at_the_latest(void **state)
{
    (void)state;
    static const struct rr_clock standing = { .monotonic_ms = standing_ms, .unix_ms = standing_ms };
    struct rr_discovery_context context = { .clock = &standing };
    struct rr_discovery_run run = { .context = &context, .deadline_ms = 1300 };

    assert_int_equal(rr_discovery_hint_deadline(&run), 1300);

    run.deadline_ms = 1000 * 1000;
    assert_int_equal(rr_discovery_hint_deadline(&run), 1000 + RR_DISCOVERY_HINT_MS);
}

static void s29_hint_that_fails_does_not_change_the_result(void **state)
{
    (void)state;
    static const struct fake_object objects[] = { { RDB("a", "20260131-120000"), NOON, 100 } };
    struct shop shop = SHOP(objects);
    shop.uploads = "<Upload><Key>redis-backups/a";
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);

    assert_ok(bench_discover(&bench), bench.err);

    assert_true(bench.result.has_backup);
    end(&bench, &shop);
}

static void s29_nothing_found_names_the_nearest_miss(void **state)
{
    (void)state;
    static const struct {
        const char *key, *words;
    } cases[] = {
        { "redis-backups/redis-backups/a/dump-20260131-120000.rdb",
          "; 1 key is named like a backup, but with the prefix twice, for example "
          "\"redis-backups/redis-backups/a/dump-20260131-120000.rdb\"" },
        { "redis-backups/a/Dump-20260131-120000.rdb", "except for upper and lower case" },
        { "redis-backups/a/dump-20260131-120000.RDB", "except for upper and lower case" },
        { "redis-backups/a/dump-20260131-120000.rdb.xz", "but with an unknown ending" },
        { "redis-backups/dump-20260131-120000.rdb", "but in no folder below the prefix" },
        { "backups/prod/a/dump-20260131-120000.rdb", "; 1 key is named like a backup, but below another prefix, for "
                                                     "example \"backups/prod/a/dump-20260131-120000.rdb\": its "
                                                     "prefix is \"backups/prod/\"" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct fake_object objects[] = { { cases[i].key, NOON, 100 } };
        struct shop shop = SHOP(objects);
        struct bench bench;
        bench_start(&bench, shop_answer, &shop);

        assert_ok(bench_discover(&bench), bench.err);

        assert_int_equal(bench.result.reason, RR_REASON_NO_BACKUP_FOUND);
        assert_true(says(&bench, cases[i].words));
        end(&bench, &shop);
    }
}

static void s29_missing_id_lists_the_ids_that_exist(void **state)
{
    (void)state;
    struct shop shop = SHOP(day);
    struct bench bench;
    bench_start(&bench, shop_answer, &shop);
    bench.request.criteria.replication_id = RR_LIT("c");

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(bench.result.reason, RR_REASON_NO_BACKUP_FOUND);
    assert_true(says(&bench, "check replicationID and prefix; below the prefix there are backups of a, b"));
    assert_int_equal(bench.result.objects, 0);
    end(&bench, &shop);
}

static void s29_name_and_time_far_apart_are_reported(void **state)
{
    (void)state;
    static const struct {
        const char *time, *words;
    } cases[] = {
        { "2026-01-31T13:00:00.000Z", NULL },
        { "2026-01-31T11:00:00.000Z", NULL },
        { "2026-01-31T13:00:00.001Z", "; it was stored 1 h after the time in its name" },
        { "2026-01-30T11:00:00.000Z", "; it was stored 25 h before the time in its name" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct fake_object objects[] = { { AOF("a", "20260131-120000"), NOON, 100 },
                                         { RDB("a", "20260131-120000"), cases[i].time, 100 } };
        struct shop shop = SHOP(objects);
        struct bench bench;
        bench_start(&bench, shop_answer, &shop);

        assert_ok(bench_discover(&bench), bench.err);

        if (cases[i].words != NULL)
            assert_true(says(&bench, cases[i].words));
        else
            assert_string_equal(rr_buf_text(&bench.result.message),
                                "found " RDB("a", "20260131-120000") " and its AOF");
        end(&bench, &shop);
    }
}

/* The name says noon, in a zone that is two and a half hours ahead of UTC or behind it. */
static void s29_name_is_read_in_its_zone_before_it_is_called_far_from_the_time(void **state)
{
    (void)state;
    static const struct {
        int32_t zone_offset_s;
        const char *time, *words;
    } cases[] = {
        { 9000, "2026-01-31T09:30:00.000Z", NULL },
        { -9000, "2026-01-31T14:30:00.000Z", NULL },
        { 9000, NOON, "; it was stored 2 h after the time in its name" },
        { -9000, NOON, "; it was stored 2 h before the time in its name" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct fake_object objects[] = { { AOF("a", "20260131-120000"), NOON, 100 },
                                         { RDB("a", "20260131-120000"), cases[i].time, 100 } };
        struct shop shop = SHOP(objects);
        struct bench bench;
        bench_start(&bench, shop_answer, &shop);
        bench.request.criteria.zone_offset_s = cases[i].zone_offset_s;

        assert_ok(bench_discover(&bench), bench.err);

        if (cases[i].words != NULL)
            assert_true(says(&bench, cases[i].words));
        else
            assert_string_equal(rr_buf_text(&bench.result.message),
                                "found " RDB("a", "20260131-120000") " and its AOF");
        end(&bench, &shop);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s27_previous_steps_back_over_all_ids),
    cmocka_unit_test(s27_timestamp_and_not_after_bound_the_choice),
    cmocka_unit_test(p02_caller_chooses_near_a_moment_out_of_one_listing),
    cmocka_unit_test(p02_caller_is_given_ten_rdbs_at_most_and_not_asked_about_none),
    cmocka_unit_test(contradicting_criteria_are_bad_input),
    cmocka_unit_test(s27_max_age_counts_by_what_orders),
    cmocka_unit_test(s27_max_age_counts_for_the_one_that_previous_complete_takes),
    cmocka_unit_test(s27_timestamp_that_is_no_date_is_too_old),
    cmocka_unit_test(s27_previous_complete_takes_the_newest_with_an_aof),
    cmocka_unit_test(s27_previous_complete_asks_for_aofs_that_no_page_showed),
    cmocka_unit_test(s27_chosen_backup_is_among_the_candidates_at_any_step_back),
    cmocka_unit_test(s29_hint_ends_with_the_discovery_at_the_latest),
    cmocka_unit_test(s29_oldest_of_two_unfinished_uploads_is_reported),
    cmocka_unit_test(s29_hint_that_fails_does_not_change_the_result),
    cmocka_unit_test(s29_nothing_found_names_the_nearest_miss),
    cmocka_unit_test(s29_missing_id_lists_the_ids_that_exist),
    cmocka_unit_test(s29_name_and_time_far_apart_are_reported),
    cmocka_unit_test(s29_name_is_read_in_its_zone_before_it_is_called_far_from_the_time),
};

RR_TEST_MAIN(tests)
