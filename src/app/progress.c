/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include "output.h"

#include <inttypes.h>
#include <unistd.h>

enum { INTERVAL_MS = 100, LINE_MAX_BYTES = 128 };

/* Carriage return, then "erase to the end of the line" (ECMA-48 EL). */
#define CLEAR_LINE "\r\033[K"

void rr_progress_init(struct rr_progress *progress, int fd, const char *terminal, const struct rr_clock *clock)
{
    struct rr_slice name = rr_slice_from(terminal);
    bool can_clear = name.len > 0 && !rr_slice_equals(name, RR_LIT("dumb"));
    *progress = (struct rr_progress){ .fd = fd, .clock = clock, .enabled = can_clear && isatty(fd) == 1 };
}

static void put(struct rr_progress *progress, struct rr_slice text)
{
    struct rr_error ignored;
    if (!rr_output_write(progress->fd, text, &ignored))
        progress->enabled = false;
}

void rr_progress_show(struct rr_progress *progress, struct rr_slice text)
{
    rr_auto(buf) line = RR_BUF(LINE_MAX_BYTES);
    rr_buf_add(&line, RR_LIT(CLEAR_LINE));
    rr_buf_add(&line, text);
    progress->shown = true;
    put(progress, rr_buf_slice(&line));
}

void rr_progress_on_page(void *context, uint64_t pages, uint64_t objects)
{
    struct rr_progress *progress = context;
    int64_t now_ms = rr_clock_monotonic_ms(progress->clock);
    if (!progress->enabled || pages < 2 || (progress->shown && now_ms < progress->next_ms))
        return;
    progress->next_ms = rr_deadline_after(now_ms, INTERVAL_MS);
    rr_auto(buf) line = RR_BUF(LINE_MAX_BYTES);
    rr_buf_addf(&line, "listing: %" PRIu64 " key%s in %" PRIu64 " pages", objects, rr_plural(objects), pages);
    rr_progress_show(progress, rr_buf_slice(&line));
}

void rr_progress_clear(struct rr_progress *progress)
{
    if (progress->enabled && progress->shown)
        put(progress, RR_LIT(CLEAR_LINE));
    progress->shown = false;
}
