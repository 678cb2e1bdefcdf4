/* SPDX-License-Identifier: Apache-2.0 */
/* backup_aofs: the AOFs that are remembered, in one block of text. Threads: one at a time. */
#ifndef RR_BACKUP_BACKUP_AOFS_H
#define RR_BACKUP_BACKUP_AOFS_H

#include <redisrestore/backup/backup_select.h>

struct rr_backup_aof {
    size_t key_at, key_len, etag_len, class_len; /* the ETag is behind the key, and behind that the storage class */
    size_t id_at, id_len, timestamp_at;
    uint64_t size;
    int64_t last_modified_ms;
    enum rr_backup_compression compression;
};

struct rr_backup_aofs {
    struct rr_buf text;
    struct rr_backup_aof *all; /* owns */
    size_t count, capacity;
    bool any_lost; /* given, and not remembered */
};

void rr_backup_aofs_done(struct rr_backup_aofs *aofs);
void rr_backup_aofs_reset(struct rr_backup_aofs *aofs);
/* Borrows for the call. */
void rr_backup_aofs_add(struct rr_backup_aofs *aofs, const struct rr_backup_object *object);
void rr_backup_aofs_merge(struct rr_backup_aofs *aofs, const struct rr_backup_aofs *part);
RR_MUST_USE bool rr_backup_aofs_find(const struct rr_backup_aofs *aofs, struct rr_slice id, struct rr_slice timestamp,
                                     struct rr_backup_object *out_aof);

#endif
