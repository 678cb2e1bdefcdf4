/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_width.h"

#include "support/test.h"

static const struct rr_error throttled = { .code = RR_E_THROTTLED };

static void s26_width_grows_with_answers_to_its_maximum(void **state)
{
    (void)state;
    struct rr_s3_width width;
    rr_s3_width_init(&width, 20, 0);
    assert_int_equal(width.now, 1);

    rr_s3_width_answered(&width);
    assert_int_equal(width.now, 9);

    rr_s3_width_answered(&width);
    rr_s3_width_answered(&width);
    assert_int_equal(width.now, 20);
}

static void f14_throttling_halves_the_width_once_for_all_that_was_sent_before(void **state)
{
    (void)state;
    struct rr_s3_width width;
    uint64_t numbers[16];
    rr_s3_width_init(&width, 16, 0);
    for (int i = 0; i < 2; i++)
        rr_s3_width_answered(&width);
    for (size_t i = 0; i < RR_COUNT(numbers); i++)
        numbers[i] = rr_s3_width_send(&width);

    for (size_t i = 0; i < RR_COUNT(numbers); i++)
        rr_s3_width_failed(&width, numbers[i], &throttled, 0);
    assert_int_equal(width.now, 8);

    rr_s3_width_failed(&width, rr_s3_width_send(&width), &throttled, 0);
    assert_int_equal(width.now, 4);
    for (int i = 0; i < 8; i++)
        rr_s3_width_failed(&width, rr_s3_width_send(&width), &throttled, 0);
    assert_int_equal(width.now, 1);
}

static void s03_longest_pause_of_requests_that_were_refused_together_counts(void **state)
{
    (void)state;
    struct rr_s3_width width;
    struct rr_error longer = throttled, shorter = throttled;
    longer.retry_after_ms = 60000;
    shorter.retry_after_ms = 1000;
    rr_s3_width_init(&width, 16, 0);
    assert_int_equal(width.rest_until_ms, 0);

    rr_s3_width_failed(&width, rr_s3_width_send(&width), &longer, 5);
    rr_s3_width_failed(&width, rr_s3_width_send(&width), &shorter, 6);
    assert_int_equal(width.rest_until_ms, 60005);

    rr_s3_width_failed(&width, rr_s3_width_send(&width), &throttled, 70000);
    assert_int_equal(width.rest_until_ms, 60005);
    rr_s3_width_failed(&width, rr_s3_width_send(&width), &shorter, 70000);
    assert_int_equal(width.rest_until_ms, 71000);
}

static void f14_width_comes_back_one_for_each_round(void **state)
{
    (void)state;
    struct rr_s3_width width;
    rr_s3_width_init(&width, 4, 0);
    rr_s3_width_answered(&width);
    rr_s3_width_failed(&width, rr_s3_width_send(&width), &throttled, 0);
    assert_int_equal(width.now, 2);

    for (int i = 0; i < 2; i++)
        rr_s3_width_answered(&width);
    assert_int_equal(width.now, 3);

    for (int i = 0; i < 20; i++)
        rr_s3_width_answered(&width);
    assert_int_equal(width.now, 4);
}

static void s26_width_that_worked_before_is_reached_fast_and_left_slowly(void **state)
{
    (void)state;
    struct rr_s3_width width;
    rr_s3_width_init(&width, 64, 12);

    rr_s3_width_answered(&width);
    rr_s3_width_answered(&width);
    assert_int_equal(width.now, 12);
    for (int i = 0; i < 12; i++)
        rr_s3_width_answered(&width);

    assert_int_equal(width.now, 13);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s26_width_grows_with_answers_to_its_maximum),
    cmocka_unit_test(f14_throttling_halves_the_width_once_for_all_that_was_sent_before),
    cmocka_unit_test(s26_width_that_worked_before_is_reached_fast_and_left_slowly),
    cmocka_unit_test(s03_longest_pause_of_requests_that_were_refused_together_counts),
    cmocka_unit_test(f14_width_comes_back_one_for_each_round),
};

RR_TEST_MAIN(tests)
