/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_imds.h"

#include "credentials_bench.h"

static void imds_start(struct bench *bench, const struct bench_reply *replies, size_t count)
{
    bench_start(bench, replies, count);
    bench_set_url(bench, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "/");
}

static void imds_must_fail(const struct bench_reply *replies, size_t count, const char *words)
{
    struct bench bench;
    imds_start(&bench, replies, count);
    bench_must_fail(&bench, words);
    bench_stop(&bench);
}

static void s11_token_role_and_credentials_are_asked_for(void **state)
{
    (void)state;
    static const struct bench_reply replies[] = { { .body = "tok-en" },
                                                  { .body = "my-role\n" },
                                                  { .body = BENCH_JSON("AKIMDS") } };
    struct bench bench;
    imds_start(&bench, replies, RR_COUNT(replies));

    bench_must_give(&bench, "AKIMDS", "InstanceMetadata");

    assert_non_null(strstr(bench.heard[0], "PUT /latest/api/token HTTP/1.1\r\n"));
    assert_non_null(strstr(bench.heard[0], "\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"));
    assert_non_null(strstr(bench.heard[1], "GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\n"));
    assert_non_null(strstr(bench.heard[1], "\r\nx-aws-ec2-metadata-token: tok-en\r\n"));
    assert_non_null(strstr(bench.heard[2], "GET /latest/meta-data/iam/security-credentials/my-role HTTP/1.1\r\n"));
    assert_non_null(strstr(bench.heard[2], "\r\nx-aws-ec2-metadata-token: tok-en\r\n"));
    bench_stop(&bench);
}

static void s11_refused_token_is_replaced_once(void **state)
{
    (void)state;
    static const struct bench_reply replies[] = {
        { .body = "old" }, { .body = "role" }, { .status = 401 }, { .body = "new" }, { .body = BENCH_JSON("AK") }
    };
    struct bench bench;
    imds_start(&bench, replies, RR_COUNT(replies));
    bench_must_give(&bench, "AK", "InstanceMetadata");
    assert_non_null(strstr(bench.heard[4], "\r\nx-aws-ec2-metadata-token: new\r\n"));
    bench_stop(&bench);
}

static void s16_service_without_tokens_is_never_asked_without_one(void **state)
{
    (void)state;
    static const int statuses[] = { 403, 404, 405 };
    for (size_t i = 0; i < RR_COUNT(statuses); i++) {
        const struct bench_reply replies[] = { { .status = statuses[i] } };
        struct bench bench;
        imds_start(&bench, replies, 1);
        bench_must_fail(&bench, "the instance metadata service (it returned no token)");
        assert_int_equal(test_server_requests(bench.server), 1);
        bench_stop(&bench);
    }
}

static void s11_machine_without_a_role_has_no_credentials(void **state)
{
    (void)state;
    static const struct bench_reply none[] = { { .body = "t" }, { .status = 404 } };
    static const struct bench_reply empty[] = { { .body = "t" }, { .body = "\n" } };
    imds_must_fail(none, 2, "the machine has no role");
    imds_must_fail(empty, 2, "the machine has no role");
}

static void s11_bad_answers_are_refused(void **state)
{
    (void)state;
    static const struct bench_reply cases[][3] = {
        { { .body = "can\tary" } },
        { { .body = "can\x7f"
                    "ary" } },
        { { .body = "can ary" } },
        { { .body = "" } },
        { { .body = "t" }, { .body = "can ary" } },
        { { .body = "t" }, { .status = 500 }, { .status = 500 } },
        { { .body = "t" }, { .body = "r" }, { .status = 404 } },
        { { .body = "t" }, { .body = "r" }, { .body = "canary" } },
        { { .body = "t" }, { .body = "r" }, { .body = "{\"Code\":\"canary\"}" } },
        { { .body = "t" }, { .body = "r" }, { .body = "{\"Code\":\"Success\",\"AccessKeyId\":\"canary\\n\"}" } },
    };
    static const char *const words[] = { "its token is malformed",
                                         "its token is malformed",
                                         "its token is malformed",
                                         "its token is empty",
                                         "the name of the role is malformed",
                                         "it answered 500",
                                         "it answered 404 for the role's credentials",
                                         "not JSON",
                                         "cannot be assumed",
                                         "SecretAccessKey is missing" };
    for (size_t i = 0; i < RR_COUNT(cases); i++)
        imds_must_fail(cases[i], 3, words[i]);
}

/* One look at the service alone, whose state the test sees. */
struct asking {
    struct rr_imds_state imds;
    struct rr_buf looked;
    struct rr_credentials_ask ask;
};

