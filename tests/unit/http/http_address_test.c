/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage address = { 0 };
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
    address.ss_family = AF_INET;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
        return address;
    address.ss_family = AF_INET6;
    assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
    return address;
}

static bool allows(const struct rr_http_address_policy *policy, const char *text)
{
    struct sockaddr_storage address = address_of(text);
    return rr_http_address_is_allowed(policy, (const struct sockaddr *)&address);
}

static void f51_addresses_of_private_networks_are_near(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool near;
    } rows[] = {
        { "10.0.0.0", true },
        { "10.255.255.255", true },
        { "9.255.255.255", false },
        { "11.0.0.0", false },
        { "172.16.0.1", true },
        { "172.31.255.255", true },
        { "172.15.0.1", false },
        { "172.32.0.0", false },
        { "192.168.0.0", true },
        { "192.169.0.0", false },
        { "100.64.0.1", true },
        { "100.127.255.255", true },
        { "100.128.0.0", false },
        { "127.0.0.1", true },
        { "169.254.1.1", true },
        { "fd12::1", true },
        { "fc00::1", true },
        { "fe80::1", true },
        { "2606:4700::1", false },
        { "8.8.8.8", false },
        { "64:ff9b::10.1.2.3", true },
        { "64:ff9b::8.8.8.8", false },
        { "::ffff:192.168.1.1", true },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct sockaddr_storage address = address_of(rows[i].text);
        if (rr_http_address_is_near((const struct sockaddr *)&address) != rows[i].near)
            fail_msg("%s", rows[i].text);
    }
}

static void f37_local_and_metadata_addresses_are_denied(void **state)
{
    (void)state;
    static const char *const denied[] = {
        "0.0.0.0",
        "0.255.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "169.254.255.255",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "feff::1",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd00:42::42",
        "fd00:c1::a9fe:a9fe",
        "fd00:100::100:200",
        "fd00:a9fe:a9fe::1",
        "fd20:ce::254",
        "fe80::a9fe:a9fe",
        "169.254.42.42",
        "ff02::1",
    };
    struct rr_http_address_policy policy = { 0 };

    for (size_t i = 0; i < RR_COUNT(denied); i++)
        if (allows(&policy, denied[i]))
            fail_msg("%s is allowed", denied[i]);
}

static void f37_ipv6_forms_that_carry_a_denied_address_are_denied(void **state)
{
    (void)state;
    static const char *const denied[] = {
        "::ffff:127.0.0.1",         "::ffff:169.254.169.254", "::127.0.0.1",        "::169.254.169.254",
        "::ffff:0:169.254.169.254", "64:ff9b::127.0.0.1",     "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
        "64:ff9b:1:a9fe:a9:fe00::", "2002:7f00:1::",          "2002:a9fe:a9fe::1",  "2001:0:1:2:3:4:5601:5601",
    };
    struct rr_http_address_policy policy = { 0 };

    for (size_t i = 0; i < RR_COUNT(denied); i++)
        if (allows(&policy, denied[i]))
            fail_msg("%s is allowed", denied[i]);
}

static void f37_addresses_beside_the_denied_ones_are_allowed(void **state)
{
    (void)state;
    static const char *const allowed[] = {
        "1.0.0.0",          "10.0.0.1",        "126.255.255.255", "128.0.0.0",
        "169.253.255.255",  "169.255.0.0",     "172.16.0.1",      "192.168.1.1",
        "100.100.100.199",  "100.100.100.201", "223.255.255.255", "192.0.0.191",
        "168.63.129.17",    "2001:db8::1",     "2003::1",         "2001:1::1",
        "fd00:ec1::1",      "fd00:ec3::1",     "fe00::1",         "::ffff:10.0.0.1",
        "64:ff9b::8.8.8.8", "64:ff9b:2::1",    "fd00:42::41",     "fd00:c1::a9fe:a9fd",
        "fd00::1",          "fd00:100::1",     "fd20:ce::253",    "fd20::254",
    };
    struct rr_http_address_policy policy = { 0 };

    for (size_t i = 0; i < RR_COUNT(allowed); i++)
        if (!allows(&policy, allowed[i]))
            fail_msg("%s is denied", allowed[i]);
}

