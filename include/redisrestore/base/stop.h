/* SPDX-License-Identifier: Apache-2.0 */
/* stop: a token that says "give up". Set once, never cleared; a child is stopped when its parent is.
 * A token that is NULL is never stopped: rr_stop_is_set, watch, unwatch, wait and the parent of init take it.
 * Threads: every function from any thread; rr_stop_set is not async-signal-safe.
 * Ownership: a child borrows its parent, a watcher its context; both end before what they borrow. */
#ifndef RR_BASE_STOP_H
#define RR_BASE_STOP_H

#include <redisrestore/base/core.h>

#include <pthread.h>

/* Called once, from the thread that stops, without a lock of ours held that a watcher could want; must not wait.
 * May still be running when rr_stop_unwatch is called from another thread: unwatch then waits for it. */
struct rr_stop_watcher {
    void (*on_stop)(void *context);
    void *context;
    struct rr_stop_watcher *next; /* private */
};

struct rr_stop {
    struct rr_stop *parent; /* borrows; fixed after init */
    struct rr_stop_watcher link;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        bool stopped;
        struct rr_stop_watcher *calling; /* being called now */
        pthread_t caller;
        struct rr_stop_watcher *watchers;
    } guarded;
};

void rr_stop_init(struct rr_stop *stop, struct rr_stop *parent); /* parent may be NULL */
void rr_stop_done(struct rr_stop *stop);
void rr_stop_set(struct rr_stop *stop);
bool rr_stop_is_set(struct rr_stop *stop);
/* Calls on_stop once when the token is set, at once when it is already. */
void rr_stop_watch(struct rr_stop *stop, struct rr_stop_watcher *watcher);
void rr_stop_unwatch(struct rr_stop *stop,
                     struct rr_stop_watcher *watcher); /* after it on_stop is not running and never called */
/* Sleeps until the deadline (rr_clock_system, monotonic) or the stop; true when stopped. */
bool rr_stop_wait(struct rr_stop *stop, int64_t deadline_ms);

#endif
