# SPDX-License-Identifier: Apache-2.0
"""The page of metrics of a real controller: names, zeros, what moves, series of objects (behaviour N-01 to N-03, F-55 to F-57)."""

import datetime
import http.client
import json
import os
import re
import threading
import time
import unittest

from support.context import ControllerTest
from support.exposition import parse
from support.fault_store import FaultStore
from support.processes import Process, free_port, wait_until
from support.servers import ROOT

RDB, AOF = "redis-backups/shop/dump-20260131-235900.rdb", "redis-backups/shop/appendonly-20260131-235900.aof"
HERE = os.path.dirname(os.path.abspath(__file__))
PER_OBJECT = ("redisrestore_backup_last_modified_timestamp_seconds", "redisrestore_backup_timestamp_seconds", "redisrestore_backup_size_bytes",
              "redisrestore_backup_ready", "redisrestore_backup_warning")
WITH_FLAGS = {"rest_client_rate_limiter_duration_seconds", "certwatcher_read_certificate_total", "certwatcher_read_certificate_errors_total"}
MOVED_BY_THE_START = PER_OBJECT + ("redisrestore_build_info", "redisrestore_ca_reload_total", "redisrestore_list_watch_total",
                                   "redisrestore_watch_last_event_timestamp_seconds", "controller_runtime_max_concurrent_reconciles")


