/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_dir.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { OWN_LIST_MAX_BYTES = 1 << 20, COPY_BYTES = 64 * 1024, FOLDER_NAME_MAX_BYTES = 255, LOCK_ATTEMPTS = 8 };

#define LOCK RR_STAGE_LOCK_FILE

/* Causes that a person can remove. The others are "NotWritable", without advice. */
static const struct cause {
    int number;
    const char *reason, *advice; /* literal */
} causes[] = {
    { ENOSPC, "NoSpace", "; make room, or use a larger volume" },
    { EDQUOT, "NoSpace", "; make room, or raise the quota" },
    { ELOOP, "LinkInPath", "; links in a data directory are not followed" },
    { ENOTDIR, "LinkInPath", "; links in a data directory are not followed" },
    { EXDEV, "OtherFileSystem",
      "; a data directory must be one file system, where files can be renamed between folders" },
    { EROFS, "NotWritable", "; mount the volume for writing" },
    { EACCES, "NotWritable", "; run as the user that the server runs as, or as root with --owner" },
    { EPERM, "NotWritable", "; run as the user that the server runs as, or as root with --owner" },
};

bool rr_stage_dir_fail(struct rr_stage_dir *dir, int failed, const char *action, const char *path, struct rr_error *err)
{
    int number = -failed;
    bool is_full = number == ENOSPC || number == EDQUOT;
    struct cause cause = { number, "NotWritable", "" };
    for (size_t i = 0; i < RR_COUNT(causes); i++)
        if (causes[i].number == number)
            cause = causes[i];
    dir->reason = cause.reason;
    return rr_fail(err, is_full ? RR_E_TOO_BIG : RR_E_DENIED, "cannot %s %s in %s: %s%s", action, path, dir->path,
                   strerrordesc_np(number), cause.advice);
}

bool rr_stage_dir_fail_kind(struct rr_stage_dir *dir, enum rr_file_kind found, const char *action, const char *path,
                            struct rr_error *err)
{
    if (found == RR_FILE_LINK)
        return rr_stage_dir_fail(dir, -ELOOP, action, path, err);
    dir->reason = "WrongKind";
    return rr_fail(err, RR_E_DENIED, "cannot %s %s in %s: it is %s; move it away", action, path, dir->path,
                   rr_file_kind_words(found));
}

