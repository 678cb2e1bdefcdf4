/* SPDX-License-Identifier: Apache-2.0 */
/* transfer_progress: how far a download is, on stderr (behaviour D-06): on a terminal one line with bytes, rate and
 * remaining time; else a JSON object on a line of its own, once a second, which programs read.
 * Threads: belongs to one thread. */
#ifndef RR_APP_TRANSFER_PROGRESS_H
#define RR_APP_TRANSFER_PROGRESS_H

#include "progress.h"

struct rr_transfer_progress {
    struct rr_progress line; /* of a terminal */
    const char *file;        /* literal: "rdb", "aof"; the one that comes now; NULL: none yet */
    int64_t began_ms, last_ms, next_ms;
};

/* One of the files of a backup. They may be opened before the first is read. */
struct rr_transfer_file {
    struct rr_transfer_progress *progress; /* borrows */
    const char *name;                      /* literal */
};

void rr_transfer_progress_init(struct rr_transfer_progress *progress, int fd, const char *terminal,
                               const struct rr_clock *clock);
/* The on_bytes callback of struct rr_download_progress; the context is a struct rr_transfer_file. The time of a file
 * counts from the end of the one before, or from rr_transfer_progress_init. */
void rr_transfer_progress_on_bytes(void *context, uint64_t bytes, uint64_t size);
void rr_transfer_progress_clear(struct rr_transfer_progress *progress);

#endif
