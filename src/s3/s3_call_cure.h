/* SPDX-License-Identifier: Apache-2.0 */
/* s3_call_cure: what a refusal says of the signature, put right (behaviour S-08, S-09, F-19, F-21, F-25).
 * Threads: the call's. */
#ifndef RR_S3_S3_CALL_CURE_H
#define RR_S3_S3_CALL_CURE_H

#include "s3_call.h"

/* Returns the endpoint that the requests go to: the client's, or that of the region where the bucket was found. */
const struct rr_s3_endpoint *rr_s3_call_endpoint(const struct rr_s3_call *call);
/* A bucket that is known to be in another region is asked for there. Fails as rr_s3_endpoint_move does. */
RR_MUST_USE bool rr_s3_call_locate(struct rr_s3_call *call, struct rr_error *err);
/* True: the request is worth sending again at once, signed anew. */
RR_MUST_USE bool rr_s3_call_cure(struct rr_s3_call *call, const struct rr_s3_refusal *refusal,
                                 const struct rr_http_reply *reply);
/* The bucket's HEAD has been answered. True as above; else *out_refusal and *out_status are of the reply that made us
 * ask. */
RR_MUST_USE bool rr_s3_call_probed(struct rr_s3_call *call, const struct rr_http_reply *reply,
                                   struct rr_s3_refusal *out_refusal, int *out_status);

#endif
