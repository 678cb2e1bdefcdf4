/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_spec_internal.h"

#include <redisrestore/base/escape.h>

enum { FIELD_SHOWN_MAX_BYTES = 64, STEPS_MAX = 4 };

/* Every member that is allowed, by the object that contains it. Any other member requests something that this
 * controller cannot do: the CRD is newer than the controller (behaviour F-36). */
static const char *const spec_members[] = { "source",   "selection",        "suspend", "trigger",
                                            "interval", "discoveryTimeout", NULL };
static const char *const source_members[] = { "s3", NULL };
static const char *const s3_members[] = {
    "bucket",       "prefix", "region", "endpoint", "addressingStyle", "credentials", "tls", "expectedBucketOwner",
    "requestPayer", NULL,
};
static const char *const credentials_members[] = { "secretRef", "serviceAccountRef", "ambient", NULL };
static const char *const secret_members[] = { "name", NULL };
static const char *const account_members[] = { "name", "roleARN", NULL };
static const char *const ambient_members[] = { NULL };
static const char *const tls_members[] = { "caSecretKeyRef", "caConfigMapKeyRef", NULL };
static const char *const ca_members[] = { "name", "key", NULL };
static const char *const selection_members[] = {
    "replicationID", "timestamp", "notAfter",     "previous",   "orderBy", "timestampTimeZone",
    "maxAge",        "pairing",   "onMissingAOF", "onNoBackup", NULL,
};

static bool is_known(const char *name, const char *const *members)
{
    while (*members != NULL && strcmp(*members, name) != 0)
        members++;
    return *members != NULL;
}

/* `node` may be absent. */
static bool check_object(const struct rr_json_node *node, const char *path, const char *const *members,
                         struct rr_error *err)
{
    if (node == NULL)
        return true;
    if (!rr_json_is_object(node))
        return rr_fail(err, RR_E_BAD_INPUT, "%s must be an object", path);
    for (const struct rr_json_node *member = rr_json_first(node); member != NULL; member = rr_json_next(member)) {
        if (is_known(rr_json_name(member), members))
            continue;
        rr_auto(buf) name = RR_BUF(FIELD_SHOWN_MAX_BYTES);
        rr_escape_text(&name, rr_slice_from(rr_json_name(member)), FIELD_SHOWN_MAX_BYTES);
        return rr_fail(err, RR_E_BAD_INPUT,
                       "%s.%s is not known to this version of the controller; the CRD is of another one", path,
                       rr_buf_text(&name));
    }
    return true;
}

/* Returns how many of `names` are set. */
static size_t count_of(const struct rr_json_node *node, const char *const *names)
{
    size_t count = 0;
    for (; *names != NULL; names++)
        count += rr_json_member(node, *names) != NULL ? 1 : 0;
    return count;
}

static bool check_unions(const struct rr_json_node *s3, struct rr_error *err)
{
    const struct rr_json_node *tls = rr_json_member(s3, "tls");
    if (s3 != NULL && count_of(rr_json_member(s3, "credentials"), credentials_members) != 1)
        return rr_fail(err, RR_E_BAD_INPUT,
                       "spec.source.s3.credentials must have exactly one of secretRef, serviceAccountRef and ambient");
    if (tls != NULL && count_of(tls, tls_members) != 1)
        return rr_fail(err, RR_E_BAD_INPUT,
                       "spec.source.s3.tls must have exactly one of caSecretKeyRef and caConfigMapKeyRef");
    return true;
}

/* An object of the spec: its path, and its allowed members. */
static const struct {
    const char *path, *steps[STEPS_MAX];
    const char *const *members;
} objects[] = {
    { "spec", { NULL }, spec_members },
    { "spec.source", { "source" }, source_members },
    { "spec.source.s3", { "source", "s3" }, s3_members },
    { "spec.source.s3.credentials", { "source", "s3", "credentials" }, credentials_members },
    { "spec.source.s3.credentials.secretRef", { "source", "s3", "credentials", "secretRef" }, secret_members },
    { "spec.source.s3.credentials.serviceAccountRef",
      { "source", "s3", "credentials", "serviceAccountRef" },
      account_members },
    { "spec.source.s3.credentials.ambient", { "source", "s3", "credentials", "ambient" }, ambient_members },
    { "spec.source.s3.tls", { "source", "s3", "tls" }, tls_members },
    { "spec.source.s3.tls.caSecretKeyRef", { "source", "s3", "tls", "caSecretKeyRef" }, ca_members },
    { "spec.source.s3.tls.caConfigMapKeyRef", { "source", "s3", "tls", "caConfigMapKeyRef" }, ca_members },
    { "spec.selection", { "selection" }, selection_members },
};

bool rr_restore_spec_check_members(const struct rr_json_node *spec, struct rr_error *err)
{
    for (size_t i = 0; i < RR_COUNT(objects); i++) {
        const struct rr_json_node *node = spec;
        for (size_t step = 0; step < STEPS_MAX && objects[i].steps[step] != NULL; step++)
            node = rr_json_member(node, objects[i].steps[step]);
        if (!check_object(node, objects[i].path, objects[i].members, err))
            return false;
    }
    return check_unions(rr_json_path(spec, "source", "s3", NULL), err);
}
