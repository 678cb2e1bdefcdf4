# SPDX-License-Identifier: Apache-2.0
"""Verification and staging measured: `redisrestore verify` of files beside `redis-check-rdb` and `redis-check-aof`; `redisrestore stage` and `verify` of a bucket
beside `s5cmd cp`, alone and followed by these checks, and `aws s3 cp`; in turn.

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
# Whether over TLS, round trip in ms, kind of the objects, where the copy goes (False: beside the store, True: the second folder), and the programs.
EVERY = ("redisrestore stage", "redisrestore verify", "s5cmd cp", "s5cmd cp, then the checkers of Redis", "aws s3 cp")
WITH_CHECKERS, COPIES = EVERY[:4], ("redisrestore stage", "s5cmd cp")
CASES = (
    (False, 0, "plain", False, EVERY), (False, 0, "zstd", False, WITH_CHECKERS), (False, 20, "plain", False, COPIES), (False, 20, "zstd", False, COPIES),
    (False, 0, "MD5", False, COPIES), (False, 0, "plain", True, COPIES),
    (True, 0, "plain", False, WITH_CHECKERS), (True, 0, "zstd", False, COPIES), (True, 20, "plain", False, COPIES), (True, 20, "zstd", False, COPIES),
)
COPIES_OF_LONG = 10  # the RDB for the memory of a long download is so many of the pair's
PREFIX, ID, STAMP = "redis-backups/", "bench", "20261130-020000"
MIB = 1 << 20
RDB_MAGIC_BYTES, RDB_END_BYTES = 9, 9

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
SHORT_KEY_BYTES = 26        # in the RDB, of DEBUG POPULATE
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
    """MinIO with the pair: plain; compressed; as one part whose ETag is its MD5, with an RDB that has no checksum of its own."""

    def __init__(self, folder, tools, pair, has_tls):
        self._tools = tools
        authority = Authority(os.path.join(folder, "pki")) if has_tls else None
        self.minio = Minio(folder, "bench", "bench-secret", tls=authority)
        self.ca = authority.ca if has_tls else None
        self.sizes = {}
        if pair is not None:
            self._put(pair, "plain")
            self._put(pair, "zstd", ".zst")
            if not has_tls:
                self._put(without_checksum(pair), "MD5", options=["--part-size", "4096"])

    def _put(self, pair, kind, suffix="", options=()):
        self.minio.s3.make_bucket(bucket_of(kind))
        for name, path in (("dump", pair.rdb), ("appendonly", pair.aof)):
            if suffix:
                subprocess.run(["zstd", "--quiet", "--force", "-T0", path], check=True)
            self.s5cmd(kind, "cp", *options, path + suffix, f"s3://{bucket_of(kind)}/{PREFIX}{ID}/{name}-{STAMP}.{path.rpartition('.')[2]}{suffix}")
            self.sizes[kind] = self.sizes.get(kind, 0) + os.path.getsize(path + suffix)
            if suffix:
                os.remove(path + suffix)

    def put_long(self, pair, copies):
        """An RDB of so many copies of the pair's keys, without a checksum, and the pair's AOF."""
        self.minio.s3.make_bucket(bucket_of("long"))
        self.s5cmd("long", "cp", pair.aof, f"s3://{bucket_of('long')}/{PREFIX}{ID}/appendonly-{STAMP}.aof")
        with subprocess.Popen([os.path.join(self._tools, "s5cmd"), "pipe", f"s3://{bucket_of('long')}/{PREFIX}{ID}/dump-{STAMP}.rdb"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              env={"PATH": os.environ["PATH"], **self.environment(self.minio.url, "long")}) as pipe, open(pair.rdb, "rb") as rdb:
            pipe.stdin.write(rdb.read(RDB_MAGIC_BYTES))
            for _ in range(copies):
                rdb.seek(RDB_MAGIC_BYTES)
                left = os.path.getsize(pair.rdb) - RDB_MAGIC_BYTES - RDB_END_BYTES
                while left > 0:
                    left -= pipe.stdin.write(rdb.read(min(left, MIB)))
            pipe.stdin.write(b"\xff" + bytes(8))
        if pipe.returncode != 0:
            raise SystemExit("s5cmd pipe failed")
        return copies * (os.path.getsize(pair.rdb) - RDB_MAGIC_BYTES - RDB_END_BYTES) + RDB_MAGIC_BYTES + RDB_END_BYTES + os.path.getsize(pair.aof)

    def environment(self, url, kind):
        env = {"HOME": "/nonexistent", "S3_BUCKET": bucket_of(kind), "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": url, "S3_ENDPOINT_URL": url,
               "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench-secret", "AWS_EC2_METADATA_DISABLED": "true"}
        return env | ({"AWS_CA_BUNDLE": self.ca, "SSL_CERT_FILE": self.ca, "SSL_CERT_DIR": "/nonexistent"} if self.ca else {})

    def s5cmd(self, kind, *arguments):
        subprocess.run([os.path.join(self._tools, "s5cmd"), *arguments], check=True, stdout=subprocess.DEVNULL,
                       env={"PATH": os.environ["PATH"], **self.environment(self.minio.url, kind)})

    def delayed(self, milliseconds):
        """(process, URL): the store behind that round trip."""
        process = subprocess.Popen([os.path.join(self._tools, "delay"), "-to", f"127.0.0.1:{self.minio.port}", "-round-trip", f"{milliseconds}ms"],
                                   stdout=subprocess.PIPE, text=True)
        return process, f"{'https' if self.ca else 'http'}://127.0.0.1:{int(process.stdout.readline())}"


def bucket_of(kind):
    return f"bench-{kind.lower()}"


def without_checksum(pair):
    """The pair with zeros in place of the RDB's checksum, as a server with `rdbchecksum no` writes it."""
    path = os.path.join(os.path.dirname(pair.rdb), "unchecked.rdb")
    shutil.copyfile(pair.rdb, path)
    with open(path, "r+b") as file:
        file.seek(-8, os.SEEK_END)
        file.write(bytes(8))
    return Pair(pair.title, path, pair.aof)


