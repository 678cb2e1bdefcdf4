/* SPDX-License-Identifier: Apache-2.0 */
/* restore_events: Events for changes of a status (behaviour E-06, (i)). Threads: any; never blocks. */
#ifndef RR_RESTORE_EVENTS_H
#define RR_RESTORE_EVENTS_H

#include "restore_status_compute.h"

#include <redisrestore/controller/events.h>
#include <redisrestore/controller/object.h>

/* The Events that are due once a status is stored: one when the reason of Ready changed, except to Progressing;
 * AmbiguousReplicationID once for each generation; each warning of the result once for each RDB that it is about. */
struct rr_restore_events_due {
    bool reason, several_ids;
    bool warnings[RR_WARNING_COUNT]; /* once for each RDB */
};
struct rr_restore_events_due rr_restore_events_of_change(const struct rr_restore_status *before,
                                                         const struct rr_restore_status *after,
                                                         const struct rr_restore_answer *answer);
void rr_restore_events_tell(struct rr_events *events, const struct rr_object *object, struct rr_restore_events_due due,
                            enum rr_reason reason, struct rr_slice message);

/* Records a Warning about the API server or the CRD. `reason` and `note` are literals. */
void rr_restore_events_warn(struct rr_events *events, const struct rr_object *object, const char *reason,
                            struct rr_slice note);

#endif
