/* SPDX-License-Identifier: Apache-2.0 */
#include "oneshot.h"

#include "fakes/fake_environment.h"
#include "support/test.h"

static const struct fake_variable variables[] = {
    { "S3_BUCKET", "A" }, { "AWS_DEFAULT_REGION", "us east" }, { "AWS_ENDPOINT_URL", "minio:9000" }, { 0 }
};
static struct fake_environment fake = { variables };

/* The message, for a location of which the environment said all. */
static void assert_named(enum rr_code code, const char *message, const char *wanted)
{
    struct rr_environment environment = fake_environment(&fake);
    struct rr_s3_location location = { .bucket = rr_environment_get(&environment, "S3_BUCKET"),
                                       .region = rr_environment_get(&environment, "AWS_DEFAULT_REGION"),
                                       .endpoint = rr_environment_get(&environment, "AWS_ENDPOINT_URL") };
    struct rr_error err;
    rr_error_set(&err, code, "%s", message);

    rr_oneshot_name_variable(&environment, &location, &err);

    assert_string_equal(err.message, wanted);
}

static void bad_value_of_a_variable_names_the_variable(void **state)
{
    (void)state;
    assert_named(RR_E_BAD_INPUT, "endpoint: no", "AWS_ENDPOINT_URL: endpoint: no");
    assert_named(RR_E_BAD_INPUT, "region: no", "AWS_DEFAULT_REGION: region: no");
    assert_named(RR_E_BAD_INPUT, "bucket: no", "S3_BUCKET: bucket: no");
    assert_named(RR_E_BAD_INPUT, "prefix: no", "prefix: no");
    assert_named(RR_E_UNREACHABLE, "endpoint: no", "endpoint: no");
}

static void bad_value_of_a_flag_names_no_variable(void **state)
{
    (void)state;
    struct rr_environment environment = fake_environment(&fake);
    const char flag[] = "minio:9000";
    struct rr_s3_location location = { .endpoint = rr_slice_from(flag) };
    struct rr_error err;
    rr_error_set(&err, RR_E_BAD_INPUT, "endpoint: no");

    rr_oneshot_name_variable(&environment, &location, &err);

    assert_string_equal(err.message, "endpoint: no");
}

static void f54_invalid_ca_file_is_named_with_its_flag_or_variable(void **state)
{
    (void)state;
    rr_auto(buf) pem = RR_BUF(RR_ONESHOT_CA_MAX_BYTES);
    struct rr_error err;

    assert_false(rr_oneshot_ca_read(RR_LIT("/dev/null"), RR_ONESHOT_CA_VARIABLE, &pem, &err));

    assert_string_equal(err.message, "AWS_CA_BUNDLE: /dev/null: there is no certificate in PEM");
    assert_false(rr_oneshot_ca_read(RR_LIT("/nonexistent"), "--ca-file", &pem, &err));
    assert_non_null(strstr(err.message, "--ca-file: /nonexistent"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(bad_value_of_a_variable_names_the_variable),
    cmocka_unit_test(bad_value_of_a_flag_names_no_variable),
    cmocka_unit_test(f54_invalid_ca_file_is_named_with_its_flag_or_variable),
};

RR_TEST_MAIN(tests)
