/* SPDX-License-Identifier: Apache-2.0 */
#include "connections.h"

#include <redisrestore/base/clock.h>

static bool waits(const struct rr_connection *connection)
{
    return connection->owner != NULL && !connection->answering && connection->deadline_ms != RR_DEADLINE_NEVER;
}

/* A client that only holds connections must not keep others out. */
static void make_room(struct rr_connections *connections, const struct rr_connection *newcomer, int64_t now_ms)
{
    size_t open = 0;
    struct rr_connection *oldest = NULL;
    for (size_t i = 0; i < RR_CONNECTIONS_SLOTS; i++) {
        struct rr_connection *connection = &connections->slots[i];
        if (connection->owner != newcomer->owner || connection->deadline_ms == RR_DEADLINE_NEVER)
            continue;
        open++;
        if (connection != newcomer && waits(connection) && (oldest == NULL || connection->since_ms < oldest->since_ms))
            oldest = connection;
    }
    if (open > RR_CONNECTIONS_MAX - RR_CONNECTIONS_ROOM && oldest != NULL)
        oldest->deadline_ms = now_ms;
}

struct rr_connection *rr_connections_open(struct rr_connections *connections, const void *owner, int fd, int64_t now_ms)
{
    for (size_t i = 0; i < RR_CONNECTIONS_SLOTS; i++) {
        struct rr_connection *connection = &connections->slots[i];
        if (connection->owner != NULL)
            continue;
        *connection = (struct rr_connection){
            .owner = owner, .fd = fd, .since_ms = now_ms, .deadline_ms = now_ms + connections->header_ms
        };
        make_room(connections, connection, now_ms);
        return connection;
    }
    return NULL;
}

void rr_connections_asked(const struct rr_connections *connections, struct rr_connection *connection, int64_t now_ms)
{
    if (connection->deadline_ms == RR_DEADLINE_NEVER)
        return;
    connection->answering = true;
    connection->since_ms = now_ms;
    connection->deadline_ms = now_ms + connections->answer_ms;
}

void rr_connections_answered(const struct rr_connections *connections, struct rr_connection *connection, int64_t now_ms)
{
    if (connection->deadline_ms == RR_DEADLINE_NEVER)
        return;
    connection->answering = false;
    connection->since_ms = now_ms;
    connection->deadline_ms = connection->retired ? now_ms : now_ms + connections->idle_ms;
}

void rr_connections_close(struct rr_connection *connection)
{
    *connection = (struct rr_connection){ 0 };
}

void rr_connections_hurry(struct rr_connections *connections, int64_t now_ms, int32_t slow_ms)
{
    struct rr_connection *slowest = NULL;
    for (size_t i = 0; i < RR_CONNECTIONS_SLOTS; i++) {
        struct rr_connection *connection = &connections->slots[i];
        if (connection->owner == NULL || !connection->answering || connection->deadline_ms == RR_DEADLINE_NEVER)
            continue;
        if (slowest == NULL || connection->since_ms < slowest->since_ms)
            slowest = connection;
    }
    if (slowest != NULL && now_ms - slowest->since_ms > slow_ms)
        slowest->deadline_ms = now_ms;
}

void rr_connections_retire(struct rr_connections *connections, const void *owner, int64_t now_ms)
{
    for (size_t i = 0; i < RR_CONNECTIONS_SLOTS; i++) {
        struct rr_connection *connection = &connections->slots[i];
        if (connection->owner != owner)
            continue;
        connection->retired = true;
        if (waits(connection))
            connection->deadline_ms = now_ms;
    }
}

size_t rr_connections_count(const struct rr_connections *connections, const void *owner)
{
    size_t count = 0;
    for (size_t i = 0; i < RR_CONNECTIONS_SLOTS; i++)
        count += connections->slots[i].owner == owner;
    return count;
}

int64_t rr_connections_next_ms(const struct rr_connections *connections)
{
    int64_t next_ms = RR_DEADLINE_NEVER;
    for (size_t i = 0; i < RR_CONNECTIONS_SLOTS; i++)
        if (connections->slots[i].owner != NULL && connections->slots[i].deadline_ms < next_ms)
            next_ms = connections->slots[i].deadline_ms;
    return next_ms;
}

size_t rr_connections_expire(struct rr_connections *connections, int64_t now_ms, int out_fds[RR_CONNECTIONS_SLOTS])
{
    size_t count = 0;
    for (size_t i = 0; i < RR_CONNECTIONS_SLOTS; i++) {
        struct rr_connection *connection = &connections->slots[i];
        if (connection->owner == NULL || connection->deadline_ms > now_ms)
            continue;
        connection->deadline_ms = RR_DEADLINE_NEVER;
        out_fds[count++] = connection->fd;
    }
    return count;
}
