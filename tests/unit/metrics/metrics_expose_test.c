/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/thread.h>
#include <redisrestore/metrics/metrics.h>
#include <support/test.h>

#include <math.h>

/* The beginning of every page. */
static const char own[] = "# HELP redisrestore_metrics_dropped_total Updates of series that were dropped because their "
                          "metric had too many.\n# TYPE redisrestore_metrics_dropped_total counter\n"
                          "redisrestore_metrics_dropped_total 0\n";

static void check_page(struct rr_metrics *metrics, const char *expected)
{
    rr_auto(buf) page = RR_BUF(100000);
    rr_metrics_expose(metrics, &page);
    assert_memory_equal(rr_buf_text(&page), own, sizeof(own) - 1);
    assert_string_equal(rr_buf_text(&page) + sizeof(own) - 1, expected);
}

static void empty_registry_says_that_nothing_was_dropped(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();

    check_page(metrics, "");
}

static void families_are_in_order_with_help_and_type(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *second = rr_metrics_counter(metrics, "z_total", "The last letter.", NULL);
    struct rr_metric_family *first = rr_metrics_gauge(metrics, "a", "The first letter.", NULL);

    rr_metric_set(first, NULL, 1);
    rr_metric_add(second, NULL, 2);

    check_page(metrics, "# HELP z_total The last letter.\n# TYPE z_total counter\nz_total 2\n"
                        "# HELP a The first letter.\n# TYPE a gauge\na 1\n");
}

static void series_are_in_order_of_first_use(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_gauge(metrics, "a", "Help.", RR_LABELS("x"));

    rr_metric_set(family, RR_LABELS("c"), 1);
    rr_metric_set(family, RR_LABELS("b"), 2);
    rr_metric_set(family, RR_LABELS("c"), 3);

    check_page(metrics, "# HELP a Help.\n# TYPE a gauge\na{x=\"c\"} 3\na{x=\"b\"} 2\n");
}

static void f48_label_values_are_escaped(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_gauge(metrics, "a", "Help.", RR_LABELS("x"));

    rr_metric_set(family, RR_LABELS("q\"b\\n\n} 1\na 5"), 1);

    check_page(metrics, "# HELP a Help.\n# TYPE a gauge\na{x=\"q\\\"b\\\\n\\n} 1\\na 5\"} 1\n");
}

static void page_is_utf8_whatever_the_labels_are(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_gauge(metrics, "a", "Help.", RR_LABELS("x"));

    rr_metric_set(family, RR_LABELS("\xe2\x82\xac\xff\xe2\x82"), 1);

    check_page(metrics,
               "# HELP a Help.\n# TYPE a gauge\na{x=\"\xe2\x82\xac\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"} 1\n");
}

static void check_number(double value, const char *expected)
{
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    rr_metric_set(rr_metrics_gauge(metrics, "a", "Help.", NULL), NULL, value);
    rr_auto(buf) page = RR_BUF(1000);
    rr_metrics_expose(metrics, &page);
    struct rr_slice text = rr_slice_trim(rr_buf_slice(&page));
    while (rr_slice_contains_byte(text, '\n'))
        (void)rr_slice_cut(&text, '\n');
    (void)rr_slice_cut(&text, ' ');
    assert_slice(text, expected);
}

static void numbers_read_as_they_were_set(void **state)
{
    (void)state;
    check_number(0, "0");
    check_number(-3, "-3");
    check_number(0.1, "0.1");
    check_number(1751976000.123, "1751976000.123");
    check_number(9007199254740991.0, "9007199254740991");
    check_number(1e300, "1e+300");
    check_number(1.5e-7, "1.5e-07");
}

static void nan_and_infinity_have_names(void **state)
{
    (void)state;
    check_number((double)INFINITY, "+Inf");
    check_number(-(double)INFINITY, "-Inf");
    check_number((double)NAN, "NaN");
}

static void nan_observed_is_below_no_bound(void **state)
{
    (void)state;
    static const double bounds[] = { 1 };
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_histogram(metrics, "a", "Help.", NULL, bounds, RR_COUNT(bounds));

    rr_metric_observe(family, NULL, (double)NAN);

    check_page(metrics, "# HELP a Help.\n# TYPE a histogram\na_bucket{le=\"1\"} 0\na_bucket{le=\"+Inf\"} 1\na_sum NaN\n"
                        "a_count 1\n");
}

struct refreshed {
    struct rr_metric_family *family;
    int calls;
};

static void refresh(void *context)
{
    struct refreshed *refreshed = context;
    rr_metric_set(refreshed->family, NULL, ++refreshed->calls);
}

static void every_refresh_runs_before_each_page(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct refreshed one = { .family = rr_metrics_gauge(metrics, "a", "Help.", NULL) };
    struct refreshed two = { .family = rr_metrics_gauge(metrics, "b", "Help.", NULL), .calls = 10 };
    rr_metrics_on_scrape(metrics, refresh, &one);
    rr_metrics_on_scrape(metrics, refresh, &two);

    check_page(metrics, "# HELP a Help.\n# TYPE a gauge\na 1\n# HELP b Help.\n# TYPE b gauge\nb 11\n");
    check_page(metrics, "# HELP a Help.\n# TYPE a gauge\na 2\n# HELP b Help.\n# TYPE b gauge\nb 12\n");
}

struct emitting {
    struct rr_metric_family *family;
    const char *name; /* NULL: none any more */
};

static void emit(void *context)
{
    const struct emitting *emitting = context;
    if (emitting->name != NULL)
        rr_metric_emit(emitting->family, RR_LABELS(emitting->name), 7);
}

