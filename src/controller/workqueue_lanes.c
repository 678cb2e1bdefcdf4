#include "workqueue_lanes.h"

#include <redisrestore/base/mem.h>

struct rr_lane {
    struct rr_lane_item *first, *last; /* ready */
    size_t running;
    bool in_turn;
    struct rr_lane *next; /* in the order of turns */
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
    (void)rr_map_put(&lanes->lanes, name, lane); /* nothing stood there */
    return lane;
}

/* Puts the lane at the end of the turns when it has something that may run. */
static void offer(struct rr_lanes *lanes, struct rr_lane *lane)
{
    if (lane->in_turn || lane->first == NULL || (lanes->limit > 0 && lane->running >= lanes->limit))
        return;
    lane->in_turn = true;
    lane->next = NULL;
    if (lanes->last != NULL)
        lanes->last->next = lane;
    else
        lanes->first = lane;
    lanes->last = lane;
}

void rr_lanes_done(struct rr_lanes *lanes)
{
    rr_map_done(&lanes->lanes, rr_free);
    *lanes = (struct rr_lanes){ .limit = lanes->limit };
}

void rr_lanes_push(struct rr_lanes *lanes, struct rr_slice lane_name, struct rr_lane_item *item)
{
    rr_assert(item->lane == NULL);
    struct rr_lane *lane = lane_of(lanes, lane_name);
    item->lane = lane;
    item->next = NULL;
    if (lane->last != NULL)
        lane->last->next = item;
    else
        lane->first = item;
    lane->last = item;
    lanes->ready++;
    offer(lanes, lane);
}

bool rr_lanes_has_next(const struct rr_lanes *lanes)
{
    return lanes->first != NULL;
}

struct rr_lane_item *rr_lanes_take(struct rr_lanes *lanes)
{
    struct rr_lane *lane = lanes->first;
    if (lane == NULL)
        return NULL;
    lanes->first = lane->next;
    if (lane->next == NULL)
        lanes->last = NULL;
    lane->in_turn = false;
    struct rr_lane_item *item = lane->first;
    lane->first = item->next;
    if (item->next == NULL)
        lane->last = NULL;
    item->next = NULL;
    lanes->ready--;
    lane->running++;
    offer(lanes, lane);
    return item;
}

void rr_lanes_finish(struct rr_lanes *lanes, struct rr_lane_item *item)
{
    struct rr_lane *lane = item->lane;
    rr_assert(lane != NULL && lane->running > 0);
    item->lane = NULL;
    lane->running--;
    offer(lanes, lane);
    if (lane->first != NULL || lane->running > 0)
        return;
    (void)rr_map_remove(&lanes->lanes, name_of(lane)); /* `lane` */
    rr_free(lane);
}
