/* SPDX-License-Identifier: Apache-2.0 */
#include "config_fixture.h"
#include "kube_exec.h"
#include "support/test_pem.h"

#define V1    "apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never"
#define BETA1 "apiVersion: client.authentication.k8s.io/v1beta1"

static void begin(struct test_folder *folder, const char *cluster, const char *user, struct rr_kube_config *out_config)
{
    struct rr_error err;
    *folder = test_folder_make();
    assert_ok(load_one(folder, cluster, user, out_config, &err), err);
    assert_non_null(out_config->plugin);
}

/* The last variable of that name, and the only one. */
static const char *variable(const struct rr_kube_config *config, const char *name)
{
    const char *value = NULL;
    for (char *const *at = config->plugin->variables; *at != NULL; at++) {
        if (strncmp(*at, name, strlen(name)) != 0 || (*at)[strlen(name)] != '=')
            continue;
        assert_null(value);
        value = *at + strlen(name) + 1;
    }
    return value;
}

static void k10_command_arguments_and_environment_are_taken(void **state)
{
    (void)state;
    struct test_folder folder;
    rr_auto(kube_config) config = { 0 };

    begin(&folder, "server: 'https://h'",
          "exec: {" V1 ", command: helper, args: [get-token, '', 7], installHint: ' see the docs ', "
          "env: [{name: REGION, value: 'a=b'}, {name: PATH, value: /other}, {name: EMPTY}, {name: REGION, value: c}, "
          "{name: REG, value: d}]}",
          &config);

    const struct rr_kube_plugin *plugin = config.plugin;
    assert_string_equal(plugin->arguments[0], "helper");
    assert_string_equal(plugin->arguments[1], "get-token");
    assert_string_equal(plugin->arguments[2], "");
    assert_string_equal(plugin->arguments[3], "7");
    assert_null(plugin->arguments[4]);
    assert_non_null(variable(&config, "REGION"));
    assert_string_equal(variable(&config, "REGION"), "c");
    assert_string_equal(variable(&config, "REG"), "d");
    assert_string_equal(variable(&config, "PATH"), "/other");
    assert_string_equal(variable(&config, "EMPTY"), "");
    assert_string_equal(rr_buf_text(&plugin->install_hint), "see the docs");
    assert_non_null(strstr(rr_buf_text(&plugin->where), "user \"u\": exec"));
    test_folder_remove(&folder);
}

static void k14_command_with_a_slash_starts_at_the_kubeconfig(void **state)
{
    (void)state;
    static const char *const users[] = { "exec: {" V1 ", command: bin/helper}", "exec: {" V1 ", command: ./helper}",
                                         "exec: {" V1 ", command: /usr/bin/helper}" };
    static const char *const ends[] = { "bin/helper", "./helper", "/usr/bin/helper" };
    for (size_t i = 0; i < RR_COUNT(users); i++) {
        struct test_folder folder;
        rr_auto(kube_config) config = { 0 };
        begin(&folder, "server: 'https://h'", users[i], &config);
        assert_string_equal(config.plugin->arguments[0], i == 2 ? ends[i] : test_folder_path(&folder, ends[i]));
        test_folder_remove(&folder);
    }
}

static void k10_plugin_gets_the_cluster_only_on_request(void **state)
{
    (void)state;
    struct test_folder folder;
    rr_auto(kube_config) config = { 0 };

    begin(&folder, "server: 'https://h', certificate-authority-data: " TEST_CERT_ONE_DATA,
          "exec: {" BETA1 ", command: helper, env: [{name: KUBERNETES_EXEC_INFO, value: mine}]}", &config);

    assert_string_equal(variable(&config, "KUBERNETES_EXEC_INFO"),
                        "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\","
                        "\"spec\":{\"interactive\":false}}");
    test_folder_remove(&folder);
}

static void k10_plugin_that_requests_the_cluster_gets_it(void **state)
{
    (void)state;
    struct test_folder folder;
    rr_auto(kube_config) config = { 0 };

    begin(&folder,
          "server: 'https://h:6443', certificate-authority-data: " TEST_CERT_ONE_DATA
          ", tls-server-name: kubernetes, proxy-url: 'http://proxy:1', extensions: [{name: other, extension: {}}, "
          "{name: client.authentication.k8s.io/exec, extension: {audience: x, ttl: 5, deep: [true]}}]",
          "exec: {" V1 ", command: helper, provideClusterInfo: true}", &config);

    assert_string_equal(variable(&config, "KUBERNETES_EXEC_INFO"),
                        "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"spec\":{"
                        "\"cluster\":{\"server\":\"https://h:6443\",\"tls-server-name\":\"kubernetes\","
                        "\"certificate-authority-data\":\"" TEST_CERT_ONE_DATA "\",\"proxy-url\":\"http://proxy:1\","
                        "\"config\":{\"audience\":\"x\",\"ttl\":5,\"deep\":[true]}},\"interactive\":false}}");
    test_folder_remove(&folder);
}

