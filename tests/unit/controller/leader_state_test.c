/* SPDX-License-Identifier: Apache-2.0 */
#include "leader_state.h"

#include "fakes/fake_random.h"
#include "support/test.h"

/* A candidate "me" at a time that the test sets. The dates inside its Leases are years off in both directions, because
 * the candidate must not read them. */
struct fixture {
    struct rr_leader_state machine;
    struct fake_random fake;
    struct rr_random random;
    int64_t now_ms;
};

enum { START_MS = 1000000 };

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .now_ms = START_MS };
    fixture.random = fake_random(&fixture.fake);
    rr_leader_state_init(&fixture.machine, RR_LIT("me"), &fixture.random);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    rr_leader_state_done(&fixture->machine);
    return 0;
}

static struct rr_leader_action happen(struct fixture *fixture, enum rr_leader_happened what)
{
    struct rr_leader_event event = { .what = what };
    return rr_leader_step(&fixture->machine, &event, fixture->now_ms);
}

/* A Lease with a holder; `renewed` makes its content differ. */
static struct rr_leader_action happen_with(struct fixture *fixture, enum rr_leader_happened what, const char *holder,
                                           int duration_s, const char *renewed)
{
    char json[512];
    struct rr_leader_record record = { 0 };
    struct rr_error err;
    (void)snprintf(json, sizeof(json),
                   "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"holderIdentity\":\"%s\","
                   "\"leaseDurationSeconds\":%d,\"acquireTime\":\"2001-01-01T00:00:00.000000Z\",\"renewTime\":\"%s\","
                   "\"leaseTransitions\":3}}",
                   holder, duration_s, renewed);
    assert_ok(rr_leader_record_decode(rr_slice_from(json), &record, &err), err);
    struct rr_leader_event event = { .what = what, .record = &record };
    return rr_leader_step(&fixture->machine, &event, fixture->now_ms);
}

static struct rr_leader_action got(struct fixture *fixture, const char *holder, const char *renewed)
{
    return happen_with(fixture, RR_LEADER_GOT, holder, 15, renewed);
}

static struct rr_leader_action wrote(struct fixture *fixture, const char *renewed)
{
    return happen_with(fixture, RR_LEADER_WROTE, "me", 15, renewed);
}

static struct rr_leader_action release(struct fixture *fixture, int64_t by_ms)
{
    struct rr_leader_event event = { .what = RR_LEADER_RELEASE, .release_by_ms = by_ms };
    return rr_leader_step(&fixture->machine, &event, fixture->now_ms);
}

static void expect(struct rr_leader_action action, enum rr_leader_do what)
{
    assert_int_equal(action.what, what);
}

static void expect_at(struct rr_leader_action action, enum rr_leader_do what, int64_t until_ms)
{
    assert_int_equal(action.what, what);
    assert_int_equal(action.until_ms, until_ms);
}

/* Leads since START_MS by a Lease that was never held. */
static void lead(struct fixture *fixture)
{
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_GET);
    expect(got(fixture, "", "2001-01-01T00:00:00.000000Z"), RR_LEADER_UPDATE);
    expect(wrote(fixture, "2001-01-01T00:00:01.000000Z"), RR_LEADER_WAIT);
    assert_int_equal(fixture->machine.phase, RR_LEADER_LEADING);
}

/* --- acquiring --- */

static void l03_missing_lease_is_created_and_leads(void **state)
{
    struct fixture *fixture = *state;

    expect_at(happen(fixture, RR_LEADER_DUE), RR_LEADER_GET, START_MS + 5000);
    expect_at(happen(fixture, RR_LEADER_ABSENT), RR_LEADER_CREATE, START_MS + 5000);
    struct rr_leader_claim claim = rr_leader_state_claim(&fixture->machine, 7);
    assert_int_equal(claim.transitions, 0);
    assert_int_equal(claim.duration_s, 15);
    assert_int_equal(claim.acquire_time.len, 0);
    assert_true(rr_slice_equals(claim.holder, RR_LIT("me")));

    expect_at(wrote(fixture, "2001-01-01T00:00:01.000000Z"), RR_LEADER_WAIT, START_MS + 2000);
    assert_int_equal(fixture->machine.phase, RR_LEADER_LEADING);
}

