/* SPDX-License-Identifier: Apache-2.0 */
#include "reflector_fixture.h"

#include <stdlib.h>

#define STREAM_AT(v)                                                                                                   \
    PATH "watch=true&allowWatchBookmarks=true&timeoutSeconds=300&sendInitialEvents=true&resourceVersionMatch="         \
         "NotOlderThan&resourceVersion=" v
#define LAST_OF_INITIAL(v)                                                                                             \
    "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Thing\",\"metadata\":{\"resourceVersion\":\"" v                     \
    "\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n"

static const struct variation streaming = { .streams = true };

/* Like expect_run, with a server that streams lists. */
static void expect_stream(const struct kube_step *steps, size_t count, const char *const *requests,
                          size_t request_count, const char *changes)
{
    struct fixture fixture;
    begin_with(&fixture, steps, count, &streaming);
    expect_requests(&fixture, requests, request_count);
    halt(&fixture);
    expect_changes(&fixture, changes);
    end(&fixture);
}

#define STREAM(steps, requests, changes)                                                                               \
    expect_stream((steps), RR_COUNT(steps), (requests), RR_COUNT(requests), (changes))

static void r28_initial_events_are_applied_at_the_bookmark(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = EVENT("ADDED", THING("b", "v", "4"))
                                             EVENT("ADDED", THING("a", "u", "3")) LAST_OF_INITIAL("10"),
                                         .end = KUBE_CLOSE } };
    const char *const requests[] = { STREAM_AT(""), WATCH_AT("10") };

    STREAM(steps, requests, "+a/u@3 +b/v@4 ");
}

static void r28_the_same_stream_goes_on_as_a_watch(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = EVENT("ADDED", THING("a", "u", "3")) LAST_OF_INITIAL("10") EVENT(
                                             "MODIFIED", THING("a", "u", "11")) EVENT("ADDED", THING("b", "v", "12")),
                                         .end = KUBE_CLOSE } };
    const char *const requests[] = { STREAM_AT(""), WATCH_AT("12") };

    STREAM(steps, requests, "+a/u@3 ~a/u@11 +b/v@12 ");
}

static void r28_nothing_is_seen_before_the_bookmark(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = EVENT("ADDED", THING("a", "u", "3")) BOOKMARK("9"),
                                         .end = KUBE_CUT } };
    const char *const requests[] = { STREAM_AT(""), STREAM_AT("") };
    struct fixture fixture;
    begin_with(&fixture, steps, RR_COUNT(steps), &streaming);

    expect_requests(&fixture, requests, RR_COUNT(requests));

    assert_int_equal(rr_cache_count(fixture.cache), 0);
    assert_false(rr_reflector_has_synced(fixture.reflector));
    expect_changes(&fixture, "");
    end(&fixture);
}

static void r28_objects_of_an_interrupted_stream_are_discarded(void **state)
{
    (void)state;
    const struct kube_step steps[] = {
        { .body = EVENT("ADDED", THING("a", "u", "3")) LAST_OF_INITIAL("10") "garbage", .end = KUBE_CLOSE },
        { .body = EVENT("ADDED", THING("b", "v", "12")) EVENT("ADDED", THING("c", "w", "13")), .end = KUBE_CUT },
        { .body = EVENT("ADDED", THING("c", "w", "13")) LAST_OF_INITIAL("20"), .end = KUBE_CLOSE }
    };
    const char *const requests[] = { STREAM_AT(""), STREAM_AT("10"), STREAM_AT("10"), WATCH_AT("20") };

    STREAM(steps, requests, "+a/u@3 -a/u@3 +c/w@13 ");
}

static void r28_changes_among_the_initial_events_count(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = EVENT("ADDED", THING("a", "u", "3")) EVENT(
                                             "ADDED", THING("b", "v", "4")) EVENT("MODIFIED", THING("b", "v", "5"))
                                             EVENT("DELETED", THING("a", "u", "6")) LAST_OF_INITIAL("10"),
                                         .end = KUBE_CLOSE } };
    const char *const requests[] = { STREAM_AT(""), WATCH_AT("10") };

    STREAM(steps, requests, "+b/v@5 ");
}

/* Reported in the order of the cache, all at once, not in the order of arrival. */
static void r28_other_bookmarks_end_nothing(void **state)
{
    (void)state;
    const struct kube_step steps[] = {
        { .body = EVENT("ADDED", THING("b", "v", "4")) BOOKMARK(
              "8") "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\",\"annotations\":"
                   "{\"k8s.io/initial-events-end\":\"false\"}}}}" EVENT("ADDED", THING("a", "u", "3"))
                       LAST_OF_INITIAL("10"),
          .end = KUBE_CLOSE }
    };
    const char *const requests[] = { STREAM_AT(""), WATCH_AT("10") };

    STREAM(steps, requests, "+a/u@3 +b/v@4 ");
}

