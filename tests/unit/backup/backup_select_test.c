/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/backup/backup_select.h>

#include "support/test.h"

#include <stdlib.h>

/* An object of a made-up bucket, and the choice by a full sort with none of the product's code for comparing. */
struct item {
    char key[96];
    size_t key_len;
    bool is_rdb, is_aof;
    char id[24], timestamp[16];
    unsigned suffix;
    int64_t time_ms;
};

/* The criteria, in the test's own terms. */
struct question {
    const char *id, *timestamp;
    bool by_name, bounded;
    int64_t not_after_ms;
    char not_after_name[16];
    size_t keep;
};

enum { SIZE = 1000, ITEMS_MAX = 400, NAME_EPOCH_DAYS = 20454 /* 2026-01-01 */ };

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
static const char *const suffixes[] = { "", ".gz", ".zst", ".lz4" };
static const char *const odd[] = { "p/",
                                   "p/x",
                                   "p/a/b/dump-20260101-000000.rdb",
                                   "p/a/dump-1.rdb",
                                   "p//dump-20260101-000000.rdb",
                                   "p/\xff/dump-20260101-000000.rdb",
                                   "p/a/dump-20260101-000000.rdb ",
                                   "p/p/a/dump-20260101-000000.rdb",
                                   "p/a/Dump-20260101-000000.rdb",
                                   "p/a/dump-20260101-000000.rdb.bz2",
                                   "p/dump-20260101-000000.rdb",
                                   "p/a/" };

static struct item item_random(uint64_t *seed, unsigned ids, unsigned times)
{
    struct item item = { .time_ms = 1000 * (int64_t)below(seed, times) };
    if (below(seed, 10) == 0) {
        item.key_len = (size_t)snprintf(item.key, sizeof item.key, "%s", odd[below(seed, RR_COUNT(odd))]);
        return item;
    }
    (void)snprintf(item.id, sizeof item.id, "%s", some_ids[below(seed, ids)]);
    (void)snprintf(item.timestamp, sizeof item.timestamp, "202601%02u-0000%02u", 1 + below(seed, 3),
                   below(seed, times));
    item.is_rdb = below(seed, 3) != 0;
    item.is_aof = !item.is_rdb;
    item.suffix = below(seed, 2) == 0 ? 0 : below(seed, RR_COUNT(suffixes));
    item.key_len =
        (size_t)snprintf(item.key, sizeof item.key, item.is_rdb ? "p/%s/dump-%s.rdb%s" : "p/%s/appendonly-%s.aof%s",
                         item.id, item.timestamp, suffixes[item.suffix]);
    return item;
}

static bool by_name;

