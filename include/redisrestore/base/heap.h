/* SPDX-License-Identifier: Apache-2.0 */
/* heap: a binary heap of borrowed entries, the smallest key first; equal keys come out in the order they went in.
 * Entries are embedded in what they stand for and know their place, so that any of them can be moved or taken out:
 * push, update, remove and pop take O(log n). Zeroed, a heap is empty and an entry is in no heap.
 * Threads: a heap belongs to one thread at a time. Limits: none of its own, the owner limits the number of entries. */
#ifndef RR_BASE_HEAP_H
#define RR_BASE_HEAP_H

#include <redisrestore/base/core.h>

struct rr_heap_entry {
    int64_t key;    /* fixed while in the heap: rr_heap_update changes it */
    void *owner;    /* whatever the caller likes; borrows */
    uint64_t order; /* private: breaks ties */
    size_t place;   /* private: 1 is the first; 0: in no heap */
};

struct rr_heap {
    struct rr_heap_entry **entries; /* owns the array, borrows the entries */
    size_t count, cap;
    uint64_t pushed;
};

/* Frees the array; the entries that were still in it are as if taken out. */
void rr_heap_done(struct rr_heap *heap);
/* Borrows the entry until it is popped or removed. An entry that is in a heap already is an assert. */
void rr_heap_push(struct rr_heap *heap, struct rr_heap_entry *entry, int64_t key);
/* Gives an entry of this heap another key; it then comes after those that have the same key already. */
void rr_heap_update(struct rr_heap *heap, struct rr_heap_entry *entry, int64_t key);
/* Takes an entry out; one that is in no heap stays as it is. */
void rr_heap_remove(struct rr_heap *heap, struct rr_heap_entry *entry);
/* The entry with the smallest key, which stays; NULL: empty. */
struct rr_heap_entry *rr_heap_first(const struct rr_heap *heap);
bool rr_heap_is_in(const struct rr_heap_entry *entry); /* any heap */

#endif
