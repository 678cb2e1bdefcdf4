/* SPDX-License-Identifier: Apache-2.0 */
/* kube_trust: the current CA and client certificate. Files are checked at most every 60 s, when a request needs them.
 * If a file is unreadable, is no PEM, or the pair does not match, the previous content stays (behaviour R-23, K-07).
 * New connections use new content without further steps: curl compares both before it reuses one (traps.md 3).
 * Threads: any. */
#ifndef RR_KUBE_TRUST_H
#define RR_KUBE_TRUST_H

#include <redisrestore/base/clock.h>
#include <redisrestore/base/log.h>
#include <redisrestore/kube/kube_config.h>
#include <redisrestore/metrics/metrics.h>

#include <pthread.h>
#include <stdatomic.h>

enum {
    RR_KUBE_PEM_MAX_BYTES = 1 << 20, /* a CA bundle */
    RR_KUBE_TRUST_FRESH_MS = 60 * 1000,
};

/* Shared and immutable: release it with rr_kube_pems_unref. */
struct rr_kube_pems {
    atomic_int references;
    struct rr_buf ca;
    struct rr_secret client_cert, client_key;
};
void rr_kube_pems_unref(struct rr_kube_pems *pems); /* NULL is fine */

struct rr_kube_trust {
    const struct rr_kube_config *config; /* borrows; fixed, as the next three */
    const struct rr_clock *clock;
    const struct rr_log *log;
    struct rr_metric_family *reloads; /* {result,reason}; may be NULL */
    pthread_mutex_t lock;
    struct {
        struct rr_kube_pems *pems; /* shares */
        int64_t checked_at_ms;
        bool ca_failing, pair_failing; /* the last check failed, and the failure was logged */
    } guarded;
};

void rr_kube_trust_init(struct rr_kube_trust *trust, const struct rr_kube_config *config, const struct rr_clock *clock,
                        const struct rr_log *log, struct rr_metric_family *reloads);
void rr_kube_trust_done(struct rr_kube_trust *trust);
/* Returns a new reference to the current content. */
struct rr_kube_pems *rr_kube_trust_get(struct rr_kube_trust *trust);

#endif
