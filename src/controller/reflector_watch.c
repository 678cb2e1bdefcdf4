#include "reflector_internal.h"

#include <redisrestore/text/uri.h>

/* A watch under way; used on the HTTP loop's thread while the reflector's waits. */
struct watching {
    struct rr_reflector *reflector;
    uint64_t events;
};

static bool advance(struct watching *watching, const struct rr_json_node *object, struct rr_error *err)
{
    struct rr_slice version = rr_json_text(rr_json_path(object, "metadata", "resourceVersion", NULL));
    if (version.len == 0 || version.len > RR_REFLECTOR_VERSION_MAX_BYTES)
        return rr_fail(err, RR_E_BAD_REPLY, "the API server sent a watch event without a usable resourceVersion");
    rr_reflector_advance(&watching->reflector->state, version);
    watching->events++;
    return true;
}

static bool apply(struct watching *watching, struct rr_slice type, const struct rr_json_node *node,
                  struct rr_error *err)
{
    const struct rr_reflector_options *options = &watching->reflector->options;
    if (!rr_slice_equals(rr_json_text(rr_json_member(node, "kind")), rr_slice_from(options->type->kind))) {
        rr_warn(options->log, "watch event of another kind skipped"); /* and the version stays */
        return true;
    }
    struct rr_object *object;
    if (!rr_object_decode(options->type, node, &object, err))
        return false;
    if (!advance(watching, node, err)) {
        rr_object_unref(object);
        return false;
    }
    if (rr_slice_equals(type, RR_LIT("DELETED"))) {
        rr_store_remove(options->store, object->namespace_name, object->name, object->uid);
        rr_object_unref(object);
    } else {
        rr_store_put(options->store, object);
    }
    return true;
}

static bool on_event(void *context, struct rr_slice frame, struct rr_error *err)
{
    struct watching *watching = context;
    rr_auto(json) json = { 0 };
    if (!rr_json_parse(frame, &json, err))
        return false;
    struct rr_slice type = rr_json_text(rr_json_member(json.root, "type"));
    const struct rr_json_node *object = rr_json_member(json.root, "object");
    if (rr_slice_equals(type, RR_LIT("BOOKMARK")))
        return advance(watching, object, err);
    if (rr_slice_equals(type, RR_LIT("ERROR")))
        return rr_kube_status_event_fail(object, err);
    if (!rr_slice_equals(type, RR_LIT("ADDED")) && !rr_slice_equals(type, RR_LIT("MODIFIED")) &&
        !rr_slice_equals(type, RR_LIT("DELETED")))
        return rr_fail(err, RR_E_BAD_REPLY, "the API server sent a watch event of an unknown type");
    return apply(watching, type, object, err);
}

static void on_open(void *context)
{
    const struct watching *watching = context;
    rr_reflector_tell_well(watching->reflector);
}

bool rr_reflector_watch(struct rr_reflector *reflector, uint64_t *out_events, struct rr_error *err)
{
    const struct rr_reflector_options *options = &reflector->options;
    int seconds = rr_reflector_watch_seconds(&reflector->state);
    int64_t limit_ms = ((int64_t)seconds + RR_REFLECTOR_OVERTIME_S) * 1000;
    rr_auto(buf) query = RR_BUF(RR_REFLECTOR_QUERY_MAX_BYTES);
    rr_buf_addf(&query, "watch=true&allowWatchBookmarks=true&timeoutSeconds=%d", seconds);
    rr_uri_add_parameter(&query, RR_LIT("resourceVersion"), rr_buf_slice(&reflector->state.version));
    rr_reflector_add_selector(reflector, &query);
    struct watching watching = { .reflector = reflector };
    struct rr_kube_stream stream = { .path = rr_buf_slice(&reflector->path),
                                     .query = rr_buf_slice(&query),
                                     .is_watch = true,
                                     .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(options->clock), limit_ms),
                                     .silence_ms = RR_REFLECTOR_SILENCE_MS,
                                     .context = &watching,
                                     .on_open = on_open,
                                     .on_frame = on_event };
    bool closed = rr_kube_stream_run(options->client, &stream, options->stop, NULL, err);
    *out_events = watching.events;
    return closed;
}
