/* SPDX-License-Identifier: Apache-2.0 */
/* connections: how long each connection of a server may stay, so that idle, slow and hostile clients are bounded
 * (behaviour W-10). A state machine that does not wait: the caller passes the time, and shuts down the sockets that
 * rr_connections_expire returns. Threads: guarded by the server's lock. */
#ifndef RR_SERVER_CONNECTIONS_H
#define RR_SERVER_CONNECTIONS_H

#include <redisrestore/base/core.h>

enum {
    RR_CONNECTIONS_MAX = 64, /* of one daemon: probes and a few scrapers */
    RR_CONNECTIONS_ROOM = 8, /* kept free for new clients by closing the connection that waits longest */
    RR_CONNECTIONS_SLOTS = 2 * RR_CONNECTIONS_MAX, /* of a daemon and of the one whose certificate it replaced */
};

struct rr_connection {
    const void *owner; /* the daemon; NULL: the slot is free */
    int fd;
    bool answering; /* has the headers of a request; otherwise waits for them */
    bool retired;   /* its daemon is being replaced: ends after the current answer */
    int64_t since_ms;
    int64_t deadline_ms; /* RR_DEADLINE_NEVER: the socket is already shut down */
};

struct rr_connections {
    int32_t header_ms, idle_ms, answer_ms; /* fixed */
    struct rr_connection slots[RR_CONNECTIONS_SLOTS];
};

/* Returns NULL if no slot is free. Borrowed until rr_connections_close. */
struct rr_connection *rr_connections_open(struct rr_connections *connections, const void *owner, int fd,
                                          int64_t now_ms);
void rr_connections_asked(const struct rr_connections *connections, struct rr_connection *connection, int64_t now_ms);
void rr_connections_answered(const struct rr_connections *connections, struct rr_connection *connection,
                             int64_t now_ms);
void rr_connections_close(struct rr_connection *connection);
/* Disconnects the client that has been reading its answer for longest, if for longer than `slow_ms`. */
void rr_connections_hurry(struct rr_connections *connections, int64_t now_ms, int32_t slow_ms);
void rr_connections_retire(struct rr_connections *connections, const void *owner, int64_t now_ms);
size_t rr_connections_count(const struct rr_connections *connections, const void *owner);
/* Returns when to call rr_connections_expire next; RR_DEADLINE_NEVER: not before a change. */
int64_t rr_connections_next_ms(const struct rr_connections *connections);
/* Puts each socket whose deadline has expired into out_fds, once. Returns their number. */
size_t rr_connections_expire(struct rr_connections *connections, int64_t now_ms, int out_fds[RR_CONNECTIONS_SLOTS]);

#endif
