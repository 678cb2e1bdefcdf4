/* SPDX-License-Identifier: Apache-2.0 */
#include "reflector_fixture.h"

static void r01_list_then_watch_from_its_version(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = LIST("10", THING("a", "u", "3") "," THING("b", "v", "4")) },
                                       { .body = EVENT("ADDED", THING("c", "w", "11")) EVENT(
                                             "MODIFIED", THING("a", "u", "12")) EVENT("DELETED", THING("b", "v", "13")),
                                         .end = KUBE_CLOSE } };
    const char *const requests[] = { LIST_AT("0&limit=500"), WATCH_AT("10"), WATCH_AT("13") };

    RUN(steps, requests, "+a/u@3 +b/v@4 +c/w@11 ~a/u@12 -b/v@4 ");
}

static void selector_is_part_of_each_request(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = PAGE("10", "token", THING("a", "u", "3")) },
                                       { .body = LIST("10", "") },
                                       { .body = BOOKMARK("11"), .end = KUBE_CLOSE },
                                       { .status = 400, .body = STATUS("400", "BadRequest") } };
    const char *const selector = "&labelSelector=shard%20in%20%28a%29";
    struct fixture fixture;
    begin_with(&fixture, steps, RR_COUNT(steps), &(struct variation){ .selector = "shard in (a)" });

    for (int i = 1; i <= 4; i++)
        assert_non_null(strstr(kube_script_request(&fixture.script, i), selector));

    (void)kube_script_request(&fixture.script, 5);
    assert_int_equal(test_count(kube_fixture_logged(&fixture.kube), "is --selector a label selector"), 1);
    end(&fixture);
}

static void r02_pages_reach_the_cache_after_the_last_one(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = PAGE("10", "to&ken", THING("a", "u", "3")) },
                                       { .body = PAGE("11", "more", THING("b", "v", "4")) },
                                       { .body = LIST("12", THING("c", "w", "5")) } };
    const char *const requests[] = { LIST_AT("0&limit=500"), PATH "continue=to%26ken&limit=500",
                                     PATH "continue=more&limit=500", WATCH_AT("10") };

    RUN(steps, requests, "+a/u@3 +b/v@4 +c/w@5 ");
}

static void r02_no_page_is_seen_before_the_last(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = PAGE("10", "token", THING("a", "u", "3")) } };
    const char *const requests[] = { LIST_AT("0&limit=500"), PATH "continue=token&limit=500" };
    struct fixture fixture;
    begin(&fixture, steps, RR_COUNT(steps));

    expect_requests(&fixture, requests, RR_COUNT(requests));

    assert_int_equal(rr_cache_count(fixture.cache), 0);
    assert_false(rr_reflector_has_synced(fixture.reflector));
    end(&fixture);
}

static void r03_token_that_expired_asks_once_for_the_whole(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = PAGE("10", "token", THING("a", "u", "3")) },
                                       { .status = 410, .body = STATUS("410", "Expired") },
                                       { .body = LIST("20", THING("b", "v", "4")) } };
    const char *const requests[] = { LIST_AT("0&limit=500"), PATH "continue=token&limit=500", LIST_AT("0"),
                                     WATCH_AT("20") };

    RUN(steps, requests, "+b/v@4 ");
}

static void r03_page_that_fails_otherwise_leaves_the_cache_unchanged(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = PAGE("10", "token", THING("a", "u", "3")) },
                                       { .status = 500 },
                                       { .body = LIST("20", THING("b", "v", "4")) } };
    const char *const requests[] = { LIST_AT("0&limit=500"), PATH "continue=token&limit=500", LIST_AT("0&limit=500"),
                                     WATCH_AT("20") };

    RUN(steps, requests, "+b/v@4 ");
}

static void r05_short_watch_lists_again(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = LIST("10", "") }, { .end = KUBE_CLOSE }, { .body = LIST("11", "") } };
    const char *const requests[] = { LIST_AT("0&limit=500"), WATCH_AT("10"), LIST_AT("10"), WATCH_AT("11") };

    RUN(steps, requests, "");
}

