/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include "restore_spec_internal.h"

/* The spec {"x": value} where the API server's schema of the spec has these members. */
static enum rr_code judge(const char *spec_text, const char *schema_text, struct rr_error *err)
{
    rr_auto(json) spec = { 0 }, schema = { 0 };
    assert_ok(rr_json_parse(rr_slice_from(spec_text), &spec, err), *err);
    assert_ok(rr_json_parse(rr_slice_from(schema_text), &schema, err), *err);
    return rr_restore_spec_check_unknown(spec.root, schema.root, err) ? RR_E_OK : err->code;
}

/* A value that is not the default must never be ignored: the newer field may change which backup is restored. */
static void f36_unknown_field_is_ignored_only_with_its_default(void **state)
{
    (void)state;
    static const struct {
        const char *value, *schema;
        bool is_default;
    } cases[] = {
        { "\"a\"", "\"default\":\"a\"", true },
        { "\"a\"", "\"default\":\"b\"", false },
        { "\"\"", "\"default\":\"\"", true },
        { "\"\"", "\"default\":[]", false },
        { "\"\"", "\"default\":0", false },
        { "3", "\"default\":3", true },
        { "3", "\"default\":4", false },
        { "3", "\"default\":\"3\"", false },
        { "\"3\"", "\"default\":3", false },
        { "0", "\"default\":false", false },
        { "false", "\"default\":0", false },
        { "false", "\"default\":\"\"", false },
        { "true", "\"default\":true", true },
        { "true", "\"default\":false", false },
        { "false", "\"default\":true", false },
        { "null", "\"default\":null", false },
        { "[]", "\"default\":[]", true },
        { "[]", "\"default\":{}", false },
        { "{}", "\"default\":[]", false },
        { "[1]", "\"default\":[]", false },
        { "[]", "\"default\":[1]", false },
        { "[1]", "\"default\":[1]", false }, /* no form that is compared */
        { "{}", "\"default\":{}", true },
        { "{}", "\"default\":{\"m\":1}", false },
        { "{\"m\":1}", "\"default\":{\"m\":1},\"properties\":{\"m\":{\"default\":1}}", false },
        { "{\"m\":1}", "\"default\":{},\"properties\":{\"m\":{\"default\":1}}", true },
        { "{\"m\":2}", "\"default\":{},\"properties\":{\"m\":{\"default\":1}}", false },
        { "{\"m\":1,\"n\":2}", "\"default\":{},\"properties\":{\"m\":{\"default\":1}}", false },
        { "{\"m\":1}", "\"default\":{},\"properties\":{\"m\":{}}", false },
        { "{\"m\":1}", "\"default\":{}", false },
        { "{\"m\":1}", "\"default\":\"\",\"properties\":{\"m\":{\"default\":1}}", false },
        { "\"\"", "\"default\":{}", false },
        { "7", "\"type\":\"integer\"", false },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_error err;
        char spec[256], schema[256];
        (void)snprintf(spec, sizeof spec, "{\"x\":%s}", cases[i].value);
        (void)snprintf(schema, sizeof schema, "{\"properties\":{\"x\":{%s}}}", cases[i].schema);

        enum rr_code code = judge(spec, schema, &err);

        if (code != (cases[i].is_default ? RR_E_OK : RR_E_BAD_INPUT))
            fail_msg("%s with %s: %d", cases[i].value, cases[i].schema, (int)code);
        if (code != RR_E_OK)
            assert_string_equal(
                err.message,
                "spec.x is not known to this version of the controller and does not have the default of the "
                "custom resource: remove it, or update the controller");
    }
}

static void f36_schema_of_the_object_that_has_the_field_decides(void **state)
{
    (void)state;
    static const char without[] = "spec.source.s3.x is not known to this version of the controller, and the API "
                                  "server's schema does not have it yet";
    static const char other[] = "spec.source.s3.x is not known to this version of the controller and does not have "
                                "the default of the custom resource: remove it, or update the controller";
    static const struct {
        const char *s3; /* the schema of spec.source.s3 */
        enum rr_code code;
        const char *message;
    } cases[] = {
        { "{\"properties\":{\"x\":{\"default\":1}}}", RR_E_OK, NULL },
        { "{\"properties\":{\"x\":{\"default\":2}}}", RR_E_BAD_INPUT, other },
        { "{\"properties\":{}}", RR_E_API_SERVER, without },
        { "{\"properties\":{},\"x-kubernetes-preserve-unknown-fields\":false}", RR_E_API_SERVER, without },
        { "{\"properties\":{},\"x-kubernetes-preserve-unknown-fields\":\"true\"}", RR_E_API_SERVER, without },
        { "{\"properties\":{},\"x-kubernetes-preserve-unknown-fields\":true}", RR_E_BAD_INPUT, other },
        { NULL, RR_E_BAD_INPUT, other }, /* described by no schema: nothing removes a field there */
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_error err;
        char schema[512];
        /* A field of that name in the spec itself, with this default, must not count. */
        (void)snprintf(schema, sizeof schema,
                       "{\"properties\":{\"x\":{\"default\":1},\"source\":{\"properties\":{%s%s}}}}",
                       cases[i].s3 != NULL ? "\"s3\":" : "", cases[i].s3 != NULL ? cases[i].s3 : "");

        enum rr_code code = judge("{\"source\":{\"s3\":{\"bucket\":\"b\",\"x\":1}}}", schema, &err);

        assert_int_equal(code, cases[i].code);
        if (code != RR_E_OK)
            assert_string_equal(err.message, cases[i].message);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f36_unknown_field_is_ignored_only_with_its_default),
    cmocka_unit_test(f36_schema_of_the_object_that_has_the_field_decides),
};
RR_TEST_MAIN(tests)
