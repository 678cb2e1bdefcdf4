/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/server/server.h>

#include "connections.h"
#include "listen.h"
#include "tasks.h"

#include <redisrestore/base/clock.h>
#include <redisrestore/base/mem.h>

#include <fcntl.h>
#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTION_MEMORY_BYTES = 32 * 1024, /* request line, headers and their decoded parts */
    HEADER_MS = 32 * 1000,               /* these two as in controller-runtime (behaviour W-10) */
    IDLE_MS = 90 * 1000,
    ANSWER_MS = 30 * 1000, /* a scraper waits for 10 s; a slow reader holds memory */
    ARGUMENTS_MAX = 64,
    BODY_MAX_BYTES = 32 * 1024 * 1024, /* 100,000 series */
};

/* The default of libmicrohttpd's GnuTLS allows TLS 1.0. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

static const char plain[] = "text/plain; charset=utf-8";

/* A reply that one or several clients are reading. */
struct page {
    struct rr_buf path, text;
    int status;
    const char *content_type;
    int64_t share_until_ms;
    size_t readers; /* guarded by the server's lock */
};

struct rr_server {
    struct rr_server_handler handler;
    bool secure;
    int listen_fd;
    uint16_t port;
    struct rr_tasks tasks; /* with `authorize` only */
    struct rr_thread reaper;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        struct rr_connections connections;
        struct MHD_Daemon *daemon;  /* owns */
        struct MHD_Daemon *retired; /* owns; no longer accepts connections */
        int retired_fd;
        struct page *shared; /* borrows: the newest page that other requests may read too, while it is being read */
        size_t under_way;    /* bytes of all pages that are being read */
        bool ending;
    } guarded;
};

/* One request, from its headers to the end of its answer. */
struct call {
    struct rr_task task;
    struct rr_server *server;
    struct MHD_Connection *connection;
    struct rr_server_request request; /* borrows from the connection, which is suspended while the task runs */
    struct rr_server_argument arguments[ARGUMENTS_MAX];
    struct rr_server_reply reply;
    struct page *page; /* the page that it reads; NULL: none */
    enum rr_server_verdict verdict;
    bool asked, decided, too_many_arguments;
};

static int64_t now_ms(void)
{
    return rr_clock_monotonic_ms(&rr_clock_system);
}

static struct rr_connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct rr_server *server = context;
    (void)pthread_mutex_lock(&server->lock);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        const void *owner = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_DAEMON)->daemon;
        *socket_context = rr_connections_open(&server->guarded.connections, owner, fd, now_ms());
        if (*socket_context == NULL)
            (void)shutdown(fd, SHUT_RDWR);
    } else if (*socket_context != NULL) {
        rr_connections_close(*socket_context);
    }
    (void)pthread_cond_signal(&server->changed);
    (void)pthread_mutex_unlock(&server->lock);
}

static void stop_retired(struct MHD_Daemon *retired, int fd)
{
    MHD_stop_daemon(retired);
    (void)close(fd);
}

/* Ends connections whose deadline has expired, and the daemon of an old certificate after its last one. */
static void reap(void *context)
{
    struct rr_server *server = context;
    (void)pthread_mutex_lock(&server->lock);
    while (!server->guarded.ending) {
        int fds[RR_CONNECTIONS_SLOTS];
        size_t count = rr_connections_expire(&server->guarded.connections, now_ms(), fds);
        for (size_t i = 0; i < count; i++)
            (void)shutdown(fds[i], SHUT_RDWR); /* still open: closing it needs the lock */
        struct MHD_Daemon *retired = server->guarded.retired;
        int retired_fd = server->guarded.retired_fd;
        if (retired != NULL && rr_connections_count(&server->guarded.connections, retired) == 0) {
            (void)pthread_mutex_unlock(&server->lock);
            stop_retired(retired, retired_fd);
            (void)pthread_mutex_lock(&server->lock);
            server->guarded.retired = NULL;
        } else {
            (void)rr_cond_wait_until(&server->changed, &server->lock,
                                     rr_connections_next_ms(&server->guarded.connections));
        }
    }
    (void)pthread_mutex_unlock(&server->lock);
}

static enum MHD_Result send_by(struct MHD_Connection *connection, int status, const char *content_type,
                               struct rr_slice body, enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr, mode);
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

