/* SPDX-License-Identifier: Apache-2.0 */
/* redis_server: decides which server can load which RDB (docs/behaviour: V-11). This was measured with Redis 6.2 to 8.0
 * and Valkey 8.1 and 9.1; for other versions it follows the sources of the servers. Threads: pure. */
#ifndef RR_REDIS_REDIS_SERVER_H
#define RR_REDIS_REDIS_SERVER_H

#include <redisrestore/redis/rdb.h>

struct rr_redis_server {
    bool is_valkey;
    int major, minor;
};

/* Parses "redis:7.2", "valkey:8.1" or "redis:7.0.15" (the patch level does not count). Fails with RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_redis_server_parse(struct rr_slice text, struct rr_redis_server *out_server, struct rr_error *err);
/* Fails with RR_E_INVALID if the version is newer than those that are known here; the message says up to which. The
 * answer of rr_redis_server_loads is an expectation then. */
RR_MUST_USE bool rr_redis_server_is_known(const struct rr_redis_server *server, struct rr_error *err);
/* Succeeds if the server can load an RDB with these facts. Fails with RR_E_INVALID; the message names both versions. */
RR_MUST_USE bool rr_redis_server_loads(const struct rr_redis_server *server, const struct rr_rdb_facts *facts,
                                       struct rr_error *err);

#endif
