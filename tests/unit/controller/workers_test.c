/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/controller/workers.h>

#include "fakes/fake_random.h"
#include "support/http_server.h"
#include "support/test.h"

#include <sys/mman.h>
#include <unistd.h>

/* Workers on a queue; a test sets the results of their reconciles. */
struct fixture {
    struct rr_metrics *metrics;
    struct rr_workqueue *queue;
    struct rr_workers *workers;
    struct rr_stop stop;
    struct rr_log log;
    struct test_gate ran, may_end;
    const struct rr_reconcile_result *results; /* of the first run, the second...; then DONE */
    size_t result_count;
    bool waits; /* a run waits for may_end */
    bool aside; /* and other keys run meanwhile */
    _Atomic size_t runs;
    _Atomic int at_once, most_at_once;
    char exposed[65536];
};

static struct rr_reconcile_result reconcile(void *context, struct rr_slice key, const struct rr_log *log,
                                            struct rr_stop *stop)
{
    struct fixture *fixture = context;
    size_t run = fixture->runs++;
    int now = ++fixture->at_once;
    if (now > fixture->most_at_once)
        fixture->most_at_once = now;
    assert_ptr_equal(stop, &fixture->stop);
    rr_info(log, "reconciled", F_TEXT(LOG_KEY, key));
    test_gate_open(&fixture->ran);
    if (fixture->aside)
        rr_workqueue_waits(fixture->queue, key, 0);
    if (fixture->waits)
        test_gate_wait(&fixture->may_end, 1);
    fixture->at_once--;
    return run < fixture->result_count ? fixture->results[run] : (struct rr_reconcile_result){ RR_RECONCILE_DONE, 0 };
}

static int setup(void **state)
{
    static struct fixture fixture;
    static struct fake_random middle_source;
    static const uint64_t middle[] = { FAKE_RANDOM_MIDDLE };
    static struct rr_random random;
    middle_source = (struct fake_random){ .values = middle, .count = 1 };
    random = fake_random(&middle_source);
    fixture = (struct fixture){ .metrics = rr_metrics_new() };
    struct rr_workqueue_options queue = {
        .clock = &rr_clock_system, .random = &random, .metrics = fixture.metrics, .name = "c"
    };
    fixture.queue = rr_workqueue_new(&queue);
    fixture.log = (struct rr_log){ .fd = memfd_create("log", MFD_CLOEXEC), .clock = &rr_clock_system };
    test_gate_init(&fixture.ran);
    test_gate_init(&fixture.may_end);
    rr_stop_init(&fixture.stop, NULL);
    *state = &fixture;
    return 0;
}

static void start_with(struct fixture *fixture, int count, size_t aside_max)
{
    struct rr_workers_options options = { .queue = fixture->queue,
                                          .count = count,
                                          .aside_max = aside_max,
                                          .stop = &fixture->stop,
                                          .log = &fixture->log,
                                          .clock = &rr_clock_system,
                                          .metrics = fixture->metrics,
                                          .name = "c",
                                          .group = "g",
                                          .kind = "K",
                                          .context = fixture,
                                          .reconcile = reconcile };
    fixture->workers = rr_workers_new(&options);
    rr_workers_start(fixture->workers);
}

static void start(struct fixture *fixture, int count)
{
    start_with(fixture, count, 0);
}

/* Ends the workers, so that their counts are final. */
static void finish(struct fixture *fixture)
{
    rr_auto(buf) text = RR_BUF(sizeof(fixture->exposed) - 1);
    rr_workqueue_shut_down(fixture->queue);
    rr_workers_free(fixture->workers);
    fixture->workers = NULL;
    rr_metrics_expose(fixture->metrics, &text);
    (void)snprintf(fixture->exposed, sizeof(fixture->exposed), "%s", rr_buf_text(&text));
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    rr_workqueue_free(fixture->queue);
    rr_metrics_free(fixture->metrics);
    rr_stop_done(&fixture->stop);
    (void)close(fixture->log.fd);
    return 0;
}

static void assert_line(const struct fixture *fixture, const char *line)
{
    char whole[256];
    (void)snprintf(whole, sizeof(whole), "\n%s\n", line);
    if (strstr(fixture->exposed, whole) == NULL)
        fail_msg("%s is not in: %s", line, fixture->exposed);
}

static void n01_every_family_is_there_before_the_first_run(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, 3);
    finish(fixture);

    assert_line(fixture, "controller_runtime_reconcile_total{controller=\"c\",result=\"success\"} 0");
    assert_line(fixture, "controller_runtime_reconcile_total{controller=\"c\",result=\"error\"} 0");
    assert_line(fixture, "controller_runtime_reconcile_total{controller=\"c\",result=\"requeue\"} 0");
    assert_line(fixture, "controller_runtime_reconcile_total{controller=\"c\",result=\"requeue_after\"} 0");
    assert_line(fixture, "controller_runtime_reconcile_errors_total{controller=\"c\"} 0");
    assert_line(fixture, "controller_runtime_terminal_reconcile_errors_total{controller=\"c\"} 0");
    assert_line(fixture, "controller_runtime_reconcile_panics_total{controller=\"c\"} 0");
    assert_line(fixture, "controller_runtime_reconcile_timeouts_total{controller=\"c\"} 0");
    assert_line(fixture, "controller_runtime_max_concurrent_reconciles{controller=\"c\"} 3");
    assert_line(fixture, "controller_runtime_active_workers{controller=\"c\"} 0");
    assert_line(fixture, "controller_runtime_reconcile_time_seconds_bucket{controller=\"c\",le=\"60\"} 0");
}

