/* SPDX-License-Identifier: Apache-2.0 */
/* workers: threads that take keys from the work queue and reconcile them (behaviour W-07). `count` of them reconcile
 * concurrently. For each key that waits aside (rr_workqueue_waits) there may be one more thread, and one further thread
 * is idle. Threads that are no longer needed end.
 * Threads: reconcile is called from any worker, never concurrently for one key. */
#ifndef RR_CONTROLLER_WORKERS_H
#define RR_CONTROLLER_WORKERS_H

#include <redisrestore/base/log.h>
#include <redisrestore/base/stop.h>
#include <redisrestore/controller/workqueue.h>

enum rr_reconcile_next {
    RR_RECONCILE_DONE,  /* forget failures; wait for the next change */
    RR_RECONCILE_AFTER, /* forget failures; reconcile again after delay_ms */
    RR_RECONCILE_RETRY, /* failed: retry with back-off, within delay_ms if it is not 0 */
    RR_RECONCILE_FAILED /* permanent failure: no retry before a change, or before delay_ms if it is not 0 */
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
    const char *group, *kind;   /* of the reconciled objects, for the log; literals */
    void *context;
    /* `log` has the fields of controller-runtime: controller, controllerGroup, controllerKind, namespace, name,
     * reconcileID. The callee logs each failure, once. */
    struct rr_reconcile_result (*reconcile)(void *context, struct rr_slice key, const struct rr_log *log,
                                            struct rr_stop *stop);
};

struct rr_workers;
/* Returns owned. Registers the metrics at once, so that a standby shows zeros. */
struct rr_workers *rr_workers_new(const struct rr_workers_options *options);
void rr_workers_start(struct rr_workers *workers); /* at most once */
void rr_workers_free(struct rr_workers *workers);  /* call after the queue was shut down; joins the threads */
RR_DEFINE_FREEP(workers)

#endif
