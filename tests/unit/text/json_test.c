/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/json.h>
#include <redisrestore/text/json_canonical.h>

#include "support/freed.h"
#include "support/test.h"

static bool refused(struct rr_slice text, struct rr_error *err)
{
    rr_auto(json) json = { 0 };
    *err = (struct rr_error){ 0 };
    return !rr_json_parse(text, &json, err) && err->code == RR_E_BAD_REPLY && json.root == NULL;
}

static void parse(struct rr_json *json, const char *text)
{
    struct rr_error err = { 0 };
    assert_ok(rr_json_parse(rr_slice_from(text), json, &err), err);
}

static void json_reads_members_of_every_kind(void **state)
{
    (void)state;
    rr_auto(json) json = { 0 };
    parse(&json, " {\"text\":\"a\\u00e9\\\"\\n\", \"number\":-12, \"yes\":true, \"no\":false, \"list\":[1,[],{}], "
                 "\"in\":{\"to\":{\"x\":\"y\"}}} \r\n");
    int64_t number = 0;
    bool yes = false, no = true;

    assert_slice(rr_json_text(rr_json_member(json.root, "text")), "a\xc3\xa9\"\n");
    assert_true(rr_json_int64(rr_json_member(json.root, "number"), &number));
    assert_int_equal(number, -12);
    assert_true(rr_json_bool(rr_json_member(json.root, "yes"), &yes) && yes);
    assert_true(rr_json_bool(rr_json_member(json.root, "no"), &no) && !no);
    assert_true(rr_json_is_array(rr_json_member(json.root, "list")));
    assert_slice(rr_json_text(rr_json_path(json.root, "in", "to", "x", NULL)), "y");
}

static void json_walks_elements_and_names(void **state)
{
    (void)state;
    rr_auto(json) json = { 0 };
    parse(&json, "{\"a\":[\"x\",\"y\"],\"b\":2}");
    const struct rr_json_node *first = rr_json_first(json.root);
    const struct rr_json_node *element = rr_json_first(first);

    assert_string_equal(rr_json_name(first), "a");
    assert_string_equal(rr_json_name(rr_json_next(first)), "b");
    assert_null(rr_json_next(rr_json_next(first)));
    assert_slice(rr_json_text(element), "x");
    assert_slice(rr_json_text(rr_json_next(element)), "y");
    assert_null(rr_json_name(element));
    assert_null(rr_json_first(element));
    assert_ptr_equal(rr_json_first_member(json.root), first);
    assert_null(rr_json_first_member(first)); /* its elements have no names */
    assert_null(rr_json_first_member(element));
    assert_null(rr_json_first_member(NULL));
}

static void json_absent_is_never_a_crash(void **state)
{
    (void)state;
    rr_auto(json) json = { 0 };
    parse(&json, "{\"text\":\"a\",\"none\":null}");
    int64_t number = 7;
    bool flag = true;

    assert_null(rr_json_member(json.root, "none"));
    assert_null(rr_json_path(json.root, "none", "deeper", NULL));
    assert_null(rr_json_path(json.root, "text", "deeper", NULL));
    assert_int_equal(rr_json_text(NULL).len, 0);
    assert_false(rr_json_int64(NULL, &number) || rr_json_bool(NULL, &flag));
    assert_false(rr_json_is_object(NULL) || rr_json_is_array(NULL) || rr_json_is_text(NULL));
    assert_null(rr_json_first(NULL));
    assert_null(rr_json_next(NULL));
    assert_int_equal(number, 7);
}

static void json_values_of_another_kind_are_absent(void **state)
{
    (void)state;
    rr_auto(json) json = { 0 };
    parse(&json, "{\"number\":\"12\",\"flag\":\"true\",\"text\":12}");
    int64_t number;
    bool flag;

    assert_false(rr_json_int64(rr_json_member(json.root, "number"), &number));
    assert_false(rr_json_bool(rr_json_member(json.root, "flag"), &flag));
    assert_int_equal(rr_json_text(rr_json_member(json.root, "text")).len, 0);
}

static void r17_last_of_duplicate_names_wins(void **state)
{
    (void)state;
    rr_auto(json) json = { 0 };
    parse(&json, "{\"a\":\"first\",\"b\":\"x\",\"a\":\"last\",\"b\":null}");

    assert_slice(rr_json_text(rr_json_member(json.root, "a")), "last");
    assert_null(rr_json_member(json.root, "b"));
}

static void json_names_match_by_case(void **state)
{
    (void)state;
    rr_auto(json) json = { 0 };
    parse(&json, "{\"Kind\":\"upper\",\"kind\":\"lower\",\"KIND\":\"loud\"}");

    assert_slice(rr_json_text(rr_json_member(json.root, "kind")), "lower");
    assert_null(rr_json_member(json.root, "kinD"));
}

/* cJSON accepts nearly all of these. */
static void json_refuses_what_is_not_json(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "[}",
        "{]",
        "{\"a\":1",
        "{\"a\":1}x",
        "{\"a\":1} {}",
        "{}[]",
        "1 2",
        "[1 2]",
        "[1,]",
        "[,1]",
        "{,}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{\"a\":}",
        "{a:1}",
        "{1:1}",
        "{\"a\":1 \"b\":2}",
        "01",
        "-",
        "-01",
        "1.",
        ".5",
        "+1",
        "1e",
        "1e+",
        "0x10",
        "NaN",
        "Infinity",
        "nul",
        "nulls",
        "True",
        "'a'",
        "\"a",
        "\"a\\",
        "\"\\x41\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"a\tb\"",
        "\"a\nb\"",
        "\"\x01\"",
        "\"\x7f\xff\"",
        "\xef\xbb\xbf{}",
        "/* */ {}",
        "{} // x",
        "[1]]",
        "<html>",
    };
    struct rr_error err;

    for (size_t i = 0; i < RR_COUNT(texts); i++)
        if (!refused(rr_slice_from(texts[i]), &err))
            fail_msg("accepted: %s", texts[i]);
}

