/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_retry.h"

enum { TRANSIENT_BASE_MS = 50, THROTTLING_BASE_MS = 1000, CAP_MS = 20000, HINT_OVER_MS = 5000 };

bool rr_s3_retry_plan(const struct rr_s3_retry *retry, enum rr_s3_retry_class failure, int64_t hint_ms,
                      int64_t *out_delay_ms)
{
    if (failure == RR_S3_RETRY_NEVER || retry->failures + 1 >= retry->attempts_max)
        return false;
    int64_t ceiling_ms = failure == RR_S3_RETRY_THROTTLING ? THROTTLING_BASE_MS : TRANSIENT_BASE_MS;
    for (int i = 0; i < retry->failures && ceiling_ms < CAP_MS; i++)
        ceiling_ms *= 2;
    if (ceiling_ms > CAP_MS)
        ceiling_ms = CAP_MS;
    int64_t delay_ms = (int64_t)rr_random_between(retry->random, 0, (double)ceiling_ms);
    if (hint_ms > delay_ms + HINT_OVER_MS)
        hint_ms = delay_ms + HINT_OVER_MS;
    *out_delay_ms = hint_ms > delay_ms ? hint_ms : delay_ms;
    return true;
}

bool rr_s3_retry_take(struct rr_s3_retry *retry, enum rr_s3_retry_class failure, struct rr_s3_tokens *tokens)
{
    int cost = failure == RR_S3_RETRY_THROTTLING ? RR_S3_COST_THROTTLING : RR_S3_COST_TRANSIENT;
    if (tokens->left < cost)
        return false;
    tokens->left -= cost;
    retry->last_cost = cost;
    retry->failures++;
    return true;
}

void rr_s3_retry_succeeded(const struct rr_s3_retry *retry, struct rr_s3_tokens *tokens)
{
    tokens->left += retry->failures > 0 ? retry->last_cost : 1;
    if (tokens->left > RR_S3_TOKENS_MAX)
        tokens->left = RR_S3_TOKENS_MAX;
}
