/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/stop.h>

#include <redisrestore/base/clock.h>
#include <redisrestore/base/thread.h>

static void on_parent_stop(void *context)
{
    rr_stop_set(context);
}

void rr_stop_init(struct rr_stop *stop, struct rr_stop *parent)
{
    *stop = (struct rr_stop){ .parent = parent, .link = { .on_stop = on_parent_stop, .context = stop } };
    rr_assert(pthread_mutex_init(&stop->lock, NULL) == 0);
    rr_cond_init(&stop->changed);
    rr_stop_watch(parent, &stop->link);
}

void rr_stop_done(struct rr_stop *stop)
{
    rr_stop_unwatch(stop->parent, &stop->link);
    pthread_mutex_lock(&stop->lock); /* a thread that the stop woke may be here before rr_stop_set has returned */
    rr_assert(stop->guarded.watchers == NULL);
    while (stop->guarded.calling != NULL)
        (void)rr_cond_wait_until(&stop->changed, &stop->lock, RR_DEADLINE_NEVER);
    pthread_mutex_unlock(&stop->lock);
    (void)pthread_cond_destroy(&stop->changed);
    (void)pthread_mutex_destroy(&stop->lock);
}

/* Takes watchers one at a time, so that an unwatch needs to wait for the one that is being called and for no other. */
void rr_stop_set(struct rr_stop *stop)
{
    pthread_mutex_lock(&stop->lock);
    bool first = !stop->guarded.stopped;
    stop->guarded.stopped = true;
    pthread_cond_broadcast(&stop->changed);
    while (first && stop->guarded.watchers != NULL) {
        struct rr_stop_watcher *watcher = stop->guarded.watchers;
        stop->guarded.watchers = watcher->next;
        stop->guarded.calling = watcher;
        stop->guarded.caller = pthread_self();
        pthread_mutex_unlock(&stop->lock);
        watcher->on_stop(watcher->context);
        pthread_mutex_lock(&stop->lock);
        stop->guarded.calling = NULL;
        pthread_cond_broadcast(&stop->changed);
    }
    pthread_mutex_unlock(&stop->lock);
}

bool rr_stop_is_set(struct rr_stop *stop)
{
    if (stop == NULL)
        return false;
    pthread_mutex_lock(&stop->lock);
    bool stopped = stop->guarded.stopped;
    pthread_mutex_unlock(&stop->lock);
    return stopped;
}

void rr_stop_watch(struct rr_stop *stop, struct rr_stop_watcher *watcher)
{
    if (stop == NULL)
        return;
    pthread_mutex_lock(&stop->lock);
    bool stopped = stop->guarded.stopped;
    if (!stopped) {
        watcher->next = stop->guarded.watchers;
        stop->guarded.watchers = watcher;
    }
    pthread_mutex_unlock(&stop->lock);
    if (stopped)
        watcher->on_stop(watcher->context);
}

void rr_stop_unwatch(struct rr_stop *stop, struct rr_stop_watcher *watcher)
{
    if (stop == NULL)
        return;
    pthread_mutex_lock(&stop->lock);
    struct rr_stop_watcher **at = &stop->guarded.watchers;
    while (*at != NULL && *at != watcher)
        at = &(*at)->next;
    if (*at != NULL)
        *at = watcher->next;
    /* A watcher that unwatches itself from inside its own call must not wait for itself. */
    while (stop->guarded.calling == watcher && !pthread_equal(stop->guarded.caller, pthread_self()))
        (void)rr_cond_wait_until(&stop->changed, &stop->lock, RR_DEADLINE_NEVER);
    pthread_mutex_unlock(&stop->lock);
}

static bool wait_for(struct rr_stop *stop, int64_t deadline_ms)
{
    pthread_mutex_lock(&stop->lock);
    while (!stop->guarded.stopped && rr_cond_wait_until(&stop->changed, &stop->lock, deadline_ms))
        continue;
    bool stopped = stop->guarded.stopped;
    pthread_mutex_unlock(&stop->lock);
    return stopped;
}

bool rr_stop_wait(struct rr_stop *stop, int64_t deadline_ms)
{
    if (stop != NULL)
        return wait_for(stop, deadline_ms);
    rr_auto(stop) never;
    rr_stop_init(&never, NULL);
    return wait_for(&never, deadline_ms);
}
