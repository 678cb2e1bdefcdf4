/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/buf.h>

#include <redisrestore/base/mem.h>

#include <stdarg.h>
#include <stdio.h>

enum { FIRST_CAPACITY = 64, SHORT_BYTES = 128 };

void rr_buf_done(struct rr_buf *buf)
{
    if (buf == NULL)
        return;
    if (buf->secret)
        rr_wipe(buf->ptr, buf->cap);
    rr_free(buf->ptr);
    *buf = (struct rr_buf){ .max = buf->max, .secret = buf->secret };
}

/* realloc(3) would leave a copy behind that is never wiped. */
static void grow(struct rr_buf *buf, size_t cap)
{
    if (buf->secret) {
        char *grown = rr_alloc(cap);
        if (buf->ptr != NULL)
            memcpy(grown, buf->ptr, buf->len + 1);
        rr_wipe(buf->ptr, buf->cap);
        rr_free(buf->ptr);
        buf->ptr = grown;
    } else {
        buf->ptr = rr_realloc(buf->ptr, cap);
    }
    buf->cap = cap;
}

/* Room for `len` more bytes and the NUL, or overflow. `max` counts text without the NUL. */
static bool reserve(struct rr_buf *buf, size_t len)
{
    if (buf->overflow || len > buf->max - buf->len) {
        buf->overflow = true;
        return false;
    }
    size_t need = buf->len + len + 1;
    if (need <= buf->cap)
        return true;
    size_t cap = buf->cap > 0 ? buf->cap : FIRST_CAPACITY;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : 2 * cap;
    if (cap - 1 > buf->max)
        cap = buf->max + 1;
    grow(buf, cap);
    return true;
}

void rr_buf_add(struct rr_buf *buf, struct rr_slice text)
{
    if (!reserve(buf, text.len))
        return;
    if (text.len > 0)
        memcpy(buf->ptr + buf->len, text.ptr, text.len);
    buf->len += text.len;
    buf->ptr[buf->len] = '\0';
}

void rr_buf_add_byte(struct rr_buf *buf, char byte)
{
    rr_buf_add(buf, (struct rr_slice){ &byte, 1 });
}

void rr_buf_addf(struct rr_buf *buf, const char *format, ...)
{
    va_list arguments, again;
    char local[SHORT_BYTES];
    va_start(arguments, format);
    va_copy(again, arguments);
    /* Short texts, and those that fit the free space, are formatted once. Others are cut first, and written again. */
    size_t room = buf->overflow ? 0 : buf->cap - buf->len;
    bool in_place = room > sizeof local;
    if (!in_place)
        room = sizeof local;
    int len = vsnprintf(in_place ? buf->ptr + buf->len : local, room, format, arguments);
    va_end(arguments);
    rr_assert(len >= 0);
    bool fits = (size_t)len < room;
    if (in_place && !fits)
        buf->ptr[buf->len] = '\0';
    if ((fits && in_place) || reserve(buf, (size_t)len)) {
        if (!fits)
            (void)vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, again);
        else if (!in_place)
            memcpy(buf->ptr + buf->len, local, (size_t)len + 1);
        buf->len += (size_t)len;
    }
    va_end(again);
    if (buf->secret)
        rr_wipe(local, sizeof local);
}

void rr_buf_clear(struct rr_buf *buf)
{
    buf->len = 0;
    buf->overflow = false;
    if (buf->ptr != NULL)
        buf->ptr[0] = '\0';
}

void rr_buf_set(struct rr_buf *buf, struct rr_slice text)
{
    rr_buf_clear(buf);
    rr_buf_add(buf, text);
}

void rr_buf_set_whole(struct rr_buf *buf, struct rr_slice text)
{
    if (buf->max < text.len)
        buf->max = text.len;
    rr_buf_set(buf, text);
}

void rr_buf_consume(struct rr_buf *buf, size_t len)
{
    rr_assert(len <= buf->len);
    if (len == 0)
        return;
    memmove(buf->ptr, buf->ptr + len, buf->len - len + 1);
    buf->len -= len;
}

struct rr_slice rr_buf_slice(const struct rr_buf *buf)
{
    return (struct rr_slice){ buf->ptr, buf->len };
}

const char *rr_buf_text(const struct rr_buf *buf)
{
    return buf->ptr != NULL ? buf->ptr : "";
}

bool rr_buf_ok(const struct rr_buf *buf, struct rr_error *err)
{
    if (!buf->overflow)
        return true;
    return rr_fail(err, RR_E_TOO_BIG, "a text is longer than %zu bytes", buf->max);
}
