/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

static void fail_sets_code_and_message_and_clears_the_rest(void **state)
{
    (void)state;
    struct rr_error err = { .code = RR_E_TLS, .http_status = 503, .retry_after_ms = 7, .detail = "old" };

    bool result = rr_fail(&err, RR_E_NOT_FOUND, "bucket %s", "b");

    assert_false(result);
    assert_int_equal(err.code, RR_E_NOT_FOUND);
    assert_string_equal(err.message, "bucket b");
    assert_string_equal(err.detail, "");
    assert_int_equal(err.http_status, 0);
    assert_int_equal(err.retry_after_ms, 0);
}

static void fail_takes_its_own_message_as_argument(void **state)
{
    (void)state;
    struct rr_error err;
    assert_false(rr_fail(&err, RR_E_DENIED, "first words"));
    rr_detail(&err, "a detail");

    assert_false(rr_fail(&err, RR_E_TIMEOUT, "%s, %s: %s", err.message, err.detail, err.message));

    assert_string_equal(err.message, "first words, a detail: first words");
}

static void context_stands_before_the_message_and_keeps_the_rest(void **state)
{
    (void)state;
    struct rr_error err;
    assert_false(rr_fail(&err, RR_E_THROTTLED, "slow down"));
    err.http_status = 503;
    rr_detail(&err, "d");

    assert_false(rr_context(&err, "page %d", 3));
    assert_false(rr_context(&err, "bucket b"));

    assert_string_equal(err.message, "bucket b: page 3: slow down");
    assert_int_equal(err.code, RR_E_THROTTLED);
    assert_int_equal(err.http_status, 503);
    assert_string_equal(err.detail, "d");
}

static void context_takes_the_message_as_argument(void **state)
{
    (void)state;
    struct rr_error err;
    assert_false(rr_fail(&err, RR_E_DENIED, "inner"));

    assert_false(rr_context(&err, "[%s]", err.message));

    assert_string_equal(err.message, "[inner]: inner");
}

static void detail_takes_itself_as_argument(void **state)
{
    (void)state;
    struct rr_error err;
    assert_false(rr_fail(&err, RR_E_DENIED, "words"));
    rr_detail(&err, "one");

    rr_detail(&err, "%s two", err.detail);

    assert_string_equal(err.detail, "one two");
    assert_string_equal(err.message, "words");
}

static void message_that_just_fits_is_whole(void **state)
{
    (void)state;
    struct rr_error err;
    char text[sizeof(err.message)];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';

    assert_false(rr_fail(&err, RR_E_INTERNAL, "%s", text));

    assert_string_equal(err.message, text);
}

static void long_message_ends_in_dots(void **state)
{
    (void)state;
    struct rr_error err;
    char text[2000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';

    assert_false(rr_fail(&err, RR_E_INTERNAL, "%s", text));
    rr_detail(&err, "%s", text);

    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    assert_string_equal(err.message + sizeof(err.message) - 5, "x...");
    assert_string_equal(err.detail + sizeof(err.detail) - 5, "x...");
}

static void long_message_is_not_cut_inside_a_character(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        struct rr_error err;
        char text[1000] = { 0 };
        memset(text, 'x', shift);
        for (size_t at = shift; at + 3 < sizeof(text); at += 3)
            memcpy(text + at, "\xe2\x82\xac", 3);

        assert_false(rr_fail(&err, RR_E_INTERNAL, "%s", text));

        assert_true(rr_slice_is_utf8(rr_slice_from(err.message)));
        assert_true(rr_slice_ends_with(rr_slice_from(err.message), RR_LIT("\xac...")));
    }
}

static void long_message_is_not_cut_inside_a_character_of_four_bytes(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        struct rr_error err;
        char text[1000] = { 0 };
        memset(text, 'x', shift);
        for (size_t at = shift; at + 4 < sizeof(text); at += 4)
            memcpy(text + at, "\xf0\x9f\x98\x80", 4);

        assert_false(rr_fail(&err, RR_E_INTERNAL, "%s", text));

        assert_true(rr_slice_is_utf8(rr_slice_from(err.message)));
        assert_true(rr_slice_ends_with(rr_slice_from(err.message), RR_LIT("\x80...")));
    }
}

static void long_context_keeps_the_outermost_words(void **state)
{
    (void)state;
    struct rr_error err;
    char text[2000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_false(rr_fail(&err, RR_E_INTERNAL, "%s", text));

    assert_false(rr_context(&err, "outer"));

    assert_true(rr_slice_starts_with(rr_slice_from(err.message), RR_LIT("outer: xxx")));
    assert_true(rr_slice_ends_with(rr_slice_from(err.message), RR_LIT("...")));
}

static void every_code_has_a_name_and_a_text(void **state)
{
    (void)state;
    for (int code = 0; code < RR_CODE_COUNT; code++) {
        assert_true(strlen(rr_code_name((enum rr_code)code)) > 0);
        assert_true(strlen(rr_code_text((enum rr_code)code)) > 0);
    }
    assert_string_equal(rr_code_name(RR_E_NOT_FOUND), "NOT_FOUND");
    assert_string_equal(rr_code_text(RR_E_NOT_FOUND), "not found");
}

static void category_separates_retryable_configuration_and_terminal_errors(void **state)
{
    (void)state;
    assert_int_equal(rr_code_category(RR_E_OK), RR_CATEGORY_NONE);
    assert_int_equal(rr_code_category(RR_E_CANCELLED), RR_CATEGORY_NONE);
    assert_int_equal(rr_code_category(RR_E_THROTTLED), RR_CATEGORY_RETRY);
    assert_int_equal(rr_code_category(RR_E_UNREACHABLE), RR_CATEGORY_RETRY);
    assert_int_equal(rr_code_category(RR_E_DENIED), RR_CATEGORY_CONFIG);
    assert_int_equal(rr_code_category(RR_E_TOO_BIG), RR_CATEGORY_TERMINAL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fail_sets_code_and_message_and_clears_the_rest),
    cmocka_unit_test(fail_takes_its_own_message_as_argument),
    cmocka_unit_test(context_stands_before_the_message_and_keeps_the_rest),
    cmocka_unit_test(context_takes_the_message_as_argument),
    cmocka_unit_test(detail_takes_itself_as_argument),
    cmocka_unit_test(message_that_just_fits_is_whole),
    cmocka_unit_test(long_message_ends_in_dots),
    cmocka_unit_test(long_message_is_not_cut_inside_a_character),
    cmocka_unit_test(long_message_is_not_cut_inside_a_character_of_four_bytes),
    cmocka_unit_test(long_context_keeps_the_outermost_words),
    cmocka_unit_test(every_code_has_a_name_and_a_text),
    cmocka_unit_test(category_separates_retryable_configuration_and_terminal_errors),
};

RR_TEST_MAIN(tests)
