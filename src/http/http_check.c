#include "http_internal.h"

/* curl sends a CR or LF inside a header value as it stands, which makes a second header of it (behaviour F-47): nobody
 * but us looks. */
static bool is_plain(struct rr_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte < 0x20 || byte > 0x7e)
            return false;
    }
    return true;
}

static bool is_token(struct rr_slice name)
{
    static const struct rr_slice separators = { "()<>@,;:\\\"/[]?={} ", 18 };
    for (size_t i = 0; i < name.len; i++)
        if (rr_slice_contains_byte(separators, name.ptr[i]))
            return false;
    return name.len > 0 && is_plain(name);
}

static bool is_url(struct rr_slice url)
{
    return (rr_slice_starts_with(url, RR_LIT("http://")) || rr_slice_starts_with(url, RR_LIT("https://"))) &&
           is_plain(url) && !rr_slice_contains_byte(url, ' ');
}

bool rr_http_request_check(const struct rr_http_request *request, struct rr_error *err)
{
    if (request->method == NULL || !is_token(rr_slice_from(request->method)))
        return rr_fail(err, RR_E_BAD_INPUT, "the request method is not a token");
    if (!is_url(request->url))
        return rr_fail(err, RR_E_BAD_INPUT, "the request URL is not an http or https URL of printable ASCII");
    for (size_t i = 0; i < request->header_count; i++) {
        if (!is_token(request->headers[i].name))
            return rr_fail(err, RR_E_BAD_INPUT, "a header name is not a token");
        if (!is_plain(request->headers[i].value))
            return rr_fail(err, RR_E_BAD_INPUT, "the value of header %.*s holds a control or non-ASCII character",
                           RR_ARG(request->headers[i].name));
    }
    return true;
}