static enum MHD_Result send_reply(struct MHD_Connection *connection, int status, const char *content_type,
                                  struct rr_slice body)
{
    return send_by(connection, status, content_type, body, MHD_RESPMEM_MUST_COPY);
}

/* Adds a reader to the page that is shared for that path. Returns false if there is none and the caller must make one,
 * or if the limit of bytes in progress is reached (*out_full). */
static bool share_page(struct call *call, bool *out_full)
{
    struct rr_server *server = call->server;
    int64_t at_ms = now_ms();
    (void)pthread_mutex_lock(&server->lock);
    struct page *page = server->guarded.shared;
    if (page != NULL && page->share_until_ms > at_ms &&
        rr_slice_equals(rr_buf_slice(&page->path), call->request.path)) {
        page->readers++;
        call->page = page;
    }
    *out_full = call->page == NULL && server->guarded.under_way >= RR_SERVER_UNDER_WAY_MAX_BYTES;
    if (*out_full)
        rr_connections_hurry(&server->guarded.connections, at_ms, RR_SERVER_SLOW_MS);
    (void)pthread_cond_signal(&server->changed);
    (void)pthread_mutex_unlock(&server->lock);
    return call->page != NULL;
}

/* Makes a page of the call's reply, and reads it. */
static void add_page(struct call *call)
{
    struct rr_server *server = call->server;
    struct rr_server_reply *reply = &call->reply;
    struct page *page = RR_NEW(struct page);
    *page = (struct page){ .path = RR_BUF(call->request.path.len + 1),
                           .text = rr_steal(reply->body),
                           .status = reply->status,
                           .content_type = reply->content_type,
                           .share_until_ms = rr_deadline_after(now_ms(), reply->share_ms),
                           .readers = 1 };
    rr_buf_add(&page->path, call->request.path);
    call->page = page;
    (void)pthread_mutex_lock(&server->lock);
    server->guarded.under_way += page->text.len;
    if (reply->share_ms > 0)
        server->guarded.shared = page;
    (void)pthread_mutex_unlock(&server->lock);
}

static void leave_page(struct rr_server *server, struct page *page)
{
    if (page == NULL)
        return;
    (void)pthread_mutex_lock(&server->lock);
    bool last = --page->readers == 0;
    if (last)
        server->guarded.under_way -= page->text.len;
    if (last && server->guarded.shared == page)
        server->guarded.shared = NULL;
    (void)pthread_mutex_unlock(&server->lock);
    if (!last)
        return;
    rr_buf_done(&page->path);
    rr_buf_done(&page->text);
    rr_free(page);
}

static enum MHD_Result add_argument(void *context, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                    const char *value, size_t value_len)
{
    struct call *call = context;
    (void)kind;
    call->too_many_arguments = call->request.argument_count == ARGUMENTS_MAX;
    if (call->too_many_arguments)
        return MHD_NO;
    call->arguments[call->request.argument_count++] =
        (struct rr_server_argument){ { name, name_len }, { value, value != NULL ? value_len : 0 } };
    return MHD_YES;
}

