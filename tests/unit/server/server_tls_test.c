/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/server/server.h>

#include "support/client.h"
#include "support/test_cert.h"

#include <openssl/ssl.h>
#include <sched.h>
#include <signal.h>

enum { LARGE_BYTES = 12 * 1024 * 1024 }; /* more than the sockets hold between the two ends */

static struct rr_server *server;
static struct test_cert ca, first, second;

static void on_get(void *context, const struct rr_server_request *request, struct rr_server_reply *out_reply)
{
    (void)context;
    out_reply->status = 200;
    rr_buf_add(&out_reply->body, RR_LIT("secret\n"));
    while (rr_slice_equals(request->path, RR_LIT("/large")) && out_reply->body.len < LARGE_BYTES)
        rr_buf_add(&out_reply->body, RR_LIT("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n"));
}

static struct rr_server_tls tls_of(const struct test_cert *certificate, const struct test_cert *key)
{
    return (struct rr_server_tls){ rr_slice_from(certificate->pem), rr_slice_from(key->key_pem) };
}

static bool start(const struct rr_server_tls *tls, struct rr_error *err)
{
    struct rr_server_options options = {
        .address = RR_LIT("127.0.0.1:0"), .what = "--flag", .handler = { NULL, on_get, NULL }, .tls = tls
    };
    return rr_server_start(&options, &server, err);
}

static int setup(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to connections that the server has closed */
    ca = test_ca_make("test CA");
    first = test_cert_issue(&ca, "DNS:first.example", 30);
    second = test_cert_issue(&ca, "DNS:second.example", 30);
    struct rr_server_tls tls = tls_of(&first, &first);
    struct rr_error err;
    assert_ok(start(&tls, &err), err);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rr_server_free(server);
    test_cert_done(&second);
    test_cert_done(&first);
    test_cert_done(&ca);
    return 0;
}

/* A TLS connection whose certificate must be for `name`; NULL when the handshake fails. */
static SSL *dial(const char *name, int highest_version)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.x509), 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_security_level(context, 0); /* the server must refuse old versions, not this client */
    assert_int_equal(SSL_CTX_set_max_proto_version(context, highest_version), 1);
    SSL *ssl = SSL_new(context);
    SSL_CTX_free(context);
    assert_int_equal(SSL_set1_host(ssl, name), 1);
    assert_int_equal(SSL_set_fd(ssl, client_dial(rr_server_port(server))), 1);
    if (SSL_connect(ssl) == 1)
        return ssl;
    (void)close(SSL_get_fd(ssl));
    SSL_free(ssl);
    return NULL;
}

/* Returns whether a request on the connection is answered. */
static bool is_answered(SSL *ssl)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n";
    char reply[2048] = "";
    size_t got = 0;
    if (SSL_write(ssl, request, sizeof(request) - 1) <= 0)
        return false;
    for (int more; strstr(reply, "secret\n") == NULL; got += (size_t)more) {
        more = SSL_read(ssl, reply + got, (int)(sizeof(reply) - 1 - got));
        if (more <= 0)
            return false;
    }
    return true;
}

static void hang_up(SSL *ssl)
{
    (void)close(SSL_get_fd(ssl));
    SSL_free(ssl);
}

static void assert_serves(const char *name)
{
    SSL *ssl = dial(name, TLS1_3_VERSION);
    assert_non_null(ssl);
    assert_true(is_answered(ssl));
    hang_up(ssl);
}

static void w11_certificate_is_served_by_tls_1_3_and_1_2(void **state)
{
    (void)state;
    assert_serves("first.example");
    SSL *ssl = dial("first.example", TLS1_2_VERSION);
    assert_non_null(ssl);
    assert_true(is_answered(ssl));
    hang_up(ssl);
    assert_null(dial("second.example", TLS1_3_VERSION));
}

static void w11_tls_below_1_2_is_refused(void **state)
{
    (void)state;
    assert_null(dial("first.example", TLS1_1_VERSION));
    assert_null(dial("first.example", TLS1_VERSION));
}

