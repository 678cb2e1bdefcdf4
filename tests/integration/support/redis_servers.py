# SPDX-License-Identifier: Apache-2.0
"""The Redis and Valkey servers of tests/tools/redis/install.py, started on a Unix socket with a data directory."""

import os
import signal
import subprocess
import tempfile
import time

from .processes import Process
from .redis_client import Client

SERVERS = ("redis-6.2.5", "redis-6.2.14", "redis-7.0.15", "redis-7.4.1", "redis-8.0.2", "valkey-8.1.1", "valkey-8.1.8", "valkey-9.1.2")


def folder():
    tools = os.environ.get("REDISRESTORE_TOOLS") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "redisrestore-tools")
    return os.path.join(tools, "redis-servers")


def program(name, role="server"):
    """The path of a server's program: server, check-rdb or check-aof."""
    return os.path.join(folder(), name, role)


def installed():
    """The names of the servers that this machine has."""
    return [name for name in SERVERS if os.access(program(name), os.X_OK)]


def as_target(name):
    """As --server wants it: redis-7.0.15 is redis:7.0.15."""
    return name.replace("-", ":", 1)


def version(name):
    """(is Valkey, major, minor, patch)"""
    family, number = name.split("-")
    return (family == "valkey", *map(int, number.split(".")))


def is_older_than_7(name):
    return version(name)[:2] == (False, 6)


class NotStarted(RuntimeError):
    """The server ended instead of starting; the text is the end of its log."""


class RedisServer:
    """One server on a data directory, which stays when it ends. Can be started again. `redis` is a connected client, `address` its socket."""

    def __init__(self, name, data, *options):
        self.name, self.data, self.options = name, data, options
        self._sockets = tempfile.TemporaryDirectory(prefix="rr-redis-")  # the path of a socket is short
        self.address = os.path.join(self._sockets.name, "socket")
        self.process = self.redis = None
        self.start()

    def start(self):
        command = [program(self.name), "--port", "0", "--unixsocket", self.address, "--dir", self.data, "--daemonize", "no",
                   "--repl-diskless-sync-delay", "0", *self.options]
        if not is_older_than_7(self.name):
            command += ["--enable-debug-command", "yes"]
        self.process = Process(self.name, command, self._sockets.name)
        end = time.monotonic() + 60
        while True:
            try:
                self.redis = Client(self.address)
                if self.redis("PING") == "PONG":
                    return
            except (OSError, RuntimeError):  # not there yet, or loading
                if self.redis:
                    self.redis.close()
            if not self.process.running():
                text = self.process.log()
                self.process.stop()
                self.redis = None
                raise NotStarted(text[-3000:])
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name} does not answer: {self.process.log()[-3000:]}")
            time.sleep(0.02)

    def stop(self, number=signal.SIGTERM):
        """Ends it as Kubernetes does, or with another signal."""
        if self.redis:
            self.redis.close()
            self.redis = None
        if self.process and self.process.popen.returncode is None:
            self.process.signal(number)
            try:
                self.process.popen.wait(20)
            except subprocess.TimeoutExpired:
                pass
            self.process.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self._sockets.cleanup()

    def digest(self):
        """One number over all keys, values and expiry times of all databases."""
        return self.redis("DEBUG", "DIGEST")

    def keys(self):
        """The number of keys of each database that has some."""
        return {name: int(value.split(",")[0].split("=")[1]) for name, value in self.redis.info("keyspace").items() if name.startswith("db")}

    def offset(self):
        return int(self.redis.info("replication")["master_repl_offset"])

    def rewrite(self):
        """BGREWRITEAOF, to its end."""
        self.redis("BGREWRITEAOF")
        end = time.monotonic() + 30
        while True:
            facts = self.redis.info("persistence")
            if facts["aof_rewrite_in_progress"] == facts["aof_rewrite_scheduled"] == "0":
                if facts["aof_last_bgrewrite_status"] != "ok":
                    raise RuntimeError(f"the rewrite failed: {self.process.log()[-2000:]}")
                return
            if time.monotonic() > end:
                raise TimeoutError("the rewrite does not end")
            time.sleep(0.02)
