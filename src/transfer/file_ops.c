/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/file_ops.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PERMISSIONS = 07777 };

/* The result of a system call that returns -1 on failure. */
static int done(int result)
{
    return result < 0 ? -errno : result;
}

static int open_folder(void *context, int folder, const char *name)
{
    (void)context;
    return done(openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

static int open_read(void *context, int folder, const char *name)
{
    (void)context;
    return done(openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

static int open_write(void *context, int folder, const char *name)
{
    (void)context;
    return done(openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

static int create(void *context, int folder, const char *name, uint32_t mode)
{
    (void)context;
    return done(openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode));
}

static int close_file(void *context, int file)
{
    (void)context;
    return done(close(file));
}

static int64_t read_file(void *context, int file, char *room, size_t size)
{
    (void)context;
    for (;;) {
        ssize_t count = read(file, room, size);
        if (count >= 0 || errno != EINTR)
            return count >= 0 ? count : -errno;
    }
}

static int64_t write_file(void *context, int file, struct rr_slice bytes)
{
    (void)context;
    for (;;) {
        ssize_t count = write(file, bytes.ptr, bytes.len);
        if (count >= 0 || errno != EINTR)
            return count >= 0 ? count : -errno;
    }
}

static int truncate_file(void *context, int file, uint64_t size)
{
    (void)context;
    return done(ftruncate(file, (off_t)size));
}

static int sync_file(void *context, int file)
{
    (void)context;
    return done(fsync(file));
}

static int start_sync(void *context, int file, uint64_t from, uint64_t size)
{
    (void)context;
    int result = done(sync_file_range(file, (off_t)from, (off_t)size, SYNC_FILE_RANGE_WRITE));
    return result == -ENOSYS || result == -EINVAL || result == -ESPIPE || result == -EOPNOTSUPP ? 0 : result;
}

static int lock_file(void *context, int file)
{
    (void)context;
    return done(flock(file, LOCK_EX | LOCK_NB));
}

static int set_owner(void *context, int file, uint32_t uid, uint32_t gid, uint32_t mode)
{
    (void)context;
    bool keeps_owner = uid == RR_FILE_SAME_OWNER && gid == RR_FILE_SAME_OWNER;
    if (!keeps_owner && fchown(file, uid, gid) != 0)
        return -errno;
    return done(fchmod(file, (mode_t)mode));
}

enum rr_file_kind rr_file_kind_of(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return RR_FILE_REGULAR;
    case S_IFDIR:
        return RR_FILE_FOLDER;
    case S_IFLNK:
        return RR_FILE_LINK;
    case S_IFIFO:
        return RR_FILE_PIPE;
    case S_IFSOCK:
        return RR_FILE_SOCKET;
    default:
        return RR_FILE_DEVICE;
    }
}

const char *rr_file_kind_words(enum rr_file_kind kind)
{
    static const char *const words[RR_FILE_KIND_COUNT] = {
        [RR_FILE_REGULAR] = "a file",           [RR_FILE_FOLDER] = "a directory", [RR_FILE_LINK] = "a symbolic link",
        [RR_FILE_PIPE] = "a named pipe (FIFO)", [RR_FILE_SOCKET] = "a socket",    [RR_FILE_DEVICE] = "a device",
    };
    return words[kind];
}

static int stat_file(void *context, int folder, const char *name, struct rr_file_stat *out_stat)
{
    (void)context;
    struct statx found;
    int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name == NULL ? AT_EMPTY_PATH : 0);
    if (statx(folder, name == NULL ? "" : name, flags, STATX_BASIC_STATS, &found) != 0)
        return -errno;
    *out_stat = (struct rr_file_stat){
        .kind = rr_file_kind_of(found.stx_mode),
        .device = (uint64_t)found.stx_dev_major << 32 | found.stx_dev_minor,
        .inode = found.stx_ino,
        .size = found.stx_size,
        .modified_ns = found.stx_mtime.tv_sec * 1000000000 + found.stx_mtime.tv_nsec,
        .uid = found.stx_uid,
        .gid = found.stx_gid,
        .mode = found.stx_mode & PERMISSIONS,
        .is_mount_point = (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0,
    };
    return 0;
}

static int rename_file(void *context, int from, const char *from_name, int to, const char *to_name)
{
    (void)context;
    return done(renameat(from, from_name, to, to_name));
}

static int link_file(void *context, int from, const char *from_name, int to, const char *to_name)
{
    (void)context;
    return done(linkat(from, from_name, to, to_name, 0));
}

static int make_folder(void *context, int folder, const char *name, uint32_t mode)
{
    (void)context;
    return done(mkdirat(folder, name, (mode_t)mode));
}

static int remove_file(void *context, int folder, const char *name)
{
    (void)context;
    return done(unlinkat(folder, name, 0));
}

static int remove_folder(void *context, int folder, const char *name)
{
    (void)context;
    return done(unlinkat(folder, name, AT_REMOVEDIR));
}

static int free_space(void *context, int folder, uint64_t *out_bytes)
{
    (void)context;
    struct statvfs found;
    if (fstatvfs(folder, &found) != 0)
        return -errno;
    *out_bytes = (uint64_t)found.f_bavail * found.f_frsize;
    return 0;
}

static int list(void *context, int folder, int (*on_name)(void *receiver, const char *name), void *receiver)
{
    (void)context;
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (entries == NULL) {
        int failed = -errno;
        if (copy >= 0)
            (void)close(copy);
        return failed;
    }
    int result = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(entries);
        if (entry == NULL) {
            result = -errno;
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        result = on_name(receiver, entry->d_name);
        if (result < 0)
            break;
    }
    (void)closedir(entries);
    return result;
}

const struct rr_file_ops rr_file_ops_system = {
    .open_folder = open_folder,
    .open_read = open_read,
    .open_write = open_write,
    .create = create,
    .close = close_file,
    .read = read_file,
    .write = write_file,
    .truncate = truncate_file,
    .sync = sync_file,
    .start_sync = start_sync,
    .lock = lock_file,
    .set_owner = set_owner,
    .stat = stat_file,
    .rename = rename_file,
    .link = link_file,
    .make_folder = make_folder,
    .remove = remove_file,
    .remove_folder = remove_folder,
    .free_space = free_space,
    .list = list,
};
