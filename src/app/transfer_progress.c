/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer_progress.h"

#include "output.h"

#include <inttypes.h>

enum { TERMINAL_INTERVAL_MS = 100, LINES_INTERVAL_MS = 1000, LINE_MAX_BYTES = 256 };

#define MIB ((double)(1024 * 1024))

static int64_t interval_ms_of(const struct rr_transfer_progress *progress)
{
    return progress->line.enabled ? TERMINAL_INTERVAL_MS : LINES_INTERVAL_MS;
}

void rr_transfer_progress_init(struct rr_transfer_progress *progress, int fd, const char *terminal,
                               const struct rr_clock *clock)
{
    *progress = (struct rr_transfer_progress){ .last_ms = rr_clock_monotonic_ms(clock) };
    rr_progress_init(&progress->line, fd, terminal, clock);
    progress->next_ms = progress->last_ms + interval_ms_of(progress);
}

static void add_terminal_line(const struct rr_transfer_progress *progress, uint64_t bytes, uint64_t size,
                              uint64_t bytes_per_s, struct rr_buf *out_line)
{
    rr_buf_addf(out_line, "%s: %.1f of %.1f MiB, %.1f MiB/s", progress->file, (double)bytes / MIB, (double)size / MIB,
                (double)bytes_per_s / MIB);
    if (bytes_per_s > 0)
        rr_buf_addf(out_line, ", %" PRIu64 " s left", (size - bytes + bytes_per_s - 1) / bytes_per_s);
}

void rr_transfer_progress_on_bytes(void *context, uint64_t bytes, uint64_t size)
{
    const struct rr_transfer_file *file = context;
    struct rr_transfer_progress *progress = file->progress;
    int64_t now_ms = rr_clock_monotonic_ms(progress->line.clock);
    if (progress->file != file->name)
        progress->began_ms = progress->last_ms;
    progress->file = file->name;
    progress->last_ms = now_ms;
    int64_t passed_ms = now_ms - progress->began_ms;
    if (now_ms < progress->next_ms)
        return;
    uint64_t bytes_per_s = passed_ms > 0 ? (uint64_t)((double)bytes * 1000 / (double)passed_ms) : 0;
    rr_auto(buf) line = RR_BUF(LINE_MAX_BYTES);
    struct rr_error ignored;
    progress->next_ms = now_ms + interval_ms_of(progress);
    if (progress->line.enabled) {
        add_terminal_line(progress, bytes, size, bytes_per_s, &line);
        rr_progress_show(&progress->line, rr_buf_slice(&line));
        return;
    }
    rr_buf_addf(&line,
                "{\"progress\":\"%s\",\"bytes\":%" PRIu64 ",\"size\":%" PRIu64 ",\"bytesPerSecond\":%" PRIu64 "}\n",
                progress->file, bytes, size, bytes_per_s);
    (void)!rr_output_write(progress->line.fd, rr_buf_slice(&line), &ignored);
}

void rr_transfer_progress_clear(struct rr_transfer_progress *progress)
{
    rr_progress_clear(&progress->line);
}