/* Both orders sort the spellings of one RDB together by their times and then by the suffix. */
static int best_first(const void *left, const void *right)
{
    const struct item *a = left, *b = right;
    int time = a->time_ms < b->time_ms ? 1 : a->time_ms > b->time_ms ? -1 : 0;
    int stamp = strcmp(b->timestamp, a->timestamp);
    int first = by_name ? stamp : time, second = by_name ? time : stamp;
    if (first != 0 || second != 0)
        return first != 0 ? first : second;
    if (strcmp(a->id, b->id) == 0)
        return (int)a->suffix - (int)b->suffix;
    return strcmp(b->key, a->key);
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

static struct question question_random(uint64_t *seed)
{
    struct question question = { .by_name = below(seed, 2) == 0, .keep = 1 + below(seed, RR_BACKUP_KEEP_MAX) };
    if (below(seed, 3) == 0)
        question.keep = 1 + below(seed, 12);
    if (below(seed, 4) == 0)
        question.id = some_ids[below(seed, RR_COUNT(some_ids))];
    if (below(seed, 5) == 0)
        question.timestamp = "20260102-000003";
    if (below(seed, 3) == 0) {
        unsigned day = 1 + below(seed, 3), second = below(seed, 30);
        question.bounded = true;
        question.not_after_ms = question.by_name ? ((NAME_EPOCH_DAYS + (int64_t)day - 1) * 86400 + second) * 1000 + 999
                                                 : 1000 * (int64_t)below(seed, 30);
        (void)snprintf(question.not_after_name, sizeof question.not_after_name, "202601%02u-0000%02u", day, second);
    }
    return question;
}

static struct rr_backup_scope scope_of(const struct question *question)
{
    return (struct rr_backup_scope){
        .prefix = RR_LIT("p/"),
        .criteria = { .replication_id = rr_slice_from(question->id),
                      .timestamp = rr_slice_from(question->timestamp),
                      .order = question->by_name ? RR_BACKUP_ORDER_TIMESTAMP : RR_BACKUP_ORDER_LAST_MODIFIED,
                      .has_not_after = question->bounded,
                      .not_after_ms = question->not_after_ms },
        .keep = question->keep,
        .with_aofs = true,
    };
}

static bool is_in_scope(const struct question *question, const struct item *item)
{
    if (!item->is_rdb || (question->id != NULL && strcmp(item->id, question->id) != 0) ||
        (question->timestamp != NULL && strcmp(item->timestamp, question->timestamp) != 0))
        return false;
    if (!question->bounded)
        return true;
    return question->by_name ? strcmp(item->timestamp, question->not_after_name) <= 0
                             : item->time_ms <= question->not_after_ms;
}

/* The RDBs in scope, best first, each once. */
static size_t sorted_of(const struct question *question, const struct item *items, size_t count, struct item *out)
{
    static struct item scope[ITEMS_MAX];
    size_t scope_count = 0, unique = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_in_scope(question, &items[i]))
            scope[scope_count++] = items[i];
    }
    by_name = question->by_name;
    qsort(scope, scope_count, sizeof *scope, best_first);
    for (size_t i = 0; i < scope_count; i++) {
        bool known = false;
        for (size_t j = 0; j < unique; j++)
            known |= strcmp(out[j].id, scope[i].id) == 0 && strcmp(out[j].timestamp, scope[i].timestamp) == 0;
        if (!known)
            out[unique++] = scope[i];
    }
    return unique;
}

static void give(struct rr_backup_selection *selection, const struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rr_backup_selection_add(selection, &(struct rr_backup_listed){ .key = { items[i].key, items[i].key_len },
                                                                       .etag = RR_LIT("tag"),
                                                                       .storage_class = RR_LIT("class"),
                                                                       .size = SIZE + i,
                                                                       .last_modified_ms = items[i].time_ms });
}

static void check_aof(const struct rr_backup_selection *selection, const struct item *items, size_t count,
                      const struct item *rdb)
{
    const struct item *aof = NULL;
    for (size_t i = 0; i < count; i++) {
        if (items[i].is_aof && strcmp(items[i].id, rdb->id) == 0 && strcmp(items[i].timestamp, rdb->timestamp) == 0 &&
            (aof == NULL || items[i].suffix < aof->suffix))
            aof = &items[i];
    }
    struct rr_backup_object found;
    bool has = rr_backup_selection_find_aof(selection, rr_slice_from(rdb->id), rr_slice_from(rdb->timestamp), &found);
    assert_int_equal(has, aof != NULL);
    if (has) {
        assert_slice(found.key, aof->key);
        assert_slice(found.etag, "tag");
        assert_int_equal(found.compression, aof->suffix);
    }
}

static void check_ids(const struct rr_backup_selection *selection, const struct question *question,
                      const struct item *items, size_t count)
{
    const char *sorted[] = { "..", "0", "A b", "a", "a+b%20", "aa", "b", "dump-", "z\xc3\xa9", "~" };
    const struct rr_buf *ids;
    bool more;
    size_t named = rr_backup_selection_ids(selection, &ids, &more), seen = 0;
    for (size_t i = 0; i < RR_COUNT(sorted); i++) {
        bool there = false;
        for (size_t j = 0; j < count; j++)
            there |= is_in_scope(question, &items[j]) && strcmp(items[j].id, sorted[i]) == 0;
        if (!there)
            continue;
        if (seen < RR_BACKUP_IDS_MAX)
            assert_string_equal(rr_buf_text(&ids[seen]), sorted[i]);
        seen++;
    }
    assert_int_equal(named, seen < RR_BACKUP_IDS_MAX ? seen : RR_BACKUP_IDS_MAX);
    assert_int_equal(more, seen > RR_BACKUP_IDS_MAX);
}

