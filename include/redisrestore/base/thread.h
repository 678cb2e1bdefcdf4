/* SPDX-License-Identifier: Apache-2.0 */
/* thread: starts threads and makes condition variables, in the same way everywhere.
 * Every thread has all signals blocked, a name of at most 15 bytes and a stack of 256 KiB. */
#ifndef RR_BASE_THREAD_H
#define RR_BASE_THREAD_H

#include <redisrestore/base/core.h>

#include <pthread.h>

struct rr_thread {
    pthread_t id;
    bool started;
};

/* Starts a thread that calls `run`. `name` is a literal. Ends the process if the system refuses the thread. */
void rr_thread_start(struct rr_thread *thread, const char *name, void (*run)(void *context), void *context);
/* The same, but returns false if the system refuses the thread. */
RR_MUST_USE bool rr_thread_try_start(struct rr_thread *thread, const char *name, void (*run)(void *context),
                                     void *context);
void rr_thread_join(struct rr_thread *thread); /* does nothing if the thread was not started */

/* Initializes a condition variable on CLOCK_MONOTONIC. Wait on it only by rr_cond_wait_until, which converts from
 * rr_clock_system. */
void rr_cond_init(pthread_cond_t *cond);
/* Waits for a signal or until `deadline_ms` of rr_clock_system; RR_DEADLINE_NEVER waits without a limit. Returns false
 * on timeout. As with pthread_cond_wait, the caller checks its condition again. */
bool rr_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline_ms);

#endif
