/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/controller/gate.h>

#include "workqueue_lanes.h"

#include <redisrestore/base/mem.h>

#include <pthread.h>

enum known { NOT_YET, ANSWERS, SILENT };

struct endpoint {
    enum known known;
    enum rr_code code; /* the error of a silent endpoint */
    int64_t answered_ms;
    size_t visitors;
    struct rr_lanes lanes; /* an item is ready while it waits, and running once it is called or inside */
};

struct visitor {
    struct endpoint *endpoint;
    enum { WAITING, CALLED, INSIDE } where;
    struct rr_lane_item turn;
    int64_t since_ms; /* start of the wait, or of the visit */
    size_t key_len;
    char key[];
};

struct rr_gate {
    struct rr_gate_options options; /* fixed */
    pthread_mutex_t lock;
    struct {
        struct rr_map endpoints, visitors;
    } guarded;
};

/* --- everything below needs the lock --- */

static void set_known(const struct rr_gate *gate, struct endpoint *endpoint, enum known known)
{
    endpoint->known = known;
    endpoint->lanes.places = known == ANSWERS ? gate->options.places : 1;
}

/* Forgets the oldest endpoint without visitors. */
static void make_room(struct rr_gate *gate)
{
    struct rr_map *endpoints = &gate->guarded.endpoints;
    if (rr_map_count(endpoints) < RR_GATE_ENDPOINTS_MAX)
        return;
    for (const struct rr_map_entry *entry = rr_map_first(endpoints); entry != NULL; entry = rr_map_next(entry)) {
        struct endpoint *endpoint = rr_map_value(entry);
        if (endpoint->visitors > 0)
            continue;
        rr_lanes_done(&endpoint->lanes);
        (void)rr_map_remove(endpoints, rr_map_key(entry)); /* `endpoint` */
        rr_free(endpoint);
        return;
    }
}

static struct endpoint *endpoint_of(struct rr_gate *gate, struct rr_slice name)
{
    struct endpoint *endpoint = rr_map_get(&gate->guarded.endpoints, name);
    if (endpoint != NULL)
        return endpoint;
    make_room(gate);
    endpoint = RR_NEW(struct endpoint);
    endpoint->lanes.limit = gate->options.most_of_a_namespace;
    set_known(gate, endpoint, NOT_YET);
    (void)rr_map_put(&gate->guarded.endpoints, name, endpoint); /* the key was absent */
    return endpoint;
}

static struct rr_slice key_of(const struct visitor *visitor)
{
    return (struct rr_slice){ visitor->key, visitor->key_len };
}

static struct visitor *add_visitor(struct rr_gate *gate, const struct rr_gate_visitor *asker, struct endpoint *endpoint)
{
    struct rr_slice name = asker->key, namespace_name = rr_slice_cut(&name, '/');
    struct visitor *visitor = rr_alloc(sizeof(*visitor) + asker->key.len + 1);
    visitor->endpoint = endpoint;
    visitor->since_ms = rr_clock_monotonic_ms(gate->options.clock);
    visitor->turn.owner = visitor;
    visitor->turn.class = asker->is_news ? RR_LANE_NEWS : RR_LANE_LATER;
    visitor->key_len = asker->key.len;
    if (asker->key.len > 0)
        memcpy(visitor->key, asker->key.ptr, asker->key.len);
    endpoint->visitors++;
    (void)rr_map_put(&gate->guarded.visitors, asker->key, visitor); /* the key was absent */
    rr_lanes_push(&endpoint->lanes, namespace_name, &visitor->turn);
    return visitor;
}

static void drop_visitor(struct rr_gate *gate, struct visitor *visitor)
{
    if (visitor->where == WAITING)
        rr_lanes_remove(&visitor->endpoint->lanes, &visitor->turn);
    else
        rr_lanes_finish(&visitor->endpoint->lanes, &visitor->turn);
    visitor->endpoint->visitors--;
    (void)rr_map_remove(&gate->guarded.visitors, key_of(visitor)); /* `visitor` */
    rr_free(visitor);
}

/* Calls the keys whose turn it is, except `self`, which is already here. */
static void call_next(const struct rr_gate *gate, struct endpoint *endpoint, const struct visitor *self)
{
    struct rr_lane_item *item;
    while ((item = rr_lanes_take(&endpoint->lanes)) != NULL) {
        struct visitor *visitor = item->owner;
        visitor->where = CALLED;
        if (visitor != self)
            gate->options.on_turn(gate->options.context, key_of(visitor));
    }
}

/* The waiting keys enter again. If the endpoint does not answer they are refused; if it has just answered for the first
 * time, those that can share a listing no longer need the gate. */
