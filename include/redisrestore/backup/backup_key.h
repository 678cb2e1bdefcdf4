/* SPDX-License-Identifier: Apache-2.0 */
/* backup_key: what a key below the prefix says.
 *   {replicationID}/dump-{YYYYMMDD-HHMMSS}.rdb        an RDB
 *   {replicationID}/appendonly-{YYYYMMDD-HHMMSS}.aof  its AOF
 * and the same with .gz, .zst or .lz4 behind. The id is any one path segment that is not empty; the timestamp is 8
 * digits, a dash, 6 digits, not checked as a date. Threads: pure. Ownership: all parts borrow from the key. */
#ifndef RR_BACKUP_BACKUP_KEY_H
#define RR_BACKUP_BACKUP_KEY_H

#include <redisrestore/base/slice.h>

enum rr_backup_kind { RR_BACKUP_RDB, RR_BACKUP_AOF };

/* Of two spellings of one AOF the former is preferred; of one RDB too, where their times are equal. */
#define RR_BACKUP_COMPRESSIONS(X)                                                                                      \
    X(UNCOMPRESSED, "", "", 18)                                                                                        \
    X(GZIP, "Gzip", ".gz", 28)                                                                                         \
    X(ZSTD, "Zstd", ".zst", 19)                                                                                        \
    X(LZ4, "LZ4", ".lz4", 19)

#define RR_BACKUP_COMPRESSION_ENUM(name, text, suffix, min_bytes) RR_BACKUP_##name,
enum rr_backup_compression { RR_BACKUP_COMPRESSIONS(RR_BACKUP_COMPRESSION_ENUM) RR_BACKUP_COMPRESSION_COUNT };
#undef RR_BACKUP_COMPRESSION_ENUM
const char *rr_backup_compression_name(enum rr_backup_compression compression); /* "" when uncompressed */
/* Bytes that an RDB has at least. An RDB of no keys is "REDIS", 4 digits of version, 0xff and a checksum of 8 bytes.
 * Its first 10 bytes cannot be compressed; to these a gzip file adds a header and a trailer of 18 bytes, a zstd frame
 * 9, and an LZ4 frame (the legacy one is the shorter) 9. */
uint64_t rr_backup_rdb_bytes_min(enum rr_backup_compression compression);

/* Why a key is no backup: one list of value and text, for status.discovery.ignoredSample. */
#define RR_BACKUP_ODDITIES(X)                                                                                          \
    X(NONE, "")                                                                                                        \
    X(NOT_UTF8, "the key is not valid UTF-8")                                                                          \
    X(NUL, "a NUL in the replication ID")                                                                              \
    X(FOLDER, "a folder marker")                                                                                       \
    X(NO_FOLDER, "not in a folder of its own below the prefix")                                                        \
    X(BARE, "named like a backup, but not in a folder of its own below the prefix")                                    \
    X(DOUBLE_PREFIX, "the prefix occurs twice in the key")                                                             \
    X(TOO_DEEP, "deeper than {replicationID}/{file}")                                                                  \
    X(EMPTY_ID, "the replication ID is empty")                                                                         \
    X(OTHER_NAME, "neither dump-{timestamp}.rdb nor appendonly-{timestamp}.aof")                                       \
    X(WRONG_CASE, "named like a backup, except for upper and lower case")                                              \
    X(UNKNOWN_SUFFIX, "behind .rdb or .aof only .gz, .zst or .lz4 may stand")                                          \
    X(BAD_TIMESTAMP, "the timestamp is not YYYYMMDD-HHMMSS")                                                           \
    X(TOO_SMALL, "too small to be an RDB")

#define RR_BACKUP_ODDITY_ENUM(name, text) RR_BACKUP_ODDITY_##name,
enum rr_backup_oddity { RR_BACKUP_ODDITIES(RR_BACKUP_ODDITY_ENUM) RR_BACKUP_ODDITY_COUNT };
#undef RR_BACKUP_ODDITY_ENUM
const char *rr_backup_oddity_text(enum rr_backup_oddity oddity);

struct rr_backup_key {
    enum rr_backup_kind kind;
    struct rr_slice replication_id;
    struct rr_slice timestamp; /* the 15 bytes of text */
    enum rr_backup_compression compression;
};

/* `key` begins with `prefix`. NONE and *out_key, or why it is no backup. */
enum rr_backup_oddity rr_backup_key_parse(struct rr_slice key, struct rr_slice prefix, struct rr_backup_key *out_key);

#endif
