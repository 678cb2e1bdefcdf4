/* SPDX-License-Identifier: Apache-2.0 */
#include "backup_notes.h"

void rr_backup_notes_done(struct rr_backup_notes *notes)
{
    for (size_t i = 0; i < RR_COUNT(notes->ignored); i++)
        rr_buf_done(&notes->ignored[i].key);
    for (size_t i = 0; i < RR_COUNT(notes->ids); i++)
        rr_buf_done(&notes->ids[i]);
    for (size_t i = 0; i < RR_COUNT(notes->misses); i++)
        rr_buf_done(&notes->misses[i].example);
}

void rr_backup_notes_reset(struct rr_backup_notes *notes)
{
    notes->ignored_count = notes->id_count = 0;
    notes->more_ids = false;
    for (size_t i = 0; i < RR_COUNT(notes->misses); i++)
        notes->misses[i].count = 0;
}

enum rr_backup_miss rr_backup_miss_of(enum rr_backup_oddity oddity)
{
    static const enum rr_backup_miss misses[RR_BACKUP_ODDITY_COUNT] = {
        [RR_BACKUP_ODDITY_NONE] = RR_BACKUP_MISS_COUNT,
        [RR_BACKUP_ODDITY_NOT_UTF8] = RR_BACKUP_MISS_COUNT,
        [RR_BACKUP_ODDITY_NUL] = RR_BACKUP_MISS_COUNT,
        [RR_BACKUP_ODDITY_FOLDER] = RR_BACKUP_MISS_COUNT,
        [RR_BACKUP_ODDITY_NO_FOLDER] = RR_BACKUP_MISS_COUNT,
        [RR_BACKUP_ODDITY_BARE] = RR_BACKUP_MISS_BARE,
        [RR_BACKUP_ODDITY_DOUBLE_PREFIX] = RR_BACKUP_MISS_DOUBLE_PREFIX,
        [RR_BACKUP_ODDITY_TOO_DEEP] = RR_BACKUP_MISS_COUNT,
        [RR_BACKUP_ODDITY_NESTED] = RR_BACKUP_MISS_NESTED,
        [RR_BACKUP_ODDITY_EMPTY_ID] = RR_BACKUP_MISS_COUNT,
        [RR_BACKUP_ODDITY_OTHER_NAME] = RR_BACKUP_MISS_COUNT,
        [RR_BACKUP_ODDITY_WRONG_CASE] = RR_BACKUP_MISS_WRONG_CASE,
        [RR_BACKUP_ODDITY_UNKNOWN_SUFFIX] = RR_BACKUP_MISS_SUFFIX,
        [RR_BACKUP_ODDITY_BAD_TIMESTAMP] = RR_BACKUP_MISS_BAD_TIMESTAMP,
        [RR_BACKUP_ODDITY_TOO_SMALL] = RR_BACKUP_MISS_TOO_SMALL,
    };
    return misses[oddity];
}

void rr_backup_notes_add_ignored(struct rr_backup_notes *notes, struct rr_slice key, enum rr_backup_oddity oddity)
{
    struct rr_backup_ignored *all = notes->ignored;
    if (notes->ignored_count == RR_BACKUP_IGNORED_SAMPLE_MAX) {
        if (rr_slice_compare(key, rr_buf_slice(&all[notes->ignored_count - 1].key)) >= 0)
            return;
        notes->ignored_count--;
    }
    size_t place = notes->ignored_count++;
    struct rr_backup_ignored added = all[place];
    rr_buf_set_whole(&added.key, key);
    added.oddity = oddity;
    for (; place > 0 && rr_slice_compare(key, rr_buf_slice(&all[place - 1].key)) < 0; place--)
        all[place] = all[place - 1];
    all[place] = added;
}

void rr_backup_notes_add_id(struct rr_backup_notes *notes, struct rr_slice id)
{
    size_t place = notes->id_count;
    int order = 1;
    while (place > 0 && (order = rr_slice_compare(id, rr_buf_slice(&notes->ids[place - 1]))) < 0)
        place--;
    if (order == 0)
        return;
    if (notes->id_count == RR_BACKUP_IDS_MAX) {
        notes->more_ids = true;
        if (place == RR_BACKUP_IDS_MAX)
            return;
        notes->id_count--;
    }
    struct rr_buf added = notes->ids[notes->id_count];
    rr_buf_set_whole(&added, id);
    for (size_t i = notes->id_count; i > place; i--)
        notes->ids[i] = notes->ids[i - 1];
    notes->ids[place] = added;
    notes->id_count++;
}

void rr_backup_notes_add_miss(struct rr_backup_notes *notes, enum rr_backup_miss miss, struct rr_slice key,
                              uint64_t count)
{
    struct rr_backup_near_miss *near_miss = &notes->misses[miss];
    if (count > 0 && (near_miss->count == 0 || rr_slice_compare(key, rr_buf_slice(&near_miss->example)) < 0))
        rr_buf_set_whole(&near_miss->example, key);
    near_miss->count += count;
}

void rr_backup_notes_merge(struct rr_backup_notes *notes, const struct rr_backup_notes *part)
{
    for (size_t i = 0; i < part->ignored_count; i++)
        rr_backup_notes_add_ignored(notes, rr_buf_slice(&part->ignored[i].key), part->ignored[i].oddity);
    for (size_t i = 0; i < part->id_count; i++)
        rr_backup_notes_add_id(notes, rr_buf_slice(&part->ids[i]));
    notes->more_ids |= part->more_ids;
    for (size_t i = 0; i < RR_COUNT(part->misses); i++)
        rr_backup_notes_add_miss(notes, (enum rr_backup_miss)i, rr_buf_slice(&part->misses[i].example),
                                 part->misses[i].count);
}
