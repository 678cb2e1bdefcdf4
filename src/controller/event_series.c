/* SPDX-License-Identifier: Apache-2.0 */
#include "event_series.h"

#include "event_body.h"

#include <redisrestore/base/heap.h>
#include <redisrestore/base/map.h>
#include <redisrestore/base/mem.h>

enum { BODY_MAX_BYTES = 16 * 1024, PATH_MAX_BYTES = 1024, PATCH_MAX_BYTES = 256 };

/* Events of one kind. */
struct kind {
    struct kind *next;
    const char *reason, *action; /* literals */
    bool warning;
    uint64_t number; /* with unix_ms: forms the name of the Event */
    int64_t unix_ms;
    int64_t count;               /* 1: no series yet */
    int64_t written;             /* of them, written to the API server */
    int64_t last_ms, written_ms; /* monotonic */
    int64_t last_unix_ms;
    struct rr_buf path, body; /* of a series only, to create it again if it was deleted */
};

/* The state of an object. */
struct source {
    struct rr_buf uid;
    struct kind *kinds; /* owns */
    int tokens;
    int64_t refilled_ms;          /* `tokens` is correct as of this time */
    struct rr_heap_entry due;     /* when to check it */
    struct source *older, *newer; /* ordered by the last Event */
};

struct rr_event_series {
    const char *controller;
    struct rr_slice instance;
    struct rr_map sources;
    struct rr_heap due;
    struct source *oldest, *newest;
    struct kind *homeless; /* owns: kinds of evicted objects, with a count that is not written yet */
    uint64_t number;
};

void rr_event_write_done(struct rr_event_write *write)
{
    if (write == NULL)
        return;
    rr_buf_done(&write->path);
    rr_buf_done(&write->body);
    rr_buf_done(&write->patch);
}

struct rr_slice rr_event_write_collection(const struct rr_event_write *write)
{
    struct rr_slice path = rr_buf_slice(&write->path);
    while (path.len > 0 && path.ptr[path.len - 1] != '/')
        path.len--;
    return rr_slice_first(path, path.len > 0 ? path.len - 1 : 0);
}

/* --- memory --- */

static void kind_free(struct kind *kind)
{
    rr_buf_done(&kind->path);
    rr_buf_done(&kind->body);
    rr_free(kind);
}

static void kinds_free(struct kind *kinds)
{
    while (kinds != NULL) {
        struct kind *next = kinds->next;
        kind_free(kinds);
        kinds = next;
    }
}

static void source_free(void *value)
{
    struct source *source = value;
    if (source == NULL)
        return;
    kinds_free(source->kinds);
    rr_buf_done(&source->uid);
    rr_free(source);
}

static void unlink_age(struct rr_event_series *series, struct source *source)
{
    *(source->older != NULL ? &source->older->newer : &series->oldest) = source->newer;
    *(source->newer != NULL ? &source->newer->older : &series->newest) = source->older;
    source->older = source->newer = NULL;
}

static void link_newest(struct rr_event_series *series, struct source *source)
{
    source->older = series->newest;
    *(series->newest != NULL ? &series->newest->newer : &series->oldest) = source;
    series->newest = source;
}

static void forget(struct rr_event_series *series, struct source *source)
{
    rr_heap_remove(&series->due, &source->due);
    unlink_age(series, source);
    (void)rr_map_remove(&series->sources, rr_buf_slice(&source->uid));
    source_free(source);
}

/* Evicts the object. Counts that are not written yet move to the homeless list. */
static void evict(struct rr_event_series *series, struct source *source)
{
    for (struct kind **at = &source->kinds; *at != NULL;) {
        struct kind *kind = *at;
        if (kind->count == kind->written) {
            at = &kind->next;
            continue;
        }
        *at = kind->next;
        kind->next = series->homeless;
        series->homeless = kind;
    }
    forget(series, source);
}

static struct source *source_of(struct rr_event_series *series, struct rr_slice uid, int64_t now_ms)
{
    struct source *source = rr_map_get(&series->sources, uid);
    if (source != NULL) {
        unlink_age(series, source);
        link_newest(series, source);
        return source;
    }
    if (rr_map_count(&series->sources) >= RR_EVENT_SERIES_OBJECTS_MAX)
        evict(series, series->oldest);
    source = RR_NEW(struct source);
    *source = (struct source){ .uid = RR_BUF(uid.len), .tokens = RR_EVENT_SERIES_BURST, .refilled_ms = now_ms };
    rr_buf_add(&source->uid, uid);
    source->due.owner = source;
    (void)rr_map_put(&series->sources, uid, source); /* the uid was absent */
    link_newest(series, source);
    return source;
}

