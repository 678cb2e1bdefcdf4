/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/aws/credentials_chain.h>

#include "credentials_keeper.h"

#include <redisrestore/base/mem.h>

struct rr_credentials_chain {
    struct rr_credentials_chain_options options; /* fixed after new */
    struct rr_imds_state imds;                   /* used by the thread that fetches */
    struct rr_credentials_keeper *keeper;
};

struct rr_credentials_chain *rr_credentials_chain_new(const struct rr_credentials_chain_options *options)
{
    struct rr_credentials_chain *chain = RR_NEW(struct rr_credentials_chain);
    chain->options = *options;
    chain->keeper = rr_credentials_keeper_new(options->clock, options->random, options->observer);
    return chain;
}

void rr_credentials_chain_free(struct rr_credentials_chain *chain)
{
    if (chain == NULL)
        return;
    rr_credentials_keeper_free(chain->keeper);
    rr_free(chain);
}

static bool from_environment(const struct rr_credentials_ask *ask, struct rr_credentials_found *out_found,
                             struct rr_error *err)
{
    if (rr_environment_get(ask->environment, "AWS_ACCESS_KEY_ID").len == 0 &&
        rr_environment_get(ask->environment, "AWS_SECRET_ACCESS_KEY").len == 0) {
        rr_credentials_looked(ask, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
        return true;
    }
    out_found->source = "Environment";
    return rr_credentials_from_environment(ask->environment, &out_found->credentials, err);
}

static bool look_everywhere(const struct rr_credentials_ask *ask, struct rr_credentials_found *out_found,
                            struct rr_error *err)
{
    static bool (*const sources[])(const struct rr_credentials_ask *ask, struct rr_credentials_found *out_found,
                                   struct rr_error *err) = {
        from_environment,         rr_credentials_web_identity, rr_credentials_profile,
        rr_credentials_container, rr_credentials_imds,
    };
    for (size_t i = 0; i < RR_COUNT(sources); i++) {
        rr_auto(credentials_found) found = { 0 };
        if (!sources[i](ask, &found, err))
            return false;
        if (found.credentials != NULL) {
            *out_found = rr_steal(found);
            return true;
        }
    }
    return rr_fail(err, RR_E_NO_CREDENTIALS, "there are no credentials; looked for %s", rr_buf_text(ask->looked));
}

static bool fetch(void *context, int64_t deadline_ms, struct rr_stop *stop, struct rr_credentials_found *out_found,
                  struct rr_error *err)
{
    struct rr_credentials_chain *chain = context;
    const struct rr_credentials_chain_options *options = &chain->options;
    rr_auto(buf) looked = RR_BUF(RR_CREDENTIALS_LOOKED_MAX);
    struct rr_credentials_ask ask = {
        .environment = options->environment,
        .loop = options->loop,
        .clock = options->clock,
        .random = options->random,
        .region = options->region,
        .environment_proxies = options->environment_proxies,
        .dualstack = options->dualstack,
        .fips = options->fips,
        .tls = options->tls,
        .imds = &chain->imds,
        .deadline_ms = deadline_ms,
        .stop = stop,
        .looked = &looked,
    };
    return look_everywhere(&ask, out_found, err);
}

bool rr_credentials_chain_get(struct rr_credentials_chain *chain, int64_t deadline_ms, struct rr_stop *stop,
                              struct rr_credentials **out_credentials, const char **out_source, struct rr_error *err)
{
    struct rr_credentials_fetch fetching = { chain, fetch };
    return rr_credentials_keeper_get(chain->keeper, &fetching, deadline_ms, stop, out_credentials, out_source, err);
}

void rr_credentials_chain_expire(struct rr_credentials_chain *chain, const struct rr_credentials *credentials)
{
    rr_credentials_keeper_expire(chain->keeper, credentials);
}
