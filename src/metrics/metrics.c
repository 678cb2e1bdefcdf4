/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics_internal.h"

#include <redisrestore/base/mem.h>

struct rr_metrics *rr_metrics_new(void)
{
    struct rr_metrics *metrics = RR_NEW(struct rr_metrics);
    rr_assert(pthread_mutex_init(&metrics->scrape_lock, NULL) == 0);
    rr_assert(pthread_mutex_init(&metrics->lock, NULL) == 0);
    metrics->dropped =
        rr_metrics_counter(metrics, "redisrestore_metrics_dropped_total",
                           "Updates of series that were dropped because their metric had too many.", NULL);
    rr_metric_touch(metrics->dropped, NULL);
    return metrics;
}

void rr_metrics_free(struct rr_metrics *metrics)
{
    if (metrics == NULL)
        return;
    for (struct rr_metric_family *family = metrics->guarded.first, *next; family != NULL; family = next) {
        next = family->next;
        rr_map_done(&family->series, rr_free);
        rr_buf_done(&family->emitted.text);
        rr_free(family);
    }
    for (struct rr_metrics_refresh *refresh = metrics->refreshes, *next; refresh != NULL; refresh = next) {
        next = refresh->next;
        rr_free(refresh->owned);
        rr_free(refresh);
    }
    (void)pthread_mutex_destroy(&metrics->lock);
    (void)pthread_mutex_destroy(&metrics->scrape_lock);
    rr_free(metrics);
}

static struct rr_metric_family *add_family(struct rr_metrics *metrics, enum rr_metric_type type, const char *name,
                                           const char *help, const char *const *labels)
{
    struct rr_metric_family *family = RR_NEW(struct rr_metric_family);
    *family = (struct rr_metric_family){ .metrics = metrics, .type = type, .name = name, .help = help };
    for (; labels != NULL && labels[family->label_count] != NULL; family->label_count++) {
        rr_assert(family->label_count < RR_METRIC_LABELS_MAX);
        family->labels[family->label_count] = labels[family->label_count];
    }
    pthread_mutex_lock(&metrics->lock);
    for (const struct rr_metric_family *other = metrics->guarded.first; other != NULL; other = other->next)
        rr_assert(strcmp(other->name, name) != 0);
    if (metrics->guarded.last != NULL)
        metrics->guarded.last->next = family;
    else
        metrics->guarded.first = family;
    metrics->guarded.last = family;
    pthread_mutex_unlock(&metrics->lock);
    return family;
}

struct rr_metric_family *rr_metrics_counter(struct rr_metrics *metrics, const char *name, const char *help,
                                            const char *const *labels)
{
    return add_family(metrics, RR_METRIC_COUNTER, name, help, labels);
}

struct rr_metric_family *rr_metrics_gauge(struct rr_metrics *metrics, const char *name, const char *help,
                                          const char *const *labels)
{
    return add_family(metrics, RR_METRIC_GAUGE, name, help, labels);
}

struct rr_metric_family *rr_metrics_histogram(struct rr_metrics *metrics, const char *name, const char *help,
                                              const char *const *labels, const double *bounds, size_t bound_count)
{
    struct rr_metric_family *family = add_family(metrics, RR_METRIC_HISTOGRAM, name, help, labels);
    family->bounds = bounds;
    family->bound_count = bound_count;
    return family;
}

struct rr_metric_family *rr_metrics_emitted(struct rr_metrics *metrics, const char *name, const char *help,
                                            const char *const *labels)
{
    struct rr_metric_family *family = add_family(metrics, RR_METRIC_GAUGE, name, help, labels);
    family->keeps_nothing = true;
    return family;
}

void rr_metric_key(const struct rr_metric_family *family, const char *const *values, struct rr_buf *key)
{
    for (size_t i = 0; i < family->label_count; i++) {
        rr_assert(values != NULL && values[i] != NULL);
        rr_buf_add(key, rr_slice_from(values[i]));
        rr_buf_add_byte(key, '\0');
    }
}

