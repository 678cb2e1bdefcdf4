/* SPDX-License-Identifier: Apache-2.0 */
/* s3_bench: a listing against a scripted store, with everything that it needs, for tests of s3_list. */
#ifndef RR_S3_TEST_BENCH_H
#define RR_S3_TEST_BENCH_H

#include <redisrestore/s3/s3_list.h>

#include "fakes/fake_bucket.h"
#include "fakes/fake_store.h"
#include "s3_signed.h"
#include "support/test.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/text/xml_push.h>

#include <stdlib.h>

#define CONTENTS(key)                                                                                                  \
    "<Contents><Key>" key                                                                                              \
    "</Key><LastModified>2026-01-31T23:59:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>7</Size></Contents>"
#define PAGE(inner)    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" inner "</ListBucketResult>"
#define LAST           "<IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>"
#define MORE(token)    "<IsTruncated>true</IsTruncated><NextContinuationToken>" token "</NextContinuationToken>"
#define S3_ERROR(code) "<Error><Code>" code "</Code><Message>CANARY</Message><RequestId>R1</RequestId></Error>"
#define WHOLE          PAGE(LAST CONTENTS("p/a") CONTENTS("p/b"))

enum { PATIENCE_MS = 20000, SEEN_MAX = 3000 };

__attribute__((constructor)) static inline void start_libraries(void)
{
    rr_crypto_global_init();
    rr_xml_global_init();
    rr_http_global_init();
}

static inline uint64_t no_delay(void *context)
{
    (void)context;
    return 0;
}

static inline uint64_t full_delay(void *context)
{
    (void)context;
    return UINT64_MAX;
}

/* Everything that a listing needs, against a scripted store. */
struct bench {
    struct fake_store store;
    struct rr_http_loop *loop;
    struct rr_s3_endpoint endpoint;
    struct rr_credentials *credentials;
    struct rr_credentials_provider provider;
    struct rr_random random;
    struct rr_s3_client client;
    struct rr_s3_list_sink sink;
    struct rr_s3_list_request request;
    int64_t deadline_ms;
    struct rr_stop stop;

    size_t pages_open, restarts;
    size_t seen_count, pages_told;
    char *seen[SEEN_MAX];
    uint64_t last_size;
    int codes[16];
    size_t code_count, retries;

    struct rr_s3_list_totals totals;
    struct rr_error err;
};

/* For what gives its objects one by one. */
static inline void bench_on_object(void *context, const struct rr_s3_object *object)
{
    struct bench *bench = context;
    assert_in_range(bench->seen_count, 0, SEEN_MAX - 1);
    bench->seen[bench->seen_count++] = rr_strdup(object->key);
    bench->last_size = object->size;
}

/* The keys of one page, until it is kept or dropped. */
struct bench_page {
    size_t count;
    char *keys[SEEN_MAX];
    uint64_t last_size;
};

static inline void *bench_page_begin(void *context)
{
    struct bench *bench = context;
    bench->pages_open++;
    return RR_NEW(struct bench_page);
}

static inline void bench_page_object(void *context, const struct rr_s3_object *object)
{
    struct bench_page *page = context;
    assert_in_range(page->count, 0, SEEN_MAX - 1);
    page->keys[page->count++] = rr_strdup(object->key);
    page->last_size = object->size;
}

static inline void bench_page_end(void *context, void *ended, bool keep)
{
    struct bench *bench = context;
    struct bench_page *page = ended;
    bench->pages_open--;
    for (size_t i = 0; i < page->count; i++) {
        assert_in_range(bench->seen_count, 0, SEEN_MAX - 1);
        if (keep)
            bench->seen[bench->seen_count++] = page->keys[i];
        else
            rr_free(page->keys[i]);
    }
    if (keep && page->count > 0)
        bench->last_size = page->last_size;
    rr_free(page);
}

static inline void bench_forget(struct bench *bench)
{
    for (size_t i = 0; i < bench->seen_count; i++)
        rr_free(bench->seen[i]);
    bench->seen_count = bench->pages_told = bench->code_count = 0;
}

static inline void bench_restart(void *context)
{
    struct bench *bench = context;
    size_t codes = bench->code_count;
    bench_forget(bench);
    bench->code_count = codes;
    bench->restarts++;
}

static inline void bench_on_page(void *context, uint64_t pages, uint64_t objects)
{
    struct bench *bench = context;
    bench->pages_told++;
    assert_int_equal(pages, bench->pages_told);
    assert_int_equal(objects, bench->seen_count);
}

static inline void bench_on_request(void *context, int code)
{
    struct bench *bench = context;
    if (bench->code_count < RR_COUNT(bench->codes))
        bench->codes[bench->code_count] = code;
    bench->code_count++;
}