static void l03_free_lease_is_taken_with_one_more_transition(void **state)
{
    struct fixture *fixture = *state;
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_GET);

    expect(got(fixture, "", "2001-01-01T00:00:00.000000Z"), RR_LEADER_UPDATE);

    struct rr_leader_claim claim = rr_leader_state_claim(&fixture->machine, 7);
    assert_int_equal(claim.transitions, 4);
    assert_int_equal(claim.acquire_time.len, 0);
}

static void l03_held_lease_is_left_alone_and_asked_for_again_in_2_to_4_4_s(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t values[] = { FAKE_RANDOM_LOWEST, FAKE_RANDOM_MIDDLE, FAKE_RANDOM_HIGHEST };
    static const int64_t waits_ms[] = { 2000, 3200, 4399 };
    fixture->fake = (struct fake_random){ values, RR_COUNT(values), 0 };

    for (size_t i = 0; i < RR_COUNT(waits_ms); i++) {
        expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_GET);
        expect_at(got(fixture, "other", "2099-01-01T00:00:00.000000Z"), RR_LEADER_WAIT, fixture->now_ms + waits_ms[i]);
    }
    assert_int_equal(fixture->machine.phase, RR_LEADER_FOLLOWING);
}

static void l03_lease_expires_after_the_duration_in_the_record(void **state)
{
    struct fixture *fixture = *state;
    const char *renewed = "2099-01-01T00:00:00.000000Z";
    (void)happen(fixture, RR_LEADER_DUE);
    expect(happen_with(fixture, RR_LEADER_GOT, "other", 40, renewed), RR_LEADER_WAIT);

    fixture->now_ms += 39999;
    (void)happen(fixture, RR_LEADER_DUE);
    expect(happen_with(fixture, RR_LEADER_GOT, "other", 40, renewed), RR_LEADER_WAIT);
    fixture->now_ms += 1;
    (void)happen(fixture, RR_LEADER_DUE);
    expect(happen_with(fixture, RR_LEADER_GOT, "other", 40, renewed), RR_LEADER_UPDATE);

    assert_int_equal(rr_leader_state_claim(&fixture->machine, 7).transitions, 4);
}

/* The clock of the other replica may be years ahead or behind: only a change of its record counts. */
static void l04_skewed_holder_that_renews_keeps_its_lease(void **state)
{
    struct fixture *fixture = *state;
    static const char *const renewals[] = { "1999-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z",
                                            "1999-01-01T00:00:01.000000Z" };
    for (size_t i = 0; i < RR_COUNT(renewals); i++) {
        (void)happen(fixture, RR_LEADER_DUE);
        expect(got(fixture, "other", renewals[i]), RR_LEADER_WAIT);
        fixture->now_ms += 14000;
    }
}

static void l04_skewed_holder_that_is_dead_loses_it_after_15_s_here(void **state)
{
    struct fixture *fixture = *state;
    (void)happen(fixture, RR_LEADER_DUE);
    expect(got(fixture, "other", "2099-01-01T00:00:00.000000Z"), RR_LEADER_WAIT);

    fixture->now_ms += 14999;
    (void)happen(fixture, RR_LEADER_DUE);
    expect(got(fixture, "other", "2099-01-01T00:00:00.000000Z"), RR_LEADER_WAIT);
    fixture->now_ms += 1;
    (void)happen(fixture, RR_LEADER_DUE);
    expect(got(fixture, "other", "2099-01-01T00:00:00.000000Z"), RR_LEADER_UPDATE);
}

static void l04_first_look_at_an_old_record_waits_its_whole_duration(void **state)
{
    struct fixture *fixture = *state;
    (void)happen(fixture, RR_LEADER_DUE);

    expect(got(fixture, "other", "1970-01-01T00:00:00.000000Z"), RR_LEADER_WAIT);
}

