#include "sigv4_canonical.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/crypto/encode.h>

const char rr_sigv4_empty_sha256_hex[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

enum { DATE_LEN = 8, KEY_MAX_BYTES = 4 + 4096 };

void rr_sigv4_signature_done(struct rr_sigv4_signature *signature)
{
    if (signature == NULL)
        return;
    rr_buf_done(&signature->query_string);
    rr_buf_done(&signature->canonical_request);
    rr_buf_done(&signature->string_to_sign);
    rr_buf_done(&signature->authorization);
}

static struct rr_slice bytes(const uint8_t digest[RR_SHA256_BYTES])
{
    return (struct rr_slice){ (const char *)digest, RR_SHA256_BYTES };
}

/* HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request") */
static bool derive_key(const struct rr_sigv4_request *request, const struct rr_credentials *credentials,
                       struct rr_slice date, uint8_t out_key[RR_SHA256_BYTES], struct rr_error *err)
{
    rr_auto(buf) first = RR_BUF(KEY_MAX_BYTES);
    rr_buf_add(&first, RR_LIT("AWS4"));
    rr_buf_add(&first, rr_secret_reveal(rr_credentials_secret_access_key(credentials)));
    bool fits = rr_buf_ok(&first, err);
    uint8_t key[RR_SHA256_BYTES], next[RR_SHA256_BYTES];
    rr_hmac_sha256(rr_buf_slice(&first), date, key);
    rr_hmac_sha256(bytes(key), request->region, next);
    rr_hmac_sha256(bytes(next), request->service, key);
    rr_hmac_sha256(bytes(key), RR_LIT("aws4_request"), out_key);
    rr_wipe(first.ptr, first.cap);
    rr_wipe(key, sizeof(key));
    rr_wipe(next, sizeof(next));
    return fits;
}

static void make_string_to_sign(const struct rr_sigv4_request *request, struct rr_slice date_time,
                                struct rr_sigv4_signature *signature)
{
    uint8_t digest[RR_SHA256_BYTES];
    char hex[RR_SHA256_HEX + 1];
    rr_sha256(rr_buf_slice(&signature->canonical_request), digest);
    rr_hex(digest, sizeof(digest), hex);
    rr_buf_addf(&signature->string_to_sign, "AWS4-HMAC-SHA256\n%.*s\n%.*s/%.*s/%.*s/aws4_request\n%s",
                RR_ARG(date_time), RR_ARG(rr_slice_first(date_time, DATE_LEN)), RR_ARG(request->region),
                RR_ARG(request->service), hex);
}

bool rr_sigv4_sign(const struct rr_sigv4_request *request, const struct rr_credentials *credentials,
                   struct rr_sigv4_signature *out_signature, struct rr_error *err)
{
    rr_auto(sigv4_signature) made = { .query_string = RR_BUF(RR_SIGV4_TEXT_MAX_BYTES),
                                      .canonical_request = RR_BUF(2 * RR_SIGV4_TEXT_MAX_BYTES),
                                      .string_to_sign = RR_BUF(RR_SIGV4_TEXT_MAX_BYTES),
                                      .authorization = RR_BUF(RR_SIGV4_TEXT_MAX_BYTES) };
    rr_auto(buf) signed_headers = RR_BUF(RR_SIGV4_TEXT_MAX_BYTES);
    char time_text[RR_TIME_TEXT_SIZE], hex[RR_SHA256_HEX + 1];
    uint8_t key[RR_SHA256_BYTES], mac[RR_SHA256_BYTES];
    if (request->method.len == 0 || request->path.len == 0 || request->path.ptr[0] != '/')
        return rr_fail(err, RR_E_BAD_INPUT, "a request to sign needs a method and a path");
    struct rr_slice date_time = rr_time_amz(request->unix_s, time_text);
    if (!rr_sigv4_canonical_query(request, &made.query_string, err) ||
        !rr_sigv4_canonical_request(request, rr_buf_slice(&made.query_string), &made.canonical_request, &signed_headers,
                                    err) ||
        !derive_key(request, credentials, rr_slice_first(date_time, DATE_LEN), key, err))
        return false;
    memcpy(made.amz_date, time_text, date_time.len + 1);
    make_string_to_sign(request, date_time, &made);
    rr_hmac_sha256(bytes(key), rr_buf_slice(&made.string_to_sign), mac);
    rr_wipe(key, sizeof(key));
    rr_hex(mac, sizeof(mac), hex);
    rr_buf_addf(&made.authorization,
                "AWS4-HMAC-SHA256 Credential=%.*s/%.*s/%.*s/%.*s/aws4_request, SignedHeaders=%s, Signature=%s",
                RR_ARG(rr_credentials_access_key_id(credentials)), RR_ARG(rr_slice_first(date_time, DATE_LEN)),
                RR_ARG(request->region), RR_ARG(request->service), rr_buf_text(&signed_headers), hex);
    if (!rr_buf_ok(&made.string_to_sign, err) || !rr_buf_ok(&made.authorization, err))
        return false;
    *out_signature = rr_steal(made);
    return true;
}
