/* metrics: a registry of counters, gauges and histograms, and its text exposition (Prometheus text format 0.0.4).
 * Families and label names are fixed at registration; series appear with their first use (or rr_metric_touch).
 * Threads: all from any thread. Ownership: families live as long as the registry; names and help are literals. */
#ifndef RR_METRICS_METRICS_H
#define RR_METRICS_METRICS_H

#include <redisrestore/base/buf.h>

enum { RR_METRIC_LABELS_MAX = 4, RR_METRIC_SERIES_MAX = 100000 };

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

/* `values` are the label values in order, ended by NULL (no labels: NULL). NULL families do nothing, so metrics are
 * optional everywhere. A series beyond RR_METRIC_SERIES_MAX of its family is dropped and counted in
 * redisrestore_metrics_dropped_total, which appears with the first. */
void rr_metric_touch(struct rr_metric_family *family, const char *const *values);
void rr_metric_add(struct rr_metric_family *family, const char *const *values, double amount);
void rr_metric_set(struct rr_metric_family *family, const char *const *values, double value);
void rr_metric_observe(struct rr_metric_family *family, const char *const *values, double value);
void rr_metric_remove(struct rr_metric_family *family, const char *const *values);
#define RR_LABELS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Called by rr_metrics_expose first, without a lock held, to refresh gauges. Borrows the context as long as the
 * registry. */
void rr_metrics_on_scrape(struct rr_metrics *metrics, void (*refresh)(void *context), void *context);
/* Appends the page. Families in the order of their registration, series in that of their first use. */
void rr_metrics_expose(struct rr_metrics *metrics, struct rr_buf *out_text);
/* process_* gauges from /proc/self, refreshed at scrapes. */
void rr_metrics_add_process(struct rr_metrics *metrics);

#endif
