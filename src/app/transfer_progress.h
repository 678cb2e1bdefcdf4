/* SPDX-License-Identifier: Apache-2.0 */
/* transfer_progress: how far a download is, on stderr (behaviour D-06): on a terminal one line with bytes, rate and
 * remaining time; else a JSON object on a line of its own, once a second, which programs read.
 * Threads: belongs to one thread. */
#ifndef RR_APP_TRANSFER_PROGRESS_H
#define RR_APP_TRANSFER_PROGRESS_H

#include "progress.h"

struct rr_transfer_progress {
    struct rr_progress line; /* of a terminal */
    const char *file;        /* literal: "rdb", "aof" */
    int64_t began_ms, next_ms;
    bool has_begun;
};

void rr_transfer_progress_init(struct rr_transfer_progress *progress, int fd, const char *terminal,
                               const struct rr_clock *clock);
/* Another file begins. */
void rr_transfer_progress_begin(struct rr_transfer_progress *progress, const char *file);
/* The on_bytes callback of struct rr_download_progress; the context is a struct rr_transfer_progress. */
void rr_transfer_progress_on_bytes(void *context, uint64_t bytes, uint64_t size);
void rr_transfer_progress_clear(struct rr_transfer_progress *progress);

#endif
