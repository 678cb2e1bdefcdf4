/* progress: a line on a terminal's stderr that tells how far a long listing is. Threads: one. */
#ifndef RR_APP_PROGRESS_H
#define RR_APP_PROGRESS_H

#include <redisrestore/base/core.h>

struct rr_progress {
    bool on;    /* stderr is a terminal */
    bool shown; /* something stands on the line */
};

void rr_progress_init(struct rr_progress *progress);
/* For struct rr_discovery_context.on_progress: `context` is a struct rr_progress. The first page is not worth a line.
 */
void rr_progress_page(void *context, uint64_t pages, uint64_t objects);
void rr_progress_done(struct rr_progress *progress); /* wipes the line */

#endif
