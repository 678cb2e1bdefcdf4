# SPDX-License-Identifier: Apache-2.0
"""The two programs that are measured: how each is started, and what the kernel says of its memory."""

import os
import socket
import subprocess
import time

from support.processes import Process, free_port

LINKED = ("curl", "crypto", "xml2", "cjson", "yaml", "microhttpd", "lz4")


def memory_of(pid):
    """MiB: resident, of it anonymous, and the peak of resident."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    return {name: int(fields[key].split()[0]) / 1024 for name, key in (("resident", "VmRSS"), ("anonymous", "RssAnon"), ("peak", "VmHWM"))}


def _is_ready(port):
    """True when /readyz answers 200. A bare socket: polling each millisecond must cost little."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


class Program:
    """One of the two, by the name of its account."""

    def __init__(self, name, title, binary, flags):
        self.name, self.title, self.binary, self.flags = name, title, binary, flags

    def start(self, plane, *flags, label="", ready=True):
        """(process, milliseconds from exec to /readyz 200)."""
        health = free_port()
        command = [self.binary, *self.flags, "--kubeconfig", plane.kubeconfig_of(self.name), "--workers", "4", "--metrics-bind-address", f"127.0.0.1:{free_port()}",
                   "--health-probe-bind-address", f"127.0.0.1:{health}", *flags]
        started = time.monotonic()
        process = Process(self.name + label, command, plane.folder, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})
        process.started_at = time.time() - (time.monotonic() - started)
        if not ready:
            return process, None
        while not _is_ready(health):
            process.require_running()
            if time.monotonic() - started > 120:
                raise TimeoutError(f"{self.title} is not ready after 120 s:\n{process.log()[-2000:]}")
            time.sleep(0.001)
        return process, (time.monotonic() - started) * 1000

    def size(self, folder):
        """Bytes of the binary without symbols."""
        stripped = os.path.join(folder, f"{self.name}.stripped")
        subprocess.run(["strip", "-o", stripped, self.binary], check=True)
        return os.path.getsize(stripped)


def ours(binary):
    return Program("redisrestore", "redisrestore", binary, ["controller", "--allow-endpoint-cidr", "127.0.0.0/8"])


def peer(tools):
    return Program("controller-runtime", "controller-runtime", os.path.join(tools, "controller_runtime"), [])


def libraries_alone(folder):
    """Memory of a program that links the same libraries and does nothing."""
    source, binary = os.path.join(folder, "nothing.c"), os.path.join(folder, "nothing")
    with open(source, "w", encoding="ascii") as file:
        file.write("#include <unistd.h>\nint main(void) { return pause(); }\n")
    subprocess.run(["cc", "-O2", "-o", binary, source, "-Wl,--no-as-needed", *(f"-l{name}" for name in LINKED)], check=True)
    process = Process("nothing", [binary], folder)
    time.sleep(0.5)
    memory = memory_of(process.pid)
    process.popen.kill()
    process.popen.wait()
    return memory
