/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/backup/backup_select.h>

#include "backup_aofs.h"
#include "backup_best.h"
#include "backup_notes.h"

#include <redisrestore/backup/backup_time.h>
#include <redisrestore/base/mem.h>

struct moment {
    int64_t unix_ms;
    char text[RR_BACKUP_TIMESTAMP_LEN + 1]; /* as a timestamp in a name would say it */
    struct rr_slice timestamp;              /* of order Timestamp; borrows from it */
};

struct rr_backup_selection {
    struct rr_backup_scope scope;
    struct moment not_after, moment;
    struct rr_backup_counts counts;
    struct rr_backup_best best;
    struct rr_backup_best later;       /* than the moment; the nearest first */
    struct rr_backup_rdb newest_named; /* of order LastModified; an empty key: none */
    struct rr_backup_aofs aofs;
    struct rr_backup_notes notes;
};

static void set_moment(struct moment *moment, int64_t unix_ms, const struct rr_backup_criteria *criteria)
{
    moment->unix_ms = unix_ms;
    moment->timestamp = rr_backup_timestamp_at(unix_ms, criteria->zone_offset_s, moment->text);
}

struct rr_backup_selection *rr_backup_selection_new(const struct rr_backup_scope *scope)
{
    rr_assert(scope->keep >= 1 && scope->keep <= RR_BACKUP_KEEP_MAX);
    struct rr_backup_selection *selection = RR_NEW(struct rr_backup_selection);
    selection->scope = *scope;
    selection->best.order = scope->criteria.order;
    selection->best.keep = scope->keep;
    selection->later =
        (struct rr_backup_best){ .order = scope->criteria.order, .keeps_worst = true, .keep = RR_BACKUP_LATER_MAX };
    set_moment(&selection->not_after, scope->criteria.not_after_ms, &scope->criteria);
    set_moment(&selection->moment, scope->moment_ms, &scope->criteria);
    return selection;
}

void rr_backup_selection_free(struct rr_backup_selection *selection)
{
    if (selection == NULL)
        return;
    rr_backup_best_done(&selection->best);
    rr_backup_best_done(&selection->later);
    rr_backup_rdb_done(&selection->newest_named);
    rr_backup_aofs_done(&selection->aofs);
    rr_backup_notes_done(&selection->notes);
    rr_free(selection);
}

void rr_backup_selection_reset(struct rr_backup_selection *selection)
{
    selection->counts = (struct rr_backup_counts){ 0 };
    selection->best.count = selection->later.count = 0;
    selection->newest_named.object.key.len = 0;
    rr_backup_aofs_reset(&selection->aofs);
    rr_backup_notes_reset(&selection->notes);
}

void rr_backup_aof_key(struct rr_buf *buf, struct rr_slice prefix, struct rr_slice replication_id,
                       struct rr_slice timestamp)
{
    rr_buf_add(buf, prefix);
    rr_buf_add(buf, replication_id);
    rr_buf_add(buf, RR_LIT("/appendonly-"));
    rr_buf_add(buf, timestamp);
    rr_buf_add(buf, RR_LIT(".aof"));
}

static void ignore(struct rr_backup_selection *selection, struct rr_slice key, enum rr_backup_oddity oddity)
{
    selection->counts.ignored++;
    selection->counts.unrelated += rr_backup_oddity_is_unrelated(oddity);
    rr_backup_notes_add_ignored(&selection->notes, key, oddity);
    enum rr_backup_miss miss = rr_backup_miss_of(oddity);
    if (miss != RR_BACKUP_MISS_COUNT)
        rr_backup_notes_add_miss(&selection->notes, miss, key, 1);
}

static bool is_of_wanted_id(const struct rr_backup_selection *selection, const struct rr_backup_object *object)
{
    struct rr_slice wanted = selection->scope.criteria.replication_id;
    return wanted.len == 0 || rr_slice_equals(object->replication_id, wanted);
}

static bool is_after(const struct rr_backup_selection *selection, const struct rr_backup_object *rdb,
                     const struct moment *moment)
{
    if (selection->scope.criteria.order == RR_BACKUP_ORDER_TIMESTAMP)
        return rr_slice_compare(rdb->timestamp, moment->timestamp) > 0;
    return rdb->last_modified_ms > moment->unix_ms;
}

static bool is_too_new(const struct rr_backup_selection *selection, const struct rr_backup_object *rdb)
{
    return selection->scope.criteria.has_not_after && is_after(selection, rdb, &selection->not_after);
}

static void note_name(struct rr_backup_selection *selection, const struct rr_backup_object *rdb)
{
    struct rr_backup_rdb *newest = &selection->newest_named;
    if (selection->scope.criteria.order == RR_BACKUP_ORDER_LAST_MODIFIED &&
        (newest->object.key.len == 0 || rr_backup_compare(RR_BACKUP_ORDER_TIMESTAMP, rdb, &newest->object) > 0))
        rr_backup_rdb_set(newest, rdb);
}

