/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/token_bucket.h>

enum { WHOLE = 1000 }; /* thousandths of a token; a millisecond brings `per_second` of them */

void rr_token_bucket_init(struct rr_token_bucket *bucket, int64_t per_second, int64_t burst, int64_t now_ms)
{
    rr_assert(per_second >= 1 && per_second <= RR_TOKEN_BUCKET_MAX && burst >= 1 && burst <= RR_TOKEN_BUCKET_MAX);
    *bucket = (struct rr_token_bucket){
        .per_second = per_second, .burst = burst, .thousandths = burst * WHOLE, .filled_at_ms = now_ms
    };
}

static void fill(struct rr_token_bucket *bucket, int64_t now_ms)
{
    if (now_ms <= bucket->filled_at_ms)
        return;
    int64_t passed_ms = now_ms - bucket->filled_at_ms, lacking = bucket->burst * WHOLE - bucket->thousandths;
    bucket->filled_at_ms = now_ms;
    if (passed_ms > lacking / bucket->per_second)
        bucket->thousandths = bucket->burst * WHOLE;
    else
        bucket->thousandths += passed_ms * bucket->per_second;
}

int64_t rr_token_bucket_take(struct rr_token_bucket *bucket, int64_t now_ms)
{
    fill(bucket, now_ms);
    bucket->thousandths -= WHOLE;
    if (bucket->thousandths >= 0)
        return 0;
    return (-bucket->thousandths + bucket->per_second - 1) / bucket->per_second;
}

void rr_token_bucket_give_back(struct rr_token_bucket *bucket)
{
    bucket->thousandths += WHOLE;
    if (bucket->thousandths > bucket->burst * WHOLE)
        bucket->thousandths = bucket->burst * WHOLE;
}
