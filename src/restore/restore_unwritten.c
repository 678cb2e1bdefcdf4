#include "restore_unwritten.h"

#include "restore_shelf.h"

#include <redisrestore/base/mem.h>

#include <pthread.h>

struct kept {
    struct rr_restore_shelved shelved;
    struct rr_restore_verdict verdict; /* without its status */
};

struct rr_restore_unwritten {
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
    rr_free(kept);
}

struct rr_restore_unwritten *rr_restore_unwritten_new(void)
{
    struct rr_restore_unwritten *unwritten = RR_NEW(struct rr_restore_unwritten);
    rr_assert(pthread_mutex_init(&unwritten->lock, NULL) == 0);
    return unwritten;
}

void rr_restore_unwritten_free(struct rr_restore_unwritten *unwritten)
{
    if (unwritten == NULL)
        return;
    rr_map_done(&unwritten->guarded.shelf.items, kept_free);
    (void)pthread_mutex_destroy(&unwritten->lock);
    rr_free(unwritten);
}

static struct kept *remove_kept(struct rr_restore_unwritten *unwritten, struct rr_slice key)
{
    pthread_mutex_lock(&unwritten->lock);
    struct kept *kept = rr_restore_shelf_remove(&unwritten->guarded.shelf, key);
    pthread_mutex_unlock(&unwritten->lock);
    return kept;
}

void rr_restore_unwritten_forget(struct rr_restore_unwritten *unwritten, struct rr_slice key)
{
    kept_free(remove_kept(unwritten, key));
}

void rr_restore_unwritten_keep(struct rr_restore_unwritten *unwritten, struct rr_slice key, struct rr_slice uid,
                               const struct rr_restore_verdict *verdict)
{
    rr_restore_unwritten_forget(unwritten, key);
    struct kept *kept = RR_NEW(struct kept);
    *kept = (struct kept){ .shelved = rr_restore_shelved_make(uid, &verdict->status), .verdict = *verdict };
    kept->verdict.status = (struct rr_restore_status){ 0 }; /* it stays the caller's */
    pthread_mutex_lock(&unwritten->lock);
    bool fits = rr_restore_shelf_put(&unwritten->guarded.shelf, key, &kept->shelved); /* one worker has this key */
    pthread_mutex_unlock(&unwritten->lock);
    if (!fits)
        kept_free(kept);
}

bool rr_restore_unwritten_take(struct rr_restore_unwritten *unwritten, struct rr_slice key, struct rr_slice uid,
                               int64_t generation, int64_t not_before_ms, struct rr_restore_verdict *out_verdict)
{
    struct kept *kept = remove_kept(unwritten, key);
    struct rr_restore_status status = out_verdict->status;
    bool usable = kept != NULL && rr_slice_equals(rr_slice_from(kept->shelved.uid), uid) &&
                  kept->verdict.generation == generation && kept->verdict.made_ms > not_before_ms &&
                  rr_restore_shelved_open(rr_buf_slice(&kept->shelved.text), &status);
    if (usable) {
        *out_verdict = kept->verdict;
        out_verdict->status = status;
    }
    kept_free(kept);
    return usable;
}
