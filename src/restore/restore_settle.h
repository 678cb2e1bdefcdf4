/* SPDX-License-Identifier: Apache-2.0 */
/* restore_settle: turns the result of a reconcile into the stored status, Events and the time of the next reconcile. A
 * result that cannot be written is kept, and only its write is retried (behaviour F-13).
 * Threads: one for each key; rr_restore_settle_progressing runs on the thread "late" while the discovery is under
 * way. */
#ifndef RR_RESTORE_SETTLE_H
#define RR_RESTORE_SETTLE_H

#include "restore_reconcile.h"
#include "restore_status_compute.h"

/* One reconcile of one object. Borrows everything except `before`, `version` and `memory`. */
struct rr_restore_run {
    struct rr_restore_reconciler *reconciler;
    const struct rr_log *log;
    struct rr_slice key;
    struct rr_stop *stop; /* of this run; set when the process ends, or the object changed or is gone */
    struct rr_object *object;
    const struct rr_restore *restore; /* the object's spec; the status moves to `before` */
    struct rr_restore_status before;  /* as stored: as the watch delivered it, or as it was written since */
    struct rr_buf version;            /* the resourceVersion that the next write is based on */
    bool same_question;               /* `before` is about a generation that meant the same backup (behaviour T-05) */
    struct rr_restore_memory memory;
};

static const struct rr_reconcile_result rr_restore_done_for_now = { RR_RECONCILE_DONE, 0 };

static inline int64_t rr_restore_run_unix_s(const struct rr_restore_run *run)
{
    return rr_clock_unix_ms(run->reconciler->clock) / 1000;
}

/* Writes the status that follows from the answer if it is not stored already, and plans the next reconcile. */
struct rr_reconcile_result rr_restore_settle(struct rr_restore_run *run, const struct rr_restore_answer *answer);
/* Settles the verdict that an earlier run could not write. Returns false if there is none, or if it was made longer
 * than `age_max_ms` ago. */
bool rr_restore_settle_unwritten(struct rr_restore_run *run, int64_t age_max_ms,
                                 struct rr_reconcile_result *out_result);
/* Tries once to write that a discovery is under way. Gives up when `stop` is set. */
void rr_restore_settle_progressing(struct rr_restore_run *run, struct rr_stop *stop);

#endif
