#include "cloud.h"

#include "fakes/fake_environment.h"
#include "support/test.h"

static const struct fake_variable variables[] = {
    { "AWS_ENDPOINT_URL", "http://store:9000" },
    { "AWS_ENDPOINT_URL_STS", "http://sts:9000" },
    { "AWS_REGION", "eu-west-3" },
    { NULL, NULL },
};

static struct rr_controller_options parse(const char *flag, const char *value)
{
    struct rr_controller_options options = { 0 };
    struct rr_error err;
    char *argv[] = { (char[]){ "controller" }, (char *)(uintptr_t)flag, (char *)(uintptr_t)value, NULL };
    assert_ok(rr_controller_options_parse(flag == NULL ? 1 : value == NULL ? 2 : 3, argv, &options, &err), err);
    return options;
}

static void start(struct rr_cloud *cloud, const struct rr_controller_options *options)
{
    static struct fake_environment fake = { variables };
    static struct rr_environment environment;
    environment = fake_environment(&fake);
    rr_http_global_init();
    rr_cloud_start(cloud, options, &environment, NULL);
}

static void f38_nothing_is_offered_without_a_flag(void **state)
{
    (void)state;
    struct rr_controller_options options = parse(NULL, NULL);
    struct rr_cloud cloud;

    start(&cloud, &options);

    assert_null(cloud.loop);
    assert_null(cloud.offered.chain);
    assert_null(cloud.offered.roles);
    assert_int_equal(cloud.offered.ambient_namespace_count, 0);
    rr_cloud_end(&cloud);
    rr_controller_options_done(&options);
}

static void f38_each_flag_offers_one_thing(void **state)
{
    (void)state;
    struct rr_controller_options ambient = parse("--ambient-credentials-namespace", "shop");
    struct rr_controller_options accounts = parse("--enable-service-account-credentials", NULL);
    struct rr_cloud cloud;

    start(&cloud, &ambient);
    assert_non_null(cloud.loop);
    assert_non_null(cloud.offered.chain);
    assert_null(cloud.offered.roles);
    assert_int_equal(cloud.offered.ambient_namespace_count, 1);
    assert_slice(cloud.offered.ambient_namespaces[0], "shop");
    rr_cloud_end(&cloud);

    start(&cloud, &accounts);
    assert_non_null(cloud.loop);
    assert_null(cloud.offered.chain);
    assert_non_null(cloud.offered.roles);
    assert_slice(cloud.offered.region, "eu-west-3");
    rr_cloud_end(&cloud);
    rr_controller_options_done(&ambient);
    rr_controller_options_done(&accounts);
}

static void f38_variable_of_all_services_does_not_move_sts(void **state)
{
    (void)state;
    struct rr_controller_options options = parse(NULL, NULL);
    struct rr_cloud cloud;

    start(&cloud, &options);

    assert_slice(rr_environment_get(&cloud.environment, "AWS_ENDPOINT_URL"), "");
    assert_slice(rr_environment_get(&cloud.environment, "AWS_ENDPOINT_URL_STS"), "http://sts:9000");
    rr_cloud_end(&cloud);
    rr_controller_options_done(&options);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f38_nothing_is_offered_without_a_flag),
    cmocka_unit_test(f38_each_flag_offers_one_thing),
    cmocka_unit_test(f38_variable_of_all_services_does_not_move_sts),
};
RR_TEST_MAIN(tests)
