/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/map.h>
#include <redisrestore/base/mem.h>
#include <support/test.h>

static void zeroed_map_is_empty(void **state)
{
    (void)state;
    struct rr_map map = { 0 };

    assert_int_equal(rr_map_count(&map), 0);
    assert_null(rr_map_get(&map, RR_LIT("a")));
    assert_null(rr_map_remove(&map, RR_LIT("a")));
    assert_null(rr_map_first(&map));
    rr_map_done(&map, NULL);
    rr_map_done(NULL, NULL);
}

static void put_returns_the_previous_value(void **state)
{
    (void)state;
    int one, two;
    struct rr_map map = { 0 };

    assert_null(rr_map_put(&map, RR_LIT("a"), &one));
    assert_ptr_equal(rr_map_put(&map, RR_LIT("a"), &two), &one);

    assert_ptr_equal(rr_map_get(&map, RR_LIT("a")), &two);
    assert_int_equal(rr_map_count(&map), 1);
    rr_map_done(&map, NULL);
}

static void keys_are_copied_and_may_hold_any_byte(void **state)
{
    (void)state;
    int one, two, three;
    char key[] = "k";
    struct rr_map map = { 0 };

    (void)rr_map_put(&map, rr_slice_from(key), &one);
    key[0] = 'x';
    (void)rr_map_put(&map, RR_LIT("k\0"), &two);
    (void)rr_map_put(&map, (struct rr_slice){ 0 }, &three);

    assert_ptr_equal(rr_map_get(&map, RR_LIT("k")), &one);
    assert_ptr_equal(rr_map_get(&map, RR_LIT("k\0")), &two);
    assert_ptr_equal(rr_map_get(&map, RR_LIT("")), &three);
    assert_null(rr_map_get(&map, RR_LIT("x")));
    rr_map_done(&map, NULL);
}

static void iteration_keeps_the_order_of_insertion(void **state)
{
    (void)state;
    int values[3];
    struct rr_map map = { 0 };
    (void)rr_map_put(&map, RR_LIT("c"), &values[0]);
    (void)rr_map_put(&map, RR_LIT("a"), &values[1]);
    (void)rr_map_put(&map, RR_LIT("b"), &values[2]);
    (void)rr_map_put(&map, RR_LIT("c"), &values[0]);

    const char *const expected[] = { "c", "a", "b" };
    size_t at = 0;
    for (struct rr_map_entry *entry = rr_map_first(&map); entry != NULL; entry = rr_map_next(entry), at++) {
        assert_slice(rr_map_key(entry), expected[at]);
        assert_ptr_equal(rr_map_value(entry), &values[at]);
    }

    assert_int_equal(at, 3);
    rr_map_done(&map, NULL);
}

static void entry_of_the_loop_may_be_removed(void **state)
{
    (void)state;
    int values[100];
    struct rr_map map = { 0 };
    for (int i = 0; i < 100; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "%d", i);
        (void)rr_map_put(&map, rr_slice_from(key), &values[i]);
    }

    int left = 0;
    for (struct rr_map_entry *entry = rr_map_first(&map), *next; entry != NULL; entry = next) {
        next = rr_map_next(entry);
        if ((left++ & 1) == 0)
            assert_ptr_equal(rr_map_remove(&map, rr_map_key(entry)), &values[left - 1]);
    }

    assert_int_equal(left, 100);
    assert_int_equal(rr_map_count(&map), 50);
    assert_null(rr_map_get(&map, RR_LIT("0")));
    assert_ptr_equal(rr_map_get(&map, RR_LIT("99")), &values[99]);
    rr_map_done(&map, NULL);
}

static void done_frees_every_value_once(void **state)
{
    (void)state;
    struct rr_map map = { 0 };
    for (int i = 0; i < 1000; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "%d", i);
        (void)rr_map_put(&map, rr_slice_from(key), rr_alloc(1));
    }

    rr_map_done(&map, rr_free);

    assert_int_equal(rr_map_count(&map), 0);
    (void)rr_map_put(&map, RR_LIT("again"), &map);
    assert_int_equal(rr_map_count(&map), 1);
    rr_map_done(&map, NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(zeroed_map_is_empty),
    cmocka_unit_test(put_returns_the_previous_value),
    cmocka_unit_test(keys_are_copied_and_may_hold_any_byte),
    cmocka_unit_test(iteration_keeps_the_order_of_insertion),
    cmocka_unit_test(entry_of_the_loop_may_be_removed),
    cmocka_unit_test(done_frees_every_value_once),
};

RR_TEST_MAIN(tests)