/* Wakes from an hour of suspend: the elapsed time counts, but a record that changed meanwhile counts too. */
static void l10_candidate_that_was_suspended_looks_before_it_takes(void **state)
{
    struct fixture *fixture = *state;
    (void)happen(fixture, RR_LEADER_DUE);
    expect(got(fixture, "other", "2001-01-01T00:00:00.000000Z"), RR_LEADER_WAIT);

    fixture->now_ms += 3600 * 1000;
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_GET);
    expect(got(fixture, "other", "2001-01-01T01:00:00.000000Z"), RR_LEADER_WAIT);
}

static void trap05_conflicting_write_is_read_and_renewed_if_this_replica_is_the_holder(void **state)
{
    struct fixture *fixture = *state;
    (void)happen(fixture, RR_LEADER_DUE);
    expect(got(fixture, "", "2001-01-01T00:00:00.000000Z"), RR_LEADER_UPDATE);

    expect(happen(fixture, RR_LEADER_OUTRUN), RR_LEADER_GET);
    expect(got(fixture, "me", "2001-01-01T00:00:01.000000Z"), RR_LEADER_UPDATE);
    struct rr_leader_claim claim = rr_leader_state_claim(&fixture->machine, 7);
    assert_int_equal(claim.transitions, 3);
    assert_true(rr_slice_equals(claim.acquire_time, RR_LIT("2001-01-01T00:00:00.000000Z")));
    expect(wrote(fixture, "2001-01-01T00:00:02.000000Z"), RR_LEADER_WAIT);

    assert_int_equal(fixture->machine.phase, RR_LEADER_LEADING);
}

static void l03_lease_that_another_candidate_won_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    (void)happen(fixture, RR_LEADER_DUE);
    expect(happen(fixture, RR_LEADER_ABSENT), RR_LEADER_CREATE);

    expect(happen(fixture, RR_LEADER_OUTRUN), RR_LEADER_GET);
    expect_at(got(fixture, "other", "2001-01-01T00:00:01.000000Z"), RR_LEADER_WAIT, START_MS + 2000);

    assert_int_equal(fixture->machine.phase, RR_LEADER_FOLLOWING);
}

static void l03_conflict_after_conflict_waits(void **state)
{
    struct fixture *fixture = *state;
    (void)happen(fixture, RR_LEADER_DUE);
    (void)got(fixture, "", "2001-01-01T00:00:00.000000Z");
    expect(happen(fixture, RR_LEADER_OUTRUN), RR_LEADER_GET);
    expect(got(fixture, "", "2001-01-01T00:00:01.000000Z"), RR_LEADER_UPDATE);

    expect_at(happen(fixture, RR_LEADER_OUTRUN), RR_LEADER_WAIT, START_MS + 2000);
}

static void l03_failed_request_does_not_end_a_candidate(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 50; i++) {
        expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_GET);
        expect_at(happen(fixture, RR_LEADER_FAILED), RR_LEADER_WAIT, fixture->now_ms + 2000);
        fixture->now_ms += 60 * 1000;
    }
}

/* The late answer to a write does not prove who holds the Lease now. */
static void l10_late_answer_does_not_make_a_leader(void **state)
{
    struct fixture *fixture = *state;
    (void)happen(fixture, RR_LEADER_DUE);
    expect(got(fixture, "", "2001-01-01T00:00:00.000000Z"), RR_LEADER_UPDATE);
    fixture->now_ms += 10000;

    expect(wrote(fixture, "2001-01-01T00:00:01.000000Z"), RR_LEADER_GET);

    assert_int_equal(fixture->machine.phase, RR_LEADER_FOLLOWING);
    assert_int_equal(rr_leader_state_write_until_ms(&fixture->machine), INT64_MIN);
}

/* --- renewing --- */

