/* SPDX-License-Identifier: Apache-2.0 */
/* http_server: a server on 127.0.0.1 that does to a client whatever a test's script says, byte by byte, with or without
 * TLS. Threads: one for each connection; the script runs there. Stopping the server ends every read and wait of a
 * script. */
#ifndef RR_TEST_HTTP_SERVER_H
#define RR_TEST_HTTP_SERVER_H

#include "test_cert.h"

#include <redisrestore/base/buf.h>

#include <pthread.h>

struct test_server;

struct test_peer {
    struct test_server *server;
    int fd;
    void *tls;           /* SSL, or NULL */
    int connection;      /* from 1 */
    int request;         /* on this connection, from 1 */
    struct rr_buf text;  /* of the last request: head and body as they came */
    struct rr_buf ahead; /* private: bytes read beyond it */
};

typedef void (*test_script)(struct test_peer *peer, void *context);

/* Never fails: a test that gets no socket dies. */
struct test_server *test_server_start(test_script script, void *context);
/* `client_ca` NULL: clients need no certificate. */
struct test_server *test_server_start_tls(const struct test_cert *cert, const char *client_ca, test_script script,
                                          void *context);
void test_server_stop(struct test_server *server);
int test_server_port(const struct test_server *server);
int test_server_connections(struct test_server *server); /* accepted so far */
int test_server_requests(struct test_server *server);    /* read whole so far */
bool test_server_is_stopping(struct test_server *server);

/* Reads one request (head, and a body by Content-Length) into peer->text. False when the client is gone. */
bool test_peer_read(struct test_peer *peer);
bool test_peer_has(const struct test_peer *peer, const char *words);
void test_peer_send(struct test_peer *peer, const char *text);
void test_peer_send_bytes(struct test_peer *peer, const void *bytes, size_t len);
/* The same in writes of one byte each. */
void test_peer_send_slowly(struct test_peer *peer, const char *text);
/* A whole 200 reply. */
void test_peer_answer(struct test_peer *peer, const char *body);
/* Returns when the client closed, or the server stops. */
void test_peer_wait_closed(struct test_peer *peer);
/* The connection ends with RST instead of FIN when the script returns. */
void test_peer_reset(struct test_peer *peer);

/* Something that one thread waits for and another makes true. */
struct test_gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int passed;
};
void test_gate_init(struct test_gate *gate);
void test_gate_open(struct test_gate *gate);               /* adds one */
void test_gate_wait(struct test_gate *gate, int at_least); /* dies after 20 s: a test must not hang */

/* Scripts that many tests want. */
void test_script_ok(struct test_peer *peer, void *context); /* answers each request with context (char *), or "ok" */
void test_script_silent(struct test_peer *peer,
                        void *context); /* reads, never answers; opens context (a gate) if any */

#endif
