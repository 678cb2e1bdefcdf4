/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics_internal.h"

#include <redisrestore/base/mem.h>

#include <math.h>
#include <stdio.h>

enum {
    COPY_MAX_BYTES = 256 * 1024 * 1024,    /* every series with the longest key and 64 bounds */
    EMITTED_MAX_BYTES = 256 * 1024 * 1024, /* every series with the longest key, each byte escaped */
};

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

/* The family's keys and numbers as they are now, one after the other: text is made of them without the lock. */
static void copy_series(struct rr_metric_family *family, struct rr_buf *out_copy)
{
    size_t series_bytes = sizeof(struct rr_metric_series) + family->bound_count * sizeof(uint64_t);
    pthread_mutex_lock(&family->metrics->lock);
    for (const struct rr_map_entry *entry = rr_map_first(&family->series); entry != NULL; entry = rr_map_next(entry)) {
        struct rr_slice key = rr_map_key(entry);
        rr_buf_add(out_copy, (struct rr_slice){ (const char *)&key.len, sizeof(key.len) });
        rr_buf_add(out_copy, key);
        rr_buf_add(out_copy, (struct rr_slice){ rr_map_value(entry), series_bytes });
    }
    pthread_mutex_unlock(&family->metrics->lock);
    rr_assert(!out_copy->overflow); /* the limits of a family and of a key bound it */
}

static void add_kept(struct rr_buf *text, struct rr_metric_family *family)
{
    size_t series_bytes = sizeof(struct rr_metric_series) + family->bound_count * sizeof(uint64_t);
    struct rr_metric_series *series = rr_alloc(series_bytes);
    rr_auto(buf) copy = RR_BUF(COPY_MAX_BYTES);
    copy_series(family, &copy);
    for (struct rr_slice rest = rr_buf_slice(&copy); rest.len > 0;) {
        size_t key_len;
        memcpy(&key_len, rest.ptr, sizeof(key_len));
        struct rr_slice key = { rest.ptr + sizeof(key_len), key_len };
        memcpy(series, key.ptr + key.len, series_bytes);
        rest = rr_slice_from_offset(rest, sizeof(key_len) + key_len + series_bytes);
        if (family->type == RR_METRIC_HISTOGRAM)
            add_histogram(text, family, key, series);
        else
            add_sample(text, family, "", key, NULL, series->value);
    }
    rr_free(series);
}

static void add_family_text(struct rr_buf *text, struct rr_metric_family *family)
{
    static const char *const types[] = { "counter", "gauge", "histogram" };
    rr_buf_addf(text, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name, types[family->type]);
    if (family->keeps_nothing)
        rr_buf_add(text, rr_buf_slice(&family->emitted.text));
    else
        add_kept(text, family);
}

void rr_metric_emit(struct rr_metric_family *family, const char *const *values, double value)
{
    if (family == NULL)
        return;
    rr_assert(family->keeps_nothing);
    rr_auto(buf) key = RR_BUF(RR_METRIC_KEY_MAX_BYTES);
    rr_metric_key(family, values, &key);
    if (key.overflow || family->emitted.count >= RR_METRIC_SERIES_MAX) {
        rr_metric_add(family->metrics->dropped, NULL, 1);
        return;
    }
    family->emitted.count++;
    add_sample(&family->emitted.text, family, "", rr_buf_slice(&key), NULL, value);
}

/* Families are never removed and the last one is the only one that changes, so a walk needs the lock for a step only.
 */
static struct rr_metric_family *step(struct rr_metrics *metrics, const struct rr_metric_family *family)
{
    pthread_mutex_lock(&metrics->lock);
    struct rr_metric_family *next = family == NULL ? metrics->guarded.first : family->next;
    pthread_mutex_unlock(&metrics->lock);
    return next;
}

static void forget_emitted(struct rr_metrics *metrics)
{
    for (struct rr_metric_family *family = step(metrics, NULL); family != NULL; family = step(metrics, family)) {
        rr_buf_done(&family->emitted.text);
        family->emitted.text = (struct rr_buf)RR_BUF(EMITTED_MAX_BYTES);
        family->emitted.count = 0;
    }
}

void rr_metrics_expose(struct rr_metrics *metrics, struct rr_buf *out_text)
{
    pthread_mutex_lock(&metrics->scrape_lock);
    forget_emitted(metrics);
    for (const struct rr_metrics_refresh *refresh = metrics->refreshes; refresh != NULL; refresh = refresh->next)
        refresh->refresh(refresh->context);
    for (struct rr_metric_family *family = step(metrics, NULL); family != NULL; family = step(metrics, family))
        add_family_text(out_text, family);
    forget_emitted(metrics);
    pthread_mutex_unlock(&metrics->scrape_lock);
}
