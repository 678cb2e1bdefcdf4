/* SPDX-License-Identifier: Apache-2.0 */
/* metrics: a registry of counters, gauges and histograms, and its output in the Prometheus text format 0.0.4.
 * A family (a metric with its label names) is fixed when it is registered. A series (one combination of label values)
 * is created by its first use, or by rr_metric_touch.
 * Threads: any. Ownership: families live as long as the registry; names and help texts are literals. */
#ifndef RR_METRICS_METRICS_H
#define RR_METRICS_METRICS_H

#include <redisrestore/base/buf.h>

enum {
    RR_METRIC_LABELS_MAX = 4,
    /* Of one family. Three families of this size, with the longest names of objects, stay below the 32 MiB of a page.
     */
    RR_METRIC_SERIES_MAX = 25000,
};

struct rr_metrics; /* the registry */
struct rr_metric_family;

struct rr_metrics *rr_metrics_new(void);
void rr_metrics_free(struct rr_metrics *metrics);
RR_DEFINE_FREEP(metrics)

/* Register a family. `labels` is an array of literals that ends in NULL; `labels` NULL: no labels. The result is
 * borrowed from the registry. A name that exists is an assert. `bounds` are the upper bounds of the buckets, in
 * ascending order and without +Inf; they are borrowed as long as the registry lives. */
struct rr_metric_family *rr_metrics_counter(struct rr_metrics *metrics, const char *name, const char *help,
                                            const char *const *labels);
struct rr_metric_family *rr_metrics_gauge(struct rr_metrics *metrics, const char *name, const char *help,
                                          const char *const *labels);
struct rr_metric_family *rr_metrics_histogram(struct rr_metrics *metrics, const char *name, const char *help,
                                              const char *const *labels, const double *bounds, size_t bound_count);

/* Registers a gauge that stores nothing: for each page, the callbacks of rr_metrics_on_scrape emit its series. It is
 * for values that are stored elsewhere already, one for each object. */
struct rr_metric_family *rr_metrics_emitted(struct rr_metrics *metrics, const char *name, const char *help,
                                            const char *const *labels);

/* Change a series. `values` are the label values in order, ended by NULL; `values` NULL: no labels. With a NULL family
 * these functions do nothing, so metrics are optional everywhere. A series beyond RR_METRIC_SERIES_MAX of its family is
 * dropped and counted in redisrestore_metrics_dropped_total, which every registry has. */
void rr_metric_touch(struct rr_metric_family *family, const char *const *values);
void rr_metric_add(struct rr_metric_family *family, const char *const *values, double amount);
void rr_metric_set(struct rr_metric_family *family, const char *const *values, double value);
void rr_metric_observe(struct rr_metric_family *family, const char *const *values, double value);
#define RR_LABELS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Emits one sample of the current page. Call it only from a callback of rr_metrics_on_scrape, once for each combination
 * of label values. */
void rr_metric_emit(struct rr_metric_family *family, const char *const *values, double value);

/* Registers a callback that rr_metrics_expose calls first, to set gauges and to emit. Callbacks run one at a time, and
 * updates of metrics do not wait for them. Borrows the context until rr_metrics_off_scrape, which waits for a running
 * callback. */
void rr_metrics_on_scrape(struct rr_metrics *metrics, void (*refresh)(void *context), void *context);
void rr_metrics_off_scrape(struct rr_metrics *metrics, void (*refresh)(void *context), const void *context);
/* Appends the page. Families are in the order of their registration, and series in the order of their first use.
 * Updates wait only while the numbers of one family are copied, not while they are written as text. */
void rr_metrics_expose(struct rr_metrics *metrics, struct rr_buf *out_text);
/* Registers the process_* gauges, which are read from /proc/self for each page. */
void rr_metrics_add_process(struct rr_metrics *metrics);

#endif
