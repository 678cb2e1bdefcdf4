/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/file.h>

#include <redisrestore/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

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

bool rr_file_read(const char *path, struct rr_buf *out_content, struct rr_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail_open(path, err);
    char chunk[16 * 1024];
    ssize_t got;
    while ((got = read(fd, chunk, sizeof(chunk))) != 0) {
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
    if (got < 0)
        return rr_fail(err, RR_E_INTERNAL, "%s cannot be read: %s", path, strerrordesc_np(failed));
    return rr_context(err, "%s", path);
}
