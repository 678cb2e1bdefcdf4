/* SPDX-License-Identifier: Apache-2.0 */
/* crc: reflected cyclic redundancy checks of up to 64 bits: by carry-less multiplication if the processor has it
 * (PCLMULQDQ), otherwise by tables, 16 bytes in each step.
 * Threads: several threads may use a table after it was made. */
#ifndef RR_BASE_CRC_H
#define RR_BASE_CRC_H

#include <redisrestore/base/slice.h>

/* Polynomials, with their bits reversed. Redis' checksum starts from 0, and the result is not inverted. The others
 * start from all bits set, and the caller inverts the result. Each comment has the checksum of "123456789". */
#define RR_CRC64_REDIS 0x95ac9329ac4bc9b5U /* 0xe9c6d914c4b8d9ca */
#define RR_CRC64_NVME  0x9a6c9329ac4bc9b5U /* 0xae8b14860a799888 */
#define RR_CRC32C      0x82f63b78U         /* 0xe3069283 */
#define RR_CRC32       0xedb88320U         /* 0xcbf43926; the one of gzip and zip */

enum { RR_CRC_SLICES = 16 }; /* bytes for each step of the tables */

/* 32 KiB. Making one takes microseconds, so each parser has its own, and there is no global state. */
struct rr_crc_table {
    uint64_t of[RR_CRC_SLICES][256];
    bool folds;               /* uses multiplication; false: `of` alone, with the same result */
    uint64_t far[2], near[2]; /* factors that move 16 bytes by 128 bytes, and by 16 */
};

void rr_crc_table_make(struct rr_crc_table *out_table, uint64_t polynomial);
/* Continues the checksum `crc` of earlier bytes with `bytes`: returns the checksum of both. */
uint64_t rr_crc_add(const struct rr_crc_table *table, uint64_t crc, struct rr_slice bytes);

#endif
