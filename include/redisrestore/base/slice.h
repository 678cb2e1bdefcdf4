/* SPDX-License-Identifier: Apache-2.0 */
/* slice: borrowed text: a pointer and a length. It has no NUL at its end and may contain any byte.
 * Ownership: none. A slice is valid as long as the memory that it points to. Slices that functions return point into
 * their argument. Threads: pure. */
#ifndef RR_BASE_SLICE_H
#define RR_BASE_SLICE_H

#include <redisrestore/base/core.h>

struct rr_slice {
    const char *ptr; /* borrows; may be NULL when len is 0 */
    size_t len;
};

#define RR_LIT(text) ((struct rr_slice){ "" text, sizeof(text) - 1 }) /* of a string literal */
#define RR_ARG(s)    (int)(s).len, (s).ptr != NULL ? (s).ptr : ""     /* for "%.*s" */

/* Borrows a C string; NULL gives the empty slice. */
struct rr_slice rr_slice_from(const char *text);

bool rr_slice_equals(struct rr_slice a, struct rr_slice b);
bool rr_slice_equals_nocase(struct rr_slice a, struct rr_slice b); /* ASCII only */
/* Compares by bytes, as S3 orders keys. Returns a number below, equal to or above 0. */
int rr_slice_compare(struct rr_slice a, struct rr_slice b);
bool rr_slice_starts_with(struct rr_slice text, struct rr_slice prefix);
bool rr_slice_ends_with(struct rr_slice text, struct rr_slice suffix);
bool rr_slice_contains_byte(struct rr_slice text, char byte);
/* Returns the offset of the first `byte`, or text.len if there is none. */
size_t rr_slice_find(struct rr_slice text, char byte);

/* Returns the part from offset `start` on; empty if that is beyond the end. */
struct rr_slice rr_slice_from_offset(struct rr_slice text, size_t start);
/* Returns the first `len` bytes, or fewer if the text is shorter. */
struct rr_slice rr_slice_first(struct rr_slice text, size_t len);
/* Splits *rest at the first `separator`. Returns the part before it, and sets *rest to the part after it. Without a
 * separator it returns all of *rest, and *rest is then empty. */
struct rr_slice rr_slice_cut(struct rr_slice *rest, char separator);
/* Returns true for space, tab, CR and LF: the white space of JSON and XML. */
static inline bool rr_is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Returns the text without blanks at both ends. */
struct rr_slice rr_slice_trim(struct rr_slice text);

/* Returns the length in bytes of the well-formed UTF-8 character at the start; 0 if there is none. */
size_t rr_slice_utf8_length(struct rr_slice text);
/* Returns whether all of the text is well-formed UTF-8 (RFC 3629: no surrogates, nothing over U+10FFFF, no overlong
 * form). */
bool rr_slice_is_utf8(struct rr_slice text);
/* Returns whether the text contains a byte below 0x20, or 0x7f. */
bool rr_slice_has_control(struct rr_slice text);

#endif
