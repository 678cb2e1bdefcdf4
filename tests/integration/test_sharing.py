# SPDX-License-Identifier: Apache-2.0
"""Many objects on one bucket: their discoveries share listings."""

import unittest

from support.context import ControllerTest
from support.fault_store import FaultStore
from support.odd_bucket import OddBucket
from support.servers import wait_until

RDB = "redis-backups/shop/dump-20260131-235900.rdb"
OBJECTS = 50


class Sharing(ControllerTest):
    def setUp(self):
        super().setUp()
        self.stop_controller(self.controller)
        self.store = FaultStore({"match": {"method": "GET"}, "pause_before": 1}, bucket=OddBucket({"keys": [RDB]}))
        self.addCleanup(self.store.stop)

    def listings(self):
        return [line for line, _ in self.store.requests if "list-type=2" in line and "prefix=redis-backups%2F " in line]

    def wait_all_ready(self):
        def ready():
            items = self.cluster.get("-n", self.namespace, "redisrestores")["items"]
            return len(items) == OBJECTS and all(item.get("status", {}).get("phase") == "Discovered" for item in items)
        wait_until("every object", ready, 40)

    def test_s30_objects_of_one_bucket_cost_two_listings(self):
        """They are there before the controller, so that all of them come during the first listing."""
        self.cluster.apply(*(self.restore(f"same-{number}", s3={"endpoint": self.store.url}, selection={"maxAge": f"{30000 + number % 3}h"}) for number in range(OBJECTS)))

        self.controller = self.start_controller()
        self.wait_all_ready()

        self.assertIn(len(self.listings()), (1, 2), self.listings())

    def test_s30_other_credentials_list_for_themselves(self):
        for number in range(5):
            self.secret(f"s3-{number}", access_key=f"AKIA{number}")
        self.cluster.apply(*(self.restore(f"own-{number}", s3={"endpoint": self.store.url, "credentials": {"secretRef": {"name": f"s3-{number % 5}"}}}) for number in range(OBJECTS)))

        self.controller = self.start_controller()
        self.wait_all_ready()

        listings = len(self.listings())
        self.assertTrue(5 <= listings <= 10, listings)
        signers = {headers["authorization"].split("Credential=")[1].split("/")[0] for _, headers in self.store.requests}
        self.assertEqual(signers, {f"AKIA{number}" for number in range(5)})


if __name__ == "__main__":
    unittest.main()
