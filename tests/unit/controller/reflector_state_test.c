/* SPDX-License-Identifier: Apache-2.0 */
#include "reflector_state.h"

#include "fakes/fake_random.h"
#include "support/test.h"

struct fixture {
    struct fake_random fake;
    struct rr_random random;
    struct rr_reflector_state state;
    int64_t now_ms;
};

static void begin_with(struct fixture *fixture, const uint64_t *values, size_t count)
{
    *fixture = (struct fixture){ .fake = { .values = values, .count = count }, .now_ms = 1000000 };
    fixture->random = fake_random(&fixture->fake);
    rr_reflector_state_init(&fixture->state, &fixture->random);
}

static void begin(struct fixture *fixture)
{
    begin_with(fixture, NULL, 0);
}

static void end(struct fixture *fixture)
{
    rr_reflector_state_done(&fixture->state);
}

static struct rr_reflector_action step(struct fixture *fixture, const struct rr_reflector_event *event)
{
    return rr_reflector_step(&fixture->state, event, fixture->now_ms);
}

static struct rr_reflector_action listed(struct fixture *fixture, const char *version, bool had_pages)
{
    struct rr_reflector_event event = { .what = RR_REFLECTOR_LISTED,
                                        .version = rr_slice_from(version),
                                        .had_pages = had_pages };
    return step(fixture, &event);
}

static struct rr_reflector_action failed(struct fixture *fixture, enum rr_reflector_happened what, enum rr_code code,
                                         int http_status)
{
    struct rr_error err = { .code = code, .http_status = http_status };
    struct rr_reflector_event event = { .what = what, .err = &err };
    return step(fixture, &event);
}

static struct rr_reflector_action list_failed(struct fixture *fixture, enum rr_code code)
{
    return failed(fixture, RR_REFLECTOR_LIST_FAILED, code, 0);
}

static struct rr_reflector_action watch_failed(struct fixture *fixture, enum rr_code code, int http_status)
{
    return failed(fixture, RR_REFLECTOR_WATCH_FAILED, code, http_status);
}

static struct rr_reflector_action watch_closed(struct fixture *fixture, int64_t lived_ms, uint64_t events)
{
    struct rr_reflector_event event = { .what = RR_REFLECTOR_WATCH_CLOSED, .lived_ms = lived_ms, .events = events };
    return step(fixture, &event);
}

static void expect_action(struct rr_reflector_action action, enum rr_reflector_do what, int64_t delay_ms)
{
    assert_int_equal(action.what, what);
    assert_int_equal(action.delay_ms, delay_ms);
}

static void expect_list(const struct fixture *fixture, const char *version, int limit)
{
    assert_slice(rr_reflector_list_version(&fixture->state), version);
    assert_int_equal(rr_reflector_list_limit(&fixture->state), limit);
}

static void r01_first_list_is_at_0_by_pages_of_500(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);

    expect_list(&fixture, "0", 500);

    end(&fixture);
}

static void r01_failed_first_list_is_retried_unchanged(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);

    expect_action(list_failed(&fixture, RR_E_UNREACHABLE), RR_REFLECTOR_STREAM, 800);

    expect_list(&fixture, "0", 500);
    end(&fixture);
}

static void r01_list_is_followed_by_a_watch_at_once(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);

    expect_action(listed(&fixture, "77", false), RR_REFLECTOR_WATCH, 0);

    assert_slice(rr_buf_slice(&fixture.state.version), "77");
    end(&fixture);
}

static void r01_relist_is_at_the_last_version_without_limit(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)listed(&fixture, "77", false);
    rr_reflector_advance(&fixture.state, RR_LIT("78"));

    (void)watch_failed(&fixture, RR_E_BAD_REPLY, 200);

    expect_list(&fixture, "78", 0);
    end(&fixture);
}

static void r01_relist_keeps_pages_when_the_first_list_had_them(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)listed(&fixture, "77", true);

    (void)watch_failed(&fixture, RR_E_BAD_REPLY, 200);

    expect_list(&fixture, "77", 500);
    end(&fixture);
}

/* Every server splits a list at the newest version, so it proves nothing about a list at a version. */
static void r01_pages_of_a_later_list_change_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)listed(&fixture, "77", false);
    (void)list_failed(&fixture, RR_E_GONE);
    expect_list(&fixture, "", 500);

    (void)listed(&fixture, "90", true);

    expect_list(&fixture, "90", 0);
    end(&fixture);
}

