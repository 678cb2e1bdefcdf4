/* SPDX-License-Identifier: Apache-2.0 */
/* backup_best: the best so many RDBs, sorted; each once, whatever its spellings (see backup_select.h for the orders).
 * Threads: one at a time. */
#ifndef RR_BACKUP_BACKUP_BEST_H
#define RR_BACKUP_BACKUP_BEST_H

#include <redisrestore/backup/backup_select.h>

struct rr_backup_rdb {
    struct rr_buf key, etag, storage_class;
    struct rr_backup_object object; /* borrows from these */
};

struct rr_backup_best {
    enum rr_backup_order order;
    bool keeps_worst; /* sorted the other way round: the worst so many */
    size_t keep, count;
    struct rr_backup_rdb *sorted[RR_BACKUP_KEEP_MAX]; /* own; those beyond `count` are memory for the next ones */
};

/* Owns copies of the texts. */
void rr_backup_rdb_set(struct rr_backup_rdb *rdb, const struct rr_backup_object *object);
void rr_backup_rdb_done(struct rr_backup_rdb *rdb);
/* > 0: `a` is the better one by `order`. */
int rr_backup_compare(enum rr_backup_order order, const struct rr_backup_object *a, const struct rr_backup_object *b);

void rr_backup_best_done(struct rr_backup_best *best);
/* Borrows for the call. */
void rr_backup_best_add(struct rr_backup_best *best, const struct rr_backup_object *object);

#endif
