/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"
#include "support/test.h"

static const struct rr_kube_resource restores = { "redisrestore.dev", "v1alpha1", "redisrestores" };
static const struct rr_kube_resource secrets = { "", "v1", "secrets" };
static const struct rr_slice none = { 0 };

static void expect_path(const struct rr_kube_resource *resource, struct rr_slice namespace_name, struct rr_slice name,
                        const char *subresource, const char *expected)
{
    rr_auto(buf) path = RR_BUF(RR_KUBE_PATH_MAX_BYTES);
    struct rr_error err;

    assert_ok(rr_kube_path_build(&path, resource, namespace_name, name, subresource, &err), err);

    assert_string_equal(rr_buf_text(&path), expected);
}

static void path_of_a_group_has_all_parts(void **state)
{
    (void)state;
    expect_path(&restores, RR_LIT("shop"), RR_LIT("mine"), "status",
                "/apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores/mine/status");
}

static void path_of_the_core_group_begins_with_api(void **state)
{
    (void)state;
    expect_path(&secrets, RR_LIT("shop"), RR_LIT("s3"), NULL, "/api/v1/namespaces/shop/secrets/s3");
}

static void path_of_all_namespaces_names_none(void **state)
{
    (void)state;
    expect_path(&restores, none, none, NULL, "/apis/redisrestore.dev/v1alpha1/redisrestores");
}

static void path_encodes_what_would_be_another_path(void **state)
{
    (void)state;
    expect_path(&secrets, RR_LIT("a/b"), RR_LIT("c?d#%2e"), NULL, "/api/v1/namespaces/a%2Fb/secrets/c%3Fd%23%252e");
}

static void path_refuses_segments_that_walk_or_are_too_long(void **state)
{
    (void)state;
    char longest[255];
    memset(longest, 'a', sizeof(longest));
    struct rr_slice fits = { longest, 253 }, too_long = { longest, 254 };
    const struct rr_slice bad[] = { RR_LIT("."), RR_LIT(".."), too_long };
    struct rr_error err;

    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        rr_auto(buf) path = RR_BUF(RR_KUBE_PATH_MAX_BYTES), other = RR_BUF(RR_KUBE_PATH_MAX_BYTES);
        assert_false(rr_kube_path_build(&path, &secrets, bad[i], fits, NULL, &err));
        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_false(rr_kube_path_build(&other, &secrets, fits, bad[i], NULL, &err));
        assert_int_equal(err.code, RR_E_BAD_INPUT);
    }

    rr_auto(buf) path = RR_BUF(RR_KUBE_PATH_MAX_BYTES);
    assert_ok(rr_kube_path_build(&path, &secrets, fits, fits, NULL, &err), err);
}

static void path_over_its_buffer_is_an_error(void **state)
{
    (void)state;
    rr_auto(buf) path = RR_BUF(20);
    struct rr_error err;

    assert_false(rr_kube_path_build(&path, &secrets, RR_LIT("shop"), RR_LIT("s3"), NULL, &err));

    assert_int_equal(err.code, RR_E_TOO_BIG);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(path_of_a_group_has_all_parts),
    cmocka_unit_test(path_of_the_core_group_begins_with_api),
    cmocka_unit_test(path_of_all_namespaces_names_none),
    cmocka_unit_test(path_encodes_what_would_be_another_path),
    cmocka_unit_test(path_refuses_segments_that_walk_or_are_too_long),
    cmocka_unit_test(path_over_its_buffer_is_an_error),
};
RR_TEST_MAIN(tests)
