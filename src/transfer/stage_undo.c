/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_undo.h"

#include <redisrestore/base/mem.h>

#include <stdio.h>

enum { LIST_MAX_BYTES = 1 << 20, PATH_MAX_BYTES = 4096 };

bool rr_stage_marker_is_of_undo(const struct rr_json_node *marker)
{
    bool is_undone = false;
    return rr_json_bool(rr_json_member(marker, RR_STAGE_MARKER_UNDONE), &is_undone) && is_undone;
}

/* --- which folder --- */

struct folders {
    char name[RR_STAGE_PREVIOUS_MAX_BYTES];
    int count, others; /* others: without the marked one */
    bool has_put_back; /* the one that the marker's undo put back */
};

/* Chooses the marked folder, else the last of the list. */
static void note_folder(struct folders *folders, struct rr_slice name, const struct rr_stage *stage)
{
    const char *marked = stage->marked_previous;
    if (!rr_slice_starts_with(name, RR_LIT(RR_STAGE_PREVIOUS "-")) || name.len >= sizeof folders->name)
        return;
    bool is_marked = strcmp(name.ptr, marked) == 0;
    folders->count++;
    folders->others += !is_marked;
    folders->has_put_back = folders->has_put_back || strcmp(name.ptr, stage->marked_put_back) == 0;
    if (is_marked || strcmp(folders->name, marked) != 0 || folders->name[0] == '\0')
        memcpy(folders->name, name.ptr, name.len + 1);
}

static bool list_folders(struct rr_stage *stage, struct folders *out_folders, struct rr_error *err)
{
    rr_auto(buf) names = RR_BUF(LIST_MAX_BYTES);
    *out_folders = (struct folders){ 0 };
    if (stage->dir.own >= 0 && !rr_stage_dir_list(&stage->dir, stage->dir.own, RR_STAGE_OWN, &names, err))
        return false;
    struct rr_slice rest = rr_buf_slice(&names);
    while (rest.len > 0)
        note_folder(out_folders, rr_slice_cut(&rest, '\0'), stage);
    return true;
}

bool rr_stage_undo_tidy(struct rr_stage *stage, bool *out_was_untidy, struct rr_error *err)
{
    struct folders folders;
    if (!list_folders(stage, &folders, err))
        return false;
    /* Without the set that the undo moved aside, a person has given its folder the other's name. */
    bool has_marked = folders.count > folders.others;
    *out_was_untidy = folders.has_put_back && (has_marked || stage->marked_previous[0] == '\0');
    if (*out_was_untidy && stage->options.is_dry_run)
        return rr_stage_dir_block(&stage->dir, "Unfinished", err,
                                  "an undo in %s is not finished: run again without --dry-run", stage->options.path);
    return !*out_was_untidy || rr_stage_dir_remove_all(&stage->dir, stage->dir.own, stage->marked_put_back, err);
}

static bool find_previous(struct rr_stage_undo *undo, struct rr_error *err)
{
    struct rr_stage *stage = undo->stage;
    struct folders folders;
    if (!list_folders(stage, &folders, err))
        return false;
    if (folders.count == 0)
        return rr_stage_dir_block(&stage->dir, "NoPrevious", err,
                                  "%s has no previous data set: one is kept by --existing MoveAside and by --undo",
                                  stage->options.path);
    if (folders.others == folders.count && folders.count > 1)
        return rr_stage_dir_block(&stage->dir, "SeveralPrevious", err,
                                  "%s/" RR_STAGE_OWN " has %d previous data sets: remove all but the right one",
                                  stage->options.path, folders.count);
    memcpy(undo->name, folders.name, sizeof undo->name);
    return true;
}

/* --- what it holds --- */

static bool incomplete(struct rr_stage_undo *undo, struct rr_error *err, const char *name, const char *why)
{
    return rr_stage_dir_block(&undo->stage->dir, "PreviousIncomplete", err, "%s: %s %s: look at it and move it by hand",
                              rr_buf_text(&undo->path), name, why);
}

