# SPDX-License-Identifier: Apache-2.0
"""Verification and staging measured: `redisrestore verify` of files beside `redis-check-rdb` and `redis-check-aof`; `redisrestore stage` and `verify` of a bucket
beside `s5cmd cp`, alone and followed by these checks; in turn.

A real server makes the pairs: one of a million small values of every type, one of few large values. Each pair is the RDB of a full synchronization and the
replication stream that follows it.
"""

import collections
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

from listing import PeakWatch
from support.redis_client import connect
from support.redis_servers import RedisServer, program
from support.servers import Authority, Minio

SERVER = "redis-7.0.15"
ROUNDS = 9
ROUND_TRIPS_MS = (0, 20)
PREFIX, ID, STAMP = "redis-backups/", "bench", "20261130-020000"
MIB = 1 << 20

Pair = collections.namedtuple("Pair", "title rdb aof")
Figures = collections.namedtuple("Figures", "seconds cpu peak")

# In the server, since a client would take longer than all measurements. Hexadecimal digests stand for values that LZF does not shrink.
MIXED = """
local function text(seed, digests)
    local parts = {}
    for i = 1, digests do parts[i] = redis.sha1hex(seed .. ':' .. i) end
    return table.concat(parts)
end
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) - 1 do
    local kind = i % 10
    if kind < 5 then redis.call('SET', 'string:' .. i, text(i, 7))
    elseif kind == 5 then for f = 1, 20 do redis.call('HSET', 'hash:' .. i, 'field:' .. f, text(i .. f, 2)) end
    elseif kind == 6 then for e = 1, 20 do redis.call('RPUSH', 'list:' .. i, text(i .. e, 2)) end
    elseif kind == 7 then for e = 1, 20 do redis.call('SADD', 'set:' .. i, text(i .. e, 1)) end
    elseif kind == 8 then for e = 1, 20 do redis.call('ZADD', 'zset:' .. i, e / 7, text(i .. e, 1)) end
    else for e = 1, 20 do redis.call('XADD', 'stream:' .. i, '*', 'field', text(i .. e, 2)) end end
end
"""
MIXED_KEY_BYTES = 850       # in the RDB, on average
MIXED_COMMAND_BYTES = 1370  # in the AOF
BATCH = 200


