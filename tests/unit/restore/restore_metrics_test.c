/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include "restore_metrics.h"

struct fixture {
    struct rr_metrics *registry;
    struct rr_restore_metrics metrics;
    struct rr_buf page;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .registry = rr_metrics_new(), .page = RR_BUF(1 << 20) };
    rr_restore_metrics_init(&fixture.metrics, fixture.registry);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    rr_metrics_free(fixture->registry);
    rr_buf_done(&fixture->page);
    return 0;
}

static void assert_line(struct fixture *fixture, const char *line)
{
    rr_auto(buf) whole = RR_BUF(512);
    rr_buf_addf(&whole, "\n%s\n", line);
    rr_buf_clear(&fixture->page);
    rr_metrics_expose(fixture->registry, &fixture->page);
    if (strstr(rr_buf_text(&fixture->page), rr_buf_text(&whole)) == NULL)
        fail_msg("%s is not in: %s", line, rr_buf_text(&fixture->page));
}

static size_t count_of(struct fixture *fixture, const char *word)
{
    size_t count = 0;
    rr_buf_clear(&fixture->page);
    rr_metrics_expose(fixture->registry, &fixture->page);
    for (const char *at = rr_buf_text(&fixture->page); (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

static void n01_every_reason_that_ends_a_discovery_is_there_at_zero(void **state)
{
    struct fixture *fixture = *state;

    assert_line(fixture, "redisrestore_discoveries_total{result=\"success\",reason=\"BackupDiscovered\"} 0");
    assert_line(fixture, "redisrestore_discoveries_total{result=\"none\",reason=\"NoBackupFound\"} 0");
    assert_line(fixture, "redisrestore_discoveries_total{result=\"none\",reason=\"AOFNotFound\"} 0");
    assert_line(fixture, "redisrestore_discoveries_total{result=\"failure\",reason=\"AccessDenied\"} 0");
    assert_line(fixture, "redisrestore_discoveries_total{result=\"failure\",reason=\"InvalidSpec\"} 0");
    assert_line(fixture, "redisrestore_discovery_duration_seconds_bucket{le=\"+Inf\"} 0");
    assert_line(fixture, "redisrestore_discovery_pages_total 0");
    assert_line(fixture, "redisrestore_discovery_objects_total 0");
    assert_line(fixture, "redisrestore_s3_requests_total{code=\"200\"} 0");
    assert_line(fixture, "redisrestore_s3_requests_total{code=\"<error>\"} 0");
    assert_line(fixture, "redisrestore_s3_retries_total 0");
    assert_line(fixture, "redisrestore_events_dropped_total 0");
    assert_line(fixture, "redisrestore_rival_status_writes_total 0");
    assert_int_equal(count_of(fixture, "\nredisrestore_discoveries_total{"), RR_REASON_COUNT - 3);
}

static void n03_no_end_of_a_discovery_makes_a_new_series(void **state)
{
    struct fixture *fixture = *state;
    size_t before = count_of(fixture, "\nredisrestore_discoveries_total{");
    struct rr_discovery_result result = { .pages = 3, .objects = 2500 };

    rr_restore_metrics_ended(&fixture->metrics, RR_REASON_BACKUP_DISCOVERED, &result, 250);
    rr_restore_metrics_ended(&fixture->metrics, RR_REASON_AOF_NOT_FOUND, &result, 20);
    for (int code = 0; code < 100; code++) {
        struct rr_error err = { .code = (enum rr_code)code };
        enum rr_reason reason;
        if (rr_reason_of_error(&err, &reason))
            rr_restore_metrics_ended(&fixture->metrics, reason, NULL, 5);
    }

    assert_int_equal(count_of(fixture, "\nredisrestore_discoveries_total{"), before);
    assert_line(fixture, "redisrestore_discoveries_total{result=\"success\",reason=\"BackupDiscovered\"} 1");
    assert_line(fixture, "redisrestore_discoveries_total{result=\"none\",reason=\"AOFNotFound\"} 1");
    assert_line(fixture, "redisrestore_discoveries_total{result=\"failure\",reason=\"TLSError\"} 1");
    assert_line(fixture, "redisrestore_discovery_pages_total 6");
    assert_line(fixture, "redisrestore_discovery_objects_total 5000");
}

static void f57_unknown_status_counts_as_other(void **state)
{
    struct fixture *fixture = *state;
    size_t before = count_of(fixture, "\nredisrestore_s3_requests_total{");

    for (int code = 1; code < 1000; code++)
        rr_restore_metrics_on_s3_request(&fixture->metrics, code);
    rr_restore_metrics_on_s3_request(&fixture->metrics, 0);
    rr_restore_metrics_on_s3_retry(&fixture->metrics);

    assert_int_equal(count_of(fixture, "\nredisrestore_s3_requests_total{"), before);
    assert_line(fixture, "redisrestore_s3_requests_total{code=\"503\"} 1");
    assert_line(fixture, "redisrestore_s3_requests_total{code=\"<error>\"} 1");
    char line[80];
    (void)snprintf(line, sizeof(line), "redisrestore_s3_requests_total{code=\"other\"} %zu", 999 - (before - 2));
    assert_line(fixture, line);
    assert_line(fixture, "redisrestore_s3_retries_total 1");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(n01_every_reason_that_ends_a_discovery_is_there_at_zero, setup, teardown),
    cmocka_unit_test_setup_teardown(n03_no_end_of_a_discovery_makes_a_new_series, setup, teardown),
    cmocka_unit_test_setup_teardown(f57_unknown_status_counts_as_other, setup, teardown),
};
RR_TEST_MAIN(tests)
