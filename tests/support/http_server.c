/* SPDX-License-Identifier: Apache-2.0 */
#include "http_server.h"

#include <redisrestore/base/clock.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/base/thread.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEERS_MAX = 4096, TEXT_MAX = 16 << 20, GATE_MAX_MS = 20000 };

struct test_server {
    int listener, port;
    SSL_CTX *tls;
    test_script script;
    void *context;
    struct rr_thread acceptor;
    pthread_mutex_t lock;
    struct {
        struct rr_thread threads[PEERS_MAX];
        int fds[PEERS_MAX]; /* -1: closed */
        int connections, requests;
        bool stopping;
    } guarded;
};

static bool say(struct test_peer *peer, const void *bytes, size_t len)
{
    if (peer->tls != NULL)
        return len == 0 || SSL_write(peer->tls, bytes, (int)len) > 0;
    while (len > 0) {
        ssize_t sent = send(peer->fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes = (const char *)bytes + sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool hear(struct test_peer *peer, struct rr_buf *out_text)
{
    char bytes[16384];
    ssize_t got =
        peer->tls != NULL ? SSL_read(peer->tls, bytes, sizeof(bytes)) : recv(peer->fd, bytes, sizeof(bytes), 0);
    if (got <= 0)
        return false;
    rr_buf_add(out_text, (struct rr_slice){ bytes, (size_t)got });
    rr_assert(!out_text->overflow);
    return true;
}

static size_t whole_len(const struct rr_buf *ahead)
{
    const char *end = ahead->len > 0 ? strstr(ahead->ptr, "\r\n\r\n") : NULL;
    if (end == NULL)
        return 0;
    size_t len = (size_t)(end - ahead->ptr) + 4;
    const char *field = strcasestr(ahead->ptr, "\r\nContent-Length: ");
    if (field == NULL || field > end)
        return len;
    struct rr_slice number = rr_slice_from(field + strlen("\r\nContent-Length: "));
    uint64_t body = 0;
    rr_assert(rr_parse_u64(rr_slice_first(number, rr_slice_find(number, '\r')), &body));
    return ahead->len >= len + body ? len + (size_t)body : 0;
}

bool test_peer_read(struct test_peer *peer)
{
    size_t len;
    while ((len = whole_len(&peer->ahead)) == 0)
        if (!hear(peer, &peer->ahead))
            return false;
    rr_buf_clear(&peer->text);
    rr_buf_add(&peer->text, rr_slice_first(rr_buf_slice(&peer->ahead), len));
    rr_buf_consume(&peer->ahead, len);
    peer->request++;
    pthread_mutex_lock(&peer->server->lock);
    peer->server->guarded.requests++;
    pthread_mutex_unlock(&peer->server->lock);
    return true;
}

bool test_peer_has(const struct test_peer *peer, const char *words)
{
    return strstr(rr_buf_text(&peer->text), words) != NULL;
}

void test_peer_send_bytes(struct test_peer *peer, const void *bytes, size_t len)
{
    (void)say(peer, bytes, len); /* a client that is gone is the test's matter */
}

void test_peer_send(struct test_peer *peer, const char *text)
{
    test_peer_send_bytes(peer, text, strlen(text));
}

void test_peer_send_slowly(struct test_peer *peer, const char *text)
{
    for (; *text != '\0'; text++)
        if (!say(peer, text, 1))
            return;
}

void test_peer_answer(struct test_peer *peer, const char *body)
{
    rr_auto(buf) text = RR_BUF(TEXT_MAX);
    rr_buf_addf(&text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    test_peer_send(peer, rr_buf_text(&text));
}

void test_peer_wait_closed(struct test_peer *peer)
{
    rr_auto(buf) unheard = RR_BUF(TEXT_MAX);
    while (hear(peer, &unheard))
        rr_buf_clear(&unheard);
}

void test_peer_reset(struct test_peer *peer)
{
    struct linger none = { .l_onoff = 1 };
    rr_assert(setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) == 0);
}

static void close_peer(struct test_peer *peer)
{
    SSL_free(peer->tls);
    pthread_mutex_lock(&peer->server->lock);
    peer->server->guarded.fds[peer->connection - 1] = -1;
    (void)close(peer->fd);
    pthread_mutex_unlock(&peer->server->lock);
    rr_buf_done(&peer->text);
    rr_buf_done(&peer->ahead);
    rr_free(peer);
}

static void serve(void *context)
{
    struct test_peer *peer = context;
    struct test_server *server = peer->server;
    bool ready = true;
    if (server->tls != NULL) {
        peer->tls = SSL_new(server->tls);
        rr_assert(peer->tls != NULL && SSL_set_fd(peer->tls, peer->fd) == 1);
        ready = SSL_accept(peer->tls) == 1;
    }
    if (ready) {
        server->script(peer, server->context);
    } else {
        /* A close with unread bytes would be a reset, and the client might never see the alert that says why. */
        char unread[4096];
        (void)shutdown(peer->fd, SHUT_WR);
        while (recv(peer->fd, unread, sizeof(unread), 0) > 0)
            continue;
    }
    close_peer(peer);
}

static void accept_all(void *context)
{
    struct test_server *server = context;
    for (;;) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        pthread_mutex_lock(&server->lock);
        bool stopping = server->guarded.stopping;
        int index = server->guarded.connections;
        if (fd >= 0 && !stopping) {
            int on = 1;
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* single bytes shall arrive as such */
            struct test_peer *peer = RR_NEW(struct test_peer);
            *peer = (struct test_peer){
                .server = server, .fd = fd, .connection = index + 1, .text = RR_BUF(TEXT_MAX), .ahead = RR_BUF(TEXT_MAX)
            };
            rr_assert(index < PEERS_MAX);
            server->guarded.fds[index] = fd;
            server->guarded.connections++;
            rr_thread_start(&server->guarded.threads[index], "peer", serve, peer);
        }
        pthread_mutex_unlock(&server->lock);
        if (stopping) {
            if (fd >= 0)
                (void)close(fd);
            return;
        }
    }
}

struct test_server *test_server_start(test_script script, void *context)
{
    struct test_server *server = RR_NEW(struct test_server);
    server->script = script;
    server->context = context;
    rr_assert(pthread_mutex_init(&server->lock, NULL) == 0);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof(address);
    rr_assert(bind(server->listener, (struct sockaddr *)&address, sizeof(address)) == 0);
    rr_assert(listen(server->listener, 1024) == 0);
    rr_assert(getsockname(server->listener, (struct sockaddr *)&address, &len) == 0);
    server->port = ntohs(address.sin_port);
    rr_thread_start(&server->acceptor, "acceptor", accept_all, server);
    return server;
}

static SSL_CTX *new_tls(const struct test_cert *cert, const char *client_ca)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    rr_assert(tls != NULL && SSL_CTX_use_certificate(tls, cert->x509) == 1 &&
              SSL_CTX_use_PrivateKey(tls, cert->key) == 1);
    if (client_ca == NULL)
        return tls;
    BIO *bio = BIO_new_mem_buf(client_ca, -1);
    X509 *ca = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    rr_assert(ca != NULL && X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), ca) == 1);
    X509_free(ca);
    BIO_free(bio);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return tls;
}

