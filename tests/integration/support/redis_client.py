# SPDX-License-Identifier: Apache-2.0
"""A client of a Redis or Valkey, over TCP on loopback or a Unix socket."""

import socket


def connect(address, timeout=20.0):
    """`address`: a port of loopback, or the path of a Unix socket."""
    if isinstance(address, int):
        return socket.create_connection(("127.0.0.1", address), timeout=timeout)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(timeout)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


class Client:
    """Calls a command and returns its reply: bulk strings as bytes, others as str, int, list or None. An error is a RuntimeError."""

    def __init__(self, address):
        self._socket = connect(address)
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

    def info(self, section):
        """INFO of that section as a dict."""
        return dict(line.split(":", 1) for line in self("INFO", section).decode().splitlines() if ":" in line)

    def close(self):
        self._file.close()
        self._socket.close()
