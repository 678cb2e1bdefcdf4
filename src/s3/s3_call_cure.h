/* SPDX-License-Identifier: Apache-2.0 */
/* s3_call_cure: corrects clock, region or credentials of a request after a refusal (behaviour S-08, S-09, F-19,
 * F-21, F-25). Threads: the call's. */
#ifndef RR_S3_S3_CALL_CURE_H
#define RR_S3_S3_CALL_CURE_H

#include "s3_call.h"

/* Returns the endpoint that the requests go to: the client's, or that of the region where the bucket was found. */
const struct rr_s3_endpoint *rr_s3_call_endpoint(const struct rr_s3_call *call);
/* Moves the call to the region that the bucket is known to be in. Fails as rr_s3_endpoint_move does. */
RR_MUST_USE bool rr_s3_call_locate(struct rr_s3_call *call, struct rr_error *err);
/* Returns whether the request should be signed and sent again now. */
RR_MUST_USE bool rr_s3_call_cure(struct rr_s3_call *call, const struct rr_s3_refusal *refusal,
                                 const struct rr_http_reply *reply);
/* Judges the reply to the HEAD of the bucket. Returns as rr_s3_call_cure; if false, *out_refusal and *out_status are
 * those of the refusal that led to the HEAD. */
RR_MUST_USE bool rr_s3_call_probed(struct rr_s3_call *call, const struct rr_http_reply *reply,
                                   struct rr_s3_refusal *out_refusal, int *out_status);

#endif
