/* SPDX-License-Identifier: Apache-2.0 */
/* leader: one of several replicas works, elected by a Lease (behaviour L-01 to L-10). 15 s without a renewal and
 * another may take it; after 10 s its holder stops. The logic is a state machine (leader_state.h, private); this is its
 * driver, a thread of its own. No fencing is promised by a Lease (L-09): so every write of a leader asks the guard, and
 * carries the version of what was read. Threads: new, start, settle, end and free from one thread; the rest from any.
 */
#ifndef RR_CONTROLLER_LEADER_H
#define RR_CONTROLLER_LEADER_H

#include <redisrestore/base/random.h>
#include <redisrestore/kube/kube_client.h>

struct rr_leader;

/* Everything borrows as long as it lives. */
struct rr_leader_options {
    struct rr_kube_client *client;
    const struct rr_clock *clock;
    const struct rr_random *random;
    const struct rr_log *log;
    struct rr_metrics *metrics; /* leader_election_master_status{name}; may be NULL */
    struct rr_slice namespace_name, name;
    struct rr_slice host; /* the identity is "<host>_<uuid>" */
    /* On the election's thread. on_leading: at most once, must be quick: nobody renews meanwhile. on_lost: last of
     * all, after it was logged; may wait. */
    void *context;
    void (*on_leading)(void *context);
    void (*on_lost)(void *context);
};

struct rr_leader *rr_leader_new(const struct rr_leader_options *options); /* returns owned */
void rr_leader_start(struct rr_leader *leader);
/* No on_leading from the return on, and none is running. Who leads goes on renewing, so that what he works on can end;
 * who does not, does not begin. */
void rr_leader_settle(struct rr_leader *leader);
/* Ends it. Who leads gives the Lease back, by the deadline: only after everything that only a leader may do has ended
 * (L-07). NULL is fine. */
void rr_leader_end(struct rr_leader *leader, int64_t release_by_ms);
void rr_leader_free(struct rr_leader *leader); /* never started, or ended */

/* What writes only a leader may do; borrows from the leader (L-10). */
const struct rr_kube_guard *rr_leader_guard(const struct rr_leader *leader);
bool rr_leader_is_lost(const struct rr_leader *leader);
/* False for a leader whose last renewal is long over, which means that the thread hangs (L-08). */
bool rr_leader_is_healthy(const struct rr_leader *leader, struct rr_buf *out_why);

#endif
