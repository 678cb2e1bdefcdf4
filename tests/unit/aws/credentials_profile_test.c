/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles, programs and web identities, from files to credentials. */
#include "credentials_container.h"

#include "credentials_bench.h"

#include <arpa/inet.h>

static const struct bench_reply xml[] = { { .body = BENCH_XML("AKROLE") } };

/* A bench whose default profile is `text`. */
static void profile_start(struct bench *bench, struct test_folder *folder, const struct bench_reply *replies,
                          size_t count, const char *text)
{
    *folder = test_folder_make();
    bench_start(bench, replies, count);
    bench_set_url(bench, "AWS_ENDPOINT_URL_STS", "");
    bench_set(bench, "AWS_EC2_METADATA_DISABLED", "true");
    bench_set(bench, "AWS_CONFIG_FILE", test_folder_write(folder, "config", text));
}

static void profile_stop(struct bench *bench, struct test_folder *folder)
{
    bench_stop(bench);
    test_folder_remove(folder);
}

static void profile_must_fail(const char *text, const char *words)
{
    struct test_folder folder;
    struct bench bench;
    profile_start(&bench, &folder, xml, 1, text);
    bench_must_fail(&bench, words);
    profile_stop(&bench, &folder);
}

static void s14_role_is_assumed_with_the_keys_of_its_source(void **state)
{
    (void)state;
    struct test_folder folder;
    struct bench bench;
    profile_start(&bench, &folder, xml, 1,
                  "[profile p]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = default\nexternal_id = e/x\n"
                  "[default]\naws_access_key_id = AKBASE\naws_secret_access_key = canary\naws_session_token = tok\n");
    bench_set(&bench, "AWS_PROFILE", "p");

    bench_must_give(&bench, "AKROLE", "Profile");

    const char *heard = bench.heard[0];
    assert_non_null(strstr(heard, "POST / HTTP/1.1\r\n"));
    assert_non_null(strstr(heard, "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&"
                                  "RoleSessionName=redisrestore&DurationSeconds=900&ExternalId=e%2Fx"));
    assert_non_null(strstr(heard, "Credential=AKBASE/"));
    assert_non_null(
        strstr(heard, "/eu-west-1/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token"));
    assert_non_null(strstr(heard, "\r\nx-amz-security-token: tok\r\n"));
    assert_null(strstr(heard, "canary"));
    profile_stop(&bench, &folder);
}

static void s14_refused_role_is_named(void **state)
{
    (void)state;
    static const struct bench_reply replies[] = { { 403, BENCH_REFUSAL("AccessDenied") } };
    struct test_folder folder;
    struct bench bench;
    profile_start(&bench, &folder, replies, 1,
                  "[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = default\naws_access_key_id = AK\n"
                  "aws_secret_access_key = canary\n");
    bench_must_fail(&bench, "profile \"default\": role arn:aws:iam::1:role/r: may not be assumed");
    assert_int_equal(test_server_requests(bench.server), 1);
    profile_stop(&bench, &folder);
}

static void s14_program_gives_credentials(void **state)
{
    (void)state;
    struct test_folder folder;
    struct bench bench;
    profile_start(&bench, &folder, xml, 1,
                  "[default]\ncredential_process = printf '%s' '{\"Version\":1,\"AccessKeyId\":\"AKPROC\",'"
                  "'\"SecretAccessKey\":\"s\"}' | cat\n");
    bench_must_give(&bench, "AKPROC", "Process");
    profile_stop(&bench, &folder);
}

static void s14_program_that_fails_or_prints_something_else_is_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "exit 3", "it failed with exit code 3" },
        { "kill -9 $$", "it was ended by signal 9" },
        { "echo canary", "not JSON" },
        { "true", "not JSON" },
        { "echo '{\"Version\":2,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"canary\"}'", "Version is not 1" },
        { "echo '{\"Version\":1,\"AccessKeyId\":\"a\"}'", "SecretAccessKey is missing" },
        { "head -c 65536 /dev/zero", "65535" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "[default]\ncredential_process = %s\n", cases[i][0]);
        profile_must_fail(text, cases[i][1]);
    }
}

