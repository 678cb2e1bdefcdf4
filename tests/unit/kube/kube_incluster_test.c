/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"

#include "fakes/fake_environment.h"
#include "support/folder.h"
#include "support/test.h"
#include "support/test_pem.h"

static const char ca[] = TEST_CERT_ONE;
static const struct fake_variable pod[] = { { "KUBERNETES_SERVICE_HOST", "10.96.0.1" },
                                            { "KUBERNETES_SERVICE_PORT", "443" },
                                            { 0 } };

static struct test_folder mounted(void)
{
    struct test_folder folder = test_folder_make();
    (void)test_folder_write(&folder, "ca.crt", ca);
    (void)test_folder_write(&folder, "token", "secret-token\n");
    (void)test_folder_write(&folder, "namespace", "shop\n");
    return folder;
}

static bool load(const struct fake_variable *variables, struct test_folder *folder, struct rr_kube_config *out_config,
                 struct rr_error *err)
{
    struct fake_environment fake = { variables };
    struct rr_environment environment = fake_environment(&fake);
    return rr_kube_incluster_load(&environment, folder->path, out_config, err);
}

static void expect_refusal(const struct fake_variable *variables, struct test_folder *folder, const char *words)
{
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;
    assert_false(load(variables, folder, &config, &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    if (strstr(err.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
    assert_null(strstr(err.message, "secret-token"));
}

static void k03_service_account_is_all_that_is_needed(void **state)
{
    (void)state;
    struct test_folder folder = mounted();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load(pod, &folder, &config, &err), err);

    assert_string_equal(rr_buf_text(&config.server), "https://10.96.0.1:443");
    assert_string_equal(rr_buf_text(&config.ca_pem), ca);
    assert_string_equal(rr_buf_text(&config.ca_file), test_folder_path(&folder, "ca.crt"));
    assert_string_equal(rr_buf_text(&config.token_file), test_folder_path(&folder, "token"));
    assert_string_equal(rr_buf_text(&config.default_namespace), "shop");
    assert_true(config.in_cluster);
    assert_false(config.insecure);
    test_folder_remove(&folder);
}

static void k03_ipv6_host_is_bracketed(void **state)
{
    (void)state;
    const struct fake_variable variables[] = { { "KUBERNETES_SERVICE_HOST", "fd00::1" },
                                               { "KUBERNETES_SERVICE_PORT", "6443" },
                                               { 0 } };
    struct test_folder folder = mounted();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load(variables, &folder, &config, &err), err);

    assert_string_equal(rr_buf_text(&config.server), "https://[fd00::1]:6443");
    test_folder_remove(&folder);
}

static void k03_both_variables_make_a_pod(void **state)
{
    (void)state;
    const struct fake_variable host_only[] = { pod[0], { 0 } }, port_only[] = { pod[1], { 0 } };
    const struct fake_variable *const sets[] = { pod, host_only, port_only, NULL };
    const bool is_pod[] = { true, false, false, false };
    for (size_t i = 0; i < RR_COUNT(sets); i++) {
        struct fake_environment fake = { sets[i] };
        struct rr_environment environment = fake_environment(&fake);
        assert_int_equal(rr_kube_incluster_is_here(&environment), is_pod[i]);
    }
}

static void k03_invalid_port_is_refused(void **state)
{
    (void)state;
    struct test_folder folder = mounted();
    const char *const ports[] = { "0", "65536", "https", "-1", "44 3" };
    for (size_t i = 0; i < RR_COUNT(ports); i++) {
        const struct fake_variable variables[] = { pod[0], { "KUBERNETES_SERVICE_PORT", ports[i] }, { 0 } };
        expect_refusal(variables, &folder, "KUBERNETES_SERVICE_PORT");
    }
    test_folder_remove(&folder);
}

static void k14_ca_that_cannot_be_read_is_fatal(void **state)
{
    (void)state;
    struct test_folder folder = mounted();

    (void)test_folder_write(&folder, "ca.crt", "no pem");
    expect_refusal(pod, &folder, "ca.crt");
    assert_int_equal(unlink(test_folder_path(&folder, "ca.crt")), 0);
    expect_refusal(pod, &folder, "ca.crt");

    test_folder_remove(&folder);
}

static void k03_token_is_required(void **state)
{
    (void)state;
    struct test_folder folder = mounted();

    (void)test_folder_write(&folder, "token", " \n");
    expect_refusal(pod, &folder, "token is empty");
    assert_int_equal(unlink(test_folder_path(&folder, "token")), 0);
    expect_refusal(pod, &folder, "token");

    test_folder_remove(&folder);
}

static void k13_namespace_comes_from_the_variable_then_the_file_then_default(void **state)
{
    (void)state;
    const struct fake_variable named[] = { pod[0], pod[1], { "POD_NAMESPACE", "own" }, { 0 } };
    struct test_folder folder = mounted();
    rr_auto(kube_config) first = { 0 }, last = { 0 };
    struct rr_error err;

    assert_ok(load(named, &folder, &first, &err), err);
    assert_int_equal(unlink(test_folder_path(&folder, "namespace")), 0);
    assert_ok(load(pod, &folder, &last, &err), err);

    assert_string_equal(rr_buf_text(&first.default_namespace), "own");
    assert_string_equal(rr_buf_text(&last.default_namespace), "default");
    test_folder_remove(&folder);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(k03_service_account_is_all_that_is_needed),
    cmocka_unit_test(k03_ipv6_host_is_bracketed),
    cmocka_unit_test(k03_both_variables_make_a_pod),
    cmocka_unit_test(k03_invalid_port_is_refused),
    cmocka_unit_test(k14_ca_that_cannot_be_read_is_fatal),
    cmocka_unit_test(k03_token_is_required),
    cmocka_unit_test(k13_namespace_comes_from_the_variable_then_the_file_then_default),
};
RR_TEST_MAIN(tests)
