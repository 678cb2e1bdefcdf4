/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/mem.h>
#include <support/test.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void alloc_is_zeroed_and_never_null(void **state)
{
    (void)state;
    char *memory = rr_alloc(100);
    void *nothing = rr_alloc(0);

    assert_non_null(nothing);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(memory[i], 0);
    rr_free(memory);
    rr_free(nothing);
    rr_free(NULL);
}

static void grow_keeps_what_was_there(void **state)
{
    (void)state;
    int *items = NULL;
    size_t cap = 0;

    for (size_t count = 0; count < 100; count++) {
        rr_grow(&items, &cap, count);
        items[count] = (int)count;
    }

    assert_int_equal(cap, 128);
    for (int i = 0; i < 100; i++)
        assert_int_equal(items[i], i);
    rr_free(items);
}

static void strdup_ends_in_a_nul(void **state)
{
    (void)state;
    char *copy = rr_strdup((struct rr_slice){ "abcdef", 3 });
    char *empty = rr_strdup((struct rr_slice){ 0 });

    assert_string_equal(copy, "abc");
    assert_string_equal(empty, "");
    rr_free(copy);
    rr_free(empty);
}

static void wipe_leaves_zeros(void **state)
{
    (void)state;
    char secret[] = "secret";

    rr_wipe(secret, sizeof(secret));
    rr_wipe(NULL, 0);

    for (size_t i = 0; i < sizeof(secret); i++)
        assert_int_equal(secret[i], 0);
}

/* Runs `action` in a child whose stderr comes back in `text`; returns how it ended, as waitpid says. */
static int run_apart(void (*action)(void), char *text, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        action();
        _exit(77);
    }
    (void)close(ends[1]);
    size_t len = 0;
    ssize_t got;
    while (len < size - 1 && (got = read(ends[0], text + len, size - 1 - len)) > 0)
        len += (size_t)got;
    text[len] = '\0';
    (void)close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void die(void)
{
    rr_die("a reason");
}

static void overflow_a_product(void)
{
    rr_free(rr_alloc_array(SIZE_MAX / 2, 4));
}

static void die_with_long_words(void)
{
    char words[1000];
    memset(words, 'w', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    rr_die(words);
}

static void die_writes_one_line_and_exits_with_1(void **state)
{
    (void)state;
    char text[2000];

    int status = run_apart(die, text, sizeof(text));

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_string_equal(text, "a reason\n");
}

static void die_cuts_long_words_but_ends_the_line(void **state)
{
    (void)state;
    char text[2000];

    int status = run_apart(die_with_long_words, text, sizeof(text));

    assert_int_equal(WEXITSTATUS(status), 1);
    assert_int_equal(text[strlen(text) - 1], '\n');
    assert_true(strlen(text) > 200);
}

static void array_of_overflowing_size_is_an_assert(void **state)
{
    (void)state;
    char text[2000];

    int status = run_apart(overflow_a_product, text, sizeof(text));

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_non_null(strstr(text, "assertion failed"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(alloc_is_zeroed_and_never_null),
    cmocka_unit_test(grow_keeps_what_was_there),
    cmocka_unit_test(strdup_ends_in_a_nul),
    cmocka_unit_test(wipe_leaves_zeros),
    cmocka_unit_test(die_writes_one_line_and_exits_with_1),
    cmocka_unit_test(die_cuts_long_words_but_ends_the_line),
    cmocka_unit_test(array_of_overflowing_size_is_an_assert),
};

RR_TEST_MAIN(tests)
