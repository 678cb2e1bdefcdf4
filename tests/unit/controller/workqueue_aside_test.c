/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include <redisrestore/base/thread.h>
#include <redisrestore/controller/workqueue.h>

#include <poll.h>
#include <sched.h>

#define A RR_LIT("ns/a")
#define B RR_LIT("ns/b")

/* Far ahead of the real clock that the queue waits by: no wait ends by itself. */
#define START_MS (INT64_C(1) << 50)

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

static void assert_next(struct rr_workqueue *queue, const char *key)
{
    rr_auto(buf) got = { 0 };
    assert_true(rr_workqueue_next(queue, &got));
    assert_string_equal(rr_buf_text(&got), key);
}

struct keys_taken {
    struct rr_workqueue *queue;
    char key[32];
};

static void take_one(void *context)
{
    struct keys_taken *taken = context;
    rr_auto(buf) got = { 0 };
    if (rr_workqueue_next(taken->queue, &got))
        (void)snprintf(taken->key, sizeof(taken->key), "%s", rr_buf_text(&got));
}

static struct rr_workqueue *make_of_one_place(const struct rr_clock *clock)
{
    struct rr_workqueue_options options = {
        .clock = clock, .random = &exact, .name = "test", .places = 1, .aside_max = 2, .aside_of_a_namespace_max = 2
    };
    return rr_workqueue_new(&options);
}

static void start_and_await_idle(struct keys_taken *taken, struct rr_thread *thread)
{
    rr_thread_start(thread, "taker", take_one, taken);
    while (rr_workqueue_idle(taken->queue) == 0)
        (void)sched_yield();
}

/* With the real clock: the idle thread must wait no longer than until the place is released. */
static void f59_key_that_waits_for_a_store_releases_its_place_after_a_time(void **state)
{
    (void)state;
    rr_auto_ptr(workqueue) queue = make_of_one_place(&rr_clock_system);
    struct keys_taken taken = { .queue = queue };
    struct rr_thread thread = { 0 };
    rr_workqueue_add(queue, A);
    assert_next(queue, "ns/a");
    start_and_await_idle(&taken, &thread);
    rr_workqueue_add(queue, B);
    int64_t started_ms = rr_clock_monotonic_ms(&rr_clock_system);
    rr_workqueue_waits(queue, A, 100);

    rr_thread_join(&thread);
    assert_string_equal(taken.key, "ns/b");
    assert_true(rr_clock_monotonic_ms(&rr_clock_system) >= started_ms + 100);
    assert_int_equal(rr_workqueue_idle(queue), 0);
}

static void f59_place_is_kept_until_the_time_is_over(void **state)
{
    (void)state;
    test_now_ms = START_MS;
    rr_auto_ptr(workqueue) queue = make_of_one_place(&clock_of_test);
    struct keys_taken taken = { .queue = queue };
    struct rr_thread thread = { 0 };
    rr_workqueue_add(queue, A);
    assert_next(queue, "ns/a");
    rr_workqueue_waits(queue, A, 100);
    rr_workqueue_add(queue, B);

    __atomic_store_n(&test_now_ms, START_MS + 99, __ATOMIC_RELEASE);
    start_and_await_idle(&taken, &thread);
    assert_int_equal(rr_workqueue_length(queue), 1);

    rr_workqueue_finished(queue, A);
    rr_thread_join(&thread);
    assert_string_equal(taken.key, "ns/b");
}

static void f59_key_that_does_not_wait_keeps_its_place(void **state)
{
    (void)state;
    test_now_ms = START_MS;
    rr_auto_ptr(workqueue) queue = make_of_one_place(&clock_of_test);
    struct keys_taken taken = { .queue = queue };
    struct rr_thread thread = { 0 };
    rr_workqueue_add(queue, A);
    assert_next(queue, "ns/a");
    rr_workqueue_waits(queue, B, 0); /* it does not run */
    rr_workqueue_add(queue, B);
    test_now_ms = START_MS + 1000000;

    start_and_await_idle(&taken, &thread);
    assert_int_equal(rr_workqueue_length(queue), 1);
    rr_workqueue_finished(queue, A);

    rr_thread_join(&thread);
    assert_string_equal(taken.key, "ns/b");
}

static void f59_key_that_runs_again_waits_its_full_time_again(void **state)
{
    (void)state;
    test_now_ms = START_MS;
    rr_auto_ptr(workqueue) queue = make_of_one_place(&clock_of_test);
    rr_workqueue_add(queue, A);
    assert_next(queue, "ns/a");
    rr_workqueue_waits(queue, A, 0);
    rr_workqueue_finished(queue, A);
    rr_workqueue_add(queue, A);
    assert_next(queue, "ns/a");

    rr_workqueue_add(queue, B);
    struct keys_taken taken = { .queue = queue };
    struct rr_thread thread = { 0 };
    start_and_await_idle(&taken, &thread);
    assert_int_equal(rr_workqueue_length(queue), 1);
    rr_workqueue_waits(queue, A, 0);

    rr_thread_join(&thread);
    assert_string_equal(taken.key, "ns/b");
}

/* Counts how often other threads read the clock: each thread that wakes reads it. */
static pthread_t tester;
static int reads_of_others;

static int64_t count_and_read(void *context)
{
    if (!pthread_equal(pthread_self(), tester))
        (void)__atomic_add_fetch(&reads_of_others, 1, __ATOMIC_ACQ_REL);
    return read_now(context);
}
static const struct rr_clock counting = { NULL, count_and_read, count_and_read };

static void f59_key_that_cannot_run_yet_wakes_no_thread(void **state)
{
    (void)state;
    test_now_ms = START_MS;
    tester = pthread_self();
    reads_of_others = 0;
    rr_auto_ptr(workqueue) queue = make_of_one_place(&counting);
    struct keys_taken taken = { .queue = queue };
    struct rr_thread thread = { 0 };
    rr_workqueue_add(queue, A);
    assert_next(queue, "ns/a");
    start_and_await_idle(&taken, &thread);
    int reads_before = __atomic_load_n(&reads_of_others, __ATOMIC_ACQUIRE);

    for (int i = 0; i < 20; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "ns/waits-%d", i);
        rr_workqueue_add(queue, rr_slice_from(key));
        (void)poll(NULL, 0, 1); /* time for a thread that is woken */
    }
    assert_int_equal(__atomic_load_n(&reads_of_others, __ATOMIC_ACQUIRE), reads_before);

    rr_workqueue_finished(queue, A);
    rr_thread_join(&thread);
    assert_string_equal(taken.key, "ns/waits-0");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f59_key_that_waits_for_a_store_releases_its_place_after_a_time),
    cmocka_unit_test(f59_place_is_kept_until_the_time_is_over),
    cmocka_unit_test(f59_key_that_does_not_wait_keeps_its_place),
    cmocka_unit_test(f59_key_that_runs_again_waits_its_full_time_again),
    cmocka_unit_test(f59_key_that_cannot_run_yet_wakes_no_thread),
};
RR_TEST_MAIN(tests)
