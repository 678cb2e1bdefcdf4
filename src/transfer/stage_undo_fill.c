/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_undo.h"

#include <stdio.h>

enum { NAME_MAX_BYTES = 32 };

/* Without hard links all of the previous set is copied, and the files of the current one that a rename replaces. */
static bool check_space(struct rr_stage_undo *undo, struct rr_error *err)
{
    const struct rr_stage *stage = undo->stage;
    uint64_t bytes = rr_stage_olds_size(&stage->found.olds, stage->names.db_file) +
                     rr_stage_olds_size(&stage->found.olds, stage->names.append_file);
    undo->has_space = undo->has_space || rr_stage_check_space(undo->stage, undo->found.bytes, bytes, err);
    return undo->has_space;
}

/* Without a chosen owner a hard link keeps all that the file had. */
static int set_chosen_owner(const struct rr_stage_dir *dir, int file)
{
    bool is_chosen = dir->uid != RR_FILE_SAME_OWNER || dir->gid != RR_FILE_SAME_OWNER;
    return is_chosen ? dir->ops->set_owner(dir->ops->context, file, dir->uid, dir->gid, RR_STAGE_FILE_MODE) : 0;
}

/* The sync is of the inode: a server may have left the previous file unsynced. */
static bool finish_link(struct rr_stage *stage, const char *path, const char *name, struct rr_error *err)
{
    const struct rr_file_ops *ops = stage->options.ops;
    const char *act = "set owner and mode of";
    int file = ops->open_write(ops->context, stage->staging, name);
    if (file < 0)
        return rr_stage_dir_fail(&stage->dir, file, "open for writing", path, err);
    int result = set_chosen_owner(&stage->dir, file);
    if (result == 0) {
        act = "sync";
        result = ops->sync(ops->context, file);
    }
    (void)ops->close(ops->context, file);
    return result == 0 || rr_stage_dir_fail(&stage->dir, result, act, path, err);
}

/* A file of the previous set under another name in the staging folder: a hard link, or a copy. */
static bool stage_file(struct rr_stage_undo *undo, const char *path, const char *name, struct rr_error *err)
{
    struct rr_stage *stage = undo->stage;
    const struct rr_file_ops *ops = stage->options.ops;
    const struct rr_stage_old *old = rr_stage_olds_find(&undo->found.olds, path);
    struct rr_stage_place place;
    rr_assert(old != NULL);
    if (!rr_stage_place_open(&stage->dir, undo->from.root, path, &place, err))
        return false;
    int result = ops->link(ops->context, place.folder, place.name, stage->staging, name);
    bool is_good = false;
    if (rr_stage_is_no_link(result))
        is_good = check_space(undo, err) &&
                  rr_stage_dir_copy(&stage->dir, place.folder, place.name, stage->staging, name, old->size, err);
    else if (result < 0)
        is_good = rr_stage_dir_fail(&stage->dir, result, "link the previous file", path, err);
    else
        is_good = finish_link(stage, path, name, err);
    rr_stage_place_close(&stage->dir, &place);
    return is_good;
}

/* The next name in the staging folder, for a file that gets `path`. */
static void add_step(struct rr_stage_undo *undo, struct rr_stage_steps *steps, const char *path,
                     char out_name[NAME_MAX_BYTES])
{
    (void)snprintf(out_name, NAME_MAX_BYTES, RR_STAGE_FILE_NUMBERED "%u", undo->staged_count++);
    rr_stage_steps_add(steps, RR_STAGE_INSTALL, out_name, path);
}

static bool add_rest(struct rr_stage_undo *undo, const char *path, struct rr_error *err)
{
    char name[NAME_MAX_BYTES];
    if (undo->rest.count == 0 && undo->stage->outcome.answer.layout != RR_STAGE_MULTI_PART_AOF)
        rr_stage_steps_add(&undo->rest, RR_STAGE_MAKE_FOLDER, NULL, undo->stage->names.append_dir);
    add_step(undo, &undo->rest, path, name);
    return stage_file(undo, path, name, err);
}

static bool is_listed(const struct rr_stage_undo *undo, const char *path)
{
    for (size_t i = 0; i < undo->manifest.count; i++) {
        rr_auto(buf) listed = RR_BUF(RR_STAGE_PATH_MAX_BYTES + 1);
        rr_stage_append_path(&undo->stage->names, undo->manifest.files[i].name, &listed);
        if (strcmp(rr_buf_text(&listed), path) == 0)
            return true;
    }
    return false;
}

/* Files that no server loads now: they go back where they were. */
static bool fill_rest(struct rr_stage_undo *undo, struct rr_error *err)
{
    const struct rr_stage_names *names = &undo->stage->names;
    bool is_multi_part = undo->stage->outcome.answer.layout == RR_STAGE_MULTI_PART_AOF;
    rr_auto(buf) manifest = RR_BUF(RR_STAGE_PATH_MAX_BYTES + 1);
    rr_stage_manifest_path(names, &manifest);
    for (size_t i = 0; i < undo->found.olds.count; i++) {
        const char *path = undo->found.olds.of[i].path;
        bool is_single = strcmp(path, names->append_file) == 0, is_manifest = strcmp(path, rr_buf_text(&manifest)) == 0;
        if (strcmp(path, names->db_file) == 0 || is_manifest || (is_single && !is_multi_part) ||
            (is_multi_part && is_listed(undo, path)))
            continue;
        if (!add_rest(undo, path, err))
            return false;
    }
    return is_multi_part || !undo->found.has_manifest || add_rest(undo, rr_buf_text(&manifest), err);
}

