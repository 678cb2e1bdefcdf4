/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_call_sign.h"

#include "s3_call_cure.h"
#include "s3_memory_use.h"

#include <redisrestore/base/timefmt.h>
#include <redisrestore/crypto/encode.h>
#include <redisrestore/s3/s3_headers.h>
#include <redisrestore/text/uri.h>

enum {
    URL_MAX = 16 * 1024, /* host, path, and a prefix and a token of 8 KiB at most */
    PATH_MAX_BYTES = 8 * 1024,
    UNSIGNED_HEADERS = 2,
    SSE_TEXT_MAX = 64, /* 32 bytes in base64 */
};

static void add_header(struct rr_s3_call *call, struct rr_slice name, struct rr_slice value)
{
    rr_assert(call->header_count < RR_S3_CALL_HEADERS_MAX - UNSIGNED_HEADERS);
    call->headers[call->header_count++] = (struct rr_http_header){ name, value };
}

/* Adds the SSE-C key, only to requests for the object itself and only over https: on any other way a third party could
 * read it. */
static bool add_sse_headers(struct rr_s3_call *call, struct rr_error *err)
{
    const struct rr_secret *key = call->client->sse_customer_key;
    if (key == NULL || !rr_secret_is_set(key) || call->question.key.len == 0 || call->cures.probing ||
        !rr_s3_call_endpoint(call)->https)
        return true;
    uint8_t digest[RR_MD5_BYTES];
    if (!rr_md5(rr_secret_reveal(key), digest))
        return rr_fail(err, RR_E_INTERNAL,
                       "cannot use the SSE-C key: it needs MD5, which OpenSSL does not have in FIPS mode");
    call->sse_key.secret = true;
    call->sse_key.max = call->sse_digest.max = SSE_TEXT_MAX;
    rr_buf_clear(&call->sse_key);
    rr_buf_clear(&call->sse_digest);
    rr_base64_encode(&call->sse_key, rr_secret_reveal(key));
    rr_base64_encode(&call->sse_digest, (struct rr_slice){ (const char *)digest, sizeof digest });
    if (!rr_buf_ok(&call->sse_key, err) || !rr_buf_ok(&call->sse_digest, err))
        return rr_context(err, "cannot encode the SSE-C key");
    add_header(call, RR_LIT("x-amz-server-side-encryption-customer-algorithm"), RR_LIT("AES256"));
    add_header(call, RR_LIT("x-amz-server-side-encryption-customer-key"), rr_buf_slice(&call->sse_key));
    add_header(call, RR_LIT("x-amz-server-side-encryption-customer-key-MD5"), rr_buf_slice(&call->sse_digest));
    return true;
}

static bool add_signed_headers(struct rr_s3_call *call, struct rr_slice amz_date, struct rr_error *err)
{
    const struct rr_s3_client *client = call->client;
    const struct rr_secret *token = rr_credentials_session_token(call->credentials);
    call->header_count = 0;
    add_header(call, RR_LIT("Host"), rr_buf_slice(&rr_s3_call_endpoint(call)->host));
    add_header(call, RR_LIT("x-amz-content-sha256"), rr_slice_from(rr_sigv4_empty_sha256_hex));
    add_header(call, RR_LIT("x-amz-date"), amz_date);
    if (rr_secret_is_set(token))
        add_header(call, RR_LIT("x-amz-security-token"), rr_secret_reveal(token));
    if (client->expected_bucket_owner.len > 0) {
        if (!rr_s3_account_check(client->expected_bucket_owner, err))
            return false;
        add_header(call, RR_LIT("x-amz-expected-bucket-owner"), client->expected_bucket_owner);
    }
    if (client->requester_pays)
        add_header(call, RR_LIT("x-amz-request-payer"), RR_LIT("requester"));
    for (size_t i = 0; i < call->question.header_count && !call->cures.probing; i++)
        add_header(call, call->question.headers[i].name, call->question.headers[i].value);
    return add_sse_headers(call, err);
}

