/* SPDX-License-Identifier: Apache-2.0 */
#include "http_internal.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

enum { IPV4_AT = 12, IPV4_PREFIX_BITS = 96, HTTP_PORT = 80, HTTPS_PORT = 443 };

static const uint8_t mapped_prefix[IPV4_AT] = { [10] = 0xff, [11] = 0xff };
static const uint8_t nat64_prefix[IPV4_AT] = { 0x00, 0x64, 0xff,
                                               0x9b }; /* RFC 6052; DNS64 clusters reach all of IPv4 through it */

#define V4(a, b, c, d)                                                                                                 \
    {                                                                                                                  \
        [10] = 0xff, [11] = 0xff, [12] = (a), [13] = (b), [14] = (c), [15] = (d)                                       \
    }

/* Behaviour F-37. IPv4 first: mapped and NAT64 addresses are compared with these entries. */
static const struct rr_cidr never_meant[] = {
    { V4(0, 0, 0, 0), 96 + 8 },         /* this host */
    { V4(127, 0, 0, 0), 96 + 8 },       /* loopback */
    { V4(169, 254, 0, 0), 96 + 16 },    /* link-local, metadata of most clouds */
    { V4(100, 100, 100, 200), 128 },    /* metadata of Alibaba */
    { V4(168, 63, 129, 16), 128 },      /* wire server of Azure */
    { V4(192, 0, 0, 192), 128 },        /* metadata of Oracle */
    { V4(224, 0, 0, 0), 96 + 4 },       /* multicast */
    { V4(240, 0, 0, 0), 96 + 4 },       /* reserved, and broadcast */
    { { 0 }, 96 },                      /* ::, ::1 and the deprecated IPv4-compatible form */
    { { [8] = 0xff, [9] = 0xff }, 96 }, /* ::ffff:0:a.b.c.d, translated (RFC 2765) */
    { { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 },
      48 },                 /* NAT64 for local use: the position of the IPv4 address is unknown (RFC 8215) */
    { { 0x20, 0x01 }, 32 }, /* Teredo */
    { { 0x20, 0x02 }, 16 }, /* 6to4 */
    { { 0xfd, 0x00, 0x0e, 0xc2 }, 32 },               /* metadata of AWS, EKS Pod Identity */
    { { 0xfd, 0x00, 0x00, 0x42, [15] = 0x42 }, 128 }, /* Scaleway */
    { { 0xfd, 0x00, 0x00, 0xc1, [12] = 0xa9, [13] = 0xfe, [14] = 0xa9, [15] = 0xfe }, 128 }, /* Oracle */
    { { 0xfd, 0x00, 0x01, 0x00, [12] = 0x01, [14] = 0x02 }, 128 },                           /* Alibaba */
    { { 0xfd, 0x00, 0xa9, 0xfe, 0xa9, 0xfe, [15] = 0x01 }, 128 },                            /* Akamai (Linode) */
    { { 0xfd, 0x20, 0x00, 0xce, [14] = 0x02, [15] = 0x54 }, 128 },                           /* Google */
    { { 0xfe, 0x80 }, 10 },                                                                  /* link-local */
    { { 0xfe, 0xc0 }, 10 }, /* site-local, deprecated */
    { { 0xff }, 8 },        /* multicast */
};

/* RFC 1918, RFC 6598 (carrier-grade NAT, which clouds use for pods) and RFC 4193. */
static const struct rr_cidr private_networks[] = {
    { V4(10, 0, 0, 0), 96 + 8 },
    { V4(172, 16, 0, 0), 96 + 12 },
    { V4(192, 168, 0, 0), 96 + 16 },
    { V4(100, 64, 0, 0), 96 + 10 },
    { { 0xfc }, 7 },
};

