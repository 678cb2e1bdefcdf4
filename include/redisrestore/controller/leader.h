/* SPDX-License-Identifier: Apache-2.0 */
/* leader: leader election by a Lease: one of several replicas works (behaviour L-01 to L-10). Another replica may
 * acquire the Lease 15 s after the last renewal; the holder stops after 10 s. The logic is a state machine
 * (leader_state.h, private); this is its driver, with a separate thread. A Lease does not provide fencing (L-09), so
 * every write of a leader asks the guard and carries the version of the object that was read.
 * Threads: call new, start, settle, end and free from one thread, the rest from any. */
#ifndef RR_CONTROLLER_LEADER_H
#define RR_CONTROLLER_LEADER_H

#include <redisrestore/base/random.h>
#include <redisrestore/kube/kube_client.h>

struct rr_leader;

/* Borrows everything for the life of the leader. */
struct rr_leader_options {
    struct rr_kube_client *client;
    const struct rr_clock *clock;
    const struct rr_random *random;
    const struct rr_log *log;
    struct rr_metrics *metrics; /* leader_election_master_status{name}; may be NULL */
    struct rr_slice namespace_name, name;
    struct rr_slice host; /* the identity is "<host>_<uuid>" */
    /* Called on the election thread. on_leading: at most once; must return quickly, because the Lease is not renewed
     * meanwhile. on_lost: the last callback, after the loss was logged; may wait. */
    void *context;
    void (*on_leading)(void *context);
    void (*on_lost)(void *context);
};

struct rr_leader *rr_leader_new(const struct rr_leader_options *options); /* returns owned */
void rr_leader_start(struct rr_leader *leader);
/* After it returns, on_leading is not running and is never called. A leader continues to renew so that its work can
 * finish; a standby does not start to lead. */
void rr_leader_settle(struct rr_leader *leader);
/* Ends the election. A leader releases the Lease by the deadline. Call it only after all work that requires leadership
 * has ended (L-07). NULL: does nothing. */
void rr_leader_end(struct rr_leader *leader, int64_t release_by_ms);
void rr_leader_free(struct rr_leader *leader); /* only if never started, or ended */

/* Guard for the writes that only a leader may do. Borrows from the leader (L-10). */
const struct rr_kube_guard *rr_leader_guard(const struct rr_leader *leader);
bool rr_leader_is_lost(const struct rr_leader *leader);
/* Returns false for a leader whose last renewal is too old, which means that the thread hangs (L-08). */
bool rr_leader_is_healthy(const struct rr_leader *leader, struct rr_buf *out_why);

#endif
