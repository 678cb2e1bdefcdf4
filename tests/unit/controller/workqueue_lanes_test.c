/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include "workqueue_lanes.h"

#define SHOP RR_LIT("shop")
#define BANK RR_LIT("bank")

static void lane_gives_first_in_first_out(void **state)
{
    (void)state;
    struct rr_lanes lanes = { 0 };
    struct rr_lane_item items[3] = { 0 };

    for (size_t i = 0; i < RR_COUNT(items); i++)
        rr_lanes_push(&lanes, SHOP, &items[i]);

    assert_int_equal(rr_lanes_ready(&lanes), 3);
    for (size_t i = 0; i < RR_COUNT(items); i++)
        assert_ptr_equal(rr_lanes_take(&lanes), &items[i]);
    assert_null(rr_lanes_take(&lanes));
    rr_lanes_done(&lanes);
}

static void f55_lanes_take_turns(void **state)
{
    (void)state;
    struct rr_lanes lanes = { 0 };
    struct rr_lane_item many[3] = { 0 }, late = { 0 };
    for (size_t i = 0; i < RR_COUNT(many); i++)
        rr_lanes_push(&lanes, SHOP, &many[i]);

    rr_lanes_push(&lanes, BANK, &late);

    assert_ptr_equal(rr_lanes_take(&lanes), &many[0]);
    assert_ptr_equal(rr_lanes_take(&lanes), &late);
    assert_ptr_equal(rr_lanes_take(&lanes), &many[1]);
    rr_lanes_done(&lanes);
}

static void f55_lane_at_its_limit_waits_for_one_of_its_own(void **state)
{
    (void)state;
    struct rr_lanes lanes = { .limit = 2 };
    struct rr_lane_item many[4] = { 0 }, other = { 0 };
    for (size_t i = 0; i < RR_COUNT(many); i++)
        rr_lanes_push(&lanes, SHOP, &many[i]);
    assert_ptr_equal(rr_lanes_take(&lanes), &many[0]);
    assert_ptr_equal(rr_lanes_take(&lanes), &many[1]);

    assert_false(rr_lanes_has_next(&lanes));
    assert_null(rr_lanes_take(&lanes));
    assert_int_equal(rr_lanes_ready(&lanes), 2);
    rr_lanes_push(&lanes, BANK, &other);
    assert_ptr_equal(rr_lanes_take(&lanes), &other);
    rr_lanes_finish(&lanes, &other);
    assert_null(rr_lanes_take(&lanes));

    rr_lanes_finish(&lanes, &many[1]);
    assert_ptr_equal(rr_lanes_take(&lanes), &many[2]);
    assert_null(rr_lanes_take(&lanes));
    rr_lanes_done(&lanes);
}

static void f55_lane_without_work_takes_no_memory(void **state)
{
    (void)state;
    struct rr_lanes lanes = { .limit = 1 };
    struct rr_lane_item first = { 0 }, second = { 0 };
    rr_lanes_push(&lanes, SHOP, &first);
    rr_lanes_push(&lanes, SHOP, &second);

    rr_lanes_finish(&lanes, rr_lanes_take(&lanes));
    assert_int_equal(rr_map_count(&lanes.lanes), 1);
    rr_lanes_finish(&lanes, rr_lanes_take(&lanes));

    assert_int_equal(rr_map_count(&lanes.lanes), 0);
    rr_lanes_push(&lanes, SHOP, &first); /* an item can come again */
    assert_ptr_equal(rr_lanes_take(&lanes), &first);
    rr_lanes_done(&lanes);
}

static void push_as(struct rr_lanes *lanes, struct rr_slice name, struct rr_lane_item *item, enum rr_lane_class class)
{
    item->class = class;
    rr_lanes_push(lanes, name, item);
}

static void w06_urgent_items_of_any_lane_go_first(void **state)
{
    (void)state;
    struct rr_lanes lanes = { 0 };
    struct rr_lane_item old[3] = { 0 }, news[2] = { 0 };
    for (size_t i = 0; i < RR_COUNT(old); i++)
        push_as(&lanes, i < 2 ? SHOP : BANK, &old[i], RR_LANE_LATER);

    push_as(&lanes, SHOP, &news[0], RR_LANE_NEWS);
    push_as(&lanes, BANK, &news[1], RR_LANE_NEWS);

    assert_int_equal(rr_lanes_ready(&lanes), 5);
    assert_ptr_equal(rr_lanes_take(&lanes), &news[0]);
    assert_ptr_equal(rr_lanes_take(&lanes), &news[1]);
    assert_ptr_equal(rr_lanes_take(&lanes), &old[0]);
    assert_ptr_equal(rr_lanes_take(&lanes), &old[2]);
    assert_ptr_equal(rr_lanes_take(&lanes), &old[1]);
    assert_null(rr_lanes_take(&lanes));
    rr_lanes_done(&lanes);
}

