/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/discovery/reason.h>

#include "support/test.h"

static void reasons_read_back_by_name(void **state)
{
    (void)state;
    for (int i = 0; i < RR_REASON_COUNT; i++) {
        enum rr_reason read = RR_REASON_COUNT;

        assert_true(rr_reason_parse(rr_slice_from(rr_reason_name((enum rr_reason)i)), &read));

        assert_int_equal(read, i);
    }
    enum rr_reason untouched = RR_REASON_EXACT;
    assert_false(rr_reason_parse(RR_LIT("exact"), &untouched));
    assert_false(rr_reason_parse(RR_LIT(""), &untouched));
    assert_int_equal(untouched, RR_REASON_EXACT);
}

/* The documented table of reasons, by name. */
static const struct {
    const char *name;
    enum rr_retry_class class;
    int exit_code;
} documented[] = {
    { "BackupDiscovered", RR_CLASS_NONE, 0 },
    { "AOFNotFound", RR_CLASS_NOT_FOUND, 3 },
    { "NoBackupFound", RR_CLASS_NOT_FOUND, 3 },
    { "S3Unavailable", RR_CLASS_STORAGE, 4 },
    { "S3Throttled", RR_CLASS_STORAGE, 4 },
    { "DiscoveryTimeout", RR_CLASS_STORAGE, 4 },
    { "TLSError", RR_CLASS_CONFIG, 4 },
    { "SecretNotFound", RR_CLASS_SECRET, 5 },
    { "SecretInvalid", RR_CLASS_SECRET, 5 },
    { "NoCredentials", RR_CLASS_CONFIG, 5 },
    { "AccessDenied", RR_CLASS_CONFIG, 5 },
    { "ClockSkewed", RR_CLASS_CONFIG, 5 },
    { "EndpointForbidden", RR_CLASS_CONFIG, 5 },
    { "BucketNotFound", RR_CLASS_CONFIG, 6 },
    { "RegionMismatch", RR_CLASS_CONFIG, 6 },
    { "MalformedResponse", RR_CLASS_STORAGE, 6 },
    { "ListingLoop", RR_CLASS_STORAGE, 6 },
    { "InvalidSpec", RR_CLASS_TERMINAL, 2 },
    { "APIServerError", RR_CLASS_KUBERNETES, 1 },
    { "InternalError", RR_CLASS_STORAGE, 1 },
    { "Exact", RR_CLASS_NONE, 0 },
    { "Session", RR_CLASS_NONE, 0 },
    { "BackupTooOld", RR_CLASS_NOT_FOUND, 3 },
    { "AmbientCredentialsForbidden", RR_CLASS_CONFIG, 5 },
    { "Suspended", RR_CLASS_NONE, 7 },
    { "Progressing", RR_CLASS_NONE, 7 },
};

static void reasons_have_their_class_and_exit_code(void **state)
{
    (void)state;
    assert_int_equal(RR_COUNT(documented), RR_REASON_COUNT);
    for (size_t i = 0; i < RR_COUNT(documented); i++) {
        enum rr_reason reason;

        assert_true(rr_reason_parse(rr_slice_from(documented[i].name), &reason));

        assert_int_equal(rr_reason_class(reason), documented[i].class);
        assert_int_equal(rr_reason_exit_code(reason), documented[i].exit_code);
    }
}

static void errors_have_their_reason(void **state)
{
    (void)state;
    static const struct {
        enum rr_code code;
        const char *reason; /* NULL: none */
    } cases[] = {
        { RR_E_OK, NULL },
        { RR_E_CANCELLED, NULL },
        { RR_E_INTERNAL, "InternalError" },
        { RR_E_NOT_FOUND, "InternalError" },
        { RR_E_API_SERVER, "APIServerError" },
        { RR_E_BAD_INPUT, "InvalidSpec" },
        { RR_E_UNREACHABLE, "S3Unavailable" },
        { RR_E_THROTTLED, "S3Throttled" },
        { RR_E_TIMEOUT, "DiscoveryTimeout" },
        { RR_E_TLS, "TLSError" },
        { RR_E_SECRET_NOT_FOUND, "SecretNotFound" },
        { RR_E_SECRET_INVALID, "SecretInvalid" },
        { RR_E_NO_CREDENTIALS, "NoCredentials" },
        { RR_E_DENIED, "AccessDenied" },
        { RR_E_CLOCK_SKEWED, "ClockSkewed" },
        { RR_E_ADDRESS_FORBIDDEN, "EndpointForbidden" },
        { RR_E_BUCKET_NOT_FOUND, "BucketNotFound" },
        { RR_E_WRONG_REGION, "RegionMismatch" },
        { RR_E_BAD_REPLY, "MalformedResponse" },
        { RR_E_LISTING_LOOP, "ListingLoop" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_error err = { .code = cases[i].code };
        enum rr_reason reason = RR_REASON_COUNT;

        bool known = rr_reason_of_error(&err, &reason);

        assert_int_equal(known, cases[i].reason != NULL);
        if (known)
            assert_string_equal(rr_reason_name(reason), cases[i].reason);
        else
            assert_int_equal(reason, RR_REASON_COUNT);
    }
}

/* Every failure code ends in a status: an object must never stay without a reason. */
static void f60_every_error_code_has_an_owner_and_a_reason(void **state)
{
    (void)state;
    for (int code = 0; code < RR_CODE_COUNT; code++) {
        struct rr_error err = { .code = (enum rr_code)code };
        enum rr_reason reason = RR_REASON_COUNT;
        bool is_failure = code != RR_E_OK && code != RR_E_CANCELLED;

        assert_int_equal(rr_reason_of_error(&err, &reason), is_failure);

        assert_int_equal(strcmp(rr_owner_of_error(&err), "none") != 0, is_failure);
        if (is_failure)
            assert_int_not_equal(rr_reason_class(reason), RR_CLASS_NONE);
    }
    struct rr_error err = { .code = RR_E_API_SERVER };
    assert_string_equal(rr_owner_of_error(&err), "cluster");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f60_every_error_code_has_an_owner_and_a_reason),
    cmocka_unit_test(reasons_read_back_by_name),
    cmocka_unit_test(reasons_have_their_class_and_exit_code),
    cmocka_unit_test(errors_have_their_reason),
};

RR_TEST_MAIN(tests)
