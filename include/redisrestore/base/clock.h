/* SPDX-License-Identifier: Apache-2.0 */
/* clock: a source of time, which callers pass in, so that tests can replace it and need not wait.
 * Threads: any. The monotonic time of rr_clock_system is CLOCK_BOOTTIME, which also counts the time that the machine is
 * suspended (behaviour L-10). */
#ifndef RR_BASE_CLOCK_H
#define RR_BASE_CLOCK_H

#include <redisrestore/base/core.h>

struct rr_clock {
    void *context;
    int64_t (*monotonic_ms)(void *context); /* for deadlines and waiting */
    int64_t (*unix_ms)(void *context);      /* for dates */
};

extern const struct rr_clock rr_clock_system;

static inline int64_t rr_clock_monotonic_ms(const struct rr_clock *clock)
{
    return clock->monotonic_ms(clock->context);
}

static inline int64_t rr_clock_unix_ms(const struct rr_clock *clock)
{
    return clock->unix_ms(clock->context);
}

#define RR_DEADLINE_NEVER INT64_MAX

/* Returns now_ms + duration_ms, or RR_DEADLINE_NEVER if that overflows. */
int64_t rr_deadline_after(int64_t now_ms, int64_t duration_ms);

#endif
