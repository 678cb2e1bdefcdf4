/* SPDX-License-Identifier: Apache-2.0 */
#include "listen.h"

#include <redisrestore/base/parse.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* Parses "HOST:PORT" with an IPv4 address, a bracketed IPv6 address, or no host for every address. */
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

static int listen_on(const struct sockaddr *address, socklen_t len, bool both_families, int backlog)
{
    int on = 1, off = 0;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    bool ready = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                 (!both_families || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0) &&
                 bind(fd, address, len) == 0 && listen(fd, backlog) == 0;
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
    return ntohs(address.sin6_port); /* the port has the same offset in both families */
}

bool rr_listen(struct rr_slice address, const char *what, int backlog, int *out_fd, uint16_t *out_port,
               struct rr_error *err)
{
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    bool is_v4;
    if (!parse_address(address, &v6, &v4, &is_v4))
        return rr_fail(err, RR_E_BAD_INPUT,
                       "%s: \"%.*s\" is not an address such as :8080, 127.0.0.1:8080 or [::1]:8080", what,
                       RR_ARG(rr_slice_first(address, 64)));
    bool every = address.ptr[0] == ':';
    int fd = is_v4 ? listen_on((struct sockaddr *)&v4, sizeof(v4), false, backlog)
                   : listen_on((struct sockaddr *)&v6, sizeof(v6), every, backlog);
    if (fd < 0 && every && errno == EAFNOSUPPORT) { /* a kernel without IPv6 */
        v4.sin_addr.s_addr = htonl(INADDR_ANY);
        fd = listen_on((struct sockaddr *)&v4, sizeof(v4), false, backlog);
    }
    if (fd < 0)
        return rr_fail(err, RR_E_INTERNAL, "%s: cannot listen on %.*s: %s", what, RR_ARG(address),
                       strerrordesc_np(errno));
    *out_fd = fd;
    *out_port = port_of(fd);
    return true;
}
