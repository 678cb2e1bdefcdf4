/* SPDX-License-Identifier: Apache-2.0 */
/* server: the controller's HTTP endpoints, on libmicrohttpd: GET and HEAD only, answers from callbacks, plain or over
 * TLS 1.2 and 1.3.
 * Threads: each server has one thread that calls on_get and makes the first call of `authorize`, so both must not wait
 * there; one thread that closes connections; and with `authorize` four more threads, on which it may wait.
 * Limits: 64 connections: a further one replaces the one that has been idle longest; 32 KiB of request line and headers
 * (else 431); 64 arguments (else 400). The server closes a connection that has not sent the headers of its first
 * request after 32 s or of a later one after 90 s (behaviour W-10), and one that has not read its reply after 30 s.
 * Replies are not copied; RR_SERVER_UNDER_WAY_MAX_BYTES limits the memory for slow readers. */
#ifndef RR_SERVER_SERVER_H
#define RR_SERVER_SERVER_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/stop.h>

struct rr_server;

/* An argument of the query. */
struct rr_server_argument {
    struct rr_slice name, value; /* decoded */
};

/* Borrows for the call. */
struct rr_server_request {
    const char *method;            /* "GET" or "HEAD" */
    struct rr_slice path;          /* decoded, without the query */
    struct rr_slice authorization; /* the Authorization header, a secret; empty: none */
    const struct rr_server_argument *arguments;
    size_t argument_count;
};

struct rr_server_reply {
    int status;
    const char *content_type; /* literal */
    struct rr_buf body;
    int32_t share_ms; /* other requests for this path get the same reply for this time, and while it is being read */
};

/* While replies of this many bytes are being read, further requests are refused (503), and the slowest reader is
 * disconnected. */
enum { RR_SERVER_UNDER_WAY_MAX_BYTES = 16 * 1024 * 1024, RR_SERVER_SLOW_MS = 5000 };

enum rr_server_verdict {
    RR_SERVER_ALLOWED,
    RR_SERVER_REFUSED, /* send *out_reply, with the status that it has */
    RR_SERVER_UNSURE,  /* call again on a thread that may wait */
};

struct rr_server_handler {
    void *context;
    /* Fills *out_reply, which has the status 404 before, and an empty body with a maximum. */
    void (*on_get)(void *context, const struct rr_server_request *request, struct rr_server_reply *out_reply);
    /* NULL: every request is allowed. Called first with `stop` NULL: it must not wait, but may be unsure. Called again
     * with the token that the end of the server sets: it must decide. */
    enum rr_server_verdict (*authorize)(void *context, const struct rr_server_request *request, struct rr_stop *stop,
                                        struct rr_server_reply *out_reply);
};

/* PEM: the certificate with its chain, and its key. Borrows for the call. */
struct rr_server_tls {
    struct rr_slice certificate, key;
};

struct rr_server_options {
    struct rr_slice address; /* "HOST:PORT", ":PORT" (every address), "[::1]:PORT"; port 0 takes a free one */
    const char *what;        /* the flag of the address, for error messages */
    struct rr_server_handler handler;
    const struct rr_server_tls *tls;       /* NULL: plain HTTP */
    int32_t header_ms, idle_ms, answer_ms; /* 0: 32 s, 90 s, 30 s */
};

/* Fails with RR_E_BAD_INPUT (address), RR_E_TLS (certificate or key) or RR_E_INTERNAL (address in use). The caller owns
 * *out_server. */
RR_MUST_USE bool rr_server_start(const struct rr_server_options *options, struct rr_server **out_server,
                                 struct rr_error *err);
/* Sets another certificate for new connections; current answers finish with the old one. Fails with RR_E_TLS, which
 * keeps the old one, or RR_E_CONFLICT while connections of the one before have not ended: retry later. Threads: one at
 * a time. */
RR_MUST_USE bool rr_server_set_tls(struct rr_server *server, const struct rr_server_tls *tls, struct rr_error *err);
uint16_t rr_server_port(const struct rr_server *server);
void rr_server_free(struct rr_server *server); /* waits for running requests, and stops `authorize` */
RR_DEFINE_FREEP(server)
/* Appends the loaded version, such as "libmicrohttpd 0.9.75". */
void rr_server_name_library(struct rr_buf *out_name);

#endif
