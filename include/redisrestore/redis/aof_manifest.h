/* SPDX-License-Identifier: Apache-2.0 */
/* aof_manifest: parses and writes the manifest of a multi-part AOF (Redis 7 and later, Valkey), which lists its files,
 * as the servers do (docs/behaviour: G-03). Each line is "file NAME seq N type b|h|i", then perhaps pairs of words that
 * later servers add: Redis 8 writes the replication offset at which a file begins ("startoffset 12345"). The types are
 * base, history and incremental. Threads: pure. */
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
    char *name; /* owns */
    uint64_t sequence;
    enum rr_aof_manifest_type type;
    char *more; /* owns; the other pairs, " startoffset 12345", except those that need quotation marks */
};

struct rr_aof_manifest {
    struct rr_aof_manifest_file *files; /* in the order of the manifest */
    size_t count, cap;
};

void rr_aof_manifest_done(struct rr_aof_manifest *manifest);
/* Parses a manifest. Fails with RR_E_INVALID for a manifest that servers refuse; the message names the line. Call
 * rr_aof_manifest_done after a failure too. */
RR_MUST_USE bool rr_aof_manifest_parse(struct rr_slice text, struct rr_aof_manifest *out_manifest,
                                       struct rr_error *err);
/* Appends a whole manifest of one base and one incremental file with the same sequence. The names have no spaces,
 * quotation marks or control bytes. */
void rr_aof_manifest_write(struct rr_buf *out_text, struct rr_slice base, struct rr_slice incremental,
                           uint64_t sequence);
/* Appends one line of a manifest. `more`: the other pairs of the file, or "". */
void rr_aof_manifest_add(struct rr_buf *out_text, struct rr_slice name, uint64_t sequence,
                         enum rr_aof_manifest_type type, const char *more);
/* Gets the number from a file name "{append_name}.{number}.base.rdb", "{append_name}.{number}.incr.aof" and the like.
 * Returns false for any other name. */
RR_MUST_USE bool rr_aof_manifest_sequence_of(struct rr_slice name, struct rr_slice append_name, uint64_t *out_sequence);

#endif
