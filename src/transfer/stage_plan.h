/* SPDX-License-Identifier: Apache-2.0 */
/* stage_plan: the file .redisrestore/plan, from which a later run completes a restore or takes it back (docs/behaviour:
 * G-05). JSON text. Paths are "name" or "folder/name" below the data directory. Threads: pure. */
#ifndef RR_STAGE_PLAN_H
#define RR_STAGE_PLAN_H

#include <redisrestore/base/buf.h>

/* The member of a plan and of a marker that names the set that an undo put back. */
#define RR_STAGE_PUT_BACK "putBack"

enum {
    RR_STAGE_PLAN_MAX_BYTES = 4 << 20,
    RR_STAGE_STEPS_MAX = 4096,
    RR_STAGE_RUN_MAX_BYTES = 40,
    RR_STAGE_PATH_MAX_BYTES = 511
};

/* One step. Each may be carried out again after a crash. */
enum rr_stage_op {
    RR_STAGE_MAKE_FOLDER,
    RR_STAGE_INSTALL, /* rename a file of the staging folder to `path`, over the old file if that is in the plan */
    RR_STAGE_KEEP,    /* a hard link or a copy of an old file in the folder of previous data */
    RR_STAGE_ASIDE,   /* move an old file there */
    RR_STAGE_DROP,    /* remove an old file */
    RR_STAGE_REMOVE_FOLDER, /* if it is empty */
    RR_STAGE_OP_COUNT
};

struct rr_stage_step {
    enum rr_stage_op op;
    char *from; /* of an installation: the name in the staging folder; else NULL; owned */
    char *path; /* owned */
};

struct rr_stage_steps {
    struct rr_stage_step *of;
    size_t count, cap;
};

/* A file that was there before. */
struct rr_stage_old {
    char *path; /* owned */
    uint64_t inode, size, modified_ns;
};

struct rr_stage_olds {
    struct rr_stage_old *of;
    size_t count, cap;
};

struct rr_stage_plan {
    char *run;      /* owned, as all texts */
    char *previous; /* the name of the folder of previous data; NULL: nothing is kept */
    char *put_back; /* of an undo: the folder of previous data whose files it installs; else NULL. Removed at the end */
    char *marker;   /* the text of restored.json */
    struct rr_stage_olds olds;
    struct rr_stage_steps before, after; /* the commit */
    struct rr_stage_step commit;         /* an installation */
};

void rr_stage_plan_done(struct rr_stage_plan *plan);
void rr_stage_steps_done(struct rr_stage_steps *steps);
void rr_stage_steps_add(struct rr_stage_steps *steps, enum rr_stage_op op, const char *from, const char *path);
void rr_stage_olds_add(struct rr_stage_olds *olds, const char *path, uint64_t inode, uint64_t size,
                       uint64_t modified_ns);
/* NULL: there is no old file of that path. */
const struct rr_stage_old *rr_stage_olds_find(const struct rr_stage_olds *olds, const char *path);
uint64_t rr_stage_olds_size(const struct rr_stage_olds *olds, const char *path); /* 0: there is none */

/* Whether a later run could read the plan: no list has more than RR_STAGE_STEPS_MAX members. */
bool rr_stage_plan_fits(const struct rr_stage_plan *plan);
void rr_stage_plan_write(const struct rr_stage_plan *plan, struct rr_buf *out_text);
/* Fails with RR_E_INVALID. Accepts only paths inside the directory. Call done in any case. */
RR_MUST_USE bool rr_stage_plan_read(struct rr_slice text, struct rr_stage_plan *out_plan, struct rr_error *err);

/* A run's name becomes part of file names: 1 to RR_STAGE_RUN_MAX_BYTES of a-z, 0-9 and '-', and does not begin with
 * "previous". */
bool rr_stage_is_run(struct rr_slice run);

#endif
