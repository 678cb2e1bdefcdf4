/* SPDX-License-Identifier: Apache-2.0 */
/* http: requests over libcurl. A loop is an object: one thread and one CURLM. There is one loop for each trust domain
 * (kube, cloud, storage), so that a slow or hostile server in one cannot delay another, and no connection is shared
 * across domains (traps.md 1-3). The primitive is a completion queue: submit any number of requests, take completions
 * as they come.
 * Threads: rr_http_submit, rr_http_cancel: any. A queue: one waiting thread at a time. A call's reply: only after the
 * call was taken from its queue. Sink callbacks run on the loop's thread and must do bounded work. Ownership: a
 * request's pointers are borrowed from submit until rr_http_next returns the call, cancelled or not. The loop no longer
 * uses them then. Submit returns an owned call; free it with rr_http_call_free after it came out of the queue.
 * Never: redirects, cookies, netrc, proxies from the environment, content decoding that was not requested, user names
 * in URLs. */
#ifndef RR_HTTP_HTTP_H
#define RR_HTTP_HTTP_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/log.h>
#include <redisrestore/base/stop.h>
#include <redisrestore/http/http_address.h>

#include <stdatomic.h>

struct rr_http_loop;
struct rr_http_call;
struct rr_http_reply;

struct rr_http_header {
    struct rr_slice name,
        value; /* no CR, LF, NUL or byte over 0x7e in either: rejected with RR_E_BAD_INPUT (behaviour F-47) */
};

/* Trust settings, set with the options that curl compares before it reuses a connection (traps.md 3). Zeroed: system
 * roots, no client certificate. All fields borrow. */
struct rr_http_tls {
    struct rr_slice ca_pem;          /* replaces the system roots */
    struct rr_slice client_cert_pem; /* both or none */
    struct rr_slice client_key_pem;
    const char *server_name; /* the name that the certificate must have; NULL: the URL's host */
    const char *ca_setting;  /* the setting that ca_pem comes from, for messages: "--ca-file"; NULL: unknown */
    bool insecure;           /* no verification at all; only a kubeconfig may set it */
};

enum rr_http_flow { RR_HTTP_MORE, RR_HTTP_STOP };

/* Receives a body instead of the reply's buffer. Called on the loop's thread. */
struct rr_http_sink {
    void *context;
    /* The final status line and headers were received (never a 1xx). RR_HTTP_STOP aborts; *err says why. NULL: not
     * called. */
    enum rr_http_flow (*on_begin)(void *context, const struct rr_http_reply *reply, struct rr_error *err);
    /* A piece of the body, at most 16 KiB, with receives_much at most 256 KiB. NULL: the body is collected in the
     * reply. */
    enum rr_http_flow (*on_data)(void *context, struct rr_slice chunk, struct rr_error *err);
};

struct rr_http_request {
    const char *method;  /* a literal: "GET", "PATCH", ... */
    struct rr_slice url; /* scheme://host[:port]/path[?query], sent unchanged */
    const struct rr_http_header *headers;
    size_t header_count;
    struct rr_slice body; /* empty: none */
    struct rr_http_sink sink;
    /* on_data is called only for replies with a 2xx status. Other bodies are collected, up to a limit, so that errors
     * can be read. */
    size_t body_max_bytes;         /* limit of a collected body; RR_E_TOO_BIG over it. 0: RR_HTTP_BODY_DEFAULT_MAX */
    bool body_may_be_encoded;      /* accept a Content-Encoding; the body is passed on unchanged, never decoded */
    bool body_is_secret;           /* wipe the reply's body when it is freed */
    bool receives_much;            /* the body may have megabytes: use a receive buffer of 256 KiB */
    const struct rr_http_tls *tls; /* NULL: system roots */
    const struct rr_http_address_policy
        *addresses;      /* NULL: any address; else checked on the connected socket, also on a reused one */
    const char *proxy;   /* NULL: none; "scheme://[user:password@]host:port" of http, https (verified with the system
                            roots) or socks5h, where the proxy resolves the name; https:// URLs use a tunnel */
    int64_t deadline_ms; /* monotonic; RR_E_TIMEOUT */
    int32_t connect_timeout_ms;    /* 0: 5000 */
    int32_t first_byte_timeout_ms; /* from the end of the request to the first byte of the reply; 0: 15000; -1: none */
    int32_t idle_timeout_ms;       /* longest silence within a body; 0: 30000; -1: none */
    bool fresh_connection;         /* never reuse a connection (traps.md 5) */
    bool closes_connection;        /* close the connection after the reply: no other request will use it */
    int32_t tick_ms; /* only for rr_http_perform: the waiting thread calls on_tick at this interval, until it returns
                        false; 0: never */
    bool (*on_tick)(void *context); /* called with the sink's context */
    bool tcp_keepalive;             /* for a watch: keepalive 30/5/3 and TCP_USER_TIMEOUT 45000 (behaviour R-19) */
};

