/* SPDX-License-Identifier: Apache-2.0 */
#include "aof_internal.h"

#include <stdlib.h>

/* Commands that servers write to an AOF or send to their replicas, and those that would do harm when they are loaded:
 * they change the server, its replication or its connections. With the smallest number of arguments, the name included,
 * of all servers: with fewer, servers crash while they load (measured on Redis 7.0). In byte order.
 * From the command tables of Redis 6.2 to 8.0 and Valkey 9. */
static const struct command {
    const char *name;
    enum rr_aof_kind kind;
    unsigned arguments_min;
} commands[] = {
    { "ACL", RR_AOF_FORBIDDEN, 2 },
    { "APPEND", RR_AOF_DATA, 3 },
    { "AUTH", RR_AOF_FORBIDDEN, 2 },
    { "BGREWRITEAOF", RR_AOF_FORBIDDEN, 1 },
    { "BGSAVE", RR_AOF_FORBIDDEN, 1 },
    { "BITFIELD", RR_AOF_DATA, 2 },
    { "BITOP", RR_AOF_DATA, 4 },
    { "BLMOVE", RR_AOF_DATA, 6 },
    { "BLMPOP", RR_AOF_DATA, 5 },
    { "BLPOP", RR_AOF_DATA, 3 },
    { "BRPOP", RR_AOF_DATA, 3 },
    { "BRPOPLPUSH", RR_AOF_DATA, 4 },
    { "BZMPOP", RR_AOF_DATA, 5 },
    { "BZPOPMAX", RR_AOF_DATA, 3 },
    { "BZPOPMIN", RR_AOF_DATA, 3 },
    { "CLIENT", RR_AOF_FORBIDDEN, 2 },
    { "CLUSTER", RR_AOF_FORBIDDEN, 2 },
    { "CONFIG", RR_AOF_FORBIDDEN, 2 },
    { "COPY", RR_AOF_DATA, 3 },
    { "DEBUG", RR_AOF_FORBIDDEN, 2 },
    { "DECR", RR_AOF_DATA, 2 },
    { "DECRBY", RR_AOF_DATA, 3 },
    { "DEL", RR_AOF_DATA, 2 },
    { "DELIFEQ", RR_AOF_DATA, 3 },
    { "EVAL", RR_AOF_SCRIPT, 3 },
    { "EVALSHA", RR_AOF_SCRIPT, 3 },
    { "EXEC", RR_AOF_CONTROL, 1 },
    { "EXPIRE", RR_AOF_DATA, 3 },
    { "EXPIREAT", RR_AOF_DATA, 3 },
    { "FAILOVER", RR_AOF_FORBIDDEN, 1 },
    { "FCALL", RR_AOF_SCRIPT, 3 },
    { "FLUSHALL", RR_AOF_DATA, 1 },
    { "FLUSHDB", RR_AOF_DATA, 1 },
    { "FUNCTION", RR_AOF_SCRIPT, 2 },
    { "GEOADD", RR_AOF_DATA, 5 },
    { "GEORADIUS", RR_AOF_DATA, 6 },
    { "GEORADIUSBYMEMBER", RR_AOF_DATA, 5 },
    { "GEOSEARCHSTORE", RR_AOF_DATA, 8 },
    { "GETDEL", RR_AOF_DATA, 2 },
    { "GETEX", RR_AOF_DATA, 2 },
    { "GETSET", RR_AOF_DATA, 3 },
    { "HDEL", RR_AOF_DATA, 3 },
    { "HELLO", RR_AOF_FORBIDDEN, 1 },
    { "HEXPIRE", RR_AOF_DATA, 6 },
    { "HEXPIREAT", RR_AOF_DATA, 6 },
    { "HGETDEL", RR_AOF_DATA, 5 },
    { "HGETEX", RR_AOF_DATA, 5 },
    { "HINCRBY", RR_AOF_DATA, 4 },
    { "HINCRBYFLOAT", RR_AOF_DATA, 4 },
    { "HMSET", RR_AOF_DATA, 4 },
    { "HPERSIST", RR_AOF_DATA, 5 },
    { "HPEXPIRE", RR_AOF_DATA, 6 },
    { "HPEXPIREAT", RR_AOF_DATA, 6 },
    { "HSET", RR_AOF_DATA, 4 },
    { "HSETEX", RR_AOF_DATA, 6 },
    { "HSETNX", RR_AOF_DATA, 4 },
    { "INCR", RR_AOF_DATA, 2 },
    { "INCRBY", RR_AOF_DATA, 3 },
    { "INCRBYFLOAT", RR_AOF_DATA, 3 },
    { "LINSERT", RR_AOF_DATA, 5 },
    { "LMOVE", RR_AOF_DATA, 5 },
    { "LMPOP", RR_AOF_DATA, 4 },
    { "LPOP", RR_AOF_DATA, 2 },
    { "LPUSH", RR_AOF_DATA, 3 },
    { "LPUSHX", RR_AOF_DATA, 3 },
    { "LREM", RR_AOF_DATA, 4 },
    { "LSET", RR_AOF_DATA, 4 },
    { "LTRIM", RR_AOF_DATA, 4 },
    { "MIGRATE", RR_AOF_FORBIDDEN, 6 },
    { "MODULE", RR_AOF_FORBIDDEN, 2 },
    { "MONITOR", RR_AOF_FORBIDDEN, 1 },
    { "MOVE", RR_AOF_DATA, 3 },
    { "MSET", RR_AOF_DATA, 3 },
    { "MSETEX", RR_AOF_DATA, 4 },
    { "MSETNX", RR_AOF_DATA, 3 },
    { "MULTI", RR_AOF_CONTROL, 1 },
    { "PERSIST", RR_AOF_DATA, 2 },
    { "PEXPIRE", RR_AOF_DATA, 3 },
    { "PEXPIREAT", RR_AOF_DATA, 3 },
    { "PFADD", RR_AOF_DATA, 2 },
    { "PFCOUNT", RR_AOF_DATA, 2 },
    { "PFDEBUG", RR_AOF_DATA, 3 },
    { "PFMERGE", RR_AOF_DATA, 2 },
    { "PING", RR_AOF_CONTROL, 1 },
    { "PSETEX", RR_AOF_DATA, 4 },
    { "PSUBSCRIBE", RR_AOF_FORBIDDEN, 2 },
    { "PSYNC", RR_AOF_FORBIDDEN, 3 },
    { "PUBLISH", RR_AOF_CONTROL, 3 },
    { "QUIT", RR_AOF_FORBIDDEN, 1 },
    { "RENAME", RR_AOF_DATA, 3 },
    { "RENAMENX", RR_AOF_DATA, 3 },
    { "REPLCONF", RR_AOF_CONTROL, 1 },
    { "REPLICAOF", RR_AOF_FORBIDDEN, 3 },
    { "RESET", RR_AOF_FORBIDDEN, 1 },
    { "RESTORE", RR_AOF_DATA, 4 },
    { "RESTORE-ASKING", RR_AOF_DATA, 4 },
    { "RPOP", RR_AOF_DATA, 2 },
    { "RPOPLPUSH", RR_AOF_DATA, 3 },
    { "RPUSH", RR_AOF_DATA, 3 },
    { "RPUSHX", RR_AOF_DATA, 3 },
    { "SADD", RR_AOF_DATA, 3 },
    { "SAVE", RR_AOF_FORBIDDEN, 1 },
    { "SCRIPT", RR_AOF_SCRIPT, 2 },
    { "SDIFFSTORE", RR_AOF_DATA, 3 },
    { "SELECT", RR_AOF_CONTROL, 2 },
    { "SENTINEL", RR_AOF_FORBIDDEN, 1 },
    { "SET", RR_AOF_DATA, 3 },
    { "SETBIT", RR_AOF_DATA, 4 },
    { "SETEX", RR_AOF_DATA, 4 },
    { "SETNX", RR_AOF_DATA, 3 },
    { "SETRANGE", RR_AOF_DATA, 4 },
    { "SHUTDOWN", RR_AOF_FORBIDDEN, 1 },
    { "SINTERSTORE", RR_AOF_DATA, 3 },
    { "SLAVEOF", RR_AOF_FORBIDDEN, 3 },
    { "SMOVE", RR_AOF_DATA, 4 },
    { "SORT", RR_AOF_DATA, 2 },
    { "SPOP", RR_AOF_DATA, 2 },
    { "SPUBLISH", RR_AOF_CONTROL, 3 },
    { "SREM", RR_AOF_DATA, 3 },
    { "SSUBSCRIBE", RR_AOF_FORBIDDEN, 2 },
    { "SUBSCRIBE", RR_AOF_FORBIDDEN, 2 },
    { "SUNIONSTORE", RR_AOF_DATA, 3 },
    { "SWAPDB", RR_AOF_DATA, 3 },
    { "SYNC", RR_AOF_FORBIDDEN, 1 },
    { "UNLINK", RR_AOF_DATA, 2 },
    { "WAIT", RR_AOF_FORBIDDEN, 3 },
    { "WAITAOF", RR_AOF_FORBIDDEN, 4 },
    { "XACK", RR_AOF_DATA, 4 },
    { "XACKDEL", RR_AOF_DATA, 1 },
    { "XADD", RR_AOF_DATA, 5 },
    { "XAUTOCLAIM", RR_AOF_DATA, 6 },
    { "XCLAIM", RR_AOF_DATA, 6 },
    { "XDEL", RR_AOF_DATA, 3 },
    { "XDELEX", RR_AOF_DATA, 1 },
    { "XGROUP", RR_AOF_DATA, 2 },
    { "XREADGROUP", RR_AOF_DATA, 7 },
    { "XSETID", RR_AOF_DATA, 3 },
    { "XTRIM", RR_AOF_DATA, 4 },
    { "ZADD", RR_AOF_DATA, 4 },
    { "ZDIFFSTORE", RR_AOF_DATA, 4 },
    { "ZINCRBY", RR_AOF_DATA, 4 },
    { "ZINTERSTORE", RR_AOF_DATA, 4 },
    { "ZMPOP", RR_AOF_DATA, 4 },
    { "ZPOPMAX", RR_AOF_DATA, 2 },
    { "ZPOPMIN", RR_AOF_DATA, 2 },
    { "ZRANGESTORE", RR_AOF_DATA, 5 },
    { "ZREM", RR_AOF_DATA, 3 },
    { "ZREMRANGEBYLEX", RR_AOF_DATA, 4 },
    { "ZREMRANGEBYRANK", RR_AOF_DATA, 4 },
    { "ZREMRANGEBYSCORE", RR_AOF_DATA, 4 },
    { "ZUNIONSTORE", RR_AOF_DATA, 4 },
};

static int compare(const void *name, const void *command)
{
    const struct rr_slice *wanted = name;
    const char *known = ((const struct command *)command)->name;
    size_t i = 0;
    for (; i < wanted->len && known[i] != '\0'; i++) {
        char c = wanted->ptr[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (c != known[i])
            return c < known[i] ? -1 : 1;
    }
    return i < wanted->len ? 1 : known[i] != '\0' ? -1 : 0;
}

enum rr_aof_kind rr_aof_find(struct rr_slice name, unsigned *out_arguments_min)
{
    const struct command *found = bsearch(&name, commands, RR_COUNT(commands), sizeof commands[0], compare);
    *out_arguments_min = found != NULL ? found->arguments_min : 1;
    return found != NULL ? found->kind : RR_AOF_UNKNOWN;
}

enum rr_aof_kind rr_aof_kind_of(struct rr_slice name)
{
    unsigned ignored;
    return rr_aof_find(name, &ignored);
}
