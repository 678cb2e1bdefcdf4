/* SPDX-License-Identifier: Apache-2.0 */
/* backup_select: the best RDBs out of objects given one by one, in any order, or gathered in parts that are merged; the
 * order of giving changes nothing. Order LastModified: newest modification time; ties: larger timestamp text, then
 * larger key. Order Timestamp: larger timestamp text; ties: newer modification time, then larger key. An RDB that is
 * there in several spellings (.rdb, .rdb.gz) counts once: the one with the newest modification time; ties: the
 * uncompressed, then .gz, .zst, .lz4. Memory does not grow with the bucket. AOFs are remembered only `with_aofs`, for a
 * listing of one page; where more were given than are remembered, it says so.
 * Threads: a selection belongs to one thread at a time. */
#ifndef RR_BACKUP_BACKUP_SELECT_H
#define RR_BACKUP_BACKUP_SELECT_H

#include <redisrestore/backup/backup_criteria.h>
#include <redisrestore/backup/backup_key.h>
#include <redisrestore/base/buf.h>

enum {
    RR_BACKUP_IGNORED_SAMPLE_MAX = 5, /* behaviour E-15 */
    RR_BACKUP_IDS_MAX = 5,            /* named in a message */
    /* AOFs remembered: more than a page of 1,000 keys of 1,024 bytes, so that a small bucket costs one request. */
    RR_BACKUP_AOFS_MAX = 2048,
    RR_BACKUP_AOFS_BYTES_MAX = 2 * 1024 * 1024,
};

/* An object of a listing. */
struct rr_backup_listed {
    struct rr_slice key, etag;
    struct rr_slice storage_class; /* empty: the store gave none */
    uint64_t size;
    int64_t last_modified_ms;
};

/* An object that was kept. Borrows from the selection until it is given more. */
struct rr_backup_object {
    struct rr_slice key, etag, storage_class, replication_id, timestamp;
    uint64_t size;
    int64_t last_modified_ms;
    enum rr_backup_compression compression;
};

struct rr_backup_counts {
    uint64_t objects, rdb_files, aof_files, ignored;
};

struct rr_backup_ignored {
    struct rr_buf key; /* owns; raw bytes */
    enum rr_backup_oddity oddity;
};

/* Keys that a user may have meant: keys that were nearly in scope, the nearest first. */
enum rr_backup_miss {
    RR_BACKUP_MISS_TOO_NEW,   /* an RDB newer than notAfter */
    RR_BACKUP_MISS_TIMESTAMP, /* an RDB of another timestamp */
    RR_BACKUP_MISS_ID,        /* an RDB of another replication ID */
    RR_BACKUP_MISS_TOO_SMALL, /* named like an RDB, and too small to be one */
    RR_BACKUP_MISS_DOUBLE_PREFIX,
    RR_BACKUP_MISS_WRONG_CASE,
    RR_BACKUP_MISS_SUFFIX,
    RR_BACKUP_MISS_BARE,
    RR_BACKUP_MISS_BAD_TIMESTAMP,
    RR_BACKUP_MISS_COUNT
};
struct rr_backup_near_miss {
    uint64_t count;
    struct rr_buf example; /* owns: the smallest such key */
};

struct rr_backup_selection; /* opaque */

/* Borrows the texts of *scope as long as the selection lives. Returns owned. */
struct rr_backup_selection *rr_backup_selection_new(const struct rr_backup_scope *scope);
void rr_backup_selection_free(struct rr_backup_selection *selection);
RR_DEFINE_FREEP(backup_selection)
/* Borrows for the call. */
void rr_backup_selection_add(struct rr_backup_selection *selection, const struct rr_backup_listed *listed);
/* As if everything that `part` was given had been given to `selection`, too. Both have the same scope, except for
 * `keep`, which is not smaller in `part`, and `with_aofs`. `part` stays as it is. */
void rr_backup_selection_merge(struct rr_backup_selection *selection, const struct rr_backup_selection *part);
/* As if nothing had been given. Keeps memory. */
void rr_backup_selection_reset(struct rr_backup_selection *selection);

/* How many RDBs are kept: all in scope, or `keep`. Best first. */
size_t rr_backup_selection_count(const struct rr_backup_selection *selection);
struct rr_backup_object rr_backup_selection_at(const struct rr_backup_selection *selection, size_t index);
/* The RDB in scope with the largest timestamp in its name, kept or not. False: there is none, or the order is
 * Timestamp, where it is the first that is kept. */
bool rr_backup_selection_newest_named(const struct rr_backup_selection *selection, struct rr_backup_object *out_rdb);
/* True: no RDB with a smaller timestamp can be among the best any more (order Timestamp, `keep` of them known). */
bool rr_backup_selection_floor(const struct rr_backup_selection *selection, struct rr_slice *out_timestamp);
/* The AOF of that replication ID and timestamp, among those remembered; the uncompressed before .gz, .zst, .lz4. */
RR_MUST_USE bool rr_backup_selection_find_aof(const struct rr_backup_selection *selection, struct rr_slice id,
                                              struct rr_slice timestamp, struct rr_backup_object *out_aof);
/* False: AOFs were given that are not remembered. */
bool rr_backup_selection_knows_aofs(const struct rr_backup_selection *selection);

const struct rr_backup_counts *rr_backup_selection_counts(const struct rr_backup_selection *selection);
/* Samples: the smallest of the ignored keys. */
size_t rr_backup_selection_ignored(const struct rr_backup_selection *selection,
                                   const struct rr_backup_ignored **out_ignored);
/* The smallest replication IDs of RDBs in scope; *out_more: there are others. */
size_t rr_backup_selection_ids(const struct rr_backup_selection *selection, const struct rr_buf **out_ids,
                               bool *out_more);
const struct rr_backup_near_miss *rr_backup_selection_miss(const struct rr_backup_selection *selection,
                                                           enum rr_backup_miss miss);

/* The beginning of every spelling of the AOF of an RDB: {prefix}{id}/appendonly-{timestamp}.aof. Appends. */
void rr_backup_aof_key(struct rr_buf *buf, struct rr_slice prefix, struct rr_slice replication_id,
                       struct rr_slice timestamp);

#endif