static void call_all(struct rr_gate *gate, const struct endpoint *endpoint)
{
    const struct rr_map_entry *next;
    for (const struct rr_map_entry *entry = rr_map_first(&gate->guarded.visitors); entry != NULL; entry = next) {
        struct visitor *visitor = rr_map_value(entry);
        next = rr_map_next(entry);
        if (visitor->endpoint != endpoint || visitor->where != WAITING)
            continue;
        gate->options.on_turn(gate->options.context, key_of(visitor));
        drop_visitor(gate, visitor);
    }
}

/* --- any thread --- */

struct rr_gate *rr_gate_new(const struct rr_gate_options *options)
{
    struct rr_gate *gate = RR_NEW(struct rr_gate);
    gate->options = *options;
    rr_assert(pthread_mutex_init(&gate->lock, NULL) == 0);
    return gate;
}

void rr_gate_free(struct rr_gate *gate)
{
    if (gate == NULL)
        return;
    for (const struct rr_map_entry *entry = rr_map_first(&gate->guarded.endpoints); entry != NULL;
         entry = rr_map_next(entry))
        rr_lanes_done(&((struct endpoint *)rr_map_value(entry))->lanes);
    rr_map_done(&gate->guarded.visitors, rr_free);
    rr_map_done(&gate->guarded.endpoints, rr_free);
    (void)pthread_mutex_destroy(&gate->lock);
    rr_free(gate);
}

static enum rr_gate_entry enter(struct rr_gate *gate, const struct rr_gate_visitor *asker, int64_t *out_since_ms,
                                enum rr_code *out_code)
{
    struct endpoint *endpoint = endpoint_of(gate, asker->endpoint);
    struct visitor *visitor = rr_map_get(&gate->guarded.visitors, asker->key);
    if (visitor != NULL && visitor->endpoint != endpoint) {
        struct endpoint *left = visitor->endpoint;
        drop_visitor(gate, visitor);
        call_next(gate, left, NULL);
        visitor = NULL;
    }
    if (visitor == NULL && endpoint->known == SILENT && endpoint->lanes.running > 0) {
        *out_code = endpoint->code;
        return RR_GATE_REFUSED;
    }
    if (visitor == NULL) {
        visitor = add_visitor(gate, asker, endpoint);
        call_next(gate, endpoint, visitor);
    }
    *out_since_ms = visitor->since_ms;
    if (visitor->where == WAITING)
        return RR_GATE_WAIT;
    visitor->where = INSIDE;
    visitor->since_ms = rr_clock_monotonic_ms(gate->options.clock);
    return endpoint->known == ANSWERS ? RR_GATE_OPEN : RR_GATE_PROBE;
}

enum rr_gate_entry rr_gate_enter(struct rr_gate *gate, const struct rr_gate_visitor *visitor, int64_t *out_since_ms,
                                 enum rr_code *out_code)
{
    (void)pthread_mutex_lock(&gate->lock);
    enum rr_gate_entry entry = enter(gate, visitor, out_since_ms, out_code);
    (void)pthread_mutex_unlock(&gate->lock);
    return entry;
}

void rr_gate_answered(struct rr_gate *gate, struct rr_slice key)
{
    (void)pthread_mutex_lock(&gate->lock);
    struct visitor *visitor = rr_map_get(&gate->guarded.visitors, key);
    if (visitor != NULL && visitor->where == INSIDE) {
        visitor->endpoint->answered_ms = rr_clock_monotonic_ms(gate->options.clock);
        bool is_first = visitor->endpoint->known != ANSWERS;
        set_known(gate, visitor->endpoint, ANSWERS);
        if (is_first)
            call_all(gate, visitor->endpoint); /* so that those of one bucket can share the listing that runs (S-30) */
    }
    (void)pthread_mutex_unlock(&gate->lock);
}

void rr_gate_leave(struct rr_gate *gate, struct rr_slice key, enum rr_code code)
{
    (void)pthread_mutex_lock(&gate->lock);
    struct visitor *visitor = rr_map_get(&gate->guarded.visitors, key);
    if (visitor != NULL) {
        struct endpoint *endpoint = visitor->endpoint;
        bool others_were_answered = endpoint->known == ANSWERS && endpoint->answered_ms >= visitor->since_ms;
        bool silent = code != 0 && visitor->where == INSIDE && !others_were_answered;
        drop_visitor(gate, visitor);
        if (silent) {
            set_known(gate, endpoint, SILENT);
            endpoint->code = code;
            call_all(gate, endpoint);
        }
        call_next(gate, endpoint, NULL);
    }
    (void)pthread_mutex_unlock(&gate->lock);
}
