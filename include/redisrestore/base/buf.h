/* SPDX-License-Identifier: Apache-2.0 */
/* buf: text that is owned and grows up to a maximum given at birth.
 * Appending never fails at the call: what does not fit is dropped, overflow sticks, and rr_buf_ok asks once.
 * Threads: a buffer belongs to one thread at a time. */
#ifndef RR_BASE_BUF_H
#define RR_BASE_BUF_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

struct rr_buf {
    char *ptr; /* owns; ptr[len] is always 0 once allocated; NULL before */
    size_t len, cap, max;
    bool overflow;
    bool secret; /* wiped where it is freed or moves, and when it is done (behaviour F-49) */
};

#define RR_BUF(maximum)                                                                                                \
    {                                                                                                                  \
        .max = (maximum)                                                                                               \
    }

#define RR_SECRET_BUF(maximum)                                                                                         \
    {                                                                                                                  \
        .max = (maximum), .secret = true                                                                               \
    }

void rr_buf_done(struct rr_buf *buf);
void rr_buf_add(struct rr_buf *buf, struct rr_slice text);
void rr_buf_add_byte(struct rr_buf *buf, char byte);
RR_PRINTF(2, 3) void rr_buf_addf(struct rr_buf *buf, const char *format, ...);
/* Returns the ending of a noun after its count: "%zu key%s" gives "1 key" and "3 keys". */
static inline const char *rr_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* Empties it, keeps the memory; clears overflow. */
void rr_buf_clear(struct rr_buf *buf);
/* Replaces the content by `text`, which is not part of it. Text over the maximum is an overflow, as for rr_buf_add. */
void rr_buf_set(struct rr_buf *buf, struct rr_slice text);
/* Likewise, but raises the maximum to the length of `text`: for a text whose length is already limited. */
void rr_buf_set_whole(struct rr_buf *buf, struct rr_slice text);
/* Drops the first `len` bytes. */
void rr_buf_consume(struct rr_buf *buf, size_t len);
struct rr_slice rr_buf_slice(const struct rr_buf *buf); /* borrows until the next change */
const char *rr_buf_text(const struct rr_buf *buf);      /* C string, "" when empty; borrows likewise */
/* False with RR_E_TOO_BIG once anything was dropped. */
RR_MUST_USE bool rr_buf_ok(const struct rr_buf *buf, struct rr_error *err);

#endif
