/* SPDX-License-Identifier: Apache-2.0 */
/* restore_secret: the Secret that an object names, read by `get` in the object's own namespace (behaviour F-32, F-41).
 * Its keys have fixed names: a free one would send any Secret's value to an endpoint of the author's choice.
 * Threads: any. */
#ifndef RR_RESTORE_SECRET_H
#define RR_RESTORE_SECRET_H

#include "restore_read.h"

#include <redisrestore/aws/credentials.h>

struct rr_restore_secret {
    struct rr_credentials *credentials; /* owns a reference */
    struct rr_secret sse_customer_key;  /* unset: none; else RR_S3_SSE_KEY_BYTES bytes */
};

void rr_restore_secret_done(struct rr_restore_secret *secret);

/* *out_secret is zeroed before. Fails with RR_E_SECRET_NOT_FOUND (absent, or we may not read it: the message says which
 * Role to add), RR_E_SECRET_INVALID (a key is missing or malformed), or as rr_restore_read. No value reaches an error.
 */
RR_MUST_USE bool rr_restore_secret_read(const struct rr_restore_reading *reading, struct rr_slice name,
                                        struct rr_restore_secret *out_secret, struct rr_error *err);

/* The decoding alone: `secret` is the Secret object. Fails with RR_E_SECRET_INVALID. */
RR_MUST_USE bool rr_restore_secret_decode(const struct rr_json_node *secret, struct rr_slice name,
                                          struct rr_restore_secret *out_secret, struct rr_error *err);

/* What a Secret that could not be read is to the object. Always fails, with RR_E_SECRET_NOT_FOUND or the code it had.
 */
RR_MUST_USE bool rr_restore_secret_explain(const struct rr_restore_reading *reading, struct rr_slice name,
                                           struct rr_error *err);

#endif
