/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_spec_internal.h"

#include <redisrestore/base/escape.h>

enum { FIELD_SHOWN_MAX_BYTES = 64, STEPS_MAX = 4 };

/* Every member that this version knows, by the object that contains it. Any other member comes from a newer CRD
 * (behaviour F-36). */
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

/* Judges a member that this version does not know. */
struct stranger {
    const char *path;                           /* of the object that has it */
    const struct rr_json_node *member, *schema; /* schema: of that object; NULL: none */
};
typedef bool judge(const struct stranger *stranger, void *context, struct rr_error *err);

/* `node` may be absent. */
static bool check_object(const struct rr_json_node *node, const struct rr_json_node *schema, const char *path,
                         const char *const *members, judge *on_unknown, void *context, struct rr_error *err)
{
    if (node == NULL)
        return true;
    if (!rr_json_is_object(node))
        return rr_fail(err, RR_E_BAD_INPUT, "%s must be an object", path);
    for (const struct rr_json_node *member = rr_json_first_member(node); member != NULL;
         member = rr_json_next(member)) {
        struct stranger stranger = { path, member, schema };
        if (!is_known(rr_json_name(member), members) && !on_unknown(&stranger, context, err))
            return false;
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

static bool check_objects(const struct rr_json_node *spec, const struct rr_json_node *schema, judge *on_unknown,
                          void *context, struct rr_error *err)
{
    for (size_t i = 0; i < RR_COUNT(objects); i++) {
        const struct rr_json_node *node = spec, *of_node = schema;
        for (size_t step = 0; step < STEPS_MAX && objects[i].steps[step] != NULL; step++) {
            node = rr_json_member(node, objects[i].steps[step]);
            of_node = rr_json_path(of_node, "properties", objects[i].steps[step], NULL);
        }
        if (!check_object(node, of_node, objects[i].path, objects[i].members, on_unknown, context, err))
            return false;
    }
    return true;
}

static bool note_unknown(const struct stranger *stranger, void *context, struct rr_error *err)
{
    (void)stranger, (void)err;
    *(bool *)context = true;
    return true;
}

bool rr_restore_spec_check_members(const struct rr_json_node *spec, bool *out_has_unknown, struct rr_error *err)
{
    return check_objects(spec, NULL, note_unknown, out_has_unknown, err) &&
           check_unions(rr_json_path(spec, "source", "s3", NULL), err);
}

/* --- members of a newer custom resource --- */

static bool fail_unknown(const struct stranger *stranger, enum rr_code code, const char *why, struct rr_error *err)
{
    rr_auto(buf) name = RR_BUF(FIELD_SHOWN_MAX_BYTES);
    rr_escape_text(&name, rr_slice_from(rr_json_name(stranger->member)), FIELD_SHOWN_MAX_BYTES);
    return rr_fail(err, code, "%s.%s is not known to this version of the controller%s", stranger->path,
                   rr_buf_text(&name), why);
}

static bool is_equal(const struct rr_json_node *a, const struct rr_json_node *b)
{
    int64_t number_a, number_b;
    bool flag_a, flag_b;
    if (rr_json_is_text(a) && rr_json_is_text(b))
        return rr_slice_equals(rr_json_text(a), rr_json_text(b));
    if (rr_json_int64(a, &number_a) && rr_json_int64(b, &number_b))
        return number_a == number_b;
    if (rr_json_bool(a, &flag_a) && rr_json_bool(b, &flag_b))
        return flag_a == flag_b;
    bool objects_both = rr_json_is_object(a) && rr_json_is_object(b);
    bool empty = rr_json_first(a) == NULL && rr_json_first(b) == NULL;
    return empty && (objects_both || (rr_json_is_array(a) && rr_json_is_array(b)));
}

/* Defaults are texts, numbers, booleans, empty lists, or objects whose members have defaults of their own. A default of
 * another form counts as another value. */
static bool is_default(const struct rr_json_node *value, const struct rr_json_node *schema)
{
    const struct rr_json_node *otherwise = rr_json_member(schema, "default");
    if (otherwise == NULL)
        return false;
    if (is_equal(value, otherwise))
        return true;
    if (!rr_json_is_object(value) || !rr_json_is_object(otherwise) || rr_json_first(otherwise) != NULL)
        return false;
    for (const struct rr_json_node *member = rr_json_first_member(value); member != NULL;
         member = rr_json_next(member)) {
        const struct rr_json_node *inner = rr_json_path(schema, "properties", rr_json_name(member), NULL);
        const struct rr_json_node *inner_default = rr_json_member(inner, "default");
        if (inner_default == NULL || !is_equal(member, inner_default))
            return false;
    }
    return true;
}

/* The schema does not describe this object, so the API server has kept a field that no schema has. */
static bool is_loose(const struct rr_json_node *schema)
{
    bool preserves;
    return schema == NULL ||
           (rr_json_bool(rr_json_member(schema, "x-kubernetes-preserve-unknown-fields"), &preserves) && preserves);
}

static bool judge_by_schema(const struct stranger *stranger, void *context, struct rr_error *err)
{
    (void)context;
    const struct rr_json_node *schema =
        rr_json_path(stranger->schema, "properties", rr_json_name(stranger->member), NULL);
    if (schema == NULL && !is_loose(stranger->schema))
        return fail_unknown(stranger, RR_E_API_SERVER, ", and the API server's schema does not have it yet", err);
    return (schema != NULL && is_default(stranger->member, schema)) ||
           fail_unknown(stranger, RR_E_BAD_INPUT,
                        " and does not have the default of the custom resource: remove it, or update the controller",
                        err);
}

bool rr_restore_spec_check_unknown(const struct rr_json_node *spec, const struct rr_json_node *schema,
                                   struct rr_error *err)
{
    if (schema == NULL)
        return rr_fail(err, RR_E_API_SERVER, "the API server does not serve the schema of RedisRestore yet");
    return check_objects(spec, schema, judge_by_schema, NULL, err);
}

static bool refuse(const struct stranger *stranger, void *context, struct rr_error *err)
{
    (void)context;
    return fail_unknown(stranger, RR_E_BAD_INPUT,
                        "; its default cannot be read, because access to /openapi/v3 is denied: update the controller",
                        err);
}

bool rr_restore_spec_refuse_unknown(const struct rr_json_node *spec, struct rr_error *err)
{
    return check_objects(spec, NULL, refuse, NULL, err);
}
