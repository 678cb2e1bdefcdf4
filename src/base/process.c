/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/process.h>

#include <redisrestore/base/clock.h>
#include <redisrestore/base/mem.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* One poll lasts at most this long: poll counts in CLOCK_MONOTONIC, the deadline goes on in suspend. */
enum { POLL_MAX_MS = 10 * 1000, CHUNK_BYTES = 16 * 1024 };

struct child {
    pid_t pid; /* 0: not started or reaped; its process group has the same number */
    int exited_fd, stdout_fd, stopped_fd;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* nothing is written through any of them */
    *fd = -1;
}

/* Kills what is left of the group, then reaps. The child is not reaped before, so its number cannot belong to another
 * process yet. */
static void end_child(struct child *child, siginfo_t *out_end)
{
    siginfo_t end = { 0 };
    if (child->pid > 0) {
        (void)kill(-child->pid, SIGKILL);
        while (waitid(P_PID, (id_t)child->pid, &end, WEXITED) != 0 && errno == EINTR)
            continue;
        child->pid = 0;
    }
    *out_end = end;
}

static void close_child(struct child *child)
{
    close_fd(&child->exited_fd);
    close_fd(&child->stdout_fd);
    close_fd(&child->stopped_fd);
}

/* Without these the child would keep our blocked signals and ignored SIGPIPE, and answer to our terminal's signals. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    int failed =
        posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    if (failed == 0)
        failed = posix_spawnattr_setsigmask(attributes, &none);
    if (failed == 0)
        failed = posix_spawnattr_setsigdefault(attributes, &all);
    if (failed == 0)
        failed = posix_spawnattr_setpgroup(attributes, 0);
    return failed;
}

static int set_descriptors(posix_spawn_file_actions_t *actions, int stdout_fd)
{
    int failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(actions, stdout_fd, STDOUT_FILENO);
    if (failed == 0)
        failed = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    return failed;
}

static int spawn(const char *const argv[], char *const environment[], int stdout_fd, pid_t *out_pid)
{
    union {
        const char *const *borrowed;
        char *const *expected; /* posix_spawnp does not write to them */
    } arguments = { .borrowed = argv };
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int failed = posix_spawnattr_init(&attributes);
    if (failed != 0)
        return failed;
    failed = posix_spawn_file_actions_init(&actions);
    if (failed == 0) {
        failed = set_attributes(&attributes);
        if (failed == 0)
            failed = set_descriptors(&actions, stdout_fd);
        if (failed == 0)
            failed = posix_spawnp(out_pid, argv[0], &actions, &attributes, arguments.expected,
                                  environment != NULL ? environment : environ);
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    (void)posix_spawnattr_destroy(&attributes);
    return failed;
}

static bool fail_system(struct rr_error *err, const char *program, int number)
{
    if (number == ENOENT || number == ENOTDIR)
        return rr_fail(err, RR_E_NOT_FOUND, "program %s not found", program);
    return rr_fail(err, RR_E_INTERNAL, "program %s cannot be run: %s", program, strerrordesc_np(number));
}

static bool start_child(struct child *child, const char *const argv[], char *const environment[], struct rr_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail_system(err, argv[0], errno);
    child->stdout_fd = ends[0];
    /* Only our end must not block: a child's stdout that does is what programs expect. */
    int failed = fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0 ? errno : 0;
    if (failed == 0)
        failed = spawn(argv, environment, ends[1], &child->pid);
    close_fd(&ends[1]);
    if (failed != 0) {
        child->pid = 0;
        return fail_system(err, argv[0], failed);
    }
    child->exited_fd = pidfd_open(child->pid, 0);
    return child->exited_fd >= 0 ? true : fail_system(err, argv[0], errno);
}

