/* SPDX-License-Identifier: Apache-2.0 */
#include "api_fixture.h"

#include "restore_read.h"
#include "restore_secret.h"

static const char secret_json[] =
    "{\"kind\":\"Secret\",\"data\":{\"access-key-id\":\"QUtJQQ==\",\"secret-access-key\":\"c2VjcmV0\"}}";

struct outcome {
    bool ok;
    struct rr_credentials *credentials;
    struct rr_error err;
};

static struct api api;

static struct outcome read_against(int status, const char *body)
{
    struct outcome outcome = { 0 };
    struct api_reply reply = { status, body, NULL };
    memset(&api, 0, sizeof(api));
    api_start(&api, &reply, 1);
    struct rr_restore_reading reading = { .client = api.client,
                                          .namespace_name = RR_LIT("shop"),
                                          .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 20000 };
    struct rr_restore_secret secret = { 0 };
    outcome.ok = rr_restore_secret_read(&reading, RR_LIT("reader"), &secret, &outcome.err);
    outcome.credentials = secret.credentials;
    api_stop(&api);
    return outcome;
}

static void secret_is_read_in_the_objects_namespace_by_one_get(void **state)
{
    (void)state;
    struct outcome outcome = read_against(200, secret_json);

    assert_ok(outcome.ok, outcome.err);
    assert_slice(rr_credentials_access_key_id(outcome.credentials), "AKIA");
    assert_int_equal(api.asked, 1);
    static const char line[] = "GET /api/v1/namespaces/shop/secrets/reader HTTP/1.1\r\n";
    assert_memory_equal(api.requests[0], line, sizeof(line) - 1);
    rr_credentials_unref(outcome.credentials);
}

static void missing_secret_is_named(void **state)
{
    (void)state;
    struct outcome outcome = read_against(404, "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"code\":404}");

    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_SECRET_NOT_FOUND);
    assert_string_equal(outcome.err.message, "Secret reader does not exist in namespace shop");
}

static void forbidden_secret_names_what_to_grant(void **state)
{
    (void)state;
    struct outcome outcome = read_against(403, "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"code\":403}");

    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_SECRET_NOT_FOUND);
    assert_non_null(strstr(outcome.err.message, "lacks \"get\" on secrets in namespace shop"));
}

static void server_that_cannot_answer_is_not_taken_for_a_missing_secret(void **state)
{
    (void)state;
    struct outcome outcome = read_against(503, "{}");

    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_API_SERVER);
}

static void r27_read_that_was_stopped_does_not_blame_the_api_server(void **state)
{
    (void)state;
    struct rr_error stopped, unreachable;
    rr_error_set(&stopped, RR_E_CANCELLED, "the request was cancelled");
    rr_error_set(&unreachable, RR_E_UNREACHABLE, "no connection");

    rr_restore_read_blame(&stopped);
    rr_restore_read_blame(&unreachable);

    assert_int_equal(stopped.code, RR_E_CANCELLED);
    assert_int_equal(unreachable.code, RR_E_API_SERVER);
}

static void f49_odd_reply_shows_no_value(void **state)
{
    (void)state;
    struct outcome outcome =
        read_against(200, "{\"data\":{\"access-key-id\":\"QUtJQQ==\",\"secret-access-key\":\"c2VjcmV0\"}");

    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_API_SERVER);
    assert_null(strstr(outcome.err.message, "c2Vj"));
    assert_null(strstr(outcome.err.detail, "c2Vj"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(secret_is_read_in_the_objects_namespace_by_one_get),
    cmocka_unit_test(missing_secret_is_named),
    cmocka_unit_test(forbidden_secret_names_what_to_grant),
    cmocka_unit_test(server_that_cannot_answer_is_not_taken_for_a_missing_secret),
    cmocka_unit_test(r27_read_that_was_stopped_does_not_blame_the_api_server),
    cmocka_unit_test(f49_odd_reply_shows_no_value),
};
RR_TEST_MAIN(tests)
