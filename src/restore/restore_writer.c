#include "restore_writer.h"

#include "restore_names.h"

#include <redisrestore/text/json_write.h>

enum {
    BODY_MAX_BYTES = 128 * 1024,
    REPLY_MAX_BYTES = 2 << 20,
    PATH_MAX_BYTES = 1024,
    TRIES_MAX = 5,
    CONFLICT_PAUSE_MS = 10, /* behaviour E-11 */
    TRANSIENT_PAUSE_MS = 50,
    TRANSIENT_FACTOR = 4, /* 50, 200, 800, 3200 ms */
};

static void make_body(struct rr_buf *body, const struct rr_object *object, struct rr_slice version,
                      const struct rr_restore_status *status)
{
    rr_auto(buf) text = RR_BUF(2 * RR_STATUS_MAX_BYTES);
    rr_restore_status_write(&text, status);
    struct rr_json_writer json;
    rr_json_writer_init(&json, body, 0);
    rr_json_open_object(&json, NULL);
    rr_json_put_text(&json, "apiVersion", RR_LIT(RR_RESTORE_API_VERSION));
    rr_json_put_text(&json, "kind", RR_LIT(RR_RESTORE_KIND));
    rr_json_open_object(&json, "metadata");
    rr_json_put_text(&json, "name", object->name);
    rr_json_put_text(&json, "namespace", object->namespace_name);
    rr_json_put_text(&json, "uid", object->uid);
    /* Without it a stale answer would land on an object that was deleted and made again: the server does not look at
     * the uid here. */
    rr_json_put_text(&json, "resourceVersion", version);
    rr_json_close(&json);
    rr_json_put_raw(&json, "status", rr_buf_slice(&text));
    rr_json_close(&json);
}

static void take_version(struct rr_slice reply, struct rr_buf *version)
{
    rr_auto(json) json = { 0 };
    struct rr_error ignored;
    if (!rr_json_parse(reply, &json, &ignored))
        return; /* the next write meets a conflict and reads the object */
    rr_buf_clear(version);
    rr_buf_add(version, rr_json_text(rr_json_path(json.root, "metadata", "resourceVersion", NULL)));
}

static bool patch(struct rr_kube_client *client, const struct rr_clock *clock, const struct rr_object *object,
                  struct rr_buf *version, const struct rr_restore_status *status, struct rr_stop *stop,
                  struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES), body = RR_BUF(BODY_MAX_BYTES), reply = RR_BUF(REPLY_MAX_BYTES);
    make_body(&body, object, rr_buf_slice(version), status);
    if (!rr_kube_path_build(&path, &rr_restore_resource, object->namespace_name, object->name, "status", err) ||
        !rr_buf_ok(&body, err))
        return false;
    struct rr_kube_request request = {
        .method = "PATCH",
        .path = rr_buf_slice(&path),
        .query = RR_LIT("fieldManager=" RR_RESTORE_FIELD_MANAGER "&force=true"),
        .content_type = "application/apply-patch+yaml",
        .body = rr_buf_slice(&body),
        .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(clock), RR_KUBE_REQUEST_TIMEOUT_MS),
    };
    if (!rr_kube_call(client, &request, stop, &reply, err))
        return false;
    take_version(rr_buf_slice(&reply), version);
    return true;
}

/* After a conflict: the version to write on, or that the answer is about something else by now. */
static bool read_again(struct rr_kube_client *client, const struct rr_clock *clock, const struct rr_object *object,
                       struct rr_buf *version, struct rr_stop *stop, bool *out_outdated, struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES), reply = RR_BUF(REPLY_MAX_BYTES);
    rr_auto(json) json = { 0 };
    if (!rr_kube_path_build(&path, &rr_restore_resource, object->namespace_name, object->name, NULL, err))
        return false;
    struct rr_kube_request request = { .method = "GET",
                                       .path = rr_buf_slice(&path),
                                       .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(clock),
                                                                        RR_KUBE_REQUEST_TIMEOUT_MS) };
    if (!rr_kube_call(client, &request, stop, &reply, err) || !rr_json_parse(rr_buf_slice(&reply), &json, err))
        return false;
    const struct rr_json_node *metadata = rr_json_member(json.root, "metadata");
    int64_t generation;
    *out_outdated = !rr_slice_equals(rr_json_text(rr_json_member(metadata, "uid")), object->uid) ||
                    !rr_json_int64(rr_json_member(metadata, "generation"), &generation) ||
                    generation != object->generation;
    rr_buf_clear(version);
    rr_buf_add(version, rr_json_text(rr_json_member(metadata, "resourceVersion")));
    return true;
}

static bool is_transient(const struct rr_error *err)
{
    return err->code == RR_E_UNREACHABLE || err->code == RR_E_THROTTLED || err->code == RR_E_TIMEOUT;
}

bool rr_restore_write(struct rr_kube_client *client, const struct rr_clock *clock, const struct rr_object *object,
                      struct rr_buf *version, const struct rr_restore_status *status, struct rr_stop *stop,
                      enum rr_restore_written *out_written, struct rr_error *err)
{
    int64_t transient_ms = TRANSIENT_PAUSE_MS;
    for (int tries = 1;; tries++) {
        if (patch(client, clock, object, version, status, stop, err)) {
            *out_written = RR_RESTORE_WRITTEN;
            return true;
        }
        int64_t pause_ms = CONFLICT_PAUSE_MS;
        bool outdated = false;
        if (err->code == RR_E_CONFLICT && tries < TRIES_MAX &&
            !read_again(client, clock, object, version, stop, &outdated, err) && err->code != RR_E_NOT_FOUND)
            return false;
        if (outdated || err->code == RR_E_NOT_FOUND) {
            *out_written = RR_RESTORE_OUTDATED;
            return true;
        }
        if (is_transient(err)) {
            pause_ms = err->retry_after_ms > 0 ? err->retry_after_ms : transient_ms;
            transient_ms *= TRANSIENT_FACTOR;
        } else if (err->code != RR_E_CONFLICT) {
            return false;
        }
        if (tries == TRIES_MAX ||
            rr_stop_wait(stop, rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), pause_ms)))
            return false;
    }
}
