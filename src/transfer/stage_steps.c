/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_steps.h"

#include "stage_build.h"

#include <redisrestore/base/parse.h>

#include <errno.h>
#include <stdio.h>

enum { LIST_MAX_BYTES = 1 << 20 };

#define UNFINISHED RR_STAGE_UNFINISHED_FILE

/* Opens a folder of ours: the staging folder, or that of previous data. *out_folder -1: it is not there. */
static bool open_ours(struct rr_stage_work *work, const char *name, int *out_folder, struct rr_error *err)
{
    const struct rr_file_ops *ops = work->dir->ops;
    *out_folder = ops->open_folder(ops->context, work->dir->own, name);
    if (*out_folder == -ENOENT)
        *out_folder = -1;
    return *out_folder >= -1 || rr_stage_dir_fail(work->dir, *out_folder, "open the folder", name, err);
}

static void close_ours(struct rr_stage_work *work, int folder)
{
    if (folder >= 0)
        (void)work->dir->ops->close(work->dir->ops->context, folder);
}

/* Opens the staging folder, as open_ours does, and looks for a file in it. */
static bool open_staging(struct rr_stage_work *work, const char *name, int *out_staging, bool *out_is_staged,
                         struct rr_error *err)
{
    struct rr_file_stat staged;
    *out_is_staged = false;
    if (!open_ours(work, work->plan->run, out_staging, err))
        return false;
    if (*out_staging < 0 || rr_stage_dir_stat(work->dir, *out_staging, name, &staged, out_is_staged, err))
        return true;
    close_ours(work, *out_staging);
    return false;
}

/* Whether a path has the file that the plan saw there. */
static bool is_unchanged(struct rr_stage_work *work, const char *path, const struct rr_file_stat *found)
{
    const struct rr_stage_old *old = rr_stage_olds_find(&work->plan->olds, path);
    return old != NULL && found->kind == RR_FILE_REGULAR && found->inode == old->inode && found->size == old->size &&
           (uint64_t)found->modified_ns == old->modified_ns;
}

static bool note_changed(struct rr_stage_work *work, const char *path)
{
    if (work->changed[0] == '\0')
        (void)snprintf(work->changed, sizeof work->changed, "%s", path);
    return true;
}

static bool rename_between(struct rr_stage_work *work, int from, const char *from_path, int to, const char *to_path,
                           struct rr_error *err)
{
    struct rr_stage_dir *dir = work->dir;
    struct rr_stage_place source, target;
    if (!rr_stage_place_open(dir, from, from_path, &source, err))
        return false;
    if (!rr_stage_place_open(dir, to, to_path, &target, err)) {
        rr_stage_place_close(dir, &source);
        return false;
    }
    int result = dir->ops->rename(dir->ops->context, source.folder, source.name, target.folder, target.name);
    if (result == 0)
        result = dir->ops->sync(dir->ops->context, target.folder);
    if (result == 0)
        result = dir->ops->sync(dir->ops->context, source.folder);
    rr_stage_place_close(dir, &source);
    rr_stage_place_close(dir, &target);
    return result == 0 || rr_stage_dir_fail(dir, result, "rename a file to", to_path, err);
}

/* Installs a staged file. One that is not in the staging folder was installed before. */
static bool install(struct rr_stage_work *work, const struct rr_stage_step *step, struct rr_error *err)
{
    struct rr_file_stat found;
    bool is_good = true, is_staged = false, exists = false;
    int staging = -1;
    if (!open_staging(work, step->from, &staging, &is_staged, err))
        return false;
    if (is_staged) {
        is_good = rr_stage_dir_stat(work->dir, work->dir->root, step->path, &found, &exists, err);
        if (is_good && exists && !is_unchanged(work, step->path, &found))
            is_good = note_changed(work, step->path);
        else if (is_good)
            is_good = rename_between(work, staging, step->from, work->dir->root, step->path, err);
    }
    close_ours(work, staging);
    return is_good;
}

/* Makes the folder of previous data, and the folder in it that `path` has. */
static bool open_previous(struct rr_stage_work *work, const char *path, int *out_folder, struct rr_error *err)
{
    char folder[RR_STAGE_PATH_MAX_BYTES + 1];
    const char *slash = strchr(path, '/');
    *out_folder = -1;
    if (!rr_stage_dir_make_folder(work->dir, work->dir->own, work->plan->previous, err) ||
        !open_ours(work, work->plan->previous, out_folder, err))
        return false;
    if (*out_folder < 0)
        return rr_stage_dir_fail(work->dir, -ENOENT, "open the folder", work->plan->previous, err);
    if (slash == NULL)
        return true;
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    if (rr_stage_dir_make_folder(work->dir, *out_folder, folder, err))
        return true;
    close_ours(work, *out_folder);
    return false;
}

