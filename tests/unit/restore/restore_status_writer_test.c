/* SPDX-License-Identifier: Apache-2.0 */
#include "api_fixture.h"

#include "restore_status_writer.h"

#include <redisrestore/text/json.h>

static struct api api;
static struct rr_object *object;
static struct rr_buf version;
static struct rr_restore_status status;
static struct rr_stop stop;

static const char object_json[] =
    "{\"apiVersion\":\"redisrestore.dev/v1alpha1\",\"kind\":\"RedisRestore\",\"metadata\":{\"namespace\":\"shop\","
    "\"name\":\"main\",\"uid\":\"u-1\",\"resourceVersion\":\"7\",\"generation\":3},\"spec\":{}}";

#define CONFLICT                                                                                                       \
    {                                                                                                                  \
        409, "{\"kind\":\"Status\",\"reason\":\"Conflict\",\"code\":409}", NULL                                        \
    }
#define NOT_FOUND                                                                                                      \
    {                                                                                                                  \
        404, "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"code\":404}", NULL                                        \
    }
#define WRITTEN                                                                                                        \
    {                                                                                                                  \
        200, "{\"metadata\":{\"resourceVersion\":\"8\"}}", NULL                                                        \
    }
#define READ(uid, generation, version)                                                                                 \
    {                                                                                                                  \
        200, "{\"metadata\":{\"uid\":\"" uid "\",\"generation\":" generation ",\"resourceVersion\":\"" version "\"}}", \
            NULL                                                                                                       \
    }

static int tries;

static int setup(void **state)
{
    (void)state;
    struct rr_error err;
    memset(&api, 0, sizeof(api));
    tries = 0;
    struct rr_object_parts parts = rr_object_take_apart(rr_slice_from(object_json));
    assert_ok(rr_object_decode(&rr_restore_object_type, &parts, &object, &err), err);
    version = (struct rr_buf)RR_BUF(256);
    rr_buf_add(&version, RR_LIT("7"));
    rr_restore_status_init(&status);
    status.observed_generation = 3;
    rr_buf_add(&status.phase, RR_LIT("Failed"));
    rr_stop_init(&stop, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rr_object_unref(object);
    rr_buf_done(&version);
    rr_restore_status_done(&status);
    rr_stop_done(&stop);
    return 0;
}

struct outcome {
    bool ok;
    enum rr_restore_status_written written;
    struct rr_error err;
};

static const struct rr_kube_guard *guard;

static struct outcome write_against(const struct api_reply *replies, size_t count)
{
    struct outcome outcome = { 0 };
    api_start(&api, replies, (int)count);
    struct rr_restore_status_writing writing = {
        .client = api.client, .guard = guard, .clock = &rr_clock_system, .stop = &stop, .tries = tries
    };
    outcome.ok = rr_restore_status_write(&writing, object, &version, &status, &outcome.written, &outcome.err);
    api_stop(&api);
    return outcome;
}
#define WRITE_AGAINST(...)                                                                                             \
    write_against((const struct api_reply[]){ __VA_ARGS__ },                                                           \
                  sizeof((const struct api_reply[]){ __VA_ARGS__ }) / sizeof(struct api_reply))

static const char *body_of(int request)
{
    const char *body = strstr(api.requests[request], "\r\n\r\n");
    assert_non_null(body);
    return body + 4;
}

static bool is_method(int request, const char *method)
{
    return strncmp(api.requests[request], method, strlen(method)) == 0;
}

static void e12_status_goes_by_one_apply_of_the_status_alone(void **state)
{
    (void)state;
    struct outcome outcome = WRITE_AGAINST(WRITTEN);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.written, RR_RESTORE_STATUS_WRITTEN);
    assert_int_equal(api.asked, 1);
    assert_true(is_method(0, "PATCH /apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores/main/status"
                             "?fieldManager=redisrestore-controller&force=true HTTP/1.1\r\n"));
    assert_string_equal(body_of(0), "{\"apiVersion\":\"redisrestore.dev/v1alpha1\",\"kind\":\"RedisRestore\","
                                    "\"metadata\":{\"name\":\"main\",\"namespace\":\"shop\",\"uid\":\"u-1\","
                                    "\"resourceVersion\":\"7\"},\"status\":{\"conditions\":[],\"message\":\"\","
                                    "\"observedGeneration\":3,\"phase\":\"Failed\"}}");
}

static void e10_status_is_a_server_side_apply(void **state)
{
    (void)state;
    (void)WRITE_AGAINST(WRITTEN);

    assert_non_null(strstr(api.requests[0], "\r\nContent-Type: application/apply-patch+yaml\r\n"));
}

