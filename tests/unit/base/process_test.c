/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/clock.h>
#include <redisrestore/base/process.h>
#include <redisrestore/base/thread.h>
#include <support/test.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 64 * 1024 };

static int64_t in_ms(int64_t duration_ms)
{
    return rr_clock_monotonic_ms(&rr_clock_system) + duration_ms;
}

/* Runs a line of shell with a deadline that a working machine does not meet. */
static bool run_shell(const char *line, struct rr_buf *output, struct rr_process_result *result, struct rr_error *err)
{
    const char *const argv[] = { "sh", "-c", line, NULL };
    return rr_process_run(argv, NULL, in_ms(20000), NULL, output, result, err);
}

static void assert_nothing_to_reap(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* Our stderr becomes a pipe, which every process that we start inherits: its end of file tells that all of them are
 * gone. */
struct witness {
    int saved, read_end;
};

static void witness_init(struct witness *witness)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    witness->read_end = ends[0];
    witness->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    assert_true(witness->saved >= 0);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    (void)close(ends[1]);
}

static void witness_wait_for_a_byte(const struct witness *witness)
{
    char byte;
    rr_assert(read(witness->read_end, &byte, 1) == 1);
}

/* Bytes that were written, once no process holds the pipe. Killed processes end soon, but not immediately. */
static size_t witness_done(struct witness *witness)
{
    assert_int_equal(dup2(witness->saved, STDERR_FILENO), STDERR_FILENO);
    (void)close(witness->saved);
    size_t total = 0;
    char chunk[256];
    ssize_t got;
    struct pollfd fd = { .fd = witness->read_end, .events = POLLIN };
    do {
        if (poll(&fd, 1, 10000) != 1)
            fail_msg("a process outlived the call");
        got = read(witness->read_end, chunk, sizeof(chunk));
        assert_true(got >= 0);
        total += (size_t)got;
    } while (got > 0);
    (void)close(witness->read_end);
    return total;
}

static void output_and_exit_code_come_back(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);

    assert_ok(run_shell("printf 'a\\nb'; exit 7", &output, &result, &err), err);

    assert_string_equal(rr_buf_text(&output), "a\nb");
    assert_int_equal(result.exit_code, 7);
    assert_int_equal(result.signal, 0);
    assert_nothing_to_reap();
}

static void signal_that_ended_it_comes_back(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);

    assert_ok(run_shell("kill -TERM $$", &output, &result, &err), err);

    assert_int_equal(result.exit_code, -1);
    assert_int_equal(result.signal, SIGTERM);
    assert_nothing_to_reap();
}

static void arguments_are_passed_without_a_shell(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    const char *const argv[] = { "printf", "%s|", "a b", "$HOME;*", "", NULL };

    assert_ok(rr_process_run(argv, NULL, in_ms(20000), NULL, &output, &result, &err), err);

    assert_string_equal(rr_buf_text(&output), "a b|$HOME;*||");
}

static void environment_is_the_one_given(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    char variable[] = "ONLY=this";
    char *const environment[] = { variable, NULL };
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    const char *const argv[] = { "/usr/bin/env", NULL };

    assert_ok(rr_process_run(argv, environment, in_ms(20000), NULL, &output, &result, &err), err);

    assert_string_equal(rr_buf_text(&output), "ONLY=this\n");
}

static void environment_of_null_is_ours(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);

    assert_ok(run_shell("printf %s \"$PATH\"", &output, &result, &err), err);

    assert_string_equal(rr_buf_text(&output), getenv("PATH"));
}

static void stdin_is_empty(void **state)
{
    (void)state;
    int ends[2];
    struct rr_error err;
    struct rr_process_result result;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO); /* ours would make it wait */

    assert_ok(run_shell("cat; echo done", &output, &result, &err), err);

    assert_string_equal(rr_buf_text(&output), "done\n");
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void missing_program_is_not_found(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    const char *const in_path[] = { "redisrestore-no-such-program", NULL };
    const char *const by_name[] = { "/nowhere/program", NULL };

    assert_false(rr_process_run(in_path, NULL, in_ms(20000), NULL, &output, &result, &err));
    assert_int_equal(err.code, RR_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "redisrestore-no-such-program"));
    assert_false(rr_process_run(by_name, NULL, in_ms(20000), NULL, &output, &result, &err));
    assert_int_equal(err.code, RR_E_NOT_FOUND);

    assert_nothing_to_reap();
}

static void program_that_cannot_run_is_an_internal_error(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    const char *const argv[] = { "/dev/null", NULL };

    assert_false(rr_process_run(argv, NULL, in_ms(20000), NULL, &output, &result, &err));

    assert_int_equal(err.code, RR_E_INTERNAL);
    assert_nothing_to_reap();
}

/* Our process as a controller has it: signals blocked and ignored. */
static void set_signals_as_a_server(void)
{
    sigset_t all;
    (void)sigfillset(&all);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &all, NULL), 0);
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    assert_true(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
    assert_true(signal(SIGHUP, SIG_IGN) != SIG_ERR);
    assert_true(signal(SIGRTMIN, SIG_IGN) != SIG_ERR);
}