static void json_refuses_nul_in_any_form(void **state)
{
    (void)state;
    struct rr_error err;

    assert_true(refused(RR_LIT("{\"a\":\"good\\u0000evil\"}"), &err));
    assert_true(refused(RR_LIT("{\"a\\u0000b\":1}"), &err));
    assert_true(refused(RR_LIT("{\"a\":\"good\0evil\"}"), &err));
    assert_true(refused(RR_LIT("{}\0"), &err));
}

static void json_takes_an_escaped_backslash_before_u0000_as_text(void **state)
{
    (void)state;
    rr_auto(json) json = { 0 };

    parse(&json, "[\"\\\\u0000\"]");

    assert_slice(rr_json_text(rr_json_first(json.root)), "\\u0000");
}

static void json_refuses_bad_utf8(void **state)
{
    (void)state;
    static const char *const texts[] = { "\"\xff\"",     "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
                                         "\"\xe2\x82\"", "{\"\xfe\":1}" };
    struct rr_error err;

    for (size_t i = 0; i < RR_COUNT(texts); i++)
        assert_true(refused(rr_slice_from(texts[i]), &err));
}

static void json_message_quotes_nothing(void **state)
{
    (void)state;
    struct rr_error err;

    assert_true(refused(RR_LIT("{\"token\":\"hunter2\" oops}"), &err));

    assert_null(strstr(err.message, "hunter2"));
    assert_null(strstr(err.message, "oops"));
    assert_null(strstr(err.detail, "hunter2"));
}

static void nested(struct rr_buf *text, int depth)
{
    rr_buf_clear(text);
    for (int i = 0; i < depth; i++)
        rr_buf_add(text, i % 2 == 0 ? RR_LIT("[") : RR_LIT("{\"a\":"));
    rr_buf_add(text, RR_LIT("1"));
    for (int i = depth; i-- > 0;)
        rr_buf_add(text, i % 2 == 0 ? RR_LIT("]") : RR_LIT("}"));
}

static void r17_depth_over_the_limit_is_refused(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(1 << 20);
    rr_auto(json) json = { 0 };
    struct rr_error err = { 0 };

    nested(&text, RR_JSON_DEPTH_MAX);
    assert_ok(rr_json_parse(rr_buf_slice(&text), &json, &err), err);
    nested(&text, RR_JSON_DEPTH_MAX + 1);
    assert_true(refused(rr_buf_slice(&text), &err));
    nested(&text, 100000);
    assert_true(refused(rr_buf_slice(&text), &err));
}

static void json_int64_is_exact_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool fits;
        int64_t value;
    } numbers[] = {
        { "0", true, 0 },
        { "-0", true, 0 },
        { "1e3", true, 1000 },
        { "2147483648", true, INT64_C(2147483648) },
        { "5497558138880", true, INT64_C(5497558138880) }, /* 5 TiB, the largest object */
        { "9007199254740991", true, INT64_C(9007199254740991) },
        { "-9007199254740991", true, INT64_C(-9007199254740991) },
        { "9007199254740992", false, 0 },
        { "9007199254740993", false, 0 }, /* would be read as ...992 */
        { "-9007199254740993", false, 0 },
        { "1.5", false, 0 },
        { "1e300", false, 0 },
        { "1e999", false, 0 },
        { "18446744073709551616", false, 0 },
    };

    for (size_t i = 0; i < RR_COUNT(numbers); i++) {
        rr_auto(json) json = { 0 };
        int64_t value = 0;
        parse(&json, numbers[i].text);
        assert_int_equal(rr_json_int64(json.root, &value), numbers[i].fits);
        assert_true(value == numbers[i].value);
    }
}

static void json_done_accepts_what_was_never_parsed(void **state)
{
    (void)state;
    struct rr_json json = { 0 };

    rr_json_done(&json);
    rr_json_done(NULL);
}

static void f49_wiped_tree_leaves_no_text(void **state)
{
    (void)state;
    struct rr_json json = { 0 };
    struct rr_error err;
    assert_ok(
        rr_json_parse(RR_LIT("{\"data\":{\"key\":\"a value that is longer than what an allocator keeps there\"}}"),
                      &json, &err),
        err);
    struct rr_slice value = rr_json_text(rr_json_path(json.root, "data", "key", NULL));
    assert_true(test_memory_has(value.ptr, value.len, "longer than what"));

    rr_json_wipe(&json);
    rr_json_done(&json);

    assert_false(test_memory_has(value.ptr, value.len, "longer than what"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f49_wiped_tree_leaves_no_text),
    cmocka_unit_test(json_reads_members_of_every_kind),
    cmocka_unit_test(json_walks_elements_and_names),
    cmocka_unit_test(json_absent_is_never_a_crash),
    cmocka_unit_test(json_values_of_another_kind_are_absent),
    cmocka_unit_test(r17_last_of_duplicate_names_wins),
    cmocka_unit_test(json_names_match_by_case),
    cmocka_unit_test(json_refuses_what_is_not_json),
    cmocka_unit_test(json_refuses_nul_in_any_form),
    cmocka_unit_test(json_takes_an_escaped_backslash_before_u0000_as_text),
    cmocka_unit_test(json_refuses_bad_utf8),
    cmocka_unit_test(json_message_quotes_nothing),
    cmocka_unit_test(r17_depth_over_the_limit_is_refused),
    cmocka_unit_test(json_int64_is_exact_or_refused),
    cmocka_unit_test(json_done_accepts_what_was_never_parsed),
};

RR_TEST_MAIN(tests)
