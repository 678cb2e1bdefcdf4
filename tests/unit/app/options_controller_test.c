/* SPDX-License-Identifier: Apache-2.0 */
#include "options_controller.h"

#include "support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#define PARSE(options, err, ...)                                                                                       \
    rr_controller_options_parse((int)RR_COUNT(((const char *[]){ "controller", __VA_ARGS__ })),                        \
                                (char *[]){ A("controller"), __VA_ARGS__, NULL }, (options), (err))
#define A(text) ((char[]){ text })
/* Only a whole name has a maximum in Kubernetes: the part of a Lease's name may be longer than a namespace. */
#define NAME_OF_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static bool is_allowed(const struct rr_controller_options *options, const char *address)
{
    struct sockaddr_in name = { .sin_family = AF_INET };
    assert_int_equal(inet_pton(AF_INET, address, &name.sin_addr), 1);
    return rr_http_address_is_allowed(&options->addresses, (const struct sockaddr *)&name);
}

static void defaults_are_those_of_the_documentation(void **state)
{
    (void)state;
    struct rr_controller_options options = { 0 };
    struct rr_error err;

    assert_ok(rr_controller_options_parse(1, (char *[]){ A("controller"), NULL }, &options, &err), err);

    assert_null(options.kubeconfig);
    assert_null(options.context);
    assert_false(options.allow_insecure_apiserver);
    assert_int_equal(options.kube_api_qps, 0);
    assert_int_equal(options.kube_api_burst, 0);
    assert_int_equal(options.namespaces.count, 0);
    assert_slice(options.selector, "");
    assert_false(options.leader_elect);
    assert_slice(options.leader_elect_namespace, "");
    assert_slice(options.leader_elect_id, "controller.redisrestore.dev");
    assert_false(options.metrics_secure);
    assert_null(options.metrics_cert_dir);
    assert_true(options.metrics_per_object);
    assert_int_equal(options.workers, 4);
    assert_slice(options.metrics_address, ":8080");
    assert_slice(options.health_address, ":8081");
    assert_int_equal(options.log_format, RR_LOG_JSON);
    assert_int_equal(options.log_level, RR_LOG_INFO);
    assert_false(is_allowed(&options, "127.0.0.1"));
    assert_false(options.service_account_credentials);
    assert_int_equal(options.ambient_namespaces.count, 0);
    assert_int_equal(options.discovery_concurrency, 0);
    assert_false(rr_secret_is_set(&options.storage_proxy));
    rr_controller_options_done(&options);
}

static void every_flag_has_its_field(void **state)
{
    (void)state;
    struct rr_controller_options options = { 0 };
    struct rr_error err;

    bool good =
        PARSE(&options, &err, A("--kubeconfig=k"), A("--context=c"), A("--namespace=shop-1"), A("--workers=64"),
              A("--metrics-bind-address=:9"), A("--health-probe-bind-address=0"), A("--log-format=text"),
              A("--log-level=error"), A("--allow-endpoint-cidr=127.0.0.0/8"), A("--allow-endpoint-cidr=169.254.1.1"),
              A("--allow-insecure-apiserver"), A("--kube-api-qps=20"), A("--kube-api-burst=50"),
              A("--selector=shard in (a,b),!test"), A("--leader-elect"), A("--leader-elect-namespace=ops"),
              A("--leader-elect-id=" NAME_OF_64 ".redisrestore.dev"), A("--metrics-secure"),
              A("--metrics-cert-dir=/tls"), A("--metrics-per-object=false"), A("--enable-service-account-credentials"),
              A("--ambient-credentials-namespace=ops"), A("--ambient-credentials-namespace=*"),
              A("--ambient-credentials-namespace=ops"), A("--discovery-concurrency=256"),
              A("--deny-endpoint-cidr=127.0.0.2"), A("--storage-proxy=http://user:pw@proxy.example"));
    assert_ok(good, err);

    assert_string_equal(options.kubeconfig, "k");
    assert_string_equal(options.context, "c");
    assert_int_equal(options.namespaces.count, 1);
    assert_slice(options.namespaces.names[0], "shop-1");
    assert_true(options.allow_insecure_apiserver);
    assert_int_equal(options.kube_api_qps, 20);
    assert_int_equal(options.kube_api_burst, 50);
    assert_slice(options.selector, "shard in (a,b),!test");
    assert_true(options.leader_elect);
    assert_slice(options.leader_elect_namespace, "ops");
    assert_slice(options.leader_elect_id, NAME_OF_64 ".redisrestore.dev");
    assert_true(options.metrics_secure);
    assert_string_equal(options.metrics_cert_dir, "/tls");
    assert_false(options.metrics_per_object);
    assert_int_equal(options.workers, 64);
    assert_slice(options.metrics_address, ":9");
    assert_true(rr_controller_is_off(options.health_address));
    assert_int_equal(options.log_format, RR_LOG_TEXT);
    assert_int_equal(options.log_level, RR_LOG_ERROR);
    assert_true(options.service_account_credentials);
    assert_int_equal(options.ambient_namespaces.count, 2);
    assert_slice(options.ambient_namespaces.names[0], "ops");
    assert_slice(options.ambient_namespaces.names[1], "*");
    assert_int_equal(options.discovery_concurrency, 256);
    assert_slice(rr_secret_reveal(&options.storage_proxy), "http://user:pw@proxy.example:80");
    assert_true(is_allowed(&options, "127.0.0.1"));
    assert_false(is_allowed(&options, "127.0.0.2"));
    assert_true(is_allowed(&options, "169.254.1.1"));
    assert_false(is_allowed(&options, "169.254.1.2"));
    rr_controller_options_done(&options);
}

