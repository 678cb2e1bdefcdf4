/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/heap.h>

#include <redisrestore/base/mem.h>

static bool is_before(const struct rr_heap_entry *a, const struct rr_heap_entry *b)
{
    return a->key != b->key ? a->key < b->key : a->order < b->order;
}

/* Places count from 1, so that the parent of n is n / 2 and a zeroed entry is in no heap. */
static void put(struct rr_heap *heap, struct rr_heap_entry *entry, size_t place)
{
    heap->entries[place - 1] = entry;
    entry->place = place;
}

static void move_up(struct rr_heap *heap, struct rr_heap_entry *entry)
{
    size_t place = entry->place;
    for (; place > 1 && is_before(entry, heap->entries[place / 2 - 1]); place /= 2)
        put(heap, heap->entries[place / 2 - 1], place);
    put(heap, entry, place);
}

static void move_down(struct rr_heap *heap, struct rr_heap_entry *entry)
{
    size_t place = entry->place;
    for (;;) {
        size_t child = 2 * place;
        if (child > heap->count)
            break;
        if (child < heap->count && is_before(heap->entries[child], heap->entries[child - 1]))
            child++;
        if (is_before(entry, heap->entries[child - 1]))
            break;
        put(heap, heap->entries[child - 1], place);
        place = child;
    }
    put(heap, entry, place);
}

void rr_heap_done(struct rr_heap *heap)
{
    if (heap == NULL)
        return;
    for (size_t i = 0; i < heap->count; i++)
        heap->entries[i]->place = 0;
    rr_free(heap->entries);
    *heap = (struct rr_heap){ 0 };
}

void rr_heap_push(struct rr_heap *heap, struct rr_heap_entry *entry, int64_t key)
{
    rr_assert(entry->place == 0);
    rr_grow(&heap->entries, &heap->cap, heap->count);
    heap->count++;
    entry->key = key;
    entry->order = heap->pushed++;
    put(heap, entry, heap->count);
    move_up(heap, entry);
}

static bool holds(const struct rr_heap *heap, const struct rr_heap_entry *entry)
{
    return entry->place > 0 && entry->place <= heap->count && heap->entries[entry->place - 1] == entry;
}

void rr_heap_update(struct rr_heap *heap, struct rr_heap_entry *entry, int64_t key)
{
    rr_assert(holds(heap, entry));
    entry->key = key;
    entry->order = heap->pushed++;
    move_up(heap, entry);
    move_down(heap, entry);
}

void rr_heap_remove(struct rr_heap *heap, struct rr_heap_entry *entry)
{
    if (entry->place == 0)
        return;
    rr_assert(holds(heap, entry));
    size_t place = entry->place;
    struct rr_heap_entry *last = heap->entries[--heap->count];
    entry->place = 0;
    if (last == entry)
        return;
    put(heap, last, place);
    move_up(heap, last);
    move_down(heap, last);
}

struct rr_heap_entry *rr_heap_first(const struct rr_heap *heap)
{
    return heap->count > 0 ? heap->entries[0] : NULL;
}

bool rr_heap_is_in(const struct rr_heap_entry *entry)
{
    return entry->place > 0;
}
