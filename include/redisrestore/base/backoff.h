/* SPDX-License-Identifier: Apache-2.0 */
/* backoff: the delays before retries, which double from `base_ms` to `cap_ms`. The caller spreads them by
 * rr_random_spread_ms and waits. Threads: pure. */
#ifndef RR_BASE_BACKOFF_H
#define RR_BASE_BACKOFF_H

#include <redisrestore/base/random.h>

struct rr_backoff {
    int64_t base_ms, cap_ms;
    int failures; /* so far: 0 at first. Set it to 0 after a success */
};

/* Returns the delay before the next attempt, not spread: base_ms * 2^failures, at most cap_ms. Adds one to `failures`.
 */
int64_t rr_backoff_next_ms(struct rr_backoff *backoff);

#endif
