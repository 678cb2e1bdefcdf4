#include "s3_retry.h"

#include "support/test.h"

static uint64_t highest(void *context)
{
    (void)context;
    return UINT64_MAX;
}

static uint64_t lowest(void *context)
{
    (void)context;
    return 0;
}

static const struct rr_random random_highest = { NULL, highest };
static const struct rr_random random_lowest = { NULL, lowest };

/* The largest value below `ceiling` that a random source of "1" gives, in whole milliseconds. */
static void assert_near(int64_t delay_ms, int64_t ceiling_ms)
{
    assert_in_range(delay_ms, ceiling_ms - 1, ceiling_ms);
}

static void s04_transient_delays_are_50_and_100_ms_at_most(void **state)
{
    (void)state;
    struct rr_s3_retry retry = { .random = &random_highest };
    int64_t first = -1, second = -1, third = -1;

    assert_true(rr_s3_retry_next(&retry, RR_S3_RETRY_TRANSIENT, &first));
    assert_true(rr_s3_retry_next(&retry, RR_S3_RETRY_TRANSIENT, &second));
    assert_false(rr_s3_retry_next(&retry, RR_S3_RETRY_TRANSIENT, &third));

    assert_near(first, 50);
    assert_near(second, 100);
    assert_int_equal(third, -1);
}

static void f14_throttling_delays_are_1_and_2_s_at_most(void **state)
{
    (void)state;
    struct rr_s3_retry retry = { .random = &random_highest };
    int64_t first = -1, second = -1;

    assert_true(rr_s3_retry_next(&retry, RR_S3_RETRY_THROTTLING, &first));
    assert_true(rr_s3_retry_next(&retry, RR_S3_RETRY_THROTTLING, &second));

    assert_near(first, 1000);
    assert_near(second, 2000);
    assert_false(rr_s3_retry_next(&retry, RR_S3_RETRY_THROTTLING, &second));
}

static void s02_delays_are_spread_down_to_nothing(void **state)
{
    (void)state;
    struct rr_s3_retry retry = { .random = &random_lowest };
    int64_t delay = -1;

    assert_true(rr_s3_retry_next(&retry, RR_S3_RETRY_THROTTLING, &delay));

    assert_int_equal(delay, 0);
}

static void s05_what_stays_wrong_is_not_tried_again(void **state)
{
    (void)state;
    struct rr_s3_retry retry = { .random = &random_lowest };
    int64_t delay = -1;

    assert_false(rr_s3_retry_next(&retry, RR_S3_RETRY_NEVER, &delay));

    assert_int_equal(retry.failures, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s04_transient_delays_are_50_and_100_ms_at_most),
    cmocka_unit_test(f14_throttling_delays_are_1_and_2_s_at_most),
    cmocka_unit_test(s02_delays_are_spread_down_to_nothing),
    cmocka_unit_test(s05_what_stays_wrong_is_not_tried_again),
};

RR_TEST_MAIN(tests)
