/* SPDX-License-Identifier: Apache-2.0 */
#include "reflector_internal.h"

void rr_reflector_metrics_init(struct rr_reflector_metrics *metrics, struct rr_metrics *registry)
{
    static const char *const event_labels[] = { "namespace", NULL };
    static const char *const round_labels[] = { "operation", "result", NULL };
    static const char *const operations[] = { "stream", "list", "watch" };
    metrics->last_event =
        rr_metrics_gauge(registry, "redisrestore_watch_last_event_timestamp_seconds",
                         "Time of the last objects, event or bookmark from the API server. Bookmarks come "
                         "about every minute; namespace \"\" is all.",
                         event_labels);
    metrics->rounds = rr_metrics_counter(
        registry, "redisrestore_list_watch_total",
        "Lists and watches that ended, by result. A stream is a list that continues as a watch.", round_labels);
    for (size_t i = 0; i < RR_COUNT(operations); i++) {
        rr_metric_touch(metrics->rounds, RR_LABELS(operations[i], "success"));
        rr_metric_touch(metrics->rounds, RR_LABELS(operations[i], "error"));
    }
}

void rr_reflector_count(const struct rr_reflector *reflector, const char *operation, bool success)
{
    rr_metric_add(reflector->options.metrics.rounds, RR_LABELS(operation, success ? "success" : "error"), 1);
}

void rr_reflector_heard(const struct rr_reflector *reflector)
{
    rr_metric_set(reflector->options.metrics.last_event, RR_LABELS(rr_buf_text(&reflector->namespace_name)),
                  (double)rr_clock_unix_ms(reflector->options.clock) / 1000.0);
}
