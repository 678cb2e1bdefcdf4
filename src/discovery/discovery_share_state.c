/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_share_state.h"

#include <redisrestore/base/mem.h>

enum asker_state {
    WAITS,  /* waits for the next listing */
    LISTED, /* the current listing answers it */
    ANSWERED,
};

struct asker {
    enum asker_state state;
    struct rr_share_group *group; /* borrows */
    struct rr_buf key, question, texts;
    struct rr_backup_criteria criteria; /* borrows from `texts` */
    int64_t asked_ms;
    size_t slot;                        /* LISTED */
    struct rr_discovery_shared *answer; /* ANSWERED */
    struct asker *next, *previous;      /* in the group */
};

struct rr_share_group {
    struct rr_buf digest;
    bool running;
    struct asker *first, *last; /* in the order of asking */
};

static struct rr_buf copy_of(struct rr_slice text)
{
    struct rr_buf buf = RR_BUF(text.len);
    rr_buf_add(&buf, text);
    return buf;
}

static void asker_free(struct asker *asker)
{
    rr_buf_done(&asker->key);
    rr_buf_done(&asker->question);
    rr_buf_done(&asker->texts);
    rr_free(asker);
}

static void group_free(void *group)
{
    rr_buf_done(&((struct rr_share_group *)group)->digest);
    rr_free(group);
}

void rr_share_state_done(struct rr_share_state *state, void (*drop)(struct rr_discovery_shared *answer))
{
    for (struct rr_map_entry *entry = rr_map_first(&state->askers); entry != NULL; entry = rr_map_next(entry)) {
        struct asker *asker = rr_map_value(entry);
        if (asker->answer != NULL)
            drop(asker->answer);
        asker_free(asker);
    }
    rr_map_done(&state->askers, NULL);
    rr_map_done(&state->groups, group_free);
}

static void link_last(struct rr_share_group *group, struct asker *asker)
{
    asker->group = group;
    asker->previous = group->last;
    asker->next = NULL;
    if (group->last != NULL)
        group->last->next = asker;
    else
        group->first = asker;
    group->last = asker;
}

static void unlink_asker(struct asker *asker)
{
    struct rr_share_group *group = asker->group;
    *(asker->previous != NULL ? &asker->previous->next : &group->first) = asker->next;
    *(asker->next != NULL ? &asker->next->previous : &group->last) = asker->previous;
}

/* Returns the asker that has waited longest for the next listing, or NULL. */
static const struct asker *first_in_line(const struct rr_share_group *group)
{
    const struct asker *asker = group->first;
    while (asker != NULL && asker->state != WAITS)
        asker = asker->next;
    return asker;
}

/* Frees an idle group without askers; otherwise calls the first asker that waits in it. */
static void settle_idle(struct rr_share_state *state, struct rr_share_group *group)
{
    if (group->running)
        return;
    const struct asker *first = first_in_line(group);
    if (first != NULL) {
        state->on_wake(state->context, rr_buf_slice(&first->key), false);
    } else if (group->first == NULL) {
        (void)rr_map_remove(&state->groups, rr_buf_slice(&group->digest));
        group_free(group);
    }
}

/* Removes the asker from all lists and frees it; the caller owns its answer. The group stays. */
static struct rr_discovery_shared *take_out(struct rr_share_state *state, struct asker *asker)
{
    struct rr_discovery_shared *answer = asker->answer;
    unlink_asker(asker);
    (void)rr_map_remove(&state->askers, rr_buf_slice(&asker->key));
    asker_free(asker);
    return answer;
}

struct rr_discovery_shared *rr_share_state_leave(struct rr_share_state *state, struct rr_slice key)
{
    struct asker *asker = rr_map_get(&state->askers, key);
    if (asker == NULL)
        return NULL;
    struct rr_share_group *group = asker->group;
    bool may_be_called = asker->state == WAITS;
    struct rr_discovery_shared *answer = take_out(state, asker);
    if (may_be_called || group->first == NULL)
        settle_idle(state, group);
    return answer;
}

bool rr_share_state_take(struct rr_share_state *state, struct rr_slice key, struct rr_slice question,
                         struct rr_discovery_shared **out_answer, int64_t *out_asked_ms)
{
    struct asker *asker = rr_map_get(&state->askers, key);
    if (asker == NULL || asker->state != ANSWERED || !rr_slice_equals(rr_buf_slice(&asker->question), question))
        return false;
    *out_asked_ms = asker->asked_ms;
    *out_answer = rr_share_state_leave(state, key);
    return true;
}

static struct rr_share_group *group_of(struct rr_share_state *state, struct rr_slice digest)
{
    struct rr_share_group *group = rr_map_get(&state->groups, digest);
    if (group == NULL) {
        group = RR_NEW(struct rr_share_group);
        group->digest = copy_of(digest);
        (void)rr_map_put(&state->groups, digest, group);
    }
    return group;
}

