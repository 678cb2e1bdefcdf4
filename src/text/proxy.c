/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/proxy.h>

#include <redisrestore/base/parse.h>
#include <redisrestore/text/uri.h>

#include <arpa/inet.h>
#include <stdio.h>

static const struct scheme {
    const char *name, *curl_name;
    int port;
} schemes[] = { { "http://", "http", 80 }, { "https://", "https", 443 }, { "socks5://", "socks5h", 1080 } };

static bool starts_with_nocase(struct rr_slice text, const char *prefix)
{
    return rr_slice_equals_nocase(rr_slice_first(text, strlen(prefix)), rr_slice_from(prefix));
}

static const struct scheme *scheme_of(struct rr_slice url)
{
    for (size_t i = 0; i < RR_COUNT(schemes); i++)
        if (starts_with_nocase(url, schemes[i].name))
            return &schemes[i];
    return NULL;
}

/* Where the user name ends: after the last '@' of the authority. */
static size_t user_length(struct rr_slice authority)
{
    size_t len = authority.len;
    while (len > 0 && authority.ptr[len - 1] != '@')
        len--;
    return len;
}

/* Unchanged, except for characters that curl would take for its end: an '@' before the last, and bytes that no URL has.
 */
static void add_user(struct rr_buf *text, struct rr_slice user)
{
    for (size_t i = 0; i + 1 < user.len; i++)
        if (user.ptr[i] == '@' || user.ptr[i] <= ' ' || user.ptr[i] > '~')
            rr_buf_addf(text, "%%%02X", (unsigned)(unsigned char)user.ptr[i]);
        else
            rr_buf_add_byte(text, user.ptr[i]);
    if (user.len > 0)
        rr_buf_add_byte(text, '@');
}

bool rr_proxy_normalise(struct rr_slice url, struct rr_secret *out_proxy, struct rr_error *err)
{
    const struct scheme *scheme = scheme_of(url);
    if (scheme == NULL)
        return rr_fail(err, RR_E_BAD_INPUT, "must begin with http://, https:// or socks5://");
    if (url.len > RR_PROXY_URL_MAX_BYTES || rr_slice_has_control(url) || !rr_slice_is_utf8(url))
        return rr_fail(err, RR_E_BAD_INPUT, "is too long or has control bytes");
    struct rr_slice rest = rr_slice_from_offset(url, strlen(scheme->name));
    struct rr_slice authority = rr_slice_first(rest, rr_slice_find(rest, '/'));
    struct rr_slice user = rr_slice_first(authority, user_length(authority));
    struct rr_slice host = rr_slice_from_offset(authority, user.len);
    rr_auto(buf) plain = RR_BUF(RR_PROXY_URL_MAX_BYTES + 8), text = RR_SECRET_BUF(3 * RR_PROXY_URL_MAX_BYTES);
    struct rr_uri uri;
    rr_buf_addf(&plain, "http://%.*s", RR_ARG(host));
    if (!rr_uri_parse(rr_buf_slice(&plain), &uri, err))
        return rr_fail(err, RR_E_BAD_INPUT, "is not a URL of a host");
    bool has_port = !uri.port_is_default || rr_slice_ends_with(host, RR_LIT(":80"));
    rr_buf_addf(&text, "%s://", scheme->curl_name);
    add_user(&text, user);
    rr_buf_addf(&text, uri.host_is_ipv6 ? "[%.*s]:%d" : "%.*s:%d", RR_ARG(uri.host),
                has_port ? (int)uri.port : scheme->port);
    bool fits = rr_buf_ok(&text, err);
    if (fits)
        rr_secret_set(out_proxy, rr_buf_slice(&text));
    return fits;
}

/* --- NO_PROXY --- */

struct address {
    size_t bits; /* 0: none */
    unsigned char bytes[16];
};

/* IPv4 inside IPv6 is IPv4. */
static struct address address_of(struct rr_slice text)
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    struct address address = { 0 };
    char copy[INET6_ADDRSTRLEN + 1];
    if (text.len >= sizeof(copy))
        return address;
    (void)snprintf(copy, sizeof(copy), "%.*s", RR_ARG(text));
    if (inet_pton(AF_INET, copy, address.bytes) == 1)
        address.bits = 32;
    else if (inet_pton(AF_INET6, copy, address.bytes) == 1)
        address.bits = 128;
    if (address.bits == 128 && memcmp(address.bytes, mapped, sizeof(mapped)) == 0) {
        memmove(address.bytes, address.bytes + sizeof(mapped), 4);
        address.bits = 32;
    }
    return address;
}

static bool is_loopback(struct rr_slice host, const struct address *address)
{
    static const unsigned char ipv6[16] = { [15] = 1 };
    if (address->bits == 0)
        return rr_slice_equals_nocase(host, RR_LIT("localhost"));
    return address->bits == 32 ? address->bytes[0] == 127 : memcmp(address->bytes, ipv6, sizeof(ipv6)) == 0;
}

static bool shares_bits(const struct address *a, const struct address *b, size_t bits)
{
    for (size_t i = 0; i < bits; i++)
        if (((a->bytes[i / 8] ^ b->bytes[i / 8]) >> (7 - i % 8) & 1) != 0)
            return false;
    return true;
}

