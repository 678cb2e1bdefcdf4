/* SPDX-License-Identifier: Apache-2.0 */
/* crc: reflected cyclic redundancy checks of up to 64 bits, sixteen bytes a step.
 * Threads: a table may be shared once it is made. */
#ifndef RR_BASE_CRC_H
#define RR_BASE_CRC_H

#include <redisrestore/base/slice.h>

/* Polynomials, with their bits reversed. Redis' checksum begins with 0 and is not inverted at the end; the others begin
 * with all bits set and are inverted. */
#define RR_CRC64_REDIS 0x95ac9329ac4bc9b5U /* "123456789" gives 0xe9c6d914c4b8d9ca */
#define RR_CRC64_NVME  0x9a6c9329ac4bc9b5U /* 0xae8b14860a799888 */
#define RR_CRC32C      0x82f63b78U         /* 0xe3069283 */
#define RR_CRC32       0xedb88320U         /* 0xcbf43926; that of gzip and zip */

enum { RR_CRC_SLICES = 16 }; /* bytes for each step: about five times as fast as one byte */

/* 32 KiB. Made in microseconds, so each parser has its own and the room needs no global state. */
struct rr_crc_table {
    uint64_t of[RR_CRC_SLICES][256];
};

void rr_crc_table_make(struct rr_crc_table *out_table, uint64_t polynomial);
/* The checksum of what `crc` is the checksum of, followed by `bytes`. */
uint64_t rr_crc_add(const struct rr_crc_table *table, uint64_t crc, struct rr_slice bytes);

#endif
