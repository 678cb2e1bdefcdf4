/* SPDX-License-Identifier: Apache-2.0 */
/* workqueue: keys "namespace/name" waiting to be worked on (behaviour W-01, W-02, W-03, W-05, W-06, W-08, F-55). One
 * key never runs twice at once; adds while it runs make exactly one more run; a delayed key keeps the earlier time.
 * Namespaces take turns; within one, first in is first out among equally urgent ones. Threads: any. Keys are copied. */
#ifndef RR_CONTROLLER_WORKQUEUE_H
#define RR_CONTROLLER_WORKQUEUE_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/clock.h>
#include <redisrestore/base/random.h>
#include <redisrestore/metrics/metrics.h>

struct rr_workqueue;

struct rr_workqueue_options {
    const struct rr_clock *clock;
    const struct rr_random *random;
    struct rr_metrics *metrics; /* workqueue_* families, label name=controller=`name`; may be NULL */
    const char *name;           /* literal */
    size_t places;              /* keys that run at once, those that wait aside not counted; 0: no limit */
    size_t most_of_a_namespace; /* of these, keys of one namespace (F-55); 0: no limit */
    size_t aside_max;           /* keys that wait aside at once (F-59); 0: none may */
    size_t aside_of_a_namespace_max;
};

/* A running key that waits so long gives its place back. Shorter than a person notices, longer than a listing of a
 * small bucket. */
enum { RR_WORKQUEUE_PATIENCE_MS = 100 };

struct rr_workqueue *rr_workqueue_new(const struct rr_workqueue_options *options);
void rr_workqueue_free(struct rr_workqueue *queue);
RR_DEFINE_FREEP(workqueue)
void rr_workqueue_add(struct rr_workqueue *queue, struct rr_slice key);
/* Behind what other adds bring, though not for ever (W-06): for what nobody has just changed. A key that is added
 * otherwise meanwhile moves up. */
void rr_workqueue_add_later(struct rr_workqueue *queue, struct rr_slice key);
/* As urgent as its last run, or the one under way, was: for what waited for something that has come. `in_front`: before
 * others as urgent in its namespace. */
void rr_workqueue_add_again(struct rr_workqueue *queue, struct rr_slice key, bool in_front);
/* As urgent as its last run was, once it is due. A run before that ends the delay: what comes next is its to say. */
void rr_workqueue_add_after(struct rr_workqueue *queue, struct rr_slice key, int64_t delay_ms);
/* A failure of the API server: after 5 ms * 2^failures of that key, at most 1000 s, +-10 % (W-02, W-09); and
 * not before its turn among the retries of all keys, 10 a second after a burst of 100 (W-03). */
void rr_workqueue_add_rate_limited(struct rr_workqueue *queue, struct rr_slice key);
void rr_workqueue_forget(struct rr_workqueue *queue, struct rr_slice key); /* the key's failures */
/* Waits for a key; false when the queue was shut down. *out_key, empty before, owns a copy; rr_workqueue_finished must
 * follow. */
RR_MUST_USE bool rr_workqueue_get(struct rr_workqueue *queue, struct rr_buf *out_key);
void rr_workqueue_finished(struct rr_workqueue *queue, struct rr_slice key);
/* The running key waits for something outside (a store) from now on until it is finished. After `patience_ms` it waits
 * aside: it gives its place to another key (F-59). Once for each run. Where too many wait aside already, the key keeps
 * its place until one of them is finished. Nothing if the key does not run. */
void rr_workqueue_waits(struct rr_workqueue *queue, struct rr_slice key, int64_t patience_ms);
/* Threads that wait in rr_workqueue_get. */
size_t rr_workqueue_idle(struct rr_workqueue *queue);
/* Of a key that runs: whether it is news, not something that is only looked at again. */
bool rr_workqueue_is_news(struct rr_workqueue *queue, struct rr_slice key);
void rr_workqueue_shut_down(struct rr_workqueue *queue); /* queued keys are dropped (W-09) */
/* Of a key that runs: whether others wait that are as urgent or more. */
bool rr_workqueue_others_wait(struct rr_workqueue *queue, struct rr_slice key);
size_t rr_workqueue_length(struct rr_workqueue *queue); /* ready, not running */

#endif
