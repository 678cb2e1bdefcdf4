# SPDX-License-Identifier: Apache-2.0
"""Staged backups on real servers: each server's pairs, on every server that can load them, hold exactly the source's data."""

import functools
import itertools
import json
import os
import random
import shutil
import tempfile
import time
import unittest

from support import redis_data
from support.context import IntegrationTest
from support.redis_backup import ReplicaCapture
from support.redis_servers import NotStarted, RedisServer, as_target, installed, is_older_than_7, version

# Measured: which pairs a server loads. An older Redis than the writer may skip commands that it does not know, without an error.
_OF_72 = {"redis-7.4.1", "redis-8.0.2", "valkey-8.1.1", "valkey-8.1.8", "valkey-9.1.2"}
_ALL_FROM_7 = _OF_72 | {"redis-7.0.15"}
LOADED_BY = {
    "redis-6.2.5": _ALL_FROM_7 | {"redis-6.2.5", "redis-6.2.14"},
    "redis-6.2.14": _ALL_FROM_7 | {"redis-6.2.5", "redis-6.2.14"},
    "redis-7.0.15": _ALL_FROM_7,
    "redis-7.4.1": {"redis-7.4.1", "redis-8.0.2"},
    "redis-8.0.2": {"redis-8.0.2"},
    "valkey-8.1.1": _OF_72,
    "valkey-8.1.8": _OF_72,
    "valkey-9.1.2": {"valkey-9.1.2"},
}
# Redis 7.4 reads the RDB, but not every command of Redis 8: refused by the writer's version.
LOADED_YET_REFUSED = {("redis-8.0.2", "redis-7.4.1")}
SOURCE_OPTIONS = ("--save", "", "--appendonly", "no")


class Pair:
    """The files of one replication session of a server, and the server's own word on its data: `moments` are (offset, digest, keys by database)
    in the order of time, the first one that of the RDB, the last one that of the whole AOF."""

    def __init__(self, name, folder, *options):
        self.name = name
        self.rdb, self.aof = os.path.join(folder, f"{name}.rdb"), os.path.join(folder, f"{name}.aof")
        with tempfile.TemporaryDirectory() as data, RedisServer(name, data, *SOURCE_OPTIONS, *options) as server:
            redis = server.redis
            ReplicaCapture(server.address).close()  # from here on the server counts offsets
            redis_data.fill(redis)
            for number in range(0, 5000, 500):
                redis("HSET", "hash:big", *(word for i in range(number, number + 500) for word in (f"field:{i}", "v" * 50)))
            redis("SET", "string:big", random.Random(1).randbytes(3 << 20))
            time.sleep(0.1)  # what expires is gone
            server.keys()
            capture = ReplicaCapture(server.address)
            self.moments = [self._moment(server)]
            for step in (redis_data.change, *self._steps()):
                step(redis)
                self.moments.append(self._moment(server))
            self.dump = redis_data.dump(redis)
            capture.follow_to(self.moments[-1][0])
            capture.close()
        self.replication_offset = capture.offset
        for path, content in ((self.rdb, capture.rdb), (self.aof, capture.stream)):
            with open(path, "wb") as file:
                file.write(content)

    @staticmethod
    def _moment(server):
        """A PING of the primary may come between: then once more."""
        while True:
            offset = server.offset()
            digest, keys = server.digest(), server.keys()
            if server.offset() == offset:
                return offset, digest, keys

    @staticmethod
    def _steps():
        def transaction(redis):
            redis("MULTI")
            for number in range(5):
                redis("RPUSH", "in:transaction:list", f"element {number}")
            redis("EXEC")
        yield lambda redis: redis("SET", "first", 1)
        yield lambda redis: redis("DEL", "list:large", "zset:large")
        yield transaction
        yield lambda redis: redis("SPOP", "set:large", 17)
        yield lambda redis: redis("EVAL", "for i = 1, 20 do redis.call('SET', 'script:' .. i, i) end", 0)
        yield lambda redis: redis("XADD", "stream", "MAXLEN", "~", 100, "*", "n", "last")
        yield lambda redis: redis("XREADGROUP", "GROUP", "group", "carol", "COUNT", 2, "STREAMS", "stream", ">")
        yield lambda redis: redis("INCRBYFLOAT", "float", "0.1")
        yield lambda redis: redis("RENAME", "first", "second")
        yield lambda redis: redis("APPEND", "string:big", "end")
        yield lambda redis: redis("PEXPIREAT", "noise", 4102444800000)
        yield transaction


