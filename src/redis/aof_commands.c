/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/aof.h>

#include <stdlib.h>

/* Commands that servers write to an AOF or send to their replicas, and those that would do harm when they are loaded.
 * In byte order. From the command tables of Redis 8.0 and Valkey 9 (src/commands, those with the flag
 * "write", and what src/server.c propagates itself). */
static const struct command {
    const char *name;
    enum rr_aof_kind kind;
} commands[] = {
#define DATA(name)                                                                                                     \
    {                                                                                                                  \
        name, RR_AOF_DATA                                                                                              \
    }
#define CONTROL(name)                                                                                                  \
    {                                                                                                                  \
        name, RR_AOF_CONTROL                                                                                           \
    }
#define SCRIPT(name)                                                                                                   \
    {                                                                                                                  \
        name, RR_AOF_SCRIPT                                                                                            \
    }
#define FORBIDDEN(name)                                                                                                \
    {                                                                                                                  \
        name, RR_AOF_FORBIDDEN                                                                                         \
    }
    FORBIDDEN("ACL"),
    DATA("APPEND"),
    FORBIDDEN("BGREWRITEAOF"),
    FORBIDDEN("BGSAVE"),
    DATA("BITFIELD"),
    DATA("BITOP"),
    DATA("BLMOVE"),
    DATA("BLMPOP"),
    DATA("BLPOP"),
    DATA("BRPOP"),
    DATA("BRPOPLPUSH"),
    DATA("BZMPOP"),
    DATA("BZPOPMAX"),
    DATA("BZPOPMIN"),
    FORBIDDEN("CLUSTER"),
    FORBIDDEN("CONFIG"),
    DATA("COPY"),
    FORBIDDEN("DEBUG"),
    DATA("DECR"),
    DATA("DECRBY"),
    DATA("DEL"),
    DATA("DELIFEQ"),
    SCRIPT("EVAL"),
    SCRIPT("EVALSHA"),
    CONTROL("EXEC"),
    DATA("EXPIRE"),
    DATA("EXPIREAT"),
    FORBIDDEN("FAILOVER"),
    SCRIPT("FCALL"),
    DATA("FLUSHALL"),
    DATA("FLUSHDB"),
    SCRIPT("FUNCTION"),
    DATA("GEOADD"),
    DATA("GEORADIUS"),
    DATA("GEORADIUSBYMEMBER"),
    DATA("GEOSEARCHSTORE"),
    DATA("GETDEL"),
    DATA("GETEX"),
    DATA("GETSET"),
    DATA("HDEL"),
    DATA("HEXPIRE"),
    DATA("HEXPIREAT"),
    DATA("HGETDEL"),
    DATA("HGETEX"),
    DATA("HINCRBY"),
    DATA("HINCRBYFLOAT"),
    DATA("HMSET"),
    DATA("HPERSIST"),
    DATA("HPEXPIRE"),
    DATA("HPEXPIREAT"),
    DATA("HSET"),
    DATA("HSETEX"),
    DATA("HSETNX"),
    DATA("INCR"),
    DATA("INCRBY"),
    DATA("INCRBYFLOAT"),
    DATA("LINSERT"),
    DATA("LMOVE"),
    DATA("LMPOP"),
    DATA("LPOP"),
    DATA("LPUSH"),
    DATA("LPUSHX"),
    DATA("LREM"),
    DATA("LSET"),
    DATA("LTRIM"),
    DATA("MIGRATE"),
    FORBIDDEN("MODULE"),
    DATA("MOVE"),
    DATA("MSET"),
    DATA("MSETEX"),
    DATA("MSETNX"),
    CONTROL("MULTI"),
    DATA("PERSIST"),
    DATA("PEXPIRE"),
    DATA("PEXPIREAT"),
    DATA("PFADD"),
    DATA("PFCOUNT"),
    DATA("PFDEBUG"),
    DATA("PFMERGE"),
    CONTROL("PING"),
    DATA("PSETEX"),
    FORBIDDEN("PSYNC"),
    CONTROL("PUBLISH"),
    DATA("RENAME"),
    DATA("RENAMENX"),
    CONTROL("REPLCONF"),
    FORBIDDEN("REPLICAOF"),
    DATA("RESTORE"),
    DATA("RESTORE-ASKING"),
    DATA("RPOP"),
    DATA("RPOPLPUSH"),
    DATA("RPUSH"),
    DATA("RPUSHX"),
    DATA("SADD"),
    FORBIDDEN("SAVE"),
    SCRIPT("SCRIPT"),
    DATA("SDIFFSTORE"),
    CONTROL("SELECT"),
    DATA("SET"),
    DATA("SETBIT"),
    DATA("SETEX"),
    DATA("SETNX"),
    DATA("SETRANGE"),
    FORBIDDEN("SHUTDOWN"),
    DATA("SINTERSTORE"),
    FORBIDDEN("SLAVEOF"),
    DATA("SMOVE"),
    DATA("SORT"),
    DATA("SPOP"),
    CONTROL("SPUBLISH"),
    DATA("SREM"),
    DATA("SUNIONSTORE"),
    DATA("SWAPDB"),
    FORBIDDEN("SYNC"),
    DATA("UNLINK"),
    DATA("XACK"),
    DATA("XACKDEL"),
    DATA("XADD"),
    DATA("XAUTOCLAIM"),
    DATA("XCLAIM"),
    DATA("XDEL"),
    DATA("XDELEX"),
    DATA("XGROUP"),
    DATA("XREADGROUP"),
    DATA("XSETID"),
    DATA("XTRIM"),
    DATA("ZADD"),
    DATA("ZDIFFSTORE"),
    DATA("ZINCRBY"),
    DATA("ZINTERSTORE"),
    DATA("ZMPOP"),
    DATA("ZPOPMAX"),
    DATA("ZPOPMIN"),
    DATA("ZRANGESTORE"),
    DATA("ZREM"),
    DATA("ZREMRANGEBYLEX"),
    DATA("ZREMRANGEBYRANK"),
    DATA("ZREMRANGEBYSCORE"),
    DATA("ZUNIONSTORE"),
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

enum rr_aof_kind rr_aof_kind_of(struct rr_slice name)
{
    const struct command *found = bsearch(&name, commands, RR_COUNT(commands), sizeof commands[0], compare);
    return found != NULL ? found->kind : RR_AOF_UNKNOWN;
}
