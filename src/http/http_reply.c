/* SPDX-License-Identifier: Apache-2.0 */
#include "http_internal.h"

#include <redisrestore/base/parse.h>

enum { RETRY_AFTER_MAX_S = 60 };

void rr_http_reply_done(struct rr_http_reply *reply)
{
    if (reply == NULL)
        return;
    rr_buf_done(&reply->headers);
    rr_buf_done(&reply->body);
    *reply = (struct rr_http_reply){ 0 };
}

bool rr_http_reply_next_header(struct rr_slice *headers, struct rr_slice *out_name, struct rr_slice *out_value)
{
    if (headers->len == 0)
        return false;
    struct rr_slice value = rr_slice_cut(headers, '\n');
    *out_name = rr_slice_cut(&value, ':');
    *out_value = rr_slice_trim(value);
    return true;
}

bool rr_http_reply_header(const struct rr_http_reply *reply, const char *name, struct rr_slice *out_value)
{
    struct rr_slice rest = rr_buf_slice(&reply->headers), wanted = rr_slice_from(name), found, value;
    while (rr_http_reply_next_header(&rest, &found, &value)) {
        if (rr_slice_equals_nocase(found, wanted)) {
            *out_value = value;
            return true;
        }
    }
    return false;
}

uint32_t rr_http_reply_retry_after_ms(const struct rr_http_reply *reply)
{
    struct rr_slice value;
    uint64_t seconds;
    if (!rr_http_reply_header(reply, "Retry-After", &value) || !rr_parse_u64(value, &seconds))
        return 0;
    return 1000u * (uint32_t)(seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S);
}