bool rr_stage_is_no_link(int result)
{
    return result == -EPERM || result == -EOPNOTSUPP || result == -EMLINK || result == -ENOSYS || result == -EXDEV;
}

/* A hard link, or a copy on file systems that have none. The copy gets its name when it is whole. */
static bool link_or_copy(struct rr_stage_work *work, const char *path, uint64_t size, int previous,
                         struct rr_error *err)
{
    struct rr_stage_dir *dir = work->dir;
    const struct rr_file_ops *ops = dir->ops;
    struct rr_stage_place from, to;
    if (!rr_stage_place_open(dir, dir->root, path, &from, err))
        return false;
    bool is_good = rr_stage_place_open(dir, previous, path, &to, err);
    if (is_good) {
        int result = ops->link(ops->context, from.folder, from.name, to.folder, to.name);
        if (rr_stage_is_no_link(result))
            is_good = rr_stage_dir_remove(dir, dir->own, UNFINISHED, err) &&
                      rr_stage_dir_copy(dir, from.folder, from.name, dir->own, UNFINISHED, size, err) &&
                      rename_between(work, dir->own, UNFINISHED, previous, path, err);
        else if (result < 0)
            is_good = rr_stage_dir_fail(dir, result, "link the old file", path, err);
        else
            is_good = rr_stage_dir_sync_of(dir, previous, path, err);
        rr_stage_place_close(dir, &to);
    }
    rr_stage_place_close(dir, &from);
    return is_good;
}

/* The old file of a path, unless it is gone, changed, or kept before. */
static bool find_old(struct rr_stage_work *work, const char *path, struct rr_file_stat *out_stat, bool *out_is_there,
                     struct rr_error *err)
{
    if (!rr_stage_dir_stat(work->dir, work->dir->root, path, out_stat, out_is_there, err))
        return false;
    if (*out_is_there && !is_unchanged(work, path, out_stat)) {
        *out_is_there = false;
        return note_changed(work, path);
    }
    return true;
}

static bool keep(struct rr_stage_work *work, const char *path, struct rr_error *err)
{
    struct rr_file_stat found, kept;
    bool is_there = false, is_kept = false;
    int previous = -1;
    if (!open_previous(work, path, &previous, err))
        return false;
    bool is_good = rr_stage_dir_stat(work->dir, previous, path, &kept, &is_kept, err);
    if (is_good && !is_kept)
        is_good = find_old(work, path, &found, &is_there, err) &&
                  (!is_there || link_or_copy(work, path, found.size, previous, err));
    close_ours(work, previous);
    return is_good;
}

static bool move_aside(struct rr_stage_work *work, const char *path, struct rr_error *err)
{
    struct rr_file_stat found;
    bool is_there = false;
    int previous = -1;
    if (!find_old(work, path, &found, &is_there, err))
        return false;
    if (!is_there)
        return true;
    if (!open_previous(work, path, &previous, err))
        return false;
    bool is_good = rename_between(work, work->dir->root, path, previous, path, err);
    close_ours(work, previous);
    return is_good;
}

static bool drop(struct rr_stage_work *work, const char *path, struct rr_error *err)
{
    struct rr_file_stat found;
    struct rr_stage_place place;
    bool is_there = false;
    if (!find_old(work, path, &found, &is_there, err))
        return false;
    if (!is_there)
        return true;
    if (!rr_stage_place_open(work->dir, work->dir->root, path, &place, err))
        return false;
    bool is_good = rr_stage_dir_remove(work->dir, place.folder, place.name, err);
    rr_stage_place_close(work->dir, &place);
    return is_good && rr_stage_dir_sync_of(work->dir, work->dir->root, path, err);
}

static bool remove_folder(struct rr_stage_dir *dir, int base, const char *name, struct rr_error *err)
{
    const struct rr_file_ops *ops = dir->ops;
    int result = ops->remove_folder(ops->context, base, name);
    if (result == 0)
        result = ops->sync(ops->context, base);
    return result == 0 || result == -ENOENT || result == -ENOTEMPTY || result == -EEXIST ||
           rr_stage_dir_fail(dir, result, "remove the folder", name, err);
}

static bool is_staged_name(struct rr_slice name)
{
    static const char *const ours[] = { RR_STAGE_FILE_BASE, RR_STAGE_FILE_INCREMENTAL, RR_STAGE_FILE_MANIFEST,
                                        RR_STAGE_FILE_DUMP, RR_STAGE_FILE_GUARD,       RR_STAGE_FILE_PROBE };
    uint64_t number;
    for (size_t i = 0; i < RR_COUNT(ours); i++)
        if (rr_slice_equals(name, rr_slice_from(ours[i])))
            return true;
    struct rr_slice prefix = RR_LIT(RR_STAGE_FILE_NUMBERED);
    return rr_slice_starts_with(name, prefix) &&
           rr_parse_u64((struct rr_slice){ name.ptr + prefix.len, name.len - prefix.len }, &number);
}

