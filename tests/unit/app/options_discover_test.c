/* SPDX-License-Identifier: Apache-2.0 */
#include "options_discover.h"

#include "fakes/fake_environment.h"
#include "support/test.h"

static bool parse_with(const struct fake_variable *variables, int argc, char **argv,
                       struct rr_discover_options *options, struct rr_error *err)
{
    struct fake_environment fake = { variables };
    struct rr_environment environment = fake_environment(&fake);
    return rr_discover_options_parse(argc, argv, &environment, options, err);
}

/* Not inside another macro's braces: the arguments live as long as the block that this stands in. */
#define PARSE(variables, options, err, ...)                                                                            \
    parse_with((variables), (int)RR_COUNT(((const char *[]){ "discover", __VA_ARGS__ })),                              \
               (char *[]){ (char[]){ "discover" }, __VA_ARGS__, NULL }, (options), (err))
#define A(text) ((char[]){ text })

static const struct fake_variable only_bucket[] = { { "S3_BUCKET", "from-env" }, { 0 } };

static void defaults_are_those_of_the_documentation(void **state)
{
    (void)state;
    struct rr_discover_options options;
    struct rr_error err;

    assert_ok(parse_with(only_bucket, 1, (char *[]){ A("discover"), NULL }, &options, &err), err);

    assert_slice(options.bucket, "from-env");
    assert_slice(options.prefix, "redis-backups/");
    assert_slice(options.region, "");
    assert_slice(options.endpoint, "");
    assert_slice(options.criteria.replication_id, "");
    assert_int_equal(options.addressing, RR_S3_ADDRESSING_AUTO);
    assert_int_equal(options.criteria.order, RR_BACKUP_ORDER_LAST_MODIFIED);
    assert_int_equal(options.criteria.on_missing_aof, RR_BACKUP_USE_RDB_ONLY);
    assert_int_equal(options.timeout_ms, 120000);
    assert_int_equal(options.output, RR_OUTPUT_TEXT);
    assert_int_equal(options.log_format, RR_LOG_TEXT);
    assert_int_equal(options.log_level, RR_LOG_INFO);
    assert_false(options.help);
}

static void every_flag_has_its_field(void **state)
{
    (void)state;
    struct rr_discover_options options;
    struct rr_error err;

    bool good = PARSE(only_bucket, &options, &err, A("--bucket=b"), A("--prefix=p"), A("--region=r"), A("--endpoint=e"),
                      A("--addressing-style=VirtualHosted"), A("--replication-id=i"), A("--order-by=Timestamp"),
                      A("--on-missing-aof=Fail"), A("--timeout=1m30s"), A("--output=yaml"), A("--log-format=json"),
                      A("--log-level=debug"));
    assert_ok(good, err);

    assert_slice(options.bucket, "b");
    assert_slice(options.prefix, "p");
    assert_slice(options.region, "r");
    assert_slice(options.endpoint, "e");
    assert_slice(options.criteria.replication_id, "i");
    assert_int_equal(options.addressing, RR_S3_ADDRESSING_VIRTUAL_HOSTED);
    assert_int_equal(options.criteria.order, RR_BACKUP_ORDER_TIMESTAMP);
    assert_int_equal(options.criteria.on_missing_aof, RR_BACKUP_FAIL_WITHOUT_AOF);
    assert_int_equal(options.timeout_ms, 90000);
    assert_int_equal(options.output, RR_OUTPUT_YAML);
    assert_int_equal(options.log_format, RR_LOG_JSON);
    assert_int_equal(options.log_level, RR_LOG_DEBUG);
}