/* All of it must have a place, because the folder is removed at the end. */
static bool check_names(struct rr_stage_undo *undo, struct rr_error *err)
{
    const struct rr_stage_names *names = &undo->stage->names;
    rr_auto(buf) list = RR_BUF(LIST_MAX_BYTES);
    if (!rr_stage_dir_list(&undo->from, undo->from.root, undo->name, &list, err))
        return false;
    struct rr_slice rest = rr_buf_slice(&list);
    while (rest.len > 0) {
        const char *name = rr_slice_cut(&rest, '\0').ptr;
        if (strcmp(name, names->db_file) != 0 && strcmp(name, names->append_file) != 0 &&
            strcmp(name, names->append_dir) != 0)
            return incomplete(undo, err, name,
                              "has none of the server's names (--db-filename, --append-filename, --append-dirname)");
    }
    return true;
}

static bool look_at_file(struct rr_stage_undo *undo, const char *name, bool *out_is_used, bool *out_is_guard,
                         struct rr_error *err)
{
    const struct rr_stage_old *old = rr_stage_olds_find(&undo->found.olds, name);
    *out_is_used = old != NULL && old->size > 0;
    return !*out_is_used || rr_stage_is_guard(&undo->from, undo->from.root, name, old->size, out_is_guard, err);
}

/* Each file that the manifest lists must be there, or no server would load the set. */
static bool check_listed(struct rr_stage_undo *undo, int folder, bool *out_is_data, struct rr_error *err)
{
    for (size_t i = 0; i < undo->manifest.count; i++) {
        const struct rr_aof_manifest_file *file = &undo->manifest.files[i];
        rr_auto(buf) path = RR_BUF(RR_STAGE_PATH_MAX_BYTES + 1);
        rr_stage_append_path(&undo->stage->names, file->name, &path);
        const struct rr_stage_old *old = rr_stage_olds_find(&undo->found.olds, rr_buf_text(&path));
        bool is_guard = false;
        if (file->type == RR_AOF_MANIFEST_HISTORY)
            continue;
        if (old == NULL)
            return incomplete(undo, err, rr_buf_text(&path), "is missing, but the manifest lists it");
        if (!rr_stage_is_guard(&undo->from, folder, file->name, old->size, &is_guard, err))
            return false;
        *out_is_data = *out_is_data && !is_guard;
    }
    return true;
}

static bool look_at_manifest(struct rr_stage_undo *undo, bool *out_is_data, struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(RR_AOF_MANIFEST_MAX_BYTES);
    rr_auto(buf) path = RR_BUF(RR_STAGE_PATH_MAX_BYTES + 1);
    struct rr_stage_place place;
    struct rr_error why;
    bool exists = false;
    *out_is_data = undo->found.has_manifest;
    if (!undo->found.has_manifest)
        return true;
    rr_stage_manifest_path(&undo->stage->names, &path);
    if (!rr_stage_place_open(&undo->from, undo->from.root, rr_buf_text(&path), &place, err))
        return false;
    bool is_good = rr_stage_dir_read(&undo->from, place.folder, place.name, &text, &exists, err);
    if (is_good && !rr_aof_manifest_parse(rr_buf_slice(&text), &undo->manifest, &why))
        is_good = incomplete(undo, err, rr_buf_text(&path), why.message);
    is_good = is_good && check_listed(undo, place.folder, out_is_data, err);
    rr_stage_place_close(&undo->from, &place);
    return is_good;
}

