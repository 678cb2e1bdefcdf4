/* SPDX-License-Identifier: Apache-2.0 */
/* sigv4: signs requests by AWS Signature Version 4, for the Authorization header.
 * Source: "Create a signed AWS API request" (AWS IAM user guide). S3 has rules of its own: the path is encoded once and
 * not normalised, and the caller sends the payload hash in the header x-amz-content-sha256.
 * Threads: any. Memory: the signing key of a day and region is kept with the credentials. */
#ifndef RR_AWS_SIGV4_H
#define RR_AWS_SIGV4_H

#include <redisrestore/aws/credentials.h>
#include <redisrestore/base/buf.h>
#include <redisrestore/crypto/digest.h>

struct rr_sigv4_parameter {
    struct rr_slice name, value; /* not encoded */
};

/* Borrows for the call. */
struct rr_sigv4_request {
    struct rr_slice method;
    struct rr_slice path;                   /* as it is sent: already encoded, starts with '/' */
    const struct rr_sigv4_parameter *query; /* in any order; rr_sigv4_sign sorts and encodes them */
    size_t query_count;                     /* at most 32 */
    /* All headers to sign, in any case and order: "host", "x-amz-date" (rr_time_amz of `unix_s`), and with a session
     * token "x-amz-security-token". rr_sigv4_sign adds none. */
    const struct rr_sigv4_parameter *headers;
    size_t header_count;                /* at most 32 */
    struct rr_slice payload_sha256_hex; /* 64 hex digits, or "UNSIGNED-PAYLOAD" */
    struct rr_slice region, service;
    int64_t unix_s; /* time of signing */
    /* False for S3. True for other services, and then `path` must need no encoding: for them AWS encodes a path twice,
     * which this code does not do. */
    bool normalize_path;
};

/* The result, with every step, so that a test with the vectors of AWS shows which step differs. Owns its texts. */
struct rr_sigv4_signature {
    struct rr_buf query_string; /* encoded and sorted: send exactly this */
    struct rr_buf canonical_request;
    struct rr_buf string_to_sign;
    struct rr_buf authorization; /* value of the Authorization header */
    char amz_date[20];           /* rr_time_amz of `unix_s`, the value that x-amz-date must have */
};

extern const char rr_sigv4_empty_sha256_hex[]; /* hash of an empty payload */

/* Signs a request. Fails with RR_E_BAD_INPUT (no method, no host header, too many headers or parameters) or
 * RR_E_TOO_BIG, and then *out_signature does not change. On success it is overwritten; free it with
 * rr_sigv4_signature_done. */
RR_MUST_USE bool rr_sigv4_sign(const struct rr_sigv4_request *request, const struct rr_credentials *credentials,
                               struct rr_sigv4_signature *out_signature, struct rr_error *err);
void rr_sigv4_signature_done(struct rr_sigv4_signature *signature);

#endif
