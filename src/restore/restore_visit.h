/* SPDX-License-Identifier: Apache-2.0 */
/* restore_visit: one discovery's way through the gate of its endpoint (behaviour F-59): whether it may run, and what
 * the others learn from how it ends. Threads: as the run's, but for the observer, which any thread may call. */
#ifndef RR_RESTORE_VISIT_H
#define RR_RESTORE_VISIT_H

#include "restore_metrics.h"
#include "restore_spec.h"

#include <redisrestore/controller/gate.h>
#include <redisrestore/controller/workqueue.h>
#include <redisrestore/s3/s3_client.h>

#include <stdatomic.h>

/* Borrows all. */
struct rr_restore_visit {
    struct rr_gate *gate;
    struct rr_workqueue *queue;
    struct rr_restore_metrics *metrics;
    struct rr_slice key;
    bool proven; /* the endpoint answers: the discovery is expected to be short */
    atomic_bool answered;
};

enum rr_restore_admission {
    RR_RESTORE_ADMITTED, /* rr_restore_visit_end must follow */
    RR_RESTORE_WAITS,    /* the queue brings the key again; *out_since_ms is since when it waits */
    RR_RESTORE_REFUSED,  /* *err is the endpoint's */
};

/* `visit` has its first four fields. An endpoint that is none is admitted: the discovery says what is wrong with it. */
enum rr_restore_admission rr_restore_visit_begin(struct rr_restore_visit *visit, const struct rr_restore_spec *spec,
                                                 int64_t *out_since_ms, struct rr_error *err);
/* From now on the run waits for the store: others may have its place. */
void rr_restore_visit_waits(struct rr_restore_visit *visit);
/* Counts requests, and tells the gate of the first reply. Borrows the visit. */
struct rr_s3_observer rr_restore_visit_observer(struct rr_restore_visit *visit);
/* `code`: how the discovery failed; RR_E_OK: it did not, or did not come to ask. Nothing but that the key leaves the
 * gate if the visit was not begun. */
void rr_restore_visit_end(struct rr_restore_visit *visit, enum rr_code code);

#endif
