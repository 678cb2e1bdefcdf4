/* SPDX-License-Identifier: Apache-2.0 */
#include "sts.h"

#include <redisrestore/aws/sigv4.h>
#include <redisrestore/base/http_status.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/crypto/encode.h>
#include <redisrestore/text/uri.h>

enum {
    BODY_MAX = 3 * RR_CREDENTIALS_TOKEN_MAX + 16 * 1024, /* all parameters, encoded */
    CONNECT_TIMEOUT_MS = 2000,
    FIRST_BYTE_TIMEOUT_MS = 10000,
    ATTEMPTS = 3,
    HEADERS_MAX = 5,
};

#define CONTENT_TYPE RR_LIT("application/x-www-form-urlencoded")

/* Translates an STS error into our message. */
static bool refuse(int status, const struct rr_sts_refusal *refusal, struct rr_error *err)
{
    static const struct {
        const char *code, *words;
    } known[] = {
        { "AccessDenied", "may not be assumed by these credentials or this token; check the role's trust policy" },
        { "ExpiredTokenException", "cannot be assumed: the token has expired" },
        { "ExpiredToken", "cannot be assumed: the token has expired" },
        { "InvalidIdentityToken", "cannot be assumed: the token is not valid for it; check the identity provider" },
        { "IDPCommunicationError", "cannot be assumed: STS does not reach the identity provider" },
        { "IDPRejectedClaim", "cannot be assumed: the identity provider rejects the token" },
        { "InvalidClientTokenId", "cannot be assumed: STS does not know the access key of the request" },
        { "SignatureDoesNotMatch", "cannot be assumed: the secret key of the request is wrong" },
        { "RegionDisabledException", "cannot be assumed: STS is not active in this region" },
        { "ValidationError", "cannot be assumed: its ARN, session name or duration is not valid" },
    };
    for (size_t i = 0; i < RR_COUNT(known); i++)
        if (strcmp(refusal->code, known[i].code) == 0)
            return rr_fail(err, RR_E_NO_CREDENTIALS, "%s (%s)", known[i].words, known[i].code);
    return rr_fail(err, RR_E_NO_CREDENTIALS, "cannot be assumed: STS answered %d", status);
}

static void add_form(struct rr_buf *body, const char *action, const struct rr_sts_role *role)
{
    rr_uri_add_parameter(body, RR_LIT("Action"), rr_slice_from(action));
    rr_uri_add_parameter(body, RR_LIT("Version"), RR_LIT("2011-06-15"));
    rr_uri_add_parameter(body, RR_LIT("RoleArn"), role->arn);
    rr_uri_add_parameter(body, RR_LIT("RoleSessionName"),
                         role->session_name.len > 0 ? role->session_name : RR_LIT("redisrestore"));
    rr_uri_add_parameter(body, RR_LIT("DurationSeconds"), role->duration_s.len > 0 ? role->duration_s : RR_LIT("900"));
    if (role->external_id.len > 0)
        rr_uri_add_parameter(body, RR_LIT("ExternalId"), role->external_id);
}

static bool sign(const struct rr_sts_endpoint *endpoint, struct rr_slice body, const struct rr_credentials *signer,
                 struct rr_slice amz_date, int64_t unix_s, struct rr_sigv4_signature *out_signature,
                 struct rr_error *err)
{
    uint8_t digest[RR_SHA256_BYTES];
    char digest_hex[RR_SHA256_HEX + 1];
    rr_sha256(body, digest);
    rr_hex(digest, sizeof digest, digest_hex);
    struct rr_slice token = rr_secret_reveal(rr_credentials_session_token(signer));
    const struct rr_sigv4_parameter headers[] = {
        { RR_LIT("content-type"), CONTENT_TYPE },
        { RR_LIT("host"), rr_buf_slice(&endpoint->host) },
        { RR_LIT("x-amz-date"), amz_date },
        { RR_LIT("x-amz-security-token"), token },
    };
    struct rr_sigv4_request request = {
        .method = RR_LIT("POST"),
        .path = rr_buf_slice(&endpoint->path),
        .headers = headers,
        .header_count = RR_COUNT(headers) - (token.len > 0 ? 0 : 1),
        .payload_sha256_hex = rr_slice_from(digest_hex),
        .region = rr_buf_slice(&endpoint->region),
        .service = RR_LIT("sts"),
        .unix_s = unix_s,
        .normalize_path = true,
    };
    return rr_sigv4_sign(&request, signer, out_signature, err);
}

static bool is_transient(const struct rr_http_reply *reply)
{
    struct rr_sts_refusal refusal;
    if (reply->status < RR_HTTP_BAD_REQUEST)
        return false;
    rr_sts_refusal_parse(rr_buf_slice(&reply->body), &refusal);
    return rr_sts_refusal_is_transient(reply->status, &refusal);
}

