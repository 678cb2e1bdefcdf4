/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/s3/s3_headers.h>

#include "support/test.h"

static void s24_account_has_twelve_digits(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "", "12345678901", "1234567890123", "12345678901a", "12345678901\n", "-12345678901"
    };
    struct rr_error err;

    assert_ok(rr_s3_account_check(RR_LIT("012345678901"), &err), err);

    for (size_t i = 0; i < RR_COUNT(refused); i++) {
        assert_false(rr_s3_account_check(rr_slice_from(refused[i]), &err));
        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_non_null(strstr(err.message, "expectedBucketOwner"));
    }
}

#define RAW_KEY    "0123456789abcdef0123456789ABCDE\n"
#define BASE64_KEY "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlBQkNERQo="

static void sse_key_is_32_bytes_raw_or_in_base64(void **state)
{
    (void)state;
    static const char *const spellings[] = { RAW_KEY, BASE64_KEY, BASE64_KEY "\n", " " BASE64_KEY "\r\n" };
    for (size_t i = 0; i < RR_COUNT(spellings); i++) {
        rr_auto(secret) key = { 0 };
        struct rr_error err;

        assert_ok(rr_s3_sse_key_parse(rr_slice_from(spellings[i]), &key, &err), err);

        assert_slice(rr_secret_reveal(&key), RAW_KEY);
    }
}

static void f32_invalid_sse_key_is_refused_and_not_quoted(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "", "CANARY", "Q0FOQVJZ", BASE64_KEY "MDEy", RAW_KEY "CANARY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlBQkNERQo"
    };
    for (size_t i = 0; i < RR_COUNT(refused); i++) {
        rr_auto(secret) key = { 0 };
        struct rr_error err;

        assert_false(rr_s3_sse_key_parse(rr_slice_from(refused[i]), &key, &err));

        assert_int_equal(err.code, RR_E_SECRET_INVALID);
        assert_null(strstr(err.message, "CANARY"));
        assert_false(rr_secret_is_set(&key));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s24_account_has_twelve_digits),
    cmocka_unit_test(sse_key_is_32_bytes_raw_or_in_base64),
    cmocka_unit_test(f32_invalid_sse_key_is_refused_and_not_quoted),
};

RR_TEST_MAIN(tests)
