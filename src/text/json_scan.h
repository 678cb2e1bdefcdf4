/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan: over the inside of strings, most of any JSON, eight bytes at a time. Threads: pure. */
#ifndef RR_TEXT_JSON_SCAN_H
#define RR_TEXT_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t rr_json_zero_bytes(uint64_t word)
{
    return (word - UINT64_C(0x0101010101010101)) & ~word & UINT64_C(0x8080808080808080);
}

/* A bit in each byte that is a quotation mark, a backslash or a control byte; behind the first such byte (in the order
 * of significance) it may be wrong. */
static inline uint64_t rr_json_special_bytes(uint64_t word)
{
    uint64_t control = (word - UINT64_C(0x2020202020202020)) & ~word & UINT64_C(0x8080808080808080);
    return control | rr_json_zero_bytes(word ^ UINT64_C(0x2222222222222222)) |
           rr_json_zero_bytes(word ^ UINT64_C(0x5c5c5c5c5c5c5c5c));
}

/* The first of these bytes, or the end. */
static inline const char *rr_json_skip_plain(const char *at, const char *end)
{
    for (uint64_t word; end - at >= (ptrdiff_t)sizeof(word); at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        uint64_t special = rr_json_special_bytes(word);
        if (special == 0)
            continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        return at + __builtin_ctzll(special) / 8;
#else
        break;
#endif
    }
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
        at++;
    return at;
}

#endif
