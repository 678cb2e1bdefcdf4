/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes/fake_store.h"

#include <redisrestore/base/mem.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void must(bool condition, const char *what)
{
    if (!condition) {
        perror(what);
        _exit(99);
    }
}

/* False when the peer is gone; a store that stops closes the sockets of its clients first. */
static bool send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        data += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool send_piece(int fd, const struct fake_reply *reply, const char *data, size_t len)
{
    if (reply->framing != FAKE_CHUNKED)
        return send_all(fd, data, len);
    char line[32];
    int line_len = snprintf(line, sizeof line, "%zx\r\n", len);
    return send_all(fd, line, (size_t)line_len) && send_all(fd, data, len) && send_all(fd, "\r\n", 2);
}

static bool send_reply(int fd, const struct fake_reply *reply)
{
    if (reply->no_reply)
        return true;
    if (reply->raw != NULL)
        return send_all(fd, reply->raw, reply->raw_len);
    size_t body_len = reply->body_len > 0 ? reply->body_len : reply->body != NULL ? strlen(reply->body) : 0;
    char head[4096], length[64] = "";
    if (reply->framing == FAKE_LENGTH)
        (void)snprintf(length, sizeof length, "Content-Length: %zu\r\n", body_len);
    else if (reply->framing == FAKE_CHUNKED)
        (void)snprintf(length, sizeof length, "Transfer-Encoding: chunked\r\n");
    else
        (void)snprintf(length, sizeof length, "Connection: close\r\n");
    int head_len =
        snprintf(head, sizeof head, "HTTP/1.1 %d Scripted\r\n%s%s\r\n", reply->status != 0 ? reply->status : 200,
                 length, reply->headers != NULL ? reply->headers : "");
    if (!send_all(fd, head, (size_t)head_len))
        return false;

    size_t wanted = reply->has_cut && reply->cut < body_len ? reply->cut : body_len;
    size_t piece = reply->piece > 0 ? reply->piece : wanted;
    for (size_t at = 0; at < wanted; at += piece) {
        size_t len = wanted - at < piece ? wanted - at : piece;
        if (!send_piece(fd, reply, reply->body + at, len))
            return false;
    }
    if (reply->framing == FAKE_CHUNKED && !reply->has_cut)
        return send_all(fd, "0\r\n\r\n", 5);
    return true;
}

static void disconnect(struct fake_connection *connection)
{
    close(connection->fd);
    connection->fd = 0;
}

static void serve(struct fake_store *store, struct fake_connection *connection, size_t head_len)
{
    struct fake_reply reply = { 0 };
    pthread_mutex_lock(&store->lock);
    rr_grow(&store->guarded.heads, &store->guarded.capacity, store->guarded.count);
    char *head = rr_strdup((struct rr_slice){ connection->head, head_len });
    size_t number = store->guarded.count++;
    store->guarded.heads[number] = head;
    pthread_mutex_unlock(&store->lock);

    store->answer(store->context, number, head, &reply);
    connection->len -= head_len;
    memmove(connection->head, connection->head + head_len, connection->len);
    bool sent = send_reply(connection->fd, &reply);
    if (!sent || reply.end == FAKE_CLOSE ||
        (reply.end == FAKE_KEEP && (reply.framing == FAKE_UNTIL_CLOSE || reply.has_cut))) {
        disconnect(connection);
    } else if (reply.end == FAKE_RESET) {
        struct linger now = { .l_onoff = 1 };
        (void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        disconnect(connection);
    } else if (reply.end == FAKE_HANG) {
        connection->hanging = true;
    }
}

static void receive(struct fake_store *store, struct fake_connection *connection)
{
    ssize_t got = recv(connection->fd, connection->head + connection->len, FAKE_HEAD_MAX - 1 - connection->len, 0);
    if (got <= 0) {
        disconnect(connection);
        return;
    }
    connection->len += (size_t)got;
    connection->head[connection->len] = '\0';
    char *end = strstr(connection->head, "\r\n\r\n");
    if (end != NULL && !connection->hanging)
        serve(store, connection, (size_t)(end + 4 - connection->head));
}

static void accept_one(struct fake_store *store)
{
    int fd = accept(store->listener, NULL, NULL);
    if (fd < 0)
        return;
    int yes = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    for (size_t i = 0; i < FAKE_CONNECTIONS_MAX; i++) {
        if (store->connections[i].fd == 0) {
            store->connections[i].fd = fd;
            store->connections[i].len = 0;
            store->connections[i].hanging = false;
            return;
        }
    }
    must(false, "too many connections"); /* closing it would look like a fault of the network */
}

static void run(void *context)
{
    struct fake_store *store = context;
    while (true) {
        struct pollfd fds[2 + FAKE_CONNECTIONS_MAX] = { { .fd = store->wake[0], .events = POLLIN },
                                                        { .fd = store->listener, .events = POLLIN } };
        for (size_t i = 0; i < FAKE_CONNECTIONS_MAX; i++)
            fds[2 + i] =
                (struct pollfd){ .fd = store->connections[i].fd > 0 ? store->connections[i].fd : -1, .events = POLLIN };
        if (poll(fds, 2 + FAKE_CONNECTIONS_MAX, -1) < 0 && errno != EINTR)
            return;
        if (fds[0].revents != 0)
            return;
        for (size_t i = 0; i < FAKE_CONNECTIONS_MAX; i++) {
            if (fds[2 + i].revents != 0)
                receive(store, &store->connections[i]);
        }
        if (fds[1].revents != 0)
            accept_one(store);
    }
}

void fake_store_start(struct fake_store *store, fake_answer *answer, void *context)
{
    *store = (struct fake_store){ .answer = answer, .context = context };
    store->connections = rr_alloc_array(FAKE_CONNECTIONS_MAX, sizeof *store->connections);
    must(pthread_mutex_init(&store->lock, NULL) == 0, "mutex");
    must(pipe(store->wake) == 0, "pipe");
    store->listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    must(bind(store->listener, (struct sockaddr *)&address, len) == 0, "bind");
    must(listen(store->listener, 64) == 0, "listen");
    must(getsockname(store->listener, (struct sockaddr *)&address, &len) == 0, "getsockname");
    store->port = ntohs(address.sin_port);
    rr_thread_start(&store->thread, "fake-store", run, store);
}

void fake_store_stop(struct fake_store *store)
{
    must(write(store->wake[1], "", 1) == 1, "write");
    rr_thread_join(&store->thread);
    for (size_t i = 0; i < FAKE_CONNECTIONS_MAX; i++) {
        if (store->connections[i].fd > 0)
            close(store->connections[i].fd);
    }
    close(store->listener);
    close(store->wake[0]);
    close(store->wake[1]);
    for (size_t i = 0; i < store->guarded.count; i++)
        rr_free(store->guarded.heads[i]);
    rr_free(store->guarded.heads);
    rr_free(store->connections);
    pthread_mutex_destroy(&store->lock);
}

size_t fake_store_requests(struct fake_store *store)
{
    pthread_mutex_lock(&store->lock);
    size_t count = store->guarded.count;
    pthread_mutex_unlock(&store->lock);
    return count;
}

const char *fake_store_head(struct fake_store *store, size_t number)
{
    pthread_mutex_lock(&store->lock);
    const char *head = number < store->guarded.count ? store->guarded.heads[number] : NULL;
    pthread_mutex_unlock(&store->lock);
    must(head != NULL, "no such request");
    return head;
}

void fake_script_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    (void)head;
    const struct fake_script *script = context;
    *reply = script->replies[number < script->count ? number : script->count - 1];
}
