/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/controller/workqueue.h>

#include "workqueue_lanes.h"
#include "workqueue_metrics.h"

#include <redisrestore/base/backoff.h>
#include <redisrestore/base/heap.h>
#include <redisrestore/base/map.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/base/thread.h>
#include <redisrestore/base/token_bucket.h>

enum {
    RETRY_BASE_MS = 5,         /* behaviour W-02 */
    RETRY_MAX_MS = 300 * 1000, /* the spread included: what has recovered must not wait longer */
    RETRY_SPREAD_PERCENT = 10, /* behaviour W-09 */
    RETRIES_PER_SECOND = 10,   /* of all keys together (behaviour W-03), like the burst */
    RETRIES_BURST = 100,
    KEY_MAX_BYTES = 1024,
};

/* The state of a key; exists as long as there is any. */
struct item {
    struct rr_heap_entry delay; /* in guarded.delayed, by due time */
    struct rr_lane_item turn;   /* in guarded.ready */
    bool dirty;                 /* must run: queued, or queued again when it is finished */
    bool processing;
    enum rr_lane_class ran_as; /* of its last or current run */
    struct item *next_running, *previous_running;
    int failures;
    int64_t since_ms;    /* start of queueing, or of processing */
    int64_t aside_at_ms; /* when it releases its place; RR_DEADLINE_NEVER: keeps it */
    size_t key_len;
    char key[];
};

struct rr_workqueue {
    const struct rr_clock *clock; /* fixed */
    const struct rr_random *random;
    struct rr_workqueue_metrics metrics;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        struct rr_map items;
        struct rr_lanes ready; /* and those that run */
        struct item *running;
        struct rr_heap delayed;
        struct rr_token_bucket retries;
        size_t idle;              /* threads in rr_workqueue_next */
        int64_t watched_until_ms; /* an idle thread wakes then at the latest; RR_DEADLINE_NEVER: none has a deadline */
        bool shut_down;
    } guarded;
    struct rr_metrics *registry; /* fixed; NULL: none */
};

static int64_t now_ms(const struct rr_workqueue *queue)
{
    return rr_clock_monotonic_ms(queue->clock);
}

/* --- everything below needs the lock --- */

static struct item *item_of(struct rr_workqueue *queue, struct rr_slice key)
{
    struct item *item = rr_map_get(&queue->guarded.items, key);
    if (item != NULL)
        return item;
    item = rr_alloc(sizeof(*item) + key.len + 1);
    item->delay.owner = item;
    item->turn.owner = item;
    item->key_len = key.len;
    if (key.len > 0)
        memcpy(item->key, key.ptr, key.len);
    (void)rr_map_put(&queue->guarded.items, key, item); /* the key was absent */
    return item;
}

static void drop_if_unused(struct rr_workqueue *queue, struct item *item)
{
    if (item->dirty || item->processing || rr_heap_is_in(&item->delay) || item->failures > 0)
        return;
    (void)rr_map_remove(&queue->guarded.items, (struct rr_slice){ item->key, item->key_len }); /* `item` */
    rr_free(item);
}

/* Returns when something changes by itself: a delayed key is due, or after `now` a running key may release its place to
 * one that waits. Few keys run concurrently, so checking all of them is cheap. */
static int64_t next_change_ms(const struct rr_workqueue *queue, int64_t now)
{
    const struct rr_heap_entry *first = rr_heap_first(&queue->guarded.delayed);
    int64_t next_at = first != NULL ? first->key : RR_DEADLINE_NEVER;
    if (rr_lanes_ready(&queue->guarded.ready) == 0)
        return next_at;
    for (const struct item *item = queue->guarded.running; item != NULL; item = item->next_running)
        if (item->aside_at_ms > now && item->aside_at_ms < next_at)
            next_at = item->aside_at_ms;
    return next_at;
}

/* Wakes one idle thread for a key that may run now, or to wait less. The thread that takes a key wakes the next. With a
 * full queue nothing can run before a key is finished: to wake a thread for each key would cost a switch of threads. */
static void wake(struct rr_workqueue *queue)
{
    if (rr_lanes_has_next(&queue->guarded.ready) || next_change_ms(queue, INT64_MIN) < queue->guarded.watched_until_ms)
        pthread_cond_signal(&queue->changed);
}

/* Releases the places of running keys that have waited long enough, if others need one. */
static void step_aside(struct rr_workqueue *queue, int64_t now)
{
    if (rr_lanes_ready(&queue->guarded.ready) == 0)
        return;
    for (struct item *item = queue->guarded.running; item != NULL; item = item->next_running)
        if (item->aside_at_ms <= now && rr_lanes_step_aside(&queue->guarded.ready, &item->turn))
            item->aside_at_ms = RR_DEADLINE_NEVER;
}

