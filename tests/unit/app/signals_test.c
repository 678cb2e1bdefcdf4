/* SPDX-License-Identifier: Apache-2.0 */
#include "signals.h"

#include "support/test.h"

#include <redisrestore/base/clock.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MS = 20000 };

static int64_t soon(void)
{
    return rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), LIMIT_MS);
}

static void signal_sets_the_stop_and_is_returned_at_the_end(void **state)
{
    (void)state;
    const int numbers[] = { SIGINT, SIGTERM };
    rr_signals_block();
    for (size_t i = 0; i < RR_COUNT(numbers); i++) {
        struct rr_stop stop;
        rr_stop_init(&stop, NULL);
        struct rr_signals signals;
        rr_signals_start(&signals, &stop, RR_SIGNALS_END_MAX_MS);

        assert_int_equal(kill(getpid(), numbers[i]), 0);
        bool stopped = rr_stop_wait(&stop, soon());
        int caught = rr_signals_end(&signals);

        assert_true(stopped);
        assert_int_equal(caught, numbers[i]);
        rr_stop_done(&stop);
    }
}

static void end_without_a_signal_returns_zero(void **state)
{
    (void)state;
    rr_signals_block();
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);
    struct rr_signals signals;
    rr_signals_start(&signals, &stop, RR_SIGNALS_END_MAX_MS);

    int caught = rr_signals_end(&signals);

    assert_int_equal(caught, 0);
    assert_false(rr_stop_is_set(&stop));
    rr_stop_done(&stop);
}

static void foreign_wake_up_changes_nothing(void **state)
{
    (void)state;
    rr_signals_block();
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);
    struct rr_signals signals;
    rr_signals_start(&signals, &stop, RR_SIGNALS_END_MAX_MS);

    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    bool stopped = rr_stop_wait(&stop, soon());

    assert_true(stopped);
    assert_int_equal(rr_signals_end(&signals), SIGTERM);
    rr_stop_done(&stop);
}

static void f30_broken_pipe_is_no_end(void **state)
{
    (void)state;
    int ends[2];
    rr_signals_block();
    assert_int_equal(pipe(ends), 0);
    (void)close(ends[0]);

    ssize_t wrote = write(ends[1], "x", 1);

    assert_int_equal(wrote, -1);
    assert_int_equal(errno, EPIPE);
    (void)close(ends[1]);
}

/* In a process of its own, since it ends. It never looks at its stop token: only the second signal can end it. */
static void w09_second_signal_ends_the_process_with_1(void **state)
{
    (void)state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct rr_stop stop;
        struct rr_signals signals;
        rr_signals_block();
        rr_stop_init(&stop, NULL);
        rr_signals_start(&signals, &stop, RR_SIGNALS_END_MAX_MS);
        (void)kill(getpid(), SIGTERM);
        bool stopped = rr_stop_wait(&stop, soon());
        (void)!write(ready[1], &stopped, 1);
        (void)rr_stop_wait(NULL, soon());
        _exit(99);
    }
    assert_true(child > 0);
    bool stopped = false;
    assert_int_equal(read(ready[0], &stopped, 1), 1);

    assert_int_equal(kill(child, SIGINT), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);

    assert_true(stopped);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
}

/* In a process of its own likewise. No code looks at the stop token, and there is no second signal. */
static void w09_end_that_takes_too_long_is_cut_with_1(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct rr_stop stop;
        struct rr_signals signals;
        rr_signals_block();
        rr_stop_init(&stop, NULL);
        rr_signals_start(&signals, &stop, 50);
        (void)kill(getpid(), SIGTERM);
        bool stopped = rr_stop_wait(&stop, soon());
        struct rr_stop never;
        rr_stop_init(&never, NULL);
        (void)rr_stop_wait(&never, soon());
        _exit(stopped ? 98 : 99);
    }
    assert_true(child > 0);

    int status;
    assert_int_equal(waitpid(child, &status, 0), child);

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(signal_sets_the_stop_and_is_returned_at_the_end),
    cmocka_unit_test(end_without_a_signal_returns_zero),
    cmocka_unit_test(foreign_wake_up_changes_nothing),
    cmocka_unit_test(f30_broken_pipe_is_no_end),
    cmocka_unit_test(w09_second_signal_ends_the_process_with_1),
    cmocka_unit_test(w09_end_that_takes_too_long_is_cut_with_1),
};

RR_TEST_MAIN(tests)