static void r28_server_that_refuses_the_stream_is_listed_and_the_stream_retried_later(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .status = 422, .body = STATUS("422", "Invalid") },
                                       { .body = LIST("10", THING("a", "u", "3")) },
                                       { .body = "garbage", .end = KUBE_CLOSE },
                                       { .status = 400, .body = STATUS("400", "BadRequest") },
                                       { .body = LIST("20", THING("a", "u", "3")) } };
    const char *const requests[] = { STREAM_AT(""),   LIST_AT("0&limit=500"), WATCH_AT("10"),
                                     STREAM_AT("10"), LIST_AT("10"),          WATCH_AT("20") };
    struct fixture fixture;
    begin_with(&fixture, steps, RR_COUNT(steps), &streaming);

    expect_requests(&fixture, requests, RR_COUNT(requests));

    const char *logged = kube_fixture_logged(&fixture.kube);
    assert_int_equal(test_count(logged, "INVALID"), 0); /* normal with such a server */
    halt(&fixture);
    expect_changes(&fixture, "+a/u@3 ");
    end(&fixture);
}

static void r28_expired_stream_drops_to_the_newest(void **state)
{
    (void)state;
    const struct kube_step steps[] = {
        { .body = LAST_OF_INITIAL("10") "garbage", .end = KUBE_CLOSE },
        { .status = 504,
          .body = "{\"kind\":\"Status\",\"code\":504,\"reason\":\"Timeout\",\"details\":{\"causes\":[{\"reason\":"
                  "\"ResourceVersionTooLarge\"}]}}" },
        { .body = EVENT("ADDED", THING("a", "u", "3")) LAST_OF_INITIAL("20"), .end = KUBE_CLOSE }
    };
    const char *const requests[] = { STREAM_AT(""), STREAM_AT("10"), STREAM_AT(""), WATCH_AT("20") };

    STREAM(steps, requests, "+a/u@3 ");
}

static void r28_throttled_stream_is_retried(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .status = 429, .body = STATUS("429", "TooManyRequests") },
                                       { .body = LAST_OF_INITIAL("10"), .end = KUBE_CLOSE } };
    const char *const requests[] = { STREAM_AT(""), STREAM_AT(""), WATCH_AT("10") };

    STREAM(steps, requests, "");
}

static void r29_stream_deletes_what_it_does_not_bring(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = EVENT("ADDED", THING("a", "u", "3"))
                                             EVENT("ADDED", THING("b", "v", "4")) LAST_OF_INITIAL("10") "garbage",
                                         .end = KUBE_CLOSE },
                                       { .body = EVENT("ADDED", THING("b", "v", "4")) LAST_OF_INITIAL("20"),
                                         .end = KUBE_CLOSE } };
    const char *const requests[] = { STREAM_AT(""), STREAM_AT("10"), WATCH_AT("20") };

    STREAM(steps, requests, "+a/u@3 +b/v@4 -a/u@3 ");
}

/* A known object that comes again is not held twice until the bookmark. */
static void r28_known_objects_are_held_once_while_they_come(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = EVENT("ADDED", THING("a", "u", "3"))
                                             EVENT("ADDED", THING("b", "v", "4")) LAST_OF_INITIAL("10") "garbage",
                                         .end = KUBE_CLOSE },
                                       { .body = EVENT("ADDED", THING("a", "u", "3"))
                                             EVENT("ADDED", THING("b", "v", "4")) EVENT("ADDED", "{\"kind\":\"Last\"}"),
                                         .end = KUBE_HOLD } };
    struct fixture fixture;
    begin_with(&fixture, steps, RR_COUNT(steps), &streaming);
    (void)kube_script_request(&fixture.script, 2);

    fixture_wait_logged(&fixture, "another kind"); /* the last one */

    assert_int_equal(fixture_alive, 2);
    end(&fixture);
}

static void r16_events_of_another_kind_are_one_record(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = LAST_OF_INITIAL("10") EVENT("ADDED", "{\"kind\":\"Other\"}")
                                             EVENT("MODIFIED", "{\"kind\":\"Other\"}"),
                                         .end = KUBE_CLOSE } };
    struct fixture fixture;
    begin_with(&fixture, steps, RR_COUNT(steps), &streaming);

    assert_string_equal(kube_script_request(&fixture.script, 2), WATCH_AT("10"));

    assert_int_equal(test_count(kube_fixture_logged(&fixture.kube), "another kind"), 1);
    end(&fixture);
}