/* Only pages of the first list show that the server splits a list at a version. */
static void r01_pages_of_the_first_list_alone_count_and_for_good(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)listed(&fixture, "77", false);
    (void)listed(&fixture, "78", true); /* at the last version */
    expect_list(&fixture, "78", 0);
    end(&fixture);

    begin(&fixture);
    (void)list_failed(&fixture, RR_E_GONE);
    (void)listed(&fixture, "77", true); /* at the newest version, although it is the first */
    expect_list(&fixture, "77", 0);
    end(&fixture);

    begin(&fixture);
    (void)listed(&fixture, "77", true);
    (void)listed(&fixture, "78", false);
    expect_list(&fixture, "78", 500);
    end(&fixture);
}

static void r04_version_is_opaque(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);

    (void)listed(&fixture, "zz-9", false);
    rr_reflector_advance(&fixture.state, RR_LIT("a&b"));

    expect_list(&fixture, "a&b", 0);
    end(&fixture);
}

static void r05_closed_watch_is_opened_again_at_once(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)listed(&fixture, "77", false);

    expect_action(watch_closed(&fixture, 1000, 0), RR_REFLECTOR_WATCH, 0);
    expect_action(watch_closed(&fixture, 0, 1), RR_REFLECTOR_WATCH, 0);
    expect_action(watch_closed(&fixture, 400000, 12), RR_REFLECTOR_WATCH, 0);

    end(&fixture);
}

static void r05_short_watch_without_events_lists_after_a_wait(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)listed(&fixture, "77", false);

    expect_action(watch_closed(&fixture, 999, 0), RR_REFLECTOR_STREAM, 800);
    expect_action(watch_closed(&fixture, 0, 0), RR_REFLECTOR_STREAM, 1600);

    expect_list(&fixture, "77", 0);
    end(&fixture);
}

static void r06_watch_lasts_from_300_to_600_s(void **state)
{
    (void)state;
    static const uint64_t values[] = { FAKE_RANDOM_LOWEST, FAKE_RANDOM_MIDDLE, FAKE_RANDOM_HIGHEST };
    struct fixture fixture;
    begin_with(&fixture, values, RR_COUNT(values));

    assert_int_equal(rr_reflector_watch_seconds(&fixture.state), 300);
    assert_int_equal(rr_reflector_watch_seconds(&fixture.state), 450);
    assert_int_equal(rr_reflector_watch_seconds(&fixture.state), 600);

    end(&fixture);
}

static void r08_expired_watch_lists_at_the_last_version_after_a_wait(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)listed(&fixture, "77", false);

    expect_action(watch_failed(&fixture, RR_E_GONE, 410), RR_REFLECTOR_STREAM, 800);

    expect_list(&fixture, "77", 0);
    end(&fixture);
}

static void r08_list_at_an_expired_version_drops_to_the_newest_at_once(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)listed(&fixture, "77", false);
    (void)watch_failed(&fixture, RR_E_GONE, 410);

    expect_action(list_failed(&fixture, RR_E_GONE), RR_REFLECTOR_LIST, 0);
    expect_list(&fixture, "", 500);
    expect_action(listed(&fixture, "90", false), RR_REFLECTOR_WATCH, 0);

    expect_list(&fixture, "90", 0);
    end(&fixture);
}

static void r08_newest_list_that_is_expired_too_is_retried_only_after_a_wait(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)listed(&fixture, "77", false);
    (void)list_failed(&fixture, RR_E_GONE);

    expect_action(list_failed(&fixture, RR_E_GONE), RR_REFLECTOR_STREAM, 800);
    expect_action(list_failed(&fixture, RR_E_UNREACHABLE), RR_REFLECTOR_STREAM, 1600);

    expect_list(&fixture, "", 500);
    end(&fixture);
}

static void r10_waits_double_up_to_half_a_minute(void **state)
{
    (void)state;
    static const int64_t base_ms[] = { 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000 };
    static const uint64_t lowest[] = { FAKE_RANDOM_LOWEST }, highest[] = { FAKE_RANDOM_HIGHEST };
    struct fixture low, high;
    begin_with(&low, lowest, 1);
    begin_with(&high, highest, 1);

    for (size_t i = 0; i < RR_COUNT(base_ms); i++) {
        expect_action(list_failed(&low, RR_E_UNREACHABLE), RR_REFLECTOR_STREAM, base_ms[i]);
        struct rr_reflector_action action = list_failed(&high, RR_E_UNREACHABLE);
        assert_in_range(action.delay_ms, 2 * base_ms[i] - 1, 2 * base_ms[i] - 1);
    }

    end(&low);
    end(&high);
}

