/* SPDX-License-Identifier: Apache-2.0 */
#include "http_internal.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/crypto/encode.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>

#ifndef RR_VERSION
#error "RR_VERSION is set by the build"
#endif

enum { HEADER_LINE_MAX_BYTES = 32 * 1024, CA_COMMENT_MAX_BYTES = 128 };

static int64_t now_ms(const struct rr_http_call *call)
{
    return rr_clock_monotonic_ms(call->loop->clock);
}

/* --- callbacks of a transfer, on the loop's thread --- */

static curl_socket_t on_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct rr_http_call *call = context;
    (void)purpose;
    call->socket_opened = true;
    if (call->request.addresses == NULL || call->request.proxy != NULL)
        return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (!rr_http_address_is_allowed(call->request.addresses, &address->addr)) {
        call->address_denied = true;
        return CURL_SOCKET_BAD; /* curl continues with the name's next address */
    }
    call->address_tried = true;
    call->near = call->near || rr_http_address_is_near(&address->addr);
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A kernel may lack one of these options. The idle timeout still applies then. */
static void keep_alive(curl_socket_t fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        { SOL_SOCKET, SO_KEEPALIVE, 1 },
        { IPPROTO_TCP, TCP_KEEPIDLE, RR_HTTP_KEEPALIVE_IDLE_S },
        { IPPROTO_TCP, TCP_KEEPINTVL, RR_HTTP_KEEPALIVE_INTERVAL_S },
        { IPPROTO_TCP, TCP_KEEPCNT, RR_HTTP_KEEPALIVE_COUNT },
        { IPPROTO_TCP, TCP_USER_TIMEOUT, RR_HTTP_USER_TIMEOUT_MS },
    };
    for (size_t i = 0; i < RR_COUNT(options); i++)
        (void)setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(options[i].value));
}

/* Not done when the socket is opened: a watch may reuse a connection that another request opened. */
void rr_http_easy_polled(CURL *easy, curl_socket_t fd)
{
    char *private = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private) != CURLE_OK || private == NULL)
        return;
    const struct rr_http_call *call = (const struct rr_http_call *)(const void *)private;
    if (call->request.tcp_keepalive)
        keep_alive(fd); /* at each call: the first may be for the resolver's socket */
}

