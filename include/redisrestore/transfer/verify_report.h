/* SPDX-License-Identifier: Apache-2.0 */
/* verify_report: writes the result of a verification as JSON for scripts and as text for people. Threads: pure. */
#ifndef RR_TRANSFER_VERIFY_REPORT_H
#define RR_TRANSFER_VERIFY_REPORT_H

#include <redisrestore/text/json_write.h>
#include <redisrestore/transfer/verify.h>

/* All borrow. */
struct rr_verify_report {
    const struct rr_verify *verify;
    const struct rr_verify_verdict *verdict;
    struct rr_slice files[RR_VERIFY_KIND_COUNT]; /* names as the user gave them */
    struct rr_slice server;                      /* "redis:7.2"; empty: none was named */
};

/* Appends one JSON object. rr_verify_put_members writes the members of it, except result, reason and message, into an
 * object that is open already. */
void rr_verify_print_json(struct rr_buf *out_text, const struct rr_verify_report *report);
void rr_verify_put_members(struct rr_json_writer *json, const struct rr_verify_report *report);
void rr_verify_print_text(struct rr_buf *out_text, const struct rr_verify_report *report);
/* Appends the facts that a person should know even if the backup is valid: one sentence and a newline for each. */
void rr_verify_warnings(struct rr_buf *out_text, const struct rr_verify_report *report);
const char *rr_verify_result_name(enum rr_verify_result result); /* "Valid"; literal */

#endif
