/* SPDX-License-Identifier: Apache-2.0 */
/* s3_client: the settings for signed requests to one bucket: s3_list.h, s3_get.h and s3_head.h send them. Threads: a
 * client belongs to one thread at a time; several clients may borrow the same things. */
#ifndef RR_S3_S3_CLIENT_H
#define RR_S3_S3_CLIENT_H

#include <redisrestore/aws/sigv4.h>
#include <redisrestore/base/random.h>
#include <redisrestore/base/secret.h>
#include <redisrestore/http/http.h>
#include <redisrestore/s3/s3_endpoint.h>
#include <redisrestore/s3/s3_memory.h>

/* For metrics. Called on the thread that waits: on_request after each request, on_retry before each retry. `code` is
 * the HTTP status, or 0 if no reply was received. Both may be NULL. */
struct rr_s3_observer {
    void *context;
    void (*on_request)(void *context, int code);
    void (*on_retry)(void *context);
};

/* Timeouts for a store that does not reply; 0: the defaults of http.h (behaviour S-07). */
struct rr_s3_waits {
    int32_t connect_ms, first_byte_ms, idle_ms;
};

enum { RR_S3_ATTEMPTS_DEFAULT = 3, RR_S3_SSE_KEY_BYTES = 32 };

/* All pointers borrow as long as the client is used. All fields except loop, endpoint, credentials and clock may be
 * zero. */
struct rr_s3_client {
    struct rr_http_loop *loop;
    const struct rr_s3_endpoint *endpoint;
    const struct rr_credentials_provider *credentials;
    const struct rr_http_tls *tls;
    const struct rr_http_address_policy *addresses;
    const char *proxy;
    const struct rr_clock *clock;
    const struct rr_log *log;
    struct rr_s3_observer observer;
    const struct rr_random *random; /* spreads the delays between attempts; NULL: rr_random_system */
    struct rr_s3_waits waits;
    struct rr_s3_memory *memory;           /* NULL: nothing is remembered between requests */
    int attempts_max;                      /* for each request; 0: RR_S3_ATTEMPTS_DEFAULT */
    struct rr_slice expected_bucket_owner; /* twelve digits; empty: any owner */
    bool requester_pays;
    const struct rr_secret *sse_customer_key; /* NULL or unset: none; else RR_S3_SSE_KEY_BYTES bytes */
};

/* Resolves the client's endpoint with the region that its bucket is in: the store may have named another region than
 * was configured (behaviour S-09). *out_endpoint is zeroed before. Fails as rr_s3_endpoint_resolve does. */
RR_MUST_USE bool rr_s3_endpoint_in_use(const struct rr_s3_client *client, struct rr_s3_endpoint *out_endpoint,
                                       struct rr_error *err);

#endif