static void l05_renewal_is_one_write_every_2_s(void **state)
{
    struct fixture *fixture = *state;
    lead(fixture);
    for (int i = 0; i < 5; i++) {
        fixture->now_ms += 2000;
        expect_at(happen(fixture, RR_LEADER_DUE), RR_LEADER_UPDATE, fixture->now_ms + 5000);
        struct rr_leader_claim claim = rr_leader_state_claim(&fixture->machine, 7);
        assert_int_equal(claim.transitions, 3);
        assert_true(rr_slice_equals(claim.acquire_time, RR_LIT("2001-01-01T00:00:00.000000Z")));
        expect_at(wrote(fixture, i % 2 == 0 ? "2001-01-01T00:00:02.000000Z" : "2001-01-01T00:00:03.000000Z"),
                  RR_LEADER_WAIT, fixture->now_ms + 2000);
    }
}

static void l05_failed_renewal_is_read_and_written_again(void **state)
{
    static const enum rr_leader_happened failures[] = { RR_LEADER_FAILED, RR_LEADER_OUTRUN };
    struct fixture *fixture = *state;
    lead(fixture);
    for (size_t i = 0; i < RR_COUNT(failures); i++) {
        fixture->now_ms += 2000;
        expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_UPDATE);
        expect(happen(fixture, failures[i]), RR_LEADER_GET);
        expect(got(fixture, "me", "2001-01-01T00:00:05.000000Z"), RR_LEADER_UPDATE);
        expect(wrote(fixture, "2001-01-01T00:00:06.000000Z"), RR_LEADER_WAIT);
        assert_int_equal(fixture->machine.phase, RR_LEADER_LEADING);
    }
}

static void l05_slow_path_that_fails_waits_for_the_next_round(void **state)
{
    struct fixture *fixture = *state;
    lead(fixture);
    fixture->now_ms += 2000;
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_UPDATE);
    expect(happen(fixture, RR_LEADER_FAILED), RR_LEADER_GET);

    expect_at(happen(fixture, RR_LEADER_FAILED), RR_LEADER_WAIT, fixture->now_ms + 2000);

    fixture->now_ms += 2000;
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_UPDATE);
}

static void l05_leader_gives_up_10_s_after_its_last_successful_renewal_was_sent(void **state)
{
    struct fixture *fixture = *state;
    lead(fixture);
    fixture->now_ms = START_MS + 7000;
    expect_at(happen(fixture, RR_LEADER_DUE), RR_LEADER_UPDATE, START_MS + 10000);
    fixture->now_ms = START_MS + 9999;
    expect_at(happen(fixture, RR_LEADER_FAILED), RR_LEADER_GET, START_MS + 10000);
    expect_at(happen(fixture, RR_LEADER_FAILED), RR_LEADER_WAIT, START_MS + 10000);

    fixture->now_ms = START_MS + 10000;
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_LOST);

    assert_int_equal(fixture->machine.phase, RR_LEADER_OVER);
    assert_int_equal(rr_leader_state_write_until_ms(&fixture->machine), INT64_MIN);
}

static void l10_time_counts_from_the_sending_not_from_the_answer(void **state)
{
    struct fixture *fixture = *state;
    lead(fixture);
    fixture->now_ms = START_MS + 2000;
    (void)happen(fixture, RR_LEADER_DUE);
    fixture->now_ms = START_MS + 6000;

    (void)wrote(fixture, "2001-01-01T00:00:02.000000Z");

    assert_int_equal(rr_leader_state_write_until_ms(&fixture->machine), START_MS + 12000);
}

/* Stopped or suspended in each of the two places where the candidate waits. */
static void l10_leader_that_was_paused_has_lost_the_lease(void **state)
{
    struct fixture *fixture = *state;
    lead(fixture);
    fixture->now_ms += 30000;
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_LOST);

    rr_leader_state_done(&fixture->machine);
    rr_leader_state_init(&fixture->machine, RR_LIT("me"), &fixture->random);
    lead(fixture);
    fixture->now_ms += 2000;
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_UPDATE);
    fixture->now_ms += 30000;
    expect(wrote(fixture, "2001-01-01T00:00:02.000000Z"), RR_LEADER_LOST);
}

