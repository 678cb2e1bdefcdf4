/* backup_criteria: what is asked for, and the words for it. Threads: pure. */
#ifndef RR_BACKUP_BACKUP_CRITERIA_H
#define RR_BACKUP_BACKUP_CRITERIA_H

#include <redisrestore/base/slice.h>

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

/* Which RDBs are in scope, and how many of them are of interest. */
struct rr_backup_criteria {
    struct rr_slice prefix;         /* borrows; normalised: empty or ends in '/' */
    struct rr_slice replication_id; /* borrows; empty: any */
    struct rr_slice timestamp;      /* borrows; empty: any; compared as text */
    enum rr_backup_order order;
    bool has_not_after;
    int64_t not_after_ms;  /* inclusive; compared with what `order` names */
    int32_t zone_offset_s; /* east of UTC, of the timestamps in names */
    size_t keep;           /* the best so many, 1 to RR_BACKUP_KEEP_MAX */
    bool with_aofs;        /* remember AOFs, up to RR_BACKUP_AOFS_MAX */
};

enum { RR_BACKUP_KEEP_MAX = 110 };

#endif
