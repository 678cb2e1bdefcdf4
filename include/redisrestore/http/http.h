/* SPDX-License-Identifier: Apache-2.0 */
/* http: requests over libcurl. A loop is an object: one thread and one CURLM, one loop per trust domain (kube, cloud,
 * storage), so that nothing slow or hostile in one can delay another and no connection is ever shared across domains
 * (traps.md 1-3). The primitive is a completion queue: submit any number of requests, take completions as they come.
 *
 * Threads: rr_http_submit, rr_http_cancel: any. A queue: one waiting thread at a time. A call's reply: only after it
 * was taken from its queue. Sink callbacks run on the loop's thread and must do bounded work. Ownership: everything a
 * request names is borrowed from submit until its call came out of rr_http_next, cancelled or not: the loop has let go
 * of it by then. A call is returned owned by submit and freed by rr_http_call_free after it came out of the queue.
 * Never: redirects, cookies, netrc, proxies from the environment, content decoding that was not asked for, user names
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
        value; /* no CR, LF, NUL or byte over 0x7e in either: refused with RR_E_BAD_INPUT (behaviour F-47) */
};

/* Trust by the options that curl compares before it reuses a connection (traps.md 3). Zeroed: system roots, no client
 * certificate. All borrow. */
struct rr_http_tls {
    struct rr_slice ca_pem;          /* replaces the system roots */
    struct rr_slice client_cert_pem; /* both or none */
    struct rr_slice client_key_pem;
    const char *server_name; /* NULL: the URL's host is what the certificate must name */
    const char *ca_setting;  /* how a person gives ca_pem, for messages: "--ca-file"; NULL: not said */
    bool insecure;           /* no verification at all; only a kubeconfig may ask for it */
};

enum rr_http_flow { RR_HTTP_MORE, RR_HTTP_STOP };

/* Where a body goes instead of the reply's buffer. Called on the loop's thread. */
struct rr_http_sink {
    void *context;
    /* The final status line and headers are there (never a 1xx). RR_HTTP_STOP aborts; *err says why. NULL: not asked.
     */
    enum rr_http_flow (*on_begin)(void *context, const struct rr_http_reply *reply, struct rr_error *err);
    /* A piece of the body, at most 16 KiB. NULL: the body is collected in the reply. */
    enum rr_http_flow (*on_data)(void *context, struct rr_slice chunk, struct rr_error *err);
};

struct rr_http_request {
    const char *method;  /* a literal: "GET", "PATCH", ... */
    struct rr_slice url; /* scheme://host[:port]/path[?query], sent exactly as it stands */
    const struct rr_http_header *headers;
    size_t header_count;
    struct rr_slice body; /* empty: none */
    struct rr_http_sink sink;
    /* on_data is used only for replies with a 2xx status; other bodies are collected (capped), so that errors can be
     * read. */
    size_t body_max_bytes;         /* of a collected body; RR_E_TOO_BIG over it. 0: RR_HTTP_BODY_DEFAULT_MAX */
    bool body_is_secret;           /* the reply's: wiped when it is freed */
    const struct rr_http_tls *tls; /* NULL: system roots */
    const struct rr_http_address_policy
        *addresses;      /* NULL: any address; else checked on the socket that is connected to, reused ones too */
    const char *proxy;   /* NULL: none; "scheme://[user:password@]host:port" of http, https (by the system roots) or
                            socks5h, where the proxy resolves the name; https:// URLs go through a tunnel */
    int64_t deadline_ms; /* monotonic; RR_E_TIMEOUT */
    int32_t connect_timeout_ms;    /* 0: 5000 */
    int32_t first_byte_timeout_ms; /* from the request sent to the first byte of the reply; 0: 15000; -1: none */
    int32_t idle_timeout_ms;       /* longest silence inside a body; 0: 30000; -1: none */
    bool fresh_connection;         /* never on a connection that was used before (traps.md 5) */
    bool closes_connection;        /* the connection is closed after the reply: nobody will use it again */
    int32_t
        tick_ms; /* of rr_http_perform: the waiting thread calls on_tick so often, until that says false; 0: never */
    bool (*on_tick)(void *context); /* with the sink's */
    bool tcp_keepalive;             /* for a watch: keepalive 30/5/3 and TCP_USER_TIMEOUT 45000 (behaviour R-19) */
};

