/* A resolver that never answers for names that end in ".slow.test". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    static const char suffix[] = ".slow.test";
    size_t len = node != NULL ? strlen(node) : 0;
    if (len >= sizeof(suffix) - 1 && strcmp(node + len - (sizeof(suffix) - 1), suffix) == 0)
        for (;;)
            (void)pause();
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, result);
}
