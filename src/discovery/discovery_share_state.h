/* discovery_share_state: who asks for which listing, who runs it, and who waits: group commit. A state machine without
 * waiting or locks: `ask`, `finish` and `leave` say what to do next.
 *
 * A group is one listing as a store sees it. While one of its askers runs it, others wait for the next one, because the
 * one under way may have passed the key that they ask about. When it ends, one of those that wait is called; whoever of
 * the group asks first runs the next listing for all that wait then. So any number of askers costs two listings.
 * Where others stand in line, the first one waits for them too, for RR_DISCOVERY_LINE_MS at most.
 * Askers of one group with the same criteria have one answer. Threads: one at a time. */
#ifndef RR_DISCOVERY_DISCOVERY_SHARE_STATE_H
#define RR_DISCOVERY_DISCOVERY_SHARE_STATE_H

#include <redisrestore/base/map.h>
#include <redisrestore/discovery/discovery_share.h>

struct rr_share_group;

/* An answer and how many hold it. */
struct rr_discovery_shared {
    int refs; /* under the share's lock */
    struct rr_discovery_share *share;
    struct rr_discovery_answer answer;
};

struct rr_share_state {
    struct rr_map groups; /* by digest; own */
    struct rr_map askers; /* by key: those that wait or have an answer; own */
    /* Told of each asker that should ask again; must not call back. */
    void *context;
    void (*on_wake)(void *context, struct rr_slice key, bool last);
};

enum rr_share_move { RR_SHARE_ANSWERED, RR_SHARE_RUN, RR_SHARE_PARKED };

/* One that asks. Borrows for the call. */
struct rr_share_ask {
    struct rr_slice group, key, question;
    const struct rr_backup_criteria *criteria; /* copied */
    int64_t now_ms;
    bool others_come; /* who would list is parked and called, once: those before it in line can join */
};

/* A listing to run: the different criteria that it answers; slot 0 is the runner's own. Borrows from the state until it
 * is finished. */
struct rr_share_listing {
    struct rr_share_group *group;
    const struct rr_backup_criteria *criteria[RR_DISCOVERY_TOGETHER_MAX]; /* [0]: borrows from the ask */
    size_t count;
};

void rr_share_state_done(struct rr_share_state *state, void (*drop)(struct rr_discovery_shared *answer));
/* ANSWERED: *out_answer is the caller's now. RUN: *out_listing; `finish` must follow. *out_asked_ms: since when this
 * question is asked. *out_dropped: an answer to an older question of that key, or NULL; the caller's. */
enum rr_share_move rr_share_state_ask(struct rr_share_state *state, const struct rr_share_ask *ask,
                                      struct rr_discovery_shared **out_answer, struct rr_share_listing *out_listing,
                                      int64_t *out_asked_ms, struct rr_discovery_shared **out_dropped);
/* The answer that is ready for that question of `key`, if there is one; as above. */
RR_MUST_USE bool rr_share_state_take(struct rr_share_state *state, struct rr_slice key, struct rr_slice question,
                                     struct rr_discovery_shared **out_answer, int64_t *out_asked_ms);
/* Whether `ask` would run a listing now, or soon: nobody of that group runs one, and no answer is ready. */
RR_MUST_USE bool rr_share_state_would_run(const struct rr_share_state *state, const struct rr_share_ask *ask);
/* answers[slot], one more reference for each asker that has it; NULL: those of that slot wait for the next listing. */
void rr_share_state_finish(struct rr_share_state *state, struct rr_share_listing *listing,
                           struct rr_discovery_shared *const *answers);
/* That key asks no more. Returns an answer that nobody took, or NULL. */
struct rr_discovery_shared *rr_share_state_leave(struct rr_share_state *state, struct rr_slice key);

#endif
