/* SPDX-License-Identifier: Apache-2.0 */
/* cache: the last known state of watched objects, by "namespace/name". Threads: any; only one thread at a time writes a
 * namespace.
 * The change callback runs on the thread that changes the cache, after the change, without the lock. */
#ifndef RR_CONTROLLER_CACHE_H
#define RR_CONTROLLER_CACHE_H

#include <redisrestore/controller/object.h>

struct rr_cache;

/* Receives the changes. An object with the same name and another uid is reported as a deletion and an addition.
 * Borrows the objects for the call. */
struct rr_cache_observer {
    void *context;
    /* `before` NULL: the object was added. `after` NULL: it was deleted. */
    void (*on_change)(void *context, struct rr_object *before, struct rr_object *after);
    void (*on_found)(void *context, struct rr_object *object); /* for additions by rr_cache_replace; NULL: on_change */
};

struct rr_cache *rr_cache_new(const struct rr_cache_observer *observer); /* returns owned */
void rr_cache_free(struct rr_cache *cache);
RR_DEFINE_FREEP(cache)
/* Takes the reference. If the cached object has the same resourceVersion and uid, the cache does not change and does
 * not call the observer. */
void rr_cache_put(struct rr_cache *cache, struct rr_object *object);
/* Takes the reference and returns one: to the cached object if uid and resourceVersion are the same, otherwise to
 * `object`. A list can thus share known objects instead of holding a second copy until it replaces the cache. */
struct rr_object *rr_cache_share(struct rr_cache *cache, struct rr_object *object);
/* Removing an absent object is allowed. `uid` empty: any uid. */
void rr_cache_remove(struct rr_cache *cache, struct rr_slice namespace_name, struct rr_slice name, struct rr_slice uid);
/* Puts all objects and removes every other one of the namespace `scope` (empty: of all namespaces), atomically for
 * readers. Takes the references. Objects outside the scope are dropped; of two with the same name, the last one is kept
 * (R-02, R-29). */
void rr_cache_replace(struct rr_cache *cache, struct rr_slice scope, struct rr_object **objects, size_t count);
struct rr_object *rr_cache_get(struct rr_cache *cache,
                               struct rr_slice key); /* a reference, or NULL; key "namespace/name" */
size_t rr_cache_count(struct rr_cache *cache);
/* Calls for each object of the namespace `scope` (empty: of all namespaces), without the lock, on a snapshot of
 * references. */
void rr_cache_each(struct rr_cache *cache, struct rr_slice scope,
                   void (*visit)(void *context, struct rr_object *object), void *context);

#endif