static size_t check_against_sort(const struct rr_backup_selection *selection, const struct question *question,
                                 const struct item *items, size_t count)
{
    static struct item sorted[ITEMS_MAX];
    size_t there = sorted_of(question, items, count, sorted);
    size_t wanted = there < question->keep ? there : question->keep;
    assert_int_equal(rr_backup_selection_count(selection), wanted);
    for (size_t i = 0; i < wanted; i++) {
        struct rr_backup_object rdb = rr_backup_selection_at(selection, i);
        assert_slice(rdb.key, sorted[i].key);
        assert_slice(rdb.replication_id, sorted[i].id);
        assert_slice(rdb.timestamp, sorted[i].timestamp);
        assert_slice(rdb.etag, "tag");
        assert_slice(rdb.storage_class, "class");
        assert_int_equal(rdb.last_modified_ms, sorted[i].time_ms);
        assert_int_equal(rdb.compression, sorted[i].suffix);
        check_aof(selection, items, count, &sorted[i]);
    }
    check_ids(selection, question, items, count);
    return wanted;
}

static void s27_choice_equals_full_sort_for_any_set_and_order(void **state)
{
    (void)state;
    static struct item items[ITEMS_MAX];
    uint64_t seed = 20260131;
    size_t empty = 0, several = 0, full = 0;
    for (int round = 0; round < 1500; round++) {
        size_t count = bucket_random(items, &seed);
        struct question question = question_random(&seed);
        struct rr_backup_scope scope = scope_of(&question);
        rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&scope);

        shuffle(items, count, &seed);
        give(selection, items, count);

        size_t found = check_against_sort(selection, &question, items, count);
        empty += found == 0;
        several += found > 1;
        full += found == question.keep;
    }
    /* The sets must really have reached each outcome. */
    assert_true(empty > 50 && several > 500 && full > 100);
}

static void s27_merged_parts_equal_one_selection(void **state)
{
    (void)state;
    enum { PARTS_MAX = 6 };
    static struct item items[ITEMS_MAX];
    uint64_t seed = 99;
    for (int round = 0; round < 600; round++) {
        size_t count = bucket_random(items, &seed), from = 0;
        struct question question = question_random(&seed);
        struct rr_backup_scope scope = scope_of(&question);
        rr_auto_ptr(backup_selection) whole = rr_backup_selection_new(&scope);
        rr_auto_ptr(backup_selection) part = rr_backup_selection_new(&scope);
        shuffle(items, count, &seed);
        for (unsigned left = 1 + below(&seed, PARTS_MAX); left > 0; left--) {
            size_t size = left == 1 ? count - from : below(&seed, (unsigned)(count - from) + 1);

            rr_backup_selection_reset(part);
            give(part, items + from, size);
            rr_backup_selection_merge(whole, part);
            from += size;
        }

        (void)check_against_sort(whole, &question, items, count);
        rr_auto_ptr(backup_selection) single = rr_backup_selection_new(&scope);
        give(single, items, count);
        const struct rr_backup_counts *counts = rr_backup_selection_counts(whole);
        assert_memory_equal(counts, rr_backup_selection_counts(single), sizeof *counts);
        const struct rr_backup_ignored *left, *right;
        size_t ignored = rr_backup_selection_ignored(whole, &left);
        assert_int_equal(ignored, rr_backup_selection_ignored(single, &right));
        for (size_t i = 0; i < ignored; i++)
            assert_slice(rr_buf_slice(&left[i].key), rr_buf_text(&right[i].key));
        for (int miss = 0; miss < RR_BACKUP_MISS_COUNT; miss++) {
            const struct rr_backup_near_miss *a = rr_backup_selection_miss(whole, (enum rr_backup_miss)miss);
            const struct rr_backup_near_miss *b = rr_backup_selection_miss(single, (enum rr_backup_miss)miss);
            assert_int_equal(a->count, b->count);
            if (a->count > 0)
                assert_slice(rr_buf_slice(&a->example), rr_buf_text(&b->example));
        }
    }
}

