/* SPDX-License-Identifier: Apache-2.0 */
/* aof_manifest: the list of files of a multi-part AOF (Redis 7 and later, Valkey), read and written as the servers do
 * (docs/behaviour: G-03). Lines: "file NAME seq N type b|h|i", then pairs of words that a later server may add.
 * Threads: pure. */
#ifndef RR_REDIS_AOF_MANIFEST_H
#define RR_REDIS_AOF_MANIFEST_H

#include <redisrestore/base/buf.h>

enum {
    RR_AOF_MANIFEST_FILES_MAX = 1024,
    RR_AOF_MANIFEST_MAX_BYTES = 1 << 20,
    RR_AOF_MANIFEST_NAME_MAX_BYTES = 255, /* NAME_MAX of Linux */
};

enum rr_aof_manifest_type { RR_AOF_MANIFEST_BASE, RR_AOF_MANIFEST_HISTORY, RR_AOF_MANIFEST_INCREMENTAL };

struct rr_aof_manifest_file {
    char *name; /* owned */
    uint64_t sequence;
    enum rr_aof_manifest_type type;
};

struct rr_aof_manifest {
    struct rr_aof_manifest_file *files; /* in the order of the manifest */
    size_t count, cap;
};

void rr_aof_manifest_done(struct rr_aof_manifest *manifest);
/* Fails with RR_E_INVALID for a manifest that servers refuse; the message names the line. Call done in any case. */
RR_MUST_USE bool rr_aof_manifest_parse(struct rr_slice text, struct rr_aof_manifest *out_manifest,
                                       struct rr_error *err);
/* Appends the manifest of a base and an incremental file. Names without spaces, quotation marks or control bytes. */
void rr_aof_manifest_write(struct rr_buf *out_text, struct rr_slice base, struct rr_slice incremental,
                           uint64_t sequence);
/* The number in "{append_name}.{number}.base.rdb", ".incr.aof" and the like; false: the name is none of these. */
RR_MUST_USE bool rr_aof_manifest_sequence_of(struct rr_slice name, struct rr_slice append_name, uint64_t *out_sequence);

#endif
