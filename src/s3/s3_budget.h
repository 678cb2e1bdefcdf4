/* SPDX-License-Identifier: Apache-2.0 */
/* s3_budget: memory for the pages that the listings of a process store while they receive them. A page that streams
 * needs none; a stored page takes a step whenever it grows. Threads: any; no lock. */
#ifndef RR_S3_S3_BUDGET_H
#define RR_S3_S3_BUDGET_H

#include <redisrestore/base/core.h>

enum {
    RR_S3_BUDGET_BYTES = 8 * 1024 * 1024, /* buffers grow by doubling: at most twice as much is allocated */
    RR_S3_BUDGET_STEP = 64 * 1024,        /* the usual page of 1,000 keys takes three */
    RR_S3_BUDGET_REST_MS = 20,            /* before a request without a step is sent again */
};

/* Takes a step. False: none is left, and the request must be sent again later. */
RR_MUST_USE bool rr_s3_budget_take(void);
void rr_s3_budget_give_back(size_t steps);
/* Returns the number of taken steps, for tests. */
size_t rr_s3_budget_taken(void);

#endif
