/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_cache_state.h"

#include "fakes/fake_random.h"
#include "support/test.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static const struct rr_credentials_now start = { 10 * HOUR, 1000 * (int64_t)HOUR };

static struct rr_credentials_now at(int64_t after_ms)
{
    return (struct rr_credentials_now){ start.monotonic_ms + after_ms, start.unix_ms + after_ms };
}

static struct fake_random lowest;

/* A state with credentials that live so long. */
static struct rr_credentials_cache_state with(int64_t life_ms)
{
    struct rr_credentials_cache_state state = { 0 };
    struct rr_random random = fake_random(&lowest);
    assert_int_equal(rr_credentials_cache_ask(&state, start), RR_CREDENTIALS_LOAD);
    assert_true(rr_credentials_cache_loaded(&state, life_ms == 0 ? 0 : start.unix_ms + life_ms, start, &random));
    return state;
}

static void refreshes_so_long_before_the_end(int64_t life_ms, int64_t window_ms)
{
    struct rr_credentials_cache_state state = with(life_ms);
    assert_int_equal(rr_credentials_cache_ask(&state, at(life_ms - window_ms - 1)), RR_CREDENTIALS_USE);
    assert_int_equal(rr_credentials_cache_ask(&state, at(life_ms - window_ms)), RR_CREDENTIALS_REFRESH);
}

static void s15_window_of_the_refresh_depends_on_the_life(void **unused)
{
    (void)unused;
    refreshes_so_long_before_the_end(15 * MINUTE, 5 * MINUTE);
    refreshes_so_long_before_the_end(20 * MINUTE, 5 * MINUTE);
    refreshes_so_long_before_the_end(20 * MINUTE + 1, 15 * MINUTE);
    refreshes_so_long_before_the_end(90 * MINUTE - 1, 15 * MINUTE);
    refreshes_so_long_before_the_end(90 * MINUTE, HOUR);
    refreshes_so_long_before_the_end(6 * (int64_t)HOUR, HOUR);
}

static void s15_credentials_without_an_expiry_stay(void **unused)
{
    (void)unused;
    struct rr_credentials_cache_state state = with(0);
    assert_int_equal(rr_credentials_cache_ask(&state, at(1000 * (int64_t)HOUR)), RR_CREDENTIALS_USE);
}

static void s16_one_caller_fetches_and_the_others_wait_or_use_the_old_ones(void **unused)
{
    (void)unused;
    struct rr_credentials_cache_state state = { 0 };
    assert_int_equal(rr_credentials_cache_ask(&state, start), RR_CREDENTIALS_LOAD);
    assert_int_equal(rr_credentials_cache_ask(&state, start), RR_CREDENTIALS_WAIT);

    state = with(15 * MINUTE);
    assert_int_equal(rr_credentials_cache_ask(&state, at(11 * MINUTE)), RR_CREDENTIALS_REFRESH);
    assert_int_equal(rr_credentials_cache_ask(&state, at(11 * MINUTE)), RR_CREDENTIALS_USE);
    assert_int_equal(rr_credentials_cache_ask(&state, at(14 * MINUTE)), RR_CREDENTIALS_WAIT);
}

static void s15_failed_early_refresh_keeps_the_credentials_and_rests(void **unused)
{
    (void)unused;
    struct rr_random random = fake_random(&lowest);
    struct rr_credentials_cache_state state = with(2 * HOUR);
    assert_int_equal(rr_credentials_cache_ask(&state, at(HOUR)), RR_CREDENTIALS_REFRESH);

    assert_true(rr_credentials_cache_failed(&state, at(HOUR), &random));

    assert_int_equal(rr_credentials_cache_ask(&state, at(HOUR + 300 * SECOND - 1)), RR_CREDENTIALS_USE);
    assert_int_equal(rr_credentials_cache_ask(&state, at(HOUR + 300 * SECOND)), RR_CREDENTIALS_REFRESH);
}

/* The rest belongs to the credentials that could not be refreshed. */
static void s15_new_credentials_end_the_rest_of_the_old_ones(void **unused)
{
    (void)unused;
    struct rr_random random = fake_random(&lowest);
    struct rr_credentials_cache_state state = with(2 * HOUR);
    assert_int_equal(rr_credentials_cache_ask(&state, at(HOUR)), RR_CREDENTIALS_REFRESH);
    assert_true(rr_credentials_cache_failed(&state, at(HOUR), &random)); /* rests for 300 s at least */
    rr_credentials_cache_expired(&state);
    assert_int_equal(rr_credentials_cache_ask(&state, at(HOUR)), RR_CREDENTIALS_LOAD);

    assert_true(rr_credentials_cache_loaded(&state, at(HOUR + 6 * MINUTE).unix_ms, at(HOUR), &random));

    assert_int_equal(rr_credentials_cache_ask(&state, at(HOUR + MINUTE - 1)), RR_CREDENTIALS_USE);
    assert_int_equal(rr_credentials_cache_ask(&state, at(HOUR + MINUTE)), RR_CREDENTIALS_REFRESH);
}

