/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_bench.h"
#include "s3_memory_use.h"
#include "support/allocated.h"

#include <redisrestore/s3/s3_get.h>

#include <stdatomic.h>

enum { SIZE = 64 * 100, PART = 100, REFUSED = 6, REST_MS = 30000, READS_A_MS = 16 };

/* A store that answers ranges of zeros, and a clock that goes on as often as it is read: slow enough that a store which
 * is not left in peace gets many requests meanwhile. */
struct ranges {
    const char *etag;
    bool refuses; /* one request, with Retry-After */
    _Atomic int64_t reads;
    int64_t refused_ms;
    size_t early, late; /* requests behind the refused one: before REST_MS have passed, and later */
    char headers[256];
};

static int64_t read_clock(void *context)
{
    struct ranges *ranges = context;
    return atomic_fetch_add(&ranges->reads, 1) / READS_A_MS;
}

static void ranges_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    static const char zeros[PART];
    struct ranges *ranges = context;
    int64_t now_ms = atomic_load(&ranges->reads) / READS_A_MS;
    unsigned long long first = 0, last = 0;
    const char *range = strcasestr(head, "\r\nRange: bytes=");
    assert_non_null(range);
    assert_int_equal(sscanf(range + strlen("\r\nRange: bytes="), "%llu-%llu", &first, &last), 2);
    if (ranges->refuses && number == REFUSED) {
        ranges->refused_ms = now_ms;
        *reply = (struct fake_reply){ .status = 503, .headers = "Retry-After: 30\r\n" };
        return;
    }
    if (number > REFUSED && now_ms < ranges->refused_ms + REST_MS)
        ranges->early++;
    else if (number > REFUSED)
        ranges->late++;
    (void)snprintf(ranges->headers, sizeof ranges->headers, "ETag: \"%s\"\r\nContent-Range: bytes %llu-%llu/%d\r\n",
                   ranges->etag, first, last, SIZE);
    *reply =
        (struct fake_reply){ .status = 206, .headers = ranges->headers, .body = zeros, .body_len = last - first + 1 };
}

static struct rr_s3_get_request request_of(struct bench *bench)
{
    return (struct rr_s3_get_request){ .key = RR_LIT("p/a"),
                                       .etag = RR_LIT("e"),
                                       .size = SIZE,
                                       .end = SIZE,
                                       .part_bytes = PART,
                                       .parts = 4,
                                       .deadline_ms = bench->deadline_ms,
                                       .stop = &bench->stop };
}

/* Returns how many bytes came; *err is set where that is not all. */
static uint64_t get_all(struct bench *bench, const struct rr_s3_get_request *request)
{
    rr_auto_ptr(s3_get) get = rr_s3_get_new(&bench->client, request);
    struct rr_slice bytes;
    uint64_t count = 0;
    while (rr_s3_get_next(get, &bytes, &bench->err) && bytes.len > 0)
        count += bytes.len;
    return count;
}

static void d03_retry_after_of_one_part_holds_for_the_whole_download(void **state)
{
    (void)state;
    /* In the past, so that the download waits for this clock only. */
    struct ranges ranges = { .etag = "e",
                             .refuses = true,
                             .reads = READS_A_MS * (rr_clock_monotonic_ms(&rr_clock_system) - 60000) };
    struct rr_clock clock = { &ranges, read_clock, rr_clock_system.unix_ms };
    struct bench bench;
    bench_start(&bench, ranges_answer, &ranges);
    bench.client.clock = &clock;
    rr_auto_ptr(s3_memory) memory = rr_s3_memory_new(&rr_clock_system);
    bench.client.memory = memory;
    rr_s3_memory_set_width(memory, &bench.endpoint, 2); /* few in flight, and room for many more */
    struct rr_s3_get_request request = request_of(&bench);
    request.parts = 16;

    assert_int_equal(get_all(&bench, &request), SIZE);

    assert_int_equal(fake_store_requests(&bench.store), SIZE / PART + 1);
    assert_in_range(ranges.early, 0, 4); /* under way when the refusal came */
    assert_int_equal(ranges.early + ranges.late, SIZE / PART - REFUSED);
    bench_stop(&bench);
}

/* A store that does not know If-Match: its first reply is of another object already. */
static void d01_first_reply_with_another_etag_is_another_object(void **state)
{
    (void)state;
    struct ranges ranges = { .etag = "other" };
    struct bench bench;
    bench_start(&bench, ranges_answer, &ranges);
    struct rr_s3_get_request request = request_of(&bench);

    assert_int_equal(get_all(&bench, &request), 0);

    assert_string_equal(rr_code_name(bench.err.code), "OBJECT_CHANGED");
    bench_stop(&bench);
}