static void policy_allows_what_a_range_names_and_nothing_beside(void **state)
{
    (void)state;
    struct rr_http_address_policy policy = { 0 };
    struct rr_error err;

    assert_ok(rr_http_address_policy_allow(&policy, RR_LIT("127.0.0.1"), &err), err);
    assert_ok(rr_http_address_policy_allow(&policy, RR_LIT("169.254.16.0/20"), &err), err);
    assert_ok(rr_http_address_policy_allow(&policy, RR_LIT("fe80::/64"), &err), err);

    assert_true(allows(&policy, "127.0.0.1"));
    assert_true(allows(&policy, "::ffff:127.0.0.1"));
    assert_false(allows(&policy, "127.0.0.2"));
    assert_true(allows(&policy, "169.254.16.0"));
    assert_true(allows(&policy, "169.254.31.255"));
    assert_false(allows(&policy, "169.254.32.0"));
    assert_false(allows(&policy, "169.254.15.255"));
    assert_true(allows(&policy, "fe80::ffff"));
    assert_false(allows(&policy, "fe80:0:0:1::"));
    rr_http_address_policy_done(&policy);
}

static void policy_of_zero_bits_allows_one_family_whole(void **state)
{
    (void)state;
    struct rr_http_address_policy policy = { 0 };
    struct rr_error err;

    assert_ok(rr_http_address_policy_allow(&policy, RR_LIT("0.0.0.0/0"), &err), err);

    assert_true(allows(&policy, "127.0.0.1"));
    assert_true(allows(&policy, "255.255.255.255"));
    assert_false(allows(&policy, "::1"));
    rr_http_address_policy_done(&policy);
}

static void f37_denied_ranges_win_over_allowed_ones(void **state)
{
    (void)state;
    struct rr_http_address_policy policy = { 0 };
    struct rr_error err;

    assert_ok(rr_http_address_policy_allow(&policy, RR_LIT("0.0.0.0/0"), &err), err);
    assert_ok(rr_http_address_policy_allow(&policy, RR_LIT("::/0"), &err), err);
    assert_ok(rr_http_address_policy_deny(&policy, RR_LIT("10.96.0.0/12"), &err), err);
    assert_ok(rr_http_address_policy_deny(&policy, RR_LIT("fd00:1::/32"), &err), err);

    assert_false(allows(&policy, "10.96.0.1"));
    assert_false(allows(&policy, "::ffff:10.96.0.1"));
    assert_false(allows(&policy, "64:ff9b::10.96.0.1"));
    assert_false(allows(&policy, "10.111.255.255"));
    assert_true(allows(&policy, "10.112.0.0"));
    assert_false(allows(&policy, "fd00:1:2::3"));
    assert_true(allows(&policy, "fd00:2::"));
    rr_http_address_policy_done(&policy);
}

static void f37_server_of_ours_is_denied_at_its_port_alone(void **state)
{
    (void)state;
    struct test_server *ours = test_server_start(test_script_ok, NULL);
    struct test_server *store = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_address_policy policy = { 0 };
    struct rr_error err;
    assert_ok(rr_http_address_policy_allow(&policy, RR_LIT("127.0.0.0/8"), &err), err);
    assert_ok(rr_http_address_policy_deny_server(&policy, fixture_url(ours, ""), &err), err);
    struct rr_http_request refused = fixture_get(fixture_url(ours, "/")), taken = fixture_get(fixture_url(store, "/"));
    struct rr_http_request unlimited = refused;
    refused.addresses = taken.addresses = &policy;

    fixture_expect(loop, &refused, RR_E_ADDRESS_FORBIDDEN);
    fixture_expect_body(loop, &taken, "ok");
    assert_int_equal(test_server_connections(ours), 0);

    /* The same on a connection of another request (traps.md 2). */
    fixture_expect_body(loop, &unlimited, "ok");
    fixture_expect(loop, &refused, RR_E_ADDRESS_FORBIDDEN);
    assert_int_equal(test_server_requests(ours), 1);
    rr_http_address_policy_done(&policy);
    test_server_stop(store);
    test_server_stop(ours);
}

