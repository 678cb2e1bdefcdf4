/* SPDX-License-Identifier: Apache-2.0 */
/* heap: a binary heap of borrowed entries, the smallest key first. Equal keys are in the order in which they were
 * pushed. An entry is a member of the caller's own struct and knows its place in the heap, so every entry can be
 * updated or removed: push, update and remove take O(log n). A zeroed heap is empty, and a zeroed entry is in no heap.
 * Threads: a heap belongs to one thread at a time. Limits: the owner limits the number of entries. */
#ifndef RR_BASE_HEAP_H
#define RR_BASE_HEAP_H

#include <redisrestore/base/core.h>

struct rr_heap_entry {
    int64_t key;    /* in a heap, only rr_heap_update changes it */
    void *owner;    /* for the caller, such as the struct of which the entry is a member; borrows */
    uint64_t order; /* private: breaks ties */
    size_t place;   /* private: 1 is the first; 0: in no heap */
};

struct rr_heap {
    struct rr_heap_entry **entries; /* owns the array, borrows the entries */
    size_t count, cap;
    uint64_t pushed; /* private: counts pushes and updates, to break ties */
};

/* Removes all entries and frees the array. */
void rr_heap_done(struct rr_heap *heap);
/* Adds the entry, and borrows it until it is removed. An entry that is in a heap already is an assert. */
void rr_heap_push(struct rr_heap *heap, struct rr_heap_entry *entry, int64_t key);
/* Changes the key of an entry of this heap. The entry then comes after others with the same key. */
void rr_heap_update(struct rr_heap *heap, struct rr_heap_entry *entry, int64_t key);
/* Removes an entry. Does nothing if it is in no heap. */
void rr_heap_remove(struct rr_heap *heap, struct rr_heap_entry *entry);
/* Returns the entry with the smallest key, or NULL if the heap is empty. The entry stays in the heap. */
struct rr_heap_entry *rr_heap_first(const struct rr_heap *heap);
bool rr_heap_is_in(const struct rr_heap_entry *entry); /* whether the entry is in any heap */

#endif
