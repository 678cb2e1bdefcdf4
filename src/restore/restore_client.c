#include <redisrestore/restore/restore_client.h>

#include "restore_names.h"

enum {
    PATH_MAX_BYTES = 1024,
    BODY_MAX_BYTES = 4096,
    OBJECT_MAX_BYTES = 4 << 20, /* the API server's own limit is 1.5 MiB */
};

static bool build_path(const struct rr_restore_at *at, struct rr_buf *path, struct rr_error *err)
{
    return rr_kube_path_build(path, &rr_restore_resource, at->namespace_name, at->name, NULL, err);
}

static bool call(const struct rr_restore_at *at, const struct rr_kube_request *request, struct rr_json *out_object,
                 struct rr_error *err)
{
    rr_auto(buf) reply = RR_BUF(OBJECT_MAX_BYTES);
    return rr_kube_call(at->client, request, at->stop, &reply, err) &&
           rr_json_parse(rr_buf_slice(&reply), out_object, err);
}

bool rr_restore_get(const struct rr_restore_at *at, struct rr_json *out_object, struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES);
    if (!build_path(at, &path, err))
        return false;
    struct rr_kube_request request = { .method = "GET", .path = rr_buf_slice(&path), .deadline_ms = at->deadline_ms };
    return call(at, &request, out_object, err);
}

bool rr_restore_merge_spec(const struct rr_restore_at *at, struct rr_slice spec, struct rr_json *out_object,
                           struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES), body = RR_BUF(BODY_MAX_BYTES);
    rr_buf_addf(&body, "{\"spec\":%.*s}", RR_ARG(spec));
    if (!build_path(at, &path, err) || !rr_buf_ok(&body, err))
        return false;
    struct rr_kube_request request = {
        .method = "PATCH",
        .path = rr_buf_slice(&path),
        .query = RR_LIT("fieldManager=" RR_RESTORE_CLI_FIELD_MANAGER),
        .content_type = "application/merge-patch+json",
        .body = rr_buf_slice(&body),
        .deadline_ms = at->deadline_ms,
    };
    return call(at, &request, out_object, err);
}

struct listing {
    void *context;
    bool (*on_object)(void *context, const struct rr_json_node *object, struct rr_error *err);
};

static bool on_frame(void *context, struct rr_slice frame, struct rr_error *err)
{
    const struct listing *listing = context;
    rr_auto(json) json = { 0 };
    return rr_json_parse(frame, &json, err) && listing->on_object(listing->context, json.root, err);
}

bool rr_restore_list(const struct rr_restore_at *at, void *context,
                     bool (*on_object)(void *context, const struct rr_json_node *object, struct rr_error *err),
                     struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES);
    if (!build_path(at, &path, err))
        return false;
    struct listing listing = { context, on_object };
    struct rr_kube_stream stream = {
        .path = rr_buf_slice(&path), .deadline_ms = at->deadline_ms, .context = &listing, .on_frame = on_frame
    };
    return rr_kube_stream_run(at->client, &stream, at->stop, NULL, err);
}