static void child_has_an_empty_mask_and_default_dispositions(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    const char *const argv[] = { "cat", "/proc/self/status", NULL };
    set_signals_as_a_server();

    assert_ok(rr_process_run(argv, NULL, in_ms(20000), NULL, &output, &result, &err), err);

    const char *text = rr_buf_text(&output);
    assert_non_null(strstr(text, "SigBlk:\t0000000000000000\n"));
    /* Signals 32 and 33 are the C library's own; its posix_spawn ignores them in every child. */
    assert_true(strstr(text, "SigIgn:\t0000000000000000\n") != NULL ||
                strstr(text, "SigIgn:\t0000000180000000\n") != NULL);
}

static void our_own_mask_is_kept(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    sigset_t after;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    set_signals_as_a_server();

    assert_ok(run_shell("true", &output, &result, &err), err);

    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
    assert_int_equal(sigismember(&after, SIGTERM), 1);
}

static void child_has_a_process_group_of_its_own(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);

    assert_ok(run_shell("set -- $(cat /proc/$$/stat); echo $$ $5", &output, &result, &err), err);

    struct rr_slice rest = rr_slice_trim(rr_buf_slice(&output));
    struct rr_slice own = rr_slice_cut(&rest, ' ');
    char ours[32];
    (void)snprintf(ours, sizeof(ours), "%d", (int)getpgrp());
    assert_true(rr_slice_equals(own, rest));
    assert_false(rr_slice_equals(rest, rr_slice_from(ours)));
}

static void child_inherits_no_descriptor_above_2(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    int low = open("/dev/null", O_RDONLY); /* without close-on-exec, as a library may open it */
    assert_true(low > 2);
    assert_int_equal(fcntl(low, F_DUPFD, 200) >= 200, 1);

    assert_ok(run_shell("ls /proc/$$/fd; :", &output, &result, &err), err);

    assert_string_equal(rr_buf_text(&output), "0\n1\n2\n");
}

static void our_descriptors_are_closed_again(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    const char *const missing[] = { "/nowhere/program", NULL };
    int before = open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)close(before);

    assert_ok(run_shell("true", &output, &result, &err), err);
    assert_false(rr_process_run(missing, NULL, in_ms(20000), NULL, &output, &result, &err));
    assert_false(rr_process_run(missing, NULL, 0, NULL, &output, &result, &err));

    int after = open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)close(after);
    assert_int_equal(before, after);
}

static void deadline_kills_the_whole_group(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result = { .exit_code = 42 };
    struct witness witness;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    const char *const argv[] = { "sh", "-c", "trap '' TERM; echo partial; sleep 1000 & sleep 1000", NULL };
    witness_init(&witness);

    bool ok = rr_process_run(argv, NULL, in_ms(300), NULL, &output, &result, &err);

    (void)witness_done(&witness);
    assert_false(ok);
    assert_int_equal(err.code, RR_E_TIMEOUT);
    assert_int_equal(output.len, 0);
    assert_int_equal(result.exit_code, 42);
    assert_nothing_to_reap();
}

static void past_deadline_starts_nothing(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    struct witness witness;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    const char *const argv[] = { "sh", "-c", "echo here >&2", NULL };
    witness_init(&witness);

    bool ok = rr_process_run(argv, NULL, in_ms(-1), NULL, &output, &result, &err);

    assert_int_equal(witness_done(&witness), 0);
    assert_false(ok);
    assert_int_equal(err.code, RR_E_TIMEOUT);
}

struct stopper {
    struct witness *witness;
    struct rr_stop *stop;
};

static void stop_when_it_runs(void *context)
{
    struct stopper *stopper = context;
    witness_wait_for_a_byte(stopper->witness);
    rr_stop_set(stopper->stop);
}

static void stop_kills_the_whole_group(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    struct rr_stop stop;
    struct witness witness;
    struct rr_thread thread = { 0 };
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    const char *const argv[] = { "sh", "-c", "trap '' TERM; sleep 1000 & printf x >&2; sleep 1000", NULL };
    rr_stop_init(&stop, NULL);
    witness_init(&witness);
    rr_thread_start(&thread, "stopper", stop_when_it_runs, &(struct stopper){ &witness, &stop });

    bool ok = rr_process_run(argv, NULL, RR_DEADLINE_NEVER, &stop, &output, &result, &err);

    rr_thread_join(&thread);
    (void)witness_done(&witness);
    assert_false(ok);
    assert_int_equal(err.code, RR_E_CANCELLED);
    assert_nothing_to_reap();
    rr_stop_done(&stop);
}

static void stop_that_is_set_already_starts_nothing(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    struct rr_stop stop;
    struct witness witness;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    const char *const argv[] = { "sh", "-c", "echo here >&2", NULL };
    rr_stop_init(&stop, NULL);
    rr_stop_set(&stop);
    witness_init(&witness);

    bool ok = rr_process_run(argv, NULL, in_ms(20000), &stop, &output, &result, &err);

    assert_int_equal(witness_done(&witness), 0);
    assert_false(ok);
    assert_int_equal(err.code, RR_E_CANCELLED);
    rr_stop_done(&stop);
}

