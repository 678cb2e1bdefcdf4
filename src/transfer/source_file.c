/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/source.h>

#include <redisrestore/base/file.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/transfer/file_ops.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 128 * 1024, POLL_MS = 100 };

struct file_source {
    struct rr_source source;
    int fd;               /* owns, except stdin */
    struct rr_stop *stop; /* borrows */
    char room[READ_BYTES];
};

static struct file_source *self_of(struct rr_source *source)
{
    return (struct file_source *)source; /* its first member */
}

bool rr_source_is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* Until there are bytes, the end or a failure: a read of a pipe would wait for the next bytes, and a signal for it. */
static bool wait_for_bytes(const struct file_source *self, struct rr_error *err)
{
    struct pollfd ready = { .fd = self->fd, .events = POLLIN };
    if (self->stop == NULL)
        return true;
    int count = 0;
    while (count == 0 || (count < 0 && errno == EINTR)) {
        if (rr_stop_is_set(self->stop))
            return rr_fail(err, RR_E_CANCELLED, "interrupted");
        count = poll(&ready, 1, POLL_MS);
    }
    return true; /* a failure of poll is that of the read */
}

static bool next(struct rr_source *source, struct rr_slice *out_bytes, struct rr_error *err)
{
    struct file_source *self = self_of(source);
    for (;;) {
        if (!wait_for_bytes(self, err))
            return false;
        ssize_t count = read(self->fd, self->room, sizeof self->room);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return rr_fail(err, RR_E_INTERNAL, "cannot read %.*s: %s", RR_ARG(source->name), strerrordesc_np(errno));
        *out_bytes = (struct rr_slice){ self->room, (size_t)count };
        return true;
    }
}

static bool read_at(struct rr_source *source, uint64_t offset, size_t len, struct rr_slice *out_bytes,
                    struct rr_error *err)
{
    struct file_source *self = self_of(source);
    rr_assert(len <= sizeof self->room);
    for (size_t done = 0; done < len;) {
        ssize_t count = pread(self->fd, self->room + done, len - done, (off_t)(offset + done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return rr_fail(err, RR_E_INTERNAL, "cannot read %.*s: %s", RR_ARG(source->name),
                           count < 0 ? strerrordesc_np(errno) : "it became shorter");
        done += (size_t)count;
    }
    *out_bytes = (struct rr_slice){ self->room, len };
    return true;
}

static void free_file(struct rr_source *source)
{
    struct file_source *self = self_of(source);
    if (self->fd > STDIN_FILENO)
        (void)close(self->fd);
    rr_free(self);
}

/* O_NONBLOCK: a named pipe would wait for a writer, perhaps forever. */
static bool open_named(struct file_source *self, const char *path, struct rr_error *err)
{
    struct stat found;
    self->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (self->fd < 0 && errno == ENXIO)
        return rr_fail(err, RR_E_BAD_INPUT, "cannot read %s: it is a socket or a device", path);
    if (self->fd < 0 || fstat(self->fd, &found) != 0)
        return rr_fail(err, RR_E_BAD_INPUT, "cannot open %s: %s", path, strerrordesc_np(errno));
    bool is_pipe = S_ISFIFO(found.st_mode) && !rr_file_is_named_pipe(self->fd); /* such as that of <(...) */
    if (!S_ISREG(found.st_mode) && !is_pipe)
        return rr_fail(err, RR_E_BAD_INPUT, "cannot read %s: it is %s%s", path,
                       rr_file_kind_words(rr_file_kind_of(found.st_mode)),
                       S_ISDIR(found.st_mode) ? "" : "; give it as standard input, by -");
    if (is_pipe && fcntl(self->fd, F_SETFL, 0) != 0)
        return rr_fail(err, RR_E_BAD_INPUT, "cannot open %s: %s", path, strerrordesc_np(errno));
    if (!is_pipe)
        self->source.size = (uint64_t)found.st_size;
    return true;
}

static bool open_file(struct file_source *self, const char *path, struct rr_error *err)
{
    struct stat found;
    if (!rr_source_is_stdin(path))
        return open_named(self, path, err);
    self->fd = STDIN_FILENO;
    if (fstat(self->fd, &found) != 0)
        return rr_fail(err, RR_E_BAD_INPUT, "cannot open %s: %s", path, strerrordesc_np(errno));
    return !S_ISDIR(found.st_mode) || rr_fail(err, RR_E_BAD_INPUT, "cannot read %s: it is a directory", path);
}

struct rr_source *rr_source_open_file(const char *path, struct rr_stop *stop, struct rr_error *err)
{
    static const struct rr_source_methods methods = { .next = next, .read_at = read_at, .free = free_file };
    static const struct rr_source_methods in_order = { .next = next, .free = free_file };
    struct file_source *self = RR_NEW(struct file_source);
    self->source = (struct rr_source){ .methods = &methods,
                                       .name = rr_source_is_stdin(path) ? RR_LIT("stdin") : rr_slice_from(path),
                                       .size = RR_SOURCE_SIZE_UNKNOWN };
    self->stop = stop;
    bool is_open = open_file(self, path, err);
    if (self->source.size == RR_SOURCE_SIZE_UNKNOWN)
        self->source.methods = &in_order;
    if (is_open)
        return &self->source;
    free_file(&self->source);
    return NULL;
}
