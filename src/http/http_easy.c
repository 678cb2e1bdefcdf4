#include "http_internal.h"

#include <redisrestore/base/mem.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>

#ifndef RR_VERSION
#error "RR_VERSION is set by the build"
#endif

enum { URL_MAX_BYTES = 32 * 1024, HEADER_LINE_MAX_BYTES = 32 * 1024 };

static int64_t now_ms(const struct rr_http_call *call)
{
    return rr_clock_monotonic_ms(call->loop->clock);
}

/* --- callbacks of a transfer, on the loop's thread --- */

static curl_socket_t on_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct rr_http_call *call = context;
    (void)purpose;
    if (!rr_http_address_is_allowed(call->request.addresses, &address->addr)) {
        call->address_denied = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int on_socket_options(void *context, curl_socket_t fd, curlsocktype purpose)
{
    static const int count = RR_HTTP_KEEPALIVE_COUNT, user_timeout_ms = RR_HTTP_USER_TIMEOUT_MS;
    (void)context;
    (void)purpose;
    if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof(user_timeout_ms)) != 0)
        return CURL_SOCKOPT_ERROR;
    return CURL_SOCKOPT_OK;
}

/* Called on reused connections too, where no socket is opened: the one place that every request passes (traps: reuse
 * bypasses the check). */
static int on_before_request(void *context, char *peer, char *local, int peer_port, int local_port)
{
    struct rr_http_call *call = context;
    (void)local;
    (void)peer_port;
    (void)local_port;
    call->sent_at_ms = now_ms(call);
    if (call->request.addresses == NULL || call->request.proxy != NULL)
        return CURL_PREREQFUNC_OK;
    struct sockaddr_storage address = { 0 };
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
    if (inet_pton(AF_INET, peer, &v4->sin_addr) == 1)
        v4->sin_family = AF_INET;
    else if (inet_pton(AF_INET6, peer, &v6->sin6_addr) == 1)
        v6->sin6_family = AF_INET6;
    if (rr_http_address_is_allowed(call->request.addresses, (const struct sockaddr *)&address))
        return CURL_PREREQFUNC_OK;
    call->address_denied = true;
    return CURL_PREREQFUNC_ABORT;
}

static bool is_success(const struct rr_http_call *call)
{
    return call->reply.status >= 200 && call->reply.status < 300;
}

static bool headers_are_final(struct rr_http_call *call)
{
    struct rr_slice encoding;
    if (rr_http_reply_header(&call->reply, "Content-Encoding", &encoding) && encoding.len > 0 &&
        !rr_slice_equals_nocase(encoding, RR_LIT("identity")))
        return rr_fail(&call->error, RR_E_BAD_REPLY, "the reply is compressed, which was not asked for");
    call->begun = true;
    const struct rr_http_sink *sink = &call->request.sink;
    return sink->on_begin == NULL || sink->on_begin(sink->context, &call->reply, &call->error) == RR_HTTP_MORE;
}

/* A header line with its CRLF. A status line begins a new block: of a 1xx reply, or of the final one. What comes after
 * the body is a trailer. */
static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct rr_http_call *call = context;
    struct rr_slice line = rr_slice_trim((struct rr_slice){ data, size * count });
    call->last_byte_at_ms = now_ms(call);
    call->reply.body_received = true;
    if (call->begun)
        return size * count;
    if (rr_slice_starts_with(line, RR_LIT("HTTP/"))) {
        long status = 0;
        (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status); /* stays 0 when there is none */
        call->reply.status = (int)status;
        call->header_count = 0;
        rr_buf_clear(&call->reply.headers);
        return size * count;
    }
    if (line.len == 0) {
        bool interim = call->reply.status < 200;
        return interim || headers_are_final(call) ? size * count : 0;
    }
    rr_buf_add(&call->reply.headers, line);
    rr_buf_add_byte(&call->reply.headers, '\n');
    if (call->reply.headers.overflow || ++call->header_count > RR_HTTP_HEADERS_MAX_COUNT) {
        rr_error_set(&call->error, RR_E_BAD_REPLY, "the reply has too many headers");
        return 0;
    }
    return size * count;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct rr_http_call *call = context;
    struct rr_slice chunk = { data, size * count };
    const struct rr_http_sink *sink = &call->request.sink;
    call->last_byte_at_ms = now_ms(call);
    call->reply.body_bytes += chunk.len;
    if (sink->on_data != NULL && is_success(call))
        return sink->on_data(sink->context, chunk, &call->error) == RR_HTTP_MORE ? chunk.len : 0;
    size_t room = call->reply.body.max - call->reply.body.len;
    if (chunk.len <= room) {
        rr_buf_add(&call->reply.body, chunk);
        return chunk.len;
    }
    if (is_success(call)) {
        rr_error_set(&call->error, RR_E_TOO_BIG, "the reply is longer than %zu bytes", call->reply.body.max);
        return 0;
    }
    /* The beginning of an error document says enough; an endless one must not be read to its end. */
    rr_buf_add(&call->reply.body, rr_slice_first(chunk, room));
    call->error_body_cut = true;
    return 0;
}

