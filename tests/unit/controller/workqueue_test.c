/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include <redisrestore/base/thread.h>
#include <redisrestore/controller/workqueue.h>

#include <sched.h>

#define A RR_LIT("ns/a")
#define B RR_LIT("ns/b")

static int64_t test_now_ms;

static int64_t read_now(void *context)
{
    (void)context;
    return __atomic_load_n(&test_now_ms, __ATOMIC_ACQUIRE);
}
static const struct rr_clock clock_of_test = { NULL, read_now, read_now };

static uint64_t middle(void *context)
{
    (void)context;
    return UINT64_C(1) << 63;
}
static const struct rr_random exact = { NULL, middle };

static struct rr_workqueue *make(const struct rr_clock *clock)
{
    struct rr_workqueue_options options = { .clock = clock, .random = &exact, .name = "test" };
    return rr_workqueue_new(&options);
}

static void assert_next(struct rr_workqueue *queue, const char *key)
{
    rr_auto(buf) got = { 0 };
    assert_true(rr_workqueue_next(queue, &got));
    assert_string_equal(rr_buf_text(&got), key);
}

static void w01_adds_collapse_and_keep_their_order(void **state)
{
    (void)state;
    rr_auto_ptr(workqueue) queue = make(&clock_of_test);

    rr_workqueue_add(queue, A);
    rr_workqueue_add(queue, B);
    rr_workqueue_add(queue, A);

    assert_int_equal(rr_workqueue_length(queue), 2);
    assert_next(queue, "ns/a");
    assert_next(queue, "ns/b");
    assert_int_equal(rr_workqueue_length(queue), 0);
}

static void w01_adds_while_running_make_exactly_one_more_run(void **state)
{
    (void)state;
    rr_auto_ptr(workqueue) queue = make(&clock_of_test);
    rr_workqueue_add(queue, A);
    assert_next(queue, "ns/a");

    rr_workqueue_add(queue, A);
    rr_workqueue_add(queue, A);
    assert_int_equal(rr_workqueue_length(queue), 0); /* never twice at once */
    rr_workqueue_finished(queue, A);

    assert_int_equal(rr_workqueue_length(queue), 1);
    assert_next(queue, "ns/a");
    rr_workqueue_finished(queue, A);
    assert_int_equal(rr_workqueue_length(queue), 0);
}

static void w05_delayed_key_keeps_the_earlier_time(void **state)
{
    (void)state;
    test_now_ms = 1000;
    rr_auto_ptr(workqueue) queue = make(&clock_of_test);

    rr_workqueue_add_after(queue, A, 500);
    rr_workqueue_add_after(queue, A, 900);
    rr_workqueue_add_after(queue, A, 300);
    assert_int_equal(rr_workqueue_length(queue), 0);

    test_now_ms = 1299;
    assert_int_equal(rr_workqueue_length(queue), 0);
    test_now_ms = 1300;
    assert_int_equal(rr_workqueue_length(queue), 1);
    assert_next(queue, "ns/a");
    rr_workqueue_finished(queue, A);
    test_now_ms = 5000;
    assert_int_equal(rr_workqueue_length(queue), 0);
}

static void w02_failures_double_the_delay_and_forget_resets_it(void **state)
{
    (void)state;
    test_now_ms = 0;
    rr_auto_ptr(workqueue) queue = make(&clock_of_test);
    static const int64_t delays[] = { 5, 10, 20, 40, 80, 160 };
    for (size_t i = 0; i < RR_COUNT(delays); i++) {
        rr_workqueue_add_rate_limited(queue, A, 0);
        test_now_ms += delays[i] - 1;
        assert_int_equal(rr_workqueue_length(queue), 0);
        test_now_ms += 1;
        assert_int_equal(rr_workqueue_length(queue), 1);
        assert_next(queue, "ns/a");
        rr_workqueue_finished(queue, A);
    }

    rr_workqueue_forget(queue, A);
    rr_workqueue_add_rate_limited(queue, A, 0);
    test_now_ms += 5;
    assert_int_equal(rr_workqueue_length(queue), 1);
}

