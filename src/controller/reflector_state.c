/* SPDX-License-Identifier: Apache-2.0 */
#include "reflector_state.h"

#include <redisrestore/base/backoff.h>

enum {
    BACKOFF_BASE_MS = 800, /* behaviour R-10 */
    BACKOFF_CAP_MS = 30000,
    BACKOFF_QUIET_MS = 2 * 60 * 1000,
    SHORT_WATCH_MS = 1000, /* behaviour R-05 */
    WATCH_MIN_S = 300,     /* behaviour R-06 */
    WATCH_MAX_S = 600,
    OVERDUE_MS = 10 * 1000,          /* behaviour R-28 */
    RESYNC_MIN_MS = 9 * 3600 * 1000, /* behaviour R-30; a watch adds up to 11 minutes */
    RESYNC_MAX_MS = 11 * 3600 * 1000 - 12 * 60 * 1000,
};

void rr_reflector_state_init(struct rr_reflector_state *state, const struct rr_random *random)
{
    *state = (struct rr_reflector_state){ .random = random, .version = RR_BUF(RR_REFLECTOR_VERSION_MAX_BYTES) };
}

void rr_reflector_state_done(struct rr_reflector_state *state)
{
    rr_buf_done(&state->version);
}

static bool is_at_version(const struct rr_reflector_state *state)
{
    return state->version.len > 0 && !state->version_unavailable;
}

struct rr_slice rr_reflector_list_version(const struct rr_reflector_state *state)
{
    if (state->version_unavailable)
        return (struct rr_slice){ 0 };
    return is_at_version(state) ? rr_buf_slice(&state->version) : RR_LIT("0");
}

struct rr_slice rr_reflector_stream_version(const struct rr_reflector_state *state)
{
    return is_at_version(state) ? rr_buf_slice(&state->version) : (struct rr_slice){ 0 };
}

/* With a version, the whole list comes from the server's cache, which a limit would bypass. */
int rr_reflector_list_limit(const struct rr_reflector_state *state)
{
    return is_at_version(state) && !state->paginated ? 0 : RR_REFLECTOR_PAGE;
}

int rr_reflector_watch_seconds(const struct rr_reflector_state *state)
{
    return (int)rr_random_between(state->random, WATCH_MIN_S, WATCH_MAX_S + 1);
}

void rr_reflector_advance(struct rr_reflector_state *state, struct rr_slice version)
{
    rr_buf_set(&state->version, version);
}

void rr_reflector_streamed(struct rr_reflector_state *state, struct rr_slice version)
{
    state->version_unavailable = false;
    rr_reflector_advance(state, version);
}

bool rr_reflector_is_overdue(int64_t *told_ms, int64_t now_ms)
{
    if (now_ms - *told_ms < OVERDUE_MS)
        return false;
    *told_ms = now_ms;
    return true;
}

bool rr_reflector_resync_is_due(struct rr_reflector_state *state, int64_t now_ms)
{
    bool due = state->resync_at_ms > 0 && now_ms >= state->resync_at_ms;
    if (due || state->resync_at_ms == 0)
        state->resync_at_ms = now_ms + (int64_t)rr_random_between(state->random, RESYNC_MIN_MS, RESYNC_MAX_MS);
    return due;
}

static struct rr_reflector_action at_once(enum rr_reflector_do what)
{
    return (struct rr_reflector_action){ .what = what };
}

/* Base * 2^failures up to the cap, times a random factor in [1, 2): the last stage is [30, 60) s. Two minutes without a
 * failure reset it; the wait after a failure does not count. */
static struct rr_reflector_action backed_off(struct rr_reflector_state *state, enum rr_reflector_do what,
                                             int64_t now_ms)
{
    if (state->failures > 0 && now_ms - state->failed_until_ms > BACKOFF_QUIET_MS)
        state->failures = 0;
    struct rr_backoff backoff = { .base_ms = BACKOFF_BASE_MS, .cap_ms = BACKOFF_CAP_MS, .failures = state->failures };
    int64_t base_ms = rr_backoff_next_ms(&backoff);
    state->failures = backoff.failures;
    int64_t delay_ms = (int64_t)((double)base_ms * rr_random_between(state->random, 1.0, 2.0));
    state->failed_until_ms = now_ms + delay_ms;
    return (struct rr_reflector_action){ what, delay_ms };
}

