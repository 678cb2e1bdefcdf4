#include "backup_object.h"

void rr_backup_text_set(struct rr_buf *buf, struct rr_slice text)
{
    rr_buf_clear(buf);
    if (buf->max < text.len)
        buf->max = text.len;
    rr_buf_add(buf, text);
}

void rr_backup_object_set(struct rr_backup_object *object, struct rr_slice key, struct rr_slice etag, uint64_t size,
                          int64_t last_modified_ms)
{
    rr_backup_text_set(&object->key, key);
    rr_backup_text_set(&object->etag, etag);
    object->size = size;
    object->last_modified_ms = last_modified_ms;
}

void rr_backup_object_done(struct rr_backup_object *object)
{
    if (object == NULL)
        return;
    rr_buf_done(&object->key);
    rr_buf_done(&object->etag);
}
