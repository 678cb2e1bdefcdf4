/* SPDX-License-Identifier: Apache-2.0 */
/* thread: threads and condition variables, made the one way that is right here.
 * Every thread has all signals blocked, a name (15 bytes) and a stack of 256 KiB. */
#ifndef RR_BASE_THREAD_H
#define RR_BASE_THREAD_H

#include <redisrestore/base/core.h>

#include <pthread.h>

struct rr_thread {
    pthread_t id;
    bool started;
};

/* `name` is a literal. Ends the process when the system refuses a thread. */
void rr_thread_start(struct rr_thread *thread, const char *name, void (*run)(void *context), void *context);
/* False when the system refuses a thread. */
RR_MUST_USE bool rr_thread_try_start(struct rr_thread *thread, const char *name, void (*run)(void *context),
                                     void *context);
void rr_thread_join(struct rr_thread *thread); /* not started: nothing */

/* A condition variable on CLOCK_MONOTONIC. Cond waits use rr_cond_wait_until, so that one time base serves all. */
void rr_cond_init(pthread_cond_t *cond);
/* Waits until signalled or until `deadline_ms` of rr_clock_system (RR_DEADLINE_NEVER: no end). False on time-out. */
bool rr_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline_ms);

#endif
