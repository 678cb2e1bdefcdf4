/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/download.h>

#include <redisrestore/s3/s3_get.h>

#include "store_bench.h"

#include <sched.h>

enum { PATIENCE_MS = 20000, CONTENT_MAX = 128 << 10, LIMITED = 64 << 10, HEADERS_MAX = 1024 };

#define ETAG   "25f9e794323b453885f5181f1b624d0b" /* MD5 of DIGITS */
#define DIGITS "123456789"

struct bench {
    struct store_bench store;
    struct rr_download_object object;
    struct rr_download_options options;
    struct rr_error err;
    /* The state of the store. */
    char content[CONTENT_MAX];
    size_t size;
    int head_status;
    const char *head_headers;
    char headers[HEADERS_MAX];
    uint64_t told;
    _Atomic unsigned long long taken; /* parts that the test has taken */
    _Atomic unsigned long long ahead; /* the most parts that were requested beyond those */
};

static void answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    struct bench *bench = context;
    unsigned long long begin = 0, last = 0;
    const char *range = strcasestr(head, "\r\nRange: bytes=");
    (void)number;
    if (range == NULL) {
        int len =
            snprintf(bench->headers, sizeof bench->headers, "HTTP/1.1 %d Scripted\r\nContent-Length: %zu\r\n%s\r\n",
                     bench->head_status, bench->size, bench->head_headers);
        reply->raw = bench->headers;
        reply->raw_len = (size_t)len;
        return;
    }
    assert_int_equal(sscanf(range + 15, "%llu-%llu", &begin, &last), 2);
    unsigned long long ahead = begin + 1 - bench->taken; /* if a part is one byte */
    if (ahead > bench->ahead)
        bench->ahead = ahead;
    (void)snprintf(bench->headers, sizeof bench->headers,
                   "ETag: \"" ETAG "\"\r\nContent-Range: bytes %llu-%llu/%zu\r\n", begin, last, bench->size);
    reply->status = 206;
    reply->headers = bench->headers;
    reply->body = bench->content + begin;
    reply->body_len = (size_t)(last - begin + 1);
}

static void on_bytes(void *context, uint64_t bytes, uint64_t size)
{
    struct bench *bench = context;
    assert_int_equal(size, bench->size);
    assert_true(bytes > bench->told);
    bench->told = bytes;
}

static void setup(struct bench *bench, const char *content, const char *head_headers)
{
    *bench = (struct bench){ .size = strlen(content), .head_status = 200, .head_headers = head_headers };
    memcpy(bench->content, content, bench->size);
    store_bench_start(&bench->store, answer, bench);
    bench->object = (struct rr_download_object){ .key = RR_LIT("p/a.aof"), .etag = RR_LIT(ETAG), .size = bench->size };
    bench->options = (struct rr_download_options){
        .part_bytes = 4,
        .parts = 2,
        .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + PATIENCE_MS,
        .progress = { bench, on_bytes },
    };
}

static void teardown(struct bench *bench)
{
    store_bench_stop(&bench->store);
}

/* Reads all; the state of the checksum then. */
static enum rr_source_checksum read_all(struct bench *bench, struct rr_source *source)
{
    struct rr_slice bytes;
    rr_auto(buf) all = RR_BUF(CONTENT_MAX);
    do {
        assert_ok(rr_source_next(source, &bytes, &bench->err), bench->err);
        rr_buf_add(&all, bytes);
    } while (bytes.len > 0);
    assert_int_equal(all.len, bench->size);
    assert_memory_equal(all.ptr, bench->content, all.len);
    return source->object.checksum;
}

static enum rr_source_checksum checksum_of(const char *content, const char *headers, bool is_rdb, size_t requests)
{
    struct bench bench;
    setup(&bench, content, headers);
    bench.object.is_rdb = is_rdb;
    struct rr_source *source = rr_download_open(&bench.store.client, &bench.object, &bench.options, &bench.err);
    assert_ok(source != NULL, bench.err);
    enum rr_source_checksum found = read_all(&bench, source);
    assert_int_equal(fake_store_requests(&bench.store.store), requests);
    rr_source_free(source);
    teardown(&bench);
    return found;
}

