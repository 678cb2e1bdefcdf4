/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/escape.h>

#include <stdio.h>

/* The code point of a well-formed character of `len` bytes. */
static uint32_t decode(struct rr_slice text, size_t len)
{
    static const uint8_t first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    uint32_t point = (uint32_t)(unsigned char)text.ptr[0] & first_bits[len];
    for (size_t i = 1; i < len; i++)
        point = point << 6 | ((unsigned char)text.ptr[i] & 0x3f);
    return point;
}

/* Characters that a terminal or a log reader may act upon: controls, DEL, C1, line and paragraph separators. */
static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x2028 || point == 0x2029;
}

/* Characters that change the order in which text is shown (Unicode UAX #9: marks, embeddings, overrides, isolates). */
static bool is_bidirectional(uint32_t point)
{
    return point == 0x061c || point == 0x200e || point == 0x200f || (point >= 0x202a && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

/* One character of `text` made safe; returns the bytes of `text` it stands for. 16 bytes hold four escaped bytes. */
static size_t escape_one(struct rr_slice text, char out[17], size_t *out_len)
{
    size_t len = rr_slice_utf8_length(text);
    uint32_t point = len > 0 ? decode(text, len) : 0;
    if (len > 0 && !is_control(point) && !is_bidirectional(point)) {
        size_t at = 0;
        if (point == '\\')
            out[at++] = '\\';
        memcpy(out + at, text.ptr, len);
        *out_len = at + len;
        return len;
    }
    len = len > 0 ? len : 1;
    for (size_t i = 0; i < len; i++)
        (void)snprintf(out + 4 * i, 5, "\\x%02x", (unsigned)(unsigned char)text.ptr[i]);
    *out_len = 4 * len;
    return len;
}

void rr_escape_text(struct rr_buf *buf, struct rr_slice text, size_t max_bytes)
{
    const struct rr_slice dots = RR_LIT("...");
    size_t start = buf->len, fits_until = buf->len;
    while (text.len > 0) {
        char piece[17];
        size_t piece_len, used = escape_one(text, piece, &piece_len);
        size_t written = buf->len - start;
        if (written + piece_len > max_bytes || buf->overflow) {
            if (!buf->overflow && max_bytes >= dots.len) {
                buf->len = fits_until;
                rr_buf_add(buf, dots);
            }
            return;
        }
        rr_buf_add(buf, (struct rr_slice){ piece, piece_len });
        if (buf->len - start + dots.len <= max_bytes)
            fits_until = buf->len;
        text = rr_slice_from_offset(text, used);
    }
}

static void json_character(struct rr_buf *buf, struct rr_slice character, uint32_t point)
{
    switch (point) {
    case '"':
        rr_buf_add(buf, RR_LIT("\\\""));
        break;
    case '\\':
        rr_buf_add(buf, RR_LIT("\\\\"));
        break;
    case '\n':
        rr_buf_add(buf, RR_LIT("\\n"));
        break;
    case '\r':
        rr_buf_add(buf, RR_LIT("\\r"));
        break;
    case '\t':
        rr_buf_add(buf, RR_LIT("\\t"));
        break;
    default:
        if (is_control(point) || is_bidirectional(point))
            rr_buf_addf(buf, "\\u%04x", (unsigned)point);
        else
            rr_buf_add(buf, character);
    }
}

/* How many bytes from the front stand for themselves in JSON. Nearly all text is such, and taken in one piece it costs
 * a tenth of what its characters would. */
static size_t plain_length(struct rr_slice text)
{
    size_t len = 0;
    while (len < text.len && text.ptr[len] >= ' ' && text.ptr[len] < 0x7f && text.ptr[len] != '"' &&
           text.ptr[len] != '\\')
        len++;
    return len;
}

void rr_escape_json(struct rr_buf *buf, struct rr_slice text)
{
    rr_buf_add_byte(buf, '"');
    for (;;) {
        size_t plain = plain_length(text);
        rr_buf_add(buf, rr_slice_first(text, plain));
        text = rr_slice_from_offset(text, plain);
        if (text.len == 0)
            break;
        size_t len = rr_slice_utf8_length(text);
        if (len == 0)
            rr_buf_add(buf, RR_LIT("\xef\xbf\xbd"));
        else
            json_character(buf, rr_slice_first(text, len), decode(text, len));
        text = rr_slice_from_offset(text, len > 0 ? len : 1);
    }
    rr_buf_add_byte(buf, '"');
}

/* Spaces other than ' ', format characters, private use and noncharacters. Code points that Unicode has not assigned
 * yet count as printable here, unlike in Go: that table would change with every version. */
static bool is_printable(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } unprintable[] = {
        { 0x0000, 0x001f }, { 0x007f, 0x00a0 }, { 0x00ad, 0x00ad },   { 0x0600, 0x0605 },    { 0x061c, 0x061c },
        { 0x06dd, 0x06dd }, { 0x070f, 0x070f }, { 0x1680, 0x1680 },   { 0x180e, 0x180e },    { 0x2000, 0x200f },
        { 0x2028, 0x202f }, { 0x205f, 0x206f }, { 0x3000, 0x3000 },   { 0xe000, 0xf8ff },    { 0xfeff, 0xfeff },
        { 0xfff9, 0xfffb }, { 0xfffe, 0xffff }, { 0xe0001, 0xe007f }, { 0xf0000, 0x10ffff },
    };
    for (size_t i = 0; i < RR_COUNT(unprintable); i++)
        if (point >= unprintable[i].first && point <= unprintable[i].last)
            return false;
    return true;
}

static bool needs_quotes(struct rr_slice text)
{
    if (text.len == 0)
        return true;
    while (text.len > 0) {
        size_t len = rr_slice_utf8_length(text);
        uint32_t point = len > 0 ? decode(text, len) : 0;
        if (len == 0 || point == ' ' || point == '"' || point == '=' || point == 0xfffd || !is_printable(point))
            return true;
        text = rr_slice_from_offset(text, len);
    }
    return false;
}

/* As strconv.Quote: the short escapes of C, then \xNN, \uNNNN, \UNNNNNNNN. */
static void quoted_character(struct rr_buf *buf, struct rr_slice character, uint32_t point)
{
    static const char shorts[] = "\aa\bb\ff\nn\rr\tt\vv\"\"\\\\";
    for (size_t i = 0; i + 1 < sizeof(shorts) - 1; i += 2) {
        if (point == (uint32_t)shorts[i]) {
            rr_buf_add_byte(buf, '\\');
            rr_buf_add_byte(buf, shorts[i + 1]);
            return;
        }
    }
    if (point == ' ' || is_printable(point))
        rr_buf_add(buf, character);
    else if (point < ' ' || point == 0x7f)
        rr_buf_addf(buf, "\\x%02x", (unsigned)point);
    else
        rr_buf_addf(buf, point < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)point);
}

void rr_escape_quoted(struct rr_buf *buf, struct rr_slice text)
{
    rr_buf_add_byte(buf, '"');
    while (text.len > 0) {
        size_t len = rr_slice_utf8_length(text);
        if (len == 0)
            rr_buf_addf(buf, "\\x%02x", (unsigned)(unsigned char)text.ptr[0]);
        else
            quoted_character(buf, rr_slice_first(text, len), decode(text, len));
        text = rr_slice_from_offset(text, len > 0 ? len : 1);
    }
    rr_buf_add_byte(buf, '"');
}

void rr_escape_logfmt(struct rr_buf *buf, struct rr_slice text)
{
    if (needs_quotes(text))
        rr_escape_quoted(buf, text);
    else
        rr_buf_add(buf, text);
}
