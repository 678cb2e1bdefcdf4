/* backup_best: the best so many RDBs, sorted; each once, whatever its spellings (see backup_select.h for the orders).
 * Threads: one at a time. */
#ifndef RR_BACKUP_BACKUP_BEST_H
#define RR_BACKUP_BACKUP_BEST_H

#include <redisrestore/backup/backup_select.h>

struct rr_backup_rdb {
    struct rr_buf key, etag;
    struct rr_backup_object object; /* borrows from both */
};

struct rr_backup_best {
    enum rr_backup_order order;
    size_t keep, count;
    struct rr_backup_rdb *sorted[RR_BACKUP_KEEP_MAX]; /* own; those beyond `count` are memory for the next ones */
};

void rr_backup_best_done(struct rr_backup_best *best);
/* Borrows for the call. */
void rr_backup_best_add(struct rr_backup_best *best, const struct rr_backup_object *object);

#endif
