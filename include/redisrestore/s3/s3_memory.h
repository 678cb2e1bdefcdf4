/* SPDX-License-Identifier: Apache-2.0 */
/* s3_memory: what is known of the endpoints from one request to the next, shared by all clients of a process: what
 * retries may still cost (behaviour S-01), how far an endpoint's clock is from ours (S-08), in which region a bucket is
 * (S-09), and which endpoints know no ListObjectsV2. Bounded: the oldest entry makes room, and what it knew is learnt
 * again. What a custom endpoint says is never used for AWS: the two have entries of their own, and STS has none.
 * Threads: any. */
#ifndef RR_S3_S3_MEMORY_H
#define RR_S3_S3_MEMORY_H

#include <redisrestore/base/clock.h>
#include <redisrestore/s3/s3_endpoint.h>

enum { RR_S3_MEMORY_ENTRIES_MAX = 1024 }; /* of endpoints, and again of buckets: at most about 0.7 MiB */

struct rr_s3_memory;

/* Returns owned. Borrows the clock. */
struct rr_s3_memory *rr_s3_memory_new(const struct rr_clock *clock);
void rr_s3_memory_free(struct rr_s3_memory *memory);
RR_DEFINE_FREEP(s3_memory)

#endif