/* The handshake is over. Idle connections would keep the parsed bundles of all objects. */
static void forget_trust(struct rr_http_call *call)
{
    struct curl_tlssessioninfo *session = NULL;
    if (call->trust_given && curl_easy_getinfo(call->easy, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK &&
        session != NULL && session->internals != NULL)
        rr_trust_release(session->internals);
    call->trust_given = false;
}

/* Called for reused connections too, where no socket is opened: every request passes here. curl 8.14 sends http:// on a
 * connection of https:// to the same host and port. No version compares a proxy's password or our address policy
 * (traps.md 2, 10). */
static int on_before_request(void *context, char *peer, char *local, int peer_port, int local_port)
{
    struct rr_http_call *call = context;
    struct rr_http_connections *connections = &call->loop->connections;
    struct rr_http_place place;
    rr_http_place_of(local, local_port, peer, peer_port, &place);
    if (call->socket_opened)
        rr_http_connections_opened(connections, &place, &call->identity, call->near);
    call->socket_opened = false;
    forget_trust(call);
    call->foreign = !rr_http_connections_may_use(connections, &place, &call->identity, &call->near);
    if (call->foreign)
        return CURL_PREREQFUNC_ABORT;
    call->sent_at_ms = now_ms(call);
    if (call->sent_at_ms < call->request.deadline_ms)
        return CURL_PREREQFUNC_OK;
    /* The process was paused past the deadline. Another process may own the write by now (behaviour L-10). */
    rr_error_set(&call->error, RR_E_TIMEOUT, "the deadline passed before the request could be sent");
    return CURL_PREREQFUNC_ABORT;
}

/* --- options --- */

static bool add_header_line(struct rr_http_call *call, struct rr_slice line, struct rr_error *err)
{
    rr_auto(buf) text = RR_SECRET_BUF(HEADER_LINE_MAX_BYTES); /* the value may be an Authorization header */
    rr_buf_add(&text, line);
    if (!rr_buf_ok(&text, err))
        return rr_context(err, "request header");
    struct curl_slist *longer = curl_slist_append(call->header_list, rr_buf_text(&text));
    if (longer == NULL)
        rr_die("out of memory");
    call->header_list = longer;
    return true;
}

static bool has_header(const struct rr_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (rr_slice_equals_nocase(request->headers[i].name, rr_slice_from(name)))
            return true;
    return false;
}

static bool add_headers(struct rr_http_call *call, struct rr_error *err)
{
    for (size_t i = 0; i < call->request.header_count; i++) {
        const struct rr_http_header *header = &call->request.headers[i];
        rr_auto(buf) line = RR_SECRET_BUF(HEADER_LINE_MAX_BYTES);
        rr_buf_add(&line, header->name);
        /* curl removes the header for "Name:" and sends an empty value for "Name;". */
        rr_buf_add(&line, rr_slice_trim(header->value).len > 0 ? RR_LIT(": ") : RR_LIT(";"));
        rr_buf_add(&line, header->value);
        if (!rr_buf_ok(&line, err) || !add_header_line(call, rr_buf_slice(&line), err))
            return false;
    }
    if (!has_header(&call->request, "Content-Type") && !add_header_line(call, RR_LIT("Content-Type:"), err))
        return false;
    return add_header_line(call, RR_LIT("Expect:"), err);
}

#define SET(option, value)                                                                                             \
    do {                                                                                                               \
        CURLcode set_ = curl_easy_setopt(call->easy, (option), (value));                                               \
        if (set_ != CURLE_OK) {                                                                                        \
            rr_error_set(err, RR_E_INTERNAL, "curl refuses %s", #option);                                              \
            rr_detail(err, "%s", curl_easy_strerror(set_));                                                            \
            return false;                                                                                              \
        }                                                                                                              \
    } while (0)

/* Not copied: the request's buffers outlive the handle. A bundle is 200 KiB, for each handle. */
static bool set_blob(struct rr_http_call *call, CURLoption option, struct rr_slice pem, struct rr_error *err)
{
    struct curl_blob blob = { .data = (void *)(uintptr_t)pem.ptr, .len = pem.len, .flags = CURL_BLOB_NOCOPY };
    SET(option, &blob);
    return true;
}

/* curl reads CAINFO_BLOB after it calls this, when the first bytes of the server come, into the store of this SSL_CTX:
 * it adds a certificate that the store has already. */
static CURLcode on_new_tls(CURL *easy, void *ssl_ctx, void *context)
{
    struct rr_http_call *call = context;
    struct rr_trust *trust = rr_http_trusts_get(&call->loop->trusts, call->request.tls->ca_pem);
    (void)easy;
    if (trust == NULL)
        return CURLE_SSL_CACERT_BADFILE;
    rr_trust_apply(trust, ssl_ctx);
    call->trust_given = true;
    return CURLE_OK;
}

static bool is_tls_to_proxy(const struct rr_http_request *request)
{
    return request->proxy != NULL && rr_slice_starts_with(rr_slice_from(request->proxy), RR_LIT("https://"));
}

/* The callback sets the CA, so that connections share its parsed form. curl does not compare what a callback does
 * before it reuses a connection or a TLS session (traps.md 3), but it compares CAINFO_BLOB: this one has one
 * certificate of the bundle, and the identity as a comment. curl calls the callback for TLS to the proxy too, which
 * does not use this CA: then, and for a bundle of another form, curl parses the whole bundle. */
static bool set_ca(struct rr_http_call *call, struct rr_error *err)
{
    struct rr_slice pem = call->request.tls->ca_pem, first = rr_trust_first_pem(pem);
    if (first.len == 0 || is_tls_to_proxy(&call->request))
        return set_blob(call, CURLOPT_CAINFO_BLOB, pem, err);
    call->ca_pem = (struct rr_buf)RR_BUF(first.len + CA_COMMENT_MAX_BYTES);
    char identity[2 * sizeof call->identity.digest + 1];
    rr_hex(call->identity.digest, sizeof call->identity.digest, identity);
    rr_buf_addf(&call->ca_pem, "identity %s\n", identity);
    rr_buf_add(&call->ca_pem, first);
    rr_buf_add_byte(&call->ca_pem, '\n');
    if (!rr_buf_ok(&call->ca_pem, err) || !set_blob(call, CURLOPT_CAINFO_BLOB, rr_buf_slice(&call->ca_pem), err))
        return false;
    SET(CURLOPT_SSL_CTX_FUNCTION, on_new_tls);
    SET(CURLOPT_SSL_CTX_DATA, call);
    return true;
}

static bool set_tls(struct rr_http_call *call, struct rr_error *err)
{
    const struct rr_http_tls *tls = call->request.tls;
    bool verify = tls == NULL || !tls->insecure;
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
    SET(CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
    /* Debian sets a default CA folder. With one, the system roots would be trusted together with our CA, and curl's CA
     * cache would be off. */
    SET(CURLOPT_CAPATH, (char *)NULL);
    if (tls == NULL || !rr_slice_starts_with(call->request.url, RR_LIT("https://")))
        return true; /* a connection without TLS would keep an unused copy */
    if (tls->ca_pem.len > 0 && !set_ca(call, err))
        return false;
    if (tls->client_cert_pem.len > 0) {
        SET(CURLOPT_SSLCERTTYPE, "PEM");
        SET(CURLOPT_SSLKEYTYPE, "PEM");
        return set_blob(call, CURLOPT_SSLCERT_BLOB, tls->client_cert_pem, err) &&
               set_blob(call, CURLOPT_SSLKEY_BLOB, tls->client_key_pem, err);
    }
    return true;
}

static bool is_default_port(const struct rr_http_url *url)
{
    return url->port.len == 0 || rr_slice_equals(url->port, RR_LIT("443"));
}

/* curl verifies only the URL's host. When the certificate names another host, that name goes into the URL, and the real
 * host into CONNECT_TO and Host. curl compares all except Host before it reuses a connection. */
static bool set_server_name(struct rr_http_call *call, const struct rr_http_url *url, struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(2 * RR_HTTP_URL_MAX_BYTES);
    rr_buf_addf(&text, "https://%s%s%.*s%.*s", call->request.tls->server_name, url->port.len > 0 ? ":" : "",
                RR_ARG(url->port), RR_ARG(url->target));
    SET(CURLOPT_URL, rr_buf_text(&text));
    rr_buf_clear(&text);
    rr_buf_addf(&text, "::%.*s:%.*s", RR_ARG(url->host), RR_ARG(url->port));
    call->connect_to = curl_slist_append(NULL, rr_buf_text(&text));
    SET(CURLOPT_CONNECT_TO, call->connect_to);
    if (has_header(&call->request, "Host"))
        return true;
    rr_buf_clear(&text);
    rr_buf_addf(&text, "Host: %.*s", RR_ARG(is_default_port(url) ? url->host : url->authority));
    return add_header_line(call, rr_buf_slice(&text), err);
}

static bool set_url(struct rr_http_call *call, struct rr_error *err)
{
    const struct rr_http_tls *tls = call->request.tls;
    struct rr_http_url url;
    if (!rr_http_url_split(call->request.url, &url, err))
        return false;
    if (tls != NULL && tls->server_name != NULL && rr_slice_equals(url.scheme, RR_LIT("https")))
        return set_server_name(call, &url, err);
    rr_auto(buf) text = RR_BUF(RR_HTTP_URL_MAX_BYTES);
    rr_buf_add(&text, call->request.url);
    SET(CURLOPT_URL, rr_buf_text(&text));
    return true;
}

/* A write without a body needs "Content-Length: 0". Without it servers may answer 411. */
static bool is_write(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
}

static bool set_method_and_body(struct rr_http_call *call, struct rr_error *err)
{
    const struct rr_http_request *request = &call->request;
    if (request->body.len > 0 || is_write(request->method)) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        SET(CURLOPT_POSTFIELDS, request->body.len > 0 ? request->body.ptr : "");
    } else if (strcmp(request->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
        return true;
    }
    SET(CURLOPT_CUSTOMREQUEST, request->method);
    return true;
}

/* Keep the server's settings from the proxy: CONNECT does not have the server's headers, and TLS to the proxy does not
 * use the server's CA or client certificate. */
static bool set_proxy(struct rr_http_call *call, struct rr_error *err)
{
    const char *proxy = call->request.proxy;
    SET(CURLOPT_PROXY, proxy != NULL ? proxy : "");
    SET(CURLOPT_NOPROXY, "");
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (proxy == NULL)
        return true;
    SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    SET(CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    return true;
}

/* Disable everything that does not come from the request: proxies, .netrc, redirects, user names, other protocols. */
static bool set_boundaries(struct rr_http_call *call, struct rr_error *err)
{
    const struct rr_http_request *request = &call->request;
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* a name that resolves slowly must not block the loop */
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_BUFFERSIZE, (long)(request->receives_much ? RR_HTTP_LARGE_BUFFER_BYTES : RR_HTTP_BUFFER_BYTES));
    SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)RR_HTTP_BUFFER_BYTES); /* freeing 64 KiB makes malloc consolidate the heap */
    SET(CURLOPT_USERAGENT, "redisrestore/" RR_VERSION);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)rr_http_or_default(request->connect_timeout_ms, RR_HTTP_CONNECT_TIMEOUT_MS));
    SET(CURLOPT_FRESH_CONNECT, request->fresh_connection || call->fresh ? 1L : 0L);
    SET(CURLOPT_FORBID_REUSE, request->closes_connection ? 1L : 0L);
    if (request->fresh_connection)
        SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L); /* resolve again each time (behaviour R-20) */
    return true;
}

