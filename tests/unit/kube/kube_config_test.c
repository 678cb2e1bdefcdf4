/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"

#include "fakes/fake_environment.h"
#include "support/folder.h"
#include "support/test.h"

#include <sys/stat.h>

static const char format[] = "current-context: c\n"
                             "contexts: [{name: c, context: {cluster: k}}]\n"
                             "clusters: [{name: k, cluster: {server: 'https://%s'}}]\n";

static const char *write_config(struct test_folder *folder, const char *name, const char *host)
{
    char text[512];
    (void)snprintf(text, sizeof(text), format, host);
    return test_folder_write(folder, name, text);
}

static bool load(const char *explicit_path, const struct fake_variable *variables, struct rr_kube_config *out_config,
                 struct rr_error *err)
{
    struct fake_environment fake = { variables };
    struct rr_environment environment = fake_environment(&fake);
    struct rr_kube_config_options options = { .explicit_path = explicit_path, .environment = &environment };
    return rr_kube_config_load(&options, out_config, err);
}

static void expect_server(const char *explicit_path, const struct fake_variable *variables, const char *server)
{
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;
    assert_ok(load(explicit_path, variables, &config, &err), err);
    assert_string_equal(rr_buf_text(&config.server), server);
}

static void expect_refusal(const char *explicit_path, const struct fake_variable *variables, const char *words)
{
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;
    assert_false(load(explicit_path, variables, &config, &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    if (strstr(err.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
}

static void k01_flag_wins_over_everything(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    const struct fake_variable variables[] = { { "KUBECONFIG", write_config(&folder, "env", "env") },
                                               { "KUBERNETES_SERVICE_HOST", "10.96.0.1" },
                                               { "KUBERNETES_SERVICE_PORT", "443" },
                                               { 0 } };

    expect_server(write_config(&folder, "flag", "flag"), variables, "https://flag");

    test_folder_remove(&folder);
}

static void k01_variable_wins_over_the_pod(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    const struct fake_variable variables[] = { { "KUBECONFIG", write_config(&folder, "env", "env") },
                                               { "KUBERNETES_SERVICE_HOST", "10.96.0.1" },
                                               { "KUBERNETES_SERVICE_PORT", "443" },
                                               { 0 } };

    expect_server(NULL, variables, "https://env");

    test_folder_remove(&folder);
}

/* This machine has no service account, and that is what the message is about. */
static void k01_pod_wins_over_the_home_folder(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    const struct fake_variable variables[] = {
        { "HOME", folder.path }, { "KUBERNETES_SERVICE_HOST", "10.96.0.1" }, { "KUBERNETES_SERVICE_PORT", "443" }, { 0 }
    };

    expect_refusal(NULL, variables, "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");

    test_folder_remove(&folder);
}

static void k01_home_folder_is_the_last_resort(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    char kube[TEST_FOLDER_PATH_MAX];
    (void)snprintf(kube, sizeof(kube), "%s/.kube", folder.path);
    assert_int_equal(mkdir(kube, 0700), 0);
    const struct fake_variable variables[] = { { "HOME", folder.path }, { 0 } };

    expect_refusal(NULL, variables, ".kube/config does not exist");
    const char *path = write_config(&folder, ".kube/config", "home");
    expect_server(NULL, variables, "https://home");

    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(kube), 0);
    test_folder_remove(&folder);
}

static void k01_message_without_any_configuration_lists_the_ways_to_give_one(void **state)
{
    (void)state;
    expect_refusal(NULL, NULL, "--kubeconfig or KUBECONFIG");
}

static void k02_explicit_file_that_is_missing_is_an_error(void **state)
{
    (void)state;
    expect_refusal("/nonexistent/kube:config", NULL, "/nonexistent/kube:config does not exist");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(k01_flag_wins_over_everything),
    cmocka_unit_test(k01_variable_wins_over_the_pod),
    cmocka_unit_test(k01_pod_wins_over_the_home_folder),
    cmocka_unit_test(k01_home_folder_is_the_last_resort),
    cmocka_unit_test(k01_message_without_any_configuration_lists_the_ways_to_give_one),
    cmocka_unit_test(k02_explicit_file_that_is_missing_is_an_error),
};
RR_TEST_MAIN(tests)
