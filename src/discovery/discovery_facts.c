/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_run.h"

void rr_discovery_object_set(struct rr_discovery_object *to, const struct rr_backup_object *from)
{
    rr_buf_set_whole(&to->key, from->key);
    rr_buf_set_whole(&to->etag, from->etag);
    rr_buf_set_whole(&to->storage_class, from->storage_class);
    to->size = from->size;
    to->last_modified_ms = from->last_modified_ms;
    to->compression = from->compression;
}

void rr_discovery_object_done(struct rr_discovery_object *object)
{
    rr_buf_done(&object->key);
    rr_buf_done(&object->etag);
    rr_buf_done(&object->storage_class);
}

static void add_id(struct rr_discovery_ids *ids, struct rr_slice id)
{
    size_t place = 0;
    while (place < ids->count && rr_slice_compare(ids->ids[place], id) < 0)
        place++;
    if (place < ids->count && rr_slice_equals(ids->ids[place], id))
        return;
    ids->more = ids->more || ids->count == RR_DISCOVERY_IDS_MAX;
    if (place == RR_DISCOVERY_IDS_MAX)
        return;
    ids->count += ids->count < RR_DISCOVERY_IDS_MAX;
    for (size_t i = ids->count - 1; i > place; i--)
        ids->ids[i] = ids->ids[i - 1];
    ids->ids[place] = id;
}

struct rr_discovery_ids rr_discovery_ids_of(const struct rr_discovery_run *run)
{
    struct rr_discovery_ids found = { 0 };
    const struct rr_buf *ids;
    if (!run->one_page && run->request->criteria.order == RR_BACKUP_ORDER_TIMESTAMP) {
        for (size_t i = 0; i < rr_backup_selection_count(run->selection); i++)
            add_id(&found, rr_backup_selection_at(run->selection, i).replication_id);
        return found;
    }
    found.count = rr_backup_selection_ids(run->selection, &ids, &found.more);
    for (size_t i = 0; i < found.count; i++)
        found.ids[i] = rr_buf_slice(&ids[i]);
    return found;
}
