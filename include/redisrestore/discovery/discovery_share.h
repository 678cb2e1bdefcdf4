/* SPDX-License-Identifier: Apache-2.0 */
/* discovery_share: discoveries that list the same bucket, prefix and replication ID with the same credentials share
 * listings (docs/selection.md): at most two listings for any number of askers. A listing never misses an object that
 * was stored before its asker came, and askers with other credentials never share. An asker that waits is parked
 * without a thread and is called when it should ask again. Threads: any. Limits: RR_DISCOVERY_TOGETHER_MAX different
 * criteria for each listing; the others wait for the next. */
#ifndef RR_DISCOVERY_DISCOVERY_SHARE_H
#define RR_DISCOVERY_DISCOVERY_SHARE_H

#include <redisrestore/crypto/digest.h>
#include <redisrestore/discovery/discovery.h>

/* The maximum time that the first asker in line waits for those behind it: long enough for many to come, too short to
 * notice. */
enum { RR_DISCOVERY_LINE_MS = 250 };

struct rr_discovery_share;
struct rr_discovery_shared; /* an answer with a reference count */

struct rr_discovery_share_options {
    const struct rr_clock *clock;   /* borrows */
    const struct rr_random *random; /* borrows for the call of new */
    /* Called when `key` should ask again, because its answer is ready or it is its turn to list. `last`: put it behind
     * those that are as urgent. Called on any thread, without a lock; borrows
     * `key` for the call. */
    void *context;
    void (*on_ready)(void *context, struct rr_slice key, bool last);
    /* Returns true if others that are at least as urgent as `key` are in line and may ask for the same listing. The
     * asker that would list is then called once more, behind them, so that one listing serves all. It waits for
     * RR_DISCOVERY_LINE_MS at most. NULL: none are in line. Called on the thread
     * that asks. */
    bool (*others_come)(void *context, struct rr_slice key);
};

/* Returns owned. */
struct rr_discovery_share *rr_discovery_share_new(const struct rr_discovery_share_options *options);
void rr_discovery_share_free(struct rr_discovery_share *share); /* no listing runs, and all answers were released */

/* Borrows for the call. */
struct rr_discovery_asker {
    struct rr_slice key;      /* of the asker, which has one question at a time */
    struct rr_slice question; /* another text is another question, and replaces the one before */
    /* The credentials that sign the requests, secrets included. They are hashed with a key of this process and not
     * kept. */
    const struct rr_slice *identity;
    size_t identity_count;
    bool may_not_list; /* if it would list, it is parked, and called at once to ask again: it was not admitted */
    /* Set by rr_discovery_share_prepare. */
    uint8_t group[RR_SHA256_BYTES];
    bool others_come;
};

/* Sets the asker's group and whether others are in line: askers of one group may share a listing. Call it once, before
 * the functions below, with the request that they get. */
void rr_discovery_share_prepare(const struct rr_discovery_share *share, struct rr_discovery_asker *asker,
                                const struct rr_discovery_request *request);
/* Returns whether rr_discovery_share_ask would list for this asker now. False: it would be answered or parked without a
 * request, as far as is known without asking. */
RR_MUST_USE bool rr_discovery_share_would_list(struct rr_discovery_share *share,
                                               const struct rr_discovery_asker *asker);
/* Returns an answer that was ready or is found now; the caller releases it. *out_asked_ms is the time of the first ask.
 * Returns NULL if the asker is parked: on_ready will be called, and then it asks the same question again. The answer
 * may be a failure; RR_E_CANCELLED is never shared. */
struct rr_discovery_shared *rr_discovery_share_ask(struct rr_discovery_share *share,
                                                   const struct rr_discovery_asker *asker,
                                                   const struct rr_discovery_context *context,
                                                   const struct rr_discovery_request *request, struct rr_stop *stop,
                                                   int64_t *out_asked_ms);
/* Returns the answer that is ready for that question (the caller releases it), or NULL. Never lists. */
struct rr_discovery_shared *rr_discovery_share_take(struct rr_discovery_share *share, struct rr_slice key,
                                                    struct rr_slice question, int64_t *out_asked_ms);
/* Forgets the question of that key. */
void rr_discovery_share_leave(struct rr_discovery_share *share, struct rr_slice key);

const struct rr_discovery_answer *rr_discovery_shared_answer(const struct rr_discovery_shared *shared);
void rr_discovery_shared_free(struct rr_discovery_shared *shared); /* releases it */
RR_DEFINE_FREEP(discovery_shared)

#endif
