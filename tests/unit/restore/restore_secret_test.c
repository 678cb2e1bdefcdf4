/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include "restore_secret.h"

/* Values are base64 as the API server gives them. "QUtJQQ==" is AKIA, "c2VjcmV0" is secret. */
static bool decode_secret(const char *data, struct rr_restore_secret *out, struct rr_error *err)
{
    char text[16384];
    rr_auto(json) json = { 0 };
    (void)snprintf(text, sizeof(text), "{\"kind\":\"Secret\",\"data\":%s}", data);
    assert_ok(rr_json_parse(rr_slice_from(text), &json, err), *err);
    return rr_restore_secret_decode(json.root, RR_LIT("reader"), out, err);
}

static bool decode(const char *data, struct rr_credentials **out, struct rr_error *err)
{
    rr_auto(restore_secret) secret = { 0 };
    if (!decode_secret(data, &secret, err))
        return false;
    assert_false(rr_secret_is_set(&secret.sse_customer_key));
    *out = rr_credentials_ref(secret.credentials);
    return true;
}

static void f32_both_spellings_and_the_plain_one_wins(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto_ptr(credentials) plain = NULL;
    rr_auto_ptr(credentials) other = NULL;

    assert_ok(decode("{\"access-key-id\":\"QUtJQQ==\",\"AWS_ACCESS_KEY_ID\":\"eA==\",\"secret-access-key\":"
                     "\"c2VjcmV0\",\"session-token\":\"dG9r\"}",
                     &plain, &err),
              err);
    assert_ok(decode("{\"AWS_ACCESS_KEY_ID\":\"QUtJQQ==\",\"AWS_SECRET_ACCESS_KEY\":\"c2VjcmV0\"}", &other, &err), err);

    assert_slice(rr_credentials_access_key_id(plain), "AKIA");
    assert_slice(rr_secret_reveal(rr_credentials_session_token(plain)), "tok");
    assert_slice(rr_secret_reveal(rr_credentials_secret_access_key(other)), "secret");
    assert_false(rr_secret_is_set(rr_credentials_session_token(other)));
}

static void f32_one_line_end_is_trimmed_and_no_more(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto_ptr(credentials) trimmed = NULL;
    rr_auto_ptr(credentials) refused = NULL;

    assert_ok(decode("{\"access-key-id\":\"QUtJQQo=\",\"secret-access-key\":\"c2VjcmV0DQo=\"}", &trimmed, &err), err);
    assert_slice(rr_credentials_access_key_id(trimmed), "AKIA");
    assert_slice(rr_secret_reveal(rr_credentials_secret_access_key(trimmed)), "secret");
    assert_false(decode("{\"access-key-id\":\"QUtJQQo=\",\"secret-access-key\":\"c2VjcmV0Cgo=\"}", &refused, &err));
    assert_int_equal(err.code, RR_E_SECRET_INVALID);
    assert_false(decode("{\"access-key-id\":\"QUtJQQ0=\",\"secret-access-key\":\"c2VjcmV0\"}", &refused, &err));
    assert_int_equal(err.code, RR_E_SECRET_INVALID); /* a lone CR is no line end */
}

static void assert_refused(const char *data, const char *word)
{
    struct rr_error err;
    rr_auto_ptr(credentials) credentials = NULL;
    assert_false(decode(data, &credentials, &err));
    assert_int_equal(err.code, RR_E_SECRET_INVALID);
    assert_non_null(strstr(err.message, "reader"));
    assert_non_null(strstr(err.message, word));
    assert_null(strstr(err.message, "c2VjcmV0"));
}

