/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"

#include "fakes/fake_clock.h"
#include "support/folder.h"
#include "support/kube_script.h"
#include "support/test.h"

static const struct rr_slice secret_path = { "/api/v1/namespaces/shop/secrets/s3", 34 };
static const struct rr_slice status_path = { "/apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores/r/status",
                                             70 };

/* A server over TLS with a script, and a client that trusts it. */
struct secure {
    struct test_cert ca, cert;
    struct kube_script script;
    struct test_server *server;
    struct kube_fixture fixture;
    struct test_folder folder;
};

static void begin_secure(struct secure *secure, const struct kube_step *steps, size_t count)
{
    secure->ca = test_ca_make("ca");
    secure->cert = test_cert_issue(&secure->ca, "IP:127.0.0.1", 1);
    secure->folder = test_folder_make();
    kube_script_init(&secure->script, steps, count);
    secure->server = test_server_start_tls(&secure->cert, NULL, kube_script_serve, &secure->script);
    kube_fixture_init(&secure->fixture, secure->server, secure->ca.pem);
}

static void end_secure(struct secure *secure)
{
    kube_fixture_done(&secure->fixture);
    test_server_stop(secure->server);
    kube_script_done(&secure->script);
    test_folder_remove(&secure->folder);
    test_cert_done(&secure->cert);
    test_cert_done(&secure->ca);
}

static void use_token_file(struct secure *secure, const char *token)
{
    rr_buf_add(&secure->fixture.config.token_file, rr_slice_from(test_folder_write(&secure->folder, "token", token)));
}

static bool ask(struct kube_fixture *fixture, const char *method, struct rr_slice path, struct rr_buf *out_body,
                struct rr_error *err)
{
    struct rr_kube_request request = { .method = method,
                                       .path = path,
                                       .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 20000 };
    if (strcmp(method, "GET") != 0) {
        request.body = RR_LIT("{}");
        request.content_type = "application/json";
        request.query = RR_LIT("fieldManager=x");
    }
    return rr_kube_call(fixture->client, &request, &fixture->stop, out_body, err);
}

/* A script over plain HTTP, one question, and what came of it. */
struct answer {
    bool ok;
    struct rr_error err;
    struct rr_buf body;
    struct kube_script script;
    struct rr_buf metrics;
};

static struct answer ask_plain(const struct kube_step *steps, size_t count, const char *method, struct rr_slice path)
{
    struct answer answer = { .body = RR_BUF(4096), .metrics = RR_BUF(65536) };
    kube_script_init(&answer.script, steps, count);
    struct test_server *server = test_server_start(kube_script_serve, &answer.script);
    struct kube_fixture fixture;
    kube_fixture_init(&fixture, server, NULL);
    rr_secret_set(&fixture.config.token, RR_LIT("canary"));
    kube_fixture_connect(&fixture);
    answer.ok = ask(&fixture, method, path, &answer.body, &answer.err);
    rr_metrics_expose(fixture.metrics, &answer.metrics);
    kube_fixture_done(&fixture);
    test_server_stop(server);
    return answer;
}

static void answer_done(struct answer *answer)
{
    rr_buf_done(&answer->body);
    rr_buf_done(&answer->metrics);
    kube_script_done(&answer->script);
}

static void reply_is_the_body(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = "{\"kind\":\"Secret\"}" } };

    struct answer answer = ask_plain(steps, 1, "GET", secret_path);

    assert_ok(answer.ok, answer.err);
    assert_slice(rr_buf_slice(&answer.body), "{\"kind\":\"Secret\"}");
    assert_string_equal(kube_script_request(&answer.script, 1), "GET /api/v1/namespaces/shop/secrets/s3");
    answer_done(&answer);
}

static void request_has_user_agent_and_accept_header(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .status = 201, .body = "{}" } };

    struct answer answer = ask_plain(steps, 1, "PATCH", status_path);

    assert_ok(answer.ok, answer.err);
    const char *text = rr_buf_text(&answer.script.text);
    assert_non_null(strstr(text, "\r\nUser-Agent: redisrestore/"));
    assert_non_null(strstr(text, "\r\nAccept: application/json\r\n"));
    assert_non_null(strstr(text, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(text, "/redisrestores/r/status?fieldManager=x HTTP/1.1"));
    answer_done(&answer);
}

static void requests_are_counted_by_code_method_and_host(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .status = 404 } };

    struct answer answer = ask_plain(steps, 1, "GET", secret_path);

    assert_int_equal(answer.err.code, RR_E_NOT_FOUND);
    assert_non_null(strstr(rr_buf_text(&answer.metrics), "requests{code=\"404\",method=\"GET\",host=\"127.0.0.1:"));
    answer_done(&answer);
}

