# SPDX-License-Identifier: Apache-2.0
"""Staging ends before each of its file operations, and a real server starts on what is left: it loads the whole old or the whole new data
set. Then staging runs again, and the server loads the new one. An undo is such a run too."""

import os
import shutil
import subprocess
import unittest

from test_stage import PAIR, StageTest, server, tree

RDB, AOF = PAIR[1], PAIR[3]
ENDED, NO_CALL = 99, "0"


class Crash(StageTest):
    PLACE = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # each run syncs some twenty times, and a disk would make it wait

    def setUp(self):
        super().setUp()
        self.digests = {}
        self.program = os.path.join(os.path.dirname(self.run_facts.binary), "tests", "unit", "transfer", "stage_crash")
        if not os.path.exists(self.program):
            self.skipTest(f"{self.program} is not built")

    def run_program(self, folder, layout, append_only, aof, call, rdb=RDB):
        return subprocess.run([self.program, folder, rdb, aof, layout, append_only, call], capture_output=True, text=True, check=False, timeout=120)

    def loaded(self, folder, append_only):
        """The digest that a server loads from a copy, or None if it refuses to start. Equal directories are loaded once: most operations
        change nothing that a server reads."""
        state = append_only, tuple(sorted((name, data) for name, data in tree(folder).items() if not name.startswith(".redisrestore")))
        if state not in self.digests:
            self.digests[state] = self.load(folder, append_only)
        return self.digests[state]

    def load(self, folder, append_only):
        copy = self.copy(folder)
        with server(copy, "--appendonly", append_only) as one:
            digest = one.digest() if one.wait() else None
        shutil.rmtree(copy)
        return digest

    def copy(self, folder):
        return shutil.copytree(folder, self.folder(), copy_function=shutil.copy2, dirs_exist_ok=True)

    def old(self, append_only):
        """A directory with an old data set of a real server, and its digest."""
        folder = self.folder()
        with server(folder, "--appendonly", append_only) as one:
            self.assertTrue(one.wait())
            one.ask("SET", "old", "1")
            one.ask("RPUSH", "list", "a", "b")
            one.ask("SAVE")
            digest = one.digest()
            one.stop()
        return folder, digest

    def check(self, layout, append_only, aof, old):
        new_folder = self.folder()
        done = self.run_program(new_folder, layout, append_only, aof, NO_CALL)
        self.assertEqual(done.returncode, 0, done.stdout)
        new = self.loaded(new_folder, append_only)
        source, before = self.old(append_only) if old else (self.folder(), ("0" * 40, []))
        self.end_at_each_call(source, before, new, layout, append_only, aof)
        self.assertGreater(len(self.digests), 2)

    def check_undo(self, layout, append_only, aof):
        """A restore moved the old data set aside; the undo of it ends before each call."""
        source, old = self.old(append_only)
        done = self.run_program(source, layout, append_only, aof, NO_CALL)
        self.assertEqual(done.returncode, 0, done.stdout)
        restored = self.loaded(source, append_only)

        self.end_at_each_call(source, restored, old, "Undo", append_only, aof)

    def end_at_each_call(self, source, before, new, layout, append_only, aof):
        counted = self.copy(source)
        calls = int(self.run_program(counted, layout, append_only, aof, NO_CALL).stdout.split()[0])
        self.assertNotEqual(before, new)
        seen, ended = set(), set()
        for call in range(1, calls + 1):
            folder = self.copy(source)
            done = self.run_program(folder, layout, append_only, aof, str(call))
            if done.returncode == 0 and call == calls:
                break  # the counted run was in the second of the restore, so it looked for another name of the previous data set
            self.assertEqual(done.returncode, ENDED, (call, done.stdout, done.stderr))

            digest = self.loaded(folder, append_only)

            self.assertIn(digest, (before, new), f"ended before call {call}")
            seen.add("new" if digest == new else "old")
            left = tuple(sorted(tree(folder).items()))
            if left in ended:  # the operation before only looked at something
                shutil.rmtree(folder)
                continue
            ended.add(left)
            self.assertEqual(self.run_program(folder, layout, append_only, aof, NO_CALL).returncode, 0)
            self.assertEqual(self.loaded(folder, append_only), new, f"ended before call {call}, then staged again")
            left = [name for name in os.listdir(os.path.join(folder, ".redisrestore")) if not name.startswith("previous-")]
            self.assertEqual(left, ["restored.json"])
            shutil.rmtree(folder)
        self.assertEqual(seen, {"old", "new"})

    def test_g04_multi_part_over_an_old_data_set(self):
        self.check("MultiPartAOF", "yes", AOF, True)

    def test_g04_multi_part_in_an_empty_directory(self):
        self.check("MultiPartAOF", "yes", AOF, False)

    def test_g04_rdb_over_an_old_data_set(self):
        self.check("RDB", "no", "-", True)

    def test_g13_undo_of_a_multi_part_restore(self):
        self.check_undo("MultiPartAOF", "yes", AOF)

    def test_g13_undo_of_an_rdb_restore(self):
        self.check_undo("RDB", "no", "-")

    def test_g04_single_file_in_an_empty_directory(self):
        self.check("SingleAOF", "yes", AOF, False)


del StageTest  # its tests are those of test_stage.py

if __name__ == "__main__":
    unittest.main()
