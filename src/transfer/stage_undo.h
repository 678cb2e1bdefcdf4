/* SPDX-License-Identifier: Apache-2.0 */
/* stage_undo: the previous data set of a directory, .redisrestore/previous-{time}/, as it is put back (docs/behaviour:
 * G-13). Its files are linked into the staging folder, so it stays whole until the current set is replaced.
 * Threads: one. */
#ifndef RR_STAGE_UNDO_H
#define RR_STAGE_UNDO_H

#include "stage_internal.h"

#include <redisrestore/redis/aof_manifest.h>
#include <redisrestore/text/json.h>

struct rr_stage_undo {
    struct rr_stage *stage; /* borrows */
    char name[RR_STAGE_PREVIOUS_MAX_BYTES];
    struct rr_buf path;          /* of the previous set, for messages */
    struct rr_stage_dir from;    /* the previous set as a directory; owns `root` */
    struct rr_stage_found found; /* in it */
    struct rr_aof_manifest manifest;
    bool has_dump, has_aof;            /* files with data or a guard */
    bool is_dump_guard, is_aof_guard;  /* that is a guard */
    struct rr_stage_steps parts, rest; /* see struct rr_stage_build */
    unsigned staged_count;
    bool has_space; /* for copies, where there are no hard links */
};

/* Looks at the previous data set and chooses the layout that a server loads it from. Changes nothing. Call done in any
 * case. Fails with RR_E_ALREADY_EXISTS: there is none, or it is not whole. */
RR_MUST_USE bool rr_stage_undo_look(struct rr_stage *stage, struct rr_stage_undo *out_undo, struct rr_error *err);
void rr_stage_undo_done(struct rr_stage_undo *undo);
/* Fills the staging folder. */
RR_MUST_USE bool rr_stage_undo_fill(struct rr_stage_undo *undo, const struct rr_stage_build *build,
                                    struct rr_error *err);

/* Whether an undo wrote the marker. */
bool rr_stage_marker_is_of_undo(const struct rr_json_node *marker);
/* For open: whether the last undo was not tidied up. Then it is tidied up. */
RR_MUST_USE bool rr_stage_undo_tidy(struct rr_stage *stage, bool *out_was_untidy, struct rr_error *err);

#endif
