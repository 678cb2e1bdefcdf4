# SPDX-License-Identifier: Apache-2.0
"""scripts/try: a newcomer's first minute. It names the pair that it uploaded, says so when the product does not, and leaves nothing behind."""

import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import unittest

from support.context import Run
from support.processes import wait_until
from support.servers import ROOT

TRY = os.path.join(ROOT, "tests", "integration", "try.py")


class Try(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.binary = Run().binary

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.temporary = os.path.join(self.folder, "tmp")
        os.makedirs(self.temporary)
        self.env = {**os.environ, "TMPDIR": self.temporary}

    def start(self, *command):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.env)
        self.addCleanup(process.stdout.close)
        return process

    def run_to_end(self, *command):
        process = self.start(*command)
        output, _ = process.communicate(timeout=300)
        self.assert_nothing_left()
        return process.returncode, output

    def fake_binary(self, text):
        path = os.path.join(self.folder, "binary")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return path

    def assert_nothing_left(self):
        """Neither a file nor a server: their arguments name the folder that they work in."""
        self.assertEqual(os.listdir(self.temporary), [])
        commands = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    commands.append(file.read())
            except OSError:
                continue
        self.assertFalse([command for command in commands if self.temporary.encode() in command])

    def assert_pair_found(self, code, output):
        self.assertEqual(code, 0, output)
        stamp = re.search(r"Backup of replication ID shop-cart, timestamp (\d{8}-\d{6})\n", output)
        self.assertTrue(stamp, output)
        self.assertIn(f"  RDB  redis-backups/shop-cart/dump-{stamp[1]}.rdb\n", output)
        self.assertIn(f"  AOF  redis-backups/shop-cart/appendonly-{stamp[1]}.aof\n", output)
        self.assertRegex(output, rf"\n\*   shop-cart +{stamp[1]} ")

    def test_script_builds_and_finds_the_pair_of_a_real_redis_in_minio(self):
        code, output = self.run_to_end(os.path.join(ROOT, "scripts", "try"), "--store", "minio")

        self.assert_pair_found(code, output)
        self.assertIn("of a real redis-server", output)

    def test_without_minio_and_redis_the_pair_is_found_too(self):
        code, output = self.run_to_end(sys.executable, TRY, "--binary", self.binary, "--store", "python", "--without-redis")

        self.assert_pair_found(code, output)
        self.assertIn("a small one in Python", output)

    def test_answer_without_the_pair_is_an_error(self):
        code, output = self.run_to_end(sys.executable, TRY, "--binary", self.fake_binary("echo nothing\n"), "--store", "python", "--without-redis")

        self.assertEqual(code, 1)
        self.assertIn("the answer does not name the pair", output)

    def test_failure_of_the_product_is_an_error(self):
        code, output = self.run_to_end(sys.executable, TRY, "--binary", self.fake_binary("exit 6\n"), "--store", "python", "--without-redis")

        self.assertEqual(code, 1)
        self.assertIn("redisrestore discover ended with 6", output)

    def test_signal_ends_it_and_leaves_nothing(self):
        reached = os.path.join(self.folder, "reached")
        binary = self.fake_binary(f"touch {reached}\nexec sleep 60\n")
        process = self.start(sys.executable, TRY, "--binary", binary, "--store", "minio")
        wait_until("the product to be called", lambda: os.path.exists(reached))

        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)

        self.assertEqual(process.returncode, 143)
        self.assert_nothing_left()

    def test_unknown_argument_is_refused_before_anything_is_built(self):
        code, output = self.run_to_end(os.path.join(ROOT, "scripts", "try"), "--dance")

        self.assertEqual((code, output), (2, "scripts/try: unknown argument --dance (see --help)\n"))


if __name__ == "__main__":
    unittest.main()
