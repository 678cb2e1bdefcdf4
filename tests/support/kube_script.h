/* SPDX-License-Identifier: Apache-2.0 */
/* kube_script: an API server that answers with what a test wrote down, request by request over all connections, and
 * remembers what it was asked; and a client for it. Threads: the script runs on the server's. */
#ifndef RR_TEST_KUBE_SCRIPT_H
#define RR_TEST_KUBE_SCRIPT_H

#include "http_server.h"

#include <redisrestore/kube/kube_client.h>
#include <redisrestore/metrics/metrics.h>

enum kube_end {
    KUBE_WHOLE, /* with Content-Length; the connection stays */
    KUBE_CLOSE, /* chunks, the last one included, and close: as a watch ends */
    KUBE_CUT,   /* chunks, the last one missing, and close */
    KUBE_HOLD,  /* chunks, and then nothing until the client closes */
    KUBE_RESET, /* nothing at all but RST */
};

struct kube_step {
    int status;          /* 0: 200 */
    const char *headers; /* "Name: value\r\n"...; may be NULL */
    const char *body;    /* NULL: empty */
    enum kube_end end;
    bool slowly; /* byte by byte */
};

struct kube_script {
    struct kube_step *steps; /* owns; after the last: silence */
    size_t count;
    bool over_and_over;   /* the last step is for all that follow */
    bool refuses_streams; /* lists by a stream are answered 422, take no step and are not remembered */
    pthread_mutex_t lock;
    size_t at;
    struct rr_buf requests; /* "GET /path?query" lines */
    struct rr_buf text;     /* of all requests, whole */
    struct test_gate asked; /* opened by each request */
};

/* Copies the steps, not their texts: the server may still answer when the test that wrote them has returned. */
void kube_script_init(struct kube_script *script, const struct kube_step *steps, size_t count);
void kube_script_done(struct kube_script *script);
void kube_script_serve(struct test_peer *peer, void *script);
/* The n-th request line from 1, waited for; valid until the script is done. Dies when it never comes. */
const char *kube_script_request(struct kube_script *script, int number);

/* A client over http, or https when `ca` is given. The log goes to a file in memory. */
struct kube_fixture {
    struct rr_http_loop *loop;
    struct rr_kube_config config;
    struct rr_kube_client *client;
    struct rr_metrics *metrics;
    struct rr_log log;
    struct rr_stop stop;
    struct rr_clock clock;
    int requests_per_second, burst; /* 0: no pace */
    struct rr_metric_family *pace_seconds;
};

/* A client that is not ready: the test may change the config, the clock and the pace before kube_fixture_connect. */
void kube_fixture_init(struct kube_fixture *fixture, const struct test_server *server, const char *ca);
void kube_fixture_connect(struct kube_fixture *fixture);
void kube_fixture_done(struct kube_fixture *fixture);
/* The log so far; valid until the fixture is done or this is called again. */
const char *kube_fixture_logged(struct kube_fixture *fixture);

/* The real clock, 40 s behind: what waits for Retry-After or a back-off has waited already, while requests, whose
 * time-outs are longer, have time left. */
extern const struct rr_clock kube_late_clock;

#endif
