/* SPDX-License-Identifier: Apache-2.0 */
#include "backup_best.h"

#include <redisrestore/base/mem.h>

#include <string.h>

void rr_backup_rdb_done(struct rr_backup_rdb *rdb)
{
    rr_buf_done(&rdb->key);
    rr_buf_done(&rdb->etag);
    rr_buf_done(&rdb->storage_class);
}

void rr_backup_best_done(struct rr_backup_best *best)
{
    for (size_t i = 0; i < RR_BACKUP_KEEP_MAX && best->sorted[i] != NULL; i++) {
        rr_backup_rdb_done(best->sorted[i]);
        rr_free(best->sorted[i]);
    }
}

static bool is_same_backup(const struct rr_backup_object *a, const struct rr_backup_object *b)
{
    return rr_slice_equals(a->timestamp, b->timestamp) && rr_slice_equals(a->replication_id, b->replication_id);
}

/* >0: `a` is the better one. Two spellings of one RDB compare by their times, then by the compression; 0 is the same
 * object. Keys of two RDBs differ within the ID or at its end, so a suffix never decides between them. */
int rr_backup_compare(enum rr_backup_order order, const struct rr_backup_object *a, const struct rr_backup_object *b)
{
    int by_time = (a->last_modified_ms > b->last_modified_ms) - (a->last_modified_ms < b->last_modified_ms);
    bool time_first = order == RR_BACKUP_ORDER_LAST_MODIFIED;
    if (time_first && by_time != 0)
        return by_time;
    int by_name = rr_slice_compare(a->timestamp, b->timestamp);
    int next = time_first || by_name != 0 ? by_name : by_time;
    if (next != 0)
        return next;
    if (is_same_backup(a, b))
        return (int)b->compression - (int)a->compression;
    return rr_slice_compare(a->key, b->key);
}

static int compare_in(const struct rr_backup_best *best, const struct rr_backup_object *a,
                      const struct rr_backup_object *b)
{
    return best->keeps_worst ? rr_backup_compare(best->order, b, a) : rr_backup_compare(best->order, a, b);
}

static struct rr_slice moved(struct rr_slice part, struct rr_slice from, struct rr_slice to)
{
    return (struct rr_slice){ to.ptr + (part.ptr - from.ptr), part.len };
}

void rr_backup_rdb_set(struct rr_backup_rdb *rdb, const struct rr_backup_object *object)
{
    rr_buf_set_whole(&rdb->key, object->key);
    rr_buf_set_whole(&rdb->etag, object->etag);
    rr_buf_set_whole(&rdb->storage_class, object->storage_class);
    rdb->object = *object;
    rdb->object.storage_class = rr_buf_slice(&rdb->storage_class);
    rdb->object.key = rr_buf_slice(&rdb->key);
    rdb->object.etag = rr_buf_slice(&rdb->etag);
    rdb->object.replication_id = moved(object->replication_id, object->key, rdb->object.key);
    rdb->object.timestamp = moved(object->timestamp, object->key, rdb->object.key);
}

/* Index of a spelling of the same backup, or count. */
static size_t find(const struct rr_backup_best *best, const struct rr_backup_object *object)
{
    size_t i = 0;
    while (i < best->count && !is_same_backup(&best->sorted[i]->object, object))
        i++;
    return i;
}

/* Takes the one at `index` out; its memory is then behind the others. */
static void take_out(struct rr_backup_best *best, size_t index)
{
    struct rr_backup_rdb *out = best->sorted[index];
    best->count--;
    memmove(&best->sorted[index], &best->sorted[index + 1], (best->count - index) * sizeof(best->sorted[0]));
    best->sorted[best->count] = out;
}

static size_t place_of(const struct rr_backup_best *best, const struct rr_backup_object *object)
{
    size_t low = 0, high = best->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_in(best, object, &best->sorted[middle]->object) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void rr_backup_best_add(struct rr_backup_best *best, const struct rr_backup_object *object)
{
    if (best->count == best->keep && compare_in(best, object, &best->sorted[best->count - 1]->object) <= 0)
        return;
    size_t same = find(best, object);
    if (same < best->count) {
        if (compare_in(best, object, &best->sorted[same]->object) <= 0)
            return;
        take_out(best, same);
    } else if (best->count == best->keep) {
        best->count--;
    }

    struct rr_backup_rdb *rdb = best->sorted[best->count];
    if (rdb == NULL)
        rdb = RR_NEW(struct rr_backup_rdb);
    rr_backup_rdb_set(rdb, object);
    size_t place = place_of(best, &rdb->object);
    memmove(&best->sorted[place + 1], &best->sorted[place], (best->count - place) * sizeof(best->sorted[0]));
    best->sorted[place] = rdb;
    best->count++;
}
