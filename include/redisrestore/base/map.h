/* SPDX-License-Identifier: Apache-2.0 */
/* map: values by text keys, on uthash. The map copies the keys; the caller owns the values. A zeroed map is empty.
 * Threads: a map belongs to one thread at a time, or its owner protects it by a lock. */
#ifndef RR_BASE_MAP_H
#define RR_BASE_MAP_H

#include <redisrestore/base/slice.h>

struct rr_map_entry;

struct rr_map {
    struct rr_map_entry *entries; /* owns */
};

/* Frees entries and keys. Calls `free_value`, which may be NULL, for each value. */
void rr_map_done(struct rr_map *map, void (*free_value)(void *value));
/* Returns the value, or NULL if there is none. */
void *rr_map_get(const struct rr_map *map, struct rr_slice key);
/* Sets the value of a key. Returns the previous value, which is the caller's to free, or NULL. A NULL `value` is an
 * assert. */
void *rr_map_put(struct rr_map *map, struct rr_slice key, void *value);
/* Removes a key. Returns its value, or NULL if there was none. */
void *rr_map_remove(struct rr_map *map, struct rr_slice key);
size_t rr_map_count(const struct rr_map *map);

/* Iterate in the order of insertion: for (e = rr_map_first(map); e; e = rr_map_next(e)). To remove the
 * entry that the loop is at, first call rr_map_next and keep its result. Remove no other entry in the loop. */
struct rr_map_entry *rr_map_first(const struct rr_map *map);
struct rr_map_entry *rr_map_next(const struct rr_map_entry *entry);
struct rr_slice rr_map_key(const struct rr_map_entry *entry); /* borrows from the entry */
void *rr_map_value(const struct rr_map_entry *entry);

#endif
