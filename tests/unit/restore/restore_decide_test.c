/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include "restore_decide.h"

#include <redisrestore/base/clock.h>

enum { NOW_MS = 5000000, NOW_S = 1790000000 };

/* The middle of every spread: delays come out exact. */
static uint64_t middle(void *context)
{
    (void)context;
    return UINT64_C(1) << 63;
}
static const struct rr_random exact = { NULL, middle };

struct fixture {
    struct rr_restore_spec spec;
    struct rr_restore_status status;
    struct rr_restore_memory memory;
    struct rr_restore_facts facts;
};

static void set(struct rr_buf *buf, const char *text)
{
    rr_buf_clear(buf);
    rr_buf_add(buf, rr_slice_from(text));
}

static void answered(struct fixture *fixture, enum rr_condition_status ready, const char *reason)
{
    fixture->status.observed_generation = 3;
    fixture->status.last_discovery_unix_s = NOW_S - 100;
    fixture->status.conditions[RR_CONDITION_READY].status = ready;
    set(&fixture->status.conditions[RR_CONDITION_READY].reason, reason);
}

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ 0 };
    rr_restore_status_init(&fixture.status);
    fixture.facts = (struct rr_restore_facts){
        .spec = &fixture.spec, .status = &fixture.status, .generation = 3, .now_ms = NOW_MS, .now_unix_s = NOW_S
    };
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    rr_restore_status_done(&fixture->status);
    return 0;
}

static enum rr_restore_do decide(struct fixture *fixture)
{
    return rr_restore_decide(&fixture->facts, &fixture->memory, &exact);
}

static void t02_new_generation_is_discovered(void **state)
{
    struct fixture *fixture = *state;
    answered(fixture, RR_CONDITION_TRUE, "BackupDiscovered");
    fixture->status.observed_generation = 2;

    assert_int_equal(decide(fixture), RR_RESTORE_DISCOVER);
}

static void t02_ready_object_is_left_alone_at_start(void **state)
{
    struct fixture *fixture = *state;
    answered(fixture, RR_CONDITION_TRUE, "BackupDiscovered");

    assert_int_equal(decide(fixture), RR_RESTORE_NOTHING);
}

static void t02_object_that_is_not_ready_is_looked_at_when_the_controller_starts(void **state)
{
    struct fixture *fixture = *state;

    answered(fixture, RR_CONDITION_FALSE, "NoBackupFound");
    assert_int_equal(decide(fixture), RR_RESTORE_DISCOVER);

    answered(fixture, RR_CONDITION_UNKNOWN, "Progressing");
    assert_int_equal(decide(fixture), RR_RESTORE_DISCOVER);
}

static void t02_object_being_deleted_gets_nothing(void **state)
{
    struct fixture *fixture = *state;
    fixture->facts.deleting = true;

    assert_int_equal(decide(fixture), RR_RESTORE_NOTHING);
}

static void t04_suspended_status_is_written_once(void **state)
{
    struct fixture *fixture = *state;
    fixture->spec.suspend = true;

    assert_int_equal(decide(fixture), RR_RESTORE_SUSPEND);

    answered(fixture, RR_CONDITION_UNKNOWN, "Suspended");
    assert_int_equal(decide(fixture), RR_RESTORE_NOTHING);
}

static void f36_invalid_spec_is_written_once(void **state)
{
    struct fixture *fixture = *state;
    char problem[] = "spec.source.s3.bucket is required";
    fixture->spec.problem = problem;

    assert_int_equal(decide(fixture), RR_RESTORE_REFUSE);

    answered(fixture, RR_CONDITION_FALSE, "InvalidSpec");
    assert_int_equal(decide(fixture), RR_RESTORE_NOTHING);
}

static void t02_interval_counts_from_the_last_discovery(void **state)
{
    struct fixture *fixture = *state;
    answered(fixture, RR_CONDITION_TRUE, "BackupDiscovered");
    fixture->spec.interval_ms = 60 * 1000;
    assert_int_equal(decide(fixture), RR_RESTORE_DISCOVER);

    fixture->memory = (struct rr_restore_memory){ 0 };
    fixture->spec.interval_ms = 300 * 1000;
    assert_int_equal(decide(fixture), RR_RESTORE_WAIT);
    assert_int_equal(fixture->memory.due_at_ms, NOW_MS + 200 * 1000);

    fixture->facts.now_ms = NOW_MS + 200 * 1000;
    assert_int_equal(decide(fixture), RR_RESTORE_DISCOVER);
}

