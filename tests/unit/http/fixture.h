/* SPDX-License-Identifier: Apache-2.0 */
/* fixture: what the tests of this room share: a loop, requests with a limit, and what came of them. */
#ifndef RR_TEST_HTTP_FIXTURE_H
#define RR_TEST_HTTP_FIXTURE_H

#include "support/http_server.h"
#include "support/test.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/http/http.h>

struct outcome {
    bool ok;
    struct rr_error err;
    struct rr_http_reply reply;
};

/* connections_max 0: the default. */
struct rr_http_loop *fixture_loop(size_t connections_max);
/* A monotonic deadline. */
int64_t fixture_in(int64_t ms);
/* Valid until 16 more were made. */
struct rr_slice fixture_url(const struct test_server *server, const char *path);
struct rr_slice fixture_text(const char *format, ...) RR_PRINTF(1, 2);
/* GET with a deadline of 20 s. */
struct rr_http_request fixture_get(struct rr_slice url);
struct outcome fixture_ask(struct rr_http_loop *loop, const struct rr_http_request *request);
/* One request, one connection, this reply, then the end of the connection. `sink` NULL: none. */
struct outcome fixture_ask_once(const char *reply, const struct rr_http_sink *sink, size_t body_max);
void fixture_done(struct outcome *outcome);

/* Asks, expects success with this body. */
void fixture_expect_body(struct rr_http_loop *loop, const struct rr_http_request *request, const char *body);
/* Asks, expects this failure. */
void fixture_expect(struct rr_http_loop *loop, const struct rr_http_request *request, enum rr_code code);

/* A context for scripts that send one fixed reply to the first request, then close. */
void script_text(struct test_peer *peer, void *context);

/* The resolver of the test's process. Names: "one.test" 127.0.0.1, "denied.test" 169.254.169.254, "mixed.test" both,
 * the denied one first, "none.test" nothing; "slow.test" answers when the gate was opened. */
extern struct test_gate fixture_dns_gate;
/* How often curl or OpenSSL asked for these since the process began. */
extern _Atomic int fixture_ca_files, fixture_ca_folders;
/* Read in place of the system's bundle of authorities; NULL: the bundle itself. */
extern const char *_Atomic fixture_roots;
/* Opened when a socket gets a TCP_USER_TIMEOUT. */
extern struct test_gate fixture_kept_alive;

#endif
