/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/map.h>

#include <redisrestore/base/mem.h>

#define uthash_malloc(size)    rr_alloc(size)
#define uthash_free(ptr, size) rr_free(ptr)
#define uthash_fatal(words)    rr_die(words)
#include <uthash.h>

struct rr_map_entry {
    UT_hash_handle hh;
    void *value;
    size_t len;
    char key[];
};

void rr_map_done(struct rr_map *map, void (*free_value)(void *value))
{
    if (map == NULL)
        return;
    struct rr_map_entry *entry, *next;
    HASH_ITER(hh, map->entries, entry, next)
    {
        HASH_DEL(map->entries, entry);
        if (free_value != NULL)
            free_value(entry->value);
        rr_free(entry);
    }
}

static struct rr_map_entry *find(const struct rr_map *map, struct rr_slice key)
{
    struct rr_map_entry *entry;
    const char *text = key.ptr != NULL ? key.ptr : "";
    HASH_FIND(hh, map->entries, text, key.len, entry);
    return entry;
}

void *rr_map_get(const struct rr_map *map, struct rr_slice key)
{
    struct rr_map_entry *entry = find(map, key);
    return entry != NULL ? entry->value : NULL;
}

void *rr_map_put(struct rr_map *map, struct rr_slice key, void *value)
{
    rr_assert(value != NULL);
    struct rr_map_entry *entry = find(map, key);
    if (entry != NULL) {
        void *before = entry->value;
        entry->value = value;
        return before;
    }
    entry = rr_alloc(sizeof(*entry) + key.len);
    entry->value = value;
    entry->len = key.len;
    if (key.len > 0)
        memcpy(entry->key, key.ptr, key.len);
    HASH_ADD(hh, map->entries, key, key.len, entry);
    return NULL;
}

void *rr_map_remove(struct rr_map *map, struct rr_slice key)
{
    struct rr_map_entry *entry = find(map, key);
    if (entry == NULL)
        return NULL;
    void *value = entry->value;
    HASH_DEL(map->entries, entry);
    rr_free(entry);
    return value;
}

size_t rr_map_count(const struct rr_map *map)
{
    return HASH_COUNT(map->entries);
}

struct rr_map_entry *rr_map_first(const struct rr_map *map)
{
    return map->entries;
}

struct rr_map_entry *rr_map_next(const struct rr_map_entry *entry)
{
    return entry->hh.next;
}

struct rr_slice rr_map_key(const struct rr_map_entry *entry)
{
    return (struct rr_slice){ entry->key, entry->len };
}

void *rr_map_value(const struct rr_map_entry *entry)
{
    return entry->value;
}