static void w07_done_is_not_run_again(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, 1);

    rr_workqueue_add(fixture->queue, RR_LIT("ns/a"));
    rr_workqueue_add(fixture->queue, RR_LIT("ns/b"));
    test_gate_wait(&fixture->ran, 2);
    finish(fixture);

    assert_int_equal(fixture->runs, 2);
    assert_line(fixture, "controller_runtime_reconcile_total{controller=\"c\",result=\"success\"} 2");
    assert_line(fixture, "controller_runtime_reconcile_time_seconds_count{controller=\"c\"} 2");
    assert_line(fixture, "workqueue_retries_total{name=\"c\",controller=\"c\"} 0");
}

static void w07_retry_runs_again_with_back_off_and_after_runs_without(void **state)
{
    struct fixture *fixture = *state;
    static const struct rr_reconcile_result results[] = { { RR_RECONCILE_RETRY, 0 },
                                                          { RR_RECONCILE_RETRY, 0 },
                                                          { RR_RECONCILE_AFTER, 1 } };
    fixture->results = results;
    fixture->result_count = RR_COUNT(results);
    start(fixture, 2);

    rr_workqueue_add(fixture->queue, RR_LIT("ns/a"));
    test_gate_wait(&fixture->ran, 4);
    finish(fixture);

    assert_int_equal(fixture->runs, 4);
    assert_line(fixture, "controller_runtime_reconcile_total{controller=\"c\",result=\"error\"} 2");
    assert_line(fixture, "controller_runtime_reconcile_errors_total{controller=\"c\"} 2");
    assert_line(fixture, "controller_runtime_terminal_reconcile_errors_total{controller=\"c\"} 0");
    assert_line(fixture, "controller_runtime_reconcile_total{controller=\"c\",result=\"requeue_after\"} 1");
    assert_line(fixture, "workqueue_retries_total{name=\"c\",controller=\"c\"} 3");
}

/* Without the limit the last of these delays would be 41 s. */
static void w02_retry_is_not_later_than_the_interval(void **state)
{
    struct fixture *fixture = *state;
    static struct rr_reconcile_result results[14];
    for (size_t i = 0; i < RR_COUNT(results); i++)
        results[i] = (struct rr_reconcile_result){ RR_RECONCILE_RETRY, 2 };
    fixture->results = results;
    fixture->result_count = RR_COUNT(results);
    start(fixture, 1);

    rr_workqueue_add(fixture->queue, RR_LIT("ns/a"));
    test_gate_wait(&fixture->ran, RR_COUNT(results) + 1);
    finish(fixture);

    assert_int_equal(fixture->runs, RR_COUNT(results) + 1);
}

static void w07_terminal_failure_is_counted_and_not_run_again(void **state)
{
    struct fixture *fixture = *state;
    static const struct rr_reconcile_result results[] = { { RR_RECONCILE_FAILED, 0 }, { RR_RECONCILE_DONE, 0 } };
    fixture->results = results;
    fixture->result_count = RR_COUNT(results);
    start(fixture, 1);

    rr_workqueue_add(fixture->queue, RR_LIT("ns/a"));
    test_gate_wait(&fixture->ran, 1);
    rr_workqueue_add(fixture->queue, RR_LIT("ns/b")); /* the one worker takes it once the first is settled */
    test_gate_wait(&fixture->ran, 2);
    finish(fixture);

    assert_line(fixture, "controller_runtime_terminal_reconcile_errors_total{controller=\"c\"} 1");
    assert_line(fixture, "controller_runtime_reconcile_errors_total{controller=\"c\"} 1");
    assert_line(fixture, "workqueue_retries_total{name=\"c\",controller=\"c\"} 0");
}

static void w07_retryable_failure_is_counted_and_run_again_at_its_time(void **state)
{
    struct fixture *fixture = *state;
    static const struct rr_reconcile_result results[] = { { RR_RECONCILE_FAILED, 1 }, { RR_RECONCILE_DONE, 0 } };
    fixture->results = results;
    fixture->result_count = RR_COUNT(results);
    start(fixture, 1);

    rr_workqueue_add(fixture->queue, RR_LIT("ns/a"));
    test_gate_wait(&fixture->ran, 2);
    finish(fixture);

    assert_line(fixture, "controller_runtime_terminal_reconcile_errors_total{controller=\"c\"} 1");
    assert_line(fixture, "controller_runtime_reconcile_total{controller=\"c\",result=\"success\"} 1");
}

