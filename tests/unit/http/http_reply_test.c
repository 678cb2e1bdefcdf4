/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

static struct rr_http_reply reply_of(const char *headers)
{
    struct rr_http_reply reply = { .status = 200, .headers = RR_BUF(1 << 16) };
    rr_buf_add(&reply.headers, rr_slice_from(headers));
    return reply;
}

static void header_is_found_in_any_case_and_trimmed(void **state)
{
    (void)state;
    struct rr_http_reply reply = reply_of("Content-Type:  text/xml \nX-Amz-Request-Id: abc\n");
    struct rr_slice value;

    assert_true(rr_http_reply_header(&reply, "content-type", &value));
    assert_slice(value, "text/xml");
    assert_true(rr_http_reply_header(&reply, "X-AMZ-REQUEST-ID", &value));
    assert_slice(value, "abc");
    rr_http_reply_done(&reply);
}

static void header_first_of_two_is_taken(void **state)
{
    (void)state;
    struct rr_http_reply reply = reply_of("A: 1\nA: 2\n");
    struct rr_slice value;

    assert_true(rr_http_reply_header(&reply, "A", &value));
    assert_slice(value, "1");
    rr_http_reply_done(&reply);
}

static void header_that_only_begins_alike_is_not_found(void **state)
{
    (void)state;
    struct rr_http_reply reply = reply_of("Content-Types: x\nX: Content-Type: y\n");
    struct rr_slice value = RR_LIT("untouched");

    assert_false(rr_http_reply_header(&reply, "Content-Type", &value));
    assert_slice(value, "untouched");
    rr_http_reply_done(&reply);
}

static void r11_retry_after_is_whole_seconds_up_to_a_minute(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        uint32_t ms;
    } cases[] = {
        { "Retry-After: 0\n", 0 },
        { "retry-after: 7\n", 7000 },
        { "Retry-After: 60\n", 60000 },
        { "Retry-After: 61\n", 60000 },
        { "Retry-After: 18446744073709551615\n", 60000 },
        { "Retry-After: 18446744073709551616\n", 0 },
        { "Retry-After: -1\n", 0 },
        { "Retry-After: 1.5\n", 0 },
        { "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\n", 0 },
        { "Retry-After:\n", 0 },
        { "", 0 },
    };

    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_http_reply reply = reply_of(cases[i].headers);
        assert_int_equal(rr_http_reply_retry_after_ms(&reply), cases[i].ms);
        rr_http_reply_done(&reply);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(header_is_found_in_any_case_and_trimmed),
    cmocka_unit_test(header_first_of_two_is_taken),
    cmocka_unit_test(header_that_only_begins_alike_is_not_found),
    cmocka_unit_test(r11_retry_after_is_whole_seconds_up_to_a_minute),
};

RR_TEST_MAIN(tests)
