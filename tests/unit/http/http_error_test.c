/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "http_internal.h"

#define ONE_TEXT                                                                                                       \
    "connection failed: the server refused or closed it, or did not answer; check host name and port, http or https, " \
    "network policies and firewalls"

/* The message for the user who set the endpoint. At an address of a private network it says only whether the name
 * resolves. */
static void f51_each_cause_has_its_text_and_all_of_a_near_address_one(void **state)
{
    (void)state;
    static const struct {
        enum rr_cause cause;
        const char *text, *near_text;
    } rows[] = {
        { RR_CAUSE_UNKNOWN, "connection failed: check host name, port and the network between", ONE_TEXT },
        { RR_CAUSE_NAME_NOT_FOUND, "host name does not resolve: check the host name and the DNS",
          "host name does not resolve: check the host name and the DNS" },
        { RR_CAUSE_NAME_TIMEOUT, "host name was not resolved in time: check the DNS server",
          "host name was not resolved in time: check the DNS server" },
        { RR_CAUSE_REFUSED, "connection refused: check the port, and whether the server is running", ONE_TEXT },
        { RR_CAUSE_NO_ROUTE, "no route to host: check the host name, routes, network policies and firewalls",
          ONE_TEXT },
        { RR_CAUSE_CONNECT_TIMEOUT, "connection timed out: check host name and port, network policies and firewalls",
          ONE_TEXT },
        { RR_CAUSE_SILENT, "no reply in time: the server is overloaded, or the port belongs to another service",
          ONE_TEXT },
        { RR_CAUSE_BROKEN,
          "connection reset or closed before the reply was complete: check the port, http or https, and the network "
          "between",
          ONE_TEXT },
        { RR_CAUSE_PROXY, "proxy refused the connection: check the proxy's credentials and rules", ONE_TEXT },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        for (int near = 0; near <= 1; near++) {
            struct rr_http_call call = { .near = near == 1 };
            struct rr_error err = { .code = RR_E_OK, .http_status = 1, .retry_after_ms = 1 };

            rr_http_set_unreachable(&call, rows[i].cause, "the detail", &err);

            assert_string_equal(err.message, near == 1 ? rows[i].near_text : rows[i].text);
            assert_string_equal(err.detail, "the detail");
            assert_int_equal(err.code, RR_E_UNREACHABLE);
            assert_int_equal(err.cause, rows[i].cause);
        }
    }
}

#define DENIED "the endpoint's address is not allowed (loopback, link-local, metadata, or denied by the operator)"
#define CLOSED                                                                                                         \
    "connection reset or closed before the reply was complete: check the port, http or https, and the network between"