static void l06_another_holder_ends_leading_at_once(void **state)
{
    struct fixture *fixture = *state;
    lead(fixture);
    fixture->now_ms += 2000;
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_UPDATE);
    expect(happen(fixture, RR_LEADER_OUTRUN), RR_LEADER_GET);

    expect(got(fixture, "other", "2001-01-01T00:00:05.000000Z"), RR_LEADER_LOST);
}

static void l05_lease_without_a_holder_is_acquired_again(void **state)
{
    struct fixture *fixture = *state;
    lead(fixture);
    fixture->now_ms += 2000;
    (void)happen(fixture, RR_LEADER_DUE);
    expect(happen(fixture, RR_LEADER_OUTRUN), RR_LEADER_GET);

    expect(got(fixture, "", "2001-01-01T00:00:05.000000Z"), RR_LEADER_UPDATE);
    expect(wrote(fixture, "2001-01-01T00:00:06.000000Z"), RR_LEADER_WAIT);

    assert_int_equal(fixture->machine.phase, RR_LEADER_LEADING);
}

static void l05_deleted_lease_is_created_again_while_it_is_ours(void **state)
{
    struct fixture *fixture = *state;
    lead(fixture);
    fixture->now_ms += 2000;
    (void)happen(fixture, RR_LEADER_DUE);
    expect(happen(fixture, RR_LEADER_OUTRUN), RR_LEADER_GET);

    expect(happen(fixture, RR_LEADER_ABSENT), RR_LEADER_CREATE);
    expect(wrote(fixture, "2001-01-01T00:00:05.000000Z"), RR_LEADER_WAIT);

    assert_int_equal(fixture->machine.phase, RR_LEADER_LEADING);
}

static void l10_only_the_leader_may_write_and_for_10_s(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(rr_leader_state_write_until_ms(&fixture->machine), INT64_MIN);

    lead(fixture);
    assert_int_equal(rr_leader_state_write_until_ms(&fixture->machine), START_MS + 10000);
    (void)release(fixture, START_MS + 8000);

    assert_int_equal(rr_leader_state_write_until_ms(&fixture->machine), INT64_MIN);
}

/* --- releasing --- */

/* A write without a look needs a Lease that is still ours: held by us, and not expired by its own duration. */
static void l05_leader_reads_a_lease_that_others_may_have_taken(void **state)
{
    struct fixture *fixture = *state;
    lead(fixture);
    fixture->now_ms += 2000;
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_UPDATE);
    expect(happen(fixture, RR_LEADER_FAILED), RR_LEADER_GET);
    expect(got(fixture, "", "2001-01-01T00:00:02.000000Z"), RR_LEADER_UPDATE); /* released by hand */
    expect_at(happen(fixture, RR_LEADER_FAILED), RR_LEADER_WAIT, fixture->now_ms + 2000);

    fixture->now_ms += 2000;
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_GET);
    expect_at(happen(fixture, RR_LEADER_FAILED), RR_LEADER_WAIT, fixture->now_ms + 2000);
}

static void l05_leader_reads_a_lease_that_expired_by_its_own_duration(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        int duration_s;
        enum rr_leader_do what;
    } cases[] = { { 3, RR_LEADER_UPDATE }, { 2, RR_LEADER_GET }, { 1, RR_LEADER_GET } };
    lead(fixture);
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char renewed[40];
        (void)snprintf(renewed, sizeof renewed, "2001-01-01T00:01:0%zu.000000Z", i);
        (void)happen(fixture, RR_LEADER_DUE);
        expect(happen_with(fixture, RR_LEADER_WROTE, "me", cases[i].duration_s, renewed), RR_LEADER_WAIT);

        fixture->now_ms += 2000;

        expect(happen(fixture, RR_LEADER_DUE), cases[i].what);
    }
}

static void l05_round_has_one_second_look(void **state)
{
    struct fixture *fixture = *state;
    lead(fixture);
    fixture->now_ms += 2000;
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_UPDATE);
    expect(happen(fixture, RR_LEADER_FAILED), RR_LEADER_GET);
    expect(got(fixture, "me", "2001-01-01T00:00:01.000000Z"), RR_LEADER_UPDATE);

    expect_at(happen(fixture, RR_LEADER_FAILED), RR_LEADER_WAIT, fixture->now_ms + 2000);
}