static void r10_success_alone_does_not_shorten_the_wait(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)list_failed(&fixture, RR_E_UNREACHABLE);
    (void)list_failed(&fixture, RR_E_UNREACHABLE);
    fixture.now_ms += 60000;

    (void)listed(&fixture, "77", false);
    (void)watch_closed(&fixture, 5000, 1);

    expect_action(watch_failed(&fixture, RR_E_BAD_REPLY, 200), RR_REFLECTOR_STREAM, 3200);
    end(&fixture);
}

static void r10_two_minutes_without_failure_reset_the_back_off(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)list_failed(&fixture, RR_E_UNREACHABLE);
    int64_t delay_ms = list_failed(&fixture, RR_E_UNREACHABLE).delay_ms;

    fixture.now_ms += delay_ms + 120000;
    expect_action(list_failed(&fixture, RR_E_UNREACHABLE), RR_REFLECTOR_STREAM, 3200);
    fixture.now_ms += 3200 + 120001;

    expect_action(list_failed(&fixture, RR_E_UNREACHABLE), RR_REFLECTOR_STREAM, 800);
    end(&fixture);
}

static void r12_throttled_watch_goes_on_where_it_was(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)listed(&fixture, "77", false);

    expect_action(watch_failed(&fixture, RR_E_THROTTLED, 429), RR_REFLECTOR_WATCH, 800);

    assert_slice(rr_buf_slice(&fixture.state.version), "77");
    end(&fixture);
}

static struct rr_reflector_action watch_lost(struct fixture *fixture, enum rr_cause cause)
{
    struct rr_error err = { .code = RR_E_UNREACHABLE, .cause = cause };
    struct rr_reflector_event event = { .what = RR_REFLECTOR_WATCH_FAILED, .err = &err };
    return step(fixture, &event);
}

static void r13_refused_watch_goes_on_where_it_was(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)listed(&fixture, "77", false);

    expect_action(watch_lost(&fixture, RR_CAUSE_REFUSED), RR_REFLECTOR_WATCH, 800);
    expect_action(watch_lost(&fixture, RR_CAUSE_REFUSED), RR_REFLECTOR_WATCH, 1600);

    assert_slice(rr_buf_slice(&fixture.state.version), "77");
    end(&fixture);
}

static void r13_other_failure_to_connect_lists_at_the_last_version(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)listed(&fixture, "77", false);

    expect_action(watch_lost(&fixture, RR_CAUSE_UNKNOWN), RR_REFLECTOR_STREAM, 800);
    expect_list(&fixture, "77", 0);
    expect_action(watch_lost(&fixture, RR_CAUSE_BROKEN), RR_REFLECTOR_STREAM, 1600);

    expect_list(&fixture, "77", 0);
    end(&fixture);
}

static void r16_any_other_failure_of_a_watch_lists_after_a_wait(void **state)
{
    (void)state;
    static const struct {
        enum rr_code code;
        int http_status;
    } rows[] = { { RR_E_BAD_REPLY, 200 },       { RR_E_TOO_BIG, 200 },   { RR_E_UNREACHABLE, 500 },
                 { RR_E_UNREACHABLE, 503 },     { RR_E_NOT_FOUND, 404 }, { RR_E_DENIED, 403 },
                 { RR_E_UNAUTHENTICATED, 401 }, { RR_E_TLS, 0 } };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct fixture fixture;
        begin(&fixture);
        (void)listed(&fixture, "77", false);
        expect_action(watch_failed(&fixture, rows[i].code, rows[i].http_status), RR_REFLECTOR_STREAM, 800);
        expect_list(&fixture, "77", 0);
        end(&fixture);
    }
}

static void r19_silent_watch_is_opened_again_at_once(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    (void)listed(&fixture, "77", false);

    expect_action(watch_failed(&fixture, RR_E_TIMEOUT, 0), RR_REFLECTOR_WATCH, 0);

    end(&fixture);
}