/* --- times --- */

static int64_t kind_due_ms(const struct kind *kind)
{
    int64_t idle_ms = rr_deadline_after(kind->last_ms, RR_EVENT_SERIES_IDLE_MS);
    if (kind->count == kind->written)
        return idle_ms;
    int64_t refresh_ms = rr_deadline_after(kind->written_ms, RR_EVENT_SERIES_REFRESH_MS);
    return refresh_ms < idle_ms ? refresh_ms : idle_ms;
}

static void refill(struct source *source, int64_t now_ms)
{
    while (source->tokens < RR_EVENT_SERIES_BURST && now_ms - source->refilled_ms >= RR_EVENT_SERIES_REFILL_MS) {
        source->tokens++;
        source->refilled_ms += RR_EVENT_SERIES_REFILL_MS;
    }
    if (source->tokens == RR_EVENT_SERIES_BURST)
        source->refilled_ms = now_ms;
}

/* Keep a source without kinds until all its tokens are refilled. */
static int64_t source_due_ms(const struct source *source)
{
    if (source->kinds == NULL)
        return rr_deadline_after(source->refilled_ms,
                                 (RR_EVENT_SERIES_BURST - source->tokens) * (int64_t)RR_EVENT_SERIES_REFILL_MS);
    int64_t due_ms = RR_DEADLINE_NEVER;
    for (const struct kind *kind = source->kinds; kind != NULL; kind = kind->next) {
        int64_t at_ms = kind_due_ms(kind);
        due_ms = at_ms < due_ms ? at_ms : due_ms;
    }
    return due_ms;
}

static void schedule(struct rr_event_series *series, struct source *source)
{
    int64_t due_ms = source_due_ms(source);
    if (rr_heap_is_in(&source->due))
        rr_heap_update(&series->due, &source->due, due_ms);
    else
        rr_heap_push(&series->due, &source->due, due_ms);
}

/* --- writes --- */

static void copy(struct rr_buf *to, const struct rr_buf *from)
{
    *to = (struct rr_buf)RR_BUF(from->max);
    rr_buf_add(to, rr_buf_slice(from));
}

/* Writes the current series, as a patch and within a whole Event. */
static void write_series(struct kind *kind, int64_t now_ms, struct rr_event_write *out_write)
{
    out_write->patch = (struct rr_buf)RR_BUF(PATCH_MAX_BYTES);
    rr_event_series_body(&out_write->patch, kind->count, kind->last_unix_ms);
    copy(&out_write->path, &kind->path);
    copy(&out_write->body, &kind->body);
    rr_assert(out_write->body.len > 0);
    out_write->body.len--; /* drop the closing brace: the patch brings one, without its opening brace */
    rr_buf_add_byte(&out_write->body, ',');
    rr_buf_add(&out_write->body, rr_slice_from(rr_buf_text(&out_write->patch) + 1));
    kind->written = kind->count;
    kind->written_ms = now_ms;
}

static bool build(const struct rr_event_series *series, const struct rr_event *event, const struct kind *kind,
                  struct rr_buf *out_path, struct rr_buf *out_body)
{
    static const struct rr_kube_resource resource = { "events.k8s.io", "v1", "events" };
    struct rr_error err;
    rr_auto(buf) name = RR_BUF(RR_EVENT_NAME_MAX_BYTES);
    rr_event_name(&name, event->name, kind->unix_ms, kind->number);
    *out_path = (struct rr_buf)RR_BUF(PATH_MAX_BYTES);
    *out_body = (struct rr_buf)RR_BUF(BODY_MAX_BYTES);
    rr_event_body(out_body, event, series->controller, series->instance, kind->unix_ms, rr_buf_slice(&name));
    return rr_kube_path_build(out_path, &resource, event->namespace_name, rr_buf_slice(&name), NULL, &err) &&
           rr_buf_ok(out_body, &err);
}

/* --- observe --- */

static struct kind *find(const struct source *source, const struct rr_event *event)
{
    for (struct kind *kind = source->kinds; kind != NULL; kind = kind->next)
        if (kind->warning == event->warning && strcmp(kind->reason, event->reason) == 0 &&
            strcmp(kind->action, event->action) == 0)
            return kind;
    return NULL;
}

