/* SPDX-License-Identifier: Apache-2.0 */
/* random: a source of 64 random bits, passed in so that tests choose them. Not for secrets. Threads: the system's, any.
 */
#ifndef RR_BASE_RANDOM_H
#define RR_BASE_RANDOM_H

#include <redisrestore/base/core.h>

struct rr_random {
    void *context;
    uint64_t (*next)(void *context);
};

extern const struct rr_random rr_random_system; /* getrandom(2) */

/* A value in [low, high). low < high. */
double rr_random_between(const struct rr_random *random, double low, double high);
/* `duration_ms` spread by +-`percent`. */
int64_t rr_random_spread_ms(const struct rr_random *random, int64_t duration_ms, int percent);

#endif
