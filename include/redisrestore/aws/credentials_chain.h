/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_chain: credentials from the sources that the AWS SDKs use, cached and refreshed before they expire.
 * The order is that of the SDK for Go: keys of the environment, web identity of the environment, profile, container,
 * instance metadata. A source that is configured and fails ends the search. A source that is not configured is skipped
 * (behaviour S-10 to S-16). Only the process' own environment selects the profile, file or program that is read (F-58).
 * Threads: all functions from any. One thread fetches. The others use the current credentials or wait for the new
 * ones. */
#ifndef RR_AWS_CREDENTIALS_CHAIN_H
#define RR_AWS_CREDENTIALS_CHAIN_H

#include <redisrestore/aws/credentials.h>
#include <redisrestore/base/random.h>
#include <redisrestore/http/http.h>

struct rr_credentials_chain;

/* All fields borrow as long as the chain lives. */
struct rr_credentials_chain_options {
    const struct rr_environment *environment;
    struct rr_http_loop
        *loop; /* of the trust domain cloud (http.h): it shares no connection with endpoints of objects */
    const struct rr_clock *clock;
    const struct rr_random *random;
    struct rr_slice region;   /* region of STS; empty: the profile's, else us-east-1 */
    bool environment_proxies; /* STS requests use HTTPS_PROXY and the like; requests to the machine's own services never
                                 do */
    bool dualstack, fips;     /* for the host names of STS */
    struct rr_credentials_observer observer; /* optional */
    const struct rr_http_tls *tls;           /* for all https requests; NULL: the system's roots */
};

struct rr_credentials_chain *rr_credentials_chain_new(const struct rr_credentials_chain_options *options);
void rr_credentials_chain_free(struct rr_credentials_chain *chain); /* no call may be running */
RR_DEFINE_FREEP(credentials_chain)

/* *out_credentials is a reference that the caller owns. *out_source is a literal: "Environment", "WebIdentity",
 * "Profile", "Process", "Container", "InstanceMetadata". Fails with RR_E_NO_CREDENTIALS, RR_E_SECRET_INVALID,
 * RR_E_CANCELLED or RR_E_TIMEOUT (another thread's fetch did not end by the deadline). */
RR_MUST_USE bool rr_credentials_chain_get(struct rr_credentials_chain *chain, int64_t deadline_ms, struct rr_stop *stop,
                                          struct rr_credentials **out_credentials, const char **out_source,
                                          struct rr_error *err);
/* A service reported that these credentials have expired: the next caller gets others. No effect when they were already
 * replaced. */
void rr_credentials_chain_expire(struct rr_credentials_chain *chain, const struct rr_credentials *credentials);

#endif
