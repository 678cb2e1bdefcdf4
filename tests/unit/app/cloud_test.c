/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud.h"

#include "fakes/fake_environment.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

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

static void start_in(void **state, struct rr_cloud *cloud, const struct rr_controller_options *options,
                     const struct fake_variable *set)
{
    static struct fake_environment fake;
    static struct rr_environment environment;
    fake = (struct fake_environment){ set };
    environment = fake_environment(&fake);
    rr_http_global_init();
    rr_cloud_start(cloud, options, &environment, *state, NULL);
}

static void start(void **state, struct rr_cloud *cloud, const struct rr_controller_options *options)
{
    start_in(state, cloud, options, variables);
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

static void assert_line(struct rr_metrics *metrics, const char *line)
{
    rr_auto(buf) page = RR_BUF(64 * 1024);
    rr_metrics_expose(metrics, &page);
    assert_has(rr_buf_text(&page), line);
}

static int64_t soon_ms(void)
{
    return rr_clock_monotonic_ms(&rr_clock_system) + 20000;
}

static void f38_own_credentials_are_those_of_the_environment(void **state)
{
    static const struct fake_variable keys[] = { { "AWS_ACCESS_KEY_ID", "AKOWN" },
                                                 { "AWS_SECRET_ACCESS_KEY", "secret" },
                                                 { NULL, NULL } };
    struct rr_controller_options options = parse("--ambient-credentials-namespace", "shop");
    struct rr_cloud cloud;
    rr_auto_ptr(credentials) credentials = NULL;
    const char *source;
    struct rr_error err;
    start_in(state, &cloud, &options, keys);

    assert_ok(rr_credentials_chain_get(cloud.offered.chain, soon_ms(), NULL, &credentials, &source, &err), err);

    assert_slice(rr_credentials_access_key_id(credentials), "AKOWN");
    assert_slice(cloud.offered.region, "us-east-1");
    rr_cloud_end(&cloud);
    rr_controller_options_done(&options);
}

/* A socket of loopback that refuses connections: it is bound, and nothing listens on it. *out_url is its URL. */
static int refuse(char out_url[64])
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof name;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && bind(fd, (const struct sockaddr *)&name, sizeof name) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    (void)snprintf(out_url, 64, "http://127.0.0.1:%u", (unsigned)ntohs(name.sin_port));
    return fd;
}

static void n01_failed_request_for_own_credentials_is_counted(void **state)
{
    char url[64];
    int refusing = refuse(url);
    const struct fake_variable agent[] = { { "AWS_CONTAINER_CREDENTIALS_FULL_URI", url }, { NULL, NULL } };
    struct rr_controller_options options = parse("--ambient-credentials-namespace", "shop");
    struct rr_cloud cloud;
    rr_auto_ptr(credentials) credentials = NULL;
    const char *source;
    struct rr_error err;
    start_in(state, &cloud, &options, agent);

    assert_false(rr_credentials_chain_get(cloud.offered.chain, soon_ms(), NULL, &credentials, &source, &err));

    assert_line(*state, "\nredisrestore_credential_refreshes_total{credentials=\"ambient\",result=\"error\"} 1\n");
    assert_line(*state, "{credentials=\"serviceAccountRef\",result=\"error\"} 0\n");
    assert_line(*state, "{credentials=\"ambient\",result=\"success\"} 0\n");
    (void)close(refusing);
    rr_cloud_end(&cloud);
    rr_controller_options_done(&options);
}

static bool give_token(void *context, int64_t deadline_ms, struct rr_stop *stop, struct rr_buf *out_token,
                       struct rr_error *err)
{
    (void)context, (void)deadline_ms, (void)stop, (void)err;
    rr_buf_add(out_token, RR_LIT("token"));
    return true;
}

static void n01_failed_request_for_a_role_is_counted(void **state)
{
    char url[64];
    int refusing = refuse(url);
    const struct fake_variable sts[] = { { "AWS_ENDPOINT_URL_STS", url }, { NULL, NULL } };
    struct rr_controller_options options = parse("--enable-service-account-credentials", NULL);
    struct rr_cloud cloud;
    rr_auto_ptr(credentials) credentials = NULL;
    struct rr_error err;
    struct rr_credentials_role_asker asker = { .subject = RR_LIT("shop/reader/u1"),
                                               .role_arn = RR_LIT("arn:aws:iam::123456789012:role/reader"),
                                               .region = RR_LIT("us-east-1"),
                                               .token = { NULL, give_token } };
    start_in(state, &cloud, &options, sts);

    assert_false(rr_credentials_roles_get(cloud.offered.roles, &asker, soon_ms(), NULL, &credentials, &err));

    assert_line(*state, "{credentials=\"serviceAccountRef\",result=\"error\"} 1\n");
    assert_line(*state, "{credentials=\"ambient\",result=\"error\"} 0\n");
    (void)close(refusing);
    rr_cloud_end(&cloud);
    rr_controller_options_done(&options);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(f38_nothing_is_offered_without_a_flag, setup, teardown),
    cmocka_unit_test_setup_teardown(f38_flag_for_namespaces_offers_the_chain, setup, teardown),
    cmocka_unit_test_setup_teardown(f38_flag_for_accounts_offers_roles, setup, teardown),
    cmocka_unit_test_setup_teardown(f38_variable_of_all_services_does_not_move_sts, setup, teardown),
    cmocka_unit_test_setup_teardown(n01_refreshes_are_there_at_zero_without_a_flag, setup, teardown),
    cmocka_unit_test_setup_teardown(f38_own_credentials_are_those_of_the_environment, setup, teardown),
    cmocka_unit_test_setup_teardown(n01_failed_request_for_own_credentials_is_counted, setup, teardown),
    cmocka_unit_test_setup_teardown(n01_failed_request_for_a_role_is_counted, setup, teardown),
};
RR_TEST_MAIN(tests)
