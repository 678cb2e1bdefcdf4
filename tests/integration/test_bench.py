# SPDX-License-Identifier: Apache-2.0
"""The benchmarks still run: small, with servers of their own. The figures mean nothing here."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from support.servers import ROOT

sys.path.insert(0, os.path.join(ROOT, "bench"))
import restore  # noqa: E402

TOOLS = os.path.join(ROOT, "build", "bench")


@unittest.skipUnless(shutil.which("go"), "the list server and the peers are built by go")
class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.exists(os.path.join(ROOT, "build", "release", "redisrestore")):
            raise AssertionError("the release preset is not built")
        env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -trimpath"}
        subprocess.run(["go", "build", "-o", TOOLS + os.sep, "./fakes3", "./delay", "./objects", "./peers/discover", "./peers/minio_list"],
                       cwd=os.path.join(ROOT, "bench"), check=True, env=env)
        subprocess.run(["go", "build", "-o", os.path.join(TOOLS, "s5cmd"), "github.com/peak/s5cmd/v2"], cwd=os.path.join(ROOT, "bench", "peers", "s5cmd"),
                       check=True, env=env)

    def report(self, *arguments):
        done = subprocess.run([sys.executable, os.path.join(ROOT, "bench", "report.py"), *arguments], capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        return done.stdout

    def test_list_measures_every_program_on_every_shape(self):
        with tempfile.NamedTemporaryFile() as file:
            table = self.report("list", "--quick", "--list-json", file.name)
            rows = json.load(file)

        self.assertEqual({row["program"] for row in rows}, {"redisrestore", "aws-sdk-go-v2", "minio-go", "s5cmd", "rclone"})
        self.assertEqual({(row["latency"] > 0, row["tls"]) for row in rows if row["program"] == "redisrestore"}, {(True, False), (False, True)})
        for row in rows:
            with self.subTest(row=row):
                self.assertTrue(row["seconds"] > 0 and row["cpu"] > 0 and row["peak"] > 4 and row["requests"] >= 1)
                if row["program"] == "aws-sdk-go-v2":
                    self.assertEqual(row["requests"], -(-row["keys"] // 1000))
        self.assertEqual(len([line for line in table.splitlines() if line.startswith("| ")]), len(rows) + 1)

    def test_restore_measures_both_kinds_of_pairs(self):
        with tempfile.NamedTemporaryFile() as file:
            table = self.report("restore", "--quick", "--restore-json", file.name)
            rows = json.load(file)

        self.assertEqual(len({row["pair"] for row in rows}), 1 + 2 * (2 + len(restore.CASES)) + 1)  # short keys; files and buckets of two pairs; a long one
        self.assertEqual({row["program"] for row in rows} - {"aws s3 cp"}, {"redisrestore stage", "redisrestore verify", "redis-check-rdb", "redis-check-rdb, then redis-check-aof",
                                                                            "s5cmd cp", "s5cmd cp, then the checkers of Redis"})
        for row in rows:
            with self.subTest(row=row):
                self.assertTrue(row["seconds"] > 0 and row["cpu"] > 0 and row["peak"] > 1)
                times = restore.COPIES_OF_LONG * 7 / 8 if "times" in row["pair"] else 1 / 4 if "short" in row["pair"] else 1
                self.assertTrue(0.5 < row["bytes"] / (8 << 20) / times < 1.3)
        self.assertEqual(len([line for line in table.splitlines() if line.startswith("| ")]), len(rows) + 1)

    def test_controller_gives_every_figure(self):
        with tempfile.NamedTemporaryFile() as file:
            table = self.report("controller", "--quick", "--only-ours", "--objects", "20", "--json", file.name)
            raw = json.load(file)["raw"]

        for figure in ("ready, all objects", "drain all", "change all", "CPU 20 keys", "latency idle", "all objects, anonymous"):
            self.assertTrue(all(value >= 0 for value in raw[figure]["redisrestore"]) and raw[figure]["redisrestore"], figure)
        self.assertAlmostEqual(raw["requests an object"]["redisrestore"][0]["patch redisrestores/status"], 1, delta=0.2)
        self.assertIn("| 20 objects drained at the start |", table)


if __name__ == "__main__":
    unittest.main()