/* One idle thread waits with a deadline, the others without: *watches says which. */
static void wait_for_change(struct rr_workqueue *queue, int64_t now, bool *watches)
{
    int64_t at = next_change_ms(queue, now);
    *watches = *watches || at < queue->guarded.watched_until_ms;
    if (*watches)
        queue->guarded.watched_until_ms = at;
    (void)rr_cond_wait_until(&queue->changed, &queue->lock, *watches ? at : RR_DEADLINE_NEVER);
}

static void append(struct rr_workqueue *queue, struct item *item)
{
    struct rr_slice name = { item->key, item->key_len }, namespace_name = rr_slice_cut(&name, '/');
    item->since_ms = now_ms(queue);
    rr_lanes_push(&queue->guarded.ready, namespace_name, &item->turn);
    rr_workqueue_metrics_depth(&queue->metrics, rr_lanes_ready(&queue->guarded.ready));
}

/* A key that is queued twice keeps the higher urgency. */
static void add_as(struct rr_workqueue *queue, struct item *item, enum rr_lane_class class, bool in_front)
{
    if (queue->guarded.shut_down)
        return;
    if (item->dirty && class == RR_LANE_NEWS) {
        if (item->processing)
            item->turn.class = class;
        else
            rr_lanes_raise(&queue->guarded.ready, &item->turn);
    }
    if (item->dirty)
        return;
    item->dirty = true;
    item->turn.class = class;
    item->turn.in_front = in_front;
    rr_workqueue_metrics_added(&queue->metrics);
    if (item->processing)
        return;
    append(queue, item);
    wake(queue);
}

static void add_due(struct rr_workqueue *queue)
{
    int64_t now = now_ms(queue);
    struct rr_heap_entry *first;
    while ((first = rr_heap_first(&queue->guarded.delayed)) != NULL && first->key <= now) {
        rr_heap_remove(&queue->guarded.delayed, first);
        struct item *item = first->owner;
        add_as(queue, item, item->ran_as, false);
    }
}

static void add_after(struct rr_workqueue *queue, struct item *item, int64_t delay_ms)
{
    if (queue->guarded.shut_down)
        return;
    rr_workqueue_metrics_retried(&queue->metrics);
    int64_t ready_at = rr_deadline_after(now_ms(queue), delay_ms);
    if (!rr_heap_is_in(&item->delay))
        rr_heap_push(&queue->guarded.delayed, &item->delay, ready_at);
    else if (ready_at < item->delay.key) /* the earlier time stays (W-05) */
        rr_heap_update(&queue->guarded.delayed, &item->delay, ready_at);
    wake(queue);
}

static bool is_news(const struct rr_workqueue *queue, struct rr_slice key)
{
    const struct item *item = rr_map_get(&queue->guarded.items, key);
    return item == NULL || item->ran_as == RR_LANE_NEWS;
}

/* --- any thread --- */

static void on_scrape(void *context)
{
    struct rr_workqueue *queue = context;
    int64_t all_ms = 0, longest_ms = 0;
    pthread_mutex_lock(&queue->lock);
    int64_t now = now_ms(queue);
    for (const struct item *item = queue->guarded.running; item != NULL; item = item->next_running) {
        int64_t runs_ms = now - item->since_ms;
        all_ms += runs_ms;
        longest_ms = runs_ms > longest_ms ? runs_ms : longest_ms;
    }
    pthread_mutex_unlock(&queue->lock);
    rr_workqueue_metrics_running(&queue->metrics, all_ms, longest_ms);
}

struct rr_workqueue *rr_workqueue_new(const struct rr_workqueue_options *options)
{
    struct rr_workqueue *queue = RR_NEW(struct rr_workqueue);
    queue->clock = options->clock;
    queue->random = options->random;
    queue->guarded.watched_until_ms = RR_DEADLINE_NEVER;
    queue->guarded.ready.limit = options->most_of_a_namespace;
    queue->guarded.ready.places = options->places;
    queue->guarded.ready.aside_max = options->aside_max;
    queue->guarded.ready.aside_of_lane_max = options->aside_of_a_namespace_max;
    rr_token_bucket_init(&queue->guarded.retries, RETRIES_PER_SECOND, RETRIES_BURST, now_ms(queue));
    rr_workqueue_metrics_init(&queue->metrics, options->metrics, options->name);
    rr_assert(pthread_mutex_init(&queue->lock, NULL) == 0);
    rr_cond_init(&queue->changed);
    queue->registry = options->metrics;
    if (options->metrics != NULL)
        rr_metrics_on_scrape(options->metrics, on_scrape, queue);
    return queue;
}

