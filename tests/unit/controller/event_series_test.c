/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include "event_series.h"

#include <redisrestore/text/json.h>

enum { MINUTE_MS = 60 * 1000, UNIX_MS = 1769903940 };

struct fixture {
    struct rr_event_series *series;
    int64_t now_ms;
    enum rr_event_verdict verdict;
    struct rr_event_write write; /* of the last call */
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture =
        (struct fixture){ .series = rr_event_series_new("redisrestore.dev/controller", RR_LIT("pod-1")), .now_ms = 7 };
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    rr_event_write_done(&fixture->write);
    rr_event_series_free(fixture->series);
    return 0;
}

static enum rr_event_verdict observe_note(struct fixture *fixture, const char *uid, const char *reason,
                                          const char *version, const char *note)
{
    struct rr_event event = { .api_version = "redisrestore.dev/v1alpha1",
                              .kind = "RedisRestore",
                              .namespace_name = RR_LIT("shop"),
                              .name = RR_LIT("cart"),
                              .uid = rr_slice_from(uid),
                              .resource_version = rr_slice_from(version),
                              .warning = true,
                              .reason = reason,
                              .action = "Discover",
                              .note = rr_slice_from(note) };
    rr_event_write_done(&fixture->write);
    fixture->write = (struct rr_event_write){ 0 };
    fixture->verdict =
        rr_event_series_observe(fixture->series, &event, fixture->now_ms, UNIX_MS + fixture->now_ms, &fixture->write);
    return fixture->verdict;
}

static enum rr_event_verdict observe(struct fixture *fixture, const char *uid, const char *reason)
{
    return observe_note(fixture, uid, reason, "7", "said");
}

static bool flush(struct fixture *fixture, bool at_end)
{
    rr_event_write_done(&fixture->write);
    fixture->write = (struct rr_event_write){ 0 };
    return rr_event_series_flush(fixture->series, fixture->now_ms, at_end, &fixture->write);
}

static int64_t count_in(const struct rr_buf *text)
{
    rr_auto(json) json = { 0 };
    struct rr_error err;
    int64_t count = 0;
    assert_ok(rr_json_parse(rr_buf_slice(text), &json, &err), err);
    assert_true(rr_json_int64(rr_json_path(json.root, "series", "count", NULL), &count));
    return count;
}

static void e03_first_is_created_second_is_a_series_third_is_counted(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(observe(fixture, "u1", "S3Unavailable"), RR_EVENT_WRITE);
    assert_int_equal(fixture->write.patch.len, 0);
    rr_auto(buf) path = RR_BUF(1024);
    rr_buf_add(&path, rr_buf_slice(&fixture->write.path));
    assert_slice(rr_event_write_collection(&fixture->write), "/apis/events.k8s.io/v1/namespaces/shop/events");

    fixture->now_ms += 1000;
    assert_int_equal(observe_note(fixture, "u1", "S3Unavailable", "8", "other words"), RR_EVENT_WRITE);
    assert_string_equal(rr_buf_text(&fixture->write.patch),
                        "{\"series\":{\"count\":2,\"lastObservedTime\":\"1970-01-21T11:38:24.947000Z\"}}");
    assert_string_equal(rr_buf_text(&fixture->write.path), rr_buf_text(&path));
    assert_int_equal(count_in(&fixture->write.body), 2);

    fixture->now_ms += 1000;
    assert_int_equal(observe(fixture, "u1", "S3Unavailable"), RR_EVENT_COUNTED);
    assert_false(flush(fixture, false));
}

static void e03_other_reasons_and_objects_have_series_of_their_own(void **state)
{
    struct fixture *fixture = *state;
    (void)observe(fixture, "u1", "S3Unavailable");

    assert_int_equal(observe(fixture, "u1", "AccessDenied"), RR_EVENT_WRITE);
    assert_int_equal(fixture->write.patch.len, 0);
    assert_int_equal(observe(fixture, "u2", "S3Unavailable"), RR_EVENT_WRITE);
    assert_int_equal(fixture->write.patch.len, 0);
}