static void w02_delay_ends_at_its_limits(void **state)
{
    (void)state;
    static const struct {
        int64_t limit_ms, longest_ms;
    } cases[] = { { 0, 300000 }, { 3600000, 300000 }, { 30000, 30000 } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        test_now_ms = 0;
        rr_auto_ptr(workqueue) queue = make(&clock_of_test);
        for (int failures = 0; failures < 40; failures++) {
            rr_workqueue_add_rate_limited(queue, A, cases[i].limit_ms);
            test_now_ms += cases[i].longest_ms;
            assert_int_equal(rr_workqueue_length(queue), 1);
            assert_next(queue, "ns/a");
            rr_workqueue_finished(queue, A);
        }
        rr_workqueue_add_rate_limited(queue, A, cases[i].limit_ms);
        test_now_ms += cases[i].longest_ms * 8 / 10; /* the limit is reached, not undercut */
        assert_int_equal(rr_workqueue_length(queue), 0);
    }
}

/* Returns how many of `count` keys that fail for the n-th time together are ready after this time. */
static size_t ready_after(size_t count, int failures, int64_t passed_ms)
{
    test_now_ms = 0;
    rr_auto_ptr(workqueue) queue = make(&clock_of_test);
    char key[32];
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(key, sizeof(key), "ns%zu/a", i);
        rr_workqueue_add_rate_limited(queue, rr_slice_from(key), 0);
    }
    for (int failure = 1; failure < failures; failure++) {
        test_now_ms += 10 * 1000 * 1000;
        for (; rr_workqueue_length(queue) > 0;) {
            rr_auto(buf) got = { 0 };
            assert_true(rr_workqueue_next(queue, &got));
            rr_workqueue_finished(queue, rr_buf_slice(&got));
        }
        for (size_t i = 0; i < count; i++) {
            (void)snprintf(key, sizeof(key), "ns%zu/a", i);
            rr_workqueue_add_rate_limited(queue, rr_slice_from(key), 0);
        }
    }
    test_now_ms += passed_ms;
    return rr_workqueue_length(queue);
}

static void w03_retries_of_all_keys_are_a_burst_of_100_and_then_10_a_second(void **state)
{
    (void)state;
    assert_int_equal(ready_after(10000, 1, 4), 0);
    assert_int_equal(ready_after(10000, 1, 5), 100);
    assert_int_equal(ready_after(10000, 1, 99), 100);
    assert_int_equal(ready_after(10000, 1, 100), 101);
    assert_int_equal(ready_after(10000, 1, 1000), 110);
    assert_int_equal(ready_after(10000, 1, 989999), 9999);
    assert_int_equal(ready_after(10000, 1, 990000), 10000);
}

static void w04_the_longer_of_both_limits_holds(void **state)
{
    (void)state;
    assert_int_equal(ready_after(110, 11, 5119), 0); /* the 11th failure: 5.12 s, the pace: at most 1 s */
    assert_int_equal(ready_after(110, 11, 5120), 110);
}

static void w03_first_adds_and_delayed_ones_are_not_paced(void **state)
{
    (void)state;
    test_now_ms = 0;
    rr_auto_ptr(workqueue) queue = make(&clock_of_test);
    char key[32];
    for (int i = 0; i < 300; i++) {
        (void)snprintf(key, sizeof(key), "first/%d", i);
        rr_workqueue_add(queue, rr_slice_from(key));
        (void)snprintf(key, sizeof(key), "again/%d", i);
        rr_workqueue_add_after(queue, rr_slice_from(key), 1);
    }

    test_now_ms = 1;

    assert_int_equal(rr_workqueue_length(queue), 600);
}

static void w03_key_that_waits_takes_no_second_place(void **state)
{
    (void)state;
    test_now_ms = 0;
    rr_auto_ptr(workqueue) queue = make(&clock_of_test);
    for (int i = 0; i < 1000; i++) /* a key that is edited and fails continuously */
        rr_workqueue_add_rate_limited(queue, A, 0);

    rr_workqueue_add_rate_limited(queue, B, 0);
    test_now_ms = 5;

    assert_int_equal(rr_workqueue_length(queue), 2);
}

