/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_internal.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/sizefmt.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/redis/aof_manifest.h>
#include <redisrestore/text/json_write.h>

#include <inttypes.h>
#include <stdio.h>

enum { TEXT_MAX_BYTES = 64 << 10, PREVIOUS_ATTEMPTS = 60, MS_IN_S = 1000 };

/* The RDB's size, in the pair or as the preamble. */
static uint64_t rdb_bytes_of(const struct rr_stage *stage)
{
    uint64_t preamble = rr_verify_preamble_bytes(stage->verify);
    return preamble > 0 ? preamble : rr_verify_rdb(stage->verify)->bytes;
}

static bool cut(struct rr_stage *stage, int file, uint64_t *written, uint64_t size, struct rr_error *err)
{
    int result = *written > size ? stage->options.ops->truncate(stage->options.ops->context, file, size) : 0;
    rr_assert(*written >= size);
    *written = size;
    return result == 0 || rr_stage_dir_fail(&stage->dir, result, "cut", RR_STAGE_OWN, err);
}

#define GUARD_OF_DUMP                                                                                                  \
    RR_STAGE_GUARD_MARK "this data set is an append-only file. Start the server with appendonly yes.\n"
#define GUARD_OF_AOF                                                                                                   \
    RR_STAGE_GUARD_MARK                                                                                                \
    "this data set is an RDB file. Start the server with appendonly no, then CONFIG SET appendonly yes.\n"

static bool write_text(struct rr_stage *stage, const char *name, struct rr_slice text, struct rr_error *err)
{
    return rr_stage_dir_write(&stage->dir, stage->staging, name, text, err);
}

bool rr_stage_write_guard(struct rr_stage *stage, const char *name, struct rr_error *err)
{
    bool is_of_aof = strcmp(name, RR_STAGE_FILE_GUARD) == 0;
    return write_text(stage, name, is_of_aof ? RR_LIT(GUARD_OF_AOF) : RR_LIT(GUARD_OF_DUMP), err);
}

/* dump.rdb with the same bytes as the base file. A single AOF is appended to in place, so it needs a copy. */
static bool write_dump(struct rr_stage *stage, struct rr_error *err)
{
    const struct rr_file_ops *ops = stage->options.ops;
    enum rr_stage_layout layout = stage->outcome.answer.layout;
    if (layout == RR_STAGE_RDB)
        return true; /* the base itself */
    if (stage->outcome.answer.dump == RR_STAGE_GUARD)
        return rr_stage_write_guard(stage, RR_STAGE_FILE_DUMP, err);
    if (layout == RR_STAGE_MULTI_PART_AOF &&
        ops->link(ops->context, stage->staging, RR_STAGE_FILE_BASE, stage->staging, RR_STAGE_FILE_DUMP) == 0)
        return true;
    uint64_t size = rdb_bytes_of(stage);
    return rr_stage_check_space(stage, size, 0, err) &&
           rr_stage_dir_copy(&stage->dir, stage->staging, RR_STAGE_FILE_BASE, stage->staging, RR_STAGE_FILE_DUMP, size,
                             err);
}

static bool write_manifest(struct rr_stage *stage, const struct rr_stage_build *build, struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(TEXT_MAX_BYTES);
    rr_auto(buf) base = RR_BUF(RR_STAGE_PATH_MAX_BYTES);
    rr_auto(buf) incremental = RR_BUF(RR_STAGE_PATH_MAX_BYTES);
    rr_stage_base_name(build, &base);
    rr_stage_incremental_name(build, &incremental);
    rr_aof_manifest_write(&text, rr_buf_slice(&base), rr_buf_slice(&incremental), stage->found.sequence + 1);
    return write_text(stage, RR_STAGE_FILE_MANIFEST, rr_buf_slice(&text), err);
}

