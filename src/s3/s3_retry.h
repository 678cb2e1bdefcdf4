/* SPDX-License-Identifier: Apache-2.0 */
/* s3_retry: whether a failed request is tried again, and when (behaviour S-01 to S-05). A state machine: the caller
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

/* What the retries of all requests to one endpoint may still cost. A first attempt is free. */
struct rr_s3_tokens {
    int left;
};

struct rr_s3_retry {
    const struct rr_random *random; /* borrows */
    int attempts_max;               /* the first one included */
    int failures;                   /* that were tried again */
    int last_cost;                  /* of the last retry */
};

/* An attempt has failed: whether another is allowed, tokens aside, and after how long. hint_ms is what the store asked
 * for (x-amz-retry-after), negative: nothing. */
RR_MUST_USE bool rr_s3_retry_plan(const struct rr_s3_retry *retry, enum rr_s3_retry_class failure, int64_t hint_ms,
                                  int64_t *out_delay_ms);
/* Pays for it. False: the tokens do not suffice, and the failure is final. */
RR_MUST_USE bool rr_s3_retry_take(struct rr_s3_retry *retry, enum rr_s3_retry_class failure,
                                  struct rr_s3_tokens *tokens);
/* The request succeeded: gives back what its last retry cost, or one token after a first attempt. */
void rr_s3_retry_succeeded(const struct rr_s3_retry *retry, struct rr_s3_tokens *tokens);

#endif
