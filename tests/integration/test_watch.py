# SPDX-License-Identifier: Apache-2.0
"""How a controller comes to know its objects: by streams or lists, of some namespaces, of some labels."""

import tempfile
import unittest

from support.context import CONTROLLER_ACCOUNT, CONTROLLER_NAMESPACE, ControllerTest
from support.processes import wait_until
from support.servers import ControlPlane

RDB = "redis-backups/shop/dump-20260131-235900.rdb"
USER = f"system:serviceaccount:{CONTROLLER_NAMESPACE}:{CONTROLLER_ACCOUNT}"


class WatchTest(ControllerTest):
    def setUp(self):
        super().setUp()
        self.put(RDB)

    def asked(self, verb, namespace=None):
        """(request URI, status) of what the controllers asked about the objects of the namespace."""
        records = self.cluster.audit(verb=verb, user=USER, resource="redisrestores", namespace=namespace or self.namespace)
        first = {record["auditID"]: record for record in reversed(records)}  # a watch has a record for its begin and its end
        return [(record["requestURI"], record["responseStatus"]["code"]) for record in reversed(list(first.values()))]

    def labelled(self, name, labels, **spec):
        manifest = self.restore(name, **spec)
        manifest["metadata"]["labels"] = labels
        self.cluster.apply(manifest)


class Streams(WatchTest):
    def test_r28_objects_come_by_a_stream_and_nothing_is_listed(self):
        self.apply()

        self.wait_ready("True", "BackupDiscovered")
        watches = self.asked("watch")
        self.assertIn("sendInitialEvents=true", watches[0][0])
        self.assertEqual(watches[0][1], 200)
        self.assertEqual(len(watches), 1, watches)  # the same stream goes on
        self.assertEqual(self.asked("list"), [])

    def test_r28_objects_that_were_there_are_found_by_the_next_controller(self):
        self.assertEqual(self.controller.stop(20), 0)
        self.apply(name="one")
        self.apply(name="two")

        self.controller = self.start_controller()

        for name in ("one", "two"):
            self.wait_ready("True", "BackupDiscovered", name=name)
        self.assertEqual(self.asked("list"), [])
        self.assertIn('"count":2', next(line for line in self.controller.log().splitlines() if "first list is in the cache" in line))


class ListsOnly(WatchTest):
    """An API server that does not stream lists."""

    def setUp(self):
        plane = ControlPlane(tempfile.mkdtemp(dir=self.run_facts.folder), flags=["--feature-gates=WatchList=false"])
        self.addCleanup(plane.stop)
        self.cluster = plane
        plane.install()
        super().setUp()

    def test_r28_server_that_does_not_stream_is_listed(self):
        self.apply()

        self.wait_ready("True", "BackupDiscovered")
        refused, watch = self.asked("watch")[:2]
        self.assertIn("sendInitialEvents=true", refused[0])
        self.assertIn(refused[1], (400, 422))
        self.assertNotIn("sendInitialEvents", watch[0])
        self.assertIn("resourceVersion=0&limit=500", self.asked("list")[0][0])
        self.assertNotIn('"level":"warn"', self.controller.log())


class Namespaces(WatchTest):
    def test_r29_two_namespaces_are_seen_and_the_others_are_not(self):
        first, second, third = self.namespace, f"{self.namespace}-2", f"{self.namespace}-3"
        self.assertEqual(self.controller.stop(20), 0)
        for namespace in (second, third):
            self.cluster.kubectl("create", "namespace", namespace)
        for namespace in (first, second, third):
            self.namespace = namespace
            self.secret("s3")
            self.apply(name="old")

        self.controller = self.start_controller("--namespace", second, namespace=first)

        for namespace in (second, first):
            self.namespace = namespace
            self.wait_ready("True", "BackupDiscovered", name="old")
            self.apply(name="new")
            self.wait_ready("True", "BackupDiscovered", name="new")
        self.namespace = third
        self.apply(name="new")
        self.assertEqual(self.status("old"), {"observedGeneration": -1})
        self.assertEqual(self.status("new"), {"observedGeneration": -1})
        self.assertEqual(self.asked("watch", third), [])
        self.assertNotIn(third, self.controller.log())
        self.namespace = first


    def test_as_many_watches_as_there_may_be_leave_room_for_other_requests(self):
        self.assertEqual(self.controller.stop(20), 0)
        more = [flag for number in range(63) for flag in ("--namespace", f"{self.namespace}-n{number}")]

        self.controller = self.start_controller(*more)
        self.apply()

        self.wait_ready("True", "BackupDiscovered")


class Shards(WatchTest):
    base_flags = ControllerTest.controller_flags
    controller_flags = (*base_flags, "--selector", "shard=a")

    def test_selectors_divide_the_objects_without_overlap(self):
        self.controller_flags = (*self.base_flags, "--selector", "shard in (b),!retired")
        other = self.start_controller()
        for name, labels in {"a1": {"shard": "a"}, "b1": {"shard": "b"}, "b2": {"shard": "b", "retired": ""}, "none": {}}.items():
            self.labelled(name, labels)

        for name in ("a1", "b1"):
            self.wait_ready("True", "BackupDiscovered", name=name)
        for log, mine, others in ((self.controller.log(), "a1", "b1"), (other.log(), "b1", "a1")):
            self.assertIn(f'"name":"{mine}"', log)
            self.assertNotIn(f'"name":"{others}"', log)
        self.assertEqual((len(self.patches("a1")), len(self.patches("b1"))), (1, 1))

        # An object changes hands with its label: it is gone for the one and new for the other.
        self.labelled("a1", {"shard": "b"}, trigger="moved")
        wait_until("the trigger", lambda: self.status("a1").get("lastHandledTrigger") == "moved")
        self.assertIn('"name":"a1"', other.log())
        self.assertEqual(self.controller.log().count('"message":"status written"'), 1)
        for name in ("b2", "none"):
            self.assertEqual(self.status(name), {"observedGeneration": -1})
            self.assertNotIn(f'"name":"{name}"', self.controller.log() + other.log())


class OddObjects(WatchTest):
    def test_r17_nul_in_an_annotation_leaves_the_others_alone(self):
        odd = self.restore("odd")
        odd["metadata"]["annotations"] = {"shop.example/note": "a\0b"}
        self.cluster.apply(odd)
        self.assertIn("a\0b", self.get("odd")["metadata"]["annotations"].values())  # the API server keeps it
        self.apply(name="good")

        for name in ("good", "odd"):
            self.wait_ready("True", "BackupDiscovered", name=name)

        self.stop_controller(self.controller)
        self.controller = self.start_controller()  # which lists both
        self.apply(name="later")
        self.wait_ready("True", "BackupDiscovered", name="later")


if __name__ == "__main__":
    unittest.main()
