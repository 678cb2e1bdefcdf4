#include "reflector_internal.h"

/* A watch under way; used on the HTTP loop's thread while the reflector's waits. */
struct watching {
    struct rr_reflector *reflector;
    uint64_t events;
};

static void advance(struct watching *watching, const struct rr_json_node *object)
{
    struct rr_slice version = rr_json_text(rr_json_path(object, "metadata", "resourceVersion", NULL));
    if (version.len == 0)
        return;
    rr_buf_clear(&watching->reflector->state.version);
    rr_buf_add(&watching->reflector->state.version, version);
}

static bool apply(struct watching *watching, struct rr_slice type, const struct rr_json_node *node,
                  struct rr_error *err)
{
    const struct rr_reflector_options *options = &watching->reflector->options;
    if (!rr_slice_equals(rr_json_text(rr_json_member(node, "kind")), rr_slice_from(options->type->kind))) {
        rr_debug(options->log, "watch event of another kind skipped"); /* and the version stays */
        return true;
    }
    struct rr_object *object;
    if (!rr_object_decode(options->type, node, &object, err))
        return false;
    advance(watching, node);
    watching->events++;
    if (rr_slice_equals(type, RR_LIT("DELETED"))) {
        rr_store_remove(options->store, object->namespace_name, object->name, object->uid);
        rr_object_unref(object);
    } else {
        rr_store_put(options->store, object);
    }
    return true;
}

/* An ERROR event holds a Status whose code stands for the HTTP status that the watch would have been refused with. */
static bool fail_with_status(const struct rr_json_node *status, struct rr_error *err)
{
    int64_t code;
    if (!rr_json_int64(rr_json_member(status, "code"), &code) || code < 400 || code > 599)
        code = 500;
    if (rr_slice_equals(rr_json_text(rr_json_member(status, "reason")), RR_LIT("Expired")))
        code = 410;
    return rr_kube_status_fail((int)code, (struct rr_slice){ 0 }, err);
}

static bool on_event(void *context, struct rr_slice frame, struct rr_error *err)
{
    struct watching *watching = context;
    rr_auto(json) json = { 0 };
    if (!rr_json_parse(frame, &json, err))
        return false;
    struct rr_slice type = rr_json_text(rr_json_member(json.root, "type"));
    const struct rr_json_node *object = rr_json_member(json.root, "object");
    if (rr_slice_equals(type, RR_LIT("BOOKMARK"))) {
        advance(watching, object);
        watching->events++;
        return true;
    }
    if (rr_slice_equals(type, RR_LIT("ERROR")))
        return fail_with_status(object, err);
    if (!rr_slice_equals(type, RR_LIT("ADDED")) && !rr_slice_equals(type, RR_LIT("MODIFIED")) &&
        !rr_slice_equals(type, RR_LIT("DELETED")))
        return rr_fail(err, RR_E_BAD_REPLY, "the API server sent a watch event of an unknown type");
    return apply(watching, type, object, err);
}

bool rr_reflector_watch(struct rr_reflector *reflector, uint64_t *out_events, struct rr_error *err)
{
    const struct rr_reflector_options *options = &reflector->options;
    int seconds = (int)rr_random_between(options->random, RR_REFLECTOR_WATCH_MIN_S, RR_REFLECTOR_WATCH_MAX_S + 1);
    rr_auto(buf) query = RR_BUF(RR_REFLECTOR_QUERY_MAX_BYTES);
    rr_buf_addf(&query, "watch=true&allowWatchBookmarks=true&timeoutSeconds=%d&resourceVersion=%s", seconds,
                rr_buf_text(&reflector->state.version));
    struct watching watching = { .reflector = reflector };
    struct rr_kube_stream stream = { .path = rr_buf_slice(&reflector->path),
                                     .query = rr_buf_slice(&query),
                                     .is_watch = true,
                                     .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(options->clock),
                                                                      ((int64_t)seconds + 60) * 1000),
                                     .silence_ms = RR_REFLECTOR_SILENCE_MS,
                                     .context = &watching,
                                     .on_frame = on_event };
    bool closed = rr_kube_stream_run(options->client, &stream, options->stop, NULL, err);
    *out_events = watching.events;
    return closed;
}