static void r07_bookmark_moves_the_version_and_nothing_else(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = LIST("10", THING("a", "u", "3")) },
                                       { .body = BOOKMARK("50") BOOKMARK("6%20"), .end = KUBE_CLOSE } };
    const char *const requests[] = { LIST_AT("0&limit=500"), WATCH_AT("10"), WATCH_AT("6%2520") };

    RUN(steps, requests, "+a/u@3 ");
}

static void r08_expired_watch_lists_at_the_last_version(void **state)
{
    (void)state;
    const struct kube_step steps[] = {
        { .body = LIST("10", THING("a", "u", "3")) },
        { .body = EVENT("ADDED", THING("b", "v", "11")) EVENT("ERROR", STATUS("410", "Expired")), .end = KUBE_HOLD },
        { .body = LIST("20", THING("b", "v", "11")) }
    };
    const char *const requests[] = { LIST_AT("0&limit=500"), WATCH_AT("10"), LIST_AT("11"), WATCH_AT("20") };

    RUN(steps, requests, "+a/u@3 +b/v@11 -a/u@3 ");
}

static void r08_list_that_is_expired_too_is_repeated_at_the_newest(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = LIST("10", "") },
                                       { .status = 410, .body = STATUS("410", "Gone") },
                                       { .status = 410, .body = STATUS("410", "Expired") },
                                       { .body = LIST("90", THING("a", "u", "3")) } };
    const char *const requests[] = { LIST_AT("0&limit=500"), WATCH_AT("10"), LIST_AT("10"), LIST_AT("&limit=500"),
                                     WATCH_AT("90") };

    RUN(steps, requests, "+a/u@3 ");
}

static void r12_throttled_watch_is_opened_again_without_a_list(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = LIST("10", "") },
                                       { .status = 429, .body = STATUS("429", "TooManyRequests") },
                                       { .body = EVENT("ERROR", STATUS("429", "TooManyRequests")),
                                         .end = KUBE_CLOSE } };
    const char *const requests[] = { LIST_AT("0&limit=500"), WATCH_AT("10"), WATCH_AT("10"), WATCH_AT("10") };

    RUN(steps, requests, "");
}

static void r15_interrupted_event_is_received_again(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = LIST("10", "") },
                                       { .body = EVENT("ADDED", THING("a", "u", "11")) "{\"type\":\"ADDED\",\"obj",
                                         .end = KUBE_CUT } };
    const char *const requests[] = { LIST_AT("0&limit=500"), WATCH_AT("10"), WATCH_AT("11") };

    RUN(steps, requests, "+a/u@11 ");
}

/* Each part of a stream that can be lost is lost once; the server resumes where the client asks. */
static void r15_stream_cut_at_any_byte_loses_and_doubles_nothing(void **state)
{
    (void)state;
    static const char events[] = EVENT("ADDED", THING("a", "u", "11")) EVENT("MODIFIED", THING("a", "u", "12"));
    const size_t first = strlen(EVENT("ADDED", THING("a", "u", "11"))) - 1, second = strlen(events) - 1;
    static char cuts[sizeof(events)][sizeof(events)];
    for (size_t len = 0; len < sizeof(events); len++) {
        const char *rest = len >= second ? "" : len >= first ? events + first : events;
        memcpy(cuts[len], events, len);
        const struct kube_step steps[] = { { .body = LIST("10", "") },
                                           { .body = cuts[len], .end = KUBE_CUT },
                                           { .body = len >= first ? rest : LIST("10", ""),
                                             .end = len >= first ? KUBE_HOLD : KUBE_WHOLE },
                                           { .body = rest, .end = KUBE_HOLD } };
        struct fixture fixture;
        begin(&fixture, steps, RR_COUNT(steps));
        /* Before the first whole event it was a short watch: list and watch. Afterwards the watch resumes. */
        const char *const again = len >= second ? WATCH_AT("12") : WATCH_AT("11");
        (void)kube_script_request(&fixture.script, len >= first ? 3 : 4);
        assert_string_equal(kube_script_request(&fixture.script, 3), len >= first ? again : LIST_AT("10"));
        test_gate_wait(&fixture.told, 2);
        halt(&fixture);
        expect_changes(&fixture, "+a/u@11 ~a/u@12 ");
        end(&fixture);
    }
}

