/* SPDX-License-Identifier: Apache-2.0 */
/* store_bench: a client of a simulated store that answers as the test says. Threads: as fake_store. */
#ifndef RR_TEST_STORE_BENCH_H
#define RR_TEST_STORE_BENCH_H

#include <redisrestore/crypto/digest.h>
#include <redisrestore/s3/s3_client.h>
#include <redisrestore/text/xml_push.h>

#include "fakes/fake_store.h"
#include "support/test.h"

__attribute__((constructor)) static inline void start_libraries(void)
{
    rr_crypto_global_init();
    rr_xml_global_init();
    rr_http_global_init();
}

struct store_bench {
    struct fake_store store;
    struct rr_http_loop *loop;
    struct rr_s3_endpoint endpoint;
    struct rr_credentials *credentials;
    struct rr_credentials_provider provider;
    struct rr_s3_client client;
};

static inline void store_bench_start(struct store_bench *bench, fake_answer *answer, void *context)
{
    static const char *const names[3] = { "key", "secret", "token" };
    struct rr_error err;
    fake_store_start(&bench->store, answer, context);
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", bench->store.port);
    struct rr_s3_location location = { .bucket = RR_LIT("bkt"), .endpoint = rr_slice_from(url) };
    assert_ok(rr_s3_endpoint_resolve(&location, &bench->endpoint, &err), err);
    assert_ok(rr_credentials_new(RR_LIT("AKID"), RR_LIT("secret"), RR_LIT(""), names, &bench->credentials, &err), err);
    bench->provider = rr_credentials_static(bench->credentials, "Test");
    struct rr_http_loop_options options = { .name = "test-storage", .clock = &rr_clock_system };
    bench->loop = rr_http_loop_new(&options);
    bench->client = (struct rr_s3_client){
        .loop = bench->loop, .endpoint = &bench->endpoint, .credentials = &bench->provider, .clock = &rr_clock_system
    };
}

static inline void store_bench_stop(struct store_bench *bench)
{
    rr_http_loop_free(bench->loop);
    fake_store_stop(&bench->store);
    rr_credentials_unref(bench->credentials);
    rr_s3_endpoint_done(&bench->endpoint);
}

#endif
