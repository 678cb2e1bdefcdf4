/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/restore/restore_client.h>

#include "restore_names.h"

#include <redisrestore/text/json_raw.h>
#include <redisrestore/text/uri.h>

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
    if (!rr_kube_call(at->client, request, at->stop, &reply, err))
        return false;
    return rr_json_parse(rr_buf_slice(&reply), out_object, err) ||
           rr_context(err, "RedisRestore %.*s in namespace %.*s", RR_ARG(at->name), RR_ARG(at->namespace_name));
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
    const struct rr_log *log; /* may be NULL */
    void *context;
    rr_restore_each *on_object;
};

/* Skips a frame that is valid JSON but that no tree can hold because a text has a NUL. Any other error in a reply ends
 * the list. */
static bool leave_out(const struct listing *listing, struct rr_slice frame, struct rr_error *err)
{
    struct rr_error why = *err;
    if (!rr_json_raw_check(frame, err))
        return false;
    struct rr_slice metadata = rr_json_raw_member(frame, "metadata");
    rr_warn(listing->log, "skipped an object that cannot be read",
            F_TEXT(LOG_NAMESPACE, rr_json_raw_text(rr_json_raw_member(metadata, "namespace"))),
            F_TEXT(LOG_NAME, rr_json_raw_text(rr_json_raw_member(metadata, "name"))), F_ERROR(&why));
    return true;
}

static bool on_frame(void *context, struct rr_slice frame, struct rr_error *err)
{
    const struct listing *listing = context;
    rr_auto(json) json = { 0 };
    if (!rr_json_parse(frame, &json, err))
        return leave_out(listing, frame, err);
    return listing->on_object(listing->context, json.root, err);
}

static bool list(const struct rr_restore_at *at, const struct rr_kube_resource *resource, struct rr_slice query,
                 struct listing *listing, struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES);
    if (!rr_kube_path_build(&path, resource, at->namespace_name, at->name, NULL, err))
        return false;
    struct rr_kube_stream stream = { .path = rr_buf_slice(&path),
                                     .query = query,
                                     .deadline_ms = at->deadline_ms,
                                     .context = listing,
                                     .on_frame = on_frame };
    return rr_kube_stream_run(at->client, &stream, at->stop, NULL, err);
}

bool rr_restore_list(const struct rr_restore_at *at, void *context, rr_restore_each *on_object, struct rr_error *err)
{
    struct listing listing = { at->log, context, on_object };
    return list(at, &rr_restore_resource, (struct rr_slice){ 0 }, &listing, err);
}

bool rr_restore_list_warnings(const struct rr_restore_at *at, struct rr_slice uid, void *context,
                              rr_restore_each *on_event, struct rr_error *err)
{
    static const struct rr_kube_resource events = { "", "v1", "events" }; /* events.k8s.io selects by fewer fields */
    rr_auto(buf) selector = RR_BUF(BODY_MAX_BYTES), query = RR_BUF(BODY_MAX_BYTES);
    rr_buf_addf(&selector, "involvedObject.uid=%.*s,type=Warning", RR_ARG(uid));
    rr_uri_add_parameter(&query, RR_LIT("fieldSelector"), rr_buf_slice(&selector));
    struct listing listing = { at->log, context, on_event };
    return rr_buf_ok(&selector, err) && rr_buf_ok(&query, err) &&
           list(at, &events, rr_buf_slice(&query), &listing, err);
}

bool rr_restore_list_leases(const struct rr_restore_at *at, void *context, rr_restore_each *on_lease,
                            struct rr_error *err)
{
    static const struct rr_kube_resource leases = { "coordination.k8s.io", "v1", "leases" };
    struct listing listing = { at->log, context, on_lease };
    return list(at, &leases, (struct rr_slice){ 0 }, &listing, err);
}