static void w06_key_that_is_not_urgent_waits_unless_it_changes(void **state)
{
    (void)state;
    rr_auto_ptr(workqueue) queue = make(&clock_of_test);
    rr_workqueue_add_later(queue, A);
    rr_workqueue_add_later(queue, B);
    rr_workqueue_add_later(queue, RR_LIT("ns/c"));
    rr_workqueue_add(queue, RR_LIT("ns/news"));

    rr_workqueue_add(queue, B);
    rr_workqueue_add_later(queue, RR_LIT("ns/news")); /* does not lower the urgency */

    assert_int_equal(rr_workqueue_length(queue), 4);
    assert_next(queue, "ns/news");
    assert_next(queue, "ns/b");
    assert_next(queue, "ns/a");
    rr_workqueue_finished(queue, B);
    rr_workqueue_add_later(queue, A); /* while it runs */
    rr_workqueue_add(queue, A);
    rr_workqueue_finished(queue, A);
    assert_next(queue, "ns/a");
    assert_next(queue, "ns/c");
    assert_int_equal(rr_workqueue_length(queue), 0);
}

/* A run decides when the next one is due. Otherwise 10,000 keys that waited and were called would all run once more. */
static void w05_run_ends_the_delay(void **state)
{
    (void)state;
    rr_auto_ptr(workqueue) queue = make(&clock_of_test);
    rr_workqueue_add_after(queue, A, 100);
    rr_workqueue_add(queue, A);

    assert_next(queue, "ns/a");
    rr_workqueue_finished(queue, A);
    test_now_ms += 100;

    assert_int_equal(rr_workqueue_length(queue), 0);
    rr_workqueue_add_after(queue, A, 100);
    test_now_ms += 100;
    assert_next(queue, "ns/a");
}

/* A key that a list found waits for an event. After the event it goes before other keys that the list found, and behind
 * changed keys. */
static void w06_key_that_comes_again_is_as_urgent_as_it_was(void **state)
{
    (void)state;
    rr_auto_ptr(workqueue) queue = make(&clock_of_test);
    rr_workqueue_add_later(queue, A);
    assert_next(queue, "ns/a");
    rr_workqueue_add_after(queue, A, 100); /* parked */
    rr_workqueue_finished(queue, A);
    rr_workqueue_add_later(queue, B);

    rr_workqueue_add_again(queue, A, true);
    rr_workqueue_add(queue, RR_LIT("ns/news"));

    assert_next(queue, "ns/news");
    assert_next(queue, "ns/a");
    rr_workqueue_add_again(queue, A, false); /* while it runs: behind the others */
    rr_workqueue_finished(queue, A);
    assert_next(queue, "ns/b");
    assert_next(queue, "ns/a");
    rr_workqueue_add_after(queue, A, 100);
    rr_workqueue_finished(queue, A);
    rr_workqueue_add_again(queue, RR_LIT("ns/news"), false); /* it runs as news */
    rr_workqueue_add_later(queue, RR_LIT("ns/c"));
    test_now_ms += 100; /* A is due, and is no news either */
    rr_workqueue_finished(queue, RR_LIT("ns/news"));
    assert_next(queue, "ns/news");
    assert_next(queue, "ns/c");
    assert_next(queue, "ns/a");
}

static void w06_only_waiting_keys_of_at_least_the_same_urgency_count(void **state)
{
    (void)state;
    rr_auto_ptr(workqueue) queue = make(&clock_of_test);
    rr_workqueue_add(queue, RR_LIT("ns/news"));
    rr_workqueue_add_later(queue, A);
    assert_next(queue, "ns/news");

    assert_false(rr_workqueue_others_wait(queue, RR_LIT("ns/news")));
    assert_next(queue, "ns/a");
    assert_false(rr_workqueue_others_wait(queue, A));
    rr_workqueue_add_later(queue, B);
    assert_false(rr_workqueue_others_wait(queue, RR_LIT("ns/news")));
    assert_true(rr_workqueue_others_wait(queue, A));
    rr_workqueue_add(queue, B);
    assert_true(rr_workqueue_others_wait(queue, RR_LIT("ns/news")));
    assert_true(rr_workqueue_others_wait(queue, A));
}