static void l03_lease_that_was_deleted_begins_again_without_transitions(void **state)
{
    struct fixture *fixture = *state;
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_GET);
    expect(got(fixture, "other", "2001-01-01T00:00:00.000000Z"), RR_LEADER_WAIT);
    fixture->now_ms += 5000;
    expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_GET);

    expect(happen(fixture, RR_LEADER_ABSENT), RR_LEADER_CREATE);

    assert_int_equal(rr_leader_state_claim(&fixture->machine, 7).transitions, 0);
}

static void l07_lease_is_read_and_released(void **state)
{
    struct fixture *fixture = *state;
    lead(fixture);

    expect_at(release(fixture, START_MS + 3000), RR_LEADER_GET, START_MS + 3000);
    expect(got(fixture, "me", "2001-01-01T00:00:05.000000Z"), RR_LEADER_UPDATE);
    struct rr_leader_claim claim = rr_leader_state_claim(&fixture->machine, 7);
    assert_int_equal(claim.holder.len, 0);
    assert_int_equal(claim.acquire_time.len, 0);
    assert_int_equal(claim.duration_s, 1);
    assert_int_equal(claim.transitions, 3);
    expect(happen_with(fixture, RR_LEADER_WROTE, "", 1, "2001-01-01T00:00:06.000000Z"), RR_LEADER_END);
}

static void l07_conflict_and_failure_are_retried_until_the_deadline(void **state)
{
    static const enum rr_leader_happened failures[] = { RR_LEADER_OUTRUN, RR_LEADER_FAILED };
    struct fixture *fixture = *state;
    lead(fixture);
    expect(release(fixture, START_MS + 8000), RR_LEADER_GET);
    for (size_t i = 0; i < RR_COUNT(failures); i++) {
        expect(got(fixture, "me", "2001-01-01T00:00:05.000000Z"), RR_LEADER_UPDATE);
        expect_at(happen(fixture, failures[i]), RR_LEADER_WAIT, fixture->now_ms + 250);
        fixture->now_ms += 250;
        expect(happen(fixture, RR_LEADER_DUE), RR_LEADER_GET);
    }
    fixture->now_ms = START_MS + 8000;

    expect(got(fixture, "me", "2001-01-01T00:00:05.000000Z"), RR_LEADER_END);
}

static void l07_lease_of_another_holder_is_not_released(void **state)
{
    struct fixture *fixture = *state;
    lead(fixture);
    expect(release(fixture, START_MS + 8000), RR_LEADER_GET);
    expect(got(fixture, "other", "2001-01-01T00:00:05.000000Z"), RR_LEADER_END);

    rr_leader_state_done(&fixture->machine);
    rr_leader_state_init(&fixture->machine, RR_LIT("me"), &fixture->random);
    lead(fixture);
    expect(release(fixture, START_MS + 8000), RR_LEADER_GET);
    expect(happen(fixture, RR_LEADER_ABSENT), RR_LEADER_END);
}

static void l07_standby_ends_without_a_request(void **state)
{
    struct fixture *fixture = *state;
    (void)happen(fixture, RR_LEADER_DUE);
    expect(got(fixture, "other", "2001-01-01T00:00:00.000000Z"), RR_LEADER_WAIT);

    expect(release(fixture, START_MS + 8000), RR_LEADER_END);
}

