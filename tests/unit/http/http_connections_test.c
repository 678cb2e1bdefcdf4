/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "http_connections.h"

static const struct rr_http_identity one = { { 1 } }, other = { { 2 } };

static struct rr_http_place place_of(int local_port)
{
    struct rr_http_place place;
    rr_http_place_of("127.0.0.1", local_port, "10.0.0.1", 443, &place);
    return place;
}

static bool may_use(struct rr_http_connections *connections, int local_port, const struct rr_http_identity *identity)
{
    struct rr_http_place place = place_of(local_port);
    bool near;
    return rr_http_connections_may_use(connections, &place, identity, &near);
}

static void opened(struct rr_http_connections *connections, int local_port, const struct rr_http_identity *identity)
{
    struct rr_http_place place = place_of(local_port);
    rr_http_connections_opened(connections, &place, identity, false);
}

static void connection_is_used_by_its_own_identity_only(void **state)
{
    (void)state;
    struct rr_http_connections connections;
    rr_http_connections_init(&connections, 4);
    opened(&connections, 1, &one);

    assert_true(may_use(&connections, 1, &one));
    assert_false(may_use(&connections, 1, &other));
    assert_false(may_use(&connections, 2, &one));

    rr_http_connections_done(&connections);
}

static void new_connection_at_the_place_of_an_old_one_replaces_it(void **state)
{
    (void)state;
    struct rr_http_connections connections;
    rr_http_connections_init(&connections, 4);
    opened(&connections, 1, &one);
    opened(&connections, 1, &other);

    assert_false(may_use(&connections, 1, &one));
    assert_true(may_use(&connections, 1, &other));
    assert_int_equal(connections.count, 1);

    rr_http_connections_done(&connections);
}

static void full_table_forgets_the_connection_that_was_used_longest_ago(void **state)
{
    (void)state;
    struct rr_http_connections connections;
    rr_http_connections_init(&connections, 3);
    for (int port = 1; port <= 3; port++)
        opened(&connections, port, &one);
    assert_true(may_use(&connections, 1, &one));

    opened(&connections, 4, &one);

    assert_true(may_use(&connections, 1, &one));
    assert_false(may_use(&connections, 2, &one));
    assert_true(may_use(&connections, 3, &one));
    assert_true(may_use(&connections, 4, &one));
    rr_http_connections_done(&connections);
}

static void near_is_that_of_the_request_that_opened_the_connection(void **state)
{
    (void)state;
    struct rr_http_connections connections;
    rr_http_connections_init(&connections, 3);
    struct rr_http_place place = place_of(1);
    rr_http_connections_opened(&connections, &place, &one, true);
    bool near = false;

    assert_true(rr_http_connections_may_use(&connections, &place, &one, &near));

    assert_true(near);
    rr_http_connections_done(&connections);
}

