/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_keeper.h"

#include "credentials_cache_state.h"

#include "fakes/fake_clock.h"
#include "fakes/fake_random.h"
#include "support/test.h"

#include <redisrestore/base/thread.h>

enum { MINUTE_MS = 60 * 1000, LIFE_MS = 15 * MINUTE_MS };

/* A keeper whose source gives credentials of 15 minutes once, and then does what the test says. */
struct bench {
    struct fake_clock fake;
    struct rr_clock clock;
    struct fake_random lowest;
    struct rr_random random;
    struct rr_credentials_keeper *keeper;
    struct rr_credentials_fetch fetch;
    _Atomic int fetches;
    bool hangs;      /* until the deadline or the stop */
    int64_t time_ms; /* that the last fetch was given */
    size_t told[2];  /* bad, good */
    struct rr_credentials *credentials;
    struct rr_error err;
};

static bool run(void *context, int64_t deadline_ms, struct rr_stop *stop, struct rr_credentials_found *out_found,
                struct rr_error *err)
{
    static const char *const names[3] = { "key", "secret", "token" };
    struct bench *bench = context;
    atomic_fetch_add(&bench->fetches, 1);
    bench->time_ms = deadline_ms - rr_clock_monotonic_ms(&rr_clock_system);
    if (bench->hangs) {
        struct rr_stop own;
        rr_stop_init(&own, stop);
        (void)rr_stop_wait(&own, deadline_ms);
        rr_stop_done(&own);
        return rr_fail(err, RR_E_TIMEOUT, "nothing came");
    }
    out_found->source = "Test";
    out_found->expires_unix_ms = atomic_load(&bench->fake.unix_ms) + LIFE_MS;
    return rr_credentials_new(RR_LIT("AK"), RR_LIT("s"), RR_LIT("t"), names, &out_found->credentials, err);
}

static void on_fetched(void *context, bool good)
{
    struct bench *bench = context;
    bench->told[good]++;
}

static bool get_within(struct bench *bench, int64_t time_ms, struct rr_stop *stop)
{
    const char *source;
    rr_credentials_unref(bench->credentials);
    bench->credentials = NULL;
    bench->err = (struct rr_error){ 0 };
    return rr_credentials_keeper_get(bench->keeper, &bench->fetch, rr_clock_monotonic_ms(&rr_clock_system) + time_ms,
                                     stop, &bench->credentials, &source, &bench->err);
}

static void begin(struct bench *bench)
{
    *bench = (struct bench){ .fake = { 1000, 1000 } };
    bench->clock = fake_clock(&bench->fake);
    bench->random = fake_random(&bench->lowest);
    bench->fetch = (struct rr_credentials_fetch){ bench, run };
    bench->keeper =
        rr_credentials_keeper_new(&bench->clock, &bench->random, (struct rr_credentials_observer){ bench, on_fetched });
    assert_ok(get_within(bench, 20000, NULL), bench->err);
}

static void end(struct bench *bench)
{
    rr_credentials_unref(bench->credentials);
    rr_credentials_keeper_free(bench->keeper);
}

static void s15_hanging_source_costs_seconds_and_then_rests(void **state)
{
    (void)state;
    struct bench bench;
    begin(&bench);
    fake_clock_advance(&bench.fake, 11 * MINUTE_MS);
    bench.hangs = true;

    assert_ok(get_within(&bench, 60000, NULL), bench.err);

    assert_in_range(bench.time_ms, 1, RR_CREDENTIALS_REFRESH_LIMIT_MS);
    assert_int_equal(bench.told[false], 1);
    assert_ok(get_within(&bench, 60000, NULL), bench.err);
    assert_int_equal(atomic_load(&bench.fetches), 2);
    end(&bench);
}

static void s15_refresh_uses_half_of_the_callers_time_and_its_timeout_does_not_blame_the_source(void **state)
{
    (void)state;
    struct bench bench;
    begin(&bench);
    fake_clock_advance(&bench.fake, 11 * MINUTE_MS);
    bench.hangs = true;

    assert_ok(get_within(&bench, 200, NULL), bench.err);

    assert_in_range(bench.time_ms, 0, 100);
    assert_int_equal(bench.told[false], 0);
    bench.hangs = false;
    assert_ok(get_within(&bench, 60000, NULL), bench.err);
    assert_int_equal(atomic_load(&bench.fetches), 3);
    end(&bench);
}

static void s15_refresh_in_the_last_minute_may_use_all_of_the_callers_time(void **state)
{
    (void)state;
    struct bench bench;
    begin(&bench);
    fake_clock_advance(&bench.fake, 14 * MINUTE_MS + 1);

    assert_ok(get_within(&bench, 60000, NULL), bench.err);

    assert_true(bench.time_ms > 30000);
    end(&bench);
}

static void s16_stop_of_the_caller_ends_a_refresh_without_credentials(void **state)
{
    (void)state;
    struct bench bench;
    begin(&bench);
    fake_clock_advance(&bench.fake, 11 * MINUTE_MS);
    bench.hangs = true;
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);
    rr_stop_set(&stop);

    assert_false(get_within(&bench, 60000, &stop));

    assert_int_equal(bench.told[false], 0);
    rr_stop_done(&stop);
    end(&bench);
}

/* Another asker has new ones already when the late answer to the old ones comes. */
static void f25_late_refusal_of_old_credentials_changes_nothing(void **state)
{
    (void)state;
    struct bench bench;
    begin(&bench);
    struct rr_credentials *old = rr_credentials_ref(bench.credentials);
    rr_credentials_keeper_expire(bench.keeper, old);
    assert_ok(get_within(&bench, 20000, NULL), bench.err);
    assert_ptr_not_equal(bench.credentials, old);

    rr_credentials_keeper_expire(bench.keeper, old);

    assert_ok(get_within(&bench, 20000, NULL), bench.err);
    assert_int_equal(atomic_load(&bench.fetches), 2);
    rr_credentials_unref(old);
    end(&bench);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s15_hanging_source_costs_seconds_and_then_rests),
    cmocka_unit_test(s15_refresh_uses_half_of_the_callers_time_and_its_timeout_does_not_blame_the_source),
    cmocka_unit_test(s15_refresh_in_the_last_minute_may_use_all_of_the_callers_time),
    cmocka_unit_test(s16_stop_of_the_caller_ends_a_refresh_without_credentials),
    cmocka_unit_test(f25_late_refusal_of_old_credentials_changes_nothing),
};
RR_TEST_MAIN(tests)
