/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/parse.h>
#include <support/test.h>

static void uint64_reads_up_to_its_maximum(void **state)
{
    (void)state;
    uint64_t value;

    assert_true(rr_parse_u64(RR_LIT("0"), &value) && value == 0);
    assert_true(rr_parse_u64(RR_LIT("007"), &value) && value == 7);
    assert_true(rr_parse_u64(RR_LIT("18446744073709551615"), &value) && value == UINT64_MAX);
}

static void uint64_refuses_all_else_and_touches_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "-1",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "1.0",
                                       "0x10",
                                       "1e3",
                                       "a",
                                       "1\n",
                                       "-",
                                       "18446744073709551616",
                                       "99999999999999999999999" };
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        uint64_t value = 42;
        assert_false(rr_parse_u64(rr_slice_from(bad[i]), &value));
        assert_int_equal(value, 42);
    }
    uint64_t value = 42;
    assert_false(rr_parse_u64(RR_LIT("1\0"), &value));
}

static void i64_reads_both_ends(void **state)
{
    (void)state;
    int64_t value;

    assert_true(rr_parse_i64(RR_LIT("9223372036854775807"), &value) && value == INT64_MAX);
    assert_true(rr_parse_i64(RR_LIT("-9223372036854775808"), &value) && value == INT64_MIN);
    assert_true(rr_parse_i64(RR_LIT("-0"), &value) && value == 0);
    assert_true(rr_parse_i64(RR_LIT("-5"), &value) && value == -5);
}

static void i64_refuses_what_does_not_fit(void **state)
{
    (void)state;
    static const char *const bad[] = { "9223372036854775808", "-9223372036854775809", "-", "--1", "+1", "" };
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        int64_t value = 42;
        assert_false(rr_parse_i64(rr_slice_from(bad[i]), &value));
        assert_int_equal(value, 42);
    }
}

static void int_keeps_to_its_range(void **state)
{
    (void)state;
    int value = 42;

    assert_true(rr_parse_int(RR_LIT("1"), 1, 64, &value) && value == 1);
    assert_true(rr_parse_int(RR_LIT("64"), 1, 64, &value) && value == 64);
    assert_false(rr_parse_int(RR_LIT("0"), 1, 64, &value));
    assert_false(rr_parse_int(RR_LIT("65"), 1, 64, &value));
    assert_false(rr_parse_int(RR_LIT("4294967297"), 1, 64, &value));
    assert_int_equal(value, 64);
}

static void duration_adds_its_parts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = { { "0s", 0 },
                 { "90s", 90000 },
                 { "15m", 900000 },
                 { "1h30m", 5400000 },
                 { "1h1s", 3601000 },
                 { "1h2m3s", 3723000 },
                 { "99999h99999m999999s", 366996339000 } };
    for (size_t i = 0; i < RR_COUNT(good); i++) {
        int64_t ms = -1;
        assert_true(rr_parse_duration_ms(rr_slice_from(good[i].text), &ms));
        assert_int_equal(ms, good[i].ms);
    }
}

static void duration_refuses_other_forms(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "5",
                                       "s",
                                       "m5",
                                       "1m1h",
                                       "1s1s",
                                       "1h1h",
                                       "1.5h",
                                       "-1s",
                                       "+1s",
                                       " 1s",
                                       "1s ",
                                       "1h 1m",
                                       "100ms",
                                       "1d",
                                       "1H",
                                       "1hm",
                                       "9223372036854775807h",
                                       "9223372036854775807s",
                                       "2562047788015h13m" };
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        int64_t ms = 42;
        if (rr_parse_duration_ms(rr_slice_from(bad[i]), &ms))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(ms, 42);
    }
}

static void bool_is_two_words(void **state)
{
    (void)state;
    bool value;

    assert_true(rr_parse_bool(RR_LIT("true"), &value) && value);
    assert_true(rr_parse_bool(RR_LIT("false"), &value) && !value);
    assert_false(rr_parse_bool(RR_LIT("True"), &value));
    assert_false(rr_parse_bool(RR_LIT("1"), &value));
    assert_false(rr_parse_bool(RR_LIT(""), &value));
}

static void hex_digit_has_either_case(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        const char *at = byte != 0 ? strchr("0123456789abcdefABCDEF", byte) : NULL;
        int lower = at != NULL && byte >= 'a' ? byte - 'a' + 10 : -1;
        int upper = at != NULL && byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : lower;
        int expected = at != NULL && byte <= '9' ? byte - '0' : upper;

        assert_int_equal(rr_hex_digit((char)byte), expected);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(uint64_reads_up_to_its_maximum),
    cmocka_unit_test(uint64_refuses_all_else_and_touches_nothing),
    cmocka_unit_test(i64_reads_both_ends),
    cmocka_unit_test(i64_refuses_what_does_not_fit),
    cmocka_unit_test(int_keeps_to_its_range),
    cmocka_unit_test(duration_adds_its_parts),
    cmocka_unit_test(duration_refuses_other_forms),
    cmocka_unit_test(bool_is_two_words),
    cmocka_unit_test(hex_digit_has_either_case),
};

RR_TEST_MAIN(tests)