static void r25_unknown_resource_is_retried_indefinitely(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);

    for (int i = 0; i < 1000; i++) {
        struct rr_reflector_action action = list_failed(&fixture, RR_E_NOT_FOUND);
        assert_int_equal(action.what, RR_REFLECTOR_STREAM);
        assert_in_range(action.delay_ms, 800, 60000);
    }

    end(&fixture);
}

static struct rr_reflector_action stream_failed(struct fixture *fixture, enum rr_code code, int http_status,
                                                enum rr_cause cause)
{
    struct rr_error err = { .code = code, .http_status = http_status, .cause = cause };
    struct rr_reflector_event event = { .what = RR_REFLECTOR_STREAM_FAILED, .err = &err };
    return step(fixture, &event);
}

static struct rr_reflector_action stream_closed(struct fixture *fixture, int64_t lived_ms, uint64_t events)
{
    struct rr_reflector_event event = { .what = RR_REFLECTOR_STREAM_CLOSED, .lived_ms = lived_ms, .events = events };
    return step(fixture, &event);
}

static void r28_stream_is_at_the_last_version_or_at_none(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    assert_slice(rr_reflector_stream_version(&fixture.state), "");

    rr_reflector_streamed(&fixture.state, RR_LIT("77"));
    assert_slice(rr_reflector_stream_version(&fixture.state), "77");

    assert_slice(rr_buf_slice(&fixture.state.version), "77");
    end(&fixture);
}

static void r28_server_that_does_not_stream_is_listed_at_once(void **state)
{
    (void)state;
    static const struct {
        enum rr_code code;
        int http_status;
    } rows[] = { { RR_E_INVALID, 422 },         { RR_E_INVALID, 400 },     { RR_E_DENIED, 403 },
                 { RR_E_UNAUTHENTICATED, 401 }, { RR_E_NOT_FOUND, 404 },   { RR_E_BAD_REPLY, 405 },
                 { RR_E_BAD_REPLY, 200 },       { RR_E_UNREACHABLE, 500 }, { RR_E_UNREACHABLE, 0 },
                 { RR_E_TIMEOUT, 0 },           { RR_E_TOO_BIG, 200 },     { RR_E_TLS, 0 } };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct fixture fixture;
        begin(&fixture);
        expect_action(stream_failed(&fixture, rows[i].code, rows[i].http_status, RR_CAUSE_UNKNOWN), RR_REFLECTOR_LIST,
                      0);
        expect_list(&fixture, "0", 500);
        expect_action(listed(&fixture, "77", false), RR_REFLECTOR_WATCH, 0);
        expect_action(watch_failed(&fixture, RR_E_BAD_REPLY, 200), RR_REFLECTOR_STREAM, 800);
        end(&fixture);
    }
}

static void r28_throttled_or_refused_stream_is_retried_after_a_wait(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);

    expect_action(stream_failed(&fixture, RR_E_THROTTLED, 429, RR_CAUSE_UNKNOWN), RR_REFLECTOR_STREAM, 800);
    expect_action(stream_failed(&fixture, RR_E_UNREACHABLE, 0, RR_CAUSE_REFUSED), RR_REFLECTOR_STREAM, 1600);

    end(&fixture);
}

static void r28_stream_at_an_expired_version_drops_to_the_newest_once(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    rr_reflector_streamed(&fixture.state, RR_LIT("77"));

    expect_action(stream_failed(&fixture, RR_E_GONE, 410, RR_CAUSE_UNKNOWN), RR_REFLECTOR_STREAM, 0);
    assert_slice(rr_reflector_stream_version(&fixture.state), "");
    expect_action(stream_failed(&fixture, RR_E_GONE, 410, RR_CAUSE_UNKNOWN), RR_REFLECTOR_STREAM, 800);
    rr_reflector_streamed(&fixture.state, RR_LIT("90"));

    assert_slice(rr_reflector_stream_version(&fixture.state), "90");
    end(&fixture);
}

static void r28_stream_that_ends_early_is_retried_after_a_wait(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);

    expect_action(stream_closed(&fixture, 0, 1), RR_REFLECTOR_STREAM, 800);
    expect_action(stream_closed(&fixture, 1000, 0), RR_REFLECTOR_STREAM, 1600);
    expect_action(stream_closed(&fixture, 999, 0), RR_REFLECTOR_LIST, 0);

    end(&fixture);
}

