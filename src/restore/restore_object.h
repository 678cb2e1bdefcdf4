/* SPDX-License-Identifier: Apache-2.0 */
/* restore_object: the part of a RedisRestore that the cache holds: spec and status as the API server sent them. They
 * are packed, because most objects are never reconciled. A reconcile unpacks them. Threads: immutable. */
#ifndef RR_RESTORE_OBJECT_H
#define RR_RESTORE_OBJECT_H

#include "restore_spec.h"
#include "restore_status.h"

#include <redisrestore/controller/object.h>
#include <redisrestore/discovery/discovery.h>

/* The payload of an object. */
struct rr_restore_kept {
    /* For the metrics of each object (behaviour F-57). */
    bool ready, has_backup;
    bool warnings[RR_WARNING_COUNT];
    int64_t backup_modified_unix_ms; /* of the RDB file */
    int64_t backup_unix_ms;          /* the same, or the time in its name if that is earlier */
    uint64_t backup_bytes;           /* both files */
    uint32_t spec_bytes, text_bytes; /* of the text: the spec alone; the spec followed by the status */
    uint32_t packed_bytes;
    char packed[];
};

/* An unpacked object. Owns all of it. */
struct rr_restore {
    struct rr_restore_spec spec;
    struct rr_restore_status status; /* as stored */
};

extern const struct rr_object_type rr_restore_object_type;

const struct rr_restore_kept *rr_restore_of(const struct rr_object *object); /* borrows */
void rr_restore_open(const struct rr_object *object, struct rr_restore *out_restore);
void rr_restore_done(struct rr_restore *restore);
/* Appends the spec as the API server sent it. */
void rr_restore_spec_text(const struct rr_object *object, struct rr_buf *out_text);

#endif
