/* SPDX-License-Identifier: Apache-2.0 */
/* fixture: objects of a kind "Thing" for tests of the cache and of its writers. The payload counts the live objects.
 * Threads: any. */
#ifndef RR_CONTROLLER_TEST_FIXTURE_H
#define RR_CONTROLLER_TEST_FIXTURE_H

#include "support/test.h"

#include <redisrestore/controller/object.h>

#include <stdatomic.h>

static _Atomic int fixture_alive;

static inline void *fixture_decode(void *context, struct rr_slice spec, struct rr_slice status)
{
    (void)context;
    (void)spec;
    (void)status;
    atomic_fetch_add(&fixture_alive, 1);
    return &fixture_alive;
}

static inline void fixture_free(void *context, void *payload)
{
    (void)context;
    atomic_fetch_sub((_Atomic int *)payload, 1);
}

static const struct rr_object_type fixture_type = { "Thing", NULL, fixture_decode, fixture_free };

#define FIXTURE_THING(name, uid, version)                                                                              \
    "{\"apiVersion\":\"t/v1\",\"kind\":\"Thing\",\"metadata\":{\"namespace\":\"ns\",\"name\":\"" name                  \
    "\",\"uid\":\"" uid "\",\"resourceVersion\":\"" version "\"}}"

/* A reference. */
static inline struct rr_object *fixture_object(const char *name, const char *uid, const char *version)
{
    char text[512];
    (void)snprintf(text, sizeof(text), FIXTURE_THING("%s", "%s", "%s"), name, uid, version);
    struct rr_object *object = NULL;
    struct rr_error err;
    struct rr_object_parts parts = rr_object_take_apart(rr_slice_from(text));
    assert_ok(rr_object_decode(&fixture_type, &parts, &object, &err), err);
    return object;
}

/* Appends "+name/uid@version ", "-..." or "~name/uid@version " for each change that a cache reports. */
static inline void fixture_note(struct rr_buf *changes, const struct rr_object *before, const struct rr_object *after)
{
    const struct rr_object *one = after != NULL ? after : before;
    rr_buf_addf(changes, "%c%.*s/%.*s@%.*s ",
                before == NULL  ? '+'
                : after == NULL ? '-'
                                : '~',
                RR_ARG(one->name), RR_ARG(one->uid), RR_ARG(one->resource_version));
}

#endif
