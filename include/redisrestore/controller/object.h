/* SPDX-License-Identifier: Apache-2.0 */
/* object: an object of the watched kind as the cache keeps it: decoded once, immutable, counted.
 * Threads: any, by the count. */
#ifndef RR_CONTROLLER_OBJECT_H
#define RR_CONTROLLER_OBJECT_H

#include <redisrestore/base/buf.h>
#include <redisrestore/text/json_raw.h>

struct rr_object {
    int references; /* atomic */
    const struct rr_object_type *type;
    struct rr_slice namespace_name, name, uid, resource_version; /* point into `text` */
    int64_t generation;
    bool deleting; /* has a deletionTimestamp */
    void *payload; /* what type->decode made; owns */
    char text[];   /* what the slices point into */
};

/* What the generic machinery must be told of a kind. Given by the room above. */
struct rr_object_type {
    const char *kind; /* "RedisRestore": a frame of another kind is skipped */
    void *context;
    /* Makes the payload out of the object's spec and status, as JSON whose grammar was checked; empty: absent. Must not
     * fail on odd objects (F-36): it decodes what it can and remembers the error. */
    void *(*decode)(void *context, struct rr_slice spec, struct rr_slice status);
    void (*free)(void *context, void *payload);
};

/* An object's parts, as they stand in its JSON. */
struct rr_object_parts {
    struct rr_slice kind, metadata, spec, status;
};

/* Of JSON that passed rr_json_raw_check, alone or as a part of an event. */
struct rr_object_parts rr_object_take_apart(struct rr_slice json);
/* Decodes metadata and payload. Fails with RR_E_BAD_REPLY (no metadata.name, uid or resourceVersion, or another kind).
 * Returns a reference. */
RR_MUST_USE bool rr_object_decode(const struct rr_object_type *type, const struct rr_object_parts *parts,
                                  struct rr_object **out_object, struct rr_error *err);
struct rr_object *rr_object_ref(struct rr_object *object);
void rr_object_unref(struct rr_object *object); /* NULL is fine */
static inline void rr_object_free(struct rr_object *object)
{
    rr_object_unref(object);
}
RR_DEFINE_FREEP(object)

#endif
