/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/json_raw.h>

#include <redisrestore/text/json.h>

#include "support/test.h"

#include <stdlib.h>

static void raw_members_keep_their_spelling(void **state)
{
    (void)state;
    static const char *const names[] = { "text", "object", "list", "number", "yes", "none", "absent" };
    struct rr_slice values[RR_COUNT(names)];
    struct rr_slice json =
        RR_LIT(" {\"text\" : \"a}\\\"]\" ,\"object\":{\"text\":\"inner\",\"list\":[\"}\"]},\"list\": [1, {}] , "
               "\"number\":-12,\"yes\":true\n,\"none\":null } ");

    rr_json_raw_members(json, names, RR_COUNT(names), values);

    assert_slice(values[0], "\"a}\\\"]\"");
    assert_slice(values[1], "{\"text\":\"inner\",\"list\":[\"}\"]}");
    assert_slice(values[2], "[1, {}]");
    assert_slice(values[3], "-12");
    assert_slice(values[4], "true");
    assert_int_equal(values[5].len, 0);
    assert_int_equal(values[6].len, 0);
}

static void raw_string_ends_at_the_quotation_mark_that_is_not_escaped(void **state)
{
    (void)state;
    struct rr_slice json = RR_LIT("{\"a\":\"x\\\\\",\"b\":\"\\\\\\\"}\",\"c\":3}");

    assert_slice(rr_json_raw_member(json, "a"), "\"x\\\\\"");
    assert_slice(rr_json_raw_member(json, "b"), "\"\\\\\\\"}\"");
    assert_slice(rr_json_raw_member(json, "c"), "3");
}

static void raw_last_of_duplicates_wins(void **state)
{
    (void)state;

    assert_slice(rr_json_raw_member(RR_LIT("{\"a\":1,\"b\":2,\"a\":3}"), "a"), "3");
    assert_int_equal(rr_json_raw_member(RR_LIT("{\"a\":1,\"a\":null}"), "a").len, 0);
}

static void raw_member_of_a_value_that_is_no_object_is_absent(void **state)
{
    (void)state;
    const char *const texts[] = { "", "{}", "[]", "[{\"a\":1}]", "\"a\"", "7", "null", " { } ", "{\"A\":1,\"aa\":1}" };
    for (size_t i = 0; i < RR_COUNT(texts); i++)
        assert_int_equal(rr_json_raw_member(rr_slice_from(texts[i]), "a").len, 0);
}

static void raw_elements_come_in_order(void **state)
{
    (void)state;
    struct rr_slice array = RR_LIT(" [ {\"a\":[1,2]} , \"x,]\",3 ] "), element;

    assert_true(rr_json_raw_next(&array, &element));
    assert_slice(element, "{\"a\":[1,2]}");
    assert_true(rr_json_raw_next(&array, &element));
    assert_slice(element, "\"x,]\"");
    assert_true(rr_json_raw_next(&array, &element));
    assert_slice(element, "3");
    assert_false(rr_json_raw_next(&array, &element));

    struct rr_slice none[] = { RR_LIT("[]"), RR_LIT("{\"a\":1}"), RR_LIT("7"), { 0 } };
    for (size_t i = 0; i < RR_COUNT(none); i++)
        assert_false(rr_json_raw_next(&none[i], &element));
}

static void raw_text_is_that_of_a_plain_string(void **state)
{
    (void)state;

    assert_slice(rr_json_raw_text(RR_LIT("\"caf\xc3\xa9\"")), "caf\xc3\xa9");
    assert_int_equal(rr_json_raw_text(RR_LIT("\"\"")).len, 0);
    assert_int_equal(rr_json_raw_text(RR_LIT("\"a\\u0062\"")).len, 0);
    assert_int_equal(rr_json_raw_text(RR_LIT("12")).len, 0);
    assert_int_equal(rr_json_raw_text((struct rr_slice){ 0 }).len, 0);
}

