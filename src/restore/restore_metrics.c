/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_metrics.h"

#include <stdio.h>

static const double discovery_bounds[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                           2.5,   5,    10,    30,   60,  120,  300, 600 };

/* Status codes that stores return. Any other status counts as "other", so that a store cannot create an unlimited
 * number of series (behaviour F-57). */
static const char *const s3_codes[] = { "200", "301", "302", "307", "308", "400", "401",   "403",    "404", "405",
                                        "408", "409", "411", "412", "413", "416", "429",   "500",    "501", "502",
                                        "503", "504", "505", "507", "509", "520", "other", "<error>" };

static const char *result_of(enum rr_reason reason)
{
    enum rr_retry_class class = rr_reason_class(reason);
    return class == RR_CLASS_NONE ? "success" : class == RR_CLASS_NOT_FOUND ? "none" : "failure";
}

static void touch_all(const struct rr_restore_metrics *metrics)
{
    for (size_t i = 0; i < RR_REASON_COUNT; i++) {
        enum rr_reason reason = (enum rr_reason)i;
        bool ends_one = reason != RR_REASON_EXACT && reason != RR_REASON_SUSPENDED && reason != RR_REASON_PROGRESSING;
        if (ends_one)
            rr_metric_touch(metrics->discoveries, RR_LABELS(result_of(reason), rr_reason_name(reason)));
    }
    for (size_t i = 0; i < RR_COUNT(s3_codes); i++)
        rr_metric_touch(metrics->s3_requests, RR_LABELS(s3_codes[i]));
    struct rr_metric_family *const plain[] = { metrics->seconds,    metrics->pages,          metrics->objects,
                                               metrics->s3_retries, metrics->events_dropped, metrics->rival_writes };
    for (size_t i = 0; i < RR_COUNT(plain); i++)
        rr_metric_touch(plain[i], NULL);
}

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
    metrics->s3_retries =
        rr_metrics_counter(registry, "redisrestore_s3_retries_total",
                           "Requests to object stores that were retried within their discovery.", NULL);
    metrics->events_dropped =
        rr_metrics_counter(registry, "redisrestore_events_dropped_total", "Events that were not written.", NULL);
    metrics->rival_writes = rr_metrics_counter(
        registry, "redisrestore_rival_status_writes_total",
        "Statuses of this controller that another controller replaced, at most one a minute for each object.", NULL);
    touch_all(metrics);
}

void rr_restore_metrics_ended(const struct rr_restore_metrics *metrics, enum rr_reason reason,
                              const struct rr_discovery_result *result, int64_t took_ms)
{
    rr_metric_add(metrics->discoveries, RR_LABELS(result_of(reason), rr_reason_name(reason)), 1);
    rr_metric_observe(metrics->seconds, NULL, (double)took_ms / 1000);
    if (result != NULL) {
        rr_metric_add(metrics->pages, NULL, (double)result->pages);
        rr_metric_add(metrics->objects, NULL, (double)result->objects);
    }
}

void rr_restore_metrics_on_s3_request(void *context, int code)
{
    const struct rr_restore_metrics *metrics = context;
    char text[16];
    (void)snprintf(text, sizeof(text), "%d", code);
    const char *label = code > 0 ? "other" : "<error>";
    for (size_t i = 0; i < RR_COUNT(s3_codes); i++)
        if (strcmp(s3_codes[i], text) == 0)
            label = s3_codes[i];
    rr_metric_add(metrics->s3_requests, RR_LABELS(label), 1);
}

void rr_restore_metrics_on_s3_retry(void *context)
{
    const struct rr_restore_metrics *metrics = context;
    rr_metric_add(metrics->s3_retries, NULL, 1);
}
