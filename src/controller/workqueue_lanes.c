/* SPDX-License-Identifier: Apache-2.0 */
#include "workqueue_lanes.h"

#include <redisrestore/base/mem.h>

struct rr_lane {
    struct {
        struct rr_lane_item *first, *last; /* ready */
        bool in_turn;
        struct rr_lane *next, *previous; /* in the order of turns */
    } of[RR_LANE_CLASSES];
    size_t running, aside;
    size_t name_len;
    char name[];
};

static struct rr_slice name_of(const struct rr_lane *lane)
{
    return (struct rr_slice){ lane->name, lane->name_len };
}

static struct rr_lane *lane_of(struct rr_lanes *lanes, struct rr_slice name)
{
    struct rr_lane *lane = rr_map_get(&lanes->lanes, name);
    if (lane != NULL)
        return lane;
    lane = rr_alloc(sizeof(*lane) + name.len + 1);
    lane->name_len = name.len;
    if (name.len > 0)
        memcpy(lane->name, name.ptr, name.len);
    (void)rr_map_put(&lanes->lanes, name, lane); /* the name was absent */
    return lane;
}

static bool is_full(const struct rr_lanes *lanes, const struct rr_lane *lane)
{
    return lanes->limit > 0 && lane->running >= lanes->limit;
}

static void begin_turn(struct rr_lanes *lanes, struct rr_lane *lane, enum rr_lane_class class)
{
    lane->of[class].in_turn = true;
    lane->of[class].next = NULL;
    lane->of[class].previous = lanes->turns[class].last;
    if (lanes->turns[class].last != NULL)
        lanes->turns[class].last->of[class].next = lane;
    else
        lanes->turns[class].first = lane;
    lanes->turns[class].last = lane;
}

static void end_turn(struct rr_lanes *lanes, struct rr_lane *lane, enum rr_lane_class class)
{
    struct rr_lane *next = lane->of[class].next, *previous = lane->of[class].previous;
    if (next != NULL)
        next->of[class].previous = previous;
    else
        lanes->turns[class].last = previous;
    if (previous != NULL)
        previous->of[class].next = next;
    else
        lanes->turns[class].first = next;
    lane->of[class].in_turn = false;
}

/* Puts the lane at the end of the turns of each class that has an item which may run, and removes it from the
 * others. */
static void offer(struct rr_lanes *lanes, struct rr_lane *lane)
{
    for (size_t class = 0; class < RR_LANE_CLASSES; class ++) {
        bool may_run = lane->of[class].first != NULL && !is_full(lanes, lane);
        if (may_run && !lane->of[class].in_turn)
            begin_turn(lanes, lane, (enum rr_lane_class) class);
        else if (!may_run && lane->of[class].in_turn)
            end_turn(lanes, lane, (enum rr_lane_class) class);
    }
}

static void put_first(struct rr_lane *lane, struct rr_lane_item *item)
{
    struct rr_lane_item *first = lane->of[item->class].first;
    item->previous = NULL;
    item->next = first;
    if (first != NULL)
        first->previous = item;
    else
        lane->of[item->class].last = item;
    lane->of[item->class].first = item;
}

static void append(struct rr_lane *lane, struct rr_lane_item *item)
{
    struct rr_lane_item *last = lane->of[item->class].last;
    item->next = NULL;
    item->previous = last;
    if (last != NULL)
        last->next = item;
    else
        lane->of[item->class].first = item;
    lane->of[item->class].last = item;
}

static void take_out(struct rr_lane *lane, struct rr_lane_item *item)
{
    if (item->next != NULL)
        item->next->previous = item->previous;
    else
        lane->of[item->class].last = item->previous;
    if (item->previous != NULL)
        item->previous->next = item->next;
    else
        lane->of[item->class].first = item->next;
    item->next = item->previous = NULL;
}

static void drop_if_unused(struct rr_lanes *lanes, struct rr_lane *lane)
{
    if (lane->of[RR_LANE_NEWS].first != NULL || lane->of[RR_LANE_LATER].first != NULL || lane->running > 0 ||
        lane->aside > 0)
        return;
    (void)rr_map_remove(&lanes->lanes, name_of(lane)); /* `lane` */
    rr_free(lane);
}

