# SPDX-License-Identifier: Apache-2.0
"""`redisrestore verify` on files of real servers, on pipes, and on what is no backup."""

import gzip
import json
import os
import subprocess
import unittest

import yaml

from support.context import IntegrationTest

VECTORS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "vectors", "redis")


def vector(name):
    return os.path.join(VECTORS, name)


def content(name):
    with open(vector(name), "rb") as file:
        return file.read()


class Verify(IntegrationTest):
    def verify(self, *flags, stdin=b""):
        return subprocess.run([self.run_facts.binary, "verify", *flags], input=stdin, capture_output=True, timeout=60, check=False)

    def report(self, *flags, stdin=b"", code=0):
        done = self.verify(*flags, "--output", "json", stdin=stdin)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout)

    def test_v05_pair_is_reported_as_the_server_counted_it(self):
        with open(vector("redis-7.4.1.json"), encoding="ascii") as file:
            server = json.load(file)

        report = self.report("--rdb", vector("redis-7.4.1.rdb"), "--aof", vector("redis-7.4.1.aof"), "--server", "redis:7.4")

        self.assertEqual((report["result"], report["reason"], report["warnings"]), ("Valid", "", []))
        self.assertEqual(report["rdb"]["types"], server["types"])
        self.assertEqual({str(each["index"]): each["keys"] for each in report["rdb"]["databases"]}, server["databases"])
        self.assertEqual((report["rdb"]["checksum"], report["rdb"]["structure"]), ("Verified", "Checked"))
        self.assertEqual(report["rdb"]["replicationID"], server["replicationID"])
        self.assertEqual(report["recoveryWindow"]["lastOffset"], server["endOffset"])
        self.assertEqual(report["aof"]["endOffset"], server["endOffset"])
        self.assertEqual((report["aof"]["tail"], report["aof"]["cutBytes"]), ("Clean", 0))
        self.assertTrue(report["target"]["loadable"])

    def test_v02_agrees_with_redis_check_rdb(self):
        """The checker of the server accepts the same file, and refuses the same flipped bit."""
        good, bad = vector("redis-7.0.15.rdb"), self.run_facts.path("bad.rdb")
        data = bytearray(content("redis-7.0.15.rdb"))
        data[len(data) // 2] ^= 16
        with open(bad, "wb") as file:
            file.write(data)
        for path, code in ((good, 0), (bad, 7)):
            checked = subprocess.run(["redis-check-rdb", path], capture_output=True, check=False)
            self.assertEqual(checked.returncode != 0, code != 0, checked.stdout)
            self.assertEqual(self.verify("--rdb", path).returncode, code)

    def test_v04_cut_file_and_pipe_are_truncated(self):
        data = content("redis-8.0.2.rdb")[:-100]

        cut = self.run_facts.path("cut.rdb")
        with open(cut, "wb") as file:
            file.write(data)

        report = self.report("--rdb", "-", stdin=data, code=7)
        of_file = self.report("--rdb", cut, code=7)

        self.assertEqual((report["result"], report["reason"]), ("Damaged", "Truncated"))
        self.assertIn(f"byte {len(data)}", report["message"])
        self.assertEqual((report["rdb"]["checksum"], report["rdb"]["structure"]), ("NotChecked", "NotChecked"))
        self.assertEqual((of_file["reason"], of_file["message"]), (report["reason"], report["message"]))

    def test_c01_compressed_pipe_is_decoded(self):
        report = self.report("--rdb", "-", stdin=gzip.compress(content("valkey-9.1.2.rdb")))

        self.assertEqual((report["result"], report["rdb"]["compression"], report["rdb"]["keys"]), ("Valid", "gzip", 62))

    def test_v08_aof_with_a_preamble_is_complete(self):
        both = content("redis-7.0.15.rdb") + content("redis-7.0.15.aof")

        report = self.report("--aof", "-", stdin=both)

        self.assertTrue(report["rdb"]["preamble"])
        self.assertEqual((report["rdb"]["keys"], report["aof"]["safeEnd"]), (62, len(both)))

    def test_v07_torn_tail_is_said_in_text_and_yaml(self):
        torn = content("redis-7.0.15.aof")[:-3]

        text = self.verify("--aof", "-", stdin=torn)
        document = yaml.safe_load(self.verify("--aof", "-", "-o", "yaml", stdin=torn).stdout)

        self.assertEqual(text.returncode, 0)
        self.assertIn(b"cannot be restored", text.stdout)
        self.assertEqual(document["aof"]["tail"], "TornCommand")
        self.assertGreater(document["aof"]["cutBytes"], 0)

    def test_v15_forbidden_command_is_refused_and_no_flag_accepts_it(self):
        stream = b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$9\r\nREPLICAOF\r\n$1\r\na\r\n$1\r\n1\r\n"

        report = self.report("--aof", "-", stdin=stream, code=7)

        self.assertEqual(report["reason"], "ForbiddenCommand")
        refused = self.verify("--aof", "-", "--allow-command", "replicaof", stdin=stream)
        self.assertEqual(refused.returncode, 2)
        self.assertIn(b"--allow-command", refused.stderr)

    def test_v11_older_server_is_exit_code_7(self):
        done = self.verify("--rdb", vector("redis-7.4.1.rdb"), "--server", "redis:7.0")

        self.assertEqual(done.returncode, 7)
        self.assertTrue(done.stdout.startswith(b"Unsupported (NotLoadable): Redis 7.0 cannot load RDB version 12"), done.stdout)
        report = self.report("--rdb", vector("redis-7.4.1.rdb"), "--server", "redis:7.0", code=7)
        self.assertEqual((report["result"], report["reason"], report["target"]["loadable"]), ("Unsupported", "NotLoadable", False))
        self.assertGreater(report["rdb"]["keys"], 0)

    def test_v12_level_full_needs_no_disk(self):
        """A process that may not write to any file: pipes are no files."""
        done = subprocess.run(["bash", "-c", 'ulimit -f 0; exec "$@"', "limited", self.run_facts.binary, "verify", "--rdb", "-", "--output", "json"],
                              input=gzip.compress(content("redis-7.4.1.rdb")), capture_output=True, timeout=60, check=False)

        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["rdb"]["checksum"], "Verified")

    def test_v04_wrong_calls_are_exit_code_2(self):
        for flags in ((), ("--rdb", "/nowhere/dump.rdb"), ("--rdb", "/"), ("--rdb", "-", "--aof", "-"), ("--rdb", "-", "--server", "redis"),
                      ("--rdb", "-", "--max-decoded", "0"), ("--rdb", "-", "--output", "xml"), ("--rdb", "")):
            with self.subTest(flags=flags):
                done = self.verify(*flags)
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                self.assertTrue(done.stderr.startswith(b"redisrestore: "), done.stderr)


if __name__ == "__main__":
    unittest.main()
