# SPDX-License-Identifier: Apache-2.0
"""Readers of a RedisRestore's status: kstatus, `kubectl wait`, Events and logs, and what an API server that does not know all of the status does to it."""

import json
import os
import re
import subprocess
import tempfile
import unittest

from support.context import ControllerTest
from support.fault_store import FaultStore
from support.processes import wait_until
from support.servers import ROOT, ControlPlane, tools_folder

RDB, AOF = "redis-backups/shop/dump-20260131-235900.rdb", "redis-backups/shop/appendonly-20260131-235900.aof"


def kstatus(*objects):
    """The status of each object by sigs.k8s.io/cli-utils/pkg/kstatus, the library of Flux and others."""
    lines = "".join(json.dumps(found) + "\n" for found in objects)
    done = subprocess.run([os.path.join(tools_folder(), "kstatus")], input=lines, capture_output=True, text=True, timeout=60, check=True)
    return [line.split()[0] for line in done.stdout.splitlines()]


class Kstatus(ControllerTest):
    STORES = {"f15_500_every_time": "S3Unavailable", "f14_throttled_every_time": "S3Throttled", "f18_access_denied": "AccessDenied", "f19_skewed_without_a_date": "ClockSkewed",
              "f20_no_such_bucket": "BucketNotFound", "f21_region_with_a_line_end": "RegionMismatch", "f22_200_with_html": "MalformedResponse", "f24_same_page_every_time": "ListingLoop"}

    def expectations(self):
        """name: (status of Ready, reason, what kstatus makes of it, arguments of the object)."""
        other = f"{self.namespace}-other"
        self.s3.make_bucket(other)
        self.s3.put(other, RDB, self.EMPTY_RDB)
        yield "found", ("True", "BackupDiscovered", "Current", {"s3": {"bucket": other}})
        yield "strict", ("False", "AOFNotFound", "Failed", {"s3": {"bucket": other}, "selection": {"onMissingAOF": "Fail"}})
        yield "none", ("False", "NoBackupFound", "Failed", {})
        yield "none-waiting", ("False", "NoBackupFound", "InProgress", {"selection": {"onNoBackup": "Wait"}})
        yield "none-periodic", ("False", "NoBackupFound", "InProgress", {"interval": "1h"})
        yield "suspended", ("Unknown", "Suspended", "InProgress", {"suspend": True})
        yield "invalid", ("False", "InvalidSpec", "Failed", {"s3": {"endpoint": "http://2130706433:9000"}})
        yield "no-secret", ("False", "SecretNotFound", "InProgress", {"s3": {"credentials": {"secretRef": {"name": "never"}}}})
        yield "untrusted", ("False", "TLSError", "InProgress", {"s3": {"endpoint": self.run_facts.minio_tls["url"]}})
        yield "forbidden", ("False", "EndpointForbidden", "InProgress", {"s3": {"endpoint": "http://169.254.169.254"}})
        for fault, reason in self.STORES.items():
            store = FaultStore.named(fault)
            self.addCleanup(store.stop)
            yield fault.replace("_", "-"), ("False", reason, "InProgress", {"s3": {"endpoint": store.url}})
        slow, too_slow = FaultStore.named("f17_silent_store"), FaultStore.named("f17_silent_store")  # an endpoint that hangs is asked once at a time
        self.addCleanup(slow.stop)
        self.addCleanup(too_slow.stop)
        yield "slow", ("Unknown", "Progressing", "InProgress", {"s3": {"endpoint": slow.url}})
        yield "too-slow", ("False", "DiscoveryTimeout", "InProgress", {"s3": {"endpoint": too_slow.url}, "discoveryTimeout": "2s"})

    def test_e15_kstatus_of_every_reason(self):
        expected = dict(self.expectations())
        for name, (_, _, _, spec) in expected.items():
            self.apply(name=name, **spec)
        for name, (ready, reason, _, _) in sorted(expected.items(), key=lambda item: item[0] != "slow"):
            with self.subTest(name=name, reason=reason):
                self.wait_ready(ready, reason, name=name)
                found = self.get(name)
                self.assertEqual(kstatus(found), [expected[name][2]])
                self.check_conditions(found)

    def test_e16_object_that_no_controller_has_answered_is_in_progress(self):
        manifest = self.restore("unseen")
        manifest["metadata"]["namespace"] = "default"
        self.cluster.apply(manifest)
        self.addCleanup(self.cluster.kubectl, "-n", "default", "delete", "redisrestore", "unseen")

        found = self.cluster.get("-n", "default", "redisrestore", "unseen")

        self.assertEqual(found["status"], {"observedGeneration": -1})
        self.assertEqual(kstatus(found), ["InProgress"])

    def test_e16_kstatus_at_each_step_of_a_life(self):
        self.put(RDB, AOF)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")
        steps = [("found", self.get(), "Current")]
        self.stop_controller(self.controller)
        self.apply(trigger="t1")
        steps.append(("edited, not answered yet", self.get(), "InProgress"))
        self.cluster.kubectl("-n", self.namespace, "patch", "redisrestore", "restore", "--subresource=status", "--type=merge", "-p", '{"status":null}')
        steps.append(("status lost", self.get(), "InProgress"))
        self.start_controller()
        self.wait_ready("True", "BackupDiscovered")
        steps.append(("found again", self.get(), "Current"))
        self.apply(suspend=True)
        self.wait_ready("Unknown", "Suspended")
        steps.append(("suspended", self.get(), "InProgress"))
        self.apply(selection={"replicationID": "nobody"})
        self.wait_ready("False", "NoBackupFound")
        steps.append(("nothing found", self.get(), "Failed"))

        self.assertEqual(kstatus(*(found for _, found, _ in steps)), [expected for _, _, expected in steps])

    def check_conditions(self, found):
        conditions = found["status"]["conditions"]
        kinds = [condition["type"] for condition in conditions]
        self.assertEqual(len(kinds), len(set(kinds)))
        self.assertFalse({"Reconciling", "Stalled"} <= set(kinds))
        for condition in conditions:
            self.assertEqual(condition["observedGeneration"], found["metadata"]["generation"])
            self.assertRegex(condition["reason"], r"\A[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?\Z")
            self.assertLessEqual(len(condition["message"].encode()), 1024)
            self.assertRegex(condition["lastTransitionTime"], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
            if condition["type"] in ("Reconciling", "Stalled"):
                self.assertEqual(condition["status"], "True")  # abnormal-true: absent otherwise

    def test_t08_kubectl_wait_ends_when_the_backup_is_found_and_after_a_change(self):
        self.apply()
        self.wait_ready("False", "NoBackupFound")
        self.put(RDB, AOF)
        self.apply(trigger="now")
        self.cluster.kubectl("-n", self.namespace, "wait", "redisrestore/restore", "--for=condition=Ready", "--timeout=30s")
        self.assertEqual(kstatus(self.get()), ["Current"])
        self.assertEqual(self.status()["lastHandledTrigger"], "now")


class Repair(ControllerTest):
    def patch_status(self, status):
        self.cluster.kubectl("-n", self.namespace, "patch", "redisrestore", "restore", "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))

    def test_e17_status_that_was_lost_is_written_again(self):
        self.put(RDB, AOF)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")
        self.patch_status(None)
        self.assertEqual(self.status(), {"observedGeneration": -1})
        self.wait_ready("True", "BackupDiscovered")
        self.assertEqual(self.status()["backup"]["rdb"]["key"], RDB)

    def test_e18_condition_of_another_manager_is_removed_and_the_writes_end(self):
        self.put(RDB, AOF)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")
        stalled = {"type": "Stalled", "status": "True", "reason": "Foreign", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        self.patch_status({"conditions": self.status()["conditions"] + [stalled]})
        self.assertTrue(self.condition_types() >= {"Stalled"})

        wait_until("the end of Stalled", lambda: "Stalled" not in self.condition_types())

        self.wait_ready("True", "BackupDiscovered")
        written = len(self.patches())
        self.apply(trigger="again")
        wait_until("the trigger", lambda: self.status().get("lastHandledTrigger") == "again")
        self.assertNotIn("Stalled", self.condition_types())
        self.assertLessEqual(len(self.patches()), written + 2)

    def condition_types(self):
        return {condition["type"] for condition in self.status()["conditions"]}


class Series(ControllerTest):
    def test_e03_repeated_events_are_a_series_that_the_server_takes(self):
        for turn in range(4):
            self.apply(suspend=False, trigger=f"t{turn}")
            self.wait_ready("False", "NoBackupFound")
            self.apply(suspend=True, trigger=f"t{turn}")
            self.wait_ready("Unknown", "Suspended")

        def by_reason():
            return {event["reason"]: event for event in self.events()}
        wait_until("the series", lambda: all("series" in event for event in by_reason().values()) and len(by_reason()) == 2)
        self.assertEqual(len(self.events()), 2)
        self.assertEqual({event["series"]["count"] for event in by_reason().values()}, {2})
        self.stop_controller(self.controller)
        self.assertEqual({event["series"]["count"] for event in by_reason().values()}, {4})
        self.assertEqual(self.metric_of_log(), 0)

    def metric_of_log(self):
        return sum("event not written" in line for line in self.controller.log().splitlines())


class Logs(ControllerTest):
    def test_e15_records_of_a_reconcile_have_the_fields_of_controller_runtime_and_a_failure_is_one(self):
        self.apply(s3={"credentials": {"secretRef": {"name": "never"}}})
        self.wait_ready("False", "SecretNotFound")
        self.stop_controller(self.controller)

        records = [json.loads(line) for line in self.controller.log().splitlines() if line.startswith("{")]
        about = [record for record in records if "reconcileID" in record]
        self.assertTrue(about)
        for record in about:
            self.assertEqual((record["controller"], record["controllerGroup"], record["controllerKind"]), ("redisrestore", "redisrestore.dev", "RedisRestore"))
            self.assertEqual((record["namespace"], record["name"]), (self.namespace, "restore"))
            self.assertRegex(record["reconcileID"], r"\A[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
        for run in {record["reconcileID"] for record in about}:
            self.assertEqual(len([record for record in about if record["reconcileID"] == run and record["level"] in ("warn", "error")]), 1)


class OtherSchema(ControllerTest):
    """A CRD that is not the controller's, on an API server of its own."""

    def setUp(self):
        plane = ControlPlane(tempfile.mkdtemp(dir=self.run_facts.folder))
        self.addCleanup(plane.stop)
        self.cluster = plane
        for manifest in ("namespace.yaml", "rbac.yaml"):
            plane.kubectl("apply", "-f", os.path.join(ROOT, "manifests", manifest))
        text = plane.kubectl("create", "--dry-run=client", "-o", "json", "-f", os.path.join(ROOT, "manifests", "crd.yaml"))
        self.crd = json.loads(text)
        self.status_schema = self.crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
        self.change()
        plane.apply(self.crd)
        wait_until("the CRD", lambda: plane.kubectl("get", "redisrestores", "-A", check=False).returncode == 0)
        super().setUp()
        self.put(RDB, AOF)

    def change(self):
        raise NotImplementedError


class OlderSchema(OtherSchema):
    def change(self):
        del self.status_schema["backup"]["properties"]["rdb"]["properties"]["etag"]
        del self.status_schema["discovery"]
        del self.status_schema["candidates"]
        self.status_schema["phase"]["enum"] = ["Failed"]

    def test_e15_field_that_an_older_crd_lacks_is_left_out_and_logged_once(self):
        self.apply(name="one")
        self.apply(name="two")

        for name in ("one", "two"):
            self.wait_ready("True", "BackupDiscovered", name=name)
            status = self.status(name)
            self.assertEqual(status["backup"]["rdb"]["key"], RDB)
            self.assertNotIn("etag", status["backup"]["rdb"])
            self.assertNotIn("discovery", status)
            self.assertNotIn("candidates", status)
            self.assertNotIn("phase", status)
        wait_until("the Event", lambda: self.outdated())
        self.assertEqual(len(self.outdated()), 1)
        self.assertEqual(self.outdated()[0]["type"], "Warning")
        self.assertEqual(len(re.findall("older than this controller", self.controller.log())), 1)

    def outdated(self):
        return [event for name in ("one", "two") for event in self.events(name) if event["reason"] == "CRDOutdated"]


class RefusingSchema(OtherSchema):
    def change(self):
        self.status_schema["message"]["maxLength"] = 1

    def test_f13_refused_status_is_logged_and_written_as_soon_as_the_crd_accepts_it(self):
        self.apply()
        wait_until("the Event", lambda: [event for event in self.events() if event["reason"] == "StatusRefused"])
        del self.status_schema["message"]["maxLength"]
        self.cluster.apply(self.crd)

        self.wait_ready("True", "BackupDiscovered", timeout=90)  # a minute, spread by a fifth

        self.assertEqual(len([event for event in self.events() if event["reason"] == "StatusRefused"]), 1)
        self.assertEqual(sum('"discovery ended"' in line for line in self.controller.log().splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