def documented():
    """Name -> (type, labels) of docs/metrics.md."""
    with open(os.path.join(ROOT, "docs", "metrics.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\| `([a-z0-9_]+)` \| (\w+) \| ([^|]*)\|", file.read(), re.M)
    return {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


class Metrics(ControllerTest):
    def page(self):
        status, text = self.http(self.metrics_port, "/metrics")
        self.assertEqual(status, 200)
        return parse(text)

    def ready_object(self, name="restore"):
        self.put(RDB, body=self.EMPTY_RDB)
        self.put(AOF, body=b"*1\r\n")
        self.apply(name)
        self.wait_ready("True", "BackupDiscovered", name)


class Page(Metrics):
    controller_flags = ("--allow-endpoint-cidr", "127.0.0.0/8", "--leader-elect", "--leader-elect-id", "metrics")

    def setUp(self):
        super().setUp()
        wait_until("the Lease", lambda: self.page()["leader_election_master_status"].total() == 1)

    def test_n01_names_types_labels_and_bounds_are_controller_runtimes(self):
        with open(os.path.join(HERE, "metrics_of_controller_runtime.json"), encoding="utf-8") as file:
            expected = json.load(file)

        page = self.page()

        for name, wanted in expected.items():
            with self.subTest(name):
                family = page[name]
                self.assertEqual(family.kind, wanted["type"])
                self.assertEqual(family.label_names(), {tuple(wanted["labels"])})
                for label, values in wanted.get("values", {}).items():
                    self.assertEqual({dict(labels)[label] for _, labels in family.samples}, set(values))
                if "bounds" in wanted:
                    found = [float(dict(labels)["le"]) for suffix, labels in family.samples if suffix == "_bucket" and dict(labels)["le"] != "+Inf"]
                    self.assertEqual(found, wanted["bounds"])

    def test_n01_every_metric_is_documented_with_its_labels(self):
        self.ready_object()

        page, told = self.page(), documented()

        self.assertEqual(set(page) | WITH_FLAGS, set(told))
        for name, family in page.items():
            self.assertEqual(family.kind, told[name][0], name)
            self.assertLessEqual(family.label_names(), {told[name][1]}, name)


class Numbers(Metrics):
    def test_n01_before_the_first_reconcile_all_is_there_at_zero(self):
        page = self.page()

        for name, family in page.items():
            if name.startswith(("controller_runtime_", "workqueue_", "redisrestore_")) and name not in MOVED_BY_THE_START:
                self.assertTrue(family.samples, name)
                self.assertEqual(set(family.samples.values()), {0.0}, name)
        self.assertEqual(page["controller_runtime_max_concurrent_reconciles"].get(controller="redisrestore"), 4)
        self.assertEqual(page["redisrestore_discoveries_total"].get(result="failure", reason="AccessDenied"), 0)
        self.assertEqual(page["redisrestore_s3_requests_total"].get(code="503"), 0)

    def test_n02_one_reconcile_moves_what_it_did(self):
        self.ready_object()

        page = wait_until("the end of the reconcile", lambda: (page := self.page())["workqueue_work_duration_seconds"].total("_count") >= 1 and page)

        self.assertEqual(page["controller_runtime_reconcile_total"].get(controller="redisrestore", result="success"), 1)
        self.assertEqual(page["controller_runtime_reconcile_total"].total(), 1)
        self.assertEqual(page["controller_runtime_reconcile_time_seconds"].total("_count"), 1)
        self.assertEqual(page["controller_runtime_active_workers"].total(), 0)
        self.assertEqual(page["workqueue_adds_total"].total(), 1)
        self.assertEqual(page["workqueue_depth"].total(), 0)
        self.assertEqual(page["redisrestore_discoveries_total"].get(result="success", reason="BackupDiscovered"), 1)
        self.assertEqual(page["redisrestore_discoveries_total"].total(), 1)
        self.assertEqual(page["redisrestore_s3_requests_total"].get(code="200"), 1)
        self.assertEqual(page["redisrestore_discovery_objects_total"].total(), 2)
        self.assertEqual(page["rest_client_requests_total"].total(code="200", method="PATCH"), 1)

    def test_n02_failure_of_a_store_is_requeued_and_counted_by_reason(self):
        self.apply(s3={"bucket": "no-such-bucket"})
        self.wait_ready("False", "BucketNotFound")

        page = wait_until("the end of the reconcile", lambda: (page := self.page())["controller_runtime_reconcile_total"].total() >= 1 and page)

        self.assertEqual(page["controller_runtime_reconcile_total"].get(controller="redisrestore", result="requeue_after"), 1)
        self.assertEqual(page["controller_runtime_reconcile_errors_total"].total(), 0)
        self.assertEqual(page["redisrestore_discoveries_total"].get(result="failure", reason="BucketNotFound"), 1)
        self.assertEqual(page["redisrestore_s3_requests_total"].get(code="404"), 1)
        self.assertEqual(page["workqueue_retries_total"].total(), 1)


class PerObject(Metrics):
    def series(self):
        """Name of the metric -> {name of the object: value}."""
        page = self.page()
        return {metric: {dict(labels)["name"]: value for (_, labels), value in page[metric].samples.items()} for metric in PER_OBJECT}

    def test_f57_series_come_and_go_with_the_object_and_survive_a_restart(self):
        self.ready_object()
        self.apply("empty", s3={"bucket": "no-such-bucket"})
        self.wait_ready("False", "BucketNotFound", "empty")

        wait_until("both series", lambda: self.series()["redisrestore_backup_ready"] == {"restore": 1.0, "empty": 0.0})
        before = self.series()
        self.assertEqual(before["redisrestore_backup_size_bytes"], {"restore": 22.0})
        modified = datetime.datetime.fromisoformat(self.status()["backup"]["rdb"]["lastModified"].replace("Z", "+00:00")).timestamp()
        self.assertEqual(before["redisrestore_backup_last_modified_timestamp_seconds"], {"restore": modified})

        self.stop_controller(self.controller)
        self.controller = self.start_controller()
        self.assertEqual(self.series(), before)

        self.cluster.kubectl("-n", self.namespace, "delete", "redisrestore", "restore")
        wait_until("its end", lambda: self.series()["redisrestore_backup_ready"] == {"empty": 0.0})
        self.assertEqual(self.series()["redisrestore_backup_size_bytes"], {})

    def test_f57_no_other_metric_names_what_objects_name(self):
        for number in range(20):
            self.apply(f"restore-{number}", s3={"bucket": f"mystery-bucket-{number}"})
        for number in range(20):
            self.wait_ready("False", "BucketNotFound", f"restore-{number}")

        page = self.page()

        allowed = {"credentials", "controller", "name", "priority", "result", "reason", "operation", "code", "method", "verb", "host", "version", "commit", "le"}
        for name, family in page.items():
            if name in PER_OBJECT + ("redisrestore_watch_last_event_timestamp_seconds",):  # a series for each --namespace
                continue
            for _, labels in family.samples:
                self.assertLessEqual({label for label, _ in labels}, allowed, name)
                self.assertFalse([value for _, value in labels if "restore-" in value or "mystery" in value or self.namespace in value], name)

    def test_f57_switch_leaves_them_out(self):
        self.ready_object()
        self.stop_controller(self.controller)

        self.controller = self.start_controller("--metrics-per-object=false")

        self.assertFalse(set(PER_OBJECT) & set(self.page()))


class Fairness(Metrics):
    def test_f55_namespace_of_silent_stores_leaves_workers_to_others(self):
        silent = FaultStore.named("f17_silent_store")
        self.addCleanup(silent.stop)
        noisy, quiet = self.namespace, f"{self.namespace}-quiet"
        self.cluster.kubectl("create", "namespace", quiet)
        self.stop_controller(self.controller)
        self.controller = self.start_controller("--namespace", quiet, namespace=noisy)
        self.cluster.apply(*(self.restore(f"noisy-{number}", s3={"endpoint": silent.url, "prefix": f"{number}/"}) for number in range(40)))
        wait_until("a silent listing", lambda: len(silent.requests) >= 1)
        self.put(RDB, AOF)

        self.namespace = quiet
        self.secret("s3")
        self.apply("good")

        self.wait_ready("True", "BackupDiscovered", "good", timeout=10)
        self.assertEqual(len(silent.requests), 1)
        wait_until("only the silent listing", lambda: self.page()["controller_runtime_active_workers"].total() == 1)
        self.assertEqual(self.page()["workqueue_depth"].total(), 0)

    def test_w08_end_drops_what_waits_and_stops_what_runs(self):
        silent = FaultStore.named("f17_silent_store")
        self.addCleanup(silent.stop)
        self.cluster.apply(*(self.restore(f"waits-{number}", s3={"endpoint": silent.url, "prefix": f"{number}/"}) for number in range(20)))
        wait_until("a listing", lambda: len(silent.requests) == 1)

        self.assertEqual(self.controller.stop(10), 0)

        self.assertEqual(len(silent.requests), 1)
        self.assertEqual([item["metadata"]["name"] for item in self.cluster.get("-n", self.namespace, "redisrestores")["items"]
                          if item.get("status", {}).get("phase") not in (None, "Discovering", "Progressing")], [])


class Edits(Metrics):
    EDITORS, SECONDS, EDITS = 4, 6, 150

    def edit(self, port, which, edited, enough):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        number = 0
        while not enough():
            number += 1
            connection.request("PATCH", f"/apis/redisrestore.dev/v1alpha1/namespaces/{self.namespace}/redisrestores/restore",
                               json.dumps({"spec": {"trigger": f"{which}-{number}"}}), {"Content-Type": "application/merge-patch+json"})
            reply = connection.getresponse()
            reply.read()
            edited.append(reply.status)
            time.sleep(0.01)
        connection.close()

    def test_f56_object_edited_all_the_time_is_written_once_a_second(self):
        self.ready_object()
        port = free_port()
        proxy = Process("proxy", [f"{self.cluster.tools}/kubectl", "--kubeconfig", self.cluster.kubeconfig, "proxy", "--port", str(port)], self.run_facts.folder)
        self.addCleanup(proxy.stop)
        wait_until("the proxy", lambda: "Starting to serve" in proxy.log())
        time.sleep(1.1)
        before = len(self.patches())
        edited, started = [], time.monotonic()

        def enough():
            """A slow machine edits longer; what a second may bring stays the same."""
            seconds = time.monotonic() - started
            return seconds > 60 or (seconds > self.SECONDS and len(edited) > self.EDITS)
        editors = [threading.Thread(target=self.edit, args=(port, which, edited, enough)) for which in range(self.EDITORS)]

        for editor in editors:
            editor.start()
        most, generations = 0, []
        while not enough():
            most = max(most, self.page()["controller_runtime_active_workers"].total())
            generations.append(self.status()["observedGeneration"])
        for editor in editors:
            editor.join()
        seconds, final = time.monotonic() - started, self.get()["metadata"]["generation"]
        wait_until("the last generation", lambda: self.status()["observedGeneration"] == final)

        self.assertGreater(final, self.EDITS, "the edits were too slow to say anything")
        self.assertEqual(set(edited), {200})
        self.assertEqual(generations, sorted(generations))
        self.assertLessEqual(most, 1)
        self.assertLessEqual(len(self.patches()) - before, seconds + 2)


if __name__ == "__main__":
    unittest.main()
