/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include <redisrestore/text/json_canonical.h>

static void assert_canonical(const char *json, const char *expected)
{
    struct rr_error err;
    rr_auto(json) parsed = { 0 };
    rr_auto(buf) text = RR_BUF(4096);
    assert_ok(rr_json_parse(rr_slice_from(json), &parsed, &err), err);

    rr_json_canonical(&text, parsed.root);

    assert_string_equal(rr_buf_text(&text), expected);
}

static void members_stand_by_name(void **state)
{
    (void)state;
    assert_canonical("{\"b\": {\"z\":1, \"a\":[2 , {\"y\":true,\"x\":false}]}, \"a\":\"t\"}",
                     "{\"a\":\"t\",\"b\":{\"a\":[2,{\"x\":false,\"y\":true}],\"z\":1}}");
}

static void numbers_are_exact_below_two_to_the_53(void **state)
{
    (void)state;
    assert_canonical("[9007199254740991,-5,0]", "[9007199254740991,-5,0]");
}

static void absent_is_nothing(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(16);

    rr_json_canonical(&text, NULL);

    assert_int_equal(text.len, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(members_stand_by_name),
    cmocka_unit_test(numbers_are_exact_below_two_to_the_53),
    cmocka_unit_test(absent_is_nothing),
};
RR_TEST_MAIN(tests)
