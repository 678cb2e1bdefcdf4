/* SPDX-License-Identifier: Apache-2.0 */
#include "http_internal.h"

#include <redisrestore/base/http_status.h>

static void heard(struct rr_http_call *call)
{
    call->last_byte_at_ms = rr_clock_monotonic_ms(call->loop->clock);
}

static bool is_success(const struct rr_http_call *call)
{
    return rr_http_is_success(call->reply.status);
}

static bool is_plain(struct rr_slice coding)
{
    return coding.len == 0 || rr_slice_equals_nocase(coding, RR_LIT("identity"));
}

/* Checks every coding that a server may name, in each of its headers. curl would decode a transfer coding without being
 * asked, and the data may be a decompression bomb (behaviour F-46). */
static bool has_foreign_coding(const struct rr_http_reply *reply, bool may_be_encoded)
{
    struct rr_slice rest = rr_buf_slice(&reply->headers);
    while (rest.len > 0) {
        struct rr_slice value = rr_slice_cut(&rest, '\n');
        struct rr_slice name = rr_slice_trim(rr_slice_cut(&value, ':'));
        value = rr_slice_trim(value);
        if (rr_slice_equals_nocase(name, RR_LIT("Content-Encoding")) && !may_be_encoded && !is_plain(value))
            return true;
        if (rr_slice_equals_nocase(name, RR_LIT("Transfer-Encoding")) && !is_plain(value) &&
            !rr_slice_equals_nocase(value, RR_LIT("chunked")))
            return true;
    }
    return false;
}

/* The headers of a reply without a body describe an object. An object that was uploaded with a coding has it in its
 * metadata. */
static bool has_body(const struct rr_http_call *call)
{
    return strcmp(call->request.method, "HEAD") != 0 && call->reply.status != RR_HTTP_NO_CONTENT &&
           call->reply.status != RR_HTTP_NOT_MODIFIED;
}

static bool headers_are_final(struct rr_http_call *call)
{
    bool may_be_encoded = call->request.body_may_be_encoded && is_success(call);
    if (has_body(call) && has_foreign_coding(&call->reply, may_be_encoded))
        return rr_http_fail_encoded(&call->error);
    call->begun = true;
    const struct rr_http_sink *sink = &call->request.sink;
    return sink->on_begin == NULL || sink->on_begin(sink->context, &call->reply, &call->error) == RR_HTTP_MORE;
}

/* Handles a header line with its CRLF. A status line starts a new block: of a 1xx reply, or of the final one. Headers
 * after the body are trailers. */
size_t rr_http_on_header(char *data, size_t size, size_t count, void *context)
{
    struct rr_http_call *call = context;
    struct rr_slice line = rr_slice_trim((struct rr_slice){ data, size * count });
    heard(call);
    if (call->begun)
        return size * count;
    if (rr_slice_starts_with(line, RR_LIT("HTTP/"))) {
        long status = 0;
        (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status); /* stays 0 when there is none */
        call->reply.status = (int)status;
        call->header_count = 0;
        rr_buf_clear(&call->reply.headers);
        return size * count;
    }
    if (line.len == 0) {
        bool interim = rr_http_is_interim(call->reply.status);
        if (interim)
            call->reply.status = 0;
        return interim || headers_are_final(call) ? size * count : 0;
    }
    rr_buf_add(&call->reply.headers, line);
    rr_buf_add_byte(&call->reply.headers, '\n');
    if (call->reply.headers.overflow || ++call->header_count > RR_HTTP_HEADERS_MAX_COUNT) {
        rr_error_set(&call->error, RR_E_BAD_REPLY, "the reply has too many headers");
        return 0;
    }
    return size * count;
}

size_t rr_http_on_body(char *data, size_t size, size_t count, void *context)
{
    struct rr_http_call *call = context;
    struct rr_slice chunk = { data, size * count };
    const struct rr_http_sink *sink = &call->request.sink;
    heard(call);
    call->reply.body_bytes += chunk.len;
    if (sink->on_data != NULL && is_success(call)) {
        bool more = sink->on_data(sink->context, chunk, &call->error) == RR_HTTP_MORE;
        heard(call); /* the time that the sink took does not count as the server's silence */
        return more ? chunk.len : 0;
    }
    size_t room = call->reply.body.max - call->reply.body.len;
    if (chunk.len <= room) {
        rr_buf_add(&call->reply.body, chunk);
        return chunk.len;
    }
    if (is_success(call)) {
        rr_error_set(&call->error, RR_E_TOO_BIG, "the reply is longer than %zu bytes", call->reply.body.max);
        return 0;
    }
    /* The start of an error document is enough. Do not read an endless one. */
    rr_buf_add(&call->reply.body, rr_slice_first(chunk, room));
    call->error_body_cut = true;
    return 0;
}
