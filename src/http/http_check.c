/* SPDX-License-Identifier: Apache-2.0 */
#include "http_internal.h"

static const char token_marks[] = "!#$%&'*+-.^_`|~"; /* RFC 9110, 5.6.2 */

static bool is_alnum(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool is_made_of(struct rr_slice text, const char *marks)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_alnum(text.ptr[i]) && (text.ptr[i] == '\0' || strchr(marks, text.ptr[i]) == NULL))
            return false;
    return text.len > 0;
}

/* curl writes CR and LF in a header to the wire. This is the only guard. */
static bool is_printable(struct rr_slice text, char first)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < first || text.ptr[i] > 0x7e)
            return false;
    return true;
}

static bool is_number(struct rr_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return true;
}

static bool split_authority(struct rr_slice authority, struct rr_http_url *url)
{
    size_t host_len;
    if (authority.len > 0 && authority.ptr[0] == '[')
        host_len = rr_slice_find(authority, ']') + 1;
    else
        host_len = rr_slice_find(authority, ':');
    if (host_len == 0 || host_len > authority.len)
        return false;
    url->authority = authority;
    url->host = rr_slice_first(authority, host_len);
    url->port = rr_slice_from_offset(authority, host_len);
    if (url->port.len == 0)
        return true;
    bool colon = url->port.ptr[0] == ':';
    url->port = rr_slice_from_offset(url->port, 1);
    return colon && url->port.len > 0 && is_number(url->port);
}

/* curl would drop a fragment, add a missing path, and turn a user name into a header. Reject all three, so that the URL
 * is "sent unchanged". */
bool rr_http_url_split(struct rr_slice text, struct rr_http_url *out_parts, struct rr_error *err)
{
    if (text.len > RR_HTTP_URL_MAX_BYTES)
        return rr_fail(err, RR_E_BAD_INPUT, "a URL has at most %d bytes", RR_HTTP_URL_MAX_BYTES);
    if (!is_printable(text, '!'))
        return rr_fail(err, RR_E_BAD_INPUT, "a URL may hold printable ASCII only");
    struct rr_http_url url = { 0 };
    url.scheme = rr_slice_starts_with(text, RR_LIT("https://")) ? RR_LIT("https") : RR_LIT("http");
    if (!rr_slice_starts_with(text, RR_LIT("https://")) && !rr_slice_starts_with(text, RR_LIT("http://")))
        return rr_fail(err, RR_E_BAD_INPUT, "a URL must begin with http:// or https://");
    struct rr_slice rest = rr_slice_from_offset(text, url.scheme.len + 3);
    size_t slash = rr_slice_find(rest, '/');
    struct rr_slice authority = rr_slice_first(rest, slash);
    url.target = rr_slice_from_offset(rest, slash);
    if (!is_made_of(authority, ".-_:[]%") || !split_authority(authority, &url))
        return rr_fail(err, RR_E_BAD_INPUT, "the host of the URL is malformed");
    if (url.target.len == 0 || rr_slice_contains_byte(url.target, '#'))
        return rr_fail(err, RR_E_BAD_INPUT, "a URL must have a path and no fragment");
    *out_parts = url;
    return true;
}

static bool check_header(const struct rr_http_header *header, struct rr_error *err)
{
    if (!is_made_of(header->name, token_marks))
        return rr_fail(err, RR_E_BAD_INPUT, "a header's name is malformed");
    if (!is_printable(header->value, ' '))
        return rr_fail(err, RR_E_BAD_INPUT, "the value of header %.*s may hold printable ASCII only",
                       RR_ARG(header->name));
    return true;
}

bool rr_http_request_check(const struct rr_http_request *request, struct rr_error *err)
{
    struct rr_http_url url;
    if (!rr_http_url_split(request->url, &url, err))
        return false;
    if (!is_made_of(rr_slice_from(request->method), ""))
        return rr_fail(err, RR_E_BAD_INPUT, "the method is malformed");
    for (size_t i = 0; i < request->header_count; i++)
        if (!check_header(&request->headers[i], err))
            return false;
    const struct rr_http_tls *tls = request->tls;
    if (tls == NULL)
        return true;
    if ((tls->client_cert_pem.len == 0) != (tls->client_key_pem.len == 0))
        return rr_fail(err, RR_E_BAD_INPUT, "a client certificate and its key must be given together");
    if (tls->server_name != NULL && !is_made_of(rr_slice_from(tls->server_name), ".-_"))
        return rr_fail(err, RR_E_BAD_INPUT, "the TLS server name is malformed");
    return true;
}
