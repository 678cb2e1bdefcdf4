/* SPDX-License-Identifier: Apache-2.0 */
/* discovery_share_state: the state of shared listings (group commit): which asker lists, which ones wait, and which
 * answers are ready. It neither waits nor locks: `ask`, `finish` and `leave` return the next step.
 *
 * A group has the askers of one listing. While one of them lists, new ones wait for the next listing, because the
 * current one may have passed their key already. When it ends, one of the waiting askers is called, and the first of
 * the group that asks lists for all that wait then. So any number of askers costs two listings. If others are in line,
 * the first asker waits for them too, for RR_DISCOVERY_LINE_MS at most.
 * Askers of one group with equal criteria share one answer. Threads: one at a time. */
#ifndef RR_DISCOVERY_DISCOVERY_SHARE_STATE_H
#define RR_DISCOVERY_DISCOVERY_SHARE_STATE_H

#include <redisrestore/base/map.h>
#include <redisrestore/discovery/discovery_share.h>

struct rr_share_group;

/* An answer with a reference count. */
struct rr_discovery_shared {
    int refs; /* guarded by the share's lock */
    struct rr_discovery_share *share;
    struct rr_discovery_answer answer;
};

struct rr_share_state {
    struct rr_map groups; /* by digest; own */
    struct rr_map askers; /* by key: askers that wait or have an answer; own */
    /* Called for each asker that should ask again; must not call back. */
    void *context;
    void (*on_wake)(void *context, struct rr_slice key, bool last);
};

enum rr_share_move { RR_SHARE_ANSWERED, RR_SHARE_RUN, RR_SHARE_PARKED };

/* An asker. Borrows for the call. */
struct rr_share_ask {
    struct rr_slice group, key, question;
    const struct rr_backup_criteria *criteria; /* copied */
    int64_t now_ms;
    bool others_come;  /* park the asker that would list, once, so that those before it in line can join */
    bool may_not_list; /* park the asker that would list, and call it again: it was not admitted */
};

/* A listing to run: the different criteria that it answers; slot 0 is the runner's. Borrows from the state until it is
 * finished. */
struct rr_share_listing {
    struct rr_share_group *group;
    const struct rr_backup_criteria *criteria[RR_DISCOVERY_TOGETHER_MAX]; /* [0]: borrows from the ask */
    size_t count;
};

void rr_share_state_done(struct rr_share_state *state, void (*drop)(struct rr_discovery_shared *answer));
/* ANSWERED: the caller owns *out_answer. RUN: *out_listing; call `finish` afterwards. *out_asked_ms: the time of the
 * first ask of this question. *out_dropped: an answer to an older question of that key, or NULL; the caller owns it. */
enum rr_share_move rr_share_state_ask(struct rr_share_state *state, const struct rr_share_ask *ask,
                                      struct rr_discovery_shared **out_answer, struct rr_share_listing *out_listing,
                                      int64_t *out_asked_ms, struct rr_discovery_shared **out_dropped);
/* Returns the answer that is ready for that question of `key`, if there is one; as above. */
RR_MUST_USE bool rr_share_state_take(struct rr_share_state *state, struct rr_slice key, struct rr_slice question,
                                     struct rr_discovery_shared **out_answer, int64_t *out_asked_ms);
/* Returns whether `ask` would run a listing now: no asker of that group runs one, no answer is ready, and it need not
 * wait for others in line. */
RR_MUST_USE bool rr_share_state_would_run(const struct rr_share_state *state, const struct rr_share_ask *ask);
/* Takes answers[slot], with one more reference for each asker that gets it; NULL: the askers of that slot wait for the
 * next listing. */
void rr_share_state_finish(struct rr_share_state *state, struct rr_share_listing *listing,
                           struct rr_discovery_shared *const *answers);
/* Forgets the question of that key. Returns its answer if it was not taken, or NULL. */
struct rr_discovery_shared *rr_share_state_leave(struct rr_share_state *state, struct rr_slice key);

#endif
