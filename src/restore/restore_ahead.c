#include "restore_ahead.h"

#include "restore_shelf.h"

#include <redisrestore/base/mem.h>

#include <pthread.h>

struct kept {
    struct rr_restore_shelved shelved;
    char *seen, *version; /* own; seen: the resourceVersion that was written on, by the store */
    bool in_part;
};

struct rr_restore_ahead {
    pthread_mutex_t lock;
    struct {
        struct rr_restore_shelf shelf;
    } guarded;
};

static void kept_free(void *value)
{
    struct kept *kept = value;
    if (kept == NULL)
        return;
    rr_restore_shelved_done(&kept->shelved);
    rr_free(kept->seen);
    rr_free(kept->version);
    rr_free(kept);
}

struct rr_restore_ahead *rr_restore_ahead_new(void)
{
    struct rr_restore_ahead *ahead = RR_NEW(struct rr_restore_ahead);
    rr_assert(pthread_mutex_init(&ahead->lock, NULL) == 0);
    return ahead;
}

void rr_restore_ahead_free(struct rr_restore_ahead *ahead)
{
    if (ahead == NULL)
        return;
    rr_map_done(&ahead->guarded.shelf.items, kept_free);
    (void)pthread_mutex_destroy(&ahead->lock);
    rr_free(ahead);
}

/* The store's object is still the one that was written on, or is not more than what the write made of it. */
static bool counts(const struct kept *kept, const struct rr_object *object)
{
    return object != NULL && rr_slice_equals(rr_slice_from(kept->shelved.uid), object->uid) &&
           (rr_slice_equals(rr_slice_from(kept->seen), object->resource_version) ||
            (kept->in_part && rr_slice_equals(rr_slice_from(kept->version), object->resource_version)));
}

void rr_restore_ahead_settle(struct rr_restore_ahead *ahead, struct rr_slice key, const struct rr_object *object)
{
    pthread_mutex_lock(&ahead->lock);
    const struct kept *kept = rr_map_get(&ahead->guarded.shelf.items, key);
    if (kept != NULL && !counts(kept, object))
        kept_free(rr_restore_shelf_remove(&ahead->guarded.shelf, key));
    pthread_mutex_unlock(&ahead->lock);
}

void rr_restore_ahead_keep(struct rr_restore_ahead *ahead, struct rr_slice key, const struct rr_object *object,
                           struct rr_slice version, const struct rr_restore_status *status, bool in_part)
{
    struct kept *kept = RR_NEW(struct kept);
    *kept = (struct kept){ .shelved = rr_restore_shelved_make(object->uid, status),
                           .seen = rr_strdup(object->resource_version),
                           .version = rr_strdup(version),
                           .in_part = in_part };
    pthread_mutex_lock(&ahead->lock);
    struct kept *older = rr_restore_shelf_remove(&ahead->guarded.shelf, key);
    bool fits = rr_restore_shelf_put(&ahead->guarded.shelf, key, &kept->shelved);
    pthread_mutex_unlock(&ahead->lock);
    kept_free(older);
    if (!fits)
        kept_free(kept);
}

/* Copies what counts; false: nothing does. Needs the lock. */
static bool copy_kept(struct rr_restore_ahead *ahead, struct rr_slice key, const struct rr_object *object,
                      struct rr_buf *out_version, struct rr_buf *out_text)
{
    const struct kept *kept = rr_map_get(&ahead->guarded.shelf.items, key);
    if (kept == NULL || !counts(kept, object))
        return false;
    rr_buf_add(out_version, rr_slice_from(kept->version));
    rr_buf_add(out_text, rr_buf_slice(&kept->shelved.text));
    return true;
}

bool rr_restore_ahead_recall(struct rr_restore_ahead *ahead, struct rr_slice key, const struct rr_object *object,
                             struct rr_buf *out_version, struct rr_restore_status *out_status)
{
    rr_auto(buf) version = RR_BUF(out_version->max), text = RR_BUF(2 * RR_STATUS_MAX_BYTES);
    pthread_mutex_lock(&ahead->lock);
    bool found = copy_kept(ahead, key, object, &version, &text);
    pthread_mutex_unlock(&ahead->lock);
    if (!found || !rr_restore_shelved_open(rr_buf_slice(&text), out_status))
        return false;
    rr_buf_clear(out_version);
    rr_buf_add(out_version, rr_buf_slice(&version));
    return true;
}
