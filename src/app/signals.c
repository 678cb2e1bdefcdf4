/* SPDX-License-Identifier: Apache-2.0 */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

/* Makes the thread of this module check `finished`. The signal has no effect if another process sends it. */
enum { WAKE_SIGNAL = SIGUSR1 };

static void fill_waited(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, WAKE_SIGNAL);
}

void rr_signals_block(void)
{
    sigset_t set;
    fill_waited(&set);
    rr_assert(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    rr_assert(sigaction(SIGPIPE, &ignore, NULL) == 0);
    rr_assert(sigaction(SIGXFSZ, &ignore, NULL) == 0); /* a file over its limit is a failed write */
}

void rr_signals_unblock(void)
{
    sigset_t set;
    fill_waited(&set);
    rr_assert(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
}

/* Returns the next signal; 0 after the timeout. */
static int wait_for(const sigset_t *set, int64_t until_ms)
{
    for (;;) {
        int64_t left_ms = until_ms - rr_clock_monotonic_ms(&rr_clock_system);
        struct timespec left = { .tv_sec = left_ms / 1000, .tv_nsec = (left_ms % 1000) * 1000000 };
        if (until_ms != RR_DEADLINE_NEVER && left_ms <= 0)
            return 0;
        int number = until_ms == RR_DEADLINE_NEVER ? sigwaitinfo(set, NULL) : sigtimedwait(set, NULL, &left);
        if (number > 0)
            return number;
        rr_assert(errno == EINTR || errno == EAGAIN);
    }
}

static void run(void *context)
{
    struct rr_signals *signals = context;
    int64_t until_ms = RR_DEADLINE_NEVER;
    sigset_t set;
    fill_waited(&set);
    while (!atomic_load_explicit(&signals->finished, memory_order_acquire)) {
        int number = wait_for(&set, until_ms);
        if (number == 0)
            rr_die("the shutdown took too long after the signal");
        if (number != SIGINT && number != SIGTERM)
            continue;
        if (atomic_load_explicit(&signals->first, memory_order_relaxed) != 0)
            _exit(1);
        atomic_store_explicit(&signals->first, number, memory_order_relaxed);
        until_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), signals->end_max_ms);
        rr_stop_set(signals->stop);
    }
}

void rr_signals_start(struct rr_signals *signals, struct rr_stop *stop, int64_t end_max_ms)
{
    *signals = (struct rr_signals){ .stop = stop, .end_max_ms = end_max_ms };
    rr_thread_start(&signals->thread, "signals", run, signals);
}

int rr_signals_end(struct rr_signals *signals)
{
    atomic_store_explicit(&signals->finished, true, memory_order_release);
    rr_assert(pthread_kill(signals->thread.id, WAKE_SIGNAL) == 0);
    rr_thread_join(&signals->thread);
    return atomic_load_explicit(&signals->first, memory_order_relaxed);
}
