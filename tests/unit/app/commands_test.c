/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

static void help_has_every_command(void **state)
{
    (void)state;
    static const char *const words[] = { "help", "--help", "-h" };
    for (size_t i = 0; i < RR_COUNT(words); i++) {
        assert_int_equal(bench_call(&bench, rr_commands_run, "/usr/bin/redisrestore", words[i], NULL), 0);
        assert_has(bench.out, "usage: redisrestore COMMAND [flags]\n");
        for (size_t at = 0; at < RR_COMMAND_COUNT; at++)
            assert_has(bench.out, rr_commands[at].command->summary);
        assert_lacks(bench.out, "__");
    }
}

static void u06_plugin_calls_itself_kubectl_redisrestore(void **state)
{
    (void)state;
    const char *plugin = "/usr/local/bin/kubectl-redisrestore";

    assert_int_equal(bench_call(&bench, rr_commands_run, plugin, "--help", NULL), 0);
    assert_has(bench.out, "usage: kubectl redisrestore COMMAND [flags]\n");
    assert_has(bench.out, "\nkubectl redisrestore COMMAND --help shows");
    assert_int_equal(bench_call(&bench, rr_commands_run, plugin, "status", "--help", NULL), 0);
    assert_has(bench.out, "usage: kubectl redisrestore status [NAME] [flags]\n");
    assert_int_equal(bench_call(&bench, rr_commands_run, plugin, "trigger", NULL), 2);
    assert_has(bench.err, "NAME is missing; see kubectl redisrestore trigger --help\n");
    assert_int_equal(bench_call(&bench, rr_commands_run, plugin, NULL), 2);
    assert_has(bench.err, "a command is missing; see kubectl redisrestore --help\n");
    assert_int_equal(bench_call(&bench, rr_commands_run, "redisrestore", "trigger", NULL), 2);
    assert_has(bench.err, "see redisrestore trigger --help\n");
}

static void u07_unknown_command_is_named_safely(void **state)
{
    (void)state;

    assert_int_equal(bench_call(&bench, rr_commands_run, "redisrestore", "dance\033[31m", NULL), 2);

    assert_string_equal(bench.err, "redisrestore: unknown command dance\\x1b[31m; see redisrestore --help\n");
    assert_string_equal(bench.out, "");
}

static void name_of_the_program_chooses_the_command(void **state)
{
    (void)state;

    assert_int_equal(bench_call(&bench, rr_commands_run, "/bin/kubectl_complete-redisrestore", "vers", NULL), 0);
    assert_has(bench.out, "version\t");
    assert_int_equal(bench_call(&bench, rr_commands_run, "/bin/init-backup", "--help", NULL), 0);
    assert_has(bench.out, "usage: init-backup [flags]\n");
    assert_int_equal(bench_call(&bench, rr_commands_run, "redisrestore", "--version", NULL), 0);
    assert_has(bench.out, "\ncommit ");
    assert_int_equal(bench_call(&bench, rr_commands_run, "redisrestore", "__complete", "vers", NULL), 0);
    assert_has(bench.out, "version\t");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(help_has_every_command, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(u06_plugin_calls_itself_kubectl_redisrestore, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(u07_unknown_command_is_named_safely, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(name_of_the_program_chooses_the_command, bench_setup, bench_teardown),
};

RR_TEST_MAIN(tests)
