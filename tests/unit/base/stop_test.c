/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/clock.h>
#include <redisrestore/base/stop.h>
#include <redisrestore/base/thread.h>
#include <support/test.h>

#include <sched.h>
#include <stdatomic.h>

static void count(void *context)
{
    int *calls = context;
    (*calls)++;
}

static void new_token_is_not_set_and_null_never_is(void **state)
{
    (void)state;
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);

    assert_false(rr_stop_is_set(&stop));
    assert_false(rr_stop_is_set(NULL));

    rr_stop_done(&stop);
}

static void set_token_stays_set(void **state)
{
    (void)state;
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);

    rr_stop_set(&stop);
    rr_stop_set(&stop);

    assert_true(rr_stop_is_set(&stop));
    rr_stop_done(&stop);
}

static void child_is_stopped_by_its_parent(void **state)
{
    (void)state;
    struct rr_stop parent, child, grandchild;
    rr_stop_init(&parent, NULL);
    rr_stop_init(&child, &parent);
    rr_stop_init(&grandchild, &child);

    rr_stop_set(&parent);

    assert_true(rr_stop_is_set(&child));
    assert_true(rr_stop_is_set(&grandchild));
    rr_stop_done(&grandchild);
    rr_stop_done(&child);
    rr_stop_done(&parent);
}

static void parent_is_not_stopped_by_its_child(void **state)
{
    (void)state;
    struct rr_stop parent, child, sibling;
    rr_stop_init(&parent, NULL);
    rr_stop_init(&child, &parent);
    rr_stop_init(&sibling, &parent);

    rr_stop_set(&child);

    assert_false(rr_stop_is_set(&parent));
    assert_false(rr_stop_is_set(&sibling));
    rr_stop_done(&sibling);
    rr_stop_done(&child);
    rr_stop_set(&parent);
    rr_stop_done(&parent);
}

static void child_of_a_stopped_parent_is_born_stopped(void **state)
{
    (void)state;
    struct rr_stop parent, child;
    rr_stop_init(&parent, NULL);
    rr_stop_set(&parent);

    rr_stop_init(&child, &parent);

    assert_true(rr_stop_is_set(&child));
    rr_stop_done(&child);
    rr_stop_done(&parent);
}

static void watcher_is_called_once(void **state)
{
    (void)state;
    int calls = 0;
    struct rr_stop stop;
    struct rr_stop_watcher watcher = { .on_stop = count, .context = &calls };
    rr_stop_init(&stop, NULL);
    rr_stop_watch(&stop, &watcher);
    assert_int_equal(calls, 0);

    rr_stop_set(&stop);
    rr_stop_set(&stop);

    assert_int_equal(calls, 1);
    rr_stop_unwatch(&stop, &watcher);
    rr_stop_done(&stop);
}

static void watcher_of_a_set_token_is_called_at_once(void **state)
{
    (void)state;
    int calls = 0;
    struct rr_stop stop;
    struct rr_stop_watcher watcher = { .on_stop = count, .context = &calls };
    rr_stop_init(&stop, NULL);
    rr_stop_set(&stop);

    rr_stop_watch(&stop, &watcher);

    assert_int_equal(calls, 1);
    rr_stop_unwatch(&stop, &watcher);
    assert_int_equal(calls, 1);
    rr_stop_done(&stop);
}

static void removed_watcher_is_never_called(void **state)
{
    (void)state;
    int calls[3] = { 0 };
    struct rr_stop stop;
    struct rr_stop_watcher watchers[3];
    rr_stop_init(&stop, NULL);
    for (int i = 0; i < 3; i++) {
        watchers[i] = (struct rr_stop_watcher){ .on_stop = count, .context = &calls[i] };
        rr_stop_watch(&stop, &watchers[i]);
    }

    rr_stop_unwatch(&stop, &watchers[1]);
    rr_stop_unwatch(&stop, &watchers[1]);
    rr_stop_set(&stop);

    assert_int_equal(calls[0], 1);
    assert_int_equal(calls[1], 0);
    assert_int_equal(calls[2], 1);
    rr_stop_done(&stop);
}

static void watching_a_null_token_does_nothing(void **state)
{
    (void)state;
    int calls = 0;
    struct rr_stop_watcher watcher = { .on_stop = count, .context = &calls };

    rr_stop_watch(NULL, &watcher);
    rr_stop_unwatch(NULL, &watcher);

    assert_int_equal(calls, 0);
}

struct self {
    struct rr_stop *stop;
    struct rr_stop_watcher watcher;
    bool left;
};