static inline void bench_on_retry(void *context)
{
    struct bench *bench = context;
    bench->retries++;
}

static inline void bench_start(struct bench *bench, fake_answer *answer, void *context)
{
    static const char *const names[3] = { "key", "secret", "token" };
    *bench = (struct bench){ 0 };
    fake_store_start(&bench->store, answer, context);
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", bench->store.port);
    struct rr_s3_location location = { .bucket = RR_LIT("bkt"), .endpoint = rr_slice_from(url) };
    assert_ok(rr_s3_endpoint_resolve(&location, &bench->endpoint, &bench->err), bench->err);
    assert_ok(rr_credentials_new(RR_LIT("AKID"), RR_LIT("secret"), RR_LIT(""), names, &bench->credentials, &bench->err),
              bench->err);
    bench->provider = rr_credentials_static(bench->credentials, "Test");
    bench->random = (struct rr_random){ NULL, no_delay };
    struct rr_http_loop_options options = { .name = "test-storage", .clock = &rr_clock_system };
    bench->loop = rr_http_loop_new(&options);
    bench->client = (struct rr_s3_client){
        .loop = bench->loop,
        .endpoint = &bench->endpoint,
        .credentials = &bench->provider,
        .clock = &rr_clock_system,
        .observer = { bench, bench_on_request, bench_on_retry },
        .random = &bench->random,
    };
    bench->sink = (struct rr_s3_list_sink){
        .context = bench,
        .page_begin = bench_page_begin,
        .page_object = bench_page_object,
        .page_end = bench_page_end,
        .restart = bench_restart,
        .on_page = bench_on_page,
    };
    bench->request = (struct rr_s3_list_request){ .prefix = RR_LIT("p/"), .base = 2, .concurrency = 8 };
    bench->deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + PATIENCE_MS;
    rr_stop_init(&bench->stop, NULL);
}

/* Another endpoint, for the bucket of before. */
static inline void bench_move(struct bench *bench, const char *url)
{
    struct rr_s3_location location = { .bucket = RR_LIT("bkt"), .endpoint = rr_slice_from(url) };
    rr_s3_endpoint_done(&bench->endpoint);
    bench->endpoint = (struct rr_s3_endpoint){ 0 };
    assert_ok(rr_s3_endpoint_resolve(&location, &bench->endpoint, &bench->err), bench->err);
}

/* Every request that came is signed as a store wants it. */
static inline void bench_check_requests(struct bench *bench)
{
    for (size_t i = 0; i < fake_store_requests(&bench->store); i++)
        if (strncmp(fake_store_head(&bench->store, i), "CONNECT ", 8) != 0)
            assert_signed(fake_store_head(&bench->store, i));
}

static inline void bench_stop(struct bench *bench)
{
    bench_check_requests(bench);
    bench_forget(bench);
    rr_http_loop_free(bench->loop);
    fake_store_stop(&bench->store);
    rr_credentials_unref(bench->credentials);
    rr_s3_endpoint_done(&bench->endpoint);
    rr_stop_done(&bench->stop);
}

static inline int bench_by_key(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The keys seen are in order afterwards; none if the listing failed. */
static inline bool bench_list(struct bench *bench)
{
    bench->err = (struct rr_error){ 0 };
    bool listed = rr_s3_list(&bench->client, &bench->request, &bench->sink, bench->deadline_ms, &bench->stop,
                             &bench->totals, &bench->err);
    assert_int_equal(bench->pages_open, 0);
    if (!listed) {
        size_t codes = bench->code_count;
        bench_forget(bench);
        bench->code_count = codes;
    }
    qsort(bench->seen, bench->seen_count, sizeof *bench->seen, bench_by_key);
    return listed;
}

/* Lists against a script; the first `requests` of it must have been asked for. */
static inline void check_script(const struct fake_reply *replies, size_t count, enum rr_code code, size_t requests)
{
    struct bench bench;
    struct fake_script script = { replies, count };
    bench_start(&bench, fake_script_answer, &script);

    bool listed = bench_list(&bench);

    if (!listed && bench.err.code != code)
        print_error("%s (%s)\n", bench.err.message, bench.err.detail);
    assert_int_equal(listed, code == RR_E_OK);
    if (!listed)
        assert_int_equal(bench.err.code, code);
    assert_int_equal(fake_store_requests(&bench.store), requests);
    assert_int_equal(bench.code_count, requests);
    assert_null(strstr(bench.err.message, "CANARY"));
    assert_null(strstr(bench.err.message, "127.0.0.1"));
    if (listed) {
        assert_int_equal(bench.seen_count, 2);
        assert_string_equal(bench.seen[0], "p/a");
        assert_string_equal(bench.seen[1], "p/b");
    } else {
        assert_int_equal(bench.seen_count, 0);
    }
    bench_stop(&bench);
}

#endif