static void r16_garbage_unknown_types_and_odd_objects_list_again(void **state)
{
    (void)state;
    const char *const bodies[] = { EVENT("ADDED", THING("a", "u", "11")) "<html>",
                                   EVENT("ADDED", THING("a", "u", "11")) EVENT("NEWS", THING("b", "v", "12")),
                                   EVENT("ADDED", THING("a", "u", "11")) EVENT("ADDED", "{\"kind\":\"Thing\"}"),
                                   EVENT("ADDED", THING("a", "u", "11")) "{\"type\":\"ADDED\",\"object\":{]}}",
                                   EVENT("ADDED", THING("a", "u", "11")) EVENT("BOOKMARK", "{}") };
    for (size_t i = 0; i < RR_COUNT(bodies); i++) {
        const struct kube_step steps[] = { { .body = LIST("10", "") },
                                           { .body = bodies[i], .end = KUBE_HOLD },
                                           { .body = LIST("20", THING("a", "u", "11")) } };
        const char *const requests[] = { LIST_AT("0&limit=500"), WATCH_AT("10"), LIST_AT("11"), WATCH_AT("20") };
        RUN(steps, requests, "+a/u@11 ");
    }
}

static void r16_event_of_another_kind_is_skipped(void **state)
{
    (void)state;
    const struct kube_step steps[] = {
        { .body = LIST("10", "") },
        { .body =
              EVENT("ADDED", THING("a", "u", "11")) "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Table\",\"metadata\":"
                                                    "{\"resourceVersion\":\"99\"}}}",
          .end = KUBE_CLOSE }
    };
    const char *const requests[] = { LIST_AT("0&limit=500"), WATCH_AT("10"), WATCH_AT("11") };

    RUN(steps, requests, "+a/u@11 ");
}

/* The API server caches such an annotation. A user who may write one object must not stop the watch for all. */
static void r17_nul_in_one_object_leaves_the_others_alone(void **state)
{
    (void)state;
#define NUL_THING(version)                                                                                             \
    "{\"kind\":\"Thing\",\"metadata\":{\"annotations\":{\"x\":\"y\\u0000z\"},\"namespace\":\"ns\",\"name\":\"a\","     \
    "\"uid\":\"u\",\"resourceVersion\":\"" version "\"}}"
    const struct kube_step steps[] = {
        { .body = LIST("10", NUL_THING("3") "," THING("b", "v", "4")) },
        { .body = EVENT("MODIFIED", NUL_THING("11")) EVENT("ADDED", THING("c", "w", "12")), .end = KUBE_CLOSE }
    };
    const char *const requests[] = { LIST_AT("0&limit=500"), WATCH_AT("10"), WATCH_AT("12") };

    RUN(steps, requests, "+a/u@3 +b/v@4 ~a/u@11 +c/w@12 ");
}

static void r18_internal_error_lists_again(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = LIST("10", "") },
                                       { .body = EVENT("ADDED", THING("a", "u", "11"))
                                             EVENT("ERROR", STATUS("500", "InternalError")),
                                         .end = KUBE_HOLD },
                                       { .body = LIST("20", THING("a", "u", "11")) } };
    const char *const requests[] = { LIST_AT("0&limit=500"), WATCH_AT("10"), LIST_AT("11"), WATCH_AT("20") };

    RUN(steps, requests, "+a/u@11 ");
}

static void list_that_is_not_whole_is_no_list(void **state)
{
    (void)state;
    const struct kube_step steps[] = {
        { .body = LIST("10", THING("a", "u", "3")) },
        { .status = 500 },
        { .body = "{\"kind\":\"ThingList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[" },
        { .body = LIST("", THING("b", "v", "4")) },
        { .body = "{\"kind\":\"ThingList\",\"items\":[]}" },
        { .body = LIST("20", THING("a", "u", "3")) }
    };
    const char *const requests[] = { LIST_AT("0&limit=500"), WATCH_AT("10"), LIST_AT("10"), LIST_AT("10"),
                                     LIST_AT("10"),          LIST_AT("10"),  WATCH_AT("20") };

    RUN(steps, requests, "+a/u@3 ");
}

