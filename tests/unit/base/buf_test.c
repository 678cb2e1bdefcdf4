/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/buf.h>
#include <support/freed.h>
#include <support/test.h>

static void empty_buffer_has_an_empty_text(void **state)
{
    (void)state;
    rr_auto(buf) buf = RR_BUF(4);

    assert_string_equal(rr_buf_text(&buf), "");
    assert_int_equal(rr_buf_slice(&buf).len, 0);
    assert_null(buf.ptr);
}

static void text_up_to_the_maximum_fits(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto(buf) buf = RR_BUF(5);

    rr_buf_add(&buf, RR_LIT("ab"));
    rr_buf_add_byte(&buf, 'c');
    rr_buf_addf(&buf, "%d", 45);

    assert_ok(rr_buf_ok(&buf, &err), err);
    assert_string_equal(rr_buf_text(&buf), "abc45");
    assert_int_equal(buf.cap, 6);
}

static void one_byte_over_the_maximum_is_too_big(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto(buf) buf = RR_BUF(3);

    rr_buf_add(&buf, RR_LIT("abcd"));

    assert_false(rr_buf_ok(&buf, &err));
    assert_int_equal(err.code, RR_E_TOO_BIG);
    assert_non_null(strstr(err.message, "3"));
    assert_string_equal(rr_buf_text(&buf), "");
}

static void formatted_text_of_each_length_is_added_whole_or_not_at_all(void **state)
{
    (void)state;
    enum { TEXT_MAX = 300, BEFORE_MAX = 70 };
    char text[TEXT_MAX + 1], expected[BEFORE_MAX + TEXT_MAX + 1];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    for (int before = 0; before <= BEFORE_MAX; before += 7)
        for (int len = 0; len <= TEXT_MAX; len++)
            for (int room = -1; room <= 1; room++) {
                if (before + len + room < before)
                    continue;
                rr_auto(buf) buf = RR_BUF((size_t)(before + len + room));
                rr_buf_addf(&buf, "%.*s", before, text);

                rr_buf_addf(&buf, "%.*s", len, text);

                (void)snprintf(expected, sizeof expected, "%.*s%.*s", before, text, room < 0 ? 0 : len, text);
                assert_string_equal(rr_buf_text(&buf), expected);
                assert_int_equal(buf.len, strlen(expected));
                assert_int_equal(buf.overflow, room < 0);
            }
}

static void overflow_sticks_even_when_later_text_would_fit(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto(buf) buf = RR_BUF(3);
    rr_buf_add(&buf, RR_LIT("ab"));
    rr_buf_addf(&buf, "%s", "cd");

    rr_buf_add_byte(&buf, 'e');
    rr_buf_add(&buf, RR_LIT(""));

    assert_false(rr_buf_ok(&buf, &err));
    assert_string_equal(rr_buf_text(&buf), "ab");
}

static void clear_forgets_the_overflow_and_keeps_the_maximum(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto(buf) buf = RR_BUF(3);
    rr_buf_add(&buf, RR_LIT("ab"));
    rr_buf_add(&buf, RR_LIT("cd"));

    rr_buf_clear(&buf);
    rr_buf_add(&buf, RR_LIT("xyz"));

    assert_ok(rr_buf_ok(&buf, &err), err);
    assert_string_equal(rr_buf_text(&buf), "xyz");
    rr_buf_add_byte(&buf, '!');
    assert_false(rr_buf_ok(&buf, &err));
}

static void set_replaces_the_text_and_keeps_the_maximum(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto(buf) buf = RR_BUF(3);
    rr_buf_add(&buf, RR_LIT("abcd"));

    rr_buf_set(&buf, RR_LIT("xyz"));
    assert_ok(rr_buf_ok(&buf, &err), err);
    assert_string_equal(rr_buf_text(&buf), "xyz");
    rr_buf_set(&buf, RR_LIT(""));
    assert_string_equal(rr_buf_text(&buf), "");

    rr_buf_set(&buf, RR_LIT("wxyz"));
    assert_false(rr_buf_ok(&buf, &err));
}

static void set_whole_raises_the_maximum_and_never_lowers_it(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto(buf) buf = RR_BUF(0);

    rr_buf_set_whole(&buf, RR_LIT("abcd"));
    rr_buf_set_whole(&buf, RR_LIT("xy"));
    rr_buf_add(&buf, RR_LIT("z!"));
    assert_ok(rr_buf_ok(&buf, &err), err);
    assert_string_equal(rr_buf_text(&buf), "xyz!");

    rr_buf_add_byte(&buf, '?');
    assert_false(rr_buf_ok(&buf, &err));
}

static void plural_ends_in_s_for_every_count_but_one(void **state)
{
    (void)state;
    rr_auto(buf) buf = RR_BUF(100);

    for (unsigned count = 0; count < 3; count++)
        rr_buf_addf(&buf, "%u key%s;", count, rr_plural(count));

    assert_string_equal(rr_buf_text(&buf), "0 keys;1 key;2 keys;");
}

