/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include "support/test.h"

static const char *const headings[] = { "NAME", "READY", "NOTE", NULL };

static void add_row(struct rr_table *table, const char *name, const char *ready, const char *note)
{
    rr_table_add(table, RR_COLOR_NONE, rr_slice_from(name));
    rr_table_add(table, rr_color_of_status(rr_slice_from(ready)), rr_slice_from(ready));
    rr_table_add(table, RR_COLOR_NONE, rr_slice_from(note));
}

static void assert_printed(const struct rr_table *table, bool has_colors, const char *expected)
{
    struct rr_error err;
    rr_auto(buf) text = RR_BUF(4096);
    assert_ok(rr_table_print(table, has_colors, &text, &err), err);
    assert_string_equal(rr_buf_text(&text), expected);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
    (void)state;
    rr_auto(table) table;
    rr_table_init(&table, headings);
    add_row(&table, "a-long-name", "True", "x");
    add_row(&table, "b", "False", "");
    add_row(&table, "c", "", "");

    assert_printed(&table, false,
                   "NAME          READY   NOTE\n"
                   "a-long-name   True    x\n"
                   "b             False\n"
                   "c\n");
    assert_int_equal(rr_table_row_count(&table), 3);
}

static void wide_and_combining_characters_keep_the_columns_straight(void **state)
{
    (void)state;
    rr_auto(table) table;
    rr_table_init(&table, headings);
    add_row(&table, "購物車", "True", "x");
    add_row(&table, "e\u0301", "True", "y");

    assert_printed(&table, false,
                   "NAME     READY   NOTE\n"
                   "購物車   True    x\n"
                   "e\u0301        True    y\n");
}

static void foreign_text_is_made_safe(void **state)
{
    (void)state;
    rr_auto(table) table;
    rr_table_init(&table, headings);
    add_row(&table, "a\033[31m\n", "True", "\xff");

    assert_printed(&table, false,
                   "NAME            READY   NOTE\n"
                   "a\\x1b[31m\\x0a   True    \\xff\n");
}

static void colors_do_not_move_the_columns(void **state)
{
    (void)state;
    rr_auto(table) table;
    rr_table_init(&table, headings);
    add_row(&table, "a", "False", "x");

    assert_printed(&table, true,
                   "\033[1mNAME\033[0m   \033[1mREADY\033[0m   \033[1mNOTE\033[0m\n"
                   "a      \033[31mFalse\033[0m   x\n");
}

static void ages_are_those_of_kubectl(void **state)
{
    (void)state;
    static const struct {
        int64_t age_s;
        const char *text;
    } cases[] = {
        { -5, "0s" },       { 0, "0s" },          { 119, "119s" },     { 120, "2m" },      { 310, "5m10s" },
        { 599, "9m59s" },   { 600, "10m" },       { 10799, "179m" },   { 10800, "3h" },    { 12000, "3h20m" },
        { 28800, "8h" },    { 172799, "47h" },    { 172800, "2d" },    { 187200, "2d4h" }, { 691200, "8d" },
        { 63072000, "2y" }, { 63158400, "2y1d" }, { 252288000, "8y" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(buf) text = RR_BUF(64);
        rr_table_age(&text, cases[i].age_s * 1000);
        assert_string_equal(rr_buf_text(&text), cases[i].text);
    }
}

static void unknown_age_is_empty(void **state)
{
    (void)state;
    rr_auto(table) table;
    rr_table_init(&table, headings);
    rr_table_add_age(&table, false, 0, 5000);
    rr_table_add_age(&table, true, 2000, 5000);
    rr_table_add(&table, RR_COLOR_NONE, RR_LIT("x"));

    assert_printed(&table, false, "NAME   READY   NOTE\n       3s      x\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
    cmocka_unit_test(wide_and_combining_characters_keep_the_columns_straight),
    cmocka_unit_test(foreign_text_is_made_safe),
    cmocka_unit_test(colors_do_not_move_the_columns),
    cmocka_unit_test(ages_are_those_of_kubectl),
    cmocka_unit_test(unknown_age_is_empty),
};

RR_TEST_MAIN(tests)
