/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_cache_state.h"

#include <redisrestore/base/clock.h>

/* Returns how many milliseconds before the expiry a refresh starts, for credentials with this lifetime. */
static int64_t advisory_ms(int64_t life_ms)
{
    if (life_ms <= RR_CREDENTIALS_LIFE_SHORT_MS)
        return RR_CREDENTIALS_ADVISORY_SHORT_MS;
    return life_ms < RR_CREDENTIALS_LIFE_MIDDLE_MS ? RR_CREDENTIALS_ADVISORY_MIDDLE_MS
                                                   : RR_CREDENTIALS_ADVISORY_LONG_MS;
}

static bool is_usable(const struct rr_credentials_cache_state *state, struct rr_credentials_now now)
{
    return state->has &&
           (state->expires_unix_ms == 0 || now.unix_ms < state->expires_unix_ms - RR_CREDENTIALS_MANDATORY_MS);
}

static bool is_due(const struct rr_credentials_cache_state *state, struct rr_credentials_now now)
{
    return state->expires_unix_ms != 0 && now.unix_ms >= state->refresh_unix_ms &&
           now.monotonic_ms >= state->rest_until_ms;
}

enum rr_credentials_verdict rr_credentials_cache_ask(struct rr_credentials_cache_state *state,
                                                     struct rr_credentials_now now)
{
    bool usable = is_usable(state, now);
    if (usable && (state->loading || !is_due(state, now)))
        return RR_CREDENTIALS_USE;
    if (state->loading)
        return RR_CREDENTIALS_WAIT;
    if (!usable && now.monotonic_ms < state->failed_until_ms)
        return RR_CREDENTIALS_FAIL;
    state->loading = true;
    return usable ? RR_CREDENTIALS_REFRESH : RR_CREDENTIALS_LOAD;
}

static int64_t after(struct rr_credentials_now now, const struct rr_random *random, int least_ms, int most_ms)
{
    return rr_deadline_after(now.monotonic_ms, (int64_t)rr_random_between(random, least_ms, most_ms));
}

bool rr_credentials_cache_loaded(struct rr_credentials_cache_state *state, int64_t expires_unix_ms,
                                 struct rr_credentials_now now, const struct rr_random *random)
{
    int64_t life_ms = expires_unix_ms - now.unix_ms;
    if (expires_unix_ms != 0 && life_ms <= 0) {
        (void)rr_credentials_cache_failed(state, now, random);
        return false;
    }
    state->loading = false;
    state->loads++;
    state->has = true;
    state->expires_unix_ms = expires_unix_ms;
    state->refresh_unix_ms = expires_unix_ms - advisory_ms(life_ms);
    state->rest_until_ms = 0;
    state->failed_until_ms = 0;
    /* Credentials that live a minute, or come from another cache shortly before their expiry, must not be fetched for
     * every request. */
    if (expires_unix_ms != 0 && state->refresh_unix_ms <= now.unix_ms)
        state->rest_until_ms = after(now, random, RR_CREDENTIALS_FAILED_MIN_MS, RR_CREDENTIALS_FAILED_MAX_MS);
    return true;
}

bool rr_credentials_cache_failed(struct rr_credentials_cache_state *state, struct rr_credentials_now now,
                                 const struct rr_random *random)
{
    state->loading = false;
    state->loads++;
    if (is_usable(state, now)) {
        state->rest_until_ms = after(now, random, RR_CREDENTIALS_REST_MIN_MS, RR_CREDENTIALS_REST_MAX_MS);
        return true;
    }
    state->failed_until_ms = after(now, random, RR_CREDENTIALS_FAILED_MIN_MS, RR_CREDENTIALS_FAILED_MAX_MS);
    return false;
}

bool rr_credentials_cache_abandoned(struct rr_credentials_cache_state *state, struct rr_credentials_now now)
{
    state->loading = false;
    state->loads++;
    return is_usable(state, now);
}

void rr_credentials_cache_expired(struct rr_credentials_cache_state *state)
{
    state->has = false;
}
