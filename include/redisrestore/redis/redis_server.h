/* SPDX-License-Identifier: Apache-2.0 */
/* redis_server: which server loads which RDB (docs/behaviour: V-11). Measured on Redis 6.2 to 8.0 and Valkey 8.1 and
 * 9.1; other versions by the sources of the servers. Threads: pure. */
#ifndef RR_REDIS_REDIS_SERVER_H
#define RR_REDIS_REDIS_SERVER_H

#include <redisrestore/redis/rdb.h>

struct rr_redis_server {
    bool is_valkey;
    int major, minor;
};

/* "redis:7.2", "valkey:8.1", "redis:7.0.15" (the patch level does not count). Fails with RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_redis_server_parse(struct rr_slice text, struct rr_redis_server *out_server, struct rr_error *err);
/* Fails with RR_E_INVALID; the message names both versions. */
RR_MUST_USE bool rr_redis_server_loads(const struct rr_redis_server *server, const struct rr_rdb_facts *facts,
                                       struct rr_error *err);

#endif
