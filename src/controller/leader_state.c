/* SPDX-License-Identifier: Apache-2.0 */
#include "leader_state.h"

#include <redisrestore/base/clock.h>

static const double jitter = 1.2; /* behaviour L-03 */

void rr_leader_state_init(struct rr_leader_state *state, struct rr_slice identity, const struct rr_random *random)
{
    *state = (struct rr_leader_state){ .random = random, .identity = identity };
}

void rr_leader_state_done(struct rr_leader_state *state)
{
    rr_leader_record_done(&state->seen);
}

static bool is_mine(const struct rr_leader_state *state)
{
    return rr_slice_equals(rr_buf_slice(&state->seen.holder), state->identity);
}

/* Returns whether another replica holds the Lease and it has not expired: its duration has not passed since its content
 * last changed here. Its times are from another clock and are ignored (L-04). */
static bool is_held_by_another(const struct rr_leader_state *state, int64_t now_ms)
{
    return state->seen.holder.len > 0 && !is_mine(state) &&
           rr_deadline_after(state->seen_ms, state->seen.duration_ms) > now_ms;
}

static int64_t give_up_at(const struct rr_leader_state *state)
{
    return rr_deadline_after(state->renewed_ms, RR_LEADER_RENEW_DEADLINE_MS);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* --- actions --- */

static struct rr_leader_action wait_until(int64_t until_ms)
{
    return (struct rr_leader_action){ RR_LEADER_WAIT, until_ms };
}

/* A request must not outlast its purpose. */
static struct rr_leader_action ask(struct rr_leader_state *state, enum rr_leader_do what, int64_t now_ms)
{
    int64_t until_ms = rr_deadline_after(now_ms, RR_LEADER_REQUEST_MS);
    if (state->phase == RR_LEADER_LEADING)
        until_ms = earlier(until_ms, give_up_at(state));
    if (state->phase == RR_LEADER_RELEASING)
        until_ms = earlier(until_ms, state->release_by_ms);
    state->sent_ms = now_ms;
    state->writing = what != RR_LEADER_GET;
    return (struct rr_leader_action){ what, until_ms };
}

static struct rr_leader_action lose(struct rr_leader_state *state)
{
    state->phase = RR_LEADER_OVER;
    return (struct rr_leader_action){ RR_LEADER_LOST, 0 };
}

static struct rr_leader_action end(struct rr_leader_state *state)
{
    state->phase = RR_LEADER_OVER;
    return (struct rr_leader_action){ RR_LEADER_END, 0 };
}

/* Ends the round: the next one starts after a pause. */
static struct rr_leader_action try_later(const struct rr_leader_state *state, int64_t now_ms)
{
    switch (state->phase) {
    case RR_LEADER_LEADING:
        return wait_until(earlier(rr_deadline_after(now_ms, RR_LEADER_RETRY_MS), give_up_at(state)));
    case RR_LEADER_RELEASING:
        return wait_until(earlier(rr_deadline_after(now_ms, RR_LEADER_RELEASE_RETRY_MS), state->release_by_ms));
    case RR_LEADER_FOLLOWING:
    case RR_LEADER_OVER:
    default:
        return wait_until(rr_deadline_after(
            now_ms, (int64_t)((double)RR_LEADER_RETRY_MS * (1 + rr_random_between(state->random, 0, jitter)))));
    }
}

/* --- events --- */

static void observe(struct rr_leader_state *state, struct rr_leader_record *record, int64_t now_ms)
{
    if (state->seen.object.len == 0 || !rr_leader_record_is_same(&state->seen, record))
        state->seen_ms = now_ms;
    rr_leader_record_done(&state->seen);
    state->seen = rr_steal(*record);
}

static struct rr_leader_action on_due(struct rr_leader_state *state, int64_t now_ms)
{
    state->looked_again = false;
    /* No other replica can have acquired a Lease that is still ours, so do not read it first (L-05). */
    bool fast = state->phase == RR_LEADER_LEADING && is_mine(state) &&
                now_ms < rr_deadline_after(state->seen_ms, state->seen.duration_ms);
    return ask(state, fast ? RR_LEADER_UPDATE : RR_LEADER_GET, now_ms);
}

static struct rr_leader_action on_got(struct rr_leader_state *state, struct rr_leader_record *record, int64_t now_ms)
{
    observe(state, record, now_ms);
    if (state->phase == RR_LEADER_LEADING && state->seen.holder.len > 0 && !is_mine(state))
        return lose(state); /* another replica leads: waiting is useless */
    if (state->phase == RR_LEADER_RELEASING && !is_mine(state))
        return end(state);
    if (is_held_by_another(state, now_ms))
        return try_later(state, now_ms);
    return ask(state, RR_LEADER_UPDATE, now_ms);
}

static struct rr_leader_action on_absent(struct rr_leader_state *state, int64_t now_ms)
{
    rr_leader_record_done(&state->seen);
    state->seen = (struct rr_leader_record){ 0 };
    return state->phase == RR_LEADER_RELEASING ? end(state) : ask(state, RR_LEADER_CREATE, now_ms);
}

static struct rr_leader_action on_wrote(struct rr_leader_state *state, struct rr_leader_record *record, int64_t now_ms)
{
    observe(state, record, now_ms);
    if (state->phase == RR_LEADER_RELEASING)
        return end(state);
    /* Count from the time of sending. Others count from the later time when the server wrote it. */
    state->renewed_ms = state->sent_ms;
    if (now_ms >= give_up_at(state)) /* the answer took so long that it no longer proves anything */
        return state->phase == RR_LEADER_LEADING ? lose(state) : on_due(state, now_ms);
    state->phase = RR_LEADER_LEADING;
    return try_later(state, now_ms);
}

/* Another replica wrote, our own write arrived twice, or its answer was lost. Reading tells which (trap 5). */
static struct rr_leader_action on_outrun(struct rr_leader_state *state, int64_t now_ms)
{
    if (state->looked_again || state->phase == RR_LEADER_RELEASING)
        return try_later(state, now_ms);
    state->looked_again = true;
    return ask(state, RR_LEADER_GET, now_ms);
}

static struct rr_leader_action on_failed(struct rr_leader_state *state, int64_t now_ms)
{
    bool cached = state->phase == RR_LEADER_LEADING && state->writing && !state->looked_again;
    if (!cached)
        return try_later(state, now_ms);
    state->looked_again = true;
    return ask(state, RR_LEADER_GET, now_ms); /* the slow path (L-05) */
}

static struct rr_leader_action on_release(struct rr_leader_state *state, int64_t by_ms, int64_t now_ms)
{
    if (state->phase != RR_LEADER_LEADING)
        return end(state);
    state->phase = RR_LEADER_RELEASING;
    state->release_by_ms = by_ms;
    return on_due(state, now_ms);
}

struct rr_leader_action rr_leader_step(struct rr_leader_state *state, const struct rr_leader_event *event,
                                       int64_t now_ms)
{
    if (event->what == RR_LEADER_WROTE)
        return on_wrote(state, event->record, now_ms);
    if (state->phase == RR_LEADER_LEADING && now_ms >= give_up_at(state)) {
        if (event->what == RR_LEADER_GOT)
            observe(state, event->record, now_ms);
        return lose(state);
    }
    if (state->phase == RR_LEADER_RELEASING && now_ms >= state->release_by_ms) {
        if (event->what == RR_LEADER_GOT)
            observe(state, event->record, now_ms);
        return end(state);
    }
    switch (event->what) {
    case RR_LEADER_GOT:
        return on_got(state, event->record, now_ms);
    case RR_LEADER_ABSENT:
        return on_absent(state, now_ms);
    case RR_LEADER_OUTRUN:
        return on_outrun(state, now_ms);
    case RR_LEADER_FAILED:
        return on_failed(state, now_ms);
    case RR_LEADER_RELEASE:
        return on_release(state, event->release_by_ms, now_ms);
    case RR_LEADER_DUE:
    case RR_LEADER_WROTE:
    default:
        return on_due(state, now_ms);
    }
}

struct rr_leader_claim rr_leader_state_claim(const struct rr_leader_state *state, int64_t now_unix_ms)
{
    bool mine = is_mine(state), is_new = state->seen.object.len == 0;
    struct rr_leader_claim claim = { .holder = state->identity,
                                     .duration_s = RR_LEADER_LEASE_S,
                                     .renewed_unix_ms = now_unix_ms,
                                     .transitions = state->seen.transitions + (mine || is_new ? 0 : 1) };
    if (mine)
        claim.acquire_time = rr_buf_slice(&state->seen.acquire_time);
    if (state->phase == RR_LEADER_RELEASING) {
        claim.holder = claim.acquire_time = (struct rr_slice){ 0 };
        claim.duration_s = 1;
    }
    return claim;
}

int64_t rr_leader_state_write_until_ms(const struct rr_leader_state *state)
{
    return state->phase == RR_LEADER_LEADING ? give_up_at(state) : INT64_MIN;
}