static void v13_source_of_an_object_compares_the_checksum_of_the_store(void **state)
{
    (void)state;
    enum { ALL_PARTS = 1 + 3 };

    assert_int_equal(checksum_of(DIGITS, "x-amz-checksum-crc32c: 4waSgw==\r\n", true, ALL_PARTS),
                     RR_SOURCE_CHECKSUM_VERIFIED);
    assert_int_equal(checksum_of(DIGITS, "x-amz-checksum-crc32c: 4waSgg==\r\n", true, ALL_PARTS),
                     RR_SOURCE_CHECKSUM_MISMATCH);
    assert_int_equal(checksum_of(DIGITS, "ETag: \"" ETAG "\"\r\n", false, ALL_PARTS), RR_SOURCE_CHECKSUM_VERIFIED);
    assert_int_equal(checksum_of("023456789", "ETag: \"" ETAG "\"\r\n", false, ALL_PARTS), RR_SOURCE_CHECKSUM_MISMATCH);
    assert_int_equal(checksum_of(DIGITS, "x-amz-checksum-crc32c: 4waSgw==-2\r\n", false, ALL_PARTS),
                     RR_SOURCE_CHECKSUM_COMPOSITE);
    assert_int_equal(checksum_of(DIGITS, "", false, ALL_PARTS), RR_SOURCE_CHECKSUM_NOT_OFFERED);
}

/* Its end is read first: zeros mean that the server wrote no checksum. */
static void v13_md5_of_an_rdb_with_its_own_checksum_is_not_computed(void **state)
{
    (void)state;
    assert_int_equal(checksum_of(DIGITS, "ETag: \"" ETAG "\"\r\n", true, 1 + 1 + 3), RR_SOURCE_CHECKSUM_NOT_OFFERED);

    struct bench bench;
    setup(&bench, "1", "ETag: \"" ETAG "\"\r\n");
    bench.object.is_rdb = true;
    bench.object.size = bench.size = 9;
    rr_auto_ptr(source) source = rr_download_open(&bench.store.client, &bench.object, &bench.options, &bench.err);
    assert_ok(source != NULL, bench.err);
    assert_string_equal(source->object.algorithm, "MD5");
    assert_int_equal(read_all(&bench, source), RR_SOURCE_CHECKSUM_MISMATCH);
    rr_source_free(rr_steal(source));
    teardown(&bench);
}

static void v10_source_of_an_object_has_its_metadata(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, DIGITS, "x-amz-meta-replication-offset: 1234\r\nx-amz-version-id: v7\r\n");
    rr_auto_ptr(source) source = rr_download_open(&bench.store.client, &bench.object, &bench.options, &bench.err);
    assert_ok(source != NULL, bench.err);

    assert_true(source->is_object);
    assert_slice(source->name, "p/a.aof");
    assert_true(source->object.has_offset);
    assert_int_equal(source->object.offset, 1234);
    assert_slice(source->object.version_id, "v7");
    assert_int_equal(source->object.checksum, RR_SOURCE_CHECKSUM_NOT_OFFERED);

    rr_source_free(rr_steal(source));
    teardown(&bench);
}

static void d06_source_of_an_object_reports_its_progress(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, DIGITS, "");
    rr_auto_ptr(source) source = rr_download_open(&bench.store.client, &bench.object, &bench.options, &bench.err);
    assert_ok(source != NULL, bench.err);

    (void)read_all(&bench, source);

    assert_int_equal(bench.told, bench.size);
    rr_source_free(rr_steal(source));
    teardown(&bench);
}

static void d01_any_place_of_an_object_can_be_read(void **state)
{
    (void)state;
    struct bench bench;
    struct rr_slice bytes;
    setup(&bench, DIGITS, "");
    rr_auto_ptr(source) source = rr_download_open(&bench.store.client, &bench.object, &bench.options, &bench.err);
    assert_ok(source != NULL, bench.err);

    assert_ok(rr_source_read_at(source, 2, 6, &bytes, &bench.err), bench.err);
    assert_slice(bytes, "345678");
    assert_ok(rr_source_read_at(source, 8, 1, &bytes, &bench.err), bench.err);
    assert_slice(bytes, "9");

    rr_source_free(rr_steal(source));
    teardown(&bench);
}

