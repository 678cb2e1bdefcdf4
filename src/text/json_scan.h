/* json_scan: over the inside of strings, most of any JSON, eight bytes at a time. Threads: pure. */
#ifndef RR_TEXT_JSON_SCAN_H
#define RR_TEXT_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t rr_json_zero_bytes(uint64_t word)
{
    return (word - UINT64_C(0x0101010101010101)) & ~word & UINT64_C(0x8080808080808080);
}

/* Any of the eight is a quotation mark, a backslash or a control byte. */
static inline bool rr_json_word_is_special(uint64_t word)
{
    uint64_t control = (word - UINT64_C(0x2020202020202020)) & ~word & UINT64_C(0x8080808080808080);
    return (control | rr_json_zero_bytes(word ^ UINT64_C(0x2222222222222222)) |
            rr_json_zero_bytes(word ^ UINT64_C(0x5c5c5c5c5c5c5c5c))) != 0;
}

/* The first of these bytes, or the end. */
static inline const char *rr_json_skip_plain(const char *at, const char *end)
{
    for (uint64_t word; end - at >= (ptrdiff_t)sizeof(word); at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        if (rr_json_word_is_special(word))
            break;
    }
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
        at++;
    return at;
}

#endif