static void leave_from_inside(void *context)
{
    struct self *self = context;
    rr_stop_unwatch(self->stop, &self->watcher);
    self->left = true;
}

static void watcher_may_unwatch_itself(void **state)
{
    (void)state;
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);
    struct self self = { .stop = &stop };
    self.watcher = (struct rr_stop_watcher){ .on_stop = leave_from_inside, .context = &self };
    rr_stop_watch(&stop, &self.watcher);

    rr_stop_set(&stop);

    assert_true(self.left);
    rr_stop_done(&stop);
}

static void see_that_it_is_set(void *context)
{
    struct self *self = context;
    self->left = rr_stop_is_set(self->stop);
}

static void watcher_is_called_without_the_lock_and_after_the_fact(void **state)
{
    (void)state;
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);
    struct self self = { .stop = &stop };
    self.watcher = (struct rr_stop_watcher){ .on_stop = see_that_it_is_set, .context = &self };
    rr_stop_watch(&stop, &self.watcher);

    rr_stop_set(&stop);

    assert_true(self.left);
    rr_stop_unwatch(&stop, &self.watcher);
    rr_stop_done(&stop);
}

static void run_set(void *context)
{
    rr_stop_set(context);
}

struct slow {
    struct rr_stop *stop;
    struct rr_stop_watcher watcher;
    atomic_bool entered, leaving;
    int finished; /* not atomic: the thread sanitizer sees an unwatch that does not wait */
};

static void slow_on_stop(void *context)
{
    struct slow *slow = context;
    atomic_store(&slow->entered, true);
    while (!atomic_load(&slow->leaving))
        sched_yield();
    for (int i = 0; i < 1000; i++)
        sched_yield();
    slow->finished = 1;
}

static void unwatch_waits_for_the_call_that_runs(void **state)
{
    (void)state;
    struct rr_stop stop;
    struct rr_thread setter = { 0 };
    rr_stop_init(&stop, NULL);
    struct slow slow = { .stop = &stop };
    slow.watcher = (struct rr_stop_watcher){ .on_stop = slow_on_stop, .context = &slow };
    rr_stop_watch(&stop, &slow.watcher);
    rr_thread_start(&setter, "setter", run_set, &stop);
    while (!atomic_load(&slow.entered))
        sched_yield();

    atomic_store(&slow.leaving, true);
    rr_stop_unwatch(&stop, &slow.watcher);

    assert_int_equal(slow.finished, 1);
    rr_thread_join(&setter);
    rr_stop_done(&stop);
}

static void unwatch_does_not_wait_for_the_call_of_another(void **state)
{
    (void)state;
    int calls = 0;
    struct rr_stop stop;
    struct rr_thread setter = { 0 };
    struct rr_stop_watcher other = { .on_stop = count, .context = &calls };
    rr_stop_init(&stop, NULL);
    struct slow slow = { .stop = &stop };
    slow.watcher = (struct rr_stop_watcher){ .on_stop = slow_on_stop, .context = &slow };
    rr_stop_watch(&stop, &other);
    rr_stop_watch(&stop, &slow.watcher); /* the last one in is called first */
    rr_thread_start(&setter, "setter", run_set, &stop);
    while (!atomic_load(&slow.entered))
        sched_yield();

    rr_stop_unwatch(&stop, &other);

    atomic_store(&slow.leaving, true);
    rr_thread_join(&setter);
    assert_int_equal(calls, 0);
    rr_stop_unwatch(&stop, &slow.watcher);
    rr_stop_done(&stop);
}

static void wait_ends_with_the_stop(void **state)
{
    (void)state;
    struct rr_stop stop;
    struct rr_thread setter = { 0 };
    rr_stop_init(&stop, NULL);
    rr_thread_start(&setter, "setter", run_set, &stop);

    assert_true(rr_stop_wait(&stop, RR_DEADLINE_NEVER));

    rr_thread_join(&setter);
    assert_true(rr_stop_wait(&stop, 0));
    rr_stop_done(&stop);
}

static void wait_ends_with_the_stop_of_the_parent(void **state)
{
    (void)state;
    struct rr_stop parent, child;
    struct rr_thread setter = { 0 };
    rr_stop_init(&parent, NULL);
    rr_stop_init(&child, &parent);
    rr_thread_start(&setter, "setter", run_set, &parent);

    assert_true(rr_stop_wait(&child, RR_DEADLINE_NEVER));

    rr_stop_done(&child);
    rr_thread_join(&setter);
    rr_stop_done(&parent);
}

