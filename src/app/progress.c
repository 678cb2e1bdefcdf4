#include "progress.h"

#include <stdio.h>
#include <unistd.h>

void rr_progress_init(struct rr_progress *progress)
{
    *progress = (struct rr_progress){ .on = isatty(STDERR_FILENO) == 1 };
}

void rr_progress_page(void *context, uint64_t pages, uint64_t objects)
{
    struct rr_progress *progress = context;
    if (!progress->on || pages < 2)
        return;
    (void)fprintf(stderr, "\r\033[Klisting: %llu keys in %llu pages", (unsigned long long)objects,
                  (unsigned long long)pages);
    (void)fflush(stderr);
    progress->shown = true;
}

void rr_progress_done(struct rr_progress *progress)
{
    if (progress->shown)
        (void)fputs("\r\033[K", stderr);
    progress->shown = false;
}
