/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/source.h>

#include <redisrestore/base/file.h>
#include <redisrestore/transfer/verify.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

#define VECTOR RR_TESTS_DIR "/vectors/redis/redis-7.0.15.rdb"

enum { FILE_MAX_BYTES = 1 << 20 };

static void read_all(struct rr_source *source, struct rr_buf *out)
{
    struct rr_error err = { 0 };
    struct rr_slice bytes = { 0 };
    do {
        assert_ok(rr_source_next(source, &bytes, &err), err);
        rr_buf_add(out, bytes);
    } while (bytes.len > 0);
}

static void v01_source_of_a_file_gives_its_bytes_size_and_path(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto(buf) expected = RR_BUF(FILE_MAX_BYTES);
    rr_auto(buf) found = RR_BUF(FILE_MAX_BYTES);
    assert_ok(rr_file_read(VECTOR, &expected, &err), err);

    rr_auto_ptr(source) source = rr_source_open_file(VECTOR, NULL, &err);

    assert_non_null(source);
    assert_slice(source->name, VECTOR);
    assert_false(source->is_object);
    assert_int_equal(source->size, expected.len);
    read_all(source, &found);
    assert_true(rr_slice_equals(rr_buf_slice(&found), rr_buf_slice(&expected)));
}

static void v01_source_of_stdin_has_no_size_and_stays_open(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto(buf) found = RR_BUF(FILE_MAX_BYTES);
    int file = open(VECTOR, O_RDONLY | O_CLOEXEC), old = dup(STDIN_FILENO);
    assert_int_equal(dup2(file, STDIN_FILENO), STDIN_FILENO);

    struct rr_source *source = rr_source_open_file("-", NULL, &err);
    assert_non_null(source);
    assert_slice(source->name, "stdin");
    assert_true(source->size == RR_SOURCE_SIZE_UNKNOWN);
    read_all(source, &found);
    rr_source_free(source);

    assert_int_equal(found.len, lseek(file, 0, SEEK_CUR));
    assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), 0);
    assert_int_equal(dup2(old, STDIN_FILENO), STDIN_FILENO);
    (void)close(file);
    (void)close(old);
}

/* None of them is opened for reading: a pipe without a writer would wait forever. */
static void v04_file_of_another_kind_is_named(void **state)
{
    (void)state;
    static const struct {
        mode_t type;
        const char *words;
    } cases[] = {
        { S_IFIFO, "it is a named pipe (FIFO); give it as standard input, by -" },
        { S_IFSOCK, "it is a socket or a device" },
    };
    char folder[] = "/tmp/redisrestore-source-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/dump.rdb", folder);
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_error err = { 0 };
        assert_int_equal(mknod(path, cases[i].type | 0600, 0), 0);

        assert_null(rr_source_open_file(path, NULL, &err));

        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_has(err.message, path);
        assert_has(err.message, cases[i].words);
        assert_int_equal(unlink(path), 0);
    }
    struct rr_error err = { 0 };
    assert_null(rr_source_open_file("/dev/null", NULL, &err));
    assert_string_equal(err.message, "cannot read /dev/null: it is a device; give it as standard input, by -");
    assert_int_equal(rmdir(folder), 0);
}

static void v01_pipe_of_the_shell_is_read_to_its_end(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto(buf) found = RR_BUF(FILE_MAX_BYTES);
    char path[64];
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    assert_int_equal(write(ends[1], "REDIS", 5), 5);

    rr_auto_ptr(source) source = rr_source_open_file(path, NULL, &err);

    assert_non_null(source);
    assert_true(source->size == RR_SOURCE_SIZE_UNKNOWN);
    (void)close(ends[1]);
    read_all(source, &found);
    assert_slice(rr_buf_slice(&found), "REDIS");
    (void)close(ends[0]);
}