struct test_server *test_server_start_tls(const struct test_cert *cert, const char *client_ca, test_script script,
                                          void *context)
{
    SSL_CTX *tls = new_tls(cert, client_ca);
    struct test_server *server = test_server_start(script, context);
    pthread_mutex_lock(&server->lock);
    server->tls = tls; /* in time: no client knows the port yet */
    pthread_mutex_unlock(&server->lock);
    return server;
}

void test_server_stop(struct test_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->guarded.stopping = true;
    for (int i = 0; i < server->guarded.connections; i++)
        if (server->guarded.fds[i] >= 0)
            (void)shutdown(server->guarded.fds[i], SHUT_RDWR);
    pthread_mutex_unlock(&server->lock);
    (void)shutdown(server->listener, SHUT_RDWR);
    rr_thread_join(&server->acceptor);
    for (int i = 0; i < server->guarded.connections; i++)
        rr_thread_join(&server->guarded.threads[i]);
    (void)close(server->listener);
    SSL_CTX_free(server->tls);
    (void)pthread_mutex_destroy(&server->lock);
    rr_free(server);
}

int test_server_port(const struct test_server *server)
{
    return server->port;
}

int test_server_connections(struct test_server *server)
{
    pthread_mutex_lock(&server->lock);
    int connections = server->guarded.connections;
    pthread_mutex_unlock(&server->lock);
    return connections;
}

int test_server_requests(struct test_server *server)
{
    pthread_mutex_lock(&server->lock);
    int requests = server->guarded.requests;
    pthread_mutex_unlock(&server->lock);
    return requests;
}

bool test_server_is_stopping(struct test_server *server)
{
    pthread_mutex_lock(&server->lock);
    bool stopping = server->guarded.stopping;
    pthread_mutex_unlock(&server->lock);
    return stopping;
}

void test_gate_init(struct test_gate *gate)
{
    *gate = (struct test_gate){ 0 };
    rr_assert(pthread_mutex_init(&gate->lock, NULL) == 0);
    rr_cond_init(&gate->changed);
}

void test_gate_open(struct test_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->passed++;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

void test_gate_wait(struct test_gate *gate, int at_least)
{
    int64_t end_ms = rr_clock_monotonic_ms(&rr_clock_system) + GATE_MAX_MS;
    pthread_mutex_lock(&gate->lock);
    while (gate->passed < at_least)
        if (!rr_cond_wait_until(&gate->changed, &gate->lock, end_ms))
            rr_die("a gate of the test stayed shut");
    pthread_mutex_unlock(&gate->lock);
}

void test_script_ok(struct test_peer *peer, void *context)
{
    while (test_peer_read(peer))
        test_peer_answer(peer, context != NULL ? context : "ok");
}

void test_script_silent(struct test_peer *peer, void *context)
{
    if (test_peer_read(peer) && context != NULL)
        test_gate_open(context);
    test_peer_wait_closed(peer);
}
