/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "http_trust.h"

#include <sched.h>
#include <stdatomic.h>

struct world {
    struct test_cert ca, other_ca, cert;
    struct test_server *server;
    struct rr_http_loop *loop;
};

static void script_host(struct test_peer *peer, void *context)
{
    (void)context;
    while (test_peer_read(peer)) {
        const char *host = strstr(rr_buf_text(&peer->text), "Host: ");
        rr_auto(buf) name = RR_BUF(256);
        rr_buf_add(&name, rr_slice_first(rr_slice_from(host + 6), strcspn(host + 6, "\r")));
        test_peer_answer(peer, rr_buf_text(&name));
    }
}

static struct world begin_with(struct world world, bool wants_client)
{
    world.server = test_server_start_tls(&world.cert, wants_client ? world.ca.pem : NULL, script_host, NULL);
    world.loop = fixture_loop(0);
    return world;
}

static struct world begin(const char *names, int days, bool wants_client)
{
    struct world world = { .ca = test_ca_make("ca one"), .other_ca = test_ca_make("ca two") };
    world.cert = test_cert_issue(&world.ca, names, days);
    return begin_with(world, wants_client);
}

static void end(struct world *world)
{
    rr_http_loop_free(world->loop);
    test_server_stop(world->server);
    test_cert_done(&world->cert);
    test_cert_done(&world->ca);
    test_cert_done(&world->other_ca);
}

static struct rr_http_request get(const struct world *world, const struct rr_http_tls *tls)
{
    struct rr_http_request request =
        fixture_get(fixture_text("https://127.0.0.1:%d/", test_server_port(world->server)));
    request.tls = tls;
    return request;
}

static struct rr_http_tls trusting(const struct test_cert *ca)
{
    return (struct rr_http_tls){ .ca_pem = rr_slice_from(ca->pem) };
}

static void expect_answer(const struct world *world, const struct rr_http_tls *tls)
{
    struct rr_http_request request = get(world, tls);
    fixture_expect_body(world->loop, &request, fixture_text("127.0.0.1:%d", test_server_port(world->server)).ptr);
}

static void expect_refusal(const struct world *world, const struct rr_http_tls *tls)
{
    struct rr_http_request request = get(world, tls);
    fixture_expect(world->loop, &request, RR_E_TLS);
}

static void expect_cause(const struct world *world, const struct rr_http_tls *tls, enum rr_cause cause,
                         const char *message)
{
    struct rr_http_request request = get(world, tls);
    struct outcome outcome = fixture_ask(world->loop, &request);
    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_TLS);
    assert_string_equal(rr_cause_text(outcome.err.cause), rr_cause_text(cause));
    assert_string_equal(outcome.err.message, message);
}

static void server_of_a_trusted_ca_answers(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, false);
    struct rr_http_tls tls = trusting(&world.ca);

    expect_answer(&world, &tls);
    expect_answer(&world, &tls);

    assert_int_equal(test_server_connections(world.server), 1);
    end(&world);
}

static void f54_server_of_another_ca_is_refused(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, false);
    struct rr_http_tls other = trusting(&world.other_ca);

    expect_cause(&world, &other, RR_CAUSE_UNKNOWN_AUTHORITY,
                 "TLS: certificate signed by an unknown authority: give the CA certificate that signed it");
    expect_refusal(&world, NULL);

    assert_int_equal(test_server_requests(world.server), 0);
    end(&world);
}

static void f54_expired_certificate_is_refused(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", -1, false);
    struct rr_http_tls tls = trusting(&world.ca);

    expect_cause(&world, &tls, RR_CAUSE_CERTIFICATE_EXPIRED,
                 "TLS: certificate expired: renew the server's certificate, or that of its authority");

    end(&world);
}

static void f54_certificate_of_tomorrow_is_refused(void **state)
{
    (void)state;
    struct world world = { .ca = test_ca_make("ca one"), .other_ca = test_ca_make("ca two") };
    world.cert = test_cert_issue_for_later(&world.ca, "IP:127.0.0.1");
    world = begin_with(world, false);
    struct rr_http_tls tls = trusting(&world.ca);

    expect_cause(&world, &tls, RR_CAUSE_CERTIFICATE_NOT_YET_VALID,
                 "TLS: certificate not yet valid: check the clocks of the server and of this machine");

    end(&world);
}

