/* SPDX-License-Identifier: Apache-2.0 */
/* backup_select: keeps the best RDBs of a listing (docs/selection.md). Objects are added one by one, or to several
 * selections that are merged later. The order in which they are added does not change the result.
 *
 * Order LastModified: newest modification time first; ties: larger timestamp text, then larger key. Order Timestamp:
 * larger timestamp text first; ties: newer modification time, then larger key. An RDB that exists in several spellings
 * (.rdb, .rdb.gz) counts once: the one with the newest modification time; ties: the uncompressed one, then .gz, .zst,
 * .lz4.
 *
 * Memory does not grow with the bucket. AOFs are remembered only with `with_aofs`, for a listing of one page; see
 * rr_backup_selection_knows_aofs.
 * Threads: a selection belongs to one thread at a time. */
#ifndef RR_BACKUP_BACKUP_SELECT_H
#define RR_BACKUP_BACKUP_SELECT_H

#include <redisrestore/backup/backup_criteria.h>
#include <redisrestore/backup/backup_key.h>
#include <redisrestore/base/buf.h>

enum {
    RR_BACKUP_IGNORED_SAMPLE_MAX = 5, /* ignored keys that are kept as examples (behaviour E-15) */
    RR_BACKUP_IDS_MAX = 5,            /* replication IDs that a message names */
    /* AOFs that are remembered: more than a page of 1,000 keys of 1,024 bytes has, so that a small bucket needs only
     * one request. */
    RR_BACKUP_AOFS_MAX = 2048,
    RR_BACKUP_AOFS_BYTES_MAX = 2 * 1024 * 1024,
};

/* An object of a listing. Borrows for the call. */
struct rr_backup_listed {
    struct rr_slice key, etag;
    struct rr_slice storage_class; /* empty: the store gave none */
    uint64_t size;
    int64_t last_modified_ms; /* Unix */
};

/* An object that was kept. Borrows from the selection until that changes. */
struct rr_backup_object {
    struct rr_slice key, etag, storage_class, replication_id, timestamp;
    uint64_t size;
    int64_t last_modified_ms;
    enum rr_backup_compression compression;
};

struct rr_backup_counts {
    uint64_t objects, rdb_files, aof_files, ignored;
    uint64_t unrelated; /* of the ignored ones: see rr_backup_oddity_is_unrelated */
};

struct rr_backup_ignored {
    struct rr_buf key; /* owns; raw bytes */
    enum rr_backup_oddity oddity;
};

/* Near misses: keys that were almost in scope, for the message of "no backup", because the user may have meant them.
 * The nearest kind comes first. */
enum rr_backup_miss {
    RR_BACKUP_MISS_TOO_NEW,   /* an RDB newer than notAfter */
    RR_BACKUP_MISS_TIMESTAMP, /* an RDB of another timestamp */
    RR_BACKUP_MISS_ID,        /* an RDB of another replication ID */
    RR_BACKUP_MISS_TOO_SMALL, /* this one and those below: the oddities of the same names (backup_key.h) */
    RR_BACKUP_MISS_DOUBLE_PREFIX,
    RR_BACKUP_MISS_NESTED,
    RR_BACKUP_MISS_WRONG_CASE,
    RR_BACKUP_MISS_SUFFIX,
    RR_BACKUP_MISS_BARE,
    RR_BACKUP_MISS_BAD_TIMESTAMP,
    RR_BACKUP_MISS_COUNT
};
struct rr_backup_near_miss {
    uint64_t count;
    struct rr_buf example; /* the smallest such key; owns */
};

struct rr_backup_selection;

/* Borrows the texts of *scope as long as the selection lives. Returns owned. */
struct rr_backup_selection *rr_backup_selection_new(const struct rr_backup_scope *scope);
void rr_backup_selection_free(struct rr_backup_selection *selection);
RR_DEFINE_FREEP(backup_selection)
/* Adds an object of the listing. */
void rr_backup_selection_add(struct rr_backup_selection *selection, const struct rr_backup_listed *listed);
/* Adds to `selection` everything that was added to `part`. Both have the same scope; only `with_aofs` may differ, and
 * `keep`, which must not be smaller in `part`. `part` does not change. */
void rr_backup_selection_merge(struct rr_backup_selection *selection, const struct rr_backup_selection *part);
/* Forgets everything that was added. Keeps the memory. */
void rr_backup_selection_reset(struct rr_backup_selection *selection);

/* Returns the number of RDBs that are kept: all in scope, at most `keep`, and those later than the moment. */
size_t rr_backup_selection_count(const struct rr_backup_selection *selection);
/* Returns how many of the kept RDBs are later than the moment of the scope. They have the lowest indexes. */
size_t rr_backup_selection_later(const struct rr_backup_selection *selection);
/* Returns a kept RDB; index 0 is the first in the order. */
struct rr_backup_object rr_backup_selection_at(const struct rr_backup_selection *selection, size_t index);
/* Gets the RDB in scope with the largest timestamp in its name, even if it is not kept. Returns false if there is none,
 * or if the order is Timestamp: it is then the RDB of index 0. */
bool rr_backup_selection_newest_named(const struct rr_backup_selection *selection, struct rr_backup_object *out_rdb);
/* Gets a timestamp below which no further RDB can be among those that are kept. Returns false if there is none yet: the
 * order is not Timestamp, or fewer than `keep` RDBs were added. */
bool rr_backup_selection_floor(const struct rr_backup_selection *selection, struct rr_slice *out_timestamp);
/* Gets the AOF of that replication ID and timestamp, if it is remembered: the uncompressed one, else .gz, .zst, .lz4.
 */
RR_MUST_USE bool rr_backup_selection_find_aof(const struct rr_backup_selection *selection, struct rr_slice id,
                                              struct rr_slice timestamp, struct rr_backup_object *out_aof);
/* Returns whether all AOFs that were added are remembered, so that an AOF that is not found does not exist. */
bool rr_backup_selection_knows_aofs(const struct rr_backup_selection *selection);

/* The results of the functions below borrow from the selection until that changes. */
const struct rr_backup_counts *rr_backup_selection_counts(const struct rr_backup_selection *selection);
/* Gets the smallest of the ignored keys, at most RR_BACKUP_IGNORED_SAMPLE_MAX. Returns their number. */
size_t rr_backup_selection_ignored(const struct rr_backup_selection *selection,
                                   const struct rr_backup_ignored **out_ignored);
/* Gets the smallest replication IDs of RDBs in scope, at most RR_BACKUP_IDS_MAX. Returns their number. *out_more: there
 * are others. */
size_t rr_backup_selection_ids(const struct rr_backup_selection *selection, const struct rr_buf **out_ids,
                               bool *out_more);
const struct rr_backup_near_miss *rr_backup_selection_miss(const struct rr_backup_selection *selection,
                                                           enum rr_backup_miss miss);

/* Appends the key of the uncompressed AOF of an RDB: {prefix}{id}/appendonly-{timestamp}.aof. The keys of the
 * compressed ones begin with it. */
void rr_backup_aof_key(struct rr_buf *buf, struct rr_slice prefix, struct rr_slice replication_id,
                       struct rr_slice timestamp);

#endif
