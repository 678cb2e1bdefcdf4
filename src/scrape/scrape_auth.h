/* SPDX-License-Identifier: Apache-2.0 */
/* scrape_auth: which users may read /metrics, decided as in controller-runtime: the API server says which user the
 * bearer token belongs to, and whether that user may `get` (for a HEAD: `head`) the path /metrics. Replies: 401 without
 * a token or with an invalid one, 403 for other users, 500 if the API server gives no result. Results are cached for a
 * while.
 * Threads: decide from any; start and end from one. Contract: behaviour W-11. */
#ifndef RR_SCRAPE_SCRAPE_AUTH_H
#define RR_SCRAPE_SCRAPE_AUTH_H

#include "scrape_known.h"

#include <redisrestore/base/clock.h>
#include <redisrestore/base/log.h>
#include <redisrestore/base/random.h>
#include <redisrestore/base/stop.h>
#include <redisrestore/kube/kube_client.h>
#include <redisrestore/server/server.h>

enum {
    RR_SCRAPE_TOKEN_KNOWN_MS = 60 * 1000,
    RR_SCRAPE_ALLOWED_KNOWN_MS = 5 * 60 * 1000,
    RR_SCRAPE_DENIED_KNOWN_MS = 30 * 1000,
    RR_SCRAPE_REVIEW_MS = 10 * 1000, /* all tries of one review */
    RR_SCRAPE_REVIEW_TRIES = 5,
    RR_SCRAPE_LOG_EVERY_MS = 10 * 1000, /* unauthenticated clients must not fill the log */
};

/* Everything is borrowed. The context of both callbacks is `context`. */
struct rr_scrape_auth_options {
    void *context;
    /* Creates an object. Fails as rr_kube_call does. */
    bool (*create)(void *context, const struct rr_kube_resource *resource, struct rr_slice body, int64_t deadline_ms,
                   struct rr_stop *stop, struct rr_buf *out_reply, struct rr_error *err);
    bool (*wait)(void *context, struct rr_stop *stop, int64_t until_ms); /* as rr_stop_wait */
    const struct rr_clock *clock;
    const struct rr_random *random;
    const struct rr_log *log;
};

struct rr_scrape_auth {
    struct rr_scrape_auth_options options; /* fixed */
    pthread_mutex_t lock;
    struct {
        struct rr_scrape_known users, strangers; /* by token; separate, so that invalid tokens displace no user */
        struct rr_scrape_known verdicts;         /* by user and verb */
        int64_t quiet_until_ms;
    } guarded;
};

void rr_scrape_auth_start(struct rr_scrape_auth *auth, const struct rr_scrape_auth_options *options);
void rr_scrape_auth_done(struct rr_scrape_auth *auth);
/* The `authorize` callback of a server; context is a struct rr_scrape_auth. Allows other paths than /metrics, because
 * the server does not serve them. */
enum rr_server_verdict rr_scrape_auth_decide(void *context, const struct rr_server_request *request,
                                             struct rr_stop *stop, struct rr_server_reply *out_reply);
/* Returns the wait after the `tries`th failure: 500 ms, 1.5 times as much for each further failure, plus up to a
 * fifth. */
int64_t rr_scrape_auth_pause_ms(const struct rr_random *random, int tries);

#endif
