/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/backup/backup_select.h>

#include "support/test.h"

enum { SIZE = 1000 };

static void add(struct rr_backup_selection *selection, const char *key, int64_t time_ms)
{
    rr_backup_selection_add(
        selection, &(struct rr_backup_listed){ .key = rr_slice_from(key), .size = SIZE, .last_modified_ms = time_ms });
}

static void p02_moment_keeps_the_nearest_later_ones_beside_the_best(void **state)
{
    (void)state;
    static const char *const expected[] = { "f", "e", "d", "c", "b" };
    struct rr_backup_scope scope = { .keep = 2, .has_moment = true, .moment_ms = 3000 };
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&scope);
    rr_auto_ptr(backup_selection) part = rr_backup_selection_new(&scope);
    for (int i = 0; i < 8; i++) { /* a to h: the moment is that of c */
        char key[64];
        (void)snprintf(key, sizeof key, "%c/dump-20260101-000000.rdb", 'a' + i);
        add(i % 2 == 0 ? selection : part, key, 1000 * (i + 1));
    }

    rr_backup_selection_merge(selection, part);

    assert_int_equal(rr_backup_selection_count(selection), RR_COUNT(expected));
    assert_int_equal(rr_backup_selection_later(selection), RR_BACKUP_LATER_MAX);
    for (size_t i = 0; i < RR_COUNT(expected); i++)
        assert_slice(rr_backup_selection_at(selection, i).replication_id, expected[i]);
    rr_backup_selection_reset(selection);
    assert_int_equal(rr_backup_selection_count(selection), 0);
}

static void p02_moment_and_not_after_bound_the_later_ones_by_their_names(void **state)
{
    (void)state;
    struct rr_backup_scope scope = { .criteria.order = RR_BACKUP_ORDER_TIMESTAMP,
                                     .criteria.has_not_after = true,
                                     .criteria.not_after_ms = 1769864400000, /* 2026-01-31T13:00:00Z */
                                     .keep = 1,
                                     .has_moment = true,
                                     .moment_ms = 1769860800000 };
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&scope);

    for (int hour = 11; hour < 16; hour++) {
        char key[64];
        (void)snprintf(key, sizeof key, "a/dump-20260131-%d0000.rdb", hour);
        add(selection, key, 1);
    }

    assert_int_equal(rr_backup_selection_later(selection), 1);
    assert_int_equal(rr_backup_selection_count(selection), 2);
    assert_slice(rr_backup_selection_at(selection, 0).timestamp, "20260131-130000");
    assert_slice(rr_backup_selection_at(selection, 1).timestamp, "20260131-120000");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(p02_moment_keeps_the_nearest_later_ones_beside_the_best),
    cmocka_unit_test(p02_moment_and_not_after_bound_the_later_ones_by_their_names),
};

RR_TEST_MAIN(tests)
