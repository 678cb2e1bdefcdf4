/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_keeper.h"

#include "credentials_cache_state.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/thread.h>

struct rr_credentials_keeper {
    const struct rr_clock *clock; /* fixed after new */
    const struct rr_random *random;
    struct rr_credentials_observer observer;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        struct rr_credentials_cache_state state;
        struct rr_credentials_found found;
        struct rr_error err; /* of the last failed fetch */
    } guarded;
};

struct rr_credentials_keeper *rr_credentials_keeper_new(const struct rr_clock *clock, const struct rr_random *random,
                                                        struct rr_credentials_observer observer)
{
    struct rr_credentials_keeper *keeper = RR_NEW(struct rr_credentials_keeper);
    keeper->clock = clock;
    keeper->random = random;
    keeper->observer = observer;
    rr_assert(pthread_mutex_init(&keeper->lock, NULL) == 0);
    rr_cond_init(&keeper->changed);
    return keeper;
}

void rr_credentials_keeper_free(struct rr_credentials_keeper *keeper)
{
    if (keeper == NULL)
        return;
    rr_credentials_found_done(&keeper->guarded.found);
    (void)pthread_cond_destroy(&keeper->changed);
    (void)pthread_mutex_destroy(&keeper->lock);
    rr_free(keeper);
}

static struct rr_credentials_now now(const struct rr_credentials_keeper *keeper)
{
    return (struct rr_credentials_now){ rr_clock_monotonic_ms(keeper->clock), rr_clock_unix_ms(keeper->clock) };
}

/* --- the caller that fetches --- */

/* Lock held. Returns true when the current credentials may be used. */
static bool take(struct rr_credentials_keeper *keeper, struct rr_credentials_found *found, struct rr_error *err)
{
    struct rr_credentials_cache_state *state = &keeper->guarded.state;
    if (found->credentials != NULL) {
        if (!rr_credentials_cache_loaded(state, found->expires_unix_ms, now(keeper), keeper->random))
            return rr_fail(err, RR_E_NO_CREDENTIALS, "the credentials have expired already");
        rr_credentials_found_done(&keeper->guarded.found);
        keeper->guarded.found = rr_steal(*found);
        return true;
    }
    return rr_credentials_cache_failed(state, now(keeper), keeper->random);
}

/* An STS error must not look like an error of the store. The API server, which issues tokens, keeps its own code. */
static void explain(struct rr_error *err)
{
    if (err->code != RR_E_CANCELLED && err->code != RR_E_SECRET_INVALID && err->code != RR_E_API_SERVER)
        err->code = RR_E_NO_CREDENTIALS;
}

/* Limits the caller's fetch. A fetch ahead of time leaves the caller at least half of its own time. */
static int64_t limit_of(int64_t deadline_ms, bool ahead_of_time)
{
    int64_t now_ms = rr_clock_monotonic_ms(&rr_clock_system), left_ms = deadline_ms - now_ms;
    if (!ahead_of_time || left_ms <= 0)
        return deadline_ms;
    return now_ms + (left_ms / 2 < RR_CREDENTIALS_REFRESH_LIMIT_MS ? left_ms / 2 : RR_CREDENTIALS_REFRESH_LIMIT_MS);
}

/* The caller's own stop or short deadline ended the fetch. This is no failure of the source. */
static bool is_abandoned(struct rr_stop *stop, int64_t started_ms, int64_t limit_ms, bool ahead_of_time)
{
    if (rr_stop_is_set(stop))
        return true;
    bool source_had_time = ahead_of_time && limit_ms - started_ms >= RR_CREDENTIALS_REFRESH_LIMIT_MS;
    return rr_clock_monotonic_ms(&rr_clock_system) >= limit_ms && !source_had_time;
}