static void add_rdb(struct rr_backup_selection *selection, const struct rr_backup_object *rdb)
{
    struct rr_slice wanted = selection->scope.criteria.timestamp;
    enum rr_backup_miss miss = RR_BACKUP_MISS_COUNT;
    if (!is_of_wanted_id(selection, rdb))
        miss = RR_BACKUP_MISS_ID;
    else if (wanted.len > 0 && !rr_slice_equals(rdb->timestamp, wanted))
        miss = RR_BACKUP_MISS_TIMESTAMP;
    else if (is_too_new(selection, rdb))
        miss = RR_BACKUP_MISS_TOO_NEW;
    if (miss != RR_BACKUP_MISS_COUNT) {
        rr_backup_notes_add_miss(&selection->notes, miss, rdb->key, 1);
        return;
    }
    rr_backup_notes_add_id(&selection->notes, rdb->replication_id);
    bool is_later = selection->scope.has_moment && is_after(selection, rdb, &selection->moment);
    rr_backup_best_add(is_later ? &selection->later : &selection->best, rdb);
    note_name(selection, rdb);
}

static void add_aof(struct rr_backup_selection *selection, const struct rr_backup_object *aof)
{
    if (!is_of_wanted_id(selection, aof))
        return;
    if (selection->scope.with_aofs)
        rr_backup_aofs_add(&selection->aofs, aof);
    else
        selection->aofs.any_lost = true;
}

void rr_backup_selection_add(struct rr_backup_selection *selection, const struct rr_backup_listed *listed)
{
    selection->counts.objects++;
    struct rr_backup_key parts;
    enum rr_backup_oddity oddity = rr_backup_key_parse(listed->key, selection->scope.prefix, &parts);
    if (oddity == RR_BACKUP_ODDITY_NONE && rr_backup_key_is_cut(&parts, listed->size))
        oddity = RR_BACKUP_ODDITY_TOO_SMALL;
    if (oddity != RR_BACKUP_ODDITY_NONE) {
        ignore(selection, listed->key, oddity);
        return;
    }
    struct rr_backup_object object = { .key = listed->key,
                                       .etag = listed->etag,
                                       .storage_class = listed->storage_class,
                                       .replication_id = parts.replication_id,
                                       .timestamp = parts.timestamp,
                                       .size = listed->size,
                                       .last_modified_ms = listed->last_modified_ms,
                                       .compression = parts.compression };
    if (parts.kind == RR_BACKUP_RDB) {
        selection->counts.rdb_files++;
        add_rdb(selection, &object);
    } else {
        selection->counts.aof_files++;
        add_aof(selection, &object);
    }
}

void rr_backup_selection_merge(struct rr_backup_selection *selection, const struct rr_backup_selection *part)
{
    rr_assert(part->best.keep >= selection->best.keep && part->best.order == selection->best.order);
    selection->counts.objects += part->counts.objects;
    selection->counts.rdb_files += part->counts.rdb_files;
    selection->counts.aof_files += part->counts.aof_files;
    selection->counts.ignored += part->counts.ignored;
    selection->counts.unrelated += part->counts.unrelated;
    for (size_t i = 0; i < part->best.count; i++)
        rr_backup_best_add(&selection->best, &part->best.sorted[i]->object);
    for (size_t i = 0; i < part->later.count; i++)
        rr_backup_best_add(&selection->later, &part->later.sorted[i]->object);
    if (part->newest_named.object.key.len > 0)
        note_name(selection, &part->newest_named.object);
    rr_backup_aofs_merge(&selection->aofs, &part->aofs);
    rr_backup_notes_merge(&selection->notes, &part->notes);
}

size_t rr_backup_selection_count(const struct rr_backup_selection *selection)
{
    return selection->later.count + selection->best.count;
}

size_t rr_backup_selection_later(const struct rr_backup_selection *selection)
{
    return selection->later.count;
}

struct rr_backup_object rr_backup_selection_at(const struct rr_backup_selection *selection, size_t index)
{
    size_t later = selection->later.count;
    rr_assert(index < rr_backup_selection_count(selection));
    return (index < later ? selection->later.sorted[later - 1 - index] : selection->best.sorted[index - later])->object;
}

bool rr_backup_selection_newest_named(const struct rr_backup_selection *selection, struct rr_backup_object *out_rdb)
{
    *out_rdb = selection->newest_named.object;
    return out_rdb->key.len > 0;
}

bool rr_backup_selection_floor(const struct rr_backup_selection *selection, struct rr_slice *out_timestamp)
{
    const struct rr_backup_best *best = &selection->best;
    if (best->order != RR_BACKUP_ORDER_TIMESTAMP || best->count < best->keep)
        return false;
    *out_timestamp = best->sorted[best->count - 1]->object.timestamp;
    return true;
}

bool rr_backup_selection_find_aof(const struct rr_backup_selection *selection, struct rr_slice id,
                                  struct rr_slice timestamp, struct rr_backup_object *out_aof)
{
    return rr_backup_aofs_find(&selection->aofs, id, timestamp, out_aof);
}

bool rr_backup_selection_knows_aofs(const struct rr_backup_selection *selection)
{
    return !selection->aofs.any_lost;
}

const struct rr_backup_counts *rr_backup_selection_counts(const struct rr_backup_selection *selection)
{
    return &selection->counts;
}

size_t rr_backup_selection_ignored(const struct rr_backup_selection *selection,
                                   const struct rr_backup_ignored **out_ignored)
{
    *out_ignored = selection->notes.ignored;
    return selection->notes.ignored_count;
}

size_t rr_backup_selection_ids(const struct rr_backup_selection *selection, const struct rr_buf **out_ids,
                               bool *out_more)
{
    *out_ids = selection->notes.ids;
    *out_more = selection->notes.more_ids;
    return selection->notes.id_count;
}

const struct rr_backup_near_miss *rr_backup_selection_miss(const struct rr_backup_selection *selection,
                                                           enum rr_backup_miss miss)
{
    return &selection->notes.misses[miss];
}
