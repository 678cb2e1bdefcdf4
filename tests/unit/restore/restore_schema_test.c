/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#define SCHEMA(properties)                                                                                             \
    "{\"openapi\":\"3.0.0\",\"components\":{\"schemas\":{\"dev.redisrestore.v1alpha1.RedisRestore\":{\"properties\":"  \
    "{\"spec\":{\"type\":\"object\",\"properties\":{" properties ",\"source\":{\"properties\":{\"s3\":{"               \
    "\"properties\":{\"checksum\":{\"type\":\"string\",\"default\":\"Off\"},\"bucket\":{}}}}}}}}}}}}"

/* A field of each kind of default. */
#define NEWER                                                                                                          \
    SCHEMA("\"depth\":{\"type\":\"integer\",\"default\":3},\"strict\":{\"type\":\"boolean\",\"default\":false},"       \
           "\"tags\":{\"type\":\"array\",\"default\":[]},\"plain\":{\"type\":\"string\"},"                             \
           "\"stage\":{\"type\":\"object\",\"default\":{},\"properties\":{\"mode\":{\"default\":\"Never\"}}}")

static void check_found(struct bench *bench)
{
    assert_has(bench_body(bench, 1), "\"reason\":\"BackupDiscovered\",\"status\":\"True\",\"type\":\"Ready\"");
}

static void f36_unknown_fields_with_their_defaults_are_harmless(void **state)
{
    struct bench *bench = *state;
    bench->schema_body = NEWER;
    bench_put(bench, 1, "\"depth\":3,\"strict\":false,\"tags\":[],\"stage\":{\"mode\":\"Never\"}", NULL);

    (void)bench_reconcile(bench);

    check_found(bench);
    assert_int_equal(bench->schemas_read, 1);
}

static void f36_spec_without_unknown_fields_reads_no_schema(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, NULL, NULL);

    (void)bench_reconcile(bench);

    check_found(bench);
    assert_int_equal(bench->schemas_read, 0);
}

static void f36_unknown_field_with_another_value_is_invalid_and_keeps_the_store_out(void **state)
{
    static const char *const specs[] = {
        "\"depth\":4",
        "\"strict\":true",
        "\"tags\":[\"a\"]",
        "\"plain\":\"\"",
        "\"depth\":\"3\"",
        "\"stage\":{\"mode\":\"Always\"}",
        "\"stage\":{\"mode\":\"Never\",\"x\":1}",
    };
    struct bench *bench = *state;
    bench->schema_body = NEWER;
    for (size_t i = 0; i < RR_COUNT(specs); i++) {
        bench_put(bench, 1 + (int)i, specs[i], NULL);
        bench_let_be_due(bench);

        (void)bench_reconcile(bench);

        assert_has(bench_body(bench, 1 + (int)i), "\"reason\":\"InvalidSpec\",\"status\":\"False\",\"type\":\"Ready\"");
        assert_has(bench_body(bench, 1 + (int)i), "is not known to this version of the controller");
    }
    assert_int_equal(bench->secrets_read, 0);
    assert_int_equal(fake_store_requests(&bench->store_server), 0);
}

static void f36_schema_that_cannot_be_read_is_a_failure_of_the_api_server(void **state)
{
    static const char *const bodies[] = { "{", "{}", SCHEMA("\"other\":{}") };
    struct bench *bench = *state;
    for (size_t i = 0; i <= RR_COUNT(bodies); i++) {
        bench->schema_body = i < RR_COUNT(bodies) ? bodies[i] : NULL;
        bench->schema_status = i < RR_COUNT(bodies) ? 0 : 500;
        bench_put(bench, 1, "\"depth\":3", NULL);

        struct rr_reconcile_result result = bench_reconcile(bench);

        assert_int_equal(result.next, RR_RECONCILE_FAILED);
        assert_int_equal(bench->patched_times, 0);
    }
    assert_int_equal(bench->secrets_read, 0);
}

static void f36_schema_that_may_not_be_read_is_said(void **state)
{
    struct bench *bench = *state;
    bench->schema_status = 403;
    bench_put(bench, 1, "\"depth\":3", NULL);

    (void)bench_reconcile(bench);

    assert_has(bench_body(bench, 1), "\"reason\":\"InvalidSpec\",\"status\":\"False\",\"type\":\"Ready\"");
    assert_has(bench_body(bench, 1), "spec.depth is not known to this version of the controller; its default cannot be "
                                     "read, because access to /openapi/v3 is denied");
}

static void f36_suspended_object_with_unknown_fields_reads_no_schema(void **state)
{
    struct bench *bench = *state;
    bench_put(bench, 1, "\"depth\":4,\"suspend\":true", NULL);

    (void)bench_reconcile(bench);

    assert_has(bench_body(bench, 1), "\"reason\":\"Suspended\",\"status\":\"Unknown\"");
    assert_int_equal(bench->schemas_read, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(f36_unknown_fields_with_their_defaults_are_harmless, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f36_spec_without_unknown_fields_reads_no_schema, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f36_unknown_field_with_another_value_is_invalid_and_keeps_the_store_out,
                                    bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f36_schema_that_cannot_be_read_is_a_failure_of_the_api_server, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(f36_schema_that_may_not_be_read_is_said, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f36_suspended_object_with_unknown_fields_reads_no_schema, bench_setup,
                                    bench_teardown),
};
RR_TEST_MAIN(tests)
