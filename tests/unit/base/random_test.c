/* SPDX-License-Identifier: Apache-2.0 */
#include <fakes/fake_random.h>
#include <support/test.h>

static void between_includes_low_and_excludes_high(void **state)
{
    (void)state;
    const uint64_t values[] = { FAKE_RANDOM_LOWEST, FAKE_RANDOM_MIDDLE, FAKE_RANDOM_HIGHEST };
    struct fake_random fake = { .values = values, .count = RR_COUNT(values) };
    struct rr_random random = fake_random(&fake);

    assert_true(rr_random_between(&random, 2.0, 4.0) == 2.0);
    assert_true(rr_random_between(&random, 2.0, 4.0) == 3.0);
    double highest = rr_random_between(&random, 2.0, 4.0);

    assert_true(highest < 4.0 && highest > 3.999999);
}

static void between_never_rounds_up_to_high(void **state)
{
    (void)state;
    const uint64_t values[] = { FAKE_RANDOM_HIGHEST };
    struct fake_random fake = { .values = values, .count = 1 };
    struct rr_random random = fake_random(&fake);
    double low = 1e16, high = 1e16 + 2;

    assert_true(rr_random_between(&random, low, high) < high);
}

static void spread_reaches_both_ends_of_its_percentage(void **state)
{
    (void)state;
    const uint64_t values[] = { FAKE_RANDOM_LOWEST, FAKE_RANDOM_MIDDLE, FAKE_RANDOM_HIGHEST };
    struct fake_random fake = { .values = values, .count = RR_COUNT(values) };
    struct rr_random random = fake_random(&fake);

    assert_int_equal(rr_random_spread_ms(&random, 1000, 10), 900);
    assert_int_equal(rr_random_spread_ms(&random, 1000, 10), 1000);
    assert_in_range(rr_random_spread_ms(&random, 1000, 10), 1099, 1100);
}

static void spread_of_no_percent_changes_nothing(void **state)
{
    (void)state;
    struct fake_random fake = { 0 };
    struct rr_random random = fake_random(&fake);

    assert_int_equal(rr_random_spread_ms(&random, 1000, 0), 1000);
    assert_int_equal(rr_random_spread_ms(&random, 0, 20), 0);
}

static void system_source_does_not_repeat_itself(void **state)
{
    (void)state;
    uint64_t seen[16], ones = 0, zeros = 0;

    for (size_t i = 0; i < RR_COUNT(seen); i++) {
        seen[i] = rr_random_system.next(rr_random_system.context);
        ones |= seen[i];
        zeros |= ~seen[i];
        for (size_t j = 0; j < i; j++)
            assert_true(seen[i] != seen[j]);
    }

    assert_true((ones & UINT64_C(0xffff000000000000)) != 0 && (zeros & UINT64_C(0xffff000000000000)) != 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(between_includes_low_and_excludes_high),
    cmocka_unit_test(between_never_rounds_up_to_high),
    cmocka_unit_test(spread_reaches_both_ends_of_its_percentage),
    cmocka_unit_test(spread_of_no_percent_changes_nothing),
    cmocka_unit_test(system_source_does_not_repeat_itself),
};

RR_TEST_MAIN(tests)
