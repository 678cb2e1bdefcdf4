/* SPDX-License-Identifier: Apache-2.0 */
/* failing_malloc: preloaded, lets the allocation whose number stands in FAIL_ALLOCATION fail, once.
 * FAIL_OWN=1: only those count that the program's own code asks for, none of its libraries'.
 * FAIL_REPORT=1: the number of allocations is written to descriptor 2 at the end.
 * Threads: any. Uses glibc's own allocator below its public names. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static unsigned long count, fails_at;
static int own_only, begun;

static int is_programs(const void *address)
{
    Dl_info of_address, of_program;
    return dladdr(address, &of_address) != 0 && dladdr((const void *)getauxval(AT_ENTRY), &of_program) != 0 &&
           of_address.dli_fbase == of_program.dli_fbase;
}

/* Counts from main(): what the constructors of libraries do without memory is theirs. */
int __libc_start_main(int (*program)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*loader_fini)(void), void *stack_end)
{
    int (*real)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void), void (*)(void), void *);
    *(void **)&real = dlsym(RTLD_NEXT, "__libc_start_main");
    const char *text = getenv("FAIL_ALLOCATION");
    fails_at = text == NULL ? 0 : strtoul(text, NULL, 10);
    own_only = getenv("FAIL_OWN") != NULL;
    begun = 1;
    return real(program, argc, argv, init, fini, loader_fini, stack_end);
}

__attribute__((destructor)) static void end(void)
{
    if (getenv("FAIL_REPORT") != NULL)
        dprintf(2, "allocations %lu\n", count);
}

static int is_due(const void *caller)
{
    if (!begun || (own_only && !is_programs(caller)))
        return 0;
    return __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) == fails_at;
}

static void *none(void)
{
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t size)
{
    return is_due(__builtin_return_address(0)) ? none() : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    return is_due(__builtin_return_address(0)) ? none() : __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
    return is_due(__builtin_return_address(0)) ? none() : __libc_realloc(old, size);
}
