/* SPDX-License-Identifier: Apache-2.0 */
/* restore_status_compute: computes a status from the previous status and an answer (behaviour T-05 to T-09, E-13,
 * E-15). Pure. */
#ifndef RR_RESTORE_STATUS_COMPUTE_H
#define RR_RESTORE_STATUS_COMPUTE_H

#include "restore_spec.h"
#include "restore_status.h"

#include <redisrestore/discovery/discovery.h>

/* The answer of a reconcile, before it becomes a status. */
struct rr_restore_answer {
    enum rr_reason reason;
    struct rr_slice message;                  /* borrows */
    const struct rr_discovery_result *result; /* borrows; NULL unless the store answered */
    bool discovery_ended;                     /* the trigger counts as handled */
    bool same_question; /* `before` is about this generation, or about an older one that meant the same backup */
};

/* *out_status was initialised. `generation` and `spec` are those of the object that was read. */
void rr_restore_status_compute(const struct rr_restore_status *before, const struct rr_restore_spec *spec,
                               int64_t generation, const struct rr_restore_answer *answer, int64_t now_unix_s,
                               struct rr_restore_status *out_status);

/* Returns whether `after` has nothing new: it is equal, or equal except for numbers of the discovery and a
 * lastDiscoveryTime less than 5 minutes newer. */
bool rr_restore_status_is_same_answer(const struct rr_restore_status *before, const struct rr_restore_status *after);

/* Returns whether this controller can have written a status of this generation: no part of it contradicts another
 * (behaviour E-17). Returns false for a status of another generation. */
bool rr_restore_status_is_coherent(const struct rr_restore_status *status, int64_t generation);

#endif
