/* SPDX-License-Identifier: Apache-2.0 */
/* stage_run: opens a data directory and stages a pair into it, for `stage` and `init-backup`.
 * Threads: one; the calls block until their end or until `stop` is set. */
#ifndef RR_APP_STAGE_RUN_H
#define RR_APP_STAGE_RUN_H

#include "pair.h"

#include <redisrestore/transfer/stage.h>

enum { RR_STAGE_NAME_MAX_BYTES = 4096 }; /* a path; keys have at most 1024 bytes */

/* The names that servers have by default, an owner that the system chooses, and a new run, which is written to
 * `out_run`. */
enum { RR_STAGE_RUN_ID_SIZE = 17 };
void rr_stage_options_default(struct rr_stage_options *out_options, char out_run[RR_STAGE_RUN_ID_SIZE]);

struct rr_stage_job {
    struct rr_stage_options *options;           /* borrows: those of the settings; open fills the others */
    struct rr_verify_options *rules;            /* borrows */
    const struct rr_pair_options *pair_options; /* borrows */
    bool keeps_owner;                           /* `options` name the owner of new files */
    struct rr_stop stop;
    struct rr_stage *stage;                    /* owned; NULL before open */
    struct rr_verify *verify;                  /* owned; NULL before the backup is read */
    struct rr_verify_verdict verdict;          /* of the backup that was read, or refused; else its reason is NULL */
    struct rr_recovery recovery;               /* where the verdict is Valid */
    struct rr_buf names[RR_VERIFY_KIND_COUNT]; /* paths or keys; empty: none */
};

void rr_stage_job_init(struct rr_stage_job *job, struct rr_stage_options *options, struct rr_verify_options *rules,
                       const struct rr_pair_options *pair_options);
void rr_stage_job_done(struct rr_stage_job *job);
/* Opens `path` and looks at it: see rr_stage_open, whose outcome says whether a backup is needed. Fails also with
 * RR_E_BAD_INPUT if it cannot be opened. */
RR_MUST_USE bool rr_stage_job_open(struct rr_stage_job *job, const char *path, struct rr_error *err);
/* Stages a pair that was found. */
RR_MUST_USE bool rr_stage_job_use(struct rr_stage_job *job, struct rr_pair *pair, struct rr_error *err);
/* Whether the directory ends with its pod: see mounts.h. False if that cannot be found out. */
bool rr_stage_job_is_ephemeral(const struct rr_stage_job *job);
/* A failure of the directory or of the content; others are of files and of the store. */
bool rr_stage_job_is_own_failure(const struct rr_stage_job *job);

#endif
