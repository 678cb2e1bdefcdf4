#include "restore_writer.h"

#include "restore_names.h"

#include <redisrestore/text/json_canonical.h>
#include <redisrestore/text/json_write.h>

enum {
    BODY_MAX_BYTES = 128 * 1024,
    REPLY_MAX_BYTES = 2 << 20,
    PATH_MAX_BYTES = 1024,
    TRIES_MAX = 5,
    CONFLICT_PAUSE_MS = 10, /* behaviour E-11 */
    TRANSIENT_PAUSE_MS = 50,
    TRANSIENT_FACTOR = 4, /* 50, 200, 800, 3200 ms */
    DROPPED_MAX = 8,      /* fields of a newer status */
};

/* What is written, and where to. */
struct write {
    struct rr_kube_client *client;
    const struct rr_kube_guard *guard;
    const struct rr_clock *clock;
    const struct rr_object *object;
    struct rr_stop *stop;
    struct rr_buf *version; /* to write on */
    struct rr_buf status;   /* JSON */
};

static void make_body(const struct write *write, struct rr_buf *body)
{
    const struct rr_object *object = write->object;
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
    rr_json_put_text(&json, "resourceVersion", rr_buf_slice(write->version));
    rr_json_close(&json);
    rr_json_put_raw(&json, "status", rr_buf_slice(&write->status));
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

static bool patch(struct write *write, struct rr_error *err)
{
    const struct rr_object *object = write->object;
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES), body = RR_BUF(BODY_MAX_BYTES), reply = RR_BUF(REPLY_MAX_BYTES);
    make_body(write, &body);
    if (!rr_kube_path_build(&path, &rr_restore_resource, object->namespace_name, object->name, "status", err) ||
        !rr_buf_ok(&body, err))
        return false;
    struct rr_kube_request request = {
        .method = "PATCH",
        .path = rr_buf_slice(&path),
        .query = RR_LIT("fieldManager=" RR_RESTORE_FIELD_MANAGER "&force=true"),
        .content_type = "application/apply-patch+yaml",
        .body = rr_buf_slice(&body),
        .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(write->clock), RR_KUBE_REQUEST_TIMEOUT_MS),
        .guard = write->guard,
    };
    if (!rr_kube_call(write->client, &request, write->stop, &reply, err))
        return false;
    take_version(rr_buf_slice(&reply), write->version);
    return true;
}

/* After a conflict: the version to write on, or that the answer is about something else by now. */
static bool read_again(struct write *write, bool *out_outdated, struct rr_error *err)
{
    const struct rr_object *object = write->object;
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES), reply = RR_BUF(REPLY_MAX_BYTES);
    rr_auto(json) json = { 0 };
    if (!rr_kube_path_build(&path, &rr_restore_resource, object->namespace_name, object->name, NULL, err))
        return false;
    struct rr_kube_request request = { .method = "GET",
                                       .path = rr_buf_slice(&path),
                                       .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(write->clock),
                                                                        RR_KUBE_REQUEST_TIMEOUT_MS) };
    if (!rr_kube_call(write->client, &request, write->stop, &reply, err) ||
        !rr_json_parse(rr_buf_slice(&reply), &json, err))
        return false;
    const struct rr_json_node *metadata = rr_json_member(json.root, "metadata");
    int64_t generation;
    *out_outdated = !rr_slice_equals(rr_json_text(rr_json_member(metadata, "uid")), object->uid) ||
                    !rr_json_int64(rr_json_member(metadata, "generation"), &generation) ||
                    generation != object->generation;
    rr_buf_clear(write->version);
    rr_buf_add(write->version, rr_json_text(rr_json_member(metadata, "resourceVersion")));
    return true;
}

/* The server answers 500 to a status that does not fit its schema, and only its words tell (behaviour E-12):
 * "failed to create typed patch object (...): .status.backup.etag: field not declared in schema". */
static bool is_schema_failure(const struct rr_error *err)
{
    return err->http_status == 500 && strstr(err->detail, "failed to create typed patch object") != NULL;
}

