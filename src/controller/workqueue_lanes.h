/* SPDX-License-Identifier: Apache-2.0 */
/* workqueue_lanes: the keys that are ready to run, in one lane for each namespace: first in, first out within a lane,
 * round robin between lanes, and at most `limit` running keys of one lane (behaviour F-55). News goes before keys that
 * are only rechecked (behaviour W-06), but one in eight runs is a recheck while any wait. A lane exists while it has a
 * ready or running item. Pure: every call takes constant time. Threads: protected by the queue's lock. */
#ifndef RR_CONTROLLER_WORKQUEUE_LANES_H
#define RR_CONTROLLER_WORKQUEUE_LANES_H

#include <redisrestore/base/map.h>

struct rr_lane;

enum rr_lane_class { RR_LANE_NEWS, RR_LANE_LATER, RR_LANE_CLASSES };

enum { RR_LANES_NEWS_IN_A_ROW_MAX = 7 };

/* Embedded in a queued item. Zeroed: neither ready nor running. */
struct rr_lane_item {
    void *owner;              /* the caller's; borrows */
    enum rr_lane_class class; /* set by the caller until the item is ready */
    bool in_front;            /* likewise: before others of its lane and class, because it has waited before */
    bool aside;               /* private, like everything below: it runs, but holds no place */
    struct rr_lane *lane;
    struct rr_lane_item *next, *previous;
};

/* Zeroed except for the fixed fields, it is empty. */
struct rr_lanes {
    size_t limit;                  /* of one lane: items that hold a place; fixed; 0: none */
    size_t places;                 /* of all lanes together; fixed; 0: no limit */
    size_t aside_max;              /* items that may run without a place; fixed; 0: none */
    size_t aside_of_lane_max;      /* likewise, of one lane */
    size_t running, aside;         /* items that hold a place; items that run without one */
    size_t ready[RR_LANE_CLASSES]; /* items that wait, including lanes at their limit */
    struct rr_map lanes;
    struct {
        struct rr_lane *first, *last;
    } turns[RR_LANE_CLASSES]; /* in turn order: lanes with a ready item of the class that may run */
    int news_in_a_row;        /* while rechecks waited */
};

void rr_lanes_done(struct rr_lanes *lanes); /* no longer borrows anything */
size_t rr_lanes_ready(const struct rr_lanes *lanes);
/* Pushes an item that is neither ready nor running. Borrows it until it is finished. */
void rr_lanes_push(struct rr_lanes *lanes, struct rr_slice lane_name, struct rr_lane_item *item);
/* Makes a ready item news, behind other news. An item that is news already keeps its position. */
void rr_lanes_raise(struct rr_lanes *lanes, struct rr_lane_item *item);
void rr_lanes_remove(struct rr_lanes *lanes, struct rr_lane_item *item); /* the item must be ready */
bool rr_lanes_has_next(const struct rr_lanes *lanes); /* whether rr_lanes_take would return an item */
/* Returns the next item, which runs from now on; NULL: none may run. */
struct rr_lane_item *rr_lanes_take(struct rr_lanes *lanes);
/* A running item releases its place to others while it waits for something slow. Returns false if too many have done
 * so; the item keeps its place. A second call changes nothing. */
bool rr_lanes_step_aside(struct rr_lanes *lanes, struct rr_lane_item *item);
void rr_lanes_finish(struct rr_lanes *lanes, struct rr_lane_item *item); /* the item must be running */

#endif