static int by_key(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void counts_are_of_every_object_and_samples_the_smallest_keys(void **state)
{
    (void)state;
    static struct item items[ITEMS_MAX];
    uint64_t seed = 7;
    for (int round = 0; round < 300; round++) {
        size_t count = bucket_random(items, &seed), rdbs = 0, aofs = 0, odd_count = 0;
        const char *odd_keys[ITEMS_MAX];
        for (size_t i = 0; i < count; i++) {
            rdbs += items[i].is_rdb;
            aofs += items[i].is_aof;
            if (!items[i].is_rdb && !items[i].is_aof)
                odd_keys[odd_count++] = items[i].key;
        }
        qsort(odd_keys, odd_count, sizeof *odd_keys, by_key);
        struct rr_backup_scope scope = { .prefix = RR_LIT("p/"), .criteria.replication_id = RR_LIT("a"), .keep = 1 };
        rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&scope);

        give(selection, items, count);

        const struct rr_backup_counts *counts = rr_backup_selection_counts(selection);
        assert_int_equal(counts->objects, count);
        assert_int_equal(counts->rdb_files, rdbs);
        assert_int_equal(counts->aof_files, aofs);
        assert_int_equal(counts->ignored, odd_count);
        const struct rr_backup_ignored *ignored;
        size_t sampled = rr_backup_selection_ignored(selection, &ignored);
        assert_int_equal(sampled, odd_count < RR_BACKUP_IGNORED_SAMPLE_MAX ? odd_count : RR_BACKUP_IGNORED_SAMPLE_MAX);
        for (size_t i = 0; i < sampled; i++)
            assert_string_equal(rr_buf_text(&ignored[i].key), odd_keys[i]);
    }
}

static void add(struct rr_backup_selection *selection, const char *key, int64_t time_ms)
{
    rr_backup_selection_add(
        selection, &(struct rr_backup_listed){ .key = rr_slice_from(key), .size = SIZE, .last_modified_ms = time_ms });
}

static void add_aofs(struct rr_backup_selection *selection, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char key[64];
        (void)snprintf(key, sizeof key, "a/appendonly-20260101-%06u.aof", i);
        add(selection, key, 1);
    }
}

static const struct rr_backup_scope any = { .keep = 3, .with_aofs = true };

static void timestamp_breaks_a_tie_of_times(void **state)
{
    (void)state;
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);

    add(selection, "z/dump-20260101-000000.rdb", 5);
    add(selection, "a/dump-20260102-000000.rdb", 5);
    add(selection, "m/dump-20260101-000000.rdb", 5);

    assert_slice(rr_backup_selection_at(selection, 0).replication_id, "a");
    assert_slice(rr_backup_selection_at(selection, 1).replication_id, "z");
    assert_slice(rr_backup_selection_at(selection, 2).replication_id, "m");
}

static void key_breaks_the_last_tie(void **state)
{
    (void)state;
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);

    add(selection, "b/dump-20260101-000000.rdb", 5);
    add(selection, "c/dump-20260101-000000.rdb", 5);
    add(selection, "a/dump-20260101-000000.rdb", 5);

    assert_slice(rr_backup_selection_at(selection, 0).replication_id, "c");
}

static void order_timestamp_prefers_the_name_over_the_time(void **state)
{
    (void)state;
    struct rr_backup_scope scope = { .criteria.order = RR_BACKUP_ORDER_TIMESTAMP, .keep = 1 };
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&scope);

    add(selection, "a/dump-20260102-000000.rdb", 5);
    add(selection, "a/dump-20260101-000000.rdb", 9);
    add(selection, "b/dump-20260102-000000.rdb", 6);
    add(selection, "c/dump-20260102-000000.rdb", 5);

    assert_slice(rr_backup_selection_at(selection, 0).replication_id, "b");
}

static void s27_two_spellings_of_one_rdb_count_once(void **state)
{
    (void)state;
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);

    add(selection, "a/dump-20260101-000000.rdb.gz", 5);
    add(selection, "a/dump-20260101-000000.rdb", 5);
    add(selection, "a/dump-20260101-000000.rdb.zst", 4);
    add(selection, "b/dump-20260101-000000.rdb", 3);
    add(selection, "b/dump-20260101-000000.rdb.lz4", 4);

    assert_int_equal(rr_backup_selection_count(selection), 2);
    assert_slice(rr_backup_selection_at(selection, 0).key, "a/dump-20260101-000000.rdb");
    assert_slice(rr_backup_selection_at(selection, 1).key, "b/dump-20260101-000000.rdb.lz4");
    assert_int_equal(rr_backup_selection_at(selection, 1).compression, RR_BACKUP_LZ4);
}

