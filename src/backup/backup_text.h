/* SPDX-License-Identifier: Apache-2.0 */
/* backup_text: texts copied into memory that is used again and again. Threads: pure. */
#ifndef RR_BACKUP_BACKUP_TEXT_H
#define RR_BACKUP_BACKUP_TEXT_H

#include <redisrestore/base/buf.h>

/* Replaces what *buf holds; its maximum grows with the text, whose length the caller has capped. */
static inline void rr_backup_text_set(struct rr_buf *buf, struct rr_slice text)
{
    rr_buf_clear(buf);
    if (buf->max < text.len)
        buf->max = text.len;
    rr_buf_add(buf, text);
}

#endif
