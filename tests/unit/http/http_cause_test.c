/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "http_cause.h"

#include <errno.h>

static void expect_cause(struct rr_http_report report, enum rr_cause cause)
{
    if (report.words == NULL)
        report.words = "";
    if (rr_http_report_cause(&report) != cause)
        print_error("curl %d, errno %ld, verify %ld, \"%s\": %s instead of %s\n", (int)report.result, report.os_error,
                    report.verify, report.words, rr_cause_text(rr_http_report_cause(&report)), rr_cause_text(cause));
    assert_int_equal(rr_http_report_cause(&report), cause);
}

static void f51_each_errno_of_a_connect_has_a_cause(void **state)
{
    (void)state;
    static const struct {
        int os_error;
        enum rr_cause cause;
    } rows[] = {
        { ECONNREFUSED, RR_CAUSE_REFUSED }, { ETIMEDOUT, RR_CAUSE_CONNECT_TIMEOUT },
        { ENETUNREACH, RR_CAUSE_NO_ROUTE }, { EHOSTUNREACH, RR_CAUSE_NO_ROUTE },
        { EACCES, RR_CAUSE_NO_ROUTE },      { 0, RR_CAUSE_UNKNOWN },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++)
        expect_cause((struct rr_http_report){ .result = CURLE_COULDNT_CONNECT, .os_error = rows[i].os_error },
                     rows[i].cause);
}

static void f51_timeout_of_the_resolver_is_distinguished_from_timeout_of_the_connect(void **state)
{
    (void)state;
    expect_cause((struct rr_http_report){ .result = CURLE_OPERATION_TIMEDOUT,
                                          .words = "Resolving timed out after 5000 milliseconds" },
                 RR_CAUSE_NAME_TIMEOUT);
    expect_cause((struct rr_http_report){ .result = CURLE_OPERATION_TIMEDOUT,
                                          .words = "Connection timed out after 5000 milliseconds" },
                 RR_CAUSE_CONNECT_TIMEOUT);
    expect_cause((struct rr_http_report){ .result = CURLE_COULDNT_RESOLVE_PROXY }, RR_CAUSE_NAME_NOT_FOUND);
}

static void f54_each_verify_result_has_a_cause(void **state)
{
    (void)state;
    static const struct {
        long verify;
        enum rr_cause cause;
    } rows[] = {
        { 0, RR_CAUSE_CERTIFICATE_WRONG_NAME }, { 1, RR_CAUSE_CERTIFICATE_WRONG_NAME },
        { 2, RR_CAUSE_UNKNOWN_AUTHORITY },      { 9, RR_CAUSE_CERTIFICATE_NOT_YET_VALID },
        { 10, RR_CAUSE_CERTIFICATE_EXPIRED },   { 18, RR_CAUSE_UNKNOWN_AUTHORITY },
        { 19, RR_CAUSE_UNKNOWN_AUTHORITY },     { 20, RR_CAUSE_UNKNOWN_AUTHORITY },
        { 21, RR_CAUSE_UNKNOWN_AUTHORITY },     { 26, RR_CAUSE_CERTIFICATE_UNUSABLE }, /* unsuitable purpose */
        { 66, RR_CAUSE_CERTIFICATE_UNUSABLE },                                         /* key too small */
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        expect_cause((struct rr_http_report){ .result = CURLE_PEER_FAILED_VERIFICATION, .verify = rows[i].verify },
                     rows[i].cause);
        if (rows[i].verify != 0)
            expect_cause(
                (struct rr_http_report){ .result = CURLE_PEER_FAILED_VERIFICATION, .proxy_verify = rows[i].verify },
                rows[i].cause);
    }
}

static void connection_closed_in_a_handshake_is_broken_and_no_tls_failure(void **state)
{
    (void)state;
    struct rr_http_report closed = { .result = CURLE_SSL_CONNECT_ERROR,
                                     .words = "error:0A000126:SSL routines::unexpected eof while reading" },
                          refused = { .result = CURLE_SSL_CONNECT_ERROR,
                                      .words = "error:0A00010B:SSL routines::wrong version number" };

    assert_false(rr_http_report_is_tls(&closed));
    assert_true(rr_http_report_is_tls(&refused));
    expect_cause(closed, RR_CAUSE_BROKEN);
    expect_cause(refused, RR_CAUSE_UNKNOWN);
}

static void k06_answer_of_the_proxy_is_the_cause_whatever_curl_calls_it(void **state)
{
    (void)state;
    expect_cause((struct rr_http_report){ .result = CURLE_RECV_ERROR, .proxy_status = 407 }, RR_CAUSE_PROXY);
    expect_cause((struct rr_http_report){ .result = CURLE_COULDNT_CONNECT, .proxy_status = 502 }, RR_CAUSE_PROXY);
    expect_cause((struct rr_http_report){ .result = CURLE_RECV_ERROR, .proxy_status = 200 }, RR_CAUSE_BROKEN);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f51_each_errno_of_a_connect_has_a_cause),
    cmocka_unit_test(f51_timeout_of_the_resolver_is_distinguished_from_timeout_of_the_connect),
    cmocka_unit_test(f54_each_verify_result_has_a_cause),
    cmocka_unit_test(connection_closed_in_a_handshake_is_broken_and_no_tls_failure),
    cmocka_unit_test(k06_answer_of_the_proxy_is_the_cause_whatever_curl_calls_it),
};
RR_TEST_MAIN(tests)
