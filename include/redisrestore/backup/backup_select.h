/* backup_select: picks the RDB and its AOF out of objects given one by one, in any order; the order of giving changes
 * nothing. Order LastModified: newest modification time; ties: larger timestamp text, then larger key. Order Timestamp:
 * larger timestamp text; ties: newer modification time, then larger key. Memory does not grow with the bucket: the best
 * RDB so far and the last RR_BACKUP_AOFS_MAX AOFs are kept. An AOF that was let go of and may belong to the choice
 * makes it say so (aof_unknown): the caller then asks the store for that one key. Objects in key order (one listing)
 * reach that only where one id has more AOFs than are kept; a listing of one page never does. Threads: a selection
 * belongs to one thread at a time. */
#ifndef RR_BACKUP_BACKUP_SELECT_H
#define RR_BACKUP_BACKUP_SELECT_H

#include <redisrestore/backup/backup_key.h>
#include <redisrestore/base/buf.h>

enum rr_backup_order { RR_BACKUP_ORDER_LAST_MODIFIED, RR_BACKUP_ORDER_TIMESTAMP };
enum rr_backup_on_missing_aof { RR_BACKUP_USE_RDB_ONLY, RR_BACKUP_PREVIOUS_COMPLETE, RR_BACKUP_FAIL_WITHOUT_AOF };
enum rr_backup_pairing { RR_BACKUP_PAIRING_EXACT, RR_BACKUP_PAIRING_SESSION };

/* "LastModified", "Timestamp"; "UseRDBOnly", "PreviousComplete", "Fail"; "Exact", "Session". */
const char *rr_backup_order_name(enum rr_backup_order order);
RR_MUST_USE bool rr_backup_order_parse(struct rr_slice text, enum rr_backup_order *out_order);
const char *rr_backup_on_missing_aof_name(enum rr_backup_on_missing_aof policy);
RR_MUST_USE bool rr_backup_on_missing_aof_parse(struct rr_slice text, enum rr_backup_on_missing_aof *out_policy);
const char *rr_backup_pairing_name(enum rr_backup_pairing pairing);
RR_MUST_USE bool rr_backup_pairing_parse(struct rr_slice text, enum rr_backup_pairing *out_pairing);

struct rr_backup_criteria {
    struct rr_slice prefix;         /* borrows; normalised: empty or ends in '/' */
    struct rr_slice replication_id; /* borrows; empty: any */
    enum rr_backup_order order;
};

/* An object that was kept. Owns. */
struct rr_backup_object {
    struct rr_buf key, etag;
    uint64_t size;
    int64_t last_modified_ms;
};
void rr_backup_object_done(struct rr_backup_object *object);

enum {
    RR_BACKUP_IGNORED_SAMPLE_MAX = 5, /* behaviour E-15 */
    /* AOFs remembered: more than a page of 1,000 keys of 1,024 bytes, so that a small bucket costs one request. */
    RR_BACKUP_AOFS_MAX = 2048,
    RR_BACKUP_AOFS_BYTES_MAX = 2 * 1024 * 1024,
};

struct rr_backup_counts {
    uint64_t objects, rdb_files, aof_files, ignored;
};

struct rr_backup_ignored {
    struct rr_buf key; /* owns; raw bytes */
    enum rr_backup_oddity oddity;
};

struct rr_backup_selection; /* opaque */

/* Borrows the texts of *criteria as long as the selection lives. Returns owned. */
struct rr_backup_selection *rr_backup_selection_new(const struct rr_backup_criteria *criteria);
void rr_backup_selection_free(struct rr_backup_selection *selection);
RR_DEFINE_FREEP(backup_selection)
/* Borrows for the call. */
void rr_backup_selection_add(struct rr_backup_selection *selection, struct rr_slice key, struct rr_slice etag,
                             uint64_t size, int64_t last_modified_ms);

/* The key that the AOF of an RDB has: {prefix}{id}/appendonly-{timestamp}.aof. Appends. */
void rr_backup_aof_key(struct rr_buf *buf, struct rr_slice prefix, struct rr_slice replication_id,
                       struct rr_slice timestamp);

/* What was found; everything borrows from the selection until the next object is added. */
struct rr_backup_choice {
    const struct rr_backup_object *rdb; /* NULL: none */
    const struct rr_backup_object *aof; /* NULL: none of equal id and timestamp */
    struct rr_slice replication_id, timestamp;
    const struct rr_backup_counts *counts;
    const struct rr_backup_ignored *ignored; /* samples */
    size_t ignored_count;
    bool several_ids; /* RDBs of more than one id were in scope */
    bool aof_unknown; /* aof is NULL, but it may have been given and let go of */
};
struct rr_backup_choice rr_backup_selection_choice(const struct rr_backup_selection *selection);

#endif
