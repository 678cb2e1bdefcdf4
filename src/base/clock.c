/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/clock.h>

#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec now;
    rr_assert(clock_gettime(id, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_monotonic_ms(void *context)
{
    (void)context;
    return read_ms(CLOCK_BOOTTIME);
}

static int64_t system_unix_ms(void *context)
{
    (void)context;
    return read_ms(CLOCK_REALTIME);
}

const struct rr_clock rr_clock_system = { NULL, system_monotonic_ms, system_unix_ms };

int64_t rr_deadline_after(int64_t now_ms, int64_t duration_ms)
{
    int64_t deadline;
    return __builtin_add_overflow(now_ms, duration_ms, &deadline) ? RR_DEADLINE_NEVER : deadline;
}
