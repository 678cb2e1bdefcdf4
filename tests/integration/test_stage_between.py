# SPDX-License-Identifier: Apache-2.0
"""Staging ends before one of its file operations, a real server starts on what is left and writes, and staging runs again: what the server
wrote is in the data set that it is started with then, or in the one that was moved aside."""

import os
import shutil
import unittest

from support.redis_servers import RedisServer, installed
from test_stage import VECTORS, tree
from test_stage_crash import ENDED, NO_CALL, Crash as CrashTest

WRITTEN = b"written-in-between"


class Between(CrashTest):
    def serve(self, name, folder, append_only):
        return RedisServer(name, folder, "--appendonly", append_only, "--save", "")

    def old_of(self, name, append_only):
        folder = self.folder()
        with self.serve(name, folder, append_only) as one:
            one.redis("SET", "old", "1")
            one.redis("SAVE")
        return folder

    def write_between(self, name, folder, append_only, saves):
        """Whether the server loaded the old data set."""
        with self.serve(name, folder, append_only) as one:
            is_old = one.redis("GET", "old") is not None
            one.redis("SET", "between", WRITTEN)
            if saves:
                one.redis("SAVE")
        return is_old

    def check_again(self, name, folder, append_only, is_old, done, call):
        with self.serve(name, folder, append_only) as one:
            found, old = one.redis("GET", "between"), one.redis("GET", "old")
        self.assertIsNone(old, f"ended before call {call}")
        if not is_old:
            self.assertIsNotNone(found, f"ended before call {call}: what the server wrote into the new data set is gone")
            return
        self.assertIsNone(found, f"ended before call {call}")
        self.assertEqual(done.returncode, 0, done.stdout)
        kept = [text for path, text in tree(folder).items() if path.startswith(".redisrestore/previous-")]
        self.assertTrue(any(WRITTEN in text for text in kept), f"ended before call {call}: what the server wrote is not in the kept data set")

    def check_between(self, name, layout, append_only, with_aof, saves):
        if name not in installed():
            self.skipTest(f"{name} is not installed")
        rdb, aof = (os.path.join(VECTORS, f"{name}.{kind}") for kind in ("rdb", "aof"))
        files = rdb, aof if with_aof else "-"
        source, seen, states = self.old_of(name, append_only), set(), set()
        changes = self.run_stage(self.copy(source), files, layout, append_only, NO_CALL).stdout.splitlines()[1].split()
        for call in [int(change) + 1 for change in changes]:  # the others leave the directory as the one before
            folder = self.copy(source)
            self.assertEqual(self.run_stage(folder, files, layout, append_only, str(call)).returncode, ENDED)
            # a server reads nothing of the staging folder
            state = tuple(sorted((name, text) for name, text in tree(folder).items() if not name.startswith(".redisrestore/run1/")))
            if state not in states:
                states.add(state)
                is_old = self.write_between(name, folder, append_only, saves)
                seen.add(is_old)

                done = self.run_stage(folder, files, layout, append_only, NO_CALL)

                if done.returncode != 0:  # the server saved over a file that was to be moved: it stays
                    self.assertIn("was written to since it began", done.stdout)
                    self.assertEqual(self.run_stage(folder, files, layout, append_only, NO_CALL).returncode, 0)
                self.check_again(name, folder, append_only, is_old, done, call)
            shutil.rmtree(folder)
        self.assertEqual(seen, {True, False})

    def run_stage(self, folder, files, layout, append_only, call):
        return self.run_program(folder, layout, append_only, files[1], call, rdb=files[0])

    def test_g05_single_file_keeps_what_a_server_wrote_in_between(self):
        self.check_between("redis-6.2.14", "SingleAOF", "yes", True, False)

    def test_g05_single_file_keeps_what_a_server_saved_in_between(self):
        self.check_between("redis-6.2.14", "SingleAOF", "yes", True, True)

    def test_g05_rdb_keeps_what_a_server_saved_in_between(self):
        self.check_between("redis-7.0.15", "RDB", "no", False, True)

    def test_g05_multi_part_keeps_what_a_server_wrote_in_between(self):
        self.check_between("redis-7.0.15", "MultiPartAOF", "yes", True, False)


for inherited in [name for name in dir(CrashTest) if name.startswith("test_")]:
    setattr(Between, inherited, None)  # its tests are those of test_stage_crash.py
del CrashTest

if __name__ == "__main__":
    unittest.main()
