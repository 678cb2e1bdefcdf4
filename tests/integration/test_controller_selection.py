# SPDX-License-Identifier: Apache-2.0
"""spec.selection and what else a spec says of the requests, through the controller: the status that follows, and what the store is asked."""

import base64
import hashlib
import os
import ssl
import time
import unittest

from support.context import ControllerTest
from support.fault_store import FaultStore
from support.processes import wait_until
from support.s3 import S3


def rdb(stamp, identity="shop"):
    return f"redis-backups/{identity}/dump-{stamp}.rdb"


def aof(stamp, identity="shop"):
    return f"redis-backups/{identity}/appendonly-{stamp}.aof"


class Selection(ControllerTest):
    def chosen(self, name):
        return self.status(name)["backup"]["timestamp"]

    def test_t09_every_criterion_finds_its_backup_and_the_candidates_are_reported(self):
        self.put(rdb("20260131-100000"), aof("20260131-100000"), rdb("20260131-110000"), aof("20260131-110000"), rdb("20260131-120000"))
        cases = {
            "newest": ({}, "20260131-120000"), "previous": ({"previous": 2}, "20260131-100000"), "timestamp": ({"timestamp": "20260131-110000"}, "20260131-110000"),
            "not-after": ({"notAfter": "2026-01-31T11:00:00Z"}, "20260131-110000"),
            "zone": ({"notAfter": "2026-01-31T11:00:00Z", "timestampTimeZone": "+01:00"}, "20260131-120000"),
            "complete": ({"onMissingAOF": "PreviousComplete"}, "20260131-110000"),
        }
        for name, (selection, _) in cases.items():
            self.apply(name=name, selection={"orderBy": "Timestamp", **selection})
        for name, (_, timestamp) in cases.items():
            with self.subTest(name=name):
                self.wait_ready("True", "BackupDiscovered", name=name)
                self.assertEqual(self.chosen(name), timestamp)
        self.assertEqual([one["timestamp"] for one in self.status("newest")["candidates"]], ["20260131-120000", "20260131-110000", "20260131-100000"])
        self.assertEqual({one["timestamp"]: one.get("hasAOF") for one in self.status("complete")["candidates"]}["20260131-110000"], True)
        self.assertEqual(self.condition("Paired", "complete")["reason"], "Exact")

    def test_t09_backup_too_old_is_not_ready_until_the_age_is_allowed(self):
        self.put(rdb("20260131-100000"), aof("20260131-100000"))

        self.apply(selection={"orderBy": "Timestamp", "maxAge": "1h"})

        self.wait_ready("False", "BackupTooOld")
        self.assertEqual(self.condition("BackupDiscovered")["status"], "True")
        self.assertEqual(self.condition("StorageReachable")["status"], "True")
        self.assertEqual(self.condition("Stalled")["reason"], "BackupTooOld")
        self.apply(selection={"orderBy": "Timestamp", "maxAge": "99999h"})
        self.wait_ready("True", "BackupDiscovered")

    def test_t09_several_ids_are_warned_of_once(self):
        self.put(rdb("20260131-100000", "cart"), rdb("20260131-110000", "shop"))
        self.apply()
        self.wait_ready("True", "BackupDiscovered")
        self.apply(trigger="again", interval="1h")
        wait_until("another look", lambda: self.status().get("lastHandledTrigger") == "again")

        def warnings():
            return [event for event in self.events() if event["reason"] == "AmbiguousReplicationID"]
        wait_until("the warning", warnings)
        self.assertLessEqual(len(warnings()), 2)  # once for each spec
        self.assertEqual({event["type"] for event in warnings()}, {"Warning"})

    def test_s35_newer_name_that_was_stored_earlier_is_an_event_and_a_word_in_the_status(self):
        self.put(rdb("20260131-120000"))
        time.sleep(1.1)  # the store's clock has seconds
        self.put(rdb("20260123-120000"))
        self.apply()
        self.wait_ready("True", "BackupDiscovered")

        status = self.status()
        self.assertEqual((status["backup"]["timestamp"], status["backup"]["warnings"]), ("20260123-120000", ["OrderContradiction"]))
        self.assertIn(f"OrderContradiction: {rdb('20260131-120000')} is newer", self.condition("Ready")["message"])
        warned = wait_until("the warning", lambda: [event for event in self.events() if event["reason"] == "OrderContradiction"])
        self.assertEqual([event["type"] for event in warned], ["Warning"])

    def test_t09_pair_of_one_session_says_so(self):
        self.s3.put(self.bucket, rdb("20260131-100000"), self.EMPTY_RDB, {"replication-offset": "77"})
        self.s3.put(self.bucket, aof("20260131-100004"), self.EMPTY_RDB, {"replication-offset": "77"})

        self.apply(selection={"pairing": "Session"})

        self.wait_ready("True", "BackupDiscovered")
        self.assertEqual(self.condition("Paired")["reason"], "Session")
        backup = self.status()["backup"]
        self.assertEqual((backup["pairing"], backup["aof"]["key"]), ("Session", aof("20260131-100004")))


class Requests(ControllerTest):
    def test_s24_owner_and_payer_are_sent_to_the_store(self):
        store = FaultStore()
        self.addCleanup(store.stop)

        self.apply(s3={"endpoint": store.url, "expectedBucketOwner": "123456789012", "requestPayer": "Requester"})

        self.wait_ready("True", "BackupDiscovered")
        for _, headers in store.requests:
            self.assertEqual((headers["x-amz-expected-bucket-owner"], headers["x-amz-request-payer"]), ("123456789012", "requester"))
            self.assertIn("x-amz-expected-bucket-owner", headers["authorization"])

    def test_s24_metadata_under_a_customers_key_is_read_with_the_key_of_the_secret(self):
        facts = self.run_facts
        tls = S3(facts.minio_tls["url"], facts.access_key, facts.secret_key, context=ssl.create_default_context(cafile=facts.minio_tls["ca"]))
        tls.make_bucket(self.bucket)
        key = os.urandom(32)
        encryption = {"x-amz-server-side-encryption-customer-algorithm": "AES256",
                      "x-amz-server-side-encryption-customer-key": base64.b64encode(key).decode(),
                      "x-amz-server-side-encryption-customer-key-md5": base64.b64encode(hashlib.md5(key).digest()).decode()}
        for name in (rdb("20260131-100000"), aof("20260131-100004")):
            tls.request("PUT", f"/{self.bucket}/{name}", body=self.EMPTY_RDB, headers={"x-amz-meta-replication-offset": "77", **encryption})
        with open(facts.minio_tls["ca"], encoding="ascii") as file:
            self.cluster.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": self.namespace, "name": "ca"}, "stringData": {"ca.crt": file.read()}})
        self.secret("with-key", **{"sse-customer-key": base64.b64encode(key).decode() + "\n"})
        source = {"endpoint": facts.minio_tls["url"], "tls": {"caSecretKeyRef": {"name": "ca"}}}

        self.apply(s3={**source, "credentials": {"secretRef": {"name": "with-key"}}}, selection={"pairing": "Session"})

        self.wait_ready("True", "BackupDiscovered")
        self.assertEqual(self.status()["backup"]["pairing"], "Session")
        log = self.controller.log()
        for spelling in (base64.b64encode(key).decode(), base64.b64encode(base64.b64encode(key)).decode(), key.hex()):
            self.assertNotIn(spelling, log)


if __name__ == "__main__":
    unittest.main()