/* "10.0.0.0/8" */
static bool is_in_network(const struct address *address, struct rr_slice network, bool *out_is_network)
{
    struct rr_slice rest = network;
    struct address base = address_of(rr_slice_cut(&rest, '/'));
    int bits;
    *out_is_network =
        rr_slice_contains_byte(network, '/') && base.bits > 0 && rr_parse_int(rest, 0, (int)base.bits, &bits);
    return *out_is_network && address->bits == base.bits && shares_bits(address, &base, (size_t)bits);
}

/* Cuts ":port" off; an IPv6 address may stand in brackets. */
static bool split_port(struct rr_slice *pattern, int *out_port)
{
    struct rr_slice text = *pattern;
    *out_port = 0;
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':' && text.ptr[colon - 1] != ']')
        colon--;
    bool bare_ipv6 = text.len > 0 && text.ptr[0] != '[' && address_of(text).bits == 128;
    if (!bare_ipv6 && colon > 0 && text.ptr[colon - 1] == ':') {
        if (!rr_parse_int(rr_slice_from_offset(text, colon), 1, 65535, out_port))
            return false;
        text.len = colon - 1;
    }
    if (text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
        text = (struct rr_slice){ text.ptr + 1, text.len - 2 };
    *pattern = text;
    return true;
}

static bool ends_with_nocase(struct rr_slice text, struct rr_slice suffix)
{
    return text.len >= suffix.len && rr_slice_equals_nocase(rr_slice_from_offset(text, text.len - suffix.len), suffix);
}

/* "name" holds itself and what is below, ".name" and "*.name" only what is below. */
static bool is_below(struct rr_slice host, struct rr_slice pattern)
{
    if (rr_slice_starts_with(pattern, RR_LIT("*.")))
        pattern = rr_slice_from_offset(pattern, 1);
    if (pattern.len == 0)
        return false;
    if (pattern.ptr[0] == '.')
        return ends_with_nocase(host, pattern);
    if (rr_slice_equals_nocase(host, pattern))
        return true;
    return ends_with_nocase(host, pattern) && host.len > pattern.len && host.ptr[host.len - pattern.len - 1] == '.';
}

static bool is_exempt(struct rr_slice host, const struct address *address, int port, struct rr_slice pattern)
{
    bool is_network;
    int only_port;
    if (rr_slice_equals(pattern, RR_LIT("*")) || is_in_network(address, pattern, &is_network))
        return true;
    if (is_network || pattern.len == 0 || !split_port(&pattern, &only_port) || (only_port != 0 && only_port != port))
        return false;
    struct address exact = address_of(pattern);
    if (exact.bits > 0)
        return exact.bits == address->bits && shares_bits(&exact, address, exact.bits);
    return address->bits == 0 && is_below(host, pattern);
}

/* The first of two spellings that is set. */
static const char *set_one(const struct rr_environment *environment, const char *upper, const char *lower)
{
    if (rr_environment_get(environment, upper).len > 0)
        return upper;
    return rr_environment_get(environment, lower).len > 0 ? lower : NULL;
}

const char *rr_proxy_variable(struct rr_slice url, const struct rr_environment *environment)
{
    struct rr_uri uri;
    struct rr_error err;
    if (!rr_uri_parse(url, &uri, &err))
        return NULL;
    const char *variable = uri.https ? set_one(environment, "HTTPS_PROXY", "https_proxy")
                                     : set_one(environment, "HTTP_PROXY", "http_proxy");
    struct address address = address_of(uri.host);
    if (variable == NULL || is_loopback(uri.host, &address))
        return NULL;
    const char *exempt = set_one(environment, "NO_PROXY", "no_proxy");
    struct rr_slice patterns = exempt != NULL ? rr_environment_get(environment, exempt) : (struct rr_slice){ 0 };
    while (patterns.len > 0)
        if (is_exempt(uri.host, &address, uri.port, rr_slice_trim(rr_slice_cut(&patterns, ','))))
            return NULL;
    return variable;
}

/* A variable may leave the scheme out. */
bool rr_proxy_from_environment(struct rr_slice url, const struct rr_environment *environment,
                               struct rr_secret *out_proxy, const char **out_variable, struct rr_error *err)
{
    const char *variable = rr_proxy_variable(url, environment);
    *out_variable = variable;
    if (variable == NULL)
        return true;
    rr_auto(buf) proxy = RR_SECRET_BUF(RR_PROXY_URL_MAX_BYTES);
    struct rr_slice value = rr_environment_get(environment, variable);
    struct rr_error why;
    bool has_scheme = memmem(value.ptr, value.len, "://", 3) != NULL;
    rr_buf_addf(&proxy, "%s%.*s", has_scheme ? "" : "http://", RR_ARG(value));
    bool good = rr_buf_ok(&proxy, &why) && rr_proxy_normalise(rr_buf_slice(&proxy), out_proxy, &why);
    return good || rr_fail(err, RR_E_BAD_INPUT, "%s %s", variable, why.message);
}