static void request_without_an_answer_is_counted_as_an_error(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .end = KUBE_RESET } };

    struct answer answer = ask_plain(steps, 1, "PATCH", status_path);

    assert_int_equal(answer.err.code, RR_E_UNREACHABLE);
    assert_non_null(strstr(rr_buf_text(&answer.metrics), "requests{code=\"<error>\",method=\"PATCH\""));
    answer_done(&answer);
}

static void k08_token_does_not_go_to_a_plain_server(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = "{}" } };

    struct answer answer = ask_plain(steps, 1, "GET", secret_path);

    assert_ok(answer.ok, answer.err);
    assert_null(strstr(rr_buf_text(&answer.script.text), "Authorization"));
    assert_null(strstr(rr_buf_text(&answer.script.text), "canary"));
    answer_done(&answer);
}

static void k08_token_goes_to_a_trusted_server(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = "{}" } };
    struct secure secure;
    begin_secure(&secure, steps, 1);
    use_token_file(&secure, "abc\n");
    kube_fixture_connect(&secure.fixture);
    rr_auto(buf) body = RR_BUF(100);
    struct rr_error err;

    assert_ok(ask(&secure.fixture, "GET", secret_path, &body, &err), err);

    assert_non_null(strstr(rr_buf_text(&secure.script.text), "\r\nAuthorization: Bearer abc\r\n"));
    end_secure(&secure);
}

static void server_with_another_ca_gets_nothing(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = "{}" } };
    struct secure secure;
    begin_secure(&secure, steps, 1);
    struct test_cert other = test_ca_make("other");
    rr_buf_clear(&secure.fixture.config.ca_pem);
    rr_buf_add(&secure.fixture.config.ca_pem, rr_slice_from(other.pem));
    use_token_file(&secure, "abc");
    kube_fixture_connect(&secure.fixture);
    rr_auto(buf) body = RR_BUF(100);
    struct rr_error err;

    assert_false(ask(&secure.fixture, "GET", secret_path, &body, &err));

    assert_int_equal(err.code, RR_E_TLS);
    assert_int_equal(test_server_requests(secure.server), 0);
    test_cert_done(&other);
    end_secure(&secure);
}

static void k05_server_name_is_what_the_certificate_must_say(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = "{}" } };
    struct secure secure;
    begin_secure(&secure, steps, 1);
    test_server_stop(secure.server);
    test_cert_done(&secure.cert);
    secure.cert = test_cert_issue(&secure.ca, "DNS:kubernetes.default.svc", 1);
    secure.server = test_server_start_tls(&secure.cert, NULL, kube_script_serve, &secure.script);
    rr_buf_clear(&secure.fixture.config.server);
    rr_buf_addf(&secure.fixture.config.server, "https://127.0.0.1:%d", test_server_port(secure.server));
    rr_buf_add(&secure.fixture.config.tls_server_name, RR_LIT("kubernetes.default.svc"));
    kube_fixture_connect(&secure.fixture);
    rr_auto(buf) body = RR_BUF(100);
    struct rr_error err;

    assert_ok(ask(&secure.fixture, "GET", secret_path, &body, &err), err);

    end_secure(&secure);
}

static void k07_client_certificate_is_shown(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = "{}" } };
    struct secure secure;
    begin_secure(&secure, steps, 1);
    test_server_stop(secure.server);
    secure.server = test_server_start_tls(&secure.cert, secure.ca.pem, kube_script_serve, &secure.script);
    rr_buf_clear(&secure.fixture.config.server);
    rr_buf_addf(&secure.fixture.config.server, "https://127.0.0.1:%d", test_server_port(secure.server));
    struct test_cert own = test_cert_issue(&secure.ca, "DNS:me", 1);
    rr_secret_set(&secure.fixture.config.client_cert_pem, rr_slice_from(own.pem));
    rr_secret_set(&secure.fixture.config.client_key_pem, rr_slice_from(own.key_pem));
    kube_fixture_connect(&secure.fixture);
    rr_auto(buf) body = RR_BUF(100);
    struct rr_error err;

    assert_ok(ask(&secure.fixture, "GET", secret_path, &body, &err), err);

    test_cert_done(&own);
    end_secure(&secure);
}

/* The token file changes while the first request is in flight. */
struct rotating {
    struct kube_script *script;
    struct test_folder *folder;
    const char *next;
};

