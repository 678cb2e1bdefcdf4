/* SPDX-License-Identifier: Apache-2.0 */
/* tasks: a few threads for work that may wait, so that the server's thread never does. Each task runs exactly once. A
 * task that was not started in time, or is still queued at the end, runs with in_time false.
 * Threads: see each function. Ownership: borrows tasks until they have run. */
#ifndef RR_SERVER_TASKS_H
#define RR_SERVER_TASKS_H

#include <redisrestore/base/stop.h>
#include <redisrestore/base/thread.h>

enum { RR_TASKS_THREADS = 4, RR_TASKS_QUEUE_MAX_MS = 10000 /* the time limit of one review */ };

struct rr_task {
    void (*run)(struct rr_task *task, struct rr_stop *stop, bool in_time);
    int64_t until_ms;
    struct rr_task *next; /* private */
};

struct rr_tasks {
    struct rr_thread threads[RR_TASKS_THREADS];
    struct rr_stop stop;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        struct rr_task *first, *last;
        bool ending;
    } guarded;
};

void rr_tasks_start(struct rr_tasks *tasks); /* the owner's thread */
/* Any thread. After rr_tasks_end it runs the task at once on the caller's thread, with in_time false. */
void rr_tasks_add(struct rr_tasks *tasks, struct rr_task *task);
void rr_tasks_end(struct rr_tasks *tasks);  /* the owner's thread; returns when every task has run */
void rr_tasks_done(struct rr_tasks *tasks); /* after the last rr_tasks_add */

#endif
