# SPDX-License-Identifier: Apache-2.0
"""The controller against a real API server and a real MinIO: what a user sees."""

import json
import os
import signal
import time
import unittest

from support.context import CONTROLLER_ROLE, ControllerTest
from support.fault_store import FaultStore
from support.processes import wait_until

RDB, AOF = "redis-backups/shop/dump-20260131-235900.rdb", "redis-backups/shop/appendonly-20260131-235900.aof"
RIVAL = "redisrestore_rival_status_writes_total"


class Answers(ControllerTest):
    def test_pair_is_named_and_written_once(self):
        self.put(RDB, body=self.EMPTY_RDB)
        self.put(AOF, body=b"*1\r\n")

        self.apply()
        self.wait_ready("True", "BackupDiscovered")

        found = self.get()
        status = found["status"]
        self.assertEqual(status["observedGeneration"], found["metadata"]["generation"])
        self.assertEqual((status["phase"], status["backup"]["pairing"], status["backup"]["totalSize"]), ("Discovered", "Exact", "22"))
        self.assertEqual((status["backup"]["rdb"]["key"], status["backup"]["aof"]["key"]), (RDB, AOF))
        self.assertEqual(status["storage"]["credentialSource"], "Secret")
        conditions = {c["type"]: (c["status"], c["reason"]) for c in status["conditions"]}
        self.assertEqual(conditions, {"Ready": ("True", "BackupDiscovered"), "StorageReachable": ("True", "BackupDiscovered"),
                                      "BackupDiscovered": ("True", "BackupDiscovered"), "Paired": ("True", "Exact")})
        self.assertEqual(len(self.patches()), 1)
        wide = self.cluster.kubectl("-n", self.namespace, "get", "redisrestore", "-o", "wide")
        for word in ("True", "BackupDiscovered", "shop", "20260131-235900", "Exact", RDB, AOF):
            self.assertIn(word, wide)

    def test_idle_object_costs_no_request(self):
        self.put(RDB, AOF)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")
        before = self.metric("redisrestore_s3_requests_total"), self.metric("rest_client_requests_total")

        time.sleep(3)

        self.assertEqual((self.metric("redisrestore_s3_requests_total"), self.metric("rest_client_requests_total")), before)
        self.assertEqual(before[0], 1)

    def test_a_change_of_the_spec_discovers_again(self):
        self.put(RDB, AOF, "redis-backups/other/dump-20250101-000000.rdb")
        self.apply(selection={"replicationID": "shop"})
        self.wait_ready("True", "BackupDiscovered")

        self.apply(selection={"replicationID": "other"})

        self.wait_ready("True", "BackupDiscovered")
        self.assertEqual(self.status()["backup"]["replicationID"], "other")
        self.assertEqual(self.condition("Paired")["reason"], "AOFNotFound")

    def test_trigger_runs_again_and_is_echoed(self):
        self.put(RDB, AOF)
        self.apply(trigger="one")
        self.wait_ready("True", "BackupDiscovered")
        self.assertEqual(self.status()["lastHandledTrigger"], "one")
        newer = "redis-backups/shop/dump-20260201-000000.rdb"
        time.sleep(1.1)
        self.put(newer)

        self.apply(trigger="two")

        wait_until("the trigger", lambda: self.status().get("lastHandledTrigger") == "two")
        self.assertEqual(self.status()["backup"]["rdb"]["key"], newer)

    def test_suspend_keeps_the_backup_and_resume_looks_once(self):
        self.put(RDB, AOF)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")

        self.apply(suspend=True)
        self.wait_ready("Unknown", "Suspended")
        suspended = self.status()
        self.apply(suspend=False)
        self.wait_ready("True", "BackupDiscovered")

        self.assertEqual((suspended["phase"], suspended["backup"]["rdb"]["key"]), ("Suspended", RDB))
        self.assertEqual(self.metric("redisrestore_discoveries_total"), 2)

    def test_restart_leaves_a_ready_object_alone(self):
        self.put(RDB, AOF)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")
        self.stop_controller(self.controller)

        self.controller = self.start_controller()
        time.sleep(1)

        self.assertEqual(self.metric("redisrestore_s3_requests_total"), 0)
        self.assertEqual(len(self.patches()), 1)

    def test_r27_deletion_and_suspension_end_the_discovery(self):
        """A silent store would hold each for 30 seconds."""
        silent = {name: FaultStore.named("f17_silent_store") for name in ("gone", "suspended")}
        for name, store in silent.items():
            self.addCleanup(store.stop)
            self.apply(name, s3={"endpoint": store.url, "prefix": f"{name}/"})
        wait_until("two listings", lambda: all(len(store.requests) == 1 for store in silent.values()))
        wait_until("two workers", lambda: self.metric("controller_runtime_active_workers") == 2)

        self.cluster.kubectl("-n", self.namespace, "delete", "redisrestore", "gone")
        self.apply("suspended", s3={"endpoint": silent["suspended"].url, "prefix": "suspended/"}, suspend=True)

        wait_until("the end of both", lambda: self.metric("controller_runtime_active_workers") == 0, 10)
        self.wait_ready("Unknown", "Suspended", "suspended", timeout=10)
        self.assertEqual([len(store.requests) for store in silent.values()], [1, 1])
        self.assertEqual(self.metric("redisrestore_discoveries_total"), 0)

    def test_deleted_and_created_again_is_a_new_object(self):
        self.put(RDB, AOF)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")

        self.cluster.kubectl("-n", self.namespace, "delete", "redisrestore", "restore")
        self.apply()

        self.wait_ready("True", "BackupDiscovered")

    def test_each_change_of_reason_is_one_event(self):
        self.apply()
        self.wait_ready("False", "NoBackupFound")
        self.put(RDB, AOF)
        self.apply(trigger="again")
        self.wait_ready("True", "BackupDiscovered")

        events = wait_until("two events", lambda: (found := self.events()) and len(found) >= 2 and found)

        self.assertEqual(sorted((e["type"], e["reason"]) for e in events), [("Normal", "BackupDiscovered"), ("Warning", "NoBackupFound")])
        self.assertEqual(events[0]["reportingController"], "redisrestore.dev/controller")

    def test_several_ids_warn_once(self):
        self.put(RDB, AOF, "redis-backups/other/dump-20250101-000000.rdb")

        self.apply()

        self.wait_ready("True", "BackupDiscovered")
        wait_until("the warning", lambda: [e for e in self.events() if e["reason"] == "AmbiguousReplicationID"])

    def test_interval_looks_again(self):
        self.put(RDB, AOF)
        self.apply(interval="30s")
        self.wait_ready("True", "BackupDiscovered")
        newer = "redis-backups/shop/dump-20260201-000000.rdb"
        self.put(newer)

        wait_until("the newer backup", lambda: self.status()["backup"]["rdb"]["key"] == newer, timeout=45)

        self.assertEqual(self.get()["metadata"]["generation"], 1)

    def test_sigterm_ends_an_idle_controller_within_a_second(self):
        started = time.monotonic()
        self.controller.signal(signal.SIGTERM)
        self.controller.popen.wait(10)
        took = time.monotonic() - started

        self.assertEqual(self.controller.popen.returncode, 0)
        self.assertLess(took, 5)  # a hang, not a speed: the figure stands in docs/performance.md

    def test_f27_sigterm_during_a_listing_claims_nothing(self):
        store = FaultStore.named("f17_silent_store")
        self.addCleanup(store.stop)
        self.apply(s3={"endpoint": store.url})
        wait_until("the listing", lambda: store.requests)

        self.assertEqual(self.controller.stop(20), 0)

        self.assertNotEqual(self.condition("Ready").get("status"), "False")