static void l02_numbers_keep_their_order(void **state)
{
    (void)state;

    assert_true(RR_LEADER_LEASE_S * 1000 > RR_LEADER_RENEW_DEADLINE_MS);
    assert_true(RR_LEADER_RENEW_DEADLINE_MS > 1.2 * RR_LEADER_RETRY_MS);
    assert_int_equal(RR_LEADER_LEASE_S, 15);
    assert_int_equal(RR_LEADER_RENEW_DEADLINE_MS, 10000);
    assert_int_equal(RR_LEADER_RETRY_MS, 2000);
    assert_int_equal(RR_LEADER_REQUEST_MS, RR_LEADER_RENEW_DEADLINE_MS / 2);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(l03_missing_lease_is_created_and_leads, setup, teardown),
    cmocka_unit_test_setup_teardown(l03_free_lease_is_taken_with_one_more_transition, setup, teardown),
    cmocka_unit_test_setup_teardown(l03_held_lease_is_left_alone_and_asked_for_again_in_2_to_4_4_s, setup, teardown),
    cmocka_unit_test_setup_teardown(l03_lease_expires_after_the_duration_in_the_record, setup, teardown),
    cmocka_unit_test_setup_teardown(l04_skewed_holder_that_renews_keeps_its_lease, setup, teardown),
    cmocka_unit_test_setup_teardown(l04_skewed_holder_that_is_dead_loses_it_after_15_s_here, setup, teardown),
    cmocka_unit_test_setup_teardown(l04_first_look_at_an_old_record_waits_its_whole_duration, setup, teardown),
    cmocka_unit_test_setup_teardown(l10_candidate_that_was_suspended_looks_before_it_takes, setup, teardown),
    cmocka_unit_test_setup_teardown(trap05_conflicting_write_is_read_and_renewed_if_this_replica_is_the_holder, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(l03_lease_that_another_candidate_won_is_left_alone, setup, teardown),
    cmocka_unit_test_setup_teardown(l03_conflict_after_conflict_waits, setup, teardown),
    cmocka_unit_test_setup_teardown(l03_failed_request_does_not_end_a_candidate, setup, teardown),
    cmocka_unit_test_setup_teardown(l10_late_answer_does_not_make_a_leader, setup, teardown),
    cmocka_unit_test_setup_teardown(l05_renewal_is_one_write_every_2_s, setup, teardown),
    cmocka_unit_test_setup_teardown(l05_failed_renewal_is_read_and_written_again, setup, teardown),
    cmocka_unit_test_setup_teardown(l05_slow_path_that_fails_waits_for_the_next_round, setup, teardown),
    cmocka_unit_test_setup_teardown(l05_leader_gives_up_10_s_after_its_last_successful_renewal_was_sent, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(l10_time_counts_from_the_sending_not_from_the_answer, setup, teardown),
    cmocka_unit_test_setup_teardown(l10_leader_that_was_paused_has_lost_the_lease, setup, teardown),
    cmocka_unit_test_setup_teardown(l06_another_holder_ends_leading_at_once, setup, teardown),
    cmocka_unit_test_setup_teardown(l05_lease_without_a_holder_is_acquired_again, setup, teardown),
    cmocka_unit_test_setup_teardown(l05_deleted_lease_is_created_again_while_it_is_ours, setup, teardown),
    cmocka_unit_test_setup_teardown(l10_only_the_leader_may_write_and_for_10_s, setup, teardown),
    cmocka_unit_test_setup_teardown(l05_leader_reads_a_lease_that_others_may_have_taken, setup, teardown),
    cmocka_unit_test_setup_teardown(l05_leader_reads_a_lease_that_expired_by_its_own_duration, setup, teardown),
    cmocka_unit_test_setup_teardown(l05_round_has_one_second_look, setup, teardown),
    cmocka_unit_test_setup_teardown(l03_lease_that_was_deleted_begins_again_without_transitions, setup, teardown),
    cmocka_unit_test_setup_teardown(l07_lease_is_read_and_released, setup, teardown),
    cmocka_unit_test_setup_teardown(l07_conflict_and_failure_are_retried_until_the_deadline, setup, teardown),
    cmocka_unit_test_setup_teardown(l07_lease_of_another_holder_is_not_released, setup, teardown),
    cmocka_unit_test_setup_teardown(l07_standby_ends_without_a_request, setup, teardown),
    cmocka_unit_test_setup_teardown(l02_numbers_keep_their_order, setup, teardown),
};

RR_TEST_MAIN(tests)
