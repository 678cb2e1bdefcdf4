#include "process_setup.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/thread.h>
#include <redisrestore/crypto/digest.h>
#include <redisrestore/http/http.h>
#include <redisrestore/text/xml_push.h>

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

/* SIGUSR2 is ours: it ends the watch. */
enum { END_WATCH = SIGUSR2 };

struct rr_signal_watch {
    struct rr_stop *stop;
    struct rr_thread thread;
    int caught; /* atomic */
};

static sigset_t watched_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, END_WATCH);
    return set;
}

void rr_process_setup(void)
{
    /* Arenas of idle threads are memory that nobody uses: one is fast enough for what we allocate. */
    (void)mallopt(M_ARENA_MAX, 1);
    (void)prctl(PR_SET_DUMPABLE, 0);
    sigset_t set = watched_signals();
    (void)sigaddset(&set, SIGPIPE);
    rr_assert(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    rr_http_global_init();
    rr_xml_global_init();
    rr_crypto_global_init();
}

void rr_process_teardown(void)
{
    rr_xml_global_done();
    rr_http_global_done();
}

static void run(void *context)
{
    struct rr_signal_watch *watch = context;
    sigset_t set = watched_signals();
    for (;;) {
        int number;
        if (sigwait(&set, &number) != 0)
            continue;
        if (number == END_WATCH)
            return;
        if (__atomic_exchange_n(&watch->caught, number, __ATOMIC_ACQ_REL) != 0)
            _exit(1); /* asked twice: no more waiting for anything */
        rr_stop_set(watch->stop);
    }
}

struct rr_signal_watch *rr_signal_watch_start(struct rr_stop *stop)
{
    struct rr_signal_watch *watch = RR_NEW(struct rr_signal_watch);
    watch->stop = stop;
    rr_thread_start(&watch->thread, "signals", run, watch);
    return watch;
}

int rr_signal_watch_free(struct rr_signal_watch *watch)
{
    rr_assert(pthread_kill(watch->thread.id, END_WATCH) == 0);
    rr_thread_join(&watch->thread);
    int caught = __atomic_load_n(&watch->caught, __ATOMIC_ACQUIRE);
    rr_free(watch);
    return caught;
}