class Machinery(ControllerTest):
    def test_probes_and_metrics(self):
        self.assertEqual(self.http(self.health_port, "/healthz"), (200, "ok"))
        self.assertEqual(self.http(self.health_port, "/readyz"), (200, "ok"))
        self.assertIn("[+]synced ok", self.http(self.health_port, "/readyz?verbose")[1])
        self.assertEqual(self.http(self.health_port, "/nowhere")[0], 404)
        text = self.http(self.metrics_port, "/metrics")[1]
        for name in ("controller_runtime_reconcile_total", "workqueue_depth", "rest_client_requests_total", "redisrestore_discoveries_total", "process_resident_memory_bytes"):
            self.assertIn(f"# TYPE {name} ", text)
        self.assertIn('controller_runtime_reconcile_total{controller="redisrestore",result="error"} 0', text)

    def test_f52_secrets_are_only_ever_got(self):
        self.put(RDB, AOF)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")

        account = "system:serviceaccount:redisrestore-system:redisrestore-controller"

        self.assertTrue(self.cluster.audit(user=account, resource="secrets", verb="get", namespace=self.namespace))
        for verb in ("list", "watch", "update", "patch", "delete", "create"):
            self.assertEqual(self.cluster.audit(user=account, resource="secrets", verb=verb), [], verb)

    def test_trap09_no_thread_can_be_hit_by_a_signal(self):
        """Else a signal could hit a thread of curl or of libmicrohttpd, whose default action ends the process in the middle of its work."""
        folder = f"/proc/{self.controller.pid}/task"
        threads = []
        for task in os.listdir(folder):
            with open(f"{folder}/{task}/status", encoding="ascii") as file:
                fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
            threads.append((fields["Name"], int(fields["SigBlk"], 16) | int(fields["SigIgn"], 16)))
        self.assertGreater(len(threads), 4, threads)
        for name, harmless in threads:
            if name == "signals":
                continue  # it waits for them in sigwait(3): the kernel shows them as not blocked there
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGPIPE):
                self.assertTrue(harmless & (1 << (number - 1)), f"thread {name} takes signal {number}")

    def test_log_is_json_lines(self):
        self.put(RDB, AOF)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")

        for line in self.controller.log().splitlines():
            record = json.loads(line)
            self.assertIn(record["level"], ("debug", "info", "warn", "error"))

    def test_a_fast_discovery_is_one_patch_and_a_slow_one_writes_progressing_first(self):
        store = FaultStore.named("f17_slow_page")
        self.addCleanup(store.stop)

        self.apply(s3={"endpoint": store.url})
        self.wait_ready("Unknown", "Progressing")
        self.assertEqual(self.condition("Reconciling")["status"], "True")
        self.wait_ready("True", "BackupDiscovered")

        self.assertEqual(len(self.patches()), 2)
        self.assertEqual(self.condition("Reconciling"), {})


