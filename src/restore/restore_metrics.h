/* SPDX-License-Identifier: Apache-2.0 */
/* restore_metrics: counts and durations of discoveries, without a label that grows with the number of objects
 * (behaviour F-57).
 * Threads: any. */
#ifndef RR_RESTORE_METRICS_H
#define RR_RESTORE_METRICS_H

#include <redisrestore/discovery/discovery.h>
#include <redisrestore/metrics/metrics.h>

struct rr_restore_metrics {
    struct rr_metric_family *discoveries, *seconds, *pages, *objects, *s3_requests, *s3_retries, *events_dropped,
        *rival_writes;
};

void rr_restore_metrics_init(struct rr_restore_metrics *metrics, struct rr_metrics *registry);
void rr_restore_metrics_ended(const struct rr_restore_metrics *metrics, enum rr_reason reason,
                              const struct rr_discovery_result *result, int64_t took_ms);
/* For struct rr_s3_observer: `context` is the metrics. */
void rr_restore_metrics_on_s3_request(void *context, int code);
void rr_restore_metrics_on_s3_retry(void *context);

#endif