static uint64_t low_then_high(void *context)
{
    return (*(int *)context)++ == 0 ? 0 : UINT64_MAX;
}

/* The interval has a spread, which must not be drawn until it suits. */
static void t02_elapsed_interval_stays_elapsed(void **state)
{
    struct fixture *fixture = *state;
    int drawn = 0;
    struct rr_random random = { &drawn, low_then_high };
    answered(fixture, RR_CONDITION_TRUE, "BackupDiscovered");
    fixture->spec.interval_ms = 100 * 1000; /* exactly now, if it had no spread */

    assert_int_equal(rr_restore_decide(&fixture->facts, &fixture->memory, &random), RR_RESTORE_DISCOVER);
    assert_int_equal(rr_restore_decide(&fixture->facts, &fixture->memory, &random), RR_RESTORE_DISCOVER);
    assert_int_equal(fixture->memory.due_at_ms, NOW_MS);
}

/* They are not about a generation or a discovery: the first decision must not allow a write that a pause forbids. */
static void f56_first_decision_about_a_ready_object_keeps_its_pauses(void **state)
{
    struct fixture *fixture = *state;
    answered(fixture, RR_CONDITION_TRUE, "BackupDiscovered");
    fixture->spec.interval_ms = 60 * 1000; /* over */
    fixture->memory = (struct rr_restore_memory){ .next_write_ms = NOW_MS + 500,
                                                  .next_repair_ms = NOW_MS + 700,
                                                  .api_failed_at_ms = NOW_MS - 300 };

    assert_int_equal(decide(fixture), RR_RESTORE_PACE);

    assert_int_equal(fixture->memory.next_write_ms, NOW_MS + 500);
    assert_int_equal(fixture->memory.next_repair_ms, NOW_MS + 700);
    assert_int_equal(fixture->memory.api_failed_at_ms, NOW_MS - 300);
    fixture->facts.now_ms = NOW_MS + 500;
    assert_int_equal(decide(fixture), RR_RESTORE_DISCOVER);
}

static void t02_clock_that_was_set_back_does_not_stretch_the_interval(void **state)
{
    struct fixture *fixture = *state;
    answered(fixture, RR_CONDITION_TRUE, "BackupDiscovered");
    fixture->spec.interval_ms = 60 * 1000;
    fixture->status.last_discovery_unix_s = NOW_S + 86400;

    assert_int_equal(decide(fixture), RR_RESTORE_WAIT);
    assert_int_equal(fixture->memory.due_at_ms, NOW_MS + 60 * 1000);
}

static void t02_what_was_just_written_counts_before_the_watch_brings_it_back(void **state)
{
    struct fixture *fixture = *state;
    int64_t delay;

    assert_false(
        rr_restore_plan(&fixture->memory, &fixture->spec, 3, RR_REASON_BACKUP_DISCOVERED, NOW_MS, &exact, &delay));

    assert_int_equal(decide(fixture), RR_RESTORE_NOTHING);
    fixture->facts.generation = 4;
    assert_int_equal(decide(fixture), RR_RESTORE_DISCOVER);
}

static void assert_delays(enum rr_reason reason, const struct rr_restore_spec *spec, const int64_t *seconds,
                          size_t count)
{
    struct rr_restore_memory memory = { 0 };
    for (size_t i = 0; i < count; i++) {
        int64_t delay = 0;
        assert_true(rr_restore_plan(&memory, spec, 1, reason, NOW_MS, &exact, &delay));
        assert_int_equal(delay, 1000 * seconds[i]);
    }
}

