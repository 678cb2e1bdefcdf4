/* SPDX-License-Identifier: Apache-2.0 */
/* backup_key: parses the key of an object below the prefix.
 *   {replicationID}/dump-{YYYYMMDD-HHMMSS}.rdb        an RDB
 *   {replicationID}/appendonly-{YYYYMMDD-HHMMSS}.aof  its AOF
 * and the same names with the suffix .gz, .zst or .lz4. The replication ID is any path segment that is not empty. The
 * timestamp is 8 digits, a dash and 6 digits; it need not be a date. Threads: pure. Ownership: all parts borrow from
 * the key. */
#ifndef RR_BACKUP_BACKUP_KEY_H
#define RR_BACKUP_BACKUP_KEY_H

#include <redisrestore/base/slice.h>

enum rr_backup_kind { RR_BACKUP_RDB, RR_BACKUP_AOF };

/* One list: name, text, suffix, smallest size of an RDB. If an AOF exists with two suffixes, the earlier one in this
 * list is used. Of an RDB, the newer one is used, and the earlier one in this list if their modification times are
 * equal. */
#define RR_BACKUP_COMPRESSIONS(X)                                                                                      \
    X(UNCOMPRESSED, "", "", 18)                                                                                        \
    X(GZIP, "Gzip", ".gz", 28)                                                                                         \
    X(ZSTD, "Zstd", ".zst", 19)                                                                                        \
    X(LZ4, "LZ4", ".lz4", 19)

#define RR_BACKUP_COMPRESSION_ENUM(name, text, suffix, min_bytes) RR_BACKUP_##name,
enum rr_backup_compression { RR_BACKUP_COMPRESSIONS(RR_BACKUP_COMPRESSION_ENUM) RR_BACKUP_COMPRESSION_COUNT };
#undef RR_BACKUP_COMPRESSION_ENUM
const char *rr_backup_compression_name(enum rr_backup_compression compression); /* "Gzip"; literal; "": uncompressed */

/* Why a key is not a backup. One list: value and text, which status.discovery.ignoredSample shows. */
#define RR_BACKUP_ODDITIES(X)                                                                                          \
    X(NONE, "")                                                                                                        \
    X(NOT_UTF8, "the key is not valid UTF-8")                                                                          \
    X(NUL, "a NUL in the replication ID")                                                                              \
    X(FOLDER, "a folder marker")                                                                                       \
    X(NO_FOLDER, "not in a folder of its own below the prefix")                                                        \
    X(BARE, "named like a backup, but not in a folder of its own below the prefix")                                    \
    X(DOUBLE_PREFIX, "the prefix occurs twice in the key")                                                             \
    X(TOO_DEEP, "deeper than {replicationID}/{file}")                                                                  \
    X(NESTED, "named like a backup, but deeper than {replicationID}/{file}")                                           \
    X(EMPTY_ID, "the replication ID is empty")                                                                         \
    X(OTHER_NAME, "neither dump-{timestamp}.rdb nor appendonly-{timestamp}.aof")                                       \
    X(WRONG_CASE, "named like a backup, except for upper and lower case")                                              \
    X(UNKNOWN_SUFFIX, "after .rdb or .aof only .gz, .zst or .lz4 is allowed")                                          \
    X(BAD_TIMESTAMP, "the timestamp is not YYYYMMDD-HHMMSS")                                                           \
    X(TOO_SMALL, "too small to be an RDB")

#define RR_BACKUP_ODDITY_ENUM(name, text) RR_BACKUP_ODDITY_##name,
enum rr_backup_oddity { RR_BACKUP_ODDITIES(RR_BACKUP_ODDITY_ENUM) RR_BACKUP_ODDITY_COUNT };
#undef RR_BACKUP_ODDITY_ENUM
const char *rr_backup_oddity_text(enum rr_backup_oddity oddity); /* literal */
/* Returns true if the key was probably never meant as a backup: a folder marker, or a file of something else. */
bool rr_backup_oddity_is_unrelated(enum rr_backup_oddity oddity);

struct rr_backup_key {
    enum rr_backup_kind kind;
    struct rr_slice replication_id;
    struct rr_slice timestamp; /* the 15 bytes of text */
    enum rr_backup_compression compression;
};

/* Parses `key`, which begins with `prefix`. Returns RR_BACKUP_ODDITY_NONE and sets *out_key, or returns why the key is
 * not a backup. */
enum rr_backup_oddity rr_backup_key_parse(struct rr_slice key, struct rr_slice prefix, struct rr_backup_key *out_key);
/* Returns whether the object is an RDB that is too small to be one: an upload that was cut short (behaviour S-31). An
 * AOF may be empty. */
bool rr_backup_key_is_cut(const struct rr_backup_key *key, uint64_t bytes);

#endif
