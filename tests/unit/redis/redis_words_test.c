/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/redis_words.h>

#include "support/test.h"

static struct rr_redis_words words;

static void assert_words(const char *line, size_t count, const char *const *expected)
{
    assert_true(rr_redis_words_split(rr_slice_from(line), &words));
    assert_int_equal(words.count, count);
    for (size_t i = 0; i < count; i++)
        assert_slice(words.of[i], expected[i]);
}

#define ASSERT_WORDS(line, ...)                                                                                        \
    assert_words(line, RR_COUNT(((const char *const[]){ __VA_ARGS__ })), (const char *const[]){ __VA_ARGS__ })

static void g14_words_are_split_as_servers_do(void **state)
{
    (void)state;
    ASSERT_WORDS("  a  bc\t d \r", "a", "bc", "d");
    ASSERT_WORDS("a \"b c\" 'd e'", "a", "b c", "d e");
    ASSERT_WORDS("\"\\x41\\x6a\\n\\\"\\\\\\q\" x", "Aj\n\"\\q", "x");
    ASSERT_WORDS("'it\\'s' '\\n'", "it's", "\\n");
    ASSERT_WORDS("be\"tw een\"", "betw een");
    ASSERT_WORDS("\"\\xzz\" \"\"", "xzz", "");
    assert_true(rr_redis_words_split(RR_LIT("   "), &words));
    assert_int_equal(words.count, 0);
}

static void g14_nul_byte_ends_the_line(void **state)
{
    (void)state;

    assert_true(rr_redis_words_split(RR_LIT("a b\0c d"), &words));

    assert_int_equal(words.count, 2);
    assert_slice(words.of[1], "b");
}

static void g14_unbalanced_quotation_marks_are_refused(void **state)
{
    (void)state;
    static const char *const lines[] = { "a \"b", "a 'b", "\"a\"b", "'a'b c", "\"a\\", "\"a\\\"" };
    for (size_t i = 0; i < RR_COUNT(lines); i++)
        assert_false(rr_redis_words_split(rr_slice_from(lines[i]), &words));
}

static void g14_long_line_is_cut_and_says_so(void **state)
{
    (void)state;
    static char line[2 * RR_REDIS_WORDS_MAX_BYTES];
    memset(line, 'a', sizeof line - 1);
    line[1] = ' ';

    assert_true(rr_redis_words_split(rr_slice_from(line), &words));
    assert_true(words.is_cut);
    assert_slice(words.of[0], "a");
    for (size_t i = 0; i < sizeof line - 1; i++)
        line[i] = i % 2 == 0 ? 'b' : ' ';
    assert_true(rr_redis_words_split(rr_slice_first(rr_slice_from(line), 2 * RR_REDIS_WORDS_MAX), &words));
    assert_false(words.is_cut);
    assert_true(rr_redis_words_split(rr_slice_first(rr_slice_from(line), 2 * RR_REDIS_WORDS_MAX + 1), &words));
    assert_true(words.is_cut);
    assert_int_equal(words.count, RR_REDIS_WORDS_MAX);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(g14_words_are_split_as_servers_do),
    cmocka_unit_test(g14_nul_byte_ends_the_line),
    cmocka_unit_test(g14_unbalanced_quotation_marks_are_refused),
    cmocka_unit_test(g14_long_line_is_cut_and_says_so),
};

RR_TEST_MAIN(tests)
