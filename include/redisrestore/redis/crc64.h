/* SPDX-License-Identifier: Apache-2.0 */
/* crc64: the checksum at the end of an RDB file (CRC-64/Redis: polynomial 0xad93d23594c935a9, reflected, initial
 * value 0, no final inversion; "123456789" gives 0xe9c6d914c4b8d9ca).
 * Threads: a table may be shared once it is made. */
#ifndef RR_REDIS_CRC64_H
#define RR_REDIS_CRC64_H

#include <redisrestore/base/slice.h>

enum { RR_CRC64_SLICES = 16 }; /* bytes for each step: about five times as fast as one byte */

/* 32 KiB. Made in microseconds, so each parser has its own and the room needs no global state. */
struct rr_crc64_table {
    uint64_t of[RR_CRC64_SLICES][256];
};

void rr_crc64_table_make(struct rr_crc64_table *out_table);
/* The checksum of what `crc` is the checksum of, followed by `bytes`. */
uint64_t rr_crc64_add(const struct rr_crc64_table *table, uint64_t crc, struct rr_slice bytes);

#endif
