/* restore_ahead: statuses that this process wrote and the watch has not brought back yet. What is computed next
 * starts from what is stored, not from what the store of this process still has: a watch whose connection died is
 * behind by minutes while writes go through (behaviour E-15, R-19). One for each object; another uid is another object.
 * Threads: any. Limits: 4 MiB of statuses in all; what does not fit is not kept, and the store's counts. */
#ifndef RR_RESTORE_AHEAD_H
#define RR_RESTORE_AHEAD_H

#include "restore_status.h"

#include <redisrestore/controller/object.h>

struct rr_restore_ahead;

enum { RR_RESTORE_AHEAD_MAX_BYTES = 4 << 20 };

struct rr_restore_ahead *rr_restore_ahead_new(void); /* returns owned */
void rr_restore_ahead_free(struct rr_restore_ahead *ahead);
/* The status of `object`, as the store has it, was written and `version` is its resourceVersion now. Copies. */
void rr_restore_ahead_keep(struct rr_restore_ahead *ahead, struct rr_slice key, const struct rr_object *object,
                           struct rr_slice version, const struct rr_restore_status *status);
/* True with *out_version and *out_status set, which were initialised: `object` is still the one that was written on.
 * Else they stay as they were, and what was kept is dropped. */
bool rr_restore_ahead_recall(struct rr_restore_ahead *ahead, struct rr_slice key, const struct rr_object *object,
                             struct rr_buf *out_version, struct rr_restore_status *out_status);
void rr_restore_ahead_forget(struct rr_restore_ahead *ahead, struct rr_slice key);

#endif
