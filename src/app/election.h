/* SPDX-License-Identifier: Apache-2.0 */
/* election: the controller as one of several replicas: the name of its Lease, and what happens when the Lease is
 * acquired or lost (behaviour L-06, L-07, K-13). Without --leader-elect it does nothing, and the controller works from
 * the start.
 * Threads: one thread; the callbacks run on the election's. */
#ifndef RR_APP_ELECTION_H
#define RR_APP_ELECTION_H

#include "options_controller.h"

#include <redisrestore/base/environment.h>
#include <redisrestore/controller/leader.h>
#include <redisrestore/restore/restore_controller.h>

enum {
    RR_ELECTION_LOSS_MAX_MS = 1000,    /* from the loss until all work has ended; then the process is ended */
    RR_ELECTION_RELEASE_MAX_MS = 8000, /* of the 20 s that a shutdown may take (behaviour W-09) */
};

struct rr_election {
    struct rr_leader *leader; /* NULL: without --leader-elect */
    struct rr_buf namespace_name;
    struct rr_stop *stop; /* of the process; borrows */
    struct rr_stop idle;  /* set when all work has ended */
    struct rr_restore_controller *restores;
};

/* Appends the namespace of the Lease: that of the flag, else POD_NAMESPACE, else that of the configuration, else
 * "default". */
void rr_election_namespace(struct rr_slice told, const struct rr_environment *environment,
                           const struct rr_kube_config *config, struct rr_buf *out_name);

/* `leader` has client, metrics, log and host set; this function sets the other members. */
void rr_election_init(struct rr_election *election, const struct rr_controller_options *options,
                      const struct rr_kube_config *config, struct rr_leader_options leader, struct rr_stop *stop);
/* Restricts the controller to what a replica may do: it begins as a standby, and a guard allows its writes (behaviour
 * L-10). Without --leader-elect it changes nothing. The options borrow from the election. */
void rr_election_restrict(const struct rr_election *election, struct rr_restore_controller_options *options);
void rr_election_start(struct rr_election *election, struct rr_restore_controller *restores); /* as a standby */
/* Call it before the end of the work. Leading does not begin any more. */
void rr_election_settle(struct rr_election *election);
/* Call it after the end of the work. Releases the Lease. */
void rr_election_end(struct rr_election *election);
void rr_election_done(struct rr_election *election);
bool rr_election_is_lost(const struct rr_election *election);

#endif
