#include "metrics_internal.h"

#include <math.h>
#include <stdio.h>

/* Label values escape backslash, quotation mark and newline (Prometheus text format 0.0.4); nothing else. */
static void add_label_value(struct rr_buf *text, struct rr_slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '\n') {
            rr_buf_add(text, RR_LIT("\\n"));
            continue;
        }
        if (value.ptr[i] == '\\' || value.ptr[i] == '"')
            rr_buf_add_byte(text, '\\');
        rr_buf_add_byte(text, value.ptr[i]);
    }
}

/* 17 digits bring a double back exactly; whole numbers look whole. */
static void add_number(struct rr_buf *text, double value)
{
    if (isinf(value))
        rr_buf_add(text, value > 0 ? RR_LIT("+Inf") : RR_LIT("-Inf"));
    else if (value == floor(value) && fabs(value) < 9007199254740992.0)
        rr_buf_addf(text, "%.0f", value);
    else
        rr_buf_addf(text, "%.17g", value);
}

/* {a="x",b="y",le="..."}; `bound` NULL: no le. */
static void add_labels(struct rr_buf *text, const struct rr_metric_family *family, struct rr_slice key,
                       const double *bound)
{
    if (family->label_count == 0 && bound == NULL)
        return;
    rr_buf_add_byte(text, '{');
    for (size_t i = 0; i < family->label_count; i++) {
        rr_buf_addf(text, "%s%s=\"", i > 0 ? "," : "", family->labels[i]);
        add_label_value(text, rr_slice_cut(&key, '\0'));
        rr_buf_add_byte(text, '"');
    }
    if (bound != NULL) {
        rr_buf_addf(text, "%sle=\"", family->label_count > 0 ? "," : "");
        if (isinf(*bound))
            rr_buf_add(text, RR_LIT("+Inf"));
        else
            rr_buf_addf(text, "%g", *bound);
        rr_buf_add_byte(text, '"');
    }
    rr_buf_add_byte(text, '}');
}

static void add_sample(struct rr_buf *text, const struct rr_metric_family *family, const char *suffix,
                       struct rr_slice key, const double *bound, double value)
{
    rr_buf_addf(text, "%s%s", family->name, suffix);
    add_labels(text, family, key, bound);
    rr_buf_add_byte(text, ' ');
    add_number(text, value);
    rr_buf_add_byte(text, '\n');
}

static void add_histogram(struct rr_buf *text, const struct rr_metric_family *family, struct rr_slice key,
                          const struct rr_metric_series *series)
{
    static const double infinity = INFINITY;
    uint64_t below = 0;
    for (size_t i = 0; i < family->bound_count; i++) {
        below += series->buckets[i];
        add_sample(text, family, "_bucket", key, &family->bounds[i], (double)below);
    }
    add_sample(text, family, "_bucket", key, &infinity, (double)series->count);
    add_sample(text, family, "_sum", key, NULL, series->value);
    add_sample(text, family, "_count", key, NULL, (double)series->count);
}

static void add_family_text(struct rr_buf *text, const struct rr_metric_family *family)
{
    static const char *const types[] = { "counter", "gauge", "histogram" };
    rr_buf_addf(text, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name, types[family->type]);
    for (const struct rr_map_entry *entry = rr_map_first(&family->series); entry != NULL; entry = rr_map_next(entry)) {
        const struct rr_metric_series *series = rr_map_value(entry);
        if (family->type == RR_METRIC_HISTOGRAM)
            add_histogram(text, family, rr_map_key(entry), series);
        else
            add_sample(text, family, "", rr_map_key(entry), NULL, series->value);
    }
}

void rr_metrics_expose(struct rr_metrics *metrics, struct rr_buf *out_text)
{
    /* The list only grows at its head, so what is seen without the lock stays valid: a refresh sets metrics and takes
     * the lock itself. */
    pthread_mutex_lock(&metrics->lock);
    const struct rr_metrics_refresh *refresh = metrics->guarded.refreshes;
    pthread_mutex_unlock(&metrics->lock);
    for (; refresh != NULL; refresh = refresh->next)
        refresh->refresh(refresh->context);
    pthread_mutex_lock(&metrics->lock);
    for (const struct rr_metric_family *family = metrics->guarded.first; family != NULL; family = family->next)
        add_family_text(out_text, family);
    pthread_mutex_unlock(&metrics->lock);
}
