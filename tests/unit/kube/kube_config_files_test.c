#include "kube_internal.h"

#include "support/folder.h"
#include "support/test.h"

/* base64 of "-----BEGIN CERTIFICATE-----\n" and "-----BEGIN PRIVATE KEY-----\n" */
#define CERT_DATA "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="
#define KEY_DATA  "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCg=="

static const char cert_pem[] = "-----BEGIN CERTIFICATE-----\n", key_pem[] = "-----BEGIN PRIVATE KEY-----\n";

/* One file with this cluster and this user. */
static bool load_one(struct test_folder *folder, const char *cluster, const char *user,
                     struct rr_kube_config *out_config, struct rr_error *err)
{
    char text[4096];
    (void)snprintf(text, sizeof(text),
                   "current-context: c\n"
                   "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
                   "clusters: [{name: k, cluster: {%s}}]\n"
                   "users: [{name: u, user: {%s}}]\n",
                   cluster, user);
    return rr_kube_config_load_files(rr_slice_from(test_folder_write(folder, "config", text)), true, false, out_config, err);
}

static void expect_refusal(const char *cluster, const char *user, const char *field, const char *why)
{
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;
    assert_false(load_one(&folder, cluster, user, &config, &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    const char *const words[] = { test_folder_path(&folder, "config"), field, why };
    for (size_t i = 0; i < RR_COUNT(words); i++)
        if (strstr(err.message, words[i]) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.message, words[i]);
    assert_null(strstr(err.message, "canary"));
    assert_null(config.server.ptr);
    test_folder_remove(&folder);
}

static void expect_list(const char *first, const char *second, struct rr_kube_config *out_config)
{
    struct test_folder folder = test_folder_make();
    char paths[3 * TEST_FOLDER_PATH_MAX];
    (void)snprintf(paths, sizeof(paths), "%s:%s", test_folder_write(&folder, "first", first),
                   test_folder_write(&folder, "second", second));
    struct rr_error err;
    assert_ok(rr_kube_config_load_files(rr_slice_from(paths), false, false, out_config, &err), err);
    test_folder_remove(&folder);
}

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
    (void)test_folder_write(&folder, "ca.pem", cert_pem);

    assert_ok(load_one(&folder, "server: 'https://h', certificate-authority: ca.pem", "", &file, &err), err);
    assert_ok(load_one(&folder, "server: 'https://h', certificate-authority-data: " CERT_DATA, "", &data, &err), err);

    assert_string_equal(rr_buf_text(&file.ca_pem), cert_pem);
    assert_string_equal(rr_buf_text(&data.ca_pem), cert_pem);
    test_folder_remove(&folder);
}

static void k04_two_forms_of_ca_are_refused(void **state)
{
    (void)state;
    expect_refusal("server: 'https://h', certificate-authority: ca.pem, certificate-authority-data: " CERT_DATA, "",
                   "certificate-authority-data", "keep one");
}

static void k04_insecure_with_a_ca_is_refused(void **state)
{
    (void)state;
    expect_refusal("server: 'https://h', insecure-skip-tls-verify: true, certificate-authority-data: " CERT_DATA, "",
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
    assert_ok(load_one(&folder,
                       "server: 'https://h', insecure-skip-tls-verify: false, certificate-authority-data: " CERT_DATA,
                       "", &no, &err),
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
    expect_refusal("server: 'https://h', certificate-authority-data: " KEY_DATA, "", "certificate-authority-data",
                   "not PEM");
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

static void k07_data_wins_over_the_file(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load_one(&folder, "server: 'https://h'",
                       "client-certificate: absent, client-certificate-data: " CERT_DATA
                       ", client-key: absent, client-key-data: " KEY_DATA,
                       &config, &err),
              err);

    assert_slice(rr_secret_reveal(&config.client_cert_pem), cert_pem);
    assert_slice(rr_secret_reveal(&config.client_key_pem), key_pem);
    test_folder_remove(&folder);
}

static void k07_files_are_found_beside_the_kubeconfig(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    (void)test_folder_write(&folder, "c.pem", cert_pem);
    char user[TEST_FOLDER_PATH_MAX + 128];
    (void)snprintf(user, sizeof(user), "client-certificate: ./c.pem, client-key: %s",
                   test_folder_write(&folder, "k.pem", key_pem));
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load_one(&folder, "server: 'https://h'", user, &config, &err), err);

    assert_slice(rr_secret_reveal(&config.client_cert_pem), cert_pem);
    assert_slice(rr_secret_reveal(&config.client_key_pem), key_pem);
    test_folder_remove(&folder);
}

static void k07_half_a_pair_is_refused(void **state)
{
    (void)state;
    expect_refusal("server: 'https://h'", "client-certificate-data: " CERT_DATA, "client-key", "is missing");
    expect_refusal("server: 'https://h'", "client-key-data: " KEY_DATA, "client-certificate", "is missing");
    expect_refusal("server: 'https://h'", "client-certificate-data: " CERT_DATA ", client-key-data: " CERT_DATA,
                   "client-key-data", "not PEM");
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

static void k14_what_is_not_supported_is_refused_by_name(void **state)
{
    (void)state;
    const char *const fields[] = { "exec: {command: canary}",
                                   "auth-provider: {name: canary}",
                                   "username: canary",
                                   "password: canary",
                                   "as: canary",
                                   "as-uid: canary",
                                   "as-groups: [canary]",
                                   "as-user-extra: {a: [canary]}" };
    for (size_t i = 0; i < RR_COUNT(fields); i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "\"u\": %.*s is", (int)strcspn(fields[i], ":"), fields[i]);
        expect_refusal("server: 'https://h'", fields[i], name, "not supported yet");
    }
    expect_refusal("server: 'https://h', proxy-url: 'http://canary'", "", "proxy-url", "not supported yet");
}

static void k02_first_file_wins_whole_entries_and_the_context(void **state)
{
    (void)state;
    rr_auto(kube_config) config = { 0 };

    expect_list("contexts: [{name: one, context: {cluster: k, user: u, namespace: shop}}]\n"
                "current-context: one\n"
                "clusters: [{name: k, cluster: {server: 'https://first'}}]\n",
                "current-context: two\n"
                "clusters: [{name: k, cluster: {server: 'https://second', tls-server-name: second}}]\n"
                "users: [{name: u, user: {token: abc}}]\n",
                &config);

    assert_string_equal(rr_buf_text(&config.server), "https://first");
    assert_string_equal(rr_buf_text(&config.tls_server_name), "");
    assert_slice(rr_secret_reveal(&config.token), "abc");
    assert_string_equal(rr_buf_text(&config.default_namespace), "shop");
}

static void k02_empty_context_of_the_first_file_does_not_count(void **state)
{
    (void)state;
    rr_auto(kube_config) config = { 0 };

    expect_list("current-context: ''\n",
                "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n"
                "clusters: [{name: k, cluster: {server: 'https://second'}}]\n",
                &config);

    assert_string_equal(rr_buf_text(&config.server), "https://second");
}

static void k02_missing_files_of_a_list_are_skipped(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    const char *path = test_folder_write(&folder, "config",
                                         "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n"
                                         "clusters: [{name: k, cluster: {server: 'https://h'}}]\n");
    char paths[3 * TEST_FOLDER_PATH_MAX];
    rr_auto(kube_config) config = { 0 }, none = { 0 };
    struct rr_error err;

    (void)snprintf(paths, sizeof(paths), "::/nonexistent/a:%s::%s:/nonexistent/b:", path, path);
    assert_ok(rr_kube_config_load_files(rr_slice_from(paths), false, false, &config, &err), err);

    assert_string_equal(rr_buf_text(&config.server), "https://h");
    assert_false(rr_kube_config_load_files(RR_LIT("/nonexistent/a:/nonexistent/b"), false, false, &none, &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_non_null(strstr(err.message, "none of the files"));
    test_folder_remove(&folder);
}

static void k02_undecodable_file_of_a_list_is_an_error(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    char paths[3 * TEST_FOLDER_PATH_MAX];
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;
    (void)snprintf(paths, sizeof(paths), "/nonexistent/a:%s", test_folder_write(&folder, "bad", "a: [canary\n"));

    assert_false(rr_kube_config_load_files(rr_slice_from(paths), false, false, &config, &err));

    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_non_null(strstr(err.message, test_folder_path(&folder, "bad")));
    assert_null(strstr(err.message, "canary"));
    test_folder_remove(&folder);
}

static void k02_folder_in_the_list_is_an_error(void **state)
{
    (void)state;
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_false(rr_kube_config_load_files(RR_LIT("/tmp"), false, false, &config, &err));

    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_non_null(strstr(err.message, "/tmp"));
}

static void names_that_lead_nowhere_are_refused(void **state)
{
    (void)state;
    const struct {
        const char *text, *words;
    } rows[] = {
        { "clusters: []\n", "current-context is not set" },
        { "current-context: c\n", "no context named \"c\"" },
        { "current-context: c\ncontexts: [{name: c, context: {}}]\n", "context \"c\": cluster is missing" },
        { "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n", "no cluster named \"k\"" },
        { "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
          "clusters: [{name: k, cluster: {server: 'https://h'}}]\n",
          "no user named \"u\"" },
        { "", "current-context is not set" },
        { "- a list\n", "current-context is not set" },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct test_folder folder = test_folder_make();
        rr_auto(kube_config) config = { 0 };
        struct rr_error err;
        const char *path = test_folder_write(&folder, "config", rows[i].text);
        assert_false(rr_kube_config_load_files(rr_slice_from(path), true, false, &config, &err));
        assert_int_equal(err.code, RR_E_BAD_INPUT);
        if (strstr(err.message, rows[i].words) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.message, rows[i].words);
        test_folder_remove(&folder);
    }
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
    cmocka_unit_test(k07_data_wins_over_the_file),
    cmocka_unit_test(k07_files_are_found_beside_the_kubeconfig),
    cmocka_unit_test(k07_half_a_pair_is_refused),
    cmocka_unit_test(k08_token_file_is_found_beside_the_kubeconfig),
    cmocka_unit_test(k08_missing_token_file_needs_a_token_beside_it),
    cmocka_unit_test(k14_what_is_not_supported_is_refused_by_name),
    cmocka_unit_test(k02_first_file_wins_whole_entries_and_the_context),
    cmocka_unit_test(k02_empty_context_of_the_first_file_does_not_count),
    cmocka_unit_test(k02_missing_files_of_a_list_are_skipped),
    cmocka_unit_test(k02_undecodable_file_of_a_list_is_an_error),
    cmocka_unit_test(k02_folder_in_the_list_is_an_error),
    cmocka_unit_test(names_that_lead_nowhere_are_refused),
};
RR_TEST_MAIN(tests)
