# SPDX-License-Identifier: Apache-2.0
"""Makes a test of every file in faults/{group}: the controller behind the proxy, the faults of the file, and what must be seen afterwards."""

import copy
import glob
import json
import os
import time

from .api import Api
from .api_proxy import REFLECTOR, ApiProxy
from .context import ControllerTest
from .processes import wait_until
from .servers import Authority, Cluster

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "faults")
FIELDS = {"why", "older_server", "at_start", "flags", "objects", "faults", "steps", "requests", "kinds", "writes", "ready", "log", "metrics", "patience", "peak_mib", "same_transition", "soak"}
GROUPS = ("list", "watch", "write")
BACK_OFF_S = 0.8
RDB = "redis-backups/shop/dump-20260131-235900.rdb"


def read_case(path):
    with open(path, encoding="utf-8") as file:
        case = json.load(file)
    unknown = set(case) - FIELDS
    if unknown or not case.get("why") or not case.get("faults"):
        raise ValueError(f"{path}: a fault has why and faults; unknown: {sorted(unknown)}")
    return case


def all_cases():
    """{(group, name of the file): what it holds}"""
    paths = [path for group in GROUPS for path in sorted(glob.glob(os.path.join(FOLDER, group, "*.json")))]
    return {(os.path.basename(os.path.dirname(path)), os.path.basename(path)[:-5]): read_case(path) for path in paths}


class ProxiedTest(ControllerTest):
    """A controller that reaches the API server through the proxy alone."""

    older_server = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = Authority(cls.run_facts.path("proxy-pki"), "proxy-ca")

    def setUp(self):
        self.proxy = ApiProxy(self.cluster, self.authority, self.older_server)
        self.addCleanup(self.proxy.stop)
        self.api = Api(self.cluster)
        super().setUp()

    def start_controller(self, *flags, cluster=None, **kwargs):
        proxied = Cluster({**self.cluster.facts(), "url": self.proxy.url, "ca": self.proxy.ca})
        return super().start_controller(*flags, cluster=cluster or proxied, **kwargs)

    def memory_peak_kib(self):
        with open(f"/proc/{self.controller.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.controller.pid}/fd"))

    def edit(self, name, trigger):
        return self.api.edit(self.namespace, name, {"trigger": trigger})

    def wait_handled(self, name, trigger, patience=30):
        """Until the status answers this trigger; returns the object."""
        def handled():
            found = self.api.get(self.namespace, name)
            status = found.get("status", {})
            return found if status.get("lastHandledTrigger") == trigger and status.get("observedGeneration") == found["metadata"]["generation"] else None
        try:
            return wait_until(f"the answer to {trigger}", handled, patience)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.story()}") from None

    def story(self, mark=0):
        """The traffic and the end of the log: for the message of a failed test."""
        lines = []
        for record in self.proxy.requests[mark:]:
            query = " ".join(f"{key}={value}" for key, value in record["query"].items() if key not in ("allowWatchBookmarks", "timeoutSeconds"))
            ended = f"{record['ended'] - record['at']:.2f}" if record["ended"] else "open"
            lines.append(f"  {record['at'] - self.proxy.requests[0]['at']:7.2f} {record['kind']:12} {record['name'] or '':10} {query:50} -> {record['status']} {record['fault'] or ''} ({ended} s)")
        return "requests:\n" + "\n".join(lines) + "\nlog:\n" + self.controller.log()[-3000:]


