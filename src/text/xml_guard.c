/* SPDX-License-Identifier: Apache-2.0 */
#include "xml_guard.h"

/* Bytes of plain ASCII from `at` on, by eight: most of a listing is. */
static size_t skip_ascii(struct rr_slice chunk, size_t at)
{
    uint64_t word;
    for (; chunk.len - at >= sizeof word; at += sizeof word) {
        memcpy(&word, chunk.ptr + at, sizeof word);
        if ((word & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    return at;
}

/* The first byte of a character; RFC 3629, 4. */
static bool begin_character(struct rr_xml_guard *guard, unsigned char byte)
{
    guard->lowest = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    guard->highest = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    if (byte < 0x80)
        guard->missing = 0;
    else if (byte >= 0xc2 && byte <= 0xdf)
        guard->missing = 1;
    else if (byte >= 0xe0 && byte <= 0xef)
        guard->missing = 2;
    else if (byte >= 0xf0 && byte <= 0xf4)
        guard->missing = 3;
    else
        return false;
    return true;
}

const char *rr_xml_guard_bytes(struct rr_xml_guard *guard, struct rr_slice chunk)
{
    if (rr_slice_contains_byte(chunk, '\0'))
        return "a NUL byte";
    for (size_t at = 0; at < chunk.len; at++) {
        if (guard->missing == 0)
            at = skip_ascii(chunk, at);
        if (at == chunk.len)
            break;
        unsigned char byte = (unsigned char)chunk.ptr[at];
        if (guard->missing == 0) {
            if (!begin_character(guard, byte))
                return "bytes that are not UTF-8";
            continue;
        }
        if (byte < guard->lowest || byte > guard->highest)
            return "bytes that are not UTF-8";
        guard->lowest = 0x80;
        guard->highest = 0xbf;
        guard->missing--;
    }
    return NULL;
}

/* Offset of `word`, or text.len. */
static size_t find(struct rr_slice text, struct rr_slice word)
{
    size_t at = 0;
    while (at < text.len && !rr_slice_starts_with(rr_slice_from_offset(text, at), word))
        at++;
    return at;
}

/* The encoding of a whole declaration is absent or UTF-8. */
static bool encoding_is_utf8(struct rr_slice declaration)
{
    static const struct rr_slice name = { "encoding", 8 };
    size_t at = find(declaration, name);
    if (at == declaration.len)
        return true;
    struct rr_slice value = rr_slice_trim(rr_slice_from_offset(declaration, at + name.len));
    if (!rr_slice_starts_with(value, RR_LIT("=")))
        return false;
    value = rr_slice_trim(rr_slice_from_offset(value, 1));
    return rr_slice_equals_nocase(rr_slice_first(value, 7), RR_LIT("\"UTF-8\"")) ||
           rr_slice_equals_nocase(rr_slice_first(value, 7), RR_LIT("'UTF-8'"));
}

/* One is the beginning of the other. */
static bool may_become(struct rr_slice text, struct rr_slice whole)
{
    return rr_slice_starts_with(whole, rr_slice_first(text, whole.len));
}

static const char *look_at_start(struct rr_xml_guard *guard)
{
    static const struct rr_slice mark = { "\xef\xbb\xbf", 3 }, declaration = { "<?xml", 5 };
    struct rr_slice text = { guard->start, guard->start_len };
    if (may_become(text, mark)) {
        if (text.len <= mark.len)
            return NULL;
        text = rr_slice_from_offset(text, mark.len);
    }
    if (text.ptr[0] != '<')
        return "no '<' as its first byte";
    if (!may_become(text, declaration) || (text.len > declaration.len && !rr_is_blank(text.ptr[declaration.len]))) {
        guard->started = true;
        return NULL;
    }
    size_t end = find(text, RR_LIT("?>"));
    if (end == text.len)
        return guard->start_len == RR_XML_START_MAX ? "a declaration that does not end" : NULL;
    guard->started = true;
    return encoding_is_utf8(rr_slice_first(text, end)) ? NULL : "another encoding than UTF-8";
}

const char *rr_xml_guard_start(struct rr_xml_guard *guard, struct rr_slice *rest)
{
    const char *wrong = NULL;
    while (wrong == NULL && !guard->started && rest->len > 0) {
        guard->start[guard->start_len++] = rest->ptr[0];
        *rest = rr_slice_from_offset(*rest, 1);
        wrong = look_at_start(guard);
    }
    return wrong;
}