static void serve_rotating(struct test_peer *peer, void *context)
{
    struct rotating *rotating = context;
    while (test_peer_read(peer)) {
        bool is_new = test_peer_has(peer, "Bearer two");
        if (rotating->next != NULL)
            (void)test_folder_write(rotating->folder, "token", rotating->next);
        test_gate_open(&rotating->script->asked);
        if (is_new)
            test_peer_answer(peer, "{}");
        else
            test_peer_send(peer, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    }
}

static void ask_rotating(const char *next, bool expected_ok, int expected_requests)
{
    struct secure secure;
    begin_secure(&secure, NULL, 0);
    test_server_stop(secure.server);
    struct rotating rotating = { &secure.script, &secure.folder, next };
    secure.server = test_server_start_tls(&secure.cert, NULL, serve_rotating, &rotating);
    rr_buf_clear(&secure.fixture.config.server);
    rr_buf_addf(&secure.fixture.config.server, "https://127.0.0.1:%d", test_server_port(secure.server));
    use_token_file(&secure, "one");
    kube_fixture_connect(&secure.fixture);
    rr_auto(buf) body = RR_BUF(100);
    struct rr_error err = { 0 };

    bool ok = ask(&secure.fixture, "PATCH", status_path, &body, &err);

    assert_int_equal(ok, expected_ok);
    assert_int_equal(err.code, ok ? RR_E_OK : RR_E_UNAUTHENTICATED);
    assert_int_equal(test_server_requests(secure.server), expected_requests);
    assert_null(strstr(kube_fixture_logged(&secure.fixture), "Bearer"));
    end_secure(&secure);
}

static void r22_refused_token_is_read_again_and_retried_once(void **state)
{
    (void)state;
    ask_rotating("two", true, 2);
}

static void r22_refused_token_that_is_still_the_same_is_not_retried(void **state)
{
    (void)state;
    ask_rotating(NULL, false, 1);
}

static void r22_second_refusal_is_final(void **state)
{
    (void)state;
    ask_rotating("three", false, 2);
}

static void r11_get_is_retried_at_the_requested_time(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .status = 429, .headers = "Retry-After: 1\r\n" },
                                       { .status = 503, .headers = "Retry-After: 2\r\n" },
                                       { .body = "{}" } };

    struct answer answer = ask_plain(steps, 3, "GET", secret_path);

    assert_ok(answer.ok, answer.err);
    answer_done(&answer);
}

static void r09_get_is_retried_three_times_at_most(void **state)
{
    (void)state;
    const struct kube_step busy = { .status = 429, .headers = "Retry-After: 1\r\n" };
    const struct kube_step steps[] = { busy, busy, busy, busy, { .body = "{}" } };

    struct answer answer = ask_plain(steps, 5, "GET", secret_path);

    assert_false(answer.ok);
    assert_int_equal(answer.err.code, RR_E_THROTTLED);
    assert_int_equal(answer.err.retry_after_ms, 1000);
    assert_int_equal(answer.script.at, 4);
    answer_done(&answer);
}

static void r11_busy_server_that_names_no_time_is_not_retried(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .status = 503 }, { .body = "{}" } };

    struct answer answer = ask_plain(steps, 2, "GET", secret_path);

    assert_int_equal(answer.err.code, RR_E_UNREACHABLE);
    assert_int_equal(answer.script.at, 1);
    answer_done(&answer);
}

/* Asks rr_kube_waited_as_asked, with a clock that stands: no wait of these would end by itself. */
static bool waited(struct rr_stop *stop, int64_t deadline_ms, enum rr_code code, int http_status,
                   struct rr_error *out_err)
{
    struct fake_clock fake = { .monotonic_ms = rr_clock_monotonic_ms(&rr_clock_system) };
    struct rr_clock clock = fake_clock(&fake);
    struct rr_kube_client client = { .clock = &clock };
    *out_err = (struct rr_error){ .code = code, .http_status = http_status, .retry_after_ms = 50000 };
    return rr_kube_waited_as_asked(&client, 0, deadline_ms, stop, out_err);
}

static void r11_waiting_ends_with_the_stop(void **state)
{
    (void)state;
    struct rr_stop stop;
    struct rr_error err;
    rr_stop_init(&stop, NULL);
    rr_stop_set(&stop);

    assert_false(waited(&stop, RR_DEADLINE_NEVER, RR_E_THROTTLED, 429, &err));

    assert_int_equal(err.code, RR_E_CANCELLED);
    rr_stop_done(&stop);
}

