/* SPDX-License-Identifier: Apache-2.0 */
/* cache: what the API server last said, by "namespace/name". Threads: any; a namespace is written by one at a time.
 * The change callback runs on the thread that changes the cache, after the change, without the lock. */
#ifndef RR_CONTROLLER_CACHE_H
#define RR_CONTROLLER_CACHE_H

#include <redisrestore/controller/object.h>

struct rr_cache;

/* before NULL: added; after NULL: deleted. A same name with another uid is told as a deletion and an addition.
 * Borrows for the call. */
struct rr_cache_observer {
    void *context;
    void (*on_change)(void *context, struct rr_object *before, struct rr_object *after);
    void (*on_found)(void *context, struct rr_object *object); /* added by rr_cache_replace; NULL: as any change */
};

struct rr_cache *rr_cache_new(const struct rr_cache_observer *observer); /* returns owned */
void rr_cache_free(struct rr_cache *cache);
RR_DEFINE_FREEP(cache)
/* Takes the reference. Equal resourceVersion and uid: nothing changes, nothing is told. */
void rr_cache_put(struct rr_cache *cache, struct rr_object *object);
/* Takes the reference and returns one: to the stored object when it is the same (uid and resourceVersion), else to
 * `object`. So a list that brings what is known already is not held twice before it replaces anything. */
struct rr_object *rr_cache_share(struct rr_cache *cache, struct rr_object *object);
/* Deleting what is not there is fine. `uid` empty: whatever is there. */
void rr_cache_remove(struct rr_cache *cache, struct rr_slice namespace_name, struct rr_slice name, struct rr_slice uid);
/* Puts all and removes every other of the namespace `scope` (empty: of all), atomically for readers; takes the
 * references. What is not of the scope is dropped; of two with one name the last stands. */
void rr_cache_replace(struct rr_cache *cache, struct rr_slice scope, struct rr_object **objects, size_t count);
struct rr_object *rr_cache_get(struct rr_cache *cache,
                               struct rr_slice key); /* a reference, or NULL; key "namespace/name" */
size_t rr_cache_count(struct rr_cache *cache);
/* Calls for each object of the namespace `scope` (empty: of all), without the lock, on a snapshot of references. */
void rr_cache_each(struct rr_cache *cache, struct rr_slice scope,
                   void (*visit)(void *context, struct rr_object *object), void *context);

#endif