/* Reads what the pipe holds now. *out_ended: no process can write to it any more. */
static bool drain(struct child *child, const char *program, struct rr_buf *output, bool *out_ended,
                  struct rr_error *err)
{
    char chunk[CHUNK_BYTES];
    for (;;) {
        ssize_t got = read(child->stdout_fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        int failed = errno;
        if (got > 0)
            rr_buf_add(output, (struct rr_slice){ chunk, (size_t)got });
        explicit_bzero(chunk, sizeof(chunk)); /* what a credential program prints is a secret */
        if (output->overflow)
            return rr_fail(err, RR_E_TOO_BIG, "program %s printed more than %zu bytes", program, output->max);
        if (got == 0 || (got < 0 && failed != EAGAIN))
            *out_ended = true;
        if (got <= 0)
            return true;
    }
}

static int left_ms(int64_t deadline_ms)
{
    int64_t left = deadline_ms - rr_clock_monotonic_ms(&rr_clock_system);
    return left <= 0 ? 0 : left < POLL_MAX_MS ? (int)left : POLL_MAX_MS;
}

/* Until the child has exited. A process that it left behind may keep the pipe open, but is not waited for. */
static bool follow(struct child *child, const char *program, int64_t deadline_ms, struct rr_buf *output,
                   struct rr_error *err)
{
    for (bool exited = false, ended = false; !exited;) {
        struct pollfd fds[] = { { .fd = child->exited_fd, .events = POLLIN },
                                { .fd = child->stopped_fd, .events = POLLIN },
                                { .fd = ended ? -1 : child->stdout_fd, .events = POLLIN } };
        if (poll(fds, RR_COUNT(fds), left_ms(deadline_ms)) < 0 && errno != EINTR)
            return fail_system(err, program, errno);
        exited = fds[0].revents != 0;
        if ((fds[2].revents != 0 || exited) && !drain(child, program, output, &ended, err))
            return false;
        if (exited)
            return true;
        if (fds[1].revents != 0)
            return rr_fail(err, RR_E_CANCELLED, "program %s was stopped", program);
        if (left_ms(deadline_ms) == 0)
            return rr_fail(err, RR_E_TIMEOUT, "program %s took too long", program);
    }
    return true;
}

static void on_stop(void *context)
{
    const struct child *child = context;
    (void)eventfd_write(child->stopped_fd, 1); /* a counter of one cannot overflow */
}

static bool run_watched(struct child *child, const char *const argv[], char *const environment[], int64_t deadline_ms,
                        struct rr_buf *output, struct rr_error *err)
{
    /* Check before the start: a group that is killed at once may have done half of its work. */
    eventfd_t stopped;
    if (eventfd_read(child->stopped_fd, &stopped) == 0)
        return rr_fail(err, RR_E_CANCELLED, "program %s was not started", argv[0]);
    if (left_ms(deadline_ms) == 0)
        return rr_fail(err, RR_E_TIMEOUT, "no time is left to run program %s", argv[0]);
    return start_child(child, argv, environment, err) && follow(child, argv[0], deadline_ms, output, err);
}

bool rr_process_run(const char *const argv[], char *const environment[], int64_t deadline_ms, struct rr_stop *stop,
                    struct rr_buf *out_stdout, struct rr_process_result *out_result, struct rr_error *err)
{
    struct child child = { .exited_fd = -1, .stdout_fd = -1, .stopped_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
    if (child.stopped_fd < 0)
        return fail_system(err, argv[0], errno);

    struct rr_stop_watcher watcher = { .on_stop = on_stop, .context = &child };
    rr_stop_watch(stop, &watcher);
    bool ok = run_watched(&child, argv, environment, deadline_ms, out_stdout, err);
    rr_stop_unwatch(stop, &watcher);

    siginfo_t end = { 0 };
    end_child(&child, &end);
    close_child(&child);
    if (!ok) {
        rr_wipe(out_stdout->ptr, out_stdout->len);
        rr_buf_clear(out_stdout);
        return false;
    }
    bool exited = end.si_code == CLD_EXITED;
    *out_result = (struct rr_process_result){ exited ? end.si_status : -1, exited ? 0 : end.si_status };
    return true;
}
