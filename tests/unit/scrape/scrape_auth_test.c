/* SPDX-License-Identifier: Apache-2.0 */
#include "scrape_auth.h"

#include "fakes/fake_clock.h"
#include "fakes/fake_random.h"
#include "support/test.h"

/* An API server that knows the tokens "good" (of user "reader", who may) and "other" (of user "other", who may not),
 * and fails as often as the test sets. */
static struct api {
    int tokens, accesses, waits;
    int failures, http_status;
    int64_t retry_after_ms;
    int64_t waited_ms;
    bool stops;
    bool shows_token; /* a reply with the token was read into a buffer that is not wiped */
    struct fake_clock time;
} api;
static struct rr_clock fake_time;
static struct rr_random random_source;
static struct fake_random random_fake;
static struct rr_scrape_auth auth;
static struct rr_server_reply reply;
static struct rr_stop stop;

static bool create(void *context, const struct rr_kube_resource *resource, struct rr_slice body, int64_t deadline_ms,
                   struct rr_stop *given, struct rr_buf *out_reply, struct rr_error *err)
{
    assert_ptr_equal(context, &api);
    assert_ptr_equal(given, &stop);
    assert_true(deadline_ms > atomic_load(&api.time.monotonic_ms));
    bool about_token = strcmp(resource->plural, "tokenreviews") == 0;
    assert_string_equal(resource->group, about_token ? "authentication.k8s.io" : "authorization.k8s.io");
    *(about_token ? &api.tokens : &api.accesses) += 1;
    if (api.failures > 0) {
        api.failures--;
        rr_error_set(err, RR_E_UNREACHABLE, "the API server is ill");
        err->http_status = api.http_status;
        err->retry_after_ms = api.retry_after_ms;
        return false;
    }
    const char *text = body.ptr;
    api.shows_token = api.shows_token || (about_token && !out_reply->secret);
    if (!about_token)
        rr_buf_addf(out_reply, "{\"status\":{\"allowed\":%s}}",
                    strstr(text, "\"user\":\"reader\"") != NULL && strstr(text, "\"verb\":\"get\"") != NULL ? "true"
                                                                                                            : "false");
    else if (strstr(text, "\"token\":\"good") != NULL || strstr(text, "\"token\":\"other\"") != NULL)
        rr_buf_addf(out_reply, "{\"status\":{\"authenticated\":true,\"user\":{\"username\":\"%s\"}}}",
                    strstr(text, "\"good") != NULL ? "reader" : "other");
    else
        rr_buf_addf(out_reply, "{\"status\":{\"authenticated\":false}}");
    return true;
}

static bool wait_(void *context, struct rr_stop *given, int64_t until_ms)
{
    (void)context;
    (void)given;
    int64_t now_ms = atomic_load(&api.time.monotonic_ms);
    api.waits++;
    api.waited_ms += until_ms - now_ms;
    fake_clock_advance(&api.time, until_ms - now_ms);
    return api.stops;
}

static int setup(void **state)
{
    (void)state;
    memset(&api, 0, sizeof(api));
    api.http_status = 500;
    fake_time = fake_clock(&api.time);
    random_source = fake_random(&random_fake);
    rr_stop_init(&stop, NULL);
    struct rr_scrape_auth_options options = {
        .context = &api, .create = create, .wait = wait_, .clock = &fake_time, .random = &random_source
    };
    rr_scrape_auth_start(&auth, &options);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rr_scrape_auth_done(&auth);
    rr_stop_done(&stop);
    rr_buf_done(&reply.body);
    return 0;
}

static enum rr_server_verdict ask(const char *method, const char *path, const char *header, struct rr_stop *given)
{
    struct rr_server_request request = { .method = method,
                                         .path = rr_slice_from(path),
                                         .authorization = rr_slice_from(header) };
    rr_buf_done(&reply.body);
    reply = (struct rr_server_reply){ .status = 404, .body = RR_BUF(4096) };
    return rr_scrape_auth_decide(&auth, &request, given, &reply);
}

static void expect(const char *header, enum rr_server_verdict verdict, int status, const char *body)
{
    assert_int_equal(ask("GET", "/metrics", header, &stop), verdict);
    assert_int_equal(reply.status, status);
    assert_slice(rr_buf_slice(&reply.body), body);
}

static void expect_allowed(const char *header)
{
    expect(header, RR_SERVER_ALLOWED, 404, ""); /* the handler fills the reply */
}

static void w11_request_without_a_token_is_401_without_a_review(void **state)
{
    (void)state;
    expect("", RR_SERVER_REFUSED, 401, "Unauthorized\n");
    expect("Basic Z29vZDpnb29k", RR_SERVER_REFUSED, 401, "Unauthorized\n");
    assert_int_equal(api.tokens, 0);
}

