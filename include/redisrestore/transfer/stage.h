/* SPDX-License-Identifier: Apache-2.0 */
/* stage: puts a backup into a data directory, so that the server loads exactly the backup's data. If that is not
 * possible, it changes nothing (docs/behaviour: G-01 to G-13).
 *
 * Order of calls: new; open; then, only if the outcome's result is RR_STAGE_PROCEED: expect; begin; a verification of
 * the backup with rr_stage_tap; finish; and in any case free. A call that fails leaves the old data set in place,
 * except a finish that fails after `is_committed` was set in the outcome. free removes the files of a run that did not
 * finish. Threads: a stage belongs to one thread at a time. */
#ifndef RR_TRANSFER_STAGE_H
#define RR_TRANSFER_STAGE_H

#include <redisrestore/base/clock.h>
#include <redisrestore/base/stop.h>
#include <redisrestore/transfer/file_ops.h>
#include <redisrestore/transfer/stage_layout.h>
#include <redisrestore/transfer/verify.h>

#define RR_STAGE_OWN ".redisrestore" /* the folder in a data directory that belongs to us */

/* What to do if the directory has data: --existing. */
enum rr_stage_existing { RR_STAGE_FAIL, RR_STAGE_KEEP_DATA, RR_STAGE_MOVE_ASIDE, RR_STAGE_REPLACE };

struct rr_stage_options {
    const struct rr_file_ops *ops;
    const struct rr_clock *clock;
    struct rr_stop *stop;                           /* NULL: never */
    int folder;                                     /* the data directory, open; borrows */
    const char *path;                               /* for messages; borrows, as all texts */
    const char *run;                                /* name of this run, which rr_stage_is_run_name accepts */
    const char *append_file, *append_dir, *db_file; /* the server's appendfilename, appenddirname and dbfilename */
    uint64_t databases;                             /* number of databases of the server; 0: not known */
    enum rr_stage_layout layout;
    enum rr_stage_append_only append_only;
    bool has_server; /* `server` is known */
    struct rr_redis_server server;
    enum rr_stage_existing existing;
    bool even_if_restored, is_dry_run;
    uint32_t uid, gid; /* of new files; RR_FILE_SAME_OWNER: as the system makes them */
    bool drops_aof;    /* stage the RDB alone */
    bool undoes; /* put back the previous data set. The options `existing` and those about a backup do not count */
};

enum rr_stage_result {
    RR_STAGE_PROCEED, /* after open: go on with the backup. After a failure: see `reason` */
    RR_STAGE_RESTORED,
    RR_STAGE_KEPT,
    RR_STAGE_ALREADY_RESTORED,
    RR_STAGE_START_EMPTY,
    RR_STAGE_NOT_THIS_ORDINAL,
    RR_STAGE_DRY_RUN,
    RR_STAGE_UNDONE,
    RR_STAGE_RESULT_COUNT
};

enum {
    RR_STAGE_FILES_MAX = 16,
    RR_STAGE_FILE_NAME_MAX_BYTES = 512,
    RR_STAGE_PREVIOUS_MAX_BYTES = 48,
    RR_STAGE_WARNING_MAX_BYTES = 512
};

struct rr_stage_outcome {
    enum rr_stage_result result;
    const char *reason; /* of a failure, such as "DataExists"; literal; "": none */
    bool is_committed;  /* the new data set is in place */
    struct rr_stage_answer answer;
    /* Data files and guards (rr_stage_content) that were written, relative to the directory. "" is behind the last. */
    char files[RR_STAGE_FILES_MAX][RR_STAGE_FILE_NAME_MAX_BYTES];
    char guards[RR_STAGE_FILES_MAX][RR_STAGE_FILE_NAME_MAX_BYTES];
    char previous[RR_STAGE_PREVIOUS_MAX_BYTES]; /* the folder of the previous data set in .redisrestore; "": none */
    uint64_t bytes;                             /* written, or put back */
    uint64_t rewrite_bytes; /* an estimate of the space that the server's first rewrite of the data set needs */
    uint64_t free_bytes;    /* an estimate of the free space after the restore */
    char warning[RR_STAGE_WARNING_MAX_BYTES]; /* about the directory; "": none */
};

struct rr_stage;

/* Borrows everything in `options` until the stage is freed. Returns owned. */
struct rr_stage *rr_stage_new(const struct rr_stage_options *options);
void rr_stage_free(struct rr_stage *stage);
RR_DEFINE_FREEP(stage)

/* Completes or undoes an earlier run that did not finish, and decides what this run has to do: see the outcome's
 * result. This and all calls below fail with RR_E_BAD_INPUT (settings contradict each other or the backup),
 * RR_E_INVALID (the backup), RR_E_ALREADY_EXISTS (data exists, or the directory is in use), RR_E_DENIED (cannot write),
 * RR_E_TOO_BIG (no space) or RR_E_CANCELLED. */
RR_MUST_USE bool rr_stage_open(struct rr_stage *stage, struct rr_error *err);
/* Call it when the backup has been found. Chooses the layout, as far as that is possible before the backup is read. */
RR_MUST_USE bool rr_stage_expect(struct rr_stage *stage, bool has_aof, struct rr_error *err);
/* Prepares the files. `bytes`: the size of the backup, as far as it is known, for the check of the free space. */
RR_MUST_USE bool rr_stage_begin(struct rr_stage *stage, uint64_t bytes, struct rr_error *err);
/* Returns the tap for rr_verify_options: it writes the verified bytes. Then call rr_stage_use with that verification,
 * which is borrowed until finish. */
struct rr_verify_tap rr_stage_tap(struct rr_stage *stage);
void rr_stage_use(struct rr_stage *stage, const struct rr_verify *verify);
/* Notes a source of the backup, for restored.json (the marker of a restore). Borrows it until finish. */
void rr_stage_note_source(struct rr_stage *stage, enum rr_verify_kind kind, const struct rr_source *source);
/* Replaces the old data set by the new one. Call it only if the verdict is Valid. `aof_bytes` is that of
 * rr_verify_recovery: where to cut the decompressed AOF, its preamble included. */
RR_MUST_USE bool rr_stage_finish(struct rr_stage *stage, uint64_t aof_bytes, struct rr_error *err);
/* Puts back the previous data set, with the option `undoes`: call it after open, instead of expect to finish, if the
 * result is RR_STAGE_PROCEED. The current data set then becomes the previous one (behaviour G-13). */
RR_MUST_USE bool rr_stage_undo(struct rr_stage *stage, struct rr_error *err);
const struct rr_stage_outcome *rr_stage_outcome(const struct rr_stage *stage); /* borrows until the stage is freed */

const char *rr_stage_result_name(enum rr_stage_result result); /* "Restored"; literal */
bool rr_stage_is_run_name(struct rr_slice run);                /* whether the text may be the name of a run (--run) */

#endif
