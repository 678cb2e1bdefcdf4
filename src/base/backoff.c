/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/backoff.h>

int64_t rr_backoff_next_ms(struct rr_backoff *backoff)
{
    int64_t delay = backoff->base_ms;
    for (int i = 0; i < backoff->failures && delay > 0 && delay < backoff->cap_ms; i++)
        delay = delay <= backoff->cap_ms / 2 ? 2 * delay : backoff->cap_ms;
    if (backoff->failures < INT32_MAX)
        backoff->failures++;
    return delay < backoff->cap_ms ? delay : backoff->cap_ms;
}
