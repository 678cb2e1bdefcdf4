/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/core.h>

#include <unistd.h>

_Noreturn void rr_die(const char *words)
{
    char line[256];
    size_t len = strnlen(words, sizeof(line) - 1);
    memcpy(line, words, len);
    line[len] = '\n';
    ssize_t written = write(STDERR_FILENO, line, len + 1);
    (void)written; /* nothing is left to do about it */
    _exit(1);
}
