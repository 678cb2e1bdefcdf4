/* SPDX-License-Identifier: Apache-2.0 */
/* restore_visit: the way of one discovery through the gate of its endpoint (behaviour F-59): whether it may run, and
 * what its outcome means for other discoveries. Threads: that of the run; any thread may call the observer. */
#ifndef RR_RESTORE_VISIT_H
#define RR_RESTORE_VISIT_H

#include "restore_metrics.h"
#include "restore_spec.h"

#include <redisrestore/controller/gate.h>
#include <redisrestore/controller/workqueue.h>
#include <redisrestore/s3/s3_client.h>

#include <stdatomic.h>

/* Borrows everything. */
struct rr_restore_visit {
    struct rr_gate *gate;
    struct rr_workqueue *queue;
    struct rr_restore_metrics *metrics;
    struct rr_slice key;
    bool proven;                 /* the endpoint replies: the discovery is expected to be short */
    atomic_bool asked, answered; /* a request to the endpoint has ended; with a reply */
};

enum rr_restore_admission {
    RR_RESTORE_ADMITTED, /* rr_restore_visit_end must follow */
    RR_RESTORE_WAITS,    /* the queue delivers the key again; *out_since_ms is since when it waits */
    RR_RESTORE_REFUSED,  /* *err is the endpoint's error */
};

/* `visit` has its first four fields set. An invalid endpoint is admitted: the discovery reports what is wrong with
 * it. */
enum rr_restore_admission rr_restore_visit_begin(struct rr_restore_visit *visit, const struct rr_restore_spec *spec,
                                                 int64_t *out_since_ms, struct rr_error *err);
/* From now on the run waits for the store: another run may use its worker. */
void rr_restore_visit_waits(struct rr_restore_visit *visit);
/* Returns an observer that counts requests and reports the first reply to the gate. Borrows the visit. */
struct rr_s3_observer rr_restore_visit_observer(struct rr_restore_visit *visit);
/* `code` says how the discovery failed; RR_E_OK if it did not fail. A discovery that sent no request to the endpoint,
 * because its credentials did not come in time, says nothing about the endpoint. If the visit was not begun, only
 * removes the key from the gate. */
void rr_restore_visit_end(struct rr_restore_visit *visit, enum rr_code code);

#endif
