/* SPDX-License-Identifier: Apache-2.0 */
/* moving_clock: preloaded, adds the seconds that stand in the file CLOCK_OFFSET_FILE to the wall clock, read at each
 * call. Other clocks stay as they are. Threads: any. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long offset_s(void)
{
    char text[32] = { 0 };
    const char *path = getenv("CLOCK_OFFSET_FILE");
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    ssize_t length = read(file, text, sizeof(text) - 1);
    close(file);
    return length > 0 ? strtol(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t id, struct timespec *out_now)
{
    int result = (int)syscall(SYS_clock_gettime, id, out_now);
    if (result == 0 && id == CLOCK_REALTIME)
        out_now->tv_sec += offset_s();
    return result;
}
