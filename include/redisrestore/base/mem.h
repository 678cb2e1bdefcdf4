/* SPDX-License-Identifier: Apache-2.0 */
/* mem: all memory is allocated by these functions.
 * They never return NULL: if there is no memory, they end the process (rr_die), and Kubernetes restarts the controller.
 * A caller that gets a size from outside limits it before it allocates (buf.h).
 * Threads: any. */
#ifndef RR_BASE_MEM_H
#define RR_BASE_MEM_H

#include <redisrestore/base/slice.h>

/* The caller owns the memory that is returned, and frees it with rr_free. A size of 0 is allowed. */
void *rr_alloc(size_t size);                     /* zeroed */
void *rr_alloc_array(size_t count, size_t size); /* zeroed; an overflow of count * size is an assert */
void *rr_realloc(void *memory, size_t size);     /* the added part is not zeroed; `memory` NULL: a new allocation */
void rr_free(void *memory);                      /* NULL: does nothing */
char *rr_strdup(struct rr_slice text);           /* a copy that ends in a NUL */
/* Overwrites a secret with zeros. The compiler does not remove this call. NULL: does nothing. */
void rr_wipe(void *memory, size_t size);

#define RR_NEW(type) ((type *)rr_alloc(sizeof(type))) /* zeroed; returns owned */

/* Makes room for one more element in a growing array: rr_grow(&items, &capacity, count). The elements may move, so no
 * pointer to one stays valid. */
#define rr_grow(array, capacity, count)                                                                                \
    do {                                                                                                               \
        if ((count) == *(capacity)) {                                                                                  \
            *(capacity) = *(capacity) == 0 ? 8 : 2 * *(capacity);                                                      \
            rr_assert(*(capacity) < SIZE_MAX / sizeof **(array));                                                      \
            *(array) = rr_realloc(*(array), *(capacity) * sizeof **(array));                                           \
        }                                                                                                              \
    } while (0)

#endif
