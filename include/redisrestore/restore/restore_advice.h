/* SPDX-License-Identifier: Apache-2.0 */
/* restore_advice: the meaning of each reason, what to do about it, and the commands for that. This is the only list:
 * `explain` prints it, and scripts/reference writes docs/reference/reasons.md from it. Threads: pure. */
#ifndef RR_RESTORE_RESTORE_ADVICE_H
#define RR_RESTORE_RESTORE_ADVICE_H

#include <redisrestore/base/buf.h>
#include <redisrestore/discovery/reason.h>

enum { RR_RESTORE_ADVICE_COMMANDS_MAX = 4 };

/* Texts are Markdown with `code` as the only markup. */
struct rr_restore_advice {
    const char *meaning, *action;
    const char
        *commands[RR_RESTORE_ADVICE_COMMANDS_MAX]; /* with {namespace}, {name}, {secret}, {where}, {controller} */
};

const struct rr_restore_advice *rr_restore_advice_of(enum rr_reason reason);
/* Returns when the controller retries by itself. Literal. */
const char *rr_restore_advice_next_try(enum rr_reason reason);

/* The values for the names in braces. Borrows. */
struct rr_restore_advice_names {
    struct rr_slice namespace_name, name, secret, bucket, endpoint;
    struct rr_slice controller; /* its namespace; empty: RR_RESTORE_ADVICE_CONTROLLER */
};
#define RR_RESTORE_ADVICE_CONTROLLER "redisrestore-system"
/* Appends a command with the values of the names. Quotes each value for a POSIX shell if necessary. Writes an empty
 * value as the name in upper case: NAME. */
void rr_restore_advice_command(struct rr_buf *buf, const char *command, const struct rr_restore_advice_names *names);
/* Appends `text` so that a POSIX shell reads it as one word. */
void rr_restore_advice_quote(struct rr_buf *buf, struct rr_slice text);

#endif
