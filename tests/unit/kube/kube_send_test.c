/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin_fixture.h"

#include "fakes/fake_clock.h"
#include "support/kube_script.h"
#include "support/test_pem.h"

static const struct rr_slice path = { "/api/v1/namespaces/shop/secrets/s3", 34 };

/* A server over TLS with a script, and a client that was configured by a kubeconfig of this user. */
struct world {
    struct test_cert ca, cert;
    struct kube_script script;
    struct test_server *server;
    struct test_folder folder;
    struct kube_fixture fixture;
    struct fake_clock fake;
};

static void begin_server(struct world *world, const struct kube_step *steps, size_t count, bool wants_client)
{
    *world = (struct world){ .ca = test_ca_make("ca"), .folder = test_folder_make() };
    world->cert = test_cert_issue(&world->ca, "IP:127.0.0.1", 1);
    (void)test_folder_write(&world->folder, "ca.pem", world->ca.pem);
    kube_script_init(&world->script, steps, count);
    world->server =
        test_server_start_tls(&world->cert, wants_client ? world->ca.pem : NULL, kube_script_serve, &world->script);
    kube_fixture_init(&world->fixture, world->server, NULL);
}

static void connect_as(struct world *world, const char *user)
{
    char cluster[256];
    struct rr_error err;
    (void)snprintf(cluster, sizeof(cluster), "server: 'https://127.0.0.1:%d', certificate-authority: ca.pem",
                   test_server_port(world->server));
    rr_kube_config_done(&world->fixture.config);
    world->fixture.config = (struct rr_kube_config){ 0 };
    assert_ok(load_one(&world->folder, cluster, user, &world->fixture.config, &err), err);
    world->fake = (struct fake_clock){ .monotonic_ms = rr_clock_monotonic_ms(&rr_clock_system) };
    world->fixture.clock = fake_clock(&world->fake);
    kube_fixture_connect(&world->fixture);
}

static void begin(struct world *world, const struct kube_step *steps, size_t count, const char *user)
{
    begin_server(world, steps, count, false);
    connect_as(world, user);
}

static void end(struct world *world)
{
    kube_fixture_done(&world->fixture);
    test_server_stop(world->server);
    kube_script_done(&world->script);
    test_folder_remove(&world->folder);
    test_cert_done(&world->cert);
    test_cert_done(&world->ca);
}

static bool ask(struct world *world, struct rr_error *err)
{
    rr_auto(buf) body = RR_BUF(4096);
    struct rr_kube_request request = { .method = "GET",
                                       .path = path,
                                       .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 20000 };
    return rr_kube_call(world->fixture.client, &request, NULL, &body, err);
}

static void expect_answer(struct world *world)
{
    struct rr_error err;
    assert_ok(ask(world, &err), err);
}

static void expect_asked(struct world *world, const char *words)
{
    if (strstr(rr_buf_text(&world->script.text), words) == NULL)
        fail_msg("no \"%s\" in %s", words, rr_buf_text(&world->script.text));
}

static const struct kube_step good[] = { { .body = "{}" }, { .body = "{}" }, { .body = "{}" } };
static const struct kube_step refused_once[] = { { .status = 401, .body = "{}" }, { .body = "{}" } };

static void k10_token_of_a_plugin_goes_to_the_server(void **state)
{
    (void)state;
    struct world world;
    begin_server(&world, good, 3, false);
    plugin_write(&world.folder, PLUGIN_SAYS("{\"token\":\"abc\"}"));
    connect_as(&world, PLUGIN_USER);

    expect_answer(&world);
    expect_answer(&world);

    assert_int_equal(test_count(rr_buf_text(&world.script.text), "\r\nAuthorization: Bearer abc\r\n"), 2);
    assert_int_equal(plugin_runs(&world.folder), 1);
    end(&world);
}

static void r22_refused_token_of_a_plugin_is_fetched_again(void **state)
{
    (void)state;
    struct world world;
    begin_server(&world, refused_once, 2, false);
    plugin_write(&world.folder, "n=$(wc -l <\"$D/runs\" | tr -d ' ')\n"
                                "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":"
                                "\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t'$n'\"}}'");
    connect_as(&world, PLUGIN_USER);

    expect_answer(&world);

    expect_asked(&world, "\r\nAuthorization: Bearer t1\r\n");
    expect_asked(&world, "\r\nAuthorization: Bearer t2\r\n");
    end(&world);
}

static void r22_refusal_stays_if_the_plugin_has_no_newer_token(void **state)
{
    (void)state;
    struct world world;
    struct rr_error err;
    begin_server(&world, refused_once, 2, false);
    plugin_write(&world.folder, PLUGIN_SAYS("{\"token\":\"abc\"}"));
    connect_as(&world, PLUGIN_USER);

    assert_false(ask(&world, &err));

    assert_int_equal(err.code, RR_E_UNAUTHENTICATED);
    assert_int_equal(plugin_runs(&world.folder), 2);
    assert_int_equal(test_server_requests(world.server), 1);
    end(&world);
}

