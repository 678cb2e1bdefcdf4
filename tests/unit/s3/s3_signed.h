/* SPDX-License-Identifier: Apache-2.0 */
/* s3_signed: verifies the signature of a request as a store does, from what came on the wire. Source: "Create a signed
 * AWS API request" (AWS IAM user guide). Threads: any. */
#ifndef RR_S3_TEST_SIGNED_H
#define RR_S3_TEST_SIGNED_H

#include "support/test.h"

#include <redisrestore/base/buf.h>
#include <redisrestore/crypto/digest.h>
#include <redisrestore/crypto/encode.h>

enum { SIGNED_TEXT_MAX = 64 * 1024 };

/* The value of a header; fails without it. */
static inline struct rr_slice signed_header(struct rr_slice head, struct rr_slice name)
{
    struct rr_slice rest = head;
    (void)rr_slice_cut(&rest, '\n');
    while (rest.len > 0) {
        struct rr_slice value = rr_slice_cut(&rest, '\n');
        if (rr_slice_equals_nocase(rr_slice_cut(&value, ':'), name))
            return rr_slice_trim(value);
    }
    fail_msg("no header %.*s in: %.*s", RR_ARG(name), RR_ARG(head));
    return rest;
}

static inline struct rr_slice signed_mac(struct rr_slice key, struct rr_slice data, uint8_t out_mac[RR_SHA256_BYTES])
{
    rr_hmac_sha256(key, data, out_mac);
    return (struct rr_slice){ (const char *)out_mac, RR_SHA256_BYTES };
}

/* "GET http://store.test/bkt?list-type=2 HTTP/1.1" and the headers. */
static inline void signed_canonical(struct rr_slice head, struct rr_slice names, struct rr_buf *out)
{
    struct rr_slice rest = head, method = rr_slice_cut(&rest, ' '), query = rr_slice_cut(&rest, ' ');
    if (rr_slice_starts_with(query, RR_LIT("http://"))) { /* to a proxy */
        query = rr_slice_from_offset(query, 7);
        query = rr_slice_from_offset(query, rr_slice_find(query, '/'));
    }
    struct rr_slice path = rr_slice_cut(&query, '?'), left = names;
    rr_buf_addf(out, "%.*s\n%.*s\n%.*s\n", RR_ARG(method), RR_ARG(path), RR_ARG(query));
    while (left.len > 0) {
        struct rr_slice name = rr_slice_cut(&left, ';');
        rr_buf_addf(out, "%.*s:%.*s\n", RR_ARG(name), RR_ARG(signed_header(head, name)));
    }
    rr_buf_addf(out, "\n%.*s\n%.*s", RR_ARG(names), RR_ARG(signed_header(head, RR_LIT("x-amz-content-sha256"))));
}

/* Every header that a store acts upon is signed. */
static inline void signed_check_names(struct rr_slice head, struct rr_slice names)
{
    struct rr_slice rest = head;
    (void)rr_slice_cut(&rest, '\n');
    while (rest.len > 0) {
        struct rr_slice line = rr_slice_cut(&rest, '\n'), name = rr_slice_cut(&line, ':'), left = names;
        bool is_signed = false;
        while (left.len > 0)
            is_signed = rr_slice_equals_nocase(rr_slice_cut(&left, ';'), name) || is_signed;
        bool must = rr_slice_equals_nocase(name, RR_LIT("Host")) || rr_slice_equals_nocase(name, RR_LIT("Range")) ||
                    rr_slice_equals_nocase(name, RR_LIT("If-Match")) ||
                    rr_slice_equals_nocase(rr_slice_first(name, 6), RR_LIT("x-amz-"));
        if (must && !is_signed)
            fail_msg("%.*s is not signed: %.*s", RR_ARG(name), RR_ARG(head));
    }
}

/* The secret of AKID is "secret", that of any other access key "s". */
static inline void assert_signed(const char *sent)
{
    rr_auto(buf) canonical = RR_BUF(SIGNED_TEXT_MAX), text = RR_BUF(SIGNED_TEXT_MAX), key = RR_BUF(256);
    uint8_t digest[RR_SHA256_BYTES], macs[5][RR_SHA256_BYTES];
    char hex[2 * RR_SHA256_BYTES + 1];
    struct rr_slice head = rr_slice_from(sent), rest = signed_header(head, RR_LIT("Authorization"));
    assert_slice(rr_slice_cut(&rest, ' '), "AWS4-HMAC-SHA256");
    struct rr_slice credential = rr_slice_trim(rr_slice_cut(&rest, ','));
    struct rr_slice names = rr_slice_trim(rr_slice_cut(&rest, ',')), signature = rr_slice_trim(rest);
    struct rr_slice id = rr_slice_cut(&credential, '/'), scope = credential;
    assert_slice(rr_slice_cut(&id, '='), "Credential");
    const char *secret = rr_slice_equals(id, RR_LIT("AKID")) ? "secret" : "s";
    (void)rr_slice_cut(&names, '=');
    (void)rr_slice_cut(&signature, '=');
    signed_check_names(head, names);
    signed_canonical(head, names, &canonical);
    rr_sha256(rr_buf_slice(&canonical), digest);
    rr_hex(digest, sizeof digest, hex);
    struct rr_slice date = signed_header(head, RR_LIT("x-amz-date")), day = rr_slice_first(date, 8);
    assert_true(rr_slice_equals(rr_slice_cut(&scope, '/'), day));
    struct rr_slice region = rr_slice_cut(&scope, '/');
    assert_slice(scope, "s3/aws4_request");
    rr_buf_addf(&text, "AWS4-HMAC-SHA256\n%.*s\n%.*s\n%s", RR_ARG(date), RR_ARG(credential), hex);
    rr_buf_addf(&key, "AWS4%s", secret);
    struct rr_slice mac = signed_mac(rr_buf_slice(&key), day, macs[0]);
    mac = signed_mac(mac, region, macs[1]);
    mac = signed_mac(mac, RR_LIT("s3"), macs[2]);
    mac = signed_mac(mac, RR_LIT("aws4_request"), macs[3]);
    (void)signed_mac(mac, rr_buf_slice(&text), macs[4]);
    rr_hex(macs[4], sizeof macs[4], hex);
    if (!rr_slice_equals(signature, rr_slice_from(hex)))
        fail_msg("the signature is not that of: %.*s", RR_ARG(head));
}

#endif
