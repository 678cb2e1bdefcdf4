/* SPDX-License-Identifier: Apache-2.0 */
#include "election.h"

#include "exit_codes.h"

#include <redisrestore/kube/kube_name.h>

#include <unistd.h>

void rr_election_namespace(struct rr_slice told, const struct rr_environment *environment,
                           const struct rr_kube_config *config, struct rr_buf *out_name)
{
    struct rr_slice pod = rr_environment_get(environment, "POD_NAMESPACE");
    struct rr_slice configured = rr_buf_slice(&config->default_namespace);
    rr_buf_add(out_name, told.len > 0 ? told : pod.len > 0 ? pod : configured.len > 0 ? configured : RR_LIT("default"));
}

static void on_leading(void *context)
{
    struct rr_election *election = context;
    rr_restore_controller_lead(election->restores);
}

/* Another replica may lead from now on. Writes are forbidden already. Work that does not end in time is cut by the end
 * of the process. */
static void on_lost(void *context)
{
    struct rr_election *election = context;
    rr_stop_set(election->stop);
    int64_t until_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), RR_ELECTION_LOSS_MAX_MS);
    if (!rr_stop_wait(&election->idle, until_ms))
        _exit(RR_EXIT_INTERNAL);
}

void rr_election_init(struct rr_election *election, const struct rr_controller_options *options,
                      const struct rr_kube_config *config, struct rr_leader_options leader, struct rr_stop *stop)
{
    *election = (struct rr_election){ .namespace_name = RR_BUF(RR_KUBE_SUBDOMAIN_MAX_BYTES), .stop = stop };
    rr_stop_init(&election->idle, NULL);
    if (!options->leader_elect)
        return;
    rr_election_namespace(options->leader_elect_namespace, &rr_environment_system, config, &election->namespace_name);
    leader.clock = &rr_clock_system;
    leader.random = &rr_random_system;
    leader.namespace_name = rr_buf_slice(&election->namespace_name);
    leader.name = options->leader_elect_id;
    leader.context = election;
    leader.on_leading = on_leading;
    leader.on_lost = on_lost;
    election->leader = rr_leader_new(&leader);
}

void rr_election_restrict(const struct rr_election *election, struct rr_restore_controller_options *options)
{
    if (election->leader == NULL)
        return;
    options->standby = true;
    options->guard = rr_leader_guard(election->leader);
}

void rr_election_start(struct rr_election *election, struct rr_restore_controller *restores)
{
    election->restores = restores;
    if (election->leader != NULL)
        rr_leader_start(election->leader);
}

void rr_election_settle(struct rr_election *election)
{
    if (election->leader != NULL)
        rr_leader_settle(election->leader);
}

void rr_election_end(struct rr_election *election)
{
    rr_stop_set(&election->idle);
    rr_leader_end(election->leader,
                  rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), RR_ELECTION_RELEASE_MAX_MS));
}

void rr_election_done(struct rr_election *election)
{
    rr_leader_free(election->leader);
    rr_stop_done(&election->idle);
    rr_buf_done(&election->namespace_name);
}

bool rr_election_is_lost(const struct rr_election *election)
{
    return election->leader != NULL && rr_leader_is_lost(election->leader);
}