static void f54_unknown_authority_names_the_setting(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, false);
    struct rr_http_tls none = { .ca_setting = "--ca-file" }, other = trusting(&world.other_ca);
    other.ca_setting = "--ca-file";

    expect_cause(&world, &none, RR_CAUSE_UNKNOWN_AUTHORITY,
                 "TLS: certificate signed by an unknown authority: set --ca-file to the CA certificate that signed it");
    expect_cause(&world, &other, RR_CAUSE_UNKNOWN_AUTHORITY,
                 "TLS: certificate signed by an unknown authority: it is not signed by a CA of --ca-file");

    end(&world);
}

static void f54_certificate_of_another_host_is_refused(void **state)
{
    (void)state;
    struct world world = begin("DNS:store.example,IP:127.0.0.2", 30, false);
    struct rr_http_tls tls = trusting(&world.ca);

    expect_cause(
        &world, &tls, RR_CAUSE_CERTIFICATE_WRONG_NAME,
        "TLS: certificate is for another host name: use a host name of the certificate, or renew the certificate");

    end(&world);
}

static void f54_tls_refusal_says_what_to_do_and_the_log_why(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, false);
    struct rr_http_tls other = trusting(&world.other_ca);
    struct rr_http_request request = get(&world, &other);

    struct outcome outcome = fixture_ask(world.loop, &request);

    assert_false(outcome.ok);
    assert_non_null(strstr(outcome.err.message, "unknown authority"));
    assert_non_null(strstr(outcome.err.detail, "unable to get local issuer certificate"));
    end(&world);
}

static void f54_ca_that_is_no_pem_is_refused(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, false);
    struct rr_http_tls garbage = { .ca_pem = RR_LIT("-----BEGIN CERTIFICATE-----\nMIIB\n") },
                       text = { .ca_pem = RR_LIT("hello") };

    expect_refusal(&world, &garbage);
    expect_refusal(&world, &text);

    end(&world);
}

/* Sends what is no TLS at once, whatever the client says. */
static void script_greet(struct test_peer *peer, void *context)
{
    test_peer_send(peer, context);
    test_peer_wait_closed(peer);
}

static void port_that_speaks_http_is_a_matter_of_tls(void **state)
{
    (void)state;
    static char greeting[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    struct test_server *server = test_server_start(script_greet, greeting);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_text("https://127.0.0.1:%d/", test_server_port(server)));

    fixture_expect(loop, &request, RR_E_TLS);

    test_server_stop(server);
}

static void script_leave(struct test_peer *peer, void *context)
{
    if (context != NULL)
        test_peer_reset(peer);
}

/* A server that restarts closes connections inside handshakes: this is temporary and needs no change of settings. */
static void interrupted_handshake_is_unreachable(void **state)
{
    (void)state;
    static char reset[] = "reset";
    char *const contexts[] = { NULL, reset };

    for (size_t i = 0; i < RR_COUNT(contexts); i++) {
        struct test_server *server = test_server_start(script_leave, contexts[i]);
        struct rr_http_loop *loop = fixture_loop(0);
        struct rr_http_request request = fixture_get(fixture_text("https://127.0.0.1:%d/", test_server_port(server)));
        fixture_expect(loop, &request, RR_E_UNREACHABLE);
        rr_http_loop_free(loop);
        test_server_stop(server);
    }
}

static void trap03_trust_of_one_is_no_trust_of_another(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, false);
    struct rr_http_tls good = trusting(&world.ca), bad = trusting(&world.other_ca);

    expect_answer(&world, &good);
    expect_refusal(&world, &bad);
    expect_refusal(&world, NULL);

    assert_int_equal(test_server_requests(world.server), 1);
    end(&world);
}

static struct rr_http_tls trusting_both(struct rr_buf *bundle, const struct test_cert *first,
                                        const struct test_cert *second)
{
    rr_buf_addf(bundle, "%s# the next\n%s", first->pem, second->pem);
    return (struct rr_http_tls){ .ca_pem = rr_buf_slice(bundle) };
}

