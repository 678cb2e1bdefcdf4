/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/yaml_json.h>

#include "support/test.h"

static bool convert(const char *yaml_text, struct rr_buf *json, struct rr_error *err)
{
    rr_auto(yaml) yaml = { 0 };
    assert_ok(rr_yaml_parse(rr_slice_from(yaml_text), &yaml, err), *err);
    return rr_yaml_to_json(yaml.root, json, err);
}

static void types_follow_the_spelling(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "{a: 1, b: -2.5e3, c: true, d: false}", "{\"a\":1,\"b\":-2.5e3,\"c\":true,\"d\":false}" },
        { "{a: '1', b: \"true\", c: !!str 1}", "{\"a\":\"1\",\"b\":\"true\",\"c\":\"1\"}" },
        { "{a: 01, b: 1x, c: yes, d: -, e: 1.}", "{\"a\":\"01\",\"b\":\"1x\",\"c\":\"yes\",\"d\":\"-\",\"e\":\"1.\"}" },
        { "{a: null, b: ~, c: '', d: }", "{\"a\":null,\"b\":null,\"c\":\"\",\"d\":null}" },
        { "[a, [1, {}], []]", "[\"a\",[1,{}],[]]" },
        { "{a: &x {b: 1}, c: *x}", "{\"a\":{\"b\":1},\"c\":{\"b\":1}}" },
        { "{a: 1, a: 2}", "{\"a\":2}" },
        { "{'q\"': \"x\\ny\"}", "{\"q\\\"\":\"x\\ny\"}" },
        { "", "null" },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        rr_auto(buf) json = RR_BUF(1000);
        struct rr_error err = { 0 };
        assert_ok(convert(rows[i][0], &json, &err), err);
        assert_string_equal(rr_buf_text(&json), rows[i][1]);
    }
}

static void depth_has_a_limit(void **state)
{
    (void)state;
    rr_auto(buf) good = RR_BUF(1000), bad = RR_BUF(1000), small = RR_BUF(3);
    struct rr_error err = { 0 };

    assert_ok(convert("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", &good, &err), err);
    assert_false(convert("[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]", &bad, &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_false(convert("[a, b]", &small, &err));
    assert_int_equal(err.code, RR_E_TOO_BIG);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(types_follow_the_spelling),
    cmocka_unit_test(depth_has_a_limit),
};
RR_TEST_MAIN(tests)
