/* SPDX-License-Identifier: Apache-2.0 */
/* s3_advice: appends to a message the property of the endpoint that may explain the failure. Threads: pure. */
#ifndef RR_S3_S3_ADVICE_H
#define RR_S3_S3_ADVICE_H

#include <redisrestore/base/error.h>
#include <redisrestore/s3/s3_endpoint.h>

/* `code`: of the refusal; empty if there was none. Appends nothing if the endpoint explains nothing. */
void rr_s3_advise(const struct rr_s3_endpoint *endpoint, const char *code, struct rr_error *err);

#endif
