/* SPDX-License-Identifier: Apache-2.0 */
/* discovery_bench: a discovery against a simulated bucket, with everything that it needs. */
#ifndef RR_DISCOVERY_TEST_BENCH_H
#define RR_DISCOVERY_TEST_BENCH_H

#include <redisrestore/discovery/discovery.h>

#include "fakes/fake_bucket.h"
#include "support/test.h"

#include <redisrestore/base/timefmt.h>
#include <redisrestore/text/xml_push.h>

#define NOON           "2026-01-31T12:00:00.000Z"
#define ONE            "2026-01-31T13:00:00.000Z"
#define RDB(id, stamp) "redis-backups/" id "/dump-" stamp ".rdb"
#define AOF(id, stamp) "redis-backups/" id "/appendonly-" stamp ".aof"

__attribute__((constructor)) static inline void start_libraries(void)
{
    rr_crypto_global_init();
    rr_xml_global_init();
    rr_http_global_init();
}

struct bench {
    struct fake_store store;
    char url[64];
    struct rr_credentials *credentials;
    struct rr_credentials_provider provider;
    struct rr_discovery_context context;
    struct rr_discovery_request request;
    struct rr_discovery_result result;
    struct rr_stop stop;
    struct rr_error err;
    uint64_t progress_pages;
};

static inline void on_progress(void *context, uint64_t pages, uint64_t objects)
{
    struct bench *bench = context;
    assert_true(objects > 0 || pages > 0);
    bench->progress_pages = pages;
}

static inline void bench_start(struct bench *bench, fake_answer *answer, void *context)
{
    static const char *const names[3] = { "key", "secret", "token" };
    *bench = (struct bench){ 0 };
    fake_store_start(&bench->store, answer, context);
    (void)snprintf(bench->url, sizeof bench->url, "http://127.0.0.1:%d", bench->store.port);
    assert_ok(rr_credentials_new(RR_LIT("AKID"), RR_LIT("secret"), RR_LIT(""), names, &bench->credentials, &bench->err),
              bench->err);
    bench->provider = rr_credentials_static(bench->credentials, "Test");
    struct rr_http_loop_options options = { .name = "test-storage", .clock = &rr_clock_system };
    bench->context = (struct rr_discovery_context){
        .loop = rr_http_loop_new(&options),
        .clock = &rr_clock_system,
        .progress_context = bench,
        .on_progress = on_progress,
    };
    bench->request = (struct rr_discovery_request){
        .location = { .bucket = RR_LIT("bkt"), .endpoint = rr_slice_from(bench->url) },
        .prefix = RR_LIT("redis-backups"),
        .timeout_ms = 20000,
        .credentials = &bench->provider,
    };
    rr_stop_init(&bench->stop, NULL);
}

static inline bool bench_discover(struct bench *bench)
{
    rr_discovery_result_done(&bench->result);
    bench->result = (struct rr_discovery_result){ 0 };
    bench->err = (struct rr_error){ 0 };
    return rr_discover(&bench->context, &bench->request, &bench->stop, &bench->result, &bench->err);
}

static inline void bench_stop(struct bench *bench)
{
    rr_discovery_result_done(&bench->result);
    rr_http_loop_free(bench->context.loop);
    fake_store_stop(&bench->store);
    rr_credentials_unref(bench->credentials);
    rr_stop_done(&bench->stop);
}

/* The message must be this text and no other. "{place}" stands for bucket, prefix and endpoint. */
static inline void assert_message(const struct bench *bench, const char *text)
{
    rr_auto(buf) wanted = RR_BUF(8192);
    for (const char *at = text; *at != '\0'; at++) {
        if (strncmp(at, "{place}", 7) != 0) {
            rr_buf_add_byte(&wanted, *at);
            continue;
        }
        rr_buf_addf(&wanted, "bucket bkt, prefix \"%.*s%s\", endpoint %s", (int)bench->request.prefix.len,
                    bench->request.prefix.ptr, bench->request.prefix.len > 0 ? "/" : "", bench->url);
        at += 6;
    }
    assert_string_equal(rr_buf_text(&bench->result.message), rr_buf_text(&wanted));
}

/* Every field must be that of the object in the bucket. */
static inline void assert_object(const struct rr_discovery_object *object, const struct fake_bucket *bucket,
                                 size_t index, enum rr_backup_compression compression)
{
    const struct fake_object *given = &bucket->objects[index];
    const char *const *classes = bucket->storage_classes;
    char etag[32];
    int64_t unix_ms;
    (void)snprintf(etag, sizeof etag, "e%zu", index);
    assert_slice(rr_buf_slice(&object->key), given->key);
    assert_slice(rr_buf_slice(&object->etag), etag);
    assert_slice(rr_buf_slice(&object->storage_class), classes != NULL && classes[index] != NULL ? classes[index] : "");
    assert_int_equal(object->size, given->size > 0 ? given->size : 1000);
    assert_true(rr_time_parse_iso8601_ms(rr_slice_from(given->last_modified), &unix_ms));
    assert_int_equal(object->last_modified_ms, unix_ms);
    assert_int_equal(object->compression, compression);
}

#define BUCKET(given)                                                                                                  \
    {                                                                                                                  \
        .objects = (given), .count = RR_COUNT(given)                                                                   \
    }

#endif