static void r28_stream_that_has_not_ended_by_the_bookmark_is_logged(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = EVENT("ADDED", THING("a", "u", "3")), .end = KUBE_HOLD } };
    struct fixture fixture;
    begin_with(&fixture, steps, RR_COUNT(steps), &streaming);
    assert_string_equal(kube_script_request(&fixture.script, 1), STREAM_AT(""));

    fixture_pass_ms(&fixture, 11000);

    fixture_wait_logged(&fixture, "waiting for the API server to complete its list");
    end(&fixture);
}

static void r30_every_object_is_looked_at_again(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = EVENT("ADDED", THING("a", "u", "3"))
                                             EVENT("ADDED", THING("b", "v", "4")) LAST_OF_INITIAL("10"),
                                         .end = KUBE_CLOSE },
                                       { .body = BOOKMARK("11"), .end = KUBE_CLOSE } };
    struct fixture fixture;
    begin_with(&fixture, steps, RR_COUNT(steps), &(struct variation){ .streams = true, .over_and_over = true });
    (void)kube_script_request(&fixture.script, 3);
    assert_int_equal(fixture.resynced.passed, 0);

    fixture_pass_ms(&fixture, 11 * 3600 * 1000);

    test_gate_wait(&fixture.resynced, 2);
    halt(&fixture);
    assert_int_equal(fixture.resynced.passed, 2);
    expect_changes(&fixture, "+a/u@3 +b/v@4 ");
    end(&fixture);
}

/* Returns the value of a series on the metrics page; -1: absent. */
static double metric(struct fixture *fixture, const char *series)
{
    rr_auto(buf) page = RR_BUF(65536);
    rr_metrics_expose(fixture->kube.metrics, &page);
    const char *at = strstr(rr_buf_text(&page), series);
    return at != NULL ? strtod(at + strlen(series), NULL) : -1;
}

static void r07_last_event_and_rounds_are_metrics(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .status = 422 },
                                       { .body = LIST("10", "") },
                                       { .body = BOOKMARK("11") "garbage", .end = KUBE_CLOSE },
                                       { .body = LAST_OF_INITIAL("20"), .end = KUBE_CLOSE } };
    struct fixture fixture;
    double started = (double)rr_clock_unix_ms(&rr_clock_system) / 1000.0;
    begin_with(&fixture, steps, RR_COUNT(steps), &streaming);

    assert_string_equal(kube_script_request(&fixture.script, 5), WATCH_AT("20"));

    double last = metric(&fixture, "redisrestore_watch_last_event_timestamp_seconds{namespace=\"ns\"} ");
    assert_true(last >= started && last <= started + 60);
    static const struct {
        const char *series;
        double count;
    } rows[] = {
        { "{operation=\"stream\",result=\"error\"} ", 1 },  { "{operation=\"stream\",result=\"success\"} ", 1 },
        { "{operation=\"list\",result=\"success\"} ", 1 },  { "{operation=\"list\",result=\"error\"} ", 0 },
        { "{operation=\"watch\",result=\"success\"} ", 1 }, { "{operation=\"watch\",result=\"error\"} ", 1 }
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++)
        assert_true(metric(&fixture, rows[i].series) == rows[i].count);
    end(&fixture);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(r30_every_object_is_looked_at_again),
    cmocka_unit_test(r07_last_event_and_rounds_are_metrics),
    cmocka_unit_test(r28_initial_events_are_applied_at_the_bookmark),
    cmocka_unit_test(r28_the_same_stream_goes_on_as_a_watch),
    cmocka_unit_test(r28_nothing_is_seen_before_the_bookmark),
    cmocka_unit_test(r28_objects_of_an_interrupted_stream_are_discarded),
    cmocka_unit_test(r28_changes_among_the_initial_events_count),
    cmocka_unit_test(r28_other_bookmarks_end_nothing),
    cmocka_unit_test(r28_server_that_refuses_the_stream_is_listed_and_the_stream_retried_later),
    cmocka_unit_test(r28_expired_stream_drops_to_the_newest),
    cmocka_unit_test(r28_throttled_stream_is_retried),
    cmocka_unit_test(r28_known_objects_are_held_once_while_they_come),
    cmocka_unit_test(r29_stream_deletes_what_it_does_not_bring),
    cmocka_unit_test(r16_events_of_another_kind_are_one_record),
    cmocka_unit_test(r28_stream_that_has_not_ended_by_the_bookmark_is_logged),
};
RR_TEST_MAIN(tests)