static void e12_next_write_stands_on_the_version_of_this_one(void **state)
{
    (void)state;
    (void)WRITE_AGAINST(WRITTEN);

    assert_string_equal(rr_buf_text(&version), "8");
}

static void e12_conflict_is_written_again_on_the_version_that_is_stored(void **state)
{
    (void)state;
    struct outcome outcome = WRITE_AGAINST(CONFLICT, READ("u-1", "3", "12"), WRITTEN);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.written, RR_RESTORE_STATUS_WRITTEN);
    assert_int_equal(api.asked, 3);
    assert_true(is_method(1, "GET /apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores/main HTTP/1.1\r\n"));
    assert_true(is_method(2, "PATCH "));
    assert_non_null(strstr(body_of(2), "\"resourceVersion\":\"12\""));
}

static void l09_answer_to_another_generation_is_dropped(void **state)
{
    (void)state;
    struct outcome outcome = WRITE_AGAINST(CONFLICT, READ("u-1", "4", "12"), WRITTEN);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.written, RR_RESTORE_STATUS_OUTDATED);
    assert_int_equal(api.asked, 2);
}

static void r26_answer_for_an_object_of_the_same_name_is_dropped(void **state)
{
    (void)state;
    struct outcome outcome = WRITE_AGAINST(CONFLICT, READ("u-2", "3", "12"), WRITTEN);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.written, RR_RESTORE_STATUS_OUTDATED);
    assert_int_equal(api.asked, 2);
}

static void object_without_a_generation_is_another_one(void **state)
{
    (void)state;
    struct outcome outcome =
        WRITE_AGAINST(CONFLICT, { 200, "{\"metadata\":{\"uid\":\"u-1\",\"resourceVersion\":\"12\"}}", NULL }, WRITTEN);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.written, RR_RESTORE_STATUS_OUTDATED);
}

static void object_that_is_gone_needs_no_status(void **state)
{
    (void)state;
    struct outcome outcome = WRITE_AGAINST(NOT_FOUND);
    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.written, RR_RESTORE_STATUS_OUTDATED);
    assert_int_equal(api.asked, 1);

    memset(&api, 0, sizeof(api));
    outcome = WRITE_AGAINST(CONFLICT, NOT_FOUND, WRITTEN);
    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.written, RR_RESTORE_STATUS_OUTDATED);
    assert_int_equal(api.asked, 2);
}

static void e11_repeated_conflicts_end_the_write(void **state)
{
    (void)state;
    struct outcome outcome = WRITE_AGAINST(CONFLICT, READ("u-1", "3", "1"), CONFLICT, READ("u-1", "3", "2"), CONFLICT,
                                           READ("u-1", "3", "3"), CONFLICT, READ("u-1", "3", "4"), CONFLICT);

    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_CONFLICT);
    assert_int_equal(api.asked, 9); /* five writes, and a read between any two */
}

static void server_that_cannot_answer_now_is_retried(void **state)
{
    (void)state;
    struct outcome outcome = WRITE_AGAINST({ 503, "{}", NULL }, { 429, "{}", "Retry-After: 0\r\n" }, WRITTEN);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.written, RR_RESTORE_STATUS_WRITTEN);
    assert_int_equal(api.asked, 3);
}

static void r11_write_with_a_long_retry_after_releases_its_worker(void **state)
{
    (void)state;
    struct outcome outcome = WRITE_AGAINST({ 429, "{}", "Retry-After: 30\r\n" }, WRITTEN);

    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_THROTTLED);
    assert_int_equal(outcome.err.retry_after_ms, 30000);
    assert_int_equal(api.asked, 1);
}

static void refusals_are_not_retried(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum rr_code code;
    } refusals[] = {
        { 403, RR_E_DENIED }, { 401, RR_E_UNAUTHENTICATED }, { 422, RR_E_INVALID }, { 413, RR_E_TOO_BIG }
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        memset(&api, 0, sizeof(api));
        struct outcome outcome = WRITE_AGAINST({ refusals[i].status, "{}", NULL });
        assert_false(outcome.ok);
        assert_int_equal(outcome.err.code, refusals[i].code);
        assert_int_equal(api.asked, 1);
    }
}

static void conflict_whose_object_cannot_be_read_is_a_failure(void **state)
{
    (void)state;
    struct outcome outcome = WRITE_AGAINST(CONFLICT, { 403, "{}", NULL }, WRITTEN);

    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_DENIED);
    assert_int_equal(api.asked, 2);
}

static void stop_ends_the_retries(void **state)
{
    (void)state;
    rr_stop_set(&stop);

    struct outcome outcome = WRITE_AGAINST({ 503, "{}", NULL });

    assert_false(outcome.ok);
    assert_in_range(api.asked, 0, 1);
}