static void f37_server_of_ours_is_denied_behind_nat64(void **state)
{
    (void)state;
    rr_auto(http_address_policy) policy = { 0 };
    struct rr_error err;
    assert_ok(rr_http_address_policy_deny_server(&policy, RR_LIT("https://10.1.2.3:6443"), &err), err);
    struct sockaddr_storage address = address_of("64:ff9b::10.1.2.3");
    in_port_t *port = &((struct sockaddr_in6 *)&address)->sin6_port;

    *port = htons(6443);
    assert_false(rr_http_address_is_allowed(&policy, (const struct sockaddr *)&address));
    *port = htons(443);
    assert_true(rr_http_address_is_allowed(&policy, (const struct sockaddr *)&address));
}

/* Only the port of the URL, or that of its scheme, is denied. */
static void f37_server_of_ours_is_denied_at_the_port_that_its_url_means(void **state)
{
    (void)state;
    static const struct {
        const char *url, *address;
        int port; /* 0: no URL of a server */
    } rows[] = {
        { "http://10.1.2.3", "10.1.2.3", 80 },
        { "https://10.1.2.3", "10.1.2.3", 443 },
        { "http://10.1.2.3/path", "10.1.2.3", 80 },
        { "https://10.1.2.3/", "10.1.2.3", 443 },
        { "http://[2001:db8::7]", "2001:db8::7", 80 },
        { "https://[2001:db8::7]", "2001:db8::7", 443 },
        { "https://[2001:db8::7]:6443/path", "2001:db8::7", 6443 },
        { "http://10.1.2.3:1", "10.1.2.3", 1 },
        { "http://10.1.2.3:65535", "10.1.2.3", 65535 },
        { "https://10.1.2.3:80", "10.1.2.3", 80 },
        { "http://10.1.2.3:0", "10.1.2.3", 0 },
        { "http://10.1.2.3:65536", "10.1.2.3", 0 },
        { "https://10.1.2.3:", "10.1.2.3", 0 },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        rr_auto(http_address_policy) policy = { 0 };
        struct rr_error err = { 0 };
        bool denied = rr_http_address_policy_deny_server(&policy, rr_slice_from(rows[i].url), &err);
        if (denied != (rows[i].port > 0))
            fail_msg("%s: %s", rows[i].url, err.message);
        if (!denied)
            assert_int_equal(err.code, RR_E_BAD_INPUT);
        struct sockaddr_storage address = address_of(rows[i].address);
        for (int port = 0; port <= UINT16_MAX; port++) {
            ((struct sockaddr_in *)&address)->sin_port = htons((uint16_t)port); /* also the place of sin6_port */
            bool is_allowed = rr_http_address_is_allowed(&policy, (const struct sockaddr *)&address);
            if (is_allowed != (port != rows[i].port || !denied))
                fail_msg("%s: port %d", rows[i].url, port);
        }
        assert_int_equal(policy.server_count, denied ? 1 : 0);
        struct sockaddr_storage neighbour = address_of("10.1.2.4");
        ((struct sockaddr_in *)&neighbour)->sin_port = htons((uint16_t)rows[i].port);
        assert_true(rr_http_address_is_allowed(&policy, (const struct sockaddr *)&neighbour));
    }
}

static void policy_of_allowed_addresses_only_refuses_every_other(void **state)
{
    (void)state;
    rr_auto(http_address_policy) policy = { .only_allowed = true };
    struct rr_error err;
    assert_ok(rr_http_address_policy_allow(&policy, RR_LIT("169.254.170.2"), &err), err);
    assert_ok(rr_http_address_policy_allow(&policy, RR_LIT("fd00:ec2::23"), &err), err);

    assert_true(allows(&policy, "169.254.170.2"));
    assert_true(allows(&policy, "fd00:ec2::23"));
    assert_false(allows(&policy, "8.8.8.8"));
    assert_false(allows(&policy, "169.254.170.3"));
    assert_false(allows(&policy, "fd00:ec2::24"));
    assert_false(allows(&policy, "2001:db8::1"));
}

