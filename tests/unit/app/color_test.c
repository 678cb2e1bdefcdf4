/* SPDX-License-Identifier: Apache-2.0 */
#include "color.h"

#include "fakes/fake_environment.h"
#include "support/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static bool is_on(enum rr_color_mode mode, const struct fake_variable *variables, int fd)
{
    struct fake_environment fake = { variables };
    struct rr_environment environment = fake_environment(&fake);
    return rr_color_is_on(mode, &environment, fd);
}

static int open_terminal(void)
{
    int leader = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(leader >= 0);
    return leader;
}

static void modes_are_auto_always_and_never(void **state)
{
    (void)state;
    enum rr_color_mode mode = RR_COLOR_AUTO;
    assert_true(rr_color_mode_parse(RR_LIT("always"), &mode) && mode == RR_COLOR_ALWAYS);
    assert_true(rr_color_mode_parse(RR_LIT("never"), &mode) && mode == RR_COLOR_NEVER);
    assert_true(rr_color_mode_parse(RR_LIT("auto"), &mode) && mode == RR_COLOR_AUTO);
    assert_false(rr_color_mode_parse(RR_LIT("Always"), &mode));
    assert_false(rr_color_mode_parse(RR_LIT(""), &mode));
}

static void auto_wants_a_terminal_that_knows_colors(void **state)
{
    (void)state;
    int terminal = open_terminal(), file = open("/dev/null", O_WRONLY | O_CLOEXEC);
    static const struct fake_variable xterm[] = { { "TERM", "xterm" }, { 0 } }, dumb[] = { { "TERM", "dumb" }, { 0 } };

    assert_true(is_on(RR_COLOR_AUTO, xterm, terminal));
    assert_false(is_on(RR_COLOR_AUTO, xterm, file));
    assert_false(is_on(RR_COLOR_AUTO, dumb, terminal));
    assert_false(is_on(RR_COLOR_AUTO, NULL, terminal));

    assert_int_equal(close(terminal), 0);
    assert_int_equal(close(file), 0);
}

static void no_color_is_honoured_unless_asked_otherwise(void **state)
{
    (void)state;
    int terminal = open_terminal();
    static const struct fake_variable set[] = { { "TERM", "xterm" }, { "NO_COLOR", "1" }, { 0 } },
                                      empty[] = { { "TERM", "xterm" }, { "NO_COLOR", "" }, { 0 } };

    assert_false(is_on(RR_COLOR_AUTO, set, terminal));
    assert_true(is_on(RR_COLOR_AUTO, empty, terminal)); /* "when present and not an empty string" */
    assert_true(is_on(RR_COLOR_ALWAYS, set, terminal));
    assert_false(is_on(RR_COLOR_NEVER, empty, terminal));

    assert_int_equal(close(terminal), 0);
}

static void text_is_colored_only_where_there_is_some(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(128);

    rr_color_add(&text, true, rr_color_of_status(RR_LIT("True")), RR_LIT("a"));
    rr_color_add(&text, true, rr_color_of_status(RR_LIT("Unknown")), RR_LIT("b"));
    rr_color_add(&text, true, RR_COLOR_BAD, RR_LIT(""));
    rr_color_add(&text, true, RR_COLOR_NONE, RR_LIT("c"));
    rr_color_add(&text, false, RR_COLOR_BAD, RR_LIT("d"));

    assert_string_equal(rr_buf_text(&text), "\033[32ma\033[0m\033[33mb\033[0mcd");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(modes_are_auto_always_and_never),
    cmocka_unit_test(auto_wants_a_terminal_that_knows_colors),
    cmocka_unit_test(no_color_is_honoured_unless_asked_otherwise),
    cmocka_unit_test(text_is_colored_only_where_there_is_some),
};

RR_TEST_MAIN(tests)
