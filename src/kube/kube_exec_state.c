/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_exec_state.h"

#include <redisrestore/base/clock.h>

bool rr_kube_exec_state_is_good(const struct rr_kube_exec_state *state, struct rr_kube_exec_now now)
{
    return state->has && (state->expires_unix_ms == 0 || now.unix_ms < state->expires_unix_ms);
}

static bool is_due(const struct rr_kube_exec_state *state, struct rr_kube_exec_now now)
{
    return !state->has || (state->expires_unix_ms != 0 && now.unix_ms >= state->refresh_unix_ms);
}

struct rr_kube_exec_step rr_kube_exec_state_ask(struct rr_kube_exec_state *state, struct rr_kube_exec_now now)
{
    struct rr_kube_exec_step step = { .start = is_due(state, now) && !state->running &&
                                               now.monotonic_ms >= state->failed_until_ms };
    state->running = state->running || step.start;
    if (rr_kube_exec_state_is_good(state, now))
        step.verdict = RR_KUBE_EXEC_USE;
    else
        step.verdict = state->running ? RR_KUBE_EXEC_WAIT : RR_KUBE_EXEC_FAIL;
    return step;
}

struct rr_kube_exec_step rr_kube_exec_state_refuse(struct rr_kube_exec_state *state, uint64_t generation,
                                                   struct rr_kube_exec_now now)
{
    struct rr_kube_exec_step step = { .verdict = RR_KUBE_EXEC_USE };
    if (generation != state->generation)
        return step; /* it was already replaced */
    step.start =
        !state->running && now.monotonic_ms >= state->refused_until_ms && now.monotonic_ms >= state->failed_until_ms;
    if (step.start)
        state->refused_until_ms = rr_deadline_after(now.monotonic_ms, RR_KUBE_EXEC_REFUSED_REST_MS);
    state->running = state->running || step.start;
    if (state->running)
        step.verdict = RR_KUBE_EXEC_WAIT;
    return step;
}

void rr_kube_exec_state_succeed(struct rr_kube_exec_state *state, bool differs, int64_t expires_unix_ms,
                                struct rr_kube_exec_now now)
{
    state->running = false;
    state->runs++;
    state->has = true;
    state->generation += differs ? 1 : 0;
    state->failed_until_ms = 0;
    state->expires_unix_ms = expires_unix_ms;
    state->refresh_unix_ms = expires_unix_ms - RR_KUBE_EXEC_REFRESH_MS;
    if (state->refresh_unix_ms <= now.unix_ms) /* it is short-lived, or from the plugin's own cache */
        state->refresh_unix_ms = expires_unix_ms;
}

void rr_kube_exec_state_fail(struct rr_kube_exec_state *state, struct rr_kube_exec_now now)
{
    state->running = false;
    state->runs++;
    state->failed_until_ms = rr_deadline_after(now.monotonic_ms, RR_KUBE_EXEC_FAILED_REST_MS);
}
