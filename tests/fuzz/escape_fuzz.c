/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes become one line of printable UTF-8: no control byte, no C1, no separator and no bidirectional control, and
 * nothing longer than was asked for. The first byte is how long the text may be. */
#include <redisrestore/base/escape.h>
#include <redisrestore/base/heap.h>

static uint32_t code_point(const unsigned char *at, size_t *out_bytes)
{
    if (at[0] < 0x80) {
        *out_bytes = 1;
        return at[0];
    }
    size_t bytes = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    uint32_t point = at[0] & (0xffU >> (bytes + 1));
    for (size_t i = 1; i < bytes; i++)
        point = point << 6 | (at[i] & 0x3fU);
    *out_bytes = bytes;
    return point;
}

static bool is_shown(uint32_t point)
{
    bool is_control = point < 0x20 || (point >= 0x7f && point <= 0x9f);
    bool is_separator = point == 0x2028 || point == 0x2029;
    bool is_bidi = point == 0x061c || point == 0x200e || point == 0x200f || (point >= 0x202a && point <= 0x202e) ||
                   (point >= 0x2066 && point <= 0x2069);
    return !is_control && !is_separator && !is_bidi;
}

static void check_line(struct rr_slice line)
{
    rr_assert(rr_slice_is_utf8(line));
    for (size_t at = 0, bytes; at < line.len; at += bytes)
        rr_assert(is_shown(code_point((const unsigned char *)line.ptr + at, &bytes)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct rr_slice text = { (const char *)data + 1, size - 1 };
    void (*const writers[])(struct rr_buf *, struct rr_slice) = { rr_escape_json, rr_escape_quoted, rr_escape_logfmt };
    for (size_t i = 0; i < RR_COUNT(writers); i++) {
        rr_auto(buf) line = RR_BUF(1 << 24);
        struct rr_error err = { 0 };
        writers[i](&line, text);
        rr_assert(rr_buf_ok(&line, &err));
        check_line(rr_buf_slice(&line));
    }
    rr_auto(buf) cut = RR_BUF(1 << 24);
    rr_escape_text(&cut, text, data[0]);
    rr_assert(cut.len <= data[0]);
    check_line(rr_buf_slice(&cut));
    return 0;
}
