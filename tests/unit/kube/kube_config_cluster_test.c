/* SPDX-License-Identifier: Apache-2.0 */
#include "config_fixture.h"
#include "support/test_pem.h"

static void https_server_and_token(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load_one(&folder, "server: 'HTTPS://[::1]:6443/prefix/'", "token: abc", &config, &err), err);

    assert_string_equal(rr_buf_text(&config.server), "https://[::1]:6443/prefix");
    assert_slice(rr_secret_reveal(&config.token), "abc");
    assert_string_equal(rr_buf_text(&config.default_namespace), "default");
    assert_int_equal(config.ca_pem.len, 0);
    assert_false(config.insecure);
    assert_false(config.in_cluster);
    test_folder_remove(&folder);
}

static void k14_server_that_is_not_https_is_refused(void **state)
{
    (void)state;
    expect_refusal("server: 'http://127.0.0.1:8080'", "token: canary", "server", "is not https");
    expect_refusal("server: 'ftp://host'", "", "server", "not a URL");
    expect_refusal("server: 'https://canary:canary@host'", "", "server", "not a URL");
    expect_refusal("server: ''", "", "server", "is missing");
    expect_refusal("", "", "server", "is missing");
}

static void k04_ca_of_file_or_data_is_read(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) file = { 0 }, data = { 0 };
    struct rr_error err;
    (void)test_folder_write(&folder, "ca.pem", TEST_CERT_ONE);

    assert_ok(load_one(&folder, "server: 'https://h', certificate-authority: ca.pem", "", &file, &err), err);
    assert_ok(
        load_one(&folder, "server: 'https://h', certificate-authority-data: " TEST_CERT_ONE_DATA, "", &data, &err),
        err);

    assert_string_equal(rr_buf_text(&file.ca_pem), TEST_CERT_ONE);
    assert_string_equal(rr_buf_text(&data.ca_pem), TEST_CERT_ONE);
    test_folder_remove(&folder);
}

static void k04_two_forms_of_ca_are_refused(void **state)
{
    (void)state;
    expect_refusal(
        "server: 'https://h', certificate-authority: ca.pem, certificate-authority-data: " TEST_CERT_ONE_DATA, "",
        "certificate-authority-data", "keep one");
}

static void k04_insecure_with_a_ca_is_refused(void **state)
{
    (void)state;
    expect_refusal(
        "server: 'https://h', insecure-skip-tls-verify: true, certificate-authority-data: " TEST_CERT_ONE_DATA, "",
        "insecure-skip-tls-verify", "remove one");
    expect_refusal("server: 'https://h', insecure-skip-tls-verify: maybe", "", "insecure-skip-tls-verify",
                   "neither true nor false");
}

static void insecure_alone_is_taken(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) yes = { 0 }, no = { 0 };
    struct rr_error err;

    assert_ok(load_one(&folder, "server: 'https://h', insecure-skip-tls-verify: true", "", &yes, &err), err);
    assert_ok(
        load_one(
            &folder,
            "server: 'https://h', insecure-skip-tls-verify: false, certificate-authority-data: " TEST_CERT_ONE_DATA, "",
            &no, &err),
        err);

    assert_true(yes.insecure);
    assert_false(no.insecure);
    test_folder_remove(&folder);
}

static void f35_ca_that_is_unusable_names_its_field(void **state)
{
    (void)state;
    expect_refusal("server: 'https://h', certificate-authority: absent.pem", "", "certificate-authority names",
                   "absent.pem does not exist");
    expect_refusal("server: 'https://h', certificate-authority-data: '***canary'", "", "certificate-authority-data",
                   "not base64");
    expect_refusal("server: 'https://h', certificate-authority-data: " TEST_KEY_ONE_DATA, "",
                   "certificate-authority-data", "not PEM text");
}

static void k05_server_name_is_taken(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load_one(&folder, "server: 'https://h', tls-server-name: kubernetes", "", &config, &err), err);

    assert_string_equal(rr_buf_text(&config.tls_server_name), "kubernetes");
    test_folder_remove(&folder);
}

static void k14_plain_server_that_was_allowed_is_taken_without_credentials(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load_one_from(&folder, "server: 'HTTP://127.0.0.1:8080/'",
                            "token: abc, as: jane, exec: {command: canary}", true, &config, &err),
              err);

    assert_string_equal(rr_buf_text(&config.server), "http://127.0.0.1:8080");
    assert_false(rr_secret_is_set(&config.token));
    assert_null(config.plugin);
    assert_non_null(config.impersonation);
    test_folder_remove(&folder);
}

static void r23_ca_file_is_remembered_and_data_is_not(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) file = { 0 }, data = { 0 };
    struct rr_error err;
    (void)test_folder_write(&folder, "ca.pem", TEST_CERT_ONE);

    assert_ok(load_one(&folder, "server: 'https://h', certificate-authority: ca.pem", "", &file, &err), err);
    assert_ok(
        load_one(&folder, "server: 'https://h', certificate-authority-data: " TEST_CERT_ONE_DATA, "", &data, &err),
        err);

    assert_string_equal(rr_buf_text(&file.ca_file), test_folder_path(&folder, "ca.pem"));
    assert_int_equal(data.ca_file.len, 0);
    test_folder_remove(&folder);
}

static void r23_ca_that_is_cut_is_refused_at_the_start(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;
    char cut[] = TEST_CERT_ONE TEST_CERT_TWO;
    cut[sizeof(cut) - 40] = '\0';
    (void)test_folder_write(&folder, "ca.pem", cut);

    assert_false(load_one(&folder, "server: 'https://h', certificate-authority: ca.pem", "", &config, &err));

    assert_non_null(strstr(err.message, "certificate-authority is not PEM text"));
    test_folder_remove(&folder);
}

static void k06_proxy_url_is_taken(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load_one(&folder, "server: 'https://h', proxy-url: 'socks5://proxy'", "", &config, &err), err);

    assert_slice(rr_secret_reveal(&config.proxy), "socks5h://proxy:1080");
    assert_string_equal(config.proxy_named_by, "proxy-url");
    test_folder_remove(&folder);
}

static void k06_invalid_proxy_url_is_refused(void **state)
{
    (void)state;
    expect_refusal("server: 'https://h', proxy-url: 'ftp://canary'", "", "proxy-url", "must begin with http://");
    expect_refusal("server: 'https://h', proxy-url: 'http://u:canary@'", "", "proxy-url", "is not a URL of a host");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(https_server_and_token),
    cmocka_unit_test(k14_server_that_is_not_https_is_refused),
    cmocka_unit_test(k04_ca_of_file_or_data_is_read),
    cmocka_unit_test(k04_two_forms_of_ca_are_refused),
    cmocka_unit_test(k04_insecure_with_a_ca_is_refused),
    cmocka_unit_test(insecure_alone_is_taken),
    cmocka_unit_test(f35_ca_that_is_unusable_names_its_field),
    cmocka_unit_test(k05_server_name_is_taken),
    cmocka_unit_test(k14_plain_server_that_was_allowed_is_taken_without_credentials),
    cmocka_unit_test(r23_ca_file_is_remembered_and_data_is_not),
    cmocka_unit_test(r23_ca_that_is_cut_is_refused_at_the_start),
    cmocka_unit_test(k06_proxy_url_is_taken),
    cmocka_unit_test(k06_invalid_proxy_url_is_refused),
};
RR_TEST_MAIN(tests)
