/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/backoff.h>
#include <support/test.h>

static void w02_backoff_doubles_up_to_its_cap(void **state)
{
    (void)state;
    struct rr_backoff backoff = { .base_ms = 5, .cap_ms = 1000000 };
    int64_t expected = 5;

    for (int i = 0; i < 18; i++) {
        assert_int_equal(rr_backoff_next_ms(&backoff), expected);
        expected *= 2;
    }

    assert_int_equal(rr_backoff_next_ms(&backoff), 1000000);
    assert_int_equal(rr_backoff_next_ms(&backoff), 1000000);
    assert_int_equal(backoff.failures, 20);
}

static void backoff_survives_any_count_and_cap(void **state)
{
    (void)state;
    struct rr_backoff endless = { .base_ms = 3, .cap_ms = INT64_MAX, .failures = INT32_MAX };
    struct rr_backoff nothing = { .base_ms = 0, .cap_ms = 100, .failures = INT32_MAX };

    assert_true(rr_backoff_next_ms(&endless) == INT64_MAX);
    assert_int_equal(endless.failures, INT32_MAX);
    assert_int_equal(rr_backoff_next_ms(&nothing), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(w02_backoff_doubles_up_to_its_cap),
    cmocka_unit_test(backoff_survives_any_count_and_cap),
};

RR_TEST_MAIN(tests)