def offsets_of(pair):
    return [offset for offset, _, _ in pair.moments]


class RestoreServers(IntegrationTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.mkdtemp(prefix="rr-pairs-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.servers = installed()

    @classmethod
    @functools.lru_cache(maxsize=None)
    def pair(cls, name, *options):
        folder = tempfile.mkdtemp(dir=cls.folder)
        return Pair(name, folder, *options)

    def setUp(self):
        self.bucket = ""  # the pairs are files
        self.data = tempfile.mkdtemp(prefix="rr-data-")
        self.addCleanup(shutil.rmtree, self.data)

    def fresh(self):
        return tempfile.mkdtemp(dir=self.data)

    def stage(self, folder, target, *flags, code=0):
        """Runs `redisrestore stage` into that folder for that server; returns its report."""
        done = self.run_binary("stage", "--dir", folder, "--server", as_target(target), "--output", "json", *flags)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def start(self, target, folder, *options):
        return RedisServer(target, folder, "--appendonly", "yes", *options)

    def assert_holds(self, server, moment):
        self.assertEqual((server.digest(), server.keys()), moment[1:])

    def assert_survives(self, target, folder, moment, expected=None):
        """The data is there after the first start; after a write and a second start; after BGREWRITEAOF and a third."""
        with self.start(target, folder) as server:
            self.assert_holds(server, moment)
            if expected:
                self.assertEqual(redis_data.dump(server.redis), expected)
            server.redis("SET", "written:after", "the restore")
            written = (0, server.digest(), server.keys())
            for step in (lambda: None, server.rewrite):
                step()
                server.stop()
                server.start()
                self.assert_holds(server, written)

    @staticmethod
    def facts_of_manifest(folder):
        """Words that a server wrote behind the name, number and type of each file."""
        with open(os.path.join(folder, "appendonlydir", "appendonly.aof.manifest"), encoding="ascii") as file:
            return [line.split()[5:] for line in file]

    def test_g13_facts_that_a_server_added_to_its_manifest_come_back(self):
        """Redis 8 writes the replication offset at which a file begins."""
        for target in (name for name in self.servers if not is_older_than_7(name)):
            with self.subTest(target=target):
                folder = self.fresh()
                with self.start(target, folder) as server:
                    server.redis("SET", "before", "the rewrite")
                    server.rewrite()
                    server.redis("SET", "behind", "the rewrite")
                    old = (0, server.digest(), server.keys())
                    server.stop()
                facts = self.facts_of_manifest(folder)
                self.assertEqual("startoffset" in str(facts), target.startswith("redis-8"), facts)
                pair = self.pair(target)
                self.stage(folder, target, "--rdb", pair.rdb, "--aof", pair.aof, "--existing", "MoveAside")
                self.assertNotEqual(self.facts_of_manifest(folder), facts if "startoffset" in str(facts) else None)

                done = self.run_binary("stage", "--undo", "--dir", folder)

                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.facts_of_manifest(folder), facts)
                with self.start(target, folder) as server:
                    self.assert_holds(server, old)

    def test_g15_every_pair_holds_its_data_on_every_server_that_loads_it(self):
        for source, target in itertools.product(self.servers, self.servers):
            if target in LOADED_BY[source]:
                with self.subTest(source=source, target=target):
                    pair, folder = self.pair(source), self.fresh()

                    report = self.stage(folder, target, "--rdb", pair.rdb, "--aof", pair.aof)

                    self.assertEqual(report["result"], "Restored")
                    self.assertEqual(report["layout"], "SingleAOF" if is_older_than_7(target) else "MultiPartAOF")
                    self.assert_survives(target, folder, pair.moments[-1], pair.dump if version(source)[:2] == version(target)[:2] else None)

    def test_v11_pair_that_a_server_does_not_load_is_refused_before_a_byte_is_written(self):
        for source, target in itertools.product(self.servers, self.servers):
            if target not in LOADED_BY[source]:
                with self.subTest(source=source, target=target):
                    pair, folder = self.pair(source), self.fresh()

                    self.stage(folder, target, "--rdb", pair.rdb, "--aof", pair.aof, code=7)

                    self.assertEqual(os.listdir(folder), [])
                    if (source, target) not in LOADED_YET_REFUSED:
                        shutil.copy(pair.rdb, os.path.join(folder, "dump.rdb"))
                        with self.assertRaises(NotStarted):
                            RedisServer(target, folder, "--appendonly", "no").stop()

    def targets(self):
        """One server of each way of loading: Redis before 7, Redis 7, Valkey."""
        return [name for name in ("redis-6.2.14", "redis-7.0.15", next(server for server in self.servers if server.startswith("valkey"))) if name in self.servers]

    def test_p01_each_offset_holds_the_data_of_the_source_at_that_offset(self):
        for name in self.targets():
            pair = self.pair(name)
            self.assertGreaterEqual(len(pair.moments), 13)
            for index, moment in enumerate(pair.moments):
                following = offsets_of(pair)[index + 1] if index + 1 < len(pair.moments) else None
                # Inside the next command or transaction, the data is that before it.
                for offset in [moment[0]] + ([min(moment[0] + 9, following - 1)] if following else []):
                    with self.subTest(server=name, offset=offset):
                        folder = self.fresh()

                        report = self.stage(folder, name, "--rdb", pair.rdb, "--aof", pair.aof, "--to-offset", str(offset))

                        self.assertEqual(report["recoveredTo"]["offset"], moment[0])
                        with self.start(name, folder) as server:
                            self.assert_holds(server, moment)

    def test_p01_offset_out_of_the_window_is_refused_and_one_beyond_it_says_so(self):
        pair, folder = self.pair("redis-7.0.15"), self.fresh()

        refused = self.stage(folder, "redis-7.0.15", "--rdb", pair.rdb, "--aof", pair.aof, "--to-offset", str(pair.replication_offset - 1), code=7)
        self.assertEqual(refused["reason"], "RecoveryTargetUnreachable")
        self.assertIn(f"{pair.replication_offset} to {offsets_of(pair)[-1]}", refused["message"])
        self.assertEqual(os.listdir(folder), [])
        report = self.stage(folder, "redis-7.0.15", "--rdb", pair.rdb, "--aof", pair.aof, "--to-offset", str(offsets_of(pair)[-1] + 1))
        self.assertTrue(any("beyond" in warning for warning in report["warnings"]), report["warnings"])

    def test_p01_position_cuts_as_the_offset_does(self):
        pair, folder = self.pair("redis-7.0.15"), self.fresh()
        moment = pair.moments[4]

        self.stage(folder, "redis-7.0.15", "--rdb", pair.rdb, "--aof", pair.aof, "--to-position", str(moment[0] - pair.replication_offset))

        with self.start("redis-7.0.15", folder) as server:
            self.assert_holds(server, moment)

    def annotated(self, name):
        """(RDB, AOF, moments): the base and incremental file that a server wrote for itself, and (second, digest, keys) at the end of seconds."""
        folder = self.fresh()

        def write(number, previous):
            """In the middle of a new second: the server reads its clock ten times a second."""
            while int(time.time()) <= previous or not 0.3 < time.time() % 1 < 0.7:
                time.sleep(0.05)
            second = int(time.time())
            server.redis("SET", f"key:{number}", number)
            server.redis("MULTI")
            server.redis("INCR", "counter")
            server.redis("RPUSH", "list", number)
            server.redis("EXEC")
            return second, server.digest(), server.keys()

        with RedisServer(name, folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--aof-timestamp-enabled", "yes",
                         "--auto-aof-rewrite-percentage", "0") as server:
            redis_data.fill(server.redis)
            time.sleep(0.1)
            server.rewrite()
            base = server.digest(), server.keys()
            moments, second = [], int(time.time())
            for number in range(4):
                moments.append(write(number, second))
                second = moments[-1][0]
        parts = os.path.join(folder, "appendonlydir")
        with open(os.path.join(parts, "appendonly.aof.manifest"), encoding="ascii") as file:
            rdb, aof = (os.path.join(parts, line.split()[1]) for line in file)
        return rdb, aof, base, moments

    def test_p02_each_second_holds_the_data_of_the_source_at_its_end(self):
        for name in self.targets():
            if is_older_than_7(name):
                continue
            rdb, aof, base, moments = self.annotated(name)
            created = json.loads(self.run_binary("verify", "--rdb", rdb, "--output", "json").stdout)["rdb"]["createdAt"]
            with open(aof, "rb") as file:
                self.assertGreaterEqual(file.read().count(b"#TS:"), 4)
            for second, digest, keys in [(moments[0][0] - 1, *base), *moments]:
                wanted = max(time.strftime("%Y-%m-%dT%H:%M:%S.9Z", time.gmtime(second)), created)
                with self.subTest(server=name, time=wanted):
                    folder = self.fresh()

                    self.stage(folder, name, "--rdb", rdb, "--aof", aof, "--to-time", wanted)

                    with self.start(name, folder) as server:
                        self.assertEqual((server.digest(), server.keys()), (digest, keys))

    def test_p02_p03_times_out_of_reach_are_refused_with_the_window(self):
        rdb, aof, _, moments = self.annotated("redis-7.0.15")
        pair = self.pair("redis-7.0.15")
        for what, files, wanted, part in (("before", (rdb, aof), moments[0][0] - 3600, "can be reached with this backup"),
                                          ("no clock", (pair.rdb, pair.aof), moments[0][0], "--drop-aof")):
            with self.subTest(what=what):
                folder = self.fresh()

                report = self.stage(folder, "redis-7.0.15", "--rdb", files[0], "--aof", files[1], "--to-time",
                                    time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(wanted)), code=7)

                self.assertEqual(report["reason"], "RecoveryTargetUnreachable")
                self.assertIn(part, report["message"])
                self.assertEqual(os.listdir(folder), [])

    def test_p04_place_before_a_flush_holds_the_data_before_it(self):
        """After a mistake: verify names the place, stage goes there."""
        folder, files = self.fresh(), self.fresh()
        with RedisServer("redis-7.0.15", folder, *SOURCE_OPTIONS) as server:
            redis_data.fill(server.redis)
            time.sleep(0.1)
            server.keys()
            capture = ReplicaCapture(server.address)
            server.redis("XADD", "stream", "*", "before", "the mistake")
            server.redis("SELECT", 3)
            before = server.digest(), server.keys()
            server.redis("FLUSHDB")
            server.redis("SET", "after", 1)
            capture.follow_to(server.offset())
            capture.close()
        rdb, aof = os.path.join(files, "dump.rdb"), os.path.join(files, "a.aof")
        for path, content in ((rdb, capture.rdb), (aof, capture.stream)):
            with open(path, "wb") as file:
                file.write(content)

        report = json.loads(self.run_binary("verify", "--rdb", rdb, "--aof", aof, "--output", "json").stdout)
        flush = report["aof"]["flushes"][0]
        self.assertEqual((flush["command"], flush["database"]), ("FLUSHDB", 3))
        self.assertLess(flush["notBefore"], time.strftime("%Y-%m-%dT%H:%M:%S.999Z", time.gmtime()))
        restored = self.fresh()
        self.stage(restored, "redis-7.0.15", "--rdb", rdb, "--aof", aof, "--to-offset", str(flush["offset"]))
        with self.start("redis-7.0.15", restored) as server:
            self.assertEqual((server.digest(), server.keys()), before)

    def test_g15_torn_tails_and_open_transactions_hold_the_data_before_them(self):
        for name in self.targets():
            pair = self.pair(name)
            with open(pair.aof, "rb") as file:
                stream = file.read()
            before, end = pair.moments[-2], offsets_of(pair)[-1] - pair.replication_offset
            begin = before[0] - pair.replication_offset
            tails = {"inside the transaction": stream[:end - 5], "behind a command of the transaction": stream[:stream.rindex(b"*3\r\n")],
                     "inside MULTI": stream[:begin + 3], "padding": stream[:begin] + bytes(4096)}
            for what, tail in tails.items():
                with self.subTest(server=name, tail=what):
                    folder, aof = self.fresh(), os.path.join(self.fresh(), "a.aof")
                    with open(aof, "wb") as file:
                        file.write(tail)

                    self.stage(folder, name, "--rdb", pair.rdb, "--aof", aof)

                    self.assert_survives(name, folder, before)

    def test_g15_rdb_alone_holds_its_data_with_either_value_of_appendonly(self):
        for name in self.targets():
            pair = self.pair(name)
            for append_only in ("yes", "no"):
                with self.subTest(server=name, appendonly=append_only):
                    folder = self.fresh()

                    self.stage(folder, name, "--rdb", pair.rdb)

                    with RedisServer(name, folder, "--appendonly", append_only) as server:
                        self.assert_holds(server, pair.moments[0])

    def test_g15_pairs_with_idle_times_and_frequencies_hold_their_data(self):
        for name, policy in itertools.product(self.targets(), ("allkeys-lfu", "allkeys-lru")):
            with self.subTest(server=name, policy=policy):
                pair, folder = self.pair(name, "--maxmemory-policy", policy, "--maxmemory", "1gb"), self.fresh()

                self.stage(folder, name, "--rdb", pair.rdb, "--aof", pair.aof)

                self.assert_survives(name, folder, pair.moments[-1])


if __name__ == "__main__":
    unittest.main()
