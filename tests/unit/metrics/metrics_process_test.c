/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/clock.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/metrics/metrics.h>
#include <support/test.h>

#include <fcntl.h>
#include <unistd.h>

/* The whole part of a sample without labels. */
static uint64_t sample(struct rr_metrics *metrics, const char *name)
{
    rr_auto(buf) page = RR_BUF(100000);
    rr_metrics_expose(metrics, &page);
    for (struct rr_slice rest = rr_buf_slice(&page); rest.len > 0;) {
        struct rr_slice line = rr_slice_cut(&rest, '\n');
        if (!rr_slice_equals(rr_slice_cut(&line, ' '), rr_slice_from(name)))
            continue;
        uint64_t value;
        assert_true(rr_parse_u64(rr_slice_cut(&line, '.'), &value));
        return value;
    }
    fail_msg("no %s", name);
    return 0;
}

static void process_memory_is_plausible(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    rr_metrics_add_process(metrics);

    assert_true(sample(metrics, "process_resident_memory_bytes") > 100 * 1024);
    assert_true(sample(metrics, "process_virtual_memory_bytes") >= sample(metrics, "process_resident_memory_bytes"));
    rr_auto(buf) page = RR_BUF(100000);
    rr_metrics_expose(metrics, &page);
    assert_non_null(strstr(rr_buf_text(&page), "\nprocess_virtual_memory_max_bytes "));
}

static void open_descriptors_follow_each_scrape(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    rr_metrics_add_process(metrics);
    uint64_t before = sample(metrics, "process_open_fds");

    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    uint64_t during = sample(metrics, "process_open_fds");
    (void)close(fd);

    assert_int_equal(during, before + 1);
    assert_int_equal(sample(metrics, "process_open_fds"), before);
    assert_true(sample(metrics, "process_max_fds") > before);
}

static void open_descriptors_are_those_that_are_open(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    rr_metrics_add_process(metrics);
    uint64_t limit = sample(metrics, "process_max_fds"), open_now = 0;
    for (uint64_t fd = 0; fd < (limit < 4096 ? limit : 4096); fd++)
        open_now += fcntl((int)fd, F_GETFD) >= 0;

    assert_int_equal(sample(metrics, "process_open_fds"), open_now);
}

static void start_time_is_not_in_the_future(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    rr_metrics_add_process(metrics);
    uint64_t now_s = (uint64_t)rr_clock_unix_ms(&rr_clock_system) / 1000;

    uint64_t start_s = sample(metrics, "process_start_time_seconds");

    assert_true(start_s <= now_s + 2 && start_s + 3600 > now_s);
}

static void cpu_time_is_a_counter(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    rr_metrics_add_process(metrics);

    (void)sample(metrics, "process_cpu_seconds_total");

    rr_auto(buf) page = RR_BUF(100000);
    rr_metrics_expose(metrics, &page);
    assert_non_null(strstr(rr_buf_text(&page), "# TYPE process_cpu_seconds_total counter\n"));
}

static void two_registries_do_not_share_their_process(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) first = rr_metrics_new();
    rr_metrics_add_process(first);
    struct rr_metrics *second = rr_metrics_new();
    rr_metrics_add_process(second);

    rr_metrics_free(second);

    assert_true(sample(first, "process_resident_memory_bytes") > 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(process_memory_is_plausible),
    cmocka_unit_test(open_descriptors_follow_each_scrape),
    cmocka_unit_test(open_descriptors_are_those_that_are_open),
    cmocka_unit_test(start_time_is_not_in_the_future),
    cmocka_unit_test(cpu_time_is_a_counter),
    cmocka_unit_test(two_registries_do_not_share_their_process),
};

RR_TEST_MAIN(tests)
