/* SPDX-License-Identifier: Apache-2.0 */
/* gate: limits the discoveries that run at one endpoint at the same time (behaviour F-59), so that an endpoint that
 * does not answer blocks one discovery, not all. An endpoint that has not answered yet gets one discovery at a time;
 * the others wait. An endpoint that has just failed to answer also gets one at a time; the others are refused with its
 * error. An endpoint that answers gets `places`, shared among namespaces as in the work queue.
 * Threads: any. Memory: one entry for each endpoint, RR_GATE_ENDPOINTS_MAX at most, and one for each waiting key. */
#ifndef RR_CONTROLLER_GATE_H
#define RR_CONTROLLER_GATE_H

#include <redisrestore/base/clock.h>
#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

enum { RR_GATE_ENDPOINTS_MAX = 4096 };

struct rr_gate;

struct rr_gate_options {
    const struct rr_clock *clock; /* borrows */
    size_t places;                /* limit of concurrent discoveries at an endpoint that answers */
    size_t most_of_a_namespace;   /* limit of these in one namespace; 0: no limit */
    /* Called when the key should call rr_gate_enter again, because it is its turn or the endpoint has failed to answer.
     * Runs on any thread, and the gate's lock is held, so it must not call the gate. */
    void *context;
    void (*on_turn)(void *context, struct rr_slice key);
};

/* Borrows for the call. */
struct rr_gate_visitor {
    struct rr_slice key; /* "namespace/name" */
    struct rr_slice endpoint;
    bool is_news; /* goes before keys that are only rechecked */
};

enum rr_gate_entry {
    RR_GATE_OPEN,    /* the endpoint answers */
    RR_GATE_PROBE,   /* proceed, but the endpoint has not answered yet, or not recently */
    RR_GATE_WAIT,    /* on_turn will be called */
    RR_GATE_REFUSED, /* another discovery waits for an endpoint that has just failed to answer */
};

/* Returns owned. */
struct rr_gate *rr_gate_new(const struct rr_gate_options *options);
void rr_gate_free(struct rr_gate *gate);
/* OPEN and PROBE: call rr_gate_leave afterwards. WAIT: *out_since_ms is the time when the key began to wait. REFUSED:
 * *out_code is the endpoint's error. A key that enters again with another endpoint leaves the earlier one. */
enum rr_gate_entry rr_gate_enter(struct rr_gate *gate, const struct rr_gate_visitor *visitor, int64_t *out_since_ms,
                                 enum rr_code *out_code);
/* The endpoint has sent a reply to the discovery of this key. */
void rr_gate_answered(struct rr_gate *gate, struct rr_slice key);
/* The key's discovery has ended, or the key no longer wants to enter. Does nothing for an unknown key. `code`: the
 * error of a discovery that got no answer from the endpoint; otherwise 0. A reply to another discovery in the meantime
 * takes precedence. */
void rr_gate_leave(struct rr_gate *gate, struct rr_slice key, enum rr_code code);

#endif
