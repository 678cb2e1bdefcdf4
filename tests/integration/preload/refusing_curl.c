/* SPDX-License-Identifier: Apache-2.0 */
/* A libcurl that refuses one option, CURLOPT_URL, as one that was built without it would. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>

enum { OPTION_URL = 10002, UNKNOWN_OPTION = 48 };

int curl_easy_setopt(void *handle, int option, ...)
{
    va_list arguments;
    va_start(arguments, option);
    void *value = va_arg(arguments, void *);
    va_end(arguments);
    if (option == OPTION_URL)
        return UNKNOWN_OPTION;
    int (*real)(void *, int, ...) = (int (*)(void *, int, ...))dlsym(RTLD_NEXT, "curl_easy_setopt");
    return real(handle, option, value);
}
