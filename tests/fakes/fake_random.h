/* SPDX-License-Identifier: Apache-2.0 */
/* fake_random: the numbers that a test lists, over and over; without a list always 0. Threads: one. */
#ifndef RR_FAKE_RANDOM_H
#define RR_FAKE_RANDOM_H

#include <redisrestore/base/random.h>

#define FAKE_RANDOM_LOWEST  UINT64_C(0)
#define FAKE_RANDOM_MIDDLE  (UINT64_C(1) << 63) /* rr_random_between gives the middle */
#define FAKE_RANDOM_HIGHEST UINT64_MAX

struct fake_random {
    const uint64_t *values; /* borrows */
    size_t count, asked;
};

static inline uint64_t fake_random_next_(void *context)
{
    struct fake_random *fake = context;
    size_t at = fake->asked++;
    return fake->count > 0 ? fake->values[at % fake->count] : 0;
}

/* The source to pass in. Borrows the fake. */
static inline struct rr_random fake_random(struct fake_random *fake)
{
    return (struct rr_random){ fake, fake_random_next_ };
}

#endif