/* Every pair of these must have connections of its own. */
static void trap10_requests_that_differ_in_trust_or_way_have_different_identities(void **state)
{
    (void)state;
    static struct rr_cidr range = { { 10 }, 8 }, longer = { { 10 }, 9 };
    static struct rr_http_peer peer = { { 10 }, 443 };
    static const struct rr_http_address_policy open = { 0 }, allowed = { .allowed = &range, .allowed_count = 1 },
                                               narrow = { .allowed = &longer, .allowed_count = 1 },
                                               only = { .allowed = &range, .allowed_count = 1, .only_allowed = true },
                                               denied = { .denied = &range, .denied_count = 1 },
                                               server = { .servers = &peer, .server_count = 1 };
    static const struct rr_http_tls ca = { .ca_pem = { "a", 1 } }, ca2 = { .ca_pem = { "b", 1 } },
                                    cert = { .client_cert_pem = { "a", 1 }, .client_key_pem = { "k", 1 } },
                                    key = { .client_cert_pem = { "a", 1 }, .client_key_pem = { "l", 1 } },
                                    cert2 = { .client_cert_pem = { "b", 1 }, .client_key_pem = { "k", 1 } },
                                    name = { .server_name = "a" }, name2 = { .server_name = "b" },
                                    insecure = { .insecure = true };
    static const struct rr_http_request requests[] = {
        { .url = { "https://a/", 10 } },
        { .url = { "http://a/", 9 } },
        { .url = { "https://b/", 10 } },
        { .url = { "https://a:8443/", 15 } },
        { .url = { "https://a/", 10 }, .proxy = "http://p:1" },
        { .url = { "https://a/", 10 }, .proxy = "http://q:1" },
        { .url = { "https://a/", 10 }, .proxy = "http://me:one@p:1" },
        { .url = { "https://a/", 10 }, .proxy = "http://me:two@p:1" },
        { .url = { "https://a/", 10 }, .addresses = &open },
        { .url = { "https://a/", 10 }, .addresses = &allowed },
        { .url = { "https://a/", 10 }, .addresses = &narrow },
        { .url = { "https://a/", 10 }, .addresses = &only },
        { .url = { "https://a/", 10 }, .addresses = &denied },
        { .url = { "https://a/", 10 }, .addresses = &server },
        { .url = { "https://a/", 10 }, .tls = &ca },
        { .url = { "https://a/", 10 }, .tls = &ca2 },
        { .url = { "https://a/", 10 }, .tls = &cert },
        { .url = { "https://a/", 10 }, .tls = &key },
        { .url = { "https://a/", 10 }, .tls = &cert2 },
        { .url = { "https://a/", 10 }, .tls = &name },
        { .url = { "https://a/", 10 }, .tls = &name2 },
        { .url = { "https://a/", 10 }, .tls = &insecure },
    };
    struct rr_http_identity identities[RR_COUNT(requests)];

    for (size_t i = 0; i < RR_COUNT(requests); i++) {
        rr_http_identity_of(&requests[i], NULL, &identities[i]);
        for (size_t k = 0; k < i; k++)
            if (memcmp(&identities[i], &identities[k], sizeof identities[i]) == 0)
                fail_msg("requests %zu and %zu have one identity", k, i);
    }
}

/* The digest stands for the bundle: without it all large bundles would be one. */
static void trap10_large_bundles_that_differ_have_different_identities(void **state)
{
    (void)state;
    static const struct rr_http_tls ca = { .ca_pem = { "a", 1 } };
    static const struct rr_http_request request = { .url = { "https://a/", 10 }, .tls = &ca };
    static const uint8_t digests[][RR_SHA256_BYTES] = { { 1 }, { 2 } };
    struct rr_http_identity first, second, again;

    rr_http_identity_of(&request, digests[0], &first);
    rr_http_identity_of(&request, digests[1], &second);
    rr_http_identity_of(&request, digests[0], &again);

    assert_memory_not_equal(&first, &second, sizeof first);
    assert_memory_equal(&first, &again, sizeof first);
}

static void requests_that_differ_in_path_and_headers_alone_have_one_identity(void **state)
{
    (void)state;
    static const struct rr_http_tls none = { 0 };
    static const struct rr_http_header header = { { "A", 1 }, { "b", 1 } };
    static const struct rr_http_request first = { .url = { "https://a/", 10 } }, second = {
        .url = { "https://a/x?y", 13 }, .tls = &none, .headers = &header, .header_count = 1, .method = "PUT"
    };
    struct rr_http_identity identities[2];

    rr_http_identity_of(&first, NULL, &identities[0]);
    rr_http_identity_of(&second, NULL, &identities[1]);

    assert_memory_equal(&identities[0], &identities[1], sizeof identities[0]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(connection_is_used_by_its_own_identity_only),
    cmocka_unit_test(new_connection_at_the_place_of_an_old_one_replaces_it),
    cmocka_unit_test(full_table_forgets_the_connection_that_was_used_longest_ago),
    cmocka_unit_test(near_is_that_of_the_request_that_opened_the_connection),
    cmocka_unit_test(trap10_requests_that_differ_in_trust_or_way_have_different_identities),
    cmocka_unit_test(trap10_large_bundles_that_differ_have_different_identities),
    cmocka_unit_test(requests_that_differ_in_path_and_headers_alone_have_one_identity),
};
RR_TEST_MAIN(tests)
