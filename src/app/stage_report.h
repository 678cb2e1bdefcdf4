/* SPDX-License-Identifier: Apache-2.0 */
/* stage_report: the result of `stage` as text, as JSON, and as the short JSON of a termination log. Threads: pure. */
#ifndef RR_APP_STAGE_REPORT_H
#define RR_APP_STAGE_REPORT_H

#include <redisrestore/transfer/recovery_search.h>
#include <redisrestore/transfer/stage.h>
#include <redisrestore/transfer/verify_report.h>

/* The kubelet keeps 4096 bytes of a termination log; the controller adds words of its own (behaviour G-16). */
enum { RR_STAGE_TERMINATION_MAX_BYTES = 3500 };

struct rr_stage_said {
    const struct rr_stage_options *options;
    const struct rr_stage_outcome *outcome;  /* NULL: the directory was not looked at */
    enum rr_stage_result result;             /* RR_STAGE_PROCEED: a failure */
    const char *reason, *message;            /* of a failure; "" */
    const struct rr_verify_report *backup;   /* NULL: the backup was not read */
    struct rr_recovery recovery;             /* where `backup` is Valid */
    const struct rr_recovery_search *search; /* NULL: none; its looks are those of a bucket */
    const char *warning;                     /* "" */
    uint64_t milliseconds;
};

void rr_stage_print_json(struct rr_buf *out_text, const struct rr_stage_said *said);
void rr_stage_print_text(struct rr_buf *out_text, const struct rr_stage_said *said);
/* At most RR_STAGE_TERMINATION_MAX_BYTES: lists are left out first. */
void rr_stage_print_termination(struct rr_buf *out_text, const struct rr_stage_said *said);

#endif