/* Whether the pipe has bytes or is silent. */
static void g04_stop_ends_a_pipe(void **state)
{
    (void)state;
    for (int is_silent = 0; is_silent <= 1; is_silent++) {
        struct rr_error err = { 0 };
        struct rr_slice bytes;
        struct rr_stop stop;
        char path[64];
        int ends[2];
        rr_stop_init(&stop, NULL);
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
        struct rr_source *source = rr_source_open_file(path, &stop, &err);
        assert_non_null(source);
        assert_int_equal(write(ends[1], "REDIS", 5), 5);
        assert_ok(rr_source_next(source, &bytes, &err), err);
        assert_slice(bytes, "REDIS");
        assert_true(is_silent || write(ends[1], "0010", 4) == 4);
        rr_stop_set(&stop);

        assert_false(rr_source_next(source, &bytes, &err));

        assert_int_equal(err.code, RR_E_CANCELLED);
        rr_source_free(source);
        rr_stop_done(&stop);
        (void)close(ends[0]);
        (void)close(ends[1]);
    }
}

static void v04_file_that_cannot_be_opened_or_read_names_the_path(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    struct rr_slice bytes;
    assert_null(rr_source_open_file("/nowhere/dump.rdb", NULL, &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_string_equal(err.message, "cannot open /nowhere/dump.rdb: No such file or directory");
    assert_null(rr_source_open_file("/dev", NULL, &err));
    assert_string_equal(err.message, "cannot read /dev: it is a directory");

    rr_auto_ptr(source) source = rr_source_open_file("/proc/self/mem", NULL, &err);
    assert_non_null(source);
    assert_false(rr_source_next(source, &bytes, &err));
    assert_int_equal(err.code, RR_E_INTERNAL);
    assert_string_equal(err.message, "cannot read /proc/self/mem: Input/output error");
}

static void v12_file_that_became_shorter_is_an_error(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    struct rr_slice bytes;
    char path[64];
    int file = memfd_create("shrinks", MFD_CLOEXEC);
    assert_true(file >= 0);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    assert_int_equal(write(file, "123456789", 9), 9);
    rr_auto_ptr(source) source = rr_source_open_file(path, NULL, &err);
    assert_non_null(source);
    assert_ok(rr_source_read_at(source, 5, 4, &bytes, &err), err);
    assert_slice(bytes, "6789");
    assert_int_equal(ftruncate(file, 7), 0);

    assert_false(rr_source_read_at(source, 5, 4, &bytes, &err));

    assert_int_equal(err.code, RR_E_INTERNAL);
    assert_has(err.message, ": it became shorter");
    (void)close(file);
}

static void v01_verification_reads_a_source_until_its_content_is_refused(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    struct rr_verify_options options = { .decoded_max_bytes = UINT64_MAX };
    struct rr_verify_verdict verdict = { 0 };
    rr_auto_ptr(verify) good = rr_verify_new(&options);
    rr_auto_ptr(verify) endless = rr_verify_new(&options);
    rr_auto_ptr(source) file = rr_source_open_file(VECTOR, NULL, &err);
    int device = open("/dev/zero", O_RDONLY | O_CLOEXEC), old = dup(STDIN_FILENO);
    assert_int_equal(dup2(device, STDIN_FILENO), STDIN_FILENO);
    rr_auto_ptr(source) zeros = rr_source_open_file("-", NULL, &err);

    assert_ok(rr_verify_read(good, RR_VERIFY_RDB, file, &err), err);
    rr_verify_judge(good, &verdict);
    assert_int_equal(verdict.result, RR_VERIFY_VALID);
    assert_int_equal(rr_verify_file(good, RR_VERIFY_RDB)->stored_bytes, file->size);

    assert_ok(rr_verify_read(endless, RR_VERIFY_RDB, zeros, &err), err);
    rr_verify_judge(endless, &verdict);
    assert_string_equal(verdict.reason, "NotAnRDB");
    assert_int_equal(dup2(old, STDIN_FILENO), STDIN_FILENO);
    (void)close(device);
    (void)close(old);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(v01_source_of_a_file_gives_its_bytes_size_and_path),
    cmocka_unit_test(v01_source_of_stdin_has_no_size_and_stays_open),
    cmocka_unit_test(v04_file_of_another_kind_is_named),
    cmocka_unit_test(v01_pipe_of_the_shell_is_read_to_its_end),
    cmocka_unit_test(g04_stop_ends_a_pipe),
    cmocka_unit_test(v04_file_that_cannot_be_opened_or_read_names_the_path),
    cmocka_unit_test(v12_file_that_became_shorter_is_an_error),
    cmocka_unit_test(v01_verification_reads_a_source_until_its_content_is_refused),
};

RR_TEST_MAIN(tests)
