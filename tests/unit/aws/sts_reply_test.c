/* SPDX-License-Identifier: Apache-2.0 */
#include "sts.h"

#include "fakes/fake_environment.h"
#include "support/test.h"

#include <redisrestore/base/timefmt.h>

enum { NOW_MS = 1000 };

#define ANSWER(inside)                                                                                                 \
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser>"      \
    "<Arn>x</Arn></AssumedRoleUser><Credentials>" inside "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
#define KEYS "<AccessKeyId>AKID</AccessKeyId><SecretAccessKey>canary</SecretAccessKey>"
#define REST "<SessionToken>canaryT</SessionToken><Expiration>2026-01-31T23:59:00Z</Expiration>"

static void must_refuse(const char *text, const char *words)
{
    rr_auto(credentials_found) found = { 0 };
    struct rr_error err = { 0 };
    assert_false(rr_sts_reply_parse(rr_slice_from(text), NOW_MS, &found, &err));
    assert_null(found.credentials);
    assert_non_null(strstr(err.message, words));
    assert_null(strstr(err.message, "canary"));
}

static void s13_answer_gives_credentials_and_their_end(void **state)
{
    (void)state;
    rr_auto(credentials_found) found = { 0 };
    struct rr_error err = { 0 };
    int64_t end_ms = 0;
    assert_true(rr_time_parse_rfc3339_ms(RR_LIT("2026-01-31T23:59:00Z"), &end_ms));

    assert_ok(rr_sts_reply_parse(RR_LIT(ANSWER(KEYS REST)), NOW_MS, &found, &err), err);

    assert_slice(rr_credentials_access_key_id(found.credentials), "AKID");
    assert_slice(rr_secret_reveal(rr_credentials_session_token(found.credentials)), "canaryT");
    assert_int_equal(found.expires_unix_ms, end_ms);
}

static void s13_incomplete_replies_are_refused(void **state)
{
    (void)state;
    must_refuse(ANSWER(KEYS), "Expiration");
    must_refuse(ANSWER("<AccessKeyId>canary</AccessKeyId>" REST), "SecretAccessKey");
    must_refuse(ANSWER(KEYS "<Expiration>2026-01-31T23:59:00Z</Expiration>"), "SessionToken");
    must_refuse(ANSWER(KEYS KEYS REST), "duplicate field");
    must_refuse(ANSWER(KEYS "<SessionToken>t</SessionToken><Expiration>canary</Expiration>"), "Expiration");
    must_refuse(ANSWER(KEYS "<SessionToken>t</SessionToken><Expiration>1970-01-01T00:00:01Z</Expiration>"), "expired");
    must_refuse("{\"AccessKeyId\":\"canary\"}", "");
    must_refuse("<a>" KEYS REST "</a>", "is missing");
    must_refuse("<a><b><Credentials>" KEYS REST, "");
    must_refuse("", "");
}

static void s13_transient_refusals_are_retried(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *code;
        bool transient;
    } cases[] = { { 400, "IDPCommunicationError", true },
                  { 400, "InvalidIdentityToken", true },
                  { 400, "ExpiredTokenException", false },
                  { 403, "AccessDenied", false },
                  { 500, "x", true },
                  { 429, "x", true } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char text[256];
        struct rr_sts_refusal refusal;
        (void)snprintf(text, sizeof text,
                       "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code></Error></ErrorResponse>",
                       cases[i].code);
        rr_sts_refusal_parse(rr_slice_from(text), &refusal);
        assert_string_equal(refusal.code, cases[i].code);
        assert_int_equal(rr_sts_refusal_is_transient(cases[i].status, &refusal), cases[i].transient);
    }
}

static void must_be_at(const struct fake_variable *variables, const char *region, const char *url, const char *signs)
{
    struct fake_environment fake = { variables };
    struct rr_environment environment = fake_environment(&fake);
    struct rr_credentials_ask ask = { .environment = &environment };
    rr_auto(sts_endpoint) endpoint = { 0 };
    struct rr_error err = { 0 };
    assert_ok(rr_sts_endpoint_resolve(&ask, rr_slice_from(region), &endpoint, &err), err);
    assert_string_equal(rr_buf_text(&endpoint.url), url);
    assert_string_equal(rr_buf_text(&endpoint.region), signs);
}

static void s13_region_says_where_sts_is(void **state)
{
    (void)state;
    must_be_at(NULL, "eu-central-1", "https://sts.eu-central-1.amazonaws.com/", "eu-central-1");
    must_be_at(NULL, "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/", "cn-north-1");
    must_be_at(NULL, "us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com/", "us-gov-west-1");
    must_be_at(NULL, "us-iso-east-1", "https://sts.us-iso-east-1.c2s.ic.gov/", "us-iso-east-1");
    must_be_at(NULL, "aws-global", "https://sts.amazonaws.com/", "us-east-1");
}

static void s13_region_that_is_no_name_of_a_host_is_refused(void **state)
{
    (void)state;
    static const char *const regions[] = { "", "a/b", "x.evil", "-a", "a@b", "a\nb" };
    struct fake_environment fake = { NULL };
    struct rr_environment environment = fake_environment(&fake);
    struct rr_credentials_ask ask = { .environment = &environment };
    for (size_t i = 0; i < RR_COUNT(regions); i++) {
        rr_auto(sts_endpoint) endpoint = { 0 };
        struct rr_error err = { 0 };
        assert_false(rr_sts_endpoint_resolve(&ask, rr_slice_from(regions[i]), &endpoint, &err));
    }
}

