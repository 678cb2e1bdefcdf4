/* SPDX-License-Identifier: Apache-2.0 */
#include "config_fixture.h"
#include "kube_impersonate.h"

static void expect_header(const struct rr_kube_impersonation *impersonation, size_t at, const char *name,
                          const char *value)
{
    assert_true(at < impersonation->count);
    assert_string_equal(impersonation->headers[at].name, name);
    assert_string_equal(impersonation->headers[at].value, value);
}

static void k09_user_uid_groups_and_extra_become_headers(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    rr_auto(kube_config) config = { 0 };
    struct rr_error err;

    assert_ok(load_one(&folder, "server: 'https://h'",
                       "as: 'system:serviceaccount:a:b', as-uid: '7', as-groups: [one, two words],"
                       "as-user-extra: {Acme.com/Project%: [x, y], 'a b': [z]}",
                       &config, &err),
              err);

    const struct rr_kube_impersonation *got = config.impersonation;
    expect_header(got, 0, "Impersonate-User", "system:serviceaccount:a:b");
    expect_header(got, 1, "Impersonate-Uid", "7");
    expect_header(got, 2, "Impersonate-Group", "one");
    expect_header(got, 3, "Impersonate-Group", "two words");
    expect_header(got, 4, "Impersonate-Extra-acme.com%2Fproject%25", "x");
    expect_header(got, 5, "Impersonate-Extra-acme.com%2Fproject%25", "y");
    expect_header(got, 6, "Impersonate-Extra-a%20b", "z");
    assert_int_equal(got->count, 7);
    test_folder_remove(&folder);
}

static void k09_parts_without_a_user_are_refused(void **state)
{
    (void)state;
    expect_refusal("server: 'https://h'", "as-uid: canary", "as-uid", "needs \"as\"");
    expect_refusal("server: 'https://h'", "as-groups: [canary]", "as-groups", "needs \"as\"");
    expect_refusal("server: 'https://h'", "as-user-extra: {a: [canary]}", "as-user-extra", "needs \"as\"");
}

static void k09_values_of_another_shape_are_refused(void **state)
{
    (void)state;
    expect_refusal("server: 'https://h'", "as: x, as-groups: canary", "as-groups", "is not a list");
    expect_refusal("server: 'https://h'", "as: x, as-user-extra: [canary]", "as-user-extra", "is not a mapping");
    expect_refusal("server: 'https://h'", "as: x, as-user-extra: {a: canary}", "as-user-extra", "is not a list");
    expect_refusal("server: 'https://h'", "as: x, as-groups: [{a: canary}]", "as-groups", "not empty");
}

static void f47_values_that_are_no_header_are_refused(void **state)
{
    (void)state;
    expect_refusal("server: 'https://h'", "as: \"canary\\r\\nX: y\"", "as must", "printable ASCII");
    expect_refusal("server: 'https://h'", "as: x, as-uid: \"canary\\n\"", "as-uid", "printable ASCII");
    expect_refusal("server: 'https://h'", "as: x, as-groups: [\"canary\\u00e4\"]", "as-groups", "printable ASCII");
    expect_refusal("server: 'https://h'", "as: x, as-user-extra: {a: [\"canary\\n\"]}", "as-user-extra",
                   "printable ASCII");
}

static void k09_more_values_than_can_be_sent_are_refused(void **state)
{
    (void)state;
    char user[1024] = "as: x, as-groups: [a";
    for (int i = 1; i < RR_KUBE_IMPERSONATION_HEADERS_MAX; i++)
        (void)strcat(user, ", a");
    (void)strcat(user, "]");

    expect_refusal("server: 'https://h'", user, "as-groups", "64");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(k09_user_uid_groups_and_extra_become_headers),
    cmocka_unit_test(k09_parts_without_a_user_are_refused),
    cmocka_unit_test(k09_values_of_another_shape_are_refused),
    cmocka_unit_test(f47_values_that_are_no_header_are_refused),
    cmocka_unit_test(k09_more_values_than_can_be_sent_are_refused),
};
RR_TEST_MAIN(tests)