static void d01_object_that_is_not_the_one_that_was_found_is_an_error(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *headers;
        size_t size;
        enum rr_code code;
        const char *words;
    } cases[] = {
        { 404, "", 9, RR_E_OBJECT_GONE, "object p/a.aof: the object was deleted since it was found (HTTP 404)" },
        { 200, "ETag: \"other\"\r\n", 9, RR_E_OBJECT_CHANGED, "object p/a.aof: the object was replaced" },
        { 200, "", 8, RR_E_OBJECT_CHANGED, "it has 9 bytes, not 8" },
        { 200, "x-amz-storage-class: GLACIER\r\n", 9, RR_E_OBJECT_ARCHIVED,
          "the object is archived (GLACIER): restore" },
        { 200, "x-amz-archive-status: DEEP_ARCHIVE_ACCESS\r\n", 9, RR_E_OBJECT_ARCHIVED, "(DEEP_ARCHIVE_ACCESS)" },
        { 200, "x-amz-storage-class: DEEP_ARCHIVE\r\nx-amz-restore: ongoing-request=\"true\"\r\n", 9,
          RR_E_OBJECT_ARCHIVED, "it is being restored" },
        { 403, "", 9, RR_E_DENIED, "object p/a.aof: the store refused the HEAD of the object (HTTP 403)" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct bench bench;
        setup(&bench, DIGITS, cases[i].headers);
        bench.head_status = cases[i].status;
        bench.object.size = cases[i].size;

        assert_null(rr_download_open(&bench.store.client, &bench.object, &bench.options, &bench.err));

        assert_int_equal(bench.err.code, cases[i].code);
        assert_has(bench.err.message, cases[i].words);
        teardown(&bench);
    }
}

static void d01_etag_that_a_proxy_weakened_is_that_of_the_object(void **state)
{
    (void)state;
    static const char *const headers[] = { "ETag: W/\"" ETAG "\"\r\n", "ETag: " ETAG "\r\n", "" };
    for (size_t i = 0; i < RR_COUNT(headers); i++) {
        struct bench bench;
        setup(&bench, DIGITS, headers[i]);

        rr_auto_ptr(source) source = rr_download_open(&bench.store.client, &bench.object, &bench.options, &bench.err);

        assert_ok(source != NULL, bench.err);
        (void)read_all(&bench, source);
        rr_source_free(rr_steal(source));
        teardown(&bench);
    }
}

static void d01_etag_of_the_head_counts_if_the_listing_gave_none(void **state)
{
    (void)state;
    static const struct {
        const char *headers, *etag;
        bool is_same;
    } cases[] = { { "ETag: \"" ETAG "\"\r\n", ETAG, true },
                  { "ETag: \"other\"\r\n", "other", false },
                  { "", "", true } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct bench bench;
        struct rr_slice bytes;
        setup(&bench, DIGITS, cases[i].headers);
        bench.object.etag = (struct rr_slice){ 0 };

        rr_auto_ptr(source) source = rr_download_open(&bench.store.client, &bench.object, &bench.options, &bench.err);

        assert_ok(source != NULL, bench.err);
        assert_slice(source->object.etag, cases[i].etag);
        assert_int_equal(rr_source_next(source, &bytes, &bench.err), cases[i].is_same);
        if (!cases[i].is_same)
            assert_int_equal(bench.err.code, RR_E_OBJECT_CHANGED);
        bool is_sent = strcasestr(fake_store_head(&bench.store.store, 1), "\r\nIf-Match: ") != NULL;
        assert_int_equal(is_sent, cases[i].etag[0] != '\0');
        rr_source_free(rr_steal(source));
        teardown(&bench);
    }
}

/* A part is as large as the bytes of one second: the first one shows that the limit counts. */
static void d03_rate_limits_the_parts_of_a_download(void **state)
{
    (void)state;
    static struct bench bench;
    static char content[CONTENT_MAX];
    struct rr_slice bytes;
    memset(content, 'x', sizeof content - 1);
    setup(&bench, content, "");
    bench.options.part_bytes = 8 << 20;
    bench.options.bytes_per_s = LIMITED;
    rr_auto_ptr(source) source = rr_download_open(&bench.store.client, &bench.object, &bench.options, &bench.err);
    assert_ok(source != NULL, bench.err);

    assert_ok(rr_source_next(source, &bytes, &bench.err), bench.err);

    assert_non_null(strcasestr(fake_store_head(&bench.store.store, 1), "\r\nRange: bytes=0-65535\r\n"));
    rr_source_free(rr_steal(source));
    teardown(&bench);
}

/* The first parts are requested together, and each later one when the caller takes the next part. */
static void d04_requests_in_flight_are_those_that_were_set(void **state)
{
    (void)state;
    static const size_t parts[][2] = { { 1, 1 }, { 2, 2 }, { 5, 5 }, { 0, RR_S3_PARTS_DEFAULT } };
    for (size_t i = 0; i < RR_COUNT(parts); i++) {
        struct bench bench;
        struct rr_slice bytes;
        setup(&bench, DIGITS, "");
        bench.options.part_bytes = 1;
        bench.options.parts = parts[i][0];
        rr_auto_ptr(source) source = rr_download_open(&bench.store.client, &bench.object, &bench.options, &bench.err);
        assert_ok(source != NULL, bench.err);

        do {
            assert_ok(rr_source_next(source, &bytes, &bench.err), bench.err);
            while (bench.taken == 0 && bench.ahead < parts[i][1])
                (void)sched_yield();
            bench.taken++;
        } while (bytes.len > 0);

        assert_int_equal(bench.ahead, parts[i][1]);
        rr_source_free(rr_steal(source));
        teardown(&bench);
    }
}

