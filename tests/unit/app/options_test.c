/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "support/test.h"

struct seen {
    struct rr_slice one, two;
    int twos;
    bool on;
};

static bool set_one(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_text(value, &((struct seen *)options)->one, err);
}

static bool set_two(void *options, struct rr_slice value, struct rr_error *err)
{
    struct seen *seen = options;
    seen->two = value;
    seen->twos++;
    return !rr_slice_equals(value, RR_LIT("bad")) || rr_fail(err, RR_E_BAD_INPUT, "not that");
}

static bool set_switch(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &((struct seen *)options)->on, err);
}

static const struct rr_option flags[] = {
    { "one", "TEXT", "the first", set_one },
    { "two-words-in-the-name", "VALUE", "the second,\non two lines", set_two },
    { "one-more", "X", "begins like another", set_two },
    { "switch", NULL, "on or off", set_switch },
};
static const struct rr_command command = {
    .name = "dance", .purpose = "Dances.\n", .epilogue = "The end.\n", .options = flags, .option_count = RR_COUNT(flags)
};

enum { ARGUMENTS_MAX = 8 };

/* The arguments behind the command's name, ended by NULL. The options borrow from them until the next call. */
static bool parse(const char *const *arguments, struct seen *seen, bool *out_help, struct rr_error *err)
{
    static char name[] = "dance", copies[ARGUMENTS_MAX][64];
    char *argv[ARGUMENTS_MAX + 2] = { name };
    int argc = 1;
    for (; arguments[argc - 1] != NULL; argc++) {
        (void)snprintf(copies[argc - 1], sizeof(copies[0]), "%s", arguments[argc - 1]);
        argv[argc] = copies[argc - 1];
    }
    return rr_options_parse(&command, argc, argv, seen, out_help, err);
}

#define ARGUMENTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void switch_is_on_without_a_value(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct rr_error err;
    bool help;

    assert_ok(parse(ARGUMENTS("--switch", "--one=x"), &seen, &help, &err), err);
    assert_true(seen.on);
    assert_slice(seen.one, "x");
    assert_ok(parse(ARGUMENTS("--switch=false"), &seen, &help, &err), err);
    assert_false(seen.on);
    assert_false(parse(ARGUMENTS("--switch=1"), &seen, &help, &err));
    assert_string_equal(err.message, "--switch: must be true or false");
    assert_false(parse(ARGUMENTS("--switch", "false"), &seen, &help, &err));
}

static void no_flags_are_fine(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct rr_error err;
    bool help = true;

    const char *const none[] = { NULL };
    assert_ok(parse(none, &seen, &help, &err), err);

    assert_false(help);
    assert_int_equal(seen.twos, 0);
}

static void value_is_the_next_argument_or_follows_an_equals_sign(void **state)
{
    (void)state;
    const char *const *const forms[] = { ARGUMENTS("--one", "x=y"), ARGUMENTS("--one=x=y") };
    for (size_t i = 0; i < RR_COUNT(forms); i++) {
        struct seen seen = { 0 };
        struct rr_error err;
        bool help;

        assert_ok(parse(forms[i], &seen, &help, &err), err);

        assert_int_equal(seen.one.len, 3);
    }
}

static void value_may_look_like_a_flag(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct rr_error err;
    bool help;

    assert_ok(parse(ARGUMENTS("--one-more", "--one"), &seen, &help, &err), err);

    assert_int_equal(seen.twos, 1);
    assert_int_equal(seen.two.len, 5);
    assert_int_equal(seen.one.len, 0);
}

static void repeated_flag_is_given_each_time(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct rr_error err;
    bool help;

    assert_ok(parse(ARGUMENTS("--one-more=a", "--one-more=b", "--two-words-in-the-name=c"), &seen, &help, &err), err);

    assert_int_equal(seen.twos, 3);
}

static void help_ends_the_reading(void **state)
{
    (void)state;
    const char *const *const forms[] = { ARGUMENTS("--help", "--nonsense"), ARGUMENTS("-h", "operand") };
    for (size_t i = 0; i < RR_COUNT(forms); i++) {
        struct seen seen = { 0 };
        struct rr_error err;
        bool help = false;

        assert_ok(parse(forms[i], &seen, &help, &err), err);

        assert_true(help);
    }
}