class SecondController(ControllerTest):
    backups = 0

    def write_alone(self, writer, other):
        """Lets the writer find a newer backup and write it, in a later second than the last write, while the other is stopped."""
        other.signal(signal.SIGSTOP)
        try:
            written = self.written_at()
            time.sleep(1)
            self.backups += 1
            self.put(f"redis-backups/shop/dump-20260301-00000{self.backups}.rdb")
            wait_until("a write of one controller alone", lambda: self.written_at() > written, timeout=120)
        finally:
            other.signal(signal.SIGCONT)

    def written_at(self):
        """RFC 3339, so that texts compare as times."""
        entries = self.cluster.get("-n", self.namespace, "redisrestore", "other", "--show-managed-fields")["metadata"].get("managedFields", [])
        return max((entry["time"] for entry in entries if entry.get("subresource") == "status"), default="")

    def has_noticed(self, port):
        return any(line.startswith(RIVAL + " ") and line != RIVAL + " 0" for line in self.http(port, "/metrics")[1].splitlines())

    def test_e20_second_controller_is_noticed_by_both_and_a_client_is_none(self):
        first_port = self.metrics_port
        self.put(RDB, AOF)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")
        self.cluster.kubectl("-n", self.namespace, "patch", "redisrestore", "restore", "--subresource=status", "--type=merge", "-p", '{"status":{"phase":"Mine"}}')
        wait_until("the repair", lambda: self.status()["phase"] == "Discovered")
        self.assertIn("status lost or altered by another client", self.controller.log())
        self.assertEqual(self.metric(RIVAL), 0)

        second = self.start_controller()
        second_port = self.metrics_port
        self.apply(interval="30s", name="other")
        for _ in range(6):  # one that was stopped may first run into a conflict, which is no evidence
            self.write_alone(self.controller, second)
            self.write_alone(second, self.controller)
            if self.has_noticed(first_port) and self.has_noticed(second_port):
                break
        for port in (first_port, second_port):
            wait_until("the second controller", lambda: self.has_noticed(port))

        for process in (self.controller, second):
            self.assertEqual(process.log().count("another controller writes the statuses of the same objects"), 1)
        wait_until("the Event", lambda: [event for event in self.events("other") if (event["type"], event["reason"]) == ("Warning", "SecondController")])


class SomeNamespaces(ControllerTest):
    """A service account that may see one of two namespaces."""

    def start_controller(self, *flags, **kwargs):
        self.cluster.kubectl("-n", self.namespace, "create", "serviceaccount", "narrow")
        self.cluster.kubectl("-n", self.namespace, "create", "rolebinding", "narrow", "--clusterrole", CONTROLLER_ROLE, "--serviceaccount", f"{self.namespace}:narrow")
        kubeconfig = self.run_facts.path("kubeconfig-narrow")
        self.cluster.service_account_kubeconfig(self.namespace, "narrow", kubeconfig)
        return super().start_controller("--kubeconfig", kubeconfig, "--namespace", f"{self.namespace}-forbidden", wait=False)

    def test_w10_forbidden_namespace_does_not_keep_the_others_from_being_ready(self):
        self.put(RDB, AOF)
        wait_until("readiness", lambda: self.controller.require_running() and self.http(self.health_port, "/readyz")[0] == 200)

        self.apply()

        self.wait_ready("True", "BackupDiscovered")
        self.assertIn("grant the verb", self.controller.log())


if __name__ == "__main__":
    unittest.main()
