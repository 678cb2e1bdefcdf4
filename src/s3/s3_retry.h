/* s3_retry: whether a failed request is tried again, and when (behaviour S-01, S-02, S-05). A state machine: the caller
 * waits. Threads: belongs to one request. */
#ifndef RR_S3_S3_RETRY_H
#define RR_S3_S3_RETRY_H

#include <redisrestore/base/random.h>

enum rr_s3_retry_class { RR_S3_RETRY_NEVER, RR_S3_RETRY_TRANSIENT, RR_S3_RETRY_THROTTLING };

enum { RR_S3_ATTEMPTS_MAX = 3 };

struct rr_s3_retry {
    const struct rr_random *random; /* borrows */
    int failures;                   /* so far */
};

/* An attempt has failed. True: try again after *out_delay_ms. */
RR_MUST_USE bool rr_s3_retry_next(struct rr_s3_retry *retry, enum rr_s3_retry_class failure, int64_t *out_delay_ms);

#endif
