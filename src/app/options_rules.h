/* SPDX-License-Identifier: Apache-2.0 */
/* options_rules: setters for the rules of a verification, which `verify` and `stage` share. Threads: one. */
#ifndef RR_APP_OPTIONS_RULES_H
#define RR_APP_OPTIONS_RULES_H

#include <redisrestore/transfer/verify.h>

/* --allow-command. Fails with RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_rules_allow_command(struct rr_slice name, struct rr_verify_options *rules, struct rr_error *err);

#endif
