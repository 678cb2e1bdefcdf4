#include "delay_heap.h"

#include <redisrestore/base/mem.h>

void rr_delay_heap_done(struct rr_delay_heap *heap)
{
    rr_free(heap->items);
    *heap = (struct rr_delay_heap){ 0 };
}

static void put(struct rr_delay_heap *heap, struct rr_delay *item, size_t place)
{
    heap->items[place] = item;
    item->place = place;
}

static void rise(struct rr_delay_heap *heap, struct rr_delay *item)
{
    size_t place = item->place;
    while (place > 1 && heap->items[place / 2]->ready_at_ms > item->ready_at_ms) {
        put(heap, heap->items[place / 2], place);
        place /= 2;
    }
    put(heap, item, place);
}

static void sink(struct rr_delay_heap *heap, struct rr_delay *item)
{
    size_t place = item->place;
    while (2 * place <= heap->count) {
        size_t child = 2 * place;
        if (child < heap->count && heap->items[child + 1]->ready_at_ms < heap->items[child]->ready_at_ms)
            child++;
        if (heap->items[child]->ready_at_ms >= item->ready_at_ms)
            break;
        put(heap, heap->items[child], place);
        place = child;
    }
    put(heap, item, place);
}

void rr_delay_heap_set(struct rr_delay_heap *heap, struct rr_delay *item, int64_t ready_at_ms)
{
    item->ready_at_ms = ready_at_ms;
    if (item->place == 0) {
        if (heap->count + 1 >= heap->capacity) {
            heap->capacity = heap->capacity > 0 ? 2 * heap->capacity : 16;
            heap->items = rr_realloc(heap->items, heap->capacity * sizeof(struct rr_delay *));
        }
        put(heap, item, ++heap->count);
    }
    rise(heap, item);
    sink(heap, item);
}

void rr_delay_heap_remove(struct rr_delay_heap *heap, struct rr_delay *item)
{
    if (item->place == 0)
        return;
    size_t place = item->place;
    struct rr_delay *last = heap->items[heap->count--];
    item->place = 0;
    if (last == item)
        return;
    put(heap, last, place);
    rise(heap, last);
    sink(heap, last);
}

struct rr_delay *rr_delay_heap_first(const struct rr_delay_heap *heap)
{
    return heap->count > 0 ? heap->items[1] : NULL;
}
