#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

/* Tells our own thread to look at `finished`; anybody else's is without effect. */
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
}

static void run(void *context)
{
    struct rr_signals *signals = context;
    sigset_t set;
    fill_waited(&set);
    while (!__atomic_load_n(&signals->finished, __ATOMIC_ACQUIRE)) {
        int number = sigwaitinfo(&set, NULL);
        rr_assert(number > 0 || errno == EINTR);
        if (number != SIGINT && number != SIGTERM)
            continue;
        if (__atomic_load_n(&signals->first, __ATOMIC_RELAXED) != 0)
            _exit(1);
        __atomic_store_n(&signals->first, number, __ATOMIC_RELAXED);
        rr_stop_set(signals->stop);
    }
}

void rr_signals_start(struct rr_signals *signals, struct rr_stop *stop)
{
    *signals = (struct rr_signals){ .stop = stop };
    rr_thread_start(&signals->thread, "signals", run, signals);
}

int rr_signals_end(struct rr_signals *signals)
{
    __atomic_store_n(&signals->finished, true, __ATOMIC_RELEASE);
    rr_assert(pthread_kill(signals->thread.id, WAKE_SIGNAL) == 0);
    rr_thread_join(&signals->thread);
    return __atomic_load_n(&signals->first, __ATOMIC_RELAXED);
}
