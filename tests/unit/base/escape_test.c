/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/escape.h>
#include <support/test.h>

static void check_text(struct rr_slice given, const char *expected)
{
    rr_auto(buf) out = RR_BUF(1000);
    rr_escape_text(&out, given, 1000);
    assert_string_equal(rr_buf_text(&out), expected);
}

static void check_json(struct rr_slice given, const char *expected)
{
    rr_auto(buf) out = RR_BUF(1000);
    rr_escape_json(&out, given);
    assert_string_equal(rr_buf_text(&out), expected);
}

static void check_logfmt(struct rr_slice given, const char *expected)
{
    rr_auto(buf) out = RR_BUF(1000);
    rr_escape_logfmt(&out, given);
    assert_string_equal(rr_buf_text(&out), expected);
}

static void text_leaves_what_is_harmless(void **state)
{
    (void)state;
    check_text(RR_LIT(""), "");
    check_text(RR_LIT("a b/~\"'=+%"), "a b/~\"'=+%");
    check_text(RR_LIT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
}

static void f48_text_escapes_controls_del_and_backslash(void **state)
{
    (void)state;
    check_text(RR_LIT("a\nb\r\t\0"), "a\\x0ab\\x0d\\x09\\x00");
    check_text(RR_LIT("\x1b[31m\x7f"), "\\x1b[31m\\x7f");
    check_text(RR_LIT("\\x0a"), "\\\\x0a");
}

static void f48_text_escapes_c1_separators_and_bidi(void **state)
{
    (void)state;
    check_text(RR_LIT("\xc2\x80\xc2\x9b\xc2\x9f"), "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f");
    check_text(RR_LIT("\xc2\xa0"), "\xc2\xa0");
    check_text(RR_LIT("\xe2\x80\xa8\xe2\x80\xa9"), "\\xe2\\x80\\xa8\\xe2\\x80\\xa9");
    check_text(RR_LIT("\xe2\x80\xae"), "\\xe2\\x80\\xae");
    check_text(RR_LIT("\xe2\x81\xa6\xe2\x81\xa9"), "\\xe2\\x81\\xa6\\xe2\\x81\\xa9");
    check_text(RR_LIT("\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f"), "\\xd8\\x9c\\xe2\\x80\\x8e\\xe2\\x80\\x8f");
}

static void text_escapes_bytes_that_are_not_utf8(void **state)
{
    (void)state;
    check_text(RR_LIT("a\xff\xfe"), "a\\xff\\xfe");
    check_text(RR_LIT("\xc3("), "\\xc3(");
    check_text(RR_LIT("\xed\xa0\x80"), "\\xed\\xa0\\x80");
    check_text(RR_LIT("x\xe2\x82"), "x\\xe2\\x82");
}

static void text_that_just_fits_is_not_cut(void **state)
{
    (void)state;
    rr_auto(buf) out = RR_BUF(100);
    rr_buf_add(&out, RR_LIT("before "));

    rr_escape_text(&out, RR_LIT("12345678"), 8);

    assert_string_equal(rr_buf_text(&out), "before 12345678");
}

static void text_one_byte_too_long_ends_in_dots(void **state)
{
    (void)state;
    rr_auto(buf) out = RR_BUF(100);
    rr_buf_add(&out, RR_LIT("before "));

    rr_escape_text(&out, RR_LIT("123456789"), 8);

    assert_string_equal(rr_buf_text(&out), "before 12345...");
}

static void text_cut_splits_neither_character_nor_escape(void **state)
{
    (void)state;
    for (size_t max = 0; max <= 30; max++) {
        rr_auto(buf) out = RR_BUF(100);
        rr_escape_text(&out, RR_LIT("\xe2\x82\xac\n\\\xe2\x80\xa8\xe2\x82\xac\x1f\xe2\x82\xac"), max);
        struct rr_slice got = rr_buf_slice(&out);

        assert_true(got.len <= max);
        assert_true(rr_slice_is_utf8(got));
        bool whole = got.len == 31;
        if (max >= 3 && !whole)
            assert_true(rr_slice_ends_with(got, RR_LIT("...")));
        for (size_t i = 0; i < got.len; i++) {
            if (got.ptr[i] != '\\')
                continue;
            size_t escape = i + 1 < got.len && got.ptr[i + 1] == '\\' ? 2 : 4;
            assert_true(i + escape <= got.len && (escape == 2 || (got.ptr[i + 3] != '.' && got.ptr[i + 2] != '.')));
            i += escape - 1;
        }
    }
}

static void text_without_room_for_dots_has_none(void **state)
{
    (void)state;
    rr_auto(buf) out = RR_BUF(100);

    rr_escape_text(&out, RR_LIT("abcdef"), 2);

    assert_true(out.len <= 2);
    assert_false(out.overflow);
}

static void json_escapes_what_json_must(void **state)
{
    (void)state;
    check_json(RR_LIT(""), "\"\"");
    check_json(RR_LIT("a\"b\\c/"), "\"a\\\"b\\\\c/\"");
    check_json(RR_LIT("\n\r\t"), "\"\\n\\r\\t\"");
    check_json(RR_LIT("\0\x01\x1f"), "\"\\u0000\\u0001\\u001f\"");
}

static void f48_json_escapes_del_c1_separators_and_bidi(void **state)
{
    (void)state;
    check_json(RR_LIT("\x7f\xc2\x80\xc2\x85\xc2\x9f\xc2\xa0"), "\"\\u007f\\u0080\\u0085\\u009f\xc2\xa0\"");
    check_json(RR_LIT("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9"), "\"\xe2\x80\xa7\\u2028\\u2029\"");
    check_json(RR_LIT("\xe2\x80\xae\xe2\x81\xa9"), "\"\\u202e\\u2069\"");
}

static void json_replaces_bytes_that_are_not_utf8(void **state)
{
    (void)state;
    check_json(RR_LIT("a\xff\xe2\x82z"), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
    check_json(RR_LIT("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"");
}

/* Each expectation was printed by the TextHandler of Go's log/slog. */
static void logfmt_leaves_plain_words_alone(void **state)
{
    (void)state;
    check_logfmt(RR_LIT("bucket"), "bucket");
    check_logfmt(RR_LIT("http://127.0.0.1:9000/a?b"), "http://127.0.0.1:9000/a?b");
    check_logfmt(RR_LIT("a\\b"), "a\\b");
    check_logfmt(RR_LIT("a'b`c{}[]<>&"), "a'b`c{}[]<>&");
    check_logfmt(RR_LIT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
}

static void logfmt_quotes_empty_space_quote_and_equals(void **state)
{
    (void)state;
    check_logfmt(RR_LIT(""), "\"\"");
    check_logfmt(RR_LIT("S3 client initialized"), "\"S3 client initialized\"");
    check_logfmt(RR_LIT("a=b"), "\"a=b\"");
    check_logfmt(RR_LIT("a\"b"), "\"a\\\"b\"");
    check_logfmt(RR_LIT("a b\\c"), "\"a b\\\\c\"");
}

static void f48_logfmt_escapes_what_does_not_print(void **state)
{
    (void)state;
    check_logfmt(RR_LIT("\n"), "\"\\n\"");
    check_logfmt(RR_LIT("\a\b\f\r\t\v"), "\"\\a\\b\\f\\r\\t\\v\"");
    check_logfmt(RR_LIT("\0\x1b\x7f"), "\"\\x00\\x1b\\x7f\"");
    check_logfmt(RR_LIT("\xc2\x85\xc2\xa0"), "\"\\u0085\\u00a0\"");
    check_logfmt(RR_LIT("\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6"), "\"\\u2028\\u202e\\u2066\"");
    check_logfmt(RR_LIT("\xe3\x80\x80\xef\xbb\xbf"), "\"\\u3000\\ufeff\"");
    check_logfmt(RR_LIT("\xf3\xa0\x80\x81"), "\"\\U000e0001\"");
}

static void logfmt_escapes_bytes_that_are_not_utf8(void **state)
{
    (void)state;
    check_logfmt(RR_LIT("a\xff"), "\"a\\xff\"");
    check_logfmt(RR_LIT("\xef\xbf\xbd"), "\"\xef\xbf\xbd\"");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(text_leaves_what_is_harmless),
    cmocka_unit_test(f48_text_escapes_controls_del_and_backslash),
    cmocka_unit_test(f48_text_escapes_c1_separators_and_bidi),
    cmocka_unit_test(text_escapes_bytes_that_are_not_utf8),
    cmocka_unit_test(text_that_just_fits_is_not_cut),
    cmocka_unit_test(text_one_byte_too_long_ends_in_dots),
    cmocka_unit_test(text_cut_splits_neither_character_nor_escape),
    cmocka_unit_test(text_without_room_for_dots_has_none),
    cmocka_unit_test(json_escapes_what_json_must),
    cmocka_unit_test(f48_json_escapes_del_c1_separators_and_bidi),
    cmocka_unit_test(json_replaces_bytes_that_are_not_utf8),
    cmocka_unit_test(logfmt_leaves_plain_words_alone),
    cmocka_unit_test(logfmt_quotes_empty_space_quote_and_equals),
    cmocka_unit_test(f48_logfmt_escapes_what_does_not_print),
    cmocka_unit_test(logfmt_escapes_bytes_that_are_not_utf8),
};

RR_TEST_MAIN(tests)
