/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/aws/credentials.h>

#include "credentials_key.h"
#include "support/freed.h"
#include "support/test.h"

static const char *const names[] = { "the access key", "the secret key", "the session token" };

/* One of the three texts is `text`, the others are good. */
static bool make(size_t which, struct rr_slice text, struct rr_credentials **out_credentials, struct rr_error *err)
{
    struct rr_slice texts[] = { RR_LIT("AKIDEXAMPLE"), RR_LIT("secret"), RR_LIT("token") };
    texts[which] = text;
    *err = (struct rr_error){ 0 };
    return rr_credentials_new(texts[0], texts[1], texts[2], names, out_credentials, err);
}

static void must_refuse(size_t which, struct rr_slice text)
{
    struct rr_credentials *credentials = NULL;
    struct rr_error err;
    assert_false(make(which, text, &credentials, &err));
    assert_int_equal(err.code, RR_E_SECRET_INVALID);
    assert_non_null(strstr(err.message, names[which]));
    assert_null(strstr(err.message, "canary"));
    assert_null(strstr(err.detail, "canary"));
    assert_null(credentials);
}

static void credentials_copy_their_texts(void **state)
{
    (void)state;
    rr_auto_ptr(credentials) credentials = NULL;
    struct rr_error err = { 0 };

    assert_ok(rr_credentials_new(RR_LIT("AKID"), RR_LIT("a b/+=~"), RR_LIT("t=="), names, &credentials, &err), err);

    assert_slice(rr_credentials_access_key_id(credentials), "AKID");
    assert_slice(rr_secret_reveal(rr_credentials_secret_access_key(credentials)), "a b/+=~");
    assert_slice(rr_secret_reveal(rr_credentials_session_token(credentials)), "t==");
}

static void credentials_without_session_token_have_none(void **state)
{
    (void)state;
    rr_auto_ptr(credentials) credentials = NULL;
    struct rr_error err = { 0 };

    assert_ok(rr_credentials_new(RR_LIT("AKID"), RR_LIT("s"), RR_LIT(""), names, &credentials, &err), err);

    assert_false(rr_secret_is_set(rr_credentials_session_token(credentials)));
}

static void f32_empty_key_is_refused(void **state)
{
    (void)state;
    must_refuse(0, RR_LIT(""));
    must_refuse(1, RR_LIT(""));
}

/* Every byte that is no printable ASCII, alone, first, in the middle and last. */
static void f47_control_and_foreign_bytes_are_refused(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        bool is_printable = byte >= 0x20 && byte <= 0x7e;
        for (size_t at = 0; at < 8 && !is_printable; at++) {
            char text[] = "canary!!";
            text[at] = (char)byte;
            for (size_t which = 0; which < 3; which++)
                must_refuse(which, (struct rr_slice){ text, 8 });
        }
    }
}

static void f32_printable_bytes_are_all_accepted(void **state)
{
    (void)state;
    char text[0x7f - 0x20];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(0x20 + i);

    for (size_t which = 0; which < 3; which++) {
        rr_auto_ptr(credentials) credentials = NULL;
        struct rr_error err;
        assert_ok(make(which, (struct rr_slice){ text, sizeof text }, &credentials, &err), err);
    }
}

/* The message may say what the limit is, not how long the text was. */
static void f32_value_over_4_kib_is_refused_without_its_length(void **state)
{
    (void)state;
    static char text[4321];
    memset(text, 'x', sizeof text);

    for (size_t which = 0; which < 3; which++) {
        rr_auto_ptr(credentials) credentials = NULL;
        struct rr_credentials *none = NULL;
        struct rr_error err;
        assert_ok(make(which, (struct rr_slice){ text, 4096 }, &credentials, &err), err);
        must_refuse(which, (struct rr_slice){ text, 4097 });
        assert_false(make(which, (struct rr_slice){ text, sizeof text }, &none, &err));
        assert_null(strstr(err.message, "4321"));
        assert_null(strstr(err.detail, "4321"));
    }
}

static void credentials_outlive_their_first_holder(void **state)
{
    (void)state;
    struct rr_credentials *first = NULL;
    struct rr_error err;
    assert_ok(make(0, RR_LIT("AKID"), &first, &err), err);

    struct rr_credentials *second = rr_credentials_ref(first);
    rr_credentials_unref(first);

    assert_ptr_equal(first, second);
    assert_slice(rr_credentials_access_key_id(second), "AKID");
    rr_credentials_unref(second);
    rr_credentials_unref(NULL);
}

/* The block that the handle points to and that holds these words, or NULL. */
static const void *block_with(const struct rr_credentials *credentials, const char *words)
{
    const void *pointers[2]; /* the count of references, and the pointer behind it */
    memcpy(pointers, credentials, sizeof(pointers));
    for (size_t i = 0; i < RR_COUNT(pointers); i++)
        if (test_memory_has(pointers[i], 512, words))
            return pointers[i];
    return NULL;
}

