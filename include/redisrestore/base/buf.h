/* SPDX-License-Identifier: Apache-2.0 */
/* buf: owned text that grows up to a maximum, which is set at the start.
 * Appending never fails. Text that does not fit is dropped, and the buffer remembers that: check rr_buf_ok once at the
 * end. Threads: a buffer belongs to one thread at a time. */
#ifndef RR_BASE_BUF_H
#define RR_BASE_BUF_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

struct rr_buf {
    char *ptr;            /* owns; ends in a NUL at ptr[len]; NULL before the first text */
    size_t len, cap, max; /* bytes: of the text; of the allocation, with the NUL; limit of `len` */
    bool overflow;        /* something was dropped */
    bool secret;          /* its memory is wiped before it is freed (behaviour F-49) */
};

/* Initialize an empty buffer for at most `maximum` bytes of text. */
#define RR_BUF(maximum)                                                                                                \
    {                                                                                                                  \
        .max = (maximum)                                                                                               \
    }

#define RR_SECRET_BUF(maximum)                                                                                         \
    {                                                                                                                  \
        .max = (maximum), .secret = true                                                                               \
    }

/* Frees the text. The buffer is then empty and may be used again. */
void rr_buf_done(struct rr_buf *buf);
/* Append. A text that does not fit is dropped as a whole, and so is every later one. */
void rr_buf_add(struct rr_buf *buf, struct rr_slice text);
void rr_buf_add_byte(struct rr_buf *buf, char byte);
RR_PRINTF(2, 3) void rr_buf_addf(struct rr_buf *buf, const char *format, ...);
/* Returns the ending of a noun for this count: "%zu key%s" gives "1 key" and "3 keys". */
static inline const char *rr_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* Empties the buffer and resets `overflow`. Keeps the memory. */
void rr_buf_clear(struct rr_buf *buf);
/* Replaces the content by `text`, which must not be a part of it. A text over the maximum is dropped, as by rr_buf_add.
 */
void rr_buf_set(struct rr_buf *buf, struct rr_slice text);
/* The same, but raises the maximum to the length of `text` if necessary: for a text whose length is already limited. */
void rr_buf_set_whole(struct rr_buf *buf, struct rr_slice text);
/* Drops the first `len` bytes. */
void rr_buf_consume(struct rr_buf *buf, size_t len);
struct rr_slice rr_buf_slice(const struct rr_buf *buf); /* borrows until the next change */
const char *rr_buf_text(const struct rr_buf *buf);      /* the same as a C string; "" if empty */
/* Fails with RR_E_TOO_BIG if something was dropped since the start or the last rr_buf_clear. */
RR_MUST_USE bool rr_buf_ok(const struct rr_buf *buf, struct rr_error *err);

#endif