static bool set_callbacks(struct rr_http_call *call, struct rr_error *err)
{
    SET(CURLOPT_PRIVATE, call);
    SET(CURLOPT_ERRORBUFFER, call->curl_words);
    SET(CURLOPT_HEADERFUNCTION, rr_http_on_header);
    SET(CURLOPT_HEADERDATA, call);
    SET(CURLOPT_WRITEFUNCTION, rr_http_on_body);
    SET(CURLOPT_WRITEDATA, call);
    SET(CURLOPT_PREREQFUNCTION, on_before_request);
    SET(CURLOPT_PREREQDATA, call);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    SET(CURLOPT_OPENSOCKETDATA, call);
    return true;
}

bool rr_http_easy_prepare(struct rr_http_call *call, struct rr_error *err)
{
    if (!rr_http_request_check(&call->request, err))
        return false;
    rr_http_identity_of(&call->request, call->has_large_bundle ? call->bundle_digest : NULL, &call->identity);
    size_t body_max = call->request.body_max_bytes > 0 ? call->request.body_max_bytes : RR_HTTP_BODY_DEFAULT_MAX;
    call->reply.headers = (struct rr_buf)RR_BUF(RR_HTTP_HEADERS_MAX_BYTES);
    call->reply.body = (struct rr_buf)RR_BUF(body_max);
    call->reply.body.secret = call->request.body_is_secret;
    call->easy = curl_easy_init();
    if (call->easy == NULL)
        rr_die("out of memory");
    if (!set_boundaries(call, err) || !set_proxy(call, err) || !set_tls(call, err) || !set_url(call, err) ||
        !set_method_and_body(call, err) || !add_headers(call, err) || !set_callbacks(call, err))
        return false;
    SET(CURLOPT_HTTPHEADER, call->header_list);
    return true;
}

void rr_http_easy_release(struct rr_http_call *call)
{
    curl_easy_cleanup(call->easy);
    call->easy = NULL;
    for (struct curl_slist *header = call->header_list; header != NULL; header = header->next)
        rr_wipe(header->data, strlen(header->data)); /* one of them has a signature or a token */
    curl_slist_free_all(call->header_list);
    curl_slist_free_all(call->connect_to);
    call->header_list = call->connect_to = NULL;
    rr_buf_done(&call->ca_pem);
}
