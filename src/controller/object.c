/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/controller/object.h>

#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/kube/kube_name.h>

/* Copies `text` to *at, advances it, and ends the copy with a NUL. */
static struct rr_slice keep(char **at, struct rr_slice text)
{
    struct rr_slice kept = { *at, text.len };
    if (text.len > 0)
        memcpy(*at, text.ptr, text.len);
    *at += text.len + 1;
    return kept;
}

enum { NAMESPACE, NAME, UID, VERSION, GENERATION, DELETION, METADATA_COUNT };

struct rr_object_parts rr_object_take_apart(struct rr_slice json)
{
    static const char *const names[] = { "kind", "metadata", "spec", "status" };
    struct rr_slice values[RR_COUNT(names)];
    rr_json_raw_members(json, names, RR_COUNT(names), values);
    return (struct rr_object_parts){
        .kind = rr_json_raw_text(values[0]), .metadata = values[1], .spec = values[2], .status = values[3]
    };
}

bool rr_object_decode(const struct rr_object_type *type, const struct rr_object_parts *parts,
                      struct rr_object **out_object, struct rr_error *err)
{
    static const char *const names[METADATA_COUNT] = { [NAMESPACE] = "namespace",
                                                       [NAME] = "name",
                                                       [UID] = "uid",
                                                       [VERSION] = "resourceVersion",
                                                       [GENERATION] = "generation",
                                                       [DELETION] = "deletionTimestamp" };
    struct rr_slice metadata[METADATA_COUNT];
    rr_json_raw_members(parts->metadata, names, METADATA_COUNT, metadata);
    struct rr_slice namespace_name = rr_json_raw_text(metadata[NAMESPACE]), name = rr_json_raw_text(metadata[NAME]),
                    uid = rr_json_raw_text(metadata[UID]), version = rr_json_raw_text(metadata[VERSION]);
    if (!rr_slice_equals(parts->kind, rr_slice_from(type->kind)))
        return rr_fail(err, RR_E_BAD_REPLY, "the API server sent another kind than %s", type->kind);
    if (name.len == 0 || uid.len == 0 || version.len == 0)
        return rr_fail(err, RR_E_BAD_REPLY, "the API server sent a %s without name, uid or resourceVersion",
                       type->kind);
    if (name.len > RR_KUBE_SUBDOMAIN_MAX_BYTES || namespace_name.len > RR_KUBE_SUBDOMAIN_MAX_BYTES)
        return rr_fail(err, RR_E_BAD_REPLY, "the API server sent a %s whose name is over %d bytes", type->kind,
                       RR_KUBE_SUBDOMAIN_MAX_BYTES);

    struct rr_object *object =
        rr_alloc(sizeof(struct rr_object) + namespace_name.len + name.len + uid.len + version.len + 4);
    atomic_init(&object->references, 1);
    object->type = type;
    char *at = object->text;
    object->namespace_name = keep(&at, namespace_name);
    object->name = keep(&at, name);
    object->uid = keep(&at, uid);
    object->resource_version = keep(&at, version);
    if (!rr_parse_i64(metadata[GENERATION], &object->generation))
        object->generation = 0;
    object->deleting = rr_json_raw_text(metadata[DELETION]).len > 0;
    object->payload = type->decode(type->context, parts->spec, parts->status);
    *out_object = object;
    return true;
}

struct rr_object *rr_object_ref(struct rr_object *object)
{
    atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);
    return object;
}

void rr_object_unref(struct rr_object *object)
{
    if (object == NULL || atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) > 1)
        return;
    object->type->free(object->type->context, object->payload);
    rr_free(object);
}
