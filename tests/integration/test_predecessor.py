# SPDX-License-Identifier: Apache-2.0
"""The behaviours of the init container that redisrestore succeeds, on a real MinIO: its tests as ours, and its log lines from `init-backup`."""

import os
import re
import time
import unittest

from support.context import IntegrationTest
from support.fault_store import FaultStore


class Discovery(IntegrationTest):
    """Each case asks `discover` and `init-backup`."""

    def init_backup(self, **kwargs):
        return self.run_binary(program=os.path.join(os.path.dirname(self.run_facts.binary), "init-backup"), **kwargs)

    def test_three_ids_with_equal_timestamps_and_upload_order_decides(self):
        ids = ("11111111aaaa", "22222222bbbb", "33333333cccc")
        for name in ids:
            self.put(f"redis-backups/{name}/appendonly-20250708-120000.aof", f"redis-backups/{name}/dump-20250708-120000.rdb")
            time.sleep(1.1)

        code, answer = self.discover_json()

        self.assertEqual((code, answer["backup"]["replicationID"], answer["backup"]["pairing"]), (0, ids[-1], "Exact"))
        self.assertIn(f"latest_rdb=redis-backups/{ids[-1]}/dump-20250708-120000.rdb", self.init_backup().stdout)

    def test_latest_is_by_upload_and_not_by_name(self):
        self.put("redis-backups/a/dump-20260101-000000.rdb")
        time.sleep(1.1)
        self.put("redis-backups/a/dump-20240101-000000.rdb")

        self.assertEqual(self.discover_json()[1]["backup"]["timestamp"], "20240101-000000")
        self.assertIn("rdb_timestamp=20240101-000000", self.init_backup().stdout)

    def test_rdb_only(self):
        self.put("redis-backups/a/dump-20250708-120000.rdb")

        code, answer = self.discover_json()

        self.assertEqual((code, answer["backup"]["pairing"]), (0, "RDBOnly"))
        done = self.init_backup()
        self.assertEqual(done.returncode, 0)
        self.assertIn("aof_files_count=0", done.stdout)

    def test_aof_one_second_off_is_no_match(self):
        self.put("redis-backups/a/appendonly-20250708-120001.aof", "redis-backups/a/dump-20250708-120000.rdb")
        self.assertEqual(self.discover_json()[1]["backup"]["pairing"], "RDBOnly")

    def test_rdb_of_10_mb(self):
        self.put("redis-backups/a/dump-20250708-120000.rdb", body=b"R" * 10_000_000)
        answer = self.discover_json()[1]
        self.assertEqual((answer["backup"]["rdb"]["size"], answer["backup"]["totalSize"]), (10_000_000, "9.5Mi"))

    def test_missing_bucket_is_an_error(self):
        env = self.environment(S3_BUCKET="no-such-bucket-here")
        done = self.init_backup(env=env)
        self.assertEqual(done.returncode, 1)
        self.assertIn('msg="Failed to fetch latest backup set"', done.stdout)
        self.assertIn('msg="Service failed"', done.stdout)

    def test_expired_deadline_is_an_error_that_says_so(self):
        store = FaultStore.named("f17_silent_store")
        self.addCleanup(store.stop)
        code, answer = self.discover_json("--endpoint", store.url, "--timeout", "1s")
        self.assertEqual((code, answer["reason"]), (4, "DiscoveryTimeout"))

    def test_malformed_paths_are_passed_over(self):
        self.put("redis-backups/dump-20250708-120000.rdb", "redis-backups/a/b/dump-20250708-120000.rdb", "redis-backups/a/dump_20250708-120000.rdb",
                 "redis-backups/a/notes.txt", "redis-backups/a/dump-20250708-115959.rdb")
        answer = self.discover_json()[1]
        self.assertEqual((answer["backup"]["timestamp"], answer["discovery"]["ignored"]), ("20250708-115959", 4))


class InitBackup(IntegrationTest):
    def init_backup(self, **kwargs):
        return self.run_binary(program=os.path.join(os.path.dirname(self.run_facts.binary), "init-backup"), **kwargs)

    def messages(self, done):
        return re.findall(r'msg=("[^"]*"|\S+)', done.stdout)

    def test_log_lines_of_a_pair(self):
        self.put("redis-backups/a/appendonly-20250708-120000.aof", body=b"12345")
        self.put("redis-backups/a/dump-20250708-120000.rdb", body=self.EMPTY_RDB)

        done = self.init_backup()

        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.messages(done), ['"S3 client initialized"', '"Starting init-backup service"', '"Searching for backup files in object store"',
                                               '"Found backup files"', '"Latest backup set found"', '"AOF file found"',
                                               '"RDB file discovery completed successfully"'])
        lines = dict(zip(self.messages(done), done.stdout.splitlines()))
        self.assertRegex(lines['"S3 client initialized"'], rf'^time=\S+ level=INFO msg="S3 client initialized" bucket={self.bucket} region=us-east-1 custom_endpoint=')
        self.assertTrue(lines['"Found backup files"'].endswith("rdb_count=1 aof_count=1 latest_rdb=redis-backups/a/dump-20250708-120000.rdb"))
        self.assertTrue(lines['"Latest backup set found"'].endswith(
            "rdb_key=redis-backups/a/dump-20250708-120000.rdb rdb_size=18 rdb_timestamp=20250708-120000 aof_files_count=1"))
        self.assertTrue(lines['"AOF file found"'].endswith("key=redis-backups/a/appendonly-20250708-120000.aof size=5 timestamp=20250708-120000"))

    def test_empty_bucket_is_success(self):
        done = self.init_backup()
        self.assertEqual(done.returncode, 0)
        self.assertIn('msg="No RDB files found in object store"', done.stdout)
        self.assertIn('msg="No backup sets found in object store"', done.stdout)

    def test_missing_bucket_name_and_keys_and_data_dir_are_errors(self):
        for env, word in ((self.environment(S3_BUCKET=""), "S3_BUCKET environment variable is required"), (self.environment(AWS_ACCESS_KEY_ID=None), "AWS_ACCESS_KEY_ID"),
                          (self.environment(DATA_DIR="/nonexistent"), "/nonexistent")):
            with self.subTest(word=word):
                done = self.init_backup(env=env)
                self.assertEqual(done.returncode, 1)
                self.assertIn(word, done.stdout)


if __name__ == "__main__":
    unittest.main()
