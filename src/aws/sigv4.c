/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/aws/sigv4.h>

#include "credentials_key.h"
#include "sigv4_canonical.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/crypto/encode.h>

enum {
    DATE_LEN = 8, /* "20130524", the first part of x-amz-date */
    STRING_TO_SIGN_MAX = 512,
    AUTHORIZATION_MAX = 8 * 1024, /* an access key id of 4 KiB and the header names */
};

const char rr_sigv4_empty_sha256_hex[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static struct rr_slice bytes_of(const uint8_t digest[RR_SHA256_BYTES])
{
    return (struct rr_slice){ (const char *)digest, RR_SHA256_BYTES };
}

/* The path is written in place, so that normalising does not need its own buffer. */
static bool build_canonical_request(const struct rr_sigv4_request *request, struct rr_slice query,
                                    struct rr_slice headers, struct rr_slice signed_names, struct rr_buf *canonical,
                                    struct rr_error *err)
{
    rr_buf_add(canonical, request->method);
    rr_buf_add_byte(canonical, '\n');
    rr_sigv4_add_path(request, canonical);
    rr_buf_add_byte(canonical, '\n');
    rr_buf_add(canonical, query);
    rr_buf_add_byte(canonical, '\n');
    rr_buf_add(canonical, headers);
    rr_buf_add_byte(canonical, '\n');
    rr_buf_add(canonical, signed_names);
    rr_buf_add_byte(canonical, '\n');
    rr_buf_add(canonical, request->payload_sha256_hex);
    return rr_buf_ok(canonical, err) || rr_context(err, "the canonical request");
}

static bool build_string_to_sign(struct rr_slice amz_date, struct rr_slice scope, struct rr_slice canonical,
                                 struct rr_buf *text, struct rr_error *err)
{
    uint8_t digest[RR_SHA256_BYTES];
    char digest_hex[RR_SHA256_HEX + 1];
    rr_sha256(canonical, digest);
    rr_hex(digest, sizeof digest, digest_hex);
    rr_buf_add(text, RR_LIT("AWS4-HMAC-SHA256\n"));
    rr_buf_add(text, amz_date);
    rr_buf_add_byte(text, '\n');
    rr_buf_add(text, scope);
    rr_buf_add_byte(text, '\n');
    rr_buf_add(text, rr_slice_from(digest_hex));
    return rr_buf_ok(text, err) || rr_context(err, "the string to sign");
}

static void derive_key(const struct rr_sigv4_request *request, struct rr_slice date, struct rr_slice secret,
                       uint8_t out_key[RR_SHA256_BYTES])
{
    static const char prefix[] = "AWS4";
    size_t size = sizeof prefix - 1 + secret.len;
    char *start = rr_alloc(size);
    memcpy(start, prefix, sizeof prefix - 1);
    memcpy(start + sizeof prefix - 1, secret.ptr, secret.len);
    rr_hmac_sha256((struct rr_slice){ start, size }, date, out_key);
    rr_wipe(start, size);
    rr_free(start);
    const struct rr_slice steps[] = { request->region, request->service, RR_LIT("aws4_request") };
    for (size_t i = 0; i < RR_COUNT(steps); i++)
        rr_hmac_sha256(bytes_of(out_key), steps[i], out_key);
}

static void sign_text(const struct rr_sigv4_request *request, const struct rr_credentials *credentials,
                      struct rr_slice scope, struct rr_slice text, char out_hex[RR_SHA256_HEX + 1])
{
    uint8_t key[RR_SHA256_BYTES], mac[RR_SHA256_BYTES];
    if (!rr_credentials_key_get(credentials, scope, key)) {
        derive_key(request, rr_slice_first(scope, DATE_LEN),
                   rr_secret_reveal(rr_credentials_secret_access_key(credentials)), key);
        rr_credentials_key_set(credentials, scope, key);
    }
    rr_hmac_sha256(bytes_of(key), text, mac);
    rr_hex(mac, sizeof mac, out_hex);
    rr_wipe(key, sizeof key);
}

static bool build(const struct rr_sigv4_request *request, const struct rr_credentials *credentials,
                  struct rr_sigv4_signature *signature, struct rr_error *err)
{
    rr_auto(buf) headers = RR_SECRET_BUF(RR_SIGV4_HEADERS_MAX_BYTES); /* a session token may be one */
    rr_auto(buf) signed_names = RR_BUF(RR_SIGV4_SIGNED_MAX);
    if (!rr_sigv4_add_query(request, &signature->query_string, err) ||
        !rr_sigv4_add_headers(request, &headers, &signed_names, err) || !rr_buf_ok(&signature->query_string, err) ||
        !rr_buf_ok(&headers, err) || !rr_buf_ok(&signed_names, err))
        return false;
    if (!build_canonical_request(request, rr_buf_slice(&signature->query_string), rr_buf_slice(&headers),
                                 rr_buf_slice(&signed_names), &signature->canonical_request, err))
        return false;

    char date_text[RR_TIME_TEXT_SIZE];
    struct rr_slice amz_date = rr_time_amz(request->unix_s, date_text);
    rr_assert(amz_date.len < sizeof signature->amz_date);
    memcpy(signature->amz_date, amz_date.ptr, amz_date.len);
    struct rr_slice date = rr_slice_first(amz_date, DATE_LEN);
    rr_auto(buf) scope = RR_BUF(RR_CREDENTIALS_SCOPE_MAX);
    rr_buf_addf(&scope, "%.*s/%.*s/%.*s/aws4_request", RR_ARG(date), RR_ARG(request->region), RR_ARG(request->service));
    if (!rr_buf_ok(&scope, err) ||
        !build_string_to_sign(amz_date, rr_buf_slice(&scope), rr_buf_slice(&signature->canonical_request),
                              &signature->string_to_sign, err))
        return false;

    char mac_hex[RR_SHA256_HEX + 1];
    sign_text(request, credentials, rr_buf_slice(&scope), rr_buf_slice(&signature->string_to_sign), mac_hex);
    rr_buf_add(&signature->authorization, RR_LIT("AWS4-HMAC-SHA256 Credential="));
    rr_buf_add(&signature->authorization, rr_credentials_access_key_id(credentials));
    rr_buf_add_byte(&signature->authorization, '/');
    rr_buf_add(&signature->authorization, rr_buf_slice(&scope));
    rr_buf_add(&signature->authorization, RR_LIT(", SignedHeaders="));
    rr_buf_add(&signature->authorization, rr_buf_slice(&signed_names));
    rr_buf_addf(&signature->authorization, ", Signature=%s", mac_hex);
    return rr_buf_ok(&signature->authorization, err);
}

bool rr_sigv4_sign(const struct rr_sigv4_request *request, const struct rr_credentials *credentials,
                   struct rr_sigv4_signature *out_signature, struct rr_error *err)
{
    if (request->method.len == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "a signed request needs a method");
    rr_auto(sigv4_signature) signature = {
        .query_string = RR_BUF(RR_SIGV4_QUERY_MAX),
        .canonical_request = RR_SECRET_BUF(RR_SIGV4_CANONICAL_MAX),
        .string_to_sign = RR_BUF(STRING_TO_SIGN_MAX),
        .authorization = RR_SECRET_BUF(AUTHORIZATION_MAX),
    };
    if (!build(request, credentials, &signature, err))
        return false;
    *out_signature = rr_steal(signature);
    return true;
}

void rr_sigv4_signature_done(struct rr_sigv4_signature *signature)
{
    if (signature == NULL)
        return;
    rr_buf_done(&signature->query_string);
    rr_buf_done(&signature->canonical_request);
    rr_buf_done(&signature->string_to_sign);
    rr_buf_done(&signature->authorization);
}