/* A rewrite puts a whole new data set beside the one that is there: as large as the RDB, and as what the AOF adds. */
static void say_space(struct rr_stage *stage)
{
    struct rr_stage_outcome *outcome = &stage->outcome;
    char available[RR_SIZE_TEXT_SIZE], needed[RR_SIZE_TEXT_SIZE];
    outcome->bytes = outcome->rewrite_bytes = stage->base_bytes + stage->incremental_bytes;
    outcome->free_bytes = stage->free_at_begin > outcome->bytes ? stage->free_at_begin - outcome->bytes : 0;
    if (outcome->free_bytes < outcome->rewrite_bytes)
        (void)snprintf(outcome->warning, sizeof outcome->warning,
                       "about %s are free after the restore, but the server's first rewrite of its files "
                       "(BGREWRITEAOF, BGSAVE) may need %s: make room, or use a larger volume",
                       rr_size_text(outcome->free_bytes, available).ptr,
                       rr_size_text(outcome->rewrite_bytes, needed).ptr);
}

/* Cuts the files at the end of the data, and completes the staging folder. */
static bool write_rest(struct rr_stage *stage, const struct rr_stage_build *build, uint64_t commands_bytes,
                       struct rr_error *err)
{
    struct rr_stage_dir *dir = &stage->dir;
    enum rr_stage_layout layout = stage->outcome.answer.layout;
    bool is_single = layout == RR_STAGE_SINGLE_AOF;
    uint64_t base_bytes = rdb_bytes_of(stage) + (is_single ? commands_bytes : 0);
    if (!cut(stage, stage->base, &stage->base_bytes, base_bytes, err) ||
        !cut(stage, stage->incremental, &stage->incremental_bytes, is_single ? 0 : commands_bytes, err))
        return false;
    if (!rr_stage_dir_finish(dir, stage->staging, RR_STAGE_FILE_BASE, stage->base, err) ||
        !rr_stage_dir_finish(dir, stage->staging, RR_STAGE_FILE_INCREMENTAL, stage->incremental, err) ||
        !write_dump(stage, err))
        return false;
    if (layout == RR_STAGE_MULTI_PART_AOF && !write_manifest(stage, build, err))
        return false;
    if (layout == RR_STAGE_RDB && !rr_stage_write_guard(stage, RR_STAGE_FILE_GUARD, err))
        return false;
    say_space(stage);
    return rr_stage_dir_sync_of(dir, stage->staging, ".", err) && rr_stage_dir_sync_of(dir, dir->own, ".", err);
}

bool rr_stage_choose_previous(struct rr_stage *stage, struct rr_stage_build *build, struct rr_error *err)
{
    int64_t now_s = rr_clock_unix_ms(stage->options.clock) / MS_IN_S;
    for (int attempt = 0; attempt < PREVIOUS_ATTEMPTS; attempt++) {
        char time[RR_TIME_TEXT_SIZE], name[RR_STAGE_PREVIOUS_MAX_BYTES];
        struct rr_file_stat found;
        bool exists = false;
        struct rr_slice text = rr_time_amz(now_s + attempt, time);
        (void)snprintf(name, sizeof name, RR_STAGE_PREVIOUS "-%.*s", RR_ARG(text));
        if (!rr_stage_dir_stat(&stage->dir, stage->dir.own, name, &found, &exists, err))
            return false;
        if (!exists) {
            memcpy(stage->outcome.previous, name, sizeof name);
            build->previous = stage->outcome.previous;
            return true;
        }
    }
    return rr_stage_dir_block(&stage->dir, "InUse", err, "%s/" RR_STAGE_OWN " has too many folders of previous data",
                              stage->options.path);
}

static void add_file(char (*files)[RR_STAGE_FILE_NAME_MAX_BYTES], const char *path)
{
    for (size_t i = 0; i < RR_STAGE_FILES_MAX; i++)
        if (files[i][0] == '\0') {
            (void)snprintf(files[i], RR_STAGE_FILE_NAME_MAX_BYTES, "%s", path);
            return;
        }
}

void rr_stage_name_files(struct rr_stage *stage, const struct rr_stage_plan *plan)
{
    struct rr_stage_outcome *outcome = &stage->outcome;
    const struct rr_stage_steps *lists[] = { &plan->before, &plan->after };
    add_file(outcome->files, plan->commit.path);
    for (size_t list = 0; list < RR_COUNT(lists); list++)
        for (size_t i = 0; i < lists[list]->count; i++) {
            const struct rr_stage_step *step = &lists[list]->of[i];
            if (step->op != RR_STAGE_INSTALL)
                continue;
            bool is_guard = strcmp(step->from, RR_STAGE_FILE_GUARD) == 0 ||
                            (strcmp(step->from, RR_STAGE_FILE_DUMP) == 0 && outcome->answer.dump == RR_STAGE_GUARD);
            add_file(is_guard ? outcome->guards : outcome->files, step->path);
        }
}