/* Takes the first field that the server names out of the status; false when it names none that is there. */
static bool drop_undeclared(struct write *write, const struct rr_error *err)
{
    static const char words[] = ": field not declared in schema", root[] = ".status";
    const char *end = strstr(err->detail, words), *at = end;
    while (at != NULL && at > err->detail && at[-1] != ' ' && at[-1] != '\n')
        at--;
    if (at == NULL || strncmp(at, root, strlen(root)) != 0)
        return false;
    at += strlen(root);
    struct rr_error ignored;
    rr_auto(json) json = { 0 };
    rr_auto(buf) less = RR_BUF(write->status.max);
    if (!rr_json_parse(rr_buf_slice(&write->status), &json, &ignored))
        return false;
    rr_json_canonical_without(&less, json.root, (struct rr_slice){ at, (size_t)(end - at) });
    bool dropped = less.len < write->status.len;
    if (dropped) {
        rr_buf_done(&write->status);
        write->status = rr_steal(less);
    }
    return dropped;
}

static bool is_transient(const struct rr_error *err)
{
    return err->code == RR_E_UNREACHABLE || err->code == RR_E_THROTTLED || err->code == RR_E_TIMEOUT;
}

enum outcome { DONE, AGAIN, OUTDATED, FAILED };

/* One try; AGAIN after *out_pause_ms. */
static enum outcome attempt(struct write *write, bool is_last, int64_t *transient_ms, int64_t *out_pause_ms,
                            struct rr_error *err)
{
    if (patch(write, err))
        return DONE;
    if (err->code == RR_E_CONFLICT && !is_last) {
        bool outdated = false;
        if (read_again(write, &outdated, err)) {
            *out_pause_ms = CONFLICT_PAUSE_MS;
            return outdated ? OUTDATED : AGAIN;
        }
    }
    if (err->code == RR_E_NOT_FOUND)
        return OUTDATED;
    if (!is_transient(err) || is_last)
        return FAILED;
    *out_pause_ms = err->retry_after_ms > 0 ? err->retry_after_ms : *transient_ms;
    *transient_ms *= TRANSIENT_FACTOR;
    return AGAIN;
}

static bool write_on(struct write *write, enum rr_restore_written *out_written, struct rr_error *err)
{
    int64_t transient_ms = TRANSIENT_PAUSE_MS;
    for (int tries = 1, dropped = 0;;) {
        int64_t pause_ms = 0;
        enum outcome outcome = attempt(write, tries == TRIES_MAX, &transient_ms, &pause_ms, err);
        if (outcome == DONE || outcome == OUTDATED) {
            *out_written = outcome == OUTDATED ? RR_RESTORE_OUTDATED
                           : dropped > 0       ? RR_RESTORE_WRITTEN_IN_PART
                                               : RR_RESTORE_WRITTEN;
            return true;
        }
        if (is_schema_failure(err)) {
            if (dropped++ < DROPPED_MAX && drop_undeclared(write, err))
                continue;
            err->code = RR_E_INVALID;
            return false;
        }
        if (outcome == FAILED)
            return false;
        tries++;
        if (rr_stop_wait(write->stop, rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), pause_ms)))
            return rr_fail(err, RR_E_CANCELLED, "the status was not written: it is not asked for any more");
    }
}

bool rr_restore_write(struct rr_kube_client *client, const struct rr_kube_guard *guard, const struct rr_clock *clock,
                      const struct rr_object *object, struct rr_buf *version, const struct rr_restore_status *status,
                      struct rr_stop *stop, enum rr_restore_written *out_written, struct rr_error *err)
{
    struct write write = { .client = client,
                           .guard = guard,
                           .clock = clock,
                           .object = object,
                           .stop = stop,
                           .version = version,
                           .status = RR_BUF(2 * RR_STATUS_MAX_BYTES) };
    rr_restore_status_write(&write.status, status);
    bool written = write_on(&write, out_written, err);
    rr_buf_done(&write.status);
    return written;
}
