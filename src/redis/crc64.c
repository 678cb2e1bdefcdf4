/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/crc64.h>

#define POLYNOMIAL 0x95ac9329ac4bc9b5U /* 0xad93d23594c935a9 with its bits reversed */

void rr_crc64_table_make(struct rr_crc64_table *out_table)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint64_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
        out_table->of[0][byte] = crc;
    }
    for (int slice = 1; slice < RR_CRC64_SLICES; slice++)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint64_t crc = out_table->of[slice - 1][byte];
            out_table->of[slice][byte] = crc >> 8 ^ out_table->of[0][crc & 0xff];
        }
}

static uint64_t load_le64(const char *bytes)
{
    const unsigned char *at = (const unsigned char *)bytes;
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

/* Eight bytes whose last one is followed by `behind` more bytes of the step. */
static inline uint64_t fold(const struct rr_crc64_table *table, uint64_t word, int behind)
{
    uint64_t crc = 0;
    for (int i = 0; i < 8; i++)
        crc ^= table->of[behind + 7 - i][word >> 8 * i & 0xff];
    return crc;
}

uint64_t rr_crc64_add(const struct rr_crc64_table *table, uint64_t crc, struct rr_slice bytes)
{
    const char *at = bytes.ptr, *end = at + bytes.len;
    for (; end - at >= RR_CRC64_SLICES; at += RR_CRC64_SLICES)
        crc = fold(table, crc ^ load_le64(at), 8) ^ fold(table, load_le64(at + 8), 0);
    for (; at < end; at++)
        crc = crc >> 8 ^ table->of[0][(crc ^ (unsigned char)*at) & 0xff];
    return crc;
}
