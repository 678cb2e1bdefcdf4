#include <support/test.h>

#include "fixture.h"

static void decode_refused(const char *text)
{
    struct rr_error err;
    rr_auto(json) json = { 0 };
    struct rr_object *object = NULL;
    assert_ok(rr_json_parse(rr_slice_from(text), &json, &err), err);
    assert_false(rr_object_decode(&fixture_type, json.root, &object, &err));
    assert_int_equal(err.code, RR_E_BAD_REPLY);
}

static void metadata_is_kept(void **state)
{
    (void)state;
    rr_auto_ptr(object) object = fixture_object("a", "u", "7");

    assert_slice(object->namespace_name, "ns");
    assert_slice(object->name, "a");
    assert_slice(object->uid, "u");
    assert_slice(object->resource_version, "7");
    assert_false(object->deleting);
}

static void r16_objects_without_identity_are_refused(void **state)
{
    (void)state;
    decode_refused("{}");
    decode_refused("7");
    decode_refused("{\"kind\":\"Table\",\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"}}");
    decode_refused("{\"kind\":\"Thing\",\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"1\"}}");
    decode_refused("{\"kind\":\"Thing\",\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"}}");
    decode_refused("{\"kind\":\"Thing\",\"metadata\":{\"name\":\"a\",\"uid\":\"u\"}}");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(metadata_is_kept),
    cmocka_unit_test(r16_objects_without_identity_are_refused),
};
RR_TEST_MAIN(tests)
