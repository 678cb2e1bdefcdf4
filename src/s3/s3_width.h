/* SPDX-License-Identifier: Apache-2.0 */
/* s3_width: how many requests of one listing may be under way. It begins with one, because each new connection costs
 * round trips and, with TLS, milliseconds of work; each answer allows some more. A store that throttles halves it, once
 * for all that was sent before it answered so, and each round without throttling gives one back.
 * Threads: belongs to one. */
#ifndef RR_S3_S3_WIDTH_H
#define RR_S3_S3_WIDTH_H

#include <redisrestore/base/core.h>

struct rr_s3_width {
    size_t max, now;
    uint64_t sent, answered;
    uint64_t halved_at; /* requests sent by then */
    size_t calm;        /* answers since the width changed */
    bool throttled;     /* ever */
};

void rr_s3_width_init(struct rr_s3_width *width, size_t max);
/* Returns the number of the request, for the two below. */
uint64_t rr_s3_width_send(struct rr_s3_width *width);
void rr_s3_width_answered(struct rr_s3_width *width);
void rr_s3_width_throttled(struct rr_s3_width *width, uint64_t number);

#endif