static void s15_last_minute_must_be_refreshed(void **unused)
{
    (void)unused;
    struct rr_random random = fake_random(&lowest);
    struct rr_credentials_cache_state state = with(15 * MINUTE);
    assert_int_equal(rr_credentials_cache_ask(&state, at(10 * MINUTE)), RR_CREDENTIALS_REFRESH);
    assert_true(rr_credentials_cache_failed(&state, at(10 * MINUTE), &random));

    assert_int_equal(rr_credentials_cache_ask(&state, at(14 * MINUTE - 1)), RR_CREDENTIALS_USE);
    assert_int_equal(rr_credentials_cache_ask(&state, at(14 * MINUTE)), RR_CREDENTIALS_LOAD);
    assert_false(rr_credentials_cache_failed(&state, at(14 * MINUTE), &random));
    assert_int_equal(rr_credentials_cache_ask(&state, at(14 * MINUTE)), RR_CREDENTIALS_FAIL);
}

static void s16_failure_is_returned_to_all_callers_for_a_while(void **unused)
{
    (void)unused;
    struct rr_random random = fake_random(&lowest);
    struct rr_credentials_cache_state state = { 0 };
    assert_int_equal(rr_credentials_cache_ask(&state, start), RR_CREDENTIALS_LOAD);

    assert_false(rr_credentials_cache_failed(&state, start, &random));

    assert_int_equal(rr_credentials_cache_ask(&state, at(SECOND - 1)), RR_CREDENTIALS_FAIL);
    assert_int_equal(rr_credentials_cache_ask(&state, at(SECOND)), RR_CREDENTIALS_LOAD);
}

static void s15_credentials_that_live_less_than_their_window_are_used_for_a_second_at_least(void **unused)
{
    (void)unused;
    struct rr_credentials_cache_state state = with(4 * MINUTE);

    assert_int_equal(rr_credentials_cache_ask(&state, start), RR_CREDENTIALS_USE);
    assert_int_equal(rr_credentials_cache_ask(&state, at(SECOND - 1)), RR_CREDENTIALS_USE);
    assert_int_equal(rr_credentials_cache_ask(&state, at(SECOND)), RR_CREDENTIALS_REFRESH);
}

static void s15_expired_answer_is_a_failure(void **unused)
{
    (void)unused;
    struct rr_random random = fake_random(&lowest);
    struct rr_credentials_cache_state state = { 0 };
    assert_int_equal(rr_credentials_cache_ask(&state, start), RR_CREDENTIALS_LOAD);

    assert_false(rr_credentials_cache_loaded(&state, start.unix_ms, start, &random));

    assert_int_equal(rr_credentials_cache_ask(&state, start), RR_CREDENTIALS_FAIL);
}

static void s15_credentials_that_a_service_calls_expired_are_fetched_again(void **unused)
{
    (void)unused;
    struct rr_credentials_cache_state state = with(0);

    rr_credentials_cache_expired(&state);

    assert_int_equal(rr_credentials_cache_ask(&state, start), RR_CREDENTIALS_LOAD);
}

static void s16_abandoned_fetch_passes_to_the_next_caller(void **unused)
{
    (void)unused;
    struct rr_credentials_cache_state state = { 0 };
    assert_int_equal(rr_credentials_cache_ask(&state, start), RR_CREDENTIALS_LOAD);

    assert_false(rr_credentials_cache_abandoned(&state, start));

    assert_int_equal(rr_credentials_cache_ask(&state, start), RR_CREDENTIALS_LOAD);
    state = with(15 * MINUTE);
    assert_int_equal(rr_credentials_cache_ask(&state, at(11 * MINUTE)), RR_CREDENTIALS_REFRESH);
    assert_true(rr_credentials_cache_abandoned(&state, at(11 * MINUTE)));
    assert_int_equal(rr_credentials_cache_ask(&state, at(11 * MINUTE)), RR_CREDENTIALS_REFRESH);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s15_window_of_the_refresh_depends_on_the_life),
    cmocka_unit_test(s15_credentials_without_an_expiry_stay),
    cmocka_unit_test(s16_one_caller_fetches_and_the_others_wait_or_use_the_old_ones),
    cmocka_unit_test(s15_failed_early_refresh_keeps_the_credentials_and_rests),
    cmocka_unit_test(s15_new_credentials_end_the_rest_of_the_old_ones),
    cmocka_unit_test(s15_last_minute_must_be_refreshed),
    cmocka_unit_test(s16_failure_is_returned_to_all_callers_for_a_while),
    cmocka_unit_test(s15_credentials_that_live_less_than_their_window_are_used_for_a_second_at_least),
    cmocka_unit_test(s15_expired_answer_is_a_failure),
    cmocka_unit_test(s15_credentials_that_a_service_calls_expired_are_fetched_again),
    cmocka_unit_test(s16_abandoned_fetch_passes_to_the_next_caller),
};

RR_TEST_MAIN(tests)
