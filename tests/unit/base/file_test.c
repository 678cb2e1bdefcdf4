/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/file.h>
#include <support/test.h>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The linker finds this function before that of libc. */
static bool is_clock_fast;
static int waited_ms;

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    waited_ms = timeout_ms;
    return ppoll(fds, count, is_clock_fast ? &(struct timespec){ 0 } : NULL, NULL);
}

struct place {
    char folder[32], path[64];
};

static void make_place(struct place *place)
{
    *place = (struct place){ .folder = "/tmp/rr-file-XXXXXX" };
    assert_non_null(mkdtemp(place->folder));
    (void)snprintf(place->path, sizeof(place->path), "%s/content", place->folder);
}

static void write_content(const struct place *place, const char *content, size_t len)
{
    int fd = open(place->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, len), len);
    assert_int_equal(close(fd), 0);
}

static void remove_place(const struct place *place)
{
    (void)unlink(place->path);
    assert_int_equal(rmdir(place->folder), 0);
}

static void read_gives_every_byte(void **state)
{
    (void)state;
    struct place place;
    struct rr_error err;
    make_place(&place);
    write_content(&place, "a\0b\n", 4);
    rr_auto(buf) content = RR_BUF(100);

    assert_ok(rr_file_read(place.path, &content, &err), err);

    assert_int_equal(content.len, 4);
    assert_memory_equal(content.ptr, "a\0b\n", 4);
    remove_place(&place);
}

static void read_of_an_empty_file_is_no_error(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto(buf) content = RR_BUF(100);

    assert_ok(rr_file_read("/dev/null", &content, &err), err);

    assert_int_equal(content.len, 0);
}

static void read_up_to_the_cap_and_not_beyond(void **state)
{
    (void)state;
    struct place place;
    struct rr_error err;
    make_place(&place);
    static char big[50000];
    memset(big, 'x', sizeof(big));
    write_content(&place, big, sizeof(big));
    rr_auto(buf) exact = RR_BUF(sizeof(big));
    rr_auto(buf) small = RR_BUF(sizeof(big) - 1);

    assert_ok(rr_file_read(place.path, &exact, &err), err);
    assert_false(rr_file_read(place.path, &small, &err));

    assert_int_equal(exact.len, sizeof(big));
    assert_int_equal(err.code, RR_E_TOO_BIG);
    assert_non_null(strstr(err.message, place.path));
    assert_int_equal(small.len, 0);
    remove_place(&place);
}

static void f49_content_that_is_refused_is_wiped(void **state)
{
    (void)state;
    struct place place;
    struct rr_error err;
    make_place(&place);
    static char big[20000];
    memset(big, 'x', sizeof(big)); /* the first read adds 16 KiB, the second is refused */
    write_content(&place, big, sizeof(big));
    rr_auto(buf) content = RR_BUF(sizeof(big) - 1);

    assert_false(rr_file_read(place.path, &content, &err));

    assert_true(content.cap > 0);
    assert_null(memmem(content.ptr, content.cap, "xx", 2));
    remove_place(&place);
}

static void read_of_an_endless_file_ends_at_the_cap(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto(buf) content = RR_BUF(100000);

    assert_false(rr_file_read("/dev/zero", &content, &err));

    assert_int_equal(err.code, RR_E_TOO_BIG);
}

static void missing_file_is_not_found_by_its_path(void **state)
{
    (void)state;
    struct place place;
    struct rr_error err;
    make_place(&place);
    rr_auto(buf) content = RR_BUF(100);

    assert_false(rr_file_read(place.path, &content, &err));

    assert_int_equal(err.code, RR_E_NOT_FOUND);
    assert_non_null(strstr(err.message, place.path));
    remove_place(&place);
}

static void file_below_a_file_is_not_found(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto(buf) content = RR_BUF(100);

    assert_false(rr_file_read("/dev/null/token", &content, &err));

    assert_int_equal(err.code, RR_E_NOT_FOUND);
}

static void folder_cannot_be_read_as_a_file(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto(buf) content = RR_BUF(100);

    assert_false(rr_file_read("/tmp", &content, &err));

    assert_int_equal(err.code, RR_E_INTERNAL);
    assert_non_null(strstr(err.message, "/tmp"));
}

static void unreadable_file_is_denied(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip(); /* root may read everything */
    struct place place;
    struct rr_error err;
    make_place(&place);
    write_content(&place, "x", 1);
    assert_int_equal(chmod(place.path, 0), 0);
    rr_auto(buf) content = RR_BUF(100);

    assert_false(rr_file_read(place.path, &content, &err));

    assert_int_equal(err.code, RR_E_DENIED);
    remove_place(&place);
}

static void g14_named_pipe_is_refused_and_not_waited_for(void **state)
{
    (void)state;
    struct place place;
    struct rr_error err;
    make_place(&place);
    assert_int_equal(mkfifo(place.path, 0600), 0);
    rr_auto(buf) content = RR_BUF(100);

    assert_false(rr_file_read(place.path, &content, &err));

    assert_int_equal(err.code, RR_E_INTERNAL);
    assert_has(err.message, "/content cannot be read: it is a named pipe (FIFO)");
    remove_place(&place);
}

/* As the shell's <(...) names it. */
static void open_pipe(int ends[2], char path[64])
{
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    (void)snprintf(path, 64, "/proc/self/fd/%d", ends[0]);
}

static void g14_pipe_of_a_shell_is_read_to_its_end(void **state)
{
    (void)state;
    int ends[2];
    char path[64];
    struct rr_error err;
    rr_auto(buf) content = RR_BUF(100);
    open_pipe(ends, path);
    assert_int_equal(write(ends[1], "some text", 9), 9);
    assert_int_equal(close(ends[1]), 0);

    assert_ok(rr_file_read(path, &content, &err), err);

    assert_slice(rr_buf_slice(&content), "some text");
    assert_int_equal(close(ends[0]), 0);
}

static void g14_pipe_without_a_byte_is_given_up(void **state)
{
    (void)state;
    int ends[2];
    char path[64];
    struct rr_error err;
    rr_auto(buf) content = RR_BUF(100);
    open_pipe(ends, path);
    is_clock_fast = true;

    assert_false(rr_file_read(path, &content, &err));

    is_clock_fast = false;
    assert_int_equal(waited_ms, 30000);
    assert_int_equal(err.code, RR_E_INTERNAL);
    assert_has(err.message, " cannot be read: its writer was silent for 30 s");
    assert_int_equal(close(ends[0]) + close(ends[1]), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(read_gives_every_byte),
    cmocka_unit_test(read_of_an_empty_file_is_no_error),
    cmocka_unit_test(read_up_to_the_cap_and_not_beyond),
    cmocka_unit_test(f49_content_that_is_refused_is_wiped),
    cmocka_unit_test(read_of_an_endless_file_ends_at_the_cap),
    cmocka_unit_test(missing_file_is_not_found_by_its_path),
    cmocka_unit_test(file_below_a_file_is_not_found),
    cmocka_unit_test(folder_cannot_be_read_as_a_file),
    cmocka_unit_test(unreadable_file_is_denied),
    cmocka_unit_test(g14_named_pipe_is_refused_and_not_waited_for),
    cmocka_unit_test(g14_pipe_of_a_shell_is_read_to_its_end),
    cmocka_unit_test(g14_pipe_without_a_byte_is_given_up),
};

RR_TEST_MAIN(tests)