static void flags_of_the_selection_have_their_fields(void **state)
{
    (void)state;
    struct rr_discover_options options;
    struct rr_error err;

    bool good = PARSE(only_bucket, &options, &err, A("--not-after=2026-01-31T14:00:00.5+02:00"),
                      A("--timestamp-time-zone=-05:30"), A("--pairing=Session"), A("--on-missing-aof=PreviousComplete"),
                      A("--max-age=26h"), A("--concurrency=7"), A("--expected-bucket-owner=012345678901"),
                      A("--request-payer=requester"), A("--sse-customer-key-file=k"));
    assert_ok(good, err);

    assert_true(options.criteria.has_not_after && options.requester_pays);
    assert_int_equal(options.criteria.not_after_ms, 1769860800500);
    assert_int_equal(options.criteria.zone_offset_s, -19800);
    assert_int_equal(options.criteria.pairing, RR_BACKUP_PAIRING_SESSION);
    assert_int_equal(options.criteria.on_missing_aof, RR_BACKUP_PREVIOUS_COMPLETE);
    assert_int_equal(options.criteria.max_age_ms, 26 * 3600 * 1000);
    assert_int_equal(options.concurrency, 7);
    assert_slice(options.expected_bucket_owner, "012345678901");
    assert_slice(options.sse_customer_key_file, "k");
    assert_ok(PARSE(only_bucket, &options, &err, A("--timestamp=20260131-235900")), err);
    assert_slice(options.criteria.timestamp, "20260131-235900");
    assert_int_equal(options.concurrency, 64);
    assert_ok(PARSE(only_bucket, &options, &err, A("--previous=99")), err);
    assert_int_equal(options.criteria.previous, 99);
}

static void bad_values_of_the_selection_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "--timestamp=2026-01-31",
                                       "--not-after=yesterday",
                                       "--previous=100",
                                       "--previous=-1",
                                       "--timestamp-time-zone=CET",
                                       "--timestamp-time-zone=+15:00",
                                       "--timestamp-time-zone=+-0:00",
                                       "--pairing=Near",
                                       "--on-missing-aof=Previous",
                                       "--max-age=59s",
                                       "--concurrency=0",
                                       "--concurrency=257",
                                       "--expected-bucket-owner=1234",
                                       "--expected-bucket-owner=12345678901x",
                                       "--request-payer=BucketOwner",
                                       "--sse-customer-key-file=",
                                       "--sse-customer-key-file=k" };
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        struct rr_discover_options options;
        struct rr_error err;
        char flag[64];
        (void)snprintf(flag, sizeof flag, "%s", bad[i]);

        assert_false(PARSE(only_bucket, &options, &err, flag));

        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_memory_equal(err.message, bad[i], strcspn(bad[i], "="));
    }
}

static void criteria_that_exclude_each_other_are_refused(void **state)
{
    (void)state;
    struct rr_discover_options options;
    struct rr_error err;

    assert_false(PARSE(only_bucket, &options, &err, A("--previous=1"), A("--timestamp=20260131-235900")));
    assert_non_null(strstr(err.message, "exclude each other"));
    assert_false(PARSE(only_bucket, &options, &err, A("--previous=1"), A("--not-after=2026-01-31T14:00:00Z")));
}

static void flags_win_over_variables(void **state)
{
    (void)state;
    const struct fake_variable variables[] = {
        { "S3_BUCKET", "env" }, { "AWS_REGION", "env" }, { "AWS_ENDPOINT_URL_S3", "env" }, { 0 }
    };
    struct rr_discover_options options;
    struct rr_error err;

    bool good = PARSE(variables, &options, &err, A("--bucket=b"), A("--region=r"), A("--endpoint=e"));
    assert_ok(good, err);

    assert_slice(options.bucket, "b");
    assert_slice(options.region, "r");
    assert_slice(options.endpoint, "e");
}

static void empty_prefix_is_the_whole_bucket(void **state)
{
    (void)state;
    struct rr_discover_options options;
    struct rr_error err;

    bool good = PARSE(only_bucket, &options, &err, A("--prefix"), A(""));
    assert_ok(good, err);

    assert_slice(options.prefix, "");
}

static void missing_bucket_names_flag_and_variable(void **state)
{
    (void)state;
    const struct fake_variable empty[] = { { "S3_BUCKET", "" }, { 0 } };
    const struct fake_variable *const environments[] = { NULL, empty };
    for (size_t i = 0; i < RR_COUNT(environments); i++) {
        struct rr_discover_options options;
        struct rr_error err;

        assert_false(parse_with(environments[i], 1, (char *[]){ A("discover"), NULL }, &options, &err));

        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_non_null(strstr(err.message, "--bucket"));
        assert_non_null(strstr(err.message, "S3_BUCKET"));
    }
}

static void help_needs_no_bucket(void **state)
{
    (void)state;
    struct rr_discover_options options;
    struct rr_error err;

    assert_ok(PARSE(NULL, &options, &err, A("--help")), err);

    assert_true(options.help);
}