static void r28_missing_bookmark_is_logged_each_10_s(void **state)
{
    (void)state;
    int64_t told_ms = 5000;
    int told = 0;

    for (int64_t now_ms = 5000; now_ms < 5000 + 35000; now_ms += 1000)
        told += rr_reflector_is_overdue(&told_ms, now_ms);

    assert_int_equal(told, 3);
    assert_int_equal(told_ms, 35000);
}

static void r30_resync_is_due_after_9_to_11_hours_and_again(void **state)
{
    (void)state;
    static const uint64_t values[] = { FAKE_RANDOM_LOWEST, FAKE_RANDOM_HIGHEST, FAKE_RANDOM_LOWEST };
    const int64_t hour_ms = 3600 * 1000, watch_ms = 11 * 60 * 1000;
    struct fixture fixture;
    begin_with(&fixture, values, RR_COUNT(values));
    int64_t now_ms = 5;

    assert_false(rr_reflector_resync_is_due(&fixture.state, now_ms));
    assert_false(rr_reflector_resync_is_due(&fixture.state, now_ms + 9 * hour_ms - 1));
    assert_true(rr_reflector_resync_is_due(&fixture.state, now_ms += 9 * hour_ms));
    assert_false(rr_reflector_resync_is_due(&fixture.state, now_ms));
    assert_false(rr_reflector_resync_is_due(&fixture.state, now_ms + 10 * hour_ms));
    assert_true(rr_reflector_resync_is_due(&fixture.state, now_ms += 11 * hour_ms - watch_ms));
    assert_false(rr_reflector_resync_is_due(&fixture.state, now_ms + 9 * hour_ms - 1));

    end(&fixture);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(r30_resync_is_due_after_9_to_11_hours_and_again),
    cmocka_unit_test(r28_stream_is_at_the_last_version_or_at_none),
    cmocka_unit_test(r28_server_that_does_not_stream_is_listed_at_once),
    cmocka_unit_test(r28_throttled_or_refused_stream_is_retried_after_a_wait),
    cmocka_unit_test(r28_stream_at_an_expired_version_drops_to_the_newest_once),
    cmocka_unit_test(r28_stream_that_ends_early_is_retried_after_a_wait),
    cmocka_unit_test(r28_missing_bookmark_is_logged_each_10_s),
    cmocka_unit_test(r01_first_list_is_at_0_by_pages_of_500),
    cmocka_unit_test(r01_failed_first_list_is_retried_unchanged),
    cmocka_unit_test(r01_list_is_followed_by_a_watch_at_once),
    cmocka_unit_test(r01_relist_is_at_the_last_version_without_limit),
    cmocka_unit_test(r01_relist_keeps_pages_when_the_first_list_had_them),
    cmocka_unit_test(r01_pages_of_a_later_list_change_nothing),
    cmocka_unit_test(r01_pages_of_the_first_list_alone_count_and_for_good),
    cmocka_unit_test(r04_version_is_opaque),
    cmocka_unit_test(r05_closed_watch_is_opened_again_at_once),
    cmocka_unit_test(r05_short_watch_without_events_lists_after_a_wait),
    cmocka_unit_test(r06_watch_lasts_from_300_to_600_s),
    cmocka_unit_test(r08_expired_watch_lists_at_the_last_version_after_a_wait),
    cmocka_unit_test(r08_list_at_an_expired_version_drops_to_the_newest_at_once),
    cmocka_unit_test(r08_newest_list_that_is_expired_too_is_retried_only_after_a_wait),
    cmocka_unit_test(r10_waits_double_up_to_half_a_minute),
    cmocka_unit_test(r10_success_alone_does_not_shorten_the_wait),
    cmocka_unit_test(r10_two_minutes_without_failure_reset_the_back_off),
    cmocka_unit_test(r12_throttled_watch_goes_on_where_it_was),
    cmocka_unit_test(r13_refused_watch_goes_on_where_it_was),
    cmocka_unit_test(r13_other_failure_to_connect_lists_at_the_last_version),
    cmocka_unit_test(r16_any_other_failure_of_a_watch_lists_after_a_wait),
    cmocka_unit_test(r19_silent_watch_is_opened_again_at_once),
    cmocka_unit_test(r25_unknown_resource_is_retried_indefinitely),
};
RR_TEST_MAIN(tests)
