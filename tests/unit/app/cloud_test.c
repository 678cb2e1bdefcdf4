/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud.h"

#include "fakes/fake_environment.h"
#include "support/test.h"

static const struct fake_variable variables[] = {
    { "AWS_ENDPOINT_URL", "http://store:9000" },
    { "AWS_ENDPOINT_URL_STS", "http://sts:9000" },
    { "AWS_REGION", "eu-west-3" },
    { NULL, NULL },
};

static int setup(void **state)
{
    *state = rr_metrics_new();
    return 0;
}

static int teardown(void **state)
{
    rr_metrics_free(*state);
    return 0;
}

static struct rr_controller_options parse(const char *flag, const char *value)
{
    struct rr_controller_options options = { 0 };
    struct rr_error err;
    char *argv[] = { (char[]){ "controller" }, (char *)(uintptr_t)flag, (char *)(uintptr_t)value, NULL };
    assert_ok(rr_controller_options_parse(flag == NULL ? 1 : value == NULL ? 2 : 3, argv, &options, &err), err);
    return options;
}

static void start(void **state, struct rr_cloud *cloud, const struct rr_controller_options *options)
{
    static struct fake_environment fake = { variables };
    static struct rr_environment environment;
    environment = fake_environment(&fake);
    rr_http_global_init();
    rr_cloud_start(cloud, options, &environment, *state, NULL);
}

static void f38_nothing_is_offered_without_a_flag(void **state)
{
    struct rr_controller_options options = parse(NULL, NULL);
    struct rr_cloud cloud;

    start(state, &cloud, &options);

    assert_null(cloud.loop);
    assert_null(cloud.offered.chain);
    assert_null(cloud.offered.roles);
    assert_int_equal(cloud.offered.ambient_namespace_count, 0);
    rr_cloud_end(&cloud);
    rr_controller_options_done(&options);
}

static void f38_flag_for_namespaces_offers_the_chain(void **state)
{
    struct rr_controller_options options = parse("--ambient-credentials-namespace", "shop");
    struct rr_cloud cloud;

    start(state, &cloud, &options);

    assert_non_null(cloud.loop);
    assert_non_null(cloud.offered.chain);
    assert_null(cloud.offered.roles);
    assert_int_equal(cloud.offered.ambient_namespace_count, 1);
    assert_slice(cloud.offered.ambient_namespaces[0], "shop");
    rr_cloud_end(&cloud);
    rr_controller_options_done(&options);
}

static void f38_flag_for_accounts_offers_roles(void **state)
{
    struct rr_controller_options options = parse("--enable-service-account-credentials", NULL);
    struct rr_cloud cloud;

    start(state, &cloud, &options);

    assert_non_null(cloud.loop);
    assert_null(cloud.offered.chain);
    assert_non_null(cloud.offered.roles);
    assert_slice(cloud.offered.region, "eu-west-3");
    rr_cloud_end(&cloud);
    rr_controller_options_done(&options);
}

static void f38_variable_of_all_services_does_not_move_sts(void **state)
{
    struct rr_controller_options options = parse(NULL, NULL);
    struct rr_cloud cloud;

    start(state, &cloud, &options);

    assert_slice(rr_environment_get(&cloud.environment, "AWS_ENDPOINT_URL"), "");
    assert_slice(rr_environment_get(&cloud.environment, "AWS_ENDPOINT_URL_STS"), "http://sts:9000");
    rr_cloud_end(&cloud);
    rr_controller_options_done(&options);
}

static void n01_refreshes_are_there_at_zero_without_a_flag(void **state)
{
    static const char *const lines[] = {
        "\nredisrestore_credential_refreshes_total{credentials=\"ambient\",result=\"success\"} 0\n",
        "\nredisrestore_credential_refreshes_total{credentials=\"ambient\",result=\"error\"} 0\n",
        "\nredisrestore_credential_refreshes_total{credentials=\"serviceAccountRef\",result=\"success\"} 0\n",
        "\nredisrestore_credential_refreshes_total{credentials=\"serviceAccountRef\",result=\"error\"} 0\n",
    };
    struct rr_controller_options options = parse(NULL, NULL);
    struct rr_cloud cloud;
    rr_auto(buf) page = RR_BUF(64 * 1024);

    start(state, &cloud, &options);
    rr_metrics_expose(*state, &page);

    for (size_t i = 0; i < RR_COUNT(lines); i++)
        assert_non_null(strstr(rr_buf_text(&page), lines[i]));
    rr_cloud_end(&cloud);
    rr_controller_options_done(&options);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(f38_nothing_is_offered_without_a_flag, setup, teardown),
    cmocka_unit_test_setup_teardown(f38_flag_for_namespaces_offers_the_chain, setup, teardown),
    cmocka_unit_test_setup_teardown(f38_flag_for_accounts_offers_roles, setup, teardown),
    cmocka_unit_test_setup_teardown(f38_variable_of_all_services_does_not_move_sts, setup, teardown),
    cmocka_unit_test_setup_teardown(n01_refreshes_are_there_at_zero_without_a_flag, setup, teardown),
};
RR_TEST_MAIN(tests)
