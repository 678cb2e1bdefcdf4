/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

static struct rr_slice text(const char *words)
{
    return rr_slice_from(words);
}

static void from_null_is_empty(void **state)
{
    (void)state;
    assert_int_equal(rr_slice_from(NULL).len, 0);
    assert_true(rr_slice_equals(rr_slice_from(NULL), RR_LIT("")));
}

static void equality_sees_length_and_every_byte(void **state)
{
    (void)state;
    assert_true(rr_slice_equals(text("abc"), text("abc")));
    assert_false(rr_slice_equals(text("abc"), text("abd")));
    assert_false(rr_slice_equals(text("abc"), text("ab")));
    assert_false(rr_slice_equals(RR_LIT("a\0b"), RR_LIT("a\0c")));
}

static void equality_without_case_is_ascii_only(void **state)
{
    (void)state;
    assert_true(rr_slice_equals_nocase(text("Retry-After"), text("rETRY-aFTER")));
    assert_false(rr_slice_equals_nocase(text("a"), text("ab")));
    assert_false(rr_slice_equals_nocase(text("@["), text("`{")));
    assert_false(rr_slice_equals_nocase(text("\xc3\x84"), text("\xc3\xa4")));
}

static void compare_orders_by_unsigned_bytes(void **state)
{
    (void)state;
    assert_true(rr_slice_compare(text("a"), text("b")) < 0);
    assert_true(rr_slice_compare(text("\x7f"), text("\x80")) < 0);
    assert_true(rr_slice_compare(text("ab"), text("a")) > 0);
    assert_true(rr_slice_compare(text(""), text("a")) < 0);
    assert_int_equal(rr_slice_compare(RR_LIT("a\0"), RR_LIT("a\0")), 0);
    assert_true(rr_slice_compare(RR_LIT("a\0"), RR_LIT("a")) > 0);
}

static void prefix_and_suffix_include_empty_and_whole(void **state)
{
    (void)state;
    assert_true(rr_slice_starts_with(text("dump"), text("")));
    assert_true(rr_slice_starts_with(text("dump"), text("dump")));
    assert_false(rr_slice_starts_with(text("dump"), text("dump-")));
    assert_true(rr_slice_ends_with(text("a.rdb"), text(".rdb")));
    assert_true(rr_slice_ends_with(text(".rdb"), text(".rdb")));
    assert_true(rr_slice_ends_with(text("x"), text("")));
    assert_false(rr_slice_ends_with(text("rdb"), text(".rdb")));
}

static void find_gives_length_when_absent(void **state)
{
    (void)state;
    assert_int_equal(rr_slice_find(text("a/b/c"), '/'), 1);
    assert_int_equal(rr_slice_find(text("abc"), '/'), 3);
    assert_int_equal(rr_slice_find((struct rr_slice){ 0 }, '/'), 0);
    assert_true(rr_slice_contains_byte(text("a/"), '/'));
    assert_false(rr_slice_contains_byte(text("a"), '/'));
}

static void offset_beyond_the_end_is_empty(void **state)
{
    (void)state;
    assert_slice(rr_slice_from_offset(text("abc"), 1), "bc");
    assert_slice(rr_slice_from_offset(text("abc"), 3), "");
    assert_slice(rr_slice_from_offset(text("abc"), SIZE_MAX), "");
    assert_slice(rr_slice_first(text("abc"), 2), "ab");
    assert_slice(rr_slice_first(text("abc"), SIZE_MAX), "abc");
}

static void cut_walks_over_the_parts(void **state)
{
    (void)state;
    struct rr_slice rest = RR_LIT("a//b");

    assert_slice(rr_slice_cut(&rest, '/'), "a");
    assert_slice(rr_slice_cut(&rest, '/'), "");
    assert_slice(rr_slice_cut(&rest, '/'), "b");
    assert_slice(rest, "");
    assert_slice(rr_slice_cut(&rest, '/'), "");
}

static void cut_at_a_last_separator_leaves_nothing(void **state)
{
    (void)state;
    struct rr_slice rest = RR_LIT("a/");

    assert_slice(rr_slice_cut(&rest, '/'), "a");
    assert_slice(rest, "");
}

