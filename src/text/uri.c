/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/uri.h>

#include <redisrestore/base/parse.h>

#include <arpa/inet.h>
#include <netinet/in.h>

enum {
    LABEL_MAX = 63,
    PORT_MAX = 65535,
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_alphanumeric(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || is_digit(byte);
}

/* RFC 3986, 2.3. */
static bool is_unreserved(char byte)
{
    return is_alphanumeric(byte) || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

static void encode(struct rr_buf *buf, struct rr_slice text, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t plain = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (is_unreserved(text.ptr[i]) || (keep_slash && text.ptr[i] == '/'))
            continue;
        unsigned char byte = (unsigned char)text.ptr[i];
        char escape[] = { '%', digits[byte >> 4], digits[byte & 15] };
        rr_buf_add(buf, (struct rr_slice){ text.ptr + plain, i - plain });
        rr_buf_add(buf, (struct rr_slice){ escape, sizeof escape });
        plain = i + 1;
    }
    rr_buf_add(buf, rr_slice_from_offset(text, plain));
}

void rr_uri_encode(struct rr_buf *buf, struct rr_slice text)
{
    encode(buf, text, false);
}

void rr_uri_encode_path(struct rr_buf *buf, struct rr_slice text)
{
    encode(buf, text, true);
}

void rr_uri_add_parameter(struct rr_buf *query, struct rr_slice name, struct rr_slice value)
{
    if (query->len > 0)
        rr_buf_add_byte(query, '&');
    rr_uri_encode(query, name);
    rr_buf_add_byte(query, '=');
    rr_uri_encode(query, value);
}

bool rr_uri_decode(struct rr_buf *buf, struct rr_slice text, bool plus_is_space, struct rr_error *err)
{
    size_t plain = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool is_plus = text.ptr[i] == '+' && plus_is_space;
        if (text.ptr[i] != '%' && !is_plus)
            continue;
        rr_buf_add(buf, (struct rr_slice){ text.ptr + plain, i - plain });
        if (is_plus) {
            rr_buf_add_byte(buf, ' ');
        } else {
            int high = text.len - i > 2 ? rr_hex_digit(text.ptr[i + 1]) : -1;
            int low = text.len - i > 2 ? rr_hex_digit(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return rr_fail(err, RR_E_BAD_REPLY, "a text has a bad percent-escape");
            rr_buf_add_byte(buf, (char)(high * 16 + low));
            i += 2;
        }
        plain = i + 1;
    }
    rr_buf_add(buf, rr_slice_from_offset(text, plain));
    return true;
}

static bool cut_scheme(struct rr_slice *text, bool *out_https, struct rr_error *err)
{
    static const struct {
        struct rr_slice prefix;
        bool https;
    } schemes[] = { { { "https://", 8 }, true }, { { "http://", 7 }, false } };
    for (size_t i = 0; i < RR_COUNT(schemes); i++) {
        struct rr_slice prefix = schemes[i].prefix;
        if (rr_slice_equals_nocase(rr_slice_first(*text, prefix.len), prefix)) {
            *out_https = schemes[i].https;
            *text = rr_slice_from_offset(*text, prefix.len);
            return true;
        }
    }
    return rr_fail(err, RR_E_BAD_INPUT, "a URL must begin with http:// or https://");
}

static bool check_bytes(struct rr_slice text, struct rr_error *err)
{
    if (text.len == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "a URL may not be empty");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte <= 0x20 || byte > 0x7e)
            return rr_fail(err, RR_E_BAD_INPUT, "a URL may hold neither spaces, control bytes nor bytes beyond ASCII");
    }
    if (rr_slice_contains_byte(text, '?'))
        return rr_fail(err, RR_E_BAD_INPUT, "a URL may not have a query here");
    if (rr_slice_contains_byte(text, '#'))
        return rr_fail(err, RR_E_BAD_INPUT, "a URL may not have a fragment");
    return true;
}

static bool is_address(int family, struct rr_slice host)
{
    char text[INET6_ADDRSTRLEN + 1] = "";
    struct in6_addr address;
    if (host.len == 0 || host.len >= sizeof text)
        return false;
    memcpy(text, host.ptr, host.len);
    return inet_pton(family, text, &address) == 1;
}

/* "0x7f.1", "2130706433" and "127.1" are addresses for a resolver though no IPv4 text: a name never ends in such a
 * label (WHATWG URL, 3.5 "ends in a number"). */
static bool ends_in_number(struct rr_slice host)
{
    struct rr_slice label = { 0 };
    for (struct rr_slice rest = host; rest.len > 0;)
        label = rr_slice_cut(&rest, '.');
    bool is_hex = rr_slice_equals_nocase(rr_slice_first(label, 2), RR_LIT("0x"));
    for (size_t i = is_hex ? 2 : 0; i < label.len; i++)
        if (is_hex ? rr_hex_digit(label.ptr[i]) < 0 : !is_digit(label.ptr[i]))
            return false;
    return true;
}

