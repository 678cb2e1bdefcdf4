/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_known: what the API server said of tokens and users a short while ago. Bounded: the oldest goes first. Keys
 * are digests, so that no token stays in memory. Threads: its owner's lock; the caller gives the time. */
#ifndef RR_APP_METRICS_KNOWN_H
#define RR_APP_METRICS_KNOWN_H

#include "metrics_review.h"

#include <redisrestore/base/map.h>
#include <redisrestore/crypto/digest.h>

enum { RR_METRICS_KNOWN_MAX = 256 };

struct rr_metrics_known {
    struct rr_map answers;
};

void rr_metrics_known_done(struct rr_metrics_known *known);
/* Whether there is an answer to `key`, younger than was said with it. *out_user (may be NULL, empty before) gets a copy
 * of what was put. */
bool rr_metrics_known_get(struct rr_metrics_known *known, const uint8_t key[RR_SHA256_BYTES], int64_t now_ms,
                          bool *out_good, struct rr_review_user *out_user);
/* `user` may be NULL; copied. */
void rr_metrics_known_put(struct rr_metrics_known *known, const uint8_t key[RR_SHA256_BYTES], int64_t now_ms,
                          int64_t for_ms, bool good, const struct rr_review_user *user);

#endif
