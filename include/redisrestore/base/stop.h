/* SPDX-License-Identifier: Apache-2.0 */
/* stop: a token that tells a thread or a call to end. It is set once and never cleared. Setting a token also sets its
 * children.
 * A NULL token is never set: rr_stop_is_set, rr_stop_watch, rr_stop_unwatch, rr_stop_wait and the parent of
 * rr_stop_init accept it. Threads: any, for every function; rr_stop_set is not async-signal-safe. Ownership: a child
 * borrows its parent, and a watcher its context. A child is done before its parent. */
#ifndef RR_BASE_STOP_H
#define RR_BASE_STOP_H

#include <redisrestore/base/core.h>

#include <pthread.h>

struct rr_stop_watcher {
    /* Called at most once, on the thread that sets the token or calls rr_stop_watch. The token's lock is not held. Must
     * not wait. */
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
        struct rr_stop_watcher *calling; /* whose on_stop runs now, on the thread `caller`; NULL: none */
        pthread_t caller;
        struct rr_stop_watcher *watchers;
    } guarded;
};

void rr_stop_init(struct rr_stop *stop, struct rr_stop *parent); /* parent may be NULL */
void rr_stop_done(struct rr_stop *stop);
void rr_stop_set(struct rr_stop *stop);
bool rr_stop_is_set(struct rr_stop *stop);
/* Calls on_stop once the token is set; immediately if it is set already. Borrows the watcher until rr_stop_unwatch. */
void rr_stop_watch(struct rr_stop *stop, struct rr_stop_watcher *watcher);
/* After it returns, on_stop is not running and will not be called. It waits for an on_stop that runs on another thread.
 */
void rr_stop_unwatch(struct rr_stop *stop, struct rr_stop_watcher *watcher);
/* Waits until the deadline (of rr_clock_system) or until the token is set. Returns whether it is set. */
bool rr_stop_wait(struct rr_stop *stop, int64_t deadline_ms);

#endif
