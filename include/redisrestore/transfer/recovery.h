/* SPDX-License-Identifier: Apache-2.0 */
/* recovery: computes which moments a backup can be restored to, and where the AOF must be cut for the requested one
 * (docs/behaviour: P-01 to P-03, P-05; docs/point-in-time.md). Threads: pure. */
#ifndef RR_TRANSFER_RECOVERY_H
#define RR_TRANSFER_RECOVERY_H

#include <redisrestore/redis/aof.h>
#include <redisrestore/redis/rdb.h>

/* The kind of moment that was requested. */
enum rr_recovery_to {
    RR_RECOVERY_TO_END,      /* all data of the backup */
    RR_RECOVERY_TO_OFFSET,   /* a replication offset; the AOF's first byte has the offset that the RDB names */
    RR_RECOVERY_TO_POSITION, /* a byte of the decompressed AOF, its RDB preamble included */
    RR_RECOVERY_TO_TIME,     /* the end of a second */
};

struct rr_recovery_target {
    enum rr_recovery_to to; /* decides which member below counts */
    uint64_t offset;
    uint64_t position;
    int64_t unix_s;
};

/* The facts of a backup after reading it. */
struct rr_recovery_source {
    const struct rr_rdb_facts *rdb; /* NULL: there is none */
    const struct rr_aof_facts *aof; /* NULL: there is none, or it is left out */
    uint64_t preamble_bytes;        /* of the RDB that the AOF begins with; 0: it has none */
};

/* The moments that this backup can be restored to, from the first to the last, both included. */
struct rr_recovery_window {
    bool has_offsets, has_first_time, has_last_time;
    uint64_t first_offset, last_offset;
    int64_t first_unix_s, last_unix_s;
};

struct rr_recovery {
    bool is_reachable;
    char message[480];     /* why not, and which moments can be reached; "" if it is reachable */
    bool is_beyond_end;    /* the target is later than all data, so nothing is cut for it */
    uint64_t aof_bytes;    /* of the decompressed AOF, its preamble included, that are kept: the cut is behind them */
    uint64_t aof_commands; /* in these bytes, without the preamble */
    bool has_offset;       /* `offset` is known */
    uint64_t offset;       /* replication offset of the data up to the cut */
};

/* Returns the target for rr_aof_set_target. `rdb` NULL: there is none. */
struct rr_aof_target rr_recovery_aof_target(const struct rr_recovery_target *target, const struct rr_rdb_facts *rdb,
                                            uint64_t preamble_bytes);
struct rr_recovery_window rr_recovery_window(const struct rr_recovery_source *source);
/* Computes the cut. Call it after all files were read, the AOF by a parser with the target of rr_recovery_aof_target.
 * For RR_RECOVERY_TO_END the cut is at `safe_end` of the AOF (aof.h). */
void rr_recovery_of(const struct rr_recovery_target *target, const struct rr_recovery_source *source,
                    struct rr_recovery *out_recovery);

#endif
