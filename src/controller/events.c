#include <redisrestore/controller/events.h>

#include "event_body.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/random.h>
#include <redisrestore/base/thread.h>

enum {
    QUEUE_MAX = 256, /* behaviour E-06 */
    BODY_MAX_BYTES = 16 * 1024,
    REPLY_MAX_BYTES = 256 * 1024,
    PATH_MAX_BYTES = 1024,
    TRIES_MAX = 12, /* behaviour E-04, as the pause */
    PAUSE_MS = 10 * 1000,
};

struct queued {
    struct queued *next;
    struct rr_buf path, body;
};

struct rr_events {
    struct rr_events_options options; /* fixed */
    struct rr_thread thread;
    struct rr_stop abort; /* ends what is under way when the time to flush is over */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        struct queued *first, *last;
        size_t count;
        bool closing, ended;
        uint64_t number;
    } guarded;
};

static void queued_free(struct queued *queued)
{
    rr_buf_done(&queued->path);
    rr_buf_done(&queued->body);
    rr_free(queued);
}

/* --- the events' thread --- */

static bool post(struct rr_events *events, const struct queued *queued, struct rr_error *err)
{
    struct rr_kube_request request = {
        .method = "POST",
        .path = rr_buf_slice(&queued->path),
        .content_type = "application/json",
        .body = rr_buf_slice(&queued->body),
        .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(events->options.clock), RR_KUBE_REQUEST_TIMEOUT_MS),
        .guard = events->options.guard,
    };
    rr_auto(buf) reply = RR_BUF(REPLY_MAX_BYTES);
    return rr_kube_call(events->options.client, &request, &events->abort, &reply, err) ||
           err->code == RR_E_ALREADY_EXISTS;
}

/* An answer of the server is final, good or bad; only a server that was not reached is tried again (E-04). */
static void write_one(struct rr_events *events, const struct queued *queued)
{
    struct rr_error err;
    for (int tries = 1; !post(events, queued, &err); tries++) {
        bool again = err.http_status == 0 && rr_code_category(err.code) == RR_CATEGORY_RETRY && tries < TRIES_MAX;
        int64_t pause_ms = (int64_t)rr_random_between(&rr_random_system, PAUSE_MS, 1.25 * PAUSE_MS);
        if (again &&
            !rr_stop_wait(&events->abort, rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), pause_ms)))
            continue;
        if (err.code != RR_E_CANCELLED)
            rr_warn(events->options.log, "event not written", F_ERROR(&err));
        rr_metric_add(events->options.dropped, NULL, 1);
        return;
    }
}

static void run(void *context)
{
    struct rr_events *events = context;
    pthread_mutex_lock(&events->lock);
    for (;;) {
        struct queued *queued = events->guarded.first;
        if (queued == NULL && events->guarded.closing)
            break;
        if (queued == NULL) {
            (void)rr_cond_wait_until(&events->changed, &events->lock, RR_DEADLINE_NEVER);
            continue;
        }
        events->guarded.first = queued->next;
        if (queued->next == NULL)
            events->guarded.last = NULL;
        events->guarded.count--;
        pthread_mutex_unlock(&events->lock);
        write_one(events, queued);
        queued_free(queued);
        pthread_mutex_lock(&events->lock);
    }
    events->guarded.ended = true;
    pthread_cond_broadcast(&events->changed);
    pthread_mutex_unlock(&events->lock);
}

/* --- any thread --- */

struct rr_events *rr_events_start(const struct rr_events_options *options)
{
    struct rr_events *events = RR_NEW(struct rr_events);
    events->options = *options;
    rr_stop_init(&events->abort, NULL);
    rr_assert(pthread_mutex_init(&events->lock, NULL) == 0);
    rr_cond_init(&events->changed);
    rr_metric_touch(options->dropped, NULL);
    rr_thread_start(&events->thread, "events", run, events);
    return events;
}

/* Puts it into the queue, which takes it; false when the queue is full. */
static bool enqueue(struct rr_events *events, struct queued *queued)
{
    pthread_mutex_lock(&events->lock);
    bool room = events->guarded.count < QUEUE_MAX && !events->guarded.closing;
    if (room) {
        if (events->guarded.last != NULL)
            events->guarded.last->next = queued;
        else
            events->guarded.first = queued;
        events->guarded.last = queued;
        events->guarded.count++;
        pthread_cond_broadcast(&events->changed);
    }
    pthread_mutex_unlock(&events->lock);
    return room;
}

void rr_events_record(struct rr_events *events, const struct rr_event *event)
{
    static const struct rr_kube_resource resource = { "events.k8s.io", "v1", "events" };
    struct queued *queued = RR_NEW(struct queued);
    queued->path = (struct rr_buf)RR_BUF(PATH_MAX_BYTES);
    queued->body = (struct rr_buf)RR_BUF(BODY_MAX_BYTES);
    pthread_mutex_lock(&events->lock);
    uint64_t number = events->guarded.number++;
    pthread_mutex_unlock(&events->lock);
    struct rr_error err;
    rr_event_body(&queued->body, event, events->options.controller, events->options.instance,
                  rr_clock_unix_ms(events->options.clock), number);
    bool made =
        rr_kube_path_build(&queued->path, &resource, event->namespace_name, (struct rr_slice){ 0 }, NULL, &err) &&
        rr_buf_ok(&queued->body, &err);
    if (!made || !enqueue(events, queued)) {
        rr_metric_add(events->options.dropped, NULL, 1);
        queued_free(queued);
    }
}

void rr_events_free(struct rr_events *events, int64_t flush_ms)
{
    if (events == NULL)
        return;
    int64_t deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), flush_ms);
    pthread_mutex_lock(&events->lock);
    events->guarded.closing = true;
    pthread_cond_broadcast(&events->changed);
    while (!events->guarded.ended && rr_cond_wait_until(&events->changed, &events->lock, deadline_ms))
        continue;
    pthread_mutex_unlock(&events->lock);
    rr_stop_set(&events->abort);
    rr_thread_join(&events->thread);
    rr_stop_done(&events->abort);
    (void)pthread_cond_destroy(&events->changed);
    (void)pthread_mutex_destroy(&events->lock);
    rr_free(events);
}
