/* SPDX-License-Identifier: Apache-2.0 */
/* freed: what stands in memory that is ours no longer, read through the kernel so that no sanitizer minds.
 * Threads: any. */
#ifndef RR_TEST_FREED_H
#define RR_TEST_FREED_H

#include <redisrestore/base/mem.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Whether `words` stand in the `size` bytes at `at`; false when they cannot be read at all. */
static inline bool test_memory_has(const void *at, size_t size, const char *words)
{
    char copy[1 << 14];
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    ssize_t got = pread(fd, copy, size < sizeof(copy) ? size : sizeof(copy), (off_t)(uintptr_t)at);
    (void)close(fd);
    bool found = got > 0 && memmem(copy, (size_t)got, words, strlen(words)) != NULL;
    rr_wipe(copy, sizeof(copy));
    return found;
}

#endif
