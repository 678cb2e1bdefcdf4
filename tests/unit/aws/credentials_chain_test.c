/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_bench.h"
#include "credentials_source.h"

#include "fakes/fake_clock.h"
#include "support/freed.h"

#include <redisrestore/base/timefmt.h>

static const struct bench_reply json[] = { { .body = BENCH_JSON("AKCONTAINER") } };

/* The needs of each source, from the last to the first. */
static void s10_first_configured_source_wins(void **state)
{
    (void)state;
    static const struct bench_reply replies[] = { { .body = BENCH_XML("AKWEB") } };
    struct test_folder folder = test_folder_make();
    struct bench bench;
    bench_start(&bench, replies, 1);
    bench_set_url(&bench, "AWS_ENDPOINT_URL_STS", "");
    bench_set(&bench, "AWS_SHARED_CREDENTIALS_FILE",
              test_folder_write(&folder, "c", "[default]\naws_access_key_id=AKPROFILE\naws_secret_access_key=s\n"));
    bench_set_url(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c");
    size_t with_profile = bench.variable_count;
    bench_set(&bench, "AWS_WEB_IDENTITY_TOKEN_FILE", test_folder_write(&folder, "t", "tok.en\n"));
    bench_set(&bench, "AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
    size_t with_web = bench.variable_count;
    bench_set(&bench, "AWS_ACCESS_KEY_ID", "AKENV");
    bench_set(&bench, "AWS_SECRET_ACCESS_KEY", "s");

    bench_must_give(&bench, "AKENV", "Environment");
    bench.variables[with_web] = (struct fake_variable){ 0 };
    rr_credentials_chain_expire(bench.chain, bench.credentials);
    bench_must_give(&bench, "AKWEB", "WebIdentity");
    bench.variables[with_profile] = (struct fake_variable){ 0 };
    rr_credentials_chain_expire(bench.chain, bench.credentials);
    bench_must_give(&bench, "AKPROFILE", "Profile");
    bench_stop(&bench);
    test_folder_remove(&folder);
}

static void s10_message_without_any_source_lists_the_places_that_were_searched(void **state)
{
    (void)state;
    struct bench bench;
    bench_start(&bench, json, 1);
    bench_set(&bench, "AWS_EC2_METADATA_DISABLED", "true");
    bench_set(&bench, "HOME", "/no/such/home");

    bench_must_fail(&bench, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; AWS_WEB_IDENTITY_TOKEN_FILE; profile "
                            "\"default\" in the shared files (/no/such/home/.aws/credentials");
    assert_non_null(strstr(bench.err.message, "AWS_CONTAINER_CREDENTIALS_FULL_URI"));
    assert_non_null(strstr(bench.err.message, "disabled by AWS_EC2_METADATA_DISABLED"));
    assert_int_equal(test_server_requests(bench.server), 0);
    bench_stop(&bench);
}

static void s10_source_that_is_configured_and_fails_is_final(void **state)
{
    (void)state;
    struct bench bench;
    bench_start(&bench, json, 1);
    bench_set_url(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c");
    bench_set(&bench, "AWS_WEB_IDENTITY_TOKEN_FILE", "/no/such/token");

    bench_must_fail(&bench, "AWS_ROLE_ARN");
    assert_int_equal(test_server_requests(bench.server), 0);
    bench_stop(&bench);
}

static void s12_container_gives_credentials_with_its_token(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    struct bench bench;
    bench_start(&bench, json, 1);
    bench_set_url(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/v1/c?x=1");
    bench_set(&bench, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "loses");
    bench_set(&bench, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", test_folder_write(&folder, "t", "first"));

    bench_must_give(&bench, "AKCONTAINER", "Container");
    (void)test_folder_write(&folder, "t", "second");
    rr_credentials_chain_expire(bench.chain, bench.credentials);
    bench_must_give(&bench, "AKCONTAINER", "Container");

    assert_non_null(strstr(bench.heard[0], "GET /v1/c?x=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(bench.heard[0], "\r\nAuthorization: first\r\n"));
    assert_non_null(strstr(bench.heard[1], "\r\nAuthorization: second\r\n"));
    bench_stop(&bench);
    test_folder_remove(&folder);
}

static void f49_reply_with_credentials_is_wiped_when_it_is_freed(void **state)
{
    (void)state;
    struct bench bench;
    bench_start(&bench, json, 1);
    bench_set_url(&bench, "URL", "/");
    struct rr_credentials_ask ask = {
        .environment = &bench.environment, .loop = bench.loop, .clock = &rr_clock_system, .random = &rr_random_system
    };
    struct rr_credentials_request request = { .method = "GET",
                                              .url = rr_slice_from(bench.url[0]),
                                              .reply_max_bytes = RR_CREDENTIALS_REPLY_MAX,
                                              .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 20000,
                                              .attempts = 1 };
    struct rr_http_reply reply = { 0 };
    assert_ok(rr_credentials_send(&ask, &request, &reply, &bench.err), bench.err);
    struct rr_slice body = rr_buf_slice(&reply.body);
    assert_true(test_memory_has(body.ptr, body.len, "canaryT"));

    rr_http_reply_done(&reply);

    assert_false(test_memory_has(body.ptr, body.len, "canaryT"));
    bench_stop(&bench);
}

static void container_must_fail(const struct bench_reply *reply, const char *words)
{
    struct bench bench;
    bench_start(&bench, reply, 1);
    bench_set_url(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c");
    bench_must_fail(&bench, words);
    assert_non_null(strstr(bench.err.message, "AWS_CONTAINER_CREDENTIALS_FULL_URI"));
    bench_stop(&bench);
}

static void s12_bad_answers_of_a_container_are_refused(void **state)
{
    (void)state;
    static char big[10002];
    memset(big, ' ', sizeof big - 1);
    container_must_fail(&(struct bench_reply){ .body = "canary" }, "not JSON");
    container_must_fail(&(struct bench_reply){ .body = "{\"AccessKeyId\":\"canary\"}" }, "SecretAccessKey is missing");
    container_must_fail(&(struct bench_reply){ .body = "{\"AccessKeyId\":1}" }, "AccessKeyId is not a string");
    container_must_fail(&(struct bench_reply){ .body = "{\"Expiration\":\"1999-01-01T00:00:00Z\"}" }, "expired");
    container_must_fail(&(struct bench_reply){ .status = 403, .body = "canary" }, "answered 403");
    container_must_fail(&(struct bench_reply){ .status = 500, .body = "canary" }, "answered 500");
    container_must_fail(&(struct bench_reply){ .body = big }, "");
    container_must_fail(&(struct bench_reply){ .status = -2 }, "");
}

static void s12_container_is_asked_three_times(void **state)
{
    (void)state;
    static const struct bench_reply replies[] = { { .status = 500 }, { .status = 429 }, { .body = BENCH_JSON("AK") } };
    struct bench bench;
    bench_start(&bench, replies, RR_COUNT(replies));
    bench_set_url(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c");
    bench_must_give(&bench, "AK", "Container");
    bench_stop(&bench);
}

static void s12_token_of_the_environment_is_sent_without_a_file(void **state)
{
    (void)state;
    static const char *const tokens[] = { NULL, "Bearer ~token!" };
    for (size_t i = 0; i < RR_COUNT(tokens); i++) {
        struct bench bench;
        bench_start(&bench, json, 1);
        bench_set_url(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c");
        if (tokens[i] != NULL)
            bench_set(&bench, "AWS_CONTAINER_AUTHORIZATION_TOKEN", tokens[i]);

        bench_must_give(&bench, "AKCONTAINER", "Container");

        assert_has(bench.heard[0], "\r\nAccept: application/json\r\n");
        if (tokens[i] != NULL)
            assert_has(bench.heard[0], "\r\nAuthorization: Bearer ~token!\r\n");
        else
            assert_lacks(bench.heard[0], "\r\nAuthorization:");
        bench_stop(&bench);
    }
}

/* A proxy shows to which host of STS the request goes. */
static void s19_sts_has_the_host_of_the_region_dual_stack_and_fips(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "CONNECT sts.us-east-2.amazonaws.com:443 HTTP/1.1\r\n",
        "CONNECT sts.us-east-2.api.aws:443 HTTP/1.1\r\n",
        "CONNECT sts-fips.us-east-2.amazonaws.com:443 HTTP/1.1\r\n",
        "CONNECT sts-fips.us-east-2.api.aws:443 HTTP/1.1\r\n",
    };
    static const struct bench_reply refusal[] = { { .status = 403 } };
    struct test_folder folder = test_folder_make();
    for (size_t i = 0; i < RR_COUNT(lines); i++) {
        struct bench bench;
        bench_start(&bench, refusal, 1);
        bench_set_url(&bench, "HTTPS_PROXY", "");
        bench_set(&bench, "AWS_WEB_IDENTITY_TOKEN_FILE", test_folder_write(&folder, "t", "tok.en\n"));
        bench_set(&bench, "AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
        struct rr_credentials_chain_options options = { .environment = &bench.environment,
                                                        .loop = bench.loop,
                                                        .clock = &rr_clock_system,
                                                        .random = &rr_random_system,
                                                        .region = RR_LIT("us-east-2"),
                                                        .environment_proxies = true,
                                                        .dualstack = i % 2 == 1,
                                                        .fips = i >= 2 };
        rr_credentials_chain_free(bench.chain);
        bench.chain = rr_credentials_chain_new(&options);

        assert_false(bench_get(&bench));

        if (strncmp(bench.heard[0], lines[i], strlen(lines[i])) != 0)
            fail_msg("%s", bench.heard[0]);
        bench_stop(&bench);
    }
    test_folder_remove(&folder);
}

static void s12_line_end_in_a_container_token_is_refused(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    struct bench bench;
    bench_start(&bench, json, 1);
    bench_set_url(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c");
    bench_set(&bench, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "canary\r\nX: y");
    bench_must_fail(&bench, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    bench_stop(&bench);

    bench_start(&bench, json, 1);
    bench_set_url(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c");
    bench_set(&bench, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", test_folder_write(&folder, "t", "canary\n"));
    bench_must_fail(&bench, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    assert_int_equal(test_server_requests(bench.server), 0);
    bench_stop(&bench);
    test_folder_remove(&folder);
}

static void s16_failure_is_not_fetched_again_at_once(void **state)
{
    (void)state;
    static const struct bench_reply replies[] = { { .status = 403 } };
    struct bench bench;
    bench_start(&bench, replies, 1);
    bench_set_url(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c");
    bench_must_fail(&bench, "answered 403");
    bench_must_fail(&bench, "answered 403");
    assert_int_equal(test_server_requests(bench.server), 1);
    bench_stop(&bench);
}

static void s16_silent_endpoint_fails_at_the_callers_deadline(void **state)
{
    (void)state;
    static const struct bench_reply replies[] = { { .status = -1 } };
    struct bench bench;
    bench_start(&bench, replies, 1);
    bench_set_url(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c");
    assert_false(bench_get_within(&bench, 200));
    assert_int_equal(bench.err.code, RR_E_NO_CREDENTIALS);
    assert_int_equal(bench.fetched[false], 0);
    bench_stop(&bench);
}

/* A chain whose clock the test moves; it begins with the time of now, because requests have real deadlines. */
static struct rr_credentials_chain *chain_with_clock(struct bench *bench, struct fake_clock *fake,
                                                     struct rr_clock *clock)
{
    atomic_store(&fake->monotonic_ms, rr_clock_monotonic_ms(&rr_clock_system));
    atomic_store(&fake->unix_ms, rr_clock_unix_ms(&rr_clock_system));
    *clock = fake_clock(fake);
    struct rr_credentials_chain_options options = { .environment = &bench->environment,
                                                    .loop = bench->loop,
                                                    .clock = clock,
                                                    .random = &rr_random_system,
                                                    .observer = { bench, bench_on_fetched } };
    return rr_credentials_chain_new(&options);
}

static void f26_good_credentials_outlive_their_source(void **state)
{
    (void)state;
    enum { MINUTE_MS = 60 * 1000 };
    static char body[256];
    struct bench_reply replies[] = { { .body = body }, { .status = 403 } };
    struct bench bench;
    struct fake_clock fake = { 0 };
    struct rr_clock clock;
    bench_start(&bench, replies, RR_COUNT(replies));
    bench_set_url(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c");
    rr_credentials_chain_free(bench.chain);
    bench.chain = chain_with_clock(&bench, &fake, &clock);
    char until[RR_TIME_TEXT_SIZE];
    (void)rr_time_rfc3339(atomic_load(&fake.unix_ms) / 1000 + 15 * 60, until);
    (void)snprintf(body, sizeof body, "{\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"s\",\"Expiration\":\"%s\"}",
                   until);
    bench_must_give(&bench, "AK", "Container");

    fake_clock_advance(&fake, 10 * MINUTE_MS + 5000);
    bench_must_give(&bench, "AK", "Container");
    assert_int_equal(test_server_requests(bench.server), 2);
    fake_clock_advance(&fake, 3 * MINUTE_MS);
    bench_must_give(&bench, "AK", "Container");
    assert_int_equal(test_server_requests(bench.server), 2);
    fake_clock_advance(&fake, 2 * MINUTE_MS);

    bench_must_fail(&bench, "answered 403");
    assert_int_equal(test_server_requests(bench.server), 3);
    assert_int_equal(bench.fetched[true], 1);
    assert_int_equal(bench.fetched[false], 2);
    bench_stop(&bench);
}

static void n02_observer_is_called_for_fetches_and_not_for_cache_hits(void **state)
{
    (void)state;
    struct bench bench;
    bench_start(&bench, json, 1);
    bench_set_url(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c");

    bench_must_give(&bench, "AKCONTAINER", "Container");
    bench_must_give(&bench, "AKCONTAINER", "Container");
    assert_int_equal(bench.fetched[true], 1);
    rr_credentials_chain_expire(bench.chain, bench.credentials);
    bench_must_give(&bench, "AKCONTAINER", "Container");

    assert_int_equal(bench.fetched[true], 2);
    assert_int_equal(bench.fetched[false], 0);
    bench_stop(&bench);
}

/* The server plays the proxy: it sees a whole URL for STS, and nothing of the container's agent. */
static void s16_sts_alone_goes_through_the_environments_proxy(void **state)
{
    (void)state;
    static const struct bench_reply replies[] = { { .body = BENCH_XML("AKWEB") } };
    struct test_folder folder = test_folder_make();
    for (int with_proxies = 0; with_proxies < 2; with_proxies++) {
        struct bench bench;
        bench_start(&bench, replies, 1);
        bench_set_url(&bench, "HTTP_PROXY", "");
        bench_set(&bench, "AWS_ENDPOINT_URL_STS", "http://sts.invalid");
        bench_set(&bench, "AWS_WEB_IDENTITY_TOKEN_FILE", test_folder_write(&folder, "t", "tok.en\n"));
        bench_set(&bench, "AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
        struct rr_credentials_chain_options options = { .environment = &bench.environment,
                                                        .loop = bench.loop,
                                                        .clock = &rr_clock_system,
                                                        .random = &rr_random_system,
                                                        .environment_proxies = with_proxies == 1 };
        rr_credentials_chain_free(bench.chain);
        bench.chain = rr_credentials_chain_new(&options);

        assert_int_equal(bench_get(&bench), with_proxies == 1);

        assert_int_equal(test_server_requests(bench.server), with_proxies);
        if (with_proxies == 1)
            assert_ptr_equal(strstr(bench.heard[0], "POST http://sts.invalid/ HTTP/1.1\r\n"), bench.heard[0]);
        bench_stop(&bench);
    }
    test_folder_remove(&folder);
}

static void s13_sts_may_have_an_authority_of_its_own(void **state)
{
    (void)state;
    static const struct bench_reply replies[] = { { .body = BENCH_XML("AKWEB") } };
    struct test_folder folder = test_folder_make();
    struct test_cert ca = test_ca_make("ca"), cert = test_cert_issue(&ca, "IP:127.0.0.1", 1);
    for (int with_ca = 0; with_ca < 2; with_ca++) {
        struct bench bench;
        bench_start(&bench, replies, 1);
        test_server_stop(bench.server);
        bench.server = test_server_start_tls(&cert, NULL, bench_script, &bench);
        char url[64];
        (void)snprintf(url, sizeof url, "https://127.0.0.1:%d", test_server_port(bench.server));
        bench_set(&bench, "AWS_ENDPOINT_URL_STS", url);
        bench_set(&bench, "AWS_WEB_IDENTITY_TOKEN_FILE", test_folder_write(&folder, "t", "tok.en\n"));
        bench_set(&bench, "AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
        struct rr_http_tls tls = { .ca_pem = rr_slice_from(with_ca == 1 ? ca.pem : "") };
        struct rr_credentials_chain_options options = { .environment = &bench.environment,
                                                        .loop = bench.loop,
                                                        .clock = &rr_clock_system,
                                                        .random = &rr_random_system,
                                                        .tls = &tls };
        rr_credentials_chain_free(bench.chain);
        bench.chain = rr_credentials_chain_new(&options);

        assert_int_equal(bench_get(&bench), with_ca == 1);

        assert_int_equal(test_server_requests(bench.server), with_ca);
        bench_stop(&bench);
    }
    test_cert_done(&cert);
    test_cert_done(&ca);
    test_folder_remove(&folder);
}

static void s16_agents_are_never_asked_through_a_proxy(void **state)
{
    (void)state;
    struct bench bench;
    bench_start(&bench, json, 1);
    bench_set_url(&bench, "HTTP_PROXY", "");
    bench_set(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://agent.invalid/c");
    struct rr_credentials_chain_options options = { .environment = &bench.environment,
                                                    .loop = bench.loop,
                                                    .clock = &rr_clock_system,
                                                    .random = &rr_random_system,
                                                    .environment_proxies = true };
    rr_credentials_chain_free(bench.chain);
    bench.chain = rr_credentials_chain_new(&options);

    assert_false(bench_get(&bench));

    assert_int_equal(test_server_requests(bench.server), 0);
    bench_stop(&bench);
}

static void ask(void *context)
{
    struct bench *bench = context;
    struct rr_credentials *credentials = NULL;
    const char *source;
    struct rr_error err = { 0 };
    rr_assert(rr_credentials_chain_get(bench->chain, rr_clock_monotonic_ms(&rr_clock_system) + 20000, NULL,
                                       &credentials, &source, &err));
    rr_credentials_unref(credentials);
}

static void s16_concurrent_callers_share_one_request(void **state)
{
    (void)state;
    struct bench bench;
    bench_start(&bench, json, 1);
    bench_set_url(&bench, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c");
    struct rr_thread threads[8] = { 0 };
    for (size_t i = 0; i < RR_COUNT(threads); i++)
        rr_thread_start(&threads[i], "asker", ask, &bench);
    for (size_t i = 0; i < RR_COUNT(threads); i++)
        rr_thread_join(&threads[i]);
    assert_int_equal(test_server_requests(bench.server), 1);
    bench_stop(&bench);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s10_first_configured_source_wins),
    cmocka_unit_test(s10_message_without_any_source_lists_the_places_that_were_searched),
    cmocka_unit_test(s10_source_that_is_configured_and_fails_is_final),
    cmocka_unit_test(s12_container_gives_credentials_with_its_token),
    cmocka_unit_test(f49_reply_with_credentials_is_wiped_when_it_is_freed),
    cmocka_unit_test(s12_bad_answers_of_a_container_are_refused),
    cmocka_unit_test(s12_container_is_asked_three_times),
    cmocka_unit_test(s12_token_of_the_environment_is_sent_without_a_file),
    cmocka_unit_test(s19_sts_has_the_host_of_the_region_dual_stack_and_fips),
    cmocka_unit_test(s12_line_end_in_a_container_token_is_refused),
    cmocka_unit_test(s16_failure_is_not_fetched_again_at_once),
    cmocka_unit_test(s16_silent_endpoint_fails_at_the_callers_deadline),
    cmocka_unit_test(s16_sts_alone_goes_through_the_environments_proxy),
    cmocka_unit_test(s13_sts_may_have_an_authority_of_its_own),
    cmocka_unit_test(s16_agents_are_never_asked_through_a_proxy),
    cmocka_unit_test(f26_good_credentials_outlive_their_source),
    cmocka_unit_test(s16_concurrent_callers_share_one_request),
    cmocka_unit_test(n02_observer_is_called_for_fetches_and_not_for_cache_hits),
};

RR_TEST_MAIN(tests)