static void s14_hanging_program_ends_at_the_callers_deadline(void **state)
{
    (void)state;
    struct test_folder folder;
    struct bench bench;
    profile_start(&bench, &folder, xml, 1, "[default]\ncredential_process = exec tail -f /dev/null\n");
    assert_false(bench_get_within(&bench, 200));
    assert_non_null(strstr(bench.err.message, "took too long"));
    profile_stop(&bench, &folder);
}

static void s14_requested_profile_must_exist(void **state)
{
    (void)state;
    struct test_folder folder;
    struct bench bench;
    profile_start(&bench, &folder, xml, 1, "[default]\n");
    bench_set(&bench, "AWS_PROFILE", "elsewhere");
    bench_must_fail(&bench, "profile \"elsewhere\": there is no such profile");
    profile_stop(&bench, &folder);
    profile_must_fail("[default]\nsso_session = s\n", "config: IAM Identity Center");
    profile_must_fail("[default]\ncanary\n", "config: line 2");
    profile_must_fail("[default]\nregion = x\n", "there are no credentials");
}

/* The caller passes an environment and a region. A region becomes a host's label and nothing else. */
static void f58_only_the_environment_names_profiles_and_programs(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    struct bench bench;
    bench_start(&bench, xml, 1);
    bench_set(&bench, "AWS_EC2_METADATA_DISABLED", "true");
    const char *config = test_folder_write(&folder, "config", "[profile $(id)]\ncredential_process = false\n");
    const char *made = test_folder_path(&folder, "made");
    char profile[600];
    (void)snprintf(profile, sizeof profile, "x; touch %s; $(touch %s)", made, made);
    bench_set(&bench, "AWS_CONFIG_FILE", config);
    bench_set(&bench, "AWS_PROFILE", profile);
    bench_must_fail(&bench, "there is no such profile");
    assert_int_equal(access(made, F_OK), -1);
    profile_stop(&bench, &folder);
}

