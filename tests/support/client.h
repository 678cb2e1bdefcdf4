/* SPDX-License-Identifier: Apache-2.0 */
/* client: raw connections to a server under test on loopback. Threads: one. */
#ifndef RR_TEST_CLIENT_H
#define RR_TEST_CLIENT_H

#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static inline int client_dial(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct timeval limit = { .tv_sec = 20 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static inline void client_send(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Returns everything until the server closes, or until `end` (may be NULL) came. Fails a test that waits for 20 s. */
static inline const char *client_receive(int fd, const char *end)
{
    static char reply[65536];
    size_t got = 0;
    ssize_t more = 1;
    reply[0] = '\0';
    while (got < sizeof(reply) - 1 && (end == NULL || strstr(reply, end) == NULL) &&
           (more = recv(fd, reply + got, sizeof(reply) - 1 - got, 0)) > 0) {
        got += (size_t)more;
        reply[got] = '\0';
    }
    if (more < 0)
        assert_int_equal(errno, ECONNRESET); /* EAGAIN: it is still open */
    return reply;
}

#endif