static void e03_count_is_written_every_half_hour(void **state)
{
    struct fixture *fixture = *state;
    int64_t begun_ms = fixture->now_ms;
    (void)observe(fixture, "u1", "S3Unavailable");
    (void)observe(fixture, "u1", "S3Unavailable");

    for (int minute = 1; minute < 30; minute++) {
        fixture->now_ms = begun_ms + minute * MINUTE_MS;
        (void)observe(fixture, "u1", "S3Unavailable");
        assert_false(flush(fixture, false));
    }
    fixture->now_ms = begun_ms + 30 * MINUTE_MS;
    assert_int_equal(rr_event_series_due_ms(fixture->series), fixture->now_ms);

    assert_true(flush(fixture, false));
    assert_int_equal(count_in(&fixture->write.patch), 31);
    assert_false(flush(fixture, false));
    assert_int_equal(observe(fixture, "u1", "S3Unavailable"), RR_EVENT_COUNTED); /* it goes on */
    assert_false(flush(fixture, false));
    assert_int_equal(rr_event_series_due_ms(fixture->series), fixture->now_ms + RR_EVENT_SERIES_IDLE_MS);
}

static void e03_silent_series_is_written_and_forgotten(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 5; i++)
        (void)observe(fixture, "u1", "S3Unavailable");

    fixture->now_ms += RR_EVENT_SERIES_IDLE_MS - 1;
    assert_false(flush(fixture, false));
    fixture->now_ms += 1;
    assert_true(flush(fixture, false));
    assert_int_equal(count_in(&fixture->write.patch), 5);
    assert_false(flush(fixture, false));

    assert_int_equal(observe(fixture, "u1", "S3Unavailable"), RR_EVENT_WRITE);
    assert_int_equal(fixture->write.patch.len, 0);
}

static void e03_written_series_that_falls_silent_is_forgotten_without_a_write(void **state)
{
    struct fixture *fixture = *state;
    (void)observe(fixture, "u1", "S3Unavailable");
    (void)observe(fixture, "u1", "S3Unavailable");

    fixture->now_ms += RR_EVENT_SERIES_IDLE_MS;
    assert_false(flush(fixture, false));

    (void)observe(fixture, "u1", "S3Unavailable");
    assert_int_equal(fixture->write.patch.len, 0);
}

static void e03_at_the_end_all_counts_are_written(void **state)
{
    struct fixture *fixture = *state;
    static const char *const uids[] = { "u1", "u2", "u3" };
    for (int i = 0; i < 4; i++)
        for (size_t at = 0; at < RR_COUNT(uids); at++)
            (void)observe(fixture, uids[at], "S3Unavailable");
    (void)observe(fixture, "u4", "S3Unavailable"); /* no series */

    for (size_t at = 0; at < RR_COUNT(uids); at++) {
        assert_true(flush(fixture, true));
        assert_int_equal(count_in(&fixture->write.patch), 4);
    }
    assert_false(flush(fixture, true));
    assert_int_equal(rr_event_series_objects(fixture->series), 0);
}

static void e05_object_has_25_writes_at_once_and_one_more_every_300_s(void **state)
{
    struct fixture *fixture = *state;
    static char reasons[RR_EVENT_SERIES_BURST + 4][24];
    for (int i = 0; i < RR_EVENT_SERIES_BURST + 4; i++)
        (void)snprintf(reasons[i], sizeof(reasons[i]), "Reason%d", i);

    for (int i = 0; i < RR_EVENT_SERIES_BURST; i++)
        assert_int_equal(observe(fixture, "u1", reasons[i]), RR_EVENT_WRITE);
    assert_int_equal(observe(fixture, "u1", reasons[25]), RR_EVENT_DROPPED);
    assert_int_equal(observe(fixture, "u2", reasons[25]), RR_EVENT_WRITE); /* others are not held back */
    fixture->now_ms += RR_EVENT_SERIES_REFILL_MS - 1;
    assert_int_equal(observe(fixture, "u1", reasons[26]), RR_EVENT_DROPPED);
    fixture->now_ms += 1;
    assert_int_equal(observe(fixture, "u1", reasons[27]), RR_EVENT_WRITE);
    assert_int_equal(observe(fixture, "u1", reasons[28]), RR_EVENT_DROPPED);
}

