/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/controller/leader.h>

#include "fakes/fake_random.h"
#include "support/kube_script.h"
#include "support/test.h"

#include <stdatomic.h>

#define ME    "pod-1_00000000-0000-4000-8000-000000000000"
#define LEASE "/apis/coordination.k8s.io/v1/namespaces/ops/leases"
#define HELD(holder, version)                                                                                          \
    "{\"metadata\":{\"name\":\"l\",\"resourceVersion\":\"" version "\"},\"spec\":{\"holderIdentity\":\"" holder        \
    "\",\"leaseDurationSeconds\":15,\"leaseTransitions\":2}}"
#define REFUSED(reason) "{\"kind\":\"Status\",\"reason\":\"" reason "\"}"

enum { BEHIND_MS = 3000 };

/* The real clock, moved back so far that a wait between two rounds, which uses it, ends at once, while a request has
 * two of its five seconds left. */
struct moved_clock {
    _Atomic int64_t by_ms;
};

static int64_t moved_ms(void *context)
{
    struct moved_clock *moved = context;
    return rr_clock_monotonic_ms(&rr_clock_system) + atomic_load(&moved->by_ms);
}

static int64_t unix_ms(void *context)
{
    (void)context;
    return 1769903940123;
}

struct fixture {
    struct kube_script script;
    struct test_server *server;
    struct kube_fixture kube;
    struct moved_clock moved;
    struct rr_clock clock;
    struct fake_random fake;
    struct rr_random random;
    struct rr_leader *leader;
    struct test_gate leading, lost;
    struct test_gate *hold; /* on_leading waits for it; NULL: does not wait */
    int held_connection;    /* answered after `go`; each request has its own connection; 0: none */
    int64_t jump_ms;        /* by which the clock moves when a later one comes */
    struct test_gate reached, go;
    struct test_gate closed; /* by the client, one for each connection */
    bool is_paced;           /* one request a second, and no burst */
};

static void on_leading(void *context)
{
    struct fixture *fixture = context;
    test_gate_open(&fixture->leading);
    if (fixture->hold != NULL)
        test_gate_wait(fixture->hold, 1);
}

static void on_lost(void *context)
{
    struct fixture *fixture = context;
    test_gate_open(&fixture->lost);
}

static void serve(struct test_peer *peer, void *context)
{
    struct fixture *fixture = context;
    if (peer->connection == fixture->held_connection) {
        test_gate_open(&fixture->reached);
        test_gate_wait(&fixture->go, 1);
    } else if (peer->connection > fixture->held_connection) {
        (void)atomic_fetch_add(&fixture->moved.by_ms, fixture->jump_ms);
    }
    kube_script_serve(peer, &fixture->script);
    test_gate_open(&fixture->closed);
}

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .moved = { -BEHIND_MS } };
    test_gate_init(&fixture.leading);
    test_gate_init(&fixture.lost);
    test_gate_init(&fixture.reached);
    test_gate_init(&fixture.closed);
    test_gate_init(&fixture.go);
    *state = &fixture;
    return 0;
}

static void start(struct fixture *fixture, const struct kube_step *steps, size_t count)
{
    kube_script_init(&fixture->script, steps, count);
    fixture->script.over_and_over = true;
    fixture->server = test_server_start(serve, fixture);
    kube_fixture_init(&fixture->kube, fixture->server, NULL);
    fixture->clock = (struct rr_clock){ &fixture->moved, moved_ms, unix_ms };
    fixture->kube.clock = rr_clock_system;
    if (fixture->is_paced) {
        static const char *const labels[] = { "verb", "host", NULL };
        static const double bounds[] = { 1 };
        fixture->kube.requests_per_second = fixture->kube.burst = 1;
        fixture->kube.pace_seconds = rr_metrics_histogram(fixture->kube.metrics, "waits", "Waits.", labels, bounds, 1);
    }
    kube_fixture_connect(&fixture->kube);
    fixture->random = fake_random(&fixture->fake);
    struct rr_leader_options options = { .client = fixture->kube.client,
                                         .clock = &fixture->clock,
                                         .random = &fixture->random,
                                         .log = &fixture->kube.log,
                                         .metrics = fixture->kube.metrics,
                                         .namespace_name = RR_LIT("ops"),
                                         .name = RR_LIT("l"),
                                         .host = RR_LIT("pod-1"),
                                         .context = fixture,
                                         .on_leading = on_leading,
                                         .on_lost = on_lost };
    fixture->leader = rr_leader_new(&options);
    rr_leader_start(fixture->leader);
}
#define START(fixture, ...)                                                                                            \
    start((fixture), (const struct kube_step[]){ __VA_ARGS__ },                                                        \
          sizeof((const struct kube_step[]){ __VA_ARGS__ }) / sizeof(struct kube_step))
