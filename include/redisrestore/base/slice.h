/* SPDX-License-Identifier: Apache-2.0 */
/* slice: borrowed text, a pointer and a length. Not NUL-terminated, may hold any byte.
 * Ownership: none; valid as long as what it points into. Threads: pure functions. */
#ifndef RR_BASE_SLICE_H
#define RR_BASE_SLICE_H

#include <redisrestore/base/core.h>

struct rr_slice {
    const char *ptr; /* borrows; may be NULL when len is 0 */
    size_t len;
};

#define RR_LIT(text) ((struct rr_slice){ "" text, sizeof(text) - 1 })
#define RR_ARG(s)    (int)(s).len, (s).ptr != NULL ? (s).ptr : "" /* for "%.*s" */

/* Borrows a C string; NULL gives the empty slice. */
struct rr_slice rr_slice_from(const char *text);

bool rr_slice_equals(struct rr_slice a, struct rr_slice b);
bool rr_slice_equals_nocase(struct rr_slice a, struct rr_slice b); /* ASCII only */
/* Byte order, as S3 orders keys: <0, 0, >0. */
int rr_slice_compare(struct rr_slice a, struct rr_slice b);
bool rr_slice_starts_with(struct rr_slice text, struct rr_slice prefix);
bool rr_slice_ends_with(struct rr_slice text, struct rr_slice suffix);
bool rr_slice_contains_byte(struct rr_slice text, char byte);
/* Offset of the first `byte`, or text.len. */
size_t rr_slice_find(struct rr_slice text, char byte);

/* The part from `start` on; empty beyond the end. */
struct rr_slice rr_slice_from_offset(struct rr_slice text, size_t start);
/* At most the first `len` bytes. */
struct rr_slice rr_slice_first(struct rr_slice text, size_t len);
/* Cuts *rest at the first `separator`: returns what stands before it, *rest keeps what follows (empty when there was
 * none). */
struct rr_slice rr_slice_cut(struct rr_slice *rest, char separator);
/* True for a space, tab, CR and LF: the blanks of JSON and XML. */
static inline bool rr_is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Without blanks at both ends. */
struct rr_slice rr_slice_trim(struct rr_slice text);

/* Bytes of the well-formed UTF-8 character at the start; 0 when there is none. */
size_t rr_slice_utf8_length(struct rr_slice text);
/* True when every byte is part of well-formed UTF-8 (RFC 3629: no surrogates, nothing over U+10FFFF, no overlong form).
 */
bool rr_slice_is_utf8(struct rr_slice text);
/* True when a byte below 0x20 or 0x7f stands in it. */
bool rr_slice_has_control(struct rr_slice text);

#endif
