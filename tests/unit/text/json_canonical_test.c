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
    rr_buf_clear(&text);
    assert_true(rr_json_canonical_text(&text, rr_slice_from(json)));
    assert_string_equal(rr_buf_text(&text), expected);
}

static void members_are_sorted_by_name(void **state)
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

static void names_that_begin_alike_stand_in_order(void **state)
{
    (void)state;
    assert_canonical("{\"ab\":1,\"a!\":2,\"a\":3,\"\":4,\"b\":5,\"aa\":6}",
                     "{\"\":4,\"a\":3,\"a!\":2,\"aa\":6,\"ab\":1,\"b\":5}");
}

static void texts_have_our_escapes_alone(void **state)
{
    (void)state;
    assert_canonical("[\"\\u003c\\u0026\\/\\u0022\", \"\xe2\x80\xa8\\u2028\xc3\xa4\", \"\\ud83d\\ude00\\n\" ]",
                     "[\"<&/\\\"\",\"\\u2028\\u2028\xc3\xa4\",\"\xf0\x9f\x98\x80\\n\"]");
}

static void empty_containers_and_words_stay(void **state)
{
    (void)state;
    assert_canonical(" { \"d\" : [ ] , \"c\":{ } , \"b\" : null,\"a\":\"\" } ",
                     "{\"a\":\"\",\"b\":null,\"c\":{},\"d\":[]}");
}

static void text_keeps_every_digit(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(64);

    assert_true(rr_json_canonical_text(&text, RR_LIT("[9223372036854775807, 1.50]")));

    assert_string_equal(rr_buf_text(&text), "[9223372036854775807,1.50]");
}

static void text_without_one_spelling_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"a\":1,\"b\":2,\"a\":1}", "{\"\\u0061\":1}", "[{\"x\":\"\\u0000\"}]", "[\"\\ud800\"]", "[{\"a\":1,\"a\":1}]",
    };
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        rr_auto(buf) text = RR_BUF(256);
        assert_false(rr_json_canonical_text(&text, rr_slice_from(bad[i])));
    }
}

static void text_as_deep_as_a_writer_writes_is_accepted_and_no_deeper(void **state)
{
    (void)state;
    rr_auto(buf) deep = RR_BUF(256), text = RR_BUF(256);
    for (int i = 0; i < RR_JSON_WRITE_DEPTH_MAX; i++)
        rr_buf_add_byte(&deep, '[');
    for (int i = 0; i < RR_JSON_WRITE_DEPTH_MAX; i++)
        rr_buf_add_byte(&deep, ']');
    assert_canonical(rr_buf_text(&deep), rr_buf_text(&deep));
    rr_auto(buf) deeper = RR_BUF(256);
    rr_buf_addf(&deeper, "[%s]", rr_buf_text(&deep));

    assert_false(rr_json_canonical_text(&text, rr_buf_slice(&deeper)));
}

static void tree_that_lies_deeper_is_written_as_null(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto(json) parsed = { 0 };
    rr_auto(buf) deep = RR_BUF(256), expected = RR_BUF(256), text = RR_BUF(256);
    for (int i = 0; i < RR_JSON_WRITE_DEPTH_MAX; i++)
        rr_buf_add_byte(&expected, '[');
    rr_buf_add(&deep, rr_buf_slice(&expected));
    rr_buf_add(&deep, RR_LIT("{\"a\":[1]}"));
    rr_buf_add(&expected, RR_LIT("null"));
    for (int i = 0; i < RR_JSON_WRITE_DEPTH_MAX; i++) {
        rr_buf_add_byte(&deep, ']');
        rr_buf_add_byte(&expected, ']');
    }
    assert_ok(rr_json_parse(rr_buf_slice(&deep), &parsed, &err), err);

    rr_json_canonical(&text, parsed.root);

    assert_string_equal(rr_buf_text(&text), rr_buf_text(&expected));
}

static void absent_value_writes_nothing(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(16);

    rr_json_canonical(&text, NULL);

    assert_int_equal(text.len, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(members_are_sorted_by_name),
    cmocka_unit_test(numbers_are_exact_below_two_to_the_53),
    cmocka_unit_test(names_that_begin_alike_stand_in_order),
    cmocka_unit_test(texts_have_our_escapes_alone),
    cmocka_unit_test(empty_containers_and_words_stay),
    cmocka_unit_test(text_keeps_every_digit),
    cmocka_unit_test(text_without_one_spelling_is_refused),
    cmocka_unit_test(text_as_deep_as_a_writer_writes_is_accepted_and_no_deeper),
    cmocka_unit_test(tree_that_lies_deeper_is_written_as_null),
    cmocka_unit_test(absent_value_writes_nothing),
};
RR_TEST_MAIN(tests)