static void trap04_every_ca_of_a_bundle_is_trusted(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, false);
    rr_auto(buf) one = RR_BUF(65536), other = RR_BUF(65536);
    struct rr_http_tls first = trusting_both(&one, &world.ca, &world.other_ca),
                       second = trusting_both(&other, &world.other_ca, &world.ca);

    expect_answer(&world, &first);
    expect_answer(&world, &second);

    end(&world);
}

static void trap04_intermediate_ca_is_trusted_without_its_root(void **state)
{
    (void)state;
    struct world world = { .ca = test_ca_make("ca one") };
    world.other_ca = test_ca_issue(&world.ca, "ca of ca one");
    world.cert = test_cert_issue(&world.other_ca, "IP:127.0.0.1", 30);
    world = begin_with(world, false);
    struct rr_http_tls intermediate = trusting(&world.other_ca);

    expect_answer(&world, &intermediate);

    end(&world);
}

static void f59_open_connections_keep_no_parsed_bundle(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, false);

    for (int i = 0; i < RR_HTTP_TRUSTS_MAX + 4; i++) {
        struct rr_http_tls tls = { .ca_pem = fixture_text("# %d\n%s", i, world.ca.pem) };
        expect_answer(&world, &tls);
    }

    assert_int_equal(test_server_connections(world.server), RR_HTTP_TRUSTS_MAX + 4);
    assert_int_equal(rr_trust_count(), RR_HTTP_TRUSTS_MAX);
    end(&world);
    assert_int_equal(rr_trust_count(), 0);
}

struct handshake {
    struct rr_buf bundle;
    struct rr_http_tls tls;
    struct rr_http_call *call;
};

/* A request that stays in its handshake, with a large bundle. */
static void begin_handshake(const struct world *world, struct rr_http_queue *queue, struct handshake *handshake,
                            int number)
{
    handshake->bundle = (struct rr_buf)RR_BUF(65536);
    rr_buf_addf(&handshake->bundle, "%d\n%s", number, world->ca.pem);
    while (handshake->bundle.len <= RR_HTTP_LARGE_BUNDLE_BYTES)
        rr_buf_add(&handshake->bundle, RR_LIT("# text\n"));
    handshake->tls = (struct rr_http_tls){ .ca_pem = rr_buf_slice(&handshake->bundle) };
    struct rr_http_request request = get(world, &handshake->tls);
    handshake->call = rr_http_submit(world->loop, queue, &request, NULL);
}

static void end_handshakes(struct rr_http_queue *queue, struct handshake *handshakes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rr_http_cancel(handshakes[i].call);
    for (struct rr_http_call *call; (call = rr_http_next(queue, fixture_in(20000), NULL)) != NULL;)
        rr_http_call_free(call);
    for (size_t i = 0; i < count; i++)
        rr_buf_done(&handshakes[i].bundle);
}

/* The server speaks no TLS. The request without TLS comes last, so the connections before it are accepted. */
static void f59_handshakes_with_large_bundles_are_few(void **state)
{
    (void)state;
    enum { BEYOND = RR_HTTP_LARGE_BUNDLES_MAX, SAME, ALL };
    struct world world = { .ca = test_ca_make("ca one"), .server = test_server_start(test_script_ok, NULL) };
    world.loop = fixture_loop(0);
    struct rr_http_queue queue;
    struct handshake handshakes[ALL] = { 0 };
    rr_http_queue_init(&queue);

    for (int i = 0; i < ALL; i++)
        begin_handshake(&world, &queue, &handshakes[i], i == SAME ? 0 : i);
    struct rr_http_request plain = fixture_get(fixture_url(world.server, "/"));
    fixture_expect_body(world.loop, &plain, "ok");
    assert_int_equal(test_server_connections(world.server), BEYOND + 2);

    end_handshakes(&queue, handshakes, ALL);
    rr_http_queue_done(&queue);
    end(&world);
}

static void wait_for_connections(const struct world *world, int count)
{
    while (test_server_connections(world->server) < count)
        (void)sched_yield();
}