static void s27_not_after_includes_its_own_moment(void **state)
{
    (void)state;
    struct rr_backup_scope scope = { .keep = 3, .criteria.has_not_after = true, .criteria.not_after_ms = 5000 };
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&scope);

    add(selection, "a/dump-20260101-000000.rdb", 5001);
    add(selection, "b/dump-20260101-000000.rdb", 5000);
    add(selection, "c/dump-20260101-000000.rdb", 4999);

    assert_int_equal(rr_backup_selection_count(selection), 2);
    assert_slice(rr_backup_selection_at(selection, 0).replication_id, "b");
    const struct rr_backup_near_miss *miss = rr_backup_selection_miss(selection, RR_BACKUP_MISS_TOO_NEW);
    assert_int_equal(miss->count, 1);
    assert_string_equal(rr_buf_text(&miss->example), "a/dump-20260101-000000.rdb");
}

static void s27_not_after_reads_names_in_their_zone(void **state)
{
    (void)state;
    static const struct {
        int32_t offset_s;
        const char *newest;
    } cases[] = { { 0, "20260131-120000" }, { 7200, "20260131-140000" }, { -7200, "20260131-100000" } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_backup_scope scope = { .criteria.order = RR_BACKUP_ORDER_TIMESTAMP,
                                         .keep = 1,
                                         .criteria.has_not_after = true,
                                         .criteria.not_after_ms = 1769860800999, /* 2026-01-31T12:00:00.999Z */
                                         .criteria.zone_offset_s = cases[i].offset_s };
        rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&scope);

        for (unsigned hour = 8; hour < 18; hour++) {
            for (unsigned second = 0; second < 2; second++) {
                char key[64];
                (void)snprintf(key, sizeof key, "a/dump-20260131-%02u000%u.rdb", hour, second);
                add(selection, key, 1);
            }
        }

        assert_slice(rr_backup_selection_at(selection, 0).timestamp, cases[i].newest);
    }
}

static void other_ids_are_near_misses_when_one_is_asked_for(void **state)
{
    (void)state;
    struct rr_backup_scope scope = { .criteria.replication_id = RR_LIT("a"), .keep = 1 };
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&scope);
    const struct rr_buf *ids;
    bool more;

    add(selection, "c/dump-20260101-000000.rdb", 5);
    add(selection, "a/dump-20260101-000000.rdb", 5);
    add(selection, "b/dump-20260101-000000.rdb", 6);

    assert_slice(rr_backup_selection_at(selection, 0).replication_id, "a");
    assert_int_equal(rr_backup_selection_ids(selection, &ids, &more), 1);
    assert_false(more);
    const struct rr_backup_near_miss *miss = rr_backup_selection_miss(selection, RR_BACKUP_MISS_ID);
    assert_int_equal(miss->count, 2);
    assert_string_equal(rr_buf_text(&miss->example), "b/dump-20260101-000000.rdb");
}

static void s29_near_misses_are_distinguished(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        enum rr_backup_miss miss;
    } cases[] = {
        { "p/a/dump-20260102-000000.rdb", RR_BACKUP_MISS_TIMESTAMP },
        { "p/p/a/dump-20260101-000000.rdb", RR_BACKUP_MISS_DOUBLE_PREFIX },
        { "p/a/dump-20260101-000000.RDB", RR_BACKUP_MISS_WRONG_CASE },
        { "p/a/dump-20260101-000000.rdb.bz2", RR_BACKUP_MISS_SUFFIX },
        { "p/dump-20260101-000000.rdb", RR_BACKUP_MISS_BARE },
        { "p/a/dump-2026-01-01.rdb", RR_BACKUP_MISS_BAD_TIMESTAMP },
    };
    struct rr_backup_scope scope = { .prefix = RR_LIT("p/"),
                                     .criteria.timestamp = RR_LIT("20260101-000000"),
                                     .keep = 1 };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&scope);

        add(selection, cases[i].key, 5);

        assert_int_equal(rr_backup_selection_count(selection), 0);
        for (int miss = 0; miss < RR_BACKUP_MISS_COUNT; miss++)
            assert_int_equal(rr_backup_selection_miss(selection, (enum rr_backup_miss)miss)->count,
                             miss == (int)cases[i].miss);
    }
}

