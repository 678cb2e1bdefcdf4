/* SPDX-License-Identifier: Apache-2.0 */
/* restore_account: the ServiceAccount that an object names, and tokens for it, in the object's own namespace. The
 * ServiceAccount's annotation says which role it may assume, so a user who may only write RedisRestores cannot obtain a
 * role.
 * Threads: any. */
#ifndef RR_RESTORE_ACCOUNT_H
#define RR_RESTORE_ACCOUNT_H

#include "restore_read.h"

/* Checks that the ServiceAccount carries `eks.amazonaws.com/role-arn` with exactly that ARN. *out_uid is empty before
 * and receives its uid. Fails with RR_E_NO_CREDENTIALS (the ServiceAccount is absent, has no annotation, has another
 * role, or the controller may not read it: the message says what to do), or as rr_restore_read does. */
RR_MUST_USE bool rr_restore_account_check(const struct rr_restore_reading *reading, struct rr_slice name,
                                          struct rr_slice role_arn, struct rr_buf *out_uid, struct rr_error *err);

/* Requests a token for STS only (its audience) that is valid for ten minutes. *out_token is an empty secret buffer.
 * Fails with RR_E_NO_CREDENTIALS, RR_E_CANCELLED, or the code of a failed request to the API server. */
RR_MUST_USE bool rr_restore_account_token(const struct rr_restore_reading *reading, struct rr_slice name,
                                          struct rr_buf *out_token, struct rr_error *err);

#endif
