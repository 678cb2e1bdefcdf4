/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/clock.h>
#include <redisrestore/base/thread.h>
#include <support/test.h>

#include <signal.h>

struct seen {
    char name[16];
    sigset_t blocked;
    bool ran;
};

static void look(void *context)
{
    struct seen *seen = context;
    seen->ran = true;
    (void)pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
    (void)pthread_sigmask(SIG_SETMASK, NULL, &seen->blocked);
}

static void thread_runs_with_its_name(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct rr_thread thread = { 0 };

    rr_thread_start(&thread, "worker", look, &seen);
    rr_thread_join(&thread);

    assert_true(seen.ran);
    assert_string_equal(seen.name, "worker");
}

static void long_name_is_cut_to_15_bytes(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct rr_thread thread = { 0 };

    rr_thread_start(&thread, "a-name-that-is-longer", look, &seen);
    rr_thread_join(&thread);

    assert_string_equal(seen.name, "a-name-that-is-");
}

static void thread_blocks_every_signal_and_its_creator_keeps_its_mask(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct rr_thread thread = { 0 };
    sigset_t mine, after;
    (void)sigemptyset(&mine);
    (void)sigaddset(&mine, SIGUSR2);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &mine, NULL), 0);

    rr_thread_start(&thread, "worker", look, &seen);
    rr_thread_join(&thread);

    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
    for (int number = 1; number < SIGRTMAX; number++) {
        bool internal = number >= __SIGRTMIN && number < SIGRTMIN; /* the C library keeps these for itself */
        if (number == SIGKILL || number == SIGSTOP || internal)
            continue;
        assert_int_equal(sigismember(&seen.blocked, number), 1);
        assert_int_equal(sigismember(&after, number), number == SIGUSR2);
    }
}

static void join_of_what_was_not_started_does_nothing(void **state)
{
    (void)state;
    struct rr_thread thread = { 0 };

    rr_thread_join(&thread);
    rr_thread_start(&thread, "worker", look, &(struct seen){ 0 });
    rr_thread_join(&thread);
    rr_thread_join(&thread);

    assert_false(thread.started);
}

struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool here;
};

static void meeting_init(struct meeting *meeting)
{
    *meeting = (struct meeting){ .here = false };
    assert_int_equal(pthread_mutex_init(&meeting->lock, NULL), 0);
    rr_cond_init(&meeting->changed);
}

static void meeting_done(struct meeting *meeting)
{
    (void)pthread_cond_destroy(&meeting->changed);
    (void)pthread_mutex_destroy(&meeting->lock);
}

static void arrive(void *context)
{
    struct meeting *meeting = context;
    (void)pthread_mutex_lock(&meeting->lock);
    meeting->here = true;
    (void)pthread_cond_signal(&meeting->changed);
    (void)pthread_mutex_unlock(&meeting->lock);
}

static bool meet(int64_t deadline_ms)
{
    struct meeting meeting;
    struct rr_thread thread = { 0 };
    meeting_init(&meeting);
    (void)pthread_mutex_lock(&meeting.lock);
    rr_thread_start(&thread, "arrive", arrive, &meeting);
    while (!meeting.here && rr_cond_wait_until(&meeting.changed, &meeting.lock, deadline_ms))
        continue;
    bool met = meeting.here;
    (void)pthread_mutex_unlock(&meeting.lock);
    rr_thread_join(&thread);
    meeting_done(&meeting);
    return met;
}

static void wait_without_end_is_woken(void **state)
{
    (void)state;
    assert_true(meet(RR_DEADLINE_NEVER));
}

static void wait_until_a_far_deadline_is_woken(void **state)
{
    (void)state;
    assert_true(meet(rr_clock_monotonic_ms(&rr_clock_system) + 3600 * 1000));
    assert_true(meet(RR_DEADLINE_NEVER - 1));
}

static void wait_until_a_past_deadline_ends_at_once(void **state)
{
    (void)state;
    struct meeting meeting;
    meeting_init(&meeting);
    (void)pthread_mutex_lock(&meeting.lock);

    assert_false(rr_cond_wait_until(&meeting.changed, &meeting.lock, 0));
    assert_false(rr_cond_wait_until(&meeting.changed, &meeting.lock, -1));

    (void)pthread_mutex_unlock(&meeting.lock);
    meeting_done(&meeting);
}

static void wait_that_times_out_does_so_after_the_deadline(void **state)
{
    (void)state;
    struct meeting meeting;
    meeting_init(&meeting);
    (void)pthread_mutex_lock(&meeting.lock);
    int64_t deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 30;

    while (rr_cond_wait_until(&meeting.changed, &meeting.lock, deadline_ms))
        continue;

    assert_true(rr_clock_monotonic_ms(&rr_clock_system) >= deadline_ms);
    (void)pthread_mutex_unlock(&meeting.lock);
    meeting_done(&meeting);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(thread_runs_with_its_name),
    cmocka_unit_test(long_name_is_cut_to_15_bytes),
    cmocka_unit_test(thread_blocks_every_signal_and_its_creator_keeps_its_mask),
    cmocka_unit_test(join_of_what_was_not_started_does_nothing),
    cmocka_unit_test(wait_without_end_is_woken),
    cmocka_unit_test(wait_until_a_far_deadline_is_woken),
    cmocka_unit_test(wait_until_a_past_deadline_ends_at_once),
    cmocka_unit_test(wait_that_times_out_does_so_after_the_deadline),
};

RR_TEST_MAIN(tests)
