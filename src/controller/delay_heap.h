/* delay_heap: items by the time when they become ready, the earliest first. Items know their place, so they can be
 * moved and taken out. Threads: under the owner's lock. */
#ifndef RR_CONTROLLER_DELAY_HEAP_H
#define RR_CONTROLLER_DELAY_HEAP_H

#include <redisrestore/base/core.h>

/* Embedded first in what is delayed. `place` 0: in no heap. */
struct rr_delay {
    int64_t ready_at_ms;
    size_t place;
};

struct rr_delay_heap {
    struct rr_delay **items; /* owns the array; items[0] is not used, so that children of n are 2n and 2n+1 */
    size_t count, capacity;
};

void rr_delay_heap_done(struct rr_delay_heap *heap);
/* Puts it in, or moves it when it is in already. */
void rr_delay_heap_set(struct rr_delay_heap *heap, struct rr_delay *item, int64_t ready_at_ms);
void rr_delay_heap_remove(struct rr_delay_heap *heap, struct rr_delay *item); /* not in the heap: nothing */
struct rr_delay *rr_delay_heap_first(const struct rr_delay_heap *heap);       /* NULL: empty */

#endif
