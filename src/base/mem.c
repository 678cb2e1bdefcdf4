/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/mem.h>

#include <stdlib.h>

static void *must(void *memory)
{
    if (memory == NULL)
        rr_die("out of memory");
    return memory;
}

void *rr_alloc(size_t size)
{
    return must(calloc(1, size > 0 ? size : 1));
}

void *rr_alloc_array(size_t count, size_t size)
{
    size_t total;
    rr_assert(!__builtin_mul_overflow(count, size, &total));
    return rr_alloc(total);
}

void *rr_realloc(void *memory, size_t size)
{
    return must(realloc(memory, size > 0 ? size : 1));
}

void rr_free(void *memory)
{
    free(memory);
}

char *rr_strdup(struct rr_slice text)
{
    char *copy = rr_alloc(text.len + 1);
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    return copy;
}

void rr_wipe(void *memory, size_t size)
{
    if (memory != NULL)
        explicit_bzero(memory, size);
}