#define ANSWER(status, body)                                                                                           \
    {                                                                                                                  \
        status, NULL, body, KUBE_WHOLE, false                                                                          \
    }

/* The release may take 2 s. */
static void end(struct fixture *fixture)
{
    rr_leader_end(fixture->leader, rr_clock_monotonic_ms(&fixture->clock) + BEHIND_MS + 2000);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    rr_leader_free(fixture->leader);
    kube_fixture_done(&fixture->kube);
    test_server_stop(fixture->server);
    kube_script_done(&fixture->script);
    return 0;
}

static bool may_write(const struct fixture *fixture)
{
    const struct rr_kube_guard *guard = rr_leader_guard(fixture->leader);
    return guard->until_ms(guard->context) > rr_clock_monotonic_ms(&fixture->clock);
}

static void expect_metric(struct fixture *fixture, const char *line)
{
    rr_auto(buf) text = RR_BUF(1 << 20);
    rr_metrics_expose(fixture->kube.metrics, &text);
    assert_non_null(strstr(rr_buf_text(&text), line));
}

static bool asked_for(struct fixture *fixture, const char *words)
{
    pthread_mutex_lock(&fixture->script.lock);
    bool found = strstr(rr_buf_text(&fixture->script.text), words) != NULL;
    pthread_mutex_unlock(&fixture->script.lock);
    return found;
}

static void l02_identity_is_host_and_uuid(void **state)
{
    struct fixture *fixture = *state;
    START(fixture, ANSWER(404, REFUSED("NotFound")), ANSWER(201, HELD(ME, "1")));

    test_gate_wait(&fixture->leading, 1);
    end(fixture);

    assert_string_equal(kube_script_request(&fixture->script, 1), "GET " LEASE "/l");
    assert_string_equal(kube_script_request(&fixture->script, 2), "POST " LEASE);
    assert_true(asked_for(fixture, "\"holderIdentity\":\"" ME "\""));
    assert_true(asked_for(fixture, "\"renewTime\":\"2026-01-31T23:59:00.123000Z\""));
}

static void l05_leader_renews_by_puts_alone(void **state)
{
    struct fixture *fixture = *state;
    START(fixture, ANSWER(404, REFUSED("NotFound")), ANSWER(200, HELD(ME, "1")));

    (void)kube_script_request(&fixture->script, 6);
    bool may = may_write(fixture);
    expect_metric(fixture, "\nleader_election_master_status{name=\"l\"} 1\n");
    end(fixture);

    assert_true(may);
    for (int i = 3; i <= 6; i++)
        assert_string_equal(kube_script_request(&fixture->script, i), "PUT " LEASE "/l");
    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "\"message\":\"leading\""), 1);
}

static void trap05_each_request_has_a_connection_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    START(fixture, ANSWER(404, REFUSED("NotFound")), ANSWER(200, HELD(ME, "1")));

    (void)kube_script_request(&fixture->script, 5);
    end(fixture);

    assert_true(test_server_connections(fixture->server) >= test_server_requests(fixture->server));
}

static void trap05_connection_of_a_request_is_closed_after_it(void **state)
{
    struct fixture *fixture = *state;
    fixture->held_connection = 2;
    START(fixture, ANSWER(404, REFUSED("NotFound")), ANSWER(200, HELD(ME, "1")));
    test_gate_wait(&fixture->reached, 1);

    test_gate_wait(&fixture->closed, 1); /* before there is a third that could push the first out */

    test_gate_open(&fixture->go);
    end(fixture);
}