/* The one that waits starts when a handshake ends. */
static void f59_large_bundle_waits_for_the_end_of_a_handshake(void **state)
{
    (void)state;
    enum { BEYOND = RR_HTTP_LARGE_BUNDLES_MAX, ALL };
    struct world world = { .ca = test_ca_make("ca one"), .server = test_server_start(test_script_ok, NULL) };
    world.loop = fixture_loop(0);
    struct rr_http_queue queue;
    struct handshake handshakes[ALL] = { 0 };
    rr_http_queue_init(&queue);
    for (int i = 0; i < ALL; i++)
        begin_handshake(&world, &queue, &handshakes[i], i);

    wait_for_connections(&world, BEYOND);

    rr_http_cancel(handshakes[0].call);

    wait_for_connections(&world, ALL);
    end_handshakes(&queue, handshakes, ALL);
    rr_http_queue_done(&queue);
    end(&world);
}

/* Both have the same first certificate, and the server resumes TLS sessions. 8.14 keeps sessions for all requests of a
 * loop, 7.88 for one handle. */
static void trap03_bundle_of_more_is_no_trust_of_its_first_certificate(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, false);
    rr_auto(buf) bundle = RR_BUF(65536);
    struct rr_http_tls both = trusting_both(&bundle, &world.other_ca, &world.ca), other = trusting(&world.other_ca);

    struct rr_http_request request = get(&world, &both);
    request.closes_connection = true;
    fixture_expect_body(world.loop, &request, fixture_text("127.0.0.1:%d", test_server_port(world.server)).ptr);
    expect_refusal(&world, &other);

    end(&world);
}

static void trap04_bundle_with_a_broken_certificate_is_refused(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, false);
    rr_auto(buf) bundle = RR_BUF(65536);
    rr_buf_addf(&bundle, "%s-----BEGIN CERTIFICATE-----\nMIIB\n", world.ca.pem);
    struct rr_http_tls broken = { .ca_pem = rr_buf_slice(&bundle) };

    expect_cause(&world, &broken, RR_CAUSE_UNKNOWN,
                 "TLS: the CA, or the client certificate and its key, is not usable PEM");

    assert_int_equal(test_server_requests(world.server), 0);
    end(&world);
}

static void trap03_insecure_connection_is_not_reused_by_the_secure(void **state)
{
    (void)state;
    struct world world = begin("DNS:store.example", 30, false);
    struct rr_http_tls insecure = { .insecure = true }, secure = trusting(&world.ca);

    expect_answer(&world, &insecure);
    expect_refusal(&world, &secure);

    assert_int_equal(test_server_requests(world.server), 1);
    end(&world);
}

static void client_certificate_is_shown(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, true);
    struct test_cert client = test_cert_issue(&world.ca, "DNS:client", 30);
    struct rr_http_tls tls = trusting(&world.ca);
    tls.client_cert_pem = rr_slice_from(client.pem);
    tls.client_key_pem = rr_slice_from(client.key_pem);

    expect_answer(&world, &tls);

    test_cert_done(&client);
    end(&world);
}

static void trap03_connection_of_a_client_certificate_is_not_reused_without(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, true);
    struct test_cert client = test_cert_issue(&world.ca, "DNS:client", 30);
    struct rr_http_tls without = trusting(&world.ca), with = without;
    with.client_cert_pem = rr_slice_from(client.pem);
    with.client_key_pem = rr_slice_from(client.key_pem);

    expect_answer(&world, &with);
    expect_refusal(&world, &without);

    assert_int_equal(test_server_requests(world.server), 1);
    test_cert_done(&client);
    end(&world);
}

static void client_key_of_another_certificate_is_refused(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, true);
    struct test_cert client = test_cert_issue(&world.ca, "DNS:client", 30);
    struct rr_http_tls tls = trusting(&world.ca), garbage = tls;
    tls.client_cert_pem = rr_slice_from(client.pem);
    tls.client_key_pem = rr_slice_from(world.cert.key_pem);
    garbage.client_cert_pem = garbage.client_key_pem = RR_LIT("hello");

    expect_refusal(&world, &tls);
    expect_refusal(&world, &garbage);

    test_cert_done(&client);
    end(&world);
}