def stage_command(binary, folder):
    return [binary, "stage", "--dir", folder, "--server", "redis:7.0", "--appendonly", "yes", "--replication-id", ID]


def bucket_programs(binary, tools, copy, kind):
    """By name: the commands that stage, verify or copy the pair of the bucket."""
    source = f"s3://{bucket_of(kind)}/{PREFIX}{ID}/"
    fetch = [os.path.join(tools, "s5cmd"), "cp", source + "*", copy + os.sep]
    names = [os.path.join(copy, f"dump-{STAMP}.rdb"), os.path.join(copy, f"appendonly-{STAMP}.aof")]
    unpack = [] if kind != "zstd" else [[shutil.which("zstd"), "--quiet", "-d", "--rm", *(name + ".zst" for name in names)]]
    checks = [[program(SERVER, role), name] for role, name in zip(("check-rdb", "check-aof"), names)]
    aws = os.path.join(tools, "aws", "bin", "aws")
    programs = {"redisrestore stage": [stage_command(binary, copy)], "redisrestore verify": [[binary, "verify", "--replication-id", ID]],
                "s5cmd cp": [fetch], "s5cmd cp, then the checkers of Redis": [fetch, *unpack, *checks]}
    return programs | ({"aws s3 cp": [[aws, "s3", "cp", "--recursive", "--only-show-errors", source, copy]]} if os.access(aws, os.X_OK) else {})


def measure_case(store, case, pair, copy, binary, tools, rounds):
    """The rows of one line of CASES; `copy` is the folder that the programs write to."""
    has_tls, milliseconds, kind, is_second, names = case

    def empty():
        shutil.rmtree(copy, ignore_errors=True)
        os.makedirs(copy)
    programs = bucket_programs(binary, tools, copy, kind)
    delay, url = store.delayed(milliseconds)
    try:
        found = measure({name: programs[name] for name in names if name in programs}, rounds, store.environment(url, kind), empty)
    finally:
        delay.kill()
        delay.wait()
        delay.stdout.close()
    kinds = {"plain": "", "zstd": ", zstd", "MD5": ", no checksum but the MD5"}
    where = f", into {os.path.dirname(os.path.dirname(copy))}" if is_second else ""
    return rows_of(f"{pair.title}: {'https' if has_tls else 'http'}, {milliseconds} ms{kinds[kind]}{where}", store.sizes[kind], found, "redisrestore stage")


