/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/backup/backup_criteria.h>

#include "support/test.h"

static void s30_criteria_that_differ_in_any_field_are_not_equal(void **state)
{
    (void)state;
    const struct rr_backup_criteria same = { 0 };
    const struct rr_backup_criteria others[] = {
        { .replication_id = RR_LIT("a") },        { .timestamp = RR_LIT("20260131-235900") },
        { .order = RR_BACKUP_ORDER_TIMESTAMP },   { .has_not_after = true },
        { .not_after_ms = INT64_C(1) << 40 },     { .previous = 1 },
        { .max_age_ms = INT64_C(1) << 40 },       { .zone_offset_s = 3600 },
        { .pairing = RR_BACKUP_PAIRING_SESSION }, { .on_missing_aof = RR_BACKUP_FAIL_WITHOUT_AOF },
    };
#define ONE_TEXT(name)        +1
#define ONE_VALUE(type, name) +1
    assert_int_equal(RR_COUNT(others), 0 RR_BACKUP_CRITERIA(ONE_TEXT, ONE_VALUE)); /* a new field needs a line here */

    assert_true(rr_backup_criteria_equal(&same, &same));
    for (size_t i = 0; i < RR_COUNT(others); i++) {
        assert_false(rr_backup_criteria_equal(&same, &others[i]));
        assert_false(rr_backup_criteria_equal(&others[i], &same));
        assert_true(rr_backup_criteria_equal(&others[i], &others[i]));
    }
}

static void s30_copied_criteria_outlive_their_texts(void **state)
{
    (void)state;
    char id[] = "shop", stamp[] = "20260131-235900";
    struct rr_backup_criteria criteria = { .replication_id = rr_slice_from(id),
                                           .timestamp = rr_slice_from(stamp),
                                           .previous = 3,
                                           .on_missing_aof = RR_BACKUP_PREVIOUS_COMPLETE };
    rr_auto(buf) texts = { 0 };

    struct rr_backup_criteria copy = rr_backup_criteria_copy(&criteria, &texts);

    assert_true(rr_backup_criteria_equal(&copy, &criteria));
    id[0] = stamp[0] = 'x';
    assert_slice(copy.replication_id, "shop");
    assert_slice(copy.timestamp, "20260131-235900");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s30_criteria_that_differ_in_any_field_are_not_equal),
    cmocka_unit_test(s30_copied_criteria_outlive_their_texts),
};

RR_TEST_MAIN(tests)
