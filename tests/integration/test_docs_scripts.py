# SPDX-License-Identifier: Apache-2.0
"""The scripts that README.md and docs/ print do what they say, run as they are printed: waiting for a backup, and restoring the pair by hand."""

import gzip
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import unittest

from support.context import ControllerTest
from support.fault_store import FaultStore
from support.processes import wait_until
from support.redis_backup import command, rdb_of, take_pair
from support.servers import ROOT, Redis, tools_folder

TRANSACTION = command("MULTI") + command("SET", "never", "committed")


def printed(page, name):
    """The code block behind the comment of that name."""
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        return re.search(rf"<!-- {name} -->\n```bash\n(.*?)```", file.read(), re.S)[1]


class PrintedScript(ControllerTest):
    """Runs a printed script unchanged. Its kubectl reads the namespace of the test where the script says "shop", and its aws is a
    client of the test's bucket."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.programs = os.path.join(self.folder, "programs")
        os.makedirs(self.programs)
        self.program("kubectl", f"#!/bin/sh\n[ \"$1 $2\" = '-n shop' ] || exit 97\nshift 2\nexec {tools_folder()}/kubectl -n {self.namespace} \"$@\"\n")
        support = os.path.join(ROOT, "tests", "integration")
        self.program("aws", f"""#!{sys.executable}