void rr_workqueue_free(struct rr_workqueue *queue)
{
    if (queue == NULL)
        return;
    if (queue->registry != NULL)
        rr_metrics_off_scrape(queue->registry, on_scrape, queue);
    rr_lanes_done(&queue->guarded.ready);
    rr_heap_done(&queue->guarded.delayed);
    rr_map_done(&queue->guarded.items, rr_free);
    (void)pthread_cond_destroy(&queue->changed);
    (void)pthread_mutex_destroy(&queue->lock);
    rr_free(queue);
}

void rr_workqueue_add(struct rr_workqueue *queue, struct rr_slice key)
{
    pthread_mutex_lock(&queue->lock);
    struct item *item = item_of(queue, key);
    add_as(queue, item, RR_LANE_NEWS, false);
    drop_if_unused(queue, item);
    pthread_mutex_unlock(&queue->lock);
}

void rr_workqueue_add_later(struct rr_workqueue *queue, struct rr_slice key)
{
    pthread_mutex_lock(&queue->lock);
    struct item *item = item_of(queue, key);
    add_as(queue, item, RR_LANE_LATER, false);
    drop_if_unused(queue, item);
    pthread_mutex_unlock(&queue->lock);
}

void rr_workqueue_add_again(struct rr_workqueue *queue, struct rr_slice key, bool in_front)
{
    pthread_mutex_lock(&queue->lock);
    struct item *item = item_of(queue, key);
    add_as(queue, item, item->ran_as, in_front);
    drop_if_unused(queue, item);
    pthread_mutex_unlock(&queue->lock);
}

void rr_workqueue_add_after(struct rr_workqueue *queue, struct rr_slice key, int64_t delay_ms)
{
    pthread_mutex_lock(&queue->lock);
    struct item *item = item_of(queue, key);
    if (delay_ms <= 0)
        add_as(queue, item, RR_LANE_NEWS, false);
    else
        add_after(queue, item, delay_ms);
    drop_if_unused(queue, item);
    pthread_mutex_unlock(&queue->lock);
}

void rr_workqueue_add_rate_limited(struct rr_workqueue *queue, struct rr_slice key, int64_t longest_ms)
{
    if (longest_ms <= 0 || longest_ms > RETRY_MAX_MS)
        longest_ms = RETRY_MAX_MS;
    pthread_mutex_lock(&queue->lock);
    struct item *item = item_of(queue, key);
    struct rr_backoff backoff = { .base_ms = RETRY_BASE_MS,
                                  .cap_ms = longest_ms * 100 / (100 + RETRY_SPREAD_PERCENT),
                                  .failures = item->failures };
    int64_t delay_ms = rr_random_spread_ms(queue->random, rr_backoff_next_ms(&backoff), RETRY_SPREAD_PERCENT);
    item->failures = backoff.failures;
    /* A key that waits for a retry already has its place in the overall retry rate. */
    int64_t paced_ms = rr_heap_is_in(&item->delay) ? 0 : rr_token_bucket_take(&queue->guarded.retries, now_ms(queue));
    add_after(queue, item, delay_ms > paced_ms ? delay_ms : paced_ms);
    pthread_mutex_unlock(&queue->lock);
}

void rr_workqueue_forget(struct rr_workqueue *queue, struct rr_slice key)
{
    pthread_mutex_lock(&queue->lock);
    struct item *item = rr_map_get(&queue->guarded.items, key);
    if (item != NULL) {
        item->failures = 0;
        drop_if_unused(queue, item);
    }
    pthread_mutex_unlock(&queue->lock);
}

/* Takes the next item that may run. Needs the lock. */
static void take(struct rr_workqueue *queue, struct rr_buf *out_key)
{
    struct item *item = rr_lanes_take(&queue->guarded.ready)->owner;
    int64_t now = now_ms(queue);
    if (rr_heap_is_in(&item->delay))
        rr_heap_remove(&queue->guarded.delayed, &item->delay); /* the run decides when the next one is due */
    rr_workqueue_metrics_depth(&queue->metrics, rr_lanes_ready(&queue->guarded.ready));
    rr_workqueue_metrics_taken(&queue->metrics, now - item->since_ms);
    item->dirty = false;
    item->processing = true;
    item->ran_as = item->turn.class;
    item->since_ms = now;
    item->aside_at_ms = RR_DEADLINE_NEVER;
    item->next_running = queue->guarded.running;
    if (item->next_running != NULL)
        item->next_running->previous_running = item;
    queue->guarded.running = item;
    *out_key = (struct rr_buf)RR_BUF(KEY_MAX_BYTES);
    rr_buf_add(out_key, (struct rr_slice){ item->key, item->key_len });
}

