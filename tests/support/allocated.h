/* SPDX-License-Identifier: Apache-2.0 */
/* allocated: how much memory this process has allocated now. Threads: any. */
#ifndef RR_TESTS_ALLOCATED_H
#define RR_TESTS_ALLOCATED_H

#include <malloc.h>
#include <stddef.h>

/* Sanitizers have an allocator of their own. */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

static inline size_t allocated_bytes(void)
{
    if (__sanitizer_get_current_allocated_bytes != NULL)
        return __sanitizer_get_current_allocated_bytes();
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

#endif