static void r24_r25_outage_is_logged_once_and_its_end_once(void **state)
{
    (void)state;
    const struct kube_step absent = { .status = 404,
                                      .headers = "Content-Type: text/plain\r\n",
                                      .body = "404 page not found\n" };
    const struct kube_step denied = { .status = 403, .body = STATUS("403", "Forbidden") };
    const struct kube_step steps[] = { absent,
                                       absent,
                                       absent,
                                       denied,
                                       denied,
                                       { .body = LIST("10", THING("a", "u", "3")) },
                                       { .body = BOOKMARK("11"), .end = KUBE_CLOSE } };
    struct fixture fixture;
    begin(&fixture, steps, RR_COUNT(steps));

    assert_string_equal(kube_script_request(&fixture.script, 8), WATCH_AT("11"));

    const char *logged = kube_fixture_logged(&fixture.kube);
    assert_int_equal(test_count(logged, "is its CRD installed"), 1);
    assert_int_equal(test_count(logged, "grant the verb"), 1);
    assert_int_equal(test_count(logged, "first list is in the cache"), 1);
    assert_int_equal(test_count(logged, "list and watch recovered"), 1);
    assert_int_equal(test_count(logged, "\n"), 4);
    assert_true(rr_reflector_has_synced(fixture.reflector));
    end(&fixture);
}

static void w10_refused_first_list_is_distinguished_from_a_pending_one(void **state)
{
    (void)state;
    const struct kube_step denied = { .status = 403, .body = STATUS("403", "Forbidden") };
    const struct kube_step steps[] = { denied,
                                       denied,
                                       { .body = LIST("10", THING("a", "u", "3")) },
                                       { .body = BOOKMARK("11"), .end = KUBE_CLOSE },
                                       denied };
    struct fixture fixture;
    begin(&fixture, steps, RR_COUNT(steps));

    (void)kube_script_request(&fixture.script, 2); /* the answer to the first was handled */
    assert_true(rr_reflector_is_refused(fixture.reflector));
    (void)kube_script_request(&fixture.script, 5);

    assert_false(rr_reflector_is_refused(fixture.reflector)); /* nor later: the cache is there */
    end(&fixture);
}

/* The namespace is gone, or the resource is not installed. */
static void w10_first_list_that_is_not_found_is_refused(void **state)
{
    (void)state;
    const struct kube_step absent = { .status = 404, .body = STATUS("404", "NotFound") };
    const struct kube_step steps[] = { absent, absent };
    struct fixture fixture;
    begin(&fixture, steps, RR_COUNT(steps));

    (void)kube_script_request(&fixture.script, 2);

    assert_true(rr_reflector_is_refused(fixture.reflector));
    end(&fixture);
}

static void w10_first_list_that_fails_otherwise_is_not_refused(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .status = 500 }, { .status = 500 } };
    struct fixture fixture;
    begin(&fixture, steps, RR_COUNT(steps));

    (void)kube_script_request(&fixture.script, 2);

    assert_false(rr_reflector_is_refused(fixture.reflector));
    assert_false(rr_reflector_has_synced(fixture.reflector));
    end(&fixture);
}

static void r24_cache_is_kept_while_access_is_refused(void **state)
{
    (void)state;
    const struct kube_step denied = { .status = 403, .body = STATUS("403", "Forbidden") };
    const struct kube_step steps[] = { { .body = LIST("10", THING("a", "u", "3")) }, denied, denied, denied };
    struct fixture fixture;
    begin(&fixture, steps, RR_COUNT(steps));

    assert_string_equal(kube_script_request(&fixture.script, 5), LIST_AT("10"));

    assert_int_equal(rr_cache_count(fixture.cache), 1);
    assert_true(rr_reflector_has_synced(fixture.reflector));
    end(&fixture);
}

