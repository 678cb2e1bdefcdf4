/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_retry.h"

#include "fakes/fake_random.h"
#include "support/test.h"

/* A random source of "1", as the published vectors have it, and one of "0". */
static const uint64_t highest_value = FAKE_RANDOM_HIGHEST;
static struct fake_random highest = { &highest_value, 1, 0 }, lowest = { NULL, 0, 0 };
static struct rr_random random_highest, random_lowest;

__attribute__((constructor)) static void make_sources(void)
{
    random_highest = fake_random(&highest);
    random_lowest = fake_random(&lowest);
}

/* The largest value below `ceiling` that the source gives, in whole milliseconds. */
static void assert_near(int64_t delay_ms, int64_t ceiling_ms)
{
    assert_in_range(delay_ms, ceiling_ms - 1, ceiling_ms);
}

/* One failed attempt that is retried: its wait, and the tokens left. */
static void fail_once(struct rr_s3_retry *retry, enum rr_s3_retry_class failure, int64_t hint_ms,
                      struct rr_s3_tokens *tokens, int64_t delay_ms, int left)
{
    int64_t got_ms = -1;
    assert_true(rr_s3_retry_plan(retry, failure, hint_ms, &got_ms));
    assert_true(rr_s3_retry_take(retry, failure, tokens));
    assert_near(got_ms, delay_ms);
    assert_int_equal(tokens->left, left);
}

static void s04_two_faults_cost_28_and_success_gives_14_back(void **state)
{
    (void)state;
    struct rr_s3_retry retry = { .random = &random_highest, .attempts_max = 3 };
    struct rr_s3_tokens tokens = { 500 };

    fail_once(&retry, RR_S3_RETRY_TRANSIENT, -1, &tokens, 50, 486);
    fail_once(&retry, RR_S3_RETRY_TRANSIENT, -1, &tokens, 100, 472);
    rr_s3_retry_succeeded(&retry, &tokens);

    assert_int_equal(tokens.left, 486);
}

static void s04_throttling_costs_5_and_success_gives_it_back(void **state)
{
    (void)state;
    struct rr_s3_retry retry = { .random = &random_highest, .attempts_max = 3 };
    struct rr_s3_tokens tokens = { 500 };

    fail_once(&retry, RR_S3_RETRY_THROTTLING, -1, &tokens, 1000, 495);
    rr_s3_retry_succeeded(&retry, &tokens);

    assert_int_equal(tokens.left, 500);
}

static void s04_fourteen_tokens_are_one_retry(void **state)
{
    (void)state;
    struct rr_s3_retry retry = { .random = &random_highest, .attempts_max = 3 };
    struct rr_s3_tokens tokens = { 14 };

    fail_once(&retry, RR_S3_RETRY_TRANSIENT, -1, &tokens, 50, 0);

    assert_false(rr_s3_retry_take(&retry, RR_S3_RETRY_TRANSIENT, &tokens));
    assert_int_equal(tokens.left, 0);
    assert_int_equal(retry.failures, 1);
}

static void s04_retry_after_of_the_store_adds_at_most_5_s_to_the_back_off(void **state)
{
    (void)state;
    static const struct {
        int64_t hint_ms, delay_ms;
    } cases[] = { { 1500, 1500 }, { 10000, 5050 }, { 0, 50 }, { -1, 50 }, { INT32_MAX, 5050 } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_s3_retry retry = { .random = &random_highest, .attempts_max = 3 };
        struct rr_s3_tokens tokens = { 500 };

        fail_once(&retry, RR_S3_RETRY_TRANSIENT, cases[i].hint_ms, &tokens, cases[i].delay_ms, 486);
    }
}

static void f14_endless_throttling_takes_3_attempts_and_leaves_490_tokens(void **state)
{
    (void)state;
    struct rr_s3_retry retry = { .random = &random_highest, .attempts_max = 3 };
    struct rr_s3_tokens tokens = { 500 };
    int64_t delay_ms = -1;

    fail_once(&retry, RR_S3_RETRY_THROTTLING, -1, &tokens, 1000, 495);
    fail_once(&retry, RR_S3_RETRY_THROTTLING, -1, &tokens, 2000, 490);

    assert_false(rr_s3_retry_plan(&retry, RR_S3_RETRY_THROTTLING, -1, &delay_ms));
}

static void s01_first_success_brings_one_token_up_to_500(void **state)
{
    (void)state;
    struct rr_s3_retry retry = { .random = &random_highest, .attempts_max = 3 };
    struct rr_s3_tokens tokens = { 499 };

    rr_s3_retry_succeeded(&retry, &tokens);
    rr_s3_retry_succeeded(&retry, &tokens);

    assert_int_equal(tokens.left, 500);
}

static void s02_delays_are_spread_down_to_nothing(void **state)
{
    (void)state;
    struct rr_s3_retry retry = { .random = &random_lowest, .attempts_max = 3 };
    int64_t delay_ms = -1;

    assert_true(rr_s3_retry_plan(&retry, RR_S3_RETRY_THROTTLING, -1, &delay_ms));

    assert_int_equal(delay_ms, 0);
}

static void s02_delays_end_at_20_s(void **state)
{
    (void)state;
    struct rr_s3_retry retry = { .random = &random_highest, .attempts_max = 100, .failures = 60 };
    int64_t delay_ms = -1;

    assert_true(rr_s3_retry_plan(&retry, RR_S3_RETRY_TRANSIENT, -1, &delay_ms));

    assert_near(delay_ms, 20000);
}

static void s05_permanent_failure_is_not_retried(void **state)
{
    (void)state;
    struct rr_s3_retry retry = { .random = &random_lowest, .attempts_max = 3 };
    int64_t delay_ms = -1;

    assert_false(rr_s3_retry_plan(&retry, RR_S3_RETRY_NEVER, 100, &delay_ms));
}

static void s07_number_of_attempts_is_the_clients(void **state)
{
    (void)state;
    struct rr_s3_retry retry = { .random = &random_lowest, .attempts_max = 1 };
    int64_t delay_ms = -1;

    assert_false(rr_s3_retry_plan(&retry, RR_S3_RETRY_TRANSIENT, -1, &delay_ms));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s04_two_faults_cost_28_and_success_gives_14_back),
    cmocka_unit_test(s04_throttling_costs_5_and_success_gives_it_back),
    cmocka_unit_test(s04_fourteen_tokens_are_one_retry),
    cmocka_unit_test(s04_retry_after_of_the_store_adds_at_most_5_s_to_the_back_off),
    cmocka_unit_test(f14_endless_throttling_takes_3_attempts_and_leaves_490_tokens),
    cmocka_unit_test(s01_first_success_brings_one_token_up_to_500),
    cmocka_unit_test(s02_delays_are_spread_down_to_nothing),
    cmocka_unit_test(s02_delays_end_at_20_s),
    cmocka_unit_test(s05_permanent_failure_is_not_retried),
    cmocka_unit_test(s07_number_of_attempts_is_the_clients),
};

RR_TEST_MAIN(tests)