/* A range of NAT64 addresses is denied as it is written, whatever IPv4 address one carries. */
static void f37_denied_range_of_nat64_addresses_is_denied(void **state)
{
    (void)state;
    rr_auto(http_address_policy) policy = { 0 };
    struct rr_error err;
    assert_ok(rr_http_address_policy_deny(&policy, RR_LIT("64:ff9b::/96"), &err), err);

    assert_false(allows(&policy, "64:ff9b::8.8.8.8"));
    assert_true(allows(&policy, "8.8.8.8"));
}

static void server_that_has_no_address_cannot_be_denied(void **state)
{
    (void)state;
    struct rr_http_address_policy policy = { 0 };
    struct rr_error err;

    assert_false(rr_http_address_policy_deny_server(&policy, RR_LIT("https://no-such-host.invalid"), &err));
    assert_int_equal(err.code, RR_E_UNREACHABLE);
    assert_false(rr_http_address_policy_deny_server(&policy, RR_LIT("no URL"), &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_ok(rr_http_address_policy_deny_server(&policy, RR_LIT("https://[::1]"), &err), err);

    assert_int_equal(policy.server_count, 1);
    assert_int_equal(policy.servers[0].port, 443);
    assert_ok(rr_http_address_policy_deny_server(&policy, RR_LIT("http://mixed.test:6443/path"), &err), err);
    assert_int_equal(policy.server_count, 3);
    assert_int_equal(policy.servers[2].port, 6443);
    rr_http_address_policy_done(&policy);
}

static void policy_refuses_an_invalid_range(void **state)
{
    (void)state;
    const struct rr_slice bad[] = {
        { "", 0 },
        RR_LIT("localhost"),
        RR_LIT("10.0.0.0/33"),
        RR_LIT("fd00::/129"),
        RR_LIT("10.0.0.0/"),
        RR_LIT("10.0.0/8"),
        RR_LIT("/8"),
        RR_LIT("10.0.0.0/-1"),
        RR_LIT("10.0.0.0/8x"),
        RR_LIT("10.0.0.0/8/8"),
        RR_LIT("127.1"),
        RR_LIT("0x7f.0.0.1"),
        RR_LIT("10.0.0.0\0/8"),
        RR_LIT("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"),
    };
    struct rr_http_address_policy policy = { 0 };

    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        struct rr_error err = { 0 };
        if (rr_http_address_policy_allow(&policy, bad[i], &err))
            fail_msg("\"%.*s\" is taken", RR_ARG(bad[i]));
        assert_int_equal(err.code, RR_E_BAD_INPUT);
    }
    assert_int_equal(policy.allowed_count, 0);
}

static void address_of_another_family_is_denied(void **state)
{
    (void)state;
    struct rr_http_address_policy policy = { 0 };
    struct sockaddr unix_socket = { .sa_family = AF_UNIX };

    assert_false(rr_http_address_is_allowed(&policy, &unix_socket));
    assert_true(rr_http_address_is_near(&unix_socket));
}

/* curl turns all of these into one address: a filter over text would miss most of them. */
static void f37_every_spelling_of_a_host_is_refused(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0X7F000001",
        "017700000001",
        "0177.0.0.1",
        "0x7f.1",
        "0x7f.0x0.0x0.0x1",
        "0177.0.0.01",
        "0",
        "0.0.0.0",
        "localhost",
        "localhost.",
        "%31%32%37.0.0.1",
        "169.254.169.254",
        "2852039166",
        "0xA9FEA9FE",
        "025177524776",
        "0251.0376.0251.0376",
        "169.254.43518",
        "0xa9.0xfe.0xa9.0xfe",
        "169.16689662",
        "100.100.100.200",
        "denied.test",
    };
    struct rr_http_address_policy policy = { 0 };
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);

    for (size_t i = 0; i < RR_COUNT(hosts); i++) {
        struct rr_http_request request = fixture_get(fixture_text("http://%s:%d/", hosts[i], test_server_port(server)));
        request.addresses = &policy;
        request.connect_timeout_ms = 200;
        fixture_expect(loop, &request, RR_E_ADDRESS_FORBIDDEN);
    }

    assert_int_equal(test_server_connections(server), 0);
    test_server_stop(server);
}

