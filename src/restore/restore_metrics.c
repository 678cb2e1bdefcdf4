#include "restore_metrics.h"

#include <stdio.h>

static const double discovery_bounds[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                           2.5,   5,    10,    30,   60,  120,  300, 600 };

void rr_restore_metrics_init(struct rr_restore_metrics *metrics, struct rr_metrics *registry)
{
    static const char *const result_labels[] = { "result", "reason", NULL };
    static const char *const code_labels[] = { "code", NULL };
    metrics->discoveries = rr_metrics_counter(registry, "redisrestore_discoveries_total",
                                              "Discoveries that ended, by result and reason.", result_labels);
    metrics->seconds =
        rr_metrics_histogram(registry, "redisrestore_discovery_duration_seconds", "Time of a discovery, good or bad.",
                             NULL, discovery_bounds, RR_COUNT(discovery_bounds));
    metrics->pages =
        rr_metrics_counter(registry, "redisrestore_discovery_pages_total", "Pages of listings that were read.", NULL);
    metrics->objects =
        rr_metrics_counter(registry, "redisrestore_discovery_objects_total", "Keys that were read.", NULL);
    metrics->s3_requests = rr_metrics_counter(registry, "redisrestore_s3_requests_total",
                                              "Requests to object stores by HTTP status.", code_labels);
    metrics->events_dropped =
        rr_metrics_counter(registry, "redisrestore_events_dropped_total", "Events that were not written.", NULL);
    rr_metric_touch(metrics->discoveries, RR_LABELS("success", rr_reason_name(RR_REASON_BACKUP_DISCOVERED)));
    rr_metric_touch(metrics->seconds, NULL);
    rr_metric_touch(metrics->pages, NULL);
    rr_metric_touch(metrics->objects, NULL);
}

void rr_restore_metrics_ended(const struct rr_restore_metrics *metrics, enum rr_reason reason,
                              const struct rr_discovery_result *result, int64_t took_ms)
{
    const char *outcome = reason == RR_REASON_BACKUP_DISCOVERED ? "success" : result != NULL ? "none" : "failure";
    rr_metric_add(metrics->discoveries, RR_LABELS(outcome, rr_reason_name(reason)), 1);
    rr_metric_observe(metrics->seconds, NULL, (double)took_ms / 1000);
    if (result != NULL) {
        rr_metric_add(metrics->pages, NULL, (double)result->pages);
        rr_metric_add(metrics->objects, NULL, (double)result->objects);
    }
}

void rr_restore_metrics_on_s3_request(void *context, int code)
{
    const struct rr_restore_metrics *metrics = context;
    char text[16] = "<error>";
    if (code > 0)
        (void)snprintf(text, sizeof(text), "%d", code);
    rr_metric_add(metrics->s3_requests, RR_LABELS(text), 1);
}
