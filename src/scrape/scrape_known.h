/* SPDX-License-Identifier: Apache-2.0 */
/* scrape_known: recent results of the API server about tokens and users. Bounded: the oldest entry is removed first.
 * Keys are digests, so that no token stays in memory. Threads: the owner's lock; the caller passes the time. */
#ifndef RR_SCRAPE_SCRAPE_KNOWN_H
#define RR_SCRAPE_SCRAPE_KNOWN_H

#include "scrape_review.h"

#include <redisrestore/base/map.h>
#include <redisrestore/crypto/digest.h>

enum { RR_SCRAPE_KNOWN_MAX = 256 };

struct rr_scrape_known {
    struct rr_map answers;
};

void rr_scrape_known_done(struct rr_scrape_known *known);
/* Returns whether there is a result for `key` that has not expired. *out_user (may be NULL, empty before) receives a
 * copy of the stored user. */
bool rr_scrape_known_get(struct rr_scrape_known *known, const uint8_t key[RR_SHA256_BYTES], int64_t now_ms,
                         bool *out_good, struct rr_review_user *out_user);
/* Stores a result for `for_ms`. `user` may be NULL; it is copied. */
void rr_scrape_known_put(struct rr_scrape_known *known, const uint8_t key[RR_SHA256_BYTES], int64_t now_ms,
                         int64_t for_ms, bool good, const struct rr_review_user *user);

#endif
