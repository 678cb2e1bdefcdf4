/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

/* Two requests to one server that may not share a connection: what curl itself compares is another set in each version,
 * so each pair is tried with the library that is loaded (traps.md 3, 10). */
struct world {
    struct test_cert ca, other_ca, cert, client, other_client;
    struct test_server *server;
    struct rr_http_loop *loop;
    struct rr_http_tls tls; /* the first request's */
};

static void begin(struct world *world, bool with_tls)
{
    *world = (struct world){ .ca = test_ca_make("ca one"), .other_ca = test_ca_make("ca two") };
    world->cert = test_cert_issue(&world->ca, "IP:127.0.0.1,DNS:store.example,DNS:other.example", 1);
    world->client = test_cert_issue(&world->ca, "DNS:client", 1);
    world->other_client = test_cert_issue(&world->ca, "DNS:client", 1);
    world->server = with_tls ? test_server_start_tls(&world->cert, NULL, test_script_ok, NULL)
                             : test_server_start(test_script_ok, NULL);
    world->loop = fixture_loop(0);
    world->tls = (struct rr_http_tls){ .ca_pem = rr_slice_from(world->ca.pem) };
}

static void end(struct world *world)
{
    rr_http_loop_free(world->loop);
    test_server_stop(world->server);
    test_cert_done(&world->other_client);
    test_cert_done(&world->client);
    test_cert_done(&world->cert);
    test_cert_done(&world->other_ca);
    test_cert_done(&world->ca);
}

static struct rr_http_request get(const struct world *world, const char *scheme)
{
    struct rr_http_request request =
        fixture_get(fixture_text("%s://127.0.0.1:%d/", scheme, test_server_port(world->server)));
    request.tls = &world->tls;
    return request;
}

/* The second has a connection of its own, and the first finds its own again. */
static void expect_apart(struct world *world, const struct rr_http_request *first, const struct rr_http_request *second)
{
    fixture_expect_body(world->loop, first, "ok");
    fixture_expect_body(world->loop, first, "ok");
    assert_int_equal(test_server_connections(world->server), 1);
    fixture_expect_body(world->loop, second, "ok");
    assert_int_equal(test_server_connections(world->server), 2);
}

static void trap10_http_never_rides_on_a_connection_of_https(void **state)
{
    (void)state;
    struct world world;
    begin(&world, true);
    struct rr_http_request secure = get(&world, "https"), plain = get(&world, "http");

    fixture_expect_body(world.loop, &secure, "ok");
    fixture_expect(world.loop, &plain, RR_E_UNREACHABLE);

    assert_int_equal(test_server_requests(world.server), 1);
    fixture_expect_body(world.loop, &secure, "ok");
    end(&world);
}

static void trap10_https_never_rides_on_a_connection_of_http(void **state)
{
    (void)state;
    struct world world;
    begin(&world, false);
    struct rr_http_request secure = get(&world, "https"), plain = get(&world, "http");

    fixture_expect_body(world.loop, &plain, "ok");
    secure.connect_timeout_ms = 300; /* the server waits for the end of a request that is none */
    fixture_expect(world.loop, &secure, RR_E_UNREACHABLE);

    assert_int_equal(test_server_requests(world.server), 1);
    end(&world);
}

static void trap10_other_ca_that_is_good_too_has_its_own_connection(void **state)
{
    (void)state;
    struct world world;
    begin(&world, true);
    rr_auto(buf) both = RR_BUF(65536);
    rr_buf_add(&both, rr_slice_from(world.ca.pem));
    rr_buf_add(&both, rr_slice_from(world.other_ca.pem));
    struct rr_http_tls other = { .ca_pem = rr_buf_slice(&both) };
    struct rr_http_request first = get(&world, "https"), second = first;
    second.tls = &other;

    expect_apart(&world, &first, &second);

    end(&world);
}

static void trap10_unverified_request_has_its_own_connection(void **state)
{
    (void)state;
    struct world world;
    begin(&world, true);
    struct rr_http_tls insecure = world.tls;
    insecure.insecure = true;
    struct rr_http_request first = get(&world, "https"), second = first;
    second.tls = &insecure;

    expect_apart(&world, &first, &second);

    end(&world);
}

