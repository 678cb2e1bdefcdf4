#include "restore_unwritten.h"

#include <redisrestore/base/map.h>
#include <redisrestore/base/mem.h>

#include <pthread.h>

/* The status as JSON: a fraction of what its buffers take. */
struct kept {
    char *uid;                         /* owns */
    struct rr_restore_verdict verdict; /* without its status */
    struct rr_buf text;
};

struct rr_restore_unwritten {
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
    rr_buf_done(&kept->text);
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
    rr_map_done(&unwritten->guarded.kept, kept_free);
    (void)pthread_mutex_destroy(&unwritten->lock);
    rr_free(unwritten);
}

static struct kept *remove_kept(struct rr_restore_unwritten *unwritten, struct rr_slice key)
{
    pthread_mutex_lock(&unwritten->lock);
    struct kept *kept = rr_map_remove(&unwritten->guarded.kept, key);
    if (kept != NULL)
        unwritten->guarded.bytes -= kept->text.cap;
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
    struct rr_error ignored;
    struct kept *kept = RR_NEW(struct kept);
    *kept = (struct kept){ .uid = rr_strdup(uid), .verdict = *verdict, .text = RR_BUF(2 * RR_STATUS_MAX_BYTES) };
    kept->verdict.status = (struct rr_restore_status){ 0 }; /* it stays the caller's */
    rr_restore_status_write(&kept->text, &verdict->status);
    bool whole = rr_buf_ok(&kept->text, &ignored);
    pthread_mutex_lock(&unwritten->lock);
    bool fits = whole && unwritten->guarded.bytes + kept->text.cap <= RR_RESTORE_UNWRITTEN_MAX_BYTES;
    if (fits) {
        unwritten->guarded.bytes += kept->text.cap;
        (void)rr_map_put(&unwritten->guarded.kept, key, kept); /* nothing stands there: one worker has this key */
    }
    pthread_mutex_unlock(&unwritten->lock);
    if (!fits)
        kept_free(kept);
}

bool rr_restore_unwritten_take(struct rr_restore_unwritten *unwritten, struct rr_slice key, struct rr_slice uid,
                               int64_t generation, int64_t not_before_ms, struct rr_restore_verdict *out_verdict)
{
    struct kept *kept = remove_kept(unwritten, key);
    rr_auto(json) json = { 0 };
    struct rr_error ignored;
    bool usable = kept != NULL && rr_slice_equals(rr_slice_from(kept->uid), uid) &&
                  kept->verdict.generation == generation && kept->verdict.made_ms > not_before_ms &&
                  rr_json_parse(rr_buf_slice(&kept->text), &json, &ignored);
    if (usable) {
        struct rr_restore_status status = out_verdict->status;
        *out_verdict = kept->verdict;
        out_verdict->status = status;
        rr_restore_status_decode(json.root, &out_verdict->status);
    }
    kept_free(kept);
    return usable;
}
