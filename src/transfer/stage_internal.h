/* SPDX-License-Identifier: Apache-2.0 */
/* stage_internal: a run of stage.h, for its sources. Threads: one. */
#ifndef RR_STAGE_INTERNAL_H
#define RR_STAGE_INTERNAL_H

#include "stage_build.h"
#include "stage_steps.h"

#include <redisrestore/transfer/stage.h>

#define RR_STAGE_MARKER_UNDONE "undone" /* the member of a marker that an undo wrote: true */

struct rr_stage {
    struct rr_stage_options options;
    struct rr_stage_names names;
    struct rr_stage_outcome outcome;
    struct rr_stage_dir dir;
    struct rr_stage_found found;                           /* what the directory has; owns */
    const struct rr_verify *verify;                        /* borrows */
    const struct rr_source *sources[RR_VERIFY_KIND_COUNT]; /* borrow; NULL: none */
    bool is_staging;                                       /* the staging folder was made */
    int staging;                                           /* owns; -1 */
    int base, incremental;                                 /* own; -1 */
    bool has_aof;                                          /* the backup has one */
    bool has_rdb_bytes;                                    /* of the pair's RDB */
    bool is_undo_complete;                                 /* open completed an undo of the past */
    char marked_previous[RR_STAGE_PREVIOUS_MAX_BYTES];     /* the folder that the marker names; "": none */
    char marked_put_back[RR_STAGE_PREVIOUS_MAX_BYTES];     /* the one that the marker's undo put back; "": none */
    bool is_decided; /* `outcome.answer` is that of a backup that was read up to its commands */
    uint64_t base_bytes, incremental_bytes, unsynced;
    uint64_t free_at_begin;
};

/* Whether a signal asked for the end. Fails with RR_E_CANCELLED. */
RR_MUST_USE bool rr_stage_go_on(struct rr_stage *stage, struct rr_error *err);
/* Sets the reason of a failure. Always returns false. */
RR_MUST_USE bool rr_stage_refuse(struct rr_stage *stage, const struct rr_error *err);
/* The question for rr_stage_choose before the backup is read. */
struct rr_stage_question rr_stage_question_of(const struct rr_stage *stage);
/* Chooses the layout of a backup that is read up to its commands, or to its end. */
RR_MUST_USE bool rr_stage_decide_layout(struct rr_stage *stage, bool has_commands, struct rr_error *err);
/* Fails with RR_E_TOO_BIG if less than `bytes`, `copied` bytes of copies, and a reserve are free. */
RR_MUST_USE bool rr_stage_check_space(struct rr_stage *stage, uint64_t bytes, uint64_t copied, struct rr_error *err);
/* Makes the staging folder, under the lock. */
RR_MUST_USE bool rr_stage_open_staging(struct rr_stage *stage, struct rr_error *err);
/* Writes a guard to the staging folder: RR_STAGE_FILE_DUMP or RR_STAGE_FILE_GUARD. */
RR_MUST_USE bool rr_stage_write_guard(struct rr_stage *stage, const char *name, struct rr_error *err);
/* Chooses the folder for previous data, a name of the time that is free: for the outcome, and for `build`, which
 * borrows it from there. */
RR_MUST_USE bool rr_stage_choose_previous(struct rr_stage *stage, struct rr_stage_build *build, struct rr_error *err);
/* Names the files of the plan in the outcome, for the report and the marker. */
void rr_stage_name_files(struct rr_stage *stage, const struct rr_stage_plan *plan);
/* Sets the marker of the plan. */
RR_MUST_USE bool rr_stage_write_marker(struct rr_stage *stage, struct rr_stage_plan *plan, struct rr_error *err);
/* Replaces the old data set. After a failure before the commit everything is undone. */
RR_MUST_USE bool rr_stage_replace(struct rr_stage *stage, const struct rr_stage_plan *plan, struct rr_error *err);
/* Removes the staging folder. */
void rr_stage_abandon(struct rr_stage *stage);

#endif
