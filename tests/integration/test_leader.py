# SPDX-License-Identifier: Apache-2.0
"""Several controllers and one Lease (behaviour L-01 to L-10), as processes against the real API server."""

import json
import re
import signal
import socket
import threading
import time

from support.context import CONTROLLER_ACCOUNT, CONTROLLER_NAMESPACE, ControllerTest
from support.processes import free_port, wait_until

RDB = "redis-backups/shop/dump-20260131-235900.rdb"
SLACK = 8  # for a busy machine: seconds on top of what the contract allows


class CutProxy:
    """Passes TCP on to the API server until it is cut; then nothing passes in either direction, and nothing is closed."""

    def __init__(self, port):
        self._target, self._cut, self._sockets = port, threading.Event(), []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            if self._cut.is_set():
                continue
            server = socket.create_connection(("127.0.0.1", self._target))
            self._sockets.append(server)
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source, sink):
        try:
            while data := source.recv(65536):
                if self._cut.is_set():
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def cut(self):
        self._cut.set()

    def close(self):
        self._cut.set()
        self._listener.close()
        for one in self._sockets:
            one.close()


LISTING = ('<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated><Contents>'
           f"<Key>{RDB}</Key><LastModified>2026-01-31T23:59:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>70</Size></Contents></ListBucketResult>")