static bool check_name(struct rr_slice host, struct rr_error *err)
{
    if (host.len > RR_URI_HOST_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "the host of a URL has at most %d bytes", RR_URI_HOST_MAX);
    struct rr_slice rest = rr_slice_ends_with(host, RR_LIT(".")) ? rr_slice_first(host, host.len - 1) : host;
    bool more = true;
    while (more) {
        more = rr_slice_contains_byte(rest, '.');
        struct rr_slice label = rr_slice_cut(&rest, '.');
        if (label.len == 0 || label.len > LABEL_MAX)
            return rr_fail(err, RR_E_BAD_INPUT, "each part of a URL's host has 1 to %d bytes", LABEL_MAX);
        for (size_t i = 0; i < label.len; i++)
            if (!is_alphanumeric(label.ptr[i]) && label.ptr[i] != '-' && label.ptr[i] != '_')
                return rr_fail(err, RR_E_BAD_INPUT, "the host of a URL holds a byte that no host name has");
    }
    if (ends_in_number(host))
        return rr_fail(err, RR_E_BAD_INPUT, "the host of a URL looks like an IPv4 address but is none");
    return true;
}

static bool parse_port(struct rr_slice text, struct rr_uri *uri, struct rr_error *err)
{
    int port;
    if (text.len > 5 || !rr_parse_int(text, 1, PORT_MAX, &port))
        return rr_fail(err, RR_E_BAD_INPUT, "the port of a URL must be 1 to %d", PORT_MAX);
    uri->port_is_default = port == uri->port;
    uri->port = (uint16_t)port;
    return true;
}

static bool parse_authority(struct rr_slice authority, struct rr_uri *uri, struct rr_error *err)
{
    if (rr_slice_contains_byte(authority, '@'))
        return rr_fail(err, RR_E_BAD_INPUT, "a URL may not have a user name or password");
    bool bracketed = rr_slice_starts_with(authority, RR_LIT("["));
    struct rr_slice rest = bracketed ? rr_slice_from_offset(authority, 1) : authority;
    size_t host_len = rr_slice_find(rest, bracketed ? ']' : ':');
    uri->host = rr_slice_first(rest, host_len);
    if (bracketed) {
        if (host_len == rest.len || !is_address(AF_INET6, uri->host))
            return rr_fail(err, RR_E_BAD_INPUT, "the brackets of a URL's host hold no IPv6 address");
        uri->host_is_ipv6 = true;
        host_len++;
    } else {
        uri->host_is_ipv4 = is_address(AF_INET, uri->host);
        if (!uri->host_is_ipv4 && !check_name(uri->host, err))
            return false;
    }
    struct rr_slice port = rr_slice_from_offset(rest, host_len);
    if (port.len == 0)
        return true;
    if (port.ptr[0] != ':')
        return rr_fail(err, RR_E_BAD_INPUT, "a URL has something between its host and its port");
    return parse_port(rr_slice_from_offset(port, 1), uri, err);
}

/* The signed text must be the sent text: nothing that a client library would have to encode. */
static bool check_path(struct rr_slice path, struct rr_error *err)
{
    for (size_t i = 0; i < path.len; i++) {
        if (path.ptr[i] == '%') {
            if (path.len - i < 3 || rr_hex_digit(path.ptr[i + 1]) < 0 || rr_hex_digit(path.ptr[i + 2]) < 0)
                return rr_fail(err, RR_E_BAD_INPUT, "the path of a URL has a bad percent-escape");
        } else if (!is_unreserved(path.ptr[i]) && !rr_slice_contains_byte(RR_LIT("/!$&'()*+,;=:@"), path.ptr[i])) {
            return rr_fail(err, RR_E_BAD_INPUT, "the path of a URL holds a byte that must be percent-encoded");
        }
    }
    return true;
}

bool rr_uri_parse(struct rr_slice text, struct rr_uri *out_uri, struct rr_error *err)
{
    struct rr_uri uri = { .port_is_default = true };
    struct rr_slice rest = text;
    if (!check_bytes(text, err) || !cut_scheme(&rest, &uri.https, err))
        return false;
    uri.port = uri.https ? 443 : 80;
    size_t authority_len = rr_slice_find(rest, '/');
    if (authority_len == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "a URL must name a host");
    if (!parse_authority(rr_slice_first(rest, authority_len), &uri, err))
        return false;
    uri.path = rr_slice_from_offset(rest, authority_len);
    while (rr_slice_ends_with(uri.path, RR_LIT("/")))
        uri.path.len--;
    if (!check_path(uri.path, err))
        return false;
    *out_uri = uri;
    return true;
}
