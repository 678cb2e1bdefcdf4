# SPDX-License-Identifier: Apache-2.0
"""Healthy objects beside stores that hang in every way: F-59. Nothing is timed: the healthy ones are answered while no hung one is."""

import os
import unittest

from support.context import ControllerTest
from support.hung_stores import HungStores
from support.preload import RELEASE, built
from support.processes import wait_until

RDB, AOF = "redis-backups/shop/dump-20260131-235900.rdb", "redis-backups/shop/appendonly-20260131-235900.aof"
HUNG = 100


class Beside(ControllerTest):
    def setUp(self):
        super().setUp()
        self.put(RDB, AOF)

    def hang(self, urls, namespaces):
        """Makes an object for each URL, in turn in these namespaces."""
        self.hung = [(namespaces[number % len(namespaces)], f"hung-{number}") for number in range(len(urls))]
        home, manifests = self.namespace, []
        for (namespace, name), url in zip(self.hung, urls):
            self.namespace = namespace
            manifests.append(self.restore(name, s3={"endpoint": url}))
        self.namespace = home
        self.cluster.apply(*manifests)

    def secrets(self, namespaces):
        home = self.namespace
        for self.namespace in namespaces:
            self.secret("s3")
        self.namespace = home

    def assert_healthy_objects_are_answered_first(self):
        for number in range(5):
            self.apply(f"good-{number}")
        for number in range(5):
            self.wait_ready("True", "BackupDiscovered", f"good-{number}")

        self.assert_no_hung_one_is_answered()

    def assert_no_hung_one_is_answered(self):
        for namespace in sorted({namespace for namespace, _ in self.hung}):
            for item in self.cluster.get("-n", namespace, "redisrestores")["items"]:
                if (namespace, item["metadata"]["name"]) in self.hung:
                    self.assertIn(item.get("status", {}).get("phase"), (None, "Discovering", "Progressing", "Pending"), item)


class BesideHungStores(Beside):
    def test_f59_healthy_objects_are_answered_beside_100_hung_stores_of_their_namespace(self):
        stores = HungStores(HUNG)
        self.addCleanup(stores.stop)
        self.hang(stores.urls, [self.namespace])
        wait_until("a connection to each hung store that accepts", lambda: stores.asked() >= HUNG * 2 // 3, 40)

        self.assert_healthy_objects_are_answered_first()

    def test_f59_healthy_objects_are_answered_beside_hung_stores_of_50_namespaces(self):
        stores = HungStores(HUNG)
        self.addCleanup(stores.stop)
        others = [f"{self.namespace}-{number}" for number in range(50)]
        self.stop_controller(self.controller)
        self.cluster.apply(*({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in others))
        self.secrets(others)
        self.controller = self.start_controller(*(flag for name in others for flag in ("--namespace", name)))
        self.hang(stores.urls, others)
        wait_until("a connection to each hung store that accepts", lambda: stores.asked() >= HUNG * 2 // 3, 40)

        self.assert_healthy_objects_are_answered_first()

    def test_f59_one_hung_endpoint_holds_up_one_of_its_objects(self):
        stores = HungStores(1)
        self.addCleanup(stores.stop)
        self.hang([f"{stores.urls[0]}/{number}" for number in range(HUNG)], [self.namespace])
        wait_until("a connection to the hung store", stores.asked)

        self.apply("good")
        self.wait_ready("True", "BackupDiscovered", "good")

        self.assertEqual(stores.asked(), 1)
        self.assert_no_hung_one_is_answered()

    def test_f59_objects_of_an_endpoint_that_has_not_answered_fail_with_its_reason(self):
        stores = HungStores(1)
        self.addCleanup(stores.stop)
        home = self.restore("first", s3={"endpoint": stores.urls[0]}, discoveryTimeout="1s")
        self.cluster.apply(home)
        self.wait_ready("False", "DiscoveryTimeout", "first")
        self.cluster.apply(self.restore("probe", s3={"endpoint": stores.urls[0]}, discoveryTimeout="10m"))
        asked = stores.asked()
        wait_until("the next probe", lambda: stores.asked() > asked)

        self.apply("second", s3={"endpoint": stores.urls[0]})

        ready = self.wait_ready("False", "DiscoveryTimeout", "second")
        self.assertIn("did not answer the last discovery", ready["message"])
        self.assertIn(stores.urls[0], ready["message"])


@unittest.skipUnless(os.path.exists(RELEASE), "needs the release build")
class BesideSlowNames(Beside):
    """With a resolver that does not answer, which only the release build can be given."""

    def start_controller(self, *flags, **kwargs):
        library = built("slow_names", self.run_facts.folder)
        return super().start_controller(*flags, program=RELEASE, env={"LD_PRELOAD": library}, **kwargs)

    def test_f59_healthy_objects_are_answered_beside_names_that_do_not_resolve_in_time(self):
        self.hang([f"http://store-{number}.slow.test:9000" for number in range(HUNG)], [self.namespace])
        wait_until("a discovery of each", lambda: self.metric("controller_runtime_active_workers") >= HUNG, 40)

        self.apply("good")
        self.wait_ready("True", "BackupDiscovered", "good")

        self.assert_no_hung_one_is_answered()

