/* s3_memory_use: what this room writes into it and reads from it. `memory` may be NULL everywhere: then nothing is
 * known. `endpoint` is the one that a person configured. Threads: any. */
#ifndef RR_S3_S3_MEMORY_USE_H
#define RR_S3_S3_MEMORY_USE_H

#include "s3_retry.h"

#include <redisrestore/s3/s3_memory.h>

/* rr_s3_retry_take and rr_s3_retry_succeeded with the endpoint's tokens. */
RR_MUST_USE bool rr_s3_memory_take(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint,
                                   struct rr_s3_retry *retry, enum rr_s3_retry_class failure);
void rr_s3_memory_succeeded(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint,
                            const struct rr_s3_retry *retry);

/* The store does not know ListObjectsV2: it must be asked by ListObjects (`marker`). */
bool rr_s3_memory_lacks_v2(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint);
void rr_s3_memory_set_lacks_v2(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint);

#endif
