/* SPDX-License-Identifier: Apache-2.0 */
/* kube_exec_state: when a credential plugin runs, and which callers wait for it (behaviour K-11, K-14). Nothing here
 * waits.
 * Threads: under its owner's lock. */
#ifndef RR_KUBE_EXEC_STATE_H
#define RR_KUBE_EXEC_STATE_H

#include <redisrestore/base/core.h>

enum {
    RR_KUBE_EXEC_REFRESH_MS = 30 * 1000,  /* the plugin runs again this long before the expiry */
    RR_KUBE_EXEC_FAILED_REST_MS = 1000,   /* between a failed run and the next: never start programs without a pause */
    RR_KUBE_EXEC_REFUSED_REST_MS = 10000, /* between runs because of 401, when the plugin returns the same credential */
};

/* Both times are of the same moment: an expiry is a date, a pause is a duration. */
struct rr_kube_exec_now {
    int64_t monotonic_ms, unix_ms;
};

struct rr_kube_exec_state {
    bool has;                /* there is a credential */
    bool running;            /* the plugin runs, or is about to start */
    uint64_t generation;     /* starts at 1; a different credential has a new generation */
    uint64_t runs;           /* runs that ended */
    int64_t expires_unix_ms; /* 0: valid until it is rejected */
    int64_t refresh_unix_ms; /* 0: never; not after expires_unix_ms */
    int64_t failed_until_ms; /* monotonic, also the next */
    int64_t refused_until_ms;
};

enum rr_kube_exec_verdict {
    RR_KUBE_EXEC_USE,  /* the current credential */
    RR_KUBE_EXEC_WAIT, /* for the end of the run */
    RR_KUBE_EXEC_FAIL, /* with the error of the last run */
};

struct rr_kube_exec_step {
    enum rr_kube_exec_verdict verdict;
    bool start; /* the caller must start the plugin; no other caller gets this until the run ended */
};

/* A caller needs a credential. A valid one stays in use while the plugin fetches a newer one. */
struct rr_kube_exec_step rr_kube_exec_state_ask(struct rr_kube_exec_state *state, struct rr_kube_exec_now now);
/* The API server rejected the credential of that generation. */
struct rr_kube_exec_step rr_kube_exec_state_refuse(struct rr_kube_exec_state *state, uint64_t generation,
                                                   struct rr_kube_exec_now now);
/* The run succeeded. `differs`: the credential is not the current one. expires_unix_ms 0: unknown. */
void rr_kube_exec_state_succeed(struct rr_kube_exec_state *state, bool differs, int64_t expires_unix_ms,
                                struct rr_kube_exec_now now);
void rr_kube_exec_state_fail(struct rr_kube_exec_state *state, struct rr_kube_exec_now now);
/* Returns whether the current credential is valid at that moment. */
bool rr_kube_exec_state_is_good(const struct rr_kube_exec_state *state, struct rr_kube_exec_now now);

#endif