static void r26_resource_that_is_created_again_replaces_the_cache(void **state)
{
    (void)state;
    const struct kube_step absent = { .status = 404, .body = "404 page not found\n" };
    const struct kube_step steps[] = { { .body = LIST("10", THING("a", "old", "3") "," THING("b", "v", "4")) },
                                       absent,
                                       absent,
                                       { .body = LIST("5", THING("a", "new", "2")) } };
    const char *const requests[] = { LIST_AT("0&limit=500"), WATCH_AT("10"), LIST_AT("10"), LIST_AT("10"),
                                     WATCH_AT("5") };

    RUN(steps, requests, "+a/old@3 +b/v@4 -b/v@4 -a/old@3 +a/new@2 ");
}

/* The clock of the reflector is 59.5 s behind that of the requests: a minute passes in half a second. */
static void r32_list_ends_after_a_minute(void **state)
{
    (void)state;
    const struct variation late = { .passed_ms = -19500 };
    struct fixture fixture;
    begin_with(&fixture, NULL, 0, &late);

    assert_string_equal(kube_script_request(&fixture.script, 2), LIST_AT("0&limit=500"));

    assert_int_equal(test_count(kube_fixture_logged(&fixture.kube), "TIMEOUT"), 1);
    end(&fixture);
}

static void expired_versions_are_not_worth_a_record(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = LIST("10", "") }, { .status = 410 }, { .body = LIST("20", "") } };
    struct fixture fixture;
    begin(&fixture, steps, RR_COUNT(steps));

    assert_string_equal(kube_script_request(&fixture.script, 4), WATCH_AT("20"));

    assert_int_equal(test_count(kube_fixture_logged(&fixture.kube), "\n"), 1);
    end(&fixture);
}

static void stop_ends_a_watch_under_way(void **state)
{
    (void)state;
    const struct kube_step steps[] = { { .body = LIST("10", "") }, { .body = BOOKMARK("11"), .end = KUBE_HOLD } };
    struct fixture fixture;
    begin(&fixture, steps, RR_COUNT(steps));
    (void)kube_script_request(&fixture.script, 2);

    halt(&fixture);

    assert_int_equal(test_count(kube_fixture_logged(&fixture.kube), "\n"), 1);
    end(&fixture);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(r01_list_then_watch_from_its_version),
    cmocka_unit_test(r17_nul_in_one_object_leaves_the_others_alone),
    cmocka_unit_test(selector_is_part_of_each_request),
    cmocka_unit_test(r02_pages_reach_the_cache_after_the_last_one),
    cmocka_unit_test(r02_no_page_is_seen_before_the_last),
    cmocka_unit_test(r03_token_that_expired_asks_once_for_the_whole),
    cmocka_unit_test(r03_page_that_fails_otherwise_leaves_the_cache_unchanged),
    cmocka_unit_test(r05_short_watch_lists_again),
    cmocka_unit_test(r07_bookmark_moves_the_version_and_nothing_else),
    cmocka_unit_test(r08_expired_watch_lists_at_the_last_version),
    cmocka_unit_test(r08_list_that_is_expired_too_is_repeated_at_the_newest),
    cmocka_unit_test(r12_throttled_watch_is_opened_again_without_a_list),
    cmocka_unit_test(r15_interrupted_event_is_received_again),
    cmocka_unit_test(r15_stream_cut_at_any_byte_loses_and_doubles_nothing),
    cmocka_unit_test(r16_garbage_unknown_types_and_odd_objects_list_again),
    cmocka_unit_test(r16_event_of_another_kind_is_skipped),
    cmocka_unit_test(r18_internal_error_lists_again),
    cmocka_unit_test(list_that_is_not_whole_is_no_list),
    cmocka_unit_test(r24_r25_outage_is_logged_once_and_its_end_once),
    cmocka_unit_test(w10_refused_first_list_is_distinguished_from_a_pending_one),
    cmocka_unit_test(w10_first_list_that_is_not_found_is_refused),
    cmocka_unit_test(w10_first_list_that_fails_otherwise_is_not_refused),
    cmocka_unit_test(r24_cache_is_kept_while_access_is_refused),
    cmocka_unit_test(r26_resource_that_is_created_again_replaces_the_cache),
    cmocka_unit_test(r32_list_ends_after_a_minute),
    cmocka_unit_test(expired_versions_are_not_worth_a_record),
    cmocka_unit_test(stop_ends_a_watch_under_way),
};
RR_TEST_MAIN(tests)