/* Unchecked text may be read wrong, but only within its bounds. */
static void raw_cut_text_is_no_crash(void **state)
{
    (void)state;
    static const char whole[] = "{\"a\":{\"b\":[\"x\\\"\",{}]},\"c\":\"\\\\\",\"d\":[1,2]}";
    for (size_t len = 0; len < sizeof(whole); len++) {
        char *cut = strndup(whole, len);
        struct rr_slice text = { cut, len }, element;
        (void)rr_json_raw_member(text, "d");
        struct rr_slice list = rr_json_raw_member(rr_json_raw_member(text, "a"), "b");
        while (rr_json_raw_next(&list, &element))
            assert_true(element.ptr >= cut && element.ptr + element.len <= cut + len);
        free(cut);
    }
}

static void raw_check_refuses_what_parsing_refuses(void **state)
{
    (void)state;
    const char *const texts[] = { "{\"a\":1", "{\"a\":01}", "{'a':1}", "{} {}", "\xff" };
    struct rr_error err;
    assert_ok(rr_json_raw_check(RR_LIT("{\"a\":[true,null,-1.5e3]}"), &err), err);
    for (size_t i = 0; i < RR_COUNT(texts); i++) {
        assert_false(rr_json_raw_check(rr_slice_from(texts[i]), &err));
        assert_int_equal(err.code, RR_E_BAD_REPLY);
    }
}

static void raw_nul_in_a_text_is_taken_and_the_text_absent(void **state)
{
    (void)state;
    struct rr_slice text = RR_LIT("{\"a\":\"good\\u0000evil\",\"b\\u0000\":1,\"b\":\"c\"}");
    struct rr_error err;

    assert_ok(rr_json_raw_check(text, &err), err);

    assert_slice(rr_json_raw_text(rr_json_raw_member(text, "a")), "");
    assert_slice(rr_json_raw_text(rr_json_raw_member(text, "b")), "c");
}

static void raw_unescape_gives_what_a_tree_gives(void **state)
{
    (void)state;
    static const struct {
        const char *json, *text;
    } strings[] = {
        { "\"\"", "" },
        { "\"plain\"", "plain" },
        { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
        { "\"a\\u003cb\\u003Ec\"", "a<b>c" },
        { "\"\\u0001\\u007f\\u0080\\u07ff\\u0800\\uffff\"", "\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf" },
        { "\"\\ud83d\\ude00\\udbff\\udfff\\ud800\\udc00\"", "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\xf0\x90\x80\x80" },
        { "\"\\\\u0041\"", "\\u0041" },
    };
    for (size_t i = 0; i < RR_COUNT(strings); i++) {
        struct rr_error err;
        rr_auto(json) json = { 0 };
        rr_auto(buf) text = RR_BUF(64);
        assert_ok(rr_json_parse(rr_slice_from(strings[i].json), &json, &err), err);

        assert_true(rr_json_raw_unescape(rr_slice_from(strings[i].json), &text));

        assert_string_equal(rr_buf_text(&text), strings[i].text);
        assert_true(rr_slice_equals(rr_buf_slice(&text), rr_json_text(json.root)));
    }
}

static void raw_unescape_refuses_nul_half_a_pair_and_no_string(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "\"",
        "7",
        "null",
        "{}",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800x\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\\ud800\"",
        "\"\\udbff\\ue000\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\x\"",
        "\"\\\"",
    };
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        rr_auto(buf) text = RR_BUF(64);
        assert_false(rr_json_raw_unescape(rr_slice_from(bad[i]), &text));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(raw_unescape_gives_what_a_tree_gives),
    cmocka_unit_test(raw_unescape_refuses_nul_half_a_pair_and_no_string),
    cmocka_unit_test(raw_nul_in_a_text_is_taken_and_the_text_absent),
    cmocka_unit_test(raw_members_keep_their_spelling),
    cmocka_unit_test(raw_string_ends_at_the_quotation_mark_that_is_not_escaped),
    cmocka_unit_test(raw_last_of_duplicates_wins),
    cmocka_unit_test(raw_member_of_a_value_that_is_no_object_is_absent),
    cmocka_unit_test(raw_elements_come_in_order),
    cmocka_unit_test(raw_text_is_that_of_a_plain_string),
    cmocka_unit_test(raw_cut_text_is_no_crash),
    cmocka_unit_test(raw_check_refuses_what_parsing_refuses),
};
RR_TEST_MAIN(tests)
