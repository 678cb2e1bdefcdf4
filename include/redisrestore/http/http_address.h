/* SPDX-License-Identifier: Apache-2.0 */
/* http_address: decides which addresses a request may connect to (behaviour F-37, F-39).
 * An address in a denied range, or of one of our own servers (the API server), is always denied. These are denied
 * unless an allowed range has them: loopback, link-local, cloud metadata, unspecified, multicast, broadcast, and the
 * IPv4-mapped, NAT64, 6to4, Teredo and deprecated forms of IPv6 that can carry them (docs/traps.md 2). All other
 * addresses are allowed. Threads: a policy does not change after it was built; rr_http_address_is_allowed is pure. */
#ifndef RR_HTTP_HTTP_ADDRESS_H
#define RR_HTTP_HTTP_ADDRESS_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

#include <sys/socket.h>

struct rr_http_reply;

struct rr_cidr {
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint8_t bits;        /* 0..128 */
};

/* One of our own servers, by address and port. */
struct rr_http_peer {
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint16_t port;
};

struct rr_http_address_policy {
    struct rr_cidr *allowed; /* owns */
    size_t allowed_count, allowed_capacity;
    bool only_allowed;      /* deny all addresses that are not in `allowed` */
    struct rr_cidr *denied; /* owns; takes precedence over `allowed` */
    size_t denied_count, denied_capacity;
    struct rr_http_peer *servers; /* owns; also denied, and takes precedence over `allowed` */
    size_t server_count, server_capacity;
};

void rr_http_address_policy_done(struct rr_http_address_policy *policy);
/* Allows "10.0.0.0/8", "fd00::/8", or one address. Fails with RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_http_address_policy_allow(struct rr_http_address_policy *policy, struct rr_slice cidr,
                                              struct rr_error *err);
/* Denies such a range or address. Fails likewise. */
RR_MUST_USE bool rr_http_address_policy_deny(struct rr_http_address_policy *policy, struct rr_slice cidr,
                                             struct rr_error *err);
/* Denies the server of this URL, at every address that its name has now: a controller's storage must not reach its API
 * server. Other ports of the same machine are not denied. Queries the name server, and waits. Fails with RR_E_BAD_INPUT
 * (no URL) or RR_E_UNREACHABLE (the name has no address). */
RR_MUST_USE bool rr_http_address_policy_deny_server(struct rr_http_address_policy *policy, struct rr_slice url,
                                                    struct rr_error *err);
/* `address` includes the port of the connection. */
bool rr_http_address_is_allowed(const struct rr_http_address_policy *policy, const struct sockaddr *address);
/* Returns true for an address that is not on the public internet: private networks, and addresses that are denied by
 * default. A status must not reveal which ports are open there (behaviour F-51). */
bool rr_http_address_is_near(const struct sockaddr *address);

#endif
