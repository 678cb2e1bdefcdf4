/* restore_unwritten: answers that the API server did not take, so that only the write is tried again and not the
 * discovery (behaviour F-13). One for each object, of one generation; another uid is another object.
 * Threads: any. Limits: 4 MiB of statuses in all; what does not fit is not kept, and its discovery runs again. */
#ifndef RR_RESTORE_UNWRITTEN_H
#define RR_RESTORE_UNWRITTEN_H

#include "restore_events.h"
#include "restore_status.h"

/* A status to be written, and what follows once it is. */
struct rr_restore_verdict {
    int64_t generation;
    int64_t made_ms; /* monotonic */
    enum rr_reason reason;
    struct rr_restore_events_due due;
    bool told; /* that it could not be written */
    struct rr_restore_status status;
};

struct rr_restore_unwritten;

struct rr_restore_unwritten *rr_restore_unwritten_new(void); /* returns owned */
void rr_restore_unwritten_free(struct rr_restore_unwritten *unwritten);
/* Copies the verdict, in place of an older one. */
void rr_restore_unwritten_keep(struct rr_restore_unwritten *unwritten, struct rr_slice key, struct rr_slice uid,
                               const struct rr_restore_verdict *verdict);
/* Takes what was kept out. False, with out_verdict as it was, when there is nothing of this uid and generation, or
 * nothing that was made after `not_before_ms`. The status in *out_verdict was initialised. */
bool rr_restore_unwritten_take(struct rr_restore_unwritten *unwritten, struct rr_slice key, struct rr_slice uid,
                               int64_t generation, int64_t not_before_ms, struct rr_restore_verdict *out_verdict);
void rr_restore_unwritten_forget(struct rr_restore_unwritten *unwritten, struct rr_slice key);

#endif
