/* SPDX-License-Identifier: Apache-2.0 */
/* restore_record: what this process knows about each object, in addition to the cache. There is one record for each
 * key. It is dropped with the object; another uid is another object (behaviour R-26). A record holds
 *   - the memory for decisions,
 *   - the stop token of the running reconcile, which a deletion or a change of the spec sets,
 *   - the verdict that could not be written, so that only the write is retried and not the discovery (F-13),
 *   - the status that was written and that the cache does not show yet. The next status is computed from it, for two
 *     reasons: a watch with a dead connection is minutes behind while writes succeed, and an older custom resource
 *     never shows all of what was written (E-15, R-19).
 * Threads: any. Limits: 4 MiB of verdicts and 4 MiB of written statuses. Above that nothing is kept: the discovery runs
 * again, and the cache's status counts. */
#ifndef RR_RESTORE_RECORD_H
#define RR_RESTORE_RECORD_H

#include "restore_decide.h"
#include "restore_events.h"
#include "restore_status_compute.h"

#include <redisrestore/base/stop.h>

enum { RR_RESTORE_RECORDS_MAX_BYTES = 4 << 20 }; /* for each kind of status */

/* A status to be written, and what follows once it is stored. */
struct rr_restore_verdict {
    int64_t generation;
    int64_t made_ms; /* monotonic */
    enum rr_reason reason;
    struct rr_restore_events_due due;
    bool told; /* the failed write was logged and an Event was recorded */
    struct rr_restore_status status;
};

struct rr_restore_records;

struct rr_restore_records *rr_restore_records_new(void); /* returns owned */
void rr_restore_records_free(struct rr_restore_records *records);

/* Returns the memory of this object. It is empty for an object that is not known yet. */
struct rr_restore_memory rr_restore_records_recall(struct rr_restore_records *records, struct rr_slice key,
                                                   struct rr_slice uid);
void rr_restore_records_remember(struct rr_restore_records *records, struct rr_slice key, struct rr_slice uid,
                                 const struct rr_restore_memory *memory);
/* Drops the record, or marks it to be dropped when the running reconcile has ended. */
void rr_restore_records_forget(struct rr_restore_records *records, struct rr_slice key);

/* A reconcile runs from enter to leave; rr_restore_records_cancel sets `stop`. Borrows it. Call enter first, then read
 * the cache: a thread that changes the cache and then cancels reaches every reconcile that may have read the old
 * object. */
void rr_restore_records_enter(struct rr_restore_records *records, struct rr_slice key, struct rr_stop *stop);
void rr_restore_records_leave(struct rr_restore_records *records, struct rr_slice key);
void rr_restore_records_cancel(struct rr_restore_records *records, struct rr_slice key);

/* Copies the verdict and replaces an older one. */
void rr_restore_records_keep_unwritten(struct rr_restore_records *records, struct rr_slice key, struct rr_slice uid,
                                       const struct rr_restore_verdict *verdict);
/* Moves the verdict to *out_verdict. Returns false, with *out_verdict unchanged, if there is none of this uid and
 * generation, or none that was made after `not_before_ms`. The status in *out_verdict was initialised. */
bool rr_restore_records_take_unwritten(struct rr_restore_records *records, struct rr_slice key, struct rr_slice uid,
                                       int64_t generation, int64_t not_before_ms,
                                       struct rr_restore_verdict *out_verdict);
void rr_restore_records_drop_unwritten(struct rr_restore_records *records, struct rr_slice key);

/* Records that the status of `object`, as the cache has it, was written, and that `version` is its resourceVersion now.
 * `in_part`: the server left something out, so the status counts even when the watch has delivered this version.
 * Copies. */
void rr_restore_records_keep_written(struct rr_restore_records *records, struct rr_slice key,
                                     const struct rr_object *object, struct rr_slice version,
                                     const struct rr_restore_status *status, bool in_part);
/* Returns true, with *out_version and *out_status set, if the cache shows nothing newer than the last write. Otherwise
 * they are unchanged. Both were initialised. */
bool rr_restore_records_recall_written(struct rr_restore_records *records, struct rr_slice key,
                                       const struct rr_object *object, struct rr_buf *out_version,
                                       struct rr_restore_status *out_status);
/* Returns whether the status `stored` of `object` differs from the last write of this process (behaviour E-17).
 * *out_known is false if this is not known: nothing was written yet, or the server stored only a part. */
bool rr_restore_records_is_altered(struct rr_restore_records *records, struct rr_slice key,
                                   const struct rr_object *object, const struct rr_restore_status *stored,
                                   bool *out_known);
/* Returns whether no reconcile runs for `object` and its resourceVersion is none of the last writes of this process. */
bool rr_restore_records_is_foreign(struct rr_restore_records *records, struct rr_slice key,
                                   const struct rr_object *object);
/* Records when the last write of this process was applied (restore_rival.h). 0: this is not known, because the outcome
 * of a write is not. */
void rr_restore_records_keep_applied(struct rr_restore_records *records, struct rr_slice key,
                                     const struct rr_object *object, int64_t applied_unix_s);
int64_t rr_restore_records_applied(struct rr_restore_records *records, struct rr_slice key,
                                   const struct rr_object *object);
/* Records that the stored status of `object` belongs to this question of its spec (rr_restore_spec), as of the status'
 * generation. `is_known` false: to which question it belongs is not known. */
void rr_restore_records_keep_question(struct rr_restore_records *records, struct rr_slice key,
                                      const struct rr_object *object, bool is_known, uint64_t question);
/* Returns whether the status of the object's generation `answered` belongs to this question. */
bool rr_restore_records_is_same_question(struct rr_restore_records *records, struct rr_slice key,
                                         const struct rr_object *object, int64_t answered, uint64_t question);
/* Records that the cache has `object` now (NULL: it is gone). Drops a written status that does not count any more. */
void rr_restore_records_settle_written(struct rr_restore_records *records, struct rr_slice key,
                                       const struct rr_object *object);

#endif
