/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_scan.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/redis/aof_manifest.h>

#include <errno.h>

enum { GUARD_MAX_BYTES = 1024, LIST_MAX_BYTES = 1 << 20, PATH_MAX_BYTES = RR_STAGE_PATH_MAX_BYTES + 1 };

#define MANIFEST_SUFFIX ".manifest"
#define NODES           "nodes.conf"

struct scan {
    struct rr_stage_dir *dir;
    const struct rr_stage_names *names;
    struct rr_stage_found *found;
    struct rr_error *err;
};

void rr_stage_found_done(struct rr_stage_found *found)
{
    if (found == NULL)
        return;
    for (size_t i = 0; i < found->olds.count; i++)
        rr_free(found->olds.of[i].path);
    rr_free(found->olds.of);
    rr_free(found->other);
    rr_free(found->first);
    *found = (struct rr_stage_found){ 0 };
}

void rr_stage_append_path(const struct rr_stage_names *names, const char *name, struct rr_buf *out_path)
{
    rr_buf_addf(out_path, "%s/%s", names->append_dir, name);
}

void rr_stage_manifest_path(const struct rr_stage_names *names, struct rr_buf *out_path)
{
    rr_buf_addf(out_path, "%s/%s" MANIFEST_SUFFIX, names->append_dir, names->append_file);
}

static bool stat_in(struct scan *scan, int folder, const char *name, const char *path, struct rr_file_stat *out_stat,
                    bool *out_exists)
{
    int result = scan->dir->ops->stat(scan->dir->ops->context, folder, name, out_stat);
    *out_exists = result == 0; /* a server may have removed it since it was listed */
    return result == 0 || result == -ENOENT || rr_stage_dir_fail(scan->dir, result, "look at", path, scan->err);
}

bool rr_stage_is_guard(struct rr_stage_dir *dir, int folder, const char *name, uint64_t size, bool *out_is_guard,
                       struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(2 * GUARD_MAX_BYTES);
    bool exists = false;
    *out_is_guard = false;
    if (size == 0 || size > GUARD_MAX_BYTES)
        return true;
    if (!rr_stage_dir_read(dir, folder, name, &text, &exists, err))
        return false;
    *out_is_guard = rr_slice_starts_with(rr_buf_slice(&text), RR_LIT(RR_STAGE_GUARD_MARK));
    return true;
}

static bool is_guard(struct scan *scan, int folder, const char *name, uint64_t size, bool *out_is_guard)
{
    return rr_stage_is_guard(scan->dir, folder, name, size, out_is_guard, scan->err);
}

static void note_data(struct scan *scan, const char *path, const struct rr_file_stat *stat)
{
    struct rr_stage_found *found = scan->found;
    found->has_data = true;
    found->bytes += stat->size;
    found->files++;
    if (stat->modified_ns > found->newest_ns)
        found->newest_ns = stat->modified_ns;
    if (found->first == NULL)
        found->first = rr_strdup(rr_slice_from(path));
}

/* One file that a server may load. `is_list`: the manifest, which is no data by itself. */
static bool add_old(struct scan *scan, int folder, const char *name, const char *path, bool is_list)
{
    struct rr_file_stat stat;
    bool exists = false, guard = false;
    if (!stat_in(scan, folder, name, path, &stat, &exists))
        return false;
    if (!exists)
        return true;
    if (stat.kind != RR_FILE_REGULAR)
        return rr_stage_dir_fail_kind(scan->dir, stat.kind, "use", path, scan->err);
    if (!rr_slice_is_utf8(rr_slice_from(path)) || rr_slice_has_control(rr_slice_from(path)))
        return rr_stage_dir_fail(scan->dir, -EILSEQ, "move a file with an unprintable name in", scan->names->append_dir,
                                 scan->err);
    rr_stage_olds_add(&scan->found->olds, path, stat.inode, stat.size, (uint64_t)stat.modified_ns);
    if (!is_guard(scan, folder, name, stat.size, &guard))
        return false;
    if (stat.size > 0 && !guard && !is_list)
        note_data(scan, path, &stat);
    return true;
}

static void note_sequence(struct scan *scan, uint64_t sequence)
{
    if (sequence > scan->found->sequence)
        scan->found->sequence = sequence;
}

/* A manifest that lists a file that is not a guard is data, also if the file is gone: a server refuses to start then.
 */
static bool read_manifest(struct scan *scan, int folder, const char *name, const char *path)
{
    rr_auto(buf) text = RR_BUF(RR_AOF_MANIFEST_MAX_BYTES);
    rr_auto(aof_manifest) manifest = { 0 };
    struct rr_error ignored;
    struct rr_file_stat stat = { 0 };
    bool exists = false;
    if (!rr_stage_dir_read(scan->dir, folder, name, &text, &exists, scan->err) ||
        !stat_in(scan, folder, name, path, &stat, &exists))
        return false;
    scan->found->has_manifest = exists;
    bool is_data = !rr_aof_manifest_parse(rr_buf_slice(&text), &manifest, &ignored) && text.len > 0;
    for (size_t i = 0; i < manifest.count; i++) {
        struct rr_file_stat listed;
        bool is_there = false, guard = false;
        note_sequence(scan, manifest.files[i].sequence);
        if (!stat_in(scan, folder, manifest.files[i].name, path, &listed, &is_there))
            return false;
        if (is_there && !is_guard(scan, folder, manifest.files[i].name, listed.size, &guard))
            return false;
        is_data |= !is_there || (!guard && manifest.files[i].type == RR_AOF_MANIFEST_BASE);
    }
    if (is_data && exists)
        note_data(scan, path, &stat);
    return true;
}