static void trap10_client_certificates_have_connections_of_their_own(void **state)
{
    (void)state;
    struct world world;
    begin(&world, true);
    struct rr_http_tls one = world.tls, two = world.tls;
    one.client_cert_pem = rr_slice_from(world.client.pem);
    one.client_key_pem = rr_slice_from(world.client.key_pem);
    two.client_cert_pem = rr_slice_from(world.other_client.pem);
    two.client_key_pem = rr_slice_from(world.other_client.key_pem);
    struct rr_http_request none = get(&world, "https"), first = none, second = none;
    first.tls = &one;
    second.tls = &two;

    expect_apart(&world, &none, &first);
    fixture_expect_body(world.loop, &second, "ok");

    assert_int_equal(test_server_connections(world.server), 3);
    end(&world);
}

static void trap10_verified_names_have_connections_of_their_own(void **state)
{
    (void)state;
    struct world world;
    begin(&world, true);
    struct rr_http_tls one = world.tls, two = world.tls;
    one.server_name = "store.example";
    two.server_name = "other.example";
    struct rr_http_request first = get(&world, "https"), second = first;
    first.tls = &one;
    second.tls = &two;

    expect_apart(&world, &first, &second);

    end(&world);
}

static void trap10_address_policies_have_connections_of_their_own(void **state)
{
    (void)state;
    struct world world;
    begin(&world, false);
    struct rr_error err;
    rr_auto(http_address_policy) wide = { 0 };
    rr_auto(http_address_policy) narrow = { 0 };
    assert_ok(rr_http_address_policy_allow(&wide, RR_LIT("127.0.0.0/8"), &err), err);
    assert_ok(rr_http_address_policy_allow(&narrow, RR_LIT("127.0.0.1"), &err), err);
    struct rr_http_request first = get(&world, "http"), second = first;
    first.addresses = &wide;
    second.addresses = &narrow;

    expect_apart(&world, &first, &second);

    end(&world);
}

static void trap10_policies_of_one_content_share_a_connection(void **state)
{
    (void)state;
    struct world world;
    begin(&world, false);
    struct rr_error err;
    rr_auto(http_address_policy) one = { 0 };
    rr_auto(http_address_policy) two = { 0 };
    assert_ok(rr_http_address_policy_allow(&one, RR_LIT("127.0.0.0/8"), &err), err);
    assert_ok(rr_http_address_policy_allow(&two, RR_LIT("127.0.0.0/8"), &err), err);
    struct rr_http_request first = get(&world, "http"), second = first;
    first.addresses = &one;
    second.addresses = &two;

    fixture_expect_body(world.loop, &first, "ok");
    fixture_expect_body(world.loop, &second, "ok");

    assert_int_equal(test_server_connections(world.server), 1);
    end(&world);
}

/* The server here is the proxy, which answers for http:// itself. */
static void trap10_proxy_and_its_password_have_connections_of_their_own(void **state)
{
    (void)state;
    struct world world;
    begin(&world, false);
    struct rr_http_request direct = get(&world, "http"), first = fixture_get(RR_LIT("http://store.example/")),
                           second = first, none = first;
    first.proxy = fixture_text("http://me:one@127.0.0.1:%d", test_server_port(world.server)).ptr;
    second.proxy = fixture_text("http://me:two@127.0.0.1:%d", test_server_port(world.server)).ptr;
    none.proxy = fixture_text("http://127.0.0.1:%d", test_server_port(world.server)).ptr;

    expect_apart(&world, &direct, &first);
    fixture_expect_body(world.loop, &second, "ok");
    assert_int_equal(test_server_connections(world.server), 3);
    fixture_expect_body(world.loop, &none, "ok");

    assert_int_equal(test_server_connections(world.server), 4);
    end(&world);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(trap10_http_never_rides_on_a_connection_of_https),
    cmocka_unit_test(trap10_https_never_rides_on_a_connection_of_http),
    cmocka_unit_test(trap10_other_ca_that_is_good_too_has_its_own_connection),
    cmocka_unit_test(trap10_unverified_request_has_its_own_connection),
    cmocka_unit_test(trap10_client_certificates_have_connections_of_their_own),
    cmocka_unit_test(trap10_verified_names_have_connections_of_their_own),
    cmocka_unit_test(trap10_address_policies_have_connections_of_their_own),
    cmocka_unit_test(trap10_policies_of_one_content_share_a_connection),
    cmocka_unit_test(trap10_proxy_and_its_password_have_connections_of_their_own),
};
RR_TEST_MAIN(tests)
