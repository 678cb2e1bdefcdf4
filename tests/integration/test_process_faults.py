# SPDX-License-Identifier: Apache-2.0
"""Faults of the process: no memory, no descriptors, nowhere to write, another time of day, the end in the middle of a wait; and what stays its own."""

import json
import os
import random
import re
import resource
import signal
import subprocess
import time
import unittest

from support.api import ApiError
from support.context import ControllerTest, IntegrationTest
from support.fault_cases import RDB, FaultCase, ProxiedTest
from support.fault_store import FaultStore
from support.preload import RELEASE, built
from support.processes import wait_until

CODES = (0, 1, 2, 3, 4, 5, 6)


class Harness(FaultCase):
    """The tests made of files fail when they should."""

    case = {"why": "set by each test", "faults": []}

    def test_fault_that_was_not_delivered_is_no_passed_test(self):
        self.case = {"why": "no request for a review is sent", "faults": [{"match": {"kind": "review"}, "do": {"status": 500}}], "patience": 2}
        with self.assertRaisesRegex(AssertionError, "was delivered 0 times"):
            self.go()

    def test_requests_that_differ_are_no_passed_test(self):
        self.case = {"why": "a closed watch is opened again, not listed", "faults": [{"match": {"kind": "watch"}, "at": "now", "do": {"finish": True}}],
                     "requests": [{"kind": "list"}], "patience": 2}
        with self.assertRaisesRegex(AssertionError, "Lists differ"):
            self.go()

    def test_write_too_many_is_no_passed_test(self):
        self.case = {"why": "an edit is written", "faults": [{"match": {"kind": "secret"}, "do": {"delay_ms": 1}}], "steps": ["edit one"], "writes": {"one": 0}}
        with self.assertRaisesRegex(AssertionError, "writes of one"):
            self.go()


class Wire(ProxiedTest):
    """The requests to the API server in normal operation and at the end."""

    def test_f52_idle_controller_has_a_watch_and_asks_nothing(self):
        self.put(RDB)
        for name in ("one", "two"):
            self.api.create(self.restore(name))
            self.wait_ready("True", "BackupDiscovered", name)
        wait_until("the Events", lambda: len(self.proxy.since(0, "event")) == 2 and all(record["ended"] for record in self.proxy.since(0, "event")))
        mark = self.proxy.mark()

        time.sleep(8)

        self.assertEqual(self.proxy.since(mark), [], self.story())
        self.assertEqual([record["kind"] for record in self.proxy.requests if record["ended"] is None], ["watch"])
        self.assertEqual(len(self.proxy.since(0, "patch-status")), 2)
        self.assertEqual({(record["method"], record["name"]) for record in self.proxy.since(0, "secret")}, {("GET", "s3")})
        self.assertEqual(self.proxy.since(0, "other"), [])

    def test_f60_api_server_that_does_not_return_the_secret_is_reported_until_it_does(self):
        self.put(RDB)
        self.api.create(self.restore())
        self.wait_ready("True", "BackupDiscovered")
        self.proxy.arm({"match": {"kind": "secret"}, "times": "always", "do": {"status": 500}})
        self.api.edit(self.namespace, "restore", {"trigger": "again"})

        failed = self.wait_ready("False", "APIServerError", timeout=30)

        self.assertIn("Secret s3: ", failed["message"])
        self.assertEqual(self.condition("StorageReachable")["status"], "Unknown")
        self.proxy.disarm()
        self.wait_ready("True", "BackupDiscovered", timeout=30)

    def test_f07_end_does_not_wait_for_what_the_server_asked_for(self):
        def throttled(kind):
            return any(record["kind"] == kind and record["status"] == 429 for record in self.proxy.requests)

        self.proxy.arm({"match": {"kind": "secret"}, "times": "always", "do": {"status": 429, "headers": {"Retry-After": "50"}}})
        self.api.create(self.restore())
        wait_until("the wait for the Secret", lambda: throttled("secret"))
        self.proxy.arm({"match": {"kind": "watch"}, "at": "now", "do": {"finish": True}},
                       {"match": {"kind": "watch"}, "times": "always", "do": {"status": 429, "headers": {"Retry-After": "50"}}})
        wait_until("the wait of the watch", lambda: throttled("watch"))
        started = time.monotonic()

        self.assertEqual(self.controller.stop(20), 0)

        self.assertLess(time.monotonic() - started, 10)  # not the fifty seconds of a wait

    def test_f10_new_certificate_of_the_same_authority_is_accepted(self):
        self.proxy.certify("renewed", self.authority)

        self.put(RDB)
        self.api.create(self.restore())

        self.wait_ready("True", "BackupDiscovered")

    def test_f12_answer_for_an_object_that_was_replaced_is_not_accepted(self):
        store = FaultStore.named("f17_slow_page")
        self.addCleanup(store.stop)
        self.api.create(self.restore(s3={"endpoint": store.url}))
        wait_until("the listing", lambda: store.requests)
        self.api.delete(self.namespace, "restore")
        self.api.create(self.restore())  # of the same name, in an empty bucket

        self.wait_ready("False", "NoBackupFound")
        time.sleep(4)  # the slow listing is over by now

        self.assertEqual(self.condition("Ready")["reason"], "NoBackupFound")
        self.assertNotIn("backup", self.status())

    def test_f41_secret_of_another_namespace_is_never_asked_for(self):
        for number, name in enumerate(("../other", "other/s3", "..", "a%2fb")):
            with self.subTest(name=name):
                with self.assertRaises(ApiError) as refused:
                    self.api.create(self.restore(f"odd-{number}", s3={"credentials": {"secretRef": {"name": name}}}))
                self.assertEqual(refused.exception.status, 422)
        found = self.api.create({**self.restore(), "spec": {**self.restore(s3={"credentials": {"secretRef": {"name": "s3", "namespace": "kube-system"}}})["spec"]}})

        self.assertEqual(found["spec"]["source"]["s3"]["credentials"]["secretRef"], {"name": "s3"})
        self.wait_ready("False", "NoBackupFound")
        self.assertEqual({record["path"] for record in self.proxy.since(0, "secret")}, {f"/api/v1/namespaces/{self.namespace}/secrets/s3"})

    def test_f53_store_sees_no_token_of_the_cluster(self):
        store = FaultStore()
        self.addCleanup(store.stop)

        self.api.create(self.restore(s3={"endpoint": store.url}))
        self.wait_ready("True", "BackupDiscovered")

        self.assertTrue(store.requests)
        for line, headers in store.requests:
            text = line + json.dumps(headers)
            self.assertNotIn("Bearer", text)
            self.assertNotIn("eyJ", text)
            self.assertTrue(headers["authorization"].startswith("AWS4-HMAC-SHA256 "))
        self.assertEqual({record["scheme"] for record in self.proxy.requests}, {"Bearer"})