static void d02_reply_with_two_etags_is_an_error(void **state)
{
    (void)state;
    struct ranges ranges = { .etag = "e\"\r\nETag: \"CANARY" };
    struct bench bench;
    bench_start(&bench, ranges_answer, &ranges);
    struct rr_s3_get_request request = request_of(&bench);

    assert_int_equal(get_all(&bench, &request), 0);

    assert_int_equal(bench.err.code, RR_E_BAD_REPLY);
    assert_has(bench.err.message, "the header ETag twice, with different values");
    assert_lacks(bench.err.message, "CANARY");
    bench_stop(&bench);
}

static void d03_part_holds_a_second_of_the_rate_at_most(void **state)
{
    (void)state;
    static const struct {
        size_t part_bytes;
        uint64_t bytes_per_s, last; /* of the first range */
    } rows[] = {
        { 0, 0, 8388607 },         { 0, 100000, 99999 }, { 0, 65537, 65536 },     { 0, 65536, 65535 },
        { 0, 65535, 65535 },       { 0, 1, 65535 },      { 0, 8388608, 8388607 }, { 0, 8388607, 8388606 },
        { 0, 900000000, 8388607 }, { 1000, 0, 999 },     { 1000, 1000, 999 },     { 1000, 70000, 999 },
    };
    static const struct fake_reply refusal = { .status = 403, .body = S3_ERROR("AccessDenied") };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct fake_script script = { &refusal, 1 };
        struct bench bench;
        char range[64];
        bench_start(&bench, fake_script_answer, &script);
        struct rr_s3_get_request request = request_of(&bench);
        request.size = request.end = UINT64_C(1) << 40;
        request.parts = 1;
        request.part_bytes = rows[i].part_bytes;
        request.bytes_per_s = rows[i].bytes_per_s;

        assert_int_equal(get_all(&bench, &request), 0);

        (void)snprintf(range, sizeof range, "\r\nRange: bytes=0-%llu\r\n", (unsigned long long)rows[i].last);
        if (strcasestr(fake_store_head(&bench.store, 0), range) == NULL)
            fail_msg("row %zu: %s", i, fake_store_head(&bench.store, 0));
        bench_stop(&bench);
    }
}

/* --- memory --- */

enum { LARGE_PART = 4 << 20, LARGE_SIZE = 2 * LARGE_PART };

static void large_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    static const char zeros[LARGE_PART];
    static char headers[128];
    unsigned long long first = 0, last = 0;
    const char *range = strcasestr(head, "\r\nRange: bytes=");
    (void)context;
    (void)number;
    assert_non_null(range);
    assert_int_equal(sscanf(range + strlen("\r\nRange: bytes="), "%llu-%llu", &first, &last), 2);
    (void)snprintf(headers, sizeof headers, "ETag: \"e\"\r\nContent-Range: bytes %llu-%llu/%d\r\n", first, last,
                   LARGE_SIZE);
    *reply = (struct fake_reply){ .status = 206, .headers = headers, .body = zeros, .body_len = last - first + 1 };
}

/* `stage` holds the sources of RDB and AOF until its end: the parts of one that was read are those of the next. */
static void d04_parts_are_freed_at_the_end_of_the_object(void **state)
{
    (void)state;
    struct bench bench;
    bench_start(&bench, large_answer, NULL);
    struct rr_s3_get_request request = request_of(&bench);
    request.size = request.end = LARGE_SIZE;
    request.part_bytes = LARGE_PART;
    size_t before = allocated_bytes();
    rr_auto_ptr(s3_get) get = rr_s3_get_new(&bench.client, &request);
    struct rr_slice bytes;
    assert_ok(rr_s3_get_next(get, &bytes, &bench.err), bench.err);
    size_t first = allocated_bytes();
    while (bytes.len > 0)
        assert_ok(rr_s3_get_next(get, &bytes, &bench.err), bench.err);

    size_t last = allocated_bytes();

    assert_true(first - before >= LARGE_SIZE); /* two parts in flight */
    assert_true(last < before + LARGE_PART);
    bench_stop(&bench);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(d02_reply_with_two_etags_is_an_error),
    cmocka_unit_test(d04_parts_are_freed_at_the_end_of_the_object),
    cmocka_unit_test(d03_retry_after_of_one_part_holds_for_the_whole_download),
    cmocka_unit_test(d01_first_reply_with_another_etag_is_another_object),
    cmocka_unit_test(d03_part_holds_a_second_of_the_rate_at_most),
};

RR_TEST_MAIN(tests)
