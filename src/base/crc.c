/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/crc.h>

#include <redisrestore/base/bytes.h>

void rr_crc_table_make(struct rr_crc_table *out_table, uint64_t polynomial)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint64_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ polynomial : crc >> 1;
        out_table->of[0][byte] = crc;
    }
    for (int slice = 1; slice < RR_CRC_SLICES; slice++)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint64_t crc = out_table->of[slice - 1][byte];
            out_table->of[slice][byte] = crc >> 8 ^ out_table->of[0][crc & 0xff];
        }
}

/* Eight bytes whose last one is followed by `behind` more bytes of the step. */
static inline uint64_t fold(const struct rr_crc_table *table, uint64_t word, int behind)
{
    uint64_t crc = 0;
    for (int i = 0; i < 8; i++)
        crc ^= table->of[behind + 7 - i][word >> 8 * i & 0xff];
    return crc;
}

uint64_t rr_crc_add(const struct rr_crc_table *table, uint64_t crc, struct rr_slice bytes)
{
    const char *at = bytes.ptr, *end = at + bytes.len;
    for (; end - at >= RR_CRC_SLICES; at += RR_CRC_SLICES)
        crc = fold(table, crc ^ rr_little_endian(at, 8), 8) ^ fold(table, rr_little_endian(at + 8, 8), 0);
    for (; at < end; at++)
        crc = crc >> 8 ^ table->of[0][(crc ^ (unsigned char)*at) & 0xff];
    return crc;
}
