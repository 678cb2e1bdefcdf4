/* SPDX-License-Identifier: Apache-2.0 */
#include "completion.h"

#include "commands.h"
#include "support/test.h"

#include <redisrestore/base/mem.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__ }), sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)

/* Only the candidates, a blank between. */
static void answer(struct rr_buf *out_text, struct rr_completion *completion, const char *const *words, size_t count)
{
    rr_completion_answer(words, count, completion);
    struct rr_slice rest = rr_buf_slice(&completion->lines);
    while (rest.len > 0) {
        struct rr_slice line = rr_slice_cut(&rest, '\n');
        struct rr_slice candidate = rr_slice_cut(&line, '\t');
        rr_buf_addf(out_text, "%s%.*s", out_text->len > 0 ? " " : "", RR_ARG(candidate));
    }
    rr_completion_done(completion);
}

static void assert_candidates(const char *expected, const char *const *words, size_t count)
{
    struct rr_completion completion;
    rr_auto(buf) text = RR_BUF(4096);
    answer(&text, &completion, words, count);
    assert_string_equal(rr_buf_text(&text), expected);
}

static void first_word_is_a_command(void **state)
{
    (void)state;
    assert_candidates("discover", WORDS("disc"));
    assert_candidates("stage status suspend", WORDS("s"));
    assert_candidates("", WORDS("__comp"));
}

static void flags_are_those_of_the_command(void **state)
{
    (void)state;
    assert_candidates("--bucket", WORDS("discover", "--bu"));
    assert_candidates("--all-namespaces", WORDS("status", "--all-n"));
    assert_candidates("--namespace", WORDS("status", "--name"));
    assert_candidates("--help", WORDS("version", "-"));
    assert_candidates("", WORDS("dance", "-"));
}

static void values_come_from_the_help(void **state)
{
    (void)state;
    assert_candidates("text json yaml", WORDS("status", "--output", ""));
    assert_candidates("json", WORDS("status", "-o", "j"));
    assert_candidates("json", WORDS("status", "--output=j"));
    assert_candidates("always", WORDS("status", "--color", "al"));
    assert_candidates("Path", WORDS("discover", "--addressing-style", "P"));
    assert_candidates("true false", WORDS("controller", "--leader-elect="));
    assert_candidates("bash zsh", WORDS("completion", ""));
    assert_candidates("", WORDS("discover", "--bucket", ""));
    assert_candidates("", WORDS("completion", "bash", ""));
}

static void count_value(void *context, struct rr_slice value)
{
    (void)value;
    ++*(int *)context;
}

static int count_values(const char *help)
{
    int count = 0;
    rr_completion_values(help, &count, count_value);
    return count;
}

static void help_that_names_no_values_has_none(void **state)
{
    (void)state;
    assert_int_equal(count_values("A or B"), 2);
    assert_int_equal(count_values("A, B or C (default A)"), 3);
    assert_int_equal(count_values("bucket to look in (default: $S3_BUCKET)"), 0);
    assert_int_equal(count_values("loopback, link-local and metadata addresses or none"), 0);
    assert_int_equal(count_values("http, https or socks5 proxy"), 0);
    assert_int_equal(count_values("http or https proxy"), 0);
    assert_int_equal(count_values("a, b"), 0);
    assert_int_equal(count_values(""), 0);
}

static void place_of_files_says_so(void **state)
{
    (void)state;
    struct rr_completion completion;
    rr_auto(buf) text = RR_BUF(256);

    answer(&text, &completion, WORDS("status", "--kubeconfig", ""));
    assert_int_equal(completion.directive, RR_COMPLETION_FILES);
    answer(&text, &completion, WORDS("controller", "--metrics-cert-dir", ""));
    assert_int_equal(completion.directive, RR_COMPLETION_FOLDERS);
    answer(&text, &completion, WORDS("status", "--context", ""));
    assert_int_equal(completion.directive, RR_COMPLETION_NO_FILES);
    assert_int_equal(text.len, 0);
}

static void objects_are_wanted_once_and_where_the_flags_say(void **state)
{
    (void)state;
    struct rr_completion completion;
    rr_auto(buf) text = RR_BUF(256);

    answer(&text, &completion, WORDS("trigger", "-n", "shop", "--context=there", "--kubeconfig", "/a", "ca"));
    assert_true(completion.wants_objects);
    assert_slice(completion.begun, "ca");
    assert_slice(completion.cluster.namespace_name, "shop");
    assert_string_equal(completion.cluster.context, "there");
    assert_string_equal(completion.cluster.kubeconfig, "/a");

    answer(&text, &completion, WORDS("trigger", "cart", ""));
    assert_false(completion.wants_objects);
    answer(&text, &completion, WORDS("discover", ""));
    assert_false(completion.wants_objects);
    answer(&text, &completion, WORDS("trigger", "--wait", ""));
    assert_true(completion.wants_objects);
}

static void reasons_are_offered_to_explain_alone(void **state)
{
    (void)state;
    struct rr_completion completion;
    rr_auto(buf) text = RR_BUF(256);

    answer(&text, &completion, WORDS("explain", "Backup"));

    assert_string_equal(rr_buf_text(&text), "BackupDiscovered BackupTooOld");
    assert_false(completion.wants_objects);
    assert_candidates("", WORDS("status", "Backup"));
}

struct offered {
    const struct rr_command *command;
    const struct rr_option *option;
};

/* Room for what any command's setters write. */
enum { OPTIONS_MAX_BYTES = 256 * 1024 };

static void try_value(void *context, struct rr_slice value)
{
    const struct offered *offered = context;
    void *options = rr_alloc(OPTIONS_MAX_BYTES);
    struct rr_error err;
    if (!offered->option->set(options, value, &err)) {
        print_error("%s --%s %.*s: %s\n", offered->command->name, offered->option->name, RR_ARG(value), err.message);
        fail();
    }
    rr_free(options);
}

static void every_value_that_is_offered_is_accepted(void **state)
{
    (void)state;
    for (size_t c = 0; c < RR_COMMAND_COUNT; c++) {
        struct offered offered = { rr_commands[c].command, NULL };
        for (size_t i = 0; (offered.option = rr_command_option(offered.command, i, NULL)) != NULL; i++)
            rr_completion_values(offered.option->help, &offered, try_value);
    }
}

static void every_command_has_what_help_and_manual_need(void **state)
{
    (void)state;
    for (size_t c = 0; c < RR_COMMAND_COUNT; c++) {
        const struct rr_command *command = rr_commands[c].command;
        assert_non_null(command->name);
        assert_true(strlen(command->summary) > 10);
        assert_non_null(strstr(command->epilogue, "Example"));
        assert_ptr_equal(rr_command_find(rr_slice_from(command->name)), &rr_commands[c]);
        for (size_t i = 0; i < command->letter_count; i++)
            assert_int_equal(rr_command_letter(command, command->letters[i].name), command->letters[i].letter);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(first_word_is_a_command),
    cmocka_unit_test(flags_are_those_of_the_command),
    cmocka_unit_test(values_come_from_the_help),
    cmocka_unit_test(help_that_names_no_values_has_none),
    cmocka_unit_test(place_of_files_says_so),
    cmocka_unit_test(objects_are_wanted_once_and_where_the_flags_say),
    cmocka_unit_test(reasons_are_offered_to_explain_alone),
    cmocka_unit_test(every_value_that_is_offered_is_accepted),
    cmocka_unit_test(every_command_has_what_help_and_manual_need),
};

RR_TEST_MAIN(tests)
