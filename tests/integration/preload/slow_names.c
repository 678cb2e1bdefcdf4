/* SPDX-License-Identifier: Apache-2.0 */
/* A resolver that never answers for names that end in ".slow.test", and that knows those that end in ".later.test", as
 * 127.0.0.1, from when the file exists that RR_LATER_NAMES names. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends_in(const char *name, const char *suffix)
{
    size_t len = name != NULL ? strlen(name) : 0, suffix_len = strlen(suffix);
    return len >= suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (ends_in(node, ".later.test")) {
        const char *file = getenv("RR_LATER_NAMES");
        if (file == NULL || access(file, F_OK) != 0)
            return EAI_NONAME;
        node = "127.0.0.1";
    }
    while (ends_in(node, ".slow.test"))
        (void)pause();
    return real(node, service, hints, result);
}
