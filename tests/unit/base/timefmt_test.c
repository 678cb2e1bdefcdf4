/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/timefmt.h>
#include <support/test.h>

static void formats_write_the_same_moment(void **state)
{
    (void)state;
    char text[RR_TIME_TEXT_SIZE];

    assert_slice(rr_time_rfc3339(1769903940, text), "2026-01-31T23:59:00Z");
    assert_slice(rr_time_rfc3339_milli(1769903940123, text), "2026-01-31T23:59:00.123Z");
    assert_slice(rr_time_rfc3339_micro(1769903940123, text), "2026-01-31T23:59:00.123000Z");
    assert_slice(rr_time_amz(1769903940, text), "20260131T235900Z");
    assert_string_equal(text, "20260131T235900Z");
}

static void formats_fill_up_fractions_and_years(void **state)
{
    (void)state;
    char text[RR_TIME_TEXT_SIZE];

    assert_slice(rr_time_rfc3339_milli(5, text), "1970-01-01T00:00:00.005Z");
    assert_slice(rr_time_rfc3339(-62135596800, text), "0001-01-01T00:00:00Z");
    assert_slice(rr_time_amz(-59011459200, text), "01000101T000000Z");
    assert_slice(rr_time_rfc3339(253402300799, text), "9999-12-31T23:59:59Z");
}

static void formats_before_1970_count_fractions_upwards(void **state)
{
    (void)state;
    char text[RR_TIME_TEXT_SIZE];

    assert_slice(rr_time_rfc3339_milli(-1, text), "1969-12-31T23:59:59.999Z");
    assert_slice(rr_time_rfc3339_milli(-1000, text), "1969-12-31T23:59:59.000Z");
}

static void formats_keep_to_four_digits_of_year(void **state)
{
    (void)state;
    char text[RR_TIME_TEXT_SIZE];

    assert_slice(rr_time_rfc3339(253402300800, text), "9999-12-31T23:59:59Z");
    assert_slice(rr_time_rfc3339(INT64_MAX, text), "9999-12-31T23:59:59Z");
    assert_slice(rr_time_amz(INT64_MIN, text), "00010101T000000Z");
    assert_slice(rr_time_rfc3339_micro(INT64_MIN, text), "0001-01-01T00:00:00.192000Z");
}

struct dated {
    const char *text;
    int64_t unix_ms;
};

static void rfc3339_reads_fractions_and_offsets(void **state)
{
    (void)state;
    static const struct dated good[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2026-01-31T23:59:00Z", 1769903940000 },
        { "2026-01-31T23:59:00.5Z", 1769903940500 },
        { "2026-01-31T23:59:00.123456789Z", 1769903940123 },
        { "2026-01-31T23:59:00.0009Z", 1769903940000 },
        { "2026-01-31T23:59:00.9999999999999999999999Z", 1769903940999 },
        { "2026-02-01T01:59:00+02:00", 1769903940000 },
        { "2026-01-31T18:29:00-05:30", 1769903940000 },
        { "2026-01-31T23:59:00-00:00", 1769903940000 },
        { "2026-01-31t23:59:00z", 1769903940000 },
        { "2024-02-29T00:00:00Z", 1709164800000 },
        { "2000-02-29T00:00:00Z", 951782400000 },
        { "1969-12-31T23:59:59.999Z", -1 },
        { "0001-01-01T00:00:00Z", -62135596800000 },
        { "9999-12-31T23:59:59.999Z", 253402300799999 },
    };
    for (size_t i = 0; i < RR_COUNT(good); i++) {
        int64_t ms = 42;
        if (!rr_time_parse_rfc3339_ms(rr_slice_from(good[i].text), &ms))
            fail_msg("refused: %s", good[i].text);
        if (ms != good[i].unix_ms)
            fail_msg("%s is %lld", good[i].text, (long long)ms);
    }
}

static void rfc3339_refuses_other_forms(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "Z",
        "2026",
        "2026-01-31",
        "2026-01-31T23:59:00",
        "2026-01-31 23:59:00Z",
        "2026-01-31T23:59Z",
        "2026-1-31T23:59:00Z",
        "26-01-31T23:59:00Z",
        "2026-01-31T23:59:00.Z",
        "2026-01-31T23:59:00,5Z",
        "2026-01-31T23:59:00Z ",
        " 2026-01-31T23:59:00Z",
        "2026-01-31T23:59:00ZZ",
        "2026-01-31T23:59:00+0200",
        "2026-01-31T23:59:00+02",
        "2026-01-31T23:59:00+24:00",
        "2026-01-31T23:59:00+02:60",
        "2026-01-31T23:59:00.5",
        "20260131T235900Z",
        "+026-01-31T23:59:00Z",
        "2026-01-31T23:59:0xZ",
        "12026-01-31T23:59:00Z",
    };
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        int64_t ms = 42;
        if (rr_time_parse_rfc3339_ms(rr_slice_from(bad[i]), &ms))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(ms, 42);
    }
}

static void rfc3339_refuses_what_no_calendar_has(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-31T24:00:00Z",
        "2026-01-31T23:60:00Z", "2026-01-31T23:59:61Z", "0000-01-01T00:00:00Z",
    };
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        int64_t ms = 42;
        if (rr_time_parse_rfc3339_ms(rr_slice_from(bad[i]), &ms))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(ms, 42);
    }
}