static void asking_init(struct asking *asking, struct bench *bench, int64_t time_ms)
{
    *asking = (struct asking){ .looked = RR_BUF(RR_CREDENTIALS_LOOKED_MAX) };
    asking->ask = (struct rr_credentials_ask){
        .environment = &bench->environment,
        .loop = bench->loop,
        .clock = &rr_clock_system,
        .random = &rr_random_system,
        .imds = &asking->imds,
        .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + time_ms,
        .looked = &asking->looked,
    };
}

static void imds_is_absent(struct asking *asking, const char *words)
{
    struct rr_credentials_found found = { 0 };
    struct rr_error err = { 0 };
    assert_ok(rr_credentials_imds(&asking->ask, &found, &err), err);
    assert_null(found.credentials);
    if (strstr(rr_buf_text(&asking->looked), words) == NULL)
        fail_msg("%s", rr_buf_text(&asking->looked));
    rr_buf_done(&asking->looked);
    asking->looked = (struct rr_buf)RR_BUF(RR_CREDENTIALS_LOOKED_MAX);
}

static void s16_silent_service_costs_two_seconds_and_is_remembered(void **state)
{
    (void)state;
    struct rr_imds_state imds = { 0 };
    assert_true(rr_imds_may_ask(&imds, 1000));
    rr_imds_was_silent(&imds, 1000);
    assert_false(rr_imds_may_ask(&imds, 60999));
    assert_true(rr_imds_may_ask(&imds, 61000));

    static const struct bench_reply replies[] = { { .status = -1 } };
    struct bench bench;
    struct asking asking;
    imds_start(&bench, replies, 1);
    asking_init(&asking, &bench, 60 * 1000);
    int64_t began_ms = rr_clock_monotonic_ms(&rr_clock_system);

    imds_is_absent(&asking, "no reply; in a container its hop limit must be at least 2");
    assert_true(asking.imds.silent_until_ms > began_ms + 50 * 1000);
    int requests = test_server_requests(bench.server);
    assert_in_range(requests, 1, 2); /* each takes a second, and three would be made */
    imds_is_absent(&asking, "within the last minute");
    assert_int_equal(test_server_requests(bench.server), requests);
    bench_stop(&bench);
}

static void s16_short_deadline_of_the_caller_does_not_mark_the_service_silent(void **state)
{
    (void)state;
    static const struct bench_reply replies[] = { { .status = -1 } };
    struct bench bench;
    struct asking asking;
    imds_start(&bench, replies, 1);
    asking_init(&asking, &bench, 100);

    imds_is_absent(&asking, "no reply; in a container its hop limit must be at least 2");

    assert_int_equal(asking.imds.silent_until_ms, 0);
    bench_stop(&bench);
}

static void must_be_at(const struct fake_variable *variables, const char *origin)
{
    struct fake_environment fake = { variables };
    struct rr_environment environment = fake_environment(&fake);
    rr_auto(buf) got = RR_BUF(1000);
    struct rr_error err = { 0 };
    bool good = rr_imds_origin(&environment, &got, &err);
    assert_int_equal(good, origin != NULL);
    if (good)
        assert_string_equal(rr_buf_text(&got), origin);
}

static void s11_environment_says_where_the_service_is(void **state)
{
    (void)state;
#define MODE(text) { "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", text }
    must_be_at(NULL, "http://169.254.169.254");
    must_be_at((const struct fake_variable[]){ MODE("ipv4"), { 0 } }, "http://169.254.169.254");
    must_be_at((const struct fake_variable[]){ MODE("IPv6"), { 0 } }, "http://[fd00:ec2::254]");
    must_be_at((const struct fake_variable[]){ MODE("IPv5"), { 0 } }, NULL);
    must_be_at(
        (const struct fake_variable[]){ MODE("IPv6"), { "AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://h/p/" }, { 0 } },
        "http://h:80/p");
    must_be_at((const struct fake_variable[]){ { "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ftp://h" }, { 0 } }, NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s11_token_role_and_credentials_are_asked_for),
    cmocka_unit_test(s11_refused_token_is_replaced_once),
    cmocka_unit_test(s16_service_without_tokens_is_never_asked_without_one),
    cmocka_unit_test(s11_machine_without_a_role_has_no_credentials),
    cmocka_unit_test(s11_bad_answers_are_refused),
    cmocka_unit_test(s16_silent_service_costs_two_seconds_and_is_remembered),
    cmocka_unit_test(s16_short_deadline_of_the_caller_does_not_mark_the_service_silent),
    cmocka_unit_test(s11_environment_says_where_the_service_is),
};

RR_TEST_MAIN(tests)
