/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_run.h"

#include <redisrestore/backup/backup_time.h>
#include <redisrestore/s3/s3_head.h>

enum {
    COMPARED_MAX = 3, /* RDBs before the chosen one: after three small RDBs, the data set itself is small */
    TIMES_SMALLER = 100,
    /* Backups of different replication IDs come from different servers, and their uploads overlap. */
    NAMES_APART_MS = 3600 * 1000,
};

const char *rr_discovery_warning_name(enum rr_discovery_warning warning)
{
#define RR_DISCOVERY_WARNING_NAME(name, text) text,
    static const char *const names[] = { RR_DISCOVERY_WARNINGS(RR_DISCOVERY_WARNING_NAME) };
#undef RR_DISCOVERY_WARNING_NAME
    rr_assert((size_t)warning < RR_COUNT(names));
    return names[warning];
}

/* Returns the size of the smallest of the next RDBs with the same replication ID in the order; 0 if it is not that much
 * larger. */
static uint64_t smallest_before(const struct rr_discovery_run *run, const struct rr_backup_object *rdb)
{
    size_t count = rr_backup_selection_count(run->selection), compared = 0;
    uint64_t smallest = UINT64_MAX;
    for (size_t i = run->chosen + 1; i < count && compared < COMPARED_MAX; i++) {
        struct rr_backup_object other = rr_backup_selection_at(run->selection, i);
        if (!rr_slice_equals(other.replication_id, rdb->replication_id))
            continue;
        compared++;
        smallest = other.size < smallest ? other.size : smallest;
    }
    return compared > 0 && smallest / TIMES_SMALLER >= rdb->size ? smallest : 0;
}

static struct rr_slice archive_of(struct rr_slice storage_class, const struct rr_buf *tier)
{
    return rr_s3_is_archive_class(storage_class) ? storage_class : rr_buf_slice(tier);
}

/* With intelligent tiering, only HEAD shows if an object is archived. HEAD needs s3:GetObject, which listing does not
 * need. Without the permission there is no warning. */
static bool look_for_tier(struct rr_discovery_run *run, struct rr_slice key, struct rr_slice storage_class,
                          struct rr_buf *out_tier, struct rr_error *err)
{
    if (!rr_slice_equals(storage_class, RR_LIT("INTELLIGENT_TIERING")))
        return true;
    struct rr_s3_client client = rr_discovery_hint_client(run);
    struct rr_s3_head head = { 0 };
    struct rr_slice status;
    bool found;
    bool known = rr_s3_head(&client, key, rr_discovery_hint_deadline(run), run->stop, &found, &head, err);
    if (known && found && rr_s3_head_header(&head, "x-amz-archive-status", &status) &&
        (rr_slice_equals(status, RR_LIT("ARCHIVE_ACCESS")) || rr_slice_equals(status, RR_LIT("DEEP_ARCHIVE_ACCESS"))))
        rr_buf_set_whole(out_tier, status);
    rr_s3_head_done(&head);
    return known || err->code != RR_E_CANCELLED;
}

static bool is_newer_by_name(const struct rr_discovery_run *run, const struct rr_backup_object *other,
                             const struct rr_backup_object *rdb)
{
    int64_t other_ms, rdb_ms;
    int32_t zone_s = run->request->criteria.zone_offset_s;
    if (rr_slice_compare(other->timestamp, rdb->timestamp) <= 0)
        return false;
    if (rr_slice_equals(other->replication_id, rdb->replication_id))
        return true;
    return rr_backup_time_of(other->timestamp, zone_s, &other_ms) &&
           rr_backup_time_of(rdb->timestamp, zone_s, &rdb_ms) && other_ms - rdb_ms > NAMES_APART_MS;
}

/* Checks only backups that the order puts behind the chosen one: `previous` and PreviousComplete skip newer ones on
 * purpose. */
static void look_for_newer_names(struct rr_discovery_run *run, const struct rr_backup_object *rdb)
{
    struct rr_backup_object other;
    struct rr_backup_object *found = &run->odd.newer_by_name;
    if (run->request->criteria.order != RR_BACKUP_ORDER_LAST_MODIFIED)
        return;
    if (rr_backup_selection_newest_named(run->selection, &other) && other.last_modified_ms < rdb->last_modified_ms &&
        is_newer_by_name(run, &other, rdb)) {
        *found = other;
        return;
    }
    size_t count = rr_backup_selection_count(run->selection);
    for (size_t i = run->chosen + 1; i < count; i++) {
        other = rr_backup_selection_at(run->selection, i);
        if (other.last_modified_ms < rdb->last_modified_ms && is_newer_by_name(run, &other, rdb) &&
            (found->key.len == 0 || rr_slice_compare(other.timestamp, found->timestamp) > 0))
            *found = other;
    }
}

bool rr_discovery_judge(struct rr_discovery_run *run, struct rr_error *err)
{
    if (run->reason != RR_REASON_BACKUP_DISCOVERED)
        return true;
    struct rr_backup_object rdb = rr_backup_selection_at(run->selection, run->chosen);
    const struct rr_discovery_pair *pair = &run->pairs[run->chosen];
    struct rr_slice aof_class = rr_buf_slice(&pair->aof.storage_class);
    run->odd.smallest_before = smallest_before(run, &rdb);
    look_for_newer_names(run, &rdb);
    if (!look_for_tier(run, rdb.key, rdb.storage_class, &run->rdb_tier, err))
        return false;
    run->odd.archived_rdb = archive_of(rdb.storage_class, &run->rdb_tier);
    if (pair->known != RR_DISCOVERY_YES)
        return true;
    if (!look_for_tier(run, rr_buf_slice(&pair->aof.key), aof_class, &run->aof_tier, err))
        return false;
    run->odd.archived_aof = archive_of(aof_class, &run->aof_tier);
    return true;
}
