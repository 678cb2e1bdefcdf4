/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/restore/restore_pinned.h>

#include "restore_question.h"
#include "restore_schema.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/kube/kube_name.h>
#include <redisrestore/restore/restore_view.h>

enum { KEY_MAX_BYTES = 64 * 1024, ETAG_MAX_BYTES = 1024 };

struct rr_restore_pinned {
    struct rr_buf namespace_name;
    struct rr_json object;
    struct rr_restore_spec spec;
    struct rr_restore_question question;
    struct rr_discovery_result pair;
    const char *identity;
};

void rr_restore_pinned_free(struct rr_restore_pinned *pinned)
{
    if (pinned == NULL)
        return;
    rr_restore_question_done(&pinned->question);
    rr_restore_spec_done(&pinned->spec);
    rr_discovery_result_done(&pinned->pair);
    rr_json_done(&pinned->object);
    rr_buf_done(&pinned->namespace_name);
    rr_free(pinned);
}

const struct rr_discovery_request *rr_restore_pinned_request(const struct rr_restore_pinned *pinned)
{
    return &pinned->question.request;
}

const struct rr_discovery_result *rr_restore_pinned_pair(const struct rr_restore_pinned *pinned)
{
    return &pinned->pair;
}

const char *rr_restore_pinned_identity(const struct rr_restore_pinned *pinned)
{
    return pinned->identity;
}

static bool read_object(const struct rr_restore_at *at, struct rr_json *out_object, struct rr_error *err)
{
    if (rr_restore_get(at, out_object, err))
        return true;
    rr_restore_read_blame(err);
    if (err->code == RR_E_NOT_FOUND)
        err->code = RR_E_BAD_INPUT;
    return false;
}

/* The status must be about this spec: an older pair may be one of another source. */
static bool check_ready(const struct rr_restore_view *view, struct rr_error *err)
{
    if (rr_restore_view_is_ready(view))
        return true;
    if (view->ready.len == 0)
        return rr_fail(err, RR_E_OBJECT_GONE, "it has no status yet: is its controller running?");
    if (!rr_restore_view_is_current(view))
        return rr_fail(err, RR_E_OBJECT_GONE,
                       "its status is about generation %lld of the spec, not %lld: wait until the controller has "
                       "looked again",
                       (long long)view->observed_generation, (long long)view->generation);
    return rr_fail(err, RR_E_OBJECT_GONE, "it is not Ready (%.*s): %.*s", RR_ARG(view->reason), RR_ARG(view->message));
}

/* Each of the pair's objects must be pinned by all three, or a newer one could take its place. */
static bool take_object(const struct rr_json_node *node, const char *name, struct rr_discovery_object *out_object,
                        struct rr_error *err)
{
    struct rr_slice key = rr_json_text(rr_json_member(node, "key")), etag = rr_json_text(rr_json_member(node, "etag"));
    int64_t size = -1;
    if (!rr_json_int64(rr_json_member(node, "size"), &size) || size < 0 || key.len == 0 || etag.len == 0)
        return rr_fail(err, RR_E_OBJECT_GONE,
                       "status.backup.%s has no key, size and ETag, so the object cannot be pinned: name the backup by "
                       "--bucket and the flags of discover",
                       name);
    *out_object = (struct rr_discovery_object){ .key = RR_BUF(KEY_MAX_BYTES),
                                                .etag = RR_BUF(ETAG_MAX_BYTES),
                                                .size = (uint64_t)size };
    rr_buf_add(&out_object->key, key);
    rr_buf_add(&out_object->etag, etag);
    return rr_buf_ok(&out_object->key, err) && rr_buf_ok(&out_object->etag, err);
}

static bool take_pair(const struct rr_json_node *backup, struct rr_discovery_result *out_pair, struct rr_error *err)
{
    const struct rr_json_node *aof = rr_json_member(backup, "aof");
    out_pair->reason = RR_REASON_BACKUP_DISCOVERED;
    out_pair->has_backup = true;
    out_pair->has_aof = aof != NULL;
    return take_object(rr_json_member(backup, "rdb"), "rdb", &out_pair->rdb, err) &&
           (aof == NULL || take_object(aof, "aof", &out_pair->aof, err));
}

/* Instead of the controller's credentials or of a role that the controller assumes, the caller has its own. */
static bool choose_identity(struct rr_restore_pinned *pinned, const struct rr_restore_pinned_own *own,
                            struct rr_error *err)
{
    const struct rr_restore_spec *spec = &pinned->spec;
    if (own->has_credentials || spec->credentials == RR_RESTORE_SECRET)
        return true;
    pinned->identity = spec->credentials == RR_RESTORE_AMBIENT ? "ambient" : "serviceAccountRef";
    return spec->credentials != RR_RESTORE_AMBIENT || rr_restore_goes_to_aws(spec) ||
           rr_fail(err, RR_E_BAD_INPUT,
                   "ambient credentials go to AWS alone, but the spec names an endpoint or tls: set AWS_ACCESS_KEY_ID "
                   "and AWS_SECRET_ACCESS_KEY");
}

static bool open_question(struct rr_restore_pinned *pinned, const struct rr_restore_at *at,
                          const struct rr_restore_pinned_own *own, struct rr_error *err)
{
    struct rr_restore_reading reading = {
        .client = at->client, .namespace_name = at->namespace_name, .deadline_ms = at->deadline_ms, .stop = at->stop
    };
    const struct rr_json_node *spec = rr_json_member(pinned->object.root, "spec");
    rr_restore_spec_decode(spec, &pinned->spec);
    if (pinned->spec.problem != NULL)
        return rr_fail(err, RR_E_BAD_INPUT, "%s", pinned->spec.problem);
    if (pinned->spec.has_unknown && !rr_restore_schema_check_spec(&reading, spec, err))
        return false;
    if (!choose_identity(pinned, own, err))
        return false;
    struct rr_restore_asking asking = { .kube = at->client,
                                        .clock = &rr_clock_system,
                                        .reader = "this command",
                                        .signs_itself = own->has_credentials || pinned->identity != NULL,
                                        .trusts_itself = own->has_ca };
    return rr_restore_question_open(&pinned->question, &asking, rr_buf_slice(&pinned->namespace_name), &pinned->spec,
                                    at->stop, err);
}

static bool read_all(struct rr_restore_pinned *pinned, const struct rr_restore_at *at,
                     const struct rr_restore_pinned_own *own, struct rr_error *err)
{
    struct rr_restore_view view;
    if (!read_object(at, &pinned->object, err))
        return false;
    rr_restore_view_read(pinned->object.root, &view);
    return check_ready(&view, err) && take_pair(view.backup, &pinned->pair, err) && open_question(pinned, at, own, err);
}

struct rr_restore_pinned *rr_restore_pinned_read(const struct rr_restore_at *at,
                                                 const struct rr_restore_pinned_own *own, struct rr_error *err)
{
    struct rr_restore_pinned *pinned = RR_NEW(struct rr_restore_pinned);
    pinned->namespace_name = (struct rr_buf)RR_BUF(RR_KUBE_SUBDOMAIN_MAX_BYTES);
    rr_buf_add(&pinned->namespace_name, at->namespace_name);
    if (rr_buf_ok(&pinned->namespace_name, err) && read_all(pinned, at, own, err))
        return pinned;
    (void)!rr_context(err, "RedisRestore %.*s/%.*s", RR_ARG(at->namespace_name), RR_ARG(at->name));
    rr_restore_pinned_free(pinned);
    return NULL;
}