static void f32_what_is_missing_or_malformed_is_named(void **state)
{
    (void)state;
    assert_refused("{}", "access-key-id");
    assert_refused("{\"access-key-id\":\"QUtJQQ==\"}", "secret-access-key");
    assert_refused("{\"access-key-id\":\"\",\"secret-access-key\":\"c2VjcmV0\"}", "access-key-id");
    assert_refused("{\"access-key-id\":\"QUtJQQ==\",\"secret-access-key\":\"Cg==\"}", "secret-access-key");
    assert_refused("{\"access-key-id\":\"QQBB\",\"secret-access-key\":\"c2VjcmV0\"}", "access-key-id");
    assert_refused("{\"access-key-id\":\"QUtJQQ==\",\"secret-access-key\":\"/w==\"}", "secret-access-key");
    assert_refused("{\"access-key-id\":7,\"secret-access-key\":\"c2VjcmV0\"}", "access-key-id");
    assert_refused("null", "access-key-id");
}

static void f32_missing_key_lists_the_spellings_and_names_a_misspelt_one(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words;
    } rows[] = {
        { "accessKey", "access-key-id or AWS_ACCESS_KEY_ID: rename its key accessKey" },
        { "AccessKeyID", "rename its key AccessKeyID" },
        { "aws_access_key_id", "rename its key aws_access_key_id" },
        { "AWS-ACCESS-KEY", "rename its key AWS-ACCESS-KEY" },
        { "root-user", "rename its key root-user" },
        { "s3.access.key", "rename its key s3.access.key" },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        char data[256];
        (void)snprintf(data, sizeof data, "{\"other\":\"QUtJQQ==\",\"%s\":\"QUtJQQ==\",\"x\":\"\"}", rows[i].name);
        assert_refused(data, rows[i].words);
    }
    assert_refused("{\"access-key-id\":\"QUtJQQ==\",\"password\":\"c2VjcmV0\"}",
                   "secret-access-key or AWS_SECRET_ACCESS_KEY: rename its key password");
    struct rr_error err;
    rr_auto_ptr(credentials) credentials = NULL;
    assert_false(decode("{\"canary\":\"QUtJQQ==\"}", &credentials, &err));
    assert_string_equal(err.message, "Secret reader has no key access-key-id or AWS_ACCESS_KEY_ID");
}

/* The values: "AKIAIOSFODNN7EXAMPLE" and a secret of 40 characters, each encoded once more; 'secret'; "secret"; and
 * secret with a blank at either end. */
static void f32_encoded_quoted_and_blank_values_are_recognized_and_not_shown(void **state)
{
    (void)state;
    assert_refused(
        "{\"access-key-id\":\"UVV0SlFVbFBVMFpQUkU1T04wVllRVTFRVEVVPQ==\",\"secret-access-key\":\"c2VjcmV0\"}",
        "the value of access-key-id is base64 of a key");
    assert_refused(
        "{\"access-key-id\":\"UVV0SlFVbFBVMFpQUkU1T04wVllRVTFRVEVVSwo=\",\"secret-access-key\":\"c2VjcmV0\"}",
        "the value of access-key-id is base64 of a key");
    assert_refused("{\"access-key-id\":\"QUtJQQ==\",\"AWS_SECRET_ACCESS_KEY\":"
                   "\"ZDBwaGJISllWWFJ1UmtWTlNTOUxOMDFFUlU1SEwySlFlRkptYVVOWlJWaEJUVkJNUlV0RldRPT0=\"}",
                   "the value of AWS_SECRET_ACCESS_KEY is base64 of a key");
    assert_refused("{\"access-key-id\":\"QUtJQQ==\",\"secret-access-key\":\"J3NlY3JldCc=\"}", "quotation marks");
    assert_refused("{\"access-key-id\":\"IkFLSUEi\",\"secret-access-key\":\"c2VjcmV0\"}", "quotation marks");
    assert_refused("{\"access-key-id\":\"QUtJQQ==\",\"secret-access-key\":\"c2VjcmV0IA==\"}", "with a blank");
    assert_refused("{\"access-key-id\":\"IEFLSUE=\",\"secret-access-key\":\"c2VjcmV0\"}", "with a blank");
}

