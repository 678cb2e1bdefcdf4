/* SPDX-License-Identifier: Apache-2.0 */
/* s3_memory: facts about endpoints that outlive a request, shared by all clients of a process: the tokens left for
 * retries (behaviour S-01), the difference between the endpoint's clock and ours (S-08), the region of a bucket
 * (S-09), and which endpoints do not support ListObjectsV2. Bounded: a new entry replaces the oldest one, whose
 * facts are then learned again. Facts from a custom endpoint are never used for AWS: both have entries of their own,
 * and STS has none. Threads: any. */
#ifndef RR_S3_S3_MEMORY_H
#define RR_S3_S3_MEMORY_H

#include <redisrestore/base/clock.h>
#include <redisrestore/s3/s3_endpoint.h>

enum { RR_S3_MEMORY_ENTRIES_MAX = 1024 }; /* for endpoints, and as many for buckets: about 0.7 MiB at most */

struct rr_s3_memory;

/* Returns owned. Borrows the clock. */
struct rr_s3_memory *rr_s3_memory_new(const struct rr_clock *clock);
void rr_s3_memory_free(struct rr_s3_memory *memory);
RR_DEFINE_FREEP(s3_memory)

#endif