/* --- options --- */

static bool add_header_line(struct rr_http_call *call, struct rr_slice line, struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(HEADER_LINE_MAX_BYTES);
    rr_buf_add(&text, line);
    if (!rr_buf_ok(&text, err))
        return rr_context(err, "request header");
    struct curl_slist *longer = curl_slist_append(call->header_list, rr_buf_text(&text));
    rr_wipe(text.ptr, text.len); /* it may be an Authorization */
    if (longer == NULL)
        rr_die("out of memory");
    call->header_list = longer;
    return true;
}

static bool add_headers(struct rr_http_call *call, struct rr_error *err)
{
    bool has_content_type = false;
    for (size_t i = 0; i < call->request.header_count; i++) {
        const struct rr_http_header *header = &call->request.headers[i];
        rr_auto(buf) line = RR_BUF(HEADER_LINE_MAX_BYTES);
        rr_buf_add(&line, header->name);
        /* curl takes "Name:" for "leave it out" and "Name;" for an empty value. */
        rr_buf_add(&line, header->value.len > 0 ? RR_LIT(": ") : RR_LIT(";"));
        rr_buf_add(&line, header->value);
        has_content_type = has_content_type || rr_slice_equals_nocase(header->name, RR_LIT("content-type"));
        bool added = add_header_line(call, rr_buf_slice(&line), err);
        rr_wipe(line.ptr, line.len);
        if (!added)
            return false;
    }
    if (call->request.body.len > 0 && !has_content_type && !add_header_line(call, RR_LIT("Content-Type:"), err))
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

static bool set_blob(struct rr_http_call *call, CURLoption option, struct rr_slice pem, struct rr_error *err)
{
    struct curl_blob blob = { .data = (void *)(uintptr_t)pem.ptr, .len = pem.len, .flags = CURL_BLOB_COPY };
    SET(option, &blob);
    return true;
}

static bool set_tls(struct rr_http_call *call, struct rr_error *err)
{
    const struct rr_http_tls *tls = call->request.tls;
    bool verify = tls == NULL || !tls->insecure;
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
    SET(CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
    /* Debian sets a default folder: with one, the system roots would stand beside a CA of ours, and curl's cache of
     * them would be off. */
    SET(CURLOPT_CAPATH, (char *)NULL);
    if (tls == NULL)
        return true;
    if (tls->ca_pem.len > 0 && !set_blob(call, CURLOPT_CAINFO_BLOB, tls->ca_pem, err))
        return false;
    if (tls->client_cert_pem.len > 0) {
        SET(CURLOPT_SSLCERTTYPE, "PEM");
        SET(CURLOPT_SSLKEYTYPE, "PEM");
        return set_blob(call, CURLOPT_SSLCERT_BLOB, tls->client_cert_pem, err) &&
               set_blob(call, CURLOPT_SSLKEY_BLOB, tls->client_key_pem, err);
    }
    return true;
}

/* The URL, with `server_name` for its host when TLS wants another name than the one that is connected to; CONNECT_TO
 * leads to the true one. */
static bool set_url(struct rr_http_call *call, struct rr_error *err)
{
    const struct rr_http_tls *tls = call->request.tls;
    call->url = (struct rr_buf)RR_BUF(URL_MAX_BYTES);
    if (tls == NULL || tls->server_name == NULL) {
        rr_buf_add(&call->url, call->request.url);
    } else {
        struct rr_slice scheme = rr_slice_first(call->request.url, rr_slice_find(call->request.url, ':') + 3);
        struct rr_slice rest = rr_slice_from_offset(call->request.url, scheme.len);
        struct rr_slice authority = rr_slice_first(rest, rr_slice_find(rest, '/'));
        bool has_port =
            authority.len > 0 && rr_slice_contains_byte(authority, ':') && authority.ptr[authority.len - 1] != ']';
        rr_buf_addf(&call->url, "%.*s%s%.*s", RR_ARG(scheme), tls->server_name,
                    RR_ARG(rr_slice_from_offset(rest, authority.len)));
        rr_auto(buf) to = RR_BUF(URL_MAX_BYTES), host = RR_BUF(URL_MAX_BYTES);
        rr_buf_addf(&to, "::%.*s%s", RR_ARG(authority), has_port ? "" : ":443");
        rr_buf_addf(&host, "Host: %.*s", RR_ARG(authority));
        if (!add_header_line(call, rr_buf_slice(&host), err))
            return false;
        call->connect_to = curl_slist_append(NULL, rr_buf_text(&to));
        SET(CURLOPT_CONNECT_TO, call->connect_to);
    }
    if (!rr_buf_ok(&call->url, err))
        return rr_context(err, "request URL");
    SET(CURLOPT_URL, rr_buf_text(&call->url));
    return true;
}

static bool set_method_and_body(struct rr_http_call *call, struct rr_error *err)
{
    const struct rr_http_request *request = &call->request;
    if (request->body.len > 0) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        SET(CURLOPT_POSTFIELDS, request->body.ptr);
    } else if (strcmp(request->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
        return true;
    }
    SET(CURLOPT_CUSTOMREQUEST, request->method);
    return true;
}

/* What must not come from anywhere but the request: proxies, .netrc, redirects, user names, other protocols. */
static bool set_boundaries(struct rr_http_call *call, struct rr_error *err)
{
    const struct rr_http_request *request = &call->request;
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(CURLOPT_PROXY, request->proxy != NULL ? request->proxy : "");
    SET(CURLOPT_NOPROXY, "");
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_BUFFERSIZE, (long)RR_HTTP_BUFFER_BYTES);
    SET(CURLOPT_USERAGENT, "redisrestore/" RR_VERSION);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)rr_http_or_default(request->connect_timeout_ms, RR_HTTP_CONNECT_TIMEOUT_MS));
    SET(CURLOPT_FRESH_CONNECT, request->fresh_connection ? 1L : 0L);
    if (request->tcp_keepalive) {
        SET(CURLOPT_TCP_KEEPALIVE, 1L);
        SET(CURLOPT_TCP_KEEPIDLE, (long)RR_HTTP_KEEPALIVE_IDLE_S);
        SET(CURLOPT_TCP_KEEPINTVL, (long)RR_HTTP_KEEPALIVE_INTERVAL_S);
        SET(CURLOPT_SOCKOPTFUNCTION, on_socket_options);
    }
    return true;
}