static void e05_time_towards_the_next_write_is_kept(void **state)
{
    struct fixture *fixture = *state;
    static char reasons[RR_EVENT_SERIES_BURST + 3][24];
    for (int i = 0; i < RR_EVENT_SERIES_BURST + 3; i++)
        (void)snprintf(reasons[i], sizeof(reasons[i]), "Reason%d", i);
    for (int i = 0; i < RR_EVENT_SERIES_BURST; i++)
        (void)observe(fixture, "u1", reasons[i]);

    fixture->now_ms += 2 * RR_EVENT_SERIES_REFILL_MS - 1;
    assert_int_equal(observe(fixture, "u1", reasons[25]), RR_EVENT_WRITE);
    assert_int_equal(observe(fixture, "u1", reasons[26]), RR_EVENT_DROPPED);
    fixture->now_ms += 1;
    assert_int_equal(observe(fixture, "u1", reasons[27]), RR_EVENT_WRITE);
}

static void e05_what_was_spent_is_not_forgotten_with_the_series(void **state)
{
    struct fixture *fixture = *state;
    static char reasons[RR_EVENT_SERIES_BURST][24];
    for (int i = 0; i < RR_EVENT_SERIES_BURST; i++) {
        (void)snprintf(reasons[i], sizeof(reasons[i]), "Reason%d", i);
        (void)observe(fixture, "u1", reasons[i]);
    }
    fixture->now_ms += RR_EVENT_SERIES_IDLE_MS; /* one token is back */
    assert_false(flush(fixture, false));

    assert_int_equal(observe(fixture, "u1", "Reason0"), RR_EVENT_WRITE);
    assert_int_equal(observe(fixture, "u1", "Reason1"), RR_EVENT_DROPPED);
}

/* Time that passes while all tokens are there gives none later. */
static void e05_burst_after_an_hour_of_one_series_is_limited(void **state)
{
    enum { REASONS = 40 };
    static char reasons[REASONS][16];
    struct fixture *fixture = *state;
    for (int minute = 0; minute < 60; minute++, fixture->now_ms += MINUTE_MS)
        (void)observe(fixture, "u1", "Same");
    int written = 0;

    for (size_t i = 0; i < REASONS; i++) {
        (void)snprintf(reasons[i], sizeof reasons[i], "Reason%zu", i);
        written += observe(fixture, "u1", reasons[i]) == RR_EVENT_WRITE ? 1 : 0;
    }

    assert_int_equal(written, RR_EVENT_SERIES_BURST);
}

static void e05_object_whose_tokens_are_back_is_forgotten(void **state)
{
    struct fixture *fixture = *state;
    (void)observe(fixture, "u1", "S3Unavailable");

    fixture->now_ms += RR_EVENT_SERIES_IDLE_MS;
    assert_false(flush(fixture, false));

    assert_int_equal(rr_event_series_objects(fixture->series), 0);
    assert_int_equal(rr_event_series_due_ms(fixture->series), RR_DEADLINE_NEVER);
}

static void e05_memory_is_bounded_and_no_count_is_lost(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 3; i++)
        (void)observe(fixture, "oldest", "S3Unavailable");

    for (int i = 0; i < RR_EVENT_SERIES_OBJECTS_MAX; i++) {
        char uid[24];
        (void)snprintf(uid, sizeof(uid), "u%d", i);
        assert_int_equal(observe(fixture, uid, "S3Unavailable"), RR_EVENT_WRITE);
    }

    assert_int_equal(rr_event_series_objects(fixture->series), RR_EVENT_SERIES_OBJECTS_MAX);
    assert_true(rr_event_series_due_ms(fixture->series) <= fixture->now_ms);
    assert_true(flush(fixture, false));
    assert_int_equal(count_in(&fixture->write.patch), 3);
    assert_false(flush(fixture, false));
    (void)observe(fixture, "u4095", "S3Unavailable"); /* the newest is still known */
    assert_int_not_equal(fixture->write.patch.len, 0);
    (void)observe(fixture, "oldest", "S3Unavailable");
    assert_int_equal(fixture->write.patch.len, 0);
}

