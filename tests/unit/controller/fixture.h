/* fixture: objects of a kind that decodes to nothing, for tests of the generic machinery. */
#ifndef RR_CONTROLLER_TEST_FIXTURE_H
#define RR_CONTROLLER_TEST_FIXTURE_H

#include <redisrestore/base/mem.h>
#include <redisrestore/controller/object.h>

static void *fixture_decode(void *context, const struct rr_json_node *root)
{
    (void)context;
    (void)root;
    return rr_alloc(1);
}

static void fixture_free(void *context, void *payload)
{
    (void)context;
    rr_free(payload);
}

static const struct rr_object_type fixture_type = { .kind = "Thing", .decode = fixture_decode, .free = fixture_free };

/* A reference of the caller's. */
static inline struct rr_object *fixture_object(const char *name, const char *uid, const char *version)
{
    struct rr_error err;
    struct rr_object *object = NULL;
    rr_auto(json) json = { 0 };
    rr_auto(buf) text = RR_BUF(1024);
    rr_buf_addf(&text,
                "{\"kind\":\"Thing\",\"metadata\":{\"namespace\":\"ns\",\"name\":\"%s\",\"uid\":\"%s\","
                "\"resourceVersion\":\"%s\"}}",
                name, uid, version);
    assert_ok(rr_json_parse(rr_buf_slice(&text), &json, &err), err);
    assert_ok(rr_object_decode(&fixture_type, json.root, &object, &err), err);
    return object;
}

#endif
