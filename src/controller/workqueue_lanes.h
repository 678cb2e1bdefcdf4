/* workqueue_lanes: the keys that are ready to run, in a lane for each namespace: first in, first out within a lane,
 * turn by turn between lanes, and at most `limit` of one lane running (behaviour F-55). A lane exists while something
 * of it is ready or runs. Pure: every call takes constant time. Threads: belongs to the queue's lock. */
#ifndef RR_CONTROLLER_WORKQUEUE_LANES_H
#define RR_CONTROLLER_WORKQUEUE_LANES_H

#include <redisrestore/base/map.h>

struct rr_lane;

/* Embedded in what is queued; zeroed, it is neither ready nor running. */
struct rr_lane_item {
    void *owner;               /* the caller's; borrows */
    struct rr_lane_item *next; /* private, as below */
    struct rr_lane *lane;
};

/* Zeroed but for `limit`, it is empty. */
struct rr_lanes {
    size_t limit; /* fixed; 0: none */
    size_t ready; /* items that wait, those of lanes at their limit too */
    struct rr_map lanes;
    struct rr_lane *first, *last; /* whose turn it is: lanes with a ready item that may run */
};

void rr_lanes_done(struct rr_lanes *lanes); /* borrows nothing any more */
/* Borrows the item, which is neither ready nor running, until it is finished. */
void rr_lanes_push(struct rr_lanes *lanes, struct rr_slice lane_name, struct rr_lane_item *item);
bool rr_lanes_has_next(const struct rr_lanes *lanes); /* whether rr_lanes_take has something to give */
/* The next item, which runs from now on; NULL: nothing may run. */
struct rr_lane_item *rr_lanes_take(struct rr_lanes *lanes);
void rr_lanes_finish(struct rr_lanes *lanes, struct rr_lane_item *item); /* a running one */

#endif
