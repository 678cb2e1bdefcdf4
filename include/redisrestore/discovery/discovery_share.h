/* discovery_share: discoveries that list the same bucket, prefix and replication ID with the same credentials share
 * listings (docs/selection.md): at most two for any number of askers. An object that was stored before an asker came is
 * never missed; askers with other credentials never share. Who waits is parked without a thread and told when to ask
 * again.
 * Threads: any. Limits: RR_DISCOVERY_TOGETHER_MAX different criteria a listing; more wait for another one. */
#ifndef RR_DISCOVERY_DISCOVERY_SHARE_H
#define RR_DISCOVERY_DISCOVERY_SHARE_H

#include <redisrestore/discovery/discovery.h>

/* So many askers come in that time that they pay for a listing, and the first has hardly waited. */
enum { RR_DISCOVERY_LINE_MS = 250 };

struct rr_discovery_share;
struct rr_discovery_shared; /* an answer, counted */

struct rr_discovery_share_options {
    const struct rr_clock *clock; /* borrows */
    const struct rr_random *random;
    /* That key should ask again: its answer is there, or it is its turn to list; `last`: behind those as urgent.
     * On any thread, with no lock held. */
    void *context;
    void (*on_ready)(void *context, struct rr_slice key, bool last);
    /* True: others that are no less urgent than `key` stand in line and may ask for the same. Then who would list is
     * called once more, behind them, so that one listing serves all; it is not put off for longer than
     * RR_DISCOVERY_LINE_MS. NULL: never. */
    bool (*others_come)(void *context, struct rr_slice key);
};

/* Returns owned. */
struct rr_discovery_share *rr_discovery_share_new(const struct rr_discovery_share_options *options);
void rr_discovery_share_free(struct rr_discovery_share *share); /* nobody runs, and all answers were given back */

/* Borrows for the call. */
struct rr_discovery_asker {
    struct rr_slice key;      /* who asks: one question at a time */
    struct rr_slice question; /* another text is another question: what was asked before is forgotten */
    /* What signs, secrets included: hashed with a key of this process, and not kept. */
    const struct rr_slice *identity;
    size_t identity_count;
};

/* Whether rr_discovery_share_ask would list for this asker now. False: it is answered or parked without a request, as
 * far as can be said without asking. */
RR_MUST_USE bool rr_discovery_share_would_list(struct rr_discovery_share *share, const struct rr_discovery_asker *asker,
                                               const struct rr_discovery_request *request);
/* Answered: an answer that is ready, or found now, while others may share it; returns it, the caller's to give back,
 * with *out_asked_ms, since when it was asked. Parked: NULL; on_ready will be called, and the same question is to be
 * asked again. The answer may be a failure; one with RR_E_CANCELLED is this asker's alone. */
struct rr_discovery_shared *rr_discovery_share_ask(struct rr_discovery_share *share,
                                                   const struct rr_discovery_asker *asker,
                                                   const struct rr_discovery_context *context,
                                                   const struct rr_discovery_request *request, struct rr_stop *stop,
                                                   int64_t *out_asked_ms);
/* The answer that is ready for that question; NULL: none. */
struct rr_discovery_shared *rr_discovery_share_take(struct rr_discovery_share *share, struct rr_slice key,
                                                    struct rr_slice question, int64_t *out_asked_ms);
/* That key asks no more. */
void rr_discovery_share_leave(struct rr_discovery_share *share, struct rr_slice key);

const struct rr_discovery_answer *rr_discovery_shared_answer(const struct rr_discovery_shared *shared);
void rr_discovery_shared_free(struct rr_discovery_shared *shared); /* gives it back */
RR_DEFINE_FREEP(discovery_shared)

#endif
