/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/s3/s3_headers.h>

#include <redisrestore/crypto/encode.h>
#include <redisrestore/s3/s3_client.h>

enum { ACCOUNT_DIGITS = 12, KEY_TEXT_MAX = 128 };

bool rr_s3_account_check(struct rr_slice account, struct rr_error *err)
{
    bool good = account.len == ACCOUNT_DIGITS;
    for (size_t i = 0; good && i < account.len; i++)
        good = account.ptr[i] >= '0' && account.ptr[i] <= '9';
    return good || rr_fail(err, RR_E_BAD_INPUT, "expectedBucketOwner: an AWS account ID has %d digits", ACCOUNT_DIGITS);
}

bool rr_s3_sse_key_parse(struct rr_slice text, struct rr_secret *out_key, struct rr_error *err)
{
    if (text.len == RR_S3_SSE_KEY_BYTES) {
        rr_secret_set(out_key, text);
        return true;
    }
    rr_auto(buf) bytes = RR_SECRET_BUF(KEY_TEXT_MAX);
    struct rr_error ignored;
    if (text.len > KEY_TEXT_MAX || !rr_base64_decode(text, &bytes, &ignored) || bytes.len != RR_S3_SSE_KEY_BYTES)
        return rr_fail(err, RR_E_SECRET_INVALID, "must be the %d bytes of an AES-256 key, as they are or in base64",
                       RR_S3_SSE_KEY_BYTES);
    rr_secret_set(out_key, rr_buf_slice(&bytes));
    return true;
}