class Silent:
    """A store that accepts every connection and never replies, until the test lets it."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url, self.accepted, self.talks = f"http://127.0.0.1:{self._listener.getsockname()[1]}", [], False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                self.accepted.append(self._listener.accept()[0])
            except OSError:
                return
            if self.talks:
                self.accepted[-1].recv(65536)
                self.answer(self.accepted[-1])

    @staticmethod
    def answer(connection):
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(LISTING)}\r\n\r\n{LISTING}".encode())

    def close(self):
        self._listener.close()
        for one in self.accepted:
            one.close()


class Replicas(ControllerTest):
    def setUp(self):
        self.lease_name = None
        self.replicas = []
        super().setUp()
        self.put(RDB)

    def start_controller(self, *flags, cluster=None, wait=True, namespace=None):
        """The first is started by the base class; each test starts the others. All compete for one Lease a test."""
        self.lease_name = self.lease_name or f"lease-{self.namespace}"
        flags = flags or ("--leader-elect", "--leader-elect-id", self.lease_name)
        process = super().start_controller(*flags, cluster=cluster, wait=wait, namespace=namespace)
        process.health_port, process.metrics_port = self.health_port, self.metrics_port
        self.replicas.append(process)
        return process

    def stop_controller(self, process):
        process.signal(signal.SIGCONT)
        if process.popen.poll() is None:  # one that a test let lose has ended by itself
            super().stop_controller(process)

    def lease(self, name=None):
        return self.cluster.get("-n", CONTROLLER_NAMESPACE, "lease", name or self.lease_name)

    def holder(self):
        return self.lease()["spec"].get("holderIdentity") or None

    def identity(self, process):
        """Said in the log when it leads."""
        found = re.search(r'"message":"leading".*?"holder":"([^"]+)"', process.log())
        return found and found.group(1)

    def wait_leading(self, process, timeout=30):
        wait_until("leading", lambda: process.require_running() and self.identity(process), timeout)

    def master(self, process):
        _, text = self.http(process.metrics_port, "/metrics")
        return next(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("leader_election_master_status{"))

    def patched_by(self, name):
        """When this object was written, in order."""
        return [record["requestReceivedTimestamp"] for record in self.patches(name) if record["responseStatus"]["code"] == 200]

    def wait_for_work(self, name, timeout=30):
        self.apply(name=name)
        self.wait_ready("True", "BackupDiscovered", name=name, timeout=timeout)


class Handover(Replicas):
    def test_l01_lease_is_as_others_write_it(self):
        self.wait_leading(self.controller)
        spec = self.lease()["spec"]
        self.assertEqual(spec["holderIdentity"], self.identity(self.controller))
        self.assertRegex(spec["holderIdentity"], re.escape(socket.gethostname()) + r"_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        self.assertEqual((spec["leaseDurationSeconds"], spec["leaseTransitions"]), (15, 0))
        for field in ("acquireTime", "renewTime"):
            self.assertRegex(spec[field], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")

    def test_l05_foreign_fields_and_labels_survive_renewals(self):
        self.wait_leading(self.controller)
        self.cluster.kubectl("-n", CONTROLLER_NAMESPACE, "label", "lease", self.lease_name, "team=a")
        self.cluster.kubectl("-n", CONTROLLER_NAMESPACE, "annotate", "lease", self.lease_name, 'note=say "hi"')
        renewed = self.lease()["spec"]["renewTime"]
        wait_until("two renewals", lambda: self.lease()["spec"]["renewTime"] > renewed)
        lease = self.lease()
        self.assertEqual(lease["metadata"]["labels"], {"team": "a"})
        self.assertEqual(lease["metadata"]["annotations"], {"note": 'say "hi"'})
        self.assertEqual((lease["spec"]["holderIdentity"], lease["spec"]["leaseTransitions"]), (self.identity(self.controller), 0))
        self.assertTrue(self.controller.running())

    def test_l10_f27_clean_end_hands_over_within_4_4_s(self):
        self.wait_leading(self.controller)
        standby = [self.start_controller(), self.start_controller()]
        for one in standby:
            self.assertEqual(self.http(one.health_port, "/readyz")[0], 200)
            self.assertEqual(self.master(one), 0)
        self.assertEqual(self.master(self.controller), 1)
        self.wait_for_work("before")
        self.assertTrue(all("status written" not in one.log() for one in standby))

        started = time.monotonic()
        self.assertEqual(self.controller.stop(20), 0)
        leader = wait_until("a new leader", lambda: next((one for one in standby if self.identity(one)), None), 4.4 + SLACK)
        self.assertLess(time.monotonic() - started, 4.4 + SLACK)
        self.assertIn('"lease released"', self.controller.log())
        self.assertEqual(self.lease()["spec"]["leaseTransitions"], 1)
        self.assertEqual(self.holder(), self.identity(leader))
        self.wait_for_work("after")
        self.assertEqual(len(self.patched_by("before")), 1)  # a Ready object without interval is left alone
        self.assertEqual(len([one for one in standby if self.identity(one)]), 1)

    def test_l10_f28_killed_leader_is_replaced_within_23_8_s(self):
        self.wait_leading(self.controller)
        standby = self.start_controller()
        self.wait_for_work("before")

        self.controller.popen.kill()
        self.controller.popen.wait()
        self.wait_leading(standby, 23.8 + SLACK)

        self.wait_for_work("after")
        self.assertEqual(self.lease()["spec"]["leaseTransitions"], 1)
        self.assertEqual(len(self.patched_by("before")), 1)


class Loss(Replicas):
    def test_l10_f29_leader_that_was_paused_writes_nothing_and_ends_with_1(self):
        """It is stopped while a discovery runs, and finds the answer, to be written at once, when it goes on."""
        store = Silent()
        self.addCleanup(store.close)
        self.wait_leading(self.controller)
        standby = self.start_controller()
        self.apply(name="slow", s3={"endpoint": store.url})
        wait_until("the request", lambda: store.accepted)
        wait_until("Progressing", lambda: self.condition("Ready", "slow").get("reason") == "Progressing")

        held, store.talks = store.accepted[-1], True
        self.controller.signal(signal.SIGSTOP)
        self.wait_leading(standby, 23.8 + SLACK)
        self.wait_ready("True", "BackupDiscovered", "slow", timeout=60)
        writes, version = len(self.patches("slow")), self.get("slow")["metadata"]["resourceVersion"]
        store.answer(held)
        self.controller.signal(signal.SIGCONT)
        code = self.controller.popen.wait(10)

        self.assertEqual(code, 1)
        log = self.controller.log()
        self.assertEqual(log.count('"leader election lost"'), 1)
        self.assertEqual(len([line for line in log.splitlines() if '"level":"error"' in line]), 1)
        self.assertIn('"shutting down"', log)
        self.assertEqual(len(self.patches("slow")), writes)
        self.assertEqual(self.get("slow")["metadata"]["resourceVersion"], version)
        self.assertEqual(self.lease()["spec"]["leaseTransitions"], 1)
        self.assertTrue(standby.running())

    def test_l06_leader_without_a_connection_ends_and_another_works(self):
        self.controller.stop(20)
        proxy = CutProxy(int(self.cluster.url.rsplit(":", 1)[1]))
        self.addCleanup(proxy.close)
        behind = type(self.cluster)({**self.cluster.facts(), "url": f"https://127.0.0.1:{proxy.port}"})
        leader = self.start_controller(cluster=behind)
        self.wait_leading(leader)
        standby = self.start_controller()

        proxy.cut()
        code = leader.popen.wait(10 + SLACK)
        self.wait_leading(standby, 23.8 + SLACK)

        self.assertEqual(code, 1)
        self.assertEqual(leader.log().count('"leader election lost"'), 1)
        self.wait_for_work("after")

    def test_l06_lease_taken_by_hand_ends_the_leader(self):
        self.wait_leading(self.controller)
        self.cluster.kubectl("-n", CONTROLLER_NAMESPACE, "patch", "lease", self.lease_name, "--type=merge", "-p", '{"spec":{"holderIdentity":"another-replica"}}')
        self.assertEqual(self.controller.popen.wait(10), 1)
        self.assertIn('"holder":"another-replica"', self.controller.log())

    def test_l03_missing_permission_is_logged_once_and_granting_it_needs_no_restart(self):
        """In a namespace without permissions on Leases, until they are granted."""
        flags = ("--leader-elect", "--leader-elect-namespace", self.namespace, "--leader-elect-id", "elsewhere")
        process = self.start_controller(*flags)
        wait_until("the record", lambda: "leader election not possible, retrying" in process.log())
        time.sleep(5)  # two more tries
        records = [json.loads(line) for line in process.log().splitlines() if "leader election not possible, retrying" in line]
        self.assertEqual(len(records), 1)
        self.assertEqual(records[0]["level"], "error")
        for words in ("get leases.coordination.k8s.io", f"namespace {self.namespace}", 'grant the verb "get" on "leases"', "Role"):
            self.assertIn(words, records[0]["error"])

        self.cluster.kubectl("-n", self.namespace, "create", "role", "leases", "--verb=get,create,update", "--resource=leases.coordination.k8s.io")
        self.cluster.kubectl("-n", self.namespace, "create", "rolebinding", "leases", "--role=leases", f"--serviceaccount={CONTROLLER_NAMESPACE}:{CONTROLLER_ACCOUNT}")

        self.wait_leading(process)


class Undisturbed(Replicas):
    def test_l03_controllers_with_two_ids_both_work(self):
        self.wait_leading(self.controller)
        other = self.start_controller("--leader-elect", "--leader-elect-id", f"{self.lease_name}-b")
        self.wait_leading(other)
        time.sleep(5)
        for process, name in ((self.controller, self.lease_name), (other, f"{self.lease_name}-b")):
            self.assertTrue(process.running())
            self.assertEqual(self.lease(name)["spec"]["holderIdentity"], self.identity(process))
            self.assertEqual(self.lease(name)["spec"]["leaseTransitions"], 0)

    def test_l05_a_watch_for_each_of_64_namespaces_leaves_room_for_the_lease(self):
        flags = [flag for i in range(63) for flag in ("--namespace", f"{self.namespace}-{i}")]
        self.controller.stop(20)
        self.controller = self.start_controller("--leader-elect", "--leader-elect-id", self.lease_name, *flags)
        wait_until("all watches", lambda: len(self.cluster.audit(verb="watch", resource="redisrestores", stage="ResponseStarted")) >= 64)
        self.wait_leading(self.controller)
        self.wait_for_work("one")
        time.sleep(5)
        self.assertEqual(self.holder(), self.identity(self.controller))

    def test_l05_slow_stores_cost_no_lease(self):
        """A silent store over http and over TLS, and a name that does not resolve, more of them than there are workers, for longer than a
        Lease lasts."""
        self.wait_leading(self.controller)
        standby = self.start_controller()
        store = Silent()
        self.addCleanup(store.close)
        for i in range(4):
            self.apply(name=f"silent-{i}", s3={"endpoint": store.url})
            self.apply(name=f"tls-{i}", s3={"endpoint": store.url.replace("http:", "https:")})
            self.apply(name=f"name-{i}", s3={"endpoint": f"http://store-{i}.invalid:{free_port()}"})
        wait_until("the store is asked", lambda: len(store.accepted) >= 4)

        started = time.monotonic()
        while time.monotonic() - started < 25:
            self.assertTrue(self.controller.require_running())
            self.assertEqual(self.http(self.controller.health_port, "/healthz")[0], 200)
            time.sleep(1)

        self.assertEqual(self.holder(), self.identity(self.controller))
        self.assertEqual(self.lease()["spec"]["leaseTransitions"], 0)
        self.assertIsNone(self.identity(standby))
        self.assertEqual([line for line in self.controller.log().splitlines() if "leader election" in line], [])