/* Needs the lock. */
static void leave_running(struct rr_workqueue *queue, struct item *item)
{
    if (item->next_running != NULL)
        item->next_running->previous_running = item->previous_running;
    if (item->previous_running != NULL)
        item->previous_running->next_running = item->next_running;
    else
        queue->guarded.running = item->next_running;
    item->next_running = item->previous_running = NULL;
    item->processing = false;
}

/* Needs the lock. */
static bool get(struct rr_workqueue *queue, struct rr_buf *out_key)
{
    queue->guarded.idle++;
    bool watches = false;
    for (;;) {
        if (queue->guarded.shut_down)
            break;
        add_due(queue);
        int64_t now = now_ms(queue);
        step_aside(queue, now);
        if (rr_lanes_has_next(&queue->guarded.ready)) {
            take(queue, out_key);
            break;
        }
        wait_for_change(queue, now, &watches);
    }
    queue->guarded.idle--;
    if (watches)
        queue->guarded.watched_until_ms = RR_DEADLINE_NEVER;
    wake(queue); /* another thread for a key that may run, or to wait in place of this one */
    return !queue->guarded.shut_down;
}

/* Needs the lock. */
static void finish(struct rr_workqueue *queue, struct rr_slice key)
{
    struct item *item = rr_map_get(&queue->guarded.items, key);
    rr_assert(item != NULL && item->processing);
    leave_running(queue, item);
    rr_lanes_finish(&queue->guarded.ready, &item->turn);
    rr_workqueue_metrics_finished(&queue->metrics, now_ms(queue) - item->since_ms);
    if (item->dirty && !queue->guarded.shut_down)
        append(queue, item);
    else
        drop_if_unused(queue, item);
}

void rr_workqueue_finished(struct rr_workqueue *queue, struct rr_slice key)
{
    pthread_mutex_lock(&queue->lock);
    finish(queue, key);
    wake(queue); /* the key held a place, and its namespace may have been at its limit */
    pthread_mutex_unlock(&queue->lock);
}

bool rr_workqueue_next(struct rr_workqueue *queue, struct rr_buf *key)
{
    pthread_mutex_lock(&queue->lock);
    if (key->len > 0)
        finish(queue, rr_buf_slice(key));
    rr_buf_done(key);
    bool taken = get(queue, key);
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

void rr_workqueue_waits(struct rr_workqueue *queue, struct rr_slice key, int64_t patience_ms)
{
    pthread_mutex_lock(&queue->lock);
    struct item *item = rr_map_get(&queue->guarded.items, key);
    if (item != NULL && item->processing) {
        item->aside_at_ms = rr_deadline_after(now_ms(queue), patience_ms);
        step_aside(queue, now_ms(queue));
        wake(queue); /* an idle thread must now wait less */
    }
    pthread_mutex_unlock(&queue->lock);
}

size_t rr_workqueue_idle(struct rr_workqueue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t idle = queue->guarded.idle;
    pthread_mutex_unlock(&queue->lock);
    return idle;
}

bool rr_workqueue_is_news(struct rr_workqueue *queue, struct rr_slice key)
{
    pthread_mutex_lock(&queue->lock);
    bool result = is_news(queue, key);
    pthread_mutex_unlock(&queue->lock);
    return result;
}

void rr_workqueue_shut_down(struct rr_workqueue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->guarded.shut_down = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

bool rr_workqueue_others_wait(struct rr_workqueue *queue, struct rr_slice key)
{
    pthread_mutex_lock(&queue->lock);
    add_due(queue);
    size_t news = queue->guarded.ready.ready[RR_LANE_NEWS];
    bool others_wait = (is_news(queue, key) ? news : rr_lanes_ready(&queue->guarded.ready)) > 0;
    pthread_mutex_unlock(&queue->lock);
    return others_wait;
}

size_t rr_workqueue_length(struct rr_workqueue *queue)
{
    pthread_mutex_lock(&queue->lock);
    add_due(queue);
    size_t length = rr_lanes_ready(&queue->guarded.ready);
    pthread_mutex_unlock(&queue->lock);
    return length;
}