static void f35_failing_plugin_is_the_error_of_the_request(void **state)
{
    (void)state;
    struct world world;
    struct rr_error err;
    begin_server(&world, good, 3, false);
    plugin_write(&world.folder, "echo canary; exit 3");
    connect_as(&world, PLUGIN_USER);

    assert_false(rr_kube_client_prove(world.fixture.client, NULL, &err));
    assert_int_equal(err.code, RR_E_NO_CREDENTIALS);
    assert_non_null(strstr(err.message, "exit code 3"));
    assert_false(ask(&world, &err));

    assert_int_equal(err.code, RR_E_UNAUTHENTICATED);
    assert_non_null(strstr(err.message, "no credentials for the API server"));
    assert_null(strstr(err.message, "plugin"));
    assert_non_null(strstr(err.detail, "exit code 3"));
    assert_null(strstr(err.detail, "canary"));
    assert_int_equal(test_server_connections(world.server), 0);
    end(&world);
}

static void k14_plugin_that_takes_too_long_is_a_timeout(void **state)
{
    (void)state;
    struct world world;
    struct rr_error err;
    rr_auto(buf) body = RR_BUF(4096);
    begin_server(&world, good, 3, false);
    plugin_write(&world.folder, "sleep 30");
    connect_as(&world, PLUGIN_USER);
    struct rr_kube_request request = { .method = "GET",
                                       .path = path,
                                       .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) };

    assert_false(rr_kube_call(world.fixture.client, &request, NULL, &body, &err));

    assert_int_equal(err.code, RR_E_TIMEOUT);
    assert_non_null(strstr(err.detail, "has not answered yet"));
    assert_int_equal(test_server_connections(world.server), 0);
    end(&world);
}

/* Prints an ExecCredential of the files "cert" and "key". */
static const char says_files[] =
    "j() { sed 's/$/\\\\n/' \"$D/$1\" | tr -d '\\n'; }\n"
    "printf '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":"
    "{\"clientCertificateData\":\"%s\",\"clientKeyData\":\"%s\"}}' \"$(j cert)\" \"$(j key)\"";

static void k10_certificate_of_a_plugin_is_shown(void **state)
{
    (void)state;
    struct world world;
    begin_server(&world, good, 3, true);
    struct test_cert own = test_cert_issue(&world.ca, "DNS:me", 1);
    (void)test_folder_write(&world.folder, "cert", own.pem);
    (void)test_folder_write(&world.folder, "key", own.key_pem);
    plugin_write(&world.folder, says_files);
    connect_as(&world, PLUGIN_USER);

    expect_answer(&world);

    assert_null(strstr(rr_buf_text(&world.script.text), "Authorization"));
    test_cert_done(&own);
    end(&world);
}

/* The plugin's certificate is of a CA that the server does not know. */
static void k10_certificate_of_the_kubeconfig_wins_over_the_plugins(void **state)
{
    (void)state;
    struct world world;
    begin_server(&world, good, 3, true);
    struct test_cert own = test_cert_issue(&world.ca, "DNS:me", 1);
    (void)test_folder_write(&world.folder, "cert.pem", own.pem);
    (void)test_folder_write(&world.folder, "key.pem", own.key_pem);
    (void)test_folder_write(&world.folder, "cert", TEST_CERT_ONE);
    (void)test_folder_write(&world.folder, "key", TEST_KEY_ONE);
    plugin_write(&world.folder, says_files);
    connect_as(&world, "client-certificate: cert.pem, client-key: key.pem, " PLUGIN_USER);

    expect_answer(&world);

    assert_int_equal(plugin_runs(&world.folder), 1);
    test_cert_done(&own);
    end(&world);
}

static void k08_user_name_and_password_go_to_the_server(void **state)
{
    (void)state;
    struct world world;
    begin(&world, good, 3, "username: me, password: 'a:b'");

    expect_answer(&world);

    expect_asked(&world, "\r\nAuthorization: Basic bWU6YTpi\r\n");
    end(&world);
}

static void k09_impersonation_goes_with_every_request(void **state)
{
    (void)state;
    struct world world;
    begin(&world, good, 3, "token: abc, as: jane, as-groups: [a, b], as-user-extra: {K/1: [v]}");

    expect_answer(&world);

    expect_asked(&world, "\r\nAuthorization: Bearer abc\r\n");
    expect_asked(&world, "\r\nImpersonate-User: jane\r\n");
    expect_asked(&world, "\r\nImpersonate-Group: a\r\nImpersonate-Group: b\r\n");
    expect_asked(&world, "\r\nImpersonate-Extra-k%2F1: v\r\n");
    end(&world);
}

