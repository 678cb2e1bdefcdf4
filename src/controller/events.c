/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/controller/events.h>

#include "event_series.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/random.h>
#include <redisrestore/base/thread.h>

enum {
    QUEUE_MAX = 256, /* behaviour E-06 */
    REPLY_MAX_BYTES = 256 * 1024,
    TRIES_MAX = 12, /* behaviour E-04, as the pause */
    RETRY_MS = 10 * 1000,
};

struct queued {
    struct queued *next;
    struct rr_event_write write;
};

struct rr_events {
    struct rr_events_options options; /* fixed */
    struct rr_thread thread;
    struct rr_stop abort; /* cancels requests after the flush timeout */
    bool told;            /* the events thread: a failure was logged; reset by the next success */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        struct rr_event_series *series;
        struct queued *first, *last;
        size_t count;
        bool full_told; /* since the queue was last empty */
        bool closing, ended;
    } guarded;
};

/* --- the events thread --- */

static bool submit(struct rr_events *events, const char *method, struct rr_slice path, const char *type,
                   struct rr_slice body, struct rr_error *err)
{
    struct rr_kube_request request = {
        .method = method,
        .path = path,
        .content_type = type,
        .body = body,
        .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), RR_KUBE_REQUEST_TIMEOUT_MS),
        .guard = events->options.guard,
    };
    rr_auto(buf) reply = RR_BUF(REPLY_MAX_BYTES);
    return rr_kube_call(events->options.client, &request, &events->abort, &reply, err);
}

/* Creates a series whose Event was deleted. If it exists after all, the next attempt patches it. */
static bool try_once(struct rr_events *events, const struct rr_event_write *write, struct rr_error *err)
{
    bool is_series = write->patch.len > 0;
    if (is_series && submit(events, "PATCH", rr_buf_slice(&write->path), "application/strategic-merge-patch+json",
                            rr_buf_slice(&write->patch), err))
        return true;
    if (is_series && err->code != RR_E_NOT_FOUND)
        return false;
    return submit(events, "POST", rr_event_write_collection(write), "application/json", rr_buf_slice(&write->body),
                  err) ||
           (!is_series && err->code == RR_E_ALREADY_EXISTS);
}

/* A reply of the server is final. Retry only if the server was not reached (E-04), or if someone else created the
 * series between our PATCH and our POST. */
static bool is_worth_a_try(const struct rr_event_write *write, const struct rr_error *err)
{
    return (err->http_status == 0 && rr_code_category(err->code) == RR_CATEGORY_RETRY) ||
           (write->patch.len > 0 && err->code == RR_E_ALREADY_EXISTS);
}

/* Logs a series of failures once, however many Events are lost. Events in a namespace that is being deleted do not
 * count as failures. */
static void tell(struct rr_events *events, const struct rr_error *err)
{
    if (err->code == RR_E_CANCELLED)
        return;
    if (strstr(err->detail, "being terminated") != NULL || events->told)
        rr_debug(events->options.log, "event not written", F_ERROR(err));
    else
        rr_warn(events->options.log, "failed to write event, counting further failures until one succeeds",
                F_ERROR(err));
    if (strstr(err->detail, "being terminated") == NULL)
        events->told = true;
}

static void write_one(struct rr_events *events, const struct rr_event_write *write)
{
    struct rr_error err;
    double shortest_ms = (double)events->options.retry_ms;
    for (int tries = 1; !try_once(events, write, &err); tries++) {
        int64_t pause_ms = (int64_t)rr_random_between(&rr_random_system, shortest_ms, 1.25 * shortest_ms);
        if (is_worth_a_try(write, &err) && tries < TRIES_MAX &&
            !rr_stop_wait(&events->abort, rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), pause_ms)))
            continue;
        tell(events, &err);
        rr_metric_add(events->options.dropped, NULL, 1);
        return;
    }
    events->told = false;
}

/* Takes the next queued Event, then counts of series that are due, and at the end all of them. Needs the lock. */
static bool take_next(struct rr_events *events, struct rr_event_write *out_write)
{
    struct queued *queued = events->guarded.first;
    events->guarded.full_told = events->guarded.full_told && queued != NULL;
    if (queued == NULL)
        return rr_event_series_flush(events->guarded.series, rr_clock_monotonic_ms(events->options.clock),
                                     events->guarded.closing, out_write);
    events->guarded.first = queued->next;
    if (queued->next == NULL)
        events->guarded.last = NULL;
    events->guarded.count--;
    *out_write = queued->write;
    rr_free(queued);
    return true;
}

/* Waits until an Event is recorded or a count is due by the configured clock. Needs the lock. */
static void wait_for_more(struct rr_events *events)
{
    int64_t due_ms = rr_event_series_due_ms(events->guarded.series);
    if (due_ms != RR_DEADLINE_NEVER)
        due_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system),
                                   due_ms - rr_clock_monotonic_ms(events->options.clock));
    (void)rr_cond_wait_until(&events->changed, &events->lock, due_ms);
}

static void run(void *context)
{
    struct rr_events *events = context;
    pthread_mutex_lock(&events->lock);
    for (;;) {
        rr_auto(event_write) write = { 0 };
        if (take_next(events, &write)) {
            pthread_mutex_unlock(&events->lock);
            write_one(events, &write);
            pthread_mutex_lock(&events->lock);
            continue;
        }
        if (events->guarded.closing)
            break;
        wait_for_more(events);
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
    if (options->retry_ms == 0)
        events->options.retry_ms = RETRY_MS;
    rr_stop_init(&events->abort, NULL);
    rr_assert(pthread_mutex_init(&events->lock, NULL) == 0);
    rr_cond_init(&events->changed);
    events->guarded.series = rr_event_series_new(options->controller, options->instance);
    rr_metric_touch(options->dropped, NULL);
    rr_thread_start(&events->thread, "events", run, events);
    return events;
}

/* Puts the write into the queue, which takes it. Returns false if the queue is full. Needs the lock. */
static bool enqueue(struct rr_events *events, struct rr_event_write *write)
{
    if (events->guarded.count >= QUEUE_MAX || events->guarded.closing)
        return false;
    struct queued *queued = RR_NEW(struct queued);
    queued->write = rr_steal(*write);
    if (events->guarded.last != NULL)
        events->guarded.last->next = queued;
    else
        events->guarded.first = queued;
    events->guarded.last = queued;
    events->guarded.count++;
    pthread_cond_broadcast(&events->changed);
    return true;
}

void rr_events_record(struct rr_events *events, const struct rr_event *event)
{
    const struct rr_clock *clock = events->options.clock;
    rr_auto(event_write) write = { 0 };
    pthread_mutex_lock(&events->lock);
    enum rr_event_verdict verdict = rr_event_series_observe(events->guarded.series, event, rr_clock_monotonic_ms(clock),
                                                            rr_clock_unix_ms(clock), &write);
    bool full = verdict == RR_EVENT_WRITE && !enqueue(events, &write),
         first = full && !events->guarded.full_told && !events->guarded.closing;
    if (full)
        verdict = RR_EVENT_DROPPED;
    events->guarded.full_told = events->guarded.full_told || full;
    pthread_mutex_unlock(&events->lock);
    if (first)
        rr_warn(events->options.log, "event queue full, dropping and counting events", F_INT(LOG_COUNT, QUEUE_MAX));
    if (verdict == RR_EVENT_DROPPED)
        rr_metric_add(events->options.dropped, NULL, 1);
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
    rr_event_series_free(events->guarded.series);
    (void)pthread_cond_destroy(&events->changed);
    (void)pthread_mutex_destroy(&events->lock);
    rr_free(events);
}
