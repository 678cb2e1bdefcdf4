/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/random.h>

#include <errno.h>
#include <math.h>
#include <sys/random.h>

static uint64_t system_next(void *context)
{
    (void)context;
    uint64_t bits;
    ssize_t got;
    do /* only before the kernel's pool is ready can a signal interrupt it */
        got = getrandom(&bits, sizeof(bits), 0);
    while (got < 0 && errno == EINTR);
    rr_assert(got == (ssize_t)sizeof(bits));
    return bits;
}

const struct rr_random rr_random_system = { NULL, system_next };

double rr_random_between(const struct rr_random *random, double low, double high)
{
    /* 53 bits are what a double holds: the unit is in [0, 1). */
    double unit = (double)(random->next(random->context) >> 11) / (double)(UINT64_C(1) << 53);
    double value = low + unit * (high - low);
    return value < high ? value : nextafter(high, low); /* rounding may reach `high` */
}

int64_t rr_random_spread_ms(const struct rr_random *random, int64_t duration_ms, int percent)
{
    double part = (double)percent / 100.0;
    return (int64_t)((double)duration_ms * rr_random_between(random, 1.0 - part, 1.0 + part));
}