bool rr_stage_remove_staging(struct rr_stage_dir *dir, const char *run, struct rr_error *err)
{
    rr_auto(buf) names = RR_BUF(LIST_MAX_BYTES);
    int folder = dir->ops->open_folder(dir->ops->context, dir->own, run);
    if (folder == -ENOENT)
        return true;
    if (folder < 0)
        return rr_stage_dir_fail(dir, folder, "open the folder", run, err);
    bool is_good = rr_stage_dir_list(dir, folder, run, &names, err);
    struct rr_slice rest = rr_buf_slice(&names);
    while (is_good && rest.len > 0) {
        struct rr_slice name = rr_slice_cut(&rest, '\0');
        is_good = !is_staged_name(name) || rr_stage_dir_remove(dir, folder, name.ptr, err);
    }
    (void)dir->ops->close(dir->ops->context, folder);
    return is_good && remove_folder(dir, dir->own, run, err);
}

static bool run_step(struct rr_stage_work *work, const struct rr_stage_step *step, struct rr_error *err)
{
    switch (step->op) {
    case RR_STAGE_MAKE_FOLDER:
        return rr_stage_dir_make_folder(work->dir, work->dir->root, step->path, err);
    case RR_STAGE_INSTALL:
        return install(work, step, err);
    case RR_STAGE_KEEP:
        return keep(work, step->path, err);
    case RR_STAGE_ASIDE:
        return move_aside(work, step->path, err);
    case RR_STAGE_DROP:
        return drop(work, step->path, err);
    case RR_STAGE_REMOVE_FOLDER:
        return remove_folder(work->dir, work->dir->root, step->path, err);
    case RR_STAGE_OP_COUNT:
        break;
    }
    return false;
}

static bool run_steps(struct rr_stage_work *work, const struct rr_stage_steps *steps, struct rr_error *err)
{
    for (size_t i = 0; i < steps->count; i++)
        if (!run_step(work, &steps->of[i], err))
            return false;
    return true;
}

/* Writes a file of ours whole, or not at all. */
static bool replace_ours(struct rr_stage_work *work, const char *name, struct rr_slice text, struct rr_error *err)
{
    struct rr_stage_dir *dir = work->dir;
    return rr_stage_dir_remove(dir, dir->own, UNFINISHED, err) &&
           rr_stage_dir_write(dir, dir->own, UNFINISHED, text, err) &&
           rename_between(work, dir->own, UNFINISHED, dir->own, name, err);
}

/* The old files must be those of the plan: a server that runs would undo the restore at its next rewrite. */
static bool check_olds(struct rr_stage_work *work, struct rr_error *err)
{
    for (size_t i = 0; i < work->plan->olds.count && work->changed[0] == '\0'; i++) {
        const char *path = work->plan->olds.of[i].path;
        struct rr_file_stat found;
        bool exists = false;
        if (!rr_stage_dir_stat(work->dir, work->dir->root, path, &found, &exists, err))
            return false;
        if (!exists || !is_unchanged(work, path, &found))
            (void)note_changed(work, path);
    }
    return work->changed[0] == '\0' ||
           rr_stage_dir_block(work->dir, "InUse", err,
                              "%s in %s changed during the restore: a server is using the directory; stop it first",
                              work->changed, work->dir->path);
}

bool rr_stage_is_committed(struct rr_stage_work *work, bool *out_committed, struct rr_error *err)
{
    bool is_staged = false;
    int staging = -1;
    if (!open_staging(work, work->plan->commit.from, &staging, &is_staged, err))
        return false;
    if (staging < 0) /* it stays until the plan is gone, so another one removed it */
        return rr_stage_dir_block(work->dir, "Unfinished", err,
                                  "%s/" RR_STAGE_OWN "/%s is gone, so whether that run replaced the data is not known: "
                                  "look at the directory, then remove " RR_STAGE_OWN "/" RR_STAGE_PLAN_FILE,
                                  work->dir->path, work->plan->run);
    close_ours(work, staging);
    *out_committed = !is_staged;
    return true;
}

bool rr_stage_commit(struct rr_stage_work *work, bool *out_committed, struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(RR_STAGE_PLAN_MAX_BYTES);
    struct rr_error ignored;
    *out_committed = false;
    if (!rr_stage_plan_fits(work->plan))
        return rr_stage_dir_block(work->dir, "TooManyFiles", err,
                                  "%s has more than %d files to replace, which one restore does not: move aside those "
                                  "that no manifest lists",
                                  work->dir->path, RR_STAGE_STEPS_MAX);
    rr_stage_plan_write(work->plan, &text);
    if (!rr_buf_ok(&text, err) || !replace_ours(work, RR_STAGE_PLAN_FILE, rr_buf_slice(&text), err))
        return false;
    if (!run_steps(work, &work->plan->before, err) || !check_olds(work, err))
        return false;
    bool is_good = install(work, &work->plan->commit, err);
    if (is_good && work->changed[0] != '\0')
        return check_olds(work, err);
    if (!rr_stage_is_committed(work, out_committed, is_good ? err : &ignored))
        *out_committed = true; /* not known: the plan stays, and the next run looks again */
    return is_good;
}