static void wait_ends_at_the_deadline(void **state)
{
    (void)state;
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);
    int64_t deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 20;

    assert_false(rr_stop_wait(&stop, deadline_ms));
    assert_true(rr_clock_monotonic_ms(&rr_clock_system) >= deadline_ms);
    assert_false(rr_stop_wait(&stop, 0));

    rr_stop_done(&stop);
}

static void null_token_waits_until_the_deadline_and_is_never_set(void **state)
{
    (void)state;
    int calls = 0;
    struct rr_stop_watcher watcher = { .on_stop = count, .context = &calls };
    int64_t deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 20;
    rr_stop_watch(NULL, &watcher);

    assert_false(rr_stop_wait(NULL, deadline_ms));

    assert_true(rr_clock_monotonic_ms(&rr_clock_system) >= deadline_ms);
    assert_false(rr_stop_is_set(NULL));
    rr_stop_unwatch(NULL, &watcher);
    assert_int_equal(calls, 0);
}

enum { RACE_ROUNDS = 500, RACE_THREADS = 3, RACE_WATCHES = 20 };

/* Children, watchers and their contexts live on this thread's stack and end while the parent is being stopped. */
static void come_and_go(void *context)
{
    struct rr_stop *parent = context;
    for (int i = 0; i < RACE_WATCHES; i++) {
        int calls = 0;
        struct rr_stop child;
        struct rr_stop_watcher watcher = { .on_stop = count, .context = &calls };
        rr_stop_init(&child, parent);
        rr_stop_watch(&child, &watcher);
        bool before = rr_stop_is_set(&child);
        rr_stop_unwatch(&child, &watcher);
        if (calls > 1 || (before && !rr_stop_is_set(parent)))
            rr_die("a watcher was called twice, or a child without its parent");
        rr_stop_done(&child);
    }
}

static void children_and_watchers_may_end_while_the_parent_stops(void **state)
{
    (void)state;
    for (int round = 0; round < RACE_ROUNDS; round++) {
        struct rr_stop parent;
        struct rr_thread threads[RACE_THREADS] = { { 0 } };
        rr_stop_init(&parent, NULL);
        for (int i = 0; i < RACE_THREADS; i++)
            rr_thread_start(&threads[i], "come-and-go", come_and_go, &parent);

        rr_stop_set(&parent);

        for (int i = 0; i < RACE_THREADS; i++)
            rr_thread_join(&threads[i]);
        rr_stop_done(&parent);
    }
}

static void token_may_end_as_soon_as_a_waiter_has_seen_it(void **state)
{
    (void)state;
    for (int round = 0; round < RACE_ROUNDS; round++) {
        struct rr_stop parent, child;
        struct rr_thread first = { 0 }, second = { 0 };
        rr_stop_init(&parent, NULL);
        rr_stop_init(&child, &parent);
        rr_thread_start(&first, "first", run_set, &parent);
        rr_thread_start(&second, "second", run_set, &parent);

        assert_true(rr_stop_wait(&child, RR_DEADLINE_NEVER));
        rr_stop_done(&child);
        memset(&child, 0xa5, sizeof(child));

        rr_thread_join(&first);
        rr_thread_join(&second);
        rr_stop_done(&parent);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(new_token_is_not_set_and_null_never_is),
    cmocka_unit_test(set_token_stays_set),
    cmocka_unit_test(child_is_stopped_by_its_parent),
    cmocka_unit_test(parent_is_not_stopped_by_its_child),
    cmocka_unit_test(child_of_a_stopped_parent_is_born_stopped),
    cmocka_unit_test(watcher_is_called_once),
    cmocka_unit_test(watcher_of_a_set_token_is_called_at_once),
    cmocka_unit_test(removed_watcher_is_never_called),
    cmocka_unit_test(watching_a_null_token_does_nothing),
    cmocka_unit_test(watcher_may_unwatch_itself),
    cmocka_unit_test(watcher_is_called_without_the_lock_and_after_the_fact),
    cmocka_unit_test(unwatch_waits_for_the_call_that_runs),
    cmocka_unit_test(unwatch_does_not_wait_for_the_call_of_another),
    cmocka_unit_test(wait_ends_with_the_stop),
    cmocka_unit_test(wait_ends_with_the_stop_of_the_parent),
    cmocka_unit_test(wait_ends_at_the_deadline),
    cmocka_unit_test(null_token_waits_until_the_deadline_and_is_never_set),
    cmocka_unit_test(children_and_watchers_may_end_while_the_parent_stops),
    cmocka_unit_test(token_may_end_as_soon_as_a_waiter_has_seen_it),
};

RR_TEST_MAIN(tests)
