/* SPDX-License-Identifier: Apache-2.0 */
/* escape: foreign text made safe to show on one line (behaviour F-45, F-48).
 * Control bytes, DEL, C1, U+2028/9, bidirectional controls and bytes that are not UTF-8 become \xNN; '\' becomes '\\'.
 * Threads: pure. */
#ifndef RR_BASE_ESCAPE_H
#define RR_BASE_ESCAPE_H

#include <redisrestore/base/buf.h>

/* Appends at most `max_bytes` bytes; a cut text ends in "...". The cut never splits a character or an escape. */
void rr_escape_text(struct rr_buf *buf, struct rr_slice text, size_t max_bytes);
/* Appends `text` as a JSON string with its quotation marks. Bytes that are not UTF-8 become U+FFFD; control bytes, DEL,
 * C1, U+2028/9 and bidirectional controls \uNNNN. */
void rr_escape_json(struct rr_buf *buf, struct rr_slice text);
/* Appends `text` as Go's strconv.Quote writes it, quotation marks included. */
void rr_escape_quoted(struct rr_buf *buf, struct rr_slice text);
/* Appends `text` as Go's slog text handler writes a value: as it is, or in quotation marks with Go's escapes when it is
 * empty, holds a space, '"', '=', or something that does not print. */
void rr_escape_logfmt(struct rr_buf *buf, struct rr_slice text);

#endif
