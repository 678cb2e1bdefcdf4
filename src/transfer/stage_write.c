/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_internal.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/sizefmt.h>

enum {
    SYNC_EVERY_BYTES = 32 << 20, /* so that the last fsync is short */
    RESERVE_LEAST_BYTES = 16 << 20,
    RESERVE_PARTS = 20, /* 5 % */
    COPIES_TEXT_MAX_BYTES = 128,
};

struct space {
    uint64_t available, bytes, copied, reserve;
};

static bool fail_space(struct rr_stage *stage, const struct space *space, struct rr_error *err)
{
    char texts[3][RR_SIZE_TEXT_SIZE], copied[RR_SIZE_TEXT_SIZE];
    rr_auto(buf) copies = RR_BUF(COPIES_TEXT_MAX_BYTES);
    if (space->copied > 0)
        rr_buf_addf(&copies, ", %s for copies of files that cannot be hard links here",
                    rr_size_text(space->copied, copied).ptr);
    const char *bytes = rr_size_text(space->bytes, texts[1]).ptr;
    stage->dir.reason = "NoSpace";
    if (space->bytes + space->copied == 0) /* while a backup of unknown size is written */
        return rr_fail(err, RR_E_TOO_BIG,
                       "%s has only %s free, and the backup is not whole yet: make room, or use a larger volume",
                       stage->options.path, rr_size_text(space->available, texts[0]).ptr);
    return rr_fail(err, RR_E_TOO_BIG,
                   "%s has %s free, but the %s needs %s%s, and a reserve of %s; later the server's first rewrite needs "
                   "about %s more; make room, or use a larger volume",
                   stage->options.path, rr_size_text(space->available, texts[0]).ptr,
                   stage->options.undoes ? "previous data set" : "backup", bytes, rr_buf_text(&copies),
                   rr_size_text(space->reserve, texts[2]).ptr, bytes);
}

bool rr_stage_check_space(struct rr_stage *stage, uint64_t bytes, uint64_t copied, struct rr_error *err)
{
    const struct rr_file_ops *ops = stage->options.ops;
    uint64_t available = 0, needed = bytes + copied, reserve = needed / RESERVE_PARTS;
    int result = ops->free_space(ops->context, stage->options.folder, &available);
    if (result < 0)
        return rr_stage_dir_fail(&stage->dir, result, "ask for the free space of", ".", err);
    if (reserve < RESERVE_LEAST_BYTES)
        reserve = RESERVE_LEAST_BYTES;
    if (stage->free_at_begin == 0)
        stage->free_at_begin = available;
    if (available >= needed && available - needed >= reserve)
        return true;
    return fail_space(stage, &(struct space){ available, bytes, copied, reserve }, err);
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
    if (stage->is_staging && !rr_stage_remove_staging(&stage->dir, stage->options.run, &ignored))
        return; /* the next run removes it */
    stage->is_staging = false;
}

static bool create(struct rr_stage *stage, const char *name, int *out_file, struct rr_error *err)
{
    const struct rr_file_ops *ops = stage->options.ops;
    *out_file = ops->create(ops->context, stage->staging, name, RR_STAGE_FILE_MODE);
    return *out_file >= 0 || rr_stage_dir_fail(&stage->dir, *out_file, "create", name, err);
}

bool rr_stage_open_staging(struct rr_stage *stage, struct rr_error *err)
{
    const struct rr_file_ops *ops = stage->options.ops;
    if (!rr_stage_dir_take(&stage->dir, err))
        return false;
    stage->is_staging = true;
    if (!rr_stage_dir_make_folder(&stage->dir, stage->dir.own, stage->options.run, err))
        return false;
    stage->staging = ops->open_folder(ops->context, stage->dir.own, stage->options.run);
    return stage->staging >= 0 ||
           rr_stage_dir_fail(&stage->dir, stage->staging, "open the folder", stage->options.run, err);
}

static bool open_files(struct rr_stage *stage, struct rr_error *err)
{
    return rr_stage_open_staging(stage, err) && create(stage, RR_STAGE_FILE_BASE, &stage->base, err) &&
           create(stage, RR_STAGE_FILE_INCREMENTAL, &stage->incremental, err);
}

/* Bytes of the old files that a rename replaces, and that are kept: as hard links, or as copies. */
static uint64_t kept_bytes(const struct rr_stage *stage)
{
    bool is_multi_part = stage->outcome.answer.layout == RR_STAGE_MULTI_PART_AOF;
    if (stage->options.existing != RR_STAGE_MOVE_ASIDE)
        return 0;
    return rr_stage_olds_size(&stage->found.olds, stage->names.db_file) +
           (is_multi_part ? 0 : rr_stage_olds_size(&stage->found.olds, stage->names.append_file));
}

/* A single AOF is appended to in place, so its RDB alone is also a file of its own, always. */
static bool has_second_copy(const struct rr_stage *stage)
{
    return stage->outcome.answer.layout == RR_STAGE_SINGLE_AOF && stage->outcome.answer.dump == RR_STAGE_DATA;
}

/* Returns whether the file system has hard links, by making one: there is no other way to know. */
static bool has_links(struct rr_stage *stage)
{
    const struct rr_file_ops *ops = stage->options.ops;
    struct rr_error ignored;
    int result =
        ops->link(ops->context, stage->staging, RR_STAGE_FILE_INCREMENTAL, stage->staging, RR_STAGE_FILE_PROBE);
    return result == 0 && rr_stage_dir_remove(&stage->dir, stage->staging, RR_STAGE_FILE_PROBE, &ignored);
}

/* Without hard links the kept files are copies, and so is dump.rdb of an RDB alone. */
static bool check_links(struct rr_stage *stage, uint64_t bytes, struct rr_error *err)
{
    bool is_linked_dump =
        stage->outcome.answer.layout == RR_STAGE_MULTI_PART_AOF && stage->outcome.answer.dump == RR_STAGE_DATA;
    uint64_t copied = kept_bytes(stage) + (is_linked_dump ? bytes : 0);
    return copied == 0 || has_links(stage) ||
           rr_stage_check_space(stage, bytes, copied + (has_second_copy(stage) ? bytes : 0), err);
}

bool rr_stage_begin(struct rr_stage *stage, uint64_t bytes, struct rr_error *err)
{
    bool is_good = rr_stage_check_space(stage, bytes, has_second_copy(stage) ? bytes : 0, err) &&
                   (stage->options.is_dry_run || (open_files(stage, err) && check_links(stage, bytes, err)));
    if (!is_good)
        stage->outcome.reason = stage->dir.reason;
    return is_good;
}

void rr_stage_use(struct rr_stage *stage, const struct rr_verify *verify)
{
    stage->verify = verify;
}

void rr_stage_note_source(struct rr_stage *stage, enum rr_verify_kind kind, const struct rr_source *source)
{
    stage->sources[kind] = source;
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
    uint64_t size = stage->unsynced < *written ? stage->unsynced : *written; /* some may be of the file before */
    int result = ops->start_sync(ops->context, file, *written - size, size);
    stage->unsynced = 0;
    return result == 0 ? rr_stage_check_space(stage, 0, 0, err)
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