static bool contains(const struct rr_cidr *cidr, const uint8_t address[16])
{
    size_t bytes = cidr->bits / 8;
    unsigned rest = cidr->bits % 8;
    if (memcmp(cidr->address, address, bytes) != 0)
        return false;
    if (rest == 0)
        return true;
    unsigned mask = (0xff00U >> rest) & 0xffU;
    return ((cidr->address[bytes] ^ address[bytes]) & mask) == 0;
}

static bool is_in(const struct rr_cidr *cidrs, size_t count, const uint8_t address[16])
{
    for (size_t i = 0; i < count; i++)
        if (contains(&cidrs[i], address))
            return true;
    return false;
}

static bool unpack(const struct sockaddr *address, struct rr_http_peer *out_peer)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        memcpy(out_peer->address, mapped_prefix, IPV4_AT);
        memcpy(out_peer->address + IPV4_AT, &v4.sin_addr, 4);
        out_peer->port = ntohs(v4.sin_port);
        return true;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        memcpy(out_peer->address, &v6.sin6_addr, 16);
        out_peer->port = ntohs(v6.sin6_port);
        return true;
    }
    return false;
}

static bool is_server(const struct rr_http_address_policy *policy, const struct rr_http_peer *peer)
{
    for (size_t i = 0; i < policy->server_count; i++)
        if (policy->servers[i].port == peer->port &&
            memcmp(policy->servers[i].address, peer->address, sizeof peer->address) == 0)
            return true;
    return false;
}

/* Returns the IPv4 address inside a NAT64 address, else the same address. */
static struct rr_http_peer carried_by(const struct rr_http_peer *peer)
{
    struct rr_http_peer carried = *peer;
    if (memcmp(peer->address, nat64_prefix, IPV4_AT) == 0)
        memcpy(carried.address, mapped_prefix, IPV4_AT);
    return carried;
}

bool rr_http_address_is_near(const struct sockaddr *address)
{
    struct rr_http_peer peer;
    if (!unpack(address, &peer))
        return true;
    struct rr_http_peer carried = carried_by(&peer);
    return is_in(private_networks, RR_COUNT(private_networks), carried.address) ||
           is_in(never_meant, RR_COUNT(never_meant), carried.address);
}

bool rr_http_address_is_allowed(const struct rr_http_address_policy *policy, const struct sockaddr *address)
{
    struct rr_http_peer peer;
    if (!unpack(address, &peer))
        return false;
    struct rr_http_peer carried = carried_by(&peer);
    if (is_in(policy->denied, policy->denied_count, peer.address) ||
        is_in(policy->denied, policy->denied_count, carried.address) || is_server(policy, &carried))
        return false;
    if (is_in(policy->allowed, policy->allowed_count, peer.address))
        return true;
    return !policy->only_allowed && !is_in(never_meant, RR_COUNT(never_meant), carried.address);
}

void rr_http_address_policy_done(struct rr_http_address_policy *policy)
{
    if (policy == NULL)
        return;
    rr_free(policy->allowed);
    rr_free(policy->denied);
    rr_free(policy->servers);
    *policy = (struct rr_http_address_policy){ 0 };
}

static bool parse_address(struct rr_slice text, struct rr_cidr *out_cidr)
{
    char copy[INET6_ADDRSTRLEN + 1] = { 0 };
    if (text.len == 0 || text.len >= sizeof(copy))
        return false;
    memcpy(copy, text.ptr, text.len);
    if (inet_pton(AF_INET, copy, out_cidr->address + IPV4_AT) == 1) {
        memcpy(out_cidr->address, mapped_prefix, IPV4_AT);
        out_cidr->bits = IPV4_PREFIX_BITS; /* the prefix length after the slash counts from here */
        return true;
    }
    out_cidr->bits = 0;
    return inet_pton(AF_INET6, copy, out_cidr->address) == 1;
}

