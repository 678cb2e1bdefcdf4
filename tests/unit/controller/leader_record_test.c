/* SPDX-License-Identifier: Apache-2.0 */
#include "leader_record.h"

#include "support/test.h"

/* A Lease as an API server sends it, with fields that are not ours. */
#define LEASE                                                                                                          \
    "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"l\",\"namespace\":\"ns\"," \
    "\"resourceVersion\":\"41\",\"uid\":\"u\",\"labels\":{\"team\":\"a\"},\"annotations\":{\"note\":\"keep "           \
    "\\\"me\\\"\"},"                                                                                                   \
    "\"managedFields\":[{\"manager\":\"x\",\"fieldsV1\":{\"f:spec\":{}}}]},\"spec\":{\"holderIdentity\":\"other_1\","  \
    "\"leaseDurationSeconds\":15,\"acquireTime\":\"2026-01-31T23:00:00.000001Z\","                                     \
    "\"renewTime\":\"2026-01-31T23:59:00.999999Z\",\"leaseTransitions\":7,\"strategy\":\"OldestEmulationVersion\","    \
    "\"preferredHolder\":\"other_2\"}}"

static struct rr_leader_record decoded(const char *json)
{
    struct rr_leader_record record = { 0 };
    struct rr_error err;
    assert_ok(rr_leader_record_decode(rr_slice_from(json), &record, &err), err);
    return record;
}

static void expect_refusal(const char *json, const char *words)
{
    struct rr_leader_record record = { 0 };
    struct rr_error err;
    assert_false(rr_leader_record_decode(rr_slice_from(json), &record, &err));
    assert_int_equal(err.code, RR_E_BAD_REPLY);
    assert_non_null(strstr(err.message, words));
    assert_null(record.object.ptr);
}

static void l01_record_is_read_from_the_lease(void **state)
{
    (void)state;

    struct rr_leader_record record = decoded(LEASE);

    assert_string_equal(rr_buf_text(&record.holder), "other_1");
    assert_string_equal(rr_buf_text(&record.acquire_time), "2026-01-31T23:00:00.000001Z");
    assert_int_equal(record.duration_ms, 15000);
    assert_int_equal(record.transitions, 7);
    rr_leader_record_done(&record);
}

static void l01_lease_without_a_holder_is_empty(void **state)
{
    (void)state;
    static const char *const leases[] = { "{\"metadata\":{}}", "{\"spec\":{}}", "{\"spec\":{\"holderIdentity\":null}}",
                                          "{\"spec\":{\"holderIdentity\":\"\"}}" };
    for (size_t i = 0; i < RR_COUNT(leases); i++) {
        struct rr_leader_record record = decoded(leases[i]);
        assert_int_equal(record.holder.len, 0);
        assert_int_equal(record.duration_ms, 0);
        assert_int_equal(record.transitions, 0);
        rr_leader_record_done(&record);
    }
}

static void l01_object_that_is_no_lease_is_refused(void **state)
{
    (void)state;
    expect_refusal("", "JSON");
    expect_refusal("[]", "no Lease");
    expect_refusal("{\"spec\":1}", "no Lease");
    expect_refusal("{\"spec\":[{}]}", "no Lease");
    expect_refusal("{\"spec\":{\"holderIdentity\":1}}", "holderIdentity");
    expect_refusal("{\"spec\":{\"acquireTime\":{}}}", "acquireTime");
    expect_refusal("{\"spec\":{\"leaseDurationSeconds\":\"15\"}}", "leaseDurationSeconds");
    expect_refusal("{\"spec\":{\"leaseDurationSeconds\":2147483648}}", "leaseDurationSeconds");
    expect_refusal("{\"spec\":{\"leaseTransitions\":-1}}", "leaseTransitions");
}

static void l01_new_lease_has_every_field_and_micro_times(void **state)
{
    (void)state;
    rr_auto(buf) json = RR_BUF(4096);
    struct rr_leader_claim claim = { .holder = RR_LIT("me"), .duration_s = 15, .renewed_unix_ms = 1769903940123 };

    rr_leader_record_create(&json, RR_LIT("ns"), RR_LIT("l"), &claim);

    assert_string_equal(rr_buf_text(&json),
                        "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"l\","
                        "\"namespace\":\"ns\"},\"spec\":{\"holderIdentity\":\"me\",\"leaseDurationSeconds\":15,"
                        "\"acquireTime\":\"2026-01-31T23:59:00.123000Z\",\"renewTime\":\"2026-01-31T23:59:00.123000Z\","
                        "\"leaseTransitions\":0}}");
}