/* NULL when the family is full: a label that takes any value must not eat the memory (behaviour F-57). Needs the lock.
 */
static struct rr_metric_series *series_of(struct rr_metric_family *family, const char *const *values)
{
    rr_assert(!family->keeps_nothing);
    rr_auto(buf) key = RR_BUF(RR_METRIC_KEY_MAX_BYTES);
    rr_metric_key(family, values, &key);
    struct rr_metric_series *series = rr_map_get(&family->series, rr_buf_slice(&key));
    if (series != NULL && !key.overflow)
        return series;
    if (key.overflow || rr_map_count(&family->series) >= RR_METRIC_SERIES_MAX) {
        series_of(family->metrics->dropped, NULL)->value++;
        return NULL;
    }
    series = rr_alloc(sizeof(*series) + family->bound_count * sizeof(series->buckets[0]));
    (void)rr_map_put(&family->series, rr_buf_slice(&key), series); /* it was empty */
    return series;
}

void rr_metric_touch(struct rr_metric_family *family, const char *const *values)
{
    rr_metric_add(family, values, 0);
}

void rr_metric_add(struct rr_metric_family *family, const char *const *values, double amount)
{
    if (family == NULL)
        return;
    pthread_mutex_lock(&family->metrics->lock);
    struct rr_metric_series *series = series_of(family, values);
    if (series != NULL)
        series->value += amount;
    pthread_mutex_unlock(&family->metrics->lock);
}

void rr_metric_set(struct rr_metric_family *family, const char *const *values, double value)
{
    if (family == NULL)
        return;
    pthread_mutex_lock(&family->metrics->lock);
    struct rr_metric_series *series = series_of(family, values);
    if (series != NULL)
        series->value = value;
    pthread_mutex_unlock(&family->metrics->lock);
}

void rr_metric_observe(struct rr_metric_family *family, const char *const *values, double value)
{
    if (family == NULL)
        return;
    rr_assert(family->type == RR_METRIC_HISTOGRAM);
    size_t bucket = 0;
    while (bucket < family->bound_count && !(value <= family->bounds[bucket])) /* NaN is below no bound */
        bucket++;
    pthread_mutex_lock(&family->metrics->lock);
    struct rr_metric_series *series = series_of(family, values);
    if (series != NULL) {
        series->value += value;
        series->count++;
        if (bucket < family->bound_count)
            series->buckets[bucket]++;
    }
    pthread_mutex_unlock(&family->metrics->lock);
}

static void add_refresh(struct rr_metrics *metrics, struct rr_metrics_refresh values)
{
    struct rr_metrics_refresh *entry = RR_NEW(struct rr_metrics_refresh);
    *entry = values;
    pthread_mutex_lock(&metrics->scrape_lock);
    entry->next = metrics->refreshes;
    metrics->refreshes = entry;
    pthread_mutex_unlock(&metrics->scrape_lock);
}

void rr_metrics_on_scrape(struct rr_metrics *metrics, void (*refresh)(void *context), void *context)
{
    add_refresh(metrics, (struct rr_metrics_refresh){ .refresh = refresh, .context = context });
}

void rr_metrics_on_scrape_owned(struct rr_metrics *metrics, void (*refresh)(void *context), void *context)
{
    add_refresh(metrics, (struct rr_metrics_refresh){ .refresh = refresh, .context = context, .owned = context });
}

void rr_metrics_off_scrape(struct rr_metrics *metrics, void (*refresh)(void *context), const void *context)
{
    pthread_mutex_lock(&metrics->scrape_lock);
    struct rr_metrics_refresh **at = &metrics->refreshes;
    while (*at != NULL && ((*at)->refresh != refresh || (*at)->context != context))
        at = &(*at)->next;
    struct rr_metrics_refresh *entry = *at;
    if (entry != NULL)
        *at = entry->next;
    pthread_mutex_unlock(&metrics->scrape_lock);
    rr_free(entry);
}