static void f55_namespace_leaves_workers_to_others(void **state)
{
    (void)state;
    struct rr_workqueue_options options = {
        .clock = &clock_of_test, .random = &exact, .name = "test", .most_of_a_namespace = 2
    };
    rr_auto_ptr(workqueue) queue = rr_workqueue_new(&options);
    char key[32];
    for (int i = 0; i < 10000; i++) {
        (void)snprintf(key, sizeof(key), "noisy/%d", i);
        rr_workqueue_add(queue, rr_slice_from(key));
    }
    assert_next(queue, "noisy/0");
    assert_next(queue, "noisy/1");

    rr_workqueue_add(queue, RR_LIT("quiet/a"));
    rr_workqueue_add(queue, RR_LIT("quiet/b"));

    assert_next(queue, "quiet/a");
    assert_next(queue, "quiet/b");
    assert_int_equal(rr_workqueue_length(queue), 9998);
    rr_workqueue_finished(queue, RR_LIT("noisy/0"));
    assert_next(queue, "noisy/2");
}

struct taker {
    struct rr_workqueue *queue;
    struct rr_thread thread;
    bool taken; /* atomic */
};

static void take_one(void *context)
{
    struct taker *taker = context;
    rr_auto(buf) key = { 0 };
    __atomic_store_n(&taker->taken, rr_workqueue_next(taker->queue, &key), __ATOMIC_RELEASE);
}

static bool has_taken(struct taker *taker)
{
    return __atomic_load_n(&taker->taken, __ATOMIC_ACQUIRE);
}

/* Starts both, the second when the first waits. On a slow machine one of them has its key before both wait. */
static void start_two(struct taker takers[2])
{
    for (size_t i = 0; i < 2; i++) {
        rr_thread_start(&takers[i].thread, "taker", take_one, &takers[i]);
        while (rr_workqueue_idle(takers->queue) <= i && !has_taken(&takers[0]) && !has_taken(&takers[1]))
            (void)sched_yield();
    }
}

/* The thread that waits for the delayed key may take the other one: then the second thread must wait for it. glibc
 * wakes the thread that has waited longest: in every second round that is the one with the deadline. */
static void w05_delayed_key_is_taken_although_the_thread_that_waited_for_it_works(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        rr_auto_ptr(workqueue) queue = make(&rr_clock_system);
        struct taker takers[2] = { { .queue = queue }, { .queue = queue } };
        bool is_delayed_first = round % 2 == 0;
        if (is_delayed_first)
            rr_workqueue_add_after(queue, A, 20);
        start_two(takers);
        if (!is_delayed_first)
            rr_workqueue_add_after(queue, A, 20);
        rr_workqueue_add(queue, B);

        int64_t end_ms = rr_clock_monotonic_ms(&rr_clock_system) + 10000;
        for (size_t i = 0; i < 2; i++)
            while (!has_taken(&takers[i]) && rr_clock_monotonic_ms(&rr_clock_system) < end_ms)
                (void)sched_yield();
        size_t idle = rr_workqueue_idle(queue);
        rr_workqueue_shut_down(queue);
        for (size_t i = 0; i < 2; i++)
            rr_thread_join(&takers[i].thread);
        assert_int_equal(idle, 0);
    }
}

static void w08_no_metric_moves_after_the_shutdown(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    rr_auto(buf) text = RR_BUF(1 << 20);
    struct rr_workqueue_options options = {
        .clock = &clock_of_test, .random = &exact, .metrics = metrics, .name = "q"
    };
    rr_auto_ptr(workqueue) queue = rr_workqueue_new(&options);
    rr_workqueue_add(queue, A);
    assert_next(queue, "ns/a");

    rr_workqueue_shut_down(queue);
    rr_workqueue_add(queue, A);
    rr_workqueue_add_after(queue, B, 0);
    rr_workqueue_add_rate_limited(queue, B, 0);
    rr_workqueue_finished(queue, A);
    test_now_ms += 1000000;

    assert_int_equal(rr_workqueue_length(queue), 0);
    rr_metrics_expose(metrics, &text);
    assert_non_null(strstr(rr_buf_text(&text), "workqueue_adds_total{name=\"q\",controller=\"q\"} 1\n"));
    assert_non_null(strstr(rr_buf_text(&text), "workqueue_retries_total{name=\"q\",controller=\"q\"} 0\n"));
}

static void w09_shutdown_drops_queued_keys_and_takes_no_more(void **state)
{
    (void)state;
    rr_auto_ptr(workqueue) queue = make(&clock_of_test);
    rr_auto(buf) key = { 0 };
    rr_workqueue_add(queue, A);

    rr_workqueue_shut_down(queue);
    rr_workqueue_add(queue, B);

    assert_false(rr_workqueue_next(queue, &key));
}