static void r11_no_request_waits_beyond_its_deadline_or_after_a_permanent_failure(void **state)
{
    (void)state;
    int64_t soon_ms = rr_clock_monotonic_ms(&rr_clock_system) + 40000;
    struct rr_stop stop;
    struct rr_error err;
    rr_stop_init(&stop, NULL);

    assert_false(waited(&stop, soon_ms, RR_E_THROTTLED, 429, &err));
    assert_int_equal(err.code, RR_E_THROTTLED);
    assert_false(waited(NULL, RR_DEADLINE_NEVER, RR_E_THROTTLED, 429, &err));
    assert_false(waited(&stop, RR_DEADLINE_NEVER, RR_E_DENIED, 403, &err));
    assert_false(waited(&stop, RR_DEADLINE_NEVER, RR_E_GONE, 504, &err));
    assert_false(waited(&stop, RR_DEADLINE_NEVER, RR_E_UNREACHABLE, 0, &err));

    rr_stop_done(&stop);
}

static void r14_interrupted_get_is_retried(void **state)
{
    (void)state;
    const struct kube_step steps[] = {
        { .end = KUBE_RESET }, { .body = "{\"half", .end = KUBE_CUT }, { .end = KUBE_RESET }, { .body = "{}" }
    };

    struct answer answer = ask_plain(steps, 4, "GET", secret_path);

    assert_ok(answer.ok, answer.err);
    assert_int_equal(answer.script.at, 4);
    answer_done(&answer);
}

static void r14_get_that_is_interrupted_each_time_fails(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .end = KUBE_RESET },
                                       { .status = 429, .headers = "Retry-After: 1\r\n", .end = KUBE_CLOSE },
                                       { .end = KUBE_RESET },
                                       { .end = KUBE_RESET },
                                       { .body = "{}" } };

    struct answer answer = ask_plain(steps, 5, "GET", secret_path);

    assert_int_equal(answer.err.code, RR_E_UNREACHABLE);
    assert_int_equal(answer.err.cause, RR_CAUSE_BROKEN);
    assert_int_equal(answer.script.at, 4);
    answer_done(&answer);
}

static void r14_write_is_not_sent_again(void **state)
{
    (void)state;
    const struct kube_step resets[] = { { .end = KUBE_RESET }, { .body = "{}" } };
    const struct kube_step refusals[] = { { .status = 429, .headers = "Retry-After: 1\r\n" }, { .body = "{}" } };

    struct answer reset = ask_plain(resets, 2, "PATCH", status_path);
    struct answer refused = ask_plain(refusals, 2, "PATCH", status_path);

    assert_int_equal(reset.err.code, RR_E_UNREACHABLE);
    assert_int_equal(reset.script.at, 1);
    assert_int_equal(refused.err.code, RR_E_THROTTLED);
    assert_int_equal(refused.script.at, 1);
    answer_done(&reset);
    answer_done(&refused);
}

static void f52_refused_access_names_what_to_grant(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .status = 403,
                                         .body = "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"message\":"
                                                 "\"User \\\"system:canary\\\" cannot patch\"}" } };

    struct answer answer = ask_plain(steps, 1, "PATCH", status_path);

    assert_int_equal(answer.err.code, RR_E_DENIED);
    assert_int_equal(answer.err.http_status, 403);
    assert_string_equal(answer.err.message,
                        "patch redisrestores/status.redisrestore.dev r in namespace shop: the API server refused the "
                        "request (403): grant the verb \"patch\" on \"redisrestores/status\" in API group "
                        "\"redisrestore.dev\" by a Role or ClusterRole");
    assert_non_null(strstr(answer.err.detail, "system:canary"));
    answer_done(&answer);
}

static void reply_over_its_cap_is_an_error(void **state)
{
    (void)state;
    char body[5000];
    memset(body, 'x', sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    const struct kube_step steps[] = { { .body = body } };

    struct answer answer = ask_plain(steps, 1, "GET", secret_path);

    assert_int_equal(answer.err.code, RR_E_TOO_BIG);
    answer_done(&answer);
}

static void deadline_ends_a_request(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_silent, NULL);
    struct kube_fixture fixture;
    kube_fixture_init(&fixture, server, NULL);
    kube_fixture_connect(&fixture);
    rr_auto(buf) body = RR_BUF(100);
    struct rr_error err;
    struct rr_kube_request request = { .method = "GET",
                                       .path = secret_path,
                                       .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 100 };

    assert_false(rr_kube_call(fixture.client, &request, &fixture.stop, &body, &err));

    assert_int_equal(err.code, RR_E_TIMEOUT);
    kube_fixture_done(&fixture);
    test_server_stop(server);
}

