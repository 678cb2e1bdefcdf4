/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_status_writer.h"

#include "restore_names.h"
#include "restore_rival.h"
#include "restore_status_foreign.h"

#include <redisrestore/base/http_status.h>
#include <redisrestore/base/parse.h>
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
    PAUSE_MAX_MS = 5000,  /* a longer wait that the server requests does not hold a worker */
    DROPPED_MAX = 8,      /* fields of a newer status */
};

/* One status write: the status, and the object that it belongs to. */
struct write {
    const struct rr_restore_status_writing *how;
    int64_t timeout_ms;
    const struct rr_object *object;
    struct rr_buf *version; /* the resourceVersion that the write is based on */
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
    /* Without resourceVersion, an outdated status could be written to an object that was deleted and created again: the
     * server does not compare the uid here. */
    rr_json_put_text(&json, "resourceVersion", rr_buf_slice(write->version));
    rr_json_close(&json);
    rr_json_put_raw(&json, "status", rr_buf_slice(&write->status));
    rr_json_close(&json);
}

/* Parts of the stored object in the reply to a write. */
struct stored {
    struct rr_slice managed_fields, status; /* JSON; borrow from the reply */
};

/* A proxy may answer instead of the API server. Only the stored object in the reply proves the write. The object is
 * walked once: most of it is managedFields. */
static bool take_reply(struct rr_slice reply, struct rr_buf *version, struct stored *out_stored, struct rr_error *err)
{
    static const char *const of_object[] = { "metadata", "status" };
    static const char *const of_metadata[] = { "resourceVersion", "managedFields" };
    struct rr_slice object[RR_COUNT(of_object)], metadata[RR_COUNT(of_metadata)];
    if (!rr_json_raw_check(reply, err))
        return rr_context(err, "the reply to a status write");
    rr_json_raw_members(reply, of_object, RR_COUNT(of_object), object);
    rr_json_raw_members(object[0], of_metadata, RR_COUNT(of_metadata), metadata);
    struct rr_slice stored = rr_json_raw_text(metadata[0]);
    if (stored.len == 0)
        return rr_fail(err, RR_E_BAD_REPLY,
                       "the reply to the status write is not the object: it has no resourceVersion");
    rr_buf_set(version, stored);
    *out_stored = (struct stored){ .managed_fields = metadata[1], .status = object[1] };
    return true;
}

/* Server-side apply keeps what another manager added, for example a condition Stalled, which tools would trust. Removes
 * everything that is stored and was not applied (behaviour E-18). */
static bool remove_foreign(struct write *write, struct rr_slice path, struct rr_slice status, struct rr_error *err)
{
    rr_auto(buf) body = RR_BUF(BODY_MAX_BYTES), reply = RR_BUF(REPLY_MAX_BYTES);
    struct stored left;
    if (status.len == 0 ||
        !rr_restore_status_foreign(&body, status, rr_buf_slice(&write->status), rr_buf_slice(write->version)))
        return true;
    struct rr_kube_request request = {
        .method = "PATCH",
        .path = path,
        .query = RR_LIT("fieldManager=" RR_RESTORE_FIELD_MANAGER),
        .content_type = "application/json-patch+json",
        .body = rr_buf_slice(&body),
        .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(write->how->clock), write->timeout_ms),
        .guard = write->how->guard,
    };
    return rr_buf_ok(&body, err) && rr_kube_call(write->how->client, &request, write->how->stop, &reply, err) &&
           take_reply(rr_buf_slice(&reply), write->version, &left, err);
}

static bool patch(struct write *write, struct rr_error *err)
{
    const struct rr_object *object = write->object;
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES), body = RR_BUF(BODY_MAX_BYTES), reply = RR_BUF(REPLY_MAX_BYTES);
    struct stored stored;
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
        .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(write->how->clock), write->timeout_ms),
        .guard = write->how->guard,
    };
    if (!rr_kube_call(write->how->client, &request, write->how->stop, &reply, err) ||
        !take_reply(rr_buf_slice(&reply), write->version, &stored, err))
        return false;
    if (write->how->applied_unix_s != NULL)
        *write->how->applied_unix_s = rr_restore_applied_unix_s(stored.managed_fields);
    return remove_foreign(write, rr_buf_slice(&path), stored.status, err);
}

/* Reads the object after a conflict. The result is the version to write on, or that the status is outdated. */
static bool read_again(struct write *write, bool *out_outdated, struct rr_error *err)
{
    const struct rr_object *object = write->object;
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES), reply = RR_BUF(REPLY_MAX_BYTES);
    if (!rr_kube_path_build(&path, &rr_restore_resource, object->namespace_name, object->name, NULL, err))
        return false;
    struct rr_kube_request request = { .method = "GET",
                                       .path = rr_buf_slice(&path),
                                       .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(write->how->clock),
                                                                        write->timeout_ms) };
    if (!rr_kube_call(write->how->client, &request, write->how->stop, &reply, err) ||
        !rr_json_raw_check(rr_buf_slice(&reply), err))
        return false;
    static const char *const names[] = { "uid", "generation", "resourceVersion" };
    struct rr_slice values[RR_COUNT(names)];
    int64_t generation;
    rr_json_raw_members(rr_json_raw_member(rr_buf_slice(&reply), "metadata"), names, RR_COUNT(names), values);
    *out_outdated = !rr_slice_equals(rr_json_raw_text(values[0]), object->uid) ||
                    !rr_parse_i64(values[1], &generation) || generation != object->generation;
    rr_buf_set(write->version, rr_json_raw_text(values[2]));
    return true;
}

/* The server replies 500 to a status that does not match its schema, and only the message shows it (behaviour E-12):
 * "failed to create typed patch object (...): .status.backup.etag: field not declared in schema". */
