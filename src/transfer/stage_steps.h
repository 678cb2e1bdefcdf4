/* SPDX-License-Identifier: Apache-2.0 */
/* stage_steps: carries out a plan, completes it, or takes it back (docs/behaviour: G-04, G-05). Each change is synced
 * before the next one. Threads: one. */
#ifndef RR_STAGE_STEPS_H
#define RR_STAGE_STEPS_H

#include "stage_dir.h"
#include "stage_plan.h"

struct rr_stage_work {
    struct rr_stage_dir *dir; /* open and locked */
    const struct rr_stage_plan *plan;
    char changed[RR_STAGE_PATH_MAX_BYTES +
                 1]; /* an old file that is not that of the plan any more: it stays; "": none */
};

#define RR_STAGE_MARKER_FILE "restored.json"

/* Writes the plan, carries out its first steps and the commit. *out_committed: the new data set is the one that a
 * server loads. Fails with RR_E_ALREADY_EXISTS if old files changed. */
RR_MUST_USE bool rr_stage_commit(struct rr_stage_work *work, bool *out_committed, struct rr_error *err);
/* After the commit: the other steps, the marker, and the end of the plan. `work->changed` names a file that stayed. */
RR_MUST_USE bool rr_stage_complete(struct rr_stage_work *work, struct rr_error *err);
/* Before the commit: removes what the plan made. */
RR_MUST_USE bool rr_stage_roll_back(struct rr_stage_work *work, struct rr_error *err);
RR_MUST_USE bool rr_stage_is_committed(struct rr_stage_work *work, bool *out_committed, struct rr_error *err);
/* Whether the result of a link says that the file system has none. */
bool rr_stage_is_no_link(int result);
/* Removes the staging folder of a run. Files in it that are not ours stay, and the folder with them. */
RR_MUST_USE bool rr_stage_remove_staging(struct rr_stage_dir *dir, const char *run, struct rr_error *err);
/* Removes staging folders of other runs, and unfinished files of ours. Only with the lock, and when there is no plan.
 */
RR_MUST_USE bool rr_stage_clean(struct rr_stage_dir *dir, struct rr_error *err);

#endif
