/* SPDX-License-Identifier: Apache-2.0 */
/* Which values of a Secret are accepted, and the whole message about each that is not. */
#include <support/test.h>

#include "restore_secret.h"

#include <redisrestore/crypto/encode.h>

#define ID_20     "AKIAIOSFODNN7EXAMPLE"
#define SECRET_40 "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define TWICE                                                                                                          \
    "is base64 of a key, so the Secret holds it encoded twice: put the plain key into stringData, or use kubectl "     \
    "create secret generic --from-literal"

/* A value, of which `encode` says how often it is encoded beyond what the API server does. */
struct value {
    const char *text; /* NULL: the Secret has no such key */
    int encode;
};

static void add_encoded(struct rr_buf *data, struct rr_slice text, int times)
{
    rr_auto(buf) once = RR_SECRET_BUF(64 * 1024);
    rr_base64_encode(&once, text);
    if (times > 0)
        add_encoded(data, rr_buf_slice(&once), times - 1);
    else
        rr_buf_add(data, rr_buf_slice(&once));
}

static bool decode(const struct value values[3], struct rr_restore_secret *out_secret, struct rr_error *err)
{
    static const char *const keys[3] = { "access-key-id", "AWS_SECRET_ACCESS_KEY", "session-token" };
    rr_auto(buf) text = RR_BUF(64 * 1024);
    rr_auto(json) json = { 0 };
    rr_buf_add(&text, RR_LIT("{\"data\":{\"other\":\"\""));
    for (size_t i = 0; i < 3; i++) {
        if (values[i].text == NULL)
            continue;
        rr_buf_addf(&text, ",\"%s\":\"", keys[i]);
        add_encoded(&text, rr_slice_from(values[i].text), values[i].encode);
        rr_buf_add_byte(&text, '"');
    }
    rr_buf_add(&text, RR_LIT("}}"));
    assert_ok(rr_json_parse(rr_buf_slice(&text), &json, err), *err);
    return rr_restore_secret_decode(json.root, RR_LIT("reader"), out_secret, err);
}

static void f32_value_is_taken_or_refused_with_its_reason(void **state)
{
    (void)state;
    static const char quoted[] = "is in quotation marks: remove them",
                      blank[] = "begins or ends with a blank: remove it";
    static const struct {
        struct value values[3];
        const char *key, *why; /* of the refusal; key NULL: accepted */
    } cases[] = {
        { { { ID_20, 0 }, { SECRET_40, 0 }, { "token", 0 } }, NULL, NULL },
        { { { ID_20, 0 }, { SECRET_40, 0 }, { NULL, 0 } }, NULL, NULL },
        { { { ID_20, 0 }, { SECRET_40, 0 }, { "", 0 } }, NULL, NULL }, /* no token */
        { { { "", 0 }, { SECRET_40, 0 }, { NULL, 0 } }, "access-key-id", "is empty" },
        { { { ID_20, 0 }, { "", 0 }, { NULL, 0 } }, "AWS_SECRET_ACCESS_KEY", "is empty" },
        { { { ID_20, 0 }, { "\r\n", 0 }, { NULL, 0 } }, "AWS_SECRET_ACCESS_KEY", "is empty" },
        /* Encoded once too often: only what has the form of AWS' keys. */
        { { { ID_20, 1 }, { SECRET_40, 0 }, { NULL, 0 } }, "access-key-id", TWICE },
        { { { "ASIAIOSFODNN7EXAMPLE\n", 1 }, { SECRET_40, 0 }, { NULL, 0 } }, "access-key-id", TWICE },
        { { { ID_20, 0 }, { SECRET_40, 1 }, { NULL, 0 } }, "AWS_SECRET_ACCESS_KEY", TWICE },
        { { { ID_20 "E", 1 }, { SECRET_40, 0 }, { NULL, 0 } }, NULL, NULL },
        { { { "AKIAIOSFODNN7EXAMPL", 1 }, { SECRET_40, 0 }, { NULL, 0 } }, NULL, NULL },
        { { { "AKIBIOSFODNN7EXAMPLE", 1 }, { SECRET_40, 0 }, { NULL, 0 } }, NULL, NULL },
        { { { "AKIAIOSFODNN7eXAMPLE", 1 }, { SECRET_40, 0 }, { NULL, 0 } }, NULL, NULL },
        { { { SECRET_40, 1 }, { ID_20, 1 }, { SECRET_40, 1 } }, NULL, NULL }, /* none in its own place */
        { { { ID_20, 0 }, { SECRET_40 "K", 1 }, { NULL, 0 } }, NULL, NULL },
        { { { ID_20, 0 }, { "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKE", 1 }, { NULL, 0 } }, NULL, NULL },
        { { { ID_20, 0 }, { "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKE=", 1 }, { NULL, 0 } }, NULL, NULL },
        /* Marks and blanks around a value, and within it. */
        { { { "'" ID_20 "'", 0 }, { SECRET_40, 0 }, { NULL, 0 } }, "access-key-id", quoted },
        { { { "\"\"", 0 }, { SECRET_40, 0 }, { NULL, 0 } }, "access-key-id", quoted },
        { { { "'x\"", 0 }, { "'", 0 }, { "x'x", 0 } }, NULL, NULL },
        { { { ID_20, 0 }, { SECRET_40, 0 }, { "'token'", 0 } }, "session-token", quoted },
        { { { " x", 0 }, { SECRET_40, 0 }, { NULL, 0 } }, "access-key-id", blank },
        { { { ID_20, 0 }, { "x ", 0 }, { NULL, 0 } }, "AWS_SECRET_ACCESS_KEY", blank },
        { { { ID_20, 0 }, { SECRET_40, 0 }, { "\tx", 0 } }, "session-token", blank },
        { { { ID_20, 0 }, { "a b", 0 }, { "c d", 0 } }, NULL, NULL },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(restore_secret) secret = { 0 };
        struct rr_error err;

        bool taken = decode(cases[i].values, &secret, &err);

        if (cases[i].key == NULL) {
            assert_ok(taken, err);
            assert_non_null(secret.credentials);
            continue;
        }
        char message[512];
        (void)snprintf(message, sizeof message, "Secret reader: the value of %s %s", cases[i].key, cases[i].why);
        assert_false(taken);
        assert_int_equal(err.code, RR_E_SECRET_INVALID);
        assert_string_equal(err.message, message);
        assert_null(secret.credentials);
    }
}

