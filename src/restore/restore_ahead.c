#include "restore_ahead.h"

#include <redisrestore/base/map.h>
#include <redisrestore/base/mem.h>

#include <pthread.h>

struct kept {
    char *uid, *seen, *version; /* own; seen: the resourceVersion that was written on, by the store */
    bool in_part;
    struct rr_buf text; /* the status as JSON: a fraction of what its buffers take */
};

struct rr_restore_ahead {
    pthread_mutex_t lock;
    struct {
        struct rr_map kept;
        size_t bytes;
    } guarded;
};

static void kept_free(void *value)
{
    struct kept *kept = value;
    if (kept == NULL)
        return;
    rr_free(kept->uid);
    rr_free(kept->seen);
    rr_free(kept->version);
    rr_buf_done(&kept->text);
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
    rr_map_done(&ahead->guarded.kept, kept_free);
    (void)pthread_mutex_destroy(&ahead->lock);
    rr_free(ahead);
}

/* Needs the lock. */
static void remove_kept(struct rr_restore_ahead *ahead, struct rr_slice key)
{
    struct kept *kept = rr_map_remove(&ahead->guarded.kept, key);
    if (kept != NULL)
        ahead->guarded.bytes -= kept->text.cap;
    kept_free(kept);
}

/* The store's object is still the one that was written on, or is not more than what the write made of it. */
static bool counts(const struct kept *kept, const struct rr_object *object)
{
    return object != NULL && rr_slice_equals(rr_slice_from(kept->uid), object->uid) &&
           (rr_slice_equals(rr_slice_from(kept->seen), object->resource_version) ||
            (kept->in_part && rr_slice_equals(rr_slice_from(kept->version), object->resource_version)));
}

void rr_restore_ahead_settle(struct rr_restore_ahead *ahead, struct rr_slice key, const struct rr_object *object)
{
    pthread_mutex_lock(&ahead->lock);
    const struct kept *kept = rr_map_get(&ahead->guarded.kept, key);
    if (kept != NULL && !counts(kept, object))
        remove_kept(ahead, key);
    pthread_mutex_unlock(&ahead->lock);
}

void rr_restore_ahead_keep(struct rr_restore_ahead *ahead, struct rr_slice key, const struct rr_object *object,
                           struct rr_slice version, const struct rr_restore_status *status, bool in_part)
{
    struct rr_error ignored;
    struct kept *kept = RR_NEW(struct kept);
    *kept = (struct kept){ .uid = rr_strdup(object->uid),
                           .seen = rr_strdup(object->resource_version),
                           .version = rr_strdup(version),
                           .in_part = in_part,
                           .text = RR_BUF(2 * RR_STATUS_MAX_BYTES) };
    rr_restore_status_write(&kept->text, status);
    bool whole = rr_buf_ok(&kept->text, &ignored);
    pthread_mutex_lock(&ahead->lock);
    remove_kept(ahead, key);
    bool fits = whole && ahead->guarded.bytes + kept->text.cap <= RR_RESTORE_AHEAD_MAX_BYTES;
    if (fits) {
        ahead->guarded.bytes += kept->text.cap;
        (void)rr_map_put(&ahead->guarded.kept, key, kept); /* nothing stands there */
    }
    pthread_mutex_unlock(&ahead->lock);
    if (!fits)
        kept_free(kept);
}

/* Copies what counts; false: nothing does. Needs the lock. */
static bool copy_kept(struct rr_restore_ahead *ahead, struct rr_slice key, const struct rr_object *object,
                      struct rr_buf *out_version, struct rr_buf *out_text)
{
    const struct kept *kept = rr_map_get(&ahead->guarded.kept, key);
    if (kept == NULL || !counts(kept, object))
        return false;
    rr_buf_add(out_version, rr_slice_from(kept->version));
    rr_buf_add(out_text, rr_buf_slice(&kept->text));
    return true;
}

bool rr_restore_ahead_recall(struct rr_restore_ahead *ahead, struct rr_slice key, const struct rr_object *object,
                             struct rr_buf *out_version, struct rr_restore_status *out_status)
{
    rr_auto(buf) version = RR_BUF(out_version->max), text = RR_BUF(2 * RR_STATUS_MAX_BYTES);
    rr_auto(json) json = { 0 };
    struct rr_error ignored;
    pthread_mutex_lock(&ahead->lock);
    bool found = copy_kept(ahead, key, object, &version, &text);
    pthread_mutex_unlock(&ahead->lock);
    if (!found || !rr_json_parse(rr_buf_slice(&text), &json, &ignored))
        return false;
    rr_buf_clear(out_version);
    rr_buf_add(out_version, rr_buf_slice(&version));
    rr_restore_status_done(out_status);
    rr_restore_status_init(out_status);
    rr_restore_status_decode(json.root, out_status);
    return true;
}
