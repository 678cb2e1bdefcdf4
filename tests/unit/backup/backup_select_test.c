#include <redisrestore/backup/backup_select.h>

#include "support/test.h"

#include <stdlib.h>

/* An object of a made-up bucket, and the choice by a full sort with none of the product's code for comparing. */
struct item {
    char key[96];
    size_t key_len;
    bool is_rdb, is_aof;
    char id[24], timestamp[16];
    int64_t time_ms;
};

enum { ITEMS_MAX = 400 };

static uint64_t random_next(uint64_t *seed)
{
    *seed += 0x9e3779b97f4a7c15u;
    uint64_t z = *seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static unsigned below(uint64_t *seed, unsigned limit)
{
    return (unsigned)(random_next(seed) % limit);
}

static const char *const some_ids[] = { "a", "b", "aa", "..", "A b", "z\xc3\xa9", "0", "dump-", "~", "a+b%20" };

static struct item item_random(uint64_t *seed, unsigned ids, unsigned times)
{
    static const char *const odd[] = { "p/",
                                       "p/x",
                                       "p/a/b/dump-20260101-000000.rdb",
                                       "p/a/dump-1.rdb",
                                       "p//dump-20260101-000000.rdb",
                                       "p/\xff/dump-20260101-000000.rdb",
                                       "p/a/dump-20260101-000000.rdb ",
                                       "p/a/" };
    struct item item = { .time_ms = 1000 * (int64_t)below(seed, times) };
    if (below(seed, 10) == 0) {
        item.key_len = (size_t)snprintf(item.key, sizeof item.key, "%s", odd[below(seed, RR_COUNT(odd))]);
        return item;
    }
    (void)snprintf(item.id, sizeof item.id, "%s", some_ids[below(seed, ids)]);
    (void)snprintf(item.timestamp, sizeof item.timestamp, "202601%02u-%06u", below(seed, 3), below(seed, times));
    item.is_rdb = below(seed, 2) == 0;
    item.is_aof = !item.is_rdb;
    item.key_len =
        (size_t)snprintf(item.key, sizeof item.key, item.is_rdb ? "p/%s/dump-%s.rdb" : "p/%s/appendonly-%s.aof",
                         item.id, item.timestamp);
    return item;
}

static enum rr_backup_order sort_order;

static int best_first(const void *left, const void *right)
{
    const struct item *a = left, *b = right;
    if (a->is_rdb != b->is_rdb)
        return a->is_rdb ? -1 : 1;
    int time = a->time_ms < b->time_ms ? 1 : a->time_ms > b->time_ms ? -1 : 0;
    int stamp = strcmp(b->timestamp, a->timestamp);
    int first = sort_order == RR_BACKUP_ORDER_LAST_MODIFIED ? time : stamp;
    int second = sort_order == RR_BACKUP_ORDER_LAST_MODIFIED ? stamp : time;
    return first != 0 ? first : second != 0 ? second : strcmp(b->key, a->key);
}

static void shuffle(struct item *items, size_t count, uint64_t *seed)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = random_next(seed) % i;
        struct item held = items[other];
        items[other] = items[i - 1];
        items[i - 1] = held;
    }
}

static size_t bucket_random(struct item *items, uint64_t *seed)
{
    unsigned ids = 1 + below(seed, RR_COUNT(some_ids)), times = 1 + below(seed, 30);
    size_t wanted = below(seed, ITEMS_MAX), count = 0;
    while (wanted-- > 0) {
        struct item item = item_random(seed, ids, times);
        bool known = false;
        for (size_t i = 0; i < count; i++)
            known |= strcmp(items[i].key, item.key) == 0;
        if (!known)
            items[count++] = item;
    }
    return count;
}

static void give(struct rr_backup_selection *selection, const struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rr_backup_selection_add(selection, (struct rr_slice){ items[i].key, items[i].key_len }, RR_LIT("tag"), i,
                                items[i].time_ms);
}

static void check_against_sort(struct item *items, size_t count, const struct rr_backup_choice *choice,
                               const char *only_id)
{
    struct item candidates[ITEMS_MAX];
    size_t candidate_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (only_id == NULL || strcmp(items[i].id, only_id) == 0)
            candidates[candidate_count++] = items[i];
    }
    qsort(candidates, candidate_count, sizeof *candidates, best_first);
    if (candidate_count == 0 || !candidates[0].is_rdb) {
        assert_null(choice->rdb);
        assert_null(choice->aof);
        return;
    }
    const struct item *best = &candidates[0];
    assert_non_null(choice->rdb);
    assert_slice(rr_buf_slice(&choice->rdb->key), best->key);
    assert_slice(choice->replication_id, best->id);
    assert_slice(choice->timestamp, best->timestamp);
    assert_int_equal(choice->rdb->last_modified_ms, best->time_ms);
    assert_slice(rr_buf_slice(&choice->rdb->etag), "tag");

    const struct item *aof = NULL;
    for (size_t i = 0; i < count; i++) {
        if (items[i].is_aof && strcmp(items[i].id, best->id) == 0 && strcmp(items[i].timestamp, best->timestamp) == 0)
            aof = &items[i];
    }
    assert_false(choice->aof_unknown);
    assert_int_equal(aof != NULL, choice->aof != NULL);
    if (aof != NULL)
        assert_slice(rr_buf_slice(&choice->aof->key), aof->key);
}