class Tokens(ProxiedTest):
    """The token stands in a file, as in a pod."""

    def start_controller(self, *flags, **kwargs):
        self.token_file = self.run_facts.path("token")
        first = self.token()
        self.write(first)
        cluster = type(self.cluster)({**self.cluster.facts(), "url": self.proxy.url, "ca": self.proxy.ca})
        cluster.service_account_kubeconfig = lambda namespace, account, path: cluster.write_kubeconfig(path, {"tokenFile": self.token_file}, namespace)
        self.first = first
        return super().start_controller(*flags, cluster=cluster, **kwargs)

    def token(self):
        return self.cluster.kubectl("-n", "redisrestore-system", "create", "token", "redisrestore-controller", "--duration", f"{random.randrange(3600, 7200)}s")

    def write(self, text):
        with open(self.token_file + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.replace(self.token_file + ".new", self.token_file)

    def test_f09_revoked_token_costs_one_request(self):
        self.put(RDB)
        self.api.create(self.restore())
        self.wait_ready("True", "BackupDiscovered")
        self.write(self.token())
        self.proxy.revoke(self.first)
        mark = self.proxy.mark()

        self.edit("restore", "with the new token")
        self.wait_handled("restore", "with the new token")

        refused = [record["kind"] for record in self.proxy.since(mark) if record["status"] == 401]
        self.assertEqual(refused, ["secret"], self.story(mark))

    def test_f09_empty_file_keeps_the_last_good_token(self):
        self.put(RDB)
        self.write("")

        self.api.create(self.restore())

        self.wait_ready("True", "BackupDiscovered")


class Resources(ControllerTest):
    def test_f30_no_descriptors_left_for_a_while(self):
        self.put(RDB)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")
        before = resource.prlimit(self.controller.pid, resource.RLIMIT_NOFILE)
        opened = len(os.listdir(f"/proc/{self.controller.pid}/fd"))
        resource.prlimit(self.controller.pid, resource.RLIMIT_NOFILE, (3, before[1]))
        self.apply(trigger="without descriptors")
        time.sleep(4)
        self.assertTrue(self.controller.running())
        resource.prlimit(self.controller.pid, resource.RLIMIT_NOFILE, before)

        wait_until("the trigger", lambda: self.status().get("lastHandledTrigger") == "without descriptors" and self.condition("Ready").get("status") == "True", 90)

        self.assertLessEqual(len(os.listdir(f"/proc/{self.controller.pid}/fd")), opened + 3)


class Log(ControllerTest):
    def test_f30_full_disk_under_the_log_stops_nothing(self):
        self.stop_controller(self.controller)
        kubeconfig = self.run_facts.path("kubeconfig")
        self.cluster.service_account_kubeconfig("redisrestore-system", "redisrestore-controller", kubeconfig)
        with open("/dev/full", "wb", buffering=0) as full:
            process = subprocess.Popen([self.run_facts.binary, "controller", "--kubeconfig", kubeconfig, "--namespace", self.namespace, "--metrics-bind-address", "0",
                                        "--health-probe-bind-address", "0", *self.controller_flags], stdin=subprocess.DEVNULL, stdout=full, stderr=full, env=self.environment())
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.put(RDB)
        self.apply()

        self.wait_ready("True", "BackupDiscovered")

        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)


