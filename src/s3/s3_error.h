/* SPDX-License-Identifier: Apache-2.0 */
/* s3_error: maps a store's refusal to an error (behaviour S-05, S-06, F-18 to F-22, F-50).
 * A message has the HTTP status, the S3 code if it has the form of one, and our words; no other text of the server.
 * Threads: pure. */
#ifndef RR_S3_S3_ERROR_H
#define RR_S3_S3_ERROR_H

#include "s3_retry.h"

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

/* The usable fields of an <Error> document. Each text is checked; it is empty if it is absent or malformed. */
struct rr_s3_refusal {
    char code[65];
    char request_id[129];
    char region[64];    /* of the bucket: A-Z a-z 0-9 - _ */
    bool region_is_aws; /* and has the form of an AWS region: only such a region is shown to users */
};

/* The part of the signature that a refusal rejects. */
enum rr_s3_complaint {
    RR_S3_COMPLAINT_NONE,
    RR_S3_COMPLAINT_SIGNATURE, /* the cause may be our clock (behaviour S-08) */
    RR_S3_COMPLAINT_REGION,    /* S-09 */
    RR_S3_COMPLAINT_EXPIRED,   /* the session token (F-25) */
};

void rr_s3_refusal_set_code(struct rr_s3_refusal *refusal, struct rr_slice text);
void rr_s3_refusal_set_request_id(struct rr_s3_refusal *refusal, struct rr_slice text);
void rr_s3_refusal_set_region(struct rr_s3_refusal *refusal, struct rr_slice text);
/* Notes an element of <Error>. */
void rr_s3_refusal_note(struct rr_s3_refusal *refusal, struct rr_slice name, struct rr_slice text);
/* Parses a complete body; leaves *refusal unchanged if it is not an <Error> document. */
void rr_s3_refusal_parse(struct rr_s3_refusal *refusal, struct rr_slice body);

/* Sets *err from status and refusal and returns the class of retry. `status` 2xx: a body that is an error. */
enum rr_s3_retry_class rr_s3_refusal_to_error(const struct rr_s3_refusal *refusal, int status, struct rr_error *err);
/* `is_head`: a reply to HEAD has no body and so no code. */
enum rr_s3_complaint rr_s3_refusal_complaint(const struct rr_s3_refusal *refusal, int status, bool is_head);

#endif
