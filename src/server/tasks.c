/* SPDX-License-Identifier: Apache-2.0 */
#include "tasks.h"

#include <redisrestore/base/clock.h>

static struct rr_task *take(struct rr_tasks *tasks)
{
    (void)pthread_mutex_lock(&tasks->lock);
    while (tasks->guarded.first == NULL && !tasks->guarded.ending)
        (void)rr_cond_wait_until(&tasks->changed, &tasks->lock, RR_DEADLINE_NEVER);
    struct rr_task *task = tasks->guarded.first;
    if (task != NULL)
        tasks->guarded.first = task->next;
    (void)pthread_mutex_unlock(&tasks->lock);
    return task;
}

static void work(void *context)
{
    struct rr_tasks *tasks = context;
    struct rr_task *task;
    while ((task = take(tasks)) != NULL) {
        bool in_time = !rr_stop_is_set(&tasks->stop) && rr_clock_monotonic_ms(&rr_clock_system) < task->until_ms;
        task->run(task, &tasks->stop, in_time);
    }
}

void rr_tasks_start(struct rr_tasks *tasks)
{
    *tasks = (struct rr_tasks){ 0 };
    rr_stop_init(&tasks->stop, NULL);
    (void)pthread_mutex_init(&tasks->lock, NULL);
    rr_cond_init(&tasks->changed);
    for (size_t i = 0; i < RR_TASKS_THREADS; i++)
        rr_thread_start(&tasks->threads[i], "authorize", work, tasks);
}

void rr_tasks_add(struct rr_tasks *tasks, struct rr_task *task)
{
    task->next = NULL;
    (void)pthread_mutex_lock(&tasks->lock);
    bool ending = tasks->guarded.ending;
    if (!ending && tasks->guarded.first == NULL)
        tasks->guarded.first = task;
    else if (!ending)
        tasks->guarded.last->next = task;
    if (!ending)
        tasks->guarded.last = task;
    (void)pthread_cond_signal(&tasks->changed);
    (void)pthread_mutex_unlock(&tasks->lock);
    if (ending)
        task->run(task, &tasks->stop, false);
}

void rr_tasks_end(struct rr_tasks *tasks)
{
    rr_stop_set(&tasks->stop);
    (void)pthread_mutex_lock(&tasks->lock);
    tasks->guarded.ending = true;
    (void)pthread_cond_broadcast(&tasks->changed);
    (void)pthread_mutex_unlock(&tasks->lock);
    for (size_t i = 0; i < RR_TASKS_THREADS; i++)
        rr_thread_join(&tasks->threads[i]);
}

void rr_tasks_done(struct rr_tasks *tasks)
{
    rr_stop_done(&tasks->stop);
    (void)pthread_cond_destroy(&tasks->changed);
    (void)pthread_mutex_destroy(&tasks->lock);
}
