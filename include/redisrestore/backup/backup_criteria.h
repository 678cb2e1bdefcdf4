/* SPDX-License-Identifier: Apache-2.0 */
/* backup_criteria: the criteria by which a backup is chosen, and their names for users. Threads: pure. */
#ifndef RR_BACKUP_BACKUP_CRITERIA_H
#define RR_BACKUP_BACKUP_CRITERIA_H

#include <redisrestore/base/buf.h>

enum rr_backup_order { RR_BACKUP_ORDER_LAST_MODIFIED, RR_BACKUP_ORDER_TIMESTAMP };
enum rr_backup_on_missing_aof { RR_BACKUP_USE_RDB_ONLY, RR_BACKUP_PREVIOUS_COMPLETE, RR_BACKUP_FAIL_WITHOUT_AOF };
enum rr_backup_pairing { RR_BACKUP_PAIRING_EXACT, RR_BACKUP_PAIRING_SESSION };

/* The names are literals: "LastModified", "Timestamp"; "UseRDBOnly", "PreviousComplete", "Fail"; "Exact", "Session".
 * The parsers return false for any other text. */
const char *rr_backup_order_name(enum rr_backup_order order);
RR_MUST_USE bool rr_backup_order_parse(struct rr_slice text, enum rr_backup_order *out_order);
const char *rr_backup_on_missing_aof_name(enum rr_backup_on_missing_aof policy);
RR_MUST_USE bool rr_backup_on_missing_aof_parse(struct rr_slice text, enum rr_backup_on_missing_aof *out_policy);
const char *rr_backup_pairing_name(enum rr_backup_pairing pairing);
RR_MUST_USE bool rr_backup_pairing_parse(struct rr_slice text, enum rr_backup_pairing *out_pairing);

/* The criteria of a user: spec.selection of the custom resource, or the flags of `discover`. The struct, the comparison
 * and the copy are made from this one list of fields: if one of them left out a field, objects with different criteria
 * could share an answer. */
#define RR_BACKUP_CRITERIA(TEXT, VALUE)                                                                                \
    TEXT(replication_id) /* the folder below the prefix; empty: any */                                                 \
    TEXT(timestamp)      /* compared as text with the one in the name; empty: any */                                   \
    VALUE(enum rr_backup_order, order)                                                                                 \
    VALUE(bool, has_not_after)                                                                                         \
    VALUE(int64_t, not_after_ms)  /* Unix, inclusive; compared with the time that `order` names */                     \
    VALUE(int, previous)          /* steps back from the first in `order` */                                           \
    VALUE(int64_t, max_age_ms)    /* 0: any age */                                                                     \
    VALUE(int32_t, zone_offset_s) /* zone of the timestamps in names, east of UTC */                                   \
    VALUE(enum rr_backup_pairing, pairing)                                                                             \
    VALUE(enum rr_backup_on_missing_aof, on_missing_aof)

#define RR_BACKUP_CRITERIA_TEXT(name)        struct rr_slice name; /* borrows */
#define RR_BACKUP_CRITERIA_VALUE(type, name) type name;
struct rr_backup_criteria {
    RR_BACKUP_CRITERIA(RR_BACKUP_CRITERIA_TEXT, RR_BACKUP_CRITERIA_VALUE)
};
#undef RR_BACKUP_CRITERIA_TEXT
#undef RR_BACKUP_CRITERIA_VALUE

/* Compares all fields. Equal criteria have the same answer. */
bool rr_backup_criteria_equal(const struct rr_backup_criteria *a, const struct rr_backup_criteria *b);
/* Returns a copy whose texts are in *texts, which is empty before. The caller frees *texts, and does not change it
 * while it uses the copy. */
struct rr_backup_criteria rr_backup_criteria_copy(const struct rr_backup_criteria *criteria, struct rr_buf *texts);

/* The part of a listing that a selection (backup_select.h) keeps. */
struct rr_backup_scope {
    struct rr_slice prefix; /* borrows; normalised: empty, or ends in '/' */
    struct rr_backup_criteria criteria;
    size_t keep;    /* number of best RDBs to keep, 1 to RR_BACKUP_KEEP_MAX */
    bool with_aofs; /* remember AOFs too, up to RR_BACKUP_AOFS_MAX */
    /* With a moment: keep the `keep` best RDBs that are not later than it, and of the later ones the
     * RR_BACKUP_LATER_MAX that are nearest to it. */
    bool has_moment;
    int64_t moment_ms; /* Unix; compared with the time that `order` names */
};

enum { RR_BACKUP_KEEP_MAX = 110, RR_BACKUP_LATER_MAX = 3 };

#endif
