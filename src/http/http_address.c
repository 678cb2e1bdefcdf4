#include <redisrestore/http/http_address.h>

#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>

#include <arpa/inet.h>
#include <netinet/in.h>

/* Addresses are compared in their IPv6 form: IPv4 a.b.c.d is ::ffff:a.b.c.d. */
static const char *const denied[] = {
    "0.0.0.0/8",       /* this host: Linux connects it to loopback */
    "127.0.0.0/8",     /* loopback */
    "169.254.0.0/16",  /* link-local: metadata of AWS, Azure, Google, ECS and EKS agents */
    "100.100.100.200", /* metadata of Alibaba Cloud */
    "168.63.129.16",   /* Azure's host agent */
    "192.0.0.192",     /* metadata of Oracle Cloud */
    "224.0.0.0/4",     /* multicast */
    "240.0.0.0/4",     /* reserved, and broadcast */
    "::/128",          /* unspecified: Linux connects it to loopback */
    "::1/128",         /* loopback */
    "fe80::/10",       /* link-local */
    "fec0::/10",       /* site-local, deprecated */
    "fd00:ec2::/32",   /* metadata and agents of AWS over IPv6 */
    "ff00::/8",        /* multicast */
};

/* Forms of IPv6 that carry an IPv4 address: what they carry is judged too. */
static const struct {
    const char *range;
    size_t offset; /* of the IPv4 address */
    bool inverted; /* Teredo hides the client's address by inverting it */
} carriers[] = {
    { "64:ff9b::/96", 12, false },   /* NAT64, RFC 6052 */
    { "64:ff9b:1::/48", 12, false }, /* local NAT64, RFC 8215 */
    { "2002::/16", 2, false },       /* 6to4, RFC 3056 */
    { "2001::/32", 12, true },       /* Teredo, RFC 4380 */
    { "::/96", 12, false },          /* IPv4-compatible, deprecated */
};

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void from_v4(const void *v4, uint8_t out_address[16])
{
    memcpy(out_address, mapped_prefix, sizeof(mapped_prefix));
    memcpy(out_address + 12, v4, 4);
}

/* "address" or "address/bits". */
static bool parse(struct rr_slice text, struct rr_cidr *out_cidr)
{
    char address[INET6_ADDRSTRLEN];
    bool has_bits = rr_slice_contains_byte(text, '/');
    struct rr_slice bits_text = text, address_text = rr_slice_cut(&bits_text, '/');
    if (address_text.len == 0 || address_text.len >= sizeof(address))
        return false;
    memcpy(address, address_text.ptr, address_text.len);
    address[address_text.len] = '\0';

    struct rr_cidr cidr = { 0 };
    struct in_addr v4;
    bool is_v4 = inet_pton(AF_INET, address, &v4) == 1;
    if (is_v4)
        from_v4(&v4, cidr.address);
    else if (inet_pton(AF_INET6, address, cidr.address) != 1)
        return false;
    int width = is_v4 ? 32 : 128, bits = width;
    if (has_bits && !rr_parse_int(bits_text, 0, width, &bits))
        return false;
    cidr.bits = (uint8_t)(bits + 128 - width);
    *out_cidr = cidr;
    return true;
}

static bool contains(const struct rr_cidr *cidr, const uint8_t address[16])
{
    size_t whole = cidr->bits / 8;
    if (memcmp(cidr->address, address, whole) != 0)
        return false;
    uint8_t mask = (uint8_t)(0xff00u >> (cidr->bits % 8));
    return whole == 16 || ((cidr->address[whole] ^ address[whole]) & mask) == 0;
}

static bool range_contains(const char *range, const uint8_t address[16])
{
    struct rr_cidr cidr;
    rr_assert(parse(rr_slice_from(range), &cidr));
    return contains(&cidr, address);
}

static bool is_denied(const uint8_t address[16])
{
    for (size_t i = 0; i < RR_COUNT(denied); i++)
        if (range_contains(denied[i], address))
            return true;
    for (size_t i = 0; i < RR_COUNT(carriers); i++) {
        if (!range_contains(carriers[i].range, address))
            continue;
        uint8_t carried[4], inner[16];
        for (size_t byte = 0; byte < sizeof(carried); byte++)
            carried[byte] = (uint8_t)(address[carriers[i].offset + byte] ^ (carriers[i].inverted ? 0xff : 0));
        from_v4(carried, inner);
        /* Nothing that people store backups on is behind 6to4, Teredo or the deprecated form; NAT64 is how IPv6
         * clusters reach IPv4. */
        return i >= 2 || is_denied(inner);
    }
    return false;
}

void rr_http_address_policy_done(struct rr_http_address_policy *policy)
{
    if (policy == NULL)
        return;
    rr_free(policy->allowed);
    *policy = (struct rr_http_address_policy){ 0 };
}

bool rr_http_address_policy_allow(struct rr_http_address_policy *policy, struct rr_slice cidr, struct rr_error *err)
{
    struct rr_cidr parsed;
    if (!parse(cidr, &parsed))
        return rr_fail(err, RR_E_BAD_INPUT, "\"%.*s\" is neither an address nor a range such as 10.0.0.0/8 or fd00::/8",
                       RR_ARG(rr_slice_first(cidr, 64)));
    rr_grow(&policy->allowed, &policy->allowed_capacity, policy->allowed_count);
    policy->allowed[policy->allowed_count++] = parsed;
    return true;
}

bool rr_http_address_is_allowed(const struct rr_http_address_policy *policy, const struct sockaddr *address)
{
    uint8_t plain[16];
    if (address->sa_family == AF_INET)
        from_v4(&((const struct sockaddr_in *)address)->sin_addr, plain);
    else if (address->sa_family == AF_INET6)
        memcpy(plain, &((const struct sockaddr_in6 *)address)->sin6_addr, sizeof(plain));
    else
        return false;
    for (size_t i = 0; i < policy->allowed_count; i++)
        if (contains(&policy->allowed[i], plain))
            return true;
    return !is_denied(plain);
}
