/* SPDX-License-Identifier: Apache-2.0 */
/* workers: threads that take keys and reconcile them (behaviour W-07). `count` of them run at once; for each key that
 * waits aside (rr_workqueue_waits) there may be one more, and one is idle. Threads that are not needed any more end.
 * Threads: reconcile is called from any of them, never twice at once for one key. */
#ifndef RR_CONTROLLER_WORKERS_H
#define RR_CONTROLLER_WORKERS_H

#include <redisrestore/base/log.h>
#include <redisrestore/base/stop.h>
#include <redisrestore/controller/workqueue.h>

enum rr_reconcile_next {
    RR_RECONCILE_DONE,  /* forget failures; nothing more until the next change */
    RR_RECONCILE_AFTER, /* forget failures; again after delay_ms */
    RR_RECONCILE_RETRY, /* failed: again with back-off */
    RR_RECONCILE_FAILED /* failed as things stand: not again before a change, or delay_ms, where it is not 0 */
};

struct rr_reconcile_result {
    enum rr_reconcile_next next;
    int64_t delay_ms;
};

struct rr_workers_options {
    struct rr_workqueue *queue;
    int count;        /* the queue's places */
    size_t aside_max; /* as the queue's */
    struct rr_stop *stop;
    const struct rr_log *log;
    const struct rr_clock *clock;
    struct rr_metrics *metrics; /* controller_runtime_* families; may be NULL */
    const char *name;           /* label controller; literal */
    const char *group, *kind;   /* of what is reconciled, for the log; literals */
    void *context;
    /* `log` has controller-runtime's fields: controller, controllerGroup, controllerKind, namespace, name, reconcileID.
     * A failure was logged by the callee, once. */
    struct rr_reconcile_result (*reconcile)(void *context, struct rr_slice key, const struct rr_log *log,
                                            struct rr_stop *stop);
};

struct rr_workers;
/* Returns owned. Its metrics are there from now on, so that one that stands by shows zeros. */
struct rr_workers *rr_workers_new(const struct rr_workers_options *options);
void rr_workers_start(struct rr_workers *workers); /* once, or never */
void rr_workers_free(struct rr_workers *workers);  /* after the queue was shut down: joins */
RR_DEFINE_FREEP(workers)

#endif
