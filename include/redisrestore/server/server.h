/* SPDX-License-Identifier: Apache-2.0 */
/* server: the controller's own HTTP endpoints, on libmicrohttpd: GET and HEAD only, answers from callbacks, plain or by
 * TLS 1.2 and 1.3.
 * Threads: one for each server, on which on_get and the first question to `authorize` run, so neither may wait; one
 * that closes connections; with `authorize` four more, on which it may wait. Limits: 64 connections, of which the one
 * that waits longest gives way to a new one; 32 KiB of request line and headers (431); 64 arguments (400). A connection
 * without the headers of its first request is closed after 32 s, one without those of the next after 90 s (behaviour
 * W-10), and one whose answer is not taken after 30 s. Replies are not copied; RR_SERVER_UNDER_WAY_MAX_BYTES bounds
 * what slow readers hold. */
#ifndef RR_SERVER_SERVER_H
#define RR_SERVER_SERVER_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/stop.h>

struct rr_server;

/* Decoded. */
struct rr_server_argument {
    struct rr_slice name, value;
};

/* Borrows for the call. */
struct rr_server_request {
    const char *method;            /* "GET" or "HEAD" */
    struct rr_slice path;          /* decoded, without the query */
    struct rr_slice authorization; /* the header of that name; empty: none. A secret */
    const struct rr_server_argument *arguments;
    size_t argument_count;
};

struct rr_server_reply {
    int status;
    const char *content_type; /* literal */
    struct rr_buf body;
    int32_t share_ms; /* other requests for the path get this reply too, for this long and while it is being read */
};

/* Once replies of so many bytes are being read, further requests are refused (503) until some of them are done, and the
 * slowest reader is cut off. */
enum { RR_SERVER_UNDER_WAY_MAX_BYTES = 16 * 1024 * 1024, RR_SERVER_SLOW_MS = 5000 };

enum rr_server_verdict {
    RR_SERVER_ALLOWED,
    RR_SERVER_REFUSED, /* the reply says how */
    RR_SERVER_UNSURE,  /* ask again where waiting is allowed */
};

struct rr_server_handler {
    void *context;
    /* *out_reply has status 404 and an empty body with a maximum set. */
    void (*on_get)(void *context, const struct rr_server_request *request, struct rr_server_reply *out_reply);
    /* NULL: everybody may ask. Asked first with `stop` NULL, then it must not wait but may be unsure; after that with
     * the token that the server's end sets, and it decides. */
    enum rr_server_verdict (*authorize)(void *context, const struct rr_server_request *request, struct rr_stop *stop,
                                        struct rr_server_reply *out_reply);
};

/* PEM: the certificate with its chain, and its key. Borrows for the call. */
struct rr_server_tls {
    struct rr_slice certificate, key;
};

struct rr_server_options {
    struct rr_slice address; /* "HOST:PORT", ":PORT" (every address), "[::1]:PORT"; port 0 takes a free one */
    const char *what;        /* the flag that errors name */
    struct rr_server_handler handler;
    const struct rr_server_tls *tls;       /* NULL: plain HTTP */
    int32_t header_ms, idle_ms, answer_ms; /* 0: 32 s, 90 s, 30 s */
};

/* Fails with RR_E_BAD_INPUT (address), RR_E_TLS (certificate or key) or RR_E_INTERNAL (address in use). Returns owned.
 */
RR_MUST_USE bool rr_server_start(const struct rr_server_options *options, struct rr_server **out_server,
                                 struct rr_error *err);
/* New connections get another certificate; running answers are finished with the old one. Fails with RR_E_TLS, which
 * leaves the old one, or RR_E_CONFLICT while connections of the one before still end: try later. Threads: one at a
 * time. */
RR_MUST_USE bool rr_server_set_tls(struct rr_server *server, const struct rr_server_tls *tls, struct rr_error *err);
uint16_t rr_server_port(const struct rr_server *server);
void rr_server_free(struct rr_server *server); /* waits for running requests, and stops `authorize` */
RR_DEFINE_FREEP(server)
/* Appends "libmicrohttpd 0.9.75": the one that is loaded. */
void rr_server_name_library(struct rr_buf *out_name);

#endif
