/* SPDX-License-Identifier: Apache-2.0 */
#include "reflector_internal.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/text/json.h>
#include <redisrestore/text/uri.h>

/* A running watch; used on the HTTP loop's thread while the reflector's thread waits. */
struct watching {
    struct rr_reflector *reflector;
    struct rr_reflector_watched *out;
    struct rr_cache *arriving; /* owns. The existing objects until all have come; NULL afterwards */
    atomic_bool has_arrived;   /* the waiting thread reads it */
    int64_t told_ms;           /* used by the waiting thread */
    bool told_kind;            /* events of another kind were logged */
};

/* The initial events come in no order, so their versions prove nothing. */
static bool advance(struct watching *watching, struct rr_slice version, struct rr_error *err)
{
    if (version.len == 0 || version.len > RR_REFLECTOR_VERSION_MAX_BYTES)
        return rr_fail(err, RR_E_BAD_REPLY, "the API server sent a watch event without a usable resourceVersion");
    if (watching->arriving == NULL)
        rr_reflector_advance(&watching->reflector->state, version);
    watching->out->events++;
    rr_reflector_heard(watching->reflector);
    return true;
}

static bool apply(struct watching *watching, struct rr_slice type, struct rr_slice json, struct rr_error *err)
{
    const struct rr_reflector_options *options = &watching->reflector->options;
    struct rr_cache *cache = watching->arriving != NULL ? watching->arriving : options->cache;
    struct rr_object_parts parts = rr_object_take_apart(json);
    if (!rr_slice_equals(parts.kind, rr_slice_from(options->type->kind))) {
        if (!watching->told_kind)
            rr_warn(options->log, "watch events of another kind skipped"); /* the version does not advance */
        watching->told_kind = true;
        return true;
    }
    struct rr_object *object;
    if (!rr_object_decode(options->type, &parts, &object, err))
        return false;
    if (!advance(watching, object->resource_version, err)) {
        rr_object_unref(object);
        return false;
    }
    if (rr_slice_equals(type, RR_LIT("DELETED"))) {
        rr_cache_remove(cache, object->namespace_name, object->name, object->uid);
        rr_object_unref(object);
    } else {
        rr_cache_put(cache, watching->arriving != NULL ? rr_cache_share(options->cache, object) : object);
    }
    return true;
}

/* The objects that have come, in the order of the cache. */
struct gathered {
    struct rr_object **objects;
    size_t count;
};

static void gather(void *context, struct rr_object *object)
{
    struct gathered *gathered = context;
    gathered->objects[gathered->count++] = rr_object_ref(object);
}

/* All existing objects have come. They become visible at once, and the stream continues as a watch. */
static void take_over(struct watching *watching, struct rr_slice version)
{
    struct rr_reflector *reflector = watching->reflector;
    const struct rr_reflector_options *options = &reflector->options;
    struct gathered gathered = { .objects = rr_alloc_array(rr_cache_count(watching->arriving) + 1,
                                                           sizeof(struct rr_object *)) };
    rr_cache_each(watching->arriving, (struct rr_slice){ 0 }, gather, &gathered);
    rr_cache_free(rr_steal(watching->arriving));
    rr_cache_replace(options->cache, options->namespace_name, gathered.objects, gathered.count);
    rr_free(gathered.objects);
    rr_reflector_streamed(&reflector->state, version);
    watching->out->streamed = true;
    atomic_store_explicit(&watching->has_arrived, true, memory_order_release);
    rr_reflector_tell_synced(reflector);
    rr_reflector_tell_well(reflector);
}

static struct rr_slice version_of(const struct rr_json_node *object)
{
    return rr_json_text(rr_json_path(object, "metadata", "resourceVersion", NULL));
}

static bool is_last_of_the_initial(const struct rr_json_node *bookmark)
{
    const struct rr_json_node *annotations = rr_json_path(bookmark, "metadata", "annotations", NULL);
    return rr_slice_equals(rr_json_text(rr_json_member(annotations, "k8s.io/initial-events-end")), RR_LIT("true"));
}

static bool on_bookmark(struct watching *watching, struct rr_slice text, struct rr_error *err)
{
    rr_auto(json) json = { 0 };
    if (!rr_json_parse(text, &json, err))
        return false;
    struct rr_slice version = version_of(json.root);
    if (!advance(watching, version, err))
        return false;
    if (watching->arriving != NULL && is_last_of_the_initial(json.root))
        take_over(watching, version);
    return true;
}

