/* SPDX-License-Identifier: Apache-2.0 */
#include "http_cause.h"

#include <errno.h>

/* X509_V_ERR_... of OpenSSL's x509_vfy.h. These values are part of the OpenSSL ABI. Only crypto may include OpenSSL
 * headers. */
enum {
    VERIFY_OK = 0,
    VERIFY_UNSPECIFIED = 1,
    VERIFY_NO_ISSUER = 2,
    VERIFY_NOT_YET_VALID = 9,
    VERIFY_EXPIRED = 10,
    VERIFY_SELF_SIGNED = 18,
    VERIFY_SELF_SIGNED_IN_CHAIN = 19,
    VERIFY_NO_LOCAL_ISSUER = 20,
    VERIFY_NO_FIRST_SIGNATURE = 21,
};

enum { FIRST_ERROR_STATUS = 300 };

static bool says(const struct rr_http_report *report, const char *words)
{
    return strstr(report->words, words) != NULL;
}

/* curl uses one code for a failed handshake and for a connection that was closed during a handshake. TLS 1.3 reports a
 * rejected client certificate after the handshake, as a read failure. Only the error text differs. */
bool rr_http_report_is_tls(const struct rr_http_report *report)
{
    switch ((int)report->result) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
        return true;
    case CURLE_SSL_CONNECT_ERROR:
        return says(report, "SSL routines") && !says(report, "unexpected eof");
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return says(report, "SSL routines") && says(report, " alert ");
    default:
        return false;
    }
}

/* curl checks the host name, not OpenSSL. It does so before it stores OpenSSL's result, which is preset to 1. */
static enum rr_cause cause_of_certificate(long verify)
{
    switch (verify) {
    case VERIFY_OK:
    case VERIFY_UNSPECIFIED:
        return RR_CAUSE_CERTIFICATE_WRONG_NAME;
    case VERIFY_NO_ISSUER:
    case VERIFY_SELF_SIGNED:
    case VERIFY_SELF_SIGNED_IN_CHAIN:
    case VERIFY_NO_LOCAL_ISSUER:
    case VERIFY_NO_FIRST_SIGNATURE:
        return RR_CAUSE_UNKNOWN_AUTHORITY;
    case VERIFY_EXPIRED:
        return RR_CAUSE_CERTIFICATE_EXPIRED;
    case VERIFY_NOT_YET_VALID:
        return RR_CAUSE_CERTIFICATE_NOT_YET_VALID;
    default:
        return RR_CAUSE_CERTIFICATE_UNUSABLE;
    }
}

static enum rr_cause cause_of_connect(long os_error)
{
    switch (os_error) {
    case ECONNREFUSED:
        return RR_CAUSE_REFUSED;
    case ETIMEDOUT:
        return RR_CAUSE_CONNECT_TIMEOUT;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EACCES: /* a local firewall; also the next */
    case EPERM:
        return RR_CAUSE_NO_ROUTE;
    default:
        return RR_CAUSE_UNKNOWN;
    }
}

enum rr_cause rr_http_report_cause(const struct rr_http_report *report)
{
    if (report->proxy_status >= FIRST_ERROR_STATUS)
        return RR_CAUSE_PROXY;
    switch ((int)report->result) {
    case CURLE_PEER_FAILED_VERIFICATION:
        return cause_of_certificate(report->proxy_verify != VERIFY_OK ? report->proxy_verify : report->verify);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return RR_CAUSE_NAME_NOT_FOUND;
    case CURLE_COULDNT_CONNECT:
        return cause_of_connect(report->os_error);
    case CURLE_OPERATION_TIMEDOUT:
        return says(report, "Resolving timed out") ? RR_CAUSE_NAME_TIMEOUT : RR_CAUSE_CONNECT_TIMEOUT;
    case CURLE_OK: /* the connection ended before the end of the headers */
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
        return rr_http_report_is_tls(report) ? RR_CAUSE_UNKNOWN : RR_CAUSE_BROKEN;
    default:
        return RR_CAUSE_UNKNOWN;
    }
}
