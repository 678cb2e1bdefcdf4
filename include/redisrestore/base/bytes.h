/* SPDX-License-Identifier: Apache-2.0 */
/* bytes: reads the numbers of binary file formats. Threads: pure. */
#ifndef RR_BASE_BYTES_H
#define RR_BASE_BYTES_H

#include <redisrestore/base/core.h>

/* Returns the little-endian number in the first `count` bytes of `bytes`: 0 to 8 of them. */
static inline uint64_t rr_little_endian(const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    uint64_t value = 0;
    for (size_t i = count; i > 0; i--)
        value = value << 8 | at[i - 1];
    return value;
}

#endif
