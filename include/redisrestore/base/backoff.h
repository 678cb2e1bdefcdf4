/* SPDX-License-Identifier: Apache-2.0 */
/* backoff: delays that double from `base_ms` to `cap_ms`; the caller spreads them (random.h) and waits. Pure. */
#ifndef RR_BASE_BACKOFF_H
#define RR_BASE_BACKOFF_H

#include <redisrestore/base/random.h>

struct rr_backoff {
    int64_t base_ms, cap_ms;
    int failures; /* so far */
};

/* The delay before the next try without spread: base * 2^failures, at most cap; counts one failure more. */
int64_t rr_backoff_next_ms(struct rr_backoff *backoff);

#endif
