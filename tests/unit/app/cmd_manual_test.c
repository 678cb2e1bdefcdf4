/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

#include <redisrestore/discovery/reason.h>

static void u06_manual_has_every_command_and_flag(void **state)
{
    (void)state;

    assert_int_equal(bench_call(&bench, rr_cmd_manual, "__manual", NULL), 0);

    assert_has(bench.out, ".TH REDISRESTORE 1 ");
    for (size_t i = 0; i < RR_COMMAND_COUNT; i++) {
        const struct rr_command *command = rr_commands[i].command;
        char heading[128];
        (void)snprintf(heading, sizeof(heading), "\n.SS redisrestore %s ", command->name);
        const char *section = strstr(bench.out, heading);
        assert_non_null(section);
        const struct rr_option *option;
        for (size_t at = 0; (option = rr_command_option(command, at, NULL)) != NULL; at++) {
            char flag[128] = "\\fB\\-\\-", *end = flag + strlen(flag);
            for (const char *byte = option->name; *byte != '\0'; byte++)
                end += snprintf(end, sizeof(flag) - (size_t)(end - flag), *byte == '-' ? "\\-" : "%c", *byte);
            (void)snprintf(end, sizeof(flag) - (size_t)(end - flag), "\\fR");
            assert_has(section, flag);
        }
    }
    assert_has(bench.out, "\n.SS init\\-backup [flags]\n");
    assert_lacks(bench.out, "redisrestore init");
}

/* A line that begins with a point would be a command of roff, and a backslash an escape. */
static void manual_shows_text_as_it_is(void **state)
{
    (void)state;

    (void)bench_call(&bench, rr_cmd_manual, "__manual", NULL);

    for (const char *line = bench.out; line != NULL && *line != '\0'; line = strchr(line, '\n'), line += line != NULL)
        if (line[0] == '.')
            assert_true(strncmp(line, ".TH", 3) == 0 || strncmp(line, ".S", 2) == 0 || strncmp(line, ".P", 2) == 0 ||
                        strncmp(line, ".TP", 3) == 0 || strncmp(line, ".nf", 3) == 0 || strncmp(line, ".fi", 3) == 0 ||
                        strncmp(line, ".B", 2) == 0 || strncmp(line, ".I ", 3) == 0 || strncmp(line, ".br", 3) == 0);
}

static void every_reason_has_its_section(void **state)
{
    (void)state;

    assert_int_equal(bench_call(&bench, rr_cmd_reasons, "__reasons", NULL), 0);

    for (int i = 0; i < RR_REASON_COUNT; i++) {
        char heading[128], code[64];
        (void)snprintf(heading, sizeof(heading), "### %s\n\n", rr_reason_name((enum rr_reason)i));
        (void)snprintf(code, sizeof(code), " Exit code: %d.\n", rr_reason_exit_code((enum rr_reason)i));
        const char *section = strstr(bench.out, heading);
        assert_non_null(section);
        assert_has(section, code);
    }
    static const char *const places[] = { "{namespace}", "{name}", "{secret}", "{where}", "{controller}" };
    for (size_t i = 0; i < RR_COUNT(places); i++)
        assert_lacks(bench.out, places[i]);
}

static void version_names_the_binary_and_its_libraries(void **state)
{
    (void)state;

    assert_int_equal(bench_run(&bench, "version", NULL), 0);
    assert_int_equal(strncmp(bench.out, "redisrestore ", 13), 0);
    assert_has(bench.out, "\ncommit ");
    assert_has(bench.out, "\nbuilt with libcurl ");
    assert_has(bench.out, "\nloaded libcurl ");
    assert_int_equal(bench_run(&bench, "version", "--short", NULL), 2);
    assert_has(bench.err, "--short: no such flag");
    assert_int_equal(bench_run(&bench, "version", "now", NULL), 2);
    assert_int_equal(bench_run(&bench, "version", "--help", NULL), 0);
    assert_has(bench.out, "usage: redisrestore version [flags]\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(u06_manual_has_every_command_and_flag, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(manual_shows_text_as_it_is, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(every_reason_has_its_section, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(version_names_the_binary_and_its_libraries, bench_setup, bench_teardown),
};

RR_TEST_MAIN(tests)