static void w06_every_eighth_item_is_one_that_is_not_urgent(void **state)
{
    (void)state;
    struct rr_lanes lanes = { 0 };
    struct rr_lane_item old[2] = { 0 }, news[20] = { 0 };
    for (size_t i = 0; i < RR_COUNT(old); i++)
        push_as(&lanes, SHOP, &old[i], RR_LANE_LATER);
    for (size_t i = 0; i < RR_COUNT(news); i++)
        push_as(&lanes, SHOP, &news[i], RR_LANE_NEWS);

    for (size_t i = 0, next = 0; i < 16; i++)
        assert_ptr_equal(rr_lanes_take(&lanes), i % 8 == 7 ? &old[i / 8] : &news[next++]);

    rr_lanes_done(&lanes);
}

static void w06_item_that_becomes_urgent_goes_behind_the_urgent_ones(void **state)
{
    (void)state;
    struct rr_lanes lanes = { 0 };
    struct rr_lane_item old[3] = { 0 }, news = { 0 };
    for (size_t i = 0; i < RR_COUNT(old); i++)
        push_as(&lanes, SHOP, &old[i], RR_LANE_LATER);
    push_as(&lanes, SHOP, &news, RR_LANE_NEWS);

    rr_lanes_raise(&lanes, &old[1]);
    rr_lanes_raise(&lanes, &news);

    assert_int_equal(rr_lanes_ready(&lanes), 4);
    struct rr_lane_item *const expected[] = { &news, &old[1], &old[0], &old[2] };
    for (size_t i = 0; i < RR_COUNT(expected); i++)
        assert_ptr_equal(rr_lanes_take(&lanes), expected[i]);
    assert_null(rr_lanes_take(&lanes));
    rr_lanes_done(&lanes);
}

static void w06_item_that_has_waited_before_goes_first_in_its_class(void **state)
{
    (void)state;
    struct rr_lanes lanes = { 0 };
    struct rr_lane_item old[2] = { 0 }, again = { .in_front = true }, news = { 0 };
    struct rr_lane_item alone = again;
    for (size_t i = 0; i < RR_COUNT(old); i++)
        push_as(&lanes, SHOP, &old[i], RR_LANE_LATER);
    push_as(&lanes, SHOP, &again, RR_LANE_LATER);
    push_as(&lanes, SHOP, &news, RR_LANE_NEWS);

    assert_int_equal(lanes.ready[RR_LANE_NEWS], 1);
    assert_int_equal(lanes.ready[RR_LANE_LATER], 3);
    struct rr_lane_item *const expected[] = { &news, &again, &old[0], &old[1] };
    for (size_t i = 0; i < RR_COUNT(expected); i++)
        assert_ptr_equal(rr_lanes_take(&lanes), expected[i]);
    assert_int_equal(rr_lanes_ready(&lanes), 0);
    push_as(&lanes, BANK, &alone, RR_LANE_LATER);
    assert_ptr_equal(rr_lanes_take(&lanes), &alone);
    rr_lanes_done(&lanes);
}

static void w06_limit_of_a_lane_counts_both_classes(void **state)
{
    (void)state;
    struct rr_lanes lanes = { .limit = 1 };
    struct rr_lane_item old = { 0 }, news = { 0 };
    push_as(&lanes, SHOP, &old, RR_LANE_LATER);
    push_as(&lanes, SHOP, &news, RR_LANE_NEWS);
    assert_ptr_equal(rr_lanes_take(&lanes), &news);

    assert_false(rr_lanes_has_next(&lanes));
    assert_null(rr_lanes_take(&lanes));
    rr_lanes_finish(&lanes, &news);

    assert_ptr_equal(rr_lanes_take(&lanes), &old);
    rr_lanes_finish(&lanes, &old);
    assert_int_equal(rr_map_count(&lanes.lanes), 0);
    rr_lanes_done(&lanes);
}