/* A proxy between may say 200: the version that was known stays what the next try stands on. */
static void f13_reply_that_is_not_the_object_is_no_write(void **state)
{
    (void)state;
    static const char *const replies[] = { "{}", "<html>", "{\"metadata\":{\"resourceVersion\":\"\"}}" };
    for (size_t i = 0; i < RR_COUNT(replies); i++) {
        struct outcome outcome = WRITE_AGAINST({ 200, replies[i], NULL });

        assert_false(outcome.ok);
        assert_int_equal(outcome.err.code, RR_E_BAD_REPLY);
        assert_slice(rr_buf_slice(&version), "7");
    }
}

#define UNDECLARED(field)                                                                                              \
    {                                                                                                                  \
        500,                                                                                                           \
            "{\"kind\":\"Status\",\"code\":500,\"message\":\"failed to create typed patch object (shop/main; "         \
            "redisrestore.dev/v1alpha1, Kind=RedisRestore): " field ": field not declared in schema\"}",               \
            NULL                                                                                                       \
    }

static void e12_field_that_the_server_does_not_know_is_left_out(void **state)
{
    (void)state;
    rr_buf_add(&status.backup, RR_LIT("{\"rdb\":{\"etag\":\"e\",\"key\":\"k\"}}"));

    struct outcome outcome = WRITE_AGAINST(UNDECLARED(".status.backup.rdb.etag"), UNDECLARED(".status.phase"), WRITTEN);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.written, RR_RESTORE_STATUS_WRITTEN_IN_PART);
    assert_int_equal(api.asked, 3);
    assert_non_null(strstr(body_of(0), "\"etag\":\"e\""));
    assert_non_null(strstr(body_of(1), "\"status\":{\"backup\":{\"rdb\":{\"key\":\"k\"}},"));
    assert_non_null(strstr(body_of(1), "\"phase\":\"Failed\""));
    assert_null(strstr(body_of(2), "\"phase\""));
    assert_non_null(strstr(body_of(2), "\"observedGeneration\":3"));
}

static void e12_field_that_is_not_in_the_status_ends_it(void **state)
{
    (void)state;
    struct outcome outcome = WRITE_AGAINST(UNDECLARED(".status.never"), WRITTEN);
    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_INVALID);
    assert_int_equal(api.asked, 1);

    memset(&api, 0, sizeof(api));
    outcome = WRITE_AGAINST(UNDECLARED(".metadata.uid"), WRITTEN);
    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_INVALID);
    assert_int_equal(api.asked, 1);
}

#define UNSUPPORTED                                                                                                    \
    "{\"kind\":\"Status\",\"code\":422,\"reason\":\"Invalid\",\"message\":\"RedisRestore.redisrestore.dev "            \
    "\\\"main\\\" is "                                                                                                 \
    "invalid: [status.phase: Unsupported value: \\\"Failed\\\": supported values: \\\"Done\\\", status.message: "      \
    "Unsupported value]\"}"

static void e15_value_that_the_server_does_not_know_is_left_out(void **state)
{
    (void)state;
    struct outcome outcome = WRITE_AGAINST({ 422, UNSUPPORTED, NULL }, WRITTEN);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.written, RR_RESTORE_STATUS_WRITTEN_IN_PART);
    assert_int_equal(api.asked, 2);
    assert_null(strstr(body_of(1), "\"phase\""));
    assert_non_null(strstr(body_of(1), "\"message\""));
}

#define ETCD_TOO_LARGE                                                                                                 \
    {                                                                                                                  \
        500, "{\"kind\":\"Status\",\"code\":500,\"message\":\"etcdserver: request is too large\"}", NULL               \
    }

static void e15_status_that_is_too_large_is_written_without_its_lists(void **state)
{
    (void)state;
    static const struct api_reply refusals[] = { { 413, "{}", NULL }, ETCD_TOO_LARGE };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        memset(&api, 0, sizeof(api));
        rr_buf_clear(&status.discovery);
        rr_buf_add(&status.discovery, RR_LIT("{\"ignored\":1,\"ignoredSample\":[{\"key\":\"odd\"}],\"pages\":1}"));

        struct outcome outcome = WRITE_AGAINST(refusals[i], WRITTEN);

        assert_ok(outcome.ok, outcome.err);
        assert_int_equal(outcome.written, RR_RESTORE_STATUS_WRITTEN_WITHOUT_LISTS);
        assert_int_equal(api.asked, 2);
        assert_non_null(strstr(body_of(0), "\"odd\""));
        assert_non_null(strstr(body_of(1), "\"discovery\":{\"ignored\":1,\"pages\":1}"));
    }
}