/* Other stores allow a key that happens to be base64 of a text, one quotation mark, a blank inside. */
static void f32_values_that_only_look_odd_are_taken(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto_ptr(credentials) one = NULL;
    rr_auto_ptr(credentials) two = NULL;

    assert_ok(decode("{\"access-key-id\":\"ZFhObGNnPT0=\",\"secret-access-key\":\"Y0dGemMzZHZjbVE9\"}", &one, &err),
              err);
    assert_ok(decode("{\"access-key-id\":\"Ig==\",\"secret-access-key\":\"YSBi\"}", &two, &err), err);

    assert_slice(rr_secret_reveal(rr_credentials_secret_access_key(one)), "cGFzc3dvcmQ=");
}

/* A value of `groups` times "AAA" and then `tail`. */
static const char *long_value(size_t groups, const char *tail)
{
    static char data[16384];
    size_t at = (size_t)snprintf(data, sizeof(data), "{\"access-key-id\":\"QUtJQQ==\",\"secret-access-key\":\"");
    for (size_t i = 0; i < groups; i++, at += 4)
        memcpy(data + at, "QUFB", 4);
    (void)snprintf(data + at, sizeof(data) - at, "%s\"}", tail);
    return data;
}

static void f32_value_over_4_kib_is_refused(void **state)
{
    (void)state;
    struct rr_error err;
    rr_auto_ptr(credentials) largest = NULL;

    assert_ok(decode(long_value(1365, "QQo="), &largest, &err), err); /* 4096 bytes and a line end */
    assert_refused(long_value(1365, "QUE="), "secret-access-key");    /* 4097 bytes */
    assert_refused(long_value(2000, ""), "too long");
}

#define KEYS "\"access-key-id\":\"QUtJQQ==\",\"secret-access-key\":\"c2VjcmV0\""

/* 32 bytes that end in a line end; the base64 of 32 other bytes, with a line end and without. */
static void f32_customer_key_is_bytes_or_their_base64(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MAo=", "0123456789012345678901234567890\n" },
        { "TURFeU16UTFOamM0T1RBeE1qTTBOVFkzT0Rrd01USXpORFUyTnpnNU1ERT0=", "01234567890123456789012345678901" },
        { "TURFeU16UTFOamM0T1RBeE1qTTBOVFkzT0Rrd01USXpORFUyTnpnNU1ERT0K", "01234567890123456789012345678901" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_error err;
        char data[256];
        rr_auto(restore_secret) secret = { 0 };
        (void)snprintf(data, sizeof(data), "{" KEYS ",\"sse-customer-key\":\"%s\"}", cases[i][0]);

        assert_ok(decode_secret(data, &secret, &err), err);

        assert_slice(rr_secret_reveal(&secret.sse_customer_key), cases[i][1]);
    }
}

static void f32_customer_key_of_another_length_is_refused(void **state)
{
    (void)state;
    assert_refused("{" KEYS ",\"sse-customer-key\":\"\"}", "sse-customer-key");
    assert_refused("{" KEYS ",\"sse-customer-key\":\"MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA==\"}", "reader");
    assert_refused("{" KEYS ",\"sse-customer-key\":\"MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw\"}",
                   "must be 32 bytes");
    assert_refused("{" KEYS ",\"sse-customer-key\":\"TURBd01EQXdNREF3TURBd01EQXdNREF3TURBd01EQXdNREF3TURBd01EQXc=\"}",
                   "must be 32 bytes"); /* the base64 of 33 */
    assert_refused("{" KEYS ",\"sse-customer-key\":7}", "sse-customer-key");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f32_both_spellings_and_the_plain_one_wins),
    cmocka_unit_test(f32_one_line_end_is_trimmed_and_no_more),
    cmocka_unit_test(f32_what_is_missing_or_malformed_is_named),
    cmocka_unit_test(f32_missing_key_lists_the_spellings_and_names_a_misspelt_one),
    cmocka_unit_test(f32_encoded_quoted_and_blank_values_are_recognized_and_not_shown),
    cmocka_unit_test(f32_values_that_only_look_odd_are_taken),
    cmocka_unit_test(f32_value_over_4_kib_is_refused),
    cmocka_unit_test(f32_customer_key_is_bytes_or_their_base64),
    cmocka_unit_test(f32_customer_key_of_another_length_is_refused),
};
RR_TEST_MAIN(tests)
