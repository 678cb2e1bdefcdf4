/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_key.h"

#include <redisrestore/text/uri.h>

bool rr_s3_key_has_escapes(struct rr_slice key)
{
    return memchr(key.ptr, '%', key.len) != NULL || memchr(key.ptr, '+', key.len) != NULL;
}

bool rr_s3_key_decode(struct rr_slice key, bool url_encoded, struct rr_buf *scratch, struct rr_slice *out_key,
                      struct rr_error *err)
{
    *out_key = key;
    if (url_encoded && rr_s3_key_has_escapes(key)) {
        scratch->max = RR_S3_KEY_ENCODED_MAX;
        rr_buf_clear(scratch);
        if (!rr_uri_decode(scratch, key, true, err) || !rr_buf_ok(scratch, err)) {
            err->code = RR_E_BAD_REPLY;
            return rr_context(err, "cannot decode a key");
        }
        *out_key = rr_buf_slice(scratch);
    }
    return out_key->len <= RR_S3_KEY_MAX_BYTES ||
           rr_fail(err, RR_E_BAD_REPLY, "a key is longer than %d bytes", (int)RR_S3_KEY_MAX_BYTES);
}