static void s17_endpoint_variables_move_sts(void **state)
{
    (void)state;
    const struct fake_variable both[] = { { "AWS_ENDPOINT_URL", "http://all:9000" },
                                          { "AWS_ENDPOINT_URL_STS", "https://sts.own:443/base/" },
                                          { 0 } };
    const struct fake_variable off[] = { both[0], both[1], { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true" }, { 0 } };
    const struct fake_variable one[] = { both[0], { "AWS_ENDPOINT_URL_S3", "http://s3" }, { 0 } };
    must_be_at(both, "r", "https://sts.own/base/", "r");
    must_be_at(one, "r", "http://all:9000/", "r");
    must_be_at(off, "r", "https://sts.r.amazonaws.com/", "r");
}

static void s19_sts_has_fips_and_dual_stack_hosts(void **state)
{
    (void)state;
    const struct fake_variable fips[] = { { "AWS_USE_FIPS_ENDPOINT", "true" }, { 0 } };
    const struct fake_variable dual[] = { { "AWS_USE_DUALSTACK_ENDPOINT", "True" }, { 0 } };
    const struct fake_variable both[] = { fips[0], dual[0], { 0 } };
    const struct fake_variable neither[] = { { "AWS_USE_FIPS_ENDPOINT", "false" }, { 0 } };
    must_be_at(fips, "us-east-2", "https://sts-fips.us-east-2.amazonaws.com/", "us-east-2");
    must_be_at(fips, "us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com/", "us-gov-west-1");
    must_be_at(dual, "eu-west-1", "https://sts.eu-west-1.api.aws/", "eu-west-1");
    must_be_at(dual, "cn-north-1", "https://sts.cn-north-1.api.amazonwebservices.com.cn/", "cn-north-1");
    must_be_at(both, "us-east-2", "https://sts-fips.us-east-2.api.aws/", "us-east-2");
    must_be_at(both, "us-gov-west-1", "https://sts-fips.us-gov-west-1.api.aws/", "us-gov-west-1");
    must_be_at(fips, "aws-global", "https://sts-fips.us-east-1.amazonaws.com/", "us-east-1");
    must_be_at(neither, "us-east-2", "https://sts.us-east-2.amazonaws.com/", "us-east-2");
}

static void s19_partition_without_fips_has_no_such_host_of_sts(void **state)
{
    (void)state;
    static const char *const words[] = { "FIPS is enabled but this partition does not support FIPS",
                                         "FIPS and DualStack are enabled, but this partition does not support" };
    for (size_t i = 0; i < RR_COUNT(words); i++) {
        const struct fake_variable set[] = { { "AWS_USE_FIPS_ENDPOINT", "true" },
                                             { "AWS_USE_DUALSTACK_ENDPOINT", i == 0 ? "false" : "true" },
                                             { 0 } };
        struct fake_environment fake = { set };
        struct rr_environment environment = fake_environment(&fake);
        struct rr_credentials_ask ask = { .environment = &environment };
        rr_auto(sts_endpoint) endpoint = { 0 };
        struct rr_error err = { 0 };

        assert_false(rr_sts_endpoint_resolve(&ask, RR_LIT("cn-north-1"), &endpoint, &err));

        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_non_null(strstr(err.message, words[i]));
    }
}

static void s19_custom_endpoint_of_sts_with_fips_or_dual_stack_is_refused(void **state)
{
    (void)state;
    static const char *const variables[] = { "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT" };
    for (size_t i = 0; i < RR_COUNT(variables); i++) {
        const struct fake_variable set[] = { { variables[i], "true" },
                                             { "AWS_ENDPOINT_URL_STS", "http://own" },
                                             { 0 } };
        struct fake_environment fake = { set };
        struct rr_environment environment = fake_environment(&fake);
        struct rr_credentials_ask ask = { .environment = &environment };
        rr_auto(sts_endpoint) endpoint = { 0 };
        struct rr_error err = { 0 };

        assert_false(rr_sts_endpoint_resolve(&ask, RR_LIT("eu-west-1"), &endpoint, &err));

        assert_non_null(strstr(err.message, "custom endpoint are not supported"));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s19_sts_has_fips_and_dual_stack_hosts),
    cmocka_unit_test(s19_partition_without_fips_has_no_such_host_of_sts),
    cmocka_unit_test(s19_custom_endpoint_of_sts_with_fips_or_dual_stack_is_refused),
    cmocka_unit_test(s13_answer_gives_credentials_and_their_end),
    cmocka_unit_test(s13_incomplete_replies_are_refused),
    cmocka_unit_test(s13_transient_refusals_are_retried),
    cmocka_unit_test(s13_region_says_where_sts_is),
    cmocka_unit_test(s13_region_that_is_no_name_of_a_host_is_refused),
    cmocka_unit_test(s17_endpoint_variables_move_sts),
};

RR_TEST_MAIN(tests)
