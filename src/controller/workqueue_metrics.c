/* SPDX-License-Identifier: Apache-2.0 */
#include "workqueue_metrics.h"

static const double seconds_bounds[] = { 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000 };

void rr_workqueue_metrics_init(struct rr_workqueue_metrics *metrics, struct rr_metrics *registry, const char *name)
{
    static const char *const labels[] = { "name", "controller", NULL };
    static const char *const depth_labels[] = { "name", "controller", "priority", NULL };
    *metrics = (struct rr_workqueue_metrics){ .name = name };
    if (registry == NULL)
        return;
    metrics->depth = rr_metrics_gauge(registry, "workqueue_depth",
                                      "Current depth of workqueue by workqueue and priority", depth_labels);
    metrics->adds =
        rr_metrics_counter(registry, "workqueue_adds_total", "Total number of adds handled by workqueue", labels);
    metrics->queue_seconds =
        rr_metrics_histogram(registry, "workqueue_queue_duration_seconds",
                             "How long in seconds an item stays in workqueue before being requested", labels,
                             seconds_bounds, RR_COUNT(seconds_bounds));
    metrics->work_seconds = rr_metrics_histogram(registry, "workqueue_work_duration_seconds",
                                                 "How long in seconds processing an item from workqueue takes.", labels,
                                                 seconds_bounds, RR_COUNT(seconds_bounds));
    metrics->unfinished_seconds = rr_metrics_gauge(
        registry, "workqueue_unfinished_work_seconds",
        "How many seconds of work has been done that is in progress and hasn't been observed by work_duration.",
        labels);
    metrics->longest_seconds =
        rr_metrics_gauge(registry, "workqueue_longest_running_processor_seconds",
                         "How many seconds has the longest running processor for workqueue been running.", labels);
    metrics->retries =
        rr_metrics_counter(registry, "workqueue_retries_total", "Total number of retries handled by workqueue", labels);
    rr_metric_touch(metrics->adds, RR_LABELS(name, name));
    rr_metric_touch(metrics->queue_seconds, RR_LABELS(name, name));
    rr_metric_touch(metrics->work_seconds, RR_LABELS(name, name));
    rr_metric_touch(metrics->retries, RR_LABELS(name, name));
    rr_workqueue_metrics_depth(metrics, 0);
    rr_workqueue_metrics_running(metrics, 0, 0);
}

void rr_workqueue_metrics_depth(const struct rr_workqueue_metrics *metrics, size_t depth)
{
    rr_metric_set(metrics->depth, RR_LABELS(metrics->name, metrics->name, ""), (double)depth);
}

void rr_workqueue_metrics_added(const struct rr_workqueue_metrics *metrics)
{
    rr_metric_add(metrics->adds, RR_LABELS(metrics->name, metrics->name), 1);
}

void rr_workqueue_metrics_retried(const struct rr_workqueue_metrics *metrics)
{
    rr_metric_add(metrics->retries, RR_LABELS(metrics->name, metrics->name), 1);
}

void rr_workqueue_metrics_taken(const struct rr_workqueue_metrics *metrics, int64_t waited_ms)
{
    rr_metric_observe(metrics->queue_seconds, RR_LABELS(metrics->name, metrics->name), (double)waited_ms / 1000);
}

void rr_workqueue_metrics_finished(const struct rr_workqueue_metrics *metrics, int64_t worked_ms)
{
    rr_metric_observe(metrics->work_seconds, RR_LABELS(metrics->name, metrics->name), (double)worked_ms / 1000);
}

void rr_workqueue_metrics_running(const struct rr_workqueue_metrics *metrics, int64_t all_ms, int64_t longest_ms)
{
    rr_metric_set(metrics->unfinished_seconds, RR_LABELS(metrics->name, metrics->name), (double)all_ms / 1000);
    rr_metric_set(metrics->longest_seconds, RR_LABELS(metrics->name, metrics->name), (double)longest_ms / 1000);
}
