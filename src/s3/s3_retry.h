/* SPDX-License-Identifier: Apache-2.0 */
/* s3_retry: decides whether and when a failed request is retried (behaviour S-01 to S-05). A state machine: the caller
 * waits. Threads: a retry belongs to one request, tokens to their owner's lock.
 * Source: the SDKs' standard mode of 2026 (AWS_NEW_RETRIES_2026). */
#ifndef RR_S3_S3_RETRY_H
#define RR_S3_S3_RETRY_H

#include <redisrestore/base/random.h>

enum rr_s3_retry_class { RR_S3_RETRY_NEVER, RR_S3_RETRY_TRANSIENT, RR_S3_RETRY_THROTTLING };

enum {
    RR_S3_TOKENS_MAX = 500,
    RR_S3_COST_TRANSIENT = 14,
    RR_S3_COST_THROTTLING = 5,
};

/* Tokens for the retries of all requests to one endpoint. A first attempt costs none. */
struct rr_s3_tokens {
    int left;
};

struct rr_s3_retry {
    const struct rr_random *random; /* borrows */
    int attempts_max;               /* the first one included */
    int failures;                   /* that were retried */
    int last_cost;                  /* of the last retry */
};

/* Returns whether a failed attempt may be retried, tokens aside, and the delay. hint_ms: the delay that the store
 * requested (x-amz-retry-after); negative: none. */
RR_MUST_USE bool rr_s3_retry_plan(const struct rr_s3_retry *retry, enum rr_s3_retry_class failure, int64_t hint_ms,
                                  int64_t *out_delay_ms);
/* Takes the tokens for the retry. False: there are too few, and the failure is final. */
RR_MUST_USE bool rr_s3_retry_take(struct rr_s3_retry *retry, enum rr_s3_retry_class failure,
                                  struct rr_s3_tokens *tokens);
/* After success: returns the tokens of the last retry, or one token after a first attempt. */
void rr_s3_retry_succeeded(const struct rr_s3_retry *retry, struct rr_s3_tokens *tokens);

#endif