static void wrong_arguments_are_named(void **state)
{
    (void)state;
    const struct {
        const char *const *arguments;
        const char *message;
    } cases[] = {
        { ARGUMENTS("--three"), "--three: no such flag; see --help" },
        { ARGUMENTS("--three=s3cret"), "--three: no such flag; see --help" },
        { ARGUMENTS("--one", "x", "--three"), "--three: no such flag; see --help" },
        { ARGUMENTS("-x"), "-x: no such flag; see --help" },
        { ARGUMENTS("--tw", "x"), "--tw: no such flag; see --help" },
        { ARGUMENTS("--two-words=x"), "--two-words: no such flag; see --help" },
        { ARGUMENTS("--on", "x"), "--on: no such flag; see --help" },
        { ARGUMENTS("--hel"), "--hel: no such flag; see --help" },
        { ARGUMENTS("--help=yes"), "--help: no such flag; see --help" },
        { ARGUMENTS("--one"), "--one: needs a value" },
        { ARGUMENTS("--one="), "--one: must not be empty" },
        { ARGUMENTS("--one", ""), "--one: must not be empty" },
        { ARGUMENTS("--one-more=bad"), "--one-more: not that" },
        { ARGUMENTS("operand"), "operand: unexpected argument; see --help" },
        { ARGUMENTS("--one", "x", "operand"), "operand: unexpected argument; see --help" },
        { ARGUMENTS("--", "--one"), "--one: unexpected argument; see --help" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct seen seen = { 0 };
        struct rr_error err;
        bool help;

        bool good = parse(cases[i].arguments, &seen, &help, &err);

        assert_false(good);
        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_string_equal(err.message, cases[i].message);
    }
}

static void second_parse_forgets_the_first(void **state)
{
    (void)state;
    struct rr_error err;
    bool help;
    for (int i = 0; i < 2; i++) {
        struct seen seen = { 0 };
        assert_ok(parse(ARGUMENTS("--one", "x"), &seen, &help, &err), err);
        assert_int_equal(seen.one.len, 1);
    }
}

static void help_lists_every_flag_in_one_column(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(4096);

    rr_options_help(&command, &text);

    assert_string_equal(rr_buf_text(&text), "usage: redisrestore dance [flags]\n\nDances.\n\nFlags:\n"
                                            "  --one TEXT                  the first\n"
                                            "  --two-words-in-the-name VALUE  the second,\n"
                                            "                              on two lines\n"
                                            "  --one-more X                begins like another\n"
                                            "  --switch                    on or off\n"
                                            "  -h, --help                  show this help\n"
                                            "\nThe end.\n");
}

static void log_values_are_read(void **state)
{
    (void)state;
    struct rr_error err;
    enum rr_log_format format = RR_LOG_TEXT;
    enum rr_log_level level = RR_LOG_INFO;

    assert_ok(rr_options_log_format(RR_LIT("json"), &format, &err), err);
    assert_ok(rr_options_log_level(RR_LIT("warn"), &level, &err), err);

    assert_int_equal(format, RR_LOG_JSON);
    assert_int_equal(level, RR_LOG_WARN);
    assert_false(rr_options_log_format(RR_LIT("JSON"), &format, &err));
    assert_false(rr_options_log_level(RR_LIT(""), &level, &err));
}

struct shared {
    int before;
    struct seen seen; /* what the group sets lies behind something else */
    struct rr_slice name;
    bool all;
};

static bool set_name(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_text(value, &((struct shared *)options)->name, err);
}

static bool set_all(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &((struct shared *)options)->all, err);
}

static const struct rr_option own_flags[] = { { "all", NULL, "every one", set_all } };
static const struct rr_option_group groups[] = { { "Shared", NULL, 0, offsetof(struct shared, seen), &command } };
static const struct rr_option_letter letters[] = { { 'A', "all" }, { 'o', "one" } };
static const struct rr_operand operand = { "NAME", RR_OPERAND_WORD, true, "who dances", set_name };
static const struct rr_command waltz = { .name = "waltz",
                                         .purpose = "Dances in threes.\n",
                                         .epilogue = "The end.\n",
                                         .options = own_flags,
                                         .option_count = RR_COUNT(own_flags),
                                         .groups = groups,
                                         .group_count = RR_COUNT(groups),
                                         .letters = letters,
                                         .letter_count = RR_COUNT(letters),
                                         .operand = &operand };