static int64_t told(void *context)
{
    return *(const int64_t *)context;
}

/* A PATCH under a guard that allows it until then, with 20 s of its own. */
static bool patch_until(struct test_server *server, struct rr_clock clock, int64_t until_ms, struct rr_error *err)
{
    struct kube_fixture fixture;
    kube_fixture_init(&fixture, server, NULL);
    fixture.clock = clock;
    kube_fixture_connect(&fixture);
    rr_auto(buf) body = RR_BUF(100);
    struct rr_kube_guard guard = { &until_ms, told };
    struct rr_kube_request request = { .method = "PATCH",
                                       .path = status_path,
                                       .body = RR_LIT("{}"),
                                       .content_type = "application/apply-patch+yaml",
                                       .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 20000,
                                       .guard = &guard };
    bool done = rr_kube_call(fixture.client, &request, &fixture.stop, &body, err);
    kube_fixture_done(&fixture);
    return done;
}

static void l10_write_is_sent_while_the_guard_allows_it(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_ok, NULL);
    struct rr_error err;

    assert_ok(patch_until(server, rr_clock_system, RR_DEADLINE_NEVER, &err), err);
    assert_ok(patch_until(server, rr_clock_system, rr_clock_monotonic_ms(&rr_clock_system) + 20000, &err), err);

    assert_int_equal(test_server_requests(server), 2);
    test_server_stop(server);
}

static void l10_forbidden_write_does_not_leave_the_process(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_ok, NULL);
    struct rr_error err;

    assert_false(patch_until(server, rr_clock_system, rr_clock_monotonic_ms(&rr_clock_system), &err));

    assert_int_equal(err.code, RR_E_CANCELLED);
    assert_non_null(strstr(err.message, "another replica may hold the Lease"));
    assert_int_equal(test_server_connections(server), 0);
    test_server_stop(server);
}

static void l10_write_is_cancelled_when_the_guard_ends(void **state)
{
    (void)state;
    struct test_server *server = test_server_start(test_script_ok, NULL);
    struct rr_error err;

    /* By the client's clock there is time left; the loop's clock is beyond the guard's end, and not beyond 20 s. */
    assert_false(patch_until(server, kube_late_clock, rr_clock_monotonic_ms(&rr_clock_system) - 1, &err));

    assert_int_equal(err.code, RR_E_TIMEOUT);
    test_server_stop(server);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reply_is_the_body),
    cmocka_unit_test(request_has_user_agent_and_accept_header),
    cmocka_unit_test(requests_are_counted_by_code_method_and_host),
    cmocka_unit_test(request_without_an_answer_is_counted_as_an_error),
    cmocka_unit_test(k08_token_does_not_go_to_a_plain_server),
    cmocka_unit_test(k08_token_goes_to_a_trusted_server),
    cmocka_unit_test(server_with_another_ca_gets_nothing),
    cmocka_unit_test(k05_server_name_is_what_the_certificate_must_say),
    cmocka_unit_test(k07_client_certificate_is_shown),
    cmocka_unit_test(r22_refused_token_is_read_again_and_retried_once),
    cmocka_unit_test(r22_refused_token_that_is_still_the_same_is_not_retried),
    cmocka_unit_test(r22_second_refusal_is_final),
    cmocka_unit_test(r11_get_is_retried_at_the_requested_time),
    cmocka_unit_test(r09_get_is_retried_three_times_at_most),
    cmocka_unit_test(r11_busy_server_that_names_no_time_is_not_retried),
    cmocka_unit_test(r11_waiting_ends_with_the_stop),
    cmocka_unit_test(r11_no_request_waits_beyond_its_deadline_or_after_a_permanent_failure),
    cmocka_unit_test(r14_interrupted_get_is_retried),
    cmocka_unit_test(r14_get_that_is_interrupted_each_time_fails),
    cmocka_unit_test(r14_write_is_not_sent_again),
    cmocka_unit_test(f52_refused_access_names_what_to_grant),
    cmocka_unit_test(reply_over_its_cap_is_an_error),
    cmocka_unit_test(deadline_ends_a_request),
    cmocka_unit_test(l10_write_is_sent_while_the_guard_allows_it),
    cmocka_unit_test(l10_forbidden_write_does_not_leave_the_process),
    cmocka_unit_test(l10_write_is_cancelled_when_the_guard_ends),
};
RR_TEST_MAIN(tests)
