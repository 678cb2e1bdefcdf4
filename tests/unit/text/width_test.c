/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/width.h>

#include "support/test.h"

static void ascii_is_a_column_each(void **state)
{
    (void)state;
    assert_int_equal(rr_text_width(RR_LIT("")), 0);
    assert_int_equal(rr_text_width(RR_LIT("shop-cart")), 9);
}

static void wide_characters_take_two_columns(void **state)
{
    (void)state;
    assert_int_equal(rr_text_width(RR_LIT("購物車")), 6);
    assert_int_equal(rr_text_width(RR_LIT("카트")), 4);
    assert_int_equal(rr_text_width(RR_LIT("ｆｕｌｌ")), 8);
    assert_int_equal(rr_text_width(RR_LIT("🛒x")), 3);
    assert_int_equal(rr_text_width(RR_LIT("\U00020000")), 2);
}

static void letters_that_are_not_wide_take_one(void **state)
{
    (void)state;
    assert_int_equal(rr_text_width(RR_LIT("Einkäufe")), 8);
    assert_int_equal(rr_text_width(RR_LIT("корзина")), 7);
    assert_int_equal(rr_text_width(RR_LIT("ｶｰﾄ")), 3); /* half-width */
}

static void combining_characters_take_none(void **state)
{
    (void)state;
    assert_int_equal(rr_text_width(RR_LIT("e\u0301")), 1);
    assert_int_equal(rr_text_width(RR_LIT("a\u200bb\ufeff")), 2);
    assert_int_equal(rr_text_width(RR_LIT("\u2764\ufe0f")), 1);
}

static void bytes_that_are_no_text_take_one_each(void **state)
{
    (void)state;
    assert_int_equal(rr_text_width(RR_LIT("\xff\xc3")), 2);
}

static void beginning_never_splits_a_character(void **state)
{
    (void)state;
    struct rr_slice text = RR_LIT("a購e\u0301x");

    assert_slice(rr_text_first_columns(text, 0), "");
    assert_slice(rr_text_first_columns(text, 2), "a");
    assert_slice(rr_text_first_columns(text, 3), "a購");
    assert_slice(rr_text_first_columns(text, 4), "a購e\u0301");
    assert_slice(rr_text_first_columns(text, 99), "a購e\u0301x");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(ascii_is_a_column_each),
    cmocka_unit_test(wide_characters_take_two_columns),
    cmocka_unit_test(letters_that_are_not_wide_take_one),
    cmocka_unit_test(combining_characters_take_none),
    cmocka_unit_test(bytes_that_are_no_text_take_one_each),
    cmocka_unit_test(beginning_never_splits_a_character),
};

RR_TEST_MAIN(tests)
