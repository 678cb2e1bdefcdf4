/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/controller/cache.h>

#include <redisrestore/base/mem.h>

#include <pthread.h>
#include <stdlib.h>

/* Sorted by namespace and name, so that a namespace is one contiguous range. Costs one pointer for each object. */
struct sorted {
    struct rr_object **objects; /* owns one reference to each */
    size_t count, capacity;
};

struct rr_cache {
    struct rr_cache_observer observer; /* fixed */
    pthread_mutex_t lock;
    struct {
        struct sorted all;
    } guarded;
};

struct rr_cache *rr_cache_new(const struct rr_cache_observer *observer)
{
    struct rr_cache *cache = RR_NEW(struct rr_cache);
    cache->observer = *observer;
    rr_assert(pthread_mutex_init(&cache->lock, NULL) == 0);
    return cache;
}

void rr_cache_free(struct rr_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->guarded.all.count; i++)
        rr_object_unref(cache->guarded.all.objects[i]);
    rr_free(cache->guarded.all.objects);
    (void)pthread_mutex_destroy(&cache->lock);
    rr_free(cache);
}

static int compare(const struct rr_object *object, struct rr_slice namespace_name, struct rr_slice name)
{
    rr_assert(object != NULL);
    int order = rr_slice_compare(object->namespace_name, namespace_name);
    return order != 0 ? order : rr_slice_compare(object->name, name);
}

/* Returns the index of the object, or where to insert it. */
static size_t place_of(const struct sorted *all, struct rr_slice namespace_name, struct rr_slice name, bool *out_there)
{
    size_t from = 0, to = all->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare(all->objects[middle], namespace_name, name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    *out_there = from < all->count && compare(all->objects[from], namespace_name, name) == 0;
    return from;
}

static void make_room(struct sorted *all, size_t at)
{
    rr_grow(&all->objects, &all->capacity, all->count);
    memmove(&all->objects[at + 1], &all->objects[at], (all->count - at) * sizeof(*all->objects));
    all->count++;
}

static void close_gap(struct sorted *all, size_t at)
{
    all->count--;
    memmove(&all->objects[at], &all->objects[at + 1], (all->count - at) * sizeof(*all->objects));
}

/* Takes both references. Another uid is another object: the earlier one was deleted (behaviour R-26). */
static void tell(struct rr_cache *cache, struct rr_object *before, struct rr_object *after)
{
    const struct rr_cache_observer *observer = &cache->observer;
    if (before != NULL && after != NULL && !rr_slice_equals(before->uid, after->uid)) {
        observer->on_change(observer->context, before, NULL);
        observer->on_change(observer->context, NULL, after);
    } else if (before != NULL || after != NULL) {
        observer->on_change(observer->context, before, after);
    }
    rr_object_unref(before);
    rr_object_unref(after);
}

/* Takes the reference. */
static void tell_found(struct rr_cache *cache, struct rr_object *object)
{
    cache->observer.on_found(cache->observer.context, object);
    rr_object_unref(object);
}

static bool is_same(const struct rr_object *a, const struct rr_object *b)
{
    return rr_slice_equals(a->uid, b->uid) && rr_slice_equals(a->resource_version, b->resource_version);
}

void rr_cache_put(struct rr_cache *cache, struct rr_object *object)
{
    struct sorted *all = &cache->guarded.all;
    pthread_mutex_lock(&cache->lock);
    bool there;
    size_t at = place_of(all, object->namespace_name, object->name, &there);
    struct rr_object *before = there ? all->objects[at] : NULL;
    bool same = before != NULL && is_same(before, object);
    if (!there)
        make_room(all, at);
    if (!same)
        all->objects[at] = rr_object_ref(object);
    pthread_mutex_unlock(&cache->lock);
    if (same)
        rr_object_unref(object);
    else
        tell(cache, before, object);
}

struct rr_object *rr_cache_share(struct rr_cache *cache, struct rr_object *object)
{
    pthread_mutex_lock(&cache->lock);
    bool there;
    size_t at = place_of(&cache->guarded.all, object->namespace_name, object->name, &there);
    struct rr_object *known = there ? cache->guarded.all.objects[at] : NULL;
    known = known != NULL && is_same(known, object) ? rr_object_ref(known) : NULL;
    pthread_mutex_unlock(&cache->lock);
    if (known == NULL)
        return object;
    rr_object_unref(object);
    return known;
}

void rr_cache_remove(struct rr_cache *cache, struct rr_slice namespace_name, struct rr_slice name, struct rr_slice uid)
{
    struct sorted *all = &cache->guarded.all;
    pthread_mutex_lock(&cache->lock);
    bool there;
    size_t at = place_of(all, namespace_name, name, &there);
    bool other = there && uid.len > 0 && !rr_slice_equals(all->objects[at]->uid, uid);
    struct rr_object *before = there && !other ? all->objects[at] : NULL;
    if (before != NULL)
        close_gap(all, at);
    pthread_mutex_unlock(&cache->lock);
    tell(cache, before, NULL);
}

/* An object and its position in the list, which decides if the list has a name twice. */
struct listed {
    struct rr_object *object;
    size_t at;
};

static int compare_listed(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    int order = compare(x->object, y->object->namespace_name, y->object->name);
    return order != 0 ? order : x->at < y->at ? -1 : 1;
}

static bool is_in(struct rr_slice scope, const struct rr_object *object)
{
    return scope.len == 0 || rr_slice_equals(scope, object->namespace_name);
}

/* Sorts the objects of a list and keeps each name once, the last one. Takes the references; drops objects outside the
 * scope. */
static struct sorted sort_list(struct rr_slice scope, struct rr_object **objects, size_t count)
{
    struct listed *listed = rr_alloc_array(count + 1, sizeof(*listed));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_in(scope, objects[i]))
            listed[kept++] = (struct listed){ objects[i], i };
        else
            rr_object_unref(objects[i]);
    }
    qsort(listed, kept, sizeof(*listed), compare_listed);
    struct sorted sorted = { .objects = rr_alloc_array(kept + 1, sizeof(*sorted.objects)), .capacity = kept + 1 };
    for (size_t i = 0; i < kept; i++) {
        const struct rr_object *next = i + 1 < kept ? listed[i + 1].object : NULL;
        if (next != NULL && compare(listed[i].object, next->namespace_name, next->name) == 0)
            rr_object_unref(listed[i].object);
        else
            sorted.objects[sorted.count++] = listed[i].object;
    }
    rr_free(listed);
    return sorted;
}

