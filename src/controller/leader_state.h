/* SPDX-License-Identifier: Apache-2.0 */
/* leader_state: decides the next step of an election by Lease, without waiting and without a network (behaviour L-02 to
 * L-07, L-10). One candidate reads, acquires and renews the Lease, and loses or releases it.
 * Threads: belongs to one thread at a time. Times are monotonic and include suspend; they are never compared with the
 * times in a Lease. */
#ifndef RR_CONTROLLER_LEADER_STATE_H
#define RR_CONTROLLER_LEADER_STATE_H

#include "leader_record.h"

#include <redisrestore/base/random.h>

enum {
    RR_LEADER_LEASE_S = 15, /* behaviour L-02, like everything below */
    RR_LEADER_RENEW_DEADLINE_MS = 10 * 1000,
    RR_LEADER_RETRY_MS = 2 * 1000,
    RR_LEADER_REQUEST_MS = 5 * 1000,
    RR_LEADER_RELEASE_RETRY_MS = 250,
};

enum rr_leader_phase {
    RR_LEADER_FOLLOWING,
    RR_LEADER_LEADING,
    RR_LEADER_RELEASING,
    RR_LEADER_OVER, /* lost, released, or never acquired */
};

enum rr_leader_do {
    RR_LEADER_GET,    /* the Lease, by until_ms */
    RR_LEADER_CREATE, /* the Lease, with rr_leader_state_claim, by until_ms */
    RR_LEADER_UPDATE, /* `seen`, likewise */
    RR_LEADER_WAIT,   /* until until_ms, then RR_LEADER_DUE */
    RR_LEADER_LOST,   /* the end; another replica may lead from now on */
    RR_LEADER_END,    /* the end */
};

struct rr_leader_action {
    enum rr_leader_do what;
    int64_t until_ms;
};

enum rr_leader_happened {
    RR_LEADER_DUE,     /* at the start, and after each wait */
    RR_LEADER_GOT,     /* record */
    RR_LEADER_ABSENT,  /* the Lease does not exist */
    RR_LEADER_WROTE,   /* record, as the server stored the claim */
    RR_LEADER_OUTRUN,  /* a write met another version, or the Lease already existed */
    RR_LEADER_FAILED,  /* no answer, or a refusal */
    RR_LEADER_RELEASE, /* from outside, at any time: release the Lease by release_by_ms, if it is ours */
};

struct rr_leader_event {
    enum rr_leader_happened what;
    struct rr_leader_record *record; /* takes its content */
    int64_t release_by_ms;
};

struct rr_leader_state {
    const struct rr_random *random; /* borrows; fixed */
    struct rr_slice identity;       /* borrows; fixed */
    enum rr_leader_phase phase;
    struct rr_leader_record seen; /* the Lease as last read or written */
    int64_t seen_ms;              /* when its content was first seen here */
    int64_t sent_ms;              /* the current request, or the last one */
    int64_t renewed_ms;           /* when the last successful write was sent; while leading */
    int64_t release_by_ms;
    bool writing;      /* the current request writes from the cached record, not from one that was just read */
    bool looked_again; /* read again after a conflict, once in a round */
};

void rr_leader_state_init(struct rr_leader_state *state, struct rr_slice identity, const struct rr_random *random);
void rr_leader_state_done(struct rr_leader_state *state);

struct rr_leader_action rr_leader_step(struct rr_leader_state *state, const struct rr_leader_event *event,
                                       int64_t now_ms);
/* Returns the content of a RR_LEADER_CREATE or RR_LEADER_UPDATE. Borrows from the state until its next step. */
struct rr_leader_claim rr_leader_state_claim(const struct rr_leader_state *state, int64_t now_unix_ms);
/* Returns until when a leader may do leader-only writes; INT64_MIN: not at all (behaviour L-10). */
int64_t rr_leader_state_write_until_ms(const struct rr_leader_state *state);

#endif
