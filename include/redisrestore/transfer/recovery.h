/* SPDX-License-Identifier: Apache-2.0 */
/* recovery: to which earlier moment a backup can be restored, and where its AOF is cut for it (docs/behaviour: P-01 to
 * P-03, P-05). Threads: pure. */
#ifndef RR_TRANSFER_RECOVERY_H
#define RR_TRANSFER_RECOVERY_H

#include <redisrestore/redis/aof.h>
#include <redisrestore/redis/rdb.h>

enum rr_recovery_to {
    RR_RECOVERY_TO_END,
    RR_RECOVERY_TO_OFFSET,   /* of the replication: the RDB's own is that of the AOF's first byte */
    RR_RECOVERY_TO_POSITION, /* in the decompressed AOF, its preamble included */
    RR_RECOVERY_TO_TIME,     /* the end of that second */
};

struct rr_recovery_target {
    enum rr_recovery_to to;
    uint64_t offset;
    uint64_t position;
    int64_t unix_s;
};

/* The facts of a backup after reading it. */
struct rr_recovery_source {
    const struct rr_rdb_facts *rdb; /* NULL: there is none */
    const struct rr_aof_facts *aof; /* NULL: there is none, or it is left out */
    uint64_t preamble_bytes;        /* at the beginning of the AOF; 0: it has none */
};

/* The moments that can be reached, first and last included. */
struct rr_recovery_window {
    bool has_offsets, has_first_time, has_last_time;
    uint64_t first_offset, last_offset;
    int64_t first_unix_s, last_unix_s;
};

struct rr_recovery {
    bool is_reachable;
    char message[480];     /* why not, and what can be reached; "" when it is reachable */
    bool is_beyond_end;    /* the target is later than all data: nothing was cut for it */
    uint64_t aof_bytes;    /* of the decompressed AOF, its preamble included: where it is cut */
    uint64_t aof_commands; /* in these bytes */
    bool has_offset;       /* the data is that of `offset` */
    uint64_t offset;
};

/* The target that the AOF parser gets before the first command. */
struct rr_aof_target rr_recovery_aof_target(const struct rr_recovery_target *target, const struct rr_rdb_facts *rdb,
                                            uint64_t preamble_bytes);
struct rr_recovery_window rr_recovery_window(const struct rr_recovery_source *source);
/* When everything was read, with the parser's target as above. Without a target the cut is the safe end. */
void rr_recovery_of(const struct rr_recovery_target *target, const struct rr_recovery_source *source,
                    struct rr_recovery *out_recovery);

#endif