/* A change by a list; holds the references. `after` NULL: deleted; both the same object: unchanged. */
struct change {
    struct rr_object *before, *after;
};

/* Merges the old range and the new one, both sorted. Puts the references that the cache will hold into `fresh`. */
static size_t merge(struct rr_object **old, size_t old_count, struct sorted *fresh, struct change *changes)
{
    size_t at = 0, count = 0;
    for (size_t i = 0; i < fresh->count; i++) {
        struct rr_object *object = fresh->objects[i];
        int order = 1;
        while (at < old_count && (order = compare(old[at], object->namespace_name, object->name)) < 0)
            changes[count++] = (struct change){ old[at++], NULL };
        struct rr_object *before = at < old_count && order == 0 ? old[at++] : NULL;
        if (before != NULL && is_same(before, object))
            fresh->objects[i] = before;
        else
            (void)rr_object_ref(object);
        changes[count++] = (struct change){ fresh->objects[i] == before ? object : before, object };
    }
    while (at < old_count)
        changes[count++] = (struct change){ old[at++], NULL };
    return count;
}

/* Replaces the range by `fresh`. */
static void splice(struct sorted *all, size_t from, size_t to, const struct sorted *fresh)
{
    struct sorted next = { .count = all->count - (to - from) + fresh->count };
    next.capacity = next.count + next.count / 8 + 1;
    next.objects = rr_alloc_array(next.capacity, sizeof(*next.objects));
    if (from > 0)
        memcpy(next.objects, all->objects, from * sizeof(*next.objects));
    memcpy(next.objects + from, fresh->objects, fresh->count * sizeof(*next.objects));
    if (to < all->count)
        memcpy(next.objects + from + fresh->count, all->objects + to, (all->count - to) * sizeof(*next.objects));
    rr_free(all->objects);
    *all = next;
}

/* Reports deletions first, so that a name is free before another object uses it. */
static void tell_all(struct rr_cache *cache, const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (changes[i].after == NULL)
            tell(cache, changes[i].before, NULL);
    for (size_t i = 0; i < count; i++) {
        if (changes[i].after == NULL)
            continue;
        if (changes[i].before == changes[i].after)
            rr_object_unref(changes[i].after);
        else if (changes[i].before == NULL && cache->observer.on_found != NULL)
            tell_found(cache, changes[i].after);
        else
            tell(cache, changes[i].before, changes[i].after);
    }
}

void rr_cache_replace(struct rr_cache *cache, struct rr_slice scope, struct rr_object **objects, size_t count)
{
    struct sorted *all = &cache->guarded.all, fresh = sort_list(scope, objects, count);
    pthread_mutex_lock(&cache->lock);
    bool there;
    size_t from = scope.len > 0 ? place_of(all, scope, (struct rr_slice){ 0 }, &there) : 0, to = from;
    while (to < all->count && is_in(scope, all->objects[to]))
        to++;
    struct change *changes = rr_alloc_array(to - from + fresh.count + 1, sizeof(*changes));
    size_t change_count = merge(all->objects + from, to - from, &fresh, changes);
    splice(all, from, to, &fresh);
    pthread_mutex_unlock(&cache->lock);
    tell_all(cache, changes, change_count);
    rr_free(changes);
    rr_free(fresh.objects);
}

struct rr_object *rr_cache_get(struct rr_cache *cache, struct rr_slice key)
{
    struct rr_slice name = key, namespace_name = rr_slice_cut(&name, '/');
    pthread_mutex_lock(&cache->lock);
    bool there;
    size_t at = place_of(&cache->guarded.all, namespace_name, name, &there);
    struct rr_object *object = there ? rr_object_ref(cache->guarded.all.objects[at]) : NULL;
    pthread_mutex_unlock(&cache->lock);
    return object;
}

size_t rr_cache_count(struct rr_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    size_t count = cache->guarded.all.count;
    pthread_mutex_unlock(&cache->lock);
    return count;
}

void rr_cache_each(struct rr_cache *cache, struct rr_slice scope,
                   void (*visit)(void *context, struct rr_object *object), void *context)
{
    pthread_mutex_lock(&cache->lock);
    size_t count = 0;
    struct rr_object **seen = rr_alloc_array(cache->guarded.all.count + 1, sizeof(*seen));
    for (size_t i = 0; i < cache->guarded.all.count; i++)
        if (is_in(scope, cache->guarded.all.objects[i]))
            seen[count++] = rr_object_ref(cache->guarded.all.objects[i]);
    pthread_mutex_unlock(&cache->lock);
    for (size_t i = 0; i < count; i++) {
        visit(context, seen[i]);
        rr_object_unref(seen[i]);
    }
    rr_free(seen);
}
