/* SPDX-License-Identifier: Apache-2.0 */
/* restore_record: what this process knows of each object beside the cache. One record for each key, forgotten with the
 * object; another uid is another object (behaviour R-26). A record holds
 *   - the memory for decisions,
 *   - the stop token of the reconcile that runs, which a deletion or a change of the spec sets,
 *   - the verdict that the API server did not take, so that only the write is retried and not the discovery (F-13),
 *   - the status that was written and that the cache does not show yet: the next one is computed from it, because a
 *     watch whose connection died is behind by minutes while writes go through, and an older custom resource never
 *     shows all of what was written (E-15, R-19).
 * Threads: any. Limits: 4 MiB of verdicts and 4 MiB of written statuses; what does not fit is not kept: its discovery
 * runs again, and the cache's status counts. */
#ifndef RR_RESTORE_RECORD_H
#define RR_RESTORE_RECORD_H

#include "restore_decide.h"
#include "restore_events.h"
#include "restore_status_compute.h"

#include <redisrestore/base/stop.h>

enum { RR_RESTORE_RECORDS_MAX_BYTES = 4 << 20 }; /* of each kind of status */

/* A status to be written, and what follows once it is. */
struct rr_restore_verdict {
    int64_t generation;
    int64_t made_ms; /* monotonic */
    enum rr_reason reason;
    struct rr_restore_events_due due;
    bool told; /* the log and an Event said that it could not be written */
    struct rr_restore_status status;
};

struct rr_restore_records;

struct rr_restore_records *rr_restore_records_new(void); /* returns owned */
void rr_restore_records_free(struct rr_restore_records *records);

/* Returns the memory of this object; an empty one for an object that was not seen before. */
struct rr_restore_memory rr_restore_records_recall(struct rr_restore_records *records, struct rr_slice key,
                                                   struct rr_slice uid);
void rr_restore_records_remember(struct rr_restore_records *records, struct rr_slice key, struct rr_slice uid,
                                 const struct rr_restore_memory *memory);
/* Drops the record, or lets it go when the reconcile that runs has left. */
void rr_restore_records_forget(struct rr_restore_records *records, struct rr_slice key);

/* A reconcile runs from enter to leave; `stop` is what rr_restore_records_cancel sets. Borrows it. Enter first, then
 * read the cache: a thread that changes the cache and then cancels reaches every reconcile that may have seen the old
 * object. */
void rr_restore_records_enter(struct rr_restore_records *records, struct rr_slice key, struct rr_stop *stop);
void rr_restore_records_leave(struct rr_restore_records *records, struct rr_slice key);
void rr_restore_records_cancel(struct rr_restore_records *records, struct rr_slice key);

/* Copies the verdict, in place of an older one. */
void rr_restore_records_keep_unwritten(struct rr_restore_records *records, struct rr_slice key, struct rr_slice uid,
                                       const struct rr_restore_verdict *verdict);
/* Takes the verdict out. False, with *out_verdict as it was, when there is none of this uid and generation, or none
 * that was made after `not_before_ms`. The status in *out_verdict was initialised. */
bool rr_restore_records_take_unwritten(struct rr_restore_records *records, struct rr_slice key, struct rr_slice uid,
                                       int64_t generation, int64_t not_before_ms,
                                       struct rr_restore_verdict *out_verdict);
void rr_restore_records_drop_unwritten(struct rr_restore_records *records, struct rr_slice key);

/* The status of `object`, as the cache has it, was written, and `version` is its resourceVersion now. `in_part`: the
 * server left something out, so the status counts also when the watch has brought this version. Copies. */
void rr_restore_records_keep_written(struct rr_restore_records *records, struct rr_slice key,
                                     const struct rr_object *object, struct rr_slice version,
                                     const struct rr_restore_status *status, bool in_part);
/* True with *out_version and *out_status set, which were initialised: the cache shows nothing that came after what was
 * written. Else they stay as they were. */
bool rr_restore_records_recall_written(struct rr_restore_records *records, struct rr_slice key,
                                       const struct rr_object *object, struct rr_buf *out_version,
                                       struct rr_restore_status *out_status);
/* Whether the stored status of `object`, which `digest` is of, is another one than this process wrote last (behaviour
 * E-17). *out_known is false when that cannot be told: nothing was written yet, or the server stored a part of it. */
bool rr_restore_records_is_altered(struct rr_restore_records *records, struct rr_slice key,
                                   const struct rr_object *object, const uint8_t digest[RR_SHA256_BYTES],
                                   bool *out_known);
/* Whether nothing runs for `object` and its resourceVersion is of none of the last writes of this process. */
bool rr_restore_records_is_foreign(struct rr_restore_records *records, struct rr_slice key,
                                   const struct rr_object *object);
/* The cache has `object` now (NULL: it is gone): drops a written status that does not count any more. */
void rr_restore_records_settle_written(struct rr_restore_records *records, struct rr_slice key,
                                       const struct rr_object *object);

#endif
