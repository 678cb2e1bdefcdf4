/* SPDX-License-Identifier: Apache-2.0 */
/* kube_client: typed requests to one API server. Writes are never retried here (R-14: libcurl may once; every write is
 * safe to repeat). Threads: a client may be shared. Ownership: borrows loop, config, clock, log as long as it lives. */
#ifndef RR_KUBE_KUBE_CLIENT_H
#define RR_KUBE_KUBE_CLIENT_H

#include <redisrestore/http/http.h>
#include <redisrestore/kube/kube_config.h>
#include <redisrestore/metrics/metrics.h>
#include <redisrestore/text/json.h>

struct rr_kube_client;

struct rr_kube_client_options {
    struct rr_http_loop *loop;
    const struct rr_kube_config *config;
    const struct rr_clock *clock;
    const struct rr_log *log;
    struct rr_metric_family *requests_total;  /* rest_client_requests_total{code,method,host}; may be NULL */
    int requests_per_second, burst;           /* R-31; watches are free. 0: no limit; burst 0: twice the rate */
    struct rr_metric_family *pace_seconds;    /* rest_client_rate_limiter_duration_seconds{verb,host}; may be NULL */
    struct rr_metric_family *ca_reload_total; /* redisrestore_ca_reload_total{result,reason}; may be NULL */
};

struct rr_kube_client *rr_kube_client_new(const struct rr_kube_client_options *options); /* returns owned */
void rr_kube_client_free(struct rr_kube_client *client);
RR_DEFINE_FREEP(kube_client)
/* Runs the credential plugin of the configuration, if there is one, for the first time: one that does not work is a
 * matter of the start (behaviour F-35). Waits at most a minute. Fails with RR_E_NO_CREDENTIALS or RR_E_CANCELLED. */
RR_MUST_USE bool rr_kube_client_prove(struct rr_kube_client *client, struct rr_stop *stop, struct rr_error *err);
struct rr_slice rr_kube_client_server(const struct rr_kube_client *client);

/* group "" is the core group. Literals. */
struct rr_kube_resource {
    const char *group, *version, *plural;
};

/* "/apis/{group}/{version}/namespaces/{namespace}/{plural}/{name}/{subresource}", each segment encoded; empty parts are
 * left out. Fails with RR_E_BAD_INPUT on a segment that is ".", ".." or over 253 bytes. Appends. */
RR_MUST_USE bool rr_kube_path_build(struct rr_buf *path, const struct rr_kube_resource *resource,
                                    struct rr_slice namespace_name, struct rr_slice name, const char *subresource,
                                    struct rr_error *err);

enum { RR_KUBE_REQUEST_TIMEOUT_MS = 15000, RR_KUBE_LIST_TIMEOUT_MS = 60000 }; /* behaviour R-32 */

/* Until when a write may be sent (behaviour L-10). Asked on any thread, must not wait. */
struct rr_kube_guard {
    void *context;
    int64_t (*until_ms)(void *context); /* monotonic; RR_DEADLINE_NEVER: for ever; in the past: not any more */
};

/* Everything borrows for the call. */
struct rr_kube_request {
    const char *method;       /* literal */
    struct rr_slice path;     /* from rr_kube_path_build */
    struct rr_slice query;    /* encoded, without '?' */
    const char *content_type; /* literal; NULL: none */
    struct rr_slice body;
    int64_t deadline_ms;
    bool own_connection;               /* of the Lease: opened for it and closed after it (traps.md 5) */
    bool unpaced;                      /* of the Lease: never waits behind other requests */
    const struct rr_kube_guard *guard; /* NULL: none */
};

/* A 2xx reply's body in *out_body (empty before, its max is the cap), or an error by status and Status object:
 * RR_E_NOT_FOUND, RR_E_DENIED, RR_E_UNAUTHENTICATED, RR_E_ALREADY_EXISTS, RR_E_CONFLICT, RR_E_GONE, RR_E_INVALID (422
 * and 400), RR_E_TOO_BIG (413), RR_E_THROTTLED, RR_E_UNREACHABLE (5xx), RR_E_BAD_REPLY; transport's codes.
 * retry_after_ms is filled. The message names verb and resource, for RR_E_DENIED also what to grant; the server's words
 * go to the detail. A 401 re-reads the token file, or runs the plugin, once and tries again when that gave something
 * else; a plugin that gives nothing is RR_E_UNAUTHENTICATED. GETs answer 429 and 5xx with Retry-After by
 * waiting, and come again after a second when the connection was reset or closed too soon; at most 3 times in all
 * and only with a stop that can end the wait. What a guard forbids fails with RR_E_CANCELLED and is
 * not sent; what it allows is given up when its time is over. */
RR_MUST_USE bool rr_kube_call(struct rr_kube_client *client, const struct rr_kube_request *request,
                              struct rr_stop *stop, struct rr_buf *out_body, struct rr_error *err);

/* A streamed GET: each frame of the body as it comes (text/json_frames.h). on_frame runs on the loop's thread, must not
 * wait, and its false ends the stream; on_open (may be NULL), likewise, is told that a 2xx came. List: *out_envelope
 * (may be NULL; empty before) gets the list object without items. Watch: returns true when the server closed it, or the
 * connection broke, at a frame's end or inside one (a part of a frame is dropped, R-15). silence_ms: RR_E_TIMEOUT after
 * so long without a byte; 0: none. on_tick: on the calling thread, every tick_ms until it says false; 0: never.
 * Errors and waiting as for rr_kube_call. */
struct rr_kube_stream {
    struct rr_slice path, query;
    bool is_watch;
    int64_t deadline_ms;
    int32_t silence_ms;
    void *context;
    void (*on_open)(void *context);
    bool (*on_frame)(void *context, struct rr_slice frame, struct rr_error *err);
    int32_t tick_ms;
    bool (*on_tick)(void *context);
};
RR_MUST_USE bool rr_kube_stream_run(struct rr_kube_client *client, const struct rr_kube_stream *stream,
                                    struct rr_stop *stop, struct rr_buf *out_envelope, struct rr_error *err);

/* Decides the code of a reply that is no 2xx: status and body (a Status object, or anything). Always fails. For tests
 * and rr_kube_call. */
RR_MUST_USE bool rr_kube_status_fail(int http_status, struct rr_slice body, struct rr_error *err);
/* The same for the Status object of a watch's ERROR event, whose `code` stands for the HTTP status. Always fails. */
RR_MUST_USE bool rr_kube_status_event_fail(const struct rr_json_node *status, struct rr_error *err);

#endif