static void choice_equals_full_sort_for_any_set_and_order(void **state)
{
    (void)state;
    static struct item items[ITEMS_MAX];
    uint64_t seed = 20260131;
    size_t with_aof = 0, without_rdb = 0, with_several = 0;
    for (int round = 0; round < 1500; round++) {
        sort_order = round % 2 == 0 ? RR_BACKUP_ORDER_LAST_MODIFIED : RR_BACKUP_ORDER_TIMESTAMP;
        const char *only_id = round % 5 == 0 ? some_ids[below(&seed, RR_COUNT(some_ids))] : NULL;
        size_t count = bucket_random(items, &seed);
        struct rr_backup_criteria criteria = { .prefix = RR_LIT("p/"),
                                               .replication_id = rr_slice_from(only_id),
                                               .order = sort_order };
        rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&criteria);

        shuffle(items, count, &seed);
        give(selection, items, count);
        struct rr_backup_choice choice = rr_backup_selection_choice(selection);

        check_against_sort(items, count, &choice, only_id);
        with_aof += choice.aof != NULL;
        without_rdb += choice.rdb == NULL;
        with_several += choice.several_ids;
    }
    /* The sets must really have reached each outcome. */
    assert_true(with_aof > 150 && without_rdb > 10 && with_several > 250);
}

static void counts_are_of_every_object(void **state)
{
    (void)state;
    static struct item items[ITEMS_MAX];
    uint64_t seed = 7;
    for (int round = 0; round < 300; round++) {
        size_t count = bucket_random(items, &seed), rdbs = 0, aofs = 0;
        for (size_t i = 0; i < count; i++) {
            rdbs += items[i].is_rdb;
            aofs += items[i].is_aof;
        }
        struct rr_backup_criteria criteria = { .prefix = RR_LIT("p/"), .replication_id = RR_LIT("a") };
        rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&criteria);

        give(selection, items, count);
        struct rr_backup_choice choice = rr_backup_selection_choice(selection);

        assert_int_equal(choice.counts->objects, count);
        assert_int_equal(choice.counts->rdb_files, rdbs);
        assert_int_equal(choice.counts->aof_files, aofs);
        assert_int_equal(choice.counts->ignored, count - rdbs - aofs);
        size_t sampled =
            count - rdbs - aofs < RR_BACKUP_IGNORED_SAMPLE_MAX ? count - rdbs - aofs : RR_BACKUP_IGNORED_SAMPLE_MAX;
        assert_int_equal(choice.ignored_count, sampled);
    }
}

static void add(struct rr_backup_selection *selection, const char *key, int64_t time_ms)
{
    rr_backup_selection_add(selection, rr_slice_from(key), RR_LIT(""), 1, time_ms);
}

static void add_aofs(struct rr_backup_selection *selection, const char *id, unsigned from, unsigned count)
{
    for (unsigned i = from; i < from + count; i++) {
        char key[64];
        (void)snprintf(key, sizeof key, "%s/appendonly-20260101-%06u.aof", id, i);
        add(selection, key, 1);
    }
}

static const struct rr_backup_criteria any = { 0 };

static void timestamp_breaks_a_tie_of_times(void **state)
{
    (void)state;
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);

    add(selection, "z/dump-20260101-000000.rdb", 5);
    add(selection, "a/dump-20260102-000000.rdb", 5);
    add(selection, "m/dump-20260101-000000.rdb", 5);

    assert_slice(rr_backup_selection_choice(selection).replication_id, "a");
}

static void key_breaks_the_last_tie(void **state)
{
    (void)state;
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);

    add(selection, "b/dump-20260101-000000.rdb", 5);
    add(selection, "c/dump-20260101-000000.rdb", 5);
    add(selection, "a/dump-20260101-000000.rdb", 5);

    struct rr_backup_choice choice = rr_backup_selection_choice(selection);
    assert_slice(choice.replication_id, "c");
    assert_true(choice.several_ids);
}

