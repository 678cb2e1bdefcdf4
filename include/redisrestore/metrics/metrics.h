/* SPDX-License-Identifier: Apache-2.0 */
/* metrics: a registry of counters, gauges and histograms, and its text exposition (Prometheus text format 0.0.4).
 * Families and label names are fixed at registration; series appear with their first use (or rr_metric_touch).
 * Threads: all from any thread. Ownership: families live as long as the registry; names and help are literals. */
#ifndef RR_METRICS_METRICS_H
#define RR_METRICS_METRICS_H

#include <redisrestore/base/buf.h>

enum {
    RR_METRIC_LABELS_MAX = 4,
    /* Of one family. Three families of it with the longest names of objects stay below the 32 MiB of a page. */
    RR_METRIC_SERIES_MAX = 25000,
};

struct rr_metrics; /* the registry */
struct rr_metric_family;

struct rr_metrics *rr_metrics_new(void);
void rr_metrics_free(struct rr_metrics *metrics);
RR_DEFINE_FREEP(metrics)

/* `labels` is NULL-terminated literals (NULL: none). Returns borrowed from the registry. A name that exists is an
 * assert. `bounds` rise, do not hold +Inf and are borrowed as long as the registry. */
struct rr_metric_family *rr_metrics_counter(struct rr_metrics *metrics, const char *name, const char *help,
                                            const char *const *labels);
struct rr_metric_family *rr_metrics_gauge(struct rr_metrics *metrics, const char *name, const char *help,
                                          const char *const *labels);
struct rr_metric_family *rr_metrics_histogram(struct rr_metrics *metrics, const char *name, const char *help,
                                              const char *const *labels, const double *bounds, size_t bound_count);

/* A gauge that keeps nothing: its series are those that callbacks of rr_metrics_on_scrape emit for the page that is
 * being written. For values that stand elsewhere already, one for each object. */
struct rr_metric_family *rr_metrics_emitted(struct rr_metrics *metrics, const char *name, const char *help,
                                            const char *const *labels);

/* `values` are the label values in order, ended by NULL (no labels: NULL). NULL families do nothing, so metrics are
 * optional everywhere. A series beyond RR_METRIC_SERIES_MAX of its family is dropped and counted in
 * redisrestore_metrics_dropped_total, which every registry has. */
void rr_metric_touch(struct rr_metric_family *family, const char *const *values);
void rr_metric_add(struct rr_metric_family *family, const char *const *values, double amount);
void rr_metric_set(struct rr_metric_family *family, const char *const *values, double value);
void rr_metric_observe(struct rr_metric_family *family, const char *const *values, double value);
#define RR_LABELS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* From a callback of rr_metrics_on_scrape only: one sample of this page, each combination of values once. */
void rr_metric_emit(struct rr_metric_family *family, const char *const *values, double value);

/* Called by rr_metrics_expose first, one callback at a time, to refresh gauges and to emit. Updates of metrics do
 * not wait for it. Borrows the context until rr_metrics_off_scrape, which waits for a callback under way. */
void rr_metrics_on_scrape(struct rr_metrics *metrics, void (*refresh)(void *context), void *context);
void rr_metrics_off_scrape(struct rr_metrics *metrics, void (*refresh)(void *context), const void *context);
/* Appends the page. Families in the order of their registration, series in that of their first use. Updates wait only
 * while the numbers of one family are copied, not while they are written as text. */
void rr_metrics_expose(struct rr_metrics *metrics, struct rr_buf *out_text);
/* process_* gauges from /proc/self, refreshed at scrapes. */
void rr_metrics_add_process(struct rr_metrics *metrics);

#endif
