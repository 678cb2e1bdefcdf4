/* SPDX-License-Identifier: Apache-2.0 */
#include "election.h"

#include "fakes/fake_environment.h"
#include "support/test.h"

static void expect(const char *told, const char *pod, const char *configured, const char *expected)
{
    const struct fake_variable variables[] = { { "POD_NAMESPACE", pod }, { 0 } };
    struct fake_environment fake = { variables };
    struct rr_environment environment = fake_environment(&fake);
    struct rr_kube_config config = { .default_namespace = RR_BUF(64) };
    rr_auto(buf) name = RR_BUF(64);
    rr_buf_add(&config.default_namespace, rr_slice_from(configured));

    rr_election_namespace(rr_slice_from(told), &environment, &config, &name);

    assert_string_equal(rr_buf_text(&name), expected);
    rr_buf_done(&config.default_namespace);
}

static void k13_lease_is_in_the_namespace_that_is_named_first(void **state)
{
    (void)state;
    expect("flag", "pod", "configured", "flag");
    expect(NULL, "pod", "configured", "pod");
    expect(NULL, "", "configured", "configured");
    expect(NULL, NULL, "", "default");
}

static void without_the_flag_there_is_no_election(void **state)
{
    (void)state;
    struct rr_controller_options options = { 0 };
    struct rr_kube_config config = { 0 };
    struct rr_leader_options leader = { 0 };
    struct rr_election election;
    struct rr_restore_controller_options restricted = { 0 };
    rr_election_init(&election, &options, &config, leader, NULL);

    rr_election_restrict(&election, &restricted);
    rr_election_start(&election, NULL);
    rr_election_settle(&election);
    rr_election_end(&election);

    assert_null(election.leader);
    assert_null(restricted.guard);
    assert_false(restricted.standby);
    assert_false(rr_election_is_lost(&election));
    rr_election_done(&election);
}

static void l10_replica_begins_as_a_standby_and_writes_behind_the_guard(void **state)
{
    (void)state;
    struct rr_controller_options options = { .leader_elect = true, .leader_elect_id = RR_LIT("lease") };
    struct rr_kube_config config = { 0 };
    struct rr_leader_options leader = { .host = RR_LIT("pod-1") };
    struct rr_election election;
    struct rr_restore_controller_options restricted = { 0 };
    rr_election_init(&election, &options, &config, leader, NULL);

    rr_election_restrict(&election, &restricted);

    assert_true(restricted.standby);
    assert_non_null(election.leader);
    assert_ptr_equal(restricted.guard, rr_leader_guard(election.leader));
    rr_election_done(&election);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(k13_lease_is_in_the_namespace_that_is_named_first),
    cmocka_unit_test(l10_replica_begins_as_a_standby_and_writes_behind_the_guard),
    cmocka_unit_test(without_the_flag_there_is_no_election),
};

RR_TEST_MAIN(tests)
