/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/thread.h>
#include <redisrestore/metrics/metrics.h>
#include <support/test.h>

enum { PAGE_MAX_BYTES = 64 * 1024 * 1024 };

static struct rr_buf expose(struct rr_metrics *metrics)
{
    struct rr_buf page = RR_BUF(PAGE_MAX_BYTES);
    rr_metrics_expose(metrics, &page);
    assert_false(page.overflow);
    return page;
}

static void assert_page_has(struct rr_metrics *metrics, const char *line)
{
    rr_auto(buf) page = expose(metrics);
    if (strstr(rr_buf_text(&page), line) == NULL)
        fail_msg("no %s in\n%s", line, rr_buf_text(&page));
}

static void assert_page_lacks(struct rr_metrics *metrics, const char *words)
{
    rr_auto(buf) page = expose(metrics);
    assert_null(strstr(rr_buf_text(&page), words));
}

static void counter_adds_up(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_counter(metrics, "a_total", "Help.", NULL);

    rr_metric_add(family, NULL, 1);
    rr_metric_add(family, NULL, 2);

    assert_page_has(metrics, "\na_total 3\n");
}

static void gauge_keeps_the_last_value(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_gauge(metrics, "a", "Help.", NULL);

    rr_metric_set(family, NULL, 5);
    rr_metric_set(family, NULL, 7);
    rr_metric_add(family, NULL, -10);

    assert_page_has(metrics, "\na -3\n");
}

static void series_are_apart_by_every_label(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_counter(metrics, "a_total", "Help.", RR_LABELS("x", "y"));

    rr_metric_add(family, RR_LABELS("1", "2"), 1);
    rr_metric_add(family, RR_LABELS("1", "3"), 10);
    rr_metric_add(family, RR_LABELS("12", ""), 100);
    rr_metric_add(family, RR_LABELS("1", "2"), 1);

    assert_page_has(metrics, "\na_total{x=\"1\",y=\"2\"} 2\n");
    assert_page_has(metrics, "\na_total{x=\"1\",y=\"3\"} 10\n");
    assert_page_has(metrics, "\na_total{x=\"12\",y=\"\"} 100\n");
}

static void touch_makes_a_series_of_zero_and_keeps_an_old_one(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_counter(metrics, "a_total", "Help.", RR_LABELS("x"));
    rr_metric_add(family, RR_LABELS("old"), 4);
    assert_page_lacks(metrics, "new");

    rr_metric_touch(family, RR_LABELS("new"));
    rr_metric_touch(family, RR_LABELS("old"));

    assert_page_has(metrics, "\na_total{x=\"new\"} 0\n");
    assert_page_has(metrics, "\na_total{x=\"old\"} 4\n");
}

static void missing_family_does_nothing(void **state)
{
    (void)state;
    rr_metric_touch(NULL, NULL);
    rr_metric_add(NULL, RR_LABELS("x"), 1);
    rr_metric_set(NULL, RR_LABELS("x"), 1);
    rr_metric_observe(NULL, RR_LABELS("x"), 1);
    rr_metrics_free(NULL);
}

static void histogram_counts_up_to_each_bound(void **state)
{
    (void)state;
    static const double bounds[] = { 0.005, 1, 2.5 };
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family =
        rr_metrics_histogram(metrics, "a", "Help.", RR_LABELS("x"), bounds, RR_COUNT(bounds));

    rr_metric_observe(family, RR_LABELS("v"), 0.001);
    rr_metric_observe(family, RR_LABELS("v"), 1);
    rr_metric_observe(family, RR_LABELS("v"), 1.5);
    rr_metric_observe(family, RR_LABELS("v"), 100);

    assert_page_has(metrics, "# TYPE a histogram\n"
                             "a_bucket{x=\"v\",le=\"0.005\"} 1\n"
                             "a_bucket{x=\"v\",le=\"1\"} 2\n"
                             "a_bucket{x=\"v\",le=\"2.5\"} 3\n"
                             "a_bucket{x=\"v\",le=\"+Inf\"} 4\n"
                             "a_sum{x=\"v\"} 102.501\n"
                             "a_count{x=\"v\"} 4\n");
}