static void rfc3339_offset_may_not_leave_the_years(void **state)
{
    (void)state;
    int64_t ms = 42;

    assert_false(rr_time_parse_rfc3339_ms(RR_LIT("0001-01-01T00:00:00+00:01"), &ms));
    assert_false(rr_time_parse_rfc3339_ms(RR_LIT("9999-12-31T23:59:59-00:01"), &ms));
    assert_int_equal(ms, 42);
}

static void rfc3339_leap_second_ends_a_utc_day(void **state)
{
    (void)state;
    int64_t ms = 42;

    assert_true(rr_time_parse_rfc3339_ms(RR_LIT("1990-12-31T23:59:60Z"), &ms));
    assert_int_equal(ms, 662688000000);
    assert_true(rr_time_parse_rfc3339_ms(RR_LIT("1990-12-31T15:59:60-08:00"), &ms));
    assert_int_equal(ms, 662688000000);

    assert_false(rr_time_parse_rfc3339_ms(RR_LIT("1990-12-31T12:00:60Z"), &ms));
    assert_false(rr_time_parse_rfc3339_ms(RR_LIT("1990-02-31T23:59:60Z"), &ms));
    assert_false(rr_time_parse_rfc3339_ms(RR_LIT("9999-12-31T23:59:60Z"), &ms));
}

static void rfc3339_reads_what_it_writes(void **state)
{
    (void)state;
    for (int64_t ms = -62135596800000; ms < 253402300799999; ms += 86399999 * INT64_C(3061)) {
        char text[RR_TIME_TEXT_SIZE];
        int64_t again = 0;
        assert_true(rr_time_parse_rfc3339_ms(rr_time_rfc3339_milli(ms, text), &again));
        assert_true(again == ms);
    }
}

static void http_date_reads_the_fixed_form(void **state)
{
    (void)state;
    int64_t seconds;

    assert_true(rr_time_parse_http_date(RR_LIT("Sun, 06 Nov 1994 08:49:37 GMT"), &seconds));
    assert_int_equal(seconds, 784111777);
    assert_true(rr_time_parse_http_date(RR_LIT("Thu, 29 Feb 2024 00:00:00 GMT"), &seconds));
    assert_int_equal(seconds, 1709164800);
    assert_true(rr_time_parse_http_date(RR_LIT("Mon, 31 Dec 1990 23:59:60 GMT"), &seconds));
    assert_int_equal(seconds, 662688000);
}

static void http_date_refuses_other_forms(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun; 06 Nov 1994 08:49:37 GMT",
        "Xyz, 06 Nov 1994 08:49:37 GMT",
        "06 Nov 1994 08:49:37 GMT",
        "120",
    };
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        int64_t seconds = 42;
        if (rr_time_parse_http_date(rr_slice_from(bad[i]), &seconds))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(seconds, 42);
    }
}

static void s14_expiry_is_read_in_the_forms_of_the_sdks(void **state)
{
    (void)state;
    static const char *const good[] = {
        "2026-01-31T23:59:00Z",      "2026-01-31t23:59:00z",     "2026-01-31T23:59:00+00:00",
        "2026-01-31T23:59:00+0000",  "2026-01-31T23:59:00+00",   "2026-01-31 23:59:00Z",
        "2026-01-31 23:59:00 +0000", "20260131T235900Z",         "20260131T235900+0000",
        "2026-01-31T23:59:00.000Z",  "2026-01-31T23:59:00,000Z", "2026-02-01T01:29:00+01:30",
        "2026-02-01T01:29:00+0130",  "2026-01-31T18:59:00-0500", "2026-01-31T23:59:00.000000+0000",
    };
    static const char *const bad[] = {
        "",
        "2026-01-31",
        "2026-01-31T23:59:00",
        "2026-01-31T23:59Z",
        "2026-01-31T23:59:00+0",
        "2026-01-31T23:59:00+000",
        "2026-01-31T23:59:00+00000",
        "2026-01-31T23:59:00+2400",
        "2026-01-31T23:59:00Zx",
        "2026-13-31T23:59:00Z",
        "1769903940",
        "2026-01-31T23:59:00.Z",
    };
    for (size_t i = 0; i < RR_COUNT(good); i++) {
        int64_t unix_ms = 0;
        if (!rr_time_parse_iso8601_ms(rr_slice_from(good[i]), &unix_ms) || unix_ms != INT64_C(1769903940000))
            fail_msg("%s: %lld", good[i], (long long)unix_ms);
    }
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        int64_t unix_ms = 0;
        if (rr_time_parse_iso8601_ms(rr_slice_from(bad[i]), &unix_ms))
            fail_msg("%s is accepted", bad[i]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s14_expiry_is_read_in_the_forms_of_the_sdks),
    cmocka_unit_test(formats_write_the_same_moment),
    cmocka_unit_test(formats_fill_up_fractions_and_years),
    cmocka_unit_test(formats_before_1970_count_fractions_upwards),
    cmocka_unit_test(formats_keep_to_four_digits_of_year),
    cmocka_unit_test(rfc3339_reads_fractions_and_offsets),
    cmocka_unit_test(rfc3339_refuses_other_forms),
    cmocka_unit_test(rfc3339_refuses_what_no_calendar_has),
    cmocka_unit_test(rfc3339_offset_may_not_leave_the_years),
    cmocka_unit_test(rfc3339_leap_second_ends_a_utc_day),
    cmocka_unit_test(rfc3339_reads_what_it_writes),
    cmocka_unit_test(http_date_reads_the_fixed_form),
    cmocka_unit_test(http_date_refuses_other_forms),
};

RR_TEST_MAIN(tests)
