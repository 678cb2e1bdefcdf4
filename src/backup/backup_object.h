/* backup_object: texts of objects copied into memory that is used again and again. Threads: pure. */
#ifndef RR_BACKUP_BACKUP_OBJECT_H
#define RR_BACKUP_BACKUP_OBJECT_H

#include <redisrestore/backup/backup_select.h>

/* Replaces what *buf holds; its maximum grows with the text, whose length the caller has capped. */
void rr_backup_text_set(struct rr_buf *buf, struct rr_slice text);
void rr_backup_object_set(struct rr_backup_object *object, struct rr_slice key, struct rr_slice etag, uint64_t size,
                          int64_t last_modified_ms);

#endif
