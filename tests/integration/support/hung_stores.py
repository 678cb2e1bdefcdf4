# SPDX-License-Identifier: Apache-2.0
"""Stores that hang."""

import socket
import threading


class HungStores:
    """Endpoints that hang, each on a port of its own: a third accepts and is silent, a third is silent in the TLS handshake, a third does not accept."""

    def __init__(self, count):
        self.sockets, self.connections, self.urls = [], [], []
        for number in range(count):
            black_hole = number % 3 == 2
            listener = socket.create_server(("127.0.0.1", 0), backlog=0 if black_hole else 8)
            port = listener.getsockname()[1]
            self.sockets.append(listener)
            self.urls.append(f"{'https' if number % 3 == 1 else 'http'}://127.0.0.1:{port}")
            if black_hole:
                self._fill(port)
            else:
                threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _fill(self, port):
        """The queue of a backlog of 0 has room for one; then the kernel drops what comes."""
        client = socket.create_connection(("127.0.0.1", port))
        self.sockets.append(client)

    def _accept(self, listener):
        while True:
            try:
                self.connections.append(listener.accept()[0])
            except OSError:
                return

    def asked(self):
        """How many of those that accept have a connection."""
        return len(self.connections)

    def stop(self):
        for each in self.sockets + self.connections:
            each.close()