static void read_request(struct call *call, const char *method, const char *path)
{
    call->request = (struct rr_server_request){
        .method = method,
        .path = rr_slice_from(path),
        .authorization = rr_slice_from(MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Authorization")),
        .arguments = call->arguments,
    };
    (void)MHD_get_connection_values_n(call->connection, MHD_GET_ARGUMENT_KIND, add_argument, call);
}

/* While it shuts down, libmicrohttpd drops the reply that it is given and asks again: the call has its page then. */
static enum MHD_Result answer(struct call *call)
{
    struct rr_server_reply *reply = &call->reply;
    bool allowed = call->verdict == RR_SERVER_ALLOWED, is_full = false;
    if (call->page == NULL && (!allowed || !share_page(call, &is_full))) {
        if (is_full)
            return send_reply(call->connection, MHD_HTTP_SERVICE_UNAVAILABLE, plain,
                              RR_LIT("too many replies are being read slowly\n"));
        if (allowed)
            call->server->handler.on_get(call->server->handler.context, &call->request, reply);
        if (reply->status == MHD_HTTP_NOT_FOUND && reply->body.len == 0)
            rr_buf_add(&reply->body, RR_LIT("404 page not found\n"));
        if (reply->body.overflow)
            return send_reply(call->connection, MHD_HTTP_INTERNAL_SERVER_ERROR, plain,
                              RR_LIT("the answer is too long\n"));
        add_page(call);
    }
    /* The call stays until on_completed. */
    return send_by(call->connection, call->page->status, call->page->content_type, rr_buf_slice(&call->page->text),
                   MHD_RESPMEM_PERSISTENT);
}

static void decide(struct rr_task *task, struct rr_stop *stop, bool in_time)
{
    struct call *call = (struct call *)task; /* its first member */
    const struct rr_server_handler *handler = &call->server->handler;
    call->verdict =
        in_time ? handler->authorize(handler->context, &call->request, stop, &call->reply) : RR_SERVER_UNSURE;
    if (call->verdict == RR_SERVER_UNSURE) {
        call->verdict = RR_SERVER_REFUSED;
        call->reply.status = MHD_HTTP_SERVICE_UNAVAILABLE;
        rr_buf_set(&call->reply.body, RR_LIT("too many requests wait for the API server\n"));
    }
    MHD_resume_connection(call->connection);
}

static enum MHD_Result decide_and_answer(struct call *call, const char *method, const char *path)
{
    struct rr_server *server = call->server;
    read_request(call, method, path);
    if (call->too_many_arguments)
        return send_reply(call->connection, MHD_HTTP_BAD_REQUEST, plain, RR_LIT("too many arguments\n"));
    call->decided = true;
    call->verdict = server->handler.authorize == NULL
                        ? RR_SERVER_ALLOWED
                        : server->handler.authorize(server->handler.context, &call->request, NULL, &call->reply);
    if (call->verdict != RR_SERVER_UNSURE)
        return answer(call);
    call->task = (struct rr_task){ .run = decide, .until_ms = now_ms() + RR_TASKS_QUEUE_MAX_MS };
    MHD_suspend_connection(call->connection); /* suspend first: the task may resume it at once */
    rr_tasks_add(&server->tasks, &call->task);
    return MHD_YES;
}

/* The headers have come: an unsupported method is known before a body comes. */
static enum MHD_Result on_headers(struct rr_server *server, struct MHD_Connection *connection, const char *method,
                                  void **request)
{
    struct rr_connection *slot = connection_of(connection);
    (void)pthread_mutex_lock(&server->lock);
    if (slot != NULL)
        rr_connections_asked(&server->guarded.connections, slot, now_ms());
    (void)pthread_cond_signal(&server->changed);
    (void)pthread_mutex_unlock(&server->lock);
    struct call *call = RR_NEW(struct call);
    *call = (struct call){ .server = server,
                           .connection = connection,
                           .reply = {
                               .status = MHD_HTTP_NOT_FOUND, .content_type = plain, .body = RR_BUF(BODY_MAX_BYTES) } };
    *request = call;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return send_reply(connection, MHD_HTTP_METHOD_NOT_ALLOWED, plain, RR_LIT("only GET and HEAD are served\n"));
    return MHD_YES;
}

/* Called with the headers, with each part of a body, and at the end of the request; once more after a resume. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload, size_t *upload_size,
                                  void **request)
{
    (void)version;
    (void)upload;
    struct call *call = *request;
    if (call == NULL)
        return on_headers(context, connection, method, request);
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    return call->decided ? answer(call) : decide_and_answer(call, method, path);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode code)
{
    struct rr_server *server = context;
    struct call *call = *request;
    (void)code;
    if (call == NULL)
        return;
    struct rr_connection *slot = connection_of(connection);
    (void)pthread_mutex_lock(&server->lock);
    if (slot != NULL)
        rr_connections_answered(&server->guarded.connections, slot, now_ms());
    (void)pthread_cond_signal(&server->changed);
    (void)pthread_mutex_unlock(&server->lock);
    leave_page(server, call->page);
    rr_buf_done(&call->reply.body);
    rr_free(call);
    *request = NULL;
}

static struct MHD_Daemon *start_daemon(struct rr_server *server, const struct rr_server_tls *tls)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC; /* the latter for MHD_quiesce_daemon */
    char *certificate = NULL, *key = NULL;
    struct MHD_OptionItem options[5] = { 0 };
    size_t count = 0;
    if (server->handler.authorize != NULL)
        flags |= MHD_ALLOW_SUSPEND_RESUME;
    if (tls != NULL) {
        flags |= MHD_USE_TLS;
        certificate = rr_strdup(tls->certificate);
        key = rr_strdup(tls->key);
        options[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0, certificate };
        options[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, key };
        options[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES };
    }
    options[count] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
    /* A separate descriptor for the daemon, which closes it, even on failure. */
    int listen_fd = fcntl(server->listen_fd, F_DUPFD_CLOEXEC, 3);
    struct MHD_Daemon *daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, listen_fd,
                         MHD_OPTION_CONNECTION_LIMIT, (unsigned)RR_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                         (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
                         MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    rr_free(certificate); /* parsed at the start, and not read again */
    if (key != NULL)
        rr_wipe(key, tls->key.len);
    rr_free(key);
    return daemon;
}

static bool refuse_tls(struct rr_error *err)
{
    return rr_fail(err, RR_E_TLS,
                   "the certificate and the key cannot be served: both must be PEM without a password, and belong "
                   "together");
}

bool rr_server_start(const struct rr_server_options *options, struct rr_server **out_server, struct rr_error *err)
{
    int fd;
    uint16_t port;
    if (!rr_listen(options->address, options->what, RR_CONNECTIONS_MAX, &fd, &port, err))
        return false;
    struct rr_server *server = RR_NEW(struct rr_server);
    *server = (struct rr_server){
        .handler = options->handler, .secure = options->tls != NULL, .listen_fd = fd, .port = port
    };
    server->guarded.connections = (struct rr_connections){
        .header_ms = options->header_ms > 0 ? options->header_ms : HEADER_MS,
        .idle_ms = options->idle_ms > 0 ? options->idle_ms : IDLE_MS,
        .answer_ms = options->answer_ms > 0 ? options->answer_ms : ANSWER_MS,
    };
    (void)pthread_mutex_init(&server->lock, NULL);
    rr_cond_init(&server->changed);
    if (options->handler.authorize != NULL)
        rr_tasks_start(&server->tasks);
    rr_thread_start(&server->reaper, "connections", reap, server);
    server->guarded.daemon = start_daemon(server, options->tls);
    if (server->guarded.daemon == NULL) {
        rr_server_free(server);
        return options->tls != NULL
                   ? refuse_tls(err)
                   : rr_fail(err, RR_E_INTERNAL, "%s: the HTTP server cannot be started", options->what);
    }
    *out_server = server;
    return true;
}

bool rr_server_set_tls(struct rr_server *server, const struct rr_server_tls *tls, struct rr_error *err)
{
    rr_assert(server->secure);
    (void)pthread_mutex_lock(&server->lock);
    struct MHD_Daemon *old = server->guarded.daemon;
    bool busy = server->guarded.retired != NULL;
    (void)pthread_mutex_unlock(&server->lock);
    if (busy)
        return rr_fail(err, RR_E_CONFLICT, "connections with an older certificate are still open");
    struct MHD_Daemon *newer = start_daemon(server, tls); /* both accept for a moment, so that no client is refused */
    if (newer == NULL)
        return refuse_tls(err);
    int old_fd = MHD_quiesce_daemon(old);
    (void)pthread_mutex_lock(&server->lock);
    server->guarded.daemon = newer;
    server->guarded.retired = old;
    server->guarded.retired_fd = old_fd; /* closed with it: its thread may be about to accept */
    rr_connections_retire(&server->guarded.connections, old, now_ms());
    (void)pthread_cond_signal(&server->changed);
    (void)pthread_mutex_unlock(&server->lock);
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
    if (server->handler.authorize != NULL)
        rr_tasks_end(&server->tasks); /* resumes suspended connections: no daemon ends before that */
    (void)pthread_mutex_lock(&server->lock);
    server->guarded.ending = true;
    (void)pthread_cond_signal(&server->changed);
    (void)pthread_mutex_unlock(&server->lock);
    rr_thread_join(&server->reaper);
    if (server->guarded.retired != NULL)
        stop_retired(server->guarded.retired, server->guarded.retired_fd);
    if (server->guarded.daemon != NULL)
        MHD_stop_daemon(server->guarded.daemon);
    (void)close(server->listen_fd);
    if (server->handler.authorize != NULL)
        rr_tasks_done(&server->tasks);
    (void)pthread_cond_destroy(&server->changed);
    (void)pthread_mutex_destroy(&server->lock);
    rr_free(server);
}

void rr_server_name_library(struct rr_buf *out_name)
{
    rr_buf_addf(out_name, "libmicrohttpd %s", MHD_get_version());
}