static void t03_retries_follow_their_class(void **state)
{
    (void)state;
    const struct rr_restore_spec spec = { 0 }, wait = { .wait_for_backup = true };

    assert_delays(RR_REASON_S3_UNAVAILABLE, &spec, (const int64_t[]){ 5, 10, 20, 40, 80, 160, 320, 600, 600 }, 9);
    assert_delays(RR_REASON_ACCESS_DENIED, &spec, (const int64_t[]){ 50, 50, 50, 50, 50 }, 5);
    assert_delays(RR_REASON_SECRET_NOT_FOUND, &spec, (const int64_t[]){ 5, 10, 20, 40, 60, 60 }, 6);
    assert_delays(RR_REASON_NO_BACKUP_FOUND, &wait, (const int64_t[]){ 60, 120, 240, 300, 300 }, 5);
}

static void t03_terminal_and_nothing_found_wait_for_the_spec(void **state)
{
    (void)state;
    struct rr_restore_memory memory = { 0 };
    const struct rr_restore_spec spec = { 0 };
    int64_t delay;

    assert_false(rr_restore_plan(&memory, &spec, 1, RR_REASON_INVALID_SPEC, NOW_MS, &exact, &delay));
    assert_false(rr_restore_plan(&memory, &spec, 1, RR_REASON_NO_BACKUP_FOUND, NOW_MS, &exact, &delay));
    assert_int_equal(memory.due_at_ms, RR_DEADLINE_NEVER);
}

static void t03_failed_periodic_run_is_not_later_than_the_interval(void **state)
{
    (void)state;
    const struct rr_restore_spec spec = { .interval_ms = 30 * 1000 };

    assert_delays(RR_REASON_ACCESS_DENIED, &spec, (const int64_t[]){ 30, 30, 30 }, 3);
    assert_delays(RR_REASON_S3_UNAVAILABLE, &spec, (const int64_t[]){ 5, 10, 20, 30, 30 }, 5);
}

/* A Secret, a bucket or a policy that was just mended is found within a minute. */
static void t03_fresh_configuration_error_is_retried_within_a_minute(void **state)
{
    (void)state;
    struct rr_restore_memory memory = { 0 };
    const struct rr_restore_spec spec = { 0 };
    int64_t now_ms = NOW_MS, longest_ms = 0;
    while (now_ms < NOW_MS + 3600 * 1000) {
        int64_t delay_ms = 0, failing_for_ms = now_ms - NOW_MS;
        assert_true(
            rr_restore_plan(&memory, &spec, 1, RR_REASON_BUCKET_NOT_FOUND, now_ms, &rr_random_system, &delay_ms));
        assert_true(delay_ms <= (failing_for_ms < 600 * 1000 ? 60 * 1000 : 300 * 1000));
        assert_true(delay_ms <= rr_restore_wait_max_ms(RR_REASON_BUCKET_NOT_FOUND, failing_for_ms, 0, false));
        longest_ms = delay_ms > longest_ms ? delay_ms : longest_ms;
        now_ms += delay_ms;
    }
    assert_true(longest_ms > 150 * 1000); /* it does become slower */
}

/* The failure is reported between 10 s and 20 s after the first one, at any rhythm of requests. */
static void f60_failing_api_server_is_reported_after_ten_seconds(void **state)
{
    (void)state;
    static const int64_t took_ms[] = { 1, 900, 15000 };
    for (size_t i = 0; i < RR_COUNT(took_ms); i++) {
        struct rr_restore_memory memory = { 0 };
        int64_t now_ms = 5000, delay_ms = 0;
        int tries = 0;
        for (bool is_due = false; !is_due; tries++) {
            now_ms += delay_ms;
            is_due = rr_restore_api_failure_is_due(&memory, now_ms, now_ms + took_ms[i], &delay_ms);
            now_ms += took_ms[i];
        }
        assert_in_range(now_ms - 5000, 10000, 25000);
        assert_in_range(tries, 1, 12);
    }
}

static void f60_failing_api_server_is_retried_within_the_interval_and_five_minutes(void **state)
{
    struct fixture *fixture = *state;
    for (int with_interval = 0; with_interval < 2; with_interval++) {
        struct rr_restore_memory memory = { 0 };
        fixture->spec.interval_ms = with_interval ? 45 * 1000 : 0;
        for (int i = 0; i < 20; i++) {
            int64_t delay_ms;
            assert_true(rr_restore_plan(&memory, &fixture->spec, 1, RR_REASON_API_SERVER_ERROR, 1000 * i,
                                        &rr_random_system, &delay_ms));
            assert_in_range(delay_ms, 1, with_interval ? 45 * 1000 : 300 * 1000);
        }
    }
}