enum { ITEMS = 60, LANES = 6, WORKERS = 4, LIMIT = 2, STEPS = 20000 };

/* Checks the invariants of the lanes after each step of a random order of adds, starts and ends. */
struct model {
    struct rr_lanes lanes;
    struct rr_lane_item items[ITEMS];
    enum { IDLE, READY, RUNNING } is[ITEMS];
    size_t running_of[LANES], ready_of[LANES], running;
    size_t passed_over[LANES]; /* takes from other lanes while this lane was eligible */
    uint64_t seed;
};

static size_t any(struct model *model, size_t below)
{
    model->seed = model->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(model->seed >> 33) % below;
}

static struct rr_slice lane_name(size_t lane)
{
    static const char names[] = "abcdef";
    return (struct rr_slice){ names + lane, 1 };
}

static void push_any(struct model *model)
{
    /* Half of all adds are of lane 0: the noisy neighbour. */
    size_t item = any(model, 2) == 0 ? LANES * any(model, ITEMS / LANES) : any(model, ITEMS);
    if (model->is[item] != IDLE)
        return;
    model->items[item].owner = &model->is[item];
    model->items[item].in_front = any(model, 3) == 0;
    rr_lanes_push(&model->lanes, lane_name(item % LANES), &model->items[item]);
    model->is[item] = READY;
    model->ready_of[item % LANES]++;
}

static void take_one(struct model *model)
{
    bool may[LANES], any_may = false;
    for (size_t lane = 0; lane < LANES; lane++) {
        may[lane] = model->ready_of[lane] > 0 && model->running_of[lane] < LIMIT;
        any_may = any_may || may[lane];
    }
    assert_int_equal(rr_lanes_has_next(&model->lanes), any_may);
    struct rr_lane_item *taken = model->running < WORKERS ? rr_lanes_take(&model->lanes) : NULL;
    if (taken == NULL) {
        assert_true(!any_may || model->running == WORKERS);
        return;
    }
    size_t item = (size_t)(taken - model->items), of = item % LANES;
    assert_int_equal(model->is[item], READY); /* never handed out twice */
    assert_true(may[of]);                     /* never over the limit */
    model->is[item] = RUNNING;
    model->running++;
    model->ready_of[of]--;
    model->running_of[of]++;
    for (size_t lane = 0; lane < LANES; lane++) {
        model->passed_over[lane] = may[lane] && lane != of ? model->passed_over[lane] + 1 : 0;
        assert_true(model->passed_over[lane] < LANES); /* no lane has two turns before another has one */
    }
}

static void finish_any(struct model *model)
{
    size_t from = any(model, ITEMS);
    for (size_t i = 0; i < ITEMS; i++) {
        size_t item = (from + i) % ITEMS;
        if (model->is[item] != RUNNING)
            continue;
        rr_lanes_finish(&model->lanes, &model->items[item]);
        model->is[item] = IDLE;
        model->running--;
        model->running_of[item % LANES]--;
        return;
    }
}

static void f55_any_order_of_adds_hands_out_once_in_turn_and_within_the_limit(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct model model = { .lanes = { .limit = LIMIT }, .seed = seed };

        for (int i = 0; i < STEPS; i++) {
            size_t what = any(&model, 5);
            if (what < 2)
                push_any(&model);
            else if (what < 4)
                take_one(&model);
            else
                finish_any(&model);
        }

        rr_lanes_done(&model.lanes);
    }
}

static void f59_item_that_steps_aside_gives_its_place_to_others(void **state)
{
    (void)state;
    struct rr_lanes lanes = { .limit = 1, .places = 1, .aside_max = 1, .aside_of_lane_max = 1 };
    struct rr_lane_item shop[3] = { 0 };
    for (size_t i = 0; i < RR_COUNT(shop); i++)
        rr_lanes_push(&lanes, SHOP, &shop[i]);
    assert_ptr_equal(rr_lanes_take(&lanes), &shop[0]);
    assert_null(rr_lanes_take(&lanes));

    assert_true(rr_lanes_step_aside(&lanes, &shop[0]));
    assert_true(rr_lanes_step_aside(&lanes, &shop[0]));

    assert_ptr_equal(rr_lanes_take(&lanes), &shop[1]);
    assert_false(rr_lanes_step_aside(&lanes, &shop[1])); /* one is aside */
    assert_null(rr_lanes_take(&lanes));
    rr_lanes_finish(&lanes, &shop[0]); /* it held no place */
    assert_null(rr_lanes_take(&lanes));
    assert_true(rr_lanes_step_aside(&lanes, &shop[1]));
    assert_ptr_equal(rr_lanes_take(&lanes), &shop[2]);
    rr_lanes_finish(&lanes, &shop[1]);
    rr_lanes_finish(&lanes, &shop[2]);
    assert_int_equal(rr_map_count(&lanes.lanes), 0);
    rr_lanes_done(&lanes);
}