def fill_mixed(redis, size, first=0):
    """Adds that many bytes, more or less; returns the number of the next key. The first call's bytes are of the RDB, those of later ones of the AOF."""
    last = first + max(size // (MIXED_COMMAND_BYTES if first else MIXED_KEY_BYTES), 10)
    for batch in range(first, last, BATCH):
        redis("EVAL", MIXED, 0, batch, min(batch + BATCH, last))
    return last


def fill_large(redis, size, first=0):
    """Values of 64 MiB, or an eighth of the size, of random bytes."""
    each = min(64 * MIB, max(size // 8, 1))
    for number in range(first, first + size // each):
        redis("SET", f"value:{number}", os.urandom(each))
    return first + size // each


def capture(server, folder, change):
    """Writes the server's RDB and the stream of what `change` does after it into files: they may be larger than memory."""
    def read_line():
        line = b""
        while not line.endswith(b"\n") or line == b"\n":
            line = (b"" if line == b"\n" else line) + connection.recv(1)
        return line.strip()

    def copy(path, bytes_left):
        with open(path, "wb") as file:
            while bytes_left > 0:
                data = connection.recv(min(bytes_left, MIB))
                if not data:
                    raise RuntimeError("the server closed the connection")
                file.write(data)
                bytes_left -= len(data)
        return path

    connection = connect(server.address, timeout=600)
    connection.sendall(b"PSYNC ? -1\r\n")
    offset = int(read_line().split()[2])
    rdb = copy(os.path.join(folder, "dump.rdb"), int(read_line()[1:]))
    change()
    aof = copy(os.path.join(folder, "appendonly.aof"), server.offset() - offset)
    connection.close()
    return rdb, aof


def make_pair(folder, title, fill, size):
    """An RDB of seven eighths of the size, and an AOF of one eighth."""
    os.makedirs(folder)
    with tempfile.TemporaryDirectory() as data, RedisServer(
            SERVER, data, "--save", "", "--appendonly", "no", "--proto-max-bulk-len", "512mb", "--client-output-buffer-limit", "replica 0 0 0") as server:
        number = fill(server.redis, size * 7 // 8)
        rdb, aof = capture(server, folder, lambda: fill(server.redis, size // 8, number))
    return Pair(title, rdb, aof)


def run_once(commands, env=None):
    """Figures of commands that run one after the other."""
    seconds = cpu = peak = 0.0
    with tempfile.TemporaryFile() as output:
        for command in commands:
            started = time.monotonic()
            pid = os.posix_spawn(command[0], command, {"PATH": os.environ["PATH"], **(env or {})},
                                 file_actions=[(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, output.fileno(), 2)])
            watch = PeakWatch(pid)
            _, status, usage = os.wait4(pid, 0)
            seconds += time.monotonic() - started
            cpu += usage.ru_utime + usage.ru_stime
            peak = max(peak, watch.end())
            if os.waitstatus_to_exitcode(status) != 0:
                output.seek(0)
                raise SystemExit(f"{' '.join(command)} failed: {output.read()[-2000:].decode(errors='replace')}")
    return Figures(seconds, cpu, peak)


def measure(programs, rounds, env=None, prepare=lambda: None):
    """{program: Figures}: medians of alternating runs, after one that warms up."""
    runs = {name: [] for name in programs}
    for number in range(rounds + 1):
        for name, commands in programs.items():
            prepare()
            figures = run_once(commands, env)
            if number > 0:
                runs[name].append(figures)
    return {name: Figures(*(statistics.median(values) for values in zip(*found))) for name, found in runs.items()}


class Store:
    """MinIO with the pair, plain and compressed, behind a delay."""

    def __init__(self, folder, tools, pair, has_tls):
        self._tools = tools
        authority = Authority(os.path.join(folder, "pki")) if has_tls else None
        self.minio = Minio(folder, "bench", "bench-secret", tls=authority)
        self.ca = authority.ca if has_tls else None
        self.sizes = {}
        for compression, suffix in (("none", ""), ("zstd", ".zst")):
            bucket = f"bench-{compression}"
            self.minio.s3.make_bucket(bucket)
            for name, path in (("dump", pair.rdb), ("appendonly", pair.aof)):
                if suffix:
                    subprocess.run(["zstd", "--quiet", "--force", "-T0", path], check=True)
                self._upload(bucket, f"{PREFIX}{ID}/{name}-{STAMP}.{path.rpartition('.')[2]}{suffix}", path + suffix)
                self.sizes[compression] = self.sizes.get(compression, 0) + os.path.getsize(path + suffix)
                if suffix:
                    os.remove(path + suffix)

    def environment(self, url, compression):
        env = {"HOME": "/nonexistent", "S3_BUCKET": f"bench-{compression}", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": url, "S3_ENDPOINT_URL": url,
               "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench-secret", "AWS_EC2_METADATA_DISABLED": "true"}
        return env | ({"AWS_CA_BUNDLE": self.ca, "SSL_CERT_FILE": self.ca, "SSL_CERT_DIR": "/nonexistent"} if self.ca else {})

    def _upload(self, bucket, key, path):
        subprocess.run([os.path.join(self._tools, "s5cmd"), "cp", path, f"s3://{bucket}/{key}"], check=True, stdout=subprocess.DEVNULL,
                       env={"PATH": os.environ["PATH"], **self.environment(self.minio.url, "none")})

    def delayed(self, milliseconds):
        """(process, URL): the store behind that round trip."""
        process = subprocess.Popen([os.path.join(self._tools, "delay"), "-to", f"127.0.0.1:{self.minio.port}", "-round-trip", f"{milliseconds}ms"],
                                   stdout=subprocess.PIPE, text=True)
        return process, f"{'https' if self.ca else 'http'}://127.0.0.1:{int(process.stdout.readline())}"


def bucket_programs(binary, tools, copy, compression):
    """By name: the commands that stage, verify or copy the pair of the bucket."""
    fetch = [os.path.join(tools, "s5cmd"), "cp", f"s3://bench-{compression}/{PREFIX}{ID}/*", copy + os.sep]
    names = [os.path.join(copy, f"dump-{STAMP}.rdb"), os.path.join(copy, f"appendonly-{STAMP}.aof")]
    unpack = [] if compression == "none" else [[shutil.which("zstd"), "--quiet", "-d", "--rm", *(name + ".zst" for name in names)]]
    checks = [[program(SERVER, role), name] for role, name in zip(("check-rdb", "check-aof"), names)]
    stage = [binary, "stage", "--dir", copy, "--server", "redis:7.0", "--appendonly", "yes", "--replication-id", ID]
    return {"redisrestore stage": [stage], "redisrestore verify": [[binary, "verify", "--replication-id", ID]], "s5cmd cp": [fetch],
            "s5cmd cp, then the checkers of Redis": [fetch, *unpack, *checks]}


def measure_buckets(pair, folder, binary, tools, rounds):
    rows = []
    for has_tls in (False, True):
        place = os.path.join(folder, "tls" if has_tls else "plain")
        copy = os.path.join(place, "copy")
        os.makedirs(copy)

        def empty():
            shutil.rmtree(copy)
            os.mkdir(copy)
        store = Store(place, tools, pair, has_tls)
        try:
            for milliseconds in ROUND_TRIPS_MS:
                delay, url = store.delayed(milliseconds)
                try:
                    for compression, size in store.sizes.items():
                        found = measure(bucket_programs(binary, tools, copy, compression), rounds, store.environment(url, compression), empty)
                        title = f"{pair.title}: {'https' if has_tls else 'http'}, {milliseconds} ms{'' if compression == 'none' else ', zstd'}"
                        rows += rows_of(title, size, found, "redisrestore stage")
                finally:
                    delay.kill()
                    delay.wait()
                    delay.stdout.close()
        finally:
            store.minio.stop()
        shutil.rmtree(place)
    return rows


def rows_of(title, size, found, ours):
    return [{"pair": title, "bytes": size, "program": name, "seconds": figures.seconds, "cpu": figures.cpu, "peak": figures.peak,
             "times": figures.seconds / found[ours].seconds} for name, figures in found.items()]


def table(rows):
    lines = ["| pair | program | wall | GB/s | CPU | peak resident | redisrestore is faster by |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        factor = "" if row["program"].startswith("redisrestore") else f"{row['times']:.1f}"
        lines.append(f"| {row['pair']}, {row['bytes'] / MIB:,.0f} MiB | {row['program']} | {row['seconds'] * 1000:,.0f} ms | {row['bytes'] / row['seconds'] / 1e9:.2f} | "
                     f"{row['cpu'] * 1000:,.0f} ms | {row['peak']:.1f} MiB | {factor} |")
    return "\n".join(lines)


def run(options, binary, tools):
    """Measures, prints and returns the table."""
    size, rounds = (8 * MIB, 1) if options.quick else (options.mebibytes * MIB, ROUNDS)
    rows = []
    for title, fill in (("small values of every type", fill_mixed), ("few large values", fill_large)):
        with tempfile.TemporaryDirectory(prefix="redisrestore-bench-", dir=options.folder) as folder:
            pair = make_pair(os.path.join(folder, "pair"), title, fill, size)
            check_rdb, check_aof = ([program(SERVER, role), path] for role, path in (("check-rdb", pair.rdb), ("check-aof", pair.aof)))
            for what, files, checks in (("RDB", ["--rdb", pair.rdb], [check_rdb]),
                                        ("RDB and AOF", ["--rdb", pair.rdb, "--aof", pair.aof], [check_rdb, check_aof])):
                checker = "redis-check-rdb" if len(checks) == 1 else "redis-check-rdb, then redis-check-aof"
                found = measure({"redisrestore verify": [[binary, "verify", *files]], checker: checks}, rounds)
                rows += rows_of(f"{title}: {what}", sum(map(os.path.getsize, files[1::2])), found, "redisrestore verify")
            rows += measure_buckets(pair, folder, binary, tools, rounds)
    text = table(rows)
    print(text, flush=True)
    with open(options.restore_json, "w", encoding="ascii") as file:
        json.dump(rows, file, indent=1)
    return text
