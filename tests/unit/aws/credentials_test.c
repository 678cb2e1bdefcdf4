#include <redisrestore/aws/credentials.h>

#include <redisrestore/base/mem.h>

#include "support/test.h"

static const char *const names[] = { "access-key-id", "secret-access-key", "session-token" };

static bool make(struct rr_slice key, struct rr_slice secret, struct rr_slice token,
                 struct rr_credentials **out_credentials, struct rr_error *err)
{
    *err = (struct rr_error){ 0 };
    return rr_credentials_new(key, secret, token, names, out_credentials, err);
}

static void credentials_hold_copies_of_their_texts(void **state)
{
    (void)state;
    char key[] = "AKID", secret[] = "s3cr3t", token[] = "t0k3n";
    rr_auto_ptr(credentials) credentials = NULL;
    struct rr_error err;

    assert_ok(make(rr_slice_from(key), rr_slice_from(secret), rr_slice_from(token), &credentials, &err), err);
    key[0] = secret[0] = token[0] = 'X';

    assert_slice(rr_credentials_access_key_id(credentials), "AKID");
    assert_slice(rr_secret_reveal(rr_credentials_secret_access_key(credentials)), "s3cr3t");
    assert_slice(rr_secret_reveal(rr_credentials_session_token(credentials)), "t0k3n");
}

static void credentials_without_token_have_none_set(void **state)
{
    (void)state;
    rr_auto_ptr(credentials) credentials = NULL;
    struct rr_error err;

    assert_ok(make(RR_LIT("AKID"), RR_LIT("s"), RR_LIT(""), &credentials, &err), err);

    assert_false(rr_secret_is_set(rr_credentials_session_token(credentials)));
}

static void credentials_live_as_long_as_a_reference(void **state)
{
    (void)state;
    struct rr_credentials *first = NULL;
    struct rr_error err;
    assert_ok(make(RR_LIT("AKID"), RR_LIT("s"), RR_LIT(""), &first, &err), err);

    struct rr_credentials *second = rr_credentials_ref(first);
    rr_credentials_unref(first);

    assert_slice(rr_credentials_access_key_id(second), "AKID");
    rr_credentials_unref(second);
    rr_credentials_unref(NULL);
}

static void f32_empty_key_or_secret_is_invalid(void **state)
{
    (void)state;
    struct rr_credentials *credentials = NULL;
    struct rr_error err;

    assert_false(make(RR_LIT(""), RR_LIT("s"), RR_LIT(""), &credentials, &err));
    assert_int_equal(err.code, RR_E_SECRET_INVALID);
    assert_non_null(strstr(err.message, "access-key-id"));
    assert_false(make(RR_LIT("AKID"), RR_LIT(""), RR_LIT(""), &credentials, &err));
    assert_int_equal(err.code, RR_E_SECRET_INVALID);
    assert_non_null(strstr(err.message, "secret-access-key"));
    assert_null(credentials);
}

static void assert_invalid_in_every_place(struct rr_slice text)
{
    for (size_t place = 0; place < 3; place++) {
        struct rr_slice texts[] = { RR_LIT("AKID"), RR_LIT("s"), RR_LIT("t") };
        struct rr_credentials *credentials = NULL;
        struct rr_error err;
        texts[place] = text;
        assert_false(make(texts[0], texts[1], texts[2], &credentials, &err));
        assert_int_equal(err.code, RR_E_SECRET_INVALID);
        assert_non_null(strstr(err.message, names[place]));
        assert_null(strstr(err.message, "canary"));
        assert_null(strstr(err.detail, "canary"));
    }
}

static void f47_control_and_foreign_bytes_are_invalid(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char text[] = "canary?canary";
        text[6] = (char)byte;
        if (byte < 0x20 || byte > 0x7e)
            assert_invalid_in_every_place((struct rr_slice){ text, sizeof text - 1 });
    }
    assert_invalid_in_every_place(RR_LIT("canary\n"));
    assert_invalid_in_every_place(RR_LIT("canary\r\n"));
    assert_invalid_in_every_place(RR_LIT("\xc3\xa9"));
}

static void f47_every_printable_byte_is_fine(void **state)
{
    (void)state;
    for (int byte = 0x20; byte <= 0x7e; byte++) {
        char text[] = { 'a', (char)byte, 'b' };
        rr_auto_ptr(credentials) credentials = NULL;
        struct rr_error err;
        struct rr_slice slice = { text, sizeof text };
        assert_ok(make(slice, slice, slice, &credentials, &err), err);
    }
}

static void f32_texts_have_at_most_4_kib(void **state)
{
    (void)state;
    char text[4097];
    memset(text, 'c', sizeof text);
    rr_auto_ptr(credentials) credentials = NULL;
    struct rr_error err;
    struct rr_slice fits = { text, 4096 };

    assert_ok(make(fits, fits, fits, &credentials, &err), err);
    assert_invalid_in_every_place((struct rr_slice){ text, sizeof text });
}

