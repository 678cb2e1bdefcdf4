# SPDX-License-Identifier: Apache-2.0
"""A data set with every type and encoding that a server writes, commands that change it, and what a server says of its data."""

import random


def fill(redis, rng=None):
    """Small and large values, integers, compressible texts, expiry, several databases, functions, streams with groups and pending entries. Made
    from a fixed seed; times and IDs differ from run to run."""
    rng = rng or random.Random(7)
    text = b"the quick brown fox jumps over the lazy dog " * 40
    noise = bytes(rng.randrange(256) for _ in range(300))
    redis("SET", "plain", "value")
    redis("SET", "compressible", text)
    redis("SET", "noise", noise)
    for value in (0, -1, 127, 128, -129, 32767, 32768, -32769, 2147483647, 2147483648, "007"):
        redis("SET", f"number:{value}", value)
    redis("SET", b"odd \x00\xff\n key", "x")
    redis("SET", "expires", "later", "PX", 10**10)
    redis("SET", "gone", "soon", "PX", 1)
    redis("RPUSH", "list:small", *range(20))
    redis("RPUSH", "list:large", *(f"element {i} " + "x" * rng.randrange(200) for i in range(300)))
    redis("RPUSH", "list:plain", text * 8, noise * 40)
    redis("SADD", "set:ints", *range(50))
    redis("SADD", "set:ints32", 100000, -100000)
    redis("SADD", "set:ints64", 1 << 40)
    redis("SADD", "set:small", "a", "b", "c")
    redis("SADD", "set:large", *(f"member:{i}" for i in range(600)))
    redis("ZADD", "zset:small", 1, "a", 2.5, "b", "-inf", "c", "+inf", "d")
    redis("ZADD", "zset:large", *(word for i in range(300) for word in (i / 7, f"member:{i}")))
    redis("HSET", "hash:small", "field", "value", "n", 12)
    redis("HSET", "hash:large", *(word for i in range(300) for word in (f"field:{i}", "v" * rng.randrange(80))))
    for i in range(250):
        redis("XADD", "stream", "*", "n", i, "text", "abc" * (i % 5))
    redis("XGROUP", "CREATE", "stream", "group", "0")
    redis("XGROUP", "CREATE", "stream", "empty", "$")
    redis("XREADGROUP", "GROUP", "group", "alice", "COUNT", 7, "STREAMS", "stream", ">")
    redis("XREADGROUP", "GROUP", "group", "bob", "COUNT", 3, "STREAMS", "stream", ">")
    redis("XADD", "stream:empty", "*", "a", "b")
    redis("XTRIM", "stream:empty", "MAXLEN", 0)
    redis("PFADD", "hll", *range(1000))
    redis.maybe("FUNCTION", "LOAD", "#!lua name=mylib\nredis.register_function('f', function(k, a) return 1 end)")
    redis.maybe("HPEXPIRE", "hash:small", 10**10, "FIELDS", 1, "field")
    redis.maybe("HPEXPIRE", "hash:large", 10**10, "FIELDS", 2, "field:1", "field:2")
    redis("SELECT", 3)
    for i in range(30):
        redis("SET", f"other:{i}", i)
    redis("SELECT", 9)
    redis("SET", "alone", 1)
    redis("SELECT", 0)


def change(redis):
    """Commands of every kind that the replication stream shows: transactions, scripts, other databases, expiry, a large value."""
    redis("SET", "after", "the snapshot")
    redis("INCR", "counter")
    redis("MULTI")
    redis("SET", "in:transaction", 1)
    redis("RPUSH", "list:small", "x")
    redis("EXEC")
    redis("EVAL", "redis.call('SET', KEYS[1], ARGV[1]); redis.call('INCR', KEYS[1])", 1, "by:script", 41)
    redis("SELECT", 3)
    redis("DEL", "other:1")
    redis("PUBLISH", "channel", "message")
    redis("SELECT", 0)
    redis("EXPIRE", "plain", 100000)
    redis("SET", "large", b"y" * 70000)
    redis("XADD", "stream", "*", "last", 1)


def described(redis):
    """Numbers of keys by database and by type."""
    databases, types = {}, {}
    for index in range(16):
        redis("SELECT", index)
        keys = redis("KEYS", "*")
        if keys:
            databases[index] = len(keys)
        for key in keys:
            kind = redis("TYPE", key)
            types[kind] = types.get(kind, 0) + 1
    redis("SELECT", 0)
    return {"databases": databases, "types": types}


def _value(redis, kind, key):
    if kind == "string":
        return redis("GET", key)
    if kind == "list":
        return redis("LRANGE", key, 0, -1)
    if kind == "set":
        return sorted(redis("SMEMBERS", key))
    if kind == "zset":
        return redis("ZRANGE", key, 0, -1, "WITHSCORES")
    if kind == "hash":
        words = redis("HGETALL", key)
        return sorted(zip(words[::2], words[1::2]))
    if kind == "stream":
        groups = redis("XINFO", "GROUPS", key)
        names = [group[group.index(b"name") + 1] for group in groups]
        return redis("XRANGE", key, "-", "+"), [(name, redis("XPENDING", key, name, "-", "+", 1000)) for name in names]
    raise ValueError(f"{key!r} is of type {kind}")


def dump(redis):
    """Every key with its type, its value and whether it expires, and the functions: what a restored server must have too. An idle time, a
    frequency and the time of a delivery are not data."""
    found = {}
    for index in range(16):
        redis("SELECT", index)
        for key in redis("KEYS", "*"):
            kind, ttl = redis("TYPE", key), redis("PTTL", key)
            value = _value(redis, kind, key)
            if kind == "stream":  # consumers' idle times go on
                value = value[0], [(name, [(entry[0], entry[1], entry[3]) for entry in pending]) for name, pending in value[1]]
            found[index, key] = kind, value, ttl >= 0
    redis("SELECT", 0)
    return found, redis.maybe("FUNCTION", "LIST", "WITHCODE")
