/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"
#include "support/test.h"

static struct rr_error fail_with(int http_status, const char *body)
{
    struct rr_error err = { 0 };
    assert_false(rr_kube_status_fail(http_status, rr_slice_from(body), &err));
    return err;
}

static struct rr_error fail_with_event(const char *status)
{
    rr_auto(json) json = { 0 };
    struct rr_error err = { 0 };
    assert_ok(rr_json_parse(rr_slice_from(status), &json, &err), err);
    assert_false(rr_kube_status_event_fail(json.root, &err));
    return err;
}

static void each_status_has_its_code(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum rr_code code;
    } rows[] = {
        { 400, RR_E_INVALID },     { 401, RR_E_UNAUTHENTICATED }, { 403, RR_E_DENIED },
        { 404, RR_E_NOT_FOUND },   { 409, RR_E_CONFLICT },        { 410, RR_E_GONE },
        { 413, RR_E_TOO_BIG },     { 422, RR_E_INVALID },         { 429, RR_E_THROTTLED },
        { 500, RR_E_UNREACHABLE }, { 503, RR_E_UNREACHABLE },     { 504, RR_E_UNREACHABLE },
        { 302, RR_E_BAD_REPLY },   { 418, RR_E_BAD_REPLY },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct rr_error err = fail_with(rows[i].status, "{\"kind\":\"Status\",\"reason\":\"Whatever\"}");
        assert_string_equal(rr_code_name(err.code), rr_code_name(rows[i].code));
        assert_int_equal(err.http_status, rows[i].status);
    }
}

static void r25_body_that_is_no_status_is_no_parse_error(void **state)
{
    (void)state;
    const char *const bodies[] = { "404 page not found\n", "", "<html>", "[1]", "{\"kind\":\"Other\"}", "{\"kind\":" };
    for (size_t i = 0; i < RR_COUNT(bodies); i++)
        assert_int_equal(fail_with(404, bodies[i]).code, RR_E_NOT_FOUND);
}

static void conflict_and_already_exists_differ_by_reason(void **state)
{
    (void)state;
    assert_int_equal(fail_with(409, "{\"kind\":\"Status\",\"reason\":\"AlreadyExists\"}").code, RR_E_ALREADY_EXISTS);
    assert_int_equal(fail_with(409, "{\"kind\":\"Status\",\"reason\":\"Conflict\"}").code, RR_E_CONFLICT);
    assert_int_equal(fail_with(409, "{\"kind\":\"Other\",\"reason\":\"AlreadyExists\"}").code, RR_E_CONFLICT);
}

static void r09_version_too_large_counts_as_expired(void **state)
{
    (void)state;
    const char *cause = "{\"kind\":\"Status\",\"reason\":\"Timeout\",\"details\":{\"retryAfterSeconds\":1,\"causes\":"
                        "[{\"reason\":\"Other\"},{\"reason\":\"ResourceVersionTooLarge\"}]}}";
    assert_int_equal(fail_with(504, cause).code, RR_E_GONE);
    assert_int_equal(fail_with(429, cause).code, RR_E_GONE);
    assert_int_equal(
        fail_with(504, "{\"kind\":\"Status\",\"message\":\"Too large resource version: 9, current: 8\"}").code,
        RR_E_GONE);
    assert_int_equal(fail_with(504, "{\"kind\":\"Status\",\"reason\":\"Timeout\"}").code, RR_E_UNREACHABLE);
}

static void r11_retry_after_is_at_most_a_minute(void **state)
{
    (void)state;
    const struct {
        const char *seconds;
        uint32_t ms;
    } rows[] = { { "7", 7000 }, { "60", 60000 }, { "61", 60000 }, { "-1", 0 }, { "0", 0 }, { "\"5\"", 0 } };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        char body[128];
        (void)snprintf(body, sizeof(body), "{\"kind\":\"Status\",\"details\":{\"retryAfterSeconds\":%s}}",
                       rows[i].seconds);
        assert_int_equal(fail_with(429, body).retry_after_ms, rows[i].ms);
    }
}

static void text_of_the_server_goes_to_the_detail_only(void **state)
{
    (void)state;

    struct rr_error err =
        fail_with(422, "{\"kind\":\"Status\",\"reason\":\"Invalid\",\"message\":\"field x: canary\"}");

    assert_null(strstr(err.message, "canary"));
    assert_non_null(strstr(err.detail, "Invalid: field x: canary"));
}

static void r08_error_event_expired_is_gone(void **state)
{
    (void)state;
    assert_int_equal(fail_with_event("{\"kind\":\"Status\",\"code\":410,\"reason\":\"Gone\"}").code, RR_E_GONE);
    assert_int_equal(fail_with_event("{\"kind\":\"Status\",\"reason\":\"Expired\"}").code, RR_E_GONE);
    assert_int_equal(fail_with_event("{\"kind\":\"Status\",\"reason\":\"Gone\"}").code, RR_E_GONE);
}

static void r12_error_event_429_is_throttled(void **state)
{
    (void)state;
    assert_int_equal(fail_with_event("{\"kind\":\"Status\",\"code\":429,\"reason\":\"TooManyRequests\"}").code,
                     RR_E_THROTTLED);
}

static void r18_error_event_without_a_code_is_an_internal_error(void **state)
{
    (void)state;
    const char *const events[] = { "{}", "{\"kind\":\"Status\",\"code\":200}", "{\"kind\":\"Status\",\"code\":\"410\"}",
                                   "{\"kind\":\"Status\",\"code\":500}" };
    for (size_t i = 0; i < RR_COUNT(events); i++) {
        struct rr_error err = fail_with_event(events[i]);
        assert_int_equal(err.code, RR_E_UNREACHABLE);
        assert_int_equal(err.http_status, 500);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_status_has_its_code),
    cmocka_unit_test(r25_body_that_is_no_status_is_no_parse_error),
    cmocka_unit_test(conflict_and_already_exists_differ_by_reason),
    cmocka_unit_test(r09_version_too_large_counts_as_expired),
    cmocka_unit_test(r11_retry_after_is_at_most_a_minute),
    cmocka_unit_test(text_of_the_server_goes_to_the_detail_only),
    cmocka_unit_test(r08_error_event_expired_is_gone),
    cmocka_unit_test(r12_error_event_429_is_throttled),
    cmocka_unit_test(r18_error_event_without_a_code_is_an_internal_error),
};
RR_TEST_MAIN(tests)
