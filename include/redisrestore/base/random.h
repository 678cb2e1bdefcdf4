/* SPDX-License-Identifier: Apache-2.0 */
/* random: a source of random numbers, which callers pass in, so that tests can choose them. Not for secrets.
 * Threads: rr_random_system may be used by any thread. */
#ifndef RR_BASE_RANDOM_H
#define RR_BASE_RANDOM_H

#include <redisrestore/base/core.h>

struct rr_random {
    void *context;
    uint64_t (*next)(void *context); /* 64 random bits */
};

extern const struct rr_random rr_random_system; /* getrandom(2) */

/* Returns a value in [low, high). `low` is less than `high`. */
double rr_random_between(const struct rr_random *random, double low, double high);
/* Returns a random value between duration_ms - percent % and duration_ms + percent %. */
int64_t rr_random_spread_ms(const struct rr_random *random, int64_t duration_ms, int percent);

#endif
