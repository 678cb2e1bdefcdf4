/* SPDX-License-Identifier: Apache-2.0 */
/* s3_object_headers: a reply that says two different things about an object (behaviour D-02). Threads: pure. */
#ifndef RR_S3_S3_OBJECT_HEADERS_H
#define RR_S3_S3_OBJECT_HEADERS_H

#include <redisrestore/base/error.h>
#include <redisrestore/http/http.h>

/* Fails with RR_E_BAD_REPLY if a header that is read here occurs twice with different values: one of them may be of
 * another object or range. The message names the header. */
RR_MUST_USE bool rr_s3_object_headers_agree(const struct rr_http_reply *reply, struct rr_error *err);

#endif
