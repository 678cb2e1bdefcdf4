/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/file.h>

#include <redisrestore/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { SILENCE_MAX_S = 30, MS_IN_S = 1000 };

static bool fail_open(const char *path, struct rr_error *err)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return rr_fail(err, RR_E_NOT_FOUND, "%s does not exist", path);
    case EACCES:
    case EPERM:
        return rr_fail(err, RR_E_DENIED, "%s may not be read", path);
    default:
        return rr_fail(err, RR_E_INTERNAL, "%s cannot be read: %s", path, strerrordesc_np(errno));
    }
}

bool rr_file_is_named_pipe(int file)
{
    struct stat found;
    struct statfs system;
    return fstat(file, &found) == 0 && S_ISFIFO(found.st_mode) &&
           (fstatfs(file, &system) != 0 || system.f_type != PIPEFS_MAGIC);
}

/* O_NONBLOCK: a named pipe would wait for a writer, perhaps forever. */
static int open_file(const char *path, struct rr_error *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        (void)fail_open(path, err);
        return -1;
    }
    if (!rr_file_is_named_pipe(fd) && fcntl(fd, F_SETFL, 0) == 0)
        return fd;
    (void)close(fd);
    rr_error_set(err, RR_E_INTERNAL, "%s cannot be read: it is a named pipe (FIFO)", path);
    return -1;
}

/* The writer of a pipe may hang. */
static bool may_read(int fd)
{
    struct stat found;
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    bool is_pipe = fstat(fd, &found) == 0 && S_ISFIFO(found.st_mode);
    int count = is_pipe ? poll(&ready, 1, SILENCE_MAX_S * MS_IN_S) : 1;
    if (count == 0)
        errno = ETIME; /* which no read sets */
    return count > 0;  /* a signal is EINTR, as of a read */
}

bool rr_file_read(const char *path, struct rr_buf *out_content, struct rr_error *err)
{
    int fd = open_file(path, err);
    if (fd < 0)
        return false;
    char chunk[16 * 1024];
    ssize_t got;
    while ((got = may_read(fd) ? read(fd, chunk, sizeof(chunk)) : -1) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        rr_buf_add(out_content, (struct rr_slice){ chunk, (size_t)got });
        if (out_content->overflow)
            break;
    }
    int failed = errno;
    (void)close(fd);                      /* read only: nothing can be lost */
    explicit_bzero(chunk, sizeof(chunk)); /* tokens and keys come this way */
    bool ok = got >= 0 && rr_buf_ok(out_content, err);
    if (ok)
        return true;
    rr_wipe(out_content->ptr, out_content->len);
    rr_buf_clear(out_content);
    if (got < 0 && failed == ETIME)
        return rr_fail(err, RR_E_INTERNAL, "%s cannot be read: its writer was silent for %d s", path, SILENCE_MAX_S);
    if (got < 0)
        return rr_fail(err, RR_E_INTERNAL, "%s cannot be read: %s", path, strerrordesc_np(failed));
    return rr_context(err, "%s", path);
}
