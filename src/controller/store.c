#include <redisrestore/controller/store.h>

#include <redisrestore/base/map.h>
#include <redisrestore/base/mem.h>

#include <pthread.h>

enum { KEY_MAX_BYTES = 2 * 253 + 1 };

struct rr_store {
    struct rr_store_observer observer; /* fixed */
    pthread_mutex_t lock;
    struct {
        struct rr_map objects; /* key -> struct rr_object, a reference each */
    } guarded;
};

struct rr_store *rr_store_new(const struct rr_store_observer *observer)
{
    struct rr_store *store = RR_NEW(struct rr_store);
    store->observer = *observer;
    rr_assert(pthread_mutex_init(&store->lock, NULL) == 0);
    return store;
}

static void unref(void *object)
{
    rr_object_unref(object);
}

void rr_store_free(struct rr_store *store)
{
    if (store == NULL)
        return;
    rr_map_done(&store->guarded.objects, unref);
    (void)pthread_mutex_destroy(&store->lock);
    rr_free(store);
}

static void make_key(struct rr_buf *key, struct rr_slice namespace_name, struct rr_slice name)
{
    rr_buf_add(key, namespace_name);
    rr_buf_add_byte(key, '/');
    rr_buf_add(key, name);
}

/* Takes both references. Another uid is another object: its predecessor is gone (behaviour R-26). */
static void tell(struct rr_store *store, struct rr_object *before, struct rr_object *after)
{
    const struct rr_store_observer *observer = &store->observer;
    if (before != NULL && after != NULL && !rr_slice_equals(before->uid, after->uid)) {
        observer->on_change(observer->context, before, NULL);
        observer->on_change(observer->context, NULL, after);
    } else if (before != NULL || after != NULL) {
        observer->on_change(observer->context, before, after);
    }
    rr_object_unref(before);
    rr_object_unref(after);
}

static bool is_same(const struct rr_object *a, const struct rr_object *b)
{
    return rr_slice_equals(a->uid, b->uid) && rr_slice_equals(a->resource_version, b->resource_version);
}

void rr_store_put(struct rr_store *store, struct rr_object *object)
{
    rr_auto(buf) key = RR_BUF(KEY_MAX_BYTES);
    make_key(&key, object->namespace_name, object->name);
    pthread_mutex_lock(&store->lock);
    struct rr_object *before = rr_map_get(&store->guarded.objects, rr_buf_slice(&key));
    bool same = before != NULL && is_same(before, object);
    if (!same)
        (void)rr_map_put(&store->guarded.objects, rr_buf_slice(&key), rr_object_ref(object)); /* `before` again */
    pthread_mutex_unlock(&store->lock);
    if (same)
        rr_object_unref(object);
    else
        tell(store, before, object);
}

void rr_store_remove(struct rr_store *store, struct rr_slice namespace_name, struct rr_slice name, struct rr_slice uid)
{
    rr_auto(buf) key = RR_BUF(KEY_MAX_BYTES);
    make_key(&key, namespace_name, name);
    pthread_mutex_lock(&store->lock);
    struct rr_object *before = rr_map_get(&store->guarded.objects, rr_buf_slice(&key));
    bool other = before != NULL && uid.len > 0 && !rr_slice_equals(before->uid, uid);
    if (before != NULL && !other)
        (void)rr_map_remove(&store->guarded.objects, rr_buf_slice(&key)); /* `before` again */
    pthread_mutex_unlock(&store->lock);
    if (before != NULL && !other)
        tell(store, before, NULL);
}

/* An object that a list brought in anew or changed; both references are held. */
struct change {
    struct rr_object *before, *after;
};

void rr_store_replace(struct rr_store *store, struct rr_object **objects, size_t count)
{
    struct rr_map fresh = { 0 };
    struct change *changes = rr_alloc_array(count > 0 ? count : 1, sizeof(*changes));
    size_t change_count = 0;
    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < count; i++) {
        rr_auto(buf) key = RR_BUF(KEY_MAX_BYTES);
        make_key(&key, objects[i]->namespace_name, objects[i]->name);
        struct rr_object *before = rr_map_remove(&store->guarded.objects, rr_buf_slice(&key));
        struct rr_object *earlier = rr_map_get(&fresh, rr_buf_slice(&key)), *twice;
        if (before == NULL && earlier != NULL)
            before = rr_object_ref(earlier);
        if (before != NULL && is_same(before, objects[i])) {
            twice = rr_map_put(&fresh, rr_buf_slice(&key), before);
            rr_object_unref(objects[i]);
        } else {
            twice = rr_map_put(&fresh, rr_buf_slice(&key), rr_object_ref(objects[i]));
            changes[change_count++] = (struct change){ before, objects[i] };
        }
        rr_object_unref(twice); /* a list that names an object twice: the last one stands */
    }
    struct rr_map gone = store->guarded.objects;
    store->guarded.objects = fresh;
    pthread_mutex_unlock(&store->lock);
    for (struct rr_map_entry *entry = rr_map_first(&gone); entry != NULL; entry = rr_map_next(entry))
        tell(store, rr_map_value(entry), NULL);
    rr_map_done(&gone, NULL);
    for (size_t i = 0; i < change_count; i++)
        tell(store, changes[i].before, changes[i].after);
    rr_free(changes);
}

struct rr_object *rr_store_get(struct rr_store *store, struct rr_slice key)
{
    pthread_mutex_lock(&store->lock);
    struct rr_object *object = rr_map_get(&store->guarded.objects, key);
    if (object != NULL)
        (void)rr_object_ref(object); /* the same pointer */
    pthread_mutex_unlock(&store->lock);
    return object;
}

size_t rr_store_count(struct rr_store *store)
{
    pthread_mutex_lock(&store->lock);
    size_t count = rr_map_count(&store->guarded.objects);
    pthread_mutex_unlock(&store->lock);
    return count;
}

void rr_store_each(struct rr_store *store, void (*visit)(void *context, struct rr_object *object), void *context)
{
    pthread_mutex_lock(&store->lock);
    size_t count = rr_map_count(&store->guarded.objects), at = 0;
    struct rr_object **all = rr_alloc_array(count > 0 ? count : 1, sizeof(struct rr_object *));
    for (struct rr_map_entry *entry = rr_map_first(&store->guarded.objects); entry != NULL; entry = rr_map_next(entry))
        all[at++] = rr_object_ref(rr_map_value(entry));
    pthread_mutex_unlock(&store->lock);
    for (size_t i = 0; i < count; i++) {
        visit(context, all[i]);
        rr_object_unref(all[i]);
    }
    rr_free(all);
}
