#include "backup_aofs.h"

#include <redisrestore/base/mem.h>

enum { FIRST_CAPACITY = 16 };

static size_t object_bytes(const struct rr_backup_object *object)
{
    return object->key.len + object->etag.len;
}

void rr_backup_aofs_done(struct rr_backup_aofs *aofs)
{
    while (aofs->count > 0) {
        struct rr_backup_object object = rr_backup_aofs_pop(aofs);
        rr_backup_object_done(&object);
    }
    rr_free(aofs->ring);
    *aofs = (struct rr_backup_aofs){ 0 };
}

bool rr_backup_aofs_is_full(const struct rr_backup_aofs *aofs, size_t more_bytes)
{
    if (aofs->count == 0)
        return false;
    return aofs->count == RR_BACKUP_AOFS_MAX || aofs->bytes + more_bytes > RR_BACKUP_AOFS_BYTES_MAX;
}

struct rr_backup_object rr_backup_aofs_pop(struct rr_backup_aofs *aofs)
{
    rr_assert(aofs->count > 0);
    struct rr_backup_object object = rr_steal(aofs->ring[aofs->first]);
    aofs->first = (aofs->first + 1) % aofs->capacity;
    aofs->count--;
    aofs->bytes -= object_bytes(&object);
    return object;
}

/* Twice the places: few discoveries hold more than a handful. */
static void widen(struct rr_backup_aofs *aofs)
{
    size_t capacity = aofs->capacity > 0 ? 2 * aofs->capacity : FIRST_CAPACITY;
    struct rr_backup_object *ring = rr_alloc_array(capacity, sizeof *ring);
    for (size_t i = 0; i < aofs->count; i++)
        ring[i] = rr_steal(aofs->ring[(aofs->first + i) % aofs->capacity]);
    rr_free(aofs->ring);
    aofs->ring = ring;
    aofs->capacity = capacity;
    aofs->first = 0;
}

void rr_backup_aofs_push(struct rr_backup_aofs *aofs, struct rr_backup_object *object)
{
    rr_assert(aofs->count < RR_BACKUP_AOFS_MAX);
    if (aofs->count == aofs->capacity)
        widen(aofs);
    aofs->bytes += object_bytes(object);
    aofs->ring[(aofs->first + aofs->count) % aofs->capacity] = rr_steal(*object);
    aofs->count++;
}

const struct rr_backup_object *rr_backup_aofs_find(const struct rr_backup_aofs *aofs, struct rr_slice key)
{
    for (size_t i = 0; i < aofs->count; i++) {
        const struct rr_backup_object *held = &aofs->ring[(aofs->first + i) % aofs->capacity];
        if (rr_slice_equals(rr_buf_slice(&held->key), key))
            return held;
    }
    return NULL;
}
