#include "restore_runs.h"

#include <redisrestore/base/map.h>
#include <redisrestore/base/mem.h>

struct entry {
    char *uid; /* owns; NULL: nothing was remembered yet */
    struct rr_restore_memory memory;
    struct rr_stop *running; /* borrows; NULL: nothing runs */
    bool forgotten;          /* the object is gone, but its discovery has not left yet */
};

struct rr_restore_runs {
    pthread_mutex_t lock;
    struct {
        struct rr_map entries;
    } guarded;
};

static void entry_free(void *value)
{
    struct entry *entry = value;
    if (entry == NULL)
        return;
    rr_free(entry->uid);
    rr_free(entry);
}

struct rr_restore_runs *rr_restore_runs_new(void)
{
    struct rr_restore_runs *runs = RR_NEW(struct rr_restore_runs);
    rr_assert(pthread_mutex_init(&runs->lock, NULL) == 0);
    return runs;
}

void rr_restore_runs_free(struct rr_restore_runs *runs)
{
    if (runs == NULL)
        return;
    rr_map_done(&runs->guarded.entries, entry_free);
    (void)pthread_mutex_destroy(&runs->lock);
    rr_free(runs);
}

/* The entry of this key, made when it is not there. Needs the lock. */
static struct entry *entry_of(struct rr_restore_runs *runs, struct rr_slice key)
{
    struct entry *entry = rr_map_get(&runs->guarded.entries, key);
    if (entry == NULL) {
        entry = RR_NEW(struct entry);
        (void)rr_map_put(&runs->guarded.entries, key, entry); /* nothing stood there */
    }
    entry->forgotten = false;
    return entry;
}

struct rr_restore_memory rr_restore_runs_recall(struct rr_restore_runs *runs, struct rr_slice key, struct rr_slice uid)
{
    pthread_mutex_lock(&runs->lock);
    struct entry *entry = rr_map_get(&runs->guarded.entries, key);
    struct rr_restore_memory memory = { 0 };
    if (entry != NULL && rr_slice_equals(rr_slice_from(entry->uid), uid))
        memory = entry->memory;
    pthread_mutex_unlock(&runs->lock);
    return memory;
}

void rr_restore_runs_remember(struct rr_restore_runs *runs, struct rr_slice key, struct rr_slice uid,
                              const struct rr_restore_memory *memory)
{
    pthread_mutex_lock(&runs->lock);
    struct entry *entry = entry_of(runs, key);
    if (!rr_slice_equals(rr_slice_from(entry->uid), uid)) {
        rr_free(entry->uid);
        entry->uid = rr_strdup(uid);
    }
    entry->memory = *memory;
    pthread_mutex_unlock(&runs->lock);
}

void rr_restore_runs_forget(struct rr_restore_runs *runs, struct rr_slice key)
{
    pthread_mutex_lock(&runs->lock);
    struct entry *entry = rr_map_get(&runs->guarded.entries, key);
    if (entry != NULL && entry->running != NULL)
        entry->forgotten = true;
    else
        entry_free(rr_map_remove(&runs->guarded.entries, key));
    pthread_mutex_unlock(&runs->lock);
}

void rr_restore_runs_enter(struct rr_restore_runs *runs, struct rr_slice key, struct rr_stop *stop)
{
    pthread_mutex_lock(&runs->lock);
    entry_of(runs, key)->running = stop;
    pthread_mutex_unlock(&runs->lock);
}

void rr_restore_runs_leave(struct rr_restore_runs *runs, struct rr_slice key)
{
    pthread_mutex_lock(&runs->lock);
    struct entry *entry = rr_map_get(&runs->guarded.entries, key);
    rr_assert(entry != NULL);
    entry->running = NULL;
    if (entry->forgotten)
        entry_free(rr_map_remove(&runs->guarded.entries, key));
    pthread_mutex_unlock(&runs->lock);
}

/* The stop is set under the lock: it lives until leave, which needs the lock too. Its watchers only wake a loop or a
 * waiter. */
void rr_restore_runs_cancel(struct rr_restore_runs *runs, struct rr_slice key)
{
    pthread_mutex_lock(&runs->lock);
    struct entry *entry = rr_map_get(&runs->guarded.entries, key);
    if (entry != NULL && entry->running != NULL)
        rr_stop_set(entry->running);
    pthread_mutex_unlock(&runs->lock);
}
