/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/backup/backup_select.h>

#include "support/test.h"

enum { SIZE = 1000 };

static const struct rr_backup_scope any = { .keep = 3, .with_aofs = true };

static void add(struct rr_backup_selection *selection, const char *key, int64_t time_ms)
{
    rr_backup_selection_add(
        selection, &(struct rr_backup_listed){ .key = rr_slice_from(key), .size = SIZE, .last_modified_ms = time_ms });
}

static void s31_rdb_of_impossible_size_is_ignored_and_counted(void **state)
{
    (void)state;
    static const struct {
        const char *suffix;
        uint64_t least;
    } cases[] = { { "", 18 }, { ".gz", 28 }, { ".zst", 19 }, { ".lz4", 19 } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);
        char key[64];
        (void)snprintf(key, sizeof key, "a/dump-20260101-000000.rdb%s", cases[i].suffix);
        struct rr_backup_listed listed = { .key = rr_slice_from(key), .size = cases[i].least - 1 };

        rr_backup_selection_add(selection, &listed);
        listed.size = 0;
        rr_backup_selection_add(selection, &listed);

        const struct rr_backup_ignored *ignored;
        assert_int_equal(rr_backup_selection_count(selection), 0);
        assert_int_equal(rr_backup_selection_counts(selection)->rdb_files, 0);
        assert_int_equal(rr_backup_selection_counts(selection)->ignored, 2);
        assert_int_equal(rr_backup_selection_ignored(selection, &ignored), 2);
        assert_int_equal(ignored[0].oddity, RR_BACKUP_ODDITY_TOO_SMALL);
        assert_int_equal(rr_backup_selection_miss(selection, RR_BACKUP_MISS_TOO_SMALL)->count, 2);
        listed.size = cases[i].least;
        rr_backup_selection_add(selection, &listed);
        assert_int_equal(rr_backup_selection_count(selection), 1);
    }
}

static void s31_aof_of_any_size_is_an_aof(void **state)
{
    (void)state;
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);

    rr_backup_selection_add(selection, &(struct rr_backup_listed){ .key = RR_LIT("a/appendonly-20260101-000000.aof") });

    assert_int_equal(rr_backup_selection_counts(selection)->aof_files, 1);
    assert_int_equal(rr_backup_selection_counts(selection)->ignored, 0);
}

static void s34_newest_by_name_is_known_though_it_is_not_kept(void **state)
{
    (void)state;
    struct rr_backup_scope scope = { .keep = 1 };
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&scope);
    rr_auto_ptr(backup_selection) part = rr_backup_selection_new(&scope);
    struct rr_backup_object newest;
    assert_false(rr_backup_selection_newest_named(selection, &newest));

    add(selection, "a/dump-20260101-000000.rdb", 9);
    add(part, "a/dump-20260103-000000.rdb", 2);
    add(part, "a/dump-20260102-000000.rdb", 3);
    add(part, "a/appendonly-20260104-000000.aof", 4);
    rr_backup_selection_merge(selection, part);

    assert_true(rr_backup_selection_newest_named(selection, &newest));
    assert_slice(newest.timestamp, "20260103-000000");
    assert_slice(rr_backup_selection_at(selection, 0).timestamp, "20260101-000000");
    rr_backup_selection_reset(selection);
    assert_false(rr_backup_selection_newest_named(selection, &newest));
}

static void aofs_beyond_the_limit_of_bytes_are_not_known(void **state)
{
    (void)state;
    static char storage_class[100 * 1024];
    memset(storage_class, 'c', sizeof storage_class);
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);
    struct rr_backup_object aof;
    for (unsigned i = 0; rr_backup_selection_knows_aofs(selection); i++) {
        char key[64], stamp[16];
        (void)snprintf(key, sizeof key, "a/appendonly-20260101-%06u.aof", i % 1000000);
        (void)snprintf(stamp, sizeof stamp, "20260101-%06u", i % 1000000);
        assert_true(i <= RR_BACKUP_AOFS_BYTES_MAX / sizeof storage_class);

        rr_backup_selection_add(selection,
                                &(struct rr_backup_listed){ .key = rr_slice_from(key),
                                                            .storage_class = { storage_class, sizeof storage_class },
                                                            .size = SIZE });

        bool is_found = rr_backup_selection_find_aof(selection, RR_LIT("a"), rr_slice_from(stamp), &aof);
        assert_int_equal(is_found, rr_backup_selection_knows_aofs(selection));
        if (is_found)
            assert_int_equal(aof.storage_class.len, sizeof storage_class);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s31_rdb_of_impossible_size_is_ignored_and_counted),
    cmocka_unit_test(s31_aof_of_any_size_is_an_aof),
    cmocka_unit_test(s34_newest_by_name_is_known_though_it_is_not_kept),
    cmocka_unit_test(aofs_beyond_the_limit_of_bytes_are_not_known),
};

RR_TEST_MAIN(tests)