static void e15_status_without_a_field_that_is_too_large_still_lacks_the_field(void **state)
{
    (void)state;
    rr_buf_add(&status.discovery, RR_LIT("{\"ignoredSample\":[{\"key\":\"odd\"}],\"pages\":1}"));

    struct outcome outcome = WRITE_AGAINST(UNDECLARED(".status.phase"), ETCD_TOO_LARGE, WRITTEN);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.written, RR_RESTORE_STATUS_WRITTEN_IN_PART);
    assert_int_equal(api.asked, 3);
    assert_null(strstr(body_of(2), "\"phase\""));
    assert_null(strstr(body_of(2), "\"odd\""));
}

static void e15_status_that_is_too_large_without_lists_is_not_written(void **state)
{
    (void)state;
    rr_buf_add(&status.discovery, RR_LIT("{\"ignoredSample\":[],\"pages\":1}"));

    struct outcome outcome = WRITE_AGAINST(ETCD_TOO_LARGE, ETCD_TOO_LARGE, WRITTEN);

    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_TOO_BIG);
    assert_int_equal(api.asked, 2);
}

static void t06_one_try_is_one_request_whatever_the_answer(void **state)
{
    (void)state;
    static const struct api_reply replies[] = {
        { 503, "{}", NULL }, { 429, "{}", "Retry-After: 30\r\n" }, CONFLICT, ETCD_TOO_LARGE, { 422, UNSUPPORTED, NULL }
    };
    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        memset(&api, 0, sizeof(api));
        tries = 1;
        struct outcome outcome = WRITE_AGAINST(replies[i], WRITTEN);
        assert_false(outcome.ok);
        assert_int_equal(api.asked, 1);
    }
}

static int64_t never_again(void *context)
{
    (void)context;
    return INT64_MIN;
}

static void l10_forbidden_write_is_not_sent_and_cancelled(void **state)
{
    (void)state;
    struct rr_kube_guard forbids = { .until_ms = never_again };
    guard = &forbids;

    struct outcome outcome = WRITE_AGAINST({ 200, "{}", NULL });

    guard = NULL;
    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_CANCELLED);
    assert_int_equal(api.asked, 0);
}

static int64_t once(void *context)
{
    int *left = context;
    return (*left)-- > 0 ? RR_DEADLINE_NEVER : INT64_MIN;
}

static void l10_removal_after_the_lease_is_lost_is_not_sent(void **state)
{
    (void)state;
    int left = 1;
    struct rr_kube_guard allows_one = { .context = &left, .until_ms = once };
    guard = &allows_one;

    struct outcome outcome =
        WRITE_AGAINST({ 200, "{\"metadata\":{\"resourceVersion\":\"8\"},\"status\":{\"theirs\":1}}", NULL });

    guard = NULL;
    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_CANCELLED);
    assert_int_equal(api.asked, 1);
}

static void e18_condition_that_another_manager_added_is_removed(void **state)
{
    (void)state;
    status.conditions[RR_CONDITION_READY].status = RR_CONDITION_FALSE;
    struct outcome outcome = WRITE_AGAINST(
        { 200,
          "{\"metadata\":{\"resourceVersion\":\"8\"},\"status\":{\"conditions\":[{\"type\":\"Stalled\"},{\"type\":"
          "\"Ready\"},"
          "{\"type\":\"Odd\"}],\"message\":\"\",\"observedGeneration\":3,\"phase\":\"Failed\",\"a/b~1\":1}}",
          NULL },
        { 200, "{\"metadata\":{\"resourceVersion\":\"9\"}}", NULL });

    assert_true(outcome.ok);
    assert_int_equal(api.asked, 2);
    assert_non_null(strstr(api.requests[1], "application/json-patch+json"));
    assert_string_equal(body_of(1), "[{\"op\":\"replace\",\"path\":\"/metadata/resourceVersion\",\"value\":\"8\"},"
                                    "{\"op\":\"remove\",\"path\":\"/status/conditions/2\"},"
                                    "{\"op\":\"remove\",\"path\":\"/status/conditions/0\"},"
                                    "{\"op\":\"remove\",\"path\":\"/status/a~1b~01\"}]");
    assert_slice(rr_buf_slice(&version), "9");
}

