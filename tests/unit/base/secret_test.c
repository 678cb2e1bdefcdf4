/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/secret.h>
#include <support/test.h>

static void zeroed_secret_is_not_set(void **state)
{
    (void)state;
    struct rr_secret secret = { 0 };

    assert_false(rr_secret_is_set(&secret));
    assert_int_equal(rr_secret_reveal(&secret).len, 0);
    rr_secret_done(&secret);
    rr_secret_done(NULL);
}

static void set_copies_the_text(void **state)
{
    (void)state;
    char text[] = "abc";
    rr_auto(secret) secret = { 0 };

    rr_secret_set(&secret, rr_slice_from(text));
    text[0] = 'X';

    assert_true(rr_secret_is_set(&secret));
    assert_slice(rr_secret_reveal(&secret), "abc");
}

static void empty_text_is_set(void **state)
{
    (void)state;
    rr_auto(secret) secret = { 0 };

    rr_secret_set(&secret, RR_LIT(""));

    assert_true(rr_secret_is_set(&secret));
    assert_int_equal(rr_secret_reveal(&secret).len, 0);
}

static void set_takes_a_part_of_itself(void **state)
{
    (void)state;
    rr_auto(secret) secret = { 0 };
    rr_secret_set(&secret, RR_LIT("prefix:value"));

    rr_secret_set(&secret, rr_slice_from_offset(rr_secret_reveal(&secret), 7));

    assert_slice(rr_secret_reveal(&secret), "value");
}

static void done_makes_it_unset(void **state)
{
    (void)state;
    struct rr_secret secret = { 0 };
    rr_secret_set(&secret, RR_LIT("abc"));

    rr_secret_done(&secret);

    assert_false(rr_secret_is_set(&secret));
    assert_null(secret.ptr);
    assert_int_equal(secret.len, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(zeroed_secret_is_not_set), cmocka_unit_test(set_copies_the_text),
    cmocka_unit_test(empty_text_is_set),        cmocka_unit_test(set_takes_a_part_of_itself),
    cmocka_unit_test(done_makes_it_unset),
};

RR_TEST_MAIN(tests)