/* Another CA, and a server of its own that only the new one knows. */
static void f10_new_connections_trust_the_current_ca(void **state)
{
    (void)state;
    struct world world;
    struct rr_error err;
    begin(&world, good, 3, "token: abc");
    expect_answer(&world);
    struct test_cert other = test_ca_make("other");
    (void)test_folder_write(&world.folder, "ca.pem", other.pem);

    expect_answer(&world);
    fake_clock_advance(&world.fake, 60000);
    assert_false(ask(&world, &err)); /* the connection that was trusted by the old one is not used any more */
    assert_int_equal(err.code, RR_E_TLS);
    (void)test_folder_write(&world.folder, "ca.pem", world.ca.pem);
    fake_clock_advance(&world.fake, 60000);
    expect_answer(&world);

    test_cert_done(&other);
    end(&world);
}

static void r23_new_connections_show_the_current_certificate(void **state)
{
    (void)state;
    struct world world;
    struct rr_error err;
    begin_server(&world, good, 3, true);
    struct test_cert own = test_cert_issue(&world.ca, "DNS:me", 1);
    (void)test_folder_write(&world.folder, "cert.pem", TEST_CERT_ONE);
    (void)test_folder_write(&world.folder, "key.pem", TEST_KEY_ONE);
    connect_as(&world, "client-certificate: cert.pem, client-key: key.pem");

    assert_false(ask(&world, &err));
    assert_int_equal(err.code, RR_E_TLS);
    (void)test_folder_write(&world.folder, "cert.pem", own.pem);
    (void)test_folder_write(&world.folder, "key.pem", own.key_pem);
    fake_clock_advance(&world.fake, 60000);
    expect_answer(&world);

    test_cert_done(&own);
    end(&world);
}

static void k06_proxy_that_is_down_is_named_by_its_field(void **state)
{
    (void)state;
    struct world world;
    struct rr_error err;
    begin(&world, good, 3, "token: abc");
    struct test_server *gone = test_server_start(test_script_ok, NULL);
    char proxy[64];
    (void)snprintf(proxy, sizeof(proxy), "http://u:canary@127.0.0.1:%d", test_server_port(gone));
    test_server_stop(gone);
    rr_secret_set(&world.fixture.config.proxy, rr_slice_from(proxy));
    world.fixture.config.proxy_named_by = "HTTPS_PROXY";

    assert_false(ask(&world, &err));

    assert_int_equal(err.code, RR_E_UNREACHABLE);
    assert_non_null(strstr(err.message, "through the proxy of HTTPS_PROXY"));
    assert_null(strstr(err.message, "canary"));
    assert_null(strstr(err.detail, "canary"));
    assert_int_equal(test_server_connections(world.server), 0);
    end(&world);
}

static void f53_credentials_of_every_kind_stay_off_a_plain_server(void **state)
{
    (void)state;
    static const char *const users[] = { "token: canary", "username: canary, password: canary" };
    for (size_t i = 0; i < RR_COUNT(users); i++) {
        struct kube_script script;
        struct test_folder folder = test_folder_make();
        struct kube_fixture fixture;
        rr_auto(buf) body = RR_BUF(4096);
        struct rr_error err;
        kube_script_init(&script, good, 3);
        struct test_server *server = test_server_start(kube_script_serve, &script);
        kube_fixture_init(&fixture, server, NULL);
        struct rr_buf plain = rr_steal(fixture.config.server);
        rr_kube_config_done(&fixture.config);
        assert_ok(load_one(&folder, "server: 'https://h'", users[i], &fixture.config, &err), err);
        rr_buf_done(&fixture.config.server);
        fixture.config.server = plain; /* whatever let credentials into the configuration */
        kube_fixture_connect(&fixture);
        struct rr_kube_request request = { .method = "GET",
                                           .path = path,
                                           .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 20000 };

        assert_ok(rr_kube_call(fixture.client, &request, NULL, &body, &err), err);

        assert_null(strstr(rr_buf_text(&script.text), "Authorization"));
        kube_fixture_done(&fixture);
        test_server_stop(server);
        kube_script_done(&script);
        test_folder_remove(&folder);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(k10_token_of_a_plugin_goes_to_the_server),
    cmocka_unit_test(r22_refused_token_of_a_plugin_is_fetched_again),
    cmocka_unit_test(r22_refusal_stays_if_the_plugin_has_no_newer_token),
    cmocka_unit_test(f35_failing_plugin_is_the_error_of_the_request),
    cmocka_unit_test(k14_plugin_that_takes_too_long_is_a_timeout),
    cmocka_unit_test(k10_certificate_of_a_plugin_is_shown),
    cmocka_unit_test(k10_certificate_of_the_kubeconfig_wins_over_the_plugins),
    cmocka_unit_test(k08_user_name_and_password_go_to_the_server),
    cmocka_unit_test(k09_impersonation_goes_with_every_request),
    cmocka_unit_test(f10_new_connections_trust_the_current_ca),
    cmocka_unit_test(r23_new_connections_show_the_current_certificate),
    cmocka_unit_test(k06_proxy_that_is_down_is_named_by_its_field),
    cmocka_unit_test(f53_credentials_of_every_kind_stay_off_a_plain_server),
};
RR_TEST_MAIN(tests)