static bool on_error(struct rr_slice text, struct rr_error *err)
{
    rr_auto(json) json = { 0 };
    if (text.len > 0 && !rr_json_parse(text, &json, err))
        return false;
    return rr_kube_status_event_fail(json.root, err);
}

static bool on_event(void *context, struct rr_slice frame, struct rr_error *err)
{
    static const char *const members[] = { "type", "object" };
    struct rr_slice values[RR_COUNT(members)];
    if (!rr_json_raw_check(frame, err))
        return false;
    rr_json_raw_members(frame, members, RR_COUNT(members), values);
    struct rr_slice type = rr_json_raw_text(values[0]), object = values[1];
    if (rr_slice_equals(type, RR_LIT("BOOKMARK")))
        return on_bookmark(context, object, err);
    if (rr_slice_equals(type, RR_LIT("ERROR")))
        return on_error(object, err);
    if (!rr_slice_equals(type, RR_LIT("ADDED")) && !rr_slice_equals(type, RR_LIT("MODIFIED")) &&
        !rr_slice_equals(type, RR_LIT("DELETED")))
        return rr_fail(err, RR_E_BAD_REPLY, "the API server sent a watch event of an unknown type");
    return apply(context, type, object, err);
}

static void on_open(void *context)
{
    const struct watching *watching = context;
    if (watching->arriving == NULL)
        rr_reflector_tell_well(watching->reflector);
}

static bool on_tick(void *context)
{
    struct watching *watching = context;
    const struct rr_reflector *reflector = watching->reflector;
    if (atomic_load_explicit(&watching->has_arrived, memory_order_acquire))
        return false;
    if (rr_reflector_is_overdue(&watching->told_ms, rr_clock_monotonic_ms(reflector->options.clock)))
        rr_warn(reflector->options.log, "waiting for the API server to complete its list",
                F_TEXT(LOG_PATH, rr_buf_slice(&reflector->path)));
    return true;
}

static void ignore(void *context, struct rr_object *before, struct rr_object *after)
{
    (void)context;
    (void)before;
    (void)after;
}

static void build_query(struct rr_reflector *reflector, bool from_nothing, int seconds, struct rr_buf *query)
{
    const struct rr_reflector_state *state = &reflector->state;
    rr_buf_addf(query, "watch=true&allowWatchBookmarks=true&timeoutSeconds=%d", seconds);
    if (from_nothing)
        rr_buf_add(query, RR_LIT("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"));
    rr_uri_add_parameter(query, RR_LIT("resourceVersion"),
                         from_nothing ? rr_reflector_stream_version(state) : rr_buf_slice(&state->version));
    rr_reflector_add_selector(reflector, query);
}

bool rr_reflector_watch(struct rr_reflector *reflector, bool from_nothing, struct rr_reflector_watched *out_watched,
                        struct rr_error *err)
{
    const struct rr_reflector_options *options = &reflector->options;
    int seconds = rr_reflector_watch_seconds(&reflector->state);
    int64_t limit_ms = ((int64_t)seconds + RR_REFLECTOR_OVERTIME_S) * 1000;
    int64_t now_ms = rr_clock_monotonic_ms(options->clock);
    static const struct rr_cache_observer no_observer = { .on_change = ignore };
    rr_auto(buf) query = RR_BUF(RR_REFLECTOR_QUERY_MAX_BYTES);
    build_query(reflector, from_nothing, seconds, &query);
    *out_watched = (struct rr_reflector_watched){ 0 };
    struct watching watching = { .reflector = reflector, .out = out_watched, .told_ms = now_ms };
    watching.arriving = from_nothing ? rr_cache_new(&no_observer) : NULL;
    struct rr_kube_stream stream = { .path = rr_buf_slice(&reflector->path),
                                     .query = rr_buf_slice(&query),
                                     .is_watch = true,
                                     .deadline_ms = rr_deadline_after(now_ms, limit_ms),
                                     .silence_ms = RR_REFLECTOR_SILENCE_MS,
                                     .context = &watching,
                                     .on_open = on_open,
                                     .on_frame = on_event,
                                     .tick_ms = from_nothing ? RR_REFLECTOR_TICK_MS : 0,
                                     .on_tick = on_tick };
    bool closed = rr_kube_stream_run(options->client, &stream, options->stop, NULL, err);
    rr_cache_free(watching.arriving);
    return closed;
}
