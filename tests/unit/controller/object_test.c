/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/controller/object.h>

#include "support/test.h"

static int decoded, freed;

static void *decode(void *context, struct rr_slice spec, struct rr_slice status)
{
    (void)spec;
    (void)status;
    decoded++;
    return context;
}

static void free_payload(void *context, void *payload)
{
    assert_ptr_equal(context, payload);
    freed++;
}

static int context;
static const struct rr_object_type type = { "RedisRestore", &context, decode, free_payload };

static bool decode_text(const char *text, struct rr_object **out_object, struct rr_error *err)
{
    struct rr_object_parts parts = rr_object_take_apart(rr_slice_from(text));
    return rr_object_decode(&type, &parts, out_object, err);
}

static void metadata_outlives_the_json(void **state)
{
    (void)state;
    rr_auto_ptr(object) object = NULL;
    struct rr_error err;

    assert_ok(
        decode_text("{\"kind\":\"RedisRestore\",\"metadata\":{\"namespace\":\"shop\",\"name\":\"r\",\"uid\":\"u\","
                    "\"resourceVersion\":\"007\",\"generation\":3}}",
                    &object, &err),
        err);

    assert_slice(object->namespace_name, "shop");
    assert_slice(object->name, "r");
    assert_slice(object->uid, "u");
    assert_slice(object->resource_version, "007");
    assert_int_equal(object->generation, 3);
    assert_false(object->deleting);
    assert_ptr_equal(object->payload, &context);
}

static void deletion_is_seen(void **state)
{
    (void)state;
    rr_auto_ptr(object) object = NULL;
    struct rr_error err;

    assert_ok(decode_text("{\"kind\":\"RedisRestore\",\"metadata\":{\"name\":\"r\",\"uid\":\"u\",\"resourceVersion\":"
                          "\"1\",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\",\"generation\":\"odd\"}}",
                          &object, &err),
              err);

    assert_true(object->deleting);
    assert_int_equal(object->generation, 0);
    assert_int_equal(object->namespace_name.len, 0);
}

static void r16_object_without_identity_is_refused(void **state)
{
    (void)state;
    const char *const texts[] = {
        "{\"kind\":\"RedisRestore\"}",
        "{\"kind\":\"RedisRestore\",\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"1\"}}",
        "{\"kind\":\"RedisRestore\",\"metadata\":{\"name\":\"r\",\"resourceVersion\":\"1\"}}",
        "{\"kind\":\"RedisRestore\",\"metadata\":{\"name\":\"r\",\"uid\":\"u\"}}",
        "{\"kind\":\"Other\",\"metadata\":{\"name\":\"r\",\"uid\":\"u\",\"resourceVersion\":\"1\"}}",
        "{}",
        "[]",
        "7",
    };
    decoded = 0;
    for (size_t i = 0; i < RR_COUNT(texts); i++) {
        struct rr_object *object = NULL;
        struct rr_error err;
        assert_false(decode_text(texts[i], &object, &err));
        assert_int_equal(err.code, RR_E_BAD_REPLY);
        assert_null(object);
    }
    assert_int_equal(decoded, 0);
}

/* Longer ones would not fit the cache's keys, and two of them could become one. */
static void name_over_253_bytes_is_refused(void **state)
{
    (void)state;
    const char *const members[] = { "name", "namespace" };
    for (size_t i = 0; i < 2 * RR_COUNT(members); i++) {
        char text[1024], longest[255] = { 0 };
        size_t len = i % 2 == 0 ? 253 : 254;
        memset(longest, 'a', len);
        (void)snprintf(
            text, sizeof(text),
            "{\"kind\":\"RedisRestore\",\"metadata\":{\"name\":\"r\",\"uid\":\"u\",\"resourceVersion\":\"1\","
            "\"%s\":\"%s\"}}",
            members[i / 2], longest);
        rr_auto_ptr(object) object = NULL;
        struct rr_error err;
        assert_int_equal(decode_text(text, &object, &err), len == 253);
        if (len > 253) {
            assert_int_equal(err.code, RR_E_BAD_REPLY);
            assert_string_equal(err.message, "the API server sent a RedisRestore whose name is over 253 bytes");
        }
    }
}

static void last_reference_frees_the_payload(void **state)
{
    (void)state;
    struct rr_object *object = NULL;
    struct rr_error err;
    freed = 0;
    assert_ok(decode_text("{\"kind\":\"RedisRestore\",\"metadata\":{\"name\":\"r\",\"uid\":\"u\",\"resourceVersion\":"
                          "\"1\"}}",
                          &object, &err),
              err);

    rr_object_unref(rr_object_ref(object));
    assert_int_equal(freed, 0);
    rr_object_unref(object);
    assert_int_equal(freed, 1);
    rr_object_unref(NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(metadata_outlives_the_json),
    cmocka_unit_test(deletion_is_seen),
    cmocka_unit_test(r16_object_without_identity_is_refused),
    cmocka_unit_test(name_over_253_bytes_is_refused),
    cmocka_unit_test(last_reference_frees_the_payload),
};
RR_TEST_MAIN(tests)
