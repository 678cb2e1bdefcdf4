/* SPDX-License-Identifier: Apache-2.0 */
/* s3_error: what a store's refusal means (behaviour S-05, S-06, F-18 to F-22, F-50).
 * A message holds the HTTP status, the S3 code when it looks like one, and our words: nothing else that a server said.
 * Threads: pure. */
#ifndef RR_S3_S3_ERROR_H
#define RR_S3_S3_ERROR_H

#include "s3_retry.h"

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

/* What of an <Error> document may be used; each text is checked, empty when absent or odd. */
struct rr_s3_refusal {
    char code[65];
    char request_id[129];
    char region[64];    /* of the bucket: A-Z a-z 0-9 - _ */
    bool region_is_aws; /* and of AWS' shape: only such a one is told to people */
};

/* What it says about the request as it was signed. */
enum rr_s3_complaint {
    RR_S3_COMPLAINT_NONE,
    RR_S3_COMPLAINT_SIGNATURE, /* may be our clock (behaviour S-08) */
    RR_S3_COMPLAINT_REGION,    /* S-09 */
    RR_S3_COMPLAINT_EXPIRED,   /* the session token (F-25) */
};

void rr_s3_refusal_set_code(struct rr_s3_refusal *refusal, struct rr_slice text);
void rr_s3_refusal_set_request_id(struct rr_s3_refusal *refusal, struct rr_slice text);
void rr_s3_refusal_set_region(struct rr_s3_refusal *refusal, struct rr_slice text);
/* An element below <Error>. */
void rr_s3_refusal_note(struct rr_s3_refusal *refusal, struct rr_slice name, struct rr_slice text);
/* Reads a whole body; anything but an <Error> document leaves *refusal alone. */
void rr_s3_refusal_parse(struct rr_s3_refusal *refusal, struct rr_slice body);

/* Sets *err from status and refusal and says whether to try again. `status` 2xx: a body that is an error. */
enum rr_s3_retry_class rr_s3_refusal_to_error(const struct rr_s3_refusal *refusal, int status, struct rr_error *err);
/* `is_head`: the reply to a HEAD has no body, and so no code. */
enum rr_s3_complaint rr_s3_refusal_complaint(const struct rr_s3_refusal *refusal, int status, bool is_head);

#endif