static bool choose_layout(struct rr_stage_undo *undo, struct rr_error *err)
{
    const struct rr_stage_names *names = &undo->stage->names;
    struct rr_stage_answer *answer = &undo->stage->outcome.answer;
    bool is_multi_part = false;
    if (!look_at_manifest(undo, &is_multi_part, err) ||
        !look_at_file(undo, names->db_file, &undo->has_dump, &undo->is_dump_guard, err) ||
        !look_at_file(undo, names->append_file, &undo->has_aof, &undo->is_aof_guard, err))
        return false;
    *answer =
        (struct rr_stage_answer){ .dump = undo->has_dump && !undo->is_dump_guard ? RR_STAGE_DATA : RR_STAGE_GUARD };
    if (is_multi_part)
        answer->layout = RR_STAGE_MULTI_PART_AOF;
    else if (undo->has_aof && !undo->is_aof_guard)
        answer->layout = RR_STAGE_SINGLE_AOF;
    else if (answer->dump == RR_STAGE_DATA)
        answer->layout = RR_STAGE_RDB;
    else
        return incomplete(undo, err, undo->name, "holds no data set that a server loads");
    answer->aof = answer->layout == RR_STAGE_RDB ? RR_STAGE_GUARD : RR_STAGE_DATA;
    return true;
}

bool rr_stage_undo_look(struct rr_stage *stage, struct rr_stage_undo *out_undo, struct rr_error *err)
{
    const struct rr_file_ops *ops = stage->options.ops;
    *out_undo = (struct rr_stage_undo){ .stage = stage, .path = RR_BUF(PATH_MAX_BYTES), .from = stage->dir };
    out_undo->from.root = -1;
    if (!find_previous(out_undo, err))
        return false;
    rr_buf_addf(&out_undo->path, "%s/" RR_STAGE_OWN "/%s", stage->options.path, out_undo->name);
    out_undo->from.path = rr_buf_text(&out_undo->path);
    out_undo->from.root = ops->open_folder(ops->context, stage->dir.own, out_undo->name);
    if (out_undo->from.root < 0)
        return rr_stage_dir_fail(&stage->dir, out_undo->from.root, "open the folder", out_undo->name, err);
    bool is_good = rr_stage_scan(&out_undo->from, &stage->names, &out_undo->found, err) && check_names(out_undo, err) &&
                   choose_layout(out_undo, err);
    if (!is_good && out_undo->from.reason[0] != '\0')
        stage->dir.reason = out_undo->from.reason;
    return is_good;
}

void rr_stage_undo_done(struct rr_stage_undo *undo)
{
    if (undo->from.root >= 0)
        (void)undo->from.ops->close(undo->from.ops->context, undo->from.root);
    rr_stage_found_done(&undo->found);
    rr_aof_manifest_done(&undo->manifest);
    rr_stage_steps_done(&undo->parts);
    rr_stage_steps_done(&undo->rest);
    rr_buf_done(&undo->path);
}

/* --- the run --- */

static bool replace(struct rr_stage_undo *undo, struct rr_error *err)
{
    struct rr_stage *stage = undo->stage;
    rr_auto(stage_plan) plan = { 0 };
    struct rr_stage_build build = { .run = stage->options.run,
                                    .names = &stage->names,
                                    .answer = &stage->outcome.answer,
                                    .found = &stage->found,
                                    .parts = &undo->parts,
                                    .rest = &undo->rest };
    if (!rr_stage_open_staging(stage, err) || !rr_stage_undo_fill(undo, &build, err))
        return false;
    if (stage->found.has_data && !rr_stage_choose_previous(stage, &build, err))
        return false;
    rr_stage_build_plan(&build, &plan);
    plan.put_back = rr_strdup(rr_slice_from(undo->name));
    rr_stage_name_files(stage, &plan);
    stage->outcome.bytes = undo->found.bytes;
    stage->outcome.result = RR_STAGE_UNDONE;
    return rr_stage_write_marker(stage, &plan, err) && rr_stage_replace(stage, &plan, err);
}

bool rr_stage_undo(struct rr_stage *stage, struct rr_error *err)
{
    struct rr_stage_undo undo;
    bool is_good = rr_stage_undo_look(stage, &undo, err);
    if (is_good && stage->options.is_dry_run)
        stage->outcome.result = RR_STAGE_DRY_RUN;
    else if (is_good)
        is_good = replace(&undo, err);
    rr_stage_undo_done(&undo);
    return is_good || rr_stage_refuse(stage, err);
}
