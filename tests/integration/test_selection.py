# SPDX-License-Identifier: Apache-2.0
"""The criteria of `discover` against a real MinIO: which RDB, which AOF, and what is said when there is none."""

import unittest

from support.context import IntegrationTest


def rdb(stamp, identity="shop", end=""):
    return f"redis-backups/{identity}/dump-{stamp}.rdb{end}"


def aof(stamp, identity="shop", end=""):
    return f"redis-backups/{identity}/appendonly-{stamp}.aof{end}"


class Criteria(IntegrationTest):
    def chosen(self, *flags):
        code, answer = self.discover_json(*flags, "--order-by", "Timestamp")
        return code, answer["reason"], answer.get("backup", {}).get("timestamp")

    def test_s27_every_criterion_finds_its_backup(self):
        self.put(rdb("20260131-100000"), aof("20260131-100000"), rdb("20260131-110000"), aof("20260131-110000", end=".gz"), rdb("20260131-120000"))

        found = (0, "BackupDiscovered")
        self.assertEqual(self.chosen(), (*found, "20260131-120000"))
        self.assertEqual(self.chosen("--previous", "2"), (*found, "20260131-100000"))
        self.assertEqual(self.chosen("--timestamp", "20260131-110000"), (*found, "20260131-110000"))
        self.assertEqual(self.chosen("--not-after", "2026-01-31T11:00:00Z"), (*found, "20260131-110000"))
        self.assertEqual(self.chosen("--not-after", "2026-01-31T11:00:00Z", "--timestamp-time-zone", "+01:00"), (*found, "20260131-120000"))
        self.assertEqual(self.chosen("--on-missing-aof", "PreviousComplete"), (*found, "20260131-110000"))
        self.assertEqual(self.chosen("--previous", "3"), (3, "NoBackupFound", None))
        self.assertEqual(self.chosen("--max-age", "1h"), (3, "BackupTooOld", None))

    def test_s27_candidates_and_compression_are_in_the_answer(self):
        self.put(rdb("20260131-100000", end=".zst"), aof("20260131-100000", end=".lz4"), rdb("20260131-110000"))

        answer = self.discover_json("--order-by", "Timestamp", "--on-missing-aof", "PreviousComplete")[1]

        self.assertEqual((answer["backup"]["rdb"]["compression"], answer["backup"]["aof"]["compression"]), ("Zstd", "LZ4"))
        self.assertEqual([(one["timestamp"], one["hasAOF"]) for one in answer["candidates"]], [("20260131-110000", False), ("20260131-100000", True)])

    def test_s28_session_is_paired_by_metadata(self):
        self.s3.put(self.bucket, rdb("20260131-100000"), self.EMPTY_RDB, {"replication-offset": "77"})
        self.s3.put(self.bucket, aof("20260131-100004"), self.EMPTY_RDB, {"replication-offset": "77"})

        exact, session = self.discover_json()[1], self.discover_json("--pairing", "Session")[1]

        self.assertEqual(exact["backup"]["pairing"], "RDBOnly")
        self.assertEqual((session["backup"]["pairing"], session["backup"]["aof"]["key"]), ("Session", aof("20260131-100004")))

    def test_s29_unfinished_upload_is_reported(self):
        self.put(rdb("20260131-100000"))
        self.s3.request("POST", f"/{self.bucket}/{aof('20260131-100000')}", query={"uploads": ""})

        message = self.discover_json()[1]["message"]

        self.assertRegex(message, f"the upload of {aof('20260131-100000')} began at .* and is not finished")

    def test_s29_nothing_found_says_what_is_near(self):
        self.put("redis-backups/redis-backups/shop/dump-20260131-100000.rdb")
        code, answer = self.discover_json()
        self.assertEqual((code, answer["reason"]), (3, "NoBackupFound"))
        self.assertIn("with the prefix twice", answer["message"])

        message = self.discover_json("--prefix", "other")[1]["message"]
        self.assertIn("its prefix is \"redis-backups/redis-backups/\"", message)

        self.put(rdb("20260131-100000"))
        message = self.discover_json("--replication-id", "cart")[1]["message"]
        self.assertIn("below the prefix there are backups of shop", message)


if __name__ == "__main__":
    unittest.main()