static void f32_message_does_not_tell_the_length(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'c', sizeof text);
    struct rr_credentials *credentials = NULL;
    struct rr_error err;

    assert_false(make((struct rr_slice){ text, sizeof text }, RR_LIT("s"), RR_LIT(""), &credentials, &err));

    assert_null(strstr(err.message, "5000"));
}

static void static_provider_hands_out_references(void **state)
{
    (void)state;
    struct rr_credentials *made = NULL, *got = NULL;
    struct rr_error err;
    assert_ok(make(RR_LIT("AKID"), RR_LIT("s"), RR_LIT(""), &made, &err), err);
    struct rr_credentials_provider provider = rr_credentials_static(made, "Secret");

    assert_ok(provider.get(provider.context, 0, NULL, &got, &err), err);
    assert_string_equal(provider.source, "Secret");
    rr_credentials_unref(made);

    assert_slice(rr_credentials_access_key_id(got), "AKID");
    rr_credentials_unref(got);
}

/* name=value texts, ended by NULL. */
static const char *get_from_list(void *context, const char *name)
{
    for (const char *const *entry = context; *entry != NULL; entry++)
        if (strncmp(*entry, name, strlen(name)) == 0 && (*entry)[strlen(name)] == '=')
            return *entry + strlen(name) + 1;
    return NULL;
}

static bool from(const char **list, struct rr_credentials **out_credentials, struct rr_error *err)
{
    struct rr_environment environment = { list, get_from_list };
    *err = (struct rr_error){ 0 };
    return rr_credentials_from_environment(&environment, out_credentials, err);
}

static void environment_gives_all_three_texts(void **state)
{
    (void)state;
    rr_auto_ptr(credentials) credentials = NULL;
    struct rr_error err;
    const char *list[] = { "AWS_SESSION_TOKEN=t", "AWS_SECRET_ACCESS_KEY=s", "AWS_ACCESS_KEY_ID=k", NULL };

    assert_ok(from(list, &credentials, &err), err);

    assert_slice(rr_credentials_access_key_id(credentials), "k");
    assert_slice(rr_secret_reveal(rr_credentials_secret_access_key(credentials)), "s");
    assert_slice(rr_secret_reveal(rr_credentials_session_token(credentials)), "t");
}

static void environment_names_what_is_missing(void **state)
{
    (void)state;
    const struct {
        const char *list[3];
        bool names_key, names_secret;
    } cases[] = {
        { { NULL }, true, true },
        { { "AWS_ACCESS_KEY_ID=canary", NULL }, false, true },
        { { "AWS_SECRET_ACCESS_KEY=canary", NULL }, true, false },
        { { "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", NULL }, true, true },
        { { "AWS_ACCESS_KEY_ID=canary", "AWS_SECRET_ACCESS_KEY=", NULL }, false, true },
    };

    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        const char *list[3];
        struct rr_credentials *credentials = NULL;
        struct rr_error err;
        memcpy(list, cases[i].list, sizeof list);
        assert_false(from(list, &credentials, &err));
        assert_int_equal(err.code, RR_E_NO_CREDENTIALS);
        assert_int_equal(strstr(err.message, "AWS_ACCESS_KEY_ID") != NULL, cases[i].names_key);
        assert_int_equal(strstr(err.message, "AWS_SECRET_ACCESS_KEY") != NULL, cases[i].names_secret);
        assert_null(strstr(err.message, "canary"));
    }
}

static void environment_with_a_bad_value_names_the_variable(void **state)
{
    (void)state;
    struct rr_credentials *credentials = NULL;
    struct rr_error err;
    const char *list[] = { "AWS_ACCESS_KEY_ID=k", "AWS_SECRET_ACCESS_KEY=canary\n", NULL };

    assert_false(from(list, &credentials, &err));

    assert_int_equal(err.code, RR_E_SECRET_INVALID);
    assert_non_null(strstr(err.message, "AWS_SECRET_ACCESS_KEY"));
    assert_null(strstr(err.message, "canary"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(credentials_hold_copies_of_their_texts),
    cmocka_unit_test(credentials_without_token_have_none_set),
    cmocka_unit_test(credentials_live_as_long_as_a_reference),
    cmocka_unit_test(f32_empty_key_or_secret_is_invalid),
    cmocka_unit_test(f47_control_and_foreign_bytes_are_invalid),
    cmocka_unit_test(f47_every_printable_byte_is_fine),
    cmocka_unit_test(f32_texts_have_at_most_4_kib),
    cmocka_unit_test(f32_message_does_not_tell_the_length),
    cmocka_unit_test(static_provider_hands_out_references),
    cmocka_unit_test(environment_gives_all_three_texts),
    cmocka_unit_test(environment_names_what_is_missing),
    cmocka_unit_test(environment_with_a_bad_value_names_the_variable),
};

RR_TEST_MAIN(tests)
