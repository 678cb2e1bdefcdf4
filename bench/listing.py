# SPDX-License-Identifier: Apache-2.0
"""The listing measured: `redisrestore discover` beside what else there is, on one list server, in one run.

The slow ones run where they say something: all of them on 10 keys, on 140,000 at 20 ms and on a million without latency (CPU a key); on the other shapes the predecessor's
algorithm alone, as the sequential listing that ratios are made with, and on some only redisrestore.
"""

import collections
import json
import os
import re
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

SEQUENTIAL = "aws-sdk-go-v2"
LONG_S = 2.0      # a run that lasts so long is not repeated just to warm up
BUDGET_S = 8.0    # after so much time a program is not run once more
ROUNDS = 5
ALL = (SEQUENTIAL, "minio-go", "s5cmd", "rclone")

Shape = collections.namedtuple("Shape", "title ids sessions style modified latency tls peers", defaults=("hex", "shuffled", 0, False, ()))
Figures = collections.namedtuple("Figures", "seconds cpu peak requests")

SHAPES = (
    *(Shape("10 keys", 1, 5, latency=latency, peers=ALL) for latency in (0, 20, 50)),
    *(Shape("10,000 ids x 14", 10000, 7, latency=latency, peers=ALL if latency == 20 else (SEQUENTIAL,)) for latency in (0, 20, 50)),
    *(Shape("10,000 ids x 14", 10000, 7, style, latency=20, peers=(SEQUENTIAL,)) for style in ("counter", "skewed", "names")),
    Shape("1,000 ids x 1,000", 1000, 500, latency=0, peers=ALL),
    Shape("1,000 ids x 1,000", 1000, 500, latency=20, peers=(SEQUENTIAL,)),
    Shape("1,000 ids x 1,000", 1000, 500, latency=50, peers=(SEQUENTIAL,)),
    *(Shape("1,000 ids x 1,000", 1000, 500, style, latency=20) for style in ("counter", "skewed", "names")),
    Shape("1,000 ids x 1,000", 1000, 500, modified="key-order", latency=50),
    Shape("1,000 ids x 1,000", 1000, 500, latency=0, tls=True),
    Shape("1,000 ids x 1,000", 1000, 500, latency=50, tls=True, peers=(SEQUENTIAL,)),
    Shape("1 id x 1,000,000", 1, 500000, latency=0),
    Shape("1 id x 1,000,000", 1, 500000, latency=20),
    Shape("1 id x 1,000,000", 1, 500000, latency=50, peers=(SEQUENTIAL,)),
    Shape("1 id x 1,000,000", 1, 500000, modified="key-order", latency=50),
    *(Shape("100,000 ids x 10", 100000, 5, latency=latency, peers=(SEQUENTIAL,) if latency == 50 else ()) for latency in (0, 20, 50)),
    *(Shape("100,000 ids x 10", 100000, 5, style, latency=20) for style in ("counter", "skewed", "names")),
)
QUICK_SHAPES = (
    Shape("10 keys", 1, 5, latency=20, peers=ALL),
    Shape("30 ids x 100", 30, 50, "counter", latency=5, peers=ALL),
    Shape("30 ids x 100", 30, 50, tls=True, peers=(SEQUENTIAL,)),
    Shape("1 id x 3,000", 1, 1500, modified="key-order", latency=5, peers=(SEQUENTIAL,)),
)


class Store:
    """A list server with one bucket."""

    def __init__(self, tools, shape):
        self._folder = tempfile.TemporaryDirectory(prefix="redisrestore-bench-")
        flags = ["-ids", str(shape.ids), "-sessions", str(shape.sessions), "-style", shape.style, "-modified", shape.modified, "-latency", f"{shape.latency}ms"]
        if shape.tls:
            flags += ["-tls", self._folder.name]
        self._process = subprocess.Popen([os.path.join(tools, "fakes3"), *flags], stdout=subprocess.PIPE, text=True)
        port = int(self._process.stdout.readline())
        self.url = f"{'https' if shape.tls else 'http'}://127.0.0.1:{port}"
        self.ca = os.path.join(self._folder.name, "ca.pem") if shape.tls else None
        handlers = [urllib.request.ProxyHandler({})]
        if shape.tls:
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.ca)))
        self._opener = urllib.request.build_opener(*handlers)
        self.truth = json.loads(self._ask("/-/truth"))

    def _ask(self, path):
        with self._opener.open(self.url + path, timeout=60) as reply:
            return reply.read()

    def requests(self):
        """How many came since this was asked last."""
        return int(self._ask("/-/requests"))

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()


def environment_of(store):
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "S3_BUCKET": "bench", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": store.url,
           "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_EC2_METADATA_DISABLED": "true", "S3_ENDPOINT_URL": store.url,
           "RCLONE_CONFIG": "/nonexistent/rclone.conf", "RCLONE_S3_PROVIDER": "Other", "RCLONE_S3_ENDPOINT": store.url, "RCLONE_S3_ACCESS_KEY_ID": "bench",
           "RCLONE_S3_SECRET_ACCESS_KEY": "bench", "RCLONE_S3_NO_CHECK_BUCKET": "true", "RCLONE_USE_SERVER_MODTIME": "true"}
    if store.ca:
        env |= {"AWS_CA_BUNDLE": store.ca, "SSL_CERT_FILE": store.ca, "SSL_CERT_DIR": "/nonexistent"}
    return env


