/* SPDX-License-Identifier: Apache-2.0 */
/* s3_memory_use: reads and writes s3_memory, for this room. `memory` may be NULL everywhere: then nothing is known.
 * `endpoint` is the one that the user configured. Threads: any. */
#ifndef RR_S3_S3_MEMORY_USE_H
#define RR_S3_S3_MEMORY_USE_H

#include "s3_retry.h"

#include <redisrestore/s3/s3_memory.h>

enum { RR_S3_REGION_SIZE = 64, RR_S3_KNOWN_MS = 60 * 60 * 1000 };

/* rr_s3_retry_take and rr_s3_retry_succeeded with the endpoint's tokens. */
RR_MUST_USE bool rr_s3_memory_take(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint,
                                   struct rr_s3_retry *retry, enum rr_s3_retry_class failure);
void rr_s3_memory_succeeded(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint,
                            const struct rr_s3_retry *retry);

/* The store does not support ListObjectsV2 and is listed by ListObjects (`marker`). */
bool rr_s3_memory_lacks_v2(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint);
void rr_s3_memory_set_lacks_v2(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint);
/* The number of concurrent requests that the store has answered, if it failed to answer more; 0: not known. Kept for
 * RR_S3_KNOWN_MS. */
size_t rr_s3_memory_width(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint);
void rr_s3_memory_set_width(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint, size_t width);
/* The store does not list in the order of bytes, or not from a text that is not a key: it is listed by continuation
 * tokens. Kept for RR_S3_KNOWN_MS. */
bool rr_s3_memory_is_unordered(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint);
void rr_s3_memory_set_unordered(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint);
/* The time by which the endpoint's clock is ahead of ours. */
int64_t rr_s3_memory_clock_ahead_ms(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint);
void rr_s3_memory_set_clock_ahead(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint, int64_t ahead_ms);

/* Finds the region of the bucket if it is known to differ from the configured one. Kept for RR_S3_KNOWN_MS. */
RR_MUST_USE bool rr_s3_memory_region(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint,
                                     char out_region[RR_S3_REGION_SIZE]);
/* Borrows the region for the call; shorter than RR_S3_REGION_SIZE. */
void rr_s3_memory_set_region(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint,
                             struct rr_slice region);

#endif
