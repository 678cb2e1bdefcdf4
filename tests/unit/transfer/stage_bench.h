/* SPDX-License-Identifier: Apache-2.0 */
/* stage_bench: a data directory of a test, and file operations that count their calls, fail one of them, or do nothing
 * from one of them on, as if the process had been killed there. Threads: one bench at a time. */
#ifndef RR_STAGE_BENCH_H
#define RR_STAGE_BENCH_H

#include <redisrestore/transfer/stage.h>

#include "stage_power.h"
#include "support/test.h"

enum {
    BENCH_EXIT_CODE = 99,
    BENCH_NEVER = 1000000,
    BENCH_SYNCED_MAX = 256,
    BENCH_CHANGES_MAX = 256,
    BENCH_FILE_MAX_BYTES = 1 << 20
};

struct stage_bench {
    char path[64];
    int folder;
    struct rr_file_ops ops;         /* of the bench */
    int calls;                      /* of `ops`, from 1 */
    int changes[BENCH_CHANGES_MAX]; /* the calls that changed names or bytes */
    size_t change_count;
    int fail_at, fail_with;            /* this call fails, with that negative errno */
    int dead_from;                     /* no call from this one on does anything */
    int exit_at;                       /* the process ends before this call, with BENCH_EXIT_CODE; 0: it does not */
    uint64_t free_bytes;               /* the answer of free_space; 0: the system's */
    bool fills_up;                     /* after the first answer nothing is free */
    bool has_no_links;                 /* a file system without hard links */
    uint64_t synced[BENCH_SYNCED_MAX]; /* inodes, of the last run */
    size_t synced_count;
    int unsynced_renames;  /* of files whose bytes were not synced before */
    struct power *power;   /* told of what it keeps; NULL: none */
    const char *link_with; /* touched at the next rename: a server that writes meanwhile; NULL: none */
    struct rr_stage_options options;
    bool has_rdb, has_aof; /* the backup */
    struct rr_verify_options rules;
    struct rr_buf rdb, aof; /* a pair of a real server */
    struct rr_stage_outcome outcome;
    struct rr_verify_verdict verdict; /* of the last backup that was read */
    struct rr_error err;
};

void stage_bench_start(struct stage_bench *bench);
/* The same for a directory that is there, without a pair. */
void stage_bench_use(struct stage_bench *bench, int folder);
void stage_bench_stop(struct stage_bench *bench);
/* Stages the pair, or the RDB alone, or undoes, with the options at hand. False: it failed, with `err` and `outcome`.
 */
bool stage_bench_run(struct stage_bench *bench);
/* Files of the directory, written and read by path; make folders first. */
void stage_bench_write(struct stage_bench *bench, const char *path, const char *text);
void stage_bench_folder(struct stage_bench *bench, const char *path);
bool stage_bench_has(struct stage_bench *bench, const char *path);
/* The content; "" if there is no such file. Valid until the next call. */
struct rr_slice stage_bench_read(struct stage_bench *bench, const char *path);
/* The names of all files with a checksum of each, one a line, sorted: the whole state. Valid until the second call. */
const char *stage_bench_state(struct stage_bench *bench);
/* Asserts that the next run fails so, and changes nothing. `words`: a part of the message. */
void stage_bench_refused(struct stage_bench *bench, enum rr_code code, const char *reason, const char *words);
/* An old data set: a multi-part AOF with "old base" and "old incr", and a dump.rdb. */
void stage_bench_old(struct stage_bench *bench);

#endif
