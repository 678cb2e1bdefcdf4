#include <redisrestore/server/server.h>

#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 64,              /* probes and a few scrapers */
    CONNECTION_MEMORY_BYTES = 16384,   /* request line and headers */
    TIMEOUT_S = 30,                    /* of a connection that is silent (behaviour W-10) */
    BODY_MAX_BYTES = 32 * 1024 * 1024, /* 100,000 series */
};

struct rr_server {
    struct MHD_Daemon *daemon;
    struct rr_server_handler handler;
    uint16_t port;
};

/* "HOST:PORT" with an IPv4 address, a bracketed IPv6 address, or nothing for every address. */
static bool parse_address(struct rr_slice text, struct sockaddr_in6 *out_v6, struct sockaddr_in *out_v4,
                          bool *out_is_v4)
{
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':')
        colon--;
    int port;
    if (colon == 0 || !rr_parse_int(rr_slice_from_offset(text, colon), 0, 65535, &port))
        return false;
    struct rr_slice host = rr_slice_first(text, colon - 1);
    bool bracketed = host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    if (bracketed)
        host = rr_slice_first(rr_slice_from_offset(host, 1), host.len - 2);
    char address[INET6_ADDRSTRLEN];
    if (host.len >= sizeof(address))
        return false;
    if (host.len > 0)
        memcpy(address, host.ptr, host.len);
    address[host.len] = '\0';
    *out_v6 =
        (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = in6addr_any };
    *out_v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    *out_is_v4 = !bracketed && host.len > 0;
    if (host.len == 0 && !bracketed)
        return true;
    return *out_is_v4 ? inet_pton(AF_INET, address, &out_v4->sin_addr) == 1
                      : inet_pton(AF_INET6, address, &out_v6->sin6_addr) == 1;
}

/* A listening socket of our own, so that port 0 and an address in use are known before the daemon starts. */
static int listen_on(const struct sockaddr *address, socklen_t len, bool both_families)
{
    int on = 1, off = 0;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    bool ready = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                 (!both_families || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0) &&
                 bind(fd, address, len) == 0 && listen(fd, CONNECTIONS_MAX) == 0;
    if (ready)
        return fd;
    int failed = errno;
    (void)close(fd);
    errno = failed;
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in6 address = { 0 };
    socklen_t len = sizeof(address);
    rr_assert(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    return ntohs(address.sin6_port); /* the port stands at the same place in both families */
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, int status, const char *content_type,
                                  struct rr_slice body)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    bool added =
        MHD_add_response_header(response, "Content-Type", content_type) == MHD_YES &&
        MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") == MHD_YES &&
        (status != MHD_HTTP_METHOD_NOT_ALLOWED || MHD_add_response_header(response, "Allow", "GET, HEAD") == MHD_YES);
    enum MHD_Result result = added ? MHD_queue_response(connection, (unsigned)status, response) : MHD_NO;
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result add_argument(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct rr_buf *query = context;
    (void)kind;
    rr_buf_addf(query, "%s%s%s%s", query->len > 0 ? "&" : "", name, value != NULL ? "=" : "",
                value != NULL ? value : "");
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload, size_t *upload_size,
                                  void **request)
{
    static char seen; /* the first call for a request has only its headers: the answer is given in the second one */
    struct rr_server *server = context;
    (void)version;
    (void)upload;
    if (*request == NULL) {
        *request = &seen;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    static const char plain[] = "text/plain; charset=utf-8";
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return send_reply(connection, MHD_HTTP_METHOD_NOT_ALLOWED, plain, RR_LIT("only GET and HEAD are served\n"));
    rr_auto(buf) query = RR_BUF(CONNECTION_MEMORY_BYTES);
    (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_argument, &query);
    struct rr_server_reply reply = { .status = MHD_HTTP_NOT_FOUND,
                                     .content_type = plain,
                                     .body = RR_BUF(BODY_MAX_BYTES) };
    server->handler.on_get(server->handler.context, rr_slice_from(path), rr_buf_slice(&query), &reply);
    if (reply.status == MHD_HTTP_NOT_FOUND && reply.body.len == 0)
        rr_buf_add(&reply.body, RR_LIT("404 page not found\n"));
    enum MHD_Result result =
        reply.body.overflow
            ? send_reply(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, plain, RR_LIT("the answer is too long\n"))
            : send_reply(connection, reply.status, reply.content_type, rr_buf_slice(&reply.body));
    rr_buf_done(&reply.body);
    return result;
}

bool rr_server_start(struct rr_slice address, const char *what, const struct rr_server_handler *handler,
                     struct rr_server **out_server, struct rr_error *err)
{
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    bool is_v4;
    if (!parse_address(address, &v6, &v4, &is_v4))
        return rr_fail(err, RR_E_BAD_INPUT,
                       "%s: \"%.*s\" is not an address such as :8080, 127.0.0.1:8080 or [::1]:8080", what,
                       RR_ARG(rr_slice_first(address, 64)));
    bool every = address.ptr[0] == ':';
    int fd = is_v4 ? listen_on((struct sockaddr *)&v4, sizeof(v4), false)
                   : listen_on((struct sockaddr *)&v6, sizeof(v6), every);
    if (fd < 0 && every && errno == EAFNOSUPPORT) { /* a kernel without IPv6 */
        v4.sin_addr.s_addr = htonl(INADDR_ANY);
        fd = listen_on((struct sockaddr *)&v4, sizeof(v4), false);
    }
    if (fd < 0)
        return rr_fail(err, RR_E_INTERNAL, "%s: cannot listen on %.*s: %s", what, RR_ARG(address),
                       strerrordesc_np(errno));

    struct rr_server *server = RR_NEW(struct rr_server);
    *server = (struct rr_server){ .handler = *handler, .port = port_of(fd) };
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, MHD_OPTION_END);
    if (server->daemon == NULL) {
        (void)close(fd);
        rr_free(server);
        return rr_fail(err, RR_E_INTERNAL, "%s: the HTTP server cannot be started", what);
    }
    *out_server = server;
    return true;
}

uint16_t rr_server_port(const struct rr_server *server)
{
    return server->port;
}

void rr_server_free(struct rr_server *server)
{
    if (server == NULL)
        return;
    MHD_stop_daemon(server->daemon); /* closes the listening socket too */
    rr_free(server);
}
