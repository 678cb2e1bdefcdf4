/* SPDX-License-Identifier: Apache-2.0 */
#include <fakes/fake_clock.h>
#include <support/test.h>

static void deadline_adds_without_overflow(void **state)
{
    (void)state;
    assert_int_equal(rr_deadline_after(1000, 500), 1500);
    assert_int_equal(rr_deadline_after(1000, 0), 1000);
    assert_true(rr_deadline_after(1, INT64_MAX) == RR_DEADLINE_NEVER);
    assert_true(rr_deadline_after(1000, RR_DEADLINE_NEVER - 1000) == RR_DEADLINE_NEVER);
}

static void system_clock_tells_dates_of_this_century(void **state)
{
    (void)state;
    int64_t now_ms = rr_clock_unix_ms(&rr_clock_system);

    assert_true(now_ms > INT64_C(1600000000000) && now_ms < INT64_C(4102444800000));
}

static void system_clock_never_goes_back(void **state)
{
    (void)state;
    int64_t before = rr_clock_monotonic_ms(&rr_clock_system);

    for (int i = 0; i < 1000; i++) {
        int64_t now = rr_clock_monotonic_ms(&rr_clock_system);
        assert_true(now >= before);
        before = now;
    }
}

static void fake_clock_moves_only_when_the_test_moves_it(void **state)
{
    (void)state;
    struct fake_clock fake = { .monotonic_ms = 5, .unix_ms = 1000 };
    struct rr_clock clock = fake_clock(&fake);

    assert_int_equal(rr_clock_monotonic_ms(&clock), 5);
    fake_clock_advance(&fake, 10);

    assert_int_equal(rr_clock_monotonic_ms(&clock), 15);
    assert_int_equal(rr_clock_unix_ms(&clock), 1010);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(deadline_adds_without_overflow),
    cmocka_unit_test(system_clock_tells_dates_of_this_century),
    cmocka_unit_test(system_clock_never_goes_back),
    cmocka_unit_test(fake_clock_moves_only_when_the_test_moves_it),
};

RR_TEST_MAIN(tests)
