/* SPDX-License-Identifier: Apache-2.0 */
/* bytes: numbers of binary formats. Threads: pure functions. */
#ifndef RR_BASE_BYTES_H
#define RR_BASE_BYTES_H

#include <redisrestore/base/core.h>

/* Returns the number in `count` bytes (at most 8), the lowest byte first. */
static inline uint64_t rr_little_endian(const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    uint64_t value = 0;
    for (size_t i = count; i > 0; i--)
        value = value << 8 | at[i - 1];
    return value;
}

#endif