static enum rr_event_verdict first_of_kind(struct rr_event_series *series, struct source *source,
                                           const struct rr_event *event, int64_t now_ms, int64_t unix_ms,
                                           struct rr_event_write *out_write)
{
    struct kind *kind = RR_NEW(struct kind);
    *kind = (struct kind){ .next = source->kinds,
                           .reason = event->reason,
                           .action = event->action,
                           .warning = event->warning,
                           .number = series->number++,
                           .unix_ms = unix_ms,
                           .count = 1,
                           .written = 1,
                           .last_ms = now_ms,
                           .written_ms = now_ms,
                           .last_unix_ms = unix_ms };
    if (!build(series, event, kind, &out_write->path, &out_write->body)) {
        kind_free(kind);
        return RR_EVENT_DROPPED;
    }
    source->kinds = kind;
    return RR_EVENT_WRITE;
}

static enum rr_event_verdict second_of_kind(struct rr_event_series *series, struct kind *kind,
                                            const struct rr_event *event, int64_t now_ms,
                                            struct rr_event_write *out_write)
{
    rr_buf_done(&kind->path);
    rr_buf_done(&kind->body);
    if (!build(series, event, kind, &kind->path, &kind->body))
        return RR_EVENT_DROPPED;
    kind->count++;
    write_series(kind, now_ms, out_write);
    return RR_EVENT_WRITE;
}

enum rr_event_verdict rr_event_series_observe(struct rr_event_series *series, const struct rr_event *event,
                                              int64_t now_ms, int64_t unix_ms, struct rr_event_write *out_write)
{
    struct source *source = source_of(series, event->uid, now_ms);
    struct kind *kind = find(source, event);
    enum rr_event_verdict verdict = RR_EVENT_COUNTED;
    refill(source, now_ms);
    if (kind != NULL) {
        kind->last_ms = now_ms;
        kind->last_unix_ms = unix_ms;
    }
    if (kind != NULL && kind->count > 1)
        kind->count++;
    else if (source->tokens == 0)
        verdict = RR_EVENT_DROPPED;
    else
        verdict = kind != NULL ? second_of_kind(series, kind, event, now_ms, out_write)
                               : first_of_kind(series, source, event, now_ms, unix_ms, out_write);
    if (verdict == RR_EVENT_WRITE)
        source->tokens--;
    schedule(series, source);
    return verdict;
}

/* --- flush --- */

static bool flush_homeless(struct rr_event_series *series, int64_t now_ms, struct rr_event_write *out_write)
{
    struct kind *kind = series->homeless;
    if (kind == NULL)
        return false;
    series->homeless = kind->next;
    write_series(kind, now_ms, out_write);
    kind_free(kind);
    return true;
}

/* Returns the next count that is due in *out_write (true), and forgets kinds that were silent. */
static bool flush_source(struct source *source, int64_t now_ms, bool at_end, struct rr_event_write *out_write)
{
    for (struct kind **at = &source->kinds; *at != NULL;) {
        struct kind *kind = *at;
        bool has_news = kind->count != kind->written;
        if (kind_due_ms(kind) > now_ms && !(at_end && has_news)) {
            at = &kind->next;
            continue;
        }
        if (has_news)
            write_series(kind, now_ms, out_write);
        if (at_end || now_ms - kind->last_ms >= RR_EVENT_SERIES_IDLE_MS) {
            *at = kind->next;
            kind_free(kind);
        }
        if (has_news)
            return true;
    }
    return false;
}

bool rr_event_series_flush(struct rr_event_series *series, int64_t now_ms, bool at_end,
                           struct rr_event_write *out_write)
{
    if (flush_homeless(series, now_ms, out_write))
        return true;
    for (struct rr_heap_entry *first = rr_heap_first(&series->due); first != NULL && (at_end || first->key <= now_ms);
         first = rr_heap_first(&series->due)) {
        struct source *source = first->owner;
        bool found = flush_source(source, now_ms, at_end, out_write);
        refill(source, now_ms);
        if (!found && (at_end || (source->kinds == NULL && source->tokens == RR_EVENT_SERIES_BURST)))
            forget(series, source);
        else
            schedule(series, source);
        if (found)
            return true;
    }
    return false;
}

int64_t rr_event_series_due_ms(const struct rr_event_series *series)
{
    if (series->homeless != NULL)
        return 0;
    const struct rr_heap_entry *first = rr_heap_first(&series->due);
    return first != NULL ? first->key : RR_DEADLINE_NEVER;
}

size_t rr_event_series_objects(const struct rr_event_series *series)
{
    return rr_map_count(&series->sources);
}

struct rr_event_series *rr_event_series_new(const char *controller, struct rr_slice instance)
{
    struct rr_event_series *series = RR_NEW(struct rr_event_series);
    series->controller = controller;
    series->instance = instance;
    return series;
}

void rr_event_series_free(struct rr_event_series *series)
{
    if (series == NULL)
        return;
    rr_heap_done(&series->due);
    rr_map_done(&series->sources, source_free);
    kinds_free(series->homeless);
    rr_free(series);
}
