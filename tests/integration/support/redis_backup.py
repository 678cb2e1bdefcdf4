# SPDX-License-Identifier: Apache-2.0
"""Takes a true pair from a running Redis: the RDB of a full synchronisation and the replication stream that follows it."""

import time

from .redis_client import connect


class ReplicaCapture:
    """Connects as a replica (PSYNC ? -1). `rdb` holds the snapshot; `stream` grows as the primary sends commands."""

    def __init__(self, address, timeout=20.0):
        self._socket = connect(address, timeout)
        self._pending = b""
        self._socket.sendall(b"*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n")
        words = self._line().split()
        if words[:1] != [b"+FULLRESYNC"]:
            raise RuntimeError(f"no full synchronisation: {words!r}")
        self.replication_id, self.offset = words[1].decode(), int(words[2])
        header = self._line()
        while header == b"":  # a primary sends bare newlines while it makes the snapshot
            header = self._line()
        if header.startswith(b"$EOF:"):
            mark = header[5:]
            while mark not in self._pending:
                self._receive()
            self.rdb, self._pending = self._pending.split(mark, 1)
        else:
            length = int(header[1:])
            while len(self._pending) < length:
                self._receive()
            self.rdb, self._pending = self._pending[:length], self._pending[length:]
        self.stream = b""

    def _receive(self):
        data = self._socket.recv(65536)
        if not data:
            raise RuntimeError("the primary closed the connection")
        self._pending += data

    def _line(self):
        while b"\n" not in self._pending:
            self._receive()
        line, self._pending = self._pending.split(b"\n", 1)
        return line.rstrip(b"\r")

    def follow_to(self, offset, timeout=20.0):
        """Reads until the stream holds every byte up to the primary's replication offset: byte i of the stream is offset self.offset + i."""
        end = time.monotonic() + timeout
        while self.offset + len(self._pending) < offset:
            if time.monotonic() > end:
                raise TimeoutError(f"stream at {self.offset + len(self._pending)}, primary at {offset}")
            self._receive()
        self.stream = self._pending[:offset - self.offset]
        return self.stream

    def close(self):
        self._socket.close()


def rdb_of(**values):
    """A whole RDB with these texts, made without a server. Its checksum is 0, which Redis takes for "not computed"."""
    def text(value):
        return bytes([len(value)]) + value.encode()  # up to 63 bytes
    return b"REDIS0009" + b"\xfe\x00" + b"".join(b"\x00" + text(name) + text(value) for name, value in values.items()) + b"\xff" + bytes(8)


def command(*words):
    """A command as an AOF has it."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words)


def take_pair(redis):
    """(RDB, AOF, replication offset) of a running Redis: 1000 keys in the snapshot, two writes after it."""
    redis.command("EVAL", "for i = 1, 1000 do redis.call('SET', 'cart:' .. i, string.rep('x', 64)) end", "0")
    redis.command("SET", "cart:before", "in the RDB")
    capture = ReplicaCapture(redis.port)
    redis.command("SET", "cart:after", "in the AOF")
    redis.command("INCR", "orders")
    replication = dict(line.split(":", 1) for line in redis.command("INFO", "replication").splitlines() if ":" in line)
    capture.follow_to(int(replication["master_repl_offset"]))
    capture.close()
    return capture.rdb, capture.stream, capture.offset


def upload_backups(store, bucket, backup_id, pair):
    """The pair, beside an older one, an RDB whose AOF was lost, and a name that is no backup. Returns the pair's timestamp."""
    rdb, aof, offset = pair

    def put(name, body, at=0):
        store.put(bucket, f"redis-backups/{name}", body, {"replication-id": backup_id, "replication-offset": str(at)})

    put(f"{backup_id}/dump-20260130-235900.rdb", rdb_of(age="older"))
    put(f"{backup_id}/appendonly-20260130-235900.aof", command("PING"))
    put("shop-sessions/dump-20260131-110000.rdb", rdb_of(aof="lost"))
    put(f"{backup_id}/dump-latest.rdb", b"no timestamp in the name")
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    put(f"{backup_id}/dump-{stamp}.rdb", rdb, offset)
    put(f"{backup_id}/appendonly-{stamp}.aof", aof, offset)
    return stamp
