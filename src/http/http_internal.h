/* SPDX-License-Identifier: Apache-2.0 */
/* http_internal: declarations that the files of this room share. */
#ifndef RR_HTTP_INTERNAL_H
#define RR_HTTP_INTERNAL_H

#include "http_connections.h"
#include "http_limits.h"
#include "http_trust.h"

#include <redisrestore/base/thread.h>
#include <redisrestore/http/http.h>

#include <curl/curl.h>

/* Set by any thread under the loop's lock, read by the loop's thread. */
enum rr_http_call_state { RR_HTTP_CALL_WAITING, RR_HTTP_CALL_RUNNING, RR_HTTP_CALL_FINISHED };

struct rr_http_call {
    /* Fixed after submit. */
    struct rr_http_loop *loop;
    struct rr_http_queue *queue;
    void *tag;
    struct rr_http_request request;
    bool has_large_bundle;                  /* of CAs */
    uint8_t bundle_digest[RR_SHA256_BYTES]; /* of a large one */

    /* Under the loop's lock. */
    struct {
        bool cancelled;
    } guarded;

    /* Owned by the loop's thread until the call is in its queue, then by the waiter. */
    enum rr_http_call_state state;
    struct rr_http_call *next, *previous;
    CURL *easy;
    struct curl_slist *header_list, *connect_to;
    struct rr_buf ca_pem; /* for curl, which compares it; borrowed by `easy` */
    char curl_words[CURL_ERROR_SIZE];
    struct rr_http_reply reply;
    struct rr_error error; /* set by a callback that ended the transfer, and at the end */
    bool ok;
    bool socket_opened; /* since the last check: the connection is new */
    bool foreign;       /* curl chose a connection of another identity: the request was not sent */
    bool fresh;         /* ask curl for a new connection */
    bool trust_given;   /* to a new TLS connection, whose handshake needs it */
    struct rr_http_identity identity;
    bool address_denied, address_tried;
    bool near;           /* the user named an address of a private network: causes are not distinguished (F-51) */
    bool begun;          /* the final headers were received */
    bool error_body_cut; /* the body of an error reply exceeded its cap: the reply still counts as complete */
    int header_count;
    int64_t sent_at_ms;      /* 0: not yet */
    int64_t last_byte_at_ms; /* 0: none yet */
};

struct rr_http_call_list {
    struct rr_http_call *first, *last;
    size_t count;
};

struct rr_http_loop {
    /* Fixed after new. */
    const char *name;
    size_t connections_max;
    bool one_for_each_queue;
    const struct rr_log *log;
    const struct rr_clock *clock;
    int epoll_fd, wake_fd;
    struct rr_thread thread;

    pthread_mutex_t lock;
    struct {
        struct rr_http_call_list submitted;
        bool any_cancelled, stopping;
    } guarded;

    /* Used by the loop's thread only. */
    CURLM *multi;
    struct rr_http_call_list waiting, running;
    struct rr_http_connections connections;
    struct rr_http_trusts trusts;
    int64_t curl_timer_at_ms; /* -1: none */
    /* All input from before this time has been read. A server's silence is known only up to here: when the loop itself
     * was late, the missing bytes may be unread in the sockets. */
    int64_t served_ms;

    _Atomic int64_t last_tick_ms;
};

/* Notes whether the call's CA bundle is large. Any thread, before the call is submitted. */
void rr_http_trust_note(struct rr_http_call *call);
/* Returns whether the call may start: a large bundle is parsed for its handshake, and takes memory until its end. */
bool rr_http_trust_may_start(const struct rr_http_loop *loop, const struct rr_http_call *call);

/* A URL in its parts. `host` keeps the brackets of an IPv6 literal, `port` may be empty, `target` is path and query. */
struct rr_http_url {
    struct rr_slice scheme, authority, host, port, target;
};

/* http_check.c. Fail with RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_http_url_split(struct rr_slice url, struct rr_http_url *out_parts, struct rr_error *err);
RR_MUST_USE bool rr_http_request_check(const struct rr_http_request *request, struct rr_error *err);

/* http_easy.c: loop's thread. Fails with RR_E_BAD_INPUT or RR_E_INTERNAL. */
RR_MUST_USE bool rr_http_easy_prepare(struct rr_http_call *call, struct rr_error *err);
/* curl waits for this socket on behalf of the handle. */
void rr_http_easy_polled(CURL *easy, curl_socket_t fd);
void rr_http_easy_release(struct rr_http_call *call);

/* http_receive.c: curl's callbacks for received data. */
size_t rr_http_on_header(char *data, size_t size, size_t count, void *context);
size_t rr_http_on_body(char *data, size_t size, size_t count, void *context);

/* http_error.c: turns the end of a transfer into an error. Returns true when a whole reply was received. */
RR_MUST_USE bool rr_http_judge(const struct rr_http_call *call, CURLcode result, struct rr_error *err);
void rr_http_set_unreachable(const struct rr_http_call *call, enum rr_cause cause, const char *detail,
                             struct rr_error *err);
bool rr_http_fail_encoded(struct rr_error *err); /* false */

/* http_queue.c: the loop's thread hands over a finished call and must not use it afterwards. */
void rr_http_queue_push(struct rr_http_queue *queue, struct rr_http_call *call);

/* http_loop.c: any thread. */
void rr_http_loop_submit(struct rr_http_loop *loop, struct rr_http_call *call);
void rr_http_loop_cancel(struct rr_http_loop *loop, struct rr_http_call *call);

static inline int32_t rr_http_or_default(int32_t value, int32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

#endif
