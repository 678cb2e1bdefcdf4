/* SPDX-License-Identifier: Apache-2.0 */
/* stage: puts a backup into a data directory, so that this server loads exactly its data, or touches nothing
 * (docs/behaviour: G-01 to G-13).
 *
 * Order of calls: new; open; unless open says that nothing is to be done: expect; begin; a verification that hands its
 * bytes to rr_stage_tap; finish; free. A call that fails leaves the old data set; the exception is a failure of finish
 * with `is_committed` in the outcome. free removes what an unfinished run left. Threads: a stage belongs to one thread
 * at a time. */
#ifndef RR_TRANSFER_STAGE_H
#define RR_TRANSFER_STAGE_H

#include <redisrestore/base/clock.h>
#include <redisrestore/base/stop.h>
#include <redisrestore/transfer/file_ops.h>
#include <redisrestore/transfer/stage_layout.h>
#include <redisrestore/transfer/verify.h>

enum rr_stage_existing { RR_STAGE_FAIL, RR_STAGE_KEEP_DATA, RR_STAGE_MOVE_ASIDE, RR_STAGE_REPLACE };

struct rr_stage_options {
    const struct rr_file_ops *ops;
    const struct rr_clock *clock;
    struct rr_stop *stop; /* NULL: never */
    int folder;           /* the data directory, open; borrows */
    const char *path;     /* for messages; borrows, as all texts */
    const char *run;      /* as rr_stage_is_run_name accepts it */
    const char *append_file, *append_dir, *db_file;
    uint64_t databases; /* of the server; 0: not known */
    enum rr_stage_layout layout;
    enum rr_stage_append_only append_only;
    bool has_server;
    struct rr_redis_server server;
    enum rr_stage_existing existing;
    bool even_if_restored, is_dry_run;
    uint32_t uid, gid; /* of new files; RR_FILE_SAME_OWNER: as the system makes them */
    bool drops_aof;    /* the AOF is not staged */
};

enum rr_stage_result {
    RR_STAGE_PROCEED, /* of open: the backup is needed */
    RR_STAGE_RESTORED,
    RR_STAGE_KEPT,
    RR_STAGE_ALREADY_RESTORED,
    RR_STAGE_START_EMPTY,
    RR_STAGE_NOT_THIS_ORDINAL,
    RR_STAGE_DRY_RUN,
    RR_STAGE_RESULT_COUNT
};

enum { RR_STAGE_FILES_MAX = 4, RR_STAGE_FILE_NAME_MAX_BYTES = 512, RR_STAGE_PREVIOUS_MAX_BYTES = 48 };

struct rr_stage_outcome {
    enum rr_stage_result result;
    const char *reason; /* of a failure: "DataExists"; literal; "" else */
    bool is_committed;  /* the new data set is in place */
    struct rr_stage_answer answer;
    char files[RR_STAGE_FILES_MAX][RR_STAGE_FILE_NAME_MAX_BYTES];  /* relative to the directory */
    char guards[RR_STAGE_FILES_MAX][RR_STAGE_FILE_NAME_MAX_BYTES]; /* "": no more */
    char previous[RR_STAGE_PREVIOUS_MAX_BYTES];                    /* folder in .redisrestore; "": none */
    uint64_t bytes;                                                /* written */
};

struct rr_stage;

/* Borrows what `options` names. Returns owned. */
struct rr_stage *rr_stage_new(const struct rr_stage_options *options);
void rr_stage_free(struct rr_stage *stage);
RR_DEFINE_FREEP(stage)

/* Ends an unfinished run of the past, and decides whether this one may go on. Failures: RR_E_BAD_INPUT (contradictory
 * settings), RR_E_INVALID (the backup), RR_E_ALREADY_EXISTS (data, in use), RR_E_DENIED and RR_E_TOO_BIG (cannot write,
 * no space), RR_E_CANCELLED. */
RR_MUST_USE bool rr_stage_open(struct rr_stage *stage, struct rr_error *err);
/* The backup that was found. Fails with RR_E_BAD_INPUT if the settings contradict it. */
RR_MUST_USE bool rr_stage_expect(struct rr_stage *stage, bool has_aof, struct rr_error *err);
/* `bytes`: of the backup as far as they are known. */
RR_MUST_USE bool rr_stage_begin(struct rr_stage *stage, uint64_t bytes, struct rr_error *err);
/* Writes what the verification hands over. `verify` is the one that it belongs to. */
struct rr_verify_tap rr_stage_tap(struct rr_stage *stage);
void rr_stage_use(struct rr_stage *stage, const struct rr_verify *verify);
/* The verdict is Valid. `aof_bytes`: of the decompressed AOF, its preamble included: where it is cut. */
RR_MUST_USE bool rr_stage_finish(struct rr_stage *stage, const struct rr_verify_verdict *verdict, uint64_t aof_bytes,
                                 struct rr_error *err);
const struct rr_stage_outcome *rr_stage_outcome(const struct rr_stage *stage);

const char *rr_stage_result_name(enum rr_stage_result result); /* "Restored"; literal */
bool rr_stage_is_run_name(struct rr_slice run);

#endif
