/* SPDX-License-Identifier: Apache-2.0 */
/* election: the controller as one of several replicas: which Lease it is about, and what follows when it is won or lost
 * (behaviour L-06, L-07, K-13). Without --leader-elect all of it does nothing, and the controller works from the start.
 * Threads: one thread; the callbacks are on the election's. */
#ifndef RR_APP_ELECTION_H
#define RR_APP_ELECTION_H

#include "options_controller.h"

#include <redisrestore/base/environment.h>
#include <redisrestore/controller/leader.h>
#include <redisrestore/restore/restore_controller.h>

enum {
    RR_ELECTION_LOSS_MAX_MS = 1000,    /* from the loss until nothing is worked on any more, else the process is cut */
    RR_ELECTION_RELEASE_MAX_MS = 8000, /* of the 20 s that an end may take (behaviour W-09) */
};

struct rr_election {
    struct rr_leader *leader; /* NULL: nobody asked for one */
    struct rr_buf namespace_name;
    struct rr_stop *stop; /* of the process; borrows */
    struct rr_stop idle;  /* set when nothing is worked on any more */
    struct rr_restore_controller *restores;
};

/* The Lease's namespace: as told, else POD_NAMESPACE, else that of the configuration, else "default". Appends. */
void rr_election_namespace(struct rr_slice told, const struct rr_environment *environment,
                           const struct rr_kube_config *config, struct rr_buf *out_name);

/* `leader` has client, metrics, log and host; the rest is filled here. */
void rr_election_init(struct rr_election *election, const struct rr_controller_options *options,
                      const struct rr_kube_config *config, struct rr_leader_options leader, struct rr_stop *stop);
void rr_election_start(struct rr_election *election, struct rr_restore_controller *restores); /* a standby */
/* Before the work is ended: it will not begin any more. */
void rr_election_settle(struct rr_election *election);
/* After it: the Lease is given back. */
void rr_election_end(struct rr_election *election);
void rr_election_done(struct rr_election *election);
bool rr_election_is_lost(const struct rr_election *election);

#endif
