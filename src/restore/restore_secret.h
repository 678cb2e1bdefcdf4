/* SPDX-License-Identifier: Apache-2.0 */
/* restore_secret: the Secret that an object names, read by `get` in the object's own namespace (behaviour F-32, F-41).
 * The keys have fixed names: with free names, the author of the object could send any Secret's value to any endpoint.
 * Threads: any. */
#ifndef RR_RESTORE_SECRET_H
#define RR_RESTORE_SECRET_H

#include "restore_read.h"

#include <redisrestore/aws/credentials.h>

struct rr_restore_secret {
    struct rr_credentials *credentials; /* owns a reference */
    struct rr_secret sse_customer_key;  /* unset: none; otherwise RR_S3_SSE_KEY_BYTES bytes */
};

void rr_restore_secret_done(struct rr_restore_secret *secret);

/* Reads and decodes the Secret. *out_secret is zeroed before. Fails with RR_E_SECRET_NOT_FOUND (the Secret is absent,
 * or the controller may not read it: the message says which Role to add), RR_E_SECRET_INVALID (a key is missing or
 * malformed), or as rr_restore_read does. No value is copied to an error. */
RR_MUST_USE bool rr_restore_secret_read(const struct rr_restore_reading *reading, struct rr_slice name,
                                        struct rr_restore_secret *out_secret, struct rr_error *err);

/* Only decodes: `secret` is the Secret object. Fails with RR_E_SECRET_INVALID. */
RR_MUST_USE bool rr_restore_secret_decode(const struct rr_json_node *secret, struct rr_slice name,
                                          struct rr_restore_secret *out_secret, struct rr_error *err);

/* Changes the error of a failed read of a Secret into the object's error. Always fails, with RR_E_SECRET_NOT_FOUND or
 * the code that it had. */
RR_MUST_USE bool rr_restore_secret_explain(const struct rr_restore_reading *reading, struct rr_slice name,
                                           struct rr_error *err);

#endif
