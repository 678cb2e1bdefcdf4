/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_internal: the registry as its files see it. */
#ifndef RR_METRICS_INTERNAL_H
#define RR_METRICS_INTERNAL_H

#include <redisrestore/base/map.h>
#include <redisrestore/metrics/metrics.h>

#include <pthread.h>

enum rr_metric_type { RR_METRIC_COUNTER, RR_METRIC_GAUGE, RR_METRIC_HISTOGRAM };

enum { RR_METRIC_KEY_MAX_BYTES = 2048 };

struct rr_metric_series {
    double value;       /* of a histogram: the sum of what was observed */
    uint64_t count;     /* histogram */
    uint64_t buckets[]; /* histogram: not cumulative; the one beyond the last bound is in count alone */
};

struct rr_metric_family {
    struct rr_metrics *metrics;
    enum rr_metric_type type;
    const char *name, *help;
    const char *labels[RR_METRIC_LABELS_MAX];
    size_t label_count;
    const double *bounds;
    size_t bound_count;
    struct rr_map series; /* by the label values, each ended by a NUL */
    bool keeps_nothing;   /* fixed; then only `emitted` is used */
    struct {
        struct rr_buf text; /* lines of the page that is being written */
        size_t count;
    } emitted; /* under scrape_lock */
    struct rr_metric_family *next;
};

struct rr_metrics_refresh {
    void (*refresh)(void *context);
    void *context;
    void *owned; /* freed with the registry; NULL: none */
    struct rr_metrics_refresh *next;
};

/* scrape_lock is taken before `lock`; callbacks run under it. */
struct rr_metrics {
    pthread_mutex_t scrape_lock;
    struct rr_metrics_refresh *refreshes; /* under scrape_lock */
    pthread_mutex_t lock;
    struct {
        struct rr_metric_family *first, *last;
    } guarded;
    struct rr_metric_family *dropped; /* fixed: updates of series that were one too many */
};

/* The label values, each ended by a NUL. */
void rr_metric_key(const struct rr_metric_family *family, const char *const *values, struct rr_buf *key);

/* rr_metrics_on_scrape for a context that the registry owns. */
void rr_metrics_on_scrape_owned(struct rr_metrics *metrics, void (*refresh)(void *context), void *context);

#endif
