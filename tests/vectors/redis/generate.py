#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the pairs of this folder with real servers: NAME.rdb and NAME.aof of one replication session, and NAME.json, what the server itself
says of the RDB's data (keys by database and type) and of the stream's end.

  tests/vectors/redis/generate.py NAME COMMAND...     e.g. redis-7.0.15 redis-server

The data has every type and encoding that the server writes: small and large values, integers, compressible texts, expiry, several databases,
functions, streams with groups and pending entries. It is made from a fixed seed; times, IDs and offsets differ from run to run.
"""

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "integration", "support"))

from redis_backup import ReplicaCapture  # noqa: E402


class Client:
    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._file = self._socket.makefile("rb")

    def _reply(self):
        line = self._file.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind in b"+:":
            return int(rest) if kind == b":" else rest.decode()
        if kind == b"$":
            return None if rest == b"-1" else self._file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self._reply() for _ in range(int(rest))]
        raise RuntimeError(line.decode())

    def __call__(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self._socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        return self._reply()

    def maybe(self, *words):
        """For what older servers do not have."""
        try:
            return self(*words)
        except RuntimeError:
            return None


def fill(redis, rng):
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


def stream(redis):
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


def main():
    name, command = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        server = subprocess.Popen([*command, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder, "--repl-diskless-sync-delay", "0"],
                                  stdout=subprocess.DEVNULL)
        try:
            for _ in range(100):
                try:
                    redis = Client(port)
                    redis("PING")
                    break
                except OSError:
                    time.sleep(0.05)
            fill(redis, random.Random(7))
            time.sleep(0.2)
            redis("DBSIZE")
            facts = described(redis)
            capture = ReplicaCapture(port)
            stream(redis)
            info = redis("INFO", "replication").decode()
            offset = int(next(line for line in info.splitlines() if line.startswith("master_repl_offset:")).split(":")[1])
            capture.follow_to(offset)
            facts.update(replicationID=capture.replication_id, replicationOffset=capture.offset, endOffset=offset)
            with open(os.path.join(HERE, f"{name}.rdb"), "wb") as file:
                file.write(capture.rdb)
            with open(os.path.join(HERE, f"{name}.aof"), "wb") as file:
                file.write(capture.stream)
            with open(os.path.join(HERE, f"{name}.json"), "w", encoding="ascii") as file:
                json.dump(facts, file, indent=1, sort_keys=True)
                file.write("\n")
            capture.close()
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