import os, sys
sys.path.insert(0, {support!r})
from support.s3 import S3
s3, cp, source, target = sys.argv[1:]
assert (s3, cp) == ("s3", "cp") and source.startswith("s3://"), sys.argv
client = S3({self.run_facts.minio!r}, os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
with open(target, "wb") as file:
    file.write(client.request("GET", "/" + source[len("s3://"):]))
""")

    def apply(self, s3=None):
        self.cluster.apply(ControllerTest.restore(self, "cart", s3))

    def program(self, name, text):
        path = os.path.join(self.programs, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)

    def run_script(self, text, answers=""):
        path = os.path.join(self.folder, "script")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        env = {**self.environment(), "PATH": f"{self.programs}:{os.environ['PATH']}", "KUBECONFIG": self.cluster.kubeconfig}
        done = subprocess.run(["bash", path], cwd=self.folder, env=env, input=answers, text=True, capture_output=True, timeout=120, check=False)
        with open(self.run_facts.path("output"), "w", encoding="utf-8") as file:
            file.write(done.stdout + done.stderr)
        return done.returncode, done.stdout + done.stderr


class RestoreByHand(PrintedScript):
    def restore(self, rdb, aof=None, ending="", answers=""):
        """Uploads the pair, lets the controller find it, runs the recipe. Returns (exit code, output)."""
        self.put("redis-backups/shop-cart/dump-20260131-235900.rdb" + ending, body=rdb)
        if aof is not None:
            self.put("redis-backups/shop-cart/appendonly-20260131-235900.aof" + ending, body=aof)
        self.apply()
        self.wait_ready("True", "BackupDiscovered", name="cart")
        return self.run_script(printed("docs/restore-by-hand.md", "recipe"), answers)

    def data(self, *parts):
        return os.path.join(self.folder, "data", *parts)

    def keys(self):
        """Starts a Redis with the folder as the page says. Returns its number of keys, and the values of three keys."""
        socket = os.path.join(self.folder, "redis.sock")
        server = subprocess.Popen(["redis-server", "--dir", self.data(), "--appendonly", "yes", "--port", "0", "--unixsocket", socket, "--save", ""],
                                  stdout=subprocess.DEVNULL)

        def ask(*words):
            return subprocess.run(["redis-cli", "-s", socket, *words], capture_output=True, text=True, check=True).stdout.strip()
        try:
            wait_until("redis-server", lambda: server.poll() is None and ask("PING") == "PONG")
            return int(ask("DBSIZE")), ask("GET", "cart:before"), ask("GET", "cart:after"), ask("GET", "never")
        finally:
            server.terminate()
            server.wait(20)

    def true_pair(self):
        folder = os.path.join(self.folder, "source")
        os.makedirs(folder)
        redis = Redis(folder)
        try:
            rdb, aof, _ = take_pair(redis)
            return rdb, aof
        finally:
            redis.stop()

    def assert_refused(self, result, words):
        code, output = result
        self.assertEqual(code, 1, output)
        self.assertIn(words, output)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("data")], [])

    def test_pair_is_loaded_as_a_whole_and_again_after_a_restart(self):
        code, output = self.restore(*self.true_pair())

        self.assertEqual(code, 0, output)
        for _ in range(2):
            self.assertEqual(self.keys(), (1003, "in the RDB", "in the AOF", ""))

    def assert_compressed_pair_is_loaded(self, ending, *compressor):
        rdb, aof = (subprocess.run(compressor, input=body, stdout=subprocess.PIPE, check=True).stdout for body in self.true_pair())

        code, output = self.restore(rdb, aof, ending)

        self.assertEqual(code, 0, output)
        self.assertEqual(self.keys(), (1003, "in the RDB", "in the AOF", ""))

    def test_gzip_pair_is_loaded_as_a_whole(self):
        self.assert_compressed_pair_is_loaded(".gz", "gzip", "-c")

    def test_zstd_pair_is_loaded_as_a_whole(self):
        self.assert_compressed_pair_is_loaded(".zst", "zstd", "-c")

    def test_lz4_pair_is_loaded_as_a_whole(self):
        self.assert_compressed_pair_is_loaded(".lz4", "lz4", "-c")

    def test_rdb_alone_is_loaded(self):
        code, output = self.restore(self.true_pair()[0])

        self.assertEqual(code, 0, output)
        self.assertEqual(self.keys(), (1001, "in the RDB", "", ""))

    def test_compressed_rdb_under_a_plain_name_is_refused_and_not_repaired_to_an_empty_one(self):
        rdb, aof = self.true_pair()

        self.assert_refused(self.restore(gzip.compress(rdb), aof, answers="y\ny\n"), "does not begin with REDIS")

    def test_plain_rdb_under_a_compressed_name_is_refused(self):
        self.assert_refused(self.restore(rdb_of(cart="x") * 40, ending=".gz", answers="y\ny\n"), "gzip")

    def test_damaged_rdb_is_refused_and_not_cut(self):
        rdb, aof = self.true_pair()

        self.assert_refused(self.restore(rdb[:len(rdb) // 2], aof, answers="y\ny\n"), "the RDB is damaged")

    def test_rdb_in_the_place_of_the_aof_is_refused(self):
        rdb, _ = self.true_pair()

        self.assert_refused(self.restore(rdb, rdb, answers="y\ny\n"), "the AOF does not begin with a command")

    def test_compressed_aof_under_a_plain_name_is_refused(self):
        rdb, aof = self.true_pair()

        self.assert_refused(self.restore(rdb, gzip.compress(aof), answers="y\ny\n"), "the AOF does not begin with a command")

    def test_open_transaction_is_cut_only_with_consent(self):
        rdb, aof = self.true_pair()
        self.assert_refused(self.restore(rdb, aof + TRANSACTION, answers="n\n"), "the AOF was not accepted")

        code, output = self.run_script(printed("docs/restore-by-hand.md", "recipe"), "y\n")

        self.assertEqual(code, 0, output)
        self.assertIn(f"with {len(TRANSACTION)} bytes", output)
        self.assertEqual(self.keys(), (1003, "in the RDB", "in the AOF", ""))

    def test_empty_aof_is_no_damage(self):
        code, output = self.restore(self.true_pair()[0], b"")

        self.assertEqual(code, 0, output)
        self.assertEqual(self.keys(), (1001, "in the RDB", "", ""))

    def test_object_that_was_replaced_since_is_refused(self):
        rdb, aof = self.true_pair()
        self.restore(rdb, aof)
        shutil.rmtree(self.data())
        self.put("redis-backups/shop-cart/dump-20260131-235900.rdb", body=rdb_of(cart="another"))

        self.assert_refused(self.run_script(printed("docs/restore-by-hand.md", "recipe")), "has another size")

    def test_object_that_is_not_ready_and_folder_that_exists_are_refused(self):
        self.apply()
        self.wait_ready("False", "NoBackupFound", name="cart")
        self.assert_refused(self.run_script(printed("docs/restore-by-hand.md", "recipe")), "not Ready")

        self.put("redis-backups/shop-cart/dump-20260131-235900.rdb", body=rdb_of(cart="x"))
        self.cluster.kubectl("-n", self.namespace, "patch", "redisrestore", "cart", "--type=merge", "-p", '{"spec":{"trigger":"again"}}')
        self.wait_ready("True", "BackupDiscovered", name="cart")
        os.makedirs(self.data("mine"))
        code, output = self.run_script(printed("docs/restore-by-hand.md", "recipe"))
        self.assertEqual((code, os.listdir(self.data())), (1, ["mine"]), output)


class Waiting(PrintedScript):
    def wait(self):
        started = time.monotonic()
        code, output = self.run_script(printed("README.md", "waiting"))
        return code, output, time.monotonic() - started

    def test_backup_ends_it_with_success(self):
        self.put("redis-backups/shop-cart/dump-20260131-235900.rdb", body=rdb_of(cart="x"))
        self.apply()

        code, output, _ = self.wait()

        self.assertEqual(code, 0, output)
        self.assertIn("BackupDiscovered", output)

    def test_configuration_error_ends_it_at_once(self):
        for name, reason, s3 in (("AccessDenied", "AccessDenied", {"credentials": {"secretRef": {"name": "wrong"}}}),
                                 ("bucket", "BucketNotFound", {"bucket": "missing-bucket"}),
                                 ("secret", "SecretNotFound", {"credentials": {"secretRef": {"name": "missing"}}}),
                                 ("none", "NoBackupFound", {})):
            with self.subTest(name=name):
                self.secret("wrong", access_key="AKIAWRONGWRONG")
                self.apply(s3)

                code, output, seconds = self.wait()

                self.assertEqual(code, 1, output)
                self.assertIn(reason, output)
                self.assertLess(seconds, 60)
                self.cluster.kubectl("-n", self.namespace, "delete", "redisrestore", "cart")

    def test_store_that_is_down_is_waited_for(self):
        store = FaultStore({"status": 500, "error": "InternalError", "times": 6})
        self.addCleanup(store.stop)
        self.apply({"endpoint": store.url, "bucket": "b-1"})
        self.wait_ready("False", "S3Unavailable", name="cart")

        code, output, _ = self.wait()

        self.assertEqual(code, 0, output)

    def test_answer_to_an_older_spec_does_not_count(self):
        self.put("redis-backups/shop-cart/dump-20260131-235900.rdb", body=rdb_of(cart="x"))
        self.apply()
        self.wait_ready("True", "BackupDiscovered", name="cart")
        self.stop_controller(self.controller)
        self.apply({"bucket": "missing-bucket"})
        self.controller = None
        process = self.start_controller()
        self.controller = process

        code, output, _ = self.wait()

        self.assertEqual(code, 1, output)
        self.assertIn("BucketNotFound", output)


if __name__ == "__main__":
    unittest.main()
