/* SPDX-License-Identifier: Apache-2.0 */
#include "config_fixture.h"
#include "support/test_pem.h"

static void k07_data_wins_over_the_file(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load_one(&folder, "server: 'https://h'",
                       "client-certificate: absent, client-certificate-data: " TEST_CERT_ONE_DATA
                       ", client-key: absent, client-key-data: " TEST_KEY_ONE_DATA,
                       &config, &err),
              err);

    assert_slice(rr_secret_reveal(&config.client_cert_pem), TEST_CERT_ONE);
    assert_slice(rr_secret_reveal(&config.client_key_pem), TEST_KEY_ONE);
    test_folder_remove(&folder);
}

static void k07_files_are_found_beside_the_kubeconfig(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    (void)test_folder_write(&folder, "c.pem", TEST_CERT_ONE);
    char user[TEST_FOLDER_PATH_MAX + 128];
    (void)snprintf(user, sizeof(user), "client-certificate: ./c.pem, client-key: %s",
                   test_folder_write(&folder, "k.pem", TEST_KEY_ONE));
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load_one(&folder, "server: 'https://h'", user, &config, &err), err);

    assert_slice(rr_secret_reveal(&config.client_cert_pem), TEST_CERT_ONE);
    assert_slice(rr_secret_reveal(&config.client_key_pem), TEST_KEY_ONE);
    test_folder_remove(&folder);
}

static void k07_half_a_pair_is_refused(void **state)
{
    (void)state;
    expect_refusal("server: 'https://h'", "client-certificate-data: " TEST_CERT_ONE_DATA, "client-key", "is missing");
    expect_refusal("server: 'https://h'", "client-key-data: " TEST_KEY_ONE_DATA, "client-certificate", "is missing");
    expect_refusal("server: 'https://h'",
                   "client-certificate-data: " TEST_CERT_ONE_DATA ", client-key-data: " TEST_CERT_ONE_DATA,
                   "client-certificate-data", "no private key in PEM");
    expect_refusal("server: 'https://h'", "client-certificate: /dev/null, client-key: /dev/null", "client-certificate",
                   "no certificate in PEM");
}

static void k08_token_file_is_found_beside_the_kubeconfig(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    (void)test_folder_write(&folder, "token", "abc\n");
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load_one(&folder, "server: 'https://h'", "tokenFile: token", &config, &err), err);

    assert_string_equal(rr_buf_text(&config.token_file), test_folder_path(&folder, "token"));
    assert_false(rr_secret_is_set(&config.token));
    test_folder_remove(&folder);
}

static void k08_missing_token_file_needs_a_token_beside_it(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load_one(&folder, "server: 'https://h'", "tokenFile: absent, token: abc", &config, &err), err);

    assert_slice(rr_secret_reveal(&config.token), "abc");
    expect_refusal("server: 'https://h'", "tokenFile: absent", "tokenFile", "does not exist");
    test_folder_remove(&folder);
}

static void r23_certificate_files_are_remembered_when_both_are_files(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) files = { 0 }, mixed = { 0 };
    struct rr_error err;
    (void)test_folder_write(&folder, "c.pem", TEST_CERT_ONE);
    (void)test_folder_write(&folder, "k.pem", TEST_KEY_ONE);

    assert_ok(load_one(&folder, "server: 'https://h'", "client-certificate: c.pem, client-key: k.pem", &files, &err),
              err);
    assert_ok(load_one(&folder, "server: 'https://h'", "client-certificate: c.pem, client-key-data: " TEST_KEY_ONE_DATA,
                       &mixed, &err),
              err);

    assert_string_equal(rr_buf_text(&files.client_cert_file), test_folder_path(&folder, "c.pem"));
    assert_string_equal(rr_buf_text(&files.client_key_file), test_folder_path(&folder, "k.pem"));
    assert_int_equal(mixed.client_cert_file.len, 0);
    assert_slice(rr_secret_reveal(&mixed.client_cert_pem), TEST_CERT_ONE);
    test_folder_remove(&folder);
}

static void k07_certificate_of_another_key_is_refused(void **state)
{
    (void)state;
    expect_refusal("server: 'https://h'",
                   "client-certificate-data: " TEST_CERT_ONE_DATA ", client-key-data: " TEST_KEY_TWO_DATA,
                   "client-certificate-data", "do not belong together");
}

static void k08_user_name_and_password_are_taken(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load_one(&folder, "server: 'https://h'", "username: me, password: 'a:b'", &config, &err), err);

    assert_slice(rr_secret_reveal(&config.basic), "me:a:b");
    test_folder_remove(&folder);
}

static void k08_password_beside_a_token_is_refused(void **state)
{
    (void)state;
    expect_refusal("server: 'https://h'", "token: canary, username: canary, password: canary", "username", "keep one");
    expect_refusal("server: 'https://h'", "tokenFile: /dev/zero/x, token: canary, password: canary", "username",
                   "keep one");
    expect_refusal("server: 'https://h'", "username: 'canary:x', password: canary", "username", "has a colon");
}

static void k14_auth_provider_is_refused_by_name(void **state)
{
    (void)state;
    expect_refusal("server: 'https://h'", "auth-provider: {name: canary}", "auth-provider", "use the exec plugin");
}

static void f47_token_with_control_or_foreign_bytes_is_refused(void **state)
{
    (void)state;
    expect_refusal("server: 'https://h'", "token: \"canary\\r\\nX: y\"", "token", "printable ASCII");
    expect_refusal("server: 'https://h'", "token: \"canary\\u00e4\"", "token", "printable ASCII");
    expect_refusal("server: 'https://h'", "token: \"canary\\0\"", "token", "printable ASCII");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(k07_data_wins_over_the_file),
    cmocka_unit_test(k07_files_are_found_beside_the_kubeconfig),
    cmocka_unit_test(k07_half_a_pair_is_refused),
    cmocka_unit_test(k08_token_file_is_found_beside_the_kubeconfig),
    cmocka_unit_test(k08_missing_token_file_needs_a_token_beside_it),
    cmocka_unit_test(r23_certificate_files_are_remembered_when_both_are_files),
    cmocka_unit_test(k07_certificate_of_another_key_is_refused),
    cmocka_unit_test(k08_user_name_and_password_are_taken),
    cmocka_unit_test(k08_password_beside_a_token_is_refused),
    cmocka_unit_test(k14_auth_provider_is_refused_by_name),
    cmocka_unit_test(f47_token_with_control_or_foreign_bytes_is_refused),
};
RR_TEST_MAIN(tests)