/* A listed file gets a name of this run: the current set may have one of the same name. */
static bool add_part(struct rr_stage_undo *undo, struct rr_slice stem, const struct rr_aof_manifest_file *file,
                     unsigned number, uint64_t sequence, struct rr_buf *text, struct rr_error *err)
{
    char staged[NAME_MAX_BYTES];
    rr_auto(buf) old_path = RR_BUF(RR_STAGE_PATH_MAX_BYTES + 1);
    rr_auto(buf) new_path = RR_BUF(RR_STAGE_PATH_MAX_BYTES + 1);
    rr_auto(buf) name = RR_BUF(RR_STAGE_PATH_MAX_BYTES + 1);
    bool is_aof = rr_slice_ends_with(rr_slice_from(file->name), RR_LIT(".aof"));
    if (file->type == RR_AOF_MANIFEST_BASE)
        rr_buf_addf(&name, "%.*s.base.%s", RR_ARG(stem), is_aof ? "aof" : "rdb");
    else
        rr_buf_addf(&name, "%.*s.%u.incr.aof", RR_ARG(stem), number);
    rr_stage_append_path(&undo->stage->names, file->name, &old_path);
    rr_stage_append_path(&undo->stage->names, rr_buf_text(&name), &new_path);
    rr_aof_manifest_add(text, rr_buf_slice(&name), sequence, file->type, file->more);
    add_step(undo, &undo->parts, rr_buf_text(&new_path), staged);
    return rr_buf_ok(&new_path, err) && stage_file(undo, rr_buf_text(&old_path), staged, err);
}

/* Without an incremental file a server could adopt a stray one (behaviour G-03). */
static bool add_empty_part(struct rr_stage_undo *undo, const struct rr_stage_build *build, uint64_t sequence,
                           struct rr_buf *text, struct rr_error *err)
{
    char staged[NAME_MAX_BYTES];
    rr_auto(buf) path = RR_BUF(RR_STAGE_PATH_MAX_BYTES + 1);
    rr_auto(buf) name = RR_BUF(RR_STAGE_PATH_MAX_BYTES + 1);
    rr_stage_incremental_name(build, &name);
    rr_stage_append_path(&undo->stage->names, rr_buf_text(&name), &path);
    rr_aof_manifest_add(text, rr_buf_slice(&name), sequence, RR_AOF_MANIFEST_INCREMENTAL, "");
    add_step(undo, &undo->parts, rr_buf_text(&path), staged);
    return rr_stage_dir_write(&undo->stage->dir, undo->stage->staging, staged, RR_LIT(""), err);
}

static bool fill_multi_part(struct rr_stage_undo *undo, const struct rr_stage_build *build, struct rr_error *err)
{
    struct rr_stage *stage = undo->stage;
    rr_auto(buf) text = RR_BUF(RR_AOF_MANIFEST_MAX_BYTES);
    rr_auto(buf) base = RR_BUF(RR_STAGE_PATH_MAX_BYTES + 1);
    uint64_t sequence = stage->found.sequence > undo->found.sequence ? stage->found.sequence : undo->found.sequence;
    unsigned number = 0;
    rr_stage_base_name(build, &base);
    struct rr_slice stem = rr_slice_first(rr_buf_slice(&base), base.len - strlen(".base.rdb"));
    for (size_t i = 0; i < undo->manifest.count; i++) {
        const struct rr_aof_manifest_file *file = &undo->manifest.files[i];
        if (file->type == RR_AOF_MANIFEST_HISTORY) /* of a rewrite: servers remove it at their start */
            continue;
        number += file->type == RR_AOF_MANIFEST_INCREMENTAL;
        if (!add_part(undo, stem, file, number, sequence + (number > 0 ? number : 1), &text, err))
            return false;
    }
    if (number == 0 && !add_empty_part(undo, build, sequence + 1, &text, err))
        return false;
    return rr_buf_ok(&text, err) &&
           rr_stage_dir_write(&stage->dir, stage->staging, RR_STAGE_FILE_MANIFEST, rr_buf_slice(&text), err);
}

/* The file that a server with the other appendonly reads: that of the set, or a guard. */
static bool fill_guard(struct rr_stage_undo *undo, const char *path, const char *name, bool is_there,
                       struct rr_error *err)
{
    return is_there ? stage_file(undo, path, name, err) : rr_stage_write_guard(undo->stage, name, err);
}

static bool fill(struct rr_stage_undo *undo, const struct rr_stage_build *build, struct rr_error *err)
{
    const struct rr_stage_names *names = &undo->stage->names;
    switch (undo->stage->outcome.answer.layout) {
    case RR_STAGE_MULTI_PART_AOF:
        return fill_multi_part(undo, build, err) &&
               fill_guard(undo, names->db_file, RR_STAGE_FILE_DUMP, undo->has_dump, err);
    case RR_STAGE_SINGLE_AOF:
        return stage_file(undo, names->append_file, RR_STAGE_FILE_BASE, err) &&
               fill_guard(undo, names->db_file, RR_STAGE_FILE_DUMP, undo->has_dump, err);
    case RR_STAGE_RDB:
        return stage_file(undo, names->db_file, RR_STAGE_FILE_BASE, err) &&
               fill_guard(undo, names->append_file, RR_STAGE_FILE_GUARD, undo->has_aof, err);
    case RR_STAGE_AUTO:
    case RR_STAGE_LAYOUT_COUNT:
        break;
    }
    return false;
}

bool rr_stage_undo_fill(struct rr_stage_undo *undo, const struct rr_stage_build *build, struct rr_error *err)
{
    struct rr_stage_dir *dir = &undo->stage->dir;
    return fill(undo, build, err) && fill_rest(undo, err) &&
           rr_stage_dir_sync_of(dir, undo->stage->staging, ".", err) && rr_stage_dir_sync_of(dir, dir->own, ".", err);
}