static void park(struct rr_share_state *state, struct rr_share_group *group, const struct rr_share_ask *ask)
{
    struct asker *asker = RR_NEW(struct asker);
    asker->key = copy_of(ask->key);
    asker->question = copy_of(ask->question);
    asker->criteria = rr_backup_criteria_copy(ask->criteria, &asker->texts);
    asker->asked_ms = ask->now_ms;
    link_last(group, asker);
    (void)rr_map_put(&state->askers, ask->key, asker);
}

/* Returns true and the index among the listing's criteria, a new one if there is room. False: there is none. */
static bool find_slot(struct rr_share_listing *listing, const struct asker *asker, size_t *out_slot)
{
    for (size_t i = 0; i < listing->count; i++) {
        if (rr_backup_criteria_equal(listing->criteria[i], &asker->criteria)) {
            *out_slot = i;
            return true;
        }
    }
    if (listing->count == RR_DISCOVERY_TOGETHER_MAX)
        return false;
    listing->criteria[listing->count] = &asker->criteria;
    *out_slot = listing->count++;
    return true;
}

static void begin(struct rr_share_group *group, const struct rr_backup_criteria *own,
                  struct rr_share_listing *out_listing)
{
    *out_listing = (struct rr_share_listing){ .group = group, .criteria = { own }, .count = 1 };
    group->running = true;
    for (struct asker *asker = group->first; asker != NULL; asker = asker->next) {
        if (asker->state == WAITS && find_slot(out_listing, asker, &asker->slot))
            asker->state = LISTED;
    }
}

/* Returns whether an asker that comes for the first time is parked although no listing runs. `group` NULL: it is
 * the first of its group. */
static bool must_line_up(const struct rr_share_group *group, const struct rr_share_ask *ask)
{
    const struct asker *first = group != NULL ? first_in_line(group) : NULL;
    return ask->others_come && (first == NULL || ask->now_ms - first->asked_ms < RR_DISCOVERY_LINE_MS);
}

enum rr_share_move rr_share_state_ask(struct rr_share_state *state, const struct rr_share_ask *ask,
                                      struct rr_discovery_shared **out_answer, struct rr_share_listing *out_listing,
                                      int64_t *out_asked_ms, struct rr_discovery_shared **out_dropped)
{
    *out_dropped = NULL;
    *out_asked_ms = ask->now_ms;
    if (rr_share_state_take(state, ask->key, ask->question, out_answer, out_asked_ms))
        return RR_SHARE_ANSWERED;
    struct rr_share_group *group = group_of(state, ask->group);
    struct asker *known = rr_map_get(&state->askers, ask->key);
    if (known != NULL && known->group == group && rr_slice_equals(rr_buf_slice(&known->question), ask->question)) {
        *out_asked_ms = known->asked_ms;
        if (!group->running && ask->may_not_list)
            state->on_wake(state->context, ask->key, false);
        if (group->running || ask->may_not_list)
            return RR_SHARE_PARKED;
        (void)take_out(state, known);
    } else if (known != NULL) {
        struct rr_share_group *left = known->group;
        *out_dropped = take_out(state, known);
        if (left != group)
            settle_idle(state, left);
    }
    if (group->running) {
        park(state, group, ask);
        return RR_SHARE_PARKED;
    }
    if (known == NULL && must_line_up(group, ask)) {
        bool is_first = first_in_line(group) == NULL;
        park(state, group, ask);
        if (is_first)
            state->on_wake(state->context, ask->key, true);
        return RR_SHARE_PARKED;
    }
    if (ask->may_not_list) {
        park(state, group, ask);
        state->on_wake(state->context, ask->key, false);
        return RR_SHARE_PARKED;
    }
    begin(group, ask->criteria, out_listing);
    return RR_SHARE_RUN;
}

bool rr_share_state_would_run(const struct rr_share_state *state, const struct rr_share_ask *ask)
{
    const struct asker *asker = rr_map_get(&state->askers, ask->key);
    const struct rr_share_group *group = rr_map_get(&state->groups, ask->group);
    bool answered =
        asker != NULL && asker->state == ANSWERED && rr_slice_equals(rr_buf_slice(&asker->question), ask->question);
    return !answered && (group == NULL || !group->running) && (asker != NULL || !must_line_up(group, ask));
}

void rr_share_state_finish(struct rr_share_state *state, struct rr_share_listing *listing,
                           struct rr_discovery_shared *const *answers)
{
    struct rr_share_group *group = listing->group;
    group->running = false;
    for (struct asker *asker = group->first; asker != NULL; asker = asker->next) {
        if (asker->state != LISTED)
            continue;
        struct rr_discovery_shared *answer = answers[asker->slot];
        asker->state = answer != NULL ? ANSWERED : WAITS;
        if (answer != NULL) {
            answer->refs++;
            asker->answer = answer;
            state->on_wake(state->context, rr_buf_slice(&asker->key), false);
        }
    }
    settle_idle(state, group);
}