class Memory(IntegrationTest):
    def count(self, **env):
        done = self.discover(env=self.environment(FAIL_REPORT="1", **env), program=RELEASE)
        return int(re.search(r"allocations (\d+)", done.stderr).group(1))

    def failed(self, numbers, **env):
        """Lets each of these allocations fail in a run of its own. Returns the runs that did not end well, by number."""
        ended = {}
        for number in numbers:
            with self.subTest(allocation=number, **env):
                done = self.discover(env=self.environment(FAIL_ALLOCATION=str(number), **env), program=RELEASE)
                self.assertIn(done.returncode, CODES, done.stderr[-500:])
                if done.returncode != 0:
                    ended[number] = done
        return ended

    def test_f30_allocation_that_fails_ends_the_process_with_one_line(self):
        self.put(RDB)
        library = built("failing_malloc", self.run_facts.folder)
        total = self.count(LD_PRELOAD=library, FAIL_OWN="1")
        self.assertGreater(total, 50)
        chooser = random.Random(5)

        ended = self.failed(sorted({1, total} | {chooser.randrange(1, total) for _ in range(60)}), LD_PRELOAD=library, FAIL_OWN="1")

        self.assertGreater(len(ended), 40, "hardly any failure was noticed")
        for number, done in ended.items():
            self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", "out of memory\n"), number)

    def test_f30_allocation_of_a_library_that_fails_is_no_crash(self):
        """OpenSSL does not survive it while it starts, which is the first of all; afterwards everything must."""
        self.put(RDB)
        library = built("failing_malloc", self.run_facts.folder)
        total = self.count(LD_PRELOAD=library)
        chooser = random.Random(5)

        self.failed(sorted({chooser.randrange(2000, total) for _ in range(80)}), LD_PRELOAD=library)


class Curl(IntegrationTest):
    def test_f60_library_that_refuses_an_option_is_an_internal_error(self):
        library = built("refusing_curl", self.run_facts.folder)

        code, answer = self.discover_json("--endpoint", "http://store.invalid", env={**self.environment(), "LD_PRELOAD": library}, program=RELEASE)

        self.assertEqual((code, answer["reason"]), (1, "InternalError"), answer)
        self.assertIn("CURLOPT_URL", answer["message"])


class WallClock(ControllerTest):
    def start_controller(self, *flags, **kwargs):
        self.offset_file = self.run_facts.path("offset")
        self.turn(0)
        library = built("moving_clock", self.run_facts.folder)
        return super().start_controller(*flags, program=RELEASE, env={"LD_PRELOAD": library, "CLOCK_OFFSET_FILE": self.offset_file}, **kwargs)

    def turn(self, seconds):
        with open(self.offset_file, "w", encoding="ascii") as file:
            file.write(str(seconds))

    def test_f31_clock_that_jumps_an_hour_moves_no_wait(self):
        store = FaultStore()
        self.addCleanup(store.stop)
        self.apply(s3={"endpoint": store.url}, interval="1h")
        self.wait_ready("True", "BackupDiscovered")
        transition = self.condition("Ready")["lastTransitionTime"]
        for offset in (3700, -3700):
            with self.subTest(offset=offset):
                self.turn(offset)
                asked = len(store.requests)
                time.sleep(2)
                self.assertEqual(len(store.requests), asked, "the interval is over too early")
                self.apply(s3={"endpoint": store.url}, interval="1h", trigger=f"at {offset}")
                wait_until("the trigger", lambda: self.status().get("lastHandledTrigger") == f"at {offset}")
                signed = re.search(r"(\d{8}T\d{6})Z", json.dumps(store.requests[-1][1])).group(1)
                away = time.mktime(time.strptime(signed, "%Y%m%dT%H%M%S")) - time.mktime(time.gmtime())
                self.assertAlmostEqual(away, offset, delta=120)
                self.assertEqual(self.condition("Ready")["lastTransitionTime"], transition)
                self.assertEqual(self.http(self.health_port, "/healthz")[0], 200)


if __name__ == "__main__":
    unittest.main()