def measure_buckets(pair, folder, second, binary, tools, rounds):
    rows = []
    for has_tls in (False, True):
        place = os.path.join(folder, "tls" if has_tls else "plain")
        os.makedirs(place)
        store = Store(place, tools, pair, has_tls)
        try:
            for case in CASES:
                if case[0] == has_tls:
                    rows += measure_case(store, case, pair, os.path.join(second if case[3] else place, "copy"), binary, tools, rounds)
        finally:
            store.minio.stop()
        shutil.rmtree(place)
    return rows


def measure_long(pair, binary, tools):
    """One `stage` of a long RDB, on a disk: its memory must be that of a short one."""
    with tempfile.TemporaryDirectory(prefix="redisrestore-bench-long-") as folder:
        copy = os.path.join(folder, "copy")
        os.mkdir(copy)
        store = Store(folder, tools, None, False)
        try:
            size = store.put_long(pair, COPIES_OF_LONG)
            figures = run_once([stage_command(binary, copy)], store.environment(store.minio.url, "long"))
        finally:
            store.minio.stop()
    return rows_of(f"{pair.title}, {COPIES_OF_LONG} times: http, once, into {tempfile.gettempdir()}", size, {"redisrestore stage": figures}, "redisrestore stage")


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


def measure_files(pair, binary, rounds):
    rows = []
    check_rdb, check_aof = ([program(SERVER, role), path] for role, path in (("check-rdb", pair.rdb), ("check-aof", pair.aof)))
    for what, files, checks in (("RDB", ["--rdb", pair.rdb], [check_rdb]),
                                ("RDB and AOF", ["--rdb", pair.rdb, "--aof", pair.aof], [check_rdb, check_aof])):
        checker = "redis-check-rdb" if len(checks) == 1 else "redis-check-rdb, then redis-check-aof"
        found = measure({"redisrestore verify": [[binary, "verify", *files]], checker: checks}, rounds)
        rows += rows_of(f"{pair.title}: {what}", sum(map(os.path.getsize, files[1::2])), found, "redisrestore verify")
    return rows


def measure_short_keys(folder, binary, rounds, size):
    """Only an RDB, of the shortest keys and values: most of its bytes are lengths and types."""
    with tempfile.TemporaryDirectory() as data, RedisServer(SERVER, data, "--save", "", "--appendonly", "no", "--enable-debug-command", "yes",
                                                            "--client-output-buffer-limit", "replica 0 0 0") as server:
        server.redis("DEBUG", "POPULATE", size // SHORT_KEY_BYTES)
        rdb, _ = capture(server, folder, lambda: None)
    found = measure({"redisrestore verify": [[binary, "verify", "--rdb", rdb]], "redis-check-rdb": [[program(SERVER, "check-rdb"), rdb]]}, rounds)
    size = os.path.getsize(rdb)
    os.remove(rdb)
    return rows_of("short keys and values: RDB", size, found, "redisrestore verify")


def second_folder(folder):
    """tmpfs where the stores are on a disk, and the other way round."""
    return tempfile.gettempdir() if os.path.abspath(folder or "").startswith("/dev/shm") or not os.path.isdir("/dev/shm") else "/dev/shm"


def run(options, binary, tools):
    """Measures, prints and returns the table."""
    size, rounds = (8 * MIB, 1) if options.quick else (options.mebibytes * MIB, ROUNDS)
    rows = []
    with tempfile.TemporaryDirectory(prefix="redisrestore-bench-", dir=options.folder) as folder:
        rows += measure_short_keys(folder, binary, rounds, size // 4)
    for title, fill in (("small values of every type", fill_mixed), ("few large values", fill_large)):
        with tempfile.TemporaryDirectory(prefix="redisrestore-bench-", dir=options.folder) as folder, \
                tempfile.TemporaryDirectory(prefix="redisrestore-bench-", dir=second_folder(options.folder)) as second:
            pair = make_pair(os.path.join(folder, "pair"), title, fill, size)
            rows += measure_files(pair, binary, rounds)
            rows += measure_buckets(pair, folder, second, binary, tools, rounds)
            if fill == fill_mixed:
                rows += measure_long(pair, binary, tools)
    text = table(rows)
    print(text, flush=True)
    with open(options.restore_json, "w", encoding="ascii") as file:
        json.dump(rows, file, indent=1)
    return text