static bool send_form(const struct rr_credentials_ask *ask, const struct rr_sts_endpoint *endpoint,
                      struct rr_slice body, const struct rr_credentials *signer, struct rr_http_reply *out_reply,
                      struct rr_error *err)
{
    int64_t unix_s = rr_clock_unix_ms(ask->clock) / 1000;
    char date_text[RR_TIME_TEXT_SIZE];
    struct rr_slice amz_date = rr_time_amz(unix_s, date_text);
    struct rr_http_header headers[HEADERS_MAX] = {
        { RR_LIT("Host"), rr_buf_slice(&endpoint->host) },
        { RR_LIT("Content-Type"), CONTENT_TYPE },
    };
    size_t count = 2;
    rr_auto(sigv4_signature) signature = { 0 };
    if (signer != NULL) {
        if (!sign(endpoint, body, signer, amz_date, unix_s, &signature, err))
            return rr_context(err, "signing");
        headers[count++] = (struct rr_http_header){ RR_LIT("x-amz-date"), amz_date };
        headers[count++] = (struct rr_http_header){ RR_LIT("Authorization"), rr_buf_slice(&signature.authorization) };
        if (rr_secret_is_set(rr_credentials_session_token(signer)))
            headers[count++] = (struct rr_http_header){ RR_LIT("x-amz-security-token"),
                                                        rr_secret_reveal(rr_credentials_session_token(signer)) };
    }
    struct rr_credentials_request request = {
        .method = "POST",
        .url = rr_buf_slice(&endpoint->url),
        .headers = headers,
        .header_count = count,
        .body = body,
        .reply_max_bytes = RR_CREDENTIALS_REPLY_MAX,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .first_byte_timeout_ms = FIRST_BYTE_TIMEOUT_MS,
        .deadline_ms = ask->deadline_ms,
        .attempts = ATTEMPTS,
        .may_use_proxy = true,
        .is_transient = is_transient,
    };
    return rr_credentials_send(ask, &request, out_reply, err);
}

static bool assume(const struct rr_credentials_ask *ask, const struct rr_sts_endpoint *endpoint, struct rr_slice arn,
                   struct rr_slice body, const struct rr_credentials *signer, struct rr_credentials_found *out_found,
                   struct rr_error *err)
{
    rr_auto(http_reply) reply = { 0 };
    if (!send_form(ask, endpoint, body, signer, &reply, err))
        return rr_context(err, "STS%s%s for role %.*s", endpoint->moved_by != NULL ? " at " : "",
                          endpoint->moved_by != NULL ? endpoint->moved_by : "", RR_ARG(arn));
    if (reply.status != RR_HTTP_OK) {
        struct rr_sts_refusal refusal;
        rr_sts_refusal_parse(rr_buf_slice(&reply.body), &refusal);
        (void)refuse(reply.status, &refusal, err);
        return rr_context(err, "role %.*s", RR_ARG(arn));
    }
    return rr_sts_reply_parse(rr_buf_slice(&reply.body), rr_clock_unix_ms(ask->clock), out_found, err) ||
           rr_context(err, "the answer of STS for role %.*s", RR_ARG(arn));
}

bool rr_sts_assume_with_token(const struct rr_credentials_ask *ask, struct rr_slice region,
                              const struct rr_sts_role *role, struct rr_slice token,
                              struct rr_credentials_found *out_found, struct rr_error *err)
{
    rr_auto(sts_endpoint) endpoint = { 0 };
    rr_auto(buf) body = RR_SECRET_BUF(BODY_MAX);
    add_form(&body, "AssumeRoleWithWebIdentity", role);
    rr_uri_add_parameter(&body, RR_LIT("WebIdentityToken"), token);
    return rr_sts_endpoint_resolve(ask, region, &endpoint, err) && rr_buf_ok(&body, err) &&
           assume(ask, &endpoint, role->arn, rr_buf_slice(&body), NULL, out_found, err);
}

bool rr_sts_assume(const struct rr_credentials_ask *ask, struct rr_slice region, const struct rr_sts_role *role,
                   const struct rr_credentials *signer, struct rr_credentials_found *out_found, struct rr_error *err)
{
    rr_auto(sts_endpoint) endpoint = { 0 };
    rr_auto(buf) body = RR_BUF(BODY_MAX);
    add_form(&body, "AssumeRole", role);
    return rr_sts_endpoint_resolve(ask, region, &endpoint, err) && rr_buf_ok(&body, err) &&
           assume(ask, &endpoint, role->arn, rr_buf_slice(&body), signer, out_found, err);
}