#define NAME(hex) "cart." hex
#define EVENT(hex, time, instance, reason)                                                                             \
    "{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"" NAME(                          \
        hex) "\",\"namespace\":\"shop\"},\"eventTime\":\"" time                                                        \
             "\",\"reportingController\":\"redisrestore.dev/controller\","                                             \
             "\"reportingInstance\":\"" instance "\",\"type\":\"Warning\",\"reason\":\"" reason                        \
             "\",\"action\":\"Discover\",\"note\":\"said\",\"regarding\":{\"apiVersion\":\"redisrestore.dev/"          \
             "v1alpha1\","                                                                                             \
             "\"kind\":\"RedisRestore\",\"namespace\":\"shop\",\"name\":\"cart\",\"uid\":\"u1\",\"resourceVersion\":"  \
             "\"7\"}"

/* The body of an Event, of its series, and of what an evicted object leaves; each Event has a name of its own. */
static void e03_bodies_of_an_event_and_its_series_are_exact(void **state)
{
    struct fixture *fixture = *state;
    static const char path[] = "/apis/events.k8s.io/v1/namespaces/shop/events/" NAME("649b7e00c28c0");
    static const char first[] = EVENT("649b7e00c28c0", "1970-01-21T11:38:23.947000Z", "pod-1", "A");

    (void)observe(fixture, "u1", "A");
    assert_string_equal(rr_buf_text(&fixture->write.path), path);
    assert_string_equal(rr_buf_text(&fixture->write.body),
                        EVENT("649b7e00c28c0", "1970-01-21T11:38:23.947000Z", "pod-1", "A") "}");
    (void)observe(fixture, "u1", "B");
    assert_string_equal(rr_buf_text(&fixture->write.body),
                        EVENT("649b7e00c28c1", "1970-01-21T11:38:23.947000Z", "pod-1", "B") "}");
    fixture->now_ms += 1000;
    (void)observe(fixture, "u1", "A");
    static const char *const patches[] = {
        "{\"series\":{\"count\":2,\"lastObservedTime\":\"1970-01-21T11:38:24.947000Z\"}}",
        "{\"series\":{\"count\":3,\"lastObservedTime\":\"1970-01-21T11:38:25.947000Z\"}}",
    };
    for (size_t i = 0; i < RR_COUNT(patches); i++) {
        rr_auto(buf) body = RR_BUF(16384);
        rr_buf_addf(&body, "%s,%s", first, patches[i] + 1);
        assert_string_equal(rr_buf_text(&fixture->write.path), path);
        assert_string_equal(rr_buf_text(&fixture->write.patch), patches[i]);
        assert_string_equal(rr_buf_text(&fixture->write.body), rr_buf_text(&body));
        fixture->now_ms += 1000;
        (void)observe(fixture, "u1", "A");
        assert_int_equal(flush(fixture, true), i == 0);
    }
}

static void e03_type_and_action_make_a_series_of_their_own(void **state)
{
    struct fixture *fixture = *state;
    struct rr_event event = { .api_version = "v",
                              .kind = "K",
                              .namespace_name = RR_LIT("shop"),
                              .name = RR_LIT("cart"),
                              .uid = RR_LIT("u1"),
                              .reason = "R",
                              .action = "A" };
    struct rr_event others[] = { event, event, event };
    others[0].warning = true;
    others[1].action = "B";
    others[2].reason = "S";
    assert_int_equal(rr_event_series_observe(fixture->series, &event, 1, 1, &fixture->write), RR_EVENT_WRITE);
    for (size_t i = 0; i < RR_COUNT(others); i++) {
        rr_event_write_done(&fixture->write);
        fixture->write = (struct rr_event_write){ 0 };
        assert_int_equal(rr_event_series_observe(fixture->series, &others[i], 1, 1, &fixture->write), RR_EVENT_WRITE);
        assert_int_equal(fixture->write.patch.len, 0);
    }
}

