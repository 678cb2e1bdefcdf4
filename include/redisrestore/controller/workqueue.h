/* SPDX-License-Identifier: Apache-2.0 */
/* workqueue: keys "namespace/name" that wait to be reconciled (behaviour W-01, W-02, W-03, W-05, W-06, W-08, F-55). One
 * key never runs twice concurrently. Any number of adds during a run cause exactly one more run. A delayed key keeps
 * the earlier time. Namespaces take turns; within one, equally urgent keys run first in, first out. Threads: any.
 * Copies the keys. */
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
    size_t places;              /* limit of concurrent runs, without keys that wait aside; 0: no limit */
    size_t most_of_a_namespace; /* limit of concurrent runs in one namespace (F-55); 0: no limit */
    size_t aside_max;           /* keys that may wait aside concurrently (F-59); 0: none */
    size_t aside_of_a_namespace_max;
};

/* How long a running key may wait for a store before it releases its place. Too short for a person to notice, long
 * enough for a listing of a small bucket. */
enum { RR_WORKQUEUE_PATIENCE_MS = 100 };

struct rr_workqueue *rr_workqueue_new(const struct rr_workqueue_options *options);
void rr_workqueue_free(struct rr_workqueue *queue);
RR_DEFINE_FREEP(workqueue)
void rr_workqueue_add(struct rr_workqueue *queue, struct rr_slice key);
/* Adds a key that no one has just changed. It goes behind keys from other adds, but not indefinitely (W-06). Any
 * other add moves it up. */
void rr_workqueue_add_later(struct rr_workqueue *queue, struct rr_slice key);
/* Adds a key with the urgency of its last or current run: for a key whose awaited event has occurred. `in_front`:
 * before other keys of the same urgency in its namespace. */
void rr_workqueue_add_again(struct rr_workqueue *queue, struct rr_slice key, bool in_front);
/* Adds a key with the urgency of its last run, after a delay. A run before that cancels the delay: that run decides
 * when the next one is due. */
void rr_workqueue_add_after(struct rr_workqueue *queue, struct rr_slice key, int64_t delay_ms);
/* Retries after a failure of the API server: after 5 ms * 2^failures of that key, +-10 %, at most `longest_ms` and at
 * most 300 s (W-02, W-09), and not before its turn in the retry rate of all keys, 10 a second after a burst of 100
 * (W-03). longest_ms 0: no limit of its own. */
void rr_workqueue_add_rate_limited(struct rr_workqueue *queue, struct rr_slice key, int64_t longest_ms);
void rr_workqueue_forget(struct rr_workqueue *queue, struct rr_slice key); /* resets the failures of the key */
/* Waits for a key; *key then owns a copy. A key that it has before is finished first: then the next one goes to the
 * caller without a switch of threads. Returns false, with *key empty, if the queue was shut down. */
RR_MUST_USE bool rr_workqueue_next(struct rr_workqueue *queue, struct rr_buf *key);
/* Finishes a key of a thread that takes no other one. */
void rr_workqueue_finished(struct rr_workqueue *queue, struct rr_slice key);
/* The running key waits for something outside (a store) from now until it is finished. After `patience_ms` it waits
 * aside: it releases its place to another key (F-59). Call it once for each run. If too many keys already wait aside,
 * the key keeps its place until one of them is finished. Does nothing if the key does not run. */
void rr_workqueue_waits(struct rr_workqueue *queue, struct rr_slice key, int64_t patience_ms);
/* Returns the number of threads that wait in rr_workqueue_next. */
size_t rr_workqueue_idle(struct rr_workqueue *queue);
/* Returns whether a running key was added because of a change (news), and not only to be rechecked. */
bool rr_workqueue_is_news(struct rr_workqueue *queue, struct rr_slice key);
void rr_workqueue_shut_down(struct rr_workqueue *queue); /* drops queued keys (W-09) */
/* Returns whether keys that are at least as urgent wait behind a running key. */
bool rr_workqueue_others_wait(struct rr_workqueue *queue, struct rr_slice key);
size_t rr_workqueue_length(struct rr_workqueue *queue); /* number of keys that are ready and not running */

#endif
