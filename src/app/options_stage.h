/* SPDX-License-Identifier: Apache-2.0 */
/* options_stage: the options of `stage`, from flags and from the server's redis.conf. Flags take precedence.
 * Threads: one. Texts borrow from argv, or from this struct. */
#ifndef RR_APP_OPTIONS_STAGE_H
#define RR_APP_OPTIONS_STAGE_H

#include "stage_run.h"

#include <redisrestore/redis/redis_conf.h>
#include <redisrestore/transfer/stage.h>

struct rr_stage_cli {
    struct rr_pair_options pair;
    const char *dir, *redis_conf, *termination_log; /* NULL: not given */
    struct rr_slice server, run;
    struct rr_slice append_file, append_dir, db_file;
    struct rr_redis_conf conf; /* of the file */
    struct rr_verify_options rules;
    struct rr_stage_options stage; /* those that flags give */
    bool has_owner, has_ordinal;
    const char *backup_flag; /* literal: the first of the command's own flags that is about a backup; NULL: none */
    bool may_start_empty;    /* a bucket without any backup is no failure */
    uint64_t ordinal;
    char new_run[RR_STAGE_RUN_ID_SIZE];
    char run_text[RR_REDIS_CONF_NAME_MAX_BYTES + 1], names[3][RR_REDIS_CONF_NAME_MAX_BYTES + 1];
};

extern const struct rr_command rr_stage_command;

/* Parses flags and reads the redis.conf. Fails with RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_stage_cli_parse(int argc, char **argv, struct rr_stage_cli *out_cli, bool *out_help,
                                    struct rr_error *err);

#endif