enum { HAMMER_NAMESPACES = 3, HAMMER_KEYS = 9, HAMMER_ADDS = 2000, HAMMER_THREADS = 4, HAMMER_MOST = 2 };

struct hammer {
    struct rr_workqueue *queue;
    int running[HAMMER_KEYS], running_of[HAMMER_NAMESPACES];
    int runs_of[HAMMER_NAMESPACES];
    int twice, too_many;
};

static void consume(void *context)
{
    struct hammer *hammer = context;
    for (;;) {
        rr_auto(buf) key = { 0 };
        if (!rr_workqueue_next(hammer->queue, &key))
            return;
        int which = key.ptr[2] - '0', of = key.ptr[0] - 'a';
        if (__atomic_add_fetch(&hammer->running[which], 1, __ATOMIC_SEQ_CST) > 1)
            __atomic_add_fetch(&hammer->twice, 1, __ATOMIC_SEQ_CST);
        if (__atomic_add_fetch(&hammer->running_of[of], 1, __ATOMIC_SEQ_CST) > HAMMER_MOST)
            __atomic_add_fetch(&hammer->too_many, 1, __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&hammer->runs_of[of], 1, __ATOMIC_SEQ_CST);
        __atomic_sub_fetch(&hammer->running_of[of], 1, __ATOMIC_SEQ_CST);
        __atomic_sub_fetch(&hammer->running[which], 1, __ATOMIC_SEQ_CST);
        rr_workqueue_finished(hammer->queue, rr_buf_slice(&key));
    }
}

static void produce(void *context)
{
    struct hammer *hammer = context;
    for (int i = 0; i < HAMMER_ADDS; i++) {
        int which = i % HAMMER_KEYS;
        char key[4] = { (char)('a' + which % HAMMER_NAMESPACES), '/', (char)('0' + which), '\0' };
        if (i % 3 == 0)
            rr_workqueue_add_after(hammer->queue, rr_slice_from(key), 1);
        else if (i % 50 == 1)
            rr_workqueue_add_rate_limited(hammer->queue, rr_slice_from(key), 0);
        else
            rr_workqueue_add(hammer->queue, rr_slice_from(key));
    }
}

static void run_hammer(struct hammer *hammer)
{
    struct rr_workqueue_options options = {
        .clock = &rr_clock_system, .random = &exact, .name = "test", .most_of_a_namespace = HAMMER_MOST
    };
    *hammer = (struct hammer){ .queue = rr_workqueue_new(&options) };
    struct rr_thread consumers[HAMMER_THREADS] = { 0 }, producers[HAMMER_THREADS] = { 0 };
    for (size_t i = 0; i < HAMMER_THREADS; i++) {
        rr_thread_start(&consumers[i], "consumer", consume, hammer);
        rr_thread_start(&producers[i], "producer", produce, hammer);
    }
    for (size_t i = 0; i < HAMMER_THREADS; i++)
        rr_thread_join(&producers[i]);
    while (rr_workqueue_length(hammer->queue) > 0) /* every key comes, or this loop never ends */
        (void)sched_yield();
    rr_workqueue_shut_down(hammer->queue);
    for (size_t i = 0; i < HAMMER_THREADS; i++)
        rr_thread_join(&consumers[i]);
    rr_workqueue_free(hammer->queue);
}

static void w01_no_key_runs_twice_at_once_under_load(void **state)
{
    (void)state;
    struct hammer hammer;

    run_hammer(&hammer);

    assert_int_equal(hammer.twice, 0);
}

static void f55_no_namespace_runs_over_its_share_or_starves_under_load(void **state)
{
    (void)state;
    struct hammer hammer;

    run_hammer(&hammer);

    assert_int_equal(hammer.too_many, 0);
    for (size_t i = 0; i < HAMMER_NAMESPACES; i++)
        assert_true(hammer.runs_of[i] >= HAMMER_KEYS / HAMMER_NAMESPACES);
}

