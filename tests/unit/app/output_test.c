/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include "exit_codes.h"
#include "support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static void whole_text_is_written(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct rr_error err;

    assert_ok(rr_output_write(ends[1], RR_LIT("two\nlines\n"), &err), err);

    char got[32];
    assert_int_equal(read(ends[0], got, sizeof(got)), 10);
    assert_memory_equal(got, "two\nlines\n", 10);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void f30_full_disk_is_an_error(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    struct rr_error err;

    assert_false(rr_output_write(full, RR_LIT("x"), &err));

    assert_int_equal(err.code, RR_E_INTERNAL);
    assert_non_null(strstr(err.message, "No space left"));
    (void)close(full);
}

static void f30_closed_pipe_is_an_error(void **state)
{
    (void)state;
    assert_ptr_not_equal(signal(SIGPIPE, SIG_IGN), SIG_ERR);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)close(ends[0]);
    struct rr_error err;

    assert_false(rr_output_write(ends[1], RR_LIT("x"), &err));

    assert_int_equal(err.code, RR_E_INTERNAL);
    (void)close(ends[1]);
}

static void failure_and_its_detail_are_two_lines(void **state)
{
    (void)state;
    int ends[2], kept = dup(STDERR_FILENO);
    char said[256] = "";
    assert_int_equal(pipe(ends), 0);
    struct rr_error err;
    rr_error_set(&err, RR_E_UNREACHABLE, "no answer");
    rr_detail(&err, "their\nwords");

    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    rr_output_complain_of(&err);
    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);

    assert_true(read(ends[0], said, sizeof(said) - 1) > 0);
    assert_string_equal(said, "redisrestore: no answer\n  detail: their\\x0awords\n");
    (void)close(kept);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void text_that_was_cut_is_not_printed(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(2);
    rr_buf_add(&text, RR_LIT("three"));

    int code = rr_output_print(&text);

    assert_int_equal(code, RR_EXIT_INTERNAL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(whole_text_is_written),
    cmocka_unit_test(f30_full_disk_is_an_error),
    cmocka_unit_test(f30_closed_pipe_is_an_error),
    cmocka_unit_test(failure_and_its_detail_are_two_lines),
    cmocka_unit_test(text_that_was_cut_is_not_printed),
};

RR_TEST_MAIN(tests)