static void w11_plain_request_is_not_answered(void **state)
{
    (void)state;
    int fd = client_dial(rr_server_port(server));
    client_send(fd, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");

    assert_null(strstr(client_receive(fd, NULL), "secret"));
    (void)close(fd);
}

static void w11_new_certificate_is_for_new_connections_and_the_old_ones_end(void **state)
{
    (void)state;
    SSL *old = dial("first.example", TLS1_3_VERSION);
    assert_true(is_answered(old));
    struct rr_server_tls tls = tls_of(&second, &second);
    struct rr_error err;
    uint16_t port = rr_server_port(server);

    assert_ok(rr_server_set_tls(server, &tls, &err), err);

    assert_int_equal(rr_server_port(server), port);
    for (int i = 0; i < 10; i++)
        assert_serves("second.example");
    assert_false(is_answered(old));
    hang_up(old);
}

static void w11_pair_that_does_not_belong_together_leaves_the_old_one(void **state)
{
    (void)state;
    /* Not a truncated certificate: GnuTLS leaks memory on it, so the caller rejects it earlier
     * (scrape_certificate). */
    struct rr_server_tls bad[] = { tls_of(&second, &first),
                                   tls_of(&first, &second),
                                   { RR_LIT(""), rr_slice_from(second.key_pem) },
                                   { rr_slice_from(second.pem), RR_LIT("") } };
    for (size_t i = 0; i < RR_COUNT(bad); i++) {
        struct rr_error err = { 0 };
        assert_false(rr_server_set_tls(server, &bad[i], &err));
        assert_int_equal(err.code, RR_E_TLS);
        assert_null(strstr(err.message, "PRIVATE KEY"));
        assert_serves("first.example");
    }
}

static void w11_bad_pair_at_the_start_is_an_error(void **state)
{
    (void)state;
    struct rr_server_tls tls = tls_of(&second, &first);
    struct rr_error err = { 0 };
    rr_server_free(server);
    server = NULL;

    assert_false(start(&tls, &err));

    assert_int_equal(err.code, RR_E_TLS);
    assert_null(server);
}

/* Replies of the certificate before the last one must be finished: at most two daemons are there. */
static void w11_third_certificate_waits_for_a_reply_with_the_first_one(void **state)
{
    (void)state;
    static const char request[] = "GET /large HTTP/1.1\r\nHost: h\r\n\r\n";
    SSL *reader = dial("first.example", TLS1_3_VERSION);
    assert_int_equal(SSL_write(reader, request, sizeof(request) - 1), sizeof(request) - 1);
    char byte;
    assert_int_equal(SSL_read(reader, &byte, 1), 1); /* the reply has begun, and is not read any further */
    struct rr_server_tls tls = tls_of(&second, &second), third = tls_of(&first, &first);
    struct rr_error err;
    assert_ok(rr_server_set_tls(server, &tls, &err), err);

    assert_false(rr_server_set_tls(server, &third, &err));

    assert_int_equal(err.code, RR_E_CONFLICT);
    assert_serves("second.example");
    hang_up(reader);
    while (!rr_server_set_tls(server, &third, &err))
        (void)sched_yield();
    assert_serves("first.example");
}

static void w11_certificates_can_change_again_and_again(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct rr_server_tls tls = i % 2 == 0 ? tls_of(&second, &second) : tls_of(&first, &first);
        struct rr_error err = { 0 };
        while (!rr_server_set_tls(server, &tls, &err)) {
            assert_int_equal(err.code, RR_E_CONFLICT); /* connections of the earlier certificate have not ended yet */
            (void)sched_yield();
        }
        assert_serves(i % 2 == 0 ? "second.example" : "first.example");
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(w11_certificate_is_served_by_tls_1_3_and_1_2, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_tls_below_1_2_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_plain_request_is_not_answered, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_new_certificate_is_for_new_connections_and_the_old_ones_end, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_pair_that_does_not_belong_together_leaves_the_old_one, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_bad_pair_at_the_start_is_an_error, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_third_certificate_waits_for_a_reply_with_the_first_one, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_certificates_can_change_again_and_again, setup, teardown),
};
RR_TEST_MAIN(tests)