static bool end_plan(struct rr_stage_work *work, struct rr_error *err)
{
    struct rr_stage_dir *dir = work->dir;
    return rr_stage_dir_remove(dir, dir->own, UNFINISHED, err) &&
           rr_stage_dir_remove(dir, dir->own, RR_STAGE_PLAN_FILE, err) &&
           rr_stage_dir_sync_of(dir, dir->own, RR_STAGE_PLAN_FILE, err) &&
           rr_stage_remove_staging(dir, work->plan->run, err);
}

/* Removes folders of ours: those of previous data except `kept`, or those of runs. */
static bool remove_folders(struct rr_stage_dir *dir, bool is_previous, const char *kept, struct rr_error *err)
{
    rr_auto(buf) names = RR_BUF(LIST_MAX_BYTES);
    if (!rr_stage_dir_list(dir, dir->own, RR_STAGE_OWN, &names, err))
        return false;
    struct rr_slice rest = rr_buf_slice(&names);
    while (rest.len > 0) {
        struct rr_slice name = rr_slice_cut(&rest, '\0');
        struct rr_file_stat found;
        bool exists = false;
        if (rr_slice_starts_with(name, RR_LIT(RR_STAGE_PREVIOUS "-")) != is_previous ||
            (kept != NULL && rr_slice_equals(name, rr_slice_from(kept))))
            continue;
        if (!is_previous && !rr_stage_is_run(name))
            continue;
        if (!rr_stage_dir_stat(dir, dir->own, name.ptr, &found, &exists, err))
            return false;
        if (!exists || found.kind != RR_FILE_FOLDER)
            continue;
        if (!(is_previous ? rr_stage_dir_remove_all(dir, dir->own, name.ptr, err)
                          : rr_stage_remove_staging(dir, name.ptr, err)))
            return false;
    }
    return true;
}

/* A restore keeps one set of previous data, its own. An undo removes only the set that it put back. */
static bool remove_superseded(struct rr_stage_work *work, struct rr_error *err)
{
    const struct rr_stage_plan *plan = work->plan;
    if (plan->put_back != NULL)
        return rr_stage_dir_remove_all(work->dir, work->dir->own, plan->put_back, err);
    return plan->previous == NULL || remove_folders(work->dir, true, plan->previous, err);
}

bool rr_stage_complete(struct rr_stage_work *work, struct rr_error *err)
{
    struct rr_slice marker = rr_slice_from(work->plan->marker);
    return run_steps(work, &work->plan->after, err) && replace_ours(work, RR_STAGE_MARKER_FILE, marker, err) &&
           end_plan(work, err) && remove_superseded(work, err);
}

static bool take_back(struct rr_stage_work *work, const struct rr_stage_step *step, struct rr_error *err)
{
    struct rr_stage_place place;
    struct rr_file_stat found;
    bool exists = false, is_staged = false;
    int staging = -1;
    if (step->op == RR_STAGE_MAKE_FOLDER)
        return remove_folder(work->dir, work->dir->root, step->path, err);
    if (step->op != RR_STAGE_INSTALL)
        return true; /* the folder of previous data is removed as a whole */
    if (!open_staging(work, step->from, &staging, &is_staged, err))
        return false;
    close_ours(work, staging);
    if (!rr_stage_dir_stat(work->dir, work->dir->root, step->path, &found, &exists, err))
        return false;
    if (!exists || is_staged) /* a file of that name was not installed by this plan */
        return true;
    if (!rr_stage_place_open(work->dir, work->dir->root, step->path, &place, err))
        return false;
    bool is_good = rr_stage_dir_remove(work->dir, place.folder, place.name, err);
    rr_stage_place_close(work->dir, &place);
    return is_good;
}

bool rr_stage_roll_back(struct rr_stage_work *work, struct rr_error *err)
{
    for (size_t i = work->plan->before.count; i > 0; i--)
        if (!take_back(work, &work->plan->before.of[i - 1], err))
            return false;
    if (work->plan->previous != NULL && !rr_stage_dir_remove_all(work->dir, work->dir->own, work->plan->previous, err))
        return false;
    return end_plan(work, err);
}

bool rr_stage_clean(struct rr_stage_dir *dir, struct rr_error *err)
{
    return rr_stage_dir_remove(dir, dir->own, UNFINISHED, err) && remove_folders(dir, false, NULL, err);
}