/* "/bucket", or "/bucket/key". */
static void add_path(const struct rr_s3_call *call, struct rr_buf *path)
{
    struct rr_slice base = rr_buf_slice(&rr_s3_call_endpoint(call)->base_path);
    rr_buf_add(path, base);
    if (call->question.key.len == 0 || call->cures.probing)
        return;
    if (!rr_slice_ends_with(base, RR_LIT("/")))
        rr_buf_add_byte(path, '/');
    rr_uri_encode_path(path, call->question.key);
}

static size_t query_count_of(const struct rr_s3_call *call)
{
    return call->cures.probing ? 0 : call->question.query_count;
}

static bool compute(const struct rr_s3_call *call, struct rr_slice path, int64_t unix_s,
                    struct rr_sigv4_signature *out_signature, struct rr_error *err)
{
    struct rr_sigv4_parameter headers[RR_S3_CALL_HEADERS_MAX];
    for (size_t i = 0; i < call->header_count; i++)
        headers[i] = (struct rr_sigv4_parameter){ call->headers[i].name, call->headers[i].value };
    struct rr_sigv4_request request = {
        .method = call->cures.probing ? RR_LIT("HEAD") : rr_slice_from(call->question.method),
        .path = path,
        .query = call->question.query,
        .query_count = query_count_of(call),
        .headers = headers,
        .header_count = call->header_count,
        .payload_sha256_hex = rr_slice_from(rr_sigv4_empty_sha256_hex),
        .region = rr_buf_slice(&rr_s3_call_endpoint(call)->region),
        .service = RR_LIT("s3"),
        .unix_s = unix_s,
    };
    return rr_sigv4_sign(&request, call->credentials, out_signature, err) || rr_context(err, "cannot sign the request");
}

bool rr_s3_call_sign(struct rr_s3_call *call, struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES);
    add_path(call, &path);
    if (!rr_buf_ok(&path, err))
        return rr_context(err, "cannot build the path of the request");

    const struct rr_s3_endpoint *endpoint = rr_s3_call_endpoint(call);
    call->signed_ahead_ms = call->cures.has_clock_ahead ? call->cures.clock_ahead_ms
                                                        : rr_s3_memory_clock_ahead_ms(call->client->memory, endpoint);
    int64_t unix_s = (rr_clock_unix_ms(call->client->clock) + call->signed_ahead_ms) / 1000;
    char date_text[RR_TIME_TEXT_SIZE];
    struct rr_slice amz_date = rr_time_amz(unix_s, date_text);
    rr_assert(amz_date.len < sizeof call->amz_date);
    memcpy(call->amz_date, amz_date.ptr, amz_date.len);
    rr_auto(sigv4_signature) signature = { 0 };
    if (!add_signed_headers(call, (struct rr_slice){ call->amz_date, amz_date.len }, err) ||
        !compute(call, rr_buf_slice(&path), unix_s, &signature, err))
        return false;

    call->url.max = URL_MAX;
    rr_buf_clear(&call->url);
    rr_buf_add(&call->url, rr_buf_slice(&endpoint->origin));
    rr_buf_add(&call->url, rr_buf_slice(&path));
    if (query_count_of(call) > 0) {
        rr_buf_add_byte(&call->url, '?');
        rr_buf_add(&call->url, rr_buf_slice(&signature.query_string));
    }
    if (!rr_buf_ok(&call->url, err))
        return rr_context(err, "cannot build the URL of the request");

    rr_buf_done(&call->authorization);
    call->authorization = rr_steal(signature.authorization);
    call->headers[call->header_count++] =
        (struct rr_http_header){ RR_LIT("Authorization"), rr_buf_slice(&call->authorization) };
    struct rr_slice coding = call->question.accepts_gzip ? RR_LIT("gzip") : RR_LIT("identity");
    call->headers[call->header_count++] = (struct rr_http_header){ RR_LIT("Accept-Encoding"), coding };
    return true;
}
