/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/backup/backup_time.h>

#include "support/test.h"

static void timestamp_is_read_in_its_zone(void **state)
{
    (void)state;
    int64_t unix_ms = 0;

    assert_true(rr_backup_time_of(RR_LIT("20260131-235900"), 0, &unix_ms));
    assert_int_equal(unix_ms, 1769903940000);
    assert_true(rr_backup_time_of(RR_LIT("20260131-235900"), 2 * 3600, &unix_ms));
    assert_int_equal(unix_ms, 1769903940000 - 7200000);
    assert_true(rr_backup_time_of(RR_LIT("20260131-235900"), -5 * 3600 - 1800, &unix_ms));
    assert_int_equal(unix_ms, 1769903940000 + 19800000);
}

static void timestamp_that_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "20261331-235900", "20260230-000000", "20260131-240000",
                                       "20260131-236000", "99999999-999999", "20260131-23590" };
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        int64_t unix_ms = 7;

        assert_false(rr_backup_time_of(rr_slice_from(bad[i]), 0, &unix_ms));
        assert_int_equal(unix_ms, 7);
    }
}

static void moment_is_written_in_the_zone(void **state)
{
    (void)state;
    char text[RR_BACKUP_TIMESTAMP_LEN + 1];

    assert_string_equal(rr_backup_timestamp_at(1769903940999, 0, text).ptr, "20260131-235900");
    assert_string_equal(rr_backup_timestamp_at(1769903940000, 3600, text).ptr, "20260201-005900");
    assert_string_equal(rr_backup_timestamp_at(-1, 0, text).ptr, "19691231-235959");
    assert_string_equal(rr_backup_timestamp_at(253402300799000, 3600, text).ptr, "99999999-999999");
    assert_string_equal(rr_backup_timestamp_at(-62135596800000, -1, text).ptr, "00000000-000000");
}

static void zone_is_utc_or_an_offset(void **state)
{
    (void)state;
    static const char *const bad[] = { "",       "Z",     "utc",    "+2:00",  "+02",    "+15:00",
                                       "+14:60", "02:00", "+-1:00", "+-0:00", "+02:-0", "+02:0a" };
    int32_t offset_s = 7;

    for (size_t i = 0; i < RR_COUNT(bad); i++)
        assert_false(rr_backup_zone_parse(rr_slice_from(bad[i]), &offset_s));
    assert_int_equal(offset_s, 7);
    assert_true(rr_backup_zone_parse(RR_LIT("UTC"), &offset_s));
    assert_int_equal(offset_s, 0);
    assert_true(rr_backup_zone_parse(RR_LIT("+14:59"), &offset_s));
    assert_int_equal(offset_s, (14 * 60 + 59) * 60);
    assert_true(rr_backup_zone_parse(RR_LIT("-00:30"), &offset_s));
    assert_int_equal(offset_s, -1800);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(zone_is_utc_or_an_offset),
    cmocka_unit_test(timestamp_is_read_in_its_zone),
    cmocka_unit_test(timestamp_that_is_no_date_is_refused),
    cmocka_unit_test(moment_is_written_in_the_zone),
};

RR_TEST_MAIN(tests)
