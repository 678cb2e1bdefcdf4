/* SPDX-License-Identifier: Apache-2.0 */
/* s3_call_sign: the URL and the signed headers of one attempt. Threads: the call's. */
#ifndef RR_S3_S3_CALL_SIGN_H
#define RR_S3_S3_CALL_SIGN_H

#include "s3_call.h"

/* Fills url, headers and authorization from the call's credentials. Fails with RR_E_BAD_INPUT or RR_E_TOO_BIG. */
RR_MUST_USE bool rr_s3_call_sign(struct rr_s3_call *call, struct rr_error *err);

#endif