static void namespaces_are_collected_each_once(void **state)
{
    (void)state;
    struct rr_controller_options options = { 0 };
    struct rr_error err;

    assert_ok(PARSE(&options, &err, A("--namespace=b"), A("--namespace=a"), A("--namespace=b")), err);

    assert_int_equal(options.namespaces.count, 2);
    assert_slice(options.namespaces.names[0], "b");
    assert_slice(options.namespaces.names[1], "a");
    rr_controller_options_done(&options);
}

static void flag_that_would_be_ignored_is_refused(void **state)
{
    (void)state;
    struct rr_controller_options options = { 0 };
    struct rr_error err;

    assert_false(PARSE(&options, &err, A("--leader-elect-id=shard-a")));
    assert_string_equal(err.message, "--leader-elect-id: needs --leader-elect");
    assert_false(PARSE(&options, &err, A("--leader-elect-namespace=ops")));
    assert_string_equal(err.message, "--leader-elect-namespace: needs --leader-elect");
    assert_false(PARSE(&options, &err, A("--kube-api-burst=5")));
    assert_string_equal(err.message, "--kube-api-burst: needs --kube-api-qps");
    assert_false(PARSE(&options, &err, A("--metrics-cert-dir=/tls")));
    assert_string_equal(err.message, "--metrics-cert-dir: needs --metrics-secure");
    assert_false(PARSE(&options, &err, A("--metrics-secure"), A("--metrics-bind-address=0")));
    assert_string_equal(err.message, "--metrics-secure: --metrics-bind-address=0 serves no metrics");
}