static void d05_archived_object_with_a_restored_copy_is_read(void **state)
{
    (void)state;
    static const char headers[] = "x-amz-storage-class: GLACIER\r\nx-amz-restore: ongoing-request=\"false\", "
                                  "expiry-date=\"Fri, 21 Dec 2026 00:00:00 GMT\"\r\n";

    assert_int_equal(checksum_of(DIGITS, headers, false, 1 + 3), RR_SOURCE_CHECKSUM_NOT_OFFERED);
}

static void d05_object_of_a_class_that_is_not_archived_is_read(void **state)
{
    (void)state;
    static const char *const classes[] = { "STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER_IR" };
    for (size_t i = 0; i < RR_COUNT(classes); i++) {
        char headers[64];
        (void)snprintf(headers, sizeof headers, "x-amz-storage-class: %s\r\n", classes[i]);
        assert_int_equal(checksum_of(DIGITS, headers, false, 1 + 3), RR_SOURCE_CHECKSUM_NOT_OFFERED);
    }
}

/* For example the headers of a search: its bytes are not compared, so its end is not asked for. */
static void v13_end_of_an_rdb_is_read_only_to_compare_its_md5(void **state)
{
    (void)state;
    for (int without = 0; without < 2; without++) {
        struct bench bench;
        setup(&bench, DIGITS, "ETag: \"" ETAG "\"\r\n");
        bench.object.is_rdb = true;
        bench.options.without_checksum = without == 1;

        struct rr_source *source = rr_download_open(&bench.store.client, &bench.object, &bench.options, &bench.err);

        assert_ok(source != NULL, bench.err);
        assert_int_equal(fake_store_requests(&bench.store.store), without == 1 ? 1 : 2);
        rr_source_free(source);
        teardown(&bench);
    }
}

static void c04_object_with_a_coding_is_asked_for_as_stored(void **state)
{
    (void)state;
    static const struct {
        const char *headers, *sent;
    } cases[] = {
        { "", "\r\nAccept-Encoding: identity\r\n" },
        { "Content-Encoding: gzip\r\n", "\r\nAccept-Encoding: gzip\r\n" },
        { "x-goog-stored-content-encoding: gzip\r\n", "\r\nAccept-Encoding: gzip\r\n" },
        { "x-goog-stored-content-encoding: identity\r\n", "\r\nAccept-Encoding: identity\r\n" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct bench bench;
        setup(&bench, DIGITS, cases[i].headers);
        rr_auto_ptr(source) source = rr_download_open(&bench.store.client, &bench.object, &bench.options, &bench.err);
        assert_ok(source != NULL, bench.err);
        (void)read_all(&bench, source);
        assert_non_null(strcasestr(fake_store_head(&bench.store.store, 1), cases[i].sent));
        rr_source_free(rr_steal(source));
        teardown(&bench);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(v13_source_of_an_object_compares_the_checksum_of_the_store),
    cmocka_unit_test(v13_md5_of_an_rdb_with_its_own_checksum_is_not_computed),
    cmocka_unit_test(v10_source_of_an_object_has_its_metadata),
    cmocka_unit_test(d06_source_of_an_object_reports_its_progress),
    cmocka_unit_test(d01_any_place_of_an_object_can_be_read),
    cmocka_unit_test(d01_object_that_is_not_the_one_that_was_found_is_an_error),
    cmocka_unit_test(d01_etag_that_a_proxy_weakened_is_that_of_the_object),
    cmocka_unit_test(d01_etag_of_the_head_counts_if_the_listing_gave_none),
    cmocka_unit_test(d03_rate_limits_the_parts_of_a_download),
    cmocka_unit_test(d04_requests_in_flight_are_those_that_were_set),
    cmocka_unit_test(d05_archived_object_with_a_restored_copy_is_read),
    cmocka_unit_test(d05_object_of_a_class_that_is_not_archived_is_read),
    cmocka_unit_test(v13_end_of_an_rdb_is_read_only_to_compare_its_md5),
    cmocka_unit_test(c04_object_with_a_coding_is_asked_for_as_stored),
};

RR_TEST_MAIN(tests)
