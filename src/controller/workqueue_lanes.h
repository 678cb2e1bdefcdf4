/* SPDX-License-Identifier: Apache-2.0 */
/* workqueue_lanes: the keys that are ready to run, in a lane for each namespace: first in, first out within a lane,
 * turn by turn between lanes, and at most `limit` of one lane running (behaviour F-55). News go before what only has to
 * be looked at some time (behaviour W-06), but of eight that run one is of the latter while there are any. A lane
 * exists while something of it is ready or runs. Pure: every call takes constant time. Threads: belongs to the queue's
 * lock. */
#ifndef RR_CONTROLLER_WORKQUEUE_LANES_H
#define RR_CONTROLLER_WORKQUEUE_LANES_H

#include <redisrestore/base/map.h>

struct rr_lane;

enum rr_lane_class { RR_LANE_NEWS, RR_LANE_LATER, RR_LANE_CLASSES };

enum { RR_LANES_NEWS_IN_A_ROW_MAX = 7 };

/* Embedded in what is queued; zeroed, it is neither ready nor running. */
struct rr_lane_item {
    void *owner;              /* the caller's; borrows */
    enum rr_lane_class class; /* the caller's, until the item is ready */
    bool in_front;            /* likewise: before others of its lane and class, since it has waited before */
    bool aside;               /* private, as below: it runs, but holds no place */
    struct rr_lane *lane;
    struct rr_lane_item *next, *previous;
};

/* Zeroed but for the fixed fields, it is empty. */
struct rr_lanes {
    size_t limit;                  /* of one lane: items that hold a place; fixed; 0: none */
    size_t places;                 /* of all lanes together; fixed; 0: no limit */
    size_t aside_max;              /* items that run without a place; fixed; 0: none may */
    size_t aside_of_lane_max;      /* likewise, of one lane */
    size_t running, aside;         /* items that hold a place; items that run without one */
    size_t ready[RR_LANE_CLASSES]; /* items that wait, those of lanes at their limit too */
    struct rr_map lanes;
    struct {
        struct rr_lane *first, *last;
    } turns[RR_LANE_CLASSES]; /* whose turn it is: lanes with a ready item of the class that may run */
    int news_in_a_row;        /* while others waited */
};

void rr_lanes_done(struct rr_lanes *lanes); /* borrows nothing any more */
size_t rr_lanes_ready(const struct rr_lanes *lanes);
/* Borrows the item, which is neither ready nor running, until it is finished. */
void rr_lanes_push(struct rr_lanes *lanes, struct rr_slice lane_name, struct rr_lane_item *item);
/* Makes a ready item news: the last of them. One that is news already stays where it is. */
void rr_lanes_raise(struct rr_lanes *lanes, struct rr_lane_item *item);
void rr_lanes_remove(struct rr_lanes *lanes, struct rr_lane_item *item); /* a ready one */
bool rr_lanes_has_next(const struct rr_lanes *lanes); /* whether rr_lanes_take has something to give */
/* The next item, which runs from now on; NULL: nothing may run. */
struct rr_lane_item *rr_lanes_take(struct rr_lanes *lanes);
/* A running item gives its place to others while it waits for something slow. False: too many have done so, and the
 * item keeps its place. Doing it twice changes nothing. */
bool rr_lanes_step_aside(struct rr_lanes *lanes, struct rr_lane_item *item);
void rr_lanes_finish(struct rr_lanes *lanes, struct rr_lane_item *item); /* a running one */

#endif
