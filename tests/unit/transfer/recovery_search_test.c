/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/recovery_search.h>

#include "store_bench.h"

#include <stdlib.h>

enum { PATIENCE_MS = 20000, RDB_MAX = 64, HEADERS_MAX = 1024, TARGET = 5000 };

#define ETAG "25f9e794323b453885f5181f1b624d0b"

/* An RDB of the store: its time, or what else it is. */
enum { NO_TIME = -1, DAMAGED = -2, ARCHIVED = -3, REFUSED = -4, CHANGED = -5, GONE = -6 };

struct bench {
    struct store_bench store;
    struct rr_recovery_search search;
    struct rr_error err;
    struct rr_stop *stop;
    int64_t patience_ms;
    const int *times; /* of the RDBs "0", "1", ... */
    size_t count;
    char rdb[RDB_MAX], headers[HEADERS_MAX];
};

/* "REDIS0009", ctime as an integer of 32 bits, the end byte, and no checksum. */
static size_t make_rdb(int time, char *out_rdb)
{
    static const char head[] = "REDIS0009\xfa\5ctime\xc2", other[] = "REDIS0009\xfa\5about\xc2";
    uint32_t value = (uint32_t)time;
    memcpy(out_rdb, time == NO_TIME ? other : head, sizeof head - 1);
    memcpy(out_rdb + sizeof head - 1, &value, sizeof value);
    out_rdb[sizeof head - 1 + sizeof value] = (char)0xff;
    memset(out_rdb + sizeof head + sizeof value, 0, 8);
    if (time == DAMAGED)
        out_rdb[0] = 'X';
    return sizeof head + sizeof value + 8;
}

static void answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    struct bench *bench = context;
    unsigned long long begin = 0, last = 0;
    const char *range = strcasestr(head, "\r\nRange: bytes=");
    (void)number;
    int time = bench->times[atoi(strchr(head, '/') + strlen("/bkt/"))];
    size_t size = make_rdb(time, bench->rdb);
    if (time == REFUSED || time == GONE || range == NULL) {
        int len = snprintf(bench->headers, sizeof bench->headers,
                           "HTTP/1.1 %d Scripted\r\nContent-Length: %zu\r\nETag: \"%s\"\r\n%s\r\n",
                           time == REFUSED ? 403
                           : time == GONE  ? 404
                                           : 200,
                           size, time == CHANGED ? "another" : ETAG,
                           time == ARCHIVED ? "x-amz-storage-class: GLACIER\r\n" : "");
        reply->raw = bench->headers;
        reply->raw_len = (size_t)len;
        return;
    }
    assert_int_equal(sscanf(range + 15, "%llu-%llu", &begin, &last), 2);
    (void)snprintf(bench->headers, sizeof bench->headers,
                   "ETag: \"" ETAG "\"\r\nContent-Range: bytes %llu-%llu/%zu\r\n", begin, last, size);
    reply->status = 206;
    reply->headers = bench->headers;
    reply->body = bench->rdb + begin;
    reply->body_len = (size_t)(last - begin + 1);
}

static void setup(struct bench *bench, const int *times, size_t count)
{
    *bench = (struct bench){ .times = times, .count = count, .patience_ms = PATIENCE_MS, .search.unix_s = TARGET };
    store_bench_start(&bench->store, answer, bench);
}

static void teardown(struct bench *bench)
{
    rr_recovery_search_done(&bench->search);
    store_bench_stop(&bench->store);
}

