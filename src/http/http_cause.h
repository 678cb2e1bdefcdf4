/* SPDX-License-Identifier: Apache-2.0 */
/* http_cause: why a transfer failed, derived from curl's report (behaviour F-51, F-54). Pure. */
#ifndef RR_HTTP_CAUSE_H
#define RR_HTTP_CAUSE_H

#include <redisrestore/base/error.h>

#include <curl/curl.h>

struct rr_http_report {
    CURLcode result;
    const char *words; /* from CURLOPT_ERRORBUFFER; "" if there are none */
    long os_error;     /* errno of the last connect; 0: unknown */
    long verify;       /* X509_V_ERR_... of the server's certificate; 0: none */
    long proxy_verify; /* the same for the proxy's certificate */
    long proxy_status; /* HTTP status of the proxy's reply to CONNECT; 0: none */
};

/* Returns whether TLS failed. A connection that the peer closes during a handshake does not count: the peer may be back
 * soon. */
bool rr_http_report_is_tls(const struct rr_http_report *report);
/* Returns RR_CAUSE_UNKNOWN for TLS failures that are not about the certificate. */
enum rr_cause rr_http_report_cause(const struct rr_http_report *report);

#endif