static void aofs_beyond_the_limit_are_not_known(void **state)
{
    (void)state;
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&any);
    rr_auto_ptr(backup_selection) other = rr_backup_selection_new(&any);
    struct rr_backup_object aof;

    add_aofs(selection, RR_BACKUP_AOFS_MAX);
    assert_true(rr_backup_selection_knows_aofs(selection));
    assert_true(rr_backup_selection_find_aof(selection, RR_LIT("a"), RR_LIT("20260101-002047"), &aof));
    add(selection, "a/appendonly-20260201-000000.aof", 1);

    assert_false(rr_backup_selection_knows_aofs(selection));
    assert_false(rr_backup_selection_find_aof(selection, RR_LIT("a"), RR_LIT("20260201-000000"), &aof));
    rr_backup_selection_merge(other, selection);
    assert_false(rr_backup_selection_knows_aofs(other));
    rr_backup_selection_reset(other);
    assert_true(rr_backup_selection_knows_aofs(other));
}

static void aofs_that_are_not_to_be_remembered_are_not_known(void **state)
{
    (void)state;
    struct rr_backup_scope scope = { .keep = 1 };
    rr_auto_ptr(backup_selection) part = rr_backup_selection_new(&scope);

    add(part, "a/dump-20260101-000000.rdb", 1);
    assert_true(rr_backup_selection_knows_aofs(part));
    add(part, "a/appendonly-20260101-000000.aof", 1);

    assert_false(rr_backup_selection_knows_aofs(part));
    assert_int_equal(rr_backup_selection_counts(part)->aof_files, 1);
}

static void floor_is_the_worst_of_the_best_once_they_are_enough(void **state)
{
    (void)state;
    struct rr_backup_scope scope = { .criteria.order = RR_BACKUP_ORDER_TIMESTAMP, .keep = 2 };
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&scope);
    rr_auto_ptr(backup_selection) by_time = rr_backup_selection_new(&any);
    struct rr_slice floor;

    add(selection, "a/dump-20260103-000000.rdb", 1);
    assert_false(rr_backup_selection_floor(selection, &floor));
    add(selection, "a/dump-20260101-000000.rdb", 1);
    add(selection, "a/dump-20260102-000000.rdb", 1);
    for (int i = 0; i < 4; i++)
        add(by_time, i % 2 == 0 ? "a/dump-20260103-000000.rdb" : "b/dump-20260103-000000.rdb", i);

    assert_true(rr_backup_selection_floor(selection, &floor));
    assert_slice(floor, "20260102-000000");
    assert_false(rr_backup_selection_floor(by_time, &floor));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s27_choice_equals_full_sort_for_any_set_and_order),
    cmocka_unit_test(s27_merged_parts_equal_one_selection),
    cmocka_unit_test(counts_are_of_every_object_and_samples_the_smallest_keys),
    cmocka_unit_test(timestamp_breaks_a_tie_of_times),
    cmocka_unit_test(key_breaks_the_last_tie),
    cmocka_unit_test(order_timestamp_prefers_the_name_over_the_time),
    cmocka_unit_test(s27_two_spellings_of_one_rdb_count_once),
    cmocka_unit_test(s27_not_after_includes_its_own_moment),
    cmocka_unit_test(s27_not_after_reads_names_in_their_zone),
    cmocka_unit_test(other_ids_are_near_misses_when_one_is_asked_for),
    cmocka_unit_test(s29_near_misses_are_distinguished),
    cmocka_unit_test(aofs_beyond_the_limit_are_not_known),
    cmocka_unit_test(aofs_that_are_not_to_be_remembered_are_not_known),
    cmocka_unit_test(floor_is_the_worst_of_the_best_once_they_are_enough),
};

RR_TEST_MAIN(tests)