static bool run(struct bench *bench, size_t later, size_t *out_chosen)
{
    static const char *const keys[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" };
    struct rr_backup_object rdbs[RR_RECOVERY_LOOKS_MAX] = { 0 };
    char ignored[RDB_MAX];
    for (size_t i = 0; i < bench->count; i++)
        rdbs[i] = (struct rr_backup_object){ .key = rr_slice_from(keys[i]),
                                             .etag = RR_LIT(ETAG),
                                             .size = make_rdb(bench->times[i], ignored) };
    return rr_recovery_search_run(&bench->search, &bench->store.client, rdbs, bench->count, later,
                                  rr_clock_monotonic_ms(&rr_clock_system) + bench->patience_ms, bench->stop, out_chosen,
                                  &bench->err);
}

static void p02_newest_rdb_made_by_the_moment_is_taken(void **state)
{
    (void)state;
    static const struct {
        int times[5];
        size_t later, chosen, looked_at;
        enum rr_recovery_pass passes[5];
    } cases[] = {
        /* All that were stored after the moment are looked at: the newest of them counts. */
        { { 4000, 4900, 5001, 3000, 0 }, 3, 1, 3, { RR_RECOVERY_OLDER, RR_RECOVERY_TAKEN, RR_RECOVERY_MADE_LATER } },
        { { 4900, 4000, 5000, 3000, 0 }, 3, 2, 3, { RR_RECOVERY_OLDER, RR_RECOVERY_OLDER, RR_RECOVERY_TAKEN } },
        { { 5001, NO_TIME, ARCHIVED, 3000, 0 },
          3,
          3,
          4,
          { RR_RECOVERY_MADE_LATER, RR_RECOVERY_NO_TIME, RR_RECOVERY_ARCHIVED, RR_RECOVERY_TAKEN } },
        { { DAMAGED, 5001, NO_TIME, 4000, 3000 },
          1,
          3,
          4,
          { RR_RECOVERY_DAMAGED, RR_RECOVERY_MADE_LATER, RR_RECOVERY_NO_TIME, RR_RECOVERY_TAKEN } },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct bench bench;
        size_t chosen = 99;
        setup(&bench, cases[i].times, 5);

        assert_ok(run(&bench, cases[i].later, &chosen), bench.err);

        assert_int_equal(chosen, cases[i].chosen);
        assert_int_equal(bench.search.count, cases[i].looked_at);
        for (size_t look = 0; look < cases[i].looked_at; look++)
            assert_int_equal(bench.search.looks[look].pass, cases[i].passes[look]);
        assert_true(bench.search.looks[chosen].has_time);
        assert_int_equal(bench.search.looks[chosen].unix_s, cases[i].times[chosen]);
        assert_null(bench.search.reason);
        teardown(&bench);
    }
}

static void p02_no_rdb_by_the_moment_names_the_times_of_all(void **state)
{
    (void)state;
    static const int times[] = { 5100, 5200, 5300, 9000, NO_TIME, 8000, 7000, 6000, 5900, 5800 };
    struct bench bench;
    size_t chosen = 0;
    setup(&bench, times, RR_COUNT(times));

    assert_false(run(&bench, 3, &chosen));

    assert_int_equal(bench.err.code, RR_E_INVALID);
    assert_string_equal(bench.search.reason, "RecoveryTargetUnreachable");
    assert_string_equal(bench.err.message,
                        "1970-01-01T01:23:20Z cannot be reached: of 10 RDBs that were looked at, none is known to be "
                        "made by then; they were made from 1970-01-01T01:25:00Z to 1970-01-01T02:30:00Z; older ones "
                        "were not looked at: choose one by --not-after or --timestamp");
    teardown(&bench);
}

static void p02_one_rdb_made_later_is_named_with_its_time(void **state)
{
    (void)state;
    static const int times[] = { 5001 };
    struct bench bench;
    size_t chosen = 0;
    setup(&bench, times, RR_COUNT(times));

    assert_false(run(&bench, 1, &chosen));

    assert_string_equal(bench.err.message,
                        "1970-01-01T01:23:20Z cannot be reached: of 1 RDB that was looked at, none is known to be made "
                        "by then; they were made from 1970-01-01T01:23:21Z to 1970-01-01T01:23:21Z");
    teardown(&bench);
}

static void p02_damaged_rdb_of_the_past_is_not_replaced_by_an_older_one(void **state)
{
    (void)state;
    static const int times[] = { 5100, DAMAGED, 3000 };
    struct bench bench;
    size_t chosen = 0;
    setup(&bench, times, RR_COUNT(times));

    assert_false(run(&bench, 1, &chosen));

    assert_int_equal(bench.err.code, RR_E_INVALID);
    assert_string_equal(bench.search.reason, "NotAnRDB");
    assert_has(bench.err.message, "1: ");
    assert_has(bench.err.message, "; choose an older backup by --not-after or --timestamp");
    teardown(&bench);
}

/* The report names the failure as it is: an RDB whose read failed is not called archived. */
static void p02_archived_or_refused_rdb_of_the_past_is_that_failure(void **state)
{
    (void)state;
    static const struct {
        int times[2];
        enum rr_code code;
        enum rr_recovery_pass pass;
        const char *name;
    } cases[] = {
        { { ARCHIVED, 3000 }, RR_E_OBJECT_ARCHIVED, RR_RECOVERY_ARCHIVED, "Archived" },
        { { REFUSED, 3000 }, RR_E_DENIED, RR_RECOVERY_NOT_READ, "NotRead" },
        { { CHANGED, 3000 }, RR_E_OBJECT_CHANGED, RR_RECOVERY_NOT_READ, "NotRead" },
        { { GONE, 3000 }, RR_E_OBJECT_GONE, RR_RECOVERY_NOT_READ, "NotRead" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++)
        for (size_t later = 0; later < 2; later++) {
            struct bench bench;
            size_t chosen = 0;
            setup(&bench, cases[i].times, 2);

            bool is_found = run(&bench, later, &chosen);

            bool may_pass = cases[i].code == RR_E_OBJECT_ARCHIVED && later == 1;
            assert_int_equal(is_found, may_pass);
            if (!may_pass) {
                assert_int_equal(bench.err.code, cases[i].code);
                assert_int_equal(bench.search.count, 1);
            }
            assert_int_equal(bench.search.looks[0].pass, cases[i].pass);
            assert_string_equal(rr_recovery_pass_name(bench.search.looks[0].pass), cases[i].name);
            assert_null(bench.search.reason);
            teardown(&bench);
        }
}

static void p02_search_ends_by_its_deadline_and_by_a_signal(void **state)
{
    (void)state;
    static const int times[] = { 3000 };
    static const enum rr_code codes[] = { RR_E_TIMEOUT, RR_E_CANCELLED };
    for (size_t i = 0; i < RR_COUNT(codes); i++) {
        struct bench bench;
        struct rr_stop stop;
        size_t chosen = 0;
        setup(&bench, times, RR_COUNT(times));
        rr_stop_init(&stop, NULL);
        if (codes[i] == RR_E_CANCELLED)
            rr_stop_set(&stop);
        else
            bench.patience_ms = -1;
        bench.stop = &stop;

        assert_false(run(&bench, 0, &chosen));

        assert_int_equal(bench.err.code, codes[i]);
        assert_int_equal(bench.search.looks[0].pass, RR_RECOVERY_NOT_READ);
        teardown(&bench);
        rr_stop_done(&stop);
    }
}

/* A data set that was stored within the second may be that of its end. */
static void p02_moment_is_the_end_of_its_second(void **state)
{
    (void)state;
    const struct rr_recovery_search search = { .unix_s = TARGET };

    assert_int_equal(rr_recovery_search_end_ms(&search), 1000 * TARGET + 999);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(p02_moment_is_the_end_of_its_second),
    cmocka_unit_test(p02_newest_rdb_made_by_the_moment_is_taken),
    cmocka_unit_test(p02_search_ends_by_its_deadline_and_by_a_signal),
    cmocka_unit_test(p02_no_rdb_by_the_moment_names_the_times_of_all),
    cmocka_unit_test(p02_one_rdb_made_later_is_named_with_its_time),
    cmocka_unit_test(p02_damaged_rdb_of_the_past_is_not_replaced_by_an_older_one),
    cmocka_unit_test(p02_archived_or_refused_rdb_of_the_past_is_that_failure),
};

RR_TEST_MAIN(tests)
