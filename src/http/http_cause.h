/* SPDX-License-Identifier: Apache-2.0 */
/* http_cause: why a transfer failed, from what curl reports (behaviour F-51, F-54). Pure. */
#ifndef RR_HTTP_CAUSE_H
#define RR_HTTP_CAUSE_H

#include <redisrestore/base/error.h>

#include <curl/curl.h>

struct rr_http_report {
    CURLcode result;
    const char *words; /* of CURLOPT_ERRORBUFFER; "" if there are none */
    long os_error;     /* errno of the last connect; 0: unknown */
    long verify;       /* X509_V_ERR_... of the server's certificate; 0: none */
    long proxy_verify; /* the same of the proxy's certificate */
    long proxy_status; /* HTTP status of the proxy's answer to CONNECT; 0: none */
};

/* Whether the result means that TLS failed. A peer that closes the connection inside a handshake is not meant: it may
 * be back soon. */
bool rr_http_report_is_tls(const struct rr_http_report *report);
/* RR_CAUSE_UNKNOWN for failures of TLS that have nothing to do with the certificate. */
enum rr_cause rr_http_report_cause(const struct rr_http_report *report);

#endif
