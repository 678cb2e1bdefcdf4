/* SPDX-License-Identifier: Apache-2.0 */
/* restore_account: the ServiceAccount that an object names, and tokens for it, in the object's own namespace. Its
 * annotation says which role it may assume, so who may only write RedisRestores cannot give himself one.
 * Threads: any. */
#ifndef RR_RESTORE_ACCOUNT_H
#define RR_RESTORE_ACCOUNT_H

#include "restore_read.h"

/* The ServiceAccount carries `eks.amazonaws.com/role-arn` with exactly that ARN. *out_uid, empty before, is its uid.
 * Fails with RR_E_NO_CREDENTIALS (absent, without the annotation, with another role, or we may not read it: the message
 * says what to do), or as rr_restore_read. */
RR_MUST_USE bool rr_restore_account_check(const struct rr_restore_reading *reading, struct rr_slice name,
                                          struct rr_slice role_arn, struct rr_buf *out_uid, struct rr_error *err);

/* A token for STS alone (its audience) and for ten minutes. *out_token is an empty secret buffer. Fails with
 * RR_E_NO_CREDENTIALS, RR_E_CANCELLED, or a code of the way to the API server. */
RR_MUST_USE bool rr_restore_account_token(const struct rr_restore_reading *reading, struct rr_slice name,
                                          struct rr_buf *out_token, struct rr_error *err);

#endif
