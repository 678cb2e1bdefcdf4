/* SPDX-License-Identifier: Apache-2.0 */
/* sigv4: AWS Signature Version 4 in the Authorization header.
 * Source: "Create a signed AWS API request" (AWS IAM user guide). Rules of S3: the path is encoded once and not
 * normalised, and the payload hash is sent as x-amz-content-sha256. Threads: pure. */
#ifndef RR_AWS_SIGV4_H
#define RR_AWS_SIGV4_H

#include <redisrestore/aws/credentials.h>
#include <redisrestore/base/buf.h>
#include <redisrestore/crypto/digest.h>

struct rr_sigv4_parameter {
    struct rr_slice name, value; /* raw: not encoded */
};

struct rr_sigv4_request {
    struct rr_slice method;
    struct rr_slice path;                   /* as it is sent: already encoded, starts with '/' */
    const struct rr_sigv4_parameter *query; /* any order; rr_sigv4_sign sorts and encodes them */
    size_t query_count;
    const struct rr_sigv4_parameter *headers; /* every header to sign, including "host"; any case and order */
    size_t header_count;
    struct rr_slice payload_sha256_hex; /* 64 hex digits, or "UNSIGNED-PAYLOAD" */
    struct rr_slice region, service;
    int64_t unix_s;      /* time of signing */
    bool normalize_path; /* false for S3; elsewhere only for paths that need no encoding, because AWS encodes those
                            twice */
};

/* Every step of a signature, so that a vector test shows which step differs. Text is owned. */
struct rr_sigv4_signature {
    struct rr_buf query_string; /* encoded and sorted: send exactly this */
    struct rr_buf canonical_request;
    struct rr_buf string_to_sign;
    struct rr_buf authorization; /* value of the Authorization header */
    char amz_date[20];           /* value of x-amz-date, which the caller adds to `headers` first: rr_time_amz */
};

extern const char rr_sigv4_empty_sha256_hex[]; /* hash of an empty payload */

/* Fails with RR_E_BAD_INPUT (no host header, too many headers or parameters, no method) or RR_E_TOO_BIG. *out_signature
 * is empty before. */
RR_MUST_USE bool rr_sigv4_sign(const struct rr_sigv4_request *request, const struct rr_credentials *credentials,
                               struct rr_sigv4_signature *out_signature, struct rr_error *err);
void rr_sigv4_signature_done(struct rr_sigv4_signature *signature);

#endif