static void l01_foreign_fields_of_the_lease_survive_our_write(void **state)
{
    (void)state;
    rr_auto(buf) json = RR_BUF(4096);
    struct rr_error err;
    struct rr_leader_record record = decoded(LEASE);
    struct rr_leader_claim claim = { .holder = RR_LIT("me"),
                                     .duration_s = 15,
                                     .renewed_unix_ms = 1769903940123,
                                     .acquire_time = RR_LIT("2020-01-01T00:00:00.000000Z"),
                                     .transitions = 8 };

    assert_ok(rr_leader_record_update(&json, &record, &claim, &err), err);

    assert_string_equal(
        rr_buf_text(&json),
        "{\"apiVersion\":\"coordination.k8s.io/"
        "v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"l\",\"namespace\":\"ns\","
        "\"resourceVersion\":\"41\",\"uid\":\"u\",\"labels\":{\"team\":\"a\"},\"annotations\":{\"note\":\"keep "
        "\\\"me\\\"\"},"
        "\"managedFields\":[{\"manager\":\"x\",\"fieldsV1\":{\"f:spec\":{}}}]},\"spec\":{\"holderIdentity\":"
        "\"me\",\"leaseDurationSeconds\":15,\"acquireTime\":\"2020-01-01T00:00:00.000000Z\",\"renewTime\":"
        "\"2026-01-31T23:59:00.123000Z\",\"leaseTransitions\":8,\"strategy\":\"OldestEmulationVersion\","
        "\"preferredHolder\":\"other_2\"}}");
    rr_leader_record_done(&record);
}

static void l01_nul_in_an_annotation_is_kept(void **state)
{
    (void)state;
    rr_auto(buf) json = RR_BUF(4096);
    struct rr_error err;
    struct rr_leader_record record =
        decoded("{\"metadata\":{\"annotations\":{\"a\":\"x\\u0000y\"}},\"spec\":{\"holderIdentity\":\"other\"}}");
    struct rr_leader_claim claim = { .holder = RR_LIT("me"), .duration_s = 15, .renewed_unix_ms = 1769903940123 };

    assert_ok(rr_leader_record_update(&json, &record, &claim, &err), err);

    assert_string_equal(rr_buf_text(&record.holder), "other");
    assert_non_null(strstr(rr_buf_text(&json), "{\"metadata\":{\"annotations\":{\"a\":\"x\\u0000y\"}},\"spec\":{"));
    assert_non_null(strstr(rr_buf_text(&json), "\"holderIdentity\":\"me\""));
    rr_leader_record_done(&record);
}

static void l04_record_is_the_same_when_its_spec_is(void **state)
{
    (void)state;
    struct rr_leader_record one = decoded("{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"a\":1,\"b\":2}}"),
                            same = decoded("{\"metadata\":{\"resourceVersion\":\"2\"},\"spec\":{\"b\":2, \"a\":1}}"),
                            other = decoded("{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"a\":1,\"b\":3}}");

    assert_true(rr_leader_record_is_same(&one, &same));
    assert_false(rr_leader_record_is_same(&one, &other));

    rr_leader_record_done(&one);
    rr_leader_record_done(&same);
    rr_leader_record_done(&other);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(l01_record_is_read_from_the_lease),
    cmocka_unit_test(l01_lease_without_a_holder_is_empty),
    cmocka_unit_test(l01_object_that_is_no_lease_is_refused),
    cmocka_unit_test(l01_new_lease_has_every_field_and_micro_times),
    cmocka_unit_test(l01_foreign_fields_of_the_lease_survive_our_write),
    cmocka_unit_test(l01_nul_in_an_annotation_is_kept),
    cmocka_unit_test(l04_record_is_the_same_when_its_spec_is),
};

RR_TEST_MAIN(tests)
