/* SPDX-License-Identifier: Apache-2.0 */
/* object: an object of the watched kind, as it is in the cache: decoded once, immutable, reference-counted.
 * Threads: any thread that has a reference. */
#ifndef RR_CONTROLLER_OBJECT_H
#define RR_CONTROLLER_OBJECT_H

#include <redisrestore/base/buf.h>
#include <redisrestore/text/json_raw.h>

#include <stdatomic.h>

struct rr_object {
    atomic_int references;
    const struct rr_object_type *type;
    struct rr_slice namespace_name, name, uid, resource_version; /* point into `text` */
    int64_t generation;
    bool deleting; /* has a deletionTimestamp */
    void *payload; /* the result of type->decode; owns */
    char text[];   /* bytes of the slices above */
};

/* Describes a kind, so that src/controller needs no knowledge of it. The caller provides it. */
struct rr_object_type {
    const char *kind; /* "RedisRestore"; an object of another kind is skipped */
    void *context;
    /* Builds the payload from the object's spec and status: JSON whose grammar was checked; empty: absent. Must not
     * fail on malformed objects (F-36): it decodes the valid parts and remembers the error. */
    void *(*decode)(void *context, struct rr_slice spec, struct rr_slice status);
    void (*free)(void *context, void *payload);
};

/* Parts of an object: slices of its JSON. */
struct rr_object_parts {
    struct rr_slice kind, metadata, spec, status;
};

/* Splits JSON that passed rr_json_raw_check, alone or as a part of an event. */
struct rr_object_parts rr_object_take_apart(struct rr_slice json);
/* Decodes metadata and payload. Fails with RR_E_BAD_REPLY (no metadata.name, uid or resourceVersion, or another kind).
 * Returns a reference. */
RR_MUST_USE bool rr_object_decode(const struct rr_object_type *type, const struct rr_object_parts *parts,
                                  struct rr_object **out_object, struct rr_error *err);
struct rr_object *rr_object_ref(struct rr_object *object);
void rr_object_unref(struct rr_object *object); /* NULL: does nothing */
static inline void rr_object_free(struct rr_object *object)
{
    rr_object_unref(object);
}
RR_DEFINE_FREEP(object)

#endif
