/* SPDX-License-Identifier: Apache-2.0 */
/* backup_notes: what is remembered of the rest of a bucket, for people: samples, near misses, IDs. Of each the smallest
 * keys in byte order, so that the order of giving changes nothing. Threads: one at a time. */
#ifndef RR_BACKUP_BACKUP_NOTES_H
#define RR_BACKUP_BACKUP_NOTES_H

#include <redisrestore/backup/backup_select.h>

struct rr_backup_notes {
    struct rr_backup_ignored ignored[RR_BACKUP_IGNORED_SAMPLE_MAX]; /* sorted */
    size_t ignored_count;
    struct rr_buf ids[RR_BACKUP_IDS_MAX]; /* sorted */
    size_t id_count;
    bool more_ids;
    struct rr_backup_near_miss misses[RR_BACKUP_MISS_COUNT];
};

void rr_backup_notes_done(struct rr_backup_notes *notes);
void rr_backup_notes_reset(struct rr_backup_notes *notes);
void rr_backup_notes_merge(struct rr_backup_notes *notes, const struct rr_backup_notes *part);
void rr_backup_notes_add_ignored(struct rr_backup_notes *notes, struct rr_slice key, enum rr_backup_oddity oddity);
void rr_backup_notes_add_id(struct rr_backup_notes *notes, struct rr_slice id);
void rr_backup_notes_add_miss(struct rr_backup_notes *notes, enum rr_backup_miss miss, struct rr_slice key,
                              uint64_t count);
/* RR_BACKUP_MISS_COUNT: none. */
enum rr_backup_miss rr_backup_miss_of(enum rr_backup_oddity oddity);

#endif