struct rr_http_reply {
    int status;            /* 0: no reply */
    struct rr_buf headers; /* "Name: value\n" lines of the final reply, capped */
    struct rr_buf body;    /* empty if a sink received it */
    uint64_t body_bytes;   /* number of bytes received, with or without a sink */
};

/* Fixed after rr_http_loop_new. */
struct rr_http_loop_options {
    const char *name;             /* literal; names the thread */
    size_t connections_max;       /* limit of concurrent requests; more wait in the loop, in order. 0: 64 */
    bool one_for_each_queue;      /* above the limit, each queue may have one running request, so that none waits for
                                     another's server */
    const struct rr_log *log;     /* borrows; for level debug; may be NULL */
    const struct rr_clock *clock; /* borrows */
};

/* Call once in main before any thread starts, after signals are blocked (traps.md 9). Call rr_http_global_done last. */
void rr_http_global_init(void);
void rr_http_global_done(void);

/* Returns owned. Ends the process when curl or the thread cannot be created. */
struct rr_http_loop *rr_http_loop_new(const struct rr_http_loop_options *options);
/* Cancels running calls, ends the thread, closes all connections. Submit no call after this starts. */
void rr_http_loop_free(struct rr_http_loop *loop);
RR_DEFINE_FREEP(http_loop)
/* Returns when the loop's thread last ran a round (monotonic). For the health check. */
int64_t rr_http_loop_last_tick_ms(const struct rr_http_loop *loop);

/* A completion queue: ended calls wait here for their submitter. */
struct rr_http_queue {
    atomic_size_t under_way; /* calls that a loop has started and not ended; written by the loop */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        struct rr_http_call *first, *last;
        size_t running; /* submitted, not yet taken */
    } guarded;
};

void rr_http_queue_init(struct rr_http_queue *queue);
void rr_http_queue_done(struct rr_http_queue *queue); /* asserts that every submitted call was taken */

/* Starts a request. It cannot fail: a bad request comes out of the queue like any other result. `tag` is for the
 * caller: rr_http_call_tag returns it. The caller owns the call. */
struct rr_http_call *rr_http_submit(struct rr_http_loop *loop, struct rr_http_queue *queue,
                                    const struct rr_http_request *request, void *tag);
/* Waits for the next ended call and returns it. Returns NULL if the deadline (monotonic) or the stop comes first, or no
 * call is running. */
struct rr_http_call *rr_http_next(struct rr_http_queue *queue, int64_t deadline_ms, struct rr_stop *stop);
/* Requests cancellation. The call still comes out of its queue, with RR_E_CANCELLED unless it had already ended. */
void rr_http_cancel(struct rr_http_call *call);
void *rr_http_call_tag(const struct rr_http_call *call);
/* Returns true when a whole reply was received, with any status; the reply is filled then. Else sets *err. */
RR_MUST_USE bool rr_http_call_result(struct rr_http_call *call, struct rr_error *err);
struct rr_http_reply *rr_http_call_reply(struct rr_http_call *call); /* borrows; the caller may rr_steal its buffers */
void rr_http_call_free(struct rr_http_call *call);
RR_DEFINE_FREEP(http_call)

/* Sends one request and waits for it: submit, next. When the stop comes, it cancels the call and waits until the loop
 * releases it.
 * On success *out_reply, zeroed before, owns its buffers. Fails with RR_E_CANCELLED, RR_E_TIMEOUT, RR_E_UNREACHABLE
 * (name, refused, reset, not HTTP, truncated body, silence), RR_E_TLS, RR_E_ADDRESS_FORBIDDEN, RR_E_TOO_BIG,
 * RR_E_BAD_REPLY (compressed, too many headers), RR_E_BAD_INPUT, or the error that a sink set. Messages contain no
 * host, address or server text: the caller adds the place. The detail has curl's words. */
RR_MUST_USE bool rr_http_perform(struct rr_http_loop *loop, const struct rr_http_request *request, struct rr_stop *stop,
                                 struct rr_http_reply *out_reply, struct rr_error *err);

void rr_http_reply_done(struct rr_http_reply *reply);
/* Gets the first header of that name (any case), trimmed. Returns false when it is absent. Borrows from the reply. */
bool rr_http_reply_header(const struct rr_http_reply *reply, const char *name, struct rr_slice *out_value);
/* Gets the next of `headers`, the reply's or the rest of them, and removes it from there. Returns false at their end.
 */
bool rr_http_reply_next_header(struct rr_slice *headers, struct rr_slice *out_name, struct rr_slice *out_value);
/* Returns Retry-After (whole seconds, clamped to [0,60] s) in milliseconds. 0 when it is absent or not a number
 * (behaviour R-11). */
uint32_t rr_http_reply_retry_after_ms(const struct rr_http_reply *reply);
/* Appends the loaded version: "libcurl 7.88.1". */
void rr_http_name_library(struct rr_buf *out_name);

#endif
