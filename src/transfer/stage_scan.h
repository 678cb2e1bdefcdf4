/* SPDX-License-Identifier: Apache-2.0 */
/* stage_scan: the files of a data set that a directory holds (docs/behaviour: G-03, G-06, G-11). Threads: one. */
#ifndef RR_STAGE_SCAN_H
#define RR_STAGE_SCAN_H

#include "stage_dir.h"
#include "stage_plan.h"

/* Names of the files that a server loads, as its configuration has them. */
struct rr_stage_names {
    const char *append_file, *append_dir, *db_file; /* borrow */
};

#define RR_STAGE_GUARD_MARK "redisrestore guard: "

struct rr_stage_found {
    struct rr_stage_olds olds; /* regular files with our names, and all of the append-only folder */
    bool has_append_dir, has_manifest, has_nodes, has_db_file, has_append_file;
    bool has_data;     /* a file that is not empty, and not only guards */
    char *other;       /* another file that may hold a data set, "temp-1.rdb"; owned; NULL: none */
    char *first;       /* the path of a file with data; owned; NULL: none */
    uint64_t bytes;    /* of files with data */
    size_t files;      /* number of them */
    int64_t newest_ns; /* of them */
    uint64_t sequence; /* the highest of the manifest and of all names */
};

void rr_stage_found_done(struct rr_stage_found *found);
/* Fails as stage_dir.h, also for links, mount points and other kinds of file among our names. Call done in any case. */
RR_MUST_USE bool rr_stage_scan(struct rr_stage_dir *dir, const struct rr_stage_names *names,
                               struct rr_stage_found *out_found, struct rr_error *err);
/* Guards, ours by their first words, hold no data. `size`: of the file. Fails as rr_stage_scan does. */
RR_MUST_USE bool rr_stage_is_guard(struct rr_stage_dir *dir, int folder, const char *name, uint64_t size,
                                   bool *out_is_guard, struct rr_error *err);
/* "appendonlydir/{name}" */
void rr_stage_append_path(const struct rr_stage_names *names, const char *name, struct rr_buf *out_path);
/* "appendonlydir/appendonly.aof.manifest" */
void rr_stage_manifest_path(const struct rr_stage_names *names, struct rr_buf *out_path);

#endif