static struct rr_reflector_action on_listed(struct rr_reflector_state *state, const struct rr_reflector_event *event)
{
    bool first = state->version.len == 0 && !state->version_unavailable;
    state->paginated = state->paginated || (first && event->had_pages); /* every server splits other lists */
    state->version_unavailable = false;
    rr_reflector_advance(state, event->version);
    return at_once(RR_REFLECTOR_WATCH);
}

/* Lists at the last version before the expensive list at the newest one. */
static struct rr_reflector_action on_list_failed(struct rr_reflector_state *state, const struct rr_error *err,
                                                 int64_t now_ms)
{
    if (err->code != RR_E_GONE || state->version_unavailable)
        return backed_off(state, RR_REFLECTOR_STREAM, now_ms);
    state->version_unavailable = true;
    return at_once(RR_REFLECTOR_LIST);
}

static struct rr_reflector_action on_watch_closed(struct rr_reflector_state *state,
                                                  const struct rr_reflector_event *event, int64_t now_ms)
{
    if (event->lived_ms < SHORT_WATCH_MS && event->events == 0)
        return backed_off(state, RR_REFLECTOR_STREAM, now_ms);
    return at_once(RR_REFLECTOR_WATCH);
}

/* The server refuses connections or throttles: the watch resumes at its version. */
static bool nothing_is_lost(const struct rr_error *err)
{
    return err->code == RR_E_THROTTLED || (err->code == RR_E_UNREACHABLE && err->cause == RR_CAUSE_REFUSED);
}

/* A watch that fell silent has already waited. */
static struct rr_reflector_action on_watch_failed(struct rr_reflector_state *state, const struct rr_error *err,
                                                  int64_t now_ms)
{
    if (err->code == RR_E_TIMEOUT)
        return at_once(RR_REFLECTOR_WATCH);
    return backed_off(state, nothing_is_lost(err) ? RR_REFLECTOR_WATCH : RR_REFLECTOR_STREAM, now_ms);
}

/* Discard the objects of an incomplete stream. A server that ends it before the first event does not support streaming
 * lists; one that ends it later may have been overloaded. */
static struct rr_reflector_action on_stream_closed(struct rr_reflector_state *state,
                                                   const struct rr_reflector_event *event, int64_t now_ms)
{
    if (event->lived_ms < SHORT_WATCH_MS && event->events == 0)
        return at_once(RR_REFLECTOR_LIST);
    return backed_off(state, RR_REFLECTOR_STREAM, now_ms);
}

/* Servers without streaming lists answer with different statuses: use a paginated list in this round. */
static struct rr_reflector_action on_stream_failed(struct rr_reflector_state *state, const struct rr_error *err,
                                                   int64_t now_ms)
{
    if (nothing_is_lost(err))
        return backed_off(state, RR_REFLECTOR_STREAM, now_ms);
    if (err->code != RR_E_GONE)
        return at_once(RR_REFLECTOR_LIST);
    if (!is_at_version(state))
        return backed_off(state, RR_REFLECTOR_STREAM, now_ms);
    state->version_unavailable = true;
    return at_once(RR_REFLECTOR_STREAM);
}

struct rr_reflector_action rr_reflector_step(struct rr_reflector_state *state, const struct rr_reflector_event *event,
                                             int64_t now_ms)
{
    switch (event->what) {
    case RR_REFLECTOR_STREAM_CLOSED:
        return on_stream_closed(state, event, now_ms);
    case RR_REFLECTOR_STREAM_FAILED:
        return on_stream_failed(state, event->err, now_ms);
    case RR_REFLECTOR_LISTED:
        return on_listed(state, event);
    case RR_REFLECTOR_LIST_FAILED:
        return on_list_failed(state, event->err, now_ms);
    case RR_REFLECTOR_WATCH_CLOSED:
        return on_watch_closed(state, event, now_ms);
    case RR_REFLECTOR_WATCH_FAILED:
    default:
        return on_watch_failed(state, event->err, now_ms);
    }
}