bool rr_stage_dir_block(struct rr_stage_dir *dir, const char *reason, struct rr_error *err, const char *format, ...)
{
    char text[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    dir->reason = reason;
    return rr_fail(err, RR_E_ALREADY_EXISTS, "%s", text);
}

/* The result of an attempt to open the folder: a negative errno on failure. */
static int open_place(struct rr_stage_dir *dir, int base, const char *path, struct rr_stage_place *out_place)
{
    char folder[FOLDER_NAME_MAX_BYTES + 1];
    const char *slash = strchr(path, '/');
    *out_place = (struct rr_stage_place){ .folder = base, .name = path };
    if (slash == NULL)
        return 0;
    size_t len = (size_t)(slash - path);
    if (len > FOLDER_NAME_MAX_BYTES)
        return -ENAMETOOLONG;
    memcpy(folder, path, len);
    folder[len] = '\0';
    int opened = dir->ops->open_folder(dir->ops->context, base, folder);
    if (opened < 0)
        return opened;
    *out_place = (struct rr_stage_place){ .folder = opened, .is_open = true, .name = slash + 1 };
    return 0;
}

bool rr_stage_place_open(struct rr_stage_dir *dir, int base, const char *path, struct rr_stage_place *out_place,
                         struct rr_error *err)
{
    int result = open_place(dir, base, path, out_place);
    return result == 0 || rr_stage_dir_fail(dir, result, "open the folder of", path, err);
}

void rr_stage_place_close(struct rr_stage_dir *dir, struct rr_stage_place *place)
{
    if (place->is_open)
        (void)dir->ops->close(dir->ops->context, place->folder);
    *place = (struct rr_stage_place){ 0 };
}

bool rr_stage_dir_stat(struct rr_stage_dir *dir, int base, const char *path, struct rr_file_stat *out_stat,
                       bool *out_exists, struct rr_error *err)
{
    struct rr_stage_place place;
    int result = open_place(dir, base, path, &place);
    if (result == 0) {
        result = dir->ops->stat(dir->ops->context, place.folder, place.name, out_stat);
        rr_stage_place_close(dir, &place);
    }
    *out_exists = result == 0;
    return result == 0 || result == -ENOENT || rr_stage_dir_fail(dir, result, "look at", path, err);
}

bool rr_stage_dir_sync_of(struct rr_stage_dir *dir, int base, const char *path, struct rr_error *err)
{
    struct rr_stage_place place;
    if (!rr_stage_place_open(dir, base, path, &place, err))
        return false;
    int result = dir->ops->sync(dir->ops->context, place.folder);
    rr_stage_place_close(dir, &place);
    return result == 0 || rr_stage_dir_fail(dir, result, "sync the folder of", path, err);
}

bool rr_stage_dir_make_folder(struct rr_stage_dir *dir, int base, const char *name, struct rr_error *err)
{
    const struct rr_file_ops *ops = dir->ops;
    int result = ops->make_folder(ops->context, base, name, RR_STAGE_FOLDER_MODE);
    if (result == -EEXIST)
        return true;
    if (result < 0)
        return rr_stage_dir_fail(dir, result, "make the folder", name, err);
    int folder = ops->open_folder(ops->context, base, name);
    result = folder < 0 ? folder : ops->set_owner(ops->context, folder, dir->uid, dir->gid, RR_STAGE_FOLDER_MODE);
    if (folder >= 0)
        (void)ops->close(ops->context, folder);
    if (result == 0)
        result = ops->sync(ops->context, base);
    if (result == 0)
        return true;
    (void)ops->remove_folder(ops->context, base, name);
    return rr_stage_dir_fail(dir, result, "make the folder", name, err);
}

bool rr_stage_dir_put(struct rr_stage_dir *dir, int file, const char *name, struct rr_slice bytes, struct rr_error *err)
{
    while (bytes.len > 0) {
        int64_t written = dir->ops->write(dir->ops->context, file, bytes);
        if (written <= 0)
            return rr_stage_dir_fail(dir, written == 0 ? -EIO : (int)written, "write", name, err);
        bytes = rr_slice_from_offset(bytes, (size_t)written);
    }
    return true;
}

bool rr_stage_dir_finish(struct rr_stage_dir *dir, int folder, const char *name, int file, struct rr_error *err)
{
    const struct rr_file_ops *ops = dir->ops;
    int result = ops->set_owner(ops->context, file, dir->uid, dir->gid, RR_STAGE_FILE_MODE);
    if (result < 0)
        return rr_stage_dir_fail(dir, result, "set owner and mode of", name, err);
    result = ops->sync(ops->context, file);
    if (result < 0)
        return rr_stage_dir_fail(dir, result, "sync", name, err);
    struct rr_file_stat found = { 0 };
    int again = ops->open_write(ops->context, folder, name);
    if (again >= 0) {
        (void)ops->close(ops->context, again);
        return true;
    }
    if (ops->stat(ops->context, folder, name, &found) != 0)
        return rr_stage_dir_fail(dir, again, "open for writing", name, err);
    dir->reason = "NotWritable";
    return rr_fail(err, RR_E_DENIED, "%s in %s cannot be opened for writing (uid %u, gid %u, mode %04o): %s", name,
                   dir->path, found.uid, found.gid, found.mode, strerrordesc_np(-again));
}

bool rr_stage_dir_write(struct rr_stage_dir *dir, int folder, const char *name, struct rr_slice text,
                        struct rr_error *err)
{
    const struct rr_file_ops *ops = dir->ops;
    int file = ops->create(ops->context, folder, name, RR_STAGE_FILE_MODE);
    if (file < 0)
        return rr_stage_dir_fail(dir, file, "create", name, err);
    bool is_good = rr_stage_dir_put(dir, file, name, text, err) && rr_stage_dir_finish(dir, folder, name, file, err);
    (void)ops->close(ops->context, file);
    return is_good;
}

bool rr_stage_dir_read(struct rr_stage_dir *dir, int folder, const char *name, struct rr_buf *out_text,
                       bool *out_exists, struct rr_error *err)
{
    const struct rr_file_ops *ops = dir->ops;
    char room[4096];
    int file = ops->open_read(ops->context, folder, name);
    *out_exists = file >= 0;
    if (file == -ENOENT)
        return true;
    if (file < 0)
        return rr_stage_dir_fail(dir, file, "open", name, err);
    int64_t count = 0;
    do {
        count = ops->read(ops->context, file, room, sizeof room);
        if (count > 0)
            rr_buf_add(out_text, (struct rr_slice){ room, (size_t)count });
    } while (count > 0 && !out_text->overflow);
    (void)ops->close(ops->context, file);
    if (count < 0)
        return rr_stage_dir_fail(dir, (int)count, "read", name, err);
    if (out_text->overflow)
        return rr_stage_dir_fail(dir, -EFBIG, "read", name, err);
    return true;
}

static bool copy_bytes(struct rr_stage_dir *dir, int from, int to, const char *name, uint64_t size,
                       struct rr_error *err)
{
    char room[COPY_BYTES];
    while (size > 0) {
        size_t most = size < sizeof room ? (size_t)size : sizeof room;
        int64_t count = dir->ops->read(dir->ops->context, from, room, most);
        if (count <= 0)
            return rr_stage_dir_fail(dir, count == 0 ? -EIO : (int)count, "read", name, err);
        if (!rr_stage_dir_put(dir, to, name, (struct rr_slice){ room, (size_t)count }, err))
            return false;
        size -= (uint64_t)count;
    }
    return true;
}

bool rr_stage_dir_copy(struct rr_stage_dir *dir, int from, const char *from_name, int to, const char *to_name,
                       uint64_t size, struct rr_error *err)
{
    const struct rr_file_ops *ops = dir->ops;
    int source = ops->open_read(ops->context, from, from_name);
    if (source < 0)
        return rr_stage_dir_fail(dir, source, "open", from_name, err);
    int target = ops->create(ops->context, to, to_name, RR_STAGE_FILE_MODE);
    bool is_good = target >= 0 || rr_stage_dir_fail(dir, target, "create", to_name, err);
    is_good = is_good && copy_bytes(dir, source, target, from_name, size, err) &&
              rr_stage_dir_finish(dir, to, to_name, target, err);
    (void)ops->close(ops->context, source);
    if (target >= 0)
        (void)ops->close(ops->context, target);
    return is_good;
}

static int add_name(void *receiver, const char *name)
{
    struct rr_buf *text = receiver;
    rr_buf_add(text, rr_slice_from(name));
    rr_buf_add_byte(text, '\0');
    return text->overflow ? -EFBIG : 0;
}

bool rr_stage_dir_list(struct rr_stage_dir *dir, int folder, const char *path, struct rr_buf *out_names,
                       struct rr_error *err)
{
    int result = dir->ops->list(dir->ops->context, folder, add_name, out_names);
    return result == 0 || rr_stage_dir_fail(dir, result, "list the folder", path, err);
}

bool rr_stage_dir_remove(struct rr_stage_dir *dir, int folder, const char *name, struct rr_error *err)
{
    int result = dir->ops->remove(dir->ops->context, folder, name);
    return result == 0 || result == -ENOENT || rr_stage_dir_fail(dir, result, "remove", name, err);
}

/* One entry of a folder is removed at a time, since a list may not change while it is read. */
struct first {
    char name[FOLDER_NAME_MAX_BYTES + 1];
};

static int keep_first(void *receiver, const char *name)
{
    struct first *first = receiver;
    size_t len = strlen(name);
    rr_assert(len < sizeof first->name);
    if (first->name[0] == '\0')
        memcpy(first->name, name, len + 1);
    return 0;
}

static bool remove_tree(struct rr_stage_dir *dir, int base, const char *name, int depth, struct rr_error *err)
{
    const struct rr_file_ops *ops = dir->ops;
    int folder = ops->open_folder(ops->context, base, name);
    if (folder == -ENOENT)
        return true;
    if (folder < 0)
        return rr_stage_dir_fail(dir, folder, "open the folder", name, err);
    bool is_good = true;
    while (is_good) {
        struct first first = { 0 };
        struct rr_file_stat found = { 0 };
        int result = ops->list(ops->context, folder, keep_first, &first);
        if (result == 0 && first.name[0] == '\0')
            break;
        if (result == 0)
            result = ops->stat(ops->context, folder, first.name, &found);
        if (result < 0)
            is_good = rr_stage_dir_fail(dir, result, "list the folder", name, err);
        else if (found.kind == RR_FILE_FOLDER && depth > 0)
            is_good = remove_tree(dir, folder, first.name, depth - 1, err);
        else
            is_good = rr_stage_dir_remove(dir, folder, first.name, err);
    }
    (void)ops->close(ops->context, folder);
    int result = is_good ? ops->remove_folder(ops->context, base, name) : 0;
    return is_good && (result == 0 || rr_stage_dir_fail(dir, result, "remove the folder", name, err));
}

bool rr_stage_dir_remove_all(struct rr_stage_dir *dir, int base, const char *name, struct rr_error *err)
{
    return remove_tree(dir, base, name, 1, err);
}

bool rr_stage_dir_open_own(struct rr_stage_dir *dir, bool create, struct rr_error *err)
{
    if (dir->own >= 0)
        return true;
    if (create && !rr_stage_dir_make_folder(dir, dir->root, RR_STAGE_OWN, err))
        return false;
    dir->may_be_empty = create;
    int own = dir->ops->open_folder(dir->ops->context, dir->root, RR_STAGE_OWN);
    if (own == -ENOENT && !create)
        return true;
    if (own < 0)
        return rr_stage_dir_fail(dir, own, "open the folder", RR_STAGE_OWN, err);
    dir->own = own;
    return true;
}

/* The file may have been removed by the process that held it before: then the lock is on a file without a name. */
static bool is_same_file(struct rr_stage_dir *dir, int lock)
{
    struct rr_file_stat opened, named;
    const struct rr_file_ops *ops = dir->ops;
    return ops->stat(ops->context, lock, NULL, &opened) == 0 && ops->stat(ops->context, dir->own, LOCK, &named) == 0 &&
           opened.inode == named.inode && opened.device == named.device;
}

bool rr_stage_dir_lock(struct rr_stage_dir *dir, struct rr_error *err)
{
    const struct rr_file_ops *ops = dir->ops;
    for (int attempt = 0; dir->lock < 0 && attempt < LOCK_ATTEMPTS; attempt++) {
        int lock = ops->create(ops->context, dir->own, LOCK, RR_STAGE_FILE_MODE);
        bool is_new = lock >= 0;
        if (lock == -EEXIST)
            lock = ops->open_write(ops->context, dir->own, LOCK);
        if (lock == -ENOENT)
            continue;
        if (lock < 0)
            return rr_stage_dir_fail(dir, lock, "open", RR_STAGE_OWN "/" LOCK, err);
        int result = ops->lock(ops->context, lock);
        if (result == 0 && is_same_file(dir, lock)) {
            dir->lock = lock;
            return true;
        }
        (void)ops->close(ops->context, lock);
        if (is_new)
            (void)ops->remove(ops->context, dir->own, LOCK);
        if (result < 0 && result != -EWOULDBLOCK)
            return rr_stage_dir_fail(dir, result, "lock", RR_STAGE_OWN "/" LOCK, err);
        if (result == -EWOULDBLOCK)
            break;
    }
    return dir->lock >= 0 ||
           rr_stage_dir_block(dir, "InUse", err, "another run is staging into %s: wait until it ends", dir->path);
}

bool rr_stage_dir_take(struct rr_stage_dir *dir, struct rr_error *err)
{
    bool was_locked = dir->lock >= 0;
    rr_auto(buf) names = RR_BUF(OWN_LIST_MAX_BYTES);
    if (!rr_stage_dir_open_own(dir, true, err) || !rr_stage_dir_lock(dir, err))
        return false;
    if (was_locked)
        return true;
    if (!rr_stage_dir_list(dir, dir->own, RR_STAGE_OWN, &names, err))
        return false;
    return rr_slice_equals(rr_buf_slice(&names), (struct rr_slice){ LOCK, sizeof LOCK }) ||
           rr_stage_dir_block(dir, "InUse", err, "another run worked in %s since this one looked at it: run again",
                              dir->path);
}

void rr_stage_dir_close(struct rr_stage_dir *dir)
{
    const struct rr_file_ops *ops = dir->ops;
    if (dir->lock >= 0) {
        (void)ops->remove(ops->context, dir->own, LOCK);
        (void)ops->close(ops->context, dir->lock);
    }
    if (dir->lock >= 0 || dir->may_be_empty)
        (void)ops->remove_folder(ops->context, dir->root, RR_STAGE_OWN); /* fails unless it is empty */
    if (dir->own >= 0)
        (void)ops->close(ops->context, dir->own);
    dir->lock = dir->own = -1;
}
