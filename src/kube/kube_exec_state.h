/* SPDX-License-Identifier: Apache-2.0 */
/* kube_exec_state: when a credential plugin runs, and who waits for it (behaviour K-11, K-14). Nothing here waits.
 * Threads: under its owner's lock. */
#ifndef RR_KUBE_EXEC_STATE_H
#define RR_KUBE_EXEC_STATE_H

#include <redisrestore/base/core.h>

enum {
    RR_KUBE_EXEC_REFRESH_MS = 30 * 1000,  /* so long before the end a new one is asked for */
    RR_KUBE_EXEC_FAILED_REST_MS = 1000,   /* between a failed run and the next: nobody starts programs without pause */
    RR_KUBE_EXEC_REFUSED_REST_MS = 10000, /* between runs because of 401, when the plugin has nothing better to give */
};

/* Both times of one moment: expiry is a date, rests are durations. */
struct rr_kube_exec_now {
    int64_t monotonic_ms, unix_ms;
};

struct rr_kube_exec_state {
    bool has;                /* a credential is there */
    bool running;            /* the plugin runs, or shall */
    uint64_t generation;     /* from 1; another one with each credential that differs */
    uint64_t runs;           /* that ended */
    int64_t expires_unix_ms; /* 0: when it is refused */
    int64_t refresh_unix_ms; /* likewise; never after expires_unix_ms */
    int64_t failed_until_ms; /* monotonic, as the next */
    int64_t refused_until_ms;
};

enum rr_kube_exec_verdict {
    RR_KUBE_EXEC_USE,  /* what is there */
    RR_KUBE_EXEC_WAIT, /* for the end of the run */
    RR_KUBE_EXEC_FAIL, /* as the last run did */
};

struct rr_kube_exec_step {
    enum rr_kube_exec_verdict verdict;
    bool start; /* the plugin must be started; nobody else is told so until it ended */
};

/* Somebody needs a credential. One that is still good is used while a newer one is being fetched. */
struct rr_kube_exec_step rr_kube_exec_state_ask(struct rr_kube_exec_state *state, struct rr_kube_exec_now now);
/* The API server refused the credential of that generation. */
struct rr_kube_exec_step rr_kube_exec_state_refuse(struct rr_kube_exec_state *state, uint64_t generation,
                                                   struct rr_kube_exec_now now);
/* The run ended well. `differs` from what is there; expires_unix_ms 0: not said. */
void rr_kube_exec_state_succeed(struct rr_kube_exec_state *state, bool differs, int64_t expires_unix_ms,
                                struct rr_kube_exec_now now);
void rr_kube_exec_state_fail(struct rr_kube_exec_state *state, struct rr_kube_exec_now now);
/* What is there may be used at that moment. */
bool rr_kube_exec_state_is_good(const struct rr_kube_exec_state *state, struct rr_kube_exec_now now);

#endif
