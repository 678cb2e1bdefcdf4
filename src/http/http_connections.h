/* SPDX-License-Identifier: Apache-2.0 */
/* http_connections: which identity opened each of curl's connections, so that no request uses a connection of another
 * identity (traps.md 3, 10). curl compares much of this itself, but not all, and versions differ.
 * Threads: the loop's. Limits: a table of fixed size; a connection that dropped out of the table is not reused. */
#ifndef RR_HTTP_CONNECTIONS_H
#define RR_HTTP_CONNECTIONS_H

#include <redisrestore/crypto/digest.h>
#include <redisrestore/http/http.h>

/* Everything that two requests must have in common to share a connection: scheme, host and port, proxy with its
 * credentials, address policy. For https also the CA, the client certificate, the verified name, and whether it is
 * verified. */
struct rr_http_identity {
    uint8_t digest[RR_SHA256_BYTES];
};

/* The request has passed rr_http_request_check. `bundle_digest`: of its CA bundle if that is large, else NULL; a large
 * one is hashed once for each request. */
void rr_http_identity_of(const struct rr_http_request *request, const uint8_t *bundle_digest,
                         struct rr_http_identity *out_identity);

/* The endpoints of a connection: "local address, local port, peer, port". No two open connections have the same. */
struct rr_http_place {
    char text[128];
};
void rr_http_place_of(const char *local, int local_port, const char *peer, int peer_port,
                      struct rr_http_place *out_place);

struct rr_http_connection {
    struct rr_http_place place;
    struct rr_http_identity identity;
    bool near;     /* behaviour F-51 */
    uint64_t used; /* time of last use, as a counter */
};

struct rr_http_connections {
    struct rr_http_connection *all; /* owns */
    size_t count, max;
    uint64_t uses;
};

void rr_http_connections_init(struct rr_http_connections *connections, size_t max);
void rr_http_connections_done(struct rr_http_connections *connections);
/* Records a new connection. Replaces an older entry for the same place, or the least recently used entry. */
void rr_http_connections_opened(struct rr_http_connections *connections, const struct rr_http_place *place,
                                const struct rr_http_identity *identity, bool near);
/* Returns whether a request of that identity opened the connection. False when the connection is unknown. */
bool rr_http_connections_may_use(struct rr_http_connections *connections, const struct rr_http_place *place,
                                 const struct rr_http_identity *identity, bool *out_near);

#endif
