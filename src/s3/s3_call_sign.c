#include "s3_call_sign.h"

#include <redisrestore/base/timefmt.h>
#include <redisrestore/text/uri.h>

enum {
    URL_MAX = 16 * 1024, /* host, path, and a prefix and a token of 8 KiB at most */
    PATH_MAX_BYTES = 8 * 1024,
    UNSIGNED_HEADERS = 2,
};

static void add_header(struct rr_s3_call *call, struct rr_slice name, struct rr_slice value)
{
    rr_assert(call->header_count < RR_S3_CALL_HEADERS_MAX - UNSIGNED_HEADERS);
    call->headers[call->header_count++] = (struct rr_http_header){ name, value };
}

static void add_signed_headers(struct rr_s3_call *call, struct rr_slice amz_date)
{
    const struct rr_secret *token = rr_credentials_session_token(call->credentials);
    call->header_count = 0;
    add_header(call, RR_LIT("Host"), rr_buf_slice(&call->client->endpoint->host));
    add_header(call, RR_LIT("x-amz-content-sha256"), rr_slice_from(rr_sigv4_empty_sha256_hex));
    add_header(call, RR_LIT("x-amz-date"), amz_date);
    if (rr_secret_is_set(token))
        add_header(call, RR_LIT("x-amz-security-token"), rr_secret_reveal(token));
}

/* "/bucket", or "/bucket/key". */
static void add_path(const struct rr_s3_call *call, struct rr_buf *path)
{
    struct rr_slice base = rr_buf_slice(&call->client->endpoint->base_path);
    rr_buf_add(path, base);
    if (call->question.key.len == 0)
        return;
    if (!rr_slice_ends_with(base, RR_LIT("/")))
        rr_buf_add_byte(path, '/');
    rr_uri_encode_path(path, call->question.key);
}

static bool compute(const struct rr_s3_call *call, struct rr_slice path, int64_t unix_s,
                    struct rr_sigv4_signature *out_signature, struct rr_error *err)
{
    struct rr_sigv4_parameter headers[RR_S3_CALL_HEADERS_MAX];
    for (size_t i = 0; i < call->header_count; i++)
        headers[i] = (struct rr_sigv4_parameter){ call->headers[i].name, call->headers[i].value };
    struct rr_sigv4_request request = {
        .method = rr_slice_from(call->question.method),
        .path = path,
        .query = call->question.query,
        .query_count = call->question.query_count,
        .headers = headers,
        .header_count = call->header_count,
        .payload_sha256_hex = rr_slice_from(rr_sigv4_empty_sha256_hex),
        .region = rr_buf_slice(&call->client->endpoint->region),
        .service = RR_LIT("s3"),
        .unix_s = unix_s,
    };
    return rr_sigv4_sign(&request, call->credentials, out_signature, err) || rr_context(err, "signing");
}

bool rr_s3_call_sign(struct rr_s3_call *call, struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES);
    add_path(call, &path);
    if (!rr_buf_ok(&path, err))
        return rr_context(err, "the request's path");

    int64_t unix_s = rr_clock_unix_ms(call->client->clock) / 1000;
    char date_text[RR_TIME_TEXT_SIZE];
    struct rr_slice amz_date = rr_time_amz(unix_s, date_text);
    rr_assert(amz_date.len < sizeof call->amz_date);
    memcpy(call->amz_date, amz_date.ptr, amz_date.len);
    add_signed_headers(call, (struct rr_slice){ call->amz_date, amz_date.len });
    rr_auto(sigv4_signature) signature = { 0 };
    if (!compute(call, rr_buf_slice(&path), unix_s, &signature, err))
        return false;

    call->url.max = URL_MAX;
    rr_buf_clear(&call->url);
    rr_buf_add(&call->url, rr_buf_slice(&call->client->endpoint->origin));
    rr_buf_add(&call->url, rr_buf_slice(&path));
    if (call->question.query_count > 0) {
        rr_buf_add_byte(&call->url, '?');
        rr_buf_add(&call->url, rr_buf_slice(&signature.query_string));
    }
    if (!rr_buf_ok(&call->url, err))
        return rr_context(err, "the request's URL");

    rr_buf_done(&call->authorization);
    call->authorization = rr_steal(signature.authorization);
    call->headers[call->header_count++] =
        (struct rr_http_header){ RR_LIT("Authorization"), rr_buf_slice(&call->authorization) };
    call->headers[call->header_count++] = (struct rr_http_header){ RR_LIT("Accept-Encoding"), RR_LIT("identity") };
    return true;
}
