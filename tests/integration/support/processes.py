# SPDX-License-Identifier: Apache-2.0
"""Child processes that tests and the demo start: logged to a file, ended with their parent, stopped by pid."""

import ctypes
import fcntl
import os
import random
import signal
import socket
import subprocess
import tempfile
import time

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_FIRST_PORT = 20000
_PORTS = 12000


def _end_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    """A free port of 127.0.0.1 that no other caller of this user gets until all others were given out: of two probes of port 0 the kernel may
    give one port to both. It is below the ports that the kernel gives to clients. Servers that can take port 0 themselves should."""
    with _last_port() as last:
        fcntl.flock(last, fcntl.LOCK_EX)
        last.seek(0)
        number = int(last.read() or 0)
        for _ in range(_PORTS):
            number = (number + 1) % _PORTS
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", _FIRST_PORT + number))
                except OSError:
                    continue
            last.truncate(0)
            last.write(str(number))
            return _FIRST_PORT + number
    raise RuntimeError(f"no port of 127.0.0.1 from {_FIRST_PORT} to {_FIRST_PORT + _PORTS - 1} is free")


def _last_port():
    """The file with the number of the last port, beside the tools: what runs without them, such as scripts/try, leaves no file behind."""
    tools = os.environ.get("REDISRESTORE_TOOLS") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "redisrestore-tools")
    try:
        return open(os.path.join(tools, "last-port"), "a+")
    except OSError:
        file = tempfile.TemporaryFile("a+")
        file.write(str(random.randrange(_PORTS)))
        return file


def wait_until(what, condition, timeout=60.0, interval=0.05):
    """Calls condition until it is true and returns its value. Raises with the last error or value otherwise."""
    end = time.monotonic() + timeout
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except Exception as error:  # whatever the server under start answers is "not yet"
            last = error
        if time.monotonic() > end:
            raise TimeoutError(f"waited {timeout:.0f} s for {what}: {last!r}")
        time.sleep(interval)


class Process:
    """One server. `keep` leaves it running when the parent ends."""

    def __init__(self, name, argv, folder, env=None, keep=False):
        self.name = name
        self.log_path = os.path.join(folder, f"{name}.log")
        self._log = open(self.log_path, "ab")
        self.popen = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT, env=env, start_new_session=True,
            preexec_fn=None if keep else _end_with_parent)
        self.pid = self.popen.pid

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def processes(self):
        return [self]

    def running(self):
        return self.popen.poll() is None

    def require_running(self):
        if not self.running():
            raise RuntimeError(f"{self.name} ended with {self.popen.returncode}:\n{self.log()[-3000:]}")
        return True

    def signal(self, number):
        if self.running():
            self.popen.send_signal(number)

    def stop(self, timeout=10.0):
        """SIGTERM, then SIGKILL. Returns the exit code; a negative one is the signal that ended it."""
        self.signal(signal.SIGTERM)
        try:
            self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self._log.close()
        return self.popen.returncode
