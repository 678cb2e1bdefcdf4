/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_internal.h"

#include <redisrestore/base/mem.h>

#include <inttypes.h>

enum {
    SYNC_EVERY_BYTES = 32 << 20, /* so that the last fsync is short */
    RESERVE_LEAST_BYTES = 16 << 20,
    RESERVE_PARTS = 20, /* 5 % */
};

bool rr_stage_check_space(struct rr_stage *stage, uint64_t bytes, struct rr_error *err)
{
    const struct rr_file_ops *ops = stage->options.ops;
    uint64_t available = 0, reserve = bytes / RESERVE_PARTS;
    int result = ops->free_space(ops->context, stage->options.folder, &available);
    if (result < 0)
        return rr_stage_dir_fail(&stage->dir, result, "ask for the free space of", ".", err);
    if (reserve < RESERVE_LEAST_BYTES)
        reserve = RESERVE_LEAST_BYTES;
    if (available >= bytes && available - bytes >= reserve)
        return true;
    stage->dir.reason = "NoSpace";
    return rr_fail(err, RR_E_TOO_BIG,
                   "%s has %" PRIu64 " bytes free, but the backup needs %" PRIu64 " and a reserve of %" PRIu64
                   "; make room, or use a larger volume",
                   stage->options.path, available, bytes, reserve);
}

static void close_file(struct rr_stage *stage, int *file)
{
    if (*file >= 0)
        (void)stage->options.ops->close(stage->options.ops->context, *file);
    *file = -1;
}

void rr_stage_abandon(struct rr_stage *stage)
{
    struct rr_error ignored;
    close_file(stage, &stage->base);
    close_file(stage, &stage->incremental);
    close_file(stage, &stage->staging);
    if (stage->is_staging && !rr_stage_dir_remove_all(&stage->dir, stage->dir.own, stage->options.run, &ignored))
        return; /* the next run removes it */
    stage->is_staging = false;
}

static bool create(struct rr_stage *stage, const char *name, int *out_file, struct rr_error *err)
{
    const struct rr_file_ops *ops = stage->options.ops;
    *out_file = ops->create(ops->context, stage->staging, name, RR_STAGE_FILE_MODE);
    return *out_file >= 0 || rr_stage_dir_fail(&stage->dir, *out_file, "create", name, err);
}

static bool open_staging(struct rr_stage *stage, struct rr_error *err)
{
    const struct rr_file_ops *ops = stage->options.ops;
    if (!rr_stage_dir_open_own(&stage->dir, true, err) || !rr_stage_dir_lock(&stage->dir, err))
        return false;
    stage->is_staging = true;
    if (!rr_stage_dir_make_folder(&stage->dir, stage->dir.own, stage->options.run, err))
        return false;
    stage->staging = ops->open_folder(ops->context, stage->dir.own, stage->options.run);
    if (stage->staging < 0)
        return rr_stage_dir_fail(&stage->dir, stage->staging, "open the folder", stage->options.run, err);
    return create(stage, RR_STAGE_FILE_BASE, &stage->base, err) &&
           create(stage, RR_STAGE_FILE_INCREMENTAL, &stage->incremental, err);
}

bool rr_stage_begin(struct rr_stage *stage, uint64_t bytes, struct rr_error *err)
{
    bool is_good = rr_stage_check_space(stage, bytes, err) && (stage->options.is_dry_run || open_staging(stage, err));
    if (!is_good)
        stage->outcome.reason = stage->dir.reason;
    return is_good;
}

void rr_stage_use(struct rr_stage *stage, const struct rr_verify *verify)
{
    stage->verify = verify;
}

bool rr_stage_decide_layout(struct rr_stage *stage, bool has_commands, struct rr_error *err)
{
    const struct rr_rdb_facts *rdb = rr_verify_rdb(stage->verify);
    struct rr_stage_question question = rr_stage_question_of(stage);
    question.is_read = true;
    question.has_commands = has_commands;
    question.rdb_is_valkey = rdb != NULL && rdb->is_valkey;
    question.rdb_version = rdb != NULL ? rdb->version : 0;
    stage->is_decided = true;
    return rr_stage_choose(&question, &stage->outcome.answer, err);
}

static bool write_bytes(struct rr_stage *stage, int file, uint64_t *written, struct rr_slice bytes,
                        struct rr_error *err)
{
    const struct rr_file_ops *ops = stage->options.ops;
    if (!rr_stage_dir_put(&stage->dir, file, RR_STAGE_OWN, bytes, err))
        return false;
    *written += bytes.len;
    stage->unsynced += bytes.len;
    if (stage->unsynced < SYNC_EVERY_BYTES)
        return true;
    int result = ops->start_sync(ops->context, file, *written - stage->unsynced, stage->unsynced);
    stage->unsynced = 0;
    return result == 0 ? rr_stage_check_space(stage, 0, err)
                       : rr_stage_dir_fail(&stage->dir, result, "write back", RR_STAGE_OWN, err);
}

/* An AOF that begins with an RDB is complete by itself: the pair's RDB is not used (behaviour V-08). */
static bool forget_rdb(struct rr_stage *stage, struct rr_error *err)
{
    if (!stage->has_rdb_bytes)
        return true;
    close_file(stage, &stage->base);
    stage->base_bytes = stage->unsynced = 0;
    stage->has_rdb_bytes = false;
    return rr_stage_dir_remove(&stage->dir, stage->staging, RR_STAGE_FILE_BASE, err) &&
           create(stage, RR_STAGE_FILE_BASE, &stage->base, err);
}

static bool take_part(struct rr_stage *stage, enum rr_verify_part part, struct rr_slice bytes, struct rr_error *err)
{
    if (!rr_stage_go_on(stage, err))
        return false;
    if (part == RR_VERIFY_PART_COMMANDS && !stage->is_decided && !rr_stage_decide_layout(stage, true, err))
        return false;
    if (stage->options.is_dry_run)
        return true;
    if (part == RR_VERIFY_PART_PREAMBLE && !forget_rdb(stage, err))
        return false;
    stage->has_rdb_bytes |= part == RR_VERIFY_PART_RDB;
    bool is_incremental = part == RR_VERIFY_PART_COMMANDS && stage->outcome.answer.layout != RR_STAGE_SINGLE_AOF;
    return is_incremental ? write_bytes(stage, stage->incremental, &stage->incremental_bytes, bytes, err)
                          : write_bytes(stage, stage->base, &stage->base_bytes, bytes, err);
}

static bool take(void *context, enum rr_verify_part part, struct rr_slice bytes, struct rr_error *err)
{
    struct rr_stage *stage = context;
    return take_part(stage, part, bytes, err) || rr_stage_refuse(stage, err);
}

struct rr_verify_tap rr_stage_tap(struct rr_stage *stage)
{
    return (struct rr_verify_tap){ stage, take };
}