static void l03_standby_waits_and_logs_the_leader_once(void **state)
{
    struct fixture *fixture = *state;
    START(fixture, ANSWER(200, HELD("other_1", "1")));

    (void)kube_script_request(&fixture->script, 4);
    bool may = may_write(fixture);
    expect_metric(fixture, "\nleader_election_master_status{name=\"l\"} 0\n");
    end(fixture);

    assert_false(may);
    assert_int_equal(fixture->leading.passed, 0);
    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "standby: another replica is the leader\""), 1);
    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "\"holder\":\"other_1\""), 1);
    assert_false(asked_for(fixture, "PUT "));
}

static void l03_standby_logs_a_new_leader_once(void **state)
{
    struct fixture *fixture = *state;
    START(fixture, ANSWER(200, HELD("other_1", "1")), ANSWER(200, HELD("other_2", "2")));

    (void)kube_script_request(&fixture->script, 5);
    end(fixture);

    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "\"holder\":\"other_1\""), 1);
    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "\"holder\":\"other_2\""), 1);
}

static void l06_loss_is_logged_once_and_forbids_writes(void **state)
{
    struct fixture *fixture = *state;
    START(fixture, ANSWER(404, REFUSED("NotFound")), ANSWER(201, HELD(ME, "1")), ANSWER(409, REFUSED("Conflict")),
          ANSWER(200, HELD("other_1", "2")));

    test_gate_wait(&fixture->lost, 1);
    bool may = may_write(fixture), lost = rr_leader_is_lost(fixture->leader);
    expect_metric(fixture, "\nleader_election_master_status{name=\"l\"} 0\n");
    end(fixture);

    assert_true(lost);
    assert_false(may);
    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "\"leader election lost\""), 1);
    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "\"level\":\"error\""), 1);
    assert_int_equal(test_server_requests(fixture->server), 4);
}

static void l07_shutdown_releases_the_lease(void **state)
{
    struct fixture *fixture = *state;
    START(fixture, ANSWER(404, REFUSED("NotFound")), ANSWER(200, HELD(ME, "1")));
    test_gate_wait(&fixture->leading, 1);

    end(fixture);

    assert_true(asked_for(fixture, "\"holderIdentity\":\"\",\"leaseDurationSeconds\":1,"));
    assert_true(asked_for(fixture, "\"leaseTransitions\":2"));
    assert_false(rr_leader_is_lost(fixture->leader));
}

static void l07_shutdown_ends_although_the_lease_cannot_be_released(void **state)
{
    struct fixture *fixture = *state;
    fixture->held_connection = 3; /* a renewal */
    fixture->jump_ms = 60000;     /* beyond the time for the release, with the first request of it */
    START(fixture, ANSWER(404, REFUSED("NotFound")), ANSWER(200, HELD(ME, "1")), ANSWER(500, REFUSED("InternalError")));
    test_gate_wait(&fixture->reached, 1);

    atomic_store(&fixture->moved.by_ms, 0);
    rr_leader_end(fixture->leader, rr_clock_monotonic_ms(&rr_clock_system) + 20000);
    test_gate_open(&fixture->go);

    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "failed to release lease"), 1);
    assert_int_equal(test_count(kube_fixture_logged(&fixture->kube), "\"message\":\"leader election failed"), 1);
}

/* The end begins during its write: the candidate acquires the Lease and only releases it. */
static void l07_candidate_that_acquires_the_lease_during_shutdown_releases_it(void **state)
{
    struct fixture *fixture = *state;
    fixture->held_connection = 2;
    START(fixture, ANSWER(200, HELD("", "1")), ANSWER(200, HELD(ME, "2")));
    test_gate_wait(&fixture->reached, 1);

    rr_leader_settle(fixture->leader);
    test_gate_open(&fixture->go);
    (void)kube_script_request(&fixture->script, 3); /* a renewal: it leads */
    end(fixture);

    assert_int_equal(fixture->leading.passed, 0);
    assert_true(asked_for(fixture, "\"holderIdentity\":\"\""));
}

static void l08_leader_that_hangs_is_unhealthy(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) why = RR_BUF(1024);
    struct test_gate hold;
    test_gate_init(&hold);
    fixture->hold = &hold;
    START(fixture, ANSWER(404, REFUSED("NotFound")), ANSWER(200, HELD(ME, "1")));
    test_gate_wait(&fixture->leading, 1);

    bool first = rr_leader_is_healthy(fixture->leader, &why);
    atomic_fetch_add(&fixture->moved.by_ms, 21000);
    bool later = rr_leader_is_healthy(fixture->leader, &why), may = may_write(fixture);
    test_gate_open(&hold);
    test_gate_wait(&fixture->lost, 1);
    end(fixture);

    assert_true(first);
    assert_false(later);
    assert_false(may);
    assert_non_null(strstr(rr_buf_text(&why), "renewed 2"));
    assert_true(rr_leader_is_healthy(fixture->leader, &why));
}

