/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/crypto/encode.h>

void rr_hex(const uint8_t *bytes, size_t len, char *out_text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out_text[2 * i] = digits[bytes[i] >> 4];
        out_text[2 * i + 1] = digits[bytes[i] & 15];
    }
    out_text[2 * len] = '\0';
}

void rr_base64_encode(struct rr_buf *buf, struct rr_slice bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    for (size_t left = bytes.len; left > 0; left -= left < 3 ? left : 3, at += 3) {
        uint32_t second = left > 1 ? at[1] : 0, third = left > 2 ? at[2] : 0;
        uint32_t group = (uint32_t)at[0] << 16 | second << 8 | third;
        char text[] = { digits[group >> 18], digits[group >> 12 & 63], left > 1 ? digits[group >> 6 & 63] : '=',
                        left > 2 ? digits[group & 63] : '=' };
        rr_buf_add(buf, (struct rr_slice){ text, sizeof text });
    }
}

enum { NOT_BASE64 = -1, PADDING = -2, BLANK = -3 };

static int classify(char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    switch (byte) {
    case '+':
        return 62;
    case '/':
        return 63;
    case '=':
        return PADDING;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return BLANK;
    default:
        return NOT_BASE64;
    }
}

bool rr_base64_decode(struct rr_slice text, struct rr_buf *out_bytes, struct rr_error *err)
{
    uint32_t group = 0;
    int digits = 0, padding = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = classify(text.ptr[i]);
        if (value == BLANK)
            continue;
        if (value == NOT_BASE64)
            return rr_fail(err, RR_E_BAD_INPUT, "not base64: byte %zu is no digit of it", i);
        if (value == PADDING) {
            if (digits + padding == 0 || digits + padding == 4 || digits < 2)
                return rr_fail(err, RR_E_BAD_INPUT, "not base64: misplaced padding");
            padding++;
            continue;
        }
        if (padding > 0)
            return rr_fail(err, RR_E_BAD_INPUT, "not base64: text after the padding");
        group = group << 6 | (uint32_t)value;
        if (++digits < 4)
            continue;
        char bytes[] = { (char)(group >> 16), (char)(group >> 8 & 255), (char)(group & 255) };
        rr_buf_add(out_bytes, (struct rr_slice){ bytes, sizeof bytes });
        group = 0;
        digits = 0;
    }
    if (digits > 0 && digits + padding != 4)
        return rr_fail(err, RR_E_BAD_INPUT, "not base64: the text ends early");
    if (digits == 3)
        rr_buf_add_byte(out_bytes, (char)(group >> 10 & 255));
    if (digits == 3)
        rr_buf_add_byte(out_bytes, (char)(group >> 2 & 255));
    if (digits == 2)
        rr_buf_add_byte(out_bytes, (char)(group >> 4 & 255));
    return rr_buf_ok(out_bytes, err);
}