static void order_timestamp_prefers_the_name_over_the_time(void **state)
{
    (void)state;
    struct rr_backup_criteria criteria = { .order = RR_BACKUP_ORDER_TIMESTAMP };
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&criteria);

    add(selection, "a/dump-20260102-000000.rdb", 5);
    add(selection, "a/dump-20260101-000000.rdb", 9);
    add(selection, "b/dump-20260102-000000.rdb", 6);
    add(selection, "c/dump-20260102-000000.rdb", 5);

    assert_slice(rr_backup_selection_choice(selection).replication_id, "b");
}

static void aof_one_second_off_is_no_match(void **state)
{
    (void)state;
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);

    add(selection, "a/appendonly-20260101-000001.aof", 5);
    add(selection, "a/dump-20260101-000000.rdb", 5);
    add(selection, "b/appendonly-20260101-000000.aof", 5);

    struct rr_backup_choice choice = rr_backup_selection_choice(selection);
    assert_non_null(choice.rdb);
    assert_null(choice.aof);
    assert_false(choice.aof_unknown);
    assert_false(choice.several_ids);
}

static void other_ids_do_not_count_as_several_when_one_is_asked_for(void **state)
{
    (void)state;
    struct rr_backup_criteria criteria = { .replication_id = RR_LIT("a") };
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&criteria);

    add(selection, "a/dump-20260101-000000.rdb", 5);
    add(selection, "b/dump-20260101-000000.rdb", 6);

    struct rr_backup_choice choice = rr_backup_selection_choice(selection);
    assert_slice(choice.replication_id, "a");
    assert_false(choice.several_ids);
}

static void aof_let_go_of_makes_the_choice_unknown(void **state)
{
    (void)state;
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);

    add_aofs(selection, "a", 0, RR_BACKUP_AOFS_MAX + 1);
    add(selection, "a/dump-20260101-000000.rdb", 5);

    struct rr_backup_choice choice = rr_backup_selection_choice(selection);
    assert_null(choice.aof);
    assert_true(choice.aof_unknown);
}

static void aof_still_held_is_known(void **state)
{
    (void)state;
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);

    add_aofs(selection, "a", 0, RR_BACKUP_AOFS_MAX + 1);
    add(selection, "a/dump-20260101-000001.rdb", 5);

    struct rr_backup_choice choice = rr_backup_selection_choice(selection);
    assert_non_null(choice.aof);
    assert_slice(rr_buf_slice(&choice.aof->key), "a/appendonly-20260101-000001.aof");
}

static void aof_absent_in_a_later_id_is_known_absent(void **state)
{
    (void)state;
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);

    add_aofs(selection, "a", 0, 3 * RR_BACKUP_AOFS_MAX);
    add(selection, "b/dump-20260101-000001.rdb", 5);

    struct rr_backup_choice choice = rr_backup_selection_choice(selection);
    assert_null(choice.aof);
    assert_false(choice.aof_unknown);
}

static void aof_of_the_best_survives_any_number_of_later_ones(void **state)
{
    (void)state;
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);

    add(selection, "a/appendonly-20260101-000000.aof", 5);
    add(selection, "a/dump-20260101-000000.rdb", 5);
    add_aofs(selection, "b", 0, 3 * RR_BACKUP_AOFS_MAX);
    add(selection, "b/dump-20260101-000000.rdb", 4);

    struct rr_backup_choice choice = rr_backup_selection_choice(selection);
    assert_non_null(choice.aof);
    assert_slice(rr_buf_slice(&choice.aof->key), "a/appendonly-20260101-000000.aof");
}

/* Far more AOFs than are held, in any order: a choice may say that it does not know, but never a wrong thing. */
static void choice_is_never_wrong_when_aofs_are_let_go_of(void **state)
{
    (void)state;
    enum { STAMPS = 3 * RR_BACKUP_AOFS_MAX, ROUNDS = 60 };
    static unsigned order[STAMPS];
    uint64_t seed = 99;
    int unknown = 0, found = 0, absent = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < STAMPS; i++)
            order[i] = i;
        if (round % 4 != 0) {
            for (unsigned i = STAMPS; i > 1; i--) {
                unsigned other = below(&seed, i), held = order[other];
                order[other] = order[i - 1];
                order[i - 1] = held;
            }
        }
        /* Even stamps have an AOF, every 50th has an RDB, whose time is random; it stands in the list where its stamp
         * does. */
        rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);
        int64_t best_time = -1;
        unsigned best = 0;
        for (unsigned i = 0; i < STAMPS; i++) {
            char key[64];
            unsigned stamp = order[i];
            if (stamp % 2 == 0)
                add_aofs(selection, "id", stamp, 1);
            if (stamp % 25 == 0) {
                int64_t time_ms = below(&seed, 1000000);
                (void)snprintf(key, sizeof key, "id/dump-20260101-%06u.rdb", (stamp + 7 * (unsigned)round) % STAMPS);
                add(selection, key, time_ms);
                if (time_ms > best_time) {
                    best_time = time_ms;
                    best = (stamp + 7 * (unsigned)round) % STAMPS;
                }
            }
        }

        struct rr_backup_choice choice = rr_backup_selection_choice(selection);

        bool truth = best % 2 == 0;
        assert_int_equal(choice.rdb->last_modified_ms, best_time);
        if (choice.aof != NULL || !choice.aof_unknown)
            assert_int_equal(choice.aof != NULL, truth);
        unknown += choice.aof_unknown;
        found += choice.aof != NULL;
        absent += choice.aof == NULL && !choice.aof_unknown;
    }
    assert_true(unknown > 5 && found > 5 && absent > 0);
}