static bool set_callbacks(struct rr_http_call *call, struct rr_error *err)
{
    SET(CURLOPT_PRIVATE, call);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, call);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, call);
    SET(CURLOPT_PREREQFUNCTION, on_before_request);
    SET(CURLOPT_PREREQDATA, call);
    if (call->request.addresses != NULL && call->request.proxy == NULL) {
        SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
        SET(CURLOPT_OPENSOCKETDATA, call);
    }
    return true;
}

bool rr_http_easy_prepare(struct rr_http_call *call, struct rr_error *err)
{
    if (!rr_http_request_check(&call->request, err))
        return false;
    size_t body_max = call->request.body_max_bytes > 0 ? call->request.body_max_bytes : RR_HTTP_BODY_DEFAULT_MAX;
    call->reply.headers = (struct rr_buf)RR_BUF(RR_HTTP_HEADERS_MAX_BYTES);
    call->reply.body = (struct rr_buf)RR_BUF(body_max);
    call->easy = curl_easy_init();
    if (call->easy == NULL)
        rr_die("out of memory");
    if (!set_boundaries(call, err) || !set_tls(call, err) || !set_url(call, err) || !set_method_and_body(call, err) ||
        !add_headers(call, err) || !set_callbacks(call, err))
        return false;
    SET(CURLOPT_HTTPHEADER, call->header_list);
    return true;
}

void rr_http_easy_release(struct rr_http_call *call)
{
    curl_easy_cleanup(call->easy);
    call->easy = NULL;
    for (struct curl_slist *header = call->header_list; header != NULL; header = header->next)
        rr_wipe(header->data, strlen(header->data)); /* one of them carries a signature or a token */
    curl_slist_free_all(call->header_list);
    curl_slist_free_all(call->connect_to);
    call->header_list = call->connect_to = NULL;
}
