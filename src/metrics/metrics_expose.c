#include "metrics_internal.h"

#include <math.h>
#include <stdio.h>

/* Bytes at the start that need neither escape nor look: most values are nothing else. */
static size_t plain_run(struct rr_slice value)
{
    size_t len = 0;
    while (len < value.len && value.ptr[len] >= ' ' && value.ptr[len] < 0x7f && value.ptr[len] != '\\' &&
           value.ptr[len] != '"')
        len++;
    return len;
}

/* Label values escape backslash, quotation mark and newline (Prometheus text format 0.0.4). They are UTF-8: one other
 * byte would make the scraper refuse the whole page. */
static void add_label_value(struct rr_buf *text, struct rr_slice value)
{
    while (value.len > 0) {
        size_t plain = plain_run(value), len = plain > 0 ? plain : rr_slice_utf8_length(value);
        if (len == 0) {
            rr_buf_add(text, RR_LIT("\xef\xbf\xbd"));
        } else if (value.ptr[0] == '\n') {
            rr_buf_add(text, RR_LIT("\\n"));
        } else {
            if (value.ptr[0] == '\\' || value.ptr[0] == '"')
                rr_buf_add_byte(text, '\\');
            rr_buf_add(text, rr_slice_first(value, len));
        }
        value = rr_slice_from_offset(value, len > 0 ? len : 1);
    }
}

/* Whole numbers look whole; 15 digits are what every double keeps of a decimal. */
static void add_number(struct rr_buf *text, double value)
{
    if (isnan(value))
        rr_buf_add(text, RR_LIT("NaN"));
    else if (isinf(value))
        rr_buf_add(text, value > 0 ? RR_LIT("+Inf") : RR_LIT("-Inf"));
    else if (value == floor(value) && fabs(value) < 9007199254740992.0)
        rr_buf_addf(text, "%.0f", value);
    else
        rr_buf_addf(text, "%.15g", value);
}

/* {a="x",b="y",le="..."}; `bound` NULL: no le. */
static void add_labels(struct rr_buf *text, const struct rr_metric_family *family, struct rr_slice key,
                       const double *bound)
{
    if (family->label_count == 0 && bound == NULL)
        return;
    rr_buf_add_byte(text, '{');
    for (size_t i = 0; i < family->label_count; i++) {
        rr_buf_add(text, i > 0 ? RR_LIT(",") : RR_LIT(""));
        rr_buf_add(text, rr_slice_from(family->labels[i]));
        rr_buf_add(text, RR_LIT("=\""));
        add_label_value(text, rr_slice_cut(&key, '\0'));
        rr_buf_add_byte(text, '"');
    }
    if (bound != NULL) {
        rr_buf_addf(text, "%sle=\"", family->label_count > 0 ? "," : "");
        add_number(text, *bound);
        rr_buf_add_byte(text, '"');
    }
    rr_buf_add_byte(text, '}');
}

static void add_sample(struct rr_buf *text, const struct rr_metric_family *family, const char *suffix,
                       struct rr_slice key, const double *bound, double value)
{
    rr_buf_add(text, rr_slice_from(family->name));
    rr_buf_add(text, rr_slice_from(suffix));
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

/* Says that a limit was hit; while it was not, there is nothing to say. */
static void add_dropped(struct rr_buf *text, uint64_t dropped)
{
    static const char name[] = "redisrestore_metrics_dropped_total";
    if (dropped > 0)
        rr_buf_addf(text, "# HELP %s Updates of series over the limit of %d a family.\n# TYPE %s counter\n%s %llu\n",
                    name, (int)RR_METRIC_SERIES_MAX, name, name, (unsigned long long)dropped);
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
    add_dropped(out_text, metrics->guarded.dropped);
    pthread_mutex_unlock(&metrics->lock);
}