static void put_names(struct rr_json_writer *json, const char *name, char (*files)[RR_STAGE_FILE_NAME_MAX_BYTES])
{
    rr_json_open_array(json, name);
    for (size_t i = 0; i < RR_STAGE_FILES_MAX && files[i][0] != '\0'; i++)
        rr_json_put_text(json, NULL, rr_slice_from(files[i]));
    rr_json_close(json);
}

/* The files or objects of the backup, as they were pinned. */
static void put_sources(const struct rr_stage *stage, struct rr_json_writer *json)
{
    static const char *const names[RR_VERIFY_KIND_COUNT] = { [RR_VERIFY_RDB] = "rdb", [RR_VERIFY_AOF] = "aof" };
    rr_json_open_object(json, "backup");
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++) {
        const struct rr_source *source = stage->sources[kind];
        if (source == NULL)
            continue;
        rr_json_open_object(json, names[kind]);
        rr_json_put_text(json, source->is_object ? "key" : "file", source->name);
        if (source->size != RR_SOURCE_SIZE_UNKNOWN)
            rr_json_put_uint(json, "size", source->size);
        if (source->object.etag.len > 0)
            rr_json_put_text(json, "etag", source->object.etag);
        rr_json_close(json);
    }
    rr_json_close(json);
}

static void put_counts(const struct rr_stage *stage, struct rr_json_writer *json)
{
    const struct rr_aof_facts *aof = rr_verify_aof(stage->verify);
    rr_json_put_uint(json, "keysInRDB", rr_verify_rdb(stage->verify)->keys);
    rr_json_put_uint(json, "commandsInAOF", aof != NULL && !stage->options.drops_aof ? aof->cut_commands : 0);
}

/* `put_back`: that of the plan. */
static void write_marker(struct rr_stage *stage, const char *put_back, struct rr_buf *out_text)
{
    struct rr_stage_outcome *outcome = &stage->outcome;
    struct rr_json_writer json;
    char time[RR_TIME_TEXT_SIZE];
    rr_json_writer_init(&json, out_text, 2);
    rr_json_open_object(&json, NULL);
    rr_json_put_text(&json, "run", rr_slice_from(stage->options.run));
    rr_json_put_text(&json, "restoredAt", rr_time_rfc3339(rr_clock_unix_ms(stage->options.clock) / MS_IN_S, time));
    rr_json_put_text(&json, "layout", rr_slice_from(rr_stage_layout_name(outcome->answer.layout)));
    rr_json_put_text(&json, "appendonly", rr_slice_from(rr_stage_append_only_name(stage->options.append_only)));
    put_names(&json, "files", outcome->files);
    put_names(&json, "guards", outcome->guards);
    if (outcome->previous[0] != '\0')
        rr_json_put_text(&json, "previousData", rr_slice_from(outcome->previous));
    if (put_back != NULL)
        rr_json_put_text(&json, RR_STAGE_PUT_BACK, rr_slice_from(put_back));
    if (!stage->options.undoes)
        put_sources(stage, &json);
    rr_json_put_uint(&json, "bytes", outcome->bytes);
    if (stage->options.undoes)
        rr_json_put_bool(&json, RR_STAGE_MARKER_UNDONE, true);
    else
        put_counts(stage, &json);
    rr_json_close(&json);
}

bool rr_stage_write_marker(struct rr_stage *stage, struct rr_stage_plan *plan, struct rr_error *err)
{
    rr_auto(buf) marker = RR_BUF(TEXT_MAX_BYTES);
    write_marker(stage, plan->put_back, &marker);
    plan->marker = rr_strdup(rr_buf_slice(&marker));
    return rr_buf_ok(&marker, err);
}

