/* SPDX-License-Identifier: Apache-2.0 */
#include "http_cause.h"
#include "http_internal.h"

#include <redisrestore/base/buf.h>

/* Advice for the user who set the endpoint. "": one text for all causes, where a status could be used to scan a network
 * (behaviour F-51). */
static const char *const advice[RR_CAUSE_COUNT] = {
    [RR_CAUSE_NAME_NOT_FOUND] = "check the host name and the DNS",
    [RR_CAUSE_NAME_TIMEOUT] = "check the DNS server",
    [RR_CAUSE_REFUSED] = "check the port, and whether the server is running",
    [RR_CAUSE_NO_ROUTE] = "check the host name, routes, network policies and firewalls",
    [RR_CAUSE_CONNECT_TIMEOUT] = "check host name and port, network policies and firewalls",
    [RR_CAUSE_SILENT] = "the server is overloaded, or the port belongs to another service",
    [RR_CAUSE_BROKEN] = "check the port, http or https, and the network between",
    [RR_CAUSE_PROXY] = "check the proxy's credentials and rules",
    [RR_CAUSE_CERTIFICATE_EXPIRED] = "renew the server's certificate, or that of its authority",
    [RR_CAUSE_CERTIFICATE_NOT_YET_VALID] = "check the clocks of the server and of this machine",
    [RR_CAUSE_CERTIFICATE_WRONG_NAME] = "use a host name of the certificate, or renew the certificate",
    [RR_CAUSE_CERTIFICATE_UNUSABLE] = "the log has the reason; replace the server's certificate",
};

static bool is_about_the_name(enum rr_cause cause)
{
    return cause == RR_CAUSE_NAME_NOT_FOUND || cause == RR_CAUSE_NAME_TIMEOUT;
}

void rr_http_set_unreachable(const struct rr_http_call *call, enum rr_cause cause, const char *detail,
                             struct rr_error *err)
{
    if (call->near && !is_about_the_name(cause))
        rr_error_set(err, RR_E_UNREACHABLE,
                     "connection failed: the server refused or closed it, or did not answer; check host name and port, "
                     "http or https, network policies and firewalls");
    else if (cause == RR_CAUSE_UNKNOWN)
        rr_error_set(err, RR_E_UNREACHABLE, "connection failed: check host name, port and the network between");
    else
        rr_error_set(err, RR_E_UNREACHABLE, "%s: %s", rr_cause_text(cause), advice[cause]);
    err->cause = cause;
    rr_detail(err, "%s", detail);
}

bool rr_http_fail_encoded(struct rr_error *err)
{
    return rr_fail(err, RR_E_BAD_REPLY, "the reply is compressed, which the request did not allow");
}

static struct rr_http_report report_of(const struct rr_http_call *call, CURLcode result)
{
    struct rr_http_report report = { .result = result, .words = call->curl_words };
    /* Each value stays 0 when curl has none. */
    (void)curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &report.os_error);
    (void)curl_easy_getinfo(call->easy, CURLINFO_SSL_VERIFYRESULT, &report.verify);
    (void)curl_easy_getinfo(call->easy, CURLINFO_PROXY_SSL_VERIFYRESULT, &report.proxy_verify);
    (void)curl_easy_getinfo(call->easy, CURLINFO_HTTP_CONNECTCODE, &report.proxy_status);
    return report;
}

/* curl's error text names the cause more precisely than its code does. */
static const char *words_of(const struct rr_http_report *report)
{
    if (report->result == CURLE_OK)
        return "the connection ended before the headers did";
    return report->words[0] != '\0' ? report->words : curl_easy_strerror(report->result);
}

/* The message may name the setting that holds the CA, since the caller chose it. */
static void say_unknown_authority(const struct rr_http_tls *tls, struct rr_error *err)
{
    const char *setting = tls != NULL ? tls->ca_setting : NULL;
    const char *text = rr_cause_text(RR_CAUSE_UNKNOWN_AUTHORITY);
    if (setting == NULL)
        rr_error_set(err, RR_E_TLS, "TLS: %s: give the CA certificate that signed it", text);
    else if (tls->ca_pem.len > 0)
        rr_error_set(err, RR_E_TLS, "TLS: %s: it is not signed by a CA of %s", text, setting);
    else
        rr_error_set(err, RR_E_TLS, "TLS: %s: set %s to the CA certificate that signed it", text, setting);
}

static bool fail_tls(const struct rr_http_call *call, const struct rr_http_report *report, struct rr_error *err)
{
    enum rr_cause cause = rr_http_report_cause(report);
    if (report->proxy_verify != 0 && cause != RR_CAUSE_UNKNOWN)
        rr_error_set(err, RR_E_TLS, "TLS with the proxy: %s: it is verified by the system's CA certificates",
                     rr_cause_text(cause));
    else if (cause == RR_CAUSE_UNKNOWN_AUTHORITY)
        say_unknown_authority(call->request.tls, err);
    else if (cause != RR_CAUSE_UNKNOWN)
        rr_error_set(err, RR_E_TLS, "TLS: %s: %s", rr_cause_text(cause), advice[cause]);
    else if (strstr(report->words, " alert ") != NULL)
        rr_error_set(err, RR_E_TLS,
                     "TLS: the server ended the handshake: it may require another TLS version, or a client certificate "
                     "that it trusts");
    else if (report->result == CURLE_SSL_CACERT_BADFILE || report->result == CURLE_SSL_CERTPROBLEM)
        rr_error_set(err, RR_E_TLS, "TLS: the CA, or the client certificate and its key, is not usable PEM");
    else
        rr_error_set(err, RR_E_TLS,
                     "TLS: the handshake failed: check that the port speaks TLS 1.2 or later, and not plain HTTP");
    err->cause = cause;
    rr_detail(err, "%s (curl %d, verify result %ld)", words_of(report), (int)report->result, report->verify);
    return false;
}

static bool judge(const struct rr_http_call *call, CURLcode result, struct rr_error *err)
{
    if (call->begun && (result == CURLE_OK || (result == CURLE_WRITE_ERROR && call->error_body_cut)))
        return true;
    if (call->error.code != RR_E_OK) { /* a callback ended the transfer and set the error */
        *err = call->error;
        return false;
    }
    if (call->address_denied && !call->address_tried)
        return rr_fail(
            err, RR_E_ADDRESS_FORBIDDEN,
            "the endpoint's address is not allowed (loopback, link-local, metadata, or denied by the operator)");
    struct rr_http_report report = report_of(call, result);
    if (rr_http_report_is_tls(&report))
        return fail_tls(call, &report, err);
    if (result == CURLE_BAD_CONTENT_ENCODING) /* curl 8 rejects a transfer coding before the headers are complete */
        return rr_http_fail_encoded(err);
    if (result == CURLE_URL_MALFORMAT)
        return rr_fail(err, RR_E_BAD_INPUT, "the request URL is not usable");
    rr_http_set_unreachable(call, rr_http_report_cause(&report), words_of(&report), err);
    return false;
}

bool rr_http_judge(const struct rr_http_call *call, CURLcode result, struct rr_error *err)
{
    bool whole = judge(call, result, err);
    if (!whole)
        err->http_status = call->reply.status;
    return whole;
}
