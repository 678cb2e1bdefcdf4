/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/heap.h>
#include <support/test.h>

static struct rr_heap_entry *pop(struct rr_heap *heap)
{
    struct rr_heap_entry *first = rr_heap_first(heap);
    if (first != NULL)
        rr_heap_remove(heap, first);
    return first;
}

static void empty_heap_has_no_first(void **state)
{
    (void)state;
    struct rr_heap heap = { 0 };

    assert_null(rr_heap_first(&heap));
    assert_null(pop(&heap));
    rr_heap_done(&heap);
    rr_heap_done(NULL);
}

static void pop_gives_the_smallest_key_first(void **state)
{
    (void)state;
    const int64_t keys[] = { 5, INT64_MAX, -3, 0, INT64_MIN, 7, 1 };
    const int64_t sorted[] = { INT64_MIN, -3, 0, 1, 5, 7, INT64_MAX };
    struct rr_heap_entry entries[RR_COUNT(keys)] = { { 0 } };
    struct rr_heap heap = { 0 };
    for (size_t i = 0; i < RR_COUNT(keys); i++)
        rr_heap_push(&heap, &entries[i], keys[i]);

    for (size_t i = 0; i < RR_COUNT(keys); i++) {
        struct rr_heap_entry *first = rr_heap_first(&heap);
        assert_true(first->key == sorted[i]);
        assert_ptr_equal(pop(&heap), first);
        assert_false(rr_heap_is_in(first));
    }

    assert_int_equal(heap.count, 0);
    rr_heap_done(&heap);
}

static void equal_keys_come_out_as_they_went_in(void **state)
{
    (void)state;
    struct rr_heap_entry entries[50] = { { 0 } };
    struct rr_heap heap = { 0 };
    for (size_t i = 0; i < RR_COUNT(entries); i++)
        rr_heap_push(&heap, &entries[i], 9);

    for (size_t i = 0; i < RR_COUNT(entries); i++)
        assert_ptr_equal(pop(&heap), &entries[i]);

    rr_heap_done(&heap);
}

static void update_moves_up_down_and_behind_equals(void **state)
{
    (void)state;
    struct rr_heap_entry a = { 0 }, b = { 0 }, c = { 0 };
    struct rr_heap heap = { 0 };
    rr_heap_push(&heap, &a, 10);
    rr_heap_push(&heap, &b, 20);
    rr_heap_push(&heap, &c, 30);

    rr_heap_update(&heap, &c, 5);
    assert_ptr_equal(rr_heap_first(&heap), &c);
    rr_heap_update(&heap, &c, 40);
    assert_ptr_equal(rr_heap_first(&heap), &a);
    rr_heap_update(&heap, &a, 20);

    assert_ptr_equal(pop(&heap), &b);
    assert_ptr_equal(pop(&heap), &a);
    assert_ptr_equal(pop(&heap), &c);
    rr_heap_done(&heap);
}

static void removed_entry_may_be_pushed_again(void **state)
{
    (void)state;
    struct rr_heap_entry a = { 0 }, b = { 0 };
    struct rr_heap heap = { 0 };
    rr_heap_push(&heap, &a, 1);
    rr_heap_push(&heap, &b, 2);

    rr_heap_remove(&heap, &a);
    rr_heap_remove(&heap, &a);
    assert_false(rr_heap_is_in(&a));
    assert_ptr_equal(rr_heap_first(&heap), &b);
    rr_heap_push(&heap, &a, 0);

    assert_ptr_equal(pop(&heap), &a);
    rr_heap_done(&heap);
    assert_false(rr_heap_is_in(&b));
}

enum { MODEL_ENTRIES = 64, MODEL_STEPS = 20000 };

/* The entry that a plain search finds: smallest key, of equals the one set first. */
static struct rr_heap_entry *search(struct rr_heap_entry *entries, const uint64_t *set_at)
{
    struct rr_heap_entry *best = NULL;
    for (size_t i = 0; i < MODEL_ENTRIES; i++) {
        if (!rr_heap_is_in(&entries[i]))
            continue;
        if (best == NULL || entries[i].key < best->key ||
            (entries[i].key == best->key && set_at[i] < set_at[best - entries]))
            best = &entries[i];
    }
    return best;
}

static void random_steps_agree_with_a_plain_search(void **state)
{
    (void)state;
    struct rr_heap_entry entries[MODEL_ENTRIES] = { { 0 } };
    uint64_t set_at[MODEL_ENTRIES] = { 0 }, seed = 1;
    struct rr_heap heap = { 0 };

    for (uint64_t step = 1; step <= MODEL_STEPS; step++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        size_t at = (size_t)(seed >> 33) % MODEL_ENTRIES;
        int64_t key = (int64_t)(seed >> 40) % 20;
        unsigned action = (unsigned)(seed >> 60);
        if (!rr_heap_is_in(&entries[at])) {
            rr_heap_push(&heap, &entries[at], key);
            set_at[at] = step;
        } else if (action < 6) {
            rr_heap_update(&heap, &entries[at], key);
            set_at[at] = step;
        } else if (action < 11) {
            rr_heap_remove(&heap, &entries[at]);
        } else {
            struct rr_heap_entry *expected = search(entries, set_at);
            assert_ptr_equal(pop(&heap), expected);
        }
        assert_ptr_equal(rr_heap_first(&heap), search(entries, set_at));
    }

    rr_heap_done(&heap);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(empty_heap_has_no_first),
    cmocka_unit_test(pop_gives_the_smallest_key_first),
    cmocka_unit_test(equal_keys_come_out_as_they_went_in),
    cmocka_unit_test(update_moves_up_down_and_behind_equals),
    cmocka_unit_test(removed_entry_may_be_pushed_again),
    cmocka_unit_test(random_steps_agree_with_a_plain_search),
};

RR_TEST_MAIN(tests)
