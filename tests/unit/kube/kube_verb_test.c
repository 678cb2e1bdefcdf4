/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"
#include "support/test.h"

static void expect_words(const char *method, bool is_watch, const char *path, const char *description,
                         const char *advice)
{
    rr_auto(buf) described = RR_BUF(RR_KUBE_WORDS_MAX_BYTES), advised = RR_BUF(RR_KUBE_WORDS_MAX_BYTES);

    struct rr_kube_asked asked = rr_kube_asked_of(method, is_watch, rr_slice_from(path));
    rr_kube_asked_describe(&asked, &described);
    rr_kube_asked_advise(&asked, &advised);

    assert_string_equal(rr_buf_text(&described), description);
    assert_string_equal(rr_buf_text(&advised), advice);
}

static void list_and_watch_of_all_namespaces(void **state)
{
    (void)state;
    const char *path = "/apis/redisrestore.dev/v1alpha1/redisrestores";
    expect_words("GET", false, path, "list redisrestores.redisrestore.dev",
                 "grant the verb \"list\" on \"redisrestores\" in API group \"redisrestore.dev\" by a ClusterRole");
    expect_words("GET", true, path, "watch redisrestores.redisrestore.dev",
                 "grant the verb \"watch\" on \"redisrestores\" in API group \"redisrestore.dev\" by a ClusterRole");
}

static void subresource_follows_its_resource(void **state)
{
    (void)state;
    expect_words("PATCH", false, "/apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores/mine/status",
                 "patch redisrestores/status.redisrestore.dev mine in namespace shop",
                 "grant the verb \"patch\" on \"redisrestores/status\" in API group \"redisrestore.dev\" by a Role or "
                 "ClusterRole");
}

static void core_group_has_the_empty_name(void **state)
{
    (void)state;
    expect_words("GET", false, "/api/v1/namespaces/shop/secrets/s3", "get secrets s3 in namespace shop",
                 "grant the verb \"get\" on \"secrets\" in API group \"\" by a Role or ClusterRole");
}

static void namespaces_are_a_resource_too(void **state)
{
    (void)state;
    expect_words("DELETE", false, "/api/v1/namespaces", "delete namespaces",
                 "grant the verb \"delete\" on \"namespaces\" in API group \"\" by a ClusterRole");
}

static void each_writing_method_has_its_verb(void **state)
{
    (void)state;
    const char *path = "/apis/events.k8s.io/v1/namespaces/shop/events";
    const char *const verbs[][2] = { { "POST", "create" }, { "PUT", "update" }, { "PATCH", "patch" } };
    for (size_t i = 0; i < RR_COUNT(verbs); i++)
        assert_string_equal(rr_kube_asked_of(verbs[i][0], false, rr_slice_from(path)).verb, verbs[i][1]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(list_and_watch_of_all_namespaces), cmocka_unit_test(subresource_follows_its_resource),
    cmocka_unit_test(core_group_has_the_empty_name),    cmocka_unit_test(namespaces_are_a_resource_too),
    cmocka_unit_test(each_writing_method_has_its_verb),
};
RR_TEST_MAIN(tests)
