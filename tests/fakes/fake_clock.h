/* SPDX-License-Identifier: Apache-2.0 */
/* fake_clock: a clock that a test sets and moves; it never moves by itself. Threads: any, the times are atomic. */
#ifndef RR_FAKE_CLOCK_H
#define RR_FAKE_CLOCK_H

#include <redisrestore/base/clock.h>

#include <stdatomic.h>

struct fake_clock {
    _Atomic int64_t monotonic_ms, unix_ms;
};

static inline int64_t fake_clock_monotonic_ms_(void *context)
{
    struct fake_clock *fake = context;
    return atomic_load(&fake->monotonic_ms);
}

static inline int64_t fake_clock_unix_ms_(void *context)
{
    struct fake_clock *fake = context;
    return atomic_load(&fake->unix_ms);
}

/* The clock to pass in. Borrows the fake. */
static inline struct rr_clock fake_clock(struct fake_clock *fake)
{
    return (struct rr_clock){ fake, fake_clock_monotonic_ms_, fake_clock_unix_ms_ };
}

/* Time passes: both move. */
static inline void fake_clock_advance(struct fake_clock *fake, int64_t duration_ms)
{
    atomic_fetch_add(&fake->monotonic_ms, duration_ms);
    atomic_fetch_add(&fake->unix_ms, duration_ms);
}

#endif
