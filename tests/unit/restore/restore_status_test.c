#include <support/test.h>

#include "restore_status.h"
static const char stored[] = "{\"backup\":{\"pairing\":\"RDBOnly\",\"rdb\":{\"key\":\"k\",\"size\":5497558138880}},"
                             "\"conditions\":[{\"lastTransitionTime\":\"2026-01-31T23:59:00Z\","
                             "\"message\":\"m\",\"observedGeneration\":3,\"reason\":\"BackupDiscovered\",\"status\":"
                             "\"True\",\"type\":\"Ready\"}],\"discovery\":{\"pages\":1},"
                             "\"lastDiscoveryTime\":\"2026-01-31T23:59:01Z\",\"lastHandledTrigger\":\"t\",\"message\":"
                             "\"m\",\"observedGeneration\":3,\"phase\":\"Discovered\","
                             "\"storage\":{\"region\":\"us-east-1\"}}";

static void round_trip_is_exact(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_restore_status status;
    rr_auto(json) json = { 0 };
    rr_auto(buf) text = RR_BUF(8192);
    rr_restore_status_init(&status);
    assert_ok(rr_json_parse(rr_slice_from(stored), &json, &err), err);

    rr_restore_status_decode(json.root, &status);
    rr_restore_status_encode(&text, &status);

    assert_string_equal(rr_buf_text(&text), stored);
    rr_restore_status_done(&status);
}

static void f36_odd_status_reads_as_far_as_it_goes(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "null",
        "[]",
        "7",
        "{\"conditions\":7}",
        "{\"conditions\":[7,{\"type\":\"Ready\"},{\"type\":\"Other\",\"status\":\"True\"}]}",
        "{\"observedGeneration\":\"x\",\"lastDiscoveryTime\":\"yesterday\"}"
    };
    for (size_t i = 0; i < RR_COUNT(odd); i++) {
        struct rr_error err;
        struct rr_restore_status status;
        rr_auto(json) json = { 0 };
        rr_restore_status_init(&status);
        assert_ok(rr_json_parse(rr_slice_from(odd[i]), &json, &err), err);

        rr_restore_status_decode(json.root, &status);

        assert_int_equal(status.observed_generation, 0);
        assert_int_equal(status.last_discovery_unix_s, 0);
        assert_int_equal(status.conditions[RR_CONDITION_READY].status, RR_CONDITION_ABSENT);
        rr_restore_status_done(&status);
    }
}

/* Whoever may write statuses may write this; half of a list would be no JSON (behaviour F-36). */
static void f36_section_without_room_is_left_out(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_restore_status status;
    rr_auto(buf) text = RR_BUF(RR_STATUS_MAX_BYTES), written = RR_BUF(2 * RR_STATUS_MAX_BYTES);
    rr_auto(json) json = { 0 }, again = { 0 };
    rr_buf_add(&text, RR_LIT("{\"backup\":{\"replicationID\":\"shop\"},\"candidates\":["));
    for (int i = 0; i < 10; i++)
        rr_buf_addf(&text, "%s{\"replicationID\":\"%01000d\"}", i > 0 ? "," : "", i);
    rr_buf_addf(&text, "],\"discovery\":{\"x\":\"%033000d\"}}", 1);
    rr_restore_status_init(&status);
    assert_ok(rr_json_parse(rr_buf_slice(&text), &json, &err), err);

    rr_restore_status_decode(json.root, &status);

    assert_int_equal(status.candidates.len, 0);
    assert_int_equal(status.discovery.len, 0);
    assert_slice(rr_buf_slice(&status.backup), "{\"replicationID\":\"shop\"}");
    rr_restore_status_encode(&written, &status);
    assert_ok(rr_json_parse(rr_buf_slice(&written), &again, &err), err);
    rr_restore_status_done(&status);
}

static void e14_condition_is_within_the_limits_of_the_api(void **state)
{
    (void)state;
    struct rr_restore_status status;
    static char text[4096];
    memset(text, 'm', sizeof(text));
    rr_restore_status_init(&status);
    rr_buf_add(&status.conditions[RR_CONDITION_READY].message, (struct rr_slice){ text, 1024 });
    assert_int_equal(status.conditions[RR_CONDITION_READY].message.len, 1024);
    rr_buf_add(&status.conditions[RR_CONDITION_READY].message, (struct rr_slice){ text, 1 });
    assert_int_equal(status.conditions[RR_CONDITION_READY].message.len, 1024);
    rr_restore_status_done(&status);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(e14_condition_is_within_the_limits_of_the_api),
    cmocka_unit_test(round_trip_is_exact),
    cmocka_unit_test(f36_odd_status_reads_as_far_as_it_goes),
    cmocka_unit_test(f36_section_without_room_is_left_out),
};
RR_TEST_MAIN(tests)