static void wrong_values_are_refused_by_flag(void **state)
{
    (void)state;
    const struct {
        const char *argument, *named;
    } cases[] = {
        { "--workers=0", "--workers: " },
        { "--selector=", "--selector: " },
        { "--selector=a\n", "--selector: " },
        { "--selector=\xff", "--selector: " },
        { "--kube-api-qps=-1", "--kube-api-qps: " },
        { "--kube-api-burst=x", "--kube-api-burst: " },
        { "--leader-elect=yes", "--leader-elect: " },
        { "--leader-elect-namespace=", "--leader-elect-namespace: " },
        { "--leader-elect-id=a..b", "--leader-elect-id: " },
        { "--leader-elect-id=a.", "--leader-elect-id: " },
        { "--leader-elect-id=A", "--leader-elect-id: " },
        { "--leader-elect-id=a.-b", "--leader-elect-id: " },
        { "--metrics-cert-dir=", "--metrics-cert-dir: " },
        { "--workers=65", "--workers: " },
        { "--workers=4x", "--workers: " },
        { "--namespace=", "--namespace: " },
        { "--namespace=Shop", "--namespace: " },
        { "--namespace=shop-", "--namespace: " },
        { "--namespace=a.b", "--namespace: " },
        { "--namespace=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "--namespace: " },
        { "--kubeconfig=", "--kubeconfig: " },
        { "--context=", "--context: " },
        { "--metrics-bind-address=", "--metrics-bind-address: " },
        { "--health-probe-bind-address=", "--health-probe-bind-address: " },
        { "--allow-endpoint-cidr=10.0.0.0/33", "--allow-endpoint-cidr: " },
        { "--deny-endpoint-cidr=10.0.0.0/33", "--deny-endpoint-cidr: " },
        { "--deny-endpoint-cidr=host", "--deny-endpoint-cidr: " },
        { "--enable-service-account-credentials=yes", "--enable-service-account-credentials: " },
        { "--ambient-credentials-namespace=", "--ambient-credentials-namespace: " },
        { "--ambient-credentials-namespace=**", "--ambient-credentials-namespace: " },
        { "--discovery-concurrency=0", "--discovery-concurrency: " },
        { "--discovery-concurrency=257", "--discovery-concurrency: " },
        { "--storage-proxy=", "--storage-proxy: " },
        { "--storage-proxy=proxy:3128", "--storage-proxy: " },
        { "--storage-proxy=ftp://proxy", "--storage-proxy: " },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char argument[96];
        (void)snprintf(argument, sizeof(argument), "%s", cases[i].argument);
        struct rr_controller_options options = { 0 };
        struct rr_error err;

        assert_false(PARSE(&options, &err, A("--allow-endpoint-cidr=10.0.0.0/8"), argument));

        assert_int_equal(strncmp(err.message, cases[i].named, strlen(cases[i].named)), 0);
    }
}

static void f49_proxy_that_is_refused_is_not_quoted(void **state)
{
    (void)state;
    struct rr_controller_options options = { 0 };
    struct rr_error err;

    assert_false(PARSE(&options, &err, A("--storage-proxy=ftp://user:hunter2@proxy")));

    assert_null(strstr(err.message, "hunter2"));
}

static void one_address_for_two_servers_is_refused(void **state)
{
    (void)state;
    struct rr_controller_options options = { 0 };
    struct rr_error err;

    assert_false(PARSE(&options, &err, A("--metrics-bind-address=:8081")));

    assert_non_null(strstr(err.message, "--metrics-bind-address"));
    assert_non_null(strstr(err.message, "--health-probe-bind-address"));
}

static void equal_addresses_that_do_not_clash_are_fine(void **state)
{
    (void)state;
    struct rr_controller_options options = { 0 };
    struct rr_error err;

    assert_ok(PARSE(&options, &err, A("--metrics-bind-address=0"), A("--health-probe-bind-address=0")), err);
    assert_ok(
        PARSE(&options, &err, A("--metrics-bind-address=127.0.0.1:0"), A("--health-probe-bind-address=127.0.0.1:0")),
        err);
}

static void f55_stores_of_one_worker_leave_places_to_the_others(void **state)
{
    (void)state;
    struct rr_controller_options options = { .workers = 4 };

    assert_int_equal(rr_controller_storage_requests_max(&options), 4 * 64);

    options.discovery_concurrency = 256;
    assert_int_equal(rr_controller_storage_requests_max(&options), 4 * 256);

    options.discovery_concurrency = 1; /* looks into a bucket are more than one at a time all the same */
    assert_int_equal(rr_controller_storage_requests_max(&options), 4 * 32);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(defaults_are_those_of_the_documentation),
    cmocka_unit_test(every_flag_has_its_field),
    cmocka_unit_test(namespaces_are_collected_each_once),
    cmocka_unit_test(flag_that_would_be_ignored_is_refused),
    cmocka_unit_test(wrong_values_are_refused_by_flag),
    cmocka_unit_test(f49_proxy_that_is_refused_is_not_quoted),
    cmocka_unit_test(one_address_for_two_servers_is_refused),
    cmocka_unit_test(equal_addresses_that_do_not_clash_are_fine),
    cmocka_unit_test(f55_stores_of_one_worker_leave_places_to_the_others),
};

RR_TEST_MAIN(tests)