static bool is_schema_failure(const struct rr_error *err)
{
    return err->http_status == RR_HTTP_SERVER_ERROR &&
           strstr(err->detail, "failed to create typed patch object") != NULL;
}

/* Drops the member at `path` from the status. Returns false if there is none. */
static bool drop(struct write *write, struct rr_slice path)
{
    struct rr_error ignored;
    rr_auto(json) json = { 0 };
    rr_auto(buf) less = RR_BUF(write->status.max);
    if (!rr_json_parse(rr_buf_slice(&write->status), &json, &ignored))
        return false;
    rr_json_canonical_without(&less, json.root, path);
    bool dropped = less.len < write->status.len;
    if (dropped) {
        rr_buf_done(&write->status);
        write->status = rr_steal(less);
    }
    return dropped;
}

/* Removes the first field that the server names before `words`. Returns false if it names no field that the status
 * has. */
static bool drop_named(struct write *write, const struct rr_error *err, const char *root, const char *words)
{
    const char *end = strstr(err->detail, words), *at = end;
    while (at != NULL && at > err->detail && strchr(" \n[", at[-1]) == NULL)
        at--;
    size_t root_len = strlen(root);
    return at != NULL && strncmp(at, root, root_len) == 0 &&
           drop(write, (struct rr_slice){ at + root_len, (size_t)(end - at) - root_len });
}

/* Drops a field, or a value, that an older CRD does not have (behaviour E-15). */
static bool drop_unknown(struct write *write, const struct rr_error *err)
{
    if (is_schema_failure(err))
        return drop_named(write, err, ".status", ": field not declared in schema");
    return err->http_status == RR_HTTP_UNPROCESSABLE && drop_named(write, err, "status", ": Unsupported value");
}

/* Recognizes the error by its HTTP status, or by the messages of etcd and its client. */
static bool is_too_large(const struct rr_error *err)
{
    return err->code == RR_E_TOO_BIG ||
           (err->http_status == RR_HTTP_SERVER_ERROR &&
            (strstr(err->detail, "too large") != NULL || strstr(err->detail, "larger than max") != NULL));
}

/* Drops the lists, which no client depends on. */
static bool drop_lists(struct write *write)
{
    bool sample = drop(write, RR_LIT(".discovery.ignoredSample"));
    return drop(write, RR_LIT(".candidates")) || sample;
}

static bool is_transient(const struct rr_error *err)
{
    return err->code == RR_E_UNREACHABLE || err->code == RR_E_THROTTLED || err->code == RR_E_TIMEOUT;
}

enum outcome { DONE, AGAIN, OUTDATED, FAILED };

/* Tries once. Returns AGAIN if the write is to be retried after *out_pause_ms. */
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
    if (!is_transient(err) || is_too_large(err) || is_last || err->retry_after_ms > PAUSE_MAX_MS)
        return FAILED;
    *out_pause_ms = err->retry_after_ms > 0 ? err->retry_after_ms : *transient_ms;
    *transient_ms *= TRANSIENT_FACTOR;
    return AGAIN;
}

/* Changes a refused status so that the server may accept it. Returns false if that is not possible; *err says why. */
static bool mend(struct write *write, int *mended, enum rr_restore_status_written *written, struct rr_error *err)
{
    if (is_too_large(err)) {
        err->code = RR_E_TOO_BIG;
        if (*written == RR_RESTORE_STATUS_WRITTEN)
            *written = RR_RESTORE_STATUS_WRITTEN_WITHOUT_LISTS;
        return drop_lists(write);
    }
    if (!is_schema_failure(err) && err->http_status != RR_HTTP_UNPROCESSABLE)
        return false;
    err->code = RR_E_INVALID;
    if ((*mended)++ >= DROPPED_MAX || !drop_unknown(write, err))
        return false;
    *written = RR_RESTORE_STATUS_WRITTEN_IN_PART;
    return true;
}

static bool write_on(struct write *write, int tries_max, enum rr_restore_status_written *out_written,
                     struct rr_error *err)
{
    int64_t transient_ms = TRANSIENT_PAUSE_MS;
    *out_written = RR_RESTORE_STATUS_WRITTEN;
    for (int tries = 1, mended = 0;;) {
        int64_t pause_ms = 0;
        enum outcome outcome = attempt(write, tries >= tries_max, &transient_ms, &pause_ms, err);
        if (outcome == OUTDATED)
            *out_written = RR_RESTORE_STATUS_OUTDATED;
        if (outcome == DONE || outcome == OUTDATED)
            return true;
        if (tries_max > 1 && mend(write, &mended, out_written, err))
            continue;
        if (outcome == FAILED || err->code == RR_E_INVALID)
            return false;
        tries++;
        if (rr_stop_wait(write->how->stop, rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), pause_ms)))
            return rr_fail(err, RR_E_CANCELLED, "status write cancelled");
    }
}

bool rr_restore_status_write(const struct rr_restore_status_writing *writing, const struct rr_object *object,
                             struct rr_buf *version, const struct rr_restore_status *status,
                             enum rr_restore_status_written *out_written, struct rr_error *err)
{
    struct write write = { .how = writing,
                           .timeout_ms = writing->timeout_ms > 0 ? writing->timeout_ms : RR_KUBE_REQUEST_TIMEOUT_MS,
                           .object = object,
                           .version = version,
                           .status = RR_BUF(2 * RR_STATUS_MAX_BYTES) };
    rr_restore_status_encode(&write.status, status);
    bool written = write_on(&write, writing->tries > 0 ? writing->tries : TRIES_MAX, out_written, err);
    rr_buf_done(&write.status);
    return written;
}