static void n01_families_are_exposed_before_the_first_key_and_after_the_queue_is_gone(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    rr_auto(buf) before = RR_BUF(1 << 20), after = RR_BUF(1 << 20);
    struct rr_workqueue_options options = {
        .clock = &clock_of_test, .random = &exact, .metrics = metrics, .name = "q"
    };
    struct rr_workqueue *queue = rr_workqueue_new(&options);

    rr_metrics_expose(metrics, &before);
    rr_workqueue_free(queue);
    rr_metrics_expose(metrics, &after);

    static const char *const lines[] = {
        "workqueue_depth{name=\"q\",controller=\"q\",priority=\"\"} 0\n",
        "workqueue_adds_total{name=\"q\",controller=\"q\"} 0\n",
        "workqueue_queue_duration_seconds_bucket{name=\"q\",controller=\"q\",le=\"1e-08\"} 0\n",
        "workqueue_work_duration_seconds_bucket{name=\"q\",controller=\"q\",le=\"1000\"} 0\n",
        "workqueue_unfinished_work_seconds{name=\"q\",controller=\"q\"} 0\n",
        "workqueue_longest_running_processor_seconds{name=\"q\",controller=\"q\"} 0\n",
        "workqueue_retries_total{name=\"q\",controller=\"q\"} 0\n",
    };
    for (size_t i = 0; i < RR_COUNT(lines); i++) {
        assert_non_null(strstr(rr_buf_text(&before), lines[i]));
        assert_non_null(strstr(rr_buf_text(&after), lines[i]));
    }
}

static void n02_running_key_shows_in_the_gauges(void **state)
{
    (void)state;
    rr_auto_ptr(metrics) metrics = rr_metrics_new();
    rr_auto(buf) text = RR_BUF(1 << 20);
    test_now_ms = 0;
    struct rr_workqueue_options options = {
        .clock = &clock_of_test, .random = &exact, .metrics = metrics, .name = "q"
    };
    rr_auto_ptr(workqueue) queue = rr_workqueue_new(&options);
    rr_workqueue_add(queue, A);
    assert_next(queue, "ns/a");

    test_now_ms = 3000;
    rr_metrics_expose(metrics, &text);

    assert_non_null(strstr(rr_buf_text(&text), "workqueue_unfinished_work_seconds{name=\"q\",controller=\"q\"} 3\n"));
    assert_non_null(
        strstr(rr_buf_text(&text), "workqueue_longest_running_processor_seconds{name=\"q\",controller=\"q\"} 3\n"));
    assert_non_null(strstr(rr_buf_text(&text), "workqueue_adds_total{name=\"q\",controller=\"q\"} 1\n"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(w01_adds_collapse_and_keep_their_order),
    cmocka_unit_test(w01_adds_while_running_make_exactly_one_more_run),
    cmocka_unit_test(w05_delayed_key_keeps_the_earlier_time),
    cmocka_unit_test(w05_run_ends_the_delay),
    cmocka_unit_test(w02_failures_double_the_delay_and_forget_resets_it),
    cmocka_unit_test(w02_delay_ends_at_its_limits),
    cmocka_unit_test(w03_retries_of_all_keys_are_a_burst_of_100_and_then_10_a_second),
    cmocka_unit_test(w04_the_longer_of_both_limits_holds),
    cmocka_unit_test(w03_first_adds_and_delayed_ones_are_not_paced),
    cmocka_unit_test(w03_key_that_waits_takes_no_second_place),
    cmocka_unit_test(w06_key_that_is_not_urgent_waits_unless_it_changes),
    cmocka_unit_test(w06_key_that_comes_again_is_as_urgent_as_it_was),
    cmocka_unit_test(w06_only_waiting_keys_of_at_least_the_same_urgency_count),
    cmocka_unit_test(f55_namespace_leaves_workers_to_others),
    cmocka_unit_test(w05_delayed_key_is_taken_although_the_thread_that_waited_for_it_works),
    cmocka_unit_test(w08_no_metric_moves_after_the_shutdown),
    cmocka_unit_test(w09_shutdown_drops_queued_keys_and_takes_no_more),
    cmocka_unit_test(w01_no_key_runs_twice_at_once_under_load),
    cmocka_unit_test(f55_no_namespace_runs_over_its_share_or_starves_under_load),
    cmocka_unit_test(n01_families_are_exposed_before_the_first_key_and_after_the_queue_is_gone),
    cmocka_unit_test(n02_running_key_shows_in_the_gauges),
};
RR_TEST_MAIN(tests)