static const struct {
    CURLcode result;
    const char *words;
    bool begun, body_cut, denied, tried;
    enum rr_code own;  /* of a callback that ended the transfer */
    enum rr_code code; /* RR_E_OK: a whole reply */
    enum rr_cause cause;
    const char *message, *detail;
} ends[] = {
    { .result = CURLE_OK, .begun = true },
    { .result = CURLE_WRITE_ERROR, .begun = true, .body_cut = true },
    { .result = CURLE_WRITE_ERROR, .begun = true, .own = RR_E_TOO_BIG, .code = RR_E_TOO_BIG, .message = "own" },
    { .result = CURLE_WRITE_ERROR, .body_cut = true, .own = RR_E_BAD_REPLY, .code = RR_E_BAD_REPLY, .message = "own" },
    { .result = CURLE_PARTIAL_FILE,
      .begun = true,
      .body_cut = true,
      .code = RR_E_UNREACHABLE,
      .cause = RR_CAUSE_BROKEN,
      .message = CLOSED,
      .detail = "Transferred a partial file" },
    { .result = CURLE_OK,
      .code = RR_E_UNREACHABLE,
      .cause = RR_CAUSE_BROKEN,
      .message = CLOSED,
      .detail = "the connection ended before the headers did" },
    { .result = CURLE_GOT_NOTHING,
      .words = "Empty reply from server",
      .code = RR_E_UNREACHABLE,
      .cause = RR_CAUSE_BROKEN,
      .message = CLOSED,
      .detail = "Empty reply from server" },
    { .result = CURLE_COULDNT_CONNECT, .denied = true, .code = RR_E_ADDRESS_FORBIDDEN, .message = DENIED },
    { .result = CURLE_COULDNT_CONNECT,
      .denied = true,
      .tried = true,
      .code = RR_E_UNREACHABLE,
      .message = "connection failed: check host name, port and the network between",
      .detail = "Couldn't connect to server" },
    { .result = CURLE_BAD_CONTENT_ENCODING,
      .code = RR_E_BAD_REPLY,
      .message = "the reply is compressed, which the request did not allow" },
    { .result = CURLE_URL_MALFORMAT, .code = RR_E_BAD_INPUT, .message = "the request URL is not usable" },
    { .result = CURLE_SSL_CONNECT_ERROR,
      .words = "error: SSL routines::tlsv1 alert protocol version",
      .code = RR_E_TLS,
      .message = "TLS: the server ended the handshake: it may require another TLS version, or a client "
                 "certificate that it trusts",
      .detail = "error: SSL routines::tlsv1 alert protocol version (curl 35, verify result 0)" },
    { .result = CURLE_SSL_CONNECT_ERROR,
      .words = "error: SSL routines::wrong version number",
      .code = RR_E_TLS,
      .message = "TLS: the handshake failed: check that the port speaks TLS 1.2 or later, and not plain HTTP",
      .detail = "error: SSL routines::wrong version number (curl 35, verify result 0)" },
    { .result = CURLE_SSL_CACERT_BADFILE,
      .words = "bad CA",
      .code = RR_E_TLS,
      .message = "TLS: the CA, or the client certificate and its key, is not usable PEM",
      .detail = "bad CA (curl 77, verify result 0)" },
    { .result = CURLE_SSL_CERTPROBLEM,
      .words = "bad certificate",
      .code = RR_E_TLS,
      .message = "TLS: the CA, or the client certificate and its key, is not usable PEM",
      .detail = "bad certificate (curl 58, verify result 0)" },
    { .result = CURLE_SSL_CIPHER,
      .words = "no cipher",
      .code = RR_E_TLS,
      .message = "TLS: the handshake failed: check that the port speaks TLS 1.2 or later, and not plain HTTP",
      .detail = "no cipher (curl 59, verify result 0)" },
    { .result = CURLE_PEER_FAILED_VERIFICATION,
      .words = "no alternative name",
      .code = RR_E_TLS,
      .cause = RR_CAUSE_CERTIFICATE_WRONG_NAME,
      .message = "TLS: certificate is for another host name: use a host name of the certificate, or renew the "
                 "certificate",
      .detail = "no alternative name (curl 60, verify result 0)" },
};

static void end_of_a_transfer_is_judged(void **state)
{
    (void)state;
    rr_http_global_init();
    for (size_t i = 0; i < RR_COUNT(ends); i++) {
        struct rr_http_call call = { .begun = ends[i].begun,
                                     .error_body_cut = ends[i].body_cut,
                                     .address_denied = ends[i].denied,
                                     .address_tried = ends[i].tried };
        struct rr_error err = { 0 };
        call.easy = curl_easy_init();
        call.reply.status = 418;
        if (ends[i].words != NULL)
            (void)snprintf(call.curl_words, sizeof call.curl_words, "%s", ends[i].words);
        if (ends[i].own != RR_E_OK)
            rr_error_set(&call.error, ends[i].own, "own");

        bool is_whole = rr_http_judge(&call, ends[i].result, &err);

        if (is_whole != (ends[i].code == RR_E_OK))
            fail_msg("row %zu: %s", i, err.message);
        if (!is_whole) {
            assert_string_equal(err.message, ends[i].message);
            assert_string_equal(err.detail, ends[i].detail != NULL ? ends[i].detail : "");
            assert_string_equal(rr_code_name(err.code), rr_code_name(ends[i].code));
            assert_int_equal(err.cause, ends[i].cause);
            assert_int_equal(err.http_status, 418);
        }
        curl_easy_cleanup(call.easy);
    }
    rr_http_global_done();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f51_each_cause_has_its_text_and_all_of_a_near_address_one),
    cmocka_unit_test(end_of_a_transfer_is_judged),
};

RR_TEST_MAIN(tests)