class FaultCase(ProxiedTest):
    """The steps that every file goes through."""

    case, name = None, None

    def setUp(self):
        self.older_server = self.case.get("older_server", True)
        super().setUp()

    def start_controller(self, *flags, **kwargs):
        self.armed = []
        if self.case.get("at_start"):
            self.put(RDB)
            self.create_all()
            self.begin()
        return super().start_controller(*self.case.get("flags", ()), *flags, **{**kwargs, "wait": not self.case.get("at_start")})

    def create_all(self):
        self.edits, self.alive = {}, list(self.case.get("objects", ["one"]))
        for name in self.alive:
            self.api.create(self.restore(name))

    def begin(self):
        self.mark = self.proxy.mark()
        self.armed = self.proxy.arm(*copy.deepcopy(self.case["faults"]))

    def step(self, text):
        word, name = text.split(" ", 1)
        if word == "edit":
            self.edits[name] = f"edit {len(self.edits)} {time.monotonic()}"
            self.edit(name, self.edits[name])
        elif word == "create":
            self.api.create(self.restore(name))
            self.alive.append(name)
        elif word == "delete":
            self.api.delete(self.namespace, name)
            self.alive.remove(name)
        elif word == "delivered":  # so many faults of the first entry
            wait_until("the fault", lambda: self.armed[0].delivered >= int(name), 30)
        elif word == "handled":
            self.wait_handled(name, self.edits[name])
        else:
            raise ValueError(f"unknown step: {text}")

    def go(self):
        if not self.case.get("at_start"):
            self.put(RDB)
            self.create_all()
            for name in self.alive:
                self.wait_ready("True", "BackupDiscovered", name)
            self.settle()
        peak_before = self.memory_peak_kib()
        discoveries, self.descriptors_before = self.discoveries(), self.descriptors()
        metrics = {line: self.metric(line) for line in self.case.get("metrics", {})}
        if not self.case.get("at_start"):
            self.transition = self.condition("Ready", self.alive[0])["lastTransitionTime"] if self.alive else None
            self.begin()
        for text in self.case.get("steps", ()):
            self.step(text)
        self.recovered()
        if self.case.get("at_start"):
            self.descriptors_before = self.descriptors()
        if "peak_mib" in self.case:
            self.assertLess(self.memory_peak_kib() - peak_before, self.case["peak_mib"] * 1024, "memory at its peak")
        self.check_requests()
        self.check_writes()
        self.check_log()
        for line, more in self.case.get("metrics", {}).items():
            self.assertEqual(self.metric(line) - metrics[line], more, line)
        if not self.case.get("at_start") and "writes" not in self.case:
            self.assertEqual(self.discoveries() - discoveries, len(self.edits) + len(self.created()), self.story(self.mark))
        self.epilogue()

    def settle(self):
        """The watch stands, and what the objects' creation caused is over: Events too."""
        wait_until("the watch", lambda: any(watch.request.kind in ("watch", "watch-list") for watch in list(self.proxy.watches)))
        wait_until("quiet", lambda: all(record["ended"] or record["kind"] in REFLECTOR for record in list(self.proxy.requests)))

    def created(self):
        return [name for name in self.alive if name not in self.case.get("objects", ["one"])]

    def discoveries(self):
        try:
            return self.metric("redisrestore_discoveries_total")
        except OSError:
            return 0

    def recovered(self):
        patience = self.case.get("patience", 30)
        for fault in self.armed:
            try:
                wait_until(f"delivery of {fault.label}", fault.happened, patience)
            except TimeoutError:
                self.fail(f"the fault {fault.label} was delivered {fault.delivered} times\n{self.story(self.mark)}")
        wanted = self.case.get("ready", {})
        for name in self.alive:
            if wanted.get(name) == "unwritten":
                continue
            status, reason = wanted.get(name, "True BackupDiscovered").split(" ")
            self.wait_ready(status, reason, name, patience)
        for name, trigger in self.edits.items():
            if name in self.alive and wanted.get(name, "True").startswith("True"):
                self.wait_handled(name, trigger, patience)
        if any(pattern.get("kind") in ("watch", "watch-list") for pattern in self.case.get("requests", ())[-1:]):
            wait_until("the last request", lambda: len(self.proxy.since(self.mark, *self.kinds())) >= len(self.case["requests"]), patience)
        if self.case.get("same_transition"):
            self.assertEqual(self.condition("Ready", self.alive[0])["lastTransitionTime"], self.transition, self.story(self.mark))
        wait_until("readiness", lambda: self.http(self.health_port, "/readyz")[0] == 200, patience)
        self.assertEqual(self.http(self.health_port, "/healthz")[0], 200)

    def kinds(self):
        return self.case.get("kinds", REFLECTOR)

    def check_requests(self):
        if "requests" not in self.case:
            return
        found = self.proxy.since(self.mark, *self.kinds())
        story = self.story(self.mark)
        self.assertEqual([record["kind"] for record in found], [pattern["kind"] for pattern in self.case["requests"]], story)
        before = self.proxy.before(self.mark, *self.kinds())
        for record, pattern in zip(found, self.case["requests"]):
            for key, wanted in pattern.items():
                if key == "version":
                    wanted = {"last": record["known"], "empty": ""}.get(wanted, wanted)
                    self.assertEqual(record["query"].get("resourceVersion", "absent" if wanted == "absent" else ""), wanted, f"{record}\n{story}")
                elif key in ("limit", "continue"):
                    self.assertEqual("some" if wanted == "some" and key in record["query"] else record["query"].get(key, "absent"), wanted, f"{record}\n{story}")
                elif key == "wait":
                    gap = record["at"] - (before["ended"] or record["at"])
                    {"none": self.assertLess, "step": self.assertGreaterEqual}[wanted](gap, BACK_OFF_S, f"{record}\n{story}")
                elif key == "wait_s":
                    self.assertGreaterEqual(record["at"] - before["ended"], wanted - 0.002, story)  # waits are whole milliseconds
                elif key == "status":
                    self.assertEqual(record["status"], wanted, story)
                elif key != "kind":
                    raise ValueError(f"unknown field of a request: {key}")
            before = record

    def check_writes(self):
        """Status writes that reached the API server: one for each change, unless the file says otherwise."""
        changed = {**{name: 1 for name in self.edits}, **{name: 1 for name in (self.alive if self.case.get("at_start") else self.created())}}
        wanted = {**{name: changed.get(name, 0) for name in self.alive}, **self.case.get("writes", {})}
        found = {name: 0 for name in wanted}
        for record in self.proxy.since(self.mark, "patch-status"):
            if record["served"] == 200 and record["name"] in found:  # what the API server stored, whatever the controller heard
                found[record["name"]] += 1
        for name, count in found.items():
            allowed = wanted[name] if isinstance(wanted[name], list) else [wanted[name]]
            self.assertIn(count, allowed, f"writes of {name}\n{self.story(self.mark)}")
        for record in self.proxy.since(0, "secret"):
            self.assertEqual((record["method"], record["path"]), ("GET", f"/api/v1/namespaces/{self.namespace}/secrets/s3"))

    def check_log(self):
        for text, times in self.case.get("log", {}).items():  # what the log says may come after what the API server knows
            try:
                wait_until(f"{text!r} in the log", lambda: self.controller.log().count(text) >= times, 10)
            except TimeoutError:
                pass
        log = self.controller.log()
        for line in log.splitlines():
            record = json.loads(line)
            self.assertNotIn("7q3z", json.dumps({key: value for key, value in record.items() if key != "detail"}), "the server's words stand where users read")
        self.assertNotIn("7q3z", json.dumps(self.api.list(self.namespace)))
        for text, times in self.case.get("log", {}).items():
            self.assertEqual(log.count(text), times, f"{text!r} in:\n{self.story(self.mark)}")

    def epilogue(self):
        """The controller works as before, and holds no more than before."""
        self.proxy.disarm()
        if self.alive:
            self.edit(self.alive[0], "epilogue")
            self.wait_handled(self.alive[0], "epilogue")
        self.assertTrue(self.controller.running())
        wait_until("closed descriptors", lambda: self.descriptors() <= self.descriptors_before + 3, 20)


def make_tests(module_name, group):
    """A class with a method for each file of the group, for the module's namespace."""
    tests = {}
    for path in sorted(glob.glob(os.path.join(FOLDER, group, "*.json"))):
        name, case = os.path.basename(path)[:-5], read_case(path)

        def method(self):
            self.go()
        method.__doc__ = case["why"]
        method.__name__ = f"test_{name}"
        tests[method.__name__] = method

    def set_up(self):
        self.name = self._testMethodName[len("test_"):]
        self.case = read_case(os.path.join(FOLDER, group, f"{self.name}.json"))
        FaultCase.setUp(self)
    if not tests:
        raise ValueError(f"no fault in faults/{group}")
    return type("Faults", (FaultCase,), {**tests, "setUp": set_up, "__module__": module_name})
