/* SPDX-License-Identifier: Apache-2.0 */
/* other_roots: preloaded, lets who opens the system's bundle of authorities read the file ROOTS_FILE instead.
 * Threads: any. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *moved(const char *path)
{
    const char *roots = getenv("ROOTS_FILE");
    return roots != NULL && strcmp(path, "/etc/ssl/certs/ca-certificates.crt") == 0 ? roots : path;
}

FILE *fopen(const char *path, const char *mode)
{
    FILE *(*real)(const char *, const char *);
    *(void **)&real = dlsym(RTLD_NEXT, "fopen");
    return real(moved(path), mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    return fopen(path, mode);
}
