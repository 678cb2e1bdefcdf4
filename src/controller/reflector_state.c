#include "reflector_state.h"

#include <redisrestore/base/backoff.h>

enum {
    BACKOFF_BASE_MS = 800, /* behaviour R-10 */
    BACKOFF_CAP_MS = 30000,
    BACKOFF_QUIET_MS = 2 * 60 * 1000,
    SHORT_WATCH_MS = 1000, /* behaviour R-05 */
};

void rr_reflector_state_init(struct rr_reflector_state *state, const struct rr_random *random)
{
    *state = (struct rr_reflector_state){ .random = random, .version = RR_BUF(RR_REFLECTOR_VERSION_MAX_BYTES) };
}

void rr_reflector_state_done(struct rr_reflector_state *state)
{
    rr_buf_done(&state->version);
}

struct rr_slice rr_reflector_list_version(const struct rr_reflector_state *state)
{
    if (state->version_unavailable)
        return (struct rr_slice){ 0 };
    return state->version.len > 0 ? rr_buf_slice(&state->version) : RR_LIT("0");
}

int rr_reflector_list_limit(const struct rr_reflector_state *state)
{
    bool at_version = !state->version_unavailable && state->version.len > 0;
    return at_version && !state->paginated ? 0 : RR_REFLECTOR_PAGE;
}

/* Base times 2^failures up to the cap, then once more at random on top: the last stage is [30, 60) s. */
static int64_t backoff_ms(struct rr_reflector_state *state, int64_t now_ms)
{
    if (state->failures > 0 && now_ms - state->last_failure_at_ms > BACKOFF_QUIET_MS)
        state->failures = 0;
    struct rr_backoff backoff = { .base_ms = BACKOFF_BASE_MS, .cap_ms = BACKOFF_CAP_MS, .failures = state->failures };
    int64_t base = rr_backoff_next_ms(&backoff);
    state->failures = backoff.failures;
    int64_t delay = (int64_t)((double)base * rr_random_between(state->random, 1.0, 2.0));
    state->last_failure_at_ms = now_ms + delay;
    return delay;
}

struct rr_reflector_action rr_reflector_on_list(struct rr_reflector_state *state, struct rr_slice version,
                                                bool had_pages)
{
    rr_buf_clear(&state->version);
    rr_buf_add(&state->version, version);
    state->version_unavailable = false;
    state->paginated = state->paginated || had_pages;
    return (struct rr_reflector_action){ RR_REFLECTOR_WATCH, 0 };
}

struct rr_reflector_action rr_reflector_on_list_failed(struct rr_reflector_state *state, const struct rr_error *err,
                                                       int64_t now_ms)
{
    if (err->code == RR_E_GONE && !state->version_unavailable) {
        state->version_unavailable = true;
        return (struct rr_reflector_action){ RR_REFLECTOR_LIST, 0 };
    }
    return (struct rr_reflector_action){ RR_REFLECTOR_LIST, backoff_ms(state, now_ms) };
}

struct rr_reflector_action rr_reflector_on_watch_closed(struct rr_reflector_state *state, int64_t lived_ms,
                                                        uint64_t events, int64_t now_ms)
{
    if (lived_ms < SHORT_WATCH_MS && events == 0)
        return (struct rr_reflector_action){ RR_REFLECTOR_LIST, backoff_ms(state, now_ms) };
    return (struct rr_reflector_action){ RR_REFLECTOR_WATCH, 0 };
}

/* A server that cannot be reached or asks for patience has lost nothing: the watch goes on where it was.
 */
struct rr_reflector_action rr_reflector_on_watch_failed(struct rr_reflector_state *state, const struct rr_error *err,
                                                        int64_t now_ms)
{
    bool nothing_lost = err->code == RR_E_THROTTLED || (err->code == RR_E_UNREACHABLE && err->http_status == 0);
    return (struct rr_reflector_action){ nothing_lost ? RR_REFLECTOR_WATCH : RR_REFLECTOR_LIST,
                                         backoff_ms(state, now_ms) };
}
