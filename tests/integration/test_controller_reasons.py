# SPDX-License-Identifier: Apache-2.0
"""Every reason of the closed list that a controller can give, provoked on a real API server."""

import time
import unittest

from support.context import ControllerTest
from support.fault_store import FaultStore
from support.processes import wait_until
from support.servers import secret_manifest

RDB, AOF = "redis-backups/shop/dump-20260131-235900.rdb", "redis-backups/shop/appendonly-20260131-235900.aof"


class FromTheStore(ControllerTest):
    # fault: (reason, a word of the message)
    FAULTS = {
        "f15_500_every_time": ("S3Unavailable", "500"), "f23_body_shorter_than_its_length": ("S3Unavailable", "answer"), "f17_not_http": ("S3Unavailable", "answer"),
        "f14_throttled_every_time": ("S3Throttled", "SlowDown"), "f18_access_denied": ("AccessDenied", "AccessDenied"), "f19_skewed_without_a_date": ("ClockSkewed", "clock"),
        "f20_no_such_bucket": ("BucketNotFound", ""), "f21_region_with_a_line_end": ("RegionMismatch", "region"), "f22_200_with_html": ("MalformedResponse", ""), "f42_doctype": ("MalformedResponse", ""),
        "f23_xml_ends_early": ("MalformedResponse", ""), "f22_200_with_empty": ("MalformedResponse", ""), "f24_same_page_every_time": ("ListingLoop", ""),
    }

    def test_t01_every_fault_gives_its_reason_and_says_where_it_looked(self):
        stores = {}
        for number, fault in enumerate(self.FAULTS):
            stores[fault] = FaultStore.named(fault)
            self.addCleanup(stores[fault].stop)
            self.apply(name=f"restore-{number}", s3={"endpoint": stores[fault].url})
        for number, (fault, (reason, word)) in enumerate(self.FAULTS.items()):
            with self.subTest(fault=fault):
                ready = self.wait_ready("False", reason, name=f"restore-{number}")
                self.assertIn(self.bucket, ready["message"])
                self.assertIn(stores[fault].url, ready["message"])
                self.assertIn(word, ready["message"])
                self.assertNotIn("7q3z", ready["message"])
                self.assertEqual(self.condition("StorageReachable", f"restore-{number}")["reason"], reason)
                self.assertEqual(self.condition("Reconciling", f"restore-{number}")["status"], "True")
                self.assertEqual(self.condition("Stalled", f"restore-{number}"), {})
        self.assertTrue(self.controller.running())

    def test_t03_endpoint_down_then_up_becomes_ready_by_itself(self):
        self.put(RDB, AOF)
        self.apply(s3={"endpoint": "http://127.0.0.1:1"})
        self.wait_ready("False", "S3Unavailable")
        self.apply()
        self.wait_ready("True", "BackupDiscovered")

    def test_t01_discovery_timeout(self):
        store = FaultStore.named("f17_silent_store")
        self.addCleanup(store.stop)
        self.apply(s3={"endpoint": store.url}, discoveryTimeout="2s")
        self.wait_ready("False", "DiscoveryTimeout")

    def test_t01_tls_error_for_an_untrusted_certificate(self):
        self.apply(s3={"endpoint": self.run_facts.minio_tls["url"]})
        self.wait_ready("False", "TLSError")

    def test_t01_wrong_keys(self):
        self.secret("s3", access_key="AKIAWRONG")
        self.apply()
        self.assertIn("InvalidAccessKeyId", self.wait_ready("False", "AccessDenied")["message"])

    def test_t01_bucket_missing(self):
        self.apply(s3={"bucket": "no-such-bucket"})
        self.wait_ready("False", "BucketNotFound")

    def test_f37_endpoint_on_loopback_is_refused_without_the_flag(self):
        flags, type(self).controller_flags = type(self).controller_flags, ()
        try:
            self.stop_controller(self.controller)
            self.controller = self.start_controller()
        finally:
            type(self).controller_flags = flags
        port = self.run_facts.minio.rsplit(":", 1)[1]
        hosts = {host: "EndpointForbidden" for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254")}
        # Spellings of IPv4 that curl would take are no host names to us: refused before any connection (behaviour F-37).
        hosts |= {host: "InvalidSpec" for host in ("2130706433", "0x7f000001", "0177.0.0.1", "127.1")}
        for number, host in enumerate(hosts):
            self.apply(name=f"r{number}", s3={"endpoint": f"http://{host}:{port}"})
        for number, (host, reason) in enumerate(hosts.items()):
            with self.subTest(host=host):
                self.wait_ready("False", reason, name=f"r{number}")


class FromTheBucket(ControllerTest):
    def test_t01_no_backup_found_is_stalled_and_says_what_was_there(self):
        self.put(AOF, "redis-backups/shop/dump-latest.rdb")

        self.apply()

        ready = self.wait_ready("False", "NoBackupFound")
        self.assertIn("dump-latest.rdb", ready["message"])
        status = self.status()
        self.assertEqual(status["phase"], "NoBackupFound")
        self.assertNotIn("backup", status)
        self.assertEqual(self.condition("Stalled")["reason"], "NoBackupFound")
        self.assertEqual(self.condition("StorageReachable")["status"], "True")
        self.cluster.kubectl("-n", self.namespace, "wait", "redisrestore/restore", "--for=condition=Stalled", "--timeout=10s")

    def test_t08_no_backup_found_waits_when_asked_to(self):
        self.apply(selection={"onNoBackup": "Wait"})
        self.wait_ready("False", "NoBackupFound")
        self.assertEqual(self.condition("Reconciling")["status"], "True")
        self.assertEqual(self.condition("Stalled"), {})

    def test_t01_aof_not_found(self):
        self.put(RDB)

        self.apply(name="alone")
        self.apply(name="strict", selection={"onMissingAOF": "Fail"})

        self.wait_ready("True", "BackupDiscovered", name="alone")
        paired = self.condition("Paired", "alone")
        self.assertEqual((paired["status"], paired["reason"]), ("False", "AOFNotFound"))
        self.wait_ready("False", "AOFNotFound", name="strict")
        self.assertEqual(self.condition("Stalled", "strict")["reason"], "AOFNotFound")


class FromTheSecret(ControllerTest):
    def test_t03_secret_missing_then_created(self):
        self.put(RDB, AOF)
        self.apply(s3={"credentials": {"secretRef": {"name": "later"}}})
        self.assertIn("later", self.wait_ready("False", "SecretNotFound")["message"])

        self.secret("later")

        self.wait_ready("True", "BackupDiscovered", timeout=40)

    def test_f32_secrets_that_are_no_keys(self):
        good = (self.run_facts.access_key, self.run_facts.secret_key)
        cases = {
            "no-keys": {"other": "x"}, "half": {"access-key-id": good[0]}, "empty": {"access-key-id": "", "secret-access-key": good[1]},
            "control": {"access-key-id": good[0], "secret-access-key": "two\nlines"}, "binary": {"access-key-id": good[0], "secret-access-key": b"\xff\xfe\x00"},
            "large": {"access-key-id": good[0], "secret-access-key": "x" * 5000}, "token": {"access-key-id": good[0], "secret-access-key": good[1], "session-token": "a\x7fb"},
        }
        for name, data in cases.items():
            manifest = secret_manifest(self.namespace, name, *good)
            manifest["data"] = secret_manifest(self.namespace, name, "", "", **data)["data"]
            for key in ("access-key-id", "secret-access-key"):
                if key not in data:
                    del manifest["data"][key]
            self.cluster.apply(manifest)
            self.apply(name=name, s3={"credentials": {"secretRef": {"name": name}}})
        for name in cases:
            with self.subTest(secret=name):
                self.assertIn(name, self.wait_ready("False", "SecretInvalid", name=name)["message"])

    def test_f32_line_end_is_trimmed_and_the_other_spelling_accepted(self):
        self.put(RDB, AOF)
        manifest = secret_manifest(self.namespace, "env-style", "", "", AWS_ACCESS_KEY_ID=self.run_facts.access_key + "\n",
                                   AWS_SECRET_ACCESS_KEY=self.run_facts.secret_key + "\r\n")
        for key in ("access-key-id", "secret-access-key"):
            del manifest["data"][key]
        self.cluster.apply(manifest)

        self.apply(s3={"credentials": {"secretRef": {"name": "env-style"}}})

        self.wait_ready("True", "BackupDiscovered")


class Failures(ControllerTest):
    def test_t05_a_later_failure_and_a_trigger_keep_the_backup_and_another_question_drops_it(self):
        store = FaultStore({"status": 403, "error": "AccessDenied", "skip": 1})
        self.addCleanup(store.stop)
        self.apply(s3={"endpoint": store.url}, interval="30s")
        self.wait_ready("True", "BackupDiscovered")
        first = self.status()

        self.wait_ready("False", "AccessDenied", timeout=50)
        kept = self.status()
        self.apply(s3={"endpoint": store.url}, interval="30s", trigger="now")
        wait_until("the answer to the trigger", lambda: self.status().get("lastHandledTrigger") == "now")
        triggered = self.status()
        self.apply(s3={"endpoint": store.url, "prefix": "elsewhere/"}, interval="30s", trigger="now")
        wait_until("the answer to the other prefix", lambda: self.status()["observedGeneration"] > triggered["observedGeneration"])

        for status in (kept, triggered):
            self.assertEqual((status["backup"], status["lastDiscoveryTime"]), (first["backup"], first["lastDiscoveryTime"]))
        self.assertEqual([condition["reason"] for condition in triggered["conditions"] if condition["type"] == "Ready"], ["AccessDenied"])
        self.assertEqual(self.condition("Ready")["reason"], "AccessDenied")
        self.assertNotIn("backup", self.status())

    def test_e15_a_failure_that_stays_is_written_once(self):
        self.apply(s3={"credentials": {"secretRef": {"name": "never"}}})
        self.wait_ready("False", "SecretNotFound")

        time.sleep(8)  # longer than the first retry of a missing Secret

        self.assertEqual(len(self.patches()), 1)


if __name__ == "__main__":
    unittest.main()