static void touched_histogram_has_every_bucket_at_zero(void **state)
{
    (void)state;
    static const double bounds[] = { 1 };
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_histogram(metrics, "a", "Help.", NULL, bounds, RR_COUNT(bounds));

    rr_metric_touch(family, NULL);

    assert_page_has(metrics, "\na_bucket{le=\"1\"} 0\na_bucket{le=\"+Inf\"} 0\na_sum 0\na_count 0\n");
}

static void f57_series_over_the_limit_are_dropped_and_counted(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_gauge(metrics, "a", "Help.", RR_LABELS("x"));
    char value[16];
    for (int i = 0; i < RR_METRIC_SERIES_MAX; i++) {
        (void)snprintf(value, sizeof(value), "%d", i);
        rr_metric_set(family, RR_LABELS(value), 1);
    }
    assert_page_has(metrics, "redisrestore_metrics_dropped_total 0\n");

    rr_metric_set(family, RR_LABELS("over"), 1);
    rr_metric_add(family, RR_LABELS("0"), 1);
    rr_metric_add(family, RR_LABELS("over"), 1);

    assert_page_lacks(metrics, "over\"");
    assert_page_has(metrics, "\na{x=\"0\"} 2\n");
    assert_page_has(metrics, "\nredisrestore_metrics_dropped_total 2\n");
}

static void label_value_over_the_limit_is_dropped_and_counted(void **state)
{
    (void)state;
    char big[5000];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_gauge(metrics, "a", "Help.", RR_LABELS("x", "y"));

    rr_metric_set(family, RR_LABELS(big, "1"), 1);
    rr_metric_set(family, RR_LABELS("", big), 1);

    assert_page_lacks(metrics, "a{");
    assert_page_has(metrics, "\nredisrestore_metrics_dropped_total 2\n");
}

enum { RACE_THREADS = 3, RACE_ROUNDS = 2000 };

struct race {
    struct rr_metrics *metrics;
    struct rr_metric_family *counter, *gauge;
};

static void hammer(void *context)
{
    struct race *race = context;
    for (int i = 0; i < RACE_ROUNDS; i++) {
        rr_metric_add(race->counter, RR_LABELS(i % 2 == 0 ? "even" : "odd"), 1);
        rr_metric_set(race->gauge, NULL, i);
        if (i % 100 == 0) {
            rr_auto(buf) page = RR_BUF(PAGE_MAX_BYTES);
            rr_metrics_expose(race->metrics, &page);
        }
    }
}

static void threads_count_together_without_loss(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct race race = { .metrics = metrics,
                         .counter = rr_metrics_counter(metrics, "a_total", "Help.", RR_LABELS("x")),
                         .gauge = rr_metrics_gauge(metrics, "b", "Help.", NULL) };
    struct rr_thread threads[RACE_THREADS] = { { 0 } };

    for (int i = 0; i < RACE_THREADS; i++)
        rr_thread_start(&threads[i], "hammer", hammer, &race);
    for (int i = 0; i < RACE_THREADS; i++)
        rr_thread_join(&threads[i]);

    assert_page_has(metrics, "\na_total{x=\"even\"} 3000\n");
    assert_page_has(metrics, "\na_total{x=\"odd\"} 3000\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(counter_adds_up),
    cmocka_unit_test(gauge_keeps_the_last_value),
    cmocka_unit_test(series_are_apart_by_every_label),
    cmocka_unit_test(touch_makes_a_series_of_zero_and_keeps_an_old_one),
    cmocka_unit_test(missing_family_does_nothing),
    cmocka_unit_test(histogram_counts_up_to_each_bound),
    cmocka_unit_test(touched_histogram_has_every_bucket_at_zero),
    cmocka_unit_test(f57_series_over_the_limit_are_dropped_and_counted),
    cmocka_unit_test(label_value_over_the_limit_is_dropped_and_counted),
    cmocka_unit_test(threads_count_together_without_loss),
};

RR_TEST_MAIN(tests)