static void adopted_aof_goes_with_its_rdb(void **state)
{
    (void)state;
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);

    add(selection, "a/appendonly-20260101-000000.aof", 5);
    add(selection, "a/dump-20260101-000000.rdb", 5);
    add_aofs(selection, "b", 0, 3 * RR_BACKUP_AOFS_MAX);
    add(selection, "c/dump-20260101-000000.rdb", 6);

    struct rr_backup_choice choice = rr_backup_selection_choice(selection);
    assert_slice(choice.replication_id, "c");
    assert_null(choice.aof);
    assert_false(choice.aof_unknown);
}

static void long_keys_are_held_up_to_the_byte_limit(void **state)
{
    (void)state;
    enum { PAGE = 1000, KEY = 1024 };
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);
    static char key[KEY + 1];
    memset(key, 'i', KEY);

    for (unsigned i = 0; i < PAGE; i++) {
        char tail[40];
        int len = snprintf(tail, sizeof tail, "/appendonly-20260101-%06u.aof", i);
        memcpy(key + KEY - len, tail, (size_t)len);
        rr_backup_selection_add(selection, (struct rr_slice){ key, KEY }, RR_LIT("0123456789abcdef0123456789abcdef"), 1,
                                1);
    }
    static const char rdb_name[] = "/dump-20260101-000000.rdb";
    size_t id_len = KEY - strlen("/appendonly-20260101-000000.aof");
    memcpy(key + id_len, rdb_name, sizeof rdb_name);
    add(selection, key, 5);

    struct rr_backup_choice choice = rr_backup_selection_choice(selection);
    assert_non_null(choice.aof);
}

static void names_of_settings_read_back(void **state)
{
    (void)state;
    enum rr_backup_order order;
    enum rr_backup_on_missing_aof policy;

    assert_true(rr_backup_order_parse(RR_LIT("Timestamp"), &order) && order == RR_BACKUP_ORDER_TIMESTAMP);
    assert_true(rr_backup_order_parse(RR_LIT("LastModified"), &order) && order == RR_BACKUP_ORDER_LAST_MODIFIED);
    assert_false(rr_backup_order_parse(RR_LIT("timestamp"), &order));
    assert_true(rr_backup_on_missing_aof_parse(RR_LIT("Fail"), &policy) && policy == RR_BACKUP_FAIL_WITHOUT_AOF);
    assert_true(rr_backup_on_missing_aof_parse(RR_LIT("UseRDBOnly"), &policy) && policy == RR_BACKUP_USE_RDB_ONLY);
    assert_false(rr_backup_on_missing_aof_parse(RR_LIT(""), &policy));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(choice_equals_full_sort_for_any_set_and_order),
    cmocka_unit_test(counts_are_of_every_object),
    cmocka_unit_test(timestamp_breaks_a_tie_of_times),
    cmocka_unit_test(key_breaks_the_last_tie),
    cmocka_unit_test(order_timestamp_prefers_the_name_over_the_time),
    cmocka_unit_test(aof_one_second_off_is_no_match),
    cmocka_unit_test(other_ids_do_not_count_as_several_when_one_is_asked_for),
    cmocka_unit_test(aof_let_go_of_makes_the_choice_unknown),
    cmocka_unit_test(aof_still_held_is_known),
    cmocka_unit_test(aof_absent_in_a_later_id_is_known_absent),
    cmocka_unit_test(aof_of_the_best_survives_any_number_of_later_ones),
    cmocka_unit_test(choice_is_never_wrong_when_aofs_are_let_go_of),
    cmocka_unit_test(adopted_aof_goes_with_its_rdb),
    cmocka_unit_test(long_keys_are_held_up_to_the_byte_limit),
    cmocka_unit_test(names_of_settings_read_back),
};

RR_TEST_MAIN(tests)
