/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/thread.h>

#include <redisrestore/base/clock.h>
#include <redisrestore/base/mem.h>

#include <errno.h>
#include <signal.h>
#include <time.h>

/* CLOCK_MONOTONIC stops in suspend: one wait lasts at most this long, so a deadline is met that late at worst.
 */
enum { STACK_BYTES = 256 * 1024, WAIT_MAX_MS = 10 * 1000 };

struct start {
    void (*run)(void *context);
    void *context;
    char name[16]; /* the kernel's limit for a thread's name, NUL included */
};

static void *enter(void *argument)
{
    struct start start = *(struct start *)argument;
    rr_free(argument);
    (void)pthread_setname_np(pthread_self(), start.name); /* only for people */
    start.run(start.context);
    return NULL;
}

bool rr_thread_try_start(struct rr_thread *thread, const char *name, void (*run)(void *context), void *context)
{
    struct start *start = RR_NEW(struct start);
    *start = (struct start){ .run = run, .context = context };
    size_t len = strnlen(name, sizeof(start->name) - 1);
    memcpy(start->name, name, len);

    sigset_t all, before;
    (void)sigfillset(&all);
    rr_assert(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    pthread_attr_t attributes;
    rr_assert(pthread_attr_init(&attributes) == 0);
    rr_assert(pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0);
    int failed = pthread_create(&thread->id, &attributes, enter, start);
    (void)pthread_attr_destroy(&attributes);
    rr_assert(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    if (failed != 0)
        rr_free(start);
    thread->started = failed == 0;
    return thread->started;
}

void rr_thread_start(struct rr_thread *thread, const char *name, void (*run)(void *context), void *context)
{
    if (!rr_thread_try_start(thread, name, run, context))
        rr_die("the system refuses another thread");
}

void rr_thread_join(struct rr_thread *thread)
{
    if (!thread->started)
        return;
    rr_assert(pthread_join(thread->id, NULL) == 0);
    thread->started = false;
}

void rr_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    rr_assert(pthread_condattr_init(&attributes) == 0);
    rr_assert(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    rr_assert(pthread_cond_init(cond, &attributes) == 0);
    (void)pthread_condattr_destroy(&attributes);
}

static struct timespec monotonic_after(int64_t duration_ms)
{
    struct timespec end;
    rr_assert(clock_gettime(CLOCK_MONOTONIC, &end) == 0);
    end.tv_sec += duration_ms / 1000;
    end.tv_nsec += (duration_ms % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    return end;
}

/* Deadlines are CLOCK_BOOTTIME, which condition variables do not take: the time left is what both clocks share. */
bool rr_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline_ms)
{
    if (deadline_ms == RR_DEADLINE_NEVER) {
        rr_assert(pthread_cond_wait(cond, lock) == 0);
        return true;
    }
    for (;;) {
        int64_t now_ms = rr_clock_monotonic_ms(&rr_clock_system);
        if (deadline_ms <= now_ms)
            return false;
        int64_t left_ms = deadline_ms - now_ms;
        struct timespec end = monotonic_after(left_ms < WAIT_MAX_MS ? left_ms : WAIT_MAX_MS);
        int result = pthread_cond_timedwait(cond, lock, &end);
        rr_assert(result == 0 || result == ETIMEDOUT);
        if (result == 0)
            return true;
    }
}
