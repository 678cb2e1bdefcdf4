/* SPDX-License-Identifier: Apache-2.0 */
#include "backup_aofs.h"

#include <redisrestore/backup/backup_time.h>

#include <redisrestore/base/mem.h>

#include <string.h>

void rr_backup_aofs_done(struct rr_backup_aofs *aofs)
{
    rr_buf_done(&aofs->text);
    rr_free(aofs->all);
}

void rr_backup_aofs_reset(struct rr_backup_aofs *aofs)
{
    rr_buf_clear(&aofs->text);
    aofs->count = 0;
    aofs->any_lost = false;
}

void rr_backup_aofs_add(struct rr_backup_aofs *aofs, const struct rr_backup_object *object)
{
    aofs->text.max = RR_BACKUP_AOFS_BYTES_MAX;
    if (aofs->count == RR_BACKUP_AOFS_MAX ||
        aofs->text.len + object->key.len + object->etag.len + object->storage_class.len > RR_BACKUP_AOFS_BYTES_MAX) {
        aofs->any_lost = true;
        return;
    }
    size_t at = aofs->text.len;
    rr_grow(&aofs->all, &aofs->capacity, aofs->count);
    aofs->all[aofs->count++] = (struct rr_backup_aof){
        .key_at = at,
        .key_len = object->key.len,
        .etag_len = object->etag.len,
        .class_len = object->storage_class.len,
        .id_at = at + (size_t)(object->replication_id.ptr - object->key.ptr),
        .id_len = object->replication_id.len,
        .timestamp_at = at + (size_t)(object->timestamp.ptr - object->key.ptr),
        .size = object->size,
        .last_modified_ms = object->last_modified_ms,
        .compression = object->compression,
    };
    rr_buf_add(&aofs->text, object->key);
    rr_buf_add(&aofs->text, object->etag);
    rr_buf_add(&aofs->text, object->storage_class);
}

static struct rr_backup_object object_of(const struct rr_backup_aofs *aofs, const struct rr_backup_aof *aof)
{
    const char *text = aofs->text.ptr;
    return (struct rr_backup_object){
        .key = { text + aof->key_at, aof->key_len },
        .etag = { text + aof->key_at + aof->key_len, aof->etag_len },
        .storage_class = { text + aof->key_at + aof->key_len + aof->etag_len, aof->class_len },
        .replication_id = { text + aof->id_at, aof->id_len },
        .timestamp = { text + aof->timestamp_at, RR_BACKUP_TIMESTAMP_LEN },
        .size = aof->size,
        .last_modified_ms = aof->last_modified_ms,
        .compression = aof->compression,
    };
}

void rr_backup_aofs_merge(struct rr_backup_aofs *aofs, const struct rr_backup_aofs *part)
{
    for (size_t i = 0; i < part->count; i++) {
        struct rr_backup_object object = object_of(part, &part->all[i]);
        rr_backup_aofs_add(aofs, &object);
    }
    aofs->any_lost |= part->any_lost;
}

bool rr_backup_aofs_find(const struct rr_backup_aofs *aofs, struct rr_slice id, struct rr_slice timestamp,
                         struct rr_backup_object *out_aof)
{
    const struct rr_backup_aof *found = NULL;
    rr_assert(timestamp.len == RR_BACKUP_TIMESTAMP_LEN);
    for (size_t i = 0; i < aofs->count; i++) {
        const struct rr_backup_aof *aof = &aofs->all[i];
        if (memcmp(aofs->text.ptr + aof->timestamp_at, timestamp.ptr, RR_BACKUP_TIMESTAMP_LEN) == 0 &&
            rr_slice_equals((struct rr_slice){ aofs->text.ptr + aof->id_at, aof->id_len }, id) &&
            (found == NULL || aof->compression < found->compression))
            found = aof;
    }
    if (found != NULL)
        *out_aof = object_of(aofs, found);
    return found != NULL;
}
