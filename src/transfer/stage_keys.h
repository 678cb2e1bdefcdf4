/* SPDX-License-Identifier: Apache-2.0 */
/* stage_keys: how many keys a small data set of a directory has, by reading its files (docs/behaviour: G-06).
 * Threads: one. */
#ifndef RR_STAGE_KEYS_H
#define RR_STAGE_KEYS_H

#include "stage_scan.h"

enum { RR_STAGE_KEYS_SET_MAX_BYTES = 1 << 20 };

struct rr_stage_keys {
    bool is_known;     /* the set is small, and all of its files are whole and of a known format */
    uint64_t keys;     /* in the RDB that has most: dump.rdb, or the base of the AOF */
    uint64_t commands; /* in the AOF, which may have made and removed keys */
    bool has_data;     /* there is a key, or a command that may make one */
};

/* A file that cannot be read is one that is not known. */
struct rr_stage_keys rr_stage_keys_count(struct rr_stage_dir *dir, const struct rr_stage_names *names,
                                         const struct rr_stage_found *found);

#endif