static void f59_lane_has_its_share_of_those_aside(void **state)
{
    (void)state;
    struct rr_lanes lanes = { .aside_max = 2, .aside_of_lane_max = 1 };
    struct rr_lane_item shop[2] = { 0 }, bank = { 0 };
    rr_lanes_push(&lanes, SHOP, &shop[0]);
    rr_lanes_push(&lanes, SHOP, &shop[1]);
    rr_lanes_push(&lanes, BANK, &bank);
    while (rr_lanes_take(&lanes) != NULL)
        continue;

    assert_true(rr_lanes_step_aside(&lanes, &shop[0]));

    assert_false(rr_lanes_step_aside(&lanes, &shop[1]));
    assert_true(rr_lanes_step_aside(&lanes, &bank));
    rr_lanes_done(&lanes);
}

static void f59_places_of_all_lanes_are_limited(void **state)
{
    (void)state;
    struct rr_lanes lanes = { .places = 2 };
    struct rr_lane_item shop = { 0 }, bank = { 0 }, bakery = { 0 };
    rr_lanes_push(&lanes, SHOP, &shop);
    rr_lanes_push(&lanes, BANK, &bank);
    rr_lanes_push(&lanes, RR_LIT("bakery"), &bakery);

    assert_ptr_equal(rr_lanes_take(&lanes), &shop);
    assert_ptr_equal(rr_lanes_take(&lanes), &bank);
    assert_false(rr_lanes_has_next(&lanes));
    assert_null(rr_lanes_take(&lanes));

    rr_lanes_finish(&lanes, &shop);
    assert_ptr_equal(rr_lanes_take(&lanes), &bakery);
    rr_lanes_done(&lanes);
}

static void lane_item_that_is_removed_is_not_taken(void **state)
{
    (void)state;
    struct rr_lanes lanes = { .limit = 1 };
    struct rr_lane_item shop[3] = { 0 };
    for (size_t i = 0; i < RR_COUNT(shop); i++)
        rr_lanes_push(&lanes, SHOP, &shop[i]);

    rr_lanes_remove(&lanes, &shop[1]);

    assert_int_equal(rr_lanes_ready(&lanes), 2);
    assert_ptr_equal(rr_lanes_take(&lanes), &shop[0]);
    rr_lanes_finish(&lanes, &shop[0]);
    assert_ptr_equal(rr_lanes_take(&lanes), &shop[2]);
    rr_lanes_push(&lanes, SHOP, &shop[1]);
    rr_lanes_remove(&lanes, &shop[1]);
    rr_lanes_finish(&lanes, &shop[2]);
    assert_int_equal(rr_map_count(&lanes.lanes), 0);
    rr_lanes_done(&lanes);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lane_gives_first_in_first_out),
    cmocka_unit_test(f55_lanes_take_turns),
    cmocka_unit_test(f55_lane_at_its_limit_waits_for_one_of_its_own),
    cmocka_unit_test(f55_lane_without_work_takes_no_memory),
    cmocka_unit_test(w06_urgent_items_of_any_lane_go_first),
    cmocka_unit_test(w06_every_eighth_item_is_one_that_is_not_urgent),
    cmocka_unit_test(w06_item_that_becomes_urgent_goes_behind_the_urgent_ones),
    cmocka_unit_test(w06_item_that_has_waited_before_goes_first_in_its_class),
    cmocka_unit_test(w06_limit_of_a_lane_counts_both_classes),
    cmocka_unit_test(f55_any_order_of_adds_hands_out_once_in_turn_and_within_the_limit),
    cmocka_unit_test(f59_item_that_steps_aside_gives_its_place_to_others),
    cmocka_unit_test(f59_lane_has_its_share_of_those_aside),
    cmocka_unit_test(f59_places_of_all_lanes_are_limited),
    cmocka_unit_test(lane_item_that_is_removed_is_not_taken),
};

RR_TEST_MAIN(tests)