static void f49_signing_key_is_wiped_with_its_credentials(void **state)
{
    (void)state;
    static const char key[] = "a signing key of thirty-two byte";
    struct rr_credentials *credentials = NULL;
    struct rr_error err;
    assert_ok(make(0, RR_LIT("AKID"), &credentials, &err), err);
    rr_credentials_key_set(credentials, RR_LIT("20130524/us-east-1/s3/aws4_request"), (const uint8_t *)key);
    const void *block = block_with(credentials, key);
    assert_non_null(block);

    rr_credentials_unref(credentials);

    assert_false(test_memory_has(block, 512, key));
}

static void credentials_static_provider_gives_a_reference_each_time(void **state)
{
    (void)state;
    struct rr_credentials *own = NULL;
    struct rr_error err;
    assert_ok(make(0, RR_LIT("AKID"), &own, &err), err);
    struct rr_credentials_provider provider = rr_credentials_static(own, "Secret");

    rr_auto_ptr(credentials) first = NULL;
    rr_auto_ptr(credentials) second = NULL;
    assert_true(provider.get(provider.context, 0, NULL, &first, &err));
    assert_true(provider.get(provider.context, 0, NULL, &second, &err));
    rr_credentials_unref(own);

    assert_string_equal(provider.source, "Secret");
    assert_slice(rr_credentials_access_key_id(first), "AKID");
    assert_slice(rr_credentials_access_key_id(second), "AKID");
}

/* "NAME=value" lines; NULL ends them. */
static const char *look_up(void *context, const char *name)
{
    for (const char *const *at = context; *at != NULL; at++)
        if (strncmp(*at, name, strlen(name)) == 0 && (*at)[strlen(name)] == '=')
            return *at + strlen(name) + 1;
    return NULL;
}

static bool from(const char **variables, struct rr_credentials **out_credentials, struct rr_error *err)
{
    struct rr_environment environment = { .context = variables, .get = look_up };
    *err = (struct rr_error){ 0 };
    return rr_credentials_from_environment(&environment, out_credentials, err);
}

static void environment_gives_all_three(void **state)
{
    (void)state;
    const char *variables[] = { "AWS_SESSION_TOKEN=t", "AWS_SECRET_ACCESS_KEY=s", "AWS_ACCESS_KEY_ID=a", NULL };
    rr_auto_ptr(credentials) credentials = NULL;
    struct rr_error err;

    assert_ok(from(variables, &credentials, &err), err);

    assert_slice(rr_credentials_access_key_id(credentials), "a");
    assert_slice(rr_secret_reveal(rr_credentials_secret_access_key(credentials)), "s");
    assert_slice(rr_secret_reveal(rr_credentials_session_token(credentials)), "t");
}

/* An empty variable is an unset one. */
static void environment_names_what_is_missing(void **state)
{
    (void)state;
    const char *no_secret[] = { "AWS_ACCESS_KEY_ID=canary", "AWS_SECRET_ACCESS_KEY=", NULL };
    const char *no_access[] = { "AWS_SECRET_ACCESS_KEY=canary", NULL };
    const char *none[] = { "AWS_SESSION_TOKEN=canary", NULL };
    const struct {
        const char **variables;
        bool access, secret;
    } cases[] = { { no_secret, false, true }, { no_access, true, false }, { none, true, true } };

    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_credentials *credentials = NULL;
        struct rr_error err;
        assert_false(from(cases[i].variables, &credentials, &err));
        assert_int_equal(err.code, RR_E_NO_CREDENTIALS);
        assert_int_equal(strstr(err.message, "AWS_ACCESS_KEY_ID") != NULL, cases[i].access);
        assert_int_equal(strstr(err.message, "AWS_SECRET_ACCESS_KEY") != NULL, cases[i].secret);
        assert_null(strstr(err.message, "canary"));
    }
}

static void environment_refuses_a_bad_value_by_its_variable(void **state)
{
    (void)state;
    const char *variables[] = { "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=canary\n", NULL };
    struct rr_credentials *credentials = NULL;
    struct rr_error err;

    assert_false(from(variables, &credentials, &err));

    assert_int_equal(err.code, RR_E_SECRET_INVALID);
    assert_non_null(strstr(err.message, "AWS_SECRET_ACCESS_KEY"));
    assert_null(strstr(err.message, "canary"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(credentials_copy_their_texts),
    cmocka_unit_test(credentials_without_session_token_have_none),
    cmocka_unit_test(f32_empty_key_is_refused),
    cmocka_unit_test(f47_control_and_foreign_bytes_are_refused),
    cmocka_unit_test(f32_printable_bytes_are_all_accepted),
    cmocka_unit_test(f32_value_over_4_kib_is_refused_without_its_length),
    cmocka_unit_test(credentials_outlive_their_first_holder),
    cmocka_unit_test(f49_signing_key_is_wiped_with_its_credentials),
    cmocka_unit_test(credentials_static_provider_gives_a_reference_each_time),
    cmocka_unit_test(environment_gives_all_three),
    cmocka_unit_test(environment_names_what_is_missing),
    cmocka_unit_test(environment_refuses_a_bad_value_by_its_variable),
};

RR_TEST_MAIN(tests)
