/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/slice.h>

struct rr_slice rr_slice_from(const char *text)
{
    return (struct rr_slice){ text, text != NULL ? strlen(text) : 0 };
}

bool rr_slice_equals(struct rr_slice a, struct rr_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

bool rr_slice_equals_nocase(struct rr_slice a, struct rr_slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

int rr_slice_compare(struct rr_slice a, struct rr_slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.ptr, b.ptr, common) : 0;
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool rr_slice_starts_with(struct rr_slice text, struct rr_slice prefix)
{
    return prefix.len <= text.len && rr_slice_equals(rr_slice_first(text, prefix.len), prefix);
}

bool rr_slice_ends_with(struct rr_slice text, struct rr_slice suffix)
{
    return suffix.len <= text.len && rr_slice_equals(rr_slice_from_offset(text, text.len - suffix.len), suffix);
}

size_t rr_slice_find(struct rr_slice text, char byte)
{
    const char *found = text.len > 0 ? memchr(text.ptr, byte, text.len) : NULL;
    return found != NULL ? (size_t)(found - text.ptr) : text.len;
}

bool rr_slice_contains_byte(struct rr_slice text, char byte)
{
    return rr_slice_find(text, byte) < text.len;
}

struct rr_slice rr_slice_from_offset(struct rr_slice text, size_t start)
{
    if (start >= text.len)
        return (struct rr_slice){ 0 };
    return (struct rr_slice){ text.ptr + start, text.len - start };
}

struct rr_slice rr_slice_first(struct rr_slice text, size_t len)
{
    return (struct rr_slice){ text.ptr, len < text.len ? len : text.len };
}

struct rr_slice rr_slice_cut(struct rr_slice *rest, char separator)
{
    size_t at = rr_slice_find(*rest, separator);
    struct rr_slice before = rr_slice_first(*rest, at);
    *rest = rr_slice_from_offset(*rest, at < rest->len ? at + 1 : at);
    return before;
}

struct rr_slice rr_slice_trim(struct rr_slice text)
{
    while (text.len > 0 && rr_is_blank(text.ptr[0]))
        text = rr_slice_from_offset(text, 1);
    while (text.len > 0 && rr_is_blank(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/* RFC 3629, section 4. */
size_t rr_slice_utf8_length(struct rr_slice text)
{
    if (text.len == 0)
        return 0;
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    unsigned char first = bytes[0];
    if (first < 0x80)
        return 1;
    size_t need = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || need > text.len)
        return 0;
    for (size_t i = 1; i < need; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    unsigned char second = bytes[1];
    bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    bool surrogate = first == 0xed && second > 0x9f;
    bool too_large = first == 0xf4 && second > 0x8f;
    return overlong || surrogate || too_large ? 0 : need;
}

/* How many bytes from the front are ASCII, in words of eight. */
static size_t ascii_words_length(struct rr_slice text)
{
    size_t len = 0;
    uint64_t word;
    while (text.len - len >= sizeof(word)) {
        memcpy(&word, text.ptr + len, sizeof(word));
        if ((word & UINT64_C(0x8080808080808080)) != 0)
            break;
        len += sizeof(word);
    }
    return len;
}

bool rr_slice_is_utf8(struct rr_slice text)
{
    for (;;) {
        text = rr_slice_from_offset(text, ascii_words_length(text));
        if (text.len == 0)
            return true;
        size_t len = rr_slice_utf8_length(text);
        if (len == 0)
            return false;
        text = rr_slice_from_offset(text, len);
    }
}

bool rr_slice_has_control(struct rr_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte < 0x20 || byte == 0x7f)
            return true;
    }
    return false;
}
