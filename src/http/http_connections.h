/* SPDX-License-Identifier: Apache-2.0 */
/* http_connections: whose connections curl has open, so that no request rides on a connection of another kind
 * (traps.md 3, 10). curl compares much of this itself, but not all, and each version something else.
 * Threads: the loop's. Limits: a table of fixed size; a connection that fell out of it is not used again. */
#ifndef RR_HTTP_CONNECTIONS_H
#define RR_HTTP_CONNECTIONS_H

#include <redisrestore/crypto/digest.h>
#include <redisrestore/http/http.h>

/* All that two requests must have in common to share a connection: scheme, host and port, proxy with its credentials,
 * address policy, and over https the CA, the client certificate, the name that is verified, and whether it is. */
struct rr_http_identity {
    uint8_t digest[RR_SHA256_BYTES];
};

/* The request has passed rr_http_request_check. */
void rr_http_identity_of(const struct rr_http_request *request, struct rr_http_identity *out_identity);

/* Where a connection runs: "local address, local port, peer, port". No two open connections have the same. */
struct rr_http_place {
    char text[128];
};
void rr_http_place_of(const char *local, int local_port, const char *peer, int peer_port,
                      struct rr_http_place *out_place);

struct rr_http_connection {
    struct rr_http_place place;
    struct rr_http_identity identity;
    bool near;     /* behaviour F-51 */
    uint64_t used; /* when, as a count */
};

struct rr_http_connections {
    struct rr_http_connection *all; /* owns */
    size_t count, max;
    uint64_t uses;
};

void rr_http_connections_init(struct rr_http_connections *connections, size_t max);
void rr_http_connections_done(struct rr_http_connections *connections);
/* A new connection. Replaces what was known of the place, or the connection that was used longest ago. */
void rr_http_connections_opened(struct rr_http_connections *connections, const struct rr_http_place *place,
                                const struct rr_http_identity *identity, bool near);
/* Whether a request of that identity opened the connection. False when it is unknown. */
bool rr_http_connections_may_use(struct rr_http_connections *connections, const struct rr_http_place *place,
                                 const struct rr_http_identity *identity, bool *out_near);

#endif
