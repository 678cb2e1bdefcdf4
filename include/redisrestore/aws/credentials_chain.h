/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_chain: credentials from where the AWS SDKs look for them, kept and fetched anew ahead of their expiry.
 * The order is that of the SDK for Go: keys of the environment, web identity of the environment, profile, container,
 * instance metadata. A source that is configured and fails ends the search; one that is not there is passed over
 * (behaviour S-10 to S-16). Nothing but the process' own environment says which profile, file or program is read
 * (F-58). Threads: all functions from any; one thread fetches, the others use what is there or wait for it. */
#ifndef RR_AWS_CREDENTIALS_CHAIN_H
#define RR_AWS_CREDENTIALS_CHAIN_H

#include <redisrestore/aws/credentials.h>
#include <redisrestore/base/random.h>
#include <redisrestore/http/http.h>

struct rr_credentials_chain;

/* All borrow as long as the chain lives. */
struct rr_credentials_chain_options {
    const struct rr_environment *environment;
    struct rr_http_loop *loop; /* of the cloud's own domain: what objects name never shares its connections */
    const struct rr_clock *clock;
    const struct rr_random *random;
    struct rr_slice region; /* where STS is asked; empty: the profile's, else us-east-1 */
    bool
        environment_proxies; /* STS is reached through HTTPS_PROXY and the like; the machine's own services never are */
    bool dualstack, fips;    /* the hosts of STS */
    struct rr_credentials_observer observer; /* optional */
    const struct rr_http_tls *tls;           /* of all that is asked over https; NULL: the system's roots */
};

struct rr_credentials_chain *rr_credentials_chain_new(const struct rr_credentials_chain_options *options);
void rr_credentials_chain_free(struct rr_credentials_chain *chain); /* nobody may be asking any more */
RR_DEFINE_FREEP(credentials_chain)

/* *out_credentials is a reference of the caller's; *out_source is a literal: "Environment", "WebIdentity", "Profile",
 * "Process", "Container", "InstanceMetadata". Fails with RR_E_NO_CREDENTIALS, RR_E_SECRET_INVALID, RR_E_CANCELLED or
 * RR_E_TIMEOUT (others have not fetched them by the deadline). */
RR_MUST_USE bool rr_credentials_chain_get(struct rr_credentials_chain *chain, int64_t deadline_ms, struct rr_stop *stop,
                                          struct rr_credentials **out_credentials, const char **out_source,
                                          struct rr_error *err);
/* A service says that these have expired: the next asker gets others. Of no effect when others are there already. */
void rr_credentials_chain_expire(struct rr_credentials_chain *chain, const struct rr_credentials *credentials);

#endif
