/* SPDX-License-Identifier: Apache-2.0 */
/* progress: one line on stderr, if it is a terminal, with the progress of a long listing. It is shown from the second
 * page on, because a listing of one page ends too soon to be read. Threads: belongs to one thread. */
#ifndef RR_APP_PROGRESS_H
#define RR_APP_PROGRESS_H

#include <redisrestore/base/clock.h>
#include <redisrestore/base/slice.h>

struct rr_progress {
    int fd; /* borrows */
    const struct rr_clock *clock;
    bool enabled, shown;
    int64_t next_ms; /* earliest time of the next update */
};

/* Enabled if `fd` is a terminal that can clear a line. `terminal` is the value of TERM, or NULL. */
void rr_progress_init(struct rr_progress *progress, int fd, const char *terminal, const struct rr_clock *clock);
/* The on_progress callback of struct rr_discovery_context; the context is a struct rr_progress. */
void rr_progress_on_page(void *context, uint64_t pages, uint64_t objects);
/* Replaces the line, if it is enabled. */
void rr_progress_show(struct rr_progress *progress, struct rr_slice text);
void rr_progress_clear(struct rr_progress *progress);

#endif