static void region_variables_have_an_order_and_empty_is_unset(void **state)
{
    (void)state;
    const struct {
        const char *region, *default_region, *wanted;
    } cases[] = { { NULL, NULL, "" }, { "a", NULL, "a" }, { "a", "b", "a" }, { NULL, "b", "b" }, { "", "b", "b" } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        const struct fake_variable variables[] = { { "S3_BUCKET", "env" },
                                                   { "AWS_REGION", cases[i].region },
                                                   { "AWS_DEFAULT_REGION", cases[i].default_region },
                                                   { 0 } };
        struct rr_discover_options options;
        struct rr_error err;

        assert_ok(parse_with(variables, 1, (char *[]){ A("discover"), NULL }, &options, &err), err);

        assert_slice(options.region, cases[i].wanted);
    }
}

static void s17_endpoint_variables_have_an_order(void **state)
{
    (void)state;
    const struct {
        const char *of_s3, *of_all, *ignored, *wanted;
    } cases[] = {
        { NULL, NULL, NULL, "" },    { NULL, "all", NULL, "all" },  { "s3", "all", NULL, "s3" },
        { "", "all", NULL, "all" },  { "s3", NULL, "false", "s3" }, { "s3", "all", "true", "" },
        { "s3", "all", "TRUE", "" }, { "s3", "all", "", "s3" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        const struct fake_variable variables[] = { { "AWS_ENDPOINT_URL_S3", cases[i].of_s3 },
                                                   { "AWS_ENDPOINT_URL", cases[i].of_all },
                                                   { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", cases[i].ignored },
                                                   { 0 } };
        struct fake_environment fake = { variables };
        struct rr_environment environment = fake_environment(&fake);

        struct rr_slice endpoint = rr_discover_endpoint_from(&environment);

        assert_slice(endpoint, cases[i].wanted);
    }
}

static void wrong_values_are_refused_by_flag(void **state)
{
    (void)state;
    const struct {
        const char *argument, *named;
    } cases[] = {
        { "--timeout=999", "--timeout: " },
        { "--timeout=0s", "--timeout: " },
        { "--timeout=1h1s", "--timeout: " },
        { "--timeout=", "--timeout: " },
        { "--output=JSON", "--output: " },
        { "--order-by=Name", "--order-by: " },
        { "--on-missing-aof=", "--on-missing-aof: " },
        { "--addressing-style=auto", "--addressing-style: " },
        { "--log-level=all", "--log-level: " },
        { "--log-format=", "--log-format: " },
        { "--region=", "--region: " },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char argument[64];
        (void)snprintf(argument, sizeof(argument), "%s", cases[i].argument);
        struct rr_discover_options options;
        struct rr_error err;

        assert_false(PARSE(only_bucket, &options, &err, argument));

        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_int_equal(strncmp(err.message, cases[i].named, strlen(cases[i].named)), 0);
    }
}

static void timeout_has_both_ends(void **state)
{
    (void)state;
    struct rr_discover_options options;
    struct rr_error err;

    assert_ok(PARSE(only_bucket, &options, &err, A("--timeout=1s")), err);
    assert_int_equal(options.timeout_ms, 1000);
    assert_ok(PARSE(only_bucket, &options, &err, A("--timeout=1h")), err);
    assert_int_equal(options.timeout_ms, 3600 * 1000);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(defaults_are_those_of_the_documentation),
    cmocka_unit_test(every_flag_has_its_field),
    cmocka_unit_test(flags_of_the_selection_have_their_fields),
    cmocka_unit_test(bad_values_of_the_selection_are_refused),
    cmocka_unit_test(criteria_that_exclude_each_other_are_refused),
    cmocka_unit_test(flags_win_over_variables),
    cmocka_unit_test(empty_prefix_is_the_whole_bucket),
    cmocka_unit_test(missing_bucket_names_flag_and_variable),
    cmocka_unit_test(help_needs_no_bucket),
    cmocka_unit_test(region_variables_have_an_order_and_empty_is_unset),
    cmocka_unit_test(s17_endpoint_variables_have_an_order),
    cmocka_unit_test(wrong_values_are_refused_by_flag),
    cmocka_unit_test(timeout_has_both_ends),
};

RR_TEST_MAIN(tests)