void rr_lanes_done(struct rr_lanes *lanes)
{
    rr_map_done(&lanes->lanes, rr_free);
    *lanes = (struct rr_lanes){ .limit = lanes->limit,
                                .places = lanes->places,
                                .aside_max = lanes->aside_max,
                                .aside_of_lane_max = lanes->aside_of_lane_max };
}

void rr_lanes_push(struct rr_lanes *lanes, struct rr_slice lane_name, struct rr_lane_item *item)
{
    rr_assert(item->lane == NULL);
    item->lane = lane_of(lanes, lane_name);
    if (item->in_front)
        put_first(item->lane, item);
    else
        append(item->lane, item);
    lanes->ready[item->class]++;
    offer(lanes, item->lane);
}

void rr_lanes_raise(struct rr_lanes *lanes, struct rr_lane_item *item)
{
    rr_assert(item->lane != NULL);
    if (item->class == RR_LANE_NEWS)
        return;
    take_out(item->lane, item);
    lanes->ready[item->class]--;
    item->class = RR_LANE_NEWS;
    lanes->ready[item->class]++;
    append(item->lane, item);
    offer(lanes, item->lane);
}

size_t rr_lanes_ready(const struct rr_lanes *lanes)
{
    return lanes->ready[RR_LANE_NEWS] + lanes->ready[RR_LANE_LATER];
}

void rr_lanes_remove(struct rr_lanes *lanes, struct rr_lane_item *item)
{
    struct rr_lane *lane = item->lane;
    rr_assert(lane != NULL);
    take_out(lane, item);
    lanes->ready[item->class]--;
    item->lane = NULL;
    offer(lanes, lane);
    drop_if_unused(lanes, lane);
}

bool rr_lanes_has_next(const struct rr_lanes *lanes)
{
    if (lanes->places > 0 && lanes->running >= lanes->places)
        return false;
    return lanes->turns[RR_LANE_NEWS].first != NULL || lanes->turns[RR_LANE_LATER].first != NULL;
}

static enum rr_lane_class next_class(struct rr_lanes *lanes)
{
    if (lanes->turns[RR_LANE_NEWS].first == NULL || lanes->news_in_a_row >= RR_LANES_NEWS_IN_A_ROW_MAX) {
        lanes->news_in_a_row = 0;
        if (lanes->turns[RR_LANE_LATER].first != NULL)
            return RR_LANE_LATER;
    }
    if (lanes->turns[RR_LANE_LATER].first != NULL)
        lanes->news_in_a_row++;
    return RR_LANE_NEWS;
}

struct rr_lane_item *rr_lanes_take(struct rr_lanes *lanes)
{
    if (!rr_lanes_has_next(lanes))
        return NULL;
    enum rr_lane_class class = next_class(lanes);
    struct rr_lane *lane = lanes->turns[class].first;
    end_turn(lanes, lane, class);
    struct rr_lane_item *item = lane->of[class].first;
    take_out(lane, item);
    lanes->ready[class]--;
    lane->running++;
    lanes->running++;
    item->aside = false;
    offer(lanes, lane);
    return item;
}

static void give_place_back(struct rr_lanes *lanes, struct rr_lane *lane)
{
    rr_assert(lane->running > 0 && lanes->running > 0);
    lane->running--;
    lanes->running--;
    offer(lanes, lane);
}

bool rr_lanes_step_aside(struct rr_lanes *lanes, struct rr_lane_item *item)
{
    struct rr_lane *lane = item->lane;
    rr_assert(lane != NULL);
    if (item->aside)
        return true;
    if (lanes->aside >= lanes->aside_max || lane->aside >= lanes->aside_of_lane_max)
        return false;
    item->aside = true;
    lane->aside++;
    lanes->aside++;
    give_place_back(lanes, lane);
    return true;
}

void rr_lanes_finish(struct rr_lanes *lanes, struct rr_lane_item *item)
{
    struct rr_lane *lane = item->lane;
    rr_assert(lane != NULL);
    item->lane = NULL;
    if (item->aside) {
        item->aside = false;
        lane->aside--;
        lanes->aside--;
    } else {
        give_place_back(lanes, lane);
    }
    drop_if_unused(lanes, lane);
}
