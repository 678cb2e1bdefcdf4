/* restore_object: what the store keeps of a RedisRestore: its spec and its status as canonical JSON. Threads:
 * immutable. */
#ifndef RR_RESTORE_OBJECT_H
#define RR_RESTORE_OBJECT_H

#include "restore_spec.h"
#include "restore_status.h"

#include <redisrestore/controller/object.h>

struct rr_restore {
    struct rr_restore_spec spec;
    char *status_json; /* owns; NULL: none */
    /* What metrics say of the stored status (behaviour F-57). */
    bool ready, has_backup;
    int64_t backup_modified_unix_ms; /* of the RDB file */
    uint64_t backup_bytes;           /* both files */
};

extern const struct rr_object_type rr_restore_object_type;

const struct rr_restore *rr_restore_of(const struct rr_object *object); /* borrows */
/* The stored status. *out_status is initialised here; the caller ends it. */
void rr_restore_read_status(const struct rr_restore *restore, struct rr_restore_status *out_status);

#endif
