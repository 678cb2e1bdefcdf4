/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_exec_state.h"

#include "support/test.h"

enum { START_MONOTONIC = 5000, START_UNIX = 1700000000 };

static struct rr_kube_exec_now at(int64_t ms)
{
    return (struct rr_kube_exec_now){ START_MONOTONIC + ms, START_UNIX + ms };
}

static void expect(struct rr_kube_exec_step step, enum rr_kube_exec_verdict verdict, bool start)
{
    assert_int_equal(step.verdict, verdict);
    assert_int_equal(step.start, start);
}

/* A credential is there that ends after so long; 0: never. */
static struct rr_kube_exec_state with(int64_t lifetime_ms)
{
    struct rr_kube_exec_state state = { 0 };
    expect(rr_kube_exec_state_ask(&state, at(0)), RR_KUBE_EXEC_WAIT, true);
    rr_kube_exec_state_succeed(&state, true, lifetime_ms > 0 ? START_UNIX + lifetime_ms : 0, at(0));
    return state;
}

static void k11_first_caller_starts_the_plugin_and_the_others_wait_for_it(void **state)
{
    (void)state;
    struct rr_kube_exec_state exec = { 0 };

    expect(rr_kube_exec_state_ask(&exec, at(0)), RR_KUBE_EXEC_WAIT, true);
    expect(rr_kube_exec_state_ask(&exec, at(1)), RR_KUBE_EXEC_WAIT, false);
    rr_kube_exec_state_succeed(&exec, true, 0, at(2));

    expect(rr_kube_exec_state_ask(&exec, at(3)), RR_KUBE_EXEC_USE, false);
    assert_int_equal(exec.generation, 1);
}

static void k11_without_an_expiry_it_holds_until_it_is_refused(void **state)
{
    (void)state;
    struct rr_kube_exec_state exec = with(0);

    expect(rr_kube_exec_state_ask(&exec, at(INT64_C(86400000) * 365)), RR_KUBE_EXEC_USE, false);
    expect(rr_kube_exec_state_refuse(&exec, 1, at(20000)), RR_KUBE_EXEC_WAIT, true);
}

static void k14_refresh_starts_30_s_before_the_expiry_without_blocking_callers(void **state)
{
    (void)state;
    struct rr_kube_exec_state exec = with(600000);

    expect(rr_kube_exec_state_ask(&exec, at(569999)), RR_KUBE_EXEC_USE, false);
    expect(rr_kube_exec_state_ask(&exec, at(570000)), RR_KUBE_EXEC_USE, true);
    expect(rr_kube_exec_state_ask(&exec, at(570001)), RR_KUBE_EXEC_USE, false);
    rr_kube_exec_state_succeed(&exec, true, START_UNIX + 1200000, at(571000));
    expect(rr_kube_exec_state_ask(&exec, at(1100000)), RR_KUBE_EXEC_USE, false);
}

static void k11_expired_credential_is_never_used(void **state)
{
    (void)state;
    struct rr_kube_exec_state exec = with(600000);

    expect(rr_kube_exec_state_ask(&exec, at(600000)), RR_KUBE_EXEC_WAIT, true);
    rr_kube_exec_state_fail(&exec, at(600001));
    expect(rr_kube_exec_state_ask(&exec, at(600002)), RR_KUBE_EXEC_FAIL, false);
}

static void k11_short_lived_credential_is_used_to_its_end(void **state)
{
    (void)state;
    struct rr_kube_exec_state exec = with(10000);

    expect(rr_kube_exec_state_ask(&exec, at(9999)), RR_KUBE_EXEC_USE, false);
    expect(rr_kube_exec_state_ask(&exec, at(10000)), RR_KUBE_EXEC_WAIT, true);
}

static void k11_failed_run_is_retried_after_a_second(void **state)
{
    (void)state;
    struct rr_kube_exec_state exec = { 0 };

    expect(rr_kube_exec_state_ask(&exec, at(0)), RR_KUBE_EXEC_WAIT, true);
    rr_kube_exec_state_fail(&exec, at(100));

    expect(rr_kube_exec_state_ask(&exec, at(1099)), RR_KUBE_EXEC_FAIL, false);
    expect(rr_kube_exec_state_ask(&exec, at(1100)), RR_KUBE_EXEC_WAIT, true);
}

static void k11_failed_refresh_leaves_what_is_still_good(void **state)
{
    (void)state;
    struct rr_kube_exec_state exec = with(600000);
    expect(rr_kube_exec_state_ask(&exec, at(570000)), RR_KUBE_EXEC_USE, true);

    rr_kube_exec_state_fail(&exec, at(570100));

    expect(rr_kube_exec_state_ask(&exec, at(570200)), RR_KUBE_EXEC_USE, false);
    expect(rr_kube_exec_state_ask(&exec, at(571100)), RR_KUBE_EXEC_USE, true);
}

static void r22_refusal_of_an_old_credential_runs_nothing(void **state)
{
    (void)state;
    struct rr_kube_exec_state exec = with(0);
    expect(rr_kube_exec_state_refuse(&exec, 1, at(1)), RR_KUBE_EXEC_WAIT, true);
    rr_kube_exec_state_succeed(&exec, true, 0, at(2));

    expect(rr_kube_exec_state_refuse(&exec, 1, at(20000)), RR_KUBE_EXEC_USE, false);
    assert_int_equal(exec.generation, 2);
}

static void r22_refusals_in_a_row_do_not_run_the_plugin_each_time(void **state)
{
    (void)state;
    struct rr_kube_exec_state exec = with(0);
    expect(rr_kube_exec_state_refuse(&exec, 1, at(1)), RR_KUBE_EXEC_WAIT, true);
    rr_kube_exec_state_succeed(&exec, false, 0, at(2));

    assert_int_equal(exec.generation, 1);
    expect(rr_kube_exec_state_refuse(&exec, 1, at(10000)), RR_KUBE_EXEC_USE, false);
    expect(rr_kube_exec_state_refuse(&exec, 1, at(10001)), RR_KUBE_EXEC_WAIT, true);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(k11_first_caller_starts_the_plugin_and_the_others_wait_for_it),
    cmocka_unit_test(k11_without_an_expiry_it_holds_until_it_is_refused),
    cmocka_unit_test(k14_refresh_starts_30_s_before_the_expiry_without_blocking_callers),
    cmocka_unit_test(k11_expired_credential_is_never_used),
    cmocka_unit_test(k11_short_lived_credential_is_used_to_its_end),
    cmocka_unit_test(k11_failed_run_is_retried_after_a_second),
    cmocka_unit_test(k11_failed_refresh_leaves_what_is_still_good),
    cmocka_unit_test(r22_refusal_of_an_old_credential_runs_nothing),
    cmocka_unit_test(r22_refusals_in_a_row_do_not_run_the_plugin_each_time),
};
RR_TEST_MAIN(tests)