static void l03_missing_permission_is_one_record_with_the_remedy(void **state)
{
    struct fixture *fixture = *state;
    START(fixture, ANSWER(403, REFUSED("Forbidden")), ANSWER(403, REFUSED("Forbidden")),
          ANSWER(403, REFUSED("Forbidden")), ANSWER(404, REFUSED("NotFound")), ANSWER(201, HELD(ME, "1")));

    test_gate_wait(&fixture->leading, 1);
    end(fixture);

    const char *logged = kube_fixture_logged(&fixture->kube);
    assert_int_equal(test_count(logged, "\"message\":\"leader election not possible, retrying\""), 1);
    assert_int_equal(test_count(logged, "get leases.coordination.k8s.io l in namespace ops"), 1);
    assert_int_equal(test_count(logged, "grant the verb \\\"get\\\" on \\\"leases\\\""), 1);
    assert_int_equal(test_count(logged, "by a Role"), 1);
}

static void l03_lease_that_may_be_read_alone_is_one_record(void **state)
{
    struct fixture *fixture = *state;
    START(fixture, ANSWER(404, REFUSED("NotFound")), ANSWER(403, REFUSED("Forbidden")), ANSWER(200, HELD("", "1")),
          ANSWER(403, REFUSED("Forbidden")), ANSWER(200, HELD("", "1")), ANSWER(403, REFUSED("Forbidden")),
          ANSWER(200, HELD("", "1")), ANSWER(200, HELD(ME, "2")));

    test_gate_wait(&fixture->leading, 1);
    end(fixture);

    const char *logged = kube_fixture_logged(&fixture->kube);
    assert_int_equal(test_count(logged, "\"message\":\"leader election not possible, retrying\""), 1);
}

static void r31_lease_does_not_wait_behind_the_pace(void **state)
{
    struct fixture *fixture = *state;
    fixture->is_paced = true;
    START(fixture, ANSWER(404, REFUSED("NotFound")), ANSWER(200, HELD(ME, "1")));

    (void)kube_script_request(&fixture->script, 4);
    end(fixture);

    rr_auto(buf) text = RR_BUF(1 << 20);
    rr_metrics_expose(fixture->kube.metrics, &text);
    assert_null(strstr(rr_buf_text(&text), "waits_count{")); /* no request took a place in it */
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(l02_identity_is_host_and_uuid, setup, teardown),
    cmocka_unit_test_setup_teardown(l05_leader_renews_by_puts_alone, setup, teardown),
    cmocka_unit_test_setup_teardown(r31_lease_does_not_wait_behind_the_pace, setup, teardown),
    cmocka_unit_test_setup_teardown(trap05_each_request_has_a_connection_of_its_own, setup, teardown),
    cmocka_unit_test_setup_teardown(trap05_connection_of_a_request_is_closed_after_it, setup, teardown),
    cmocka_unit_test_setup_teardown(l03_standby_waits_and_logs_the_leader_once, setup, teardown),
    cmocka_unit_test_setup_teardown(l03_standby_logs_a_new_leader_once, setup, teardown),
    cmocka_unit_test_setup_teardown(l06_loss_is_logged_once_and_forbids_writes, setup, teardown),
    cmocka_unit_test_setup_teardown(l07_shutdown_releases_the_lease, setup, teardown),
    cmocka_unit_test_setup_teardown(l07_shutdown_ends_although_the_lease_cannot_be_released, setup, teardown),
    cmocka_unit_test_setup_teardown(l07_candidate_that_acquires_the_lease_during_shutdown_releases_it, setup, teardown),
    cmocka_unit_test_setup_teardown(l08_leader_that_hangs_is_unhealthy, setup, teardown),
    cmocka_unit_test_setup_teardown(l03_missing_permission_is_one_record_with_the_remedy, setup, teardown),
    cmocka_unit_test_setup_teardown(l03_lease_that_may_be_read_alone_is_one_record, setup, teardown),
};

RR_TEST_MAIN(tests)
