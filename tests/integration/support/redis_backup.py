"""Takes a true pair from a running Redis: the RDB of a full synchronisation and the replication stream that follows it."""

import socket
import time


class ReplicaCapture:
    """Connects as a replica (PSYNC ? -1). `rdb` holds the snapshot; `stream` grows as the primary sends commands."""

    def __init__(self, port, timeout=20.0):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
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
