/* SPDX-License-Identifier: Apache-2.0 */
/* kube_client: typed requests to one API server. Writes are not retried here (R-14: libcurl may retry once; every write
 * is safe to repeat). Threads: a client may be shared. Ownership: borrows loop, config, clock, log as long as it
 * lives. */
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
    int requests_per_second, burst;           /* R-31; watches are not limited. 0: no limit; burst 0: twice the rate */
    struct rr_metric_family *pace_seconds;    /* rest_client_rate_limiter_duration_seconds{verb,host}; may be NULL */
    struct rr_metric_family *ca_reload_total; /* redisrestore_ca_reload_total{result,reason}; may be NULL */
};

struct rr_kube_client *rr_kube_client_new(const struct rr_kube_client_options *options); /* returns owned */
void rr_kube_client_free(struct rr_kube_client *client);
RR_DEFINE_FREEP(kube_client)
/* Runs the credential plugin of the configuration for the first time, if there is one, so that a broken plugin fails
 * the start (behaviour F-35). Waits at most a minute. Fails with RR_E_NO_CREDENTIALS or RR_E_CANCELLED. */
RR_MUST_USE bool rr_kube_client_prove(struct rr_kube_client *client, struct rr_stop *stop, struct rr_error *err);
struct rr_slice rr_kube_client_server(const struct rr_kube_client *client);

/* group "" is the core group. All fields are literals. */
struct rr_kube_resource {
    const char *group, *version, *plural;
};

/* Appends "/apis/{group}/{version}/namespaces/{namespace}/{plural}/{name}/{subresource}". Each segment is encoded;
 * empty parts are omitted. Fails with RR_E_BAD_INPUT on a segment that is ".", ".." or over 253 bytes. */
RR_MUST_USE bool rr_kube_path_build(struct rr_buf *path, const struct rr_kube_resource *resource,
                                    struct rr_slice namespace_name, struct rr_slice name, const char *subresource,
                                    struct rr_error *err);

enum { RR_KUBE_REQUEST_TIMEOUT_MS = 15000, RR_KUBE_LIST_TIMEOUT_MS = 60000 }; /* behaviour R-32 */

/* The deadline for sending a write (behaviour L-10). Called on any thread, must not wait. */
struct rr_kube_guard {
    void *context;
    int64_t (*until_ms)(void *context); /* monotonic; RR_DEADLINE_NEVER: no limit; in the past: forbidden */
};

/* All fields borrow for the call. */
struct rr_kube_request {
    const char *method;       /* literal */
    struct rr_slice path;     /* from rr_kube_path_build */
    struct rr_slice query;    /* encoded, without '?' */
    const char *content_type; /* literal; NULL: none */
    struct rr_slice body;
    int64_t deadline_ms;
    bool own_connection;               /* for the Lease: a new connection, closed after the request (traps.md 5) */
    bool unpaced;                      /* for the Lease: never waits behind other requests */
    const struct rr_kube_guard *guard; /* NULL: none */
};

/* Sends one request. Returns the body of a 2xx reply in *out_body (empty before, its max is the cap).
 * Fails by status and Status object: RR_E_NOT_FOUND, RR_E_DENIED, RR_E_UNAUTHENTICATED, RR_E_ALREADY_EXISTS,
 * RR_E_CONFLICT, RR_E_GONE, RR_E_INVALID (422 and 400), RR_E_TOO_BIG (413), RR_E_THROTTLED, RR_E_UNREACHABLE (5xx),
 * RR_E_BAD_REPLY; and with the codes of rr_http_perform. retry_after_ms is filled. The message names verb and resource,
 * and for RR_E_DENIED the missing grant. The server's text goes to the detail.
 * After a 401, the token file is read again, or the plugin runs again, once. The request is retried if the credentials
 * differ. A plugin that returns none is RR_E_UNAUTHENTICATED.
 * A GET with 429 or 5xx and Retry-After is retried after that time. A GET whose connection was reset or closed early is
 * retried after a second. There are at most 3 retries in all, and none without a stop that can end
 * the wait.
 * A request that the guard forbids fails with RR_E_CANCELLED and is not sent. A request that it allows is aborted when
 * the guard's deadline passes. */
RR_MUST_USE bool rr_kube_call(struct rr_kube_client *client, const struct rr_kube_request *request,
                              struct rr_stop *stop, struct rr_buf *out_body, struct rr_error *err);

/* Streams a GET: passes on each frame of the body as it is received (text/json_frames.h).
 * on_frame runs on the loop's thread and must not wait; false ends the stream. on_open (may be NULL) is called in the
 * same way after a 2xx status. List: *out_envelope (may be NULL; empty before) receives the list object without items.
 * Watch: returns true when the server closed it, or the connection was lost, at a frame's end or inside one (a partial
 * frame is dropped, R-15). silence_ms: RR_E_TIMEOUT after this time without a byte; 0: none. on_tick: called on
 * the calling thread every tick_ms until it returns false; 0: never. Errors and waiting as for rr_kube_call. */
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

/* Sets the error code for a reply that is not 2xx, from status and body (a Status object, or anything). Always fails.
 * For tests and rr_kube_call. */
RR_MUST_USE bool rr_kube_status_fail(int http_status, struct rr_slice body, struct rr_error *err);
/* The same for the Status object of a watch's ERROR event. Its `code` replaces the HTTP status. Always fails. */
RR_MUST_USE bool rr_kube_status_event_fail(const struct rr_json_node *status, struct rr_error *err);

#endif