static void k10_stanzas_that_cannot_work_are_refused(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "exec: {command: canary}", "exec.apiVersion", "must be client.authentication.k8s.io/v1 or" },
        { "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: canary}", "exec.apiVersion", "must be" },
        { "exec: {apiVersion: client.authentication.k8s.io/v1, command: canary}", "exec.interactiveMode",
          "is missing" },
        { "exec: {" BETA1 ", interactiveMode: Always, command: canary}", "exec.interactiveMode", "is Always" },
        { "exec: {" BETA1 ", interactiveMode: canary, command: canary}", "exec.interactiveMode", "must be Never" },
        { "exec: {" V1 "}", "exec.command", "is missing" },
        { "exec: {" V1 ", command: canary, args: canary}", "exec.args", "is not a list" },
        { "exec: {" V1 ", command: canary, args: [[canary]]}", "exec.args", "is not a list of texts" },
        { "exec: {" V1 ", command: canary, env: canary}", "exec.env", "is not a list" },
        { "exec: {" V1 ", command: canary, env: [{value: canary}]}", "exec.env", "name and value" },
        { "exec: {" V1 ", command: canary, env: [{name: 'canary=x'}]}", "exec.env", "name and value" },
        { "exec: {" V1 ", command: \"canary\\0\"}", "exec.command", "is missing" },
        { "exec: {" V1 ", command: canary, provideClusterInfo: canary}", "provideClusterInfo", "neither true" },
        { "exec: canary", "exec", "is no mapping" },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++)
        expect_refusal("server: 'https://h'", rows[i][0], rows[i][1], rows[i][2]);
}

/* Of two hundred and fifty-six arguments the last is taken too; one more is refused. */
static void k10_number_of_arguments_is_limited(void **state)
{
    (void)state;
    rr_auto(buf) user = RR_BUF(4096);
    rr_buf_addf(&user, "exec: {" V1 ", command: helper, args: [last");
    for (int i = 1; i < 256; i++)
        rr_buf_add(&user, RR_LIT(", a"));
    struct test_folder folder;
    rr_auto(kube_config) config = { 0 };
    rr_auto(buf) more = RR_BUF(4096);
    rr_buf_addf(&more, "%s, a]}", rr_buf_text(&user));
    rr_buf_add(&user, RR_LIT("]}"));

    begin(&folder, "server: 'https://h'", rr_buf_text(&user), &config);

    assert_string_equal(config.plugin->arguments[1], "last");
    assert_string_equal(config.plugin->arguments[256], "a");
    assert_null(config.plugin->arguments[257]);
    test_folder_remove(&folder);
    expect_refusal("server: 'https://h'", rr_buf_text(&more), "exec.args", "more than 256");
}

static void k10_number_of_variables_is_limited(void **state)
{
    (void)state;
    rr_auto(buf) user = RR_BUF(16384), more = RR_BUF(16384);
    rr_buf_addf(&user, "exec: {" V1 ", command: helper, env: [{name: N0, value: v}");
    for (int i = 1; i < 256; i++)
        rr_buf_addf(&user, ", {name: N%d, value: v}", i);
    struct test_folder folder;
    rr_auto(kube_config) config = { 0 };
    rr_buf_addf(&more, "%s, {name: N256, value: v}]}", rr_buf_text(&user));
    rr_buf_add(&user, RR_LIT("]}"));

    begin(&folder, "server: 'https://h'", rr_buf_text(&user), &config);

    assert_string_equal(variable(&config, "N0"), "v");
    assert_string_equal(variable(&config, "N255"), "v");
    test_folder_remove(&folder);
    expect_refusal("server: 'https://h'", rr_buf_text(&more), "exec.env", "more than 256");
}

static void k10_fixed_credentials_win_over_the_plugin(void **state)
{
    (void)state;
    static const char *const users[] = { "token: abc", "tokenFile: absent, token: abc", "username: me, password: x" };
    for (size_t i = 0; i < RR_COUNT(users); i++) {
        struct test_folder folder = test_folder_make();
        rr_auto(kube_config) config = { 0 };
        struct rr_error err;
        char user[256];
        (void)snprintf(user, sizeof(user), "%s, exec: {" V1 ", command: helper}", users[i]);
        assert_ok(load_one(&folder, "server: 'https://h'", user, &config, &err), err);
        assert_null(config.plugin);
        test_folder_remove(&folder);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(k10_command_arguments_and_environment_are_taken),
    cmocka_unit_test(k14_command_with_a_slash_starts_at_the_kubeconfig),
    cmocka_unit_test(k10_plugin_gets_the_cluster_only_on_request),
    cmocka_unit_test(k10_plugin_that_requests_the_cluster_gets_it),
    cmocka_unit_test(k10_stanzas_that_cannot_work_are_refused),
    cmocka_unit_test(k10_number_of_arguments_is_limited),
    cmocka_unit_test(k10_number_of_variables_is_limited),
    cmocka_unit_test(k10_fixed_credentials_win_over_the_plugin),
};
RR_TEST_MAIN(tests)
