/* http_address: which addresses a request may connect to (behaviour F-37, F-39).
 * Denied unless allowed by a CIDR: loopback, link-local, cloud metadata, unspecified, multicast, broadcast, and the
 * IPv4-mapped, NAT64, 6to4, Teredo and deprecated forms of IPv6 that can carry them (traps.md 2). Threads: a policy is
 * fixed after it was built; rr_http_address_check is pure. */
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

struct rr_http_address_policy {
    struct rr_cidr *allowed; /* owns */
    size_t allowed_count, allowed_capacity;
    bool only_allowed; /* nothing but what was allowed */
};

void rr_http_address_policy_done(struct rr_http_address_policy *policy);
/* "10.0.0.0/8", "fd00::/8", or one address. Fails with RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_http_address_policy_allow(struct rr_http_address_policy *policy, struct rr_slice cidr,
                                              struct rr_error *err);
bool rr_http_address_is_allowed(const struct rr_http_address_policy *policy, const struct sockaddr *address);

#endif
