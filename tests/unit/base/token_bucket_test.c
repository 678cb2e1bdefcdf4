/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/token_bucket.h>
#include <support/test.h>

static void r31_burst_is_free_and_then_the_pace_holds(void **state)
{
    (void)state;
    struct rr_token_bucket bucket;
    rr_token_bucket_init(&bucket, 10, 3, 1000);

    for (int i = 0; i < 3; i++)
        assert_int_equal(rr_token_bucket_take(&bucket, 1000), 0);
    for (int i = 1; i <= 20; i++)
        assert_int_equal(rr_token_bucket_take(&bucket, 1000), 100 * i);
}

static void r31_caller_that_waits_as_requested_keeps_the_pace(void **state)
{
    (void)state;
    struct rr_token_bucket bucket;
    rr_token_bucket_init(&bucket, 3, 1, 0);
    int64_t now_ms = 0;

    for (int i = 0; i < 301; i++)
        now_ms += rr_token_bucket_take(&bucket, now_ms);

    assert_in_range(now_ms, 100 * 1000, 100 * 1000 + 301); /* each wait is rounded up to a millisecond */
}

static void bucket_fills_up_to_its_burst_and_no_further(void **state)
{
    (void)state;
    struct rr_token_bucket bucket;
    rr_token_bucket_init(&bucket, 10, 2, 0);
    for (int i = 0; i < 3; i++)
        (void)rr_token_bucket_take(&bucket, 0);

    assert_int_equal(rr_token_bucket_take(&bucket, INT64_MAX), 0);
    assert_int_equal(rr_token_bucket_take(&bucket, INT64_MAX), 0);
    assert_int_equal(rr_token_bucket_take(&bucket, INT64_MAX), 100);
}

static void bucket_counts_parts_of_a_token(void **state)
{
    (void)state;
    struct rr_token_bucket bucket;
    rr_token_bucket_init(&bucket, 3, 1, 0);
    (void)rr_token_bucket_take(&bucket, 0);

    assert_int_equal(rr_token_bucket_take(&bucket, 100), 234); /* 700 thousandths lack, 3 come in a millisecond */
}

static void time_that_goes_back_brings_nothing(void **state)
{
    (void)state;
    struct rr_token_bucket bucket;
    rr_token_bucket_init(&bucket, 10, 1, 5000);
    (void)rr_token_bucket_take(&bucket, 5000);

    assert_int_equal(rr_token_bucket_take(&bucket, 1000), 100);
    assert_int_equal(rr_token_bucket_take(&bucket, 5100), 100);
}

static void returned_token_can_be_taken_again(void **state)
{
    (void)state;
    struct rr_token_bucket bucket;
    rr_token_bucket_init(&bucket, 10, 1, 0);
    (void)rr_token_bucket_take(&bucket, 0);
    assert_int_equal(rr_token_bucket_take(&bucket, 0), 100);

    rr_token_bucket_give_back(&bucket);
    assert_int_equal(rr_token_bucket_take(&bucket, 0), 100);

    for (int i = 0; i < 5; i++)
        rr_token_bucket_give_back(&bucket);
    assert_int_equal(rr_token_bucket_take(&bucket, 0), 0);
    assert_int_equal(rr_token_bucket_take(&bucket, 0), 100);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(r31_burst_is_free_and_then_the_pace_holds),
    cmocka_unit_test(r31_caller_that_waits_as_requested_keeps_the_pace),
    cmocka_unit_test(bucket_fills_up_to_its_burst_and_no_further),
    cmocka_unit_test(bucket_counts_parts_of_a_token),
    cmocka_unit_test(time_that_goes_back_brings_nothing),
    cmocka_unit_test(returned_token_can_be_taken_again),
};

RR_TEST_MAIN(tests)
