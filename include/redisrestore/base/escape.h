/* SPDX-License-Identifier: Apache-2.0 */
/* escape: makes text from outside safe to show on one line (behaviour F-45, F-48).
 * Control bytes, DEL, C1 controls, U+2028, U+2029, bidirectional controls and bytes that are not UTF-8 become \xNN; '\'
 * becomes '\\'.
 * Threads: pure. */
#ifndef RR_BASE_ESCAPE_H
#define RR_BASE_ESCAPE_H

#include <redisrestore/base/buf.h>

/* Appends the escaped text, at most `max_bytes` bytes of it. A text that is cut ends in "...". The cut never splits a
 * character or an escape. */
void rr_escape_text(struct rr_buf *buf, struct rr_slice text, size_t max_bytes);
/* Appends `text` as a JSON string, quotation marks included. Bytes that are not UTF-8 become U+FFFD. Control bytes,
 * DEL, C1 controls, U+2028, U+2029 and bidirectional controls become \uNNNN. */
void rr_escape_json(struct rr_buf *buf, struct rr_slice text);
/* Appends `text` as Go's strconv.Quote writes it, quotation marks included. */
void rr_escape_quoted(struct rr_buf *buf, struct rr_slice text);
/* Appends `text` as Go's slog text handler writes a value: unchanged, or in quotation marks with Go's escapes if it is
 * empty or contains a space, '"', '=' or a character that is not printable. */
void rr_escape_logfmt(struct rr_buf *buf, struct rr_slice text);

#endif