static void f32_missing_key_is_named_with_its_spellings(void **state)
{
    (void)state;
    static const struct {
        struct value values[3];
        const char *message;
    } cases[] = {
        { { { NULL, 0 }, { SECRET_40, 0 }, { NULL, 0 } },
          "Secret reader has no key access-key-id or AWS_ACCESS_KEY_ID" },
        { { { ID_20, 0 }, { NULL, 0 }, { "token", 0 } },
          "Secret reader has no key secret-access-key or AWS_SECRET_ACCESS_KEY" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(restore_secret) secret = { 0 };
        struct rr_error err;

        assert_false(decode(cases[i].values, &secret, &err));

        assert_int_equal(err.code, RR_E_SECRET_INVALID);
        assert_string_equal(err.message, cases[i].message);
    }
}

static void f32_refused_value_is_named_by_the_spelling_in_the_secret(void **state)
{
    (void)state;
    char long_text[4 * 1024 + 2];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    const struct {
        struct value values[3];
        const char *message;
    } cases[] = {
        { { { "AK\x01IA", 0 }, { SECRET_40, 0 }, { NULL, 0 } },
          "Secret reader: access-key-id holds a control byte or a byte beyond ASCII" },
        { { { ID_20, 0 }, { "w\x01Jal", 0 }, { NULL, 0 } },
          "Secret reader: AWS_SECRET_ACCESS_KEY holds a control byte or a byte beyond ASCII" },
        { { { ID_20, 0 }, { long_text, 0 }, { NULL, 0 } },
          "Secret reader: AWS_SECRET_ACCESS_KEY is longer than 4096 bytes" },
        { { { ID_20, 0 }, { SECRET_40, 0 }, { "t\xc3\xbcr", 0 } },
          "Secret reader: session-token holds a control byte or a byte beyond ASCII" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(restore_secret) secret = { 0 };
        struct rr_error err;

        assert_false(decode(cases[i].values, &secret, &err));

        assert_int_equal(err.code, RR_E_SECRET_INVALID);
        assert_string_equal(err.message, cases[i].message);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f32_value_is_taken_or_refused_with_its_reason),
    cmocka_unit_test(f32_missing_key_is_named_with_its_spellings),
    cmocka_unit_test(f32_refused_value_is_named_by_the_spelling_in_the_secret),
};
RR_TEST_MAIN(tests)
