#include "http_internal.h"

#include <errno.h>

/* One text for every way in which a peer does not answer, so that a status cannot be used to scan a network (behaviour
 * F-51). */
void rr_http_set_unreachable(struct rr_error *err, const char *detail)
{
    rr_error_set(err, RR_E_UNREACHABLE,
                 "no answer: the connection could not be made, or broke off before the reply was whole; check host "
                 "name, port and the network between");
    rr_detail(err, "%s", detail);
}

bool rr_http_fail_encoded(struct rr_error *err)
{
    return rr_fail(err, RR_E_BAD_REPLY, "the reply is compressed, which was not asked for");
}

/* curl's own words name the cause better than its code does. */
static const char *words_of(const struct rr_http_call *call, CURLcode result)
{
    if (result == CURLE_OK)
        return "the connection ended before the headers did";
    return call->curl_words[0] != '\0' ? call->curl_words : curl_easy_strerror(result);
}

static bool says(const struct rr_http_call *call, const char *words)
{
    return strstr(call->curl_words, words) != NULL;
}

static bool fail_tls(struct rr_error *err, const struct rr_http_call *call, CURLcode result)
{
    long verify = 0;
    (void)curl_easy_getinfo(call->easy, CURLINFO_SSL_VERIFYRESULT, &verify); /* stays 0 when there is none */
    if (result == CURLE_PEER_FAILED_VERIFICATION)
        rr_error_set(err, RR_E_TLS,
                     "TLS: the server's certificate is not trusted, has expired, or is not for this host; give the CA "
                     "that signed it");
    else if (says(call, " alert "))
        rr_error_set(err, RR_E_TLS,
                     "TLS: the server broke off; it may want another version, or a client certificate that it trusts");
    else if (result == CURLE_SSL_CACERT_BADFILE || result == CURLE_SSL_CERTPROBLEM)
        rr_error_set(err, RR_E_TLS, "TLS: the CA, or the client certificate and its key, is not usable PEM");
    else
        rr_error_set(
            err, RR_E_TLS,
            "TLS: no secure connection could be made; check that the port speaks TLS 1.2 or later, and not plain HTTP");
    rr_detail(err, "%s (curl %d, verify result %ld)", words_of(call, result), (int)result, verify);
    return false;
}

/* A peer that goes away inside a handshake may be back soon, but curl has one code for that and for a refusal. And what
 * a server of TLS 1.3 thinks of our certificate comes after the handshake, as a failure to read. Only the words differ.
 */
static bool is_tls(const struct rr_http_call *call, CURLcode result)
{
    static const CURLcode codes[] = {
        CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,       CURLE_SSL_CIPHER,    CURLE_SSL_CACERT_BADFILE,
        CURLE_SSL_ISSUER_ERROR,         CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT
    };
    if (result == CURLE_SSL_CONNECT_ERROR)
        return says(call, "SSL routines") && !says(call, "unexpected eof");
    if (result == CURLE_RECV_ERROR || result == CURLE_SEND_ERROR)
        return says(call, "SSL routines") && says(call, " alert ");
    for (size_t i = 0; i < RR_COUNT(codes); i++)
        if (codes[i] == result)
            return true;
    return false;
}

static enum rr_loss loss_of(const struct rr_http_call *call, CURLcode result)
{
    static const CURLcode broken[] = { CURLE_OK,         CURLE_GOT_NOTHING,  CURLE_RECV_ERROR,
                                       CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_SSL_CONNECT_ERROR };
    long os_error = 0;
    (void)curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &os_error); /* stays 0 when there is none */
    if (result == CURLE_COULDNT_RESOLVE_HOST || result == CURLE_COULDNT_RESOLVE_PROXY)
        return RR_LOSS_NAME;
    if (result == CURLE_COULDNT_CONNECT)
        return os_error == ECONNREFUSED ? RR_LOSS_REFUSED : RR_LOSS_OTHER;
    for (size_t i = 0; i < RR_COUNT(broken); i++)
        if (broken[i] == result)
            return RR_LOSS_BROKEN;
    return RR_LOSS_OTHER;
}

static bool judge(const struct rr_http_call *call, CURLcode result, struct rr_error *err)
{
    if (call->begun && (result == CURLE_OK || (result == CURLE_WRITE_ERROR && call->error_body_cut)))
        return true;
    if (call->error.code != RR_E_OK) { /* a callback ended it and said why */
        *err = call->error;
        return false;
    }
    if (call->address_denied && !call->address_tried)
        return rr_fail(
            err, RR_E_ADDRESS_FORBIDDEN,
            "the endpoint's address is not allowed (loopback, link-local, metadata, or denied by the operator)");
    if (is_tls(call, result))
        return fail_tls(err, call, result);
    if (result == CURLE_BAD_CONTENT_ENCODING) /* curl 8 refuses a transfer coding before the headers are whole */
        return rr_http_fail_encoded(err);
    if (result == CURLE_URL_MALFORMAT)
        return rr_fail(err, RR_E_BAD_INPUT, "the request URL is not usable");
    rr_http_set_unreachable(err, words_of(call, result));
    err->loss = loss_of(call, result);
    return false;
}

bool rr_http_judge(const struct rr_http_call *call, CURLcode result, struct rr_error *err)
{
    bool whole = judge(call, result, err);
    if (!whole)
        err->http_status = call->reply.status;
    return whole;
}