static void w11_unauthenticated_token_is_401_and_cached_for_a_minute(void **state)
{
    (void)state;
    expect("Bearer bad", RR_SERVER_REFUSED, 401, "Unauthorized\n");
    fake_clock_advance(&api.time, 59999);
    expect("Bearer bad", RR_SERVER_REFUSED, 401, "Unauthorized\n");
    assert_int_equal(api.tokens, 1);

    fake_clock_advance(&api.time, 1);
    expect("Bearer bad", RR_SERVER_REFUSED, 401, "Unauthorized\n");
    assert_int_equal(api.tokens, 2);
    assert_int_equal(api.accesses, 0);
}

static void w11_forbidden_user_is_403_and_reviewed_again_after_30_s(void **state)
{
    (void)state;
    expect("Bearer other", RR_SERVER_REFUSED, 403, "Authorization denied for user other\n");
    fake_clock_advance(&api.time, 29999);
    expect("Bearer other", RR_SERVER_REFUSED, 403, "Authorization denied for user other\n");
    assert_int_equal(api.accesses, 1);

    fake_clock_advance(&api.time, 1);
    expect("Bearer other", RR_SERVER_REFUSED, 403, "Authorization denied for user other\n");
    assert_int_equal(api.accesses, 2);
    assert_int_equal(api.tokens, 1);
}

static void w11_allowed_user_is_cached_for_5_minutes_and_its_token_for_one(void **state)
{
    (void)state;
    expect_allowed("Bearer good");
    fake_clock_advance(&api.time, 59999);
    expect_allowed("Bearer good");
    assert_int_equal(api.tokens, 1);

    fake_clock_advance(&api.time, 1);
    expect_allowed("Bearer good");
    assert_int_equal(api.tokens, 2);
    fake_clock_advance(&api.time, 300000 - 60001);
    expect_allowed("Bearer good");
    assert_int_equal(api.accesses, 1);

    fake_clock_advance(&api.time, 1);
    expect_allowed("Bearer good");
    assert_int_equal(api.accesses, 2);
}

static void f49_reply_that_repeats_the_token_is_wiped(void **state)
{
    (void)state;

    expect_allowed("Bearer good");

    assert_int_equal(api.tokens, 1);
    assert_false(api.shows_token);
}

static void w11_two_tokens_of_one_user_share_the_verdict(void **state)
{
    (void)state;
    expect_allowed("Bearer good");
    expect_allowed("Bearer good2");
    assert_int_equal(api.tokens, 2);
    assert_int_equal(api.accesses, 1);
}

static void w11_head_is_a_verb_of_its_own(void **state)
{
    (void)state;
    expect_allowed("Bearer good");

    assert_int_equal(ask("HEAD", "/metrics", "Bearer good", &stop), RR_SERVER_REFUSED);

    assert_int_equal(reply.status, 403);
    assert_int_equal(api.accesses, 2);
}

static void w11_unknown_path_needs_no_token(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/other", "Bearer good", &stop), RR_SERVER_ALLOWED);
    assert_int_equal(api.tokens, 0);
}

static void w11_without_waiting_only_what_is_known_is_decided(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/metrics", "Bearer good", NULL), RR_SERVER_UNSURE);
    assert_int_equal(ask("GET", "/metrics", "", NULL), RR_SERVER_REFUSED);
    assert_int_equal(api.tokens + api.accesses, 0);

    expect_allowed("Bearer good");
    assert_int_equal(ask("GET", "/metrics", "Bearer good", NULL), RR_SERVER_ALLOWED);
    fake_clock_advance(&api.time, 60000);
    assert_int_equal(ask("GET", "/metrics", "Bearer good", NULL), RR_SERVER_UNSURE);
}

static void w11_review_is_tried_5_times_with_growing_pauses(void **state)
{
    (void)state;
    api.failures = 4;

    expect_allowed("Bearer good");

    assert_int_equal(api.tokens, 5);
    assert_int_equal(api.waits, 4);
    assert_int_equal(api.waited_ms, 500 + 750 + 1125 + 1687);
}

static void w11_api_server_that_keeps_failing_is_500(void **state)
{
    (void)state;
    api.failures = 5;
    expect("Bearer good", RR_SERVER_REFUSED, 500, "Authentication failed\n");
    assert_int_equal(api.tokens, 5);

    expect_allowed("Bearer good"); /* a failure is not kept */
    fake_clock_advance(&api.time, 300000);
    expect("Bearer bad", RR_SERVER_REFUSED, 401, "Unauthorized\n");
    expect_allowed("Bearer good2");
    api.failures = 1;
    api.http_status = 403;
    expect("Bearer other", RR_SERVER_REFUSED, 500, "Authentication failed\n");
}

