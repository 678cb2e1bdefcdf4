/* SPDX-License-Identifier: Apache-2.0 */
/* token_bucket: a pace of so many per second with room for a burst; the caller waits. Pure: whole numbers, the time is
 * handed in, one that goes back counts as standing still. Threads: belongs to its owner's lock. */
#ifndef RR_BASE_TOKEN_BUCKET_H
#define RR_BASE_TOKEN_BUCKET_H

#include <redisrestore/base/core.h>

struct rr_token_bucket {
    int64_t per_second, burst; /* fixed; both at least 1 */
    int64_t thousandths;       /* of tokens there are; below 0: promised to calls that wait already */
    int64_t filled_at_ms;
};

enum { RR_TOKEN_BUCKET_MAX = 1000 * 1000 }; /* of both numbers: keeps every product far from the end of an int64_t */

/* Full. Asserts that both numbers are in [1, RR_TOKEN_BUCKET_MAX]. */
void rr_token_bucket_init(struct rr_token_bucket *bucket, int64_t per_second, int64_t burst, int64_t now_ms);
/* Takes one token, always, and returns how long to wait for it: 0 while there is one, longer for each that was
 * promised before. */
int64_t rr_token_bucket_take(struct rr_token_bucket *bucket, int64_t now_ms);
/* Returns a token that was taken and not waited for. */
void rr_token_bucket_give_back(struct rr_token_bucket *bucket);

#endif