static void f39_denied_address_of_several_is_skipped(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_http_address_policy policy = { 0 };
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    assert_ok(rr_http_address_policy_allow(&policy, RR_LIT("127.0.0.0/8"), &err), err);
    struct rr_http_request request = fixture_get(fixture_text("http://mixed.test:%d/", test_server_port(server)));
    request.addresses = &policy;

    fixture_expect_body(loop, &request, "ok");

    rr_http_address_policy_done(&policy);
    test_server_stop(server);
}

static void f39_name_with_denied_addresses_only_is_refused(void **state)
{
    (void)state;
    struct rr_http_address_policy policy = { 0 };
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_text("http://mixed.test:%d/", test_server_port(server)));
    request.addresses = &policy;

    fixture_expect(loop, &request, RR_E_ADDRESS_FORBIDDEN);

    assert_int_equal(test_server_connections(server), 0);
    test_server_stop(server);
}

/* One denied address must not turn an outage of the allowed one into a matter of permission. */
static void f39_allowed_address_that_refuses_is_unreachable(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_http_address_policy policy = { 0 };
    struct test_server *server = test_server_start(test_script_ok, NULL);
    int port = test_server_port(server);
    test_server_stop(server);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    assert_ok(rr_http_address_policy_allow(&policy, RR_LIT("127.0.0.0/8"), &err), err);
    struct rr_http_request request = fixture_get(fixture_text("http://mixed.test:%d/", port));
    request.addresses = &policy;

    fixture_expect(loop, &request, RR_E_UNREACHABLE);

    rr_http_address_policy_done(&policy);
}

static void trap02_policy_holds_on_a_connection_opened_by_another_request(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_http_address_policy open = { 0 }, closed = { 0 };
    struct test_server *server = test_server_start(test_script_ok, NULL);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    assert_ok(rr_http_address_policy_allow(&open, RR_LIT("127.0.0.0/8"), &err), err);
    struct rr_http_request allowed = fixture_get(fixture_url(server, "/a")),
                           refused = fixture_get(fixture_url(server, "/b"));
    allowed.addresses = &open;
    refused.addresses = &closed;

    fixture_expect_body(loop, &allowed, "ok");
    fixture_expect(loop, &refused, RR_E_ADDRESS_FORBIDDEN);

    assert_int_equal(test_server_requests(server), 1);
    fixture_expect_body(loop, &allowed, "ok");
    rr_http_address_policy_done(&open);
    test_server_stop(server);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f51_addresses_of_private_networks_are_near),
    cmocka_unit_test(f37_local_and_metadata_addresses_are_denied),
    cmocka_unit_test(f37_ipv6_forms_that_carry_a_denied_address_are_denied),
    cmocka_unit_test(f37_addresses_beside_the_denied_ones_are_allowed),
    cmocka_unit_test(policy_allows_what_a_range_names_and_nothing_beside),
    cmocka_unit_test(policy_of_zero_bits_allows_one_family_whole),
    cmocka_unit_test(f37_denied_ranges_win_over_allowed_ones),
    cmocka_unit_test(f37_server_of_ours_is_denied_at_its_port_alone),
    cmocka_unit_test(f37_server_of_ours_is_denied_behind_nat64),
    cmocka_unit_test(f37_server_of_ours_is_denied_at_the_port_that_its_url_means),
    cmocka_unit_test(policy_of_allowed_addresses_only_refuses_every_other),
    cmocka_unit_test(f37_denied_range_of_nat64_addresses_is_denied),
    cmocka_unit_test(server_that_has_no_address_cannot_be_denied),
    cmocka_unit_test(policy_refuses_an_invalid_range),
    cmocka_unit_test(address_of_another_family_is_denied),
    cmocka_unit_test(f37_every_spelling_of_a_host_is_refused),
    cmocka_unit_test(f39_denied_address_of_several_is_skipped),
    cmocka_unit_test(f39_name_with_denied_addresses_only_is_refused),
    cmocka_unit_test(f39_allowed_address_that_refuses_is_unreachable),
    cmocka_unit_test(trap02_policy_holds_on_a_connection_opened_by_another_request),
};

RR_TEST_MAIN(tests)
