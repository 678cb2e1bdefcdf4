/* SPDX-License-Identifier: Apache-2.0 */
/* restore_late: calls back if a discovery is not finished after a second. A slow discovery is then reported as under
 * way, and a fast one needs only one write (behaviour T-06). Threads: begin and end from any; on_late runs on a thread
 * of its own, one call at a time, and may block. */
#ifndef RR_RESTORE_LATE_H
#define RR_RESTORE_LATE_H

#include <redisrestore/base/clock.h>

enum { RR_RESTORE_LATE_AFTER_MS = 1000 };

struct rr_restore_late;

/* The owner keeps it alive from begin to end. */
struct rr_restore_ticket {
    void (*on_late)(void *context);
    void *context;
    int64_t due_at_ms; /* private, as all members below */
    bool called;
    struct rr_restore_ticket *next;
};

struct rr_restore_late *rr_restore_late_start(const struct rr_clock *clock); /* returns owned */
void rr_restore_late_free(struct rr_restore_late *late);                     /* every ticket must have ended */
void rr_restore_late_begin(struct rr_restore_late *late, struct rr_restore_ticket *ticket);
/* After the return on_late is not running and will not be called. Returns true if it was called. */
bool rr_restore_late_end(struct rr_restore_late *late, struct rr_restore_ticket *ticket);

#endif
