/* backup_aofs: the last AOFs that were met, first in first out, in bounded memory.
 * Threads: belongs to one thread. */
#ifndef RR_BACKUP_BACKUP_AOFS_H
#define RR_BACKUP_BACKUP_AOFS_H

#include <redisrestore/backup/backup_select.h>

struct rr_backup_aofs {
    struct rr_backup_object *ring; /* owns; at most RR_BACKUP_AOFS_MAX places */
    size_t capacity, first, count;
    size_t bytes; /* of keys and ETags held */
};

void rr_backup_aofs_done(struct rr_backup_aofs *aofs);
/* True when one more AOF of that size needs rr_backup_aofs_pop first. */
bool rr_backup_aofs_is_full(const struct rr_backup_aofs *aofs, size_t more_bytes);
/* The oldest; it is the caller's then. At least one must be held. */
struct rr_backup_object rr_backup_aofs_pop(struct rr_backup_aofs *aofs);
/* Takes *object. There must be room. */
void rr_backup_aofs_push(struct rr_backup_aofs *aofs, struct rr_backup_object *object);
/* Borrows; NULL when it is not held. */
const struct rr_backup_object *rr_backup_aofs_find(const struct rr_backup_aofs *aofs, struct rr_slice key);

#endif
