/* SPDX-License-Identifier: Apache-2.0 */
/* kube_trust: the CA and the client certificate of now. Files are looked at again at most every 60 s, when a request
 * needs them; what cannot be read, is no PEM or does not fit together leaves what was there before (behaviour R-23,
 * K-07). New connections follow by themselves: curl compares both before it reuses one (traps.md 3).
 * Threads: any. */
#ifndef RR_KUBE_TRUST_H
#define RR_KUBE_TRUST_H

#include <redisrestore/base/clock.h>
#include <redisrestore/base/log.h>
#include <redisrestore/kube/kube_config.h>
#include <redisrestore/metrics/metrics.h>

#include <pthread.h>

enum {
    RR_KUBE_PEM_MAX_BYTES = 1 << 20, /* a CA bundle */
    RR_KUBE_TRUST_FRESH_MS = 60 * 1000,
};

/* Shared and fixed: rr_kube_pems_unref gives it back. */
struct rr_kube_pems {
    int references; /* atomic */
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
        bool ca_failing, pair_failing; /* the last look failed, which was logged */
    } guarded;
};

void rr_kube_trust_init(struct rr_kube_trust *trust, const struct rr_kube_config *config, const struct rr_clock *clock,
                        const struct rr_log *log, struct rr_metric_family *reloads);
void rr_kube_trust_done(struct rr_kube_trust *trust);
/* Shares what holds now. */
struct rr_kube_pems *rr_kube_trust_get(struct rr_kube_trust *trust);

#endif
