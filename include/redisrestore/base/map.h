/* SPDX-License-Identifier: Apache-2.0 */
/* map: values by text keys, on uthash. Keys are copied, values are the caller's.
 * Threads: a map belongs to one thread at a time, or to its owner's lock. */
#ifndef RR_BASE_MAP_H
#define RR_BASE_MAP_H

#include <redisrestore/base/slice.h>

struct rr_map_entry;

struct rr_map {
    struct rr_map_entry *entries; /* owns */
};

/* Frees entries and keys; `free_value` (may be NULL) is called for each value. */
void rr_map_done(struct rr_map *map, void (*free_value)(void *value));
/* The value, or NULL. */
void *rr_map_get(const struct rr_map *map, struct rr_slice key);
/* `value` is not NULL. Returns the previous value, or NULL. */
void *rr_map_put(struct rr_map *map, struct rr_slice key, void *value);
/* Returns the previous value, or NULL. */
void *rr_map_remove(struct rr_map *map, struct rr_slice key);
size_t rr_map_count(const struct rr_map *map);

/* In the order of insertion: for (e = rr_map_first(map); e; e = rr_map_next(e)). The entry of the loop alone may be
 * removed, after its successor was taken. */
struct rr_map_entry *rr_map_first(const struct rr_map *map);
struct rr_map_entry *rr_map_next(const struct rr_map_entry *entry);
struct rr_slice rr_map_key(const struct rr_map_entry *entry); /* borrows */
void *rr_map_value(const struct rr_map_entry *entry);

#endif