static void capacity_doubles_up_to_the_maximum_and_a_nul(void **state)
{
    (void)state;
    rr_auto(buf) buf = RR_BUF(1000);
    size_t grown = 0, before = 0;

    for (int i = 0; i < 1000; i++) {
        rr_buf_add_byte(&buf, 'x');
        assert_int_equal(buf.ptr[buf.len], 0);
        grown += buf.cap != before;
        before = buf.cap;
    }

    assert_int_equal(buf.len, 1000);
    assert_int_equal(buf.cap, 1001);
    assert_true(grown <= 6);
    assert_false(buf.overflow);
}

static void maximum_of_zero_takes_nothing(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto(buf) buf = RR_BUF(0);

    rr_buf_add(&buf, RR_LIT(""));
    assert_ok(rr_buf_ok(&buf, &err), err);
    rr_buf_add_byte(&buf, 'x');

    assert_false(rr_buf_ok(&buf, &err));
}

static void bytes_of_zero_are_text_too(void **state)
{
    (void)state;
    rr_auto(buf) buf = RR_BUF(10);

    rr_buf_add(&buf, RR_LIT("a\0b"));

    assert_int_equal(buf.len, 3);
    assert_memory_equal(buf.ptr, "a\0b\0", 4);
}

static void consume_drops_from_the_front(void **state)
{
    (void)state;
    rr_auto(buf) buf = RR_BUF(10);
    rr_buf_consume(&buf, 0);
    rr_buf_add(&buf, RR_LIT("abcdef"));

    rr_buf_consume(&buf, 2);
    assert_string_equal(rr_buf_text(&buf), "cdef");
    rr_buf_consume(&buf, 4);

    assert_string_equal(rr_buf_text(&buf), "");
    rr_buf_add(&buf, RR_LIT("0123456789"));
    assert_string_equal(rr_buf_text(&buf), "0123456789");
}

static void stolen_buffer_leaves_nothing_to_free(void **state)
{
    (void)state;
    struct rr_buf other;
    {
        rr_auto(buf) buf = RR_BUF(10);
        rr_buf_add(&buf, RR_LIT("abc"));
        other = rr_steal(buf);
        assert_null(buf.ptr);
    }
    assert_string_equal(rr_buf_text(&other), "abc");
    rr_buf_done(&other);
}

static void done_may_be_repeated_and_takes_null(void **state)
{
    (void)state;
    struct rr_buf buf = RR_BUF(10);
    rr_buf_add(&buf, RR_LIT("abc"));

    rr_buf_done(&buf);
    rr_buf_done(&buf);
    rr_buf_done(NULL);

    assert_null(buf.ptr);
    assert_int_equal(buf.len, 0);
}

static void f49_secret_buffer_leaves_nothing_where_it_was(void **state)
{
    (void)state;
    static const char canary[] = "CANARY-in-a-buffer-that-is-longer-than-what-an-allocator-keeps-for-itself";
    static const char more[4096];
    struct rr_buf buf = RR_SECRET_BUF(8192);
    rr_buf_add(&buf, rr_slice_from(canary));
    const char *first = buf.ptr;
    assert_true(test_memory_has(first, buf.cap, "an-allocator-keeps"));

    rr_buf_add(&buf, (struct rr_slice){ more, sizeof(more) });
    const char *second = buf.ptr;
    size_t second_cap = buf.cap;
    assert_memory_equal(buf.ptr, canary, sizeof(canary) - 1);
    rr_buf_done(&buf);

    assert_ptr_not_equal(first, second);
    assert_false(test_memory_has(first, sizeof(canary), "an-allocator-keeps"));
    assert_false(test_memory_has(second, second_cap, "an-allocator-keeps"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f49_secret_buffer_leaves_nothing_where_it_was),
    cmocka_unit_test(empty_buffer_has_an_empty_text),
    cmocka_unit_test(text_up_to_the_maximum_fits),
    cmocka_unit_test(one_byte_over_the_maximum_is_too_big),
    cmocka_unit_test(formatted_text_of_each_length_is_added_whole_or_not_at_all),
    cmocka_unit_test(overflow_sticks_even_when_later_text_would_fit),
    cmocka_unit_test(clear_forgets_the_overflow_and_keeps_the_maximum),
    cmocka_unit_test(set_replaces_the_text_and_keeps_the_maximum),
    cmocka_unit_test(set_whole_raises_the_maximum_and_never_lowers_it),
    cmocka_unit_test(plural_ends_in_s_for_every_count_but_one),
    cmocka_unit_test(capacity_doubles_up_to_the_maximum_and_a_nul),
    cmocka_unit_test(maximum_of_zero_takes_nothing),
    cmocka_unit_test(bytes_of_zero_are_text_too),
    cmocka_unit_test(consume_drops_from_the_front),
    cmocka_unit_test(stolen_buffer_leaves_nothing_to_free),
    cmocka_unit_test(done_may_be_repeated_and_takes_null),
};

RR_TEST_MAIN(tests)
