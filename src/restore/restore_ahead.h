/* restore_ahead: statuses that this process wrote and the store of this process does not show. What is computed next
 * starts from them: a watch whose connection died is behind by minutes while writes go through, and an older custom
 * resource never shows all of what was written (behaviour E-15, R-19). One for each object; another uid is another one.
 * Threads: any. Limits: 4 MiB of statuses in all; what does not fit is not kept, and the store's counts. */
#ifndef RR_RESTORE_AHEAD_H
#define RR_RESTORE_AHEAD_H

#include "restore_status.h"

#include <redisrestore/controller/object.h>

struct rr_restore_ahead;

struct rr_restore_ahead *rr_restore_ahead_new(void); /* returns owned */
void rr_restore_ahead_free(struct rr_restore_ahead *ahead);
/* The status of `object`, as the store has it, was written and `version` is its resourceVersion now. `in_part`: the
 * server left something out, so that it counts also when the watch has brought this version. Copies. */
void rr_restore_ahead_keep(struct rr_restore_ahead *ahead, struct rr_slice key, const struct rr_object *object,
                           struct rr_slice version, const struct rr_restore_status *status, bool in_part);
/* True with *out_version and *out_status set, which were initialised: nothing came after what was written. Else they
 * stay as they were. */
bool rr_restore_ahead_recall(struct rr_restore_ahead *ahead, struct rr_slice key, const struct rr_object *object,
                             struct rr_buf *out_version, struct rr_restore_status *out_status);
/* The store has `object` now (NULL: it is gone): drops what does not count any more. */
void rr_restore_ahead_settle(struct rr_restore_ahead *ahead, struct rr_slice key, const struct rr_object *object);

#endif