static bool make_plan(struct rr_stage *stage, struct rr_stage_build *build, struct rr_stage_plan *plan,
                      struct rr_error *err)
{
    bool keeps_data = stage->options.existing == RR_STAGE_MOVE_ASIDE && stage->found.has_data;
    if (keeps_data && !rr_stage_choose_previous(stage, build, err))
        return false;
    rr_stage_build_plan(build, plan);
    rr_stage_name_files(stage, plan);
    return rr_stage_write_marker(stage, plan, err);
}

bool rr_stage_replace(struct rr_stage *stage, const struct rr_stage_plan *plan, struct rr_error *err)
{
    struct rr_stage_work work = { .dir = &stage->dir, .plan = plan };
    struct rr_error ignored;
    bool is_good = rr_stage_go_on(stage, err) && rr_stage_commit(&work, &stage->outcome.is_committed, err);
    stage->is_staging = false; /* the plan has it from here on */
    if (!is_good && !stage->outcome.is_committed) {
        const char *reason = stage->dir.reason;
        bool is_back = rr_stage_roll_back(&work, &ignored);
        stage->dir.reason = reason;
        return is_back ? false
                       : rr_context(err, "the old data set is in place, but files in " RR_STAGE_OWN
                                         " were left: run again to remove them");
    }
    if (is_good && rr_stage_complete(&work, err))
        return work.changed[0] == '\0' ||
               rr_stage_dir_block(
                   &stage->dir, "InUse", err,
                   "the new data set is in place, but %s in %s was written to during the restore and was "
                   "left where it is: a server is using the directory; stop it, and look at the file",
                   work.changed, stage->options.path);
    return rr_context(err, "the new data set is in place, but not everything was tidied up: run again to finish");
}

/* The backup must be one that this server loads. */
static bool judge(struct rr_stage *stage, struct rr_error *err)
{
    const struct rr_stage_options *options = &stage->options;
    const struct rr_rdb_facts *rdb = rr_verify_rdb(stage->verify);
    const struct rr_aof_facts *aof = options->drops_aof ? NULL : rr_verify_aof(stage->verify);
    if (rdb == NULL || rdb->version == 0) {
        stage->dir.reason = "NoRDB";
        return rr_fail(err, RR_E_INVALID,
                       "the AOF does not begin with an RDB, so it is only a part of a data set: give its RDB by --rdb");
    }
    uint64_t database = rdb->largest_database_index;
    if (aof != NULL && aof->cut_largest_database > database)
        database = aof->cut_largest_database;
    if (options->databases > 0 && database >= options->databases) {
        stage->dir.reason = "TooFewDatabases";
        return rr_fail(err, RR_E_INVALID,
                       "the backup uses database %" PRIu64 ", but the server has %" PRIu64
                       ": raise \"databases\" in its configuration",
                       database, options->databases);
    }
    return true;
}

static bool finish(struct rr_stage *stage, uint64_t aof_bytes, struct rr_error *err)
{
    const struct rr_aof_facts *aof = rr_verify_aof(stage->verify);
    uint64_t preamble = rr_verify_preamble_bytes(stage->verify);
    uint64_t commands = aof == NULL || stage->options.drops_aof || aof_bytes < preamble ? 0 : aof_bytes - preamble;
    struct rr_stage_build build = {
        .run = stage->options.run, .names = &stage->names, .answer = &stage->outcome.answer, .found = &stage->found
    };
    rr_auto(stage_plan) plan = { 0 };
    if (!judge(stage, err))
        return false;
    if (!rr_stage_decide_layout(stage, commands > 0 && aof->has_data, err))
        return false;
    stage->outcome.result = stage->options.is_dry_run ? RR_STAGE_DRY_RUN : RR_STAGE_RESTORED;
    if (stage->options.is_dry_run)
        return true;
    return write_rest(stage, &build, commands, err) && make_plan(stage, &build, &plan, err) &&
           rr_stage_replace(stage, &plan, err);
}

bool rr_stage_finish(struct rr_stage *stage, uint64_t aof_bytes, struct rr_error *err)
{
    return finish(stage, aof_bytes, err) || rr_stage_refuse(stage, err);
}
