/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_imds: the URL of the instance metadata service, and its replies (behaviour S-11, S-16). Pure. */
#ifndef RR_AWS_CREDENTIALS_IMDS_H
#define RR_AWS_CREDENTIALS_IMDS_H

#include "credentials_source.h"

/* Appends "http://169.254.169.254", or the URL of the environment, without a slash at the end. Fails with
 * RR_E_NO_CREDENTIALS or RR_E_BAD_INPUT. *out_origin is empty before. */
RR_MUST_USE bool rr_imds_origin(const struct rr_environment *environment, struct rr_buf *out_origin,
                                struct rr_error *err);
bool rr_imds_may_ask(const struct rr_imds_state *state, int64_t now_ms);
void rr_imds_was_silent(struct rr_imds_state *state, int64_t now_ms);
/* Gets the first line of the list of roles. Returns false when it is not a role name. Borrows. */
RR_MUST_USE bool rr_imds_role_parse(struct rr_slice text, struct rr_slice *out_role);

#endif
