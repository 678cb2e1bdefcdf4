/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include <redisrestore/base/thread.h>
#include <redisrestore/controller/workqueue.h>

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
    assert_true(rr_workqueue_get(queue, &got));
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
    if (rr_workqueue_get(taken->queue, &got))
        (void)snprintf(taken->key, sizeof(taken->key), "%s", rr_buf_text(&got));
}

static struct rr_workqueue *make_of_one_place(void)
{
    struct rr_workqueue_options options = { .clock = &clock_of_test,
                                            .random = &exact,
                                            .name = "test",
                                            .places = 1,
                                            .aside_max = 2,
                                            .aside_of_a_namespace_max = 2 };
    return rr_workqueue_new(&options);
}

static void f59_key_that_waits_for_a_store_gives_its_place_back_after_its_patience(void **state)
{
    (void)state;
    test_now_ms = START_MS;
    rr_auto_ptr(workqueue) queue = make_of_one_place();
    struct keys_taken taken = { .queue = queue };
    struct rr_thread thread = { 0 };
    rr_workqueue_add(queue, A);
    assert_next(queue, "ns/a");
    rr_workqueue_waits(queue, A, 100);
    rr_workqueue_add(queue, B);
    test_now_ms = START_MS + 99;

    rr_thread_start(&thread, "taker", take_one, &taken);
    while (rr_workqueue_idle(queue) == 0)
        (void)sched_yield();
    assert_int_equal(rr_workqueue_length(queue), 1);
    __atomic_store_n(&test_now_ms, START_MS + 100, __ATOMIC_RELEASE);
    rr_workqueue_add(queue, RR_LIT("ns/c")); /* wakes it to look */

    rr_thread_join(&thread);
    assert_string_equal(taken.key, "ns/b");
    assert_int_equal(rr_workqueue_idle(queue), 0);
}

static void f59_key_that_does_not_wait_keeps_its_place(void **state)
{
    (void)state;
    test_now_ms = START_MS;
    rr_auto_ptr(workqueue) queue = make_of_one_place();
    struct keys_taken taken = { .queue = queue };
    struct rr_thread thread = { 0 };
    rr_workqueue_add(queue, A);
    assert_next(queue, "ns/a");
    rr_workqueue_waits(queue, B, 0); /* it does not run */
    rr_workqueue_add(queue, B);
    test_now_ms = START_MS + 1000000;

    rr_thread_start(&thread, "taker", take_one, &taken);
    while (rr_workqueue_idle(queue) == 0)
        (void)sched_yield();
    assert_int_equal(rr_workqueue_length(queue), 1);
    rr_workqueue_finished(queue, A);

    rr_thread_join(&thread);
    assert_string_equal(taken.key, "ns/b");
}

static void f59_key_that_is_run_again_has_to_wait_anew(void **state)
{
    (void)state;
    test_now_ms = START_MS;
    rr_auto_ptr(workqueue) queue = make_of_one_place();
    rr_workqueue_add(queue, A);
    assert_next(queue, "ns/a");
    rr_workqueue_waits(queue, A, 0);
    rr_workqueue_finished(queue, A);
    rr_workqueue_add(queue, A);
    assert_next(queue, "ns/a");

    rr_workqueue_add(queue, B);
    struct keys_taken taken = { .queue = queue };
    struct rr_thread thread = { 0 };
    rr_thread_start(&thread, "taker", take_one, &taken);
    while (rr_workqueue_idle(queue) == 0)
        (void)sched_yield();
    assert_int_equal(rr_workqueue_length(queue), 1);
    rr_workqueue_waits(queue, A, 0);

    rr_thread_join(&thread);
    assert_string_equal(taken.key, "ns/b");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f59_key_that_waits_for_a_store_gives_its_place_back_after_its_patience),
    cmocka_unit_test(f59_key_that_does_not_wait_keeps_its_place),
    cmocka_unit_test(f59_key_that_is_run_again_has_to_wait_anew),
};
RR_TEST_MAIN(tests)
