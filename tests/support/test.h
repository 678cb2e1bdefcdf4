/* SPDX-License-Identifier: Apache-2.0 */
/* test: cmocka with what every test file needs.
 * RR_TEST_MAIN runs the one case named on the command line, so that ctest gives each case a process of its own, or all.
 */
#ifndef RR_TEST_H
#define RR_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

#define assert_slice(slice, text)                                                                                      \
    do {                                                                                                               \
        struct rr_slice got_ = (slice);                                                                                \
        assert_int_equal(got_.len, strlen(text));                                                                      \
        if (got_.len > 0)                                                                                              \
            assert_memory_equal(got_.ptr, (text), got_.len);                                                           \
    } while (0)

#define assert_has(text, words)                                                                                        \
    do {                                                                                                               \
        const char *text_ = (text), *words_ = (words);                                                                 \
        if (strstr(text_, words_) == NULL)                                                                             \
            fail_msg("\"%s\" is not in: %s", words_, text_);                                                           \
    } while (0)

#define assert_lacks(text, words)                                                                                      \
    do {                                                                                                               \
        const char *text_ = (text), *words_ = (words);                                                                 \
        if (strstr(text_, words_) != NULL)                                                                             \
            fail_msg("\"%s\" is in: %s", words_, text_);                                                               \
    } while (0)

/* How often the words stand in the text. */
static inline int test_count(const char *text, const char *words)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, words)) != NULL; at += strlen(words))
        count++;
    return count;
}

/* The call must succeed; the error it left is printed otherwise. */
#define assert_ok(call, error)                                                                                         \
    do {                                                                                                               \
        if (!(call)) {                                                                                                 \
            print_error("%s: %s (%s)\n", #call, (error).message, (error).detail);                                      \
            fail();                                                                                                    \
        }                                                                                                              \
    } while (0)

#define RR_TEST_MAIN(tests)                                                                                            \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        if (argc > 1) {                                                                                                \
            bool known = false;                                                                                        \
            for (size_t i = 0; i < sizeof(tests) / sizeof(tests)[0]; i++)                                              \
                known |= strcmp((tests)[i].name, argv[1]) == 0;                                                        \
            if (!known) {                                                                                              \
                (void)fprintf(stderr, "no such case: %s\n", argv[1]);                                                  \
                return 1;                                                                                              \
            }                                                                                                          \
            cmocka_set_test_filter(argv[1]);                                                                           \
        }                                                                                                              \
        return cmocka_run_group_tests(tests, NULL, NULL);                                                              \
    }

#endif