static bool parse_waltz(const char *const *arguments, struct shared *out_shared, struct rr_error *err)
{
    static char name[] = "waltz", copies[ARGUMENTS_MAX][64];
    char *argv[ARGUMENTS_MAX + 2] = { name };
    int argc = 1;
    bool help;
    *out_shared = (struct shared){ .before = 7 };
    for (; arguments[argc - 1] != NULL; argc++) {
        (void)snprintf(copies[argc - 1], sizeof(copies[0]), "%s", arguments[argc - 1]);
        argv[argc] = copies[argc - 1];
    }
    return rr_options_parse(&waltz, argc, argv, out_shared, &help, err);
}

static void operand_may_be_anywhere(void **state)
{
    (void)state;
    static const char *const orders[][5] = {
        { "Ada", "--one", "x", "-A", NULL },
        { "--one", "x", "Ada", "-A", NULL },
        { "-A", "-o", "x", "Ada", NULL },
        { "-A", "-ox", "--", "Ada", NULL },
    };
    for (size_t i = 0; i < RR_COUNT(orders); i++) {
        struct shared shared;
        struct rr_error err;
        assert_ok(parse_waltz(orders[i], &shared, &err), err);
        assert_slice(shared.name, "Ada");
        assert_slice(shared.seen.one, "x");
        assert_true(shared.all);
        assert_int_equal(shared.before, 7);
    }
}

static void operand_is_taken_once_and_needed(void **state)
{
    (void)state;
    struct shared shared;
    struct rr_error err;
    assert_false(parse_waltz(ARGUMENTS("Ada", "Bob"), &shared, &err));
    assert_non_null(strstr(err.message, "Bob"));
    assert_false(parse_waltz(ARGUMENTS("-A"), &shared, &err));
    assert_non_null(strstr(err.message, "NAME is missing"));
    assert_false(parse_waltz(ARGUMENTS("--", "-A", "-A"), &shared, &err));
    assert_non_null(strstr(err.message, "-A"));
}

static void wrong_short_flags_are_named(void **state)
{
    (void)state;
    struct shared shared;
    struct rr_error err;
    assert_false(parse_waltz(ARGUMENTS("Ada", "-x"), &shared, &err));
    assert_non_null(strstr(err.message, "-x: no such flag; see --help"));
    assert_false(parse_waltz(ARGUMENTS("Ada", "-o"), &shared, &err));
    assert_non_null(strstr(err.message, "-o: needs a value"));
    assert_false(parse_waltz(ARGUMENTS("Ada", "-o", ""), &shared, &err));
    assert_non_null(strstr(err.message, "--one"));
}

static void help_shows_letters_operand_and_groups(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(4096);

    rr_options_help(&waltz, &text);

    assert_string_equal(rr_buf_text(&text), "usage: redisrestore waltz NAME [flags]\n\nDances in threes.\n\n"
                                            "  NAME                        who dances\n\n"
                                            "Flags:\n"
                                            "  -A, --all                   every one\n"
                                            "  -h, --help                  show this help\n"
                                            "\nShared:\n"
                                            "  -o, --one TEXT              the first\n"
                                            "  --two-words-in-the-name VALUE  the second,\n"
                                            "                              on two lines\n"
                                            "  --one-more X                begins like another\n"
                                            "  --switch                    on or off\n"
                                            "\nThe end.\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(operand_may_be_anywhere),
    cmocka_unit_test(operand_is_taken_once_and_needed),
    cmocka_unit_test(wrong_short_flags_are_named),
    cmocka_unit_test(help_shows_letters_operand_and_groups),
    cmocka_unit_test(switch_is_on_without_a_value),
    cmocka_unit_test(no_flags_are_fine),
    cmocka_unit_test(value_is_the_next_argument_or_follows_an_equals_sign),
    cmocka_unit_test(value_may_look_like_a_flag),
    cmocka_unit_test(repeated_flag_is_given_each_time),
    cmocka_unit_test(help_ends_the_reading),
    cmocka_unit_test(wrong_arguments_are_named),
    cmocka_unit_test(second_parse_forgets_the_first),
    cmocka_unit_test(help_lists_every_flag_in_one_column),
    cmocka_unit_test(log_values_are_read),
};

RR_TEST_MAIN(tests)
