/* SPDX-License-Identifier: Apache-2.0 */
/* s3_headers: checks user input that becomes a request header (behaviour S-24, F-47). Threads: pure. */
#ifndef RR_S3_S3_HEADERS_H
#define RR_S3_S3_HEADERS_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/secret.h>

/* Checks an AWS account ID: twelve digits. Fails with RR_E_BAD_INPUT; the message names expectedBucketOwner. */
RR_MUST_USE bool rr_s3_account_check(struct rr_slice account, struct rr_error *err);

/* Parses an SSE-C key: 32 bytes, raw or in base64 with white space around it. Fails with RR_E_SECRET_INVALID; the
 * message begins with a verb and quotes nothing, not even a length. */
RR_MUST_USE bool rr_s3_sse_key_parse(struct rr_slice text, struct rr_secret *out_key, struct rr_error *err);

#endif