/* The order of members means nothing, and a name may have escapes. */
static void e18_member_below_another_is_removed_whatever_the_order(void **state)
{
    (void)state;
    rr_restore_status_set_section(&status.backup, RR_LIT("{\"rdb\":{\"key\":\"k\",\"size\":1},\"timestamp\":\"t\"}"));
    struct outcome outcome = WRITE_AGAINST({ 200,
                                             "{\"metadata\":{\"resourceVersion\":\"8\"},\"status\":{\"\\u0061b\":{"
                                             "\"phase\":1},\"phase\":\"Failed\",\"backup\":{"
                                             "\"timestamp\":\"t\",\"rdb\":{\"size\":1,\"theirs\":[1],\"key\":\"k\"}},"
                                             "\"observedGeneration\":3,\"message\":\"\"}}",
                                             NULL },
                                           { 200, "{\"metadata\":{\"resourceVersion\":\"9\"}}", NULL });

    assert_true(outcome.ok);
    assert_int_equal(api.asked, 2);
    assert_string_equal(body_of(1), "[{\"op\":\"replace\",\"path\":\"/metadata/resourceVersion\",\"value\":\"8\"},"
                                    "{\"op\":\"remove\",\"path\":\"/status/ab\"},"
                                    "{\"op\":\"remove\",\"path\":\"/status/backup/rdb/theirs\"}]");
}

static void e18_status_that_is_stored_as_applied_is_one_request(void **state)
{
    (void)state;
    struct outcome outcome = WRITE_AGAINST(
        { 200, "{\"metadata\":{\"resourceVersion\":\"8\"},\"status\":{\"conditions\":[],\"observedGeneration\":3}}",
          NULL });

    assert_true(outcome.ok);
    assert_int_equal(api.asked, 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(e18_condition_that_another_manager_added_is_removed, setup, teardown),
    cmocka_unit_test_setup_teardown(e18_member_below_another_is_removed_whatever_the_order, setup, teardown),
    cmocka_unit_test_setup_teardown(e18_status_that_is_stored_as_applied_is_one_request, setup, teardown),
    cmocka_unit_test_setup_teardown(e15_value_that_the_server_does_not_know_is_left_out, setup, teardown),
    cmocka_unit_test_setup_teardown(e15_status_that_is_too_large_is_written_without_its_lists, setup, teardown),
    cmocka_unit_test_setup_teardown(e15_status_without_a_field_that_is_too_large_still_lacks_the_field, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(e15_status_that_is_too_large_without_lists_is_not_written, setup, teardown),
    cmocka_unit_test_setup_teardown(t06_one_try_is_one_request_whatever_the_answer, setup, teardown),
    cmocka_unit_test_setup_teardown(e12_status_goes_by_one_apply_of_the_status_alone, setup, teardown),
    cmocka_unit_test_setup_teardown(e10_status_is_a_server_side_apply, setup, teardown),
    cmocka_unit_test_setup_teardown(e12_next_write_stands_on_the_version_of_this_one, setup, teardown),
    cmocka_unit_test_setup_teardown(e12_conflict_is_written_again_on_the_version_that_is_stored, setup, teardown),
    cmocka_unit_test_setup_teardown(l09_answer_to_another_generation_is_dropped, setup, teardown),
    cmocka_unit_test_setup_teardown(r26_answer_for_an_object_of_the_same_name_is_dropped, setup, teardown),
    cmocka_unit_test_setup_teardown(object_without_a_generation_is_another_one, setup, teardown),
    cmocka_unit_test_setup_teardown(object_that_is_gone_needs_no_status, setup, teardown),
    cmocka_unit_test_setup_teardown(e11_repeated_conflicts_end_the_write, setup, teardown),
    cmocka_unit_test_setup_teardown(server_that_cannot_answer_now_is_retried, setup, teardown),
    cmocka_unit_test_setup_teardown(r11_write_with_a_long_retry_after_releases_its_worker, setup, teardown),
    cmocka_unit_test_setup_teardown(refusals_are_not_retried, setup, teardown),
    cmocka_unit_test_setup_teardown(conflict_whose_object_cannot_be_read_is_a_failure, setup, teardown),
    cmocka_unit_test_setup_teardown(e12_field_that_the_server_does_not_know_is_left_out, setup, teardown),
    cmocka_unit_test_setup_teardown(e12_field_that_is_not_in_the_status_ends_it, setup, teardown),
    cmocka_unit_test_setup_teardown(stop_ends_the_retries, setup, teardown),
    cmocka_unit_test_setup_teardown(f13_reply_that_is_not_the_object_is_no_write, setup, teardown),
    cmocka_unit_test_setup_teardown(l10_forbidden_write_is_not_sent_and_cancelled, setup, teardown),
    cmocka_unit_test_setup_teardown(l10_removal_after_the_lease_is_lost_is_not_sent, setup, teardown),
};
RR_TEST_MAIN(tests)