static void workers_run_different_keys_at_once_and_no_more_than_they_are(void **state)
{
    struct fixture *fixture = *state;
    fixture->waits = true;
    start(fixture, 2);

    rr_workqueue_add(fixture->queue, RR_LIT("ns/a"));
    rr_workqueue_add(fixture->queue, RR_LIT("ns/b"));
    rr_workqueue_add(fixture->queue, RR_LIT("ns/c"));
    test_gate_wait(&fixture->ran, 2);
    test_gate_open(&fixture->may_end);
    test_gate_wait(&fixture->ran, 3);
    finish(fixture);

    assert_int_equal(fixture->most_at_once, 2);
}

static void w09_shutdown_drops_queued_keys_and_finishes_running_ones(void **state)
{
    struct fixture *fixture = *state;
    fixture->waits = true;
    start(fixture, 1);
    rr_workqueue_add(fixture->queue, RR_LIT("ns/a"));
    test_gate_wait(&fixture->ran, 1);
    rr_workqueue_add(fixture->queue, RR_LIT("ns/b"));

    rr_workqueue_shut_down(fixture->queue);
    test_gate_open(&fixture->may_end);
    finish(fixture);

    assert_int_equal(fixture->runs, 1);
    assert_int_equal(fixture->at_once, 0);
}

static void records_name_the_object_and_the_run(void **state)
{
    struct fixture *fixture = *state;
    char text[4096] = "";
    start(fixture, 1);

    rr_workqueue_add(fixture->queue, RR_LIT("ns/a"));
    test_gate_wait(&fixture->ran, 1);
    finish(fixture);

    assert_true(pread(fixture->log.fd, text, sizeof(text) - 1, 0) > 0);
    const char *found =
        strstr(text, "\"controller\":\"c\",\"controllerGroup\":\"g\",\"controllerKind\":\"K\",\"namespace\":"
                     "\"ns\",\"name\":\"a\",\"reconcileID\":\"");
    assert_non_null(found);
    const char *id = strstr(found, "reconcileID") + strlen("reconcileID\":\"");
    assert_int_equal(strspn(id, "0123456789abcdef-"), 36);
    assert_int_equal(id[14], '4');
    assert_non_null(strchr("89ab", id[19]));
}

static void f59_keys_that_wait_aside_leave_their_places_to_others(void **state)
{
    struct fixture *fixture = *state;
    enum { PLACES = 1, ASIDE = 3, KEYS = 8 };
    struct rr_workqueue_options queue = { .clock = &rr_clock_system,
                                          .random = &rr_random_system,
                                          .name = "c",
                                          .places = PLACES,
                                          .aside_max = ASIDE,
                                          .aside_of_a_namespace_max = ASIDE };
    rr_workqueue_free(fixture->queue);
    fixture->queue = rr_workqueue_new(&queue);
    fixture->waits = fixture->aside = true;
    start_with(fixture, PLACES, ASIDE);
    char key[16];

    for (int round = 0; round < 3; round++) { /* threads end and others begin */
        for (int i = 0; i < KEYS; i++) {
            (void)snprintf(key, sizeof(key), "ns/%d", i);
            rr_workqueue_add(fixture->queue, rr_slice_from(key));
        }
        test_gate_wait(&fixture->ran, round * KEYS + PLACES + ASIDE);
        test_gate_open(&fixture->may_end);
        test_gate_wait(&fixture->ran, (round + 1) * KEYS);
    }
    finish(fixture);

    assert_int_equal(fixture->most_at_once, PLACES + ASIDE);
    assert_int_equal(fixture->runs, 3 * KEYS);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(n01_every_family_is_there_before_the_first_run, setup, teardown),
    cmocka_unit_test_setup_teardown(w07_done_is_not_run_again, setup, teardown),
    cmocka_unit_test_setup_teardown(w07_retry_runs_again_with_back_off_and_after_runs_without, setup, teardown),
    cmocka_unit_test_setup_teardown(w07_retryable_failure_is_counted_and_run_again_at_its_time, setup, teardown),
    cmocka_unit_test_setup_teardown(w02_retry_is_not_later_than_the_interval, setup, teardown),
    cmocka_unit_test_setup_teardown(w07_terminal_failure_is_counted_and_not_run_again, setup, teardown),
    cmocka_unit_test_setup_teardown(workers_run_different_keys_at_once_and_no_more_than_they_are, setup, teardown),
    cmocka_unit_test_setup_teardown(f59_keys_that_wait_aside_leave_their_places_to_others, setup, teardown),
    cmocka_unit_test_setup_teardown(w09_shutdown_drops_queued_keys_and_finishes_running_ones, setup, teardown),
    cmocka_unit_test_setup_teardown(records_name_the_object_and_the_run, setup, teardown),
};
RR_TEST_MAIN(tests)