static void w11_unavailable_verdict_is_500(void **state)
{
    (void)state;
    expect_allowed("Bearer good");
    fake_clock_advance(&api.time, 59000);
    expect_allowed("Bearer good2"); /* known for longer than the verdict */
    for (int i = 0; i < 4; i++) {
        fake_clock_advance(&api.time, 59000);
        expect_allowed("Bearer good2");
        fake_clock_advance(&api.time, 1000);
        expect_allowed("Bearer good2");
    }
    fake_clock_advance(&api.time, 1001);
    assert_int_equal(api.accesses, 1);
    api.failures = 1;
    api.http_status = 0;

    expect("Bearer good2", RR_SERVER_REFUSED, 500, "Authorization for user reader failed\n");
}

static void w11_refusals_and_lost_connections_are_not_retried(void **state)
{
    (void)state;
    static const int statuses[] = { 0, 400, 401, 403, 404, 502, 503 };
    for (size_t i = 0; i < RR_COUNT(statuses); i++) {
        api.failures = 1;
        api.http_status = statuses[i];
        expect("Bearer good", RR_SERVER_REFUSED, 500, "Authentication failed\n");
    }
    assert_int_equal(api.waits, 0);
}

static void w11_review_is_retried_after_failures_that_may_pass(void **state)
{
    (void)state;
    static const struct {
        int http_status;
        int64_t retry_after_ms;
    } failures[] = { { 429, 0 }, { 500, 0 }, { 504, 0 }, { 503, 1000 } };
    for (size_t i = 0; i < RR_COUNT(failures); i++) {
        char header[32];
        (void)snprintf(header, sizeof(header), "Bearer good%zu", i);
        api.failures = 1;
        api.http_status = failures[i].http_status;
        api.retry_after_ms = failures[i].retry_after_ms;
        expect_allowed(header);
    }
    assert_int_equal(api.waits, RR_COUNT(failures));
}

static void w11_shutdown_stops_the_retries(void **state)
{
    (void)state;
    api.failures = 5;
    api.stops = true;
    expect("Bearer good", RR_SERVER_REFUSED, 500, "Authentication failed\n");
    assert_int_equal(api.tokens, 1);
}

static void w11_pause_has_up_to_a_fifth_added(void **state)
{
    (void)state;
    static const uint64_t highest[] = { FAKE_RANDOM_HIGHEST };
    struct fake_random fake = { highest, 1, 0 };
    struct rr_random source = fake_random(&fake);
    assert_int_equal(rr_scrape_auth_pause_ms(&random_source, 1), 500);
    assert_in_range(rr_scrape_auth_pause_ms(&source, 1), 599, 600);
    assert_in_range(rr_scrape_auth_pause_ms(&source, 2), 899, 900);
}

static void w11_strangers_do_not_displace_users_and_are_bounded(void **state)
{
    (void)state;
    expect_allowed("Bearer good");
    for (int i = 0; i < 3 * RR_SCRAPE_KNOWN_MAX; i++) {
        char header[32];
        (void)snprintf(header, sizeof(header), "Bearer bad-%d", i);
        expect(header, RR_SERVER_REFUSED, 401, "Unauthorized\n");
    }

    assert_int_equal(rr_map_count(&auth.guarded.strangers.answers), RR_SCRAPE_KNOWN_MAX);
    assert_int_equal(api.tokens, 1 + 3 * RR_SCRAPE_KNOWN_MAX);
    expect_allowed("Bearer good");
    expect("Bearer bad-767", RR_SERVER_REFUSED, 401, "Unauthorized\n"); /* the newest are known */
    assert_int_equal(api.tokens, 1 + 3 * RR_SCRAPE_KNOWN_MAX);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(w11_request_without_a_token_is_401_without_a_review, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_unauthenticated_token_is_401_and_cached_for_a_minute, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_forbidden_user_is_403_and_reviewed_again_after_30_s, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_allowed_user_is_cached_for_5_minutes_and_its_token_for_one, setup, teardown),
    cmocka_unit_test_setup_teardown(f49_reply_that_repeats_the_token_is_wiped, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_two_tokens_of_one_user_share_the_verdict, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_head_is_a_verb_of_its_own, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_unknown_path_needs_no_token, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_without_waiting_only_what_is_known_is_decided, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_review_is_tried_5_times_with_growing_pauses, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_api_server_that_keeps_failing_is_500, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_unavailable_verdict_is_500, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_refusals_and_lost_connections_are_not_retried, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_review_is_retried_after_failures_that_may_pass, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_shutdown_stops_the_retries, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_pause_has_up_to_a_fifth_added, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_strangers_do_not_displace_users_and_are_bounded, setup, teardown),
};
RR_TEST_MAIN(tests)
