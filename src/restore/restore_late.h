/* SPDX-License-Identifier: Apache-2.0 */
/* restore_late: calls back if a discovery is not finished after a second, so a slow discovery says that it is under
 * way, and a fast one needs one write only (behaviour T-06). Threads: begin and end from any; on_late runs on a thread
 * of its own, one at a time, and may wait. */
#ifndef RR_RESTORE_LATE_H
#define RR_RESTORE_LATE_H

#include <redisrestore/base/clock.h>

enum { RR_RESTORE_LATE_AFTER_MS = 1000 };

struct rr_restore_late;

/* Lives in its owner from begin to end. */
struct rr_restore_ticket {
    void (*on_late)(void *context);
    void *context;
    int64_t due_at_ms; /* private, as all below */
    bool called;
    struct rr_restore_ticket *next;
};

struct rr_restore_late *rr_restore_late_start(const struct rr_clock *clock); /* returns owned */
void rr_restore_late_free(struct rr_restore_late *late);                     /* every ticket has ended */
void rr_restore_late_begin(struct rr_restore_late *late, struct rr_restore_ticket *ticket);
/* After it on_late is not running and will not be called. True when it was. */
bool rr_restore_late_end(struct rr_restore_late *late, struct rr_restore_ticket *ticket);

#endif
