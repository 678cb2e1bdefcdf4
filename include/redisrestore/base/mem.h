/* SPDX-License-Identifier: Apache-2.0 */
/* mem: the one way to allocate.
 * Small fixed allocations never return NULL: out of memory ends the process (rr_die), Kubernetes starts it again.
 * Sizes that come from the network are capped by the caller first (buf.h, limits headers).
 * Threads: any. */
#ifndef RR_BASE_MEM_H
#define RR_BASE_MEM_H

#include <redisrestore/base/slice.h>

/* Zeroed. Returns owned; free with rr_free. */
void *rr_alloc(size_t size);
void *rr_alloc_array(size_t count, size_t size); /* count * size checked for overflow */
void *rr_realloc(void *memory, size_t size);     /* not zeroed */
void rr_free(void *memory);                      /* NULL is fine */
/* A NUL-terminated copy; returns owned. */
char *rr_strdup(struct rr_slice text);
void rr_wipe(void *memory, size_t size); /* the compiler may not remove it */

#define RR_NEW(type) ((type *)rr_alloc(sizeof(type)))

/* Makes room for one more element in a growing array: rr_grow(&items, &cap, count). Elements must be memmove-able. */
#define rr_grow(array, capacity, count)                                                                                \
    do {                                                                                                               \
        if ((count) == *(capacity)) {                                                                                  \
            *(capacity) = *(capacity) == 0 ? 8 : 2 * *(capacity);                                                      \
            rr_assert(*(capacity) < SIZE_MAX / sizeof **(array));                                                      \
            *(array) = rr_realloc(*(array), *(capacity) * sizeof **(array));                                           \
        }                                                                                                              \
    } while (0)

#endif
