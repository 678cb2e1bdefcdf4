/* SPDX-License-Identifier: Apache-2.0 */
/* workqueue_metrics: the workqueue_* families with the names of client-go and controller-runtime (behaviour N-01).
 * Threads: any. Without a registry, all calls do nothing. */
#ifndef RR_CONTROLLER_WORKQUEUE_METRICS_H
#define RR_CONTROLLER_WORKQUEUE_METRICS_H

#include <redisrestore/metrics/metrics.h>

struct rr_workqueue_metrics {
    const char *name;
    struct rr_metric_family *depth, *adds, *queue_seconds, *work_seconds, *unfinished_seconds, *longest_seconds,
        *retries;
};

void rr_workqueue_metrics_init(struct rr_workqueue_metrics *metrics, struct rr_metrics *registry, const char *name);
void rr_workqueue_metrics_depth(const struct rr_workqueue_metrics *metrics, size_t depth);
void rr_workqueue_metrics_added(const struct rr_workqueue_metrics *metrics);
void rr_workqueue_metrics_retried(const struct rr_workqueue_metrics *metrics);
void rr_workqueue_metrics_taken(const struct rr_workqueue_metrics *metrics, int64_t waited_ms);
void rr_workqueue_metrics_finished(const struct rr_workqueue_metrics *metrics, int64_t worked_ms);
void rr_workqueue_metrics_running(const struct rr_workqueue_metrics *metrics, int64_t all_ms, int64_t longest_ms);

#endif