static void stop_after_the_end_signals_no_process(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    struct rr_stop stop;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    const char *const argv[] = { "true", NULL };
    rr_stop_init(&stop, NULL);
    assert_ok(rr_process_run(argv, NULL, in_ms(20000), &stop, &output, &result, &err), err);

    rr_stop_set(&stop);

    assert_null(stop.guarded.watchers);
    rr_stop_done(&stop);
}

static void endless_output_ends_at_the_cap(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    struct witness witness;
    rr_auto(buf) output = RR_BUF(1000);
    const char *const argv[] = { "sh", "-c", "trap '' PIPE; sleep 1000 & yes 2>&2; sleep 1000", NULL };
    witness_init(&witness);

    bool ok = rr_process_run(argv, NULL, in_ms(20000), NULL, &output, &result, &err);

    (void)witness_done(&witness);
    assert_false(ok);
    assert_int_equal(err.code, RR_E_TOO_BIG);
    assert_non_null(strstr(err.message, "1000"));
    assert_int_equal(output.len, 0);
    assert_nothing_to_reap();
}

static void output_up_to_the_cap_is_whole(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    rr_auto(buf) output = RR_BUF(1024 * 1024);

    assert_ok(run_shell("head -c 1048576 /dev/zero", &output, &result, &err), err);

    assert_int_equal(output.len, 1048576);
}

static void child_that_closes_its_stdout_is_still_waited_for(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);

    assert_ok(run_shell("echo early; exec >&-; sleep 0.1; exit 9", &output, &result, &err), err);

    assert_string_equal(rr_buf_text(&output), "early\n");
    assert_int_equal(result.exit_code, 9);
}

static void processes_left_by_a_child_are_killed_and_not_waited_for(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_process_result result;
    struct witness witness;
    rr_auto(buf) output = RR_BUF(OUTPUT_MAX);
    witness_init(&witness);

    bool ok = run_shell("sleep 1000 & echo started", &output, &result, &err);

    (void)witness_done(&witness);
    assert_ok(ok, err);
    assert_string_equal(rr_buf_text(&output), "started\n");
    assert_int_equal(result.exit_code, 0);
    assert_nothing_to_reap();
}

static void run_many(void *context)
{
    const char *word = context;
    const char *const argv[] = { "echo", word, NULL };
    for (int i = 0; i < 10; i++) {
        struct rr_error err;
        struct rr_process_result result;
        rr_auto(buf) output = RR_BUF(100);
        rr_assert(rr_process_run(argv, NULL, in_ms(20000), NULL, &output, &result, &err));
        rr_assert(rr_slice_starts_with(rr_buf_slice(&output), rr_slice_from(word)));
        rr_assert(output.len == strlen(word) + 1 && result.exit_code == 0);
    }
}

static void threads_run_children_at_the_same_time(void **state)
{
    (void)state;
    char words[3][8] = { "one", "two", "three" };
    struct rr_thread threads[3] = { { 0 } };

    for (int i = 0; i < 3; i++)
        rr_thread_start(&threads[i], "runner", run_many, words[i]);
    for (int i = 0; i < 3; i++)
        rr_thread_join(&threads[i]);

    assert_nothing_to_reap();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(output_and_exit_code_come_back),
    cmocka_unit_test(signal_that_ended_it_comes_back),
    cmocka_unit_test(arguments_are_passed_without_a_shell),
    cmocka_unit_test(environment_is_the_one_given),
    cmocka_unit_test(environment_of_null_is_ours),
    cmocka_unit_test(stdin_is_empty),
    cmocka_unit_test(missing_program_is_not_found),
    cmocka_unit_test(program_that_cannot_run_is_an_internal_error),
    cmocka_unit_test(child_has_an_empty_mask_and_default_dispositions),
    cmocka_unit_test(our_own_mask_is_kept),
    cmocka_unit_test(child_has_a_process_group_of_its_own),
    cmocka_unit_test(child_inherits_no_descriptor_above_2),
    cmocka_unit_test(our_descriptors_are_closed_again),
    cmocka_unit_test(deadline_kills_the_whole_group),
    cmocka_unit_test(past_deadline_starts_nothing),
    cmocka_unit_test(stop_kills_the_whole_group),
    cmocka_unit_test(stop_that_is_set_already_starts_nothing),
    cmocka_unit_test(stop_after_the_end_signals_no_process),
    cmocka_unit_test(endless_output_ends_at_the_cap),
    cmocka_unit_test(output_up_to_the_cap_is_whole),
    cmocka_unit_test(child_that_closes_its_stdout_is_still_waited_for),
    cmocka_unit_test(processes_left_by_a_child_are_killed_and_not_waited_for),
    cmocka_unit_test(threads_run_children_at_the_same_time),
};

RR_TEST_MAIN(tests)