/* The object that was silent for longest goes first, whatever the order in which objects came. */
static void e05_object_that_was_silent_for_longest_is_evicted_first(void **state)
{
    enum { MORE = 50 };
    struct fixture *fixture = *state;
    char uid[24];
    for (int i = 0; i < RR_EVENT_SERIES_OBJECTS_MAX; i++) {
        (void)snprintf(uid, sizeof uid, "u%d", i);
        (void)observe(fixture, uid, "A");
    }
    static const int again[] = { 10, RR_EVENT_SERIES_OBJECTS_MAX - 1, 0, 1000 };
    for (size_t i = 0; i < RR_COUNT(again); i++) {
        (void)snprintf(uid, sizeof uid, "u%d", again[i]);
        (void)observe(fixture, uid, "A");
    }
    for (int i = 0; i < MORE; i++) {
        (void)snprintf(uid, sizeof uid, "new%d", i);
        (void)observe(fixture, uid, "A");
    }

    assert_int_equal(rr_event_series_objects(fixture->series), RR_EVENT_SERIES_OBJECTS_MAX);
    static const struct {
        int number;
        bool known;
    } cases[] = {
        { 0, true },        { 10, true },        { 1000, true }, { RR_EVENT_SERIES_OBJECTS_MAX - 1, true },
        { MORE + 2, true }, /* two that spoke again were before it */
        { 1, false },       { MORE + 1, false },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        (void)snprintf(uid, sizeof uid, "u%d", cases[i].number);
        enum rr_event_verdict verdict = observe(fixture, uid, "A");
        assert_int_equal(verdict == RR_EVENT_COUNTED || fixture->write.patch.len > 0, cases[i].known);
    }
}

/* Several objects are evicted with counts that are not written: each is written, once. */
static void e05_counts_of_all_evicted_objects_are_written(void **state)
{
    enum { LEFT = 3 };
    struct fixture *fixture = *state;
    char uid[24];
    for (int i = 0; i < LEFT; i++) {
        (void)snprintf(uid, sizeof uid, "left%d", i);
        for (int n = 0; n < 3 + i; n++)
            (void)observe(fixture, uid, "A");
        (void)observe(fixture, uid, "B"); /* a kind without a count */
    }
    for (int i = 0; i < RR_EVENT_SERIES_OBJECTS_MAX; i++) {
        (void)snprintf(uid, sizeof uid, "u%d", i);
        (void)observe(fixture, uid, "A");
    }

    int64_t sum = 0;
    for (int i = 0; i < LEFT; i++) {
        assert_int_equal(rr_event_series_due_ms(fixture->series), 0);
        assert_true(flush(fixture, false));
        sum += count_in(&fixture->write.patch);
    }
    assert_int_equal(sum, 3 + 4 + 5);
    assert_false(flush(fixture, false));
    assert_true(rr_event_series_due_ms(fixture->series) > 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(e03_first_is_created_second_is_a_series_third_is_counted, setup, teardown),
    cmocka_unit_test_setup_teardown(e03_other_reasons_and_objects_have_series_of_their_own, setup, teardown),
    cmocka_unit_test_setup_teardown(e03_count_is_written_every_half_hour, setup, teardown),
    cmocka_unit_test_setup_teardown(e03_silent_series_is_written_and_forgotten, setup, teardown),
    cmocka_unit_test_setup_teardown(e03_written_series_that_falls_silent_is_forgotten_without_a_write, setup, teardown),
    cmocka_unit_test_setup_teardown(e03_at_the_end_all_counts_are_written, setup, teardown),
    cmocka_unit_test_setup_teardown(e05_object_has_25_writes_at_once_and_one_more_every_300_s, setup, teardown),
    cmocka_unit_test_setup_teardown(e05_time_towards_the_next_write_is_kept, setup, teardown),
    cmocka_unit_test_setup_teardown(e05_what_was_spent_is_not_forgotten_with_the_series, setup, teardown),
    cmocka_unit_test_setup_teardown(e05_burst_after_an_hour_of_one_series_is_limited, setup, teardown),
    cmocka_unit_test_setup_teardown(e05_object_whose_tokens_are_back_is_forgotten, setup, teardown),
    cmocka_unit_test_setup_teardown(e05_memory_is_bounded_and_no_count_is_lost, setup, teardown),
    cmocka_unit_test_setup_teardown(e03_bodies_of_an_event_and_its_series_are_exact, setup, teardown),
    cmocka_unit_test_setup_teardown(e03_type_and_action_make_a_series_of_their_own, setup, teardown),
    cmocka_unit_test_setup_teardown(e05_object_that_was_silent_for_longest_is_evicted_first, setup, teardown),
    cmocka_unit_test_setup_teardown(e05_counts_of_all_evicted_objects_are_written, setup, teardown),
};
RR_TEST_MAIN(tests)