static bool scan_append_dir(struct scan *scan)
{
    const char *folder_name = scan->names->append_dir;
    rr_auto(buf) names = RR_BUF(LIST_MAX_BYTES);
    rr_auto(buf) manifest = RR_BUF(PATH_MAX_BYTES);
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES);
    struct rr_stage_place place;
    rr_stage_manifest_path(scan->names, &manifest);
    rr_buf_addf(&path, "%s/.", folder_name);
    if (!rr_stage_place_open(scan->dir, scan->dir->root, rr_buf_text(&path), &place, scan->err))
        return false;
    bool is_good = rr_stage_dir_list(scan->dir, place.folder, folder_name, &names, scan->err);
    struct rr_slice rest = rr_buf_slice(&names);
    while (is_good && rest.len > 0) {
        const char *name = rr_slice_cut(&rest, '\0').ptr;
        uint64_t sequence = 0;
        rr_buf_clear(&path);
        rr_buf_addf(&path, "%s/%s", folder_name, name);
        bool is_list = strcmp(rr_buf_text(&path), rr_buf_text(&manifest)) == 0;
        is_good = add_old(scan, place.folder, name, rr_buf_text(&path), is_list) &&
                  (!is_list || read_manifest(scan, place.folder, name, rr_buf_text(&path)));
        if (rr_aof_manifest_sequence_of(rr_slice_from(name), rr_slice_from(scan->names->append_file), &sequence))
            note_sequence(scan, sequence);
    }
    rr_stage_place_close(scan->dir, &place);
    return is_good;
}

/* The folder must be one of this file system: a rename into it is the commit. */
static bool check_append_dir(struct scan *scan)
{
    const char *name = scan->names->append_dir;
    struct rr_file_stat stat, root;
    bool exists = false, root_exists = false;
    if (!stat_in(scan, scan->dir->root, name, name, &stat, &exists) ||
        !stat_in(scan, scan->dir->root, NULL, ".", &root, &root_exists))
        return false;
    if (!exists)
        return true;
    if (stat.kind != RR_FILE_FOLDER)
        return rr_stage_dir_fail_kind(scan->dir, stat.kind, "use the folder", name, scan->err);
    if (stat.device != root.device || stat.is_mount_point)
        return rr_stage_dir_fail(scan->dir, -EXDEV, "use the folder", name, scan->err);
    scan->found->has_append_dir = true;
    return scan_append_dir(scan);
}

static bool is_data_name(const char *name)
{
    struct rr_slice text = rr_slice_from(name);
    return rr_slice_ends_with(text, RR_LIT(".rdb")) || rr_slice_ends_with(text, RR_LIT(".aof"));
}

/* Another data set, perhaps of a server with other names. */
static bool note_other(struct scan *scan, const char *name)
{
    struct rr_file_stat stat;
    bool exists = false, guard = false;
    if (!stat_in(scan, scan->dir->root, name, name, &stat, &exists))
        return false;
    if (!exists || stat.kind != RR_FILE_REGULAR || stat.size == 0)
        return true;
    if (!is_guard(scan, scan->dir->root, name, stat.size, &guard))
        return false;
    if (!guard && scan->found->other == NULL)
        scan->found->other = rr_strdup(rr_slice_from(name));
    return true;
}

static bool scan_root(struct scan *scan)
{
    rr_auto(buf) names = RR_BUF(LIST_MAX_BYTES);
    if (!rr_stage_dir_list(scan->dir, scan->dir->root, ".", &names, scan->err))
        return false;
    struct rr_slice rest = rr_buf_slice(&names);
    while (rest.len > 0) {
        const char *name = rr_slice_cut(&rest, '\0').ptr;
        bool is_db = strcmp(name, scan->names->db_file) == 0, is_append = strcmp(name, scan->names->append_file) == 0;
        scan->found->has_db_file |= is_db;
        scan->found->has_append_file |= is_append;
        scan->found->has_nodes |= strcmp(name, NODES) == 0;
        if ((is_db || is_append) && !add_old(scan, scan->dir->root, name, name, false))
            return false;
        if (!is_db && !is_append && is_data_name(name) && strcmp(name, scan->names->append_dir) != 0 &&
            !note_other(scan, name))
            return false;
    }
    return true;
}

bool rr_stage_scan(struct rr_stage_dir *dir, const struct rr_stage_names *names, struct rr_stage_found *out_found,
                   struct rr_error *err)
{
    struct scan scan = { dir, names, out_found, err };
    *out_found = (struct rr_stage_found){ 0 };
    return scan_root(&scan) && check_append_dir(&scan);
}
