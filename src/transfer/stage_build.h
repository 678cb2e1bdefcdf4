/* SPDX-License-Identifier: Apache-2.0 */
/* stage_build: the plan of a layout: the steps before and after the commit (docs/behaviour: G-02 to G-06). Threads:
 * pure. */
#ifndef RR_STAGE_BUILD_H
#define RR_STAGE_BUILD_H

#include "stage_plan.h"
#include "stage_scan.h"

#include <redisrestore/transfer/stage_layout.h>

/* Names in the staging folder. */
#define RR_STAGE_FILE_BASE        "base"
#define RR_STAGE_FILE_INCREMENTAL "incremental"
#define RR_STAGE_FILE_MANIFEST    "manifest"
#define RR_STAGE_FILE_DUMP        "dump"  /* data or guard that becomes dump.rdb */
#define RR_STAGE_FILE_GUARD       "guard" /* that becomes appendonly.aof */
#define RR_STAGE_FILE_NUMBERED    "file-" /* and a number: what an undo puts back */
#define RR_STAGE_FILE_PROBE       "probe" /* a hard link that shows that there are some */

struct rr_stage_build {
    const char *run, *previous; /* previous NULL: old files are removed, not kept */
    const struct rr_stage_names *names;
    const struct rr_stage_answer *answer;
    const struct rr_stage_found *found;
    /* Installations in place of the base and the incremental file of a multi-part AOF, and others at the end; NULL: as
     * for a backup. */
    const struct rr_stage_steps *parts, *rest;
};

/* "appendonly.aof.{run}.base.rdb" and "appendonly.aof.{run}.incr.aof". */
void rr_stage_base_name(const struct rr_stage_build *build, struct rr_buf *out_name);
void rr_stage_incremental_name(const struct rr_stage_build *build, struct rr_buf *out_name);
/* Fills everything but the marker. *out_plan is empty before. */
void rr_stage_build_plan(const struct rr_stage_build *build, struct rr_stage_plan *out_plan);

#endif
