# SPDX-License-Identifier: Apache-2.0
"""`redisrestore discover` against a real MinIO."""

import json
import os
import re
import time
import unittest

from support.context import IntegrationTest

PAIR = ("redis-backups/shop/dump-20260131-235900.rdb", "redis-backups/shop/appendonly-20260131-235900.aof")


class Answers(IntegrationTest):
    def test_pair_is_found_with_every_field(self):
        self.put(PAIR[1], body=b"*1\r\n")
        self.put(PAIR[0], body=self.EMPTY_RDB)

        code, answer = self.discover_json()

        self.assertEqual(code, 0)
        self.assertEqual((answer["phase"], answer["reason"]), ("Discovered", "BackupDiscovered"))
        backup = answer["backup"]
        self.assertEqual((backup["replicationID"], backup["timestamp"], backup["pairing"]), ("shop", "20260131-235900", "Exact"))
        self.assertEqual((backup["rdb"]["key"], backup["rdb"]["size"]), (PAIR[0], 18))
        self.assertEqual((backup["aof"]["key"], backup["aof"]["size"]), (PAIR[1], 4))
        self.assertRegex(backup["rdb"]["etag"], r"^[0-9a-f]{32}$")
        self.assertRegex(backup["rdb"]["lastModified"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        self.assertEqual(backup["totalSize"], "22")
        numbers = answer["discovery"]
        self.assertEqual([numbers[key] for key in ("pages", "objects", "rdbFiles", "aofFiles", "ignored")], [1, 2, 1, 1, 0])
        self.assertEqual(answer["storage"], {"endpoint": self.run_facts.minio, "region": "us-east-1", "addressingStyle": "Path", "credentialSource": "Environment"})

    def test_text_names_pair_and_yaml_says_what_json_says(self):
        self.put(*PAIR)

        text = self.discover()
        yaml = self.discover("--output", "yaml")

        self.assertEqual((text.returncode, yaml.returncode), (0, 0))
        for key in PAIR:
            self.assertIn(key, text.stdout)
            self.assertIn(key, yaml.stdout)
        self.assertIn("phase:", yaml.stdout)

    def test_three_pages_are_read_to_the_end(self):
        for number in range(1250):
            stamp = f"{20260101 + number // 1000:08d}-{number % 1000:06d}"
            self.put(f"redis-backups/shop/dump-{stamp}.rdb", f"redis-backups/shop/appendonly-{stamp}.aof")
        newest = "redis-backups/shop/dump-20260101-000777.rdb"
        time.sleep(1.1)  # MinIO keeps modification times by the second in its answers: make this one newer
        self.put(newest)

        code, answer = self.discover_json()

        self.assertEqual(code, 0)
        self.assertEqual(answer["discovery"]["rdbFiles"], 1250)
        self.assertIn(answer["discovery"]["pages"], range(3, 2 * 3 + 64))
        self.assertEqual(answer["backup"]["rdb"]["key"], newest)
        self.assertEqual(answer["backup"]["pairing"], "Exact")

    def test_odd_keys_are_listed_and_never_chosen(self):
        odd = ["redis-backups/a b/dump-20260101-000000.rdb", "redis-backups/a+b/dump-20260101-000000.rdb", "redis-backups/a%2Fb/dump-20260101-000000.rdb",
               "redis-backups/tab\tid/dump-20260101-000000.rdb", "redis-backups/new\nline/dump-20260101-000000.rdb", "redis-backups/größe/dump-20260101-000000.rdb",
               "redis-backups/" + "x" * 200 + "/dump-20260101-000000.rdb"]
        for key in odd:
            with self.subTest(key=key):
                self.put(key)
                code, answer = self.discover_json("--replication-id", key.split("/")[1])
                self.assertEqual(code, 0, answer)
                self.assertEqual(answer["backup"]["rdb"]["key"], key)
        self.put("redis-backups/x/dump-\x1b[2J.rdb")
        text = self.discover()
        self.assertNotIn("\x1b", text.stdout + text.stderr)

    def test_key_of_1024_bytes(self):
        key = "redis-backups/" + "/".join(["y" * 200] * 5)
        key += "z" * (1024 - len(key))
        self.put(key, PAIR[0])

        code, answer = self.discover_json()

        self.assertEqual(code, 0)
        self.assertEqual(answer["discovery"]["ignored"], 1)
        self.assertEqual(answer["discovery"]["ignoredSample"][0]["key"], key)

    def test_only_aofs_and_only_broken_names(self):
        self.put(PAIR[1], "redis-backups/shop/dump-latest.rdb", "redis-backups/dump-20260101-000000.rdb", "redis-backups/a/b/dump-20260101-000000.rdb")

        code, answer = self.discover_json()

        self.assertEqual((code, answer["phase"], answer["reason"]), (3, "NoBackupFound", "NoBackupFound"))
        self.assertNotIn("backup", answer)
        self.assertEqual((answer["discovery"]["aofFiles"], answer["discovery"]["ignored"]), (1, 3))
        self.assertEqual(len(answer["discovery"]["ignoredSample"]), 3)
        self.assertIn(self.bucket, answer["message"])
        self.assertIn("redis-backups/", answer["message"])

    def test_order_by_timestamp_and_by_modification(self):
        self.put("redis-backups/shop/dump-20260202-000000.rdb")
        time.sleep(1.1)
        self.put("redis-backups/shop/dump-20260101-000000.rdb")

        by_time, by_name = self.discover_json()[1], self.discover_json("--order-by", "Timestamp")[1]

        self.assertEqual(by_time["backup"]["timestamp"], "20260101-000000")
        self.assertEqual(by_name["backup"]["timestamp"], "20260202-000000")

    def test_on_missing_aof(self):
        self.put(PAIR[0])

        alone, failed = self.discover_json(), self.discover_json("--on-missing-aof", "Fail")

        self.assertEqual((alone[0], alone[1]["backup"]["pairing"]), (0, "RDBOnly"))
        self.assertNotIn("aof", alone[1]["backup"])
        self.assertEqual((failed[0], failed[1]["reason"]), (3, "AOFNotFound"))

    def test_backup_that_is_too_old(self):
        self.put(*PAIR)

        fresh, old = self.discover_json("--max-age", "1h"), self.discover_json("--max-age", "1h", "--order-by", "Timestamp")

        self.assertEqual((fresh[0], fresh[1]["reason"]), (0, "BackupDiscovered"))
        self.assertEqual((old[0], old[1]["phase"], old[1]["reason"]), (3, "Failed", "BackupTooOld"))
        self.assertIn(PAIR[0], old[1]["message"])

    def test_prefix_is_the_askers(self):
        self.put("elsewhere/shop/dump-20260101-000000.rdb", PAIR[0])

        code, answer = self.discover_json("--prefix", "elsewhere")

        self.assertEqual((code, answer["backup"]["rdb"]["key"]), (0, "elsewhere/shop/dump-20260101-000000.rdb"))


class Refusals(IntegrationTest):
    def assert_failed(self, result, code, reason, *words):
        self.assertEqual((result[0], result[1].get("phase"), result[1].get("reason")), (code, "Failed", reason), result)
        self.assertEqual(set(result[1]), {"phase", "reason", "message"})
        for word in words:
            self.assertIn(word, result[1]["message"])

    def test_empty_bucket(self):
        code, answer = self.discover_json()
        self.assertEqual((code, answer["reason"], answer["discovery"]["objects"]), (3, "NoBackupFound", 0))

    def test_missing_bucket(self):
        self.assert_failed(self.discover_json("--bucket", "no-such-bucket-here"), 6, "BucketNotFound", "no-such-bucket-here")

    def test_wrong_key(self):
        self.assert_failed(self.discover_json(env=self.environment(AWS_ACCESS_KEY_ID="AKIAWRONG")), 5, "AccessDenied", self.bucket, "InvalidAccessKeyId")

    def test_wrong_secret(self):
        self.assert_failed(self.discover_json(env=self.environment(AWS_SECRET_ACCESS_KEY="wrong")), 5, "AccessDenied", "SignatureDoesNotMatch")

    def test_no_credentials(self):
        env = self.environment(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
        self.assert_failed(self.discover_json(env=env), 5, "NoCredentials", "AWS_ACCESS_KEY_ID")

    def test_half_of_the_credentials(self):
        self.assert_failed(self.discover_json(env=self.environment(AWS_SECRET_ACCESS_KEY="")), 5, "NoCredentials", "AWS_SECRET_ACCESS_KEY")

    def test_missing_s3_bucket(self):
        done = self.discover(env=self.environment(S3_BUCKET=None))
        self.assertEqual(done.returncode, 2)
        self.assertIn("S3_BUCKET", done.stderr)

    def test_endpoint_down(self):
        self.assert_failed(self.discover_json("--endpoint", "http://127.0.0.1:1", "--timeout", "20s"), 4, "S3Unavailable", "http://127.0.0.1:1")

    def test_self_signed_tls(self):
        self.assert_failed(self.discover_json("--endpoint", self.run_facts.minio_tls["url"]), 4, "TLSError", "certificate")

    def test_f54_ca_of_the_store_is_given_by_flag_or_variable(self):
        tls, env = self.run_facts.minio_tls, self.environment(AWS_CA_BUNDLE=self.run_facts.minio_tls["ca"])
        for flags, environment in ((("--ca-file", tls["ca"]), None), ((), env)):
            with self.subTest(flags=flags):
                self.assert_failed(self.discover_json("--endpoint", tls["url"], "--bucket", "no-such-bucket-here", *flags, env=environment), 6, "BucketNotFound")

    def test_f54_invalid_ca_file_is_refused(self):
        self.assertEqual(self.discover("--ca-file", "/nonexistent.pem").returncode, 2)
        done = self.discover("--ca-file", __file__)
        self.assertEqual(done.returncode, 2)
        self.assertIn("certificate", done.stderr)
        self.assertEqual(self.discover(env=self.environment(AWS_CA_BUNDLE="/dev/null")).returncode, 2)

    def test_name_that_does_not_resolve(self):
        self.assert_failed(self.discover_json("--endpoint", "http://no-such-host.invalid", "--timeout", "20s"), 4, "S3Unavailable")
        done = self.discover("--endpoint", "http://no-such-host.invalid", "--timeout", "20s")
        self.assertRegex(done.stderr, r"\Aredisrestore: [^\n]*host name does not resolve[^\n]*\n  detail: Could not resolve host: no-such-host.invalid\n\Z")

    def test_bad_value_of_a_variable_names_it(self):
        for name, value in (("AWS_ENDPOINT_URL", "minio:9000"), ("AWS_ENDPOINT_URL_S3", "ftp://x"), ("AWS_REGION", "us east"), ("S3_BUCKET", "A"), ("AWS_CA_BUNDLE", "/nonexistent.pem")):
            with self.subTest(name=name):
                done = self.discover(env=self.environment(**{name: value}))
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(f"redisrestore: {name}: ", done.stderr)

    def test_bad_values_name_the_field(self):
        for flag, value in (("--bucket", "A"), ("--endpoint", "ftp://x"), ("--endpoint", "http://user:pw@host"), ("--addressing-style", "Sideways"), ("--order-by", "Size"),
                            ("--on-missing-aof", "Maybe"), ("--max-age", "59s"), ("--timeout", "soon"), ("--output", "xml"), ("--log-level", "loud"), ("--log-format", "xml"), ("--prefix", "a\nx"),
                            ("--region", "us east"), ("--replication-id", "a/b")):
            with self.subTest(flag=flag, value=value):
                done = self.discover(flag, value)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(flag[2:].replace("-", " ").split()[0], (done.stderr + done.stdout).lower())
                self.assertNotIn("user:pw", done.stderr + done.stdout)

    def test_unknown_pairing_is_refused(self):
        done = self.discover("--pairing", "Nearest")

        self.assertEqual(done.returncode, 2)
        for pairing in ("Exact", "Session"):
            self.assertIn(pairing, done.stderr)


class Noise(IntegrationTest):
    def test_stdout_is_only_the_answer_and_logs_go_to_stderr(self):
        self.put(*PAIR)

        done = self.discover("--output", "json", "--log-level", "debug", "--log-format", "json")

        json.loads(done.stdout)
        for line in done.stderr.splitlines():
            json.loads(line)

    def test_environment_proxies_are_not_taken(self):
        self.put(*PAIR)
        self.assertEqual(self.discover(env=self.environment(http_proxy="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1")).returncode, 0)


if __name__ == "__main__":
    unittest.main()
