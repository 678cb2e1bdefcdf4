/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_keeper: one set of credentials for any number of askers: one of them fetches, the others use what is
 * there or wait for it (behaviour S-15, S-16). When and by whom is decided in credentials_cache_state.h. Threads: all
 * functions from any; a fetch runs on the asker's. Borrows clock and random as long as it lives. */
#ifndef RR_AWS_CREDENTIALS_KEEPER_H
#define RR_AWS_CREDENTIALS_KEEPER_H

#include "credentials_source.h"

struct rr_credentials_keeper;

/* Returns owned. */
struct rr_credentials_keeper *rr_credentials_keeper_new(const struct rr_clock *clock, const struct rr_random *random,
                                                        struct rr_credentials_observer observer);
void rr_credentials_keeper_free(struct rr_credentials_keeper *keeper); /* nobody may be asking any more */

/* How they are fetched. May fail with any code: all but RR_E_CANCELLED and RR_E_SECRET_INVALID become
 * RR_E_NO_CREDENTIALS. */
struct rr_credentials_fetch {
    void *context;
    bool (*run)(void *context, int64_t deadline_ms, struct rr_stop *stop, struct rr_credentials_found *out_found,
                struct rr_error *err);
};

/* *out_credentials is a reference of the caller's; *out_source is what the fetch said. Fails as the fetch did, or with
 * RR_E_CANCELLED or RR_E_TIMEOUT (others have not fetched them by the deadline). */
RR_MUST_USE bool rr_credentials_keeper_get(struct rr_credentials_keeper *keeper,
                                           const struct rr_credentials_fetch *fetch, int64_t deadline_ms,
                                           struct rr_stop *stop, struct rr_credentials **out_credentials,
                                           const char **out_source, struct rr_error *err);
/* A service says that these have expired: the next asker fetches. Of no effect when others are there already. */
void rr_credentials_keeper_expire(struct rr_credentials_keeper *keeper, const struct rr_credentials *credentials);

#endif