static void f57_emitted_series_live_for_one_page(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct emitting emitting = { .family = rr_metrics_emitted(metrics, "a", "Help.", RR_LABELS("x")) };
    rr_metric_set(rr_metrics_gauge(metrics, "b", "Help.", NULL), NULL, 1);
    rr_metrics_on_scrape(metrics, emit, &emitting);

    check_page(metrics, "# HELP a Help.\n# TYPE a gauge\n# HELP b Help.\n# TYPE b gauge\nb 1\n");
    emitting.name = "sh\"op";
    check_page(metrics, "# HELP a Help.\n# TYPE a gauge\na{x=\"sh\\\"op\"} 7\n# HELP b Help.\n# TYPE b gauge\nb 1\n");
    check_page(metrics, "# HELP a Help.\n# TYPE a gauge\na{x=\"sh\\\"op\"} 7\n# HELP b Help.\n# TYPE b gauge\nb 1\n");
    emitting.name = NULL;
    check_page(metrics, "# HELP a Help.\n# TYPE a gauge\n# HELP b Help.\n# TYPE b gauge\nb 1\n");
}

static void emit_one_too_many(void *context)
{
    char value[16];
    for (int i = 0; i <= RR_METRIC_SERIES_MAX; i++) {
        (void)snprintf(value, sizeof(value), "%d", i);
        rr_metric_emit(context, RR_LABELS(value), 1);
    }
}

static void f57_emitted_series_over_the_limit_are_dropped_and_counted(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_emitted(metrics, "a", "Help.", RR_LABELS("x"));
    rr_metrics_on_scrape(metrics, emit_one_too_many, family);
    rr_auto(buf) page = RR_BUF(1 << 20);

    rr_metrics_expose(metrics, &page);

    assert_false(page.overflow);
    char text[64];
    (void)snprintf(text, sizeof(text), "\na{x=\"%d\"} 1\n", RR_METRIC_SERIES_MAX - 1);
    assert_non_null(strstr(rr_buf_text(&page), text));
    (void)snprintf(text, sizeof(text), "a{x=\"%d\"}", RR_METRIC_SERIES_MAX);
    assert_null(strstr(rr_buf_text(&page), text));
    assert_non_null(strstr(rr_buf_text(&page), "\nredisrestore_metrics_dropped_total 1\n"));
}

static void f57_limit_of_emitted_series_is_that_of_each_page(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_emitted(metrics, "a", "Help.", RR_LABELS("x"));
    rr_metrics_on_scrape(metrics, emit_one_too_many, family);

    for (int page_number = 1; page_number <= 2; page_number++) {
        rr_auto(buf) page = RR_BUF(1 << 20);
        rr_metrics_expose(metrics, &page);
        size_t series = 0;
        for (struct rr_slice rest = rr_buf_slice(&page); rest.len > 0;)
            series += rr_slice_starts_with(rr_slice_cut(&rest, '\n'), RR_LIT("a{x="));
        assert_int_equal(series, RR_METRIC_SERIES_MAX);
    }
}

static void removed_refresh_is_not_called(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct refreshed stays = { .family = rr_metrics_gauge(metrics, "a", "Help.", NULL) };
    struct refreshed gone = { .family = rr_metrics_gauge(metrics, "b", "Help.", NULL) };
    rr_metrics_on_scrape(metrics, refresh, &gone);
    rr_metrics_on_scrape(metrics, refresh, &stays);

    rr_metrics_off_scrape(metrics, refresh, &gone);
    rr_metrics_off_scrape(metrics, refresh, &gone);
    check_page(metrics, "# HELP a Help.\n# TYPE a gauge\na 1\n# HELP b Help.\n# TYPE b gauge\n");

    assert_int_equal(gone.calls, 0);
}

static void update_from(void *context)
{
    rr_metric_add(context, NULL, 1);
}

static void update_on_another_thread(void *context)
{
    struct rr_thread thread = { 0 };
    rr_thread_start(&thread, "update", update_from, context);
    rr_thread_join(&thread);
}

static void updates_do_not_wait_for_a_page(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    struct rr_metric_family *family = rr_metrics_counter(metrics, "a_total", "Help.", NULL);
    rr_metrics_on_scrape(metrics, update_on_another_thread, family);

    check_page(metrics, "# HELP a_total Help.\n# TYPE a_total counter\na_total 1\n");
}

static void page_over_the_buffers_maximum_overflows_it(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    rr_metric_set(rr_metrics_gauge(metrics, "a", "Help.", NULL), NULL, 1);
    rr_auto(buf) page = RR_BUF(10);

    rr_metrics_expose(metrics, &page);

    assert_true(page.overflow);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(empty_registry_says_that_nothing_was_dropped),
    cmocka_unit_test(families_are_in_order_with_help_and_type),
    cmocka_unit_test(series_are_in_order_of_first_use),
    cmocka_unit_test(f48_label_values_are_escaped),
    cmocka_unit_test(page_is_utf8_whatever_the_labels_are),
    cmocka_unit_test(numbers_read_as_they_were_set),
    cmocka_unit_test(nan_and_infinity_have_names),
    cmocka_unit_test(nan_observed_is_below_no_bound),
    cmocka_unit_test(every_refresh_runs_before_each_page),
    cmocka_unit_test(f57_emitted_series_live_for_one_page),
    cmocka_unit_test(f57_emitted_series_over_the_limit_are_dropped_and_counted),
    cmocka_unit_test(f57_limit_of_emitted_series_is_that_of_each_page),
    cmocka_unit_test(removed_refresh_is_not_called),
    cmocka_unit_test(updates_do_not_wait_for_a_page),
    cmocka_unit_test(page_over_the_buffers_maximum_overflows_it),
};

RR_TEST_MAIN(tests)