/* The lock is held at entry and at return, and released in between. */
static bool load(struct rr_credentials_keeper *keeper, const struct rr_credentials_fetch *fetch, bool ahead_of_time,
                 int64_t deadline_ms, struct rr_stop *stop, struct rr_error *err)
{
    pthread_mutex_unlock(&keeper->lock);
    rr_auto(credentials_found) found = { 0 };
    int64_t started_ms = rr_clock_monotonic_ms(&rr_clock_system), limit_ms = limit_of(deadline_ms, ahead_of_time);
    bool fetched = fetch->run(fetch->context, limit_ms, stop, &found, err);
    if (!fetched)
        explain(err);
    bool abandoned = !fetched && is_abandoned(stop, started_ms, limit_ms, ahead_of_time);
    pthread_mutex_lock(&keeper->lock);
    bool usable = false;
    if (abandoned)
        usable = rr_credentials_cache_abandoned(&keeper->guarded.state, now(keeper)) && !rr_stop_is_set(stop);
    else
        usable = take(keeper, &found, err);
    if (!usable && !abandoned)
        keeper->guarded.err = *err;
    if (!abandoned && keeper->observer.on_fetched != NULL)
        keeper->observer.on_fetched(keeper->observer.context, fetched && usable);
    (void)pthread_cond_broadcast(&keeper->changed);
    return usable;
}

/* --- all callers --- */

static void on_stop(void *context)
{
    struct rr_credentials_keeper *keeper = context;
    pthread_mutex_lock(&keeper->lock);
    (void)pthread_cond_broadcast(&keeper->changed);
    pthread_mutex_unlock(&keeper->lock);
}

/* Lock held. Waits for the end of a fetch, the deadline or the stop. */
static bool wait_for_load(struct rr_credentials_keeper *keeper, int64_t deadline_ms, struct rr_stop *stop,
                          struct rr_error *err)
{
    uint64_t loads = keeper->guarded.state.loads;
    while (keeper->guarded.state.loads == loads) {
        if (rr_stop_is_set(stop))
            return rr_fail(err, RR_E_CANCELLED, "the request was cancelled");
        if (!rr_cond_wait_until(&keeper->changed, &keeper->lock, deadline_ms) && keeper->guarded.state.loads == loads)
            return rr_fail(err, RR_E_TIMEOUT, "fetching the credentials timed out");
    }
    return true;
}

/* Lock held. */
static bool get(struct rr_credentials_keeper *keeper, const struct rr_credentials_fetch *fetch, int64_t deadline_ms,
                struct rr_stop *stop, struct rr_error *err)
{
    for (;;) {
        enum rr_credentials_verdict verdict = rr_credentials_cache_ask(&keeper->guarded.state, now(keeper));
        switch (verdict) {
        case RR_CREDENTIALS_USE:
            return true;
        case RR_CREDENTIALS_LOAD:
        case RR_CREDENTIALS_REFRESH:
            return load(keeper, fetch, verdict == RR_CREDENTIALS_REFRESH, deadline_ms, stop, err);
        case RR_CREDENTIALS_FAIL:
            *err = keeper->guarded.err;
            return false;
        case RR_CREDENTIALS_WAIT:
            if (!wait_for_load(keeper, deadline_ms, stop, err))
                return false;
            break;
        }
    }
}

bool rr_credentials_keeper_get(struct rr_credentials_keeper *keeper, const struct rr_credentials_fetch *fetch,
                               int64_t deadline_ms, struct rr_stop *stop, struct rr_credentials **out_credentials,
                               const char **out_source, struct rr_error *err)
{
    struct rr_stop_watcher watcher = { .on_stop = on_stop, .context = keeper };
    rr_stop_watch(stop, &watcher);
    pthread_mutex_lock(&keeper->lock);
    bool good = get(keeper, fetch, deadline_ms, stop, err);
    if (good) {
        *out_credentials = rr_credentials_ref(keeper->guarded.found.credentials);
        *out_source = keeper->guarded.found.source;
    }
    pthread_mutex_unlock(&keeper->lock);
    rr_stop_unwatch(stop, &watcher);
    return good;
}

void rr_credentials_keeper_expire(struct rr_credentials_keeper *keeper, const struct rr_credentials *credentials)
{
    pthread_mutex_lock(&keeper->lock);
    if (keeper->guarded.found.credentials == credentials)
        rr_credentials_cache_expired(&keeper->guarded.state);
    pthread_mutex_unlock(&keeper->lock);
}