static bool parse_range(struct rr_slice text, struct rr_cidr *out_cidr, struct rr_error *err)
{
    struct rr_cidr cidr = { 0 };
    struct rr_slice rest = text;
    bool has_bits = rr_slice_contains_byte(text, '/');
    struct rr_slice address = rr_slice_cut(&rest, '/');
    if (rr_slice_contains_byte(address, '\0') || !parse_address(address, &cidr))
        return rr_fail(err, RR_E_BAD_INPUT, "\"%.*s\" is neither an address nor a range such as 10.0.0.0/8 or fd00::/8",
                       RR_ARG(rr_slice_first(text, 64)));
    int bits = 128 - cidr.bits;
    if (has_bits && !rr_parse_int(rest, 0, bits, &bits))
        return rr_fail(err, RR_E_BAD_INPUT, "\"%.*s\": a prefix has 0 to %d bits", RR_ARG(text), bits);
    cidr.bits = (uint8_t)(cidr.bits + bits);
    *out_cidr = cidr;
    return true;
}

bool rr_http_address_policy_allow(struct rr_http_address_policy *policy, struct rr_slice text, struct rr_error *err)
{
    struct rr_cidr cidr;
    if (!parse_range(text, &cidr, err))
        return false;
    rr_grow(&policy->allowed, &policy->allowed_capacity, policy->allowed_count);
    policy->allowed[policy->allowed_count++] = cidr;
    return true;
}

bool rr_http_address_policy_deny(struct rr_http_address_policy *policy, struct rr_slice text, struct rr_error *err)
{
    struct rr_cidr cidr;
    if (!parse_range(text, &cidr, err))
        return false;
    rr_grow(&policy->denied, &policy->denied_capacity, policy->denied_count);
    policy->denied[policy->denied_count++] = cidr;
    return true;
}

static void add_server(struct rr_http_address_policy *policy, const uint8_t address[16], uint16_t port)
{
    struct rr_http_peer peer = { .port = port };
    memcpy(peer.address, address, sizeof peer.address);
    rr_grow(&policy->servers, &policy->server_capacity, policy->server_count);
    policy->servers[policy->server_count++] = peer;
}

static bool add_servers_by_name(struct rr_http_address_policy *policy, struct rr_slice name, uint16_t port,
                                struct rr_error *err)
{
    rr_auto(buf) host = RR_BUF(NI_MAXHOST);
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    rr_buf_add(&host, name);
    if (!rr_buf_ok(&host, err))
        return rr_context(err, "the name of the server");
    if (getaddrinfo(rr_buf_text(&host), NULL, &hints, &found) != 0)
        return rr_fail(err, RR_E_UNREACHABLE, "no address was found for the name of the server");
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        struct rr_http_peer peer;
        if (unpack(at->ai_addr, &peer))
            add_server(policy, peer.address, port);
    }
    freeaddrinfo(found);
    return true;
}

bool rr_http_address_policy_deny_server(struct rr_http_address_policy *policy, struct rr_slice url,
                                        struct rr_error *err)
{
    struct rr_http_url parts;
    struct rr_cidr literal;
    rr_auto(buf) whole = RR_BUF(RR_HTTP_URL_MAX_BYTES);
    rr_buf_add(&whole, url);
    rr_buf_add_byte(&whole, '/'); /* a server's URL may have no path */
    if (!rr_buf_ok(&whole, err) || !rr_http_url_split(rr_buf_slice(&whole), &parts, err))
        return false;
    struct rr_slice host = parts.host;
    int port = rr_slice_equals(parts.scheme, RR_LIT("https")) ? HTTPS_PORT : HTTP_PORT;
    if (parts.port.len > 0 && !rr_parse_int(parts.port, 1, UINT16_MAX, &port))
        return rr_fail(err, RR_E_BAD_INPUT, "a port is a number from 1 to %d", UINT16_MAX);
    if (host.ptr[0] == '[')
        host = (struct rr_slice){ host.ptr + 1, host.len - 2 };
    if (!parse_address(host, &literal))
        return add_servers_by_name(policy, host, (uint16_t)port, err);
    add_server(policy, literal.address, (uint16_t)port);
    return true;
}
