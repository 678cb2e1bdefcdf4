/* SPDX-License-Identifier: Apache-2.0 */
/* backup_criteria: what is asked for, and the words for it. Threads: pure. */
#ifndef RR_BACKUP_BACKUP_CRITERIA_H
#define RR_BACKUP_BACKUP_CRITERIA_H

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

/* The criteria of a user: spec.selection of the custom resource, the flags of `discover`. One list of the fields: the
 * struct, the comparison and the copy are made of it, because a field that one of them forgot would share a wrong
 * answer between objects. */
#define RR_BACKUP_CRITERIA(TEXT, VALUE)                                                                                \
    TEXT(replication_id) /* the folder below the prefix; empty: any */                                                 \
    TEXT(timestamp)      /* compared as text with the one in the name; empty: any */                                   \
    VALUE(enum rr_backup_order, order)                                                                                 \
    VALUE(bool, has_not_after)                                                                                         \
    VALUE(int64_t, not_after_ms)  /* Unix, inclusive; compared with what `order` names */                              \
    VALUE(int, previous)          /* steps back in `order` */                                                          \
    VALUE(int64_t, max_age_ms)    /* 0: any age */                                                                     \
    VALUE(int32_t, zone_offset_s) /* east of UTC, of the timestamps in names */                                        \
    VALUE(enum rr_backup_pairing, pairing)                                                                             \
    VALUE(enum rr_backup_on_missing_aof, on_missing_aof)

#define RR_BACKUP_CRITERIA_TEXT(name)        struct rr_slice name; /* borrows */
#define RR_BACKUP_CRITERIA_VALUE(type, name) type name;
struct rr_backup_criteria {
    RR_BACKUP_CRITERIA(RR_BACKUP_CRITERIA_TEXT, RR_BACKUP_CRITERIA_VALUE)
};
#undef RR_BACKUP_CRITERIA_TEXT
#undef RR_BACKUP_CRITERIA_VALUE

/* Field by field. Criteria that are equal have the same answer. */
bool rr_backup_criteria_equal(const struct rr_backup_criteria *a, const struct rr_backup_criteria *b);
/* A copy that borrows from *texts, which is empty before, the caller's to free, and must not change. */
struct rr_backup_criteria rr_backup_criteria_copy(const struct rr_backup_criteria *criteria, struct rr_buf *texts);

/* The part of a listing that a selection keeps. */
struct rr_backup_scope {
    struct rr_slice prefix; /* borrows; normalised: empty or ends in '/' */
    struct rr_backup_criteria criteria;
    size_t keep;    /* the best so many, 1 to RR_BACKUP_KEEP_MAX */
    bool with_aofs; /* remember AOFs, up to RR_BACKUP_AOFS_MAX */
};

enum { RR_BACKUP_KEEP_MAX = 110 };

#endif