static void server_name_is_what_the_certificate_must_name(void **state)
{
    (void)state;
    struct world world = begin("DNS:store.example", 30, false);
    struct rr_http_tls named = trusting(&world.ca), misnamed = named;
    named.server_name = "store.example";
    misnamed.server_name = "other.example";

    expect_answer(&world, &named); /* the Host header still names what is connected to */
    expect_refusal(&world, &misnamed);

    assert_int_equal(test_server_requests(world.server), 1);
    end(&world);
}

static void server_name_of_one_is_not_reused_by_another(void **state)
{
    (void)state;
    struct world world = begin("DNS:store.example,IP:127.0.0.1", 30, false);
    struct rr_http_tls plain = trusting(&world.ca), misnamed = plain;
    misnamed.server_name = "other.example";

    expect_answer(&world, &plain);
    expect_refusal(&world, &misnamed);

    end(&world);
}

/* Debian's default folder would be trusted beside the CA that was given, and switches curl's cache off. */
static void trap04_system_roots_are_read_once_and_never_from_a_folder(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, false);

    for (int i = 0; i < 3; i++)
        expect_refusal(&world, NULL);

    assert_int_equal(test_server_connections(world.server), 3);
    assert_int_equal(atomic_load(&fixture_ca_files), 1);
    assert_int_equal(atomic_load(&fixture_ca_folders), 0);
    end(&world);
}

static void trap04_given_ca_stands_alone(void **state)
{
    (void)state;
    struct world world = begin("IP:127.0.0.1", 30, false);
    struct rr_http_tls tls = trusting(&world.ca);

    expect_answer(&world, &tls);

    assert_int_equal(atomic_load(&fixture_ca_files), 0);
    assert_int_equal(atomic_load(&fixture_ca_folders), 0);
    end(&world);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(server_of_a_trusted_ca_answers),
    cmocka_unit_test(f54_server_of_another_ca_is_refused),
    cmocka_unit_test(f54_expired_certificate_is_refused),
    cmocka_unit_test(f54_certificate_of_tomorrow_is_refused),
    cmocka_unit_test(f54_unknown_authority_names_the_setting),
    cmocka_unit_test(f54_certificate_of_another_host_is_refused),
    cmocka_unit_test(f54_tls_refusal_says_what_to_do_and_the_log_why),
    cmocka_unit_test(f54_ca_that_is_no_pem_is_refused),
    cmocka_unit_test(port_that_speaks_http_is_a_matter_of_tls),
    cmocka_unit_test(interrupted_handshake_is_unreachable),
    cmocka_unit_test(trap03_trust_of_one_is_no_trust_of_another),
    cmocka_unit_test(trap04_every_ca_of_a_bundle_is_trusted),
    cmocka_unit_test(trap04_intermediate_ca_is_trusted_without_its_root),
    cmocka_unit_test(f59_open_connections_keep_no_parsed_bundle),
    cmocka_unit_test(f59_handshakes_with_large_bundles_are_few),
    cmocka_unit_test(f59_large_bundle_waits_for_the_end_of_a_handshake),
    cmocka_unit_test(trap03_bundle_of_more_is_no_trust_of_its_first_certificate),
    cmocka_unit_test(trap04_bundle_with_a_broken_certificate_is_refused),
    cmocka_unit_test(trap03_insecure_connection_is_not_reused_by_the_secure),
    cmocka_unit_test(client_certificate_is_shown),
    cmocka_unit_test(trap03_connection_of_a_client_certificate_is_not_reused_without),
    cmocka_unit_test(client_key_of_another_certificate_is_refused),
    cmocka_unit_test(server_name_is_what_the_certificate_must_name),
    cmocka_unit_test(server_name_of_one_is_not_reused_by_another),
    cmocka_unit_test(trap04_system_roots_are_read_once_and_never_from_a_folder),
    cmocka_unit_test(trap04_given_ca_stands_alone),
};

RR_TEST_MAIN(tests)
