/* backup_key: what a key below the prefix says.
 *   {replicationID}/dump-{YYYYMMDD-HHMMSS}.rdb        an RDB
 *   {replicationID}/appendonly-{YYYYMMDD-HHMMSS}.aof  its AOF
 * The id is any one path segment that is not empty; the timestamp is 8 digits, a dash, 6 digits, not checked as a date.
 * Threads: pure. Ownership: all parts borrow from the key. */
#ifndef RR_BACKUP_BACKUP_KEY_H
#define RR_BACKUP_BACKUP_KEY_H

#include <redisrestore/base/slice.h>

enum rr_backup_kind { RR_BACKUP_RDB, RR_BACKUP_AOF };
enum rr_backup_compression {
    RR_BACKUP_UNCOMPRESSED,
    RR_BACKUP_GZIP, /* .gz */
    RR_BACKUP_ZSTD, /* .zst */
    RR_BACKUP_LZ4,  /* .lz4 */
    RR_BACKUP_COMPRESSION_COUNT
};

/* Why a key is no backup: one list of value and text, for status.discovery.ignoredSample. */
#define RR_BACKUP_ODDITIES(X)                                                                                          \
    X(NONE, "")                                                                                                        \
    X(NOT_UTF8, "the key is not valid UTF-8")                                                                          \
    X(FOLDER, "a folder marker")                                                                                       \
    X(NO_FOLDER, "not in a folder of its own below the prefix")                                                        \
    X(TOO_DEEP, "deeper than {replicationID}/{file}")                                                                  \
    X(EMPTY_ID, "the replication ID is empty")                                                                         \
    X(OTHER_NAME, "neither dump-{timestamp}.rdb nor appendonly-{timestamp}.aof")                                       \
    X(BAD_TIMESTAMP, "the timestamp is not YYYYMMDD-HHMMSS")

#define RR_BACKUP_ODDITY_ENUM(name, text) RR_BACKUP_ODDITY_##name,
enum rr_backup_oddity { RR_BACKUP_ODDITIES(RR_BACKUP_ODDITY_ENUM) };
#undef RR_BACKUP_ODDITY_ENUM
const char *rr_backup_oddity_text(enum rr_backup_oddity oddity);

struct rr_backup_key {
    enum rr_backup_kind kind;
    struct rr_slice replication_id;
    struct rr_slice timestamp; /* the 15 bytes of text */
};

/* `key` begins with `prefix`. NONE and *out_key, or why it is no backup. */
enum rr_backup_oddity rr_backup_key_parse(struct rr_slice key, struct rr_slice prefix, struct rr_backup_key *out_key);

#endif
