/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_keeper: one set of credentials for any number of callers. One caller fetches. The others use the current
 * credentials or wait for the new ones (behaviour S-15, S-16). credentials_cache_state.h decides when to fetch, and
 * which caller does it.
 * Threads: all functions from any; a fetch runs on the caller's thread. Borrows clock and random as long as it
 * lives. */
#ifndef RR_AWS_CREDENTIALS_KEEPER_H
#define RR_AWS_CREDENTIALS_KEEPER_H

#include "credentials_source.h"

struct rr_credentials_keeper;

/* Returns owned. */
struct rr_credentials_keeper *rr_credentials_keeper_new(const struct rr_clock *clock, const struct rr_random *random,
                                                        struct rr_credentials_observer observer);
void rr_credentials_keeper_free(struct rr_credentials_keeper *keeper); /* no call may be running */

/* Fetches credentials. May fail with any code: all except RR_E_CANCELLED and RR_E_SECRET_INVALID become
 * RR_E_NO_CREDENTIALS. */
struct rr_credentials_fetch {
    void *context;
    bool (*run)(void *context, int64_t deadline_ms, struct rr_stop *stop, struct rr_credentials_found *out_found,
                struct rr_error *err);
};

/* *out_credentials is a reference that the caller owns. *out_source is the source that the fetch set. Fails as the
 * fetch did, or with RR_E_CANCELLED or RR_E_TIMEOUT (another thread's fetch did not end by the deadline). */
RR_MUST_USE bool rr_credentials_keeper_get(struct rr_credentials_keeper *keeper,
                                           const struct rr_credentials_fetch *fetch, int64_t deadline_ms,
                                           struct rr_stop *stop, struct rr_credentials **out_credentials,
                                           const char **out_source, struct rr_error *err);
/* A service reported that these credentials have expired: the next caller fetches. No effect when they were already
 * replaced. */
void rr_credentials_keeper_expire(struct rr_credentials_keeper *keeper, const struct rr_credentials *credentials);

#endif
