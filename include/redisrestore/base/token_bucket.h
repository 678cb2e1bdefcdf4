/* SPDX-License-Identifier: Apache-2.0 */
/* token_bucket: limits a rate, with a burst. The caller passes the time in and waits by itself. A time earlier than the
 * last one counts as the last one. Threads: the owner protects the bucket by a lock. */
#ifndef RR_BASE_TOKEN_BUCKET_H
#define RR_BASE_TOKEN_BUCKET_H

#include <redisrestore/base/core.h>

struct rr_token_bucket {
    int64_t per_second, burst; /* fixed */
    int64_t thousandths;       /* available tokens times 1000; below 0: owed to callers that already wait */
    int64_t filled_at_ms;
};

enum { RR_TOKEN_BUCKET_MAX = 1000 * 1000 }; /* of per_second and burst, so that no product overflows an int64_t */

/* Makes a full bucket. `per_second` or `burst` outside of 1 to RR_TOKEN_BUCKET_MAX is an assert. */
void rr_token_bucket_init(struct rr_token_bucket *bucket, int64_t per_second, int64_t burst, int64_t now_ms);
/* Takes one token. Returns how long the caller must wait, in ms: 0 if a token is available, and longer for each caller
 * that already waits. */
int64_t rr_token_bucket_take(struct rr_token_bucket *bucket, int64_t now_ms);
/* Returns a token to the bucket: for a caller that took one and did not use it. */
void rr_token_bucket_give_back(struct rr_token_bucket *bucket);

#endif
