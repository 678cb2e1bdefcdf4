/* SPDX-License-Identifier: Apache-2.0 */
#include "config_fixture.h"

static void expect_list(const char *first, const char *second, struct rr_kube_config *out_config)
{
    struct test_folder folder = test_folder_make();
    char paths[3 * TEST_FOLDER_PATH_MAX];
    (void)snprintf(paths, sizeof(paths), "%s:%s", test_folder_write(&folder, "first", first),
                   test_folder_write(&folder, "second", second));
    struct rr_error err;
    assert_ok(rr_kube_config_load_files(rr_slice_from(paths), false, NULL, false, out_config, &err), err);
    test_folder_remove(&folder);
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

static void k02_entry_is_found_by_its_whole_name(void **state)
{
    (void)state;
    rr_auto(kube_config) config = { 0 };

    expect_list(
        "current-context: prod\n"
        "contexts: [{name: prod-eu, context: {cluster: k2}}, {name: prod, context: {cluster: k, user: u}}]\n"
        "clusters: [{name: k2, cluster: {server: 'https://other'}}, {name: k, cluster: {server: 'https://h'}}]\n",
        "users: [{name: u2, user: {token: other}}, {name: u, user: {token: abc}}]\n", &config);

    assert_string_equal(rr_buf_text(&config.server), "https://h");
    assert_slice(rr_secret_reveal(&config.token), "abc");
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
    assert_ok(rr_kube_config_load_files(rr_slice_from(paths), false, NULL, false, &config, &err), err);

    assert_string_equal(rr_buf_text(&config.server), "https://h");
    assert_false(rr_kube_config_load_files(RR_LIT("/nonexistent/a:/nonexistent/b"), false, NULL, false, &none, &err));
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

    assert_false(rr_kube_config_load_files(rr_slice_from(paths), false, NULL, false, &config, &err));

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

    assert_false(rr_kube_config_load_files(RR_LIT("/tmp"), false, NULL, false, &config, &err));

    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_non_null(strstr(err.message, "/tmp"));
}

static void requested_context_is_used(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    const char *path = test_folder_write(&folder, "config",
                                         "current-context: one\n"
                                         "contexts: [{name: one, context: {cluster: k, namespace: first}},\n"
                                         "           {name: two, context: {cluster: k, namespace: second}}]\n"
                                         "clusters: [{name: k, cluster: {server: 'https://h'}}]\n");
    struct rr_error err;
    rr_auto(kube_config) config = { 0 }, none = { 0 };

    assert_ok(rr_kube_config_load_files(rr_slice_from(path), true, "two", false, &config, &err), err);
    assert_slice(rr_buf_slice(&config.default_namespace), "second");
    assert_false(rr_kube_config_load_files(rr_slice_from(path), true, "three", false, &none, &err));
    assert_non_null(strstr(err.message, "no context named \"three\""));

    test_folder_remove(&folder);
}

static void names_of_missing_entries_are_refused(void **state)
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
        assert_false(rr_kube_config_load_files(rr_slice_from(path), true, NULL, false, &config, &err));
        assert_int_equal(err.code, RR_E_BAD_INPUT);
        if (strstr(err.message, rows[i].words) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.message, rows[i].words);
        test_folder_remove(&folder);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(k02_first_file_wins_whole_entries_and_the_context),
    cmocka_unit_test(k02_entry_is_found_by_its_whole_name),
    cmocka_unit_test(k02_empty_context_of_the_first_file_does_not_count),
    cmocka_unit_test(k02_missing_files_of_a_list_are_skipped),
    cmocka_unit_test(k02_undecodable_file_of_a_list_is_an_error),
    cmocka_unit_test(k02_folder_in_the_list_is_an_error),
    cmocka_unit_test(requested_context_is_used),
    cmocka_unit_test(names_of_missing_entries_are_refused),
};
RR_TEST_MAIN(tests)