def commands(binary, tools, servers):
    """By name: the command, and what its output must hold when the newest RDB has that key. s5cmd and rclone only list, they choose nothing."""
    def of_key(key):
        return key

    def of_name(key):
        return key.removeprefix("redis-backups/")
    return {"redisrestore": ([binary, "discover", "--output", "json"], of_key), SEQUENTIAL: ([os.path.join(tools, "discover")], of_key),
            "minio-go": ([os.path.join(tools, "minio_list")], of_key), "s5cmd": ([os.path.join(tools, "s5cmd"), "ls", "s3://bench/redis-backups/*"], of_name),
            "rclone": ([os.path.join(servers, "rclone"), "lsf", "--recursive", "--fast-list", "--files-only", "--format", "tp", ":s3:bench/redis-backups"], of_name)}


class PeakWatch:
    """The peak of resident memory (VmHWM) of a process, read from /proc while it runs: often at first, then fifty times a second."""

    def __init__(self, pid):
        self.mib, self._pid, self._over = 0.0, pid, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        started = time.monotonic()
        while not self._over.wait(0.001 if time.monotonic() - started < 0.3 else 0.02):
            try:
                with open(f"/proc/{self._pid}/status", "rb") as file:
                    peak = re.search(rb"VmHWM:\s*(\d+) kB", file.read())
            except OSError:
                return
            if peak:
                self.mib = int(peak[1]) / 1024

    def end(self):
        self._over.set()
        self._thread.join()
        return self.mib


def run_once(command, env, store, is_right):
    """Figures of one run, times and CPU as the kernel accounts them."""
    store.requests()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        process = subprocess.Popen(command, env=env, stdout=output, stderr=errors)
        watch = PeakWatch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        peak = watch.end()
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        output.seek(0)
        if process.returncode != 0:
            raise SystemExit(f"{command[0]} failed: {errors.read()[-2000:].decode(errors='replace')}")
        if not is_right(output):
            raise SystemExit(f"{' '.join(command)} did not find what the list server has")
    return Figures(seconds, usage.ru_utime + usage.ru_stime, peak, store.requests())


def measure(command, env, store, is_right, rounds):
    """Medians of several runs after one that warms up; a program that is slow runs less often, at least once."""
    runs, started = [], time.monotonic()
    while len(runs) < rounds + 1 and (len(runs) < 1 or time.monotonic() - started < BUDGET_S):
        runs.append(run_once(command, env, store, is_right))
    peak = max(run.peak for run in runs)
    if len(runs) > 1 and runs[0].seconds < LONG_S:
        runs = runs[1:]
    medians = [statistics.median(column) for column in zip(*runs)]
    return Figures(medians[0], medians[1], peak, max(run.requests for run in runs)), len(runs)


def row(shape, name, keys, figures, runs, sequential):
    ratio = f"{sequential.seconds / figures.seconds:.1f}" if sequential else ""
    return (f"| {shape.title} | {shape.style} | {shape.modified} | {shape.latency} ms{' TLS' if shape.tls else ''} | {name} | {figures.seconds * 1000:,.0f} ms | {ratio} | "
            f"{figures.cpu * 1000:,.0f} ms | {figures.cpu / keys * 1e6:.2f} | {figures.peak:.1f} MiB | {figures.requests:.0f} | {runs} |")


def run(options, binary, tools, servers):
    """The lines of the table, each printed as soon as it is there."""
    started, lines, raw = time.monotonic(), [], []

    def say(line):
        lines.append(line)
        print(line, flush=True)
    say("| bucket | ids | times | latency | program | wall | times faster | CPU | us of CPU a key | peak resident | requests | runs |")
    say("|---|---|---|---|---|---|---|---|---|---|---|---|")
    sequential = {}  # by keys and latency, whatever the ids look like: for it they are all the same
    for shape in QUICK_SHAPES if options.quick else SHAPES:
        store = Store(tools, shape)
        try:
            env, key = environment_of(store), store.truth["LastModified"]["rdb"]
            every = commands(binary, tools, servers)
            for name in (*(() if options.only_ours else shape.peers), "redisrestore"):
                command, form = every[name]
                needle = form(key).encode()
                figures, runs = measure(command, env, store, lambda output: any(needle in line for line in output), 1 if options.quick else ROUNDS)
                alike = (store.truth["objects"], shape.latency, shape.tls)
                if name == SEQUENTIAL:
                    sequential[alike] = figures
                beside = sequential.get(alike) if name != SEQUENTIAL else None
                say(row(shape, name, store.truth["objects"], figures, runs, beside))
                raw.append({**shape._asdict(), "program": name, "keys": store.truth["objects"], **figures._asdict()})
        finally:
            store.stop()
    print(f"\nlisting measured in {time.monotonic() - started:.0f} s", file=sys.stderr)
    with open(options.list_json, "w", encoding="ascii") as file:
        json.dump(raw, file, indent=1)
    return "\n".join(lines)