struct rr_http_reply {
    int status;            /* 0: none came */
    struct rr_buf headers; /* "Name: value\n" lines of the final reply, capped */
    struct rr_buf body;    /* empty with a sink */
    uint64_t body_bytes;   /* received, sink or not */
};

/* Fixed after rr_http_loop_new. */
struct rr_http_loop_options {
    const char *name;             /* literal; names the thread */
    size_t connections_max;       /* how many requests run at once; more wait in the loop, in order. 0: 64 */
    bool one_for_each_queue;      /* beyond that, each queue may have one under way: none waits for another's server */
    const struct rr_log *log;     /* borrows; debug only; may be NULL */
    const struct rr_clock *clock; /* borrows */
};

/* Once in main before any thread, after signals are blocked (traps.md 9); rr_http_global_done last. */
void rr_http_global_init(void);
void rr_http_global_done(void);

/* Returns owned. Ends the process when curl or the thread cannot be had. */
struct rr_http_loop *rr_http_loop_new(const struct rr_http_loop_options *options);
/* Cancels what runs, ends the thread, closes all connections. No call may be submitted after it began. */
void rr_http_loop_free(struct rr_http_loop *loop);
RR_DEFINE_FREEP(http_loop)
/* When the loop's thread last came around (monotonic): for health. */
int64_t rr_http_loop_last_tick_ms(const struct rr_http_loop *loop);
struct rr_http_queue {
    atomic_size_t under_way; /* calls that a loop has started and not ended; the loop's */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        struct rr_http_call *first, *last;
        size_t running; /* submitted, not yet taken */
    } guarded;
};

void rr_http_queue_init(struct rr_http_queue *queue);
void rr_http_queue_done(struct rr_http_queue *queue); /* every submitted call must have been taken: an assert */

/* Never fails at the call: what is wrong with a request comes out of the queue like any other result. Returns owned. */
struct rr_http_call *rr_http_submit(struct rr_http_loop *loop, struct rr_http_queue *queue,
                                    const struct rr_http_request *request, void *tag);
/* The next finished call, or NULL when the deadline (monotonic) or the stop came first, or nothing is running. */
struct rr_http_call *rr_http_next(struct rr_http_queue *queue, int64_t deadline_ms, struct rr_stop *stop);
/* Asks for the end; the call still comes out of its queue, with RR_E_CANCELLED unless it had ended. */
void rr_http_cancel(struct rr_http_call *call);
void *rr_http_call_tag(const struct rr_http_call *call);
/* True when a whole reply came, whatever its status; then reply is filled. Else *err. */
RR_MUST_USE bool rr_http_call_result(struct rr_http_call *call, struct rr_error *err);
struct rr_http_reply *rr_http_call_reply(struct rr_http_call *call); /* borrows; the caller may rr_steal its buffers */
void rr_http_call_free(struct rr_http_call *call);
RR_DEFINE_FREEP(http_call)

/* One request, waited for: submit, next, and cancel + wait for the loop to let go when the stop comes.
 * On success *out_reply, zeroed before, owns its buffers. Fails with RR_E_CANCELLED, RR_E_TIMEOUT, RR_E_UNREACHABLE
 * (name, refused, reset, not HTTP, a body cut short, silence), RR_E_TLS, RR_E_ADDRESS_FORBIDDEN, RR_E_TOO_BIG,
 * RR_E_BAD_REPLY (compressed, too many headers), RR_E_BAD_INPUT, or what a sink set. Messages name neither host nor
 * address nor server text: the caller adds where; the detail has curl's words. */
RR_MUST_USE bool rr_http_perform(struct rr_http_loop *loop, const struct rr_http_request *request, struct rr_stop *stop,
                                 struct rr_http_reply *out_reply, struct rr_error *err);

void rr_http_reply_done(struct rr_http_reply *reply);
/* The first header of that name (any case), trimmed; false when absent. Borrows from the reply. */
bool rr_http_reply_header(const struct rr_http_reply *reply, const char *name, struct rr_slice *out_value);
/* Retry-After in whole seconds, clamped to [0,60] s, as milliseconds; 0 when absent or not a number (behaviour R-11).
 */
uint32_t rr_http_reply_retry_after_ms(const struct rr_http_reply *reply);
/* Appends "libcurl 7.88.1": the one that is loaded. */
void rr_http_name_library(struct rr_buf *out_name);

#endif