static void blanks_are_space_tab_cr_and_lf(void **state)
{
    (void)state;
    for (int byte = 0; byte <= 0xff; byte++)
        assert_int_equal(rr_is_blank((char)byte), byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a);
}

static void trim_takes_both_ends_only(void **state)
{
    (void)state;
    assert_slice(rr_slice_trim(text(" \t\r\n a b \n")), "a b");
    assert_slice(rr_slice_trim(text(" \n")), "");
    assert_slice(rr_slice_trim(text("\va")), "\va");
}

static void utf8_accepts_the_ends_of_every_range(void **state)
{
    (void)state;
    assert_true(rr_slice_is_utf8(RR_LIT("")));
    assert_true(rr_slice_is_utf8(RR_LIT("\x7f\xc2\x80\xdf\xbf")));
    assert_true(rr_slice_is_utf8(RR_LIT("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf")));
    assert_true(rr_slice_is_utf8(RR_LIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")));
    assert_true(rr_slice_is_utf8(RR_LIT("a\0b")));
}

static void utf8_refuses_overlong_surrogates_and_beyond(void **state)
{
    (void)state;
    static const char *const bad[] = { "\x80",
                                       "\xbf",
                                       "\xc0\xaf",
                                       "\xc1\xbf",
                                       "\xe0\x9f\xbf",
                                       "\xed\xa0\x80",
                                       "\xed\xbf\xbf",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xff",
                                       "\xfe",
                                       "\xc3(",
                                       "\xe2\x82(",
                                       "\xf0\x9f\x98(" };
    for (size_t i = 0; i < RR_COUNT(bad); i++)
        assert_false(rr_slice_is_utf8(rr_slice_from(bad[i])));
}

static void utf8_refuses_one_bad_byte_at_any_place(void **state)
{
    (void)state;
    char text[40];
    for (size_t len = 1; len <= sizeof(text); len++) {
        for (size_t at = 0; at < len; at++) {
            memset(text, 'x', sizeof(text));
            assert_true(rr_slice_is_utf8((struct rr_slice){ text, len }));
            text[at] = '\x80';
            assert_false(rr_slice_is_utf8((struct rr_slice){ text, len }));
        }
    }
}

static void utf8_refuses_a_character_cut_at_the_end(void **state)
{
    (void)state;
    const char *whole = "x\xf0\x9f\x98\x80";
    for (size_t len = 2; len < 5; len++)
        assert_false(rr_slice_is_utf8((struct rr_slice){ whole, len }));
    assert_int_equal(rr_slice_utf8_length((struct rr_slice){ whole + 1, 4 }), 4);
    assert_int_equal(rr_slice_utf8_length((struct rr_slice){ whole + 1, 3 }), 0);
    assert_int_equal(rr_slice_utf8_length(RR_LIT("")), 0);
}

static void control_bytes_are_below_space_and_del(void **state)
{
    (void)state;
    assert_true(rr_slice_has_control(RR_LIT("a\0")));
    assert_true(rr_slice_has_control(RR_LIT("\x1f")));
    assert_true(rr_slice_has_control(RR_LIT("\x7f")));
    assert_false(rr_slice_has_control(RR_LIT(" ~\x80\xff")));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(from_null_is_empty),
    cmocka_unit_test(equality_sees_length_and_every_byte),
    cmocka_unit_test(equality_without_case_is_ascii_only),
    cmocka_unit_test(compare_orders_by_unsigned_bytes),
    cmocka_unit_test(prefix_and_suffix_include_empty_and_whole),
    cmocka_unit_test(find_gives_length_when_absent),
    cmocka_unit_test(offset_beyond_the_end_is_empty),
    cmocka_unit_test(cut_walks_over_the_parts),
    cmocka_unit_test(cut_at_a_last_separator_leaves_nothing),
    cmocka_unit_test(blanks_are_space_tab_cr_and_lf),
    cmocka_unit_test(trim_takes_both_ends_only),
    cmocka_unit_test(utf8_accepts_the_ends_of_every_range),
    cmocka_unit_test(utf8_refuses_overlong_surrogates_and_beyond),
    cmocka_unit_test(utf8_refuses_one_bad_byte_at_any_place),
    cmocka_unit_test(utf8_refuses_a_character_cut_at_the_end),
    cmocka_unit_test(control_bytes_are_below_space_and_del),
};

RR_TEST_MAIN(tests)
