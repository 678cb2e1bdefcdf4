/* SPDX-License-Identifier: Apache-2.0 */
#include "options_rules.h"

#include "options.h"

bool rr_rules_allow_command(struct rr_slice name, struct rr_verify_options *rules, struct rr_error *err)
{
    if (rr_aof_kind_of(name) == RR_AOF_FORBIDDEN)
        return rr_fail(err, RR_E_BAD_INPUT, "this command would change the server itself and is never accepted");
    if (rules->allowed_count == RR_VERIFY_COMMANDS_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "at most %d commands", RR_VERIFY_COMMANDS_MAX);
    return rr_options_text(name, &rules->allowed[rules->allowed_count++], err);
}