static void web_start(struct bench *bench, struct test_folder *folder, const struct bench_reply *replies, size_t count)
{
    profile_start(bench, folder, replies, count, "");
    bench_set(bench, "AWS_WEB_IDENTITY_TOKEN_FILE", test_folder_write(folder, "token", "tok.1\n"));
    bench_set(bench, "AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
    bench_set(bench, "AWS_ROLE_SESSION_NAME", "me");
}

static void s13_token_file_is_read_for_each_refresh(void **state)
{
    (void)state;
    struct test_folder folder;
    struct bench bench;
    web_start(&bench, &folder, xml, 1);

    bench_must_give(&bench, "AKROLE", "WebIdentity");
    (void)test_folder_write(&folder, "token", "tok.2");
    rr_credentials_chain_expire(bench.chain, bench.credentials);
    bench_must_give(&bench, "AKROLE", "WebIdentity");

    assert_non_null(strstr(bench.heard[0], "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&"
                                           "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=me&"
                                           "DurationSeconds=900&WebIdentityToken=tok.1"));
    assert_null(strstr(bench.heard[0], "Authorization"));
    assert_non_null(strstr(bench.heard[1], "&WebIdentityToken=tok.2"));
    profile_stop(&bench, &folder);
}

static void s13_provider_that_may_recover_is_retried(void **state)
{
    (void)state;
    static const struct bench_reply replies[] = { { 400, BENCH_REFUSAL("IDPCommunicationError") },
                                                  { 400, BENCH_REFUSAL("InvalidIdentityToken") },
                                                  { .body = BENCH_XML("AK") } };
    struct test_folder folder;
    struct bench bench;
    web_start(&bench, &folder, replies, RR_COUNT(replies));
    bench_must_give(&bench, "AK", "WebIdentity");
    profile_stop(&bench, &folder);
}

static void s13_bad_answers_of_sts_are_refused(void **state)
{
    (void)state;
    static const struct bench_reply cases[] = { { 400, BENCH_REFUSAL("ExpiredTokenException") },
                                                { 403, BENCH_REFUSAL("AccessDenied") },
                                                { 418, "canary" },
                                                { 200, "canary" },
                                                { 200, "<R><S><Credentials/></S></R>" },
                                                { -2, NULL } };
    static const char *const words[] = {
        "the token has expired", "may not be assumed",    "STS answered 418",
        "the answer of STS",     "Expiration is missing", "STS at AWS_ENDPOINT_URL_STS"
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct test_folder folder;
        struct bench bench;
        web_start(&bench, &folder, &cases[i], 1);
        bench_must_fail(&bench, words[i]);
        profile_stop(&bench, &folder);
    }
}

static bool agents_allow(const char *text)
{
    rr_auto(http_address_policy) agents = { 0 };
    struct rr_error err = { 0 };
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    assert_ok(rr_container_addresses(&agents, &err), err);
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return rr_http_address_is_allowed(&agents, (const struct sockaddr *)(const void *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return rr_http_address_is_allowed(&agents, (const struct sockaddr *)(const void *)&v6);
}

static void s12_only_loopback_and_agents_are_asked_over_http(void **state)
{
    (void)state;
    static const char *const allowed[] = { "127.0.0.1",     "127.9.9.9",      "::1",
                                           "169.254.170.2", "169.254.170.23", "fd00:ec2::23" };
    static const char *const denied[] = { "169.254.169.254", "169.254.170.3", "10.0.0.1", "192.0.2.1",
                                          "8.8.8.8",         "fd00:ec2::254", "fe80::1",  "::" };
    for (size_t i = 0; i < RR_COUNT(allowed); i++)
        assert_true(agents_allow(allowed[i]));
    for (size_t i = 0; i < RR_COUNT(denied); i++)
        assert_false(agents_allow(denied[i]));
}

static void must_be_at(const char *relative, const char *full, const char *url)
{
    const struct fake_variable variables[] = { { "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", relative },
                                               { "AWS_CONTAINER_CREDENTIALS_FULL_URI", full },
                                               { 0 } };
    struct fake_environment fake = { variables };
    struct rr_environment environment = fake_environment(&fake);
    struct rr_container_place place = { 0 };
    struct rr_error err = { 0 };
    bool good = rr_container_place_of(&environment, &place, &err);
    assert_int_equal(good, url != NULL);
    if (good)
        assert_string_equal(rr_buf_text(&place.url), url);
    rr_buf_done(&place.url);
}

static void s12_relative_address_wins(void **state)
{
    (void)state;
    must_be_at("/v2/x", "http://127.0.0.1/", "http://169.254.170.2/v2/x");
    must_be_at("", "https://h.example", "https://h.example/");
    must_be_at("", "", "");
    must_be_at("@evil/", "", NULL);
    must_be_at("", "file:///etc", NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s14_role_is_assumed_with_the_keys_of_its_source),
    cmocka_unit_test(s14_refused_role_is_named),
    cmocka_unit_test(s14_program_gives_credentials),
    cmocka_unit_test(s14_program_that_fails_or_prints_something_else_is_refused),
    cmocka_unit_test(s14_hanging_program_ends_at_the_callers_deadline),
    cmocka_unit_test(s14_requested_profile_must_exist),
    cmocka_unit_test(f58_only_the_environment_names_profiles_and_programs),
    cmocka_unit_test(s13_token_file_is_read_for_each_refresh),
    cmocka_unit_test(s13_provider_that_may_recover_is_retried),
    cmocka_unit_test(s13_bad_answers_of_sts_are_refused),
    cmocka_unit_test(s12_only_loopback_and_agents_are_asked_over_http),
    cmocka_unit_test(s12_relative_address_wins),
};

RR_TEST_MAIN(tests)
