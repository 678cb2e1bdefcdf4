#include <redisrestore/aws/credentials_chain.h>

#include "credentials_cache_state.h"
#include "credentials_source.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/thread.h>

struct rr_credentials_chain {
    struct rr_credentials_chain_options options; /* fixed after new */
    struct rr_imds_state imds;                   /* of the one who fetches */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        struct rr_credentials_cache_state state;
        struct rr_credentials_found found;
        struct rr_error err; /* of the last fetch that failed */
    } guarded;
};

struct rr_credentials_chain *rr_credentials_chain_new(const struct rr_credentials_chain_options *options)
{
    struct rr_credentials_chain *chain = RR_NEW(struct rr_credentials_chain);
    chain->options = *options;
    rr_assert(pthread_mutex_init(&chain->lock, NULL) == 0);
    rr_cond_init(&chain->changed);
    return chain;
}

void rr_credentials_chain_free(struct rr_credentials_chain *chain)
{
    if (chain == NULL)
        return;
    rr_credentials_found_done(&chain->guarded.found);
    (void)pthread_cond_destroy(&chain->changed);
    (void)pthread_mutex_destroy(&chain->lock);
    rr_free(chain);
}

static struct rr_credentials_now now(const struct rr_credentials_chain *chain)
{
    return (struct rr_credentials_now){ rr_clock_monotonic_ms(chain->options.clock),
                                        rr_clock_unix_ms(chain->options.clock) };
}

/* --- the one who fetches --- */

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

/* Whoever asked for a listing must not be told that the store is unreachable when STS is. */
static bool explain(struct rr_error *err)
{
    if (err->code != RR_E_CANCELLED && err->code != RR_E_SECRET_INVALID)
        err->code = RR_E_NO_CREDENTIALS;
    return false;
}

static bool fetch(struct rr_credentials_chain *chain, int64_t deadline_ms, struct rr_stop *stop,
                  struct rr_credentials_found *out_found, struct rr_error *err)
{
    const struct rr_credentials_chain_options *options = &chain->options;
    rr_auto(buf) looked = RR_BUF(RR_CREDENTIALS_LOOKED_MAX);
    struct rr_credentials_ask ask = {
        .environment = options->environment,
        .loop = options->loop,
        .clock = options->clock,
        .random = options->random,
        .region = options->region,
        .imds = &chain->imds,
        .deadline_ms = deadline_ms,
        .stop = stop,
        .looked = &looked,
    };
    return look_everywhere(&ask, out_found, err) || explain(err);
}

/* Lock held. True: what is there now may be used. */
static bool take(struct rr_credentials_chain *chain, struct rr_credentials_found *found, struct rr_error *err)
{
    struct rr_credentials_cache_state *state = &chain->guarded.state;
    if (found->credentials != NULL) {
        if (!rr_credentials_cache_loaded(state, found->expires_unix_ms, now(chain), chain->options.random))
            return rr_fail(err, RR_E_NO_CREDENTIALS, "the credentials have expired already");
        rr_credentials_found_done(&chain->guarded.found);
        chain->guarded.found = rr_steal(*found);
        return true;
    }
    return rr_credentials_cache_failed(state, now(chain), chain->options.random);
}

/* Lock held at both ends, not between. */
static bool load(struct rr_credentials_chain *chain, int64_t deadline_ms, struct rr_stop *stop, struct rr_error *err)
{
    pthread_mutex_unlock(&chain->lock);
    rr_auto(credentials_found) found = { 0 };
    bool fetched = fetch(chain, deadline_ms, stop, &found, err);
    /* His own stop or deadline ended it: that is no answer for the others. */
    bool abandoned = !fetched && (rr_stop_is_set(stop) || rr_clock_monotonic_ms(&rr_clock_system) >= deadline_ms);
    pthread_mutex_lock(&chain->lock);
    bool usable = false;
    if (abandoned)
        rr_credentials_cache_abandoned(&chain->guarded.state);
    else
        usable = take(chain, &found, err);
    if (!usable && !abandoned)
        chain->guarded.err = *err;
    (void)pthread_cond_broadcast(&chain->changed);
    return usable;
}

/* --- those who ask --- */

static void on_stop(void *context)
{
    struct rr_credentials_chain *chain = context;
    pthread_mutex_lock(&chain->lock);
    (void)pthread_cond_broadcast(&chain->changed);
    pthread_mutex_unlock(&chain->lock);
}

/* Lock held. Until a fetch ended, the deadline or the stop. */
static bool wait_for_load(struct rr_credentials_chain *chain, int64_t deadline_ms, struct rr_stop *stop,
                          struct rr_error *err)
{
    uint64_t loads = chain->guarded.state.loads;
    while (chain->guarded.state.loads == loads) {
        if (rr_stop_is_set(stop))
            return rr_fail(err, RR_E_CANCELLED, "the request was cancelled");
        if (!rr_cond_wait_until(&chain->changed, &chain->lock, deadline_ms) && chain->guarded.state.loads == loads)
            return rr_fail(err, RR_E_TIMEOUT, "the credentials have not been fetched in time");
    }
    return true;
}

/* Lock held. */
static bool get(struct rr_credentials_chain *chain, int64_t deadline_ms, struct rr_stop *stop, struct rr_error *err)
{
    for (;;) {
        switch (rr_credentials_cache_ask(&chain->guarded.state, now(chain))) {
        case RR_CREDENTIALS_USE:
            return true;
        case RR_CREDENTIALS_LOAD:
            return load(chain, deadline_ms, stop, err);
        case RR_CREDENTIALS_FAIL:
            *err = chain->guarded.err;
            return false;
        case RR_CREDENTIALS_WAIT:
            if (!wait_for_load(chain, deadline_ms, stop, err))
                return false;
            break;
        }
    }
}

bool rr_credentials_chain_get(struct rr_credentials_chain *chain, int64_t deadline_ms, struct rr_stop *stop,
                              struct rr_credentials **out_credentials, const char **out_source, struct rr_error *err)
{
    struct rr_stop_watcher watcher = { .on_stop = on_stop, .context = chain };
    rr_stop_watch(stop, &watcher);
    pthread_mutex_lock(&chain->lock);
    bool good = get(chain, deadline_ms, stop, err);
    if (good) {
        *out_credentials = rr_credentials_ref(chain->guarded.found.credentials);
        *out_source = chain->guarded.found.source;
    }
    pthread_mutex_unlock(&chain->lock);
    rr_stop_unwatch(stop, &watcher);
    return good;
}

void rr_credentials_chain_expire(struct rr_credentials_chain *chain, const struct rr_credentials *credentials)
{
    pthread_mutex_lock(&chain->lock);
    if (chain->guarded.found.credentials == credentials)
        rr_credentials_cache_expired(&chain->guarded.state);
    pthread_mutex_unlock(&chain->lock);
}