static void t03_back_off_restarts_with_another_class_and_generation(void **state)
{
    (void)state;
    struct rr_restore_memory memory = { 0 };
    const struct rr_restore_spec spec = { 0 };
    int64_t delay;
    assert_true(rr_restore_plan(&memory, &spec, 1, RR_REASON_S3_UNAVAILABLE, NOW_MS, &exact, &delay));
    assert_true(rr_restore_plan(&memory, &spec, 1, RR_REASON_S3_THROTTLED, NOW_MS, &exact, &delay));
    assert_int_equal(delay, 10 * 1000);

    assert_true(rr_restore_plan(&memory, &spec, 1, RR_REASON_ACCESS_DENIED, NOW_MS, &exact, &delay));
    assert_int_equal(delay, 50 * 1000);
    assert_true(rr_restore_plan(&memory, &spec, 2, RR_REASON_ACCESS_DENIED, NOW_MS, &exact, &delay));
    assert_int_equal(delay, 50 * 1000);
}

/* The wall clock is set by an hour while a retry is planned, and back again. */
static void f31_wall_clock_that_jumps_moves_no_retry(void **state)
{
    struct fixture *fixture = *state;
    int64_t delay_ms;
    answered(fixture, RR_CONDITION_FALSE, "AccessDenied");
    assert_true(
        rr_restore_plan(&fixture->memory, &fixture->spec, 3, RR_REASON_ACCESS_DENIED, NOW_MS, &exact, &delay_ms));

    for (int hours = -1; hours <= 1; hours += 2) {
        fixture->facts.now_unix_s = NOW_S + hours * 3600;
        fixture->facts.now_ms = NOW_MS + delay_ms - 1;
        assert_int_equal(decide(fixture), RR_RESTORE_WAIT);
        fixture->facts.now_ms = NOW_MS + delay_ms;
        assert_int_equal(decide(fixture), RR_RESTORE_DISCOVER);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(t03_fresh_configuration_error_is_retried_within_a_minute),
    cmocka_unit_test(f60_failing_api_server_is_reported_after_ten_seconds),
    cmocka_unit_test_setup_teardown(f60_failing_api_server_is_retried_within_the_interval_and_five_minutes, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(t02_new_generation_is_discovered, setup, teardown),
    cmocka_unit_test_setup_teardown(t02_ready_object_is_left_alone_at_start, setup, teardown),
    cmocka_unit_test_setup_teardown(t02_object_that_is_not_ready_is_looked_at_when_the_controller_starts, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(t02_object_being_deleted_gets_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(t04_suspended_status_is_written_once, setup, teardown),
    cmocka_unit_test_setup_teardown(f36_invalid_spec_is_written_once, setup, teardown),
    cmocka_unit_test_setup_teardown(t02_interval_counts_from_the_last_discovery, setup, teardown),
    cmocka_unit_test_setup_teardown(t02_elapsed_interval_stays_elapsed, setup, teardown),
    cmocka_unit_test_setup_teardown(f56_first_decision_about_a_ready_object_keeps_its_pauses, setup, teardown),
    cmocka_unit_test_setup_teardown(t02_clock_that_was_set_back_does_not_stretch_the_interval, setup, teardown),
    cmocka_unit_test_setup_teardown(t02_what_was_just_written_counts_before_the_watch_brings_it_back, setup, teardown),
    cmocka_unit_test(t03_retries_follow_their_class),
    cmocka_unit_test(t03_terminal_and_nothing_found_wait_for_the_spec),
    cmocka_unit_test(t03_failed_periodic_run_is_not_later_than_the_interval),
    cmocka_unit_test(t03_back_off_restarts_with_another_class_and_generation),
    cmocka_unit_test_setup_teardown(f31_wall_clock_that_jumps_moves_no_retry, setup, teardown),
};
RR_TEST_MAIN(tests)
